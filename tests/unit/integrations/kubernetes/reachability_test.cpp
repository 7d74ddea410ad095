#include "integrations/kubernetes/reachability.hpp"

#include <gtest/gtest.h>

namespace driftwarden::kubernetes {
namespace {

using namespace std::chrono_literals;

const MonoTime kStart{1h};

TEST(Reachability, TheFirstWordIsNews) {
  Reachability reach(kStart, 60s);
  EXPECT_FALSE(reach.take_change(kStart + 10s));
  reach.heard(kStart + 11s);
  EXPECT_EQ(reach.take_change(kStart + 11s), (ReachChange{true, ""}));
  EXPECT_FALSE(reach.take_change(kStart + 12s));
}

TEST(Reachability, SilenceForTheLimitIsUnreachable) {
  Reachability reach(kStart, 60s);
  reach.heard(kStart);
  reach.take_change(kStart);
  EXPECT_FALSE(reach.take_change(kStart + 59s));
  const auto lost = reach.take_change(kStart + 60s);
  ASSERT_TRUE(lost);
  EXPECT_FALSE(lost->reachable);
  EXPECT_NE(lost->why.find("nothing heard for"), std::string::npos) << lost->why;
  EXPECT_FALSE(reach.take_change(kStart + 61s)) << "told once";
  reach.heard(kStart + 70s);
  EXPECT_EQ(reach.take_change(kStart + 70s), (ReachChange{true, ""}));
}

TEST(Reachability, RefusedTwiceByBothIsUnreachableAtOnce) {
  Reachability reach(kStart, 60s);
  reach.heard(kStart);
  reach.take_change(kStart);
  reach.request_failed("connection refused");
  reach.probe_failed("connection refused");
  reach.request_failed("connection refused");
  EXPECT_FALSE(reach.take_change(kStart + 1s)) << "one probe may be chance";
  reach.probe_failed("connection refused");
  const auto lost = reach.take_change(kStart + 1s);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->why, "no connection: connection refused");
}

TEST(Reachability, AnAnswerBetweenStartsTheCountAnew) {
  Reachability reach(kStart, 60s);
  reach.heard(kStart);
  reach.take_change(kStart);
  for (int i = 0; i < 5; ++i) {
    reach.request_failed("x");
    reach.probe_failed("x");
    reach.heard(kStart + 1s);
    EXPECT_FALSE(reach.take_change(kStart + 1s));
  }
}

TEST(Reachability, ProbesAloneProveNothingWhileWatchesSpeak) {
  Reachability reach(kStart, 60s);
  reach.heard(kStart);
  reach.take_change(kStart);
  for (int i = 0; i < 5; ++i) reach.probe_failed("503");
  EXPECT_FALSE(reach.take_change(kStart + 30s));
}

TEST(Reachability, OnlyAWordBringsItBack) {
  Reachability reach(kStart, 60s);
  EXPECT_EQ(reach.take_change(kStart + 60s)->reachable, false);
  EXPECT_FALSE(reach.take_change(kStart + 120s));
}

}  // namespace
}  // namespace driftwarden::kubernetes
