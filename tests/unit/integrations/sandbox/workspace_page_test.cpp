#include "tests/unit/integrations/sandbox/workspace_support.hpp"

#include <gtest/gtest.h>

namespace driftwarden::sandbox::test {
namespace {

using namespace std::chrono_literals;

class Page : public testing::Test {
 protected:
  WorkspaceWorld world;
};

class Pieces final : public net::BodyWriter {
 public:
  std::string all;
  bool gone = false;
  asio::awaitable<Result<void>> write(std::string bytes) override {
    if (gone) co_return Error{ErrorKind::Unavailable, "gone"};
    all += bytes;
    co_return Result<void>{};
  }
};

TEST_F(Page, LoadsNothingFromElsewhereAndRunsNoInlineScript) {
  for (const auto* path :
       {"/", "/archives/C0GITOPS/p1", "/sandbox/page/style.css", "/sandbox/page/blocks.css", "/sandbox/page/app.js", "/sandbox/page/text.js",
        "/sandbox/page/blocks.js", "/sandbox/page/modal.js", "/sandbox/page/message.js", "/sandbox/page/composer.js", "/sandbox/page/store.js", "/sandbox/page/patch.js", "/sandbox/page/panel.js", "/sandbox/page/faults.js", "/sandbox/page/emoji.js",
        "/sandbox/page/sidebar.js"}) {
    const auto reply = world.send(request_to("GET", path));
    EXPECT_EQ(reply.status, 200U) << path;
    EXPECT_EQ(reply.body.find("innerHTML"), std::string::npos) << path;
    EXPECT_EQ(reply.body.find("eval("), std::string::npos) << path;
    EXPECT_GT(reply.body.size(), 1000U) << path;
    const auto policy = reply.headers.find("Content-Security-Policy").value_or("");
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos) << path;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos) << path;
  }
  const auto html = world.send(request_to("GET", "/")).body;
  EXPECT_EQ(html.find("<script>"), std::string::npos);
  EXPECT_EQ(html.find("src=\"http"), std::string::npos);
  EXPECT_EQ(world.send(request_to("GET", "/nothing")).status, 404U);
}

TEST_F(Page, RefusesOtherSites) {
  auto foreign = json_request("/sandbox/say", {{"user", "alice"}, {"channel", "C0GITOPS"}, {"text", "x"}});
  foreign.headers.set("Origin", "https://evil.example");
  EXPECT_EQ(world.send(foreign).status, 403U);
  auto rebound = request_to("GET", "/sandbox/state");
  rebound.headers.set("Host", "evil.example:7070");
  EXPECT_EQ(world.send(rebound).status, 403U);
  auto embedded = request_to("GET", "/sandbox/state");
  embedded.headers.set("Sec-Fetch-Site", "cross-site");
  EXPECT_EQ(world.send(embedded).status, 403U);
  auto simple = json_request("/sandbox/say", {{"user", "alice"}});
  simple.headers.set("Content-Type", "text/plain");
  EXPECT_EQ(world.send(simple).status, 415U);
  auto own = json_request("/sandbox/say", {{"user", "alice"}, {"channel", "C0GITOPS"}, {"text", "x"}});
  own.headers.set("Origin", "http://127.0.0.1:7070");
  own.headers.set("Sec-Fetch-Site", "same-origin");
  EXPECT_EQ(world.send(own).status, 200U);
}

TEST_F(Page, StateNamesPeopleChannelsAndUnread) {
  world.call("chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "news"}});
  auto state = world.get("state?user=bob");
  EXPECT_EQ(state["me"], "U0BOB");
  EXPECT_EQ(state["people"].size(), 4U);
  EXPECT_EQ(state["channels"][0]["unread"], 1);
  EXPECT_EQ(state["bot"]["connected"], false);
  world.post("read", {{"user", "bob"}, {"channel", "C0GITOPS"}});
  EXPECT_EQ(world.get("state?user=bob")["channels"][0]["unread"], 0);
  EXPECT_EQ(world.get("state?user=alice")["channels"][0]["unread"], 1);
}

TEST_F(Page, UpdatesStreamToThoseWhoMaySeeThem) {
  auto pieces = std::make_unique<Pieces>();
  const auto reply = world.send(request_to("GET", "/sandbox/events?user=bob"));
  ASSERT_TRUE(reply.stream);
  world.sockets->spawn("stream", reply.stream(*pieces));
  world.clock.settle();
  world.call("chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "for everybody"}});
  world.call("chat.postEphemeral", {{"channel", "C0GITOPS"}, {"user", "U0ALICE"}, {"text", "for alice"}});
  world.call("chat.postMessage", {{"channel", "D0ALICE"}, {"text", "alice's own"}});
  world.clock.settle();
  EXPECT_NE(pieces->all.find("for everybody"), std::string::npos);
  EXPECT_EQ(pieces->all.find("for alice"), std::string::npos);
  EXPECT_EQ(pieces->all.find("alice's own"), std::string::npos);
  world.clock.advance(15s);
  EXPECT_NE(pieces->all.find(": still here"), std::string::npos);
  pieces->gone = true;
  world.clock.advance(15s);
}

TEST_F(Page, PanelActionsSayWhatTheyDid) {
  PanelAction action;
  action.id = "scale";
  action.title = "Scale by hand";
  action.run = [](std::string who) -> asio::awaitable<Result<std::string>> { co_return "scaled by " + who; };
  world.workspace->add_panel_action(action);
  action.id = "fail";
  action.run = [](std::string) -> asio::awaitable<Result<std::string>> { co_return Error{ErrorKind::Unavailable, "no cluster"}; };
  world.workspace->add_panel_action(action);
  EXPECT_EQ(world.get("panel").size(), 2U);
  EXPECT_EQ(world.post("panel", {{"user", "bob"}, {"id", "scale"}})["text"], "scaled by U0BOB");
  const auto failed = world.post("panel", {{"user", "bob"}, {"id", "fail"}});
  EXPECT_EQ(failed["ok"], false);
  EXPECT_EQ(failed["detail"], "no cluster");
  EXPECT_EQ(world.post("panel", {{"user", "bob"}, {"id", "none"}})["error"], "no_such_action");
}

TEST_F(Page, MentioningAnAbsentBotIsExplained) {
  world.post("say", {{"user", "alice"}, {"channel", "C0RANDOM"}, {"text", "@warden hi"}});
  EXPECT_EQ(world.messages("C0RANDOM", "alice").back()["text"], "<@U0WARDEN> isn't in this channel. Type `/invite @warden` to add it.");
  EXPECT_EQ(world.messages("C0RANDOM", "bob").size(), 1U);
}

TEST_F(Page, SayRefusesWhatCannotBe) {
  EXPECT_EQ(world.post("say", {{"user", "mallory"}, {"channel", "C0GITOPS"}, {"text", "x"}})["error"], "user_not_found");
  EXPECT_EQ(world.post("say", {{"user", "warden"}, {"channel", "C0GITOPS"}, {"text", "x"}})["error"], "user_not_found");
  EXPECT_EQ(world.post("say", {{"user", "alice"}, {"channel", "C0NONE"}, {"text", "x"}})["error"], "channel_not_found");
  EXPECT_EQ(world.post("say", {{"user", "alice"}, {"channel", "D0BOB"}, {"text", "x"}})["error"], "channel_not_found");
  EXPECT_EQ(world.post("say", {{"user", "alice"}, {"channel", "C0GITOPS"}, {"text", "  "}})["error"], "no_text");
  EXPECT_EQ(world.post("say", {{"user", "alice"}, {"channel", "C0GITOPS"}, {"text", "x"}, {"thread_ts", "1.2"}})["error"], "thread_not_found");
}

TEST_F(Page, WrongTypesAreRefusedAndNeverThrow) {
  for (const auto* what : {"say", "act", "close", "suggest", "shortcut", "panel", "react", "read", "home", "dismiss", "faults"}) {
    for (const Json& odd : std::vector<Json>{nullptr, 7, Json::array(), Json::object(), {{"channel", 3}}}) {
      for (const auto* key :
           {"user", "channel", "text", "message", "view", "action_id", "values", "state", "all", "tab", "remove", "fail_next_calls", "reply_broadcast"}) {
        Json body{{"user", "alice"}, {"channel", "C0GITOPS"}, {"text", "x"}};
        body[key] = odd;
        EXPECT_EQ(world.send(json_request(std::string{"/sandbox/"} + what, body)).status, 200U) << what << " " << body;
      }
    }
  }
}

TEST_F(Page, DismissingIsForOnesOwn) {
  const auto ts = world.call("chat.postEphemeral", {{"channel", "C0GITOPS"}, {"user", "U0BOB"}, {"text", "psst"}})["message_ts"];
  EXPECT_EQ(world.post("dismiss", {{"user", "alice"}, {"channel", "C0GITOPS"}, {"ts", ts}})["error"], "message_not_found");
  EXPECT_TRUE(world.post("dismiss", {{"user", "bob"}, {"channel", "C0GITOPS"}, {"ts", ts}})["ok"]);
  EXPECT_TRUE(world.messages("C0GITOPS", "bob").empty());
}

TEST_F(Page, FaultsAreSetInParts) {
  EXPECT_EQ(world.post("faults", {{"fail_next_calls", 2}, {"fail_with", "fatal_error"}})["fail_next_calls"], 2);
  EXPECT_EQ(world.post("faults", {{"duplicate_next_events", 1}})["fail_with"], "fatal_error");
}

}  // namespace
}  // namespace driftwarden::sandbox::test
