#include "bot/incident/grouping.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
const WallTime kNow{std::chrono::seconds{1'800'000'000}};

FieldDrift field(const std::string& path, const std::string& live, const std::string& by = "kubectl-edit") {
  FieldDrift made;
  made.path = path;
  made.by = by;
  made.cause = FieldCause::Live;
  made.desired = "\"1.4\"";
  made.live = live;
  return made;
}

DriftReport story(const std::string& app = "checkout") {
  DriftReport report;
  report.app = app;
  report.state = AppState::OutOfSync;
  report.cause = Cause::LiveEdited;
  report.revision = "4f2c81a";
  report.objects.push_back({{"apps", "v1", "Deployment", "shop", app}, Verdict::OutOfSync, {field(".spec.template.spec.containers[name=\"" + app + "\"].image", "\"1.5\"")}, {}});
  return report;
}

struct CauseRow {
  std::string name;
  std::function<void(DriftReport&)> change;
  bool same = true;
  bool shared = true;  ///< it is a story at all
  friend void PrintTo(const CauseRow& row, std::ostream* out) { *out << row.name; }
};
class RootCause : public testing::TestWithParam<CauseRow> {};
TEST_P(RootCause, IsTheSameFieldValueAndManager) {
  auto other = story("cart");
  GetParam().change(other);
  EXPECT_EQ(root_cause_of(other) == root_cause_of(story()), GetParam().same);
  EXPECT_EQ(!root_cause_of(other).empty(), GetParam().shared);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, RootCause,
    testing::Values(CauseRow{"AnotherApp", [](DriftReport&) {}}, CauseRow{"AnotherNamespace", [](DriftReport& report) { report.objects[0].object.namespace_ = "other"; }},
                    CauseRow{"AnotherTime", [](DriftReport& report) { report.objects[0].fields[0].time = kNow; }},
                    CauseRow{"AnotherRevisionBelowALiveEdit", [](DriftReport& report) { report.revision = "77"; }},
                    CauseRow{"WhatGitSaysMayDiffer", [](DriftReport& report) { report.objects[0].fields[0].desired = "\"1.3\""; }},
                    CauseRow{"AnotherValue", [](DriftReport& report) { report.objects[0].fields[0].live = "\"1.6\""; }, false},
                    CauseRow{"AnotherManager", [](DriftReport& report) { report.objects[0].fields[0].by = "keda"; }, false},
                    CauseRow{"AnotherField", [](DriftReport& report) { report.objects[0].fields[0].path = ".spec.replicas"; }, false},
                    CauseRow{"AnotherKind", [](DriftReport& report) { report.objects[0].object.kind = "StatefulSet"; }, false},
                    CauseRow{"OneFieldMore", [](DriftReport& report) { report.objects[0].fields.push_back(field(".spec.x", "1")); }, false},
                    CauseRow{"TwoManagers", [](DriftReport& report) { report.objects[0].fields.push_back(field(".spec.x", "1", "keda")); }, false, false},
                    CauseRow{"AMissingObjectBeside", [](DriftReport& report) { report.objects.push_back({{"", "v1", "Service", "shop", "cart"}, Verdict::Missing, {}, {}}); }, false, false},
                    CauseRow{"AFight", [](DriftReport& report) { report.fights.push_back({report.objects[0].object, ".spec.x", {"a", "b"}, 4, kNow}); }, false, false},
                    CauseRow{"NotJudged", [](DriftReport& report) { report.state = AppState::Unknown; }, false, false},
                    CauseRow{"TooManyFields", [](DriftReport& report) { for (int i = 0; i < 9; ++i) report.objects[0].fields.push_back(field(".spec.x" + std::to_string(i), "1")); }, false, false}),
    [](const auto& row) { return row.param.name; });

TEST(RootCauseOf, GitAheadIsTheRevisionAndWhatItAsksFor) {
  const auto ahead = [](const std::string& app, const std::string& revision, const std::string& live) {
    auto report = story(app);
    report.cause = Cause::GitAhead;
    report.revision = revision;
    report.objects[0].fields[0].live = live;
    return report;
  };
  EXPECT_EQ(root_cause_of(ahead("cart", "a", "\"1.2\"")), root_cause_of(ahead("checkout", "a", "\"1.3\"")));
  EXPECT_NE(root_cause_of(ahead("cart", "b", "\"1.2\"")), root_cause_of(ahead("checkout", "a", "\"1.2\"")));
}

Incident led(std::int64_t id, Grouping grouping, WallTime updated = kNow) {
  Incident incident;
  incident.id = id;
  incident.grouping = grouping;
  incident.group = grouping == Grouping::Alone ? 0 : id;
  incident.last_member_at = updated;
  return incident;
}

struct JoinRow {
  std::string name;
  JoinFacts facts;
  Join join;
  friend void PrintTo(const JoinRow& row, std::ostream* out) { *out << row.name; }
};
class Joins : public testing::TestWithParam<JoinRow> {};
TEST_P(Joins, Whom) { EXPECT_EQ(join_of(GetParam().facts, {5, 1min}, kNow), GetParam().join); }
INSTANTIATE_TEST_SUITE_P(
    Rows, Joins,
    testing::Values(JoinRow{"NobodyOnAQuietDay", {{}, {}, 4}, {0, Grouping::Alone}}, JoinRow{"TheSameCauseBecomesAGroup", {led(3, Grouping::Alone), {}, 1}, {3, Grouping::RootCause}},
                    JoinRow{"TheSameCauseBeforeAStorm", {led(3, Grouping::RootCause), led(9, Grouping::Storm), 9}, {3, Grouping::RootCause}},
                    JoinRow{"OneMoreLeadsAStorm", {{}, {}, 5}, {0, Grouping::Storm}}, JoinRow{"AStormGoesOn", {{}, led(9, Grouping::Storm, kNow - 10min), 0}, {9, Grouping::Storm}},
                    JoinRow{"AnOldStormIsOver", {{}, led(9, Grouping::Storm, kNow - 11min), 0}, {0, Grouping::Alone}},
                    JoinRow{"AStormsLeaderKeepsItsStorm", {led(9, Grouping::Storm), {}, 9}, {9, Grouping::Storm}}),
    [](const auto& row) { return row.param.name; });

TEST(WithMember, ALeaderBelongsToItsOwnGroup) {
  const auto leader = with_member(led(3, Grouping::Alone), Grouping::RootCause, kNow + 1s);
  EXPECT_EQ(leader.group, 3);
  EXPECT_EQ(leader.grouping, Grouping::RootCause);
  EXPECT_EQ(leader.last_member_at, kNow + 1s);
  EXPECT_EQ(leader.updated_at, WallTime{}) << "nothing happened to its own drift";
  EXPECT_EQ(with_member(leader, Grouping::Storm, kNow).grouping, Grouping::RootCause);
}

}  // namespace
}  // namespace driftwarden
