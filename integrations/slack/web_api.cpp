#include "gitops/base/async.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "integrations/net/backoff.hpp"
#include "integrations/net/url.hpp"
#include "integrations/slack/channel_directory.hpp"
#include "integrations/slack/slack.hpp"
#include "integrations/slack/web_api_errors.hpp"
#include "integrations/slack/web_api_request.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace driftwarden::slack {
namespace {

using nlohmann::json;

constexpr int kAttempts = 3;
constexpr int kMaxPages = 100;
constexpr int kMaxHistoryPages = 10;
constexpr std::size_t kMaxEditedText = 4'000;  // chat.update refuses more, chat.postMessage takes 40,000

std::string text_at(const json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

JsonPtr share(json value) { return std::make_shared<const json>(std::move(value)); }

const json& list_at(const json& object, const char* key) {
  static const json kEmpty = json::array();
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : kEmpty;
}

std::string next_cursor(const json& answer) {
  const auto metadata = answer.find("response_metadata");
  return metadata == answer.end() ? std::string() : text_at(*metadata, "next_cursor");
}

json message_arguments(const std::string& channel, const Message& message) {
  json arguments = {{"channel", channel}, {"text", message.text}};
  if (message.blocks) arguments["blocks"] = *message.blocks;
  if (message.metadata) arguments["metadata"] = *message.metadata;
  return arguments;
}

bool carries_key(const json& message, const std::string& key) {
  if (!message.is_object()) return false;
  const auto metadata = message.find("metadata");
  if (metadata == message.end() || !metadata->is_object()) return false;
  const auto payload = metadata->find("event_payload");
  return payload != metadata->end() && text_at(*payload, "key") == key;
}

class WebApiClient final : public WebApi {
 public:
  WebApiClient(net::HttpClient& http, Clock& clock, Random& random, WebApiOptions options)
      : http_(http), clock_(clock), random_(random), options_(std::move(options)) {}

  asio::awaitable<Result<JsonPtr>> call(std::string method, JsonPtr arguments) override;
  asio::awaitable<Result<Identity>> auth_test() override;
  asio::awaitable<Result<std::string>> open_connection() override;
  asio::awaitable<Result<std::string>> channel_id(std::string name_or_id) override;
  asio::awaitable<Result<MessageRef>> post(std::string channel, std::string thread_ts, Message message) override;
  asio::awaitable<Result<void>> update(MessageRef at, Message message) override;
  asio::awaitable<Result<void>> post_ephemeral(std::string channel, std::string user, std::string thread_ts, Message message) override;
  asio::awaitable<Result<void>> open_view(std::string trigger_id, JsonPtr view) override;
  asio::awaitable<Result<void>> publish_home(std::string user, JsonPtr view) override;
  asio::awaitable<Result<void>> update_view(std::string view_id, std::string hash, JsonPtr view) override;
  asio::awaitable<Result<void>> upload_file(std::string channel, std::string thread_ts, std::string title, std::string content) override;
  asio::awaitable<Result<std::optional<MessageRef>>> find_posted(std::string channel, std::string thread_ts, std::string oldest_ts,
                                                                 std::string key) override;
  std::optional<MonoTime> held_until(const std::string& method) const override;

 private:
  asio::awaitable<Exchange> exchange(std::string method, JsonPtr arguments);
  asio::awaitable<Result<void>> pass_gate(std::string method, MonoTime deadline);
  asio::awaitable<Result<void>> list_channels_once();
  asio::awaitable<Result<void>> list_channels();
  void end_listing();
  asio::awaitable<Result<void>> list_channels_of(std::string types);
  asio::awaitable<Result<void>> send_content(std::string upload_url, std::string content);
  bool repeats(const std::string& method, const Exchange& done) const;

  net::HttpClient& http_;
  Clock& clock_;
  Random& random_;
  WebApiOptions options_;
  std::map<std::string, MonoTime> gates_;  ///< method: not before
  std::optional<std::vector<std::string>> scopes_;  ///< as of the last auth.test
  std::optional<Duration> clock_ahead_;
  ChannelDirectory channels_;
  bool listing_ = false;                                ///< one at a time, for all who ask
  std::vector<std::shared_ptr<Signal>> listing_ended_;  ///< who waits for it
};

asio::awaitable<Result<JsonPtr>> WebApiClient::call(std::string method, JsonPtr arguments) {
  const auto deadline = clock_.mono_now() + options_.call_timeout;
  net::Backoff backoff(random_, net::Backoff::Limits{options_.retry_base, Duration{5'000}});
  for (int failures = 0;;) {
    CO_CHECK_OK(co_await pass_gate(method, deadline));
    auto done = co_await exchange(method, arguments);
    if (done.answer) co_return std::move(done.answer);
    if (done.retry_after) {
      gates_[method] = clock_.mono_now() + *done.retry_after;
      log_warn("slack", done.answer.error().message);
      continue;
    }
    if (!repeats(method, done) || ++failures >= kAttempts) co_return std::move(done.answer);
    const auto wait = backoff.next();
    if (clock_.mono_now() + wait >= deadline) co_return std::move(done.answer);
    CO_CHECK_OK(co_await clock_.sleep_for(wait));
  }
}

bool WebApiClient::repeats(const std::string& method, const Exchange& done) const {
  const auto kind = done.answer.error().kind;
  if (kind != ErrorKind::Unavailable && kind != ErrorKind::Timeout) return false;
  return done.no_effect || is_repeatable(method);
}

asio::awaitable<Exchange> WebApiClient::exchange(std::string method, JsonPtr arguments) {
  auto request = make_request(options_, method, arguments);
  auto response = co_await http_.send(std::move(request));
  if (!response) {
    // A certificate that isn't trusted may be a proxy's bad hour; Socket Mode takes Denied as Slack's last word.
    auto error = wrap("calling Slack's " + method, std::move(response).error());
    if (needs_app_token(method) && error.kind == ErrorKind::Denied) error.kind = ErrorKind::Unavailable;
    Exchange failed{std::move(error), {}, false};
    co_return failed;
  }
  auto read = read_response(method, *response, clock_.wall_now());
  if (method == "auth.test") {
    scopes_ = read.scopes;
    clock_ahead_ = read.clock_ahead;
  }
  co_return read;
}

/// Slack holds back one method of one workspace, and so do we, for all callers.
asio::awaitable<Result<void>> WebApiClient::pass_gate(std::string method, MonoTime deadline) {
  while (true) {
    const auto gate = gates_.find(method);
    if (gate == gates_.end() || gate->second <= clock_.mono_now()) co_return Result<void>{};
    const auto until = gate->second;
    if (until > deadline) {
      const auto left = std::chrono::ceil<std::chrono::seconds>(until - clock_.mono_now());
      co_return Error{ErrorKind::RateLimited, fmt::format("Slack's {}: rate limited for another {} s", method, left.count())};
    }
    CO_CHECK_OK(co_await clock_.sleep_until(until));
  }
}

std::optional<MonoTime> WebApiClient::held_until(const std::string& method) const {
  const auto gate = gates_.find(method);
  if (gate == gates_.end() || gate->second <= clock_.mono_now()) return std::nullopt;
  return gate->second;
}

asio::awaitable<Result<Identity>> WebApiClient::auth_test() {
  auto arguments = share(json::object());
  CO_TRY(auto answer, co_await call("auth.test", std::move(arguments)));
  Identity identity;
  identity.team_id = text_at(*answer, "team_id");
  identity.team = text_at(*answer, "team");
  identity.user_id = text_at(*answer, "user_id");
  identity.bot_id = text_at(*answer, "bot_id");
  identity.url = text_at(*answer, "url");
  identity.scopes = scopes_;
  identity.clock_ahead = clock_ahead_;
  identity.enterprise_id = text_at(*answer, "enterprise_id");
  co_return identity;
}

/// Not repeated here: who keeps the socket open has a back-off of its own.
asio::awaitable<Result<std::string>> WebApiClient::open_connection() {
  CO_TRY(auto answer, co_await call("apps.connections.open", JsonPtr()));
  auto url = text_at(*answer, "url");
  if (url.empty()) co_return Error{ErrorKind::Unavailable, "Slack's apps.connections.open: an answer without a URL"};
  co_return url;
}

asio::awaitable<Result<std::string>> WebApiClient::channel_id(std::string name_or_id) {
  if (auto id = as_channel_id(name_or_id)) co_return *id;
  const auto name = bare_channel_name(name_or_id);
  if (name.empty()) co_return Error{ErrorKind::InvalidInput, "no channel was named"};
  if (auto id = channels_.find(name)) co_return *id;
  CO_CHECK_OK(co_await list_channels_once());
  if (auto id = channels_.find(name)) co_return *id;
  co_return Error{ErrorKind::NotFound, fmt::format("no channel #{} is visible to the bot: create it, or invite the bot (/invite) when it is private", name)};
}

/// Many ask at once when the bot starts: the first one lists, the others wait for it.
asio::awaitable<Result<void>> WebApiClient::list_channels_once() {
  while (listing_) {
    auto ended = std::make_shared<Signal>(co_await asio::this_coro::executor);
    listing_ended_.push_back(ended);
    CO_CHECK_OK(co_await ended->wait());
  }
  if (!channels_.worth_listing(clock_.mono_now())) co_return Result<void>{};
  listing_ = true;
  const std::unique_ptr<WebApiClient, void (*)(WebApiClient*)> guard(this, [](WebApiClient* self) { self->end_listing(); });
  co_return co_await list_channels();
}

void WebApiClient::end_listing() {
  listing_ = false;
  for (const auto& waiting : std::exchange(listing_ended_, {})) waiting->notify();
}

/// Private channels need a scope of their own: without it the public ones still count.
asio::awaitable<Result<void>> WebApiClient::list_channels() {
  auto listed = co_await list_channels_of("public_channel,private_channel");
  if (!listed && listed.error().kind == ErrorKind::Denied) listed = co_await list_channels_of("public_channel");
  if (listed) channels_.listed(clock_.mono_now());
  co_return listed;
}

asio::awaitable<Result<void>> WebApiClient::list_channels_of(std::string types) {
  std::string cursor;
  for (int page = 0; page < kMaxPages; ++page) {
    json arguments = {{"types", types}, {"exclude_archived", true}, {"limit", 999}};
    if (!cursor.empty()) arguments["cursor"] = cursor;
    auto shared = share(std::move(arguments));
    CO_TRY(auto answer, co_await call("conversations.list", std::move(shared)));
    for (const auto& channel : list_at(*answer, "channels")) channels_.remember(text_at(channel, "name"), text_at(channel, "id"));
    cursor = next_cursor(*answer);
    if (cursor.empty()) break;
  }
  co_return Result<void>{};
}

asio::awaitable<Result<MessageRef>> WebApiClient::post(std::string channel, std::string thread_ts, Message message) {
  auto arguments = message_arguments(channel, message);
  if (!thread_ts.empty()) arguments["thread_ts"] = thread_ts;
  if (message.broadcast && !thread_ts.empty()) arguments["reply_broadcast"] = true;
  arguments["unfurl_links"] = false;
  arguments["unfurl_media"] = false;
  auto shared = share(std::move(arguments));
  CO_TRY(auto answer, co_await call("chat.postMessage", std::move(shared)));
  MessageRef at;
  at.channel = text_at(*answer, "channel");
  at.ts = text_at(*answer, "ts");
  if (at.channel.empty()) at.channel = channel;
  if (at.ts.empty()) co_return Error{ErrorKind::Corrupt, "Slack's chat.postMessage: an answer without ts"};
  co_return at;
}

asio::awaitable<Result<void>> WebApiClient::update(MessageRef at, Message message) {
  auto arguments = message_arguments(at.channel, message);
  arguments["ts"] = at.ts;
  arguments["text"] = ellipsize(message.text, kMaxEditedText);
  auto shared = share(std::move(arguments));
  CO_CHECK_OK(co_await call("chat.update", std::move(shared)));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> WebApiClient::post_ephemeral(std::string channel, std::string user, std::string thread_ts, Message message) {
  auto arguments = message_arguments(channel, message);
  arguments["user"] = user;
  if (!thread_ts.empty()) arguments["thread_ts"] = thread_ts;
  auto shared = share(std::move(arguments));
  CO_CHECK_OK(co_await call("chat.postEphemeral", std::move(shared)));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> WebApiClient::open_view(std::string trigger_id, JsonPtr view) {
  json arguments = {{"trigger_id", trigger_id}};
  if (view) arguments["view"] = *view;
  auto shared = share(std::move(arguments));
  CO_CHECK_OK(co_await call("views.open", std::move(shared)));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> WebApiClient::publish_home(std::string user, JsonPtr view) {
  json arguments = {{"user_id", user}};
  if (view) arguments["view"] = *view;
  auto shared = share(std::move(arguments));
  CO_CHECK_OK(co_await call("views.publish", std::move(shared)));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> WebApiClient::update_view(std::string view_id, std::string hash, JsonPtr view) {
  json arguments = {{"view_id", view_id}};
  if (!hash.empty()) arguments["hash"] = hash;
  if (view) arguments["view"] = *view;
  auto shared = share(std::move(arguments));
  CO_CHECK_OK(co_await call("views.update", std::move(shared)));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> WebApiClient::upload_file(std::string channel, std::string thread_ts, std::string title, std::string content) {
  if (content.empty()) co_return Error{ErrorKind::InvalidInput, "Slack takes no empty file: " + title};
  auto wanted = share(json{{"filename", title}, {"length", content.size()}});
  CO_TRY(auto slot, co_await call("files.getUploadURLExternal", std::move(wanted)));
  auto upload_url = text_at(*slot, "upload_url");
  CO_CHECK_OK(co_await send_content(std::move(upload_url), std::move(content)));
  json file = {{"id", text_at(*slot, "file_id")}, {"title", title}};
  json arguments = {{"files", json::array({file})}, {"channel_id", channel}};
  if (!thread_ts.empty()) arguments["thread_ts"] = thread_ts;
  auto shared = share(std::move(arguments));
  CO_CHECK_OK(co_await call("files.completeUploadExternal", std::move(shared)));
  co_return Result<void>{};
}

/// The address carries its own permission: no token goes there.
asio::awaitable<Result<void>> WebApiClient::send_content(std::string upload_url, std::string content) {
  auto url = net::parse_url(upload_url);
  if (!url || (!url->secure() && !net::is_loopback(*url))) co_return Error{ErrorKind::Corrupt, "Slack's upload address can't be used"};
  net::HttpRequest request("POST", std::move(upload_url));
  request.headers.set("Content-Type", "application/octet-stream");
  request.body = std::move(content);
  request.timeout = options_.call_timeout;
  request.idempotent = true;
  auto response = co_await http_.send(std::move(request));
  if (!response) co_return wrap("uploading a file to Slack", std::move(response).error());
  if (!response->ok()) co_return Error{ErrorKind::Unavailable, fmt::format("uploading a file to Slack: HTTP {}", response->status)};
  co_return Result<void>{};
}

asio::awaitable<Result<std::optional<MessageRef>>> WebApiClient::find_posted(std::string channel, std::string thread_ts, std::string oldest_ts,
                                                                             std::string key) {
  const std::string method = thread_ts.empty() ? "conversations.history" : "conversations.replies";
  std::optional<MessageRef> first;
  std::string cursor;
  for (int page = 0; page < kMaxHistoryPages; ++page) {
    json arguments = {{"channel", channel}, {"oldest", oldest_ts}, {"inclusive", true}, {"include_all_metadata", true}, {"limit", 200}};
    if (!thread_ts.empty()) arguments["ts"] = thread_ts;
    if (!cursor.empty()) arguments["cursor"] = cursor;
    auto shared = share(std::move(arguments));
    CO_TRY(auto answer, co_await call(method, std::move(shared)));
    for (const auto& message : list_at(*answer, "messages")) {
      const auto ts = text_at(message, "ts");
      // Fixed width, so that text order is time order. A thread's parent is always listed, however old.
      if (ts < oldest_ts || !carries_key(message, key)) continue;
      if (!first || ts < first->ts) first = MessageRef{channel, ts};
    }
    cursor = next_cursor(*answer);
    if (cursor.empty()) break;
  }
  co_return first;
}

}  // namespace

std::unique_ptr<WebApi> create_web_api(net::HttpClient& http, Clock& clock, Random& random, WebApiOptions options) {
  return std::make_unique<WebApiClient>(http, clock, random, std::move(options));
}

}  // namespace driftwarden::slack
