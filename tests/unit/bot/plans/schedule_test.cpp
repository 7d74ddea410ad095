#include "bot/plans/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class Schedule : public testing::Test {
 protected:
  MonoTime at(Duration after) const { return start + after; }
  std::unique_ptr<Random> random = create_seeded_random(1);
  PlanSchedule schedule{*random};
  MonoTime start{1h};
};

TEST_F(Schedule, ManyAppsAreSpreadFromTheStart) {
  std::map<std::string, Duration> apps;
  for (int i = 0; i < 200; ++i) apps["app-" + std::to_string(i)] = 6h;
  schedule.set(apps, start);
  const auto early = schedule.take(at(1s), 1000).size();
  EXPECT_LT(early, 10U);
  EXPECT_EQ(schedule.take(at(200s), 1000).size(), 200 - early);
}

TEST_F(Schedule, OneAppDoesNotWait) {
  schedule.set({{"a", 6h}}, start);
  EXPECT_THAT(schedule.take(at(1s), 2), ElementsAre("a"));
  EXPECT_THAT(schedule.take(at(1s), 2), IsEmpty()) << "it is under way";
}

TEST_F(Schedule, NoMoreThanAskedAreTakenTheLongestOverdueFirst) {
  schedule.set({{"a", 6h}, {"b", 6h}, {"c", 6h}}, start);
  schedule.want("b", at(-1min));
  const auto first = schedule.take(at(10s), 2);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first.front(), "b");
}

TEST_F(Schedule, TheNextOneComesAboutEverySoOften) {
  schedule.set({{"a", 10h}}, start);
  schedule.take(at(1s), 1);
  schedule.ended("a", true, at(1min));
  const auto due = *schedule.next_due();
  EXPECT_GE(due, at(1min + 9h));
  EXPECT_LE(due, at(1min + 11h));
}

TEST_F(Schedule, FailuresAreTriedAgainSoonAndThenLessOften) {
  schedule.set({{"a", 10h}}, start);
  auto now = at(1s);
  Duration before{0};
  for (int i = 0; i < 12; ++i) {
    schedule.want("a", now);
    ASSERT_EQ(schedule.take(now, 1).size(), 1U);
    schedule.ended("a", false, now);
    const auto wait = std::chrono::duration_cast<Duration>(*schedule.next_due() - now);
    EXPECT_LE(wait, 66min);
    if (i < 5) {
      EXPECT_GT(wait, before);
    }
    before = wait;
  }
  EXPECT_GE(before, 54min);
  schedule.want("a", now);
  schedule.take(now, 1);
  schedule.ended("a", true, now);
  EXPECT_GE(*schedule.next_due() - now, 9h);
}

TEST_F(Schedule, WhatIsWantedWhileItRunsRunsAgain) {
  schedule.set({{"a", 6h}}, start);
  schedule.take(at(1s), 1);
  schedule.want("a", at(2s));
  schedule.ended("a", true, at(3s));
  EXPECT_THAT(schedule.take(at(3s), 1), ElementsAre("a"));
  schedule.ended("a", true, at(4s));
  EXPECT_THAT(schedule.take(at(5s), 1), IsEmpty());
}

TEST_F(Schedule, AnAppThatGoesWhileItRunsIsForgottenWhenItEnds) {
  schedule.set({{"a", 6h}}, start);
  schedule.take(at(1s), 1);
  schedule.set({}, at(2s));
  EXPECT_EQ(schedule.running(), 1U);
  schedule.ended("a", true, at(3s));
  EXPECT_EQ(schedule.running(), 0U);
  EXPECT_FALSE(schedule.next_due());
}

TEST_F(Schedule, OutOfTurnOnlyOneAtATime) {
  schedule.set({{"a", 6h}}, start);
  EXPECT_TRUE(schedule.begin("a"));
  EXPECT_FALSE(schedule.begin("a"));
}

}  // namespace
}  // namespace driftwarden
