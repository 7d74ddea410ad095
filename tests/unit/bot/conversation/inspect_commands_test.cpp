// pods, events, describe, logs, why: what people see of what runs, without a credential of their own.
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using nlohmann::json;

const std::string kPod = "checkout-6d5f9c7b8d-x2x7k";

class Looks : public testing::Test {
 protected:
  Looks() {
    json pod{{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", {{"name", kPod}, {"namespace", "shop"}, {"labels", {{"app", "checkout"}}}}}};
    pod["metadata"]["ownerReferences"] = nlohmann::json::parse(R"([{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"checkout-6d5f9c7b8d","controller":true}])");
    pod["spec"] = json::parse(R"({"containers":[{"name":"app","image":"shop/checkout:1.4"}]})");
    pod["status"] = json::parse(R"({"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"app","ready":true,"state":{"running":{}}}]})");
    talk.scale_by_hand(2);  // as it is desired, and with a status
    talk.clock.advance(2s);
    talk.cluster->objects[object_id({"", "v1", "Pod", "shop", kPod})] = pod;
    talk.cluster->logs[kPod] = "2026-11-21T09:00:01.000000000Z listening\n2026-11-21T09:00:02.000000000Z password=hunter2\n";
  }
  Services services() {
    Services made{talk.clock, talk.config, talk.async, *talk.outbox, *talk.fleet, *talk.changes, *talk.incidents, talk.redactor, "warden"};
    return made;
  }
  Call call(Verb verb, Request::Kind kind = Request::Kind::Mention) {
    Call made;
    made.request.kind = kind;
    made.request.user = "U0alice";
    made.request.channel = "Cshop-prod";
    made.caller = {"U0alice", "alice"};
    made.command.verb = verb;
    made.command.app = "checkout";
    return made;
  }
  /// The reply, its deed done.
  Reply reply_of(const Answer& answer) {
    if (!answer.deed) return answer.reply;
    Reply reply;
    EXPECT_TRUE(talk.transact([&](storage::Transaction& tx) -> Result<void> {
      TRY(reply, answer.deed(tx));
      return Result<void>{};
    }));
    return reply;
  }
  Answer ask(Call of) {
    // What goes on afterwards works with them, too.
    auto& made = *kept.emplace_back(std::make_unique<Services>(services()));
    auto answer = test::run(talk.io, handler_of(of.command.verb)(made, of));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? std::move(*answer) : Answer{};
  }

  Talk talk;
  std::vector<std::unique_ptr<Services>> kept;
};

TEST_F(Looks, PodsAreListed) {
  talk.say("U0carol", "pods checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr(kPod));
  EXPECT_THAT(talk.answers().back(), HasSubstr("1 pod, all well"));
}

TEST_F(Looks, LogsAreRedactedAndAudited) {
  talk.say("U0carol", "logs checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("listening"));
  EXPECT_THAT(talk.answers().back(), HasSubstr("password=***"));
  EXPECT_THAT(talk.answers().back(), Not(HasSubstr("hunter2")));
  EXPECT_THAT(talk.audit_actions(), Contains("logs.read"));
}

TEST_F(Looks, ARuleThatNamesLogsKeepsThemFromTheOthers) {
  talk.config.policy.rules.push_back({{"bob"}, {"logs"}, {"checkout"}});
  auto refused = call(Verb::Logs);
  refused.caller = {"U0carol", "carol"};
  refused.request.user = "U0carol";
  const auto reply = reply_of(ask(refused));
  EXPECT_THAT(reply.message.text, HasSubstr("You may not read the logs of checkout"));
  EXPECT_TRUE(talk.live->log_queries.empty());
  EXPECT_EQ(talk.refusals().size(), 1U);
}

TEST_F(Looks, AnAppThatVanishesMeanwhileIsNotThere) {
  auto of = call(Verb::Status);
  of.command.app = "gone";
  auto made = services();
  const auto answer = test::run(talk.io, handler_of(Verb::Status)(made, of));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::NotFound);
}

TEST_F(Looks, LongLogsHaveAFile) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += fmt::format("line {}\n", i);
  talk.cluster->logs[kPod] = text;
  auto asked = call(Verb::Logs);
  asked.command.logs.tail = 400;
  const auto reply = reply_of(ask(asked));
  ASSERT_TRUE(reply.file);
  EXPECT_EQ(split(reply.file->content, '\n').size(), 401U);
  EXPECT_THAT(reply.message.text, HasSubstr("line 499"));
  EXPECT_THAT(reply.message.blocks->dump(), HasSubstr("all 400 in the file"));
  asked.request.kind = Request::Kind::Slash;
  EXPECT_FALSE(reply.private_);
  EXPECT_TRUE(reply_of(ask(asked)).private_) << "or all of the channel would see the file";
}

TEST_F(Looks, AFollowGoesOnAndEnds) {
  auto asked = call(Verb::Logs);
  asked.command.logs.follow = true;
  auto answer = ask(asked);
  ASSERT_TRUE(answer.progress);
  EXPECT_THAT(answer.reply.message.text, HasSubstr("following"));
  talk.cluster->logs[kPod] += "2026-11-21T09:00:03.000000000Z third token=abc\n";
  talk.clock.advance(answer.progress->every);
  auto next = test::run(talk.io, answer.progress->next());
  ASSERT_TRUE(next);
  EXPECT_THAT(next->text, HasSubstr("third token=***"));
  EXPECT_EQ(next->text.find("listening"), next->text.rfind("listening")) << "each line once";
  int edits = 1;
  std::string last;
  while (next && edits < 1000) {
    talk.clock.advance(answer.progress->every);
    next = test::run(talk.io, answer.progress->next());
    if (next) last = next->text;
    ++edits;
  }
  EXPECT_THAT(last, HasSubstr("Followed for 5 min"));
  EXPECT_LT(edits, 125) << "every two or three seconds, for five minutes";
}

TEST_F(Looks, AFollowEndsWhenThePodsAreGone) {
  auto asked = call(Verb::Logs);
  asked.command.logs.follow = true;
  auto answer = ask(asked);
  ASSERT_TRUE(answer.progress);
  talk.cluster->objects.erase(object_id({"", "v1", "Pod", "shop", kPod}));
  const auto next = test::run(talk.io, answer.progress->next());
  ASSERT_TRUE(next);
  EXPECT_THAT(next->text, HasSubstr("Not followed any more"));
  EXPECT_FALSE(test::run(talk.io, answer.progress->next()));
}

TEST_F(Looks, WhatASlashCommandFollowsIsForOne) {
  auto asked = call(Verb::Logs, Request::Kind::Slash);
  asked.command.logs.follow = true;
  const auto answer = ask(asked);
  EXPECT_TRUE(answer.progress);
  EXPECT_TRUE(reply_of(answer).private_);
}

TEST_F(Looks, AFollowIsOneMessageThatIsEdited) {
  talk.say("U0carol", "logs checkout follow");
  talk.cluster->logs[kPod] += "2026-11-21T09:00:03.000000000Z third\n";
  talk.clock.advance(5s);
  EXPECT_EQ(talk.answers().size(), 1U);
  EXPECT_THAT(talk.answers().back(), HasSubstr("third"));
  talk.clock.advance(6min);
  EXPECT_THAT(talk.answers().back(), HasSubstr("Followed for"));
}

TEST_F(Looks, AnObjectIsDescribed) {
  auto asked = call(Verb::Describe);
  asked.command.object = "pod/" + kPod;
  const auto answer = ask(asked);
  EXPECT_THAT(answer.reply.message.text, HasSubstr("Status:       Running"));
}

TEST_F(Looks, WhyTellsOfHealthToo) {
  const auto answer = ask(call(Verb::Why));
  EXPECT_THAT(answer.reply.message.text, HasSubstr("is in sync"));
  EXPECT_THAT(answer.reply.message.text, HasSubstr("is healthy"));
  EXPECT_THAT(answer.reply.message.blocks->dump(), HasSubstr("history checkout"));
}

TEST_F(Looks, WhyTellsLastWordsOnlyToThoseWhoMayReadLogs) {
  auto& pod = talk.cluster->objects[object_id({"", "v1", "Pod", "shop", kPod})];
  pod["status"] = json::parse(R"({"phase":"Running","conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[{"name":"app","ready":false,"restartCount":5,
    "state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":1,"reason":"Error"}}}]})");
  talk.cluster->logs[kPod] = "panic: no route\n";
  talk.config.policy.rules.push_back({{"bob"}, {"logs"}, {"checkout"}});
  auto asked = call(Verb::Why);
  asked.caller = {"U0carol", "carol"};
  const auto without = reply_of(ask(asked));
  EXPECT_THAT(without.message.text, HasSubstr("CrashLoopBackOff"));
  EXPECT_THAT(without.message.text, Not(HasSubstr("panic")));
  EXPECT_THAT(talk.audit_actions(), Not(Contains("logs.read")));
  asked.caller = {"U0bob", "bob"};
  EXPECT_THAT(reply_of(ask(asked)).message.text, HasSubstr("panic: no route"));
  EXPECT_THAT(talk.audit_actions(), Contains("logs.read"));
}

TEST_F(Looks, OneHugeLineIsInTheFile) {
  talk.cluster->logs[kPod] = "2026-11-21T09:00:01.000000000Z " + std::string(500'000, 'x') + "\n";
  const auto reply = reply_of(ask(call(Verb::Logs)));
  ASSERT_TRUE(reply.file);
  EXPECT_GT(reply.file->content.size(), 500'000U);
  EXPECT_THAT(reply.message.blocks->dump(), HasSubstr("this line is cut, all of it in the file"));
}

TEST_F(Looks, WhyIsToldWithoutTheRightToLook) {
  talk.live->list_fails = Error{ErrorKind::Denied, "my service account lacks the right to list pods in namespace shop"};
  const auto answer = ask(call(Verb::Why));
  EXPECT_THAT(answer.reply.message.text, HasSubstr("is in sync"));
  EXPECT_THAT(answer.reply.message.text, HasSubstr("list pods in namespace shop"));
}

TEST_F(Looks, EventsAreTold) {
  json event{{"apiVersion", "v1"}, {"kind", "Event"}, {"metadata", {{"name", "e1"}, {"namespace", "shop"}}}, {"type", "Warning"}, {"reason", "BackOff"}, {"message", "Back-off"}};
  event["involvedObject"] = {{"kind", "Pod"}, {"name", kPod}};
  talk.cluster->objects["Event:shop/e1"] = event;
  const auto answer = ask(call(Verb::Events));
  EXPECT_THAT(answer.reply.message.text, HasSubstr("1 event, 1 of them warnings"));
}

}  // namespace
}  // namespace driftwarden
