#include "gitops/base/async.hpp"
#include "integrations/net/url.hpp"
#include "integrations/slack/slack.hpp"
#include "integrations/slack/web_api_errors.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <deque>

namespace driftwarden::slack {
namespace {

using namespace std::chrono_literals;
using driftwarden::test::ManualClock;
using driftwarden::test::run;
using nlohmann::json;

net::HttpResponse reply(unsigned status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

net::HttpResponse limited(std::string seconds) {
  auto response = reply(429, R"({"ok":false,"error":"ratelimited"})");
  if (!seconds.empty()) response.headers.set("retry-after", std::move(seconds));
  return response;
}

/// Answers from a list and remembers what was asked.
class FakeHttp final : public net::HttpClient {
 public:
  asio::awaitable<Result<net::HttpResponse>> send(net::HttpRequest request) override {
    requests.push_back(std::move(request));
    if (answers.empty()) co_return reply(200, R"({"ok":true})");
    auto answer = std::move(answers.front());
    answers.pop_front();
    co_return answer;
  }
  asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> open_stream(net::HttpRequest) override {
    co_return Error{ErrorKind::InvalidInput, "no streams here"};
  }
  void add(std::string body) { answers.emplace_back(reply(200, std::move(body))); }

  std::deque<Result<net::HttpResponse>> answers;
  std::vector<net::HttpRequest> requests;
};

class WebApiTest : public testing::Test {
 protected:
  WebApiTest() {
    options.api_url = "http://127.0.0.1:9/api/";
    options.bot_token = Secret<std::string>("xoxb-secret-1");
    options.app_token = Secret<std::string>("xapp-secret-2");
    api = create_web_api(http, clock, *random, options);
  }

  /// Starts a call and lets `pass` go by on the clock; nothing when it hasn't ended by then.
  template <class T>
  std::optional<Result<T>> in(Duration pass, asio::awaitable<Result<T>> task) {
    auto done = std::make_shared<std::optional<Result<T>>>();
    asio::co_spawn(io, std::move(task), [done](const std::exception_ptr& thrown, Result<T> result) {
      if (!thrown) done->emplace(std::move(result));
    });
    clock.advance(pass);
    return *done;
  }
  Result<JsonPtr> call(const std::string& method, const json& arguments = json::object(), Duration pass = 0ms) {
    auto done = in(pass, api->call(method, std::make_shared<const json>(arguments)));
    if (!done) return Error{ErrorKind::Timeout, "the call goes on"};
    return *done;
  }

  asio::io_context io;
  ManualClock clock{io};
  std::unique_ptr<Random> random = create_seeded_random(7);
  FakeHttp http;
  WebApiOptions options;
  std::unique_ptr<WebApi> api;
};

TEST_F(WebApiTest, KnowsTheTokensScopesByTheHeader) {
  auto answer = reply(200, R"({"ok":true,"team_id":"T1"})");
  answer.headers.set("x-oauth-scopes", "channels:read, chat:write,");
  answer.headers.set("date", "Sat, 21 Nov 2026 08:59:30 GMT");
  http.answers.emplace_back(answer);
  const auto known = in(0ms, api->auth_test());
  ASSERT_TRUE(known && *known);
  EXPECT_EQ((*known)->scopes, (std::vector<std::string>{"channels:read", "chat:write"}));
  EXPECT_EQ((*known)->clock_ahead, Duration{30'000});
  const auto silent = in(0ms, api->auth_test());
  ASSERT_TRUE(silent && *silent);
  EXPECT_EQ((*silent)->scopes, std::nullopt);
  EXPECT_EQ((*silent)->clock_ahead, std::nullopt);
}

TEST_F(WebApiTest, SendsJsonWhereTheMethodTakesIt) {
  ASSERT_TRUE(call("chat.postMessage", {{"channel", "C1"}, {"text", "hi"}, {"thread_ts", nullptr}}));
  const auto& request = http.requests.at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "http://127.0.0.1:9/api/chat.postMessage");
  EXPECT_EQ(request.headers.find("Content-Type"), "application/json; charset=utf-8");
  EXPECT_EQ(request.headers.find("Authorization"), "Bearer xoxb-secret-1");
  EXPECT_EQ(json::parse(request.body), (json{{"channel", "C1"}, {"text", "hi"}}));
  EXPECT_FALSE(request.idempotent);
}

TEST_F(WebApiTest, SendsAFormWhereItDoesNot) {
  ASSERT_TRUE(call("conversations.replies", {{"channel", "C1"}, {"limit", 5}, {"inclusive", true}, {"list", {1, "a&b"}}, {"none", nullptr}}));
  const auto& request = http.requests.at(0);
  EXPECT_EQ(request.headers.find("Content-Type"), "application/x-www-form-urlencoded");
  const std::map<std::string, std::string> fields{{"channel", "C1"}, {"limit", "5"}, {"inclusive", "true"}, {"list", R"([1,"a&b"])"}};
  EXPECT_EQ(net::parse_query(request.body), fields);
  EXPECT_TRUE(request.idempotent);
}

TEST_F(WebApiTest, PublishesAHomeTab) {
  const auto view = std::make_shared<const json>(json{{"type", "home"}, {"blocks", json::array()}});
  ASSERT_TRUE(run(io, api->publish_home("U1", view)));
  EXPECT_EQ(http.requests.at(0).url, "http://127.0.0.1:9/api/views.publish");
  EXPECT_EQ(json::parse(http.requests.at(0).body), (json{{"user_id", "U1"}, {"view", *view}}));
}

TEST_F(WebApiTest, UpdatesAViewOnlyWhileItIsTheNewest) {
  const auto view = std::make_shared<const json>(json{{"type", "modal"}, {"blocks", json::array()}});
  ASSERT_TRUE(run(io, api->update_view("V1", "", view)));
  EXPECT_EQ(json::parse(http.requests.at(0).body), (json{{"view_id", "V1"}, {"view", *view}}));
  http.add(R"({"ok":false,"error":"hash_conflict"})");
  EXPECT_EQ(run(io, api->update_view("V1", "1.a", view)).error().kind, ErrorKind::Conflict);
  EXPECT_EQ(json::parse(http.requests.at(1).body)["hash"], "1.a");
}

TEST_F(WebApiTest, ABroadcastIsOneOfAReply) {
  http.add(R"({"ok":true,"channel":"C1","ts":"2.2"})");
  http.add(R"({"ok":true,"channel":"C1","ts":"3.3"})");
  Message message;
  message.text = "closed";
  message.broadcast = true;
  ASSERT_TRUE(run(io, api->post("C1", "1.1", message)));
  ASSERT_TRUE(run(io, api->post("C1", "", message)));
  EXPECT_EQ(json::parse(http.requests.at(0).body)["reply_broadcast"], true);
  EXPECT_FALSE(json::parse(http.requests.at(1).body).contains("reply_broadcast"));
}

TEST_F(WebApiTest, TellsUntilWhenSlackHoldsAMethodBack) {
  EXPECT_FALSE(api->held_until("chat.update"));
  http.answers.emplace_back(limited("60"));
  const auto until = clock.mono_now() + 60s;
  EXPECT_EQ(call("chat.update").error().kind, ErrorKind::RateLimited);
  EXPECT_EQ(api->held_until("chat.update"), until);
  EXPECT_FALSE(api->held_until("chat.postMessage"));
  clock.advance(60s);
  EXPECT_FALSE(api->held_until("chat.update"));
}

TEST_F(WebApiTest, AsksForASocketWithTheAppToken) {
  http.add(R"({"ok":true,"url":"wss://x/link/?ticket=1"})");
  const auto url = run(io, api->open_connection());
  ASSERT_TRUE(url);
  EXPECT_EQ(*url, "wss://x/link/?ticket=1");
  EXPECT_EQ(http.requests.at(0).headers.find("Authorization"), "Bearer xapp-secret-2");
  EXPECT_EQ(http.requests.at(0).body, "");
}

TEST_F(WebApiTest, AnUntrustedCertificateIsNotSlacksLastWordOnASocket) {
  http.answers.emplace_back(Error{ErrorKind::Denied, "certificate not trusted"});
  EXPECT_EQ(run(io, api->open_connection()).error().kind, ErrorKind::Unavailable);
  http.answers.emplace_back(Error{ErrorKind::Denied, "certificate not trusted"});
  EXPECT_EQ(run(io, api->auth_test()).error().kind, ErrorKind::Denied);
}

struct CodeRow {
  std::string code;
  ErrorKind kind;
  friend void PrintTo(const CodeRow& row, std::ostream* out) { *out << row.code; }
};
class ErrorCode : public testing::TestWithParam<CodeRow> {};
TEST_P(ErrorCode, HasItsKind) { EXPECT_EQ(kind_of(GetParam().code), GetParam().kind); }
INSTANTIATE_TEST_SUITE_P(Table, ErrorCode,
                         testing::Values(CodeRow{"ratelimited", ErrorKind::RateLimited}, CodeRow{"rate_limited", ErrorKind::RateLimited},
                                         CodeRow{"invalid_auth", ErrorKind::Denied}, CodeRow{"account_inactive", ErrorKind::Denied},
                                         CodeRow{"missing_scope", ErrorKind::Denied}, CodeRow{"not_in_channel", ErrorKind::Denied},
                                         CodeRow{"restricted_action_thread_only_channel", ErrorKind::Denied},
                                         CodeRow{"channel_not_found", ErrorKind::NotFound}, CodeRow{"users_not_found", ErrorKind::NotFound},
                                         CodeRow{"internal_error", ErrorKind::Unavailable}, CodeRow{"service_unavailable", ErrorKind::Unavailable},
                                         CodeRow{"hash_conflict", ErrorKind::Conflict}, CodeRow{"invalid_blocks", ErrorKind::InvalidInput},
                                         CodeRow{"something_new", ErrorKind::InvalidInput}),
                         [](const auto& row) { return row.param.code; });

TEST_F(WebApiTest, AnErrorNamesMethodCodeDetailsAndRemedyButNoToken) {
  http.add(
      R"({"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] no more than 50 items allowed [json-pointer:/blocks]"]}})");
  const auto blocks = call("chat.postMessage");
  ASSERT_FALSE(blocks);
  EXPECT_EQ(blocks.error().message, "Slack's chat.postMessage: invalid_blocks ([ERROR] no more than 50 items allowed [json-pointer:/blocks])");
  http.add(R"({"ok":false,"error":"missing_scope","needed":"chat:write","provided":"commands"})");
  EXPECT_EQ(call("chat.postMessage").error().message,
            "Slack's chat.postMessage: missing_scope: add the scope chat:write to the Slack app and reinstall it");
  http.add(R"({"ok":false,"error":"invalid_auth"})");
  EXPECT_EQ(call("auth.test").error().message.find("xoxb"), std::string::npos);
}

TEST_F(WebApiTest, WaitsForRetryAfterAndRepeats) {
  http.answers.emplace_back(limited("3"));
  http.add(R"({"ok":true,"ts":"1.1","channel":"C1"})");
  auto done = std::make_shared<std::optional<Result<MessageRef>>>();
  Message message;
  message.text = "hi";
  asio::co_spawn(io, api->post("C1", "", message),
                 [done](const std::exception_ptr&, Result<MessageRef> result) { done->emplace(std::move(result)); });
  clock.advance(2999ms);
  EXPECT_EQ(http.requests.size(), 1U);
  EXPECT_FALSE(*done);
  clock.advance(1ms);
  EXPECT_EQ(http.requests.size(), 2U);
  ASSERT_TRUE(*done && **done);
  EXPECT_EQ(***done, (MessageRef{"C1", "1.1"}));
}

TEST_F(WebApiTest, ARateLimitLongerThanTheCallHoldsBackThatMethodOnly) {
  http.answers.emplace_back(limited("120"));
  EXPECT_EQ(call("chat.postMessage").error().kind, ErrorKind::RateLimited);
  const auto again = call("chat.postMessage");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message, "Slack's chat.postMessage: rate limited for another 120 s");
  EXPECT_EQ(http.requests.size(), 1U) << "nothing may be sent before the time";
  EXPECT_TRUE(call("chat.update"));
  clock.advance(120s);
  EXPECT_TRUE(call("chat.postMessage"));
}

TEST_F(WebApiTest, A429WithoutAReadableHeaderWaitsHalfAMinute) {
  options.call_timeout = 60s;
  api = create_web_api(http, clock, *random, options);
  http.answers.emplace_back(limited("soon"));
  auto done = in(29s, api->auth_test());
  EXPECT_EQ(http.requests.size(), 1U);
  clock.advance(1s);
  EXPECT_EQ(http.requests.size(), 2U);
}

TEST_F(WebApiTest, AnAbsurdRetryAfterIsAnHour) {
  http.answers.emplace_back(limited("86400"));
  EXPECT_EQ(call("auth.test").error().message, "Slack's auth.test: rate limited for another 3600 s");
}

struct RepeatRow {
  std::string name;
  std::string method;
  Result<net::HttpResponse> failure;
  std::size_t calls;
  friend void PrintTo(const RepeatRow& row, std::ostream* out) { *out << row.name; }
};
class Repeat : public WebApiTest, public testing::WithParamInterface<RepeatRow> {};

TEST_P(Repeat, OnlyWhatDoesNoHarmTwice) {
  for (int i = 0; i < 5; ++i) http.answers.push_back(GetParam().failure);
  EXPECT_FALSE(call(GetParam().method, json::object(), 20s));
  EXPECT_EQ(http.requests.size(), GetParam().calls);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Repeat,
    testing::Values(RepeatRow{"AReadAfter503", "users.info", reply(503, "<html>"), 3},
                    RepeatRow{"AReadAfterInternalError", "users.info", reply(200, R"({"ok":false,"error":"internal_error"})"), 3},
                    RepeatRow{"AReadAfterABrokenConnection", "auth.test", Error{ErrorKind::Unavailable, "reset"}, 3},
                    RepeatRow{"AnEditAfter500", "chat.update", reply(500, ""), 3}, RepeatRow{"APostAfter500", "chat.postMessage", reply(500, ""), 1},
                    RepeatRow{"APostAfterATimeout", "chat.postMessage", Error{ErrorKind::Timeout, "slow"}, 1},
                    RepeatRow{"APostAfterFatalError", "chat.postMessage", reply(200, R"({"ok":false,"error":"fatal_error"})"), 1},
                    RepeatRow{"APostAfterServiceUnavailable", "chat.postMessage", reply(200, R"({"ok":false,"error":"service_unavailable"})"), 3},
                    RepeatRow{"AReadAfterAnHtmlPage", "users.info", reply(200, "<html>proxy</html>"), 3},
                    RepeatRow{"ARefusal", "users.info", reply(200, R"({"ok":false,"error":"user_not_found"})"), 1},
                    RepeatRow{"ACancelledCall", "users.info", Error{ErrorKind::Cancelled, "stop"}, 1},
                    RepeatRow{"ASocketsUrl", "apps.connections.open", reply(500, ""), 1}),
    [](const auto& row) { return row.param.name; });

TEST_F(WebApiTest, NoJsonIsUnavailable) {
  for (const auto& body :
       {std::string("<html>"), std::string(), std::string("[]"), std::string("null"), std::string("{}"), std::string("{\"ok\":\"yes\"}")}) {
    http.add(body);
    EXPECT_EQ(call("chat.postMessage").error().kind, ErrorKind::Unavailable) << body;
  }
}

TEST_F(WebApiTest, PostsAMessageWithBlocksAndMetadata) {
  http.add(R"({"ok":true,"channel":"C1","ts":"17.000100"})");
  Message message;
  message.text = "drift";
  message.blocks = std::make_shared<const json>(json::array({{{"type", "divider"}}}));
  message.metadata = std::make_shared<const json>(json{{"event_type", "dw"}, {"event_payload", {{"key", "k"}}}});
  const auto at = run(io, api->post("C1", "16.5", message));
  ASSERT_TRUE(at);
  EXPECT_EQ(*at, (MessageRef{"C1", "17.000100"}));
  const auto sent = json::parse(http.requests.at(0).body);
  EXPECT_EQ(sent["thread_ts"], "16.5");
  EXPECT_EQ(sent["blocks"][0]["type"], "divider");
  EXPECT_EQ(sent["metadata"]["event_payload"]["key"], "k");
  EXPECT_EQ(sent["unfurl_links"], false);
}

TEST_F(WebApiTest, AnEditKeepsToSlacksLength) {
  Message message;
  message.text = std::string(10'000, 'x');
  ASSERT_TRUE(run(io, api->update(MessageRef{"C1", "17.5"}, message)));
  const auto sent = json::parse(http.requests.at(0).body);
  EXPECT_LE(sent["text"].get<std::string>().size(), 4'000U);
  EXPECT_EQ(sent["ts"], "17.5");
  EXPECT_FALSE(sent.contains("blocks"));
}

TEST_F(WebApiTest, UploadsInThreeSteps) {
  http.add(R"({"ok":true,"upload_url":"http://127.0.0.1:9/up/1","file_id":"F1"})");
  http.answers.emplace_back(reply(200, "OK - 5"));
  http.add(R"({"ok":true,"files":[{"id":"F1"}]})");
  ASSERT_TRUE(run(io, api->upload_file("C1", "16.5", "api.diff", "a\n+b\n")));
  ASSERT_EQ(http.requests.size(), 3U);
  EXPECT_EQ(http.requests[0].body, "filename=api.diff&length=5");
  EXPECT_EQ(http.requests[1].url, "http://127.0.0.1:9/up/1");
  EXPECT_EQ(http.requests[1].body, "a\n+b\n");
  EXPECT_FALSE(http.requests[1].headers.find("Authorization")) << "the token is not for that address";
  EXPECT_EQ(json::parse(http.requests[2].body), json::parse(R"({"files":[{"id":"F1","title":"api.diff"}],"channel_id":"C1","thread_ts":"16.5"})"));
}

TEST_F(WebApiTest, UploadsNothingToAnUnencryptedStranger) {
  http.add(R"({"ok":true,"upload_url":"http://files.example.com/up/1","file_id":"F1"})");
  EXPECT_EQ(run(io, api->upload_file("C1", "", "x", "y")).error().kind, ErrorKind::Corrupt);
  EXPECT_EQ(run(io, api->upload_file("C1", "", "x", "")).error().kind, ErrorKind::InvalidInput);
  EXPECT_EQ(http.requests.size(), 1U);
}

TEST_F(WebApiTest, FindsChannelsByNameOnceForAll) {
  http.add(R"({"ok":true,"channels":[{"id":"C1","name":"general"}],"response_metadata":{"next_cursor":"p2"}})");
  http.add(R"({"ok":true,"channels":[{"id":"C2","name":"deploys"}],"response_metadata":{"next_cursor":""}})");
  auto first = std::make_shared<std::optional<Result<std::string>>>();
  auto second = std::make_shared<std::optional<Result<std::string>>>();
  for (const auto& done : {first, second}) {
    asio::co_spawn(io, api->channel_id("#deploys"), [done](const std::exception_ptr&, Result<std::string> id) { done->emplace(std::move(id)); });
  }
  clock.settle();
  ASSERT_TRUE(*first && **first && *second && **second);
  EXPECT_EQ(***first, "C2");
  EXPECT_EQ(***second, "C2");
  EXPECT_EQ(*run(io, api->channel_id("general")), "C1");
  EXPECT_EQ(http.requests.size(), 2U);
  EXPECT_EQ(net::parse_query(http.requests[1].body)["cursor"], "p2");
}

TEST_F(WebApiTest, IdsPassThrough) {
  for (const auto& [given, id] : std::map<std::string, std::string>{
           {"C0123ABCD", "C0123ABCD"}, {"#C0123ABCD", "C0123ABCD"}, {"<#C0123ABCD|x>", "C0123ABCD"}, {"D01", "D01"}, {"U01", "U01"}}) {
    EXPECT_EQ(*run(io, api->channel_id(given)), id);
  }
  EXPECT_TRUE(http.requests.empty());
}

TEST_F(WebApiTest, AnUnknownChannelSaysWhatToDoAndIsNotAskedForAgainAtOnce) {
  const auto unknown = run(io, api->channel_id("#nowhere"));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::NotFound);
  EXPECT_NE(unknown.error().message.find("invite the bot"), std::string::npos);
  EXPECT_FALSE(run(io, api->channel_id("#nowhere")));
  EXPECT_EQ(http.requests.size(), 1U);
  clock.advance(11s);
  http.add(R"({"ok":true,"channels":[{"id":"C9","name":"nowhere"}]})");
  EXPECT_EQ(*run(io, api->channel_id("#nowhere")), "C9");
}

TEST_F(WebApiTest, WithoutTheScopeForPrivateChannelsThePublicOnesCount) {
  http.add(R"({"ok":false,"error":"missing_scope","needed":"groups:read"})");
  http.add(R"({"ok":true,"channels":[{"id":"C1","name":"general"}]})");
  EXPECT_EQ(*run(io, api->channel_id("#general")), "C1");
  EXPECT_EQ(net::parse_query(http.requests[1].body)["types"], "public_channel");
}

TEST_F(WebApiTest, FindsWhatWasPostedBeforeACrash) {
  http.add(
      R"({"ok":true,"messages":[{"ts":"30.1","metadata":{"event_payload":{"key":"k"}}},{"ts":"29.1"},7],"response_metadata":{"next_cursor":"p2"}})");
  http.add(
      R"({"ok":true,"messages":[{"ts":"25.1","metadata":{"event_payload":{"key":"k"}}},{"ts":"24.1","metadata":{"event_payload":{"key":"other"}}}]})");
  const auto found = run(io, api->find_posted("C1", "", "20.0", "k"));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->ts, "25.1");
  const auto fields = net::parse_query(http.requests.at(0).body);
  EXPECT_EQ(fields.at("include_all_metadata"), "true");
  EXPECT_EQ(fields.at("oldest"), "20.0");
  EXPECT_EQ(http.requests.at(0).url, "http://127.0.0.1:9/api/conversations.history");
}

TEST_F(WebApiTest, FindsNothingInAThreadWhenNobodyPosted) {
  http.add(R"({"ok":true,"messages":[{"ts":"10.0","metadata":{"event_payload":{"key":"k"}}}]})");
  const auto found = run(io, api->find_posted("C1", "10.0", "20.0", "k"));
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found) << "the parent is older than the time asked for";
  EXPECT_EQ(http.requests.at(0).url, "http://127.0.0.1:9/api/conversations.replies");
}

TEST_F(WebApiTest, ReadsItsIdentity) {
  http.add(R"({"ok":true,"url":"https://t.slack.com/","team":"T","user":"warden","team_id":"T1","user_id":"U1","bot_id":"B1"})");
  const auto identity = run(io, api->auth_test());
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->user_id, "U1");
  EXPECT_EQ(identity->team_id, "T1");
  EXPECT_EQ(identity->bot_id, "B1");
}

}  // namespace
}  // namespace driftwarden::slack
