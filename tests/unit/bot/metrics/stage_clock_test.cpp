#include "bot/metrics/stage_clock.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;

const WallTime kStart = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 9h;

DriftReport drifted(const std::string& app, std::optional<WallTime> edited = std::nullopt) {
  DriftReport report;
  report.app = app;
  report.state = AppState::OutOfSync;
  FieldDrift field;
  field.cause = FieldCause::Live;
  field.time = edited;
  ObjectDrift object;
  object.fields.push_back(field);
  report.objects.push_back(object);
  return report;
}

DriftReport synced(const std::string& app) {
  DriftReport report;
  report.app = app;
  report.state = AppState::Synced;
  return report;
}

class StageClockTest : public testing::Test {
 protected:
  std::uint64_t count(Stage stage) const { return stages.of(stage).count(); }
  double sum(Stage stage) const { return stages.of(stage).sum(); }
  StageClock stages{kStart};
};

TEST_F(StageClockTest, FollowsAnEditToItsAlert) {
  stages.on_suspected(drifted("shop", kStart + 10s), kStart + 10400ms);
  EXPECT_FALSE(stages.awaits_posts());
  stages.on_suspected(drifted("shop", kStart + 10s), kStart + 10600ms);
  stages.on_told(drifted("shop", kStart + 10s), kStart + 10700ms);
  EXPECT_TRUE(stages.awaits_posts());
  stages.on_posted("shop", kStart + 11s);
  stages.on_posted("shop", kStart + 15s);
  EXPECT_FALSE(stages.awaits_posts());
  EXPECT_EQ(count(Stage::EditToDetected), 1U);
  EXPECT_NEAR(sum(Stage::EditToDetected), 0.4, 1e-9);
  EXPECT_NEAR(sum(Stage::DetectedToConfirmed), 0.3, 1e-9);
  EXPECT_NEAR(sum(Stage::ConfirmedToPosted), 0.3, 1e-9);
  EXPECT_EQ(count(Stage::EditToPosted), 1U);
  EXPECT_NEAR(sum(Stage::EditToPosted), 1, 1e-9);
}

TEST_F(StageClockTest, WhatWasThereBeforeTheStartWasFoundAndNotWaitedFor) {
  stages.on_told(drifted("shop", kStart - 24h), kStart + 3s);
  stages.on_posted("shop", kStart + 4s);
  EXPECT_EQ(count(Stage::EditToDetected), 0U);
  EXPECT_EQ(count(Stage::EditToPosted), 0U);
  EXPECT_EQ(count(Stage::ConfirmedToPosted), 1U);
}

TEST_F(StageClockTest, AnEditOfTheStartsOwnSecondCounts) {
  StageClock late(kStart + 900ms);
  late.on_suspected(drifted("shop", kStart), kStart + 1200ms);
  EXPECT_EQ(late.of(Stage::EditToDetected).count(), 1U);
}

TEST_F(StageClockTest, WhoDidItMayBeKnownOnlyAtTheEnd) {
  stages.on_suspected(drifted("shop"), kStart + 10400ms);
  stages.on_told(drifted("shop", kStart + 10s), kStart + 11s);
  stages.on_posted("shop", kStart + 12s);
  EXPECT_NEAR(sum(Stage::EditToDetected), 0.4, 1e-9);
  EXPECT_NEAR(sum(Stage::EditToPosted), 2, 1e-9);
}

TEST_F(StageClockTest, AnOverturnedSuspicionIsNoDrift) {
  stages.on_suspected(drifted("shop"), kStart + 1s);
  stages.on_told(synced("shop"), kStart + 2s);
  EXPECT_EQ(count(Stage::DetectedToConfirmed), 0U);
  stages.on_told(drifted("shop"), kStart + 60s);
  EXPECT_EQ(count(Stage::DetectedToConfirmed), 1U);
  EXPECT_NEAR(sum(Stage::DetectedToConfirmed), 0, 1e-9);
}

TEST_F(StageClockTest, WhatHealsInItsHoldOffWaitsForNoAlert) {
  stages.on_told(drifted("shop"), kStart + 1s);
  EXPECT_TRUE(stages.awaits_posts());
  stages.on_told(synced("shop"), kStart + 2s);
  EXPECT_FALSE(stages.awaits_posts());
  stages.on_posted("shop", kStart + 3s);
  EXPECT_EQ(count(Stage::ConfirmedToPosted), 0U);
}

TEST_F(StageClockTest, EachDriftOfAnAppIsMeasured) {
  for (int i = 0; i < 3; ++i) {
    stages.on_told(drifted("shop"), kStart + i * 60s);
    stages.on_posted("shop", kStart + i * 60s + 1s);
    stages.on_told(synced("shop"), kStart + i * 60s + 30s);
  }
  EXPECT_EQ(count(Stage::ConfirmedToPosted), 3U);
}

TEST_F(StageClockTest, FollowsACommandToItsAnswer) {
  stages.on_envelope("Ev1", kStart);
  stages.on_envelope("Ev1", kStart + 5s);
  stages.on_answered("Ev2", kStart + 1s);
  stages.on_answered("Ev1", kStart + 6s);
  stages.on_answered("Ev1", kStart + 9s);
  EXPECT_EQ(count(Stage::CommandToAnswered), 1U);
  EXPECT_NEAR(sum(Stage::CommandToAnswered), 6, 1e-9) << "from the first time it came";
}

TEST_F(StageClockTest, EnvelopesWithoutAnAnswerAreForgotten) {
  for (int i = 0; i < 5000; ++i) stages.on_envelope("Ev" + std::to_string(i), kStart);
  stages.on_answered("Ev4999", kStart + 1s);
  EXPECT_EQ(count(Stage::CommandToAnswered), 1U);
}

TEST_F(StageClockTest, FollowsAChangeFromTheLastYesToAHealthyRollout) {
  Change change;
  change.id = 12;
  change.state = ChangeState::Approved;
  Approval first;
  first.at = kStart + 10s;
  Approval last;
  last.at = kStart + 20s;
  change.approvals = {last, first};
  stages.on_change(change);
  EXPECT_EQ(count(Stage::ApproveToMerged), 0U);
  change.state = ChangeState::Merged;
  change.merged_at = kStart + 23s;
  change.updated_at = kStart + 23s;
  stages.on_change(change);
  stages.on_change(change);
  change.state = ChangeState::Done;
  change.updated_at = kStart + 33s;
  stages.on_change(change);
  stages.on_change(change);
  EXPECT_EQ(count(Stage::ApproveToMerged), 1U);
  EXPECT_NEAR(sum(Stage::ApproveToMerged), 3, 1e-9);
  EXPECT_EQ(count(Stage::MergedToVerified), 1U);
  EXPECT_NEAR(sum(Stage::MergedToVerified), 10, 1e-9);
}

TEST_F(StageClockTest, WhatNeededNoYesHasNoneToCountFrom) {
  Change change;
  change.id = 3;
  change.merged_at = kStart;
  change.state = ChangeState::Failed;
  stages.on_change(change);
  EXPECT_EQ(count(Stage::ApproveToMerged), 0U);
  EXPECT_EQ(count(Stage::MergedToVerified), 0U);
}

}  // namespace
}  // namespace driftwarden
