// Who sees what in the App Home, and how often it is published.
#include "bot/home/home.hpp"
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
