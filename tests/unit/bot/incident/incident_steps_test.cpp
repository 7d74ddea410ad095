#include "bot/incident/incident_steps.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
const WallTime kNow{std::chrono::seconds{1'800'000'000}};

DriftReport drift(const std::string& live = "5") {
  DriftReport report;
  report.app = "checkout";
  report.state = AppState::OutOfSync;
  report.cause = Cause::LiveEdited;
  report.revision = "4f2c81a";
  FieldDrift field;
  field.path = ".spec.replicas";
  field.desired = "2";
  field.live = live;
  report.objects.push_back({{"apps", "v1", "Deployment", "shop", "checkout"}, Verdict::OutOfSync, {field}, {}});
  return report;
}

DriftReport synced() {
  DriftReport report;
  report.app = "checkout";
  report.state = AppState::Synced;
  return report;
}

TEST(IncidentSteps, OpensOnceAndStaysQuietForTheSameDrift) {
  const auto opened = on_report(std::nullopt, drift(), "#shop", "", kNow);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->is_new);
  EXPECT_TRUE(opened->show);
  EXPECT_EQ(opened->audit->action, "incident.opened");
  auto again = drift();
  again.as_of = kNow + 5s;
  EXPECT_FALSE(on_report(opened->next, again, "#shop", "", kNow + 5s));
}

TEST(IncidentSteps, AMovedDriftEditsTheAlertAndSaysWhatInTheThread) {
  const auto opened = on_report(std::nullopt, drift(), "#shop", "", kNow);
  const auto moved = on_report(opened->next, drift("7"), "#shop", "", kNow + 5s);
  ASSERT_TRUE(moved);
  EXPECT_FALSE(moved->is_new);
  EXPECT_EQ(moved->thread_notes, std::vector<std::string>{":arrows_counterclockwise: Deployment shop/checkout changed again"});
}

TEST(IncidentSteps, ResolvesWithItsDuration) {
  const auto opened = on_report(std::nullopt, drift(), "#shop", "", kNow);
  const auto closed = on_report(opened->next, synced(), "#shop", "C-12 by alice", kNow + 90s);
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->next.state, IncidentState::Resolved);
  EXPECT_EQ(closed->next.resolved_by, "C-12 by alice");
  EXPECT_NE(closed->thread_notes.front().find("90 s"), std::string::npos);
}

TEST(IncidentSteps, UnknownForALostClusterIsNoIncidentAndEndsNone) {
  DriftReport unknown;
  unknown.app = "checkout";
  EXPECT_FALSE(on_report(std::nullopt, unknown, "#shop", "", kNow));
  const auto opened = on_report(std::nullopt, drift(), "#shop", "", kNow);
  EXPECT_FALSE(on_report(opened->next, unknown, "#shop", "", kNow));
}

TEST(IncidentSteps, SnoozeEndsByItself) {
  auto incident = on_report(std::nullopt, drift(), "#shop", "", kNow)->next;
  const auto asleep = snooze(incident, "bob", kNow + 2h, kNow);
  EXPECT_EQ(asleep.next.state, IncidentState::Snoozed);
  EXPECT_FALSE(wake(asleep.next, kNow + 1h));
  const auto awake = wake(asleep.next, kNow + 2h);
  ASSERT_TRUE(awake);
  EXPECT_EQ(awake->next.state, IncidentState::Open);
}

TEST(HoldOff, WaitsAndForgetsWhatHealed) {
  HoldOff hold;
  EXPECT_EQ(hold.due(drift(), 0s, kNow), kNow);
  hold.forget("checkout");
  auto ahead = drift();
  ahead.cause = Cause::GitAhead;
  EXPECT_EQ(hold.due(ahead, 2min, kNow), kNow + 2min);
  EXPECT_EQ(hold.due(ahead, 2min, kNow + 1min), kNow + 2min);
  EXPECT_FALSE(hold.due(synced(), 0s, kNow + 90s));
  EXPECT_EQ(hold.due(ahead, 2min, kNow + 3min), kNow + 5min);
}

TEST(HoldOff, AnotherCauseHasItsOwnPatienceFromTheSameMoment) {
  HoldOff hold;
  EXPECT_EQ(hold.due(drift(), 15s, kNow), kNow + 15s);
  EXPECT_EQ(hold.due(drift(), 0s, kNow + 1s), kNow);
}

DriftReport fight(std::vector<std::string> managers = {"argocd-controller", "kubectl-patch"}, const std::string& live = "5") {
  auto report = drift(live);
  report.cause = Cause::Fight;
  report.fights.push_back({report.objects.front().object, ".spec.replicas", std::move(managers), 4, kNow});
  return report;
}

TEST(Fights, AreOneIncidentThatFlipsDoNotTouch) {
  const auto opened = on_report(std::nullopt, fight(), "#shop", "", kNow);
  ASSERT_TRUE(opened);
  auto flipped = as_told(fight(), {});
  flipped.objects.clear();
  flipped.state = AppState::Synced;
  flipped.fights.front().flips = 9;
  flipped.fights.front().last = kNow + 30s;
  flipped = as_told(std::move(flipped), {});
  EXPECT_EQ(flipped.state, AppState::OutOfSync) << "a fight is told though Git wins at this moment";
  EXPECT_EQ(flipped.cause, Cause::Fight);
  EXPECT_FALSE(on_report(opened->next, flipped, "#shop", "", kNow + 30s)) << "which of them won last is nobody's news";
}

TEST(Fights, AnotherManagerIsNews) {
  const auto opened = on_report(std::nullopt, fight(), "#shop", "", kNow);
  const auto joined = on_report(opened->next, fight({"argocd-controller", "keda", "kubectl-patch"}, "7"), "#shop", "", kNow + 5s);
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->thread_notes, std::vector<std::string>{":arrows_counterclockwise: argocd-controller and keda and kubectl-patch now fight over .spec.replicas of Deployment shop/checkout"});
}

TEST(Fights, TheirEndIsSaidAndWhatIsLeftIsDriftAgain) {
  const auto opened = on_report(std::nullopt, fight(), "#shop", "", kNow);
  const auto over = on_report(opened->next, drift("7"), "#shop", "", kNow + 10min);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->thread_notes, std::vector<std::string>{":arrows_counterclockwise: the fight over .spec.replicas of Deployment shop/checkout is over"});
  EXPECT_EQ(over->next.report.cause, Cause::LiveEdited);
  EXPECT_EQ(on_report(opened->next, synced(), "#shop", "", kNow + 10min)->next.state, IncidentState::Resolved);
}

struct StuckRow {
  std::string name;
  Cause cause;
  ChangeState state;
  std::string merged;
  ChangeVerb verb;
  bool stuck;
  friend void PrintTo(const StuckRow& row, std::ostream* out) { *out << row.name; }
};
class Stuck : public testing::TestWithParam<StuckRow> {};
TEST_P(Stuck, IsWhatAMergedChangeCouldNotPutInForce) {
  const auto& row = GetParam();
  auto report = drift();
  report.cause = row.cause;
  Change change;
  change.id = 12;
  change.verb = row.verb;
  change.state = row.state;
  change.merged_sha = row.merged;
  change.failure = "1 of 5 replicas available";
  const auto told = as_told(report, {change});
  EXPECT_EQ(told.cause, row.stuck ? Cause::Stuck : row.cause);
  EXPECT_EQ(told.reason, row.stuck ? "C-12 failed: 1 of 5 replicas available" : "");
}
INSTANTIATE_TEST_SUITE_P(Changes, Stuck,
                         testing::Values(StuckRow{"GitAhead", Cause::GitAhead, ChangeState::Failed, "77aa", ChangeVerb::Sync, true},
                                         StuckRow{"Both", Cause::Both, ChangeState::Failed, "77aa", ChangeVerb::Rollback, true},
                                         StuckRow{"EditedLiveIsAnotherStory", Cause::LiveEdited, ChangeState::Failed, "77aa", ChangeVerb::Sync, false},
                                         StuckRow{"NeverMerged", Cause::GitAhead, ChangeState::Failed, "", ChangeVerb::Sync, false},
                                         StuckRow{"Done", Cause::GitAhead, ChangeState::Done, "77aa", ChangeVerb::Sync, false},
                                         StuckRow{"AnIgnoreAppliesNothing", Cause::GitAhead, ChangeState::Failed, "77aa", ChangeVerb::Ignore, false}),
                         [](const auto& row) { return row.param.name; });

TEST(Stuck, OnlyTheNewestChangeCounts) {
  auto report = drift();
  report.cause = Cause::GitAhead;
  Change failed;
  failed.state = ChangeState::Failed;
  failed.merged_sha = "77aa";
  Change done = failed;
  done.state = ChangeState::Done;
  Change ignore = done;
  ignore.verb = ChangeVerb::Ignore;
  EXPECT_EQ(as_told(report, {done, failed}).cause, Cause::GitAhead);
  EXPECT_EQ(as_told(report, {ignore, failed, done}).cause, Cause::Stuck);
}

Incident resolved_incident(WallTime opened, WallTime resolved, int flaps = 0) {
  auto incident = on_report(std::nullopt, drift(), "#shop", "", opened)->next;
  incident = on_report(incident, synced(), "#shop", "by hand", resolved)->next;
  incident.flaps = flaps;
  return incident;
}

struct FlapRow {
  std::string name;
  std::vector<Incident> before;  ///< newest first
  bool too_often = false;
  friend void PrintTo(const FlapRow& row, std::ostream* out) { *out << row.name; }
};
class Flapping : public testing::TestWithParam<FlapRow> {};
TEST_P(Flapping, IsComingBackTooOften) { EXPECT_EQ(comes_back_too_often(GetParam().before, {3, 1h, 10min}, kNow), GetParam().too_often); }
INSTANTIATE_TEST_SUITE_P(
    Rows, Flapping,
    testing::Values(FlapRow{"Never", {}}, FlapRow{"TwiceIsNot", {resolved_incident(kNow - 5min, kNow - 4min), resolved_incident(kNow - 15min, kNow - 14min)}},
                    FlapRow{"ThreeTimesIs", {resolved_incident(kNow - 5min, kNow - 4min), resolved_incident(kNow - 15min, kNow - 14min), resolved_incident(kNow - 25min, kNow - 24min)}, true},
                    FlapRow{"LongAgoDoesNotCount", {resolved_incident(kNow - 5min, kNow - 4min), resolved_incident(kNow - 15min, kNow - 14min), resolved_incident(kNow - 2h, kNow - 1h)}},
                    FlapRow{"ItsOwnReturnsCount", {resolved_incident(kNow - 3h, kNow - 10min, 5)}, true}, FlapRow{"CalmForTheWholeWindow", {resolved_incident(kNow - 3h, kNow - 61min, 5)}}),
    [](const auto& row) { return row.param.name; });

TEST(FlappingIncident, GoesOnInTheSameMessageUntilItIsCalm) {
  const FlapRules rules{3, 1h, 10min};
  auto last = resolved_incident(kNow - 5min, kNow - 4min);
  last.message = MessageRef{"C1", "17.1"};
  const auto again = reopen(last, drift("9"), kNow);
  EXPECT_EQ(again.next.state, IncidentState::Open);
  EXPECT_EQ(again.next.flaps, 1);
  EXPECT_EQ(again.next.message, last.message);
  EXPECT_EQ(again.audit->action, "incident.reopened");
  EXPECT_TRUE(again.thread_notes.empty());
  const auto calming = on_report(again.next, synced(), "#shop", "by hand", kNow + 1min, rules);
  ASSERT_TRUE(calming);
  EXPECT_EQ(calming->next.state, IncidentState::Open);
  EXPECT_EQ(calming->next.calm_since, kNow + 1min);
  EXPECT_TRUE(calming->thread_notes.empty());
  EXPECT_FALSE(on_report(calming->next, synced(), "#shop", "by hand", kNow + 10min, rules));
  const auto back = on_report(calming->next, drift("9"), "#shop", "", kNow + 5min, rules);
  ASSERT_TRUE(back) << "the same drift as before is news when it was gone";
  EXPECT_EQ(back->next.flaps, 2);
  EXPECT_FALSE(back->next.calm_since);
  EXPECT_TRUE(back->thread_notes.empty());
  const auto over = on_report(calming->next, synced(), "#shop", "by hand", kNow + 11min, rules);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->next.state, IncidentState::Resolved);
  EXPECT_FALSE(over->next.calm_since);
  EXPECT_EQ(on_report(again.next, synced(), "#shop", "C-12 by alice", kNow + 1min, {3, 1h, 0s})->next.state, IncidentState::Resolved) << "who put it right needn't wait";
}

}  // namespace
}  // namespace driftwarden
