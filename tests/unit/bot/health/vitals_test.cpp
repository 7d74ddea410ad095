#include "bot/health/complaints.hpp"
#include "bot/health/vitals.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const WallTime kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 9h;

Vitals well() {
  Vitals vitals;
  vitals.now = kNow;
  vitals.started = kNow - 24h;
  vitals.clusters = {{"prod-eu", kNow - 20s}};
  vitals.repositories["config"] = {kNow - 30s, 30s};
  return vitals;
}

std::vector<std::string> words_of(const std::vector<Ailment>& ailments) {
  std::vector<std::string> words;
  for (const auto& ailment : ailments) words.push_back(ailment.about + ": " + ailment.words + (ailment.restart_helps ? " (restart)" : ""));
  return words;
}

struct Case {
  const char* what;
  std::function<void(Vitals&)> change;
  const char* expected;  ///< "" = all is well
};

TEST(VitalsTest, EachThingHasItsLimit) {
  const Case cases[] = {
      {"nothing", [](Vitals&) {}, ""},
      {"a standby has no socket", [](Vitals& v) { v.socket_closed_since.reset(); }, ""},
      {"a reconnect", [](Vitals& v) { v.socket_closed_since = kNow - 90s; }, ""},
      {"a closed socket", [](Vitals& v) { v.socket_closed_since = kNow - 3min; }, "socket: Slack's socket has not been open for 3 min"},
      {"a quiet cluster", [](Vitals& v) { v.clusters["prod-eu"] = kNow - 100s; }, ""},
      {"a silent cluster", [](Vitals& v) { v.clusters["prod-eu"] = kNow - 5min; }, "cluster:prod-eu: the cluster prod-eu has not answered for 5 min"},
      {"never heard of", [](Vitals& v) { v.clusters["new"] = WallTime{}; }, "cluster:new: the cluster new has not answered yet, for 24 h"},
      {"just started",
       [](Vitals& v) {
         v.started = kNow - 30s;
         v.clusters["prod-eu"] = WallTime{};
         v.repositories["config"].answered = WallTime{};
       },
       ""},
      {"a missed poll", [](Vitals& v) { v.repositories["config"].answered = kNow - 4min; }, ""},
      {"no poll for long", [](Vitals& v) { v.repositories["config"].answered = kNow - 6min; }, "repository:config: the repository config has not answered for 6 min"},
      {"rare polls", [](Vitals& v) { v.repositories["config"] = {kNow - 2h, 30min}; }, ""},
      {"a command that is worked on", [](Vitals& v) { v.inbox_oldest = kNow - 30s; }, ""},
      {"a command that waits", [](Vitals& v) { v.inbox_oldest = kNow - 3min; }, "inbox: a command has been waiting for 3 min"},
      {"an effect that is due", [](Vitals& v) { v.outbox_oldest_due = kNow - 2min; }, ""},
      {"an effect that is stuck", [](Vitals& v) { v.outbox_oldest_due = kNow - 10min; }, "outbox: something that is due could not be carried out for 10 min"},
      {"a busy database", [](Vitals& v) { v.database.waiting_since = kNow - 10s; }, ""},
      {"a stuck database", [](Vitals& v) { v.database.waiting_since = kNow - 40s; }, "database: the database has not answered for 40 s (restart)"},
      {"a full disk for a moment",
       [](Vitals& v) {
         v.database.failure = "disk full";
         v.database.failing_since = kNow - 10s;
       },
       ""},
      {"a full disk",
       [](Vitals& v) {
         v.database.failure = "disk full";
         v.database.failing_since = kNow - 60s;
       },
       "database: the database can't be used: disk full"},
      {"a damaged database",
       [](Vitals& v) {
         v.database.failure = "the database x is damaged";
         v.database.damaged = true;
       },
       "database: the database x is damaged (restart)"},
  };
  for (const auto& one : cases) {
    auto vitals = well();
    one.change(vitals);
    const auto words = words_of(ailments_of(vitals));
    if (std::string_view(one.expected).empty()) {
      EXPECT_THAT(words, IsEmpty()) << one.what;
    } else {
      EXPECT_THAT(words, ElementsAre(one.expected)) << one.what;
    }
  }
}

TEST(VitalsTest, ARestartIsAskedForOnlyWhereItHelps) {
  auto vitals = well();
  vitals.socket_closed_since = kNow - 1h;
  vitals.outbox_oldest_due = kNow - 1h;
  EXPECT_EQ(reason_to_restart(ailments_of(vitals)), "");
  vitals.database.waiting_since = kNow - 1h;
  EXPECT_EQ(reason_to_restart(ailments_of(vitals)), "the database has not answered for 60 min");
}

Ailment ailment(const std::string& about) { return {about, about + " is stuck", false}; }

TEST(ComplaintsTest, ToldOnceWhenItLastsAndOnceWhenItIsOver) {
  Complaints complaints(5min);
  EXPECT_THAT(complaints.step({ailment("outbox")}, kNow), IsEmpty());
  EXPECT_THAT(complaints.step({ailment("outbox")}, kNow + 4min), IsEmpty());
  EXPECT_THAT(complaints.step({ailment("outbox")}, kNow + 5min), ElementsAre(Complaint{"outbox", "outbox is stuck", false}));
  EXPECT_THAT(complaints.step({ailment("outbox")}, kNow + 1h), IsEmpty());
  EXPECT_THAT(complaints.step({}, kNow + 2h), ElementsAre(Complaint{"outbox", "the outbox is well again, after more than 2 h", true}));
  EXPECT_THAT(complaints.step({}, kNow + 3h), IsEmpty());
}

TEST(ComplaintsTest, WhatPassesIsNeverTold) {
  Complaints complaints(5min);
  EXPECT_THAT(complaints.step({ailment("socket")}, kNow), IsEmpty());
  EXPECT_THAT(complaints.step({}, kNow + 4min), IsEmpty());
  EXPECT_THAT(complaints.step({ailment("socket")}, kNow + 5min), IsEmpty()) << "another one, that has just begun";
}

TEST(ComplaintsTest, SeveralAreToldByTheirNames) {
  Complaints complaints(0s);
  EXPECT_EQ(complaints.step({ailment("cluster:prod-eu"), ailment("socket")}, kNow).size(), 2U);
  EXPECT_THAT(complaints.step({ailment("socket")}, kNow + 60s), ElementsAre(Complaint{"cluster:prod-eu", "the cluster prod-eu is well again, after more than 60 s", true}));
  EXPECT_THAT(complaints.step({}, kNow + 90s), ElementsAre(Complaint{"socket", "Slack's socket is well again, after more than 90 s", true}));
}

}  // namespace
}  // namespace driftwarden
