// An answer that goes on: one message, edited until it ends.
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using nlohmann::json;

const std::string kPod = "checkout-6d5f9c7b8d-x2x7k";

struct Following : Talk {
  Following() {
    json pod{{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", {{"name", kPod}, {"namespace", "shop"}, {"labels", {{"app", "checkout"}}}}}};
    pod["metadata"]["ownerReferences"] = nlohmann::json::parse(R"([{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"checkout-6d5f9c7b8d","controller":true}])");
    pod["spec"] = json::parse(R"({"containers":[{"name":"app","image":"shop/checkout:1.4"}]})");
    pod["status"] = json::parse(R"({"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"app","ready":true,"state":{"running":{}}}]})");
    scale_by_hand(2);
    clock.advance(2s);
    cluster->objects["Pod:shop/" + kPod] = pod;
    cluster->logs[kPod] = "2026-11-21T09:00:01.000000000Z listening\n";
    config.chat.follow_logs = std::chrono::seconds{30};
  }
};

TEST(Progress, EditsTheOneMessageUntilItIsOver) {
  Following talk;
  talk.say("U0alice", "logs checkout follow");
  ASSERT_THAT(talk.slack.with_key("reply:"), SizeIs(1));
  talk.cluster->logs[kPod] += "2026-11-21T09:00:03.000000000Z third\n";
  talk.clock.advance(10s);
  ASSERT_THAT(talk.slack.with_key("reply:"), SizeIs(1)) << "edited, not said anew";
  EXPECT_THAT(talk.answers().front(), HasSubstr("third"));
  for (int i = 0; i < 30; ++i) talk.clock.advance(2s);
  const auto versions = talk.slack.with_key("reply:").front()->versions.size();
  EXPECT_GT(versions, 2U);
  EXPECT_LT(versions, 20U);
  for (int i = 0; i < 30; ++i) talk.clock.advance(2s);
  EXPECT_EQ(talk.slack.with_key("reply:").front()->versions.size(), versions) << "it ended";
}

TEST(Progress, OfASlashCommandCanBeEditedToo) {
  Following talk;
  talk.slash("U0alice", "logs checkout follow");
  ASSERT_THAT(talk.slack.messages, SizeIs(1));
  talk.clock.advance(10s);
  EXPECT_GT(talk.slack.messages.front().versions.size(), 1U);
}

TEST(Progress, EndsWithItsMessage) {
  Following talk;
  talk.say("U0alice", "logs checkout follow");
  ASSERT_THAT(talk.slack.with_key("reply:"), SizeIs(1));
  for (auto& message : talk.slack.messages) {
    if (message.key.starts_with("reply:")) message.deleted = true;
  }
  for (int i = 0; i < 10; ++i) talk.clock.advance(5s);
  EXPECT_THAT(talk.slack.with_key("reply:"), SizeIs(1)) << "nothing is said anew";
}

TEST(Progress, SaysUntilWhen) {
  Following talk;
  talk.say("U0alice", "logs checkout follow");
  EXPECT_THAT(talk.slack.with_key("reply:").front()->now().blocks->dump(), HasSubstr("following until <!date^"));
}

struct Lengthy : Following {
  Lengthy() {
    for (int i = 0; i < 300; ++i) cluster->logs[kPod] += fmt::format("2026-11-21T09:00:02.{:09}Z line {}\n", i, i);
  }
};

TEST(File, OfASlashCommandGoesToWhoAsked) {
  Lengthy talk;
  talk.slash("U0alice", "logs checkout tail 400");
  ASSERT_THAT(talk.slack.upload_places, SizeIs(1));
  EXPECT_EQ(talk.slack.upload_places.front(), (MessageRef{"U0alice", ""}));
  ASSERT_THAT(talk.slack.with_key("reply:"), SizeIs(1));
  EXPECT_EQ(talk.slack.with_key("reply:").front()->at.channel, "U0alice");
}

TEST(File, IsTriedAgainWhenSlackIsDown) {
  Lengthy talk;
  talk.slack.upload_failures.push_back({ErrorKind::Unavailable, "files.completeUploadExternal: internal_error"});
  talk.say("U0alice", "logs checkout tail 400");
  for (int i = 0; i < 10; ++i) talk.clock.advance(2s);
  EXPECT_THAT(talk.slack.with_key("reply:"), SizeIs(1)) << "the message is found again";
  EXPECT_THAT(talk.slack.uploads, SizeIs(1));
}

TEST(File, ThatCantBePostedIsSaid) {
  Lengthy talk;
  talk.slack.upload_failures.push_back({ErrorKind::Denied, "files.getUploadURLExternal: missing_scope"});
  talk.say("U0alice", "logs checkout tail 400");
  for (int i = 0; i < 10; ++i) talk.clock.advance(2s);
  ASSERT_THAT(talk.slack.with_key("reply:"), SizeIs(1));
  EXPECT_THAT(talk.answers().front(), HasSubstr("The file could not be posted: files.getUploadURLExternal: missing_scope"));
  EXPECT_THAT(talk.slack.with_key("reply:").front()->now().blocks->dump(), HasSubstr("The file could not be posted"));
  EXPECT_THAT(talk.slack.uploads, SizeIs(0));
}

TEST(Progress, EndsWithTheBot) {
  Following talk;
  talk.say("U0alice", "logs checkout follow");
  talk.reopen();
  const auto versions = talk.slack.with_key("reply:").front()->versions.size();
  talk.clock.advance(20s);
  EXPECT_EQ(talk.slack.with_key("reply:").front()->versions.size(), versions) << "the message stays as it was";
}

TEST(Progress, IsBounded) {
  Following talk;
  for (int i = 0; i < 25; ++i) talk.say(fmt::format("U0p{}", i), "logs checkout follow");
  talk.clock.advance(6s);
  const auto replies = talk.slack.with_key("reply:");
  ASSERT_THAT(replies, SizeIs(25));
  const auto edited = std::ranges::count_if(replies, [](const test::PostedMessage* message) { return message->versions.size() > 1; });
  EXPECT_LE(edited, 25);
  EXPECT_GE(edited, 1);
}

}  // namespace
}  // namespace driftwarden
