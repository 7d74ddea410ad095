#include "gitops/drift/fights.hpp"

#include "index_fixture.hpp"

namespace driftwarden {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;

FieldDrift field(const std::string& path, const std::string& live) {
  FieldDrift drift;
  drift.path = path;
  drift.desired = "\"v\"";
  drift.live = live;
  return drift;
}

TEST(FlipsBetween, AppearsDisappearsOrChanges) {
  const auto a = field(".a", "1");
  const auto b = field(".b", "1");
  EXPECT_THAT(flips_between({a}, {a}), IsEmpty());
  EXPECT_THAT(flips_between({}, {a}), ElementsAre(a));
  EXPECT_THAT(flips_between({a}, {field(".a", "2")}), ElementsAre(field(".a", "2")));
  const auto healed = flips_between({a, b}, {a});
  ASSERT_EQ(healed.size(), 1U);
  EXPECT_EQ(healed[0].live, healed[0].desired);
}

struct FightRow {
  std::string name;
  std::vector<int> flips;  ///< minutes
  int now;
  bool fighting;
  friend void PrintTo(const FightRow& row, std::ostream* out) { *out << row.name; }
};
class FightTable : public testing::TestWithParam<FightRow> {};

TEST_P(FightTable, CountsFlips) {
  FightDetector detector;
  for (const auto at : GetParam().flips) detector.flip(1, field(".a", std::to_string(at)), at % 2 == 0 ? "b" : "a", kNow + minutes(at));
  EXPECT_EQ(!detector.fights(kNow + minutes(GetParam().now)).empty(), GetParam().fighting);
}

INSTANTIATE_TEST_SUITE_P(Fields, FightTable,
                         testing::Values(FightRow{"TwoAreNone", {0, 1}, 1, false}, FightRow{"ThreeInTenMinutes", {0, 1, 9}, 9, true},
                                         FightRow{"ThreeInMoreThanThat", {0, 5, 10}, 10, false}, FightRow{"LastsAfterTheLastFlip", {0, 1, 2}, 11, true},
                                         FightRow{"UntilTenQuietMinutes", {0, 1, 2}, 12, false}, FightRow{"GoesOnWithOneFlipInAWindow", {0, 1, 2, 11, 20}, 29, true},
                                         FightRow{"StartsAnewAfterThePause", {0, 1, 2, 13, 14}, 14, false}),
                         [](const auto& row) { return row.param.name; });

TEST(FightDetector, NamesBothAndEnds) {
  FightDetector detector;
  detector.flip(1, field(".a", "1"), "keda", kNow);
  detector.flip(1, field(".a", "2"), "driftwarden", kNow + minutes(1));
  EXPECT_FALSE(detector.next_end());
  detector.flip(1, field(".a", "3"), "keda", kNow + minutes(2));
  const auto fights = detector.fights(kNow + minutes(2));
  ASSERT_EQ(fights.size(), 1U);
  EXPECT_THAT(fights[0].managers, ElementsAre("driftwarden", "keda"));
  EXPECT_EQ(fights[0].flips, 3U);
  EXPECT_EQ(fights[0].field.live, "3");
  EXPECT_EQ(detector.next_end(), kNow + minutes(12));
  detector.expire(kNow + minutes(12));
  EXPECT_TRUE(detector.empty());
}

TEST(FightDetector, OneManagerFightsWithNobody) {
  FightDetector detector;
  for (int value = 0; value < 5; ++value) detector.flip(1, field(".a", std::to_string(value)), "kubectl-edit", kNow + minutes(value));
  EXPECT_THAT(detector.fights(kNow + minutes(4)), IsEmpty());
  detector.flip(1, field(".a", "9"), "keda", kNow + minutes(5));
  EXPECT_EQ(detector.fights(kNow + minutes(5)).size(), 1U);
}

TEST(FightDetector, KeepsOnlySoMany) {
  FightDetector detector;
  for (int round = 0; round < 3; ++round) detector.flip(1, field(".fight", std::to_string(round)), round % 2 == 0 ? "a" : "b", kNow);
  for (ObjectKey object = 2; object < 1000; ++object) detector.flip(object, field(".a", "1"), "a", kNow + minutes(1));
  EXPECT_EQ(detector.fights(kNow + minutes(2)).size(), 1U);
}

class FightIndex : public Index {
 protected:
  /// One edit and one repair; each is judged.
  void round(int number, const std::string& value = "w") {
    const auto at = kNow + minutes(2 * number);
    see(edited("a", value, std::to_string(10 + 2 * number)));
    last = report(at);
    see(live(config_map("a", {{"k", "v"}}), std::to_string(11 + 2 * number)));
    last = report(at + minutes(1));
  }
  DriftReport last;
};

TEST_F(FightIndex, ThreeFlipsAreOneIncidentThatStandsStill) {
  desire({config_map("a", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "1")});
  EXPECT_EQ(report().state, AppState::Synced);
  round(0);
  EXPECT_EQ(last.state, AppState::Synced);
  EXPECT_THAT(last.fights, IsEmpty());
  round(1, "x");
  EXPECT_EQ(last.state, AppState::OutOfSync);
  EXPECT_EQ(last.cause, Cause::Fight);
  ASSERT_EQ(last.fights.size(), 1U);
  EXPECT_EQ(last.fights[0].path, ".data.k");
  EXPECT_THAT(last.fights[0].managers, ElementsAre("driftwarden", "kubectl-edit"));
  ASSERT_EQ(last.objects.size(), 1U);
  ASSERT_EQ(last.objects[0].fields.size(), 1U);
  EXPECT_EQ(last.objects[0].fields[0].live, last.objects[0].fields[0].desired);
  const auto print = fingerprint(last);
  see(edited("a", "y", "90"));
  const auto edited_again = report(kNow + minutes(4));
  EXPECT_EQ(fingerprint(edited_again), print);
  EXPECT_THAT(edited_again.objects[0].fields[0].live, testing::Optional(std::string("\"y\"")));
  see(live(config_map("a", {{"k", "v"}}), "91"));
  EXPECT_EQ(fingerprint(report(kNow + minutes(5))), print);
}

TEST_F(FightIndex, ItEndsByTheClock) {
  desire({config_map("a", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "1")});
  report();
  round(0);
  round(1);
  const auto end = kNow + minutes(13);
  EXPECT_EQ(index.next_due(), end);
  index.take_changed();
  EXPECT_THAT(index.take_changed(end - minutes(1)), IsEmpty());
  EXPECT_THAT(index.take_changed(end), ElementsAre("shop"));
  EXPECT_EQ(report(end).state, AppState::Synced);
  EXPECT_FALSE(index.next_due());
}

TEST_F(FightIndex, ARuleForTheFieldEndsIt) {
  desire({config_map("a", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "1")});
  report();
  round(0);
  round(1);
  EXPECT_EQ(last.cause, Cause::Fight);
  IgnoreRule rule;
  rule.paths = {".data.k"};
  index.set_rules("shop", {rule}, {});
  EXPECT_EQ(report(kNow + minutes(4)).state, AppState::Synced);
}

TEST_F(FightIndex, AMoveOfGitIsNoFlip) {
  desire({config_map("a", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "1")});
  for (int round = 0; round < 6; ++round) {
    desire({config_map("a", {{"k", round % 2 == 0 ? "w" : "v"}})});
    EXPECT_THAT(report().fights, IsEmpty());
  }
}

TEST(Fingerprint, OfAFightOnlyWhoAndWhatCounts) {
  DriftReport report;
  report.objects = {{{"", "v1", "ConfigMap", "shop", "a"}, Verdict::OutOfSync, {field(".a", "1"), field(".b", "1")}, {}}};
  report.fights = {{report.objects[0].object, ".a", {"a", "b"}, 3, kNow}};
  const auto print = fingerprint(report);
  auto flipped = report;
  flipped.objects[0].fields[0].live = "2";
  flipped.fights[0].flips = 4;
  flipped.fights[0].last += minutes(1);
  EXPECT_EQ(fingerprint(flipped), print);
  auto third = report;
  third.fights[0].managers.push_back("c");
  EXPECT_NE(fingerprint(third), print);
  auto other = report;
  other.objects[0].fields[1].live = "2";
  EXPECT_NE(fingerprint(other), print);
  auto peace = report;
  peace.fights.clear();
  EXPECT_NE(fingerprint(peace), print);
}

}  // namespace
}  // namespace driftwarden
