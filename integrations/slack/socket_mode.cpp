// The shell around SocketFsm: tells it what happens and obeys.
#include "gitops/base/async.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "integrations/net/backoff.hpp"
#include "integrations/net/byte_stream.hpp"
#include "integrations/net/url.hpp"
#include "integrations/slack/envelope.hpp"
#include "integrations/slack/slack.hpp"
#include "integrations/slack/socket_connection.hpp"
#include "integrations/slack/socket_fsm.hpp"

#include <fmt/core.h>

#include <map>
#include <utility>

namespace driftwarden::slack {
namespace {

constexpr Duration kFarewell{2'000};   // for the answer to our close frame
constexpr Duration kIdleTick{60'000};  // when no deadline is near

SocketFsm::Limits limits_of(const SocketModeOptions& options) {
  SocketFsm::Limits limits;
  limits.silence = options.silence_limit;
  limits.ping_every = options.ping_every;
  limits.hello_within = options.hello_within;
  limits.drain_within = options.drain_within;
  limits.stable_after = options.stable_after;
  return limits;
}

class SocketModeClient final : public SocketMode {
 public:
  SocketModeClient(asio::any_io_executor executor, WebApi& api, Clock& clock, Random& random, SocketModeOptions options)
      : executor_(executor), api_(api), clock_(clock), options_(std::move(options)),
        backoff_(random, net::Backoff::Limits{options_.backoff_base, options_.backoff_max}), fsm_(limits_of(options_)), changed_(executor),
        tasks_(executor) {}

  asio::awaitable<Result<void>> run(EnvelopeSink sink) override;
  SocketState state() const override;
  MonoTime last_frame() const override { return last_frame_; }
  std::uint64_t connections() const override { return hellos_; }

 private:
  asio::awaitable<Result<void>> keep_open();
  asio::awaitable<void> watch_deadlines();
  asio::awaitable<void> serve(SocketId id);
  asio::awaitable<Result<void>> open_and_read(SocketId id);
  asio::awaitable<Result<std::shared_ptr<SocketConnection>>> open(SocketId id);
  asio::awaitable<Result<void>> read_until_end(SocketId id, std::shared_ptr<SocketConnection> connection);
  asio::awaitable<void> write(std::shared_ptr<SocketConnection> connection);
  asio::awaitable<void> say_farewell(std::shared_ptr<SocketConnection> connection);
  asio::awaitable<void> back_off(Duration wait);
  asio::awaitable<void> take_over(SocketId id, Envelope envelope);
  Result<void> on_event(SocketId id, WebsocketEvent event);
  void on_message(SocketId id, const std::string& text);
  void on_loss(SocketId id, const Error& error);
  void obey(const SocketActions& actions);
  void obey_one(const SocketAction& action);

  asio::any_io_executor executor_;
  WebApi& api_;
  Clock& clock_;
  SocketModeOptions options_;
  net::Backoff backoff_;
  SocketFsm fsm_;
  Signal changed_;
  EnvelopeSink sink_;
  std::map<SocketId, std::shared_ptr<SocketConnection>> connections_;
  std::map<SocketId, bool> refused_;
  std::string why_stopped_;
  MonoTime last_frame_{};
  std::uint64_t hellos_ = 0;
  bool ending_ = false;
  bool ended_ = false;
  TaskGroup tasks_;
};

asio::awaitable<Result<void>> SocketModeClient::run(EnvelopeSink sink) {
  sink_ = std::move(sink);
  // In a coroutine thread of its own: joining the tasks has to switch cancellation off, which must not leak to the caller.
  auto task = asio::co_spawn(executor_, keep_open(), asio::use_awaitable);
  co_return co_await std::move(task);
}

asio::awaitable<Result<void>> SocketModeClient::keep_open() {
  co_await asio::this_coro::throw_if_cancelled(false);
  obey(fsm_.start());
  co_await watch_deadlines();
  const bool refused = fsm_.stopped();
  ending_ = true;
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  for (const auto& [id, connection] : connections_) connection->close();
  co_await tasks_.join();
  connections_.clear();
  ended_ = true;
  if (refused) co_return Error{ErrorKind::Denied, "Socket Mode ended: " + why_stopped_};
  co_return Error{ErrorKind::Cancelled, "Socket Mode was stopped"};
}

/// Until the state machine stops or we are cancelled.
asio::awaitable<void> SocketModeClient::watch_deadlines() {
  while (!fsm_.stopped()) {
    const auto wake_at = fsm_.next_deadline().value_or(clock_.mono_now() + kIdleTick);
    auto woken = co_await changed_.wait_until(clock_, wake_at);
    if (!woken) co_return;
    obey(fsm_.tick(clock_.mono_now()));
  }
}

asio::awaitable<void> SocketModeClient::serve(SocketId id) {
  auto ended = co_await open_and_read(id);
  if (const auto found = connections_.find(id); found != connections_.end()) {
    found->second->close();
    connections_.erase(found);
  }
  if (!ended && !ending_) on_loss(id, ended.error());
}

asio::awaitable<Result<void>> SocketModeClient::open_and_read(SocketId id) {
  CO_TRY(auto connection, co_await open(id));
  if (!fsm_.knows(id)) {
    connection->close();
    co_return Error{ErrorKind::Unavailable, "no longer needed"};
  }
  connections_[id] = connection;
  tasks_.spawn("slack socket writer", write(connection));
  obey(fsm_.connected(id, clock_.mono_now()));
  changed_.notify();
  co_return co_await read_until_end(id, std::move(connection));
}

asio::awaitable<Result<std::shared_ptr<SocketConnection>>> SocketModeClient::open(SocketId id) {
  auto address = co_await api_.open_connection();
  if (!address) {
    refused_[id] = address.error().kind == ErrorKind::Denied;
    co_return std::move(address).error();
  }
  auto url = net::parse_url(*address);
  if (!url) co_return Error{ErrorKind::Corrupt, "Slack's websocket address can't be read"};
  if (!url->secure() && !net::is_loopback(*url)) co_return Error{ErrorKind::InvalidInput, "Slack's websocket address is not encrypted (ws:)"};
  log_info("slack", fmt::format("socket {}: connecting to {}", id, url->authority()));
  auto codec = WebsocketCodec::create_client(url->scheme + "://" + url->authority() + url->target, options_.max_message_bytes);
  auto target = *url;
  auto tls = options_.tls;
  auto stream = co_await net::connect(clock_, std::move(target), std::move(tls), clock_.mono_now() + options_.connect_within);
  if (!stream) co_return wrap("connecting to " + url->authority(), std::move(stream).error());
  co_return std::make_shared<SocketConnection>(executor_, std::move(*stream), std::move(codec));
}

asio::awaitable<Result<void>> SocketModeClient::read_until_end(SocketId id, std::shared_ptr<SocketConnection> connection) {
  while (true) {
    CO_TRY(auto events, co_await connection->read());
    last_frame_ = clock_.mono_now();
    obey(fsm_.frame(id, last_frame_));
    for (auto& event : events) CO_CHECK_OK(on_event(id, std::move(event)));
  }
}

asio::awaitable<void> SocketModeClient::write(std::shared_ptr<SocketConnection> connection) { co_await connection->write_all(); }

/// An error ends the connection.
Result<void> SocketModeClient::on_event(SocketId id, WebsocketEvent event) {
  switch (event.kind) {
    case WebsocketEvent::Kind::Text: on_message(id, event.data); break;
    case WebsocketEvent::Kind::Binary: log_warn("slack", fmt::format("socket {}: a binary message was ignored", id)); break;
    case WebsocketEvent::Kind::Opened:
    case WebsocketEvent::Kind::Ping:
    case WebsocketEvent::Kind::Pong: break;
    case WebsocketEvent::Kind::Closed: {
      const auto reason = ellipsize(without_control_characters(event.data), 100);
      return Error{ErrorKind::Unavailable, fmt::format("Slack closed the connection (code {}{}{})", event.close_code, reason.empty() ? "" : ": ", reason)};
    }
    case WebsocketEvent::Kind::Failed: return Error{ErrorKind::Unavailable, std::move(event.data)};
  }
  return Result<void>{};
}

void SocketModeClient::on_message(SocketId id, const std::string& text) {
  const auto now = clock_.mono_now();
  auto message = parse_socket_message(text);
  if (auto* envelope = std::get_if<Envelope>(&message)) {
    if (fsm_.stopped()) return;
    tasks_.spawn("slack envelope", take_over(id, std::move(*envelope)));
  } else if (const auto* hello = std::get_if<Hello>(&message)) {
    log_info("slack", fmt::format("socket {}: hello{}{}", id, hello->host.empty() ? "" : " from ", without_control_characters(hello->host)));
    ++hellos_;
    obey(fsm_.hello(id, now));
    changed_.notify();
  } else if (const auto* disconnect = std::get_if<Disconnect>(&message)) {
    log_info("slack", fmt::format("socket {}: Slack announces a disconnect ({})", id, ellipsize(without_control_characters(disconnect->reason), 60)));
    obey(fsm_.disconnect(id, disconnect->reason, now));
    changed_.notify();
  } else {
    log_warn("slack", fmt::format("socket {}: ignored {}", id, std::get<Ignored>(message).why));
  }
}

/// Its own coroutine, so that a slow sink delays no other envelope.
asio::awaitable<void> SocketModeClient::take_over(SocketId id, Envelope envelope) {
  const auto envelope_id = envelope.envelope_id;
  const bool accepts_payload = envelope.accepts_response_payload;
  auto stored = co_await sink_(std::move(envelope));
  if (!stored) {
    log_warn("slack", "an envelope was not stored and is not acknowledged, Slack will repeat events: " + stored.error().message);
    co_return;
  }
  JsonPtr payload;
  if (accepts_payload) payload = *stored;
  obey(fsm_.stored(id, ack_text(envelope_id, payload)));
}

void SocketModeClient::on_loss(SocketId id, const Error& error) {
  const bool refused = refused_[id];
  refused_.erase(id);
  if (fsm_.knows(id)) log_warn("slack", fmt::format("socket {}: lost: {}", id, error.message));
  obey(fsm_.lost(id, clock_.mono_now(), refused, error.message));
  changed_.notify();
}

void SocketModeClient::obey(const SocketActions& actions) {
  if (ending_) return;
  for (const auto& action : actions) obey_one(action);
}

void SocketModeClient::obey_one(const SocketAction& action) {
  const auto found = connections_.find(action.socket);
  const auto connection = found == connections_.end() ? nullptr : found->second;
  switch (action.kind) {
    case SocketAction::Kind::Open: tasks_.spawn("slack socket", serve(action.socket)); break;
    case SocketAction::Kind::Ack:
      if (connection) connection->send_text(action.text);
      break;
    case SocketAction::Kind::Ping:
      if (connection) connection->send_ping(fmt::format("driftwarden {}", action.socket));
      break;
    case SocketAction::Kind::Close:
      log_info("slack", fmt::format("socket {}: closing: {}", action.socket, without_control_characters(action.text)));
      if (connection) tasks_.spawn("slack farewell", say_farewell(connection));
      break;
    case SocketAction::Kind::BackOff: {
      if (action.failures == 0) backoff_.reset();
      const auto wait = backoff_.next();
      log_info("slack", fmt::format("next socket in {} ms", wait.count()));
      tasks_.spawn("slack back-off", back_off(wait));
      break;
    }
    case SocketAction::Kind::Stop:
      log_error("slack", action.text);
      why_stopped_ = action.text;
      changed_.notify();
      break;
  }
}

asio::awaitable<void> SocketModeClient::say_farewell(std::shared_ptr<SocketConnection> connection) {
  connection->send_close("");
  auto slept = co_await clock_.sleep_for(kFarewell);
  if (slept) connection->close();
}

asio::awaitable<void> SocketModeClient::back_off(Duration wait) {
  auto slept = co_await clock_.sleep_for(wait);
  if (!slept) co_return;
  obey(fsm_.retry_due());
  changed_.notify();
}

SocketState SocketModeClient::state() const {
  if (fsm_.disabled()) return SocketState::Disabled;
  if (ended_ || fsm_.stopped()) return SocketState::Stopped;
  return fsm_.connected() ? SocketState::Connected : SocketState::Connecting;
}

}  // namespace

std::unique_ptr<SocketMode> create_socket_mode(asio::any_io_executor executor, WebApi& api, Clock& clock, Random& random, SocketModeOptions options) {
  return std::make_unique<SocketModeClient>(std::move(executor), api, clock, random, std::move(options));
}

}  // namespace driftwarden::slack
