#include "bot/outbox/messenger.hpp"

#include "tests/support/fakes/slack.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

class MessengerTest : public testing::Test {
 protected:
  Messenger::Shown shown(const std::string& text) const {
    Messenger::Shown made;
    made.key = "incident:7";
    made.channel = "#shop";
    made.message.text = text;
    return made;
  }
  asio::io_context io;
  test::FakeSlack slack;
  Messenger messenger{slack, slack};
};

TEST_F(MessengerTest, PostsOnceAndEditsFromThenOn) {
  const auto first = test::run(io, messenger.show(shown("one")));
  ASSERT_TRUE(first);
  auto again = shown("two");
  again.at = *first;
  const auto second = test::run(io, messenger.show(again));
  EXPECT_EQ(*second, *first);
  ASSERT_EQ(slack.posts(), 1U);
  EXPECT_EQ(slack.messages.front().now().text, "two");
  EXPECT_EQ(slack.messages.front().key, "incident:7");
}

TEST_F(MessengerTest, FindsThePostWhoseAnswerWasLost) {
  slack.lose_next_answer = true;
  ASSERT_FALSE(test::run(io, messenger.show(shown("one"))));
  auto again = shown("two");
  again.maybe_since = WallTime{std::chrono::seconds{1'800'000'000}};
  const auto found = test::run(io, messenger.show(again));
  ASSERT_TRUE(found);
  EXPECT_EQ(slack.posts(), 1U);
  EXPECT_EQ(slack.messages.front().now().text, "two");
}

TEST_F(MessengerTest, SaysADeletedMessageAnew) {
  const auto first = test::run(io, messenger.show(shown("one")));
  slack.messages.front().deleted = true;
  auto again = shown("two");
  again.at = *first;
  again.thread_ts = "";
  const auto second = test::run(io, messenger.show(again));
  ASSERT_TRUE(second);
  EXPECT_NE(*second, *first);
  EXPECT_EQ(slack.posts(), 2U);
}

TEST_F(MessengerTest, AFailureIsNotANewPost) {
  const auto first = test::run(io, messenger.show(shown("one")));
  slack.next_failures.push_back({ErrorKind::RateLimited, "slow down"});
  auto again = shown("two");
  again.at = *first;
  const auto second = test::run(io, messenger.show(again));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::RateLimited);
  EXPECT_EQ(slack.posts(), 1U);
}

}  // namespace
}  // namespace driftwarden
