#include "bot/pulls/beats.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr MonoTime kBegin{1h};

Beats of(int repositories) {
  Beats beats;
  for (int i = 0; i < repositories; ++i) beats.add(fmt::format("r{:02}", i));
  return beats;
}

TEST(Beats, EachIsLookedAtHalfAMinuteAfterItsLastLook) {
  auto beats = of(2);
  EXPECT_THAT(beats.begin(kBegin), ElementsAre("r00", "r01"));
  EXPECT_THAT(beats.begin(kBegin + 1h), IsEmpty()) << "never twice at a time";
  beats.ended("r00", true, kBegin + 2s);
  EXPECT_EQ(beats.next(kBegin + 2s), kBegin + 30s) << "the other one takes long then";
  EXPECT_THAT(beats.begin(kBegin + 31s), IsEmpty());
  EXPECT_EQ(beats.next(kBegin + 31s), kBegin + 32s);
  EXPECT_THAT(beats.begin(kBegin + 32s), ElementsAre("r00")) << "and doesn't wait for the other one";
}

TEST(Beats, FourAtOnceAndOneThatTakesLongGivesItsPlaceToAnother) {
  auto beats = of(40);
  EXPECT_THAT(beats.begin(kBegin), SizeIs(4));
  EXPECT_THAT(beats.begin(kBegin + 29s), IsEmpty());
  beats.ended("r00", true, kBegin + 29s);
  EXPECT_THAT(beats.begin(kBegin + 29s), ElementsAre("r04"));
  EXPECT_THAT(beats.begin(kBegin + 30s), ElementsAre("r05", "r06", "r07"));
  EXPECT_THAT(beats.begin(kBegin + 59s), ElementsAre("r08")) << "r04 takes long";
  EXPECT_THAT(beats.begin(kBegin + 2min), SizeIs(4));
  EXPECT_THAT(beats.begin(kBegin + 3min), SizeIs(4)) << "twelve take long";
  EXPECT_THAT(beats.begin(kBegin + 1h), IsEmpty()) << "sixteen are the most";
  beats.ended("r01", true, kBegin + 1h);
  EXPECT_THAT(beats.begin(kBegin + 1h), SizeIs(1));
}

TEST(Beats, TheLongestDueComesFirst) {
  auto beats = of(5);
  (void)beats.begin(kBegin);
  beats.ended("r00", true, kBegin + 1s);
  EXPECT_THAT(beats.begin(kBegin + 20s), ElementsAre("r04"));
  for (const auto* one : {"r01", "r02", "r03", "r04"}) beats.ended(one, true, kBegin + 20s);
  EXPECT_THAT(beats.begin(kBegin + 60s), ElementsAre("r00", "r01", "r02", "r03"));
}

TEST(Beats, OneThatFailsIsLookedAtMoreAndMoreSeldom) {
  auto beats = of(1);
  auto now = kBegin;
  for (const auto wait : {60s, 120s, 240s, 480s, 600s, 600s}) {
    ASSERT_THAT(beats.begin(now), SizeIs(1));
    beats.hurry(now);
    beats.ended("r00", false, now);
    EXPECT_THAT(beats.begin(now + wait - 1s), IsEmpty()) << "being asked to hurry changes nothing";
    beats.hurry(now + wait - 1s);
    EXPECT_THAT(beats.begin(now + wait - 1s), IsEmpty());
    now += wait;
  }
  ASSERT_THAT(beats.begin(now), SizeIs(1));
  beats.ended("r00", true, now);
  EXPECT_THAT(beats.begin(now + 30s), SizeIs(1));
}

TEST(Beats, WhatIsAskedForDuringALookIsDoneAfterIt) {
  auto beats = of(1);
  (void)beats.begin(kBegin);
  beats.hurry(kBegin + 1s);
  EXPECT_THAT(beats.begin(kBegin + 1s), IsEmpty());
  beats.ended("r00", true, kBegin + 2s);
  EXPECT_THAT(beats.begin(kBegin + 2s), SizeIs(1));
  beats.ended("r00", true, kBegin + 3s);
  EXPECT_THAT(beats.begin(kBegin + 3s), IsEmpty()) << "once";
  beats.hurry(kBegin + 4s);
  EXPECT_THAT(beats.begin(kBegin + 4s), SizeIs(1));
}

}  // namespace
}  // namespace driftwarden
