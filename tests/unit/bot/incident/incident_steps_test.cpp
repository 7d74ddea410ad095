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

TEST(HoldOff, WaitsPerCauseAndForgetsWhatHealed) {
  HoldOff hold({{Cause::GitAhead, 2min}});
  EXPECT_EQ(hold.due(drift(), kNow), kNow);
  hold.forget("checkout");
  auto ahead = drift();
  ahead.cause = Cause::GitAhead;
  EXPECT_EQ(hold.due(ahead, kNow), kNow + 2min);
  EXPECT_EQ(hold.due(ahead, kNow + 1min), kNow + 2min);
  EXPECT_FALSE(hold.due(synced(), kNow + 90s));
  EXPECT_EQ(hold.due(ahead, kNow + 3min), kNow + 5min);
}

}  // namespace
}  // namespace driftwarden
