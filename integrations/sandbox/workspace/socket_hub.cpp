#include "integrations/sandbox/workspace/socket_hub.hpp"

#include <boost/asio/this_coro.hpp>

#include <array>

namespace driftwarden::sandbox::workspace {
namespace {

constexpr std::size_t kMaxSockets = 10;
constexpr Duration kAckWithin{3'000};
constexpr Duration kFirstPing{3'000};
constexpr Duration kPingEvery{10'000};
constexpr Duration kSilenceMax{60'000};
constexpr Duration kWarnedBefore{10'000};
constexpr Duration kRefreshLinger{2'000};
constexpr Duration kLife{18'060'000};
constexpr Duration kShortLife{360'000};
/// The pause before each attempt.
constexpr std::array<Duration, 4> kPauses{Duration{0}, Duration{0}, Duration{60'000}, Duration{300'000}};
constexpr const char* kHost = "applink-sandbox";

}  // namespace

struct SocketHub::Link {
  std::shared_ptr<net::WebSocket> socket;
  MonoTime opened;
  MonoTime last_frame;
  bool leaving = false;
};

struct SocketHub::Pending {
  explicit Pending(const asio::any_io_executor& executor) : changed(executor) {}
  Signal changed;  ///< acked, or somebody connected
  bool acked = false;
  Json payload;
  std::vector<std::string> ids;
};

SocketHub::SocketHub(asio::any_io_executor executor, Clock& clock, Random& random, WorkspaceFaults& faults)
    : executor_(executor), clock_(clock), random_(random), faults_(faults), tasks_(executor) {}

asio::awaitable<void> SocketHub::serve(std::shared_ptr<net::WebSocket> socket, bool short_life) {
  auto link = std::make_shared<Link>(Link{.socket = socket, .opened = clock_.mono_now(), .last_frame = clock_.mono_now()});
  if (links_.size() >= kMaxSockets) {
    co_await say_goodbye(link, "too_many_websockets", Duration{0});
    co_return;
  }
  Json hello{{"type", "hello"},
             {"num_connections", links_.size() + 1},
             {"connection_info", {{"app_id", kAppId}}},
             {"debug_info",
              {{"host", kHost}, {"build_number", 54}, {"approximate_connection_time", std::chrono::duration_cast<std::chrono::seconds>(kLife).count()}}}};
  auto greeted = co_await socket->send_text(hello.dump());
  if (!greeted) co_return;
  add(link);
  TaskGroup children(executor_);
  children.spawn("socket mode pings", keep_alive(link, short_life));
  co_await read_all(link);
  remove(link);
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await children.join();
}

asio::awaitable<void> SocketHub::read_all(LinkPtr link) {
  for (;;) {
    auto message = co_await link->socket->read();
    if (!message || message->kind == net::WebSocketMessage::Kind::Close) co_return;
    link->last_frame = clock_.mono_now();
    if (message->kind == net::WebSocketMessage::Kind::Text) take_frame(message->data);
  }
}

asio::awaitable<void> SocketHub::keep_alive(LinkPtr link, bool short_life) {
  const auto ends = link->opened + (short_life ? kShortLife : kLife);
  auto next = link->opened + kFirstPing;
  for (;;) {
    auto slept = co_await clock_.sleep_until(next);
    if (!slept) co_return;
    next += kPingEvery;
    const auto now = clock_.mono_now();
    if (now - link->last_frame > kSilenceMax) co_return link->socket->abort();
    if (now + kWarnedBefore >= ends && !link->leaving) {
      link->leaving = true;
      tasks_.spawn("socket mode refresh", say_goodbye(link, "warning", kWarnedBefore));
    }
    auto sent = co_await link->socket->send_ping("Ping from applink-sandbox");
    if (!sent) co_return;
  }
}

void SocketHub::add(const LinkPtr& link) {
  links_.push_back(link);
  for (const auto& pending : waiting_) pending->changed.notify();
  if (links_.size() == 1 && presence_) presence_();
}

void SocketHub::remove(const LinkPtr& link) {
  links_.remove(link);
  if (links_.empty() && presence_) presence_();
}

void SocketHub::take_frame(const std::string& text) {
  const auto frame = Json::parse(text, nullptr, false);
  const auto found = pending_.find(string_of(frame, "envelope_id"));
  if (found == pending_.end() || found->second->acked) return;
  const auto pending = found->second;
  pending->acked = true;
  if (frame.contains("payload") && !frame["payload"].empty()) pending->payload = frame["payload"];
  pending->changed.notify();
}

void SocketHub::deliver_event(Json payload) { tasks_.spawn("event delivery", keep_delivering(std::move(payload))); }

asio::awaitable<void> SocketHub::keep_delivering(Json payload) {
  auto pending = std::make_shared<Pending>(executor_);
  waiting_.push_back(pending);
  bool nobody_there = false;
  for (std::size_t attempt = 0; attempt < kPauses.size() && !pending->acked; ++attempt) {
    const bool turn_came = co_await wait_for_turn(pending, kPauses[attempt], nobody_there);
    if (!turn_came) co_return;
    nobody_there = links_.empty();
    if (pending->acked || nobody_there) continue;
    Json envelope{{"envelope_id", new_envelope_id()},
                  {"type", "events_api"},
                  {"accepts_response_payload", false},
                  {"retry_attempt", attempt},
                  {"retry_reason", attempt == 0 ? "" : "timeout"},
                  {"payload", payload}};
    co_await send_envelope(pending, std::move(envelope));
    const bool waited = co_await await_ack(pending);
    if (!waited) co_return;
  }
  forget(pending);
}

asio::awaitable<bool> SocketHub::wait_for_turn(PendingPtr pending, Duration pause, bool somebody_missing) {
  const auto until = clock_.mono_now() + pause;
  while (!pending->acked && clock_.mono_now() < until && !(somebody_missing && connected())) {
    auto woken = co_await pending->changed.wait_until(clock_, until);
    if (!woken) co_return false;
  }
  co_return true;
}

asio::awaitable<bool> SocketHub::await_ack(PendingPtr pending) {
  const auto until = clock_.mono_now() + kAckWithin;
  while (!pending->acked && clock_.mono_now() < until) {
    auto woken = co_await pending->changed.wait_until(clock_, until);
    if (!woken) co_return false;
  }
  co_return true;
}

asio::awaitable<void> SocketHub::send_envelope(PendingPtr pending, Json envelope) {
  const auto id = envelope["envelope_id"].get<std::string>();
  pending->ids.push_back(id);
  pending_[id] = pending;
  if (faults_.drop_next_envelopes > 0) {
    --faults_.drop_next_envelopes;
    co_return;
  }
  int copies = 1;
  if (faults_.duplicate_next_events > 0) {
    --faults_.duplicate_next_events;
    copies = 2;
  }
  const auto text = envelope.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (int i = 0; i < copies; ++i) {
    auto link = choose();
    if (!link) co_return;
    auto sent = co_await link->socket->send_text(text);
    if (!sent) link->leaving = true;
  }
}

asio::awaitable<Acknowledgement> SocketHub::interact(std::string type, Json payload) {
  Acknowledgement result;
  if (!connected()) {
    result.error = "dispatch_failed";
    co_return result;
  }
  auto pending = std::make_shared<Pending>(executor_);
  const bool takes_payload = payload.value("type", "") != "shortcut" && payload.value("type", "") != "message_action";
  Json envelope{{"envelope_id", new_envelope_id()}, {"type", std::move(type)}, {"accepts_response_payload", takes_payload}, {"payload", std::move(payload)}};
  co_await send_envelope(pending, std::move(envelope));
  const bool waited = co_await await_ack(pending);
  if (!waited) co_return result;
  result.acked = pending->acked;
  result.payload = pending->payload;
  if (!result.acked) result.error = "operation_timeout";
  forget(pending);
  co_return result;
}

void SocketHub::forget(const PendingPtr& pending) {
  for (const auto& id : pending->ids) pending_.erase(id);
  waiting_.remove(pending);
}

SocketHub::LinkPtr SocketHub::choose() {
  std::vector<LinkPtr> staying;
  for (const auto& link : links_) {
    if (!link->leaving) staying.push_back(link);
  }
  if (staying.empty()) return links_.empty() ? nullptr : links_.back();
  return staying[turn_++ % staying.size()];
}

std::string SocketHub::new_envelope_id() {
  auto id = random_.hex(32);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) id.insert(at, "-");
  return id;
}

void SocketHub::disconnect(const std::string& reason) {
  const auto until_close = reason == "warning" ? kWarnedBefore : reason == "refresh_requested" ? kRefreshLinger : Duration{0};
  for (const auto& link : links_) {
    link->leaving = true;
    tasks_.spawn("socket mode disconnect", say_goodbye(link, reason, until_close));
  }
}

asio::awaitable<void> SocketHub::say_goodbye(LinkPtr link, std::string reason, Duration until_close) {
  Json goodbye{{"type", "disconnect"}, {"reason", reason}, {"debug_info", {{"host", kHost}}}};
  auto sent = co_await link->socket->send_text(goodbye.dump());
  if (!sent) co_return;
  if (until_close.count() > 0) {
    auto slept = co_await clock_.sleep_for(until_close);
    if (!slept) co_return;
  }
  co_await link->socket->close(1000);
}

void SocketHub::drop() {
  for (const auto& link : links_) link->socket->abort();
}

asio::awaitable<void> SocketHub::stop() {
  drop();
  co_await tasks_.join();
}

}  // namespace driftwarden::sandbox::workspace
