#include "integrations/slack/socket_fsm.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

namespace driftwarden::slack {
namespace {

using Kind = SocketAction::Kind;
constexpr std::size_t kMaxUnsentAcks = 256;

SocketAction action(Kind kind, SocketId socket, std::string text = {}, int failures = 0) {
  SocketAction made;
  made.kind = kind;
  made.socket = socket;
  made.text = std::move(text);
  made.failures = failures;
  return made;
}

void append(SocketActions& to, SocketActions more) { std::ranges::move(more, std::back_inserter(to)); }

}  // namespace

SocketActions SocketFsm::start() { return open(); }

SocketActions SocketFsm::open() {
  const auto id = ++last_id_;
  sockets_[id] = Socket{};
  return {action(Kind::Open, id)};
}

SocketActions SocketFsm::connected(SocketId socket, MonoTime now) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return {};
  found->second = Socket{Phase::Greeting, now, now, now + limits_.ping_every, {}};
  return {};
}

SocketActions SocketFsm::hello(SocketId socket, MonoTime now) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end() || found->second.phase != Phase::Greeting) return {};
  found->second.phase = Phase::Live;
  found->second.last_frame = now;
  for (auto& [id, other] : sockets_) {
    if (id == socket || !usable(other)) continue;
    other.phase = Phase::Draining;
    other.close_by = now + limits_.drain_within;
  }
  SocketActions actions;
  for (auto& ack : std::exchange(unsent_acks_, {})) actions.push_back(action(Kind::Ack, socket, std::move(ack)));
  return actions;
}

SocketActions SocketFsm::frame(SocketId socket, MonoTime now) {
  if (const auto found = sockets_.find(socket); found != sockets_.end()) found->second.last_frame = now;
  return {};
}

SocketActions SocketFsm::disconnect(SocketId socket, const std::string& reason, MonoTime now) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return {};
  if (reason == "link_disabled") {
    disabled_ = true;
    return stop("Slack says Socket Mode is switched off for this app (link_disabled): switch it on in the app's settings, then restart");
  }
  if (reason == "too_many_websockets") {
    // The limit counts all sockets of the app, so ours have to go before another try can succeed.
    const auto gone = found->second;
    auto actions = close_all(reason);
    append(actions, after_loss(gone, now));
    return actions;
  }
  auto& state = found->second;
  if (state.phase == Phase::Retiring || state.phase == Phase::Draining) return {};
  if (state.phase != Phase::Live) {
    auto actions = lost(socket, now);
    actions.insert(actions.begin(), action(Kind::Close, socket, reason));
    return actions;
  }
  state.phase = Phase::Retiring;
  return after_loss(state, now);
}

SocketActions SocketFsm::stored(SocketId socket, std::string ack) {
  if (const auto target = socket_for_ack(socket)) return {action(Kind::Ack, *target, std::move(ack))};
  if (unsent_acks_.size() < kMaxUnsentAcks) unsent_acks_.push_back(std::move(ack));
  return {};
}

/// Slack matches acks by envelope: the socket it came on while that lives, else the newest.
std::optional<SocketId> SocketFsm::socket_for_ack(SocketId came_on) const {
  const auto found = sockets_.find(came_on);
  if (found != sockets_.end() && usable(found->second)) return came_on;
  for (const auto& [id, socket] : std::views::reverse(sockets_)) {
    if (usable(socket)) return id;
  }
  // Python's official client shows that events may come before hello.
  if (found != sockets_.end() && found->second.phase == Phase::Greeting) return came_on;
  return std::nullopt;
}

SocketActions SocketFsm::lost(SocketId socket, MonoTime now, bool refused, const std::string& why) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return {};
  const auto gone = found->second;
  sockets_.erase(found);
  if (refused) return stop(why);
  return after_loss(gone, now);
}

bool SocketFsm::successor_expected() const {
  const auto coming = [](const auto& entry) { return entry.second.phase <= Phase::Live; };
  return backing_off_ || std::ranges::any_of(sockets_, coming);
}

/// `gone` is lost or announced to be: sees to it that another one comes, at once when it was a healthy life's end that was announced.
SocketActions SocketFsm::after_loss(const Socket& gone, MonoTime now) {
  if (stopped_ || successor_expected()) return {};
  const bool was_stable = usable(gone) && now - gone.connected_at >= limits_.stable_after;
  if (was_stable) failures_ = 0;
  if (was_stable && gone.phase == Phase::Retiring && std::ranges::any_of(sockets_, [](const auto& e) { return usable(e.second); })) return open();
  backing_off_ = true;
  return {action(Kind::BackOff, 0, {}, failures_++)};
}

SocketActions SocketFsm::retry_due() {
  backing_off_ = false;
  if (stopped_ || successor_expected()) return {};
  return open();
}

SocketActions SocketFsm::tick(MonoTime now) {
  SocketActions actions;
  std::vector<std::pair<SocketId, Socket>> dead;
  for (auto& [id, socket] : sockets_) {
    if (auto why = overdue(socket, now); !why.empty()) {
      actions.push_back(action(Kind::Close, id, std::move(why)));
      dead.emplace_back(id, socket);
    } else if (usable(socket) && socket.next_ping <= now) {
      actions.push_back(action(Kind::Ping, id));
      socket.next_ping = now + limits_.ping_every;
    }
  }
  for (const auto& [id, socket] : dead) sockets_.erase(id);
  for (const auto& [id, socket] : dead) append(actions, after_loss(socket, now));
  return actions;
}

/// Why the socket has to be given up now; empty when it needn't.
std::string SocketFsm::overdue(const Socket& socket, MonoTime now) const {
  if (socket.phase == Phase::Opening) return {};
  if (socket.phase == Phase::Greeting && now >= socket.connected_at + limits_.hello_within) return "no hello in time";
  if (socket.phase == Phase::Draining && now >= socket.close_by) return "its successor has taken over";
  if (now >= socket.last_frame + limits_.silence) return "silence: no frame for " + std::to_string(limits_.silence.count() / 1000) + " s";
  return {};
}

MonoTime SocketFsm::deadline(const Socket& socket) const {
  auto when = socket.last_frame + limits_.silence;
  if (socket.phase == Phase::Greeting) return std::min<MonoTime>(when, socket.connected_at + limits_.hello_within);
  if (socket.phase == Phase::Draining) when = std::min<MonoTime>(when, socket.close_by);
  return std::min<MonoTime>(when, socket.next_ping);
}

std::optional<MonoTime> SocketFsm::next_deadline() const {
  std::optional<MonoTime> next;
  for (const auto& [id, socket] : sockets_) {
    if (socket.phase == Phase::Opening) continue;
    const auto when = deadline(socket);
    if (!next || when < *next) next = when;
  }
  return next;
}

SocketActions SocketFsm::close_all(const std::string& why) {
  SocketActions actions;
  for (const auto& [id, socket] : std::exchange(sockets_, {})) actions.push_back(action(Kind::Close, id, why));
  return actions;
}

SocketActions SocketFsm::stop(std::string why) {
  stopped_ = true;
  auto actions = close_all("stopping");
  actions.push_back(action(Kind::Stop, 0, std::move(why)));
  return actions;
}

bool SocketFsm::connected() const {
  return std::ranges::any_of(sockets_, [](const auto& entry) { return usable(entry.second); });
}

}  // namespace driftwarden::slack
