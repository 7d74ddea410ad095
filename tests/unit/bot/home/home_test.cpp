// Who sees what in the App Home, and how often it is published.
#include "bot/home/home.hpp"
#include "bot/home/movements.hpp"
#include "tests/support/fakes/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct Homes : test::World {
  Homes() {
    before_start = [this] { home = std::make_unique<Home>(io.get_executor(), clock, config, async, *fleet, slack); };
    start();
    home->start();
    clock.advance(2s);
  }
  ~Homes() {
    test::run(io, home->stop());
    home.reset();
    stop();
  }
  Homes(const Homes&) = delete;
  Homes& operator=(const Homes&) = delete;
  void open(const std::string& who) {
    home->on_opened(who);
    clock.advance(1s);
  }
  std::string page(const std::string& who) { return slack.homes[who].empty() ? "" : slack.homes[who].back().dump(); }
  std::unique_ptr<Home> home;
};

TEST(Home, SomebodyUnknownIsToldHowToBeAdded) {
  Homes homes;
  homes.open("U0EVE");
  EXPECT_THAT(homes.page("U0EVE"), HasSubstr("U0EVE"));
  EXPECT_THAT(homes.page("U0EVE"), HasSubstr("people"));
  EXPECT_THAT(homes.page("U0EVE"), Not(HasSubstr("checkout")));
}

TEST(Home, OnesOwnAppsAreThereDirectlyAndByGroup) {
  for (const auto& owners : {std::vector<std::string>{"alice"}, std::vector<std::string>{"shop-team"}}) {
    Homes homes;
    homes.config.groups.push_back({"shop-team", {"alice"}, ""});
    homes.config.apps.front().owners = owners;
    homes.stop();
    homes.store.revive();
    homes.start();
    homes.home->start();
    homes.clock.advance(2s);
    homes.open("U0alice");
    EXPECT_THAT(homes.page("U0alice"), HasSubstr("\"value\":\"status checkout\"")) << owners.front();
    homes.open("U0bob");
    EXPECT_THAT(homes.page("U0bob"), HasSubstr("None is yours"));
  }
}

TEST(Home, FollowsWhatMovesAtACalmPace) {
  Homes homes;
  homes.open("U0alice");
  ASSERT_THAT(homes.slack.homes["U0alice"], SizeIs(1));
  for (int i = 0; i < 30; ++i) {
    homes.scale_by_hand(3 + i % 2);
    homes.home->on_moved();
    homes.clock.advance(200ms);
  }
  homes.clock.advance(5s);
  homes.home->on_moved();
  homes.clock.advance(5s);
  EXPECT_LE(homes.slack.homes["U0alice"].size(), 6U);
  EXPECT_THAT(homes.page("U0alice"), HasSubstr("Other open incidents"));
}

/// Slack that fails to show pages for a while.
struct SulkingSlack : test::FakeSlack {
  int failures = 0;
  asio::awaitable<Result<void>> publish_home(std::string user, slack::JsonPtr view) override {
    if (failures > 0) {
      --failures;
      co_return Error{ErrorKind::Unavailable, "views.publish: 503"};
    }
    homes[user].push_back(*view);
    co_return Result<void>{};
  }
};

TEST(Home, APageThatCouldNotBeShownIsTriedAgain) {
  Homes homes;
  SulkingSlack sulking;
  sulking.failures = 2;
  Home other(homes.io.get_executor(), homes.clock, homes.config, homes.async, *homes.fleet, sulking);
  other.start();
  other.on_opened("U0alice");
  homes.clock.advance(1s);
  EXPECT_THAT(sulking.homes["U0alice"], IsEmpty());
  homes.clock.advance(1min);
  EXPECT_THAT(sulking.homes["U0alice"], SizeIs(1));
  test::run(homes.io, other.stop());
}

TEST(Home, EverybodyIsShownTheirsThoughARoundHasAnEnd) {
  Homes homes;
  for (int i = 0; i < 120; ++i) homes.home->on_opened(fmt::format("U0{:03}", i));
  homes.clock.advance(5s);
  EXPECT_THAT(homes.slack.homes, SizeIs(120));
}

/// A page whose looks at the database are counted, told of what is written as the bot tells it.
struct Counted {
  explicit Counted(Homes& homes) : home(homes.io.get_executor(), homes.clock, homes.config, store(homes), *homes.fleet, homes.slack) {
    movements->listen([this] { home.on_moved(); });
    home.start();
    home.on_opened("U0bob");
    homes.clock.advance(2s);
    looks = 0;
  }
  AsyncStore& store(Homes& homes) {
    movements = std::make_shared<Movements>(homes.io.get_executor());
    async = std::make_unique<AsyncStore>(homes.store, homes.io.get_executor(), [this](storage::Transaction& tx, const AsyncStore::Work& work) {
      ++looks;
      return movements->around(tx, work);
    });
    return *async;
  }
  std::shared_ptr<Movements> movements;
  std::unique_ptr<AsyncStore> async;
  int looks = 0;
  Home home;
};

TEST(Home, AQuietHourCostsLittle) {
  Homes homes;
  Counted counted(homes);
  const auto shown = homes.slack.homes["U0bob"].size();
  homes.clock.advance(58min);
  // Every 5 s it was 696.
  EXPECT_LE(counted.looks, 117);
  EXPECT_EQ(homes.slack.homes["U0bob"].size(), shown);
  test::run(homes.io, counted.home.stop());
}

TEST(Home, WhatIsWrittenIsShownWithinSeconds) {
  Homes homes;
  Counted counted(homes);
  Change change;
  change.app = "checkout";
  change.requester = "alice";
  change.state = ChangeState::Proposed;
  std::function<Result<void>(storage::Transaction&)> ask = [change](storage::Transaction& tx) -> Result<void> {
    TRY(const auto added, tx.add_change(change));
    return added.id == 1 ? Result<void>{} : Error{ErrorKind::Corrupt, "another id"};
  };
  ASSERT_TRUE(test::run(homes.io, counted.async->transact(std::move(ask))));
  homes.clock.advance(4s);
  EXPECT_THAT(homes.page("U0bob"), HasSubstr("C-1"));
  // The write itself and one look.
  EXPECT_LE(counted.looks, 3);
  test::run(homes.io, counted.home.stop());
}

TEST(Home, ABurstIsShownAFewTimes) {
  Homes homes;
  Counted counted(homes);
  for (int i = 0; i < 60; ++i) {
    std::function<Result<void>(storage::Transaction&)> delegate = [i](storage::Transaction& tx) -> Result<void> {
      Delegation delegation;
      delegation.from = fmt::format("person{}", i);
      TRY(const auto added, tx.add_delegation(delegation));
      return added.id == 0 ? Error{ErrorKind::Corrupt, "no id"} : Result<void>{};
    };
    ASSERT_TRUE(test::run(homes.io, counted.async->transact(std::move(delegate))));
    homes.clock.advance(100ms);
  }
  homes.clock.advance(5s);
  EXPECT_LE(counted.looks, 60 + 5);
  test::run(homes.io, counted.home.stop());
}

TEST(Movements, AreHeardOfOnceAndOnlyWhatIsWritten) {
  Homes homes;
  const auto movements = std::make_shared<Movements>(homes.io.get_executor());
  int heard = 0;
  movements->listen([&heard] { ++heard; });
  const auto written = [&](const AsyncStore::Work& work) {
    return homes.store.transact([&](storage::Transaction& tx) { return movements->around(tx, work); });
  };
  const AsyncStore::Work look = [](storage::Transaction& tx) -> Result<void> {
    TRY(const auto changes, tx.changes({}));
    return changes.empty() ? Result<void>{} : Error{ErrorKind::Corrupt, "there is one"};
  };
  const AsyncStore::Work twice = [](storage::Transaction& tx) -> Result<void> {
    for (const auto* app : {"web", "cart"}) {
      Change change;
      change.app = app;
      TRY(const auto added, tx.add_change(change));
      CHECK_OK(tx.save_change(added));
    }
    return Result<void>{};
  };
  const AsyncStore::Work fails = [&twice](storage::Transaction& tx) -> Result<void> {
    CHECK_OK(twice(tx));
    return Error{ErrorKind::Conflict, "it comes to nothing"};
  };
  EXPECT_TRUE(written(look));
  EXPECT_FALSE(written(fails));
  homes.clock.settle();
  EXPECT_EQ(heard, 0);
  EXPECT_TRUE(written(twice));
  homes.clock.settle();
  EXPECT_EQ(heard, 1);
  EXPECT_TRUE(written(twice));
  homes.clock.settle();
  EXPECT_EQ(heard, 2);
}

TEST(Home, WhoClosedItLongAgoIsForgotten) {
  Homes homes;
  homes.open("U0alice");
  homes.clock.advance(2h);
  homes.scale_by_hand(5);
  homes.clock.advance(5s);
  homes.home->on_moved();
  homes.clock.advance(1min);
  EXPECT_THAT(homes.slack.homes["U0alice"], SizeIs(1));
}

TEST(Home, APrivateTeamsAppsAreNotThereForOthers) {
  Homes homes;
  Team team;
  team.name = "shop";
  team.members = {"alice"};
  team.apps = {"checkout"};
  team.is_private = true;
  homes.config.teams.push_back(team);
  homes.config.policy.rules.clear();
  homes.scale_by_hand(5);
  homes.clock.advance(5s);
  homes.open("U0bob");
  EXPECT_THAT(homes.page("U0bob"), Not(HasSubstr("checkout")));
  homes.open("U0alice");
  EXPECT_THAT(homes.page("U0alice"), HasSubstr("checkout"));
}

}  // namespace
}  // namespace driftwarden
