// The hub's connections: hello, pings, farewells, and how they go wrong.
#include "integrations/sandbox/workspace/socket_hub.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace driftwarden::sandbox::workspace {
namespace {

constexpr std::size_t kMaxSockets = 10;
constexpr Duration kLife{18'060'000};
constexpr Duration kShortLife{360'000};
constexpr const char* kHost = "applink-sandbox";

}  // namespace

SocketHub::SocketHub(asio::any_io_executor executor, Clock& clock, Random& random, WorkspaceFaults& faults, const WorkspaceTimes& times)
    : executor_(executor), clock_(clock), random_(random), faults_(faults), times_(times), tasks_(executor) {}

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
    if (link->dead) continue;
    link->last_frame = clock_.mono_now();
    if (message->kind == net::WebSocketMessage::Kind::Text) take_frame(message->data);
  }
}

asio::awaitable<void> SocketHub::keep_alive(LinkPtr link, bool short_life) {
  const auto ends = link->opened + (short_life ? kShortLife : kLife);
  auto next = link->opened + times_.first_ping;
  for (;;) {
    auto slept = co_await clock_.sleep_until(next);
    if (!slept) co_return;
    next += times_.ping_every;
    const auto now = clock_.mono_now();
    if (now - link->last_frame > times_.silence) co_return link->socket->abort();
    if (link->dead) continue;
    if (now + times_.warned_before >= ends && !link->leaving) {
      link->leaving = true;
      tasks_.spawn("socket mode refresh", say_goodbye(link, "warning", times_.warned_before));
    }
    auto sent = co_await link->socket->send_ping("Ping from applink-sandbox");
    if (!sent) co_return;
  }
}

void SocketHub::add(const LinkPtr& link) {
  links_.push_back(link);
  ++stats_.connections;
  for (const auto& pending : waiting_) {
    if (pending->lonely) pending->changed.notify();
  }
  if (links_.size() == 1 && presence_) presence_();
}

void SocketHub::remove(const LinkPtr& link) {
  links_.remove(link);
  if (links_.empty() && presence_) presence_();
}

/// A socket that has no end in sight, each in turn; else the newest.
SocketHub::LinkPtr SocketHub::choose() {
  std::vector<LinkPtr> staying;
  std::ranges::copy_if(links_, std::back_inserter(staying), [](const LinkPtr& link) { return !link->leaving; });
  if (staying.empty()) return links_.empty() ? nullptr : links_.back();
  return staying[turn_++ % staying.size()];
}

void SocketHub::disconnect(const std::string& reason) {
  const auto until_close = reason == "warning" ? times_.warned_before : reason == "refresh_requested" ? times_.refresh_linger : Duration{0};
  ++stats_.disconnects;
  for (const auto& link : links_) {
    link->leaving = true;
    tasks_.spawn("socket mode disconnect", say_goodbye(link, reason, until_close));
  }
}

asio::awaitable<void> SocketHub::say_goodbye(LinkPtr link, std::string reason, Duration until_close) {
  Json goodbye{{"type", "disconnect"}, {"reason", reason}, {"debug_info", {{"host", kHost}}}};
  if (!link->dead) {
    auto sent = co_await link->socket->send_text(goodbye.dump());
    if (!sent) co_return;
  }
  if (until_close.count() > 0) {
    auto slept = co_await clock_.sleep_for(until_close);
    if (!slept) co_return;
  }
  if (link->dead) co_return link->socket->abort();
  co_await link->socket->close(1000);
}

void SocketHub::drop() {
  ++stats_.disconnects;
  for (const auto& link : links_) link->socket->abort();
}

void SocketHub::half_open() {
  ++stats_.disconnects;
  for (const auto& link : links_) {
    link->dead = true;
    link->socket->play_dead();
  }
}

asio::awaitable<void> SocketHub::stop() {
  for (const auto& link : links_) link->socket->abort();
  co_await tasks_.join();
}

}  // namespace driftwarden::sandbox::workspace
