#include "integrations/kubernetes/watch_fsm.hpp"

#include <gtest/gtest.h>

namespace driftwarden::kubernetes {
namespace {

using Do = WatchStep::Do;
using Pause = WatchStep::Pause;

/// "List relist", "Sleep kind failed forget": what a step says, as a text.
std::string text(const WatchStep& step) {
  static const char* const kNames[] = {"Resolve", "List", "Watch", "Read", "Sleep"};
  std::string out = kNames[static_cast<int>(step.what)];
  if (step.pause == Pause::BackOff) out += " back-off";
  if (step.pause == Pause::Kind) out += " kind";
  if (step.relist) out += " relist";
  if (step.listed) out += " listed";
  if (step.failed) out += " failed";
  if (step.forget) out += " forget";
  return out;
}

/// A machine that watches from version 10.
WatchFsm watching() {
  WatchFsm fsm;
  fsm.start();
  fsm.on_resolved();
  fsm.on_page("10", "");
  fsm.on_opened();
  return fsm;
}

TEST(WatchFsm, ListsPageByPageThenWatches) {
  WatchFsm fsm;
  EXPECT_EQ(text(fsm.start()), "Resolve");
  EXPECT_EQ(text(fsm.on_resolved()), "List relist");
  EXPECT_EQ(text(fsm.on_page("10", "more")), "List");
  EXPECT_EQ(fsm.continue_token(), "more");
  EXPECT_EQ(text(fsm.on_page("10", "")), "Watch listed");
  EXPECT_EQ(fsm.resource_version(), "10");
  EXPECT_EQ(text(fsm.on_opened()), "Read");
  EXPECT_EQ(text(fsm.on_event("11")), "Read");
  EXPECT_EQ(fsm.resource_version(), "11");
  EXPECT_TRUE(fsm.take_progress());
  EXPECT_FALSE(fsm.take_progress());
}

TEST(WatchFsm, AnExpiredContinueTokenStartsTheListAnew) {
  WatchFsm fsm;
  fsm.start();
  fsm.on_resolved();
  fsm.on_page("10", "more");
  EXPECT_EQ(text(fsm.on_gone()), "List relist");
  EXPECT_EQ(fsm.continue_token(), "");
}

TEST(WatchFsm, GoneMeansAListAndTwiceInARowAPause) {
  auto fsm = watching();
  EXPECT_EQ(text(fsm.on_gone()), "List relist");
  fsm.on_page("20", "");
  fsm.on_opened();
  EXPECT_EQ(text(fsm.on_gone()), "Sleep back-off");
  EXPECT_EQ(text(fsm.on_slept()), "List relist");
  fsm.on_page("30", "");
  fsm.on_opened();
  fsm.on_event("31");
  EXPECT_EQ(text(fsm.on_gone()), "List relist");
}

TEST(WatchFsm, ACleanEndGoesOnAtOnceFromTheLastVersion) {
  auto fsm = watching();
  fsm.on_event("12");
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(text(fsm.on_ended(false)), "Watch");
    fsm.on_opened();
  }
  EXPECT_EQ(fsm.resource_version(), "12");
}

TEST(WatchFsm, AServerThatEndsEachWatchAtOnceIsNotHammered) {
  auto fsm = watching();
  EXPECT_EQ(text(fsm.on_ended(true)), "Watch");
  fsm.on_opened();
  EXPECT_EQ(text(fsm.on_ended(true)), "Sleep back-off");
  EXPECT_EQ(text(fsm.on_slept()), "Watch");
  fsm.on_opened();
  fsm.on_event("11");
  EXPECT_EQ(text(fsm.on_ended(true)), "Watch");
}

TEST(WatchFsm, ABrokenWatchGoesOnWhereItWas) {
  auto fsm = watching();
  fsm.on_event("15");
  EXPECT_EQ(text(fsm.on_failed(ErrorKind::Unavailable)), "Sleep back-off");
  EXPECT_EQ(text(fsm.on_slept()), "Watch");
  EXPECT_EQ(fsm.resource_version(), "15");
}

TEST(WatchFsm, WhatFailsDecidesWhatIsTriedAgain) {
  WatchFsm resolving;
  resolving.start();
  EXPECT_EQ(text(resolving.on_failed(ErrorKind::Unavailable)), "Sleep back-off");
  EXPECT_EQ(text(resolving.on_slept()), "Resolve");
  resolving.on_resolved();
  EXPECT_EQ(text(resolving.on_failed(ErrorKind::Timeout)), "Sleep back-off");
  EXPECT_EQ(text(resolving.on_slept()), "List relist");
  EXPECT_EQ(text(resolving.on_failed(ErrorKind::Denied)), "Sleep kind failed");
  EXPECT_EQ(text(resolving.on_slept()), "Resolve");
  EXPECT_EQ(text(resolving.on_failed(ErrorKind::NotFound)), "Sleep kind failed forget");
  EXPECT_EQ(text(resolving.on_slept()), "Resolve");

  auto fsm = watching();
  EXPECT_EQ(text(fsm.on_failed(ErrorKind::Denied)), "Sleep kind failed");
  EXPECT_EQ(text(fsm.on_slept()), "Resolve");
}

TEST(WatchFsm, RefusedAgainAndAgainIsTheKindsOwnFailure) {
  auto fsm = watching();
  EXPECT_EQ(text(fsm.on_refused()), "Sleep kind failed");
  EXPECT_EQ(text(fsm.on_slept()), "Resolve");
}

TEST(WatchFsm, ALineThatStaysBrokenEndsInAList) {
  auto fsm = watching();
  for (int i = 0; i < 2; ++i) {
    fsm.on_failed(ErrorKind::Corrupt);
    EXPECT_EQ(text(fsm.on_slept()), "Watch");
    fsm.on_opened();
  }
  fsm.on_failed(ErrorKind::Corrupt);
  EXPECT_EQ(text(fsm.on_slept()), "List relist");
}

TEST(WatchFsm, ARefusedVersionEndsInAList) {
  auto fsm = watching();
  fsm.on_failed(ErrorKind::InvalidInput);
  EXPECT_EQ(text(fsm.on_slept()), "List relist");
}

}  // namespace
}  // namespace driftwarden::kubernetes
