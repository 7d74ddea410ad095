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

TEST_F(MessengerTest, WhatIsOnlyEditedEndsWithItsMessage) {
  const auto first = test::run(io, messenger.show(shown("one")));
  slack.messages.front().deleted = true;
  auto again = shown("two");
  again.at = *first;
  again.edit_only = true;
  const auto second = test::run(io, messenger.show(again));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::NotFound);
  EXPECT_EQ(slack.posts(), 1U);
}

TEST(Personal, IsWhatBeginsSo) {
  for (const auto* channel : {"D1", "U0alice", "W0alice"}) EXPECT_TRUE(is_personal(channel)) << channel;
  for (const auto* channel : {"C1", "G1", "#dev", ""}) EXPECT_FALSE(is_personal(channel)) << channel;
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

/// What can't be written goes to the admin channel.
class Unwritable : public MessengerTest {
 protected:
  Unwritable() {
    slack.unwritable["Cshop"] = "not_in_channel";
    admins.on_trouble([this](std::string channel, std::string why) { return note(std::move(channel), std::move(why)); });
  }
  asio::awaitable<void> note(std::string channel, std::string why) {
    told.push_back(channel + ": " + why);
    co_return;
  }
  Messenger admins{slack, slack, "#ops"};
  std::vector<std::string> told;
};

TEST_F(Unwritable, GoesToTheAdminChannelWithOneLineBeforeIt) {
  auto message = shown("one");
  message.message.blocks = std::make_shared<const nlohmann::json>(nlohmann::json::array({{{"type", "divider"}}}));
  const auto posted = test::run(io, admins.show(message));
  ASSERT_TRUE(posted);
  EXPECT_EQ(posted->channel, "Cops");
  ASSERT_EQ(slack.posts(), 1U);
  EXPECT_EQ(slack.messages.front().now().text, ":mailbox_with_mail: I can't write to #shop (not_in_channel): invite me there.\none");
  EXPECT_EQ(slack.messages.front().now().blocks->size(), 2U);
  EXPECT_EQ(slack.messages.front().key, "incident:7");
}

TEST_F(Unwritable, IsToldOnceUntilItWorksAgain) {
  for (const auto* key : {"incident:7", "incident:8", "incident:9"}) {
    auto message = shown("one");
    message.key = key;
    ASSERT_TRUE(test::run(io, admins.show(message)));
  }
  EXPECT_THAT(told, testing::ElementsAre("#shop: not_in_channel"));
  slack.unwritable.clear();
  ASSERT_TRUE(test::run(io, admins.show(shown("two"))));
  EXPECT_THAT(told, testing::ElementsAre("#shop: not_in_channel", "#shop: "));
}

TEST_F(Unwritable, EditsAndRepliesFollowTheMessageThere) {
  const auto posted = test::run(io, admins.show(shown("one")));
  auto edit = shown("two");
  edit.at = *posted;
  ASSERT_TRUE(test::run(io, admins.show(edit)));
  ASSERT_EQ(slack.posts(), 1U);
  EXPECT_THAT(slack.messages.front().now().text, testing::HasSubstr("I can't write to #shop")) << "an edit keeps the line";
  auto reply = shown("reply");
  reply.key = "note:1";
  reply.channel = posted->channel;
  reply.thread_ts = posted->ts;
  ASSERT_TRUE(test::run(io, admins.show(reply)));
  EXPECT_EQ(slack.messages.back().at.channel, "Cops");
  EXPECT_EQ(slack.messages.back().thread_ts, posted->ts);
  EXPECT_EQ(slack.messages.back().now().text, "reply");
}

TEST_F(Unwritable, AMessageThatFallsOutOfReachIsGoneOnWithElsewhereOnce) {
  slack.unwritable.clear();
  const auto first = test::run(io, admins.show(shown("one")));
  slack.unwritable["Cshop"] = "is_archived";
  auto edit = shown("two");
  edit.at = *first;
  const auto second = test::run(io, admins.show(edit));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->channel, "Cops");
  const auto third = test::run(io, admins.show(edit));  // the new place was not kept
  EXPECT_EQ(*third, *second);
  EXPECT_EQ(slack.posts(), 2U);
}

std::size_t lines_in(const std::string& text) {
  std::size_t count = 0;
  for (auto at = text.find("I can't write to"); at != std::string::npos; at = text.find("I can't write to", at + 1)) ++count;
  return count;
}

TEST_F(Unwritable, TheLineIsThereOnceWhereverTheEditGoes) {
  ASSERT_TRUE(test::run(io, admins.show(shown("one"))));
  auto edit = shown("two");
  edit.key = "incident:8";
  edit.at = MessageRef{"Cshop", "1.1"};  // of the time when it could be written
  ASSERT_TRUE(test::run(io, admins.show(edit)));
  EXPECT_EQ(lines_in(slack.messages.back().now().text), 1U) << slack.messages.back().now().text;
}

TEST_F(Unwritable, AfterARestartAnEditKeepsItsLineAndIsNoSignOfLife) {
  const auto posted = test::run(io, admins.show(shown("one")));
  told.clear();
  Messenger later{slack, slack, "#ops"};
  later.on_trouble([this](std::string channel, std::string why) { return note(std::move(channel), std::move(why)); });
  auto edit = shown("two");
  edit.at = *posted;
  ASSERT_TRUE(test::run(io, later.show(edit)));
  EXPECT_THAT(told, testing::IsEmpty()) << "it was edited in the admin channel";
  later.know_unwritable({{"#shop", "not_in_channel"}});
  ASSERT_TRUE(test::run(io, later.show(edit)));
  EXPECT_EQ(lines_in(slack.messages.front().now().text), 1U);
  EXPECT_THAT(told, testing::IsEmpty());
}

TEST_F(Unwritable, TheAnswerThatWasLostThereIsFoundThere) {
  slack.lose_next_answer = true;
  ASSERT_FALSE(test::run(io, admins.show(shown("one"))));
  auto again = shown("one");
  again.maybe_since = WallTime{std::chrono::seconds{1'800'000'000}};
  ASSERT_TRUE(test::run(io, admins.show(again)));
  EXPECT_EQ(slack.posts(), 1U);
}

TEST_F(Unwritable, ADirectMessageFallsBackToo) {
  slack.unwritable["U1"] = "user_not_found";
  auto message = shown("hello");
  message.channel = "U1";
  const auto posted = test::run(io, admins.show(message));
  ASSERT_TRUE(posted);
  EXPECT_EQ(posted->channel, "Cops");
  EXPECT_THAT(slack.messages.front().now().text, testing::HasSubstr("<@U1> (user_not_found)"));
}

TEST_F(Unwritable, WithoutAWritableAdminChannelItIsAnError) {
  const auto failed = test::run(io, messenger.show(shown("one")));
  ASSERT_FALSE(failed);
  slack.unwritable["Cops"] = "is_archived";
  const auto both = test::run(io, admins.show(shown("one")));
  ASSERT_FALSE(both);
  EXPECT_THAT(both.error().message, testing::HasSubstr("not_in_channel"));
  EXPECT_EQ(slack.posts(), 0U);
}

TEST_F(Unwritable, AnEphemeralBecomesADirectMessage) {
  slack::Message message;
  message.text = "for you";
  ASSERT_TRUE(test::run(io, admins.whisper("Cshop", "U1", "", message)));
  ASSERT_EQ(slack.posts(), 1U);
  EXPECT_EQ(slack.messages.front().at.channel, "U1");
}

struct CodeRow {
  Error error;
  std::string code;
};
TEST(UnwritableCode, IsReadFromSlacksWords) {
  const std::vector<CodeRow> rows{
      {{ErrorKind::Denied, "Slack's chat.postMessage: not_in_channel: invite the bot into the channel (/invite)"}, "not_in_channel"},
      {{ErrorKind::NotFound, "Slack's chat.postMessage: channel_not_found"}, "channel_not_found"},
      {{ErrorKind::InvalidInput, "Slack's chat.postMessage: is_archived"}, "is_archived"},
      {{ErrorKind::NotFound, "no channel #shop is visible to the bot: create it"}, "channel_not_found"},
      {{ErrorKind::Denied, "Slack's chat.postMessage: restricted_action_read_only_channel"}, "restricted_action_read_only_channel"},
      {{ErrorKind::Denied, "Slack's chat.postMessage: invalid_auth: check the token"}, ""},
      {{ErrorKind::NotFound, "Slack's chat.update: message_not_found"}, ""},
      {{ErrorKind::InvalidInput, "Slack's chat.postMessage: msg_blocks_too_long"}, ""},
      {{ErrorKind::Unavailable, "Slack's conversations.list: internal_error, not channel_not_found"}, ""},
      {{ErrorKind::InvalidInput, "Slack's chat.postMessage: this_is_archived_not"}, ""},
  };
  for (const auto& row : rows) EXPECT_EQ(unwritable_code(row.error), row.code) << row.error.message;
}

}  // namespace
}  // namespace driftwarden
