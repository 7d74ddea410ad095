#include "tests/unit/integrations/sandbox/workspace_support.hpp"

#include <gtest/gtest.h>

namespace driftwarden::sandbox::test {
namespace {

using namespace std::chrono_literals;

class Interactivity : public testing::Test {
 protected:
  Interactivity() {
    bot->on_envelope = [this](BotSocket& socket, const Json& envelope) {
      last = envelope["payload"];
      if (answering) socket.ack(envelope, answer);
    };
  }
  Json card() {
    const auto blocks = Json::array(
        {section("s"), actions(Json::array({button("sync", "checkout"), Json{{"type", "static_select"},
                                                                             {"action_id", "snooze"},
                                                                             {"placeholder", plain("Snooze")},
                                                                             {"options", Json::array({Json{{"text", plain("1 h")}, {"value", "1h"}}})}}}))});
    return {{"channel", "C0GITOPS"}, {"ts", world.call("chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "card"}, {"blocks", blocks}})["ts"]}};
  }
  Json press(const Json& message, const std::string& action = "sync") {
    return world.post("act", {{"user", "bob"}, {"message", message}, {"action_id", action}});
  }
  static Json modal() {
    return {
        {"type", "modal"},
        {"callback_id", "why"},
        {"title", plain("Why")},
        {"submit", plain("Send")},
        {"private_metadata", "pm"},
        {"notify_on_close", true},
        {"blocks",
         Json::array(
             {Json{{"type", "input"}, {"block_id", "reason"}, {"label", plain("Reason")}, {"element", {{"type", "plain_text_input"}, {"action_id", "text"}}}},
              Json{{"type", "input"},
                   {"block_id", "size"},
                   {"optional", true},
                   {"label", plain("Size")},
                   {"element",
                    {{"type", "static_select"}, {"action_id", "pick"}, {"options", Json::array({Json{{"text", plain("Big")}, {"value", "big"}}})}}}}})}};
  }
  std::string open_modal() {
    press(card());
    const auto opened = world.call("views.open", {{"trigger_id", last["trigger_id"]}, {"view", modal()}});
    EXPECT_TRUE(opened["ok"]) << opened;
    return opened["view"]["id"].get<std::string>();
  }
  Json submit(const std::string& view, const Json& values) { return world.post("act", {{"user", "bob"}, {"view", view}, {"values", values}}); }
  std::size_t open_views() { return world.get("state?user=bob")["views"].size(); }

  WorkspaceWorld world;
  std::shared_ptr<BotSocket> bot = world.connect();
  Json last;
  Json answer;
  bool answering = true;
};

TEST_F(Interactivity, AButtonCarriesWhoWhereAndWhat) {
  const auto message = card();
  EXPECT_TRUE(press(message)["ok"]);
  EXPECT_EQ(bot->envelopes()[0]["type"], "interactive");
  EXPECT_EQ(bot->envelopes()[0]["accepts_response_payload"], true);
  EXPECT_EQ(last["type"], "block_actions");
  EXPECT_EQ(last["user"]["id"], "U0BOB");
  EXPECT_EQ(last["container"], (Json{{"type", "message"}, {"message_ts", message["ts"]}, {"channel_id", "C0GITOPS"}, {"is_ephemeral", false}}));
  EXPECT_EQ(last["channel"], (Json{{"id", "C0GITOPS"}, {"name", "gitops"}}));
  EXPECT_EQ(last["actions"][0]["action_id"], "sync");
  EXPECT_EQ(last["actions"][0]["block_id"], "buttons");
  EXPECT_EQ(last["actions"][0]["value"], "checkout");
  EXPECT_EQ(last["message"]["text"], "card");
  EXPECT_EQ(last["response_url"].get<std::string>().rfind("http://127.0.0.1:7070/api/response/", 0), 0U);
}

TEST_F(Interactivity, ASelectCarriesItsOption) {
  const auto message = card();
  const auto done = world.post("act", {{"user", "bob"}, {"message", message}, {"action_id", "snooze"}, {"value", "1h"}});
  EXPECT_TRUE(done["ok"]);
  EXPECT_EQ(last["actions"][0]["selected_option"]["value"], "1h");
  EXPECT_EQ(world.post("act", {{"user", "bob"}, {"message", message}, {"action_id", "snooze"}, {"value", "2h"}})["error"], "option_not_found");
}

TEST_F(Interactivity, WhatIsNotThereCannotBePressed) {
  const auto message = card();
  EXPECT_EQ(press(message, "other")["error"], "action_not_found");
  EXPECT_EQ(press({{"channel", "C0GITOPS"}, {"ts", "1.2"}})["error"], "message_not_found");
  EXPECT_EQ(world.post("act", {{"user", "nobody"}, {"message", message}, {"action_id", "sync"}})["error"], "user_not_found");
  EXPECT_TRUE(bot->envelopes().empty());
}

TEST_F(Interactivity, AClickCountsThoughItsMessageWasUpdatedMeanwhile) {
  const auto blocks = [](const std::string& words, const Json& buttons) {
    auto row = actions(buttons);
    row.erase("block_id");
    return Json::array({section(words), std::move(row)});
  };
  const auto first = blocks("before", Json::array({button("sync", "checkout")}));
  const auto ts = world.call("chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "card"}, {"blocks", first}})["ts"];
  const auto seen = world.messages("C0GITOPS", "bob").back()["blocks"][1]["block_id"];
  const auto press_seen = [&](const std::string& value) {
    return world.post("act", {{"user", "bob"}, {"message", {{"channel", "C0GITOPS"}, {"ts", ts}}}, {"action_id", "sync"}, {"block_id", seen}, {"value", value}});
  };
  const auto update = [&](const Json& with) { world.call("chat.update", {{"channel", "C0GITOPS"}, {"ts", ts}, {"text", "card"}, {"blocks", with}}); };

  update(blocks("after", Json::array({button("sync", "checkout")})));
  EXPECT_EQ(world.messages("C0GITOPS", "bob").back()["blocks"][1]["block_id"], seen);
  EXPECT_TRUE(press_seen("checkout")["ok"]);

  update(blocks("after", Json::array({button("sync", "checkout"), button("ack", "checkout")})));
  EXPECT_NE(world.messages("C0GITOPS", "bob").back()["blocks"][1]["block_id"], seen);
  EXPECT_TRUE(press_seen("checkout")["ok"]) << "the same button, in another row";

  update(blocks("after", Json::array({button("sync", "another")})));
  EXPECT_EQ(press_seen("checkout")["error"], "action_not_found") << "what it would do now was not seen";
}

TEST_F(Interactivity, AClickIsNoneOnAButtonThatDoesSomethingElseByNow) {
  const auto message = card();
  const auto press_seen = [&](const Json& blocks) {
    world.call("chat.update", {{"channel", "C0GITOPS"}, {"ts", message["ts"]}, {"text", "card"}, {"blocks", blocks}});
    return world.post("act", {{"user", "bob"}, {"message", message}, {"action_id", "sync"}, {"block_id", "buttons"}, {"value", "checkout"}});
  };
  EXPECT_EQ(press_seen(Json::array({actions(Json::array({button("sync", "another")}))}))["error"], "action_not_found");
  EXPECT_TRUE(press_seen(Json::array({actions(Json::array({button("ack", "checkout"), button("sync", "checkout")}))}))["ok"]);
  EXPECT_EQ(last["actions"][0]["value"], "checkout");
  EXPECT_TRUE(press(message)["ok"]) << "who names no value means the button as it is";
}

TEST_F(Interactivity, SilenceIsAnErrorAfterThreeSeconds) {
  answering = false;
  const auto message = card();
  const auto reply = world.post_later("act", {{"user", "bob"}, {"message", message}, {"action_id", "sync"}});
  world.clock.advance(2999ms);
  EXPECT_TRUE(reply->is_null());
  world.clock.advance(1ms);
  EXPECT_EQ((*reply)["error"], "operation_timeout");
  world.clock.advance(60s);
  EXPECT_EQ(bot->envelopes().size(), 1U);  // nothing is retried
}

TEST(InteractivityAlone, NobodyConnected) {
  WorkspaceWorld world;
  const auto ts =
      world.call("chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "x"}, {"blocks", Json::array({actions(Json::array({button("sync")}))})}})["ts"];
  EXPECT_EQ(world.post("act", {{"user", "bob"}, {"message", {{"channel", "C0GITOPS"}, {"ts", ts}}}, {"action_id", "sync"}})["error"], "dispatch_failed");
  EXPECT_EQ(world.post("say", {{"user", "bob"}, {"channel", "C0GITOPS"}, {"text", "/warden help"}})["error"], "dispatch_failed");
  EXPECT_EQ(world.messages("C0GITOPS", "bob").back()["text"], "`/warden` failed with the error `dispatch_failed`");
}

TEST_F(Interactivity, ATriggerIsGoodOnceAndForThreeSeconds) {
  press(card());
  const auto trigger = last["trigger_id"];
  EXPECT_TRUE(world.call("views.open", {{"trigger_id", trigger}, {"view", modal()}})["ok"]);
  EXPECT_EQ(world.call("views.open", {{"trigger_id", trigger}, {"view", modal()}})["error"], "exchanged_trigger_id");
  press(card());
  world.clock.advance(3001ms);
  EXPECT_EQ(world.call("views.open", {{"trigger_id", last["trigger_id"]}, {"view", modal()}})["error"], "expired_trigger_id");
  EXPECT_EQ(world.call("views.open", {{"trigger_id", "1.2.3"}, {"view", modal()}})["error"], "invalid_trigger_id");
}

TEST_F(Interactivity, AModalIsCheckedByTheClientAndThenByTheApp) {
  const auto view = open_modal();
  EXPECT_EQ(submit(view, Json::object())["errors"], (Json{{"reason", "Please complete this required field."}}));
  EXPECT_EQ(bot->envelopes().size(), 1U);  // the app wasn't asked
  answer = {{"response_action", "errors"}, {"errors", {{"reason", "too short"}}}};
  const auto refused = submit(view, {{"reason", {{"text", "no"}}}});
  EXPECT_FALSE(refused["ok"]);
  EXPECT_EQ(refused["errors"]["reason"], "too short");
  EXPECT_EQ(open_views(), 1U);
}

TEST_F(Interactivity, ASubmissionCarriesTheValuesAndCloses) {
  const auto view = open_modal();
  EXPECT_TRUE(submit(view, {{"reason", "because"}, {"pick", "big"}})["ok"]);
  EXPECT_EQ(last["type"], "view_submission");
  EXPECT_EQ(last["view"]["private_metadata"], "pm");
  const auto& values = last["view"]["state"]["values"];
  EXPECT_EQ(values["reason"]["text"], (Json{{"type", "plain_text_input"}, {"value", "because"}}));
  EXPECT_EQ(values["size"]["pick"]["selected_option"]["value"], "big");
  EXPECT_EQ(open_views(), 0U);
}

TEST_F(Interactivity, UpdatePushAndClear) {
  const auto view = open_modal();
  auto next = modal();
  next["title"] = plain("Next");
  answer = {{"response_action", "update"}, {"view", next}};
  EXPECT_EQ(submit(view, {{"reason", "a"}})["view"]["id"], view);
  answer = {{"response_action", "push"}, {"view", next}};
  const auto pushed = submit(view, {{"reason", "a"}})["view"];
  EXPECT_EQ(pushed["previous_view_id"], view);
  EXPECT_EQ(pushed["root_view_id"], view);
  EXPECT_EQ(open_views(), 2U);
  answer = {{"response_action", "clear"}};
  EXPECT_TRUE(submit(pushed["id"], {{"reason", "a"}})["ok"]);
  EXPECT_EQ(open_views(), 0U);
}

TEST_F(Interactivity, ViewsUpdateChecksTheHash) {
  const auto id = open_modal();
  EXPECT_EQ(world.call("views.update", {{"view_id", id}, {"hash", "old"}, {"view", modal()}})["error"], "hash_conflict");
  EXPECT_TRUE(world.call("views.update", {{"view_id", id}, {"view", modal()}})["ok"]);
  EXPECT_EQ(world.call("views.update", {{"view_id", "V0NONE"}, {"view", modal()}})["error"], "not_found");
}

TEST_F(Interactivity, AModalIsItsPersonsOwn) {
  const auto view = open_modal();
  EXPECT_EQ(world.post("act", {{"user", "alice"}, {"view", view}, {"values", {{"reason", "x"}}}})["error"], "view_not_found");
}

TEST_F(Interactivity, ClosingIsToldWhenAskedFor) {
  const auto view = open_modal();
  EXPECT_TRUE(world.post("close", {{"user", "bob"}, {"view", view}})["ok"]);
  EXPECT_EQ(last["type"], "view_closed");
  EXPECT_EQ(last["is_cleared"], false);
  EXPECT_EQ(open_views(), 0U);
}

TEST_F(Interactivity, ResponseUrlsAreGoodFiveTimesForHalfAnHour) {
  press(card());
  const auto url = last["response_url"].get<std::string>();
  const auto path = url.substr(url.find("/api/"));
  const auto use = [&](const Json& body) { return world.send(json_request(path, body)).status; };
  EXPECT_EQ(use({{"text", "only you"}}), 200U);
  EXPECT_EQ(world.messages("C0GITOPS", "bob").back()["text"], "only you");
  EXPECT_EQ(world.messages("C0GITOPS", "alice").back()["text"], "card");
  EXPECT_EQ(use({{"text", "all"}, {"response_type", "in_channel"}}), 200U);
  EXPECT_EQ(world.messages("C0GITOPS", "alice").back()["subtype"], "bot_message");
  EXPECT_EQ(use({{"text", "replaced"}, {"replace_original", true}}), 200U);
  EXPECT_EQ(world.messages("C0GITOPS", "alice")[0]["text"], "replaced");
  EXPECT_EQ(use({{"delete_original", true}}), 200U);
  EXPECT_EQ(world.messages("C0GITOPS", "alice").size(), 1U);
  EXPECT_EQ(use({{"text", "fifth"}}), 200U);
  EXPECT_EQ(use({{"text", "sixth"}}), 404U);
  press(card());
  const auto later = last["response_url"].get<std::string>();
  world.clock.advance(31min);
  EXPECT_EQ(world.send(json_request(later.substr(later.find("/api/")), {{"text", "x"}})).status, 404U);
}

TEST_F(Interactivity, SlashCommandsAndTheirAnswers) {
  answer = {{"text", "here"}};
  EXPECT_TRUE(world.post("say", {{"user", "alice"}, {"channel", "C0GITOPS"}, {"text", "/warden diff @bob"}})["ok"]);
  EXPECT_EQ(bot->envelopes()[0]["type"], "slash_commands");
  EXPECT_EQ(last["command"], "/warden");
  EXPECT_EQ(last["text"], "diff <@U0BOB|bob>");
  EXPECT_EQ(last["is_enterprise_install"], "false");
  EXPECT_EQ(world.messages("C0GITOPS", "alice").back()["is_ephemeral"], true);
  EXPECT_EQ(world.messages("C0GITOPS", "bob").size(), 0U);
  answer = {{"text", "for all"}, {"response_type", "in_channel"}};
  world.post("say", {{"user", "alice"}, {"channel", "C0GITOPS"}, {"text", "/warden status"}});
  const auto seen = world.messages("C0GITOPS", "bob");
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0]["text"], "/warden status");
  EXPECT_EQ(seen[1]["text"], "for all");
}

TEST_F(Interactivity, CommandsThatCannotBe) {
  const auto root = world.call("chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "root"}})["ts"];
  EXPECT_EQ(world.post("say", {{"user", "alice"}, {"channel", "C0GITOPS"}, {"thread_ts", root}, {"text", "/warden status"}})["error"], "not_in_threads");
  EXPECT_EQ(world.post("say", {{"user", "alice"}, {"channel", "C0GITOPS"}, {"text", "/wardn status"}})["error"], "unknown_command");
  EXPECT_TRUE(world.post("say", {{"user", "alice"}, {"channel", "C0GITOPS"}, {"text", "/etc/hosts is a path"}})["ok"]);
  EXPECT_TRUE(bot->envelopes().empty());
}

TEST_F(Interactivity, TypeaheadAsksTheApp) {
  const auto blocks = Json::array({actions(Json::array({Json{{"type", "external_select"}, {"action_id", "pick"}, {"placeholder", plain("App")}}}))});
  const auto ts = world.call("chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "x"}, {"blocks", blocks}})["ts"];
  answer = {{"options", Json::array({Json{{"text", plain("checkout")}, {"value", "checkout"}}})}};
  const auto found = world.post("suggest", {{"user", "bob"}, {"message", {{"channel", "C0GITOPS"}, {"ts", ts}}}, {"action_id", "pick"}, {"value", "che"}});
  EXPECT_EQ(last["type"], "block_suggestion");
  EXPECT_EQ(last["value"], "che");
  EXPECT_EQ(found["options"][0]["value"], "checkout");
}

TEST_F(Interactivity, InvitingTheBot) {
  EXPECT_TRUE(world.post("say", {{"user", "alice"}, {"channel", "C0RANDOM"}, {"text", "/invite @warden"}})["ok"]);
  world.post("say", {{"user", "alice"}, {"channel", "C0RANDOM"}, {"text", "@warden hi"}});
  world.clock.settle();
  EXPECT_EQ(last["event"]["type"], "app_mention");
}

TEST_F(Interactivity, TheHomeTab) {
  const Json view{{"type", "home"}, {"blocks", Json::array({section("your Apps")})}};
  const auto first = world.call("views.publish", {{"user_id", "U0BOB"}, {"view", view}});
  ASSERT_TRUE(first["ok"]) << first;
  EXPECT_EQ(world.call("views.publish", {{"user_id", "U0BOB"}, {"view", view}})["view"]["id"], first["view"]["id"]);
  world.post("home", {{"user", "bob"}, {"tab", "home"}});
  world.clock.settle();
  EXPECT_EQ(last["event"]["type"], "app_home_opened");
  EXPECT_EQ(last["event"]["view"]["id"], first["view"]["id"]);
}

}  // namespace
}  // namespace driftwarden::sandbox::test
