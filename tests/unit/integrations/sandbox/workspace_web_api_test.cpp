#include "tests/unit/integrations/sandbox/workspace_support.hpp"

#include <gtest/gtest.h>

namespace driftwarden::sandbox::test {
namespace {

class WebApi : public testing::Test {
 protected:
  std::string post_text(const std::string& text, const Json& more = Json::object(), const std::string& token = kBotToken) {
    Json args{{"channel", "C0GITOPS"}, {"text", text}};
    args.update(more);
    const auto answer = world.call("chat.postMessage", args, token);
    EXPECT_TRUE(answer["ok"]) << answer;
    return answer.value("ts", "");
  }
  std::string error_of(const std::string& method, const Json& args, const std::string& token = kBotToken) {
    return world.call(method, args, token).value("error", "none");
  }

  WorkspaceWorld world;
};

TEST_F(WebApi, KnowsWhoCalls) {
  EXPECT_EQ(world.call("auth.test", Json::object())["user_id"], "U0WARDEN");
  EXPECT_EQ(world.call("auth.test", Json::object())["bot_id"], "B0WARDEN");
  EXPECT_EQ(world.call("auth.test", Json::object(), "xoxp-bob")["user_id"], "U0BOB");
  EXPECT_FALSE(world.call("auth.test", Json::object(), "xoxp-bob").contains("bot_id"));
  EXPECT_EQ(error_of("auth.test", Json::object(), "xoxb-other"), "invalid_auth");
  EXPECT_EQ(error_of("auth.test", Json::object(), ""), "not_authed");
  EXPECT_EQ(error_of("chat.postMessage", Json::object(), kAppToken), "not_allowed_token_type");
  EXPECT_EQ(error_of("no.such.method", Json::object()), "unknown_method");
}

TEST_F(WebApi, ConnectionsNeedTheAppTokenInTheHeader) {
  EXPECT_EQ(error_of("apps.connections.open", Json::object(), kBotToken), "not_allowed_token_type");
  auto form = request_to("POST", "/api/apps.connections.open");
  form.headers.set("Content-Type", "application/x-www-form-urlencoded");
  form.body = std::string{"token="} + kAppToken;
  EXPECT_EQ(Json::parse(world.send(form).body)["error"], "not_authed");
  auto get = request_to("GET", "/api/apps.connections.open");
  get.headers.set("Authorization", std::string{"Bearer "} + kAppToken);
  EXPECT_EQ(Json::parse(world.send(get).body)["error"], "insecure_request");
}

TEST_F(WebApi, ReadsEveryKindOfBody) {
  auto empty = request_to("POST", "/api/auth.test");
  empty.headers.set("Authorization", std::string{"Bearer "} + kBotToken);
  empty.headers.set("Content-Type", "application/json;charset=utf-8");
  EXPECT_TRUE(Json::parse(world.send(empty).body)["ok"]);

  auto form = request_to("POST", "/api/chat.postMessage");
  form.headers.set("Content-Type", "application/x-www-form-urlencoded");
  form.body = std::string{"token="} + kBotToken + "&channel=C0GITOPS&text=a+b%26c&blocks=%5B%7B%22type%22%3A%22divider%22%7D%5D";
  const auto posted = Json::parse(world.send(form).body);
  EXPECT_EQ(posted["message"]["text"], "a b&c");
  EXPECT_EQ(posted["message"]["blocks"][0]["type"], "divider");

  auto parts = request_to("POST", "/api/chat.postMessage");
  parts.headers.set("Authorization", std::string{"Bearer "} + kBotToken);
  parts.headers.set("Content-Type", "multipart/form-data; boundary=XyZ");
  parts.body =
      "--XyZ\r\nContent-Disposition: form-data; name=\"channel\"\r\n\r\nC0GITOPS\r\n--XyZ\r\nContent-Disposition: form-data; "
      "name=\"text\"\r\n\r\ntwo\r\nlines\r\n--XyZ--\r\n";
  EXPECT_EQ(Json::parse(world.send(parts).body)["message"]["text"], "two\r\nlines");

  auto query = request_to("GET", "/api/conversations.info?channel=C0GITOPS");
  query.headers.set("Authorization", std::string{"Bearer "} + kBotToken);
  EXPECT_EQ(Json::parse(world.send(query).body)["channel"]["name"], "gitops");
}

TEST_F(WebApi, RefusesBrokenBodies) {
  auto request = request_to("POST", "/api/chat.postMessage");
  request.headers.set("Authorization", std::string{"Bearer "} + kBotToken);
  request.headers.set("Content-Type", "application/json");
  request.body = "{";
  EXPECT_EQ(Json::parse(world.send(request).body)["error"], "invalid_json");
  request.body = "[]";
  EXPECT_EQ(Json::parse(world.send(request).body)["error"], "json_not_object");
  request.headers.set("Content-Type", "text/xml");
  EXPECT_EQ(Json::parse(world.send(request).body)["error"], "invalid_post_type");
}

TEST_F(WebApi, RefusalsOfPosting) {
  EXPECT_EQ(error_of("chat.postMessage", {{"channel", "C0NONE"}, {"text", "x"}}), "channel_not_found");
  EXPECT_EQ(error_of("chat.postMessage", {{"channel", "C0RANDOM"}, {"text", "x"}}), "not_in_channel");
  EXPECT_EQ(error_of("chat.postMessage", {{"channel", "C0GITOPS"}}), "no_text");
  EXPECT_EQ(error_of("chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "x"}, {"blocks", "nonsense"}}), "invalid_blocks_format");
  EXPECT_EQ(error_of("chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "x"}, {"thread_ts", "1.2"}}), "thread_not_found");
  EXPECT_EQ(error_of("chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "x"}, {"metadata", {{"event_type", "a"}}}}), "invalid_metadata_schema");
  const auto blocks = world.call("chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "x"}, {"blocks", Json::array({Json{{"type", "section"}}})}});
  EXPECT_EQ(blocks["error"], "invalid_blocks");
  EXPECT_EQ(blocks["errors"][0], "missing required field: text [json-pointer:/blocks/0]");
  EXPECT_EQ(blocks["response_metadata"]["messages"][0], "[ERROR] missing required field: text [json-pointer:/blocks/0]");
}

TEST_F(WebApi, LongTextIsCutWithAWarning) {
  const auto answer = world.call("chat.postMessage", {{"channel", "C0GITOPS"}, {"text", std::string(40'001, 'x')}});
  EXPECT_TRUE(answer["ok"]);
  EXPECT_EQ(answer["warning"], "message_truncated");
  EXPECT_EQ(answer["message"]["text"].get<std::string>().size(), 40'000U);
}

TEST_F(WebApi, TimestampsAreUniqueAndGrow) {
  const auto a = post_text("a");
  const auto b = post_text("b");
  EXPECT_LT(a, b);
  EXPECT_EQ(a.size(), 17U);
}

TEST_F(WebApi, TextWithoutBlocksRemovesTheBlocks) {
  const auto ts = post_text("x", {{"blocks", Json::array({section("s")})}});
  const auto with = world.call("chat.update", {{"channel", "C0GITOPS"}, {"ts", ts}, {"text", "y"}, {"blocks", Json::array({section("t")})}});
  EXPECT_FALSE(with["message"].contains("edited"));
  const auto without = world.call("chat.update", {{"channel", "C0GITOPS"}, {"ts", ts}, {"text", "z"}});
  EXPECT_FALSE(without["message"].contains("blocks"));
  EXPECT_EQ(without["message"]["edited"]["user"], "U0WARDEN");
}

TEST_F(WebApi, OnlyOwnMessagesCanBeChanged) {
  const auto ts = post_text("mine", Json::object(), "xoxp-alice");
  EXPECT_EQ(error_of("chat.update", {{"channel", "C0GITOPS"}, {"ts", ts}, {"text", "x"}}), "cant_update_message");
  EXPECT_EQ(error_of("chat.delete", {{"channel", "C0GITOPS"}, {"ts", ts}}), "cant_delete_message");
  EXPECT_EQ(error_of("chat.update", {{"channel", "C0GITOPS"}, {"ts", "1.2"}, {"text", "x"}}), "message_not_found");
  EXPECT_EQ(error_of("chat.update", {{"channel", "C0GITOPS"}, {"ts", post_text("x")}, {"text", std::string(4001, 'x')}}), "msg_too_long");
}

TEST_F(WebApi, EphemeralMessagesAreForOnePersonAndNoHistory) {
  const auto answer = world.call("chat.postEphemeral", {{"channel", "C0GITOPS"}, {"user", "U0BOB"}, {"text", "psst"}});
  ASSERT_TRUE(answer["ok"]);
  EXPECT_EQ(world.messages("C0GITOPS", "bob").size(), 1U);
  EXPECT_EQ(world.messages("C0GITOPS", "alice").size(), 0U);
  EXPECT_EQ(world.call("conversations.history", {{"channel", "C0GITOPS"}})["messages"].size(), 0U);
  EXPECT_EQ(error_of("chat.update", {{"channel", "C0GITOPS"}, {"ts", answer["message_ts"]}, {"text", "x"}}), "message_not_found");
  EXPECT_EQ(error_of("chat.postEphemeral", {{"channel", "C0GITOPS"}, {"user", "U0NONE"}, {"text", "x"}}), "user_not_in_channel");
}

TEST_F(WebApi, ThreadsCountTheirReplies) {
  const auto root = post_text("root");
  const auto reply = post_text("reply", {{"thread_ts", root}});
  post_text("reply to the reply", {{"thread_ts", reply}}, "xoxp-bob");
  const auto thread = world.call("conversations.replies", {{"channel", "C0GITOPS"}, {"ts", root}})["messages"];
  ASSERT_EQ(thread.size(), 3U);
  EXPECT_EQ(thread[0]["reply_count"], 2);
  EXPECT_EQ(thread[0]["reply_users"], Json::array({"U0WARDEN", "U0BOB"}));
  EXPECT_EQ(thread[2]["thread_ts"], root);
  EXPECT_EQ(world.call("conversations.history", {{"channel", "C0GITOPS"}})["messages"].size(), 1U);
  EXPECT_EQ(error_of("conversations.replies", {{"channel", "C0GITOPS"}, {"ts", "1.2"}}), "thread_not_found");
}

TEST_F(WebApi, HistoryIsPagedAndShowsMetadataOnDemand) {
  for (int i = 0; i < 5; ++i) post_text(std::to_string(i), {{"metadata", {{"event_type", "t"}, {"event_payload", {{"key", i}}}}}});
  Json args{{"channel", "C0GITOPS"}, {"limit", 2}, {"include_all_metadata", true}};
  std::vector<int> keys;
  for (int page = 0; page < 3; ++page) {
    const auto answer = world.call("conversations.history", args);
    for (const auto& message : answer["messages"]) keys.push_back(message["metadata"]["event_payload"]["key"].get<int>());
    EXPECT_EQ(answer["has_more"], page < 2);
    args["cursor"] = answer["response_metadata"]["next_cursor"];
  }
  EXPECT_EQ(keys, (std::vector<int>{4, 3, 2, 1, 0}));
  EXPECT_FALSE(world.call("conversations.history", {{"channel", "C0GITOPS"}})["messages"][0].contains("metadata"));
  EXPECT_EQ(error_of("conversations.history", {{"channel", "C0GITOPS"}, {"cursor", "zzz"}}), "invalid_cursor");
}

TEST_F(WebApi, ReactionsOncePerPerson) {
  const auto ts = post_text("x");
  const Json args{{"channel", "C0GITOPS"}, {"timestamp", ts}, {"name", "eyes"}};
  EXPECT_TRUE(world.call("reactions.add", args)["ok"]);
  EXPECT_EQ(error_of("reactions.add", args), "already_reacted");
  EXPECT_TRUE(world.call("reactions.add", args, "xoxp-bob")["ok"]);
  EXPECT_EQ(world.messages("C0GITOPS")[0]["reactions"][0]["count"], 2);
  EXPECT_TRUE(world.call("reactions.remove", args)["ok"]);
  EXPECT_EQ(error_of("reactions.remove", args), "no_reaction");
}

TEST_F(WebApi, UserIdsNameTheDirectMessage) {
  EXPECT_EQ(world.call("chat.postMessage", {{"channel", "U0ALICE"}, {"text", "x"}})["channel"], "D0ALICE");
  EXPECT_EQ(world.call("conversations.open", {{"users", "U0ALICE"}})["channel"]["id"], "D0ALICE");
  EXPECT_EQ(world.call("conversations.open", {{"users", "U0WARDEN"}}, "xoxp-alice")["channel"]["id"], "D0ALICE");
  EXPECT_EQ(error_of("chat.postMessage", {{"channel", "D0ALICE"}, {"text", "x"}}, "xoxp-bob"), "channel_not_found");
}

TEST_F(WebApi, PeopleAndChannels) {
  EXPECT_EQ(world.call("users.info", {{"user", "U0BOB"}})["user"]["profile"]["email"], "bob@example.com");
  EXPECT_EQ(error_of("users.info", {{"user", "U0NONE"}}), "user_not_found");
  EXPECT_EQ(world.call("users.lookupByEmail", {{"email", "carol@example.com"}})["user"]["id"], "U0CAROL");
  EXPECT_EQ(error_of("users.lookupByEmail", {{"email", "x@example.com"}}), "users_not_found");
  EXPECT_EQ(world.call("conversations.list", Json::object())["channels"].size(), 3U);
  EXPECT_EQ(world.call("users.conversations", Json::object())["channels"].size(), 2U);
  EXPECT_EQ(error_of("conversations.list", {{"types", "secret"}}), "invalid_types");
  EXPECT_TRUE(world.call("conversations.join", {{"channel", "C0RANDOM"}})["ok"]);
  EXPECT_EQ(world.call("users.conversations", Json::object())["channels"].size(), 3U);
  EXPECT_EQ(world.call("usergroups.users.list", {{"usergroup", "S0ONCALL"}})["users"], Json::array({"U0BOB"}));
}

TEST_F(WebApi, FilesComeInThreeSteps) {
  EXPECT_EQ(error_of("files.getUploadURLExternal", {{"filename", "a.diff"}, {"length", 0}}), "missing_argument");
  const auto first = world.call("files.getUploadURLExternal", {{"filename", "a.diff"}, {"length", 5}});
  const auto id = first["file_id"].get<std::string>();
  EXPECT_EQ(error_of("files.completeUploadExternal", {{"files", Json::array({Json{{"id", id}}})}, {"channel_id", "C0GITOPS"}}), "file_not_found");
  auto upload = request_to("POST", "/files/upload/" + id);
  upload.headers.set("Content-Type", "application/octet-stream");
  upload.body = "-a\n+b";
  EXPECT_EQ(world.send(upload).body, "OK - 5");
  const auto done = world.call("files.completeUploadExternal", {{"files", Json::array({Json{{"id", id}, {"title", "diff"}}})}, {"channel_id", "C0GITOPS"}});
  ASSERT_TRUE(done["ok"]) << done;
  EXPECT_EQ(world.messages("C0GITOPS")[0]["files"][0]["title"], "diff");
  EXPECT_EQ(world.send(request_to("GET", "/files/" + id + "/a.diff")).body, "-a\n+b");
  EXPECT_EQ(world.send(request_to("GET", "/files/F0NONE/a.diff")).status, 404U);
}

TEST_F(WebApi, RateLimitsWhenAskedFor) {
  WorkspaceFaults faults;
  faults.enforce_rate_limits = true;
  world.workspace->set_faults(faults);
  post_text("one");
  const auto limited = world.send(json_request("/api/chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "two"}}, kBotToken));
  EXPECT_EQ(limited.status, 429U);
  EXPECT_EQ(limited.headers.find("Retry-After"), "1");
  EXPECT_EQ(Json::parse(limited.body)["error"], "ratelimited");
  EXPECT_TRUE(world.call("chat.postMessage", {{"channel", "C0SHOP"}, {"text", "elsewhere"}})["ok"]);
  world.clock.advance(Duration{1000});
  post_text("two");
}

TEST_F(WebApi, EditsAreLimitedPerMinuteWhenLimitsAreEnforced) {
  const auto ts = world.call("chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "x"}})["ts"];
  world.post("faults", {{"enforce_rate_limits", true}});
  const Json edit{{"channel", "C0GITOPS"}, {"ts", ts}, {"text", "y"}};
  for (int i = 0; i < 50; ++i) EXPECT_EQ(world.send(json_request("/api/chat.update", edit, kBotToken)).status, 200U) << i;
  const auto refused = world.send(json_request("/api/chat.update", edit, kBotToken));
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(refused.headers.find("Retry-After"), "60");
  world.clock.advance(std::chrono::seconds{60});
  EXPECT_EQ(world.send(json_request("/api/chat.update", edit, kBotToken)).status, 200U);
}

TEST_F(WebApi, BlocksAreValidatedWithoutBeingShown) {
  EXPECT_TRUE(world.call("blocks.validate", {{"blocks", Json::array({section("fine")})}})["ok"]);
  EXPECT_TRUE(world.call("blocks.validate", {{"message", {{"blocks", Json::array({section("fine")})}}}})["ok"]);
  EXPECT_TRUE(world.call("blocks.validate", {{"view", {{"type", "home"}, {"blocks", Json::array({section("fine")})}}}})["ok"]);
  EXPECT_EQ(error_of("blocks.validate", {{"blocks", Json::array({section("")})}}), "invalid_blocks");
  EXPECT_EQ(error_of("blocks.validate", {{"view", {{"type", "home"}, {"blocks", Json::array({section("")})}}}}), "invalid_arguments");
  EXPECT_EQ(error_of("blocks.validate", Json::object()), "invalid_arguments");
}

TEST_F(WebApi, FaultsBeforeAndAfterTheEffect) {
  WorkspaceFaults faults;
  faults.fail_next_calls = 1;
  world.workspace->set_faults(faults);
  EXPECT_EQ(error_of("chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "lost"}}), "internal_error");
  EXPECT_EQ(world.messages("C0GITOPS").size(), 0U);
  faults.fail_after_effect = true;
  faults.fail_with = "http_503";
  world.workspace->set_faults(faults);
  EXPECT_EQ(world.send(json_request("/api/chat.postMessage", {{"channel", "C0GITOPS"}, {"text", "kept"}}, kBotToken)).status, 503U);
  EXPECT_EQ(world.messages("C0GITOPS").size(), 1U);
}

TEST_F(WebApi, ArgumentsOfTheWrongTypeAreRefusedAndNeverThrow) {
  const std::vector<Json> odd{
      nullptr, true, 7, -1.5, "", "x", Json::array(), Json::array({1, nullptr, "a"}), Json::object(), {{"type", 5}}, {{"type", nullptr}, {"blocks", 3}}};
  for (const auto* method :
       {"chat.postMessage", "chat.update", "chat.postEphemeral", "views.open", "views.publish", "views.update", "files.completeUploadExternal",
        "conversations.open", "conversations.list", "reactions.add", "bookmarks.add", "files.getUploadURLExternal", "users.info", "conversations.history"}) {
    for (const auto* key : {"channel", "blocks", "view", "metadata", "files", "users", "user", "user_id", "ts", "text", "limit", "types", "attachments",
                            "thread_ts", "timestamp"}) {
      for (const auto& value : odd) {
        Json args{{"channel", "C0GITOPS"}, {"text", "x"}, {"user", "U0BOB"}, {"user_id", "U0BOB"}, {"trigger_id", "1"}};
        args[key] = value;
        EXPECT_EQ(world.send(json_request(std::string{"/api/"} + method, args, kBotToken)).status, 200U) << method << " " << args;
        args[key] = Json::array(
            {Json{{"type", "section"}, {"text", value}}, Json{{"type", "actions"}, {"elements", Json::array({value})}}, Json{{"type", value}}, value});
        EXPECT_EQ(world.send(json_request(std::string{"/api/"} + method, args, kBotToken)).status, 200U) << method << " " << args;
      }
    }
  }
}

TEST_F(WebApi, PermalinksNameChannelAndMessage) {
  const auto ts = post_text("x");
  auto digits = ts;
  digits.erase(10, 1);
  EXPECT_EQ(world.call("chat.getPermalink", {{"channel", "C0GITOPS"}, {"message_ts", ts}})["permalink"], "http://127.0.0.1:7070/archives/C0GITOPS/p" + digits);
}

}  // namespace
}  // namespace driftwarden::sandbox::test
