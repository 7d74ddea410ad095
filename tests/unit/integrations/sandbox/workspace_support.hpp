#pragma once
// A small workspace with three people, called as the server would call it, and a bot's end of a socket.
#include "gitops/base/async.hpp"
#include "gitops/base/random.hpp"
#include "integrations/net/url.hpp"
#include "integrations/sandbox/workspace/workspace.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden::sandbox::test {

using Json = nlohmann::json;
using driftwarden::test::ManualClock;

inline constexpr const char* kBotToken = "xoxb-test";
inline constexpr const char* kAppToken = "xapp-test";

inline WorkspaceOptions small_workspace() {
  WorkspaceOptions options;
  options.app_token = kAppToken;
  options.bot_token = kBotToken;
  options.users = {{"U0ALICE", "alice", "xoxp-alice"}, {"U0BOB", "bob", "xoxp-bob"}, {"U0CAROL", "carol", "xoxp-carol"}};
  options.channels = {{"C0GITOPS", "gitops"}, {"C0SHOP", "shop-prod"}, {"C0RANDOM", "random", false}};
  options.usergroups = {{"S0ONCALL", "on-call", {"U0BOB"}}};
  options.base_url = "http://127.0.0.1:7070/";
  return options;
}

inline net::ServerRequest request_to(const std::string& method, const std::string& target) {
  net::ServerRequest request;
  request.method = method;
  request.raw_path = target.substr(0, target.find('?'));
  request.path = request.raw_path;
  if (target.find('?') != std::string::npos) request.raw_query = target.substr(target.find('?') + 1);
  request.query = net::parse_query(request.raw_query);
  request.headers.set("Host", "127.0.0.1:7070");
  return request;
}

inline net::ServerRequest json_request(const std::string& target, const Json& body, const std::string& token = {}) {
  auto request = request_to("POST", target);
  request.headers.set("Content-Type", "application/json; charset=utf-8");
  if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
  request.body = body.dump();
  return request;
}

/// The bot's end: what the server sent, and what the bot says. `on_envelope` may return an ack.
class BotSocket final : public net::WebSocket {
 public:
  explicit BotSocket(const asio::any_io_executor& executor) : arrived_(executor) {}

  std::vector<Json> received;
  std::size_t pings = 0;
  bool closed = false;
  std::function<void(BotSocket&, const Json&)> on_envelope;

  void say(const std::string& text) {
    inbox_.push_back(text);
    arrived_.notify();
  }
  void ack(const Json& envelope, const Json& payload = {}) {
    Json frame{{"envelope_id", envelope["envelope_id"]}};
    if (!payload.is_null()) frame["payload"] = payload;
    say(frame.dump());
  }
  std::vector<Json> envelopes() const {
    std::vector<Json> all;
    for (const auto& frame : received) {
      if (frame.contains("envelope_id")) all.push_back(frame);
    }
    return all;
  }

  asio::awaitable<Result<net::WebSocketMessage>> read() override {
    while (inbox_.empty() && !closed) CO_CHECK_OK(co_await arrived_.wait());
    net::WebSocketMessage message;
    message.kind = net::WebSocketMessage::Kind::Close;
    if (!inbox_.empty()) {
      message.kind = net::WebSocketMessage::Kind::Text;
      message.data = inbox_.front();
      inbox_.pop_front();
    }
    co_return message;
  }
  asio::awaitable<Result<void>> send_text(std::string text) override {
    if (closed) co_return Error{ErrorKind::Unavailable, "closed"};
    received.push_back(Json::parse(text));
    if (on_envelope && received.back().contains("envelope_id")) on_envelope(*this, received.back());
    co_return Result<void>{};
  }
  asio::awaitable<Result<void>> send_ping(std::string) override {
    ++pings;
    co_return Result<void>{};
  }
  asio::awaitable<void> close(std::uint16_t) override {
    abort();
    co_return;
  }
  void abort() override {
    closed = true;
    arrived_.notify();
  }

 private:
  std::deque<std::string> inbox_;
  Signal arrived_;
};

struct WorkspaceWorld {
  explicit WorkspaceWorld(WorkspaceOptions options = small_workspace())
      : workspace(create_workspace(io.get_executor(), clock, *random, std::move(options))), sockets(std::make_unique<TaskGroup>(io.get_executor())) {}
  ~WorkspaceWorld() {
    driftwarden::test::run(io, workspace->stop());
    driftwarden::test::run(io, sockets->join());
  }

  net::ServerReply send(net::ServerRequest request) { return driftwarden::test::run(io, workspace->handle(std::move(request))); }
  Json call(const std::string& method, const Json& args, const std::string& token = kBotToken) {
    return Json::parse(send(json_request("/api/" + method, args, token)).body);
  }
  Json post(const std::string& what, const Json& body) { return Json::parse(send(json_request("/sandbox/" + what, body)).body); }
  Json get(const std::string& what) { return Json::parse(send(request_to("GET", "/sandbox/" + what)).body); }
  Json messages(const std::string& channel, const std::string& user = "alice") { return get("messages?channel=" + channel + "&user=" + user)["messages"]; }

  /// For what waits for the bot or the clock: the reply arrives in `*` when the world moved on.
  std::shared_ptr<Json> post_later(const std::string& what, const Json& body) {
    auto answer = std::make_shared<Json>();
    sockets->spawn("post", fill(answer, json_request("/sandbox/" + what, body)));
    clock.settle();
    return answer;
  }

  std::shared_ptr<BotSocket> connect() {
    const auto opened = call("apps.connections.open", Json::object(), kAppToken);
    const auto url = opened["url"].get<std::string>();
    auto reply = send(request_to("GET", url.substr(url.find("/link"))));
    if (!reply.websocket) return nullptr;
    auto socket = std::make_shared<BotSocket>(io.get_executor());
    sockets->spawn("socket", serve(reply, socket));
    clock.settle();
    return socket;
  }

  static asio::awaitable<void> serve(net::ServerReply reply, std::shared_ptr<BotSocket> socket) { co_await reply.websocket(socket); }
  asio::awaitable<void> fill(std::shared_ptr<Json> answer, net::ServerRequest request) {
    auto reply = co_await workspace->handle(std::move(request));
    *answer = Json::parse(reply.body);
  }

  asio::io_context io;
  ManualClock clock{io};
  std::unique_ptr<Random> random = create_seeded_random(1);
  std::unique_ptr<Workspace> workspace;
  std::unique_ptr<TaskGroup> sockets;
};

inline Json plain(const std::string& text) { return Json{{"type", "plain_text"}, {"text", text}}; }
inline Json section(const std::string& text) { return Json{{"type", "section"}, {"text", {{"type", "mrkdwn"}, {"text", text}}}}; }
inline Json button(const std::string& action_id, const std::string& value = "v") {
  return Json{{"type", "button"}, {"action_id", action_id}, {"text", plain("Press")}, {"value", value}};
}
inline Json actions(Json elements) { return Json{{"type", "actions"}, {"block_id", "buttons"}, {"elements", std::move(elements)}}; }

}  // namespace driftwarden::sandbox::test
