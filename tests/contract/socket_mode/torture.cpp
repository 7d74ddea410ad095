#include "tests/contract/socket_mode/torture.hpp"

#include "tests/support/run.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace driftwarden::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kBotToken = "xoxb-torture";
constexpr const char* kAppToken = "xapp-torture";

sandbox::WorkspaceOptions workspace_options() {
  sandbox::WorkspaceOptions options;
  options.app_token = kAppToken;
  options.bot_token = kBotToken;
  options.users = {{"U0ALICE", "alice", "xoxp-alice"}, {"U0BOB", "bob", "xoxp-bob"}};
  options.channels = {{"C0GITOPS", "gitops"}};
  options.times.ack_within = 1'000ms;
  // The last pause outlives the bad time, as Slack's five minutes do.
  options.times.retries = {0ms, 1'000ms, 30'000ms};
  options.times.first_ping = 50ms;
  options.times.ping_every = 100ms;
  options.times.silence = 600ms;
  options.times.warned_before = 300ms;
  options.times.refresh_linger = 150ms;
  return options;
}

slack::SocketModeOptions client_options() {
  slack::SocketModeOptions options;
  options.silence_limit = 500ms;
  options.ping_every = 100ms;
  options.backoff_base = 10ms;
  options.backoff_max = 50ms;
  options.stable_after = 30ms;
  options.drain_within = 600ms;
  options.hello_within = 2'000ms;
  options.connect_within = 2'000ms;
  return options;
}

/// What the envelope is about, whatever its ids say.
std::string subject_of(const json& payload) {
  if (payload.contains("event")) return payload["event"].value("text", "");
  return payload.value("trigger_id", "");
}

}  // namespace

asio::awaitable<Result<slack::JsonPtr>> Inbox::take(slack::Envelope envelope) {
  ++arrived;
  const auto key = slack::dedupe_key(envelope);
  const auto subject = subject_of(*envelope.payload);
  const bool known = keys_.count(key) > 0;
  if (!known && envelope.type == "events_api" && envelope.retry_attempt < 2 && random_.below(100) == 0) {
    ++refused;
    co_return Error{ErrorKind::Unavailable, "the disk is full"};
  }
  known ? ++duplicates : ++handled[subject];
  keys_[key] = 1;
  if (const auto pause = random_.below(4); pause > 0) CO_CHECK_OK(co_await clock_.sleep_for(Duration{static_cast<int>(pause)}));
  co_return slack::JsonPtr();
}

TortureWorld::TortureWorld(std::uint64_t seed)
    : random(create_seeded_random(seed)), workspace(create_workspace(io.get_executor(), clock, *random, workspace_options())), inbox(clock, *random),
      tasks(io.get_executor()), started_(clock.mono_now()) {
  auto* handler = workspace.get();
  auto started = net::start_http_server(io.get_executor(), clock, net::HttpServerOptions{}, [handler](net::ServerRequest request) {
    return handler->handle(std::move(request));
  });
  if (!started) throw std::runtime_error(started.error().message);
  server = std::move(*started);
  const auto base = "http://127.0.0.1:" + std::to_string(server->port()) + "/";
  workspace->set_base_url(base);
  http = net::create_http_client(io.get_executor(), clock);
  slack::WebApiOptions options;
  options.api_url = base + "api/";
  options.bot_token = Secret<std::string>(kBotToken);
  options.app_token = Secret<std::string>(kAppToken);
  api = slack::create_web_api(*http, clock, *random, std::move(options));
  socket = slack::create_socket_mode(io.get_executor(), *api, clock, *random, client_options());
}

TortureWorld::~TortureWorld() {
  stop_drivers();
  end("the workspace", workspace->stop());
  end("the server", server->stop());
}

void TortureWorld::stop_drivers() { end("the client", tasks.join()); }

void TortureWorld::end(const std::string& what, asio::awaitable<void> ending) {
  try {
    run(io, std::move(ending), std::chrono::seconds{20});
  } catch (const std::exception& problem) {
    ADD_FAILURE() << what << " doesn't end: " << problem.what();
  }
}

asio::awaitable<void> TortureWorld::keep_connected() {
  slack::EnvelopeSink sink = [this](slack::Envelope envelope) { return inbox.take(std::move(envelope)); };
  auto running = socket->run(std::move(sink));
  auto ended = co_await std::move(running);
  if (!ended && ended.error().kind != ErrorKind::Cancelled) error = "the client gave up: " + ended.error().message;
}

void TortureWorld::start() {
  tasks.spawn("socket mode", keep_connected());
  if (!run_until([this] { return socket->state() == slack::SocketState::Connected; }, 60s)) throw std::runtime_error("no connection");
  started_ = clock.mono_now();
}

asio::awaitable<json> TortureWorld::post(std::string path, json body) {
  net::ServerRequest request;
  request.method = "POST";
  request.path = std::move(path);
  request.raw_path = request.path;
  request.headers.set("Host", "127.0.0.1:" + std::to_string(server->port()));
  request.headers.set("Content-Type", "application/json; charset=utf-8");
  if (request.path.starts_with("/api/")) request.headers.set("Authorization", std::string("Bearer ") + kBotToken);
  request.body = body.dump();
  auto handling = workspace->handle(std::move(request));
  auto reply = co_await std::move(handling);
  co_return json::parse(reply.body);
}

bool TortureWorld::run_until(const std::function<bool()>& done, Duration patience) {
  const auto end = clock.mono_now() + patience;
  io.restart();
  while (!done() && error.empty() && clock.mono_now() < end) io.run_for(5ms);
  return done();
}

double TortureWorld::seconds() const { return std::chrono::duration<double>(clock.mono_now() - started_).count(); }

}  // namespace driftwarden::test
