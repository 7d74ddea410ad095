#include "bot/web/nudges.hpp"

#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using Urls = std::vector<std::string>;

class NudgesTest : public testing::Test {
 protected:
  NudgesTest() { make(true); }
  void make(bool trusted) {
    Nudges::Targets targets;
    targets.repositories = [this](const Urls& urls) { fetched.push_back(urls); };
    targets.pulls = [this] { ++pulls; };
    targets.changes = [this] { ++changes; };
    nudges = std::make_unique<Nudges>(io.get_executor(), clock, trusted, std::move(targets));
    nudges->connect(parts);
  }

  asio::io_context io;
  test::ManualClock clock{io};
  std::unique_ptr<Nudges> nudges;
  WebParts parts;
  std::vector<Urls> fetched;
  int pulls = 0;
  int changes = 0;
};

TEST_F(NudgesTest, EachKindWakesItsOwn) {
  parts.on_git_webhook({"https://g/a/c.git"});
  EXPECT_EQ(fetched, (std::vector<Urls>{{"https://g/a/c.git"}}));
  EXPECT_EQ(pulls, 1);
  EXPECT_EQ(changes, 0);
  clock.advance(6s);
  parts.on_pull_request({}, 7);
  EXPECT_EQ(fetched.size(), 1U);
  EXPECT_EQ(pulls, 2);
  EXPECT_EQ(changes, 1);
  clock.advance(6s);
  parts.on_activity({}, 0);
  EXPECT_EQ(fetched.size(), 1U);
  EXPECT_EQ(pulls, 2);
  EXPECT_EQ(changes, 2);
}

TEST_F(NudgesTest, AStormIsLookedAtEveryFiveSecondsAndOnceAfterItsEnd) {
  for (int second = 0; second < 12; ++second) {
    for (int event = 0; event < 50; ++event) parts.on_activity({}, 0);
    parts.on_pull_request({}, 7);
    clock.advance(1s);
  }
  EXPECT_EQ(changes, 3);  // at 0, 5 and 10 seconds
  EXPECT_EQ(pulls, 3);
  clock.advance(60s);
  EXPECT_EQ(changes, 4);
  EXPECT_EQ(pulls, 4);
  EXPECT_TRUE(fetched.empty());
}

TEST_F(NudgesTest, SignedPushesAreFetchedAsTheyCome) {
  parts.on_git_webhook({"https://g/a/c.git"});
  parts.on_git_webhook({"https://g/a/d.git"});
  EXPECT_EQ(fetched, (std::vector<Urls>{{"https://g/a/c.git"}, {"https://g/a/d.git"}}));
  EXPECT_EQ(pulls, 1);
}

TEST_F(NudgesTest, AnybodysPushesArePutTogether) {
  make(false);
  parts.on_git_webhook({"https://g/a/c.git"});
  parts.on_git_webhook({"https://g/a/d.git"});
  parts.on_git_webhook({"https://g/a/c.git"});
  EXPECT_EQ(fetched.size(), 1U);
  clock.advance(5s);
  EXPECT_EQ(fetched, (std::vector<Urls>{{"https://g/a/c.git"}, {"https://g/a/c.git", "https://g/a/d.git"}}));
  parts.on_git_webhook({"https://g/a/c.git"});
  parts.on_git_webhook({});
  clock.advance(5s);
  ASSERT_EQ(fetched.size(), 3U);
  EXPECT_TRUE(fetched.back().empty()) << "a push that doesn't say where is everybody's";
}

TEST_F(NudgesTest, AFloodOfAddressesIsNotKept) {
  make(false);
  parts.on_git_webhook({"https://g/a/c.git"});
  for (int at = 0; at < 10'000; ++at) parts.on_git_webhook({"https://g/" + std::to_string(at)});
  clock.advance(5s);
  ASSERT_EQ(fetched.size(), 2U);
  EXPECT_TRUE(fetched.back().empty());
}

TEST_F(NudgesTest, NothingHappensAfterTheEnd) {
  parts.on_activity({}, 0);
  parts.on_activity({}, 0);
  test::run(io, nudges->stop());
  clock.advance(60s);
  EXPECT_EQ(changes, 1);
}

}  // namespace
}  // namespace driftwarden
