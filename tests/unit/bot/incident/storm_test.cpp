// Crowds of Apps: few messages, and each App in one of them.
#include "tests/unit/bot/incident/alert_world.hpp"

#include <iostream>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using test::AlertWorld;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct StormWorld : AlertWorld {
  explicit StormWorld(int apps) {
    add_apps(apps);
    start();
  }
  /// All within ten seconds.
  void drift_all(int apps, const std::function<DriftReport(int)>& of) {
    for (int second = 0; second < 10; ++second) {
      for (int i = apps * second / 10; i < apps * (second + 1) / 10; ++i) report(of(i));
      clock.advance(1s);
    }
    clock.advance(10s);
  }
  void heal_all(int apps) {
    for (int i = 0; i < apps; ++i) heal(name_of(i));
    clock.advance(10s);
  }
  std::size_t edits() const {
    std::size_t count = 0;
    for (const auto* message : slack.with_key("incident:")) count += message->versions.size() - 1;
    return count;
  }
};

/// Each open incident is in exactly one message that stands in the channel.
void expect_each_is_shown(StormWorld& world, std::size_t apps) {
  const auto open = world.open();
  EXPECT_EQ(open.size(), apps);
  std::set<std::int64_t> messages;
  for (const auto& incident : open) messages.insert(shown_by(incident));
  EXPECT_EQ(messages.size(), world.alerts());
  for (const auto id : messages) {
    const auto leader = world.look<std::optional<Incident>>([id](storage::Transaction& tx) { return tx.find_incident(id); });
    EXPECT_TRUE(leader->message.has_value());
  }
}

TEST(Storm, AThousandAppsAreAtMostTenMessages) {
  constexpr int kApps = 1000;
  StormWorld world(kApps);
  world.drift_all(kApps, AlertWorld::own_drift);
  std::cout << "1,000 Apps in 10 s: " << world.seen_in("Cshop") << " messages in the channel, " << world.all_in("Cshop") << " with threads, " << world.edits() << " edits\n";
  EXPECT_LE(world.all_in("Cshop"), 10U);
  EXPECT_EQ(world.alerts(), 6U) << "five alone and the storm";
  expect_each_is_shown(world, kApps);
  EXPECT_THAT(world.alert(5).text, HasSubstr("Storm: 995 Apps drifted on 2 clusters"));
  EXPECT_LE(world.edits(), 12U);
  world.heal_all(kApps);
  EXPECT_THAT(world.open(), IsEmpty());
  EXPECT_THAT(world.alert(5).text, HasSubstr("All 995 Apps are in sync again"));
  EXPECT_LE(world.seen_in("Cshop"), 10U);
  EXPECT_EQ(world.all_in("Cshop"), 6U + 5U + 1U) << "five closing notes of those alone, one of the storm";
  std::cout << "and healed: " << world.seen_in("Cshop") << " messages in the channel, " << world.all_in("Cshop") << " with threads, " << world.edits() << " edits\n";
}

TEST(Storm, MixedCausesAreStillFewMessages) {
  constexpr int kApps = 300;
  StormWorld world(kApps);
  world.drift_all(kApps, [](int i) {
    const auto app = AlertWorld::name_of(i);
    switch (i % 3) {
      case 0: return AlertWorld::drift(app);  // one story
      case 1: return AlertWorld::missing(app);
      default: return AlertWorld::own_drift(i);
    }
  });
  std::cout << "300 Apps of mixed causes in 10 s: " << world.seen_in("Cshop") << " messages in the channel, " << world.all_in("Cshop") << " with threads\n";
  EXPECT_LE(world.all_in("Cshop"), 10U);
  expect_each_is_shown(world, kApps);
  EXPECT_THAT(world.alert(0).text, HasSubstr("100 Apps are OutOfSync"));
  EXPECT_THAT(world.alert(5).text, HasSubstr("Cause: "));
  world.heal_all(kApps);
  EXPECT_THAT(world.open(), IsEmpty());
  for (std::size_t i = 0; i < world.alerts(); ++i) EXPECT_THAT(world.alert(i).text, HasSubstr("in sync again")) << i;
}

TEST(Storm, EachChannelHasItsOwn) {
  AlertWorld world;
  for (int i = 0; i < 40; ++i) world.add_app(AlertWorld::name_of(i), "prod-eu", "staging", i % 2 == 0 ? "#shop" : "#search");
  world.start();
  for (int i = 0; i < 40; ++i) world.report(AlertWorld::own_drift(i));
  world.clock.advance(5s);
  EXPECT_EQ(world.seen_in("Cshop"), 6U);
  EXPECT_EQ(world.seen_in("Csearch"), 6U);
}

TEST(Storm, GoesOnForTenMinutesAfterItsLastMember) {
  StormWorld world(20);
  for (int i = 0; i < 7; ++i) world.report(AlertWorld::own_drift(i));
  world.clock.advance(9min);
  EXPECT_EQ(world.alerts(), 6U);
  world.report(AlertWorld::own_drift(7));
  world.clock.advance(9min);
  world.report(AlertWorld::own_drift(8));
  world.clock.advance(11min);
  EXPECT_EQ(world.alerts(), 6U);
  world.report(AlertWorld::own_drift(9));
  world.clock.advance(5s);
  EXPECT_EQ(world.alerts(), 7U) << "that is another day";
}

TEST(Storm, OneThatIsOverTakesNobodyIn) {
  StormWorld world(20);
  for (int i = 0; i < 8; ++i) world.report(AlertWorld::own_drift(i));
  world.clock.advance(10s);
  for (int i = 0; i < 8; ++i) world.heal(AlertWorld::name_of(i));
  world.clock.advance(70s);
  world.report(AlertWorld::own_drift(9));
  world.clock.advance(5s);
  EXPECT_EQ(world.alerts(), 7U);
  EXPECT_THAT(world.alert(5).text, HasSubstr("All 3 Apps are in sync again"));
}

TEST(Storm, AckAndSnoozeOfAllAreOneNoteAndOneEdit) {
  StormWorld world(40);
  for (int i = 0; i < 40; ++i) world.report(AlertWorld::own_drift(i));
  world.clock.advance(10s);
  const auto storm = world.incident(AlertWorld::name_of(30));
  const auto before = world.edits();
  world.transact([&](storage::Transaction& tx) -> Result<void> {
    TRY(auto members, group_members(tx, storm));
    EXPECT_EQ(members.size(), 35U);
    for (auto& member : members) {
      auto done = commit_step(tx, acknowledge(std::move(member), "bob", world.clock.wall_now()), world.clock.wall_now());
      if (!done) return done.error();
    }
    return Result<void>{};
  });
  world.clock.advance(5s);
  EXPECT_EQ(world.edits(), before + 1);
  EXPECT_THAT(world.notes(), SizeIs(1));
  EXPECT_THAT(world.alert(5).text, HasSubstr(":eyes: bob"));
}

struct RootCauseWorld : StormWorld {
  RootCauseWorld() : StormWorld(10) {
    for (int i = 0; i < 3; ++i) report(AlertWorld::drift(name_of(i)));
    clock.advance(5s);
  }
};

TEST(RootCauseGroup, IsOneMessageWithARowPerApp) {
  RootCauseWorld world;
  ASSERT_EQ(world.alerts(), 1U);
  EXPECT_THAT(world.alert().text, HasSubstr("3 Apps are OutOfSync on 2 clusters: edited live"));
  EXPECT_THAT(world.alert().text, HasSubstr("`.spec.replicas` `2` \u2192 `5` by *kubectl-edit*"));
  for (int i = 0; i < 3; ++i) EXPECT_THAT(world.alert().text, HasSubstr("*" + AlertWorld::name_of(i) + "*"));
  world.clock.advance(20s);
  EXPECT_EQ(world.notes(), (std::vector<std::string>{":heavy_plus_sign: app-0001: the same there.", ":heavy_plus_sign: app-0002: the same there."}));
  world.report(AlertWorld::drift(AlertWorld::name_of(4), ".spec.replicas", "6"));
  world.clock.advance(5s);
  EXPECT_EQ(world.alerts(), 2U) << "another value is another story";
}

TEST(RootCauseGroup, GoesOnWithoutItsLeaderAndClosesWithTheLast) {
  RootCauseWorld world;
  world.heal(AlertWorld::name_of(0));
  world.clock.advance(5s);
  EXPECT_THAT(world.alert().text, HasSubstr("1 of them in sync again"));
  world.report(AlertWorld::drift(AlertWorld::name_of(5)));
  world.clock.advance(5s);
  ASSERT_EQ(world.alerts(), 1U) << "it joins the group though its leader is well";
  EXPECT_THAT(world.alert().text, HasSubstr("4 Apps are OutOfSync"));
  world.clock.advance(1min);
  for (const int i : {1, 2, 5}) world.heal(AlertWorld::name_of(i));
  world.clock.advance(5s);
  EXPECT_THAT(world.open(), IsEmpty());
  EXPECT_THAT(world.alert().text, HasSubstr("All 4 Apps are in sync again"));
  EXPECT_THAT(world.notes().back(), HasSubstr("All 4 are in sync again"));
}

TEST(RootCauseGroup, WhoChangesAgainStaysAndIsMarked) {
  RootCauseWorld world;
  world.report(AlertWorld::drift(AlertWorld::name_of(1), ".spec.replicas", "9"));
  world.clock.advance(5s);
  EXPECT_EQ(world.alerts(), 1U);
  EXPECT_THAT(world.alert().text, HasSubstr("changed again since"));
  EXPECT_THAT(world.alert().text, HasSubstr("`2` \u2192 `5`"));
}

struct StageWorld : RootCauseWorld {
  void make_critical(int i) { config.apps[static_cast<std::size_t>(i)].environment = "production"; }
  void step(const std::string& app, const std::function<IncidentStep(Incident)>& event) {
    transact([&](storage::Transaction& tx) -> Result<void> {
      TRY(auto known, tx.open_incident(app));
      auto done = commit_step(tx, event(std::move(*known)), clock.wall_now());
      if (!done) return done.error();
      return Result<void>{};
    });
  }
  std::vector<std::string> broadcasts() const {
    std::vector<std::string> texts;
    for (const auto& message : slack.messages) {
      if (message.now().broadcast) texts.push_back(message.now().text);
    }
    return texts;
  }
};

TEST(Joining, AnHourLaterItIsNewsAgain) {
  RootCauseWorld world;
  world.clock.advance(50min);
  world.report(AlertWorld::drift(AlertWorld::name_of(4)));
  world.clock.advance(5s);
  EXPECT_EQ(world.alerts(), 1U);
  world.clock.advance(61min);
  world.report(AlertWorld::drift(AlertWorld::name_of(5)));
  world.clock.advance(5s);
  EXPECT_EQ(world.alerts(), 2U);
}

TEST(Joining, WhatSomebodyTookIsNotJoined) {
  StageWorld world;
  world.step(AlertWorld::name_of(0), [&](Incident incident) { return acknowledge(std::move(incident), "bob", world.clock.wall_now()); });
  world.report(AlertWorld::drift(AlertWorld::name_of(5)));
  world.clock.advance(5s);
  EXPECT_EQ(world.alerts(), 2U);
}

TEST(Joining, MoreAtStakeIsAMessageOfItsOwn) {
  AlertWorld world;
  for (int i = 0; i < 5; ++i) world.add_app(AlertWorld::name_of(i), "prod-eu", i >= 3 ? "production" : "staging");
  world.start();
  for (int i = 0; i < 5; ++i) {
    world.report(AlertWorld::drift(AlertWorld::name_of(i)));
    world.clock.advance(3s);
  }
  ASSERT_EQ(world.alerts(), 2U);
  EXPECT_THAT(world.alert(0).text, HasSubstr("3 Apps are OutOfSync"));
  EXPECT_THAT(world.alert(1).text, HasSubstr("Critical: 2 Apps are OutOfSync"));
}

DriftReport ahead(const std::string& app) {
  auto report = AlertWorld::drift(app);
  report.cause = Cause::GitAhead;
  return report;
}

TEST(Rise, IsSaidOnceInTheChannel) {
  AlertWorld world;
  auto& app = world.add_app("checkout", "prod-eu", "production");
  app.owners = {"alice"};
  AlertRoute route;
  route.mention = {"owners"};
  world.config.alerts.routes.push_back(route);
  world.config.alerts.hold_off.clear();
  world.start();
  world.report(ahead("checkout"));
  world.clock.advance(1s);
  const auto before = world.incident("checkout").severity;
  ASSERT_LT(before, Severity::Critical);
  world.report(AlertWorld::drift("checkout"));
  world.clock.advance(1s);
  world.report(AlertWorld::drift("checkout", ".spec.replicas", "9"));
  world.clock.advance(1s);
  std::vector<std::string> said;
  for (const auto& message : world.slack.messages) {
    if (message.now().broadcast) said.push_back(message.now().text);
  }
  ASSERT_THAT(said, SizeIs(1));
  EXPECT_THAT(said.front(), HasSubstr("checkout is critical now: edited live"));
  EXPECT_THAT(said.front(), HasSubstr("<@U0ALICE>"));
}

TEST(Rise, CriticalsInAStormAreOneLineAMinute) {
  AlertWorld world;
  for (int i = 0; i < 40; ++i) world.add_app(AlertWorld::name_of(i), "prod-eu", i % 10 == 9 ? "production" : "staging");
  world.start();
  const auto said = [&] {
    std::vector<std::string> texts;
    for (const auto& message : world.slack.messages) {
      if (message.now().broadcast) texts.push_back(message.now().text);
    }
    return texts;
  };
  for (int i = 0; i < 30; ++i) world.report(AlertWorld::own_drift(i));
  world.clock.advance(5s);
  ASSERT_THAT(said(), SizeIs(1));
  EXPECT_THAT(said().front(), HasSubstr("3 critical: app-0009, app-0019, app-0029"));
  world.report(AlertWorld::own_drift(39));
  world.clock.advance(30s);
  EXPECT_THAT(said(), SizeIs(1));
  world.clock.advance(40s);
  ASSERT_THAT(said(), SizeIs(2));
  EXPECT_THAT(said().back(), HasSubstr("1 critical: app-0039"));
  world.clock.advance(5min);
  EXPECT_THAT(said(), SizeIs(2));
}

TEST(Storm, AcksDontKeepItGoing) {
  StormWorld world(20);
  for (int i = 0; i < 7; ++i) world.report(AlertWorld::own_drift(i));
  world.clock.advance(9min);
  const auto group = world.incident(AlertWorld::name_of(6)).group;
  world.transact([&](storage::Transaction& tx) -> Result<void> {
    TRY(auto leader, tx.find_incident(group));
    auto done = commit_step(tx, acknowledge(std::move(*leader), "bob", world.clock.wall_now()), world.clock.wall_now());
    if (!done) return done.error();
    return Result<void>{};
  });
  world.clock.advance(5min);
  world.report(AlertWorld::own_drift(9));
  world.clock.advance(5s);
  EXPECT_EQ(world.alerts(), 7U);
}

TEST(Storm, ItsLeaderAloneHasItsThread) {
  StormWorld world(20);
  for (int i = 0; i < 6; ++i) world.report(AlertWorld::own_drift(i));
  world.clock.advance(10s);
  const auto before = world.notes().size();
  world.heal(AlertWorld::name_of(5));
  world.clock.advance(5s);
  EXPECT_EQ(world.notes().size(), before + 1);
  EXPECT_THAT(world.notes().back(), HasSubstr("In sync again"));
}

TEST(RootCauseGroup, AckOfOneNamesIt) {
  StageWorld world;
  const auto ack = [&](Incident incident) { return acknowledge(std::move(incident), "bob", world.clock.wall_now()); };
  world.step(AlertWorld::name_of(1), ack);
  world.clock.advance(1s);
  EXPECT_EQ(world.notes().back(), ":eyes: bob is on it: app-0001.");
  world.step(AlertWorld::name_of(0), ack);
  world.clock.advance(1s);
  world.step(AlertWorld::name_of(2), ack);
  world.clock.advance(1s);
  EXPECT_EQ(world.notes().back(), ":eyes: bob is on it.") << "of all of them";
}

TEST(RootCauseGroup, IsClosedAtOnce) {
  RootCauseWorld world;
  world.heal(AlertWorld::name_of(0));
  world.heal(AlertWorld::name_of(1));
  world.clock.advance(100ms);
  EXPECT_THAT(world.alert().text, Not(HasSubstr("in sync again"))) << "the others may follow";
  world.heal(AlertWorld::name_of(2));
  world.clock.advance(100ms);
  EXPECT_THAT(world.alert().text, HasSubstr("All 3 Apps are in sync again"));
}

TEST(RootCauseGroup, WhoChangesAgainIsSaidAndNobodyIsToldTwice) {
  RootCauseWorld world;
  world.clock.advance(20s);
  const auto before = world.notes().size();
  world.report(AlertWorld::drift(AlertWorld::name_of(1), ".spec.replicas", "9"));
  world.clock.advance(20s);
  ASSERT_EQ(world.notes().size(), before + 1);
  EXPECT_EQ(world.notes().back(), ":arrows_counterclockwise: app-0001 changed again: edited live.");
  world.clock.advance(1min);
  ASSERT_TRUE(world.store.prune(1s));
  world.report(AlertWorld::drift(AlertWorld::name_of(2), ".spec.replicas", "8"));
  world.clock.advance(20s);
  EXPECT_EQ(world.notes().size(), before + 2) << "the outbox forgot what was told, the incidents didn't";
}

}  // namespace
}  // namespace driftwarden
