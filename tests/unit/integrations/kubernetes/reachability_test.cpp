#include "integrations/kubernetes/reachability.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

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

WatchedKind kind(const std::string& name) {
  WatchedKind out;
  out.version = "v1";
  out.kind = name;
  return out;
}

/// A story in seconds since the start: what happens, and what is told right after.
struct Scene {
  int at;
  std::string what;  ///< heard | alive K | expect K | failed K why | release K | request why | probe why | ""
  std::string told;  ///< "" = nothing, "reachable", or the reason of unreachable
};
struct Story {
  std::string name;
  std::vector<Scene> scenes;
  friend void PrintTo(const Story& story, std::ostream* out) { *out << story.name; }
};

class WatchStories : public testing::TestWithParam<Story> {};

void happen(Reachability& reach, const std::string& what, MonoTime now) {
  std::istringstream words(what);
  std::string verb;
  std::string name;
  std::string why;
  words >> verb;
  if (verb == "request" || verb == "probe") {
    std::getline(words >> std::ws, why);
    verb == "request" ? reach.request_failed(why) : reach.probe_failed(why);
    return;
  }
  words >> name;
  std::getline(words >> std::ws, why);
  if (verb == "heard") reach.heard(now);
  if (verb == "expect") reach.expect(kind(name), now);
  if (verb == "alive") reach.heard(now);
  if (verb == "alive") reach.alive(kind(name), now);
  if (verb == "failed") reach.watch_failed(kind(name), why);
  if (verb == "release") reach.release(kind(name));
}

TEST_P(WatchStories, AreTold) {
  Reachability reach(kStart, 60s);
  for (const auto& scene : GetParam().scenes) {
    const auto now = kStart + std::chrono::seconds(scene.at);
    happen(reach, scene.what, now);
    const auto change = reach.take_change(now);
    const auto told = !change ? std::string() : change->reachable ? std::string("reachable") : change->why;
    EXPECT_EQ(told, scene.told) << "at " << scene.at << ": " << scene.what;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Reachability, WatchStories,
    testing::Values(
        Story{"AWatchThatStaysSilentWhileProbesAnswer",
              {{0, "expect A", ""}, {0, "heard", "reachable"}, {20, "heard", ""}, {40, "heard", ""}, {59, "heard", ""},
               {60, "heard", "the watch of A has been silent for 60 s"}, {80, "heard", ""}, {90, "alive A", "reachable"}, {100, "heard", ""}}},
        Story{"TheReasonIsTheLastFailure",
              {{0, "expect A", ""}, {0, "heard", "reachable"}, {30, "failed A 503", ""}, {50, "failed A 500: etcd", ""}, {50, "heard", ""},
               {62, "heard", "the watch of A has been silent for 62 s: 500: etcd"}}},
        Story{"LifeForgetsTheFailure",
              {{0, "expect A", ""}, {0, "heard", "reachable"}, {30, "failed A 503", ""}, {31, "alive A", ""}, {80, "heard", ""},
               {91, "heard", "the watch of A has been silent for 60 s"}}},
        Story{"ManySilentKindsAreToldOnceAndAllMustSpeak",
              {{0, "expect A", ""}, {1, "expect B", ""}, {2, "expect C", ""}, {2, "heard", "reachable"}, {50, "alive C", ""},
               {61, "heard", "the watch of A (and 1 other) has been silent for 61 s"}, {62, "heard", ""}, {63, "alive A", ""}, {64, "alive C", ""},
               {65, "alive B", "reachable"}}},
        Story{"ThreeKinds",
              {{0, "expect A", ""}, {0, "expect B", ""}, {0, "expect C", ""}, {0, "heard", "reachable"}, {59, "heard", ""},
               {60, "", "the watch of A (and 2 others) has been silent for 60 s"}}},
        Story{"AKindWhoseFailureIsItsOwnDoesNotCount",
              {{0, "expect A", ""}, {0, "expect B", ""}, {0, "heard", "reachable"}, {5, "release B", ""}, {50, "alive A", ""}, {70, "heard", ""},
               {100, "alive A", ""}}},
        Story{"AKindThatIsNoLongerWatchedBringsItBack",
              {{0, "expect A", ""}, {0, "heard", "reachable"}, {50, "heard", ""}, {60, "heard", "the watch of A has been silent for 60 s"},
               {61, "release A", "reachable"}}},
        Story{"ExpectingAgainGivesNoNewTime",
              {{0, "expect A", ""}, {0, "heard", "reachable"}, {50, "expect A", ""}, {59, "heard", ""},
               {60, "heard", "the watch of A has been silent for 60 s"}}},
        Story{"LifeOfAnUnknownKindIsNothing", {{0, "alive A", "reachable"}, {50, "heard", ""}, {100, "heard", ""}}},
        Story{"ASilentServerIsToldAsSuch",
              {{0, "expect A", ""}, {0, "heard", "reachable"}, {60, "", "nothing heard for 60 s"}, {61, "heard", ""}, {62, "alive A", "reachable"}}},
        Story{"ARefusingServerThatComesBackSoonNeedsOneWord",
              {{0, "expect A", ""}, {0, "alive A", "reachable"}, {10, "request refused", ""}, {10, "probe refused", ""}, {11, "request refused", ""},
               {12, "probe refused", "no connection: refused"}, {20, "heard", "reachable"}}}),
    [](const auto& row) { return row.param.name; });

TEST(Reachability, WhatIsKnownIsAsOfTheOldestSilentWatch) {
  Reachability reach(kStart, 60s);
  EXPECT_FALSE(reach.as_of(kStart));
  reach.expect(kind("A"), kStart);
  reach.expect(kind("B"), kStart);
  reach.heard(kStart + 10s);
  reach.alive(kind("A"), kStart + 10s);
  reach.heard(kStart + 40s);
  EXPECT_EQ(reach.as_of(kStart + 40s), kStart + 40s);
  EXPECT_EQ(reach.next_due(), kStart + 60s);
  EXPECT_EQ(reach.as_of(kStart + 60s), kStart);
  reach.alive(kind("B"), kStart + 61s);
  EXPECT_EQ(reach.as_of(kStart + 61s), kStart + 40s);
  EXPECT_EQ(reach.next_due(), kStart + 70s);
}

TEST(Reachability, IsSettledWhileNothingCouldBeNews) {
  Reachability reach(kStart, 60s);
  EXPECT_FALSE(reach.settled());
  reach.heard(kStart);
  reach.take_change(kStart);
  EXPECT_TRUE(reach.settled());
  reach.request_failed("x");
  EXPECT_FALSE(reach.settled());
  reach.heard(kStart);
  EXPECT_TRUE(reach.settled());
  reach.take_change(kStart + 60s);
  EXPECT_FALSE(reach.settled());
}

}  // namespace
}  // namespace driftwarden::kubernetes
