// The hub's envelopes: sent until acknowledged, and spoilt where the faults say so.
#include "integrations/sandbox/workspace/socket_hub.hpp"

#include <algorithm>

namespace driftwarden::sandbox::workspace {
namespace {

constexpr std::size_t kKeptLatencies = 20'000;
constexpr Duration kReorderStep{40};

}  // namespace

void SocketHub::take_frame(const std::string& text) {
  const auto frame = Json::parse(text, nullptr, false);
  const auto found = flights_.find(string_of(frame, "envelope_id"));
  if (found == flights_.end()) return;
  auto& flight = found->second;
  if (const auto sent_at = std::exchange(flight.sent_at, std::nullopt)) {
    ++stats_.acknowledged;
    note_latency(std::chrono::duration_cast<std::chrono::microseconds>(clock_.mono_now() - *sent_at));
  }
  const auto pending = flight.pending;
  if (pending->acked) return;
  pending->acked = true;
  if (frame.contains("payload") && !frame["payload"].empty()) pending->payload = frame["payload"];
  pending->changed.notify();
}

void SocketHub::note_latency(std::chrono::microseconds took) {
  latencies_.push_back(took);
  if (latencies_.size() > kKeptLatencies) latencies_.pop_front();
}

AckLatency SocketHub::ack_latency() const {
  std::vector<std::chrono::microseconds> sorted(latencies_.begin(), latencies_.end());
  if (sorted.empty()) return {};
  std::ranges::sort(sorted);
  return AckLatency{sorted[sorted.size() / 2], sorted[sorted.size() * 99 / 100], sorted.back()};
}

void SocketHub::deliver_event(Json payload) {
  ++stats_.events;
  tasks_.spawn("event delivery", keep_delivering(std::move(payload)));
}

asio::awaitable<void> SocketHub::keep_delivering(Json payload) {
  auto pending = std::make_shared<Pending>(executor_);
  waiting_.push_back(pending);
  bool nobody_there = false;
  for (std::size_t attempt = 0; attempt <= times_.retries.size() && !pending->acked; ++attempt) {
    const auto due = clock_.mono_now() + (attempt == 0 ? Duration{0} : std::min(times_.retries[attempt - 1], faults_.redeliver_within));
    // What nobody was there for goes out as soon as somebody is, besides the schedule.
    if (nobody_there) {
      const bool came = co_await wait_for_turn(pending, due, true);
      if (!came) co_return;
      if (!pending->acked && connected() && clock_.mono_now() < due) {
        const bool tried = co_await try_once(pending, payload, attempt);
        if (!tried) co_return;
      }
    }
    const bool turn_came = co_await wait_for_turn(pending, due, false);
    if (!turn_came) co_return;
    nobody_there = links_.empty();
    if (pending->acked || nobody_there) continue;
    const bool tried = co_await try_once(pending, payload, attempt);
    if (!tried) co_return;
  }
  if (!pending->acked) ++stats_.given_up;
  forget(pending);
}

asio::awaitable<bool> SocketHub::try_once(PendingPtr pending, Json payload, std::size_t attempt) {
  Json envelope{{"envelope_id", new_envelope_id()},
                {"type", "events_api"},
                {"accepts_response_payload", false},
                {"retry_attempt", attempt},
                {"retry_reason", attempt == 0 ? "" : "timeout"},
                {"payload", std::move(payload)}};
  co_await send_envelope(pending, std::move(envelope));
  co_return co_await await_ack(pending);
}

asio::awaitable<bool> SocketHub::wait_for_turn(PendingPtr pending, MonoTime until, bool or_somebody) {
  pending->lonely = or_somebody;
  while (!pending->acked && clock_.mono_now() < until && !(or_somebody && connected())) {
    auto woken = co_await pending->changed.wait_until(clock_, until);
    if (!woken) co_return false;
  }
  co_return true;
}

asio::awaitable<bool> SocketHub::await_ack(PendingPtr pending) {
  const auto until = clock_.mono_now() + times_.ack_within;
  while (!pending->acked && clock_.mono_now() < until) {
    auto woken = co_await pending->changed.wait_until(clock_, until);
    if (!woken) co_return false;
  }
  co_return true;
}

/// How late the next envelope is made to come. Of those to be reordered each is held a little less long than the one before.
Duration SocketHub::lateness() {
  if (faults_.delay_next_envelopes > 0) {
    --faults_.delay_next_envelopes;
    ++stats_.delayed;
    return faults_.envelope_delay;
  }
  if (faults_.reorder_next_events <= 0) return Duration{0};
  ++stats_.reordered;
  return kReorderStep * std::min(faults_.reorder_next_events--, 50);
}

asio::awaitable<void> SocketHub::send_envelope(PendingPtr pending, Json envelope) {
  const auto id = envelope["envelope_id"].get<std::string>();
  pending->ids.push_back(id);
  flights_[id].pending = pending;
  ++stats_.envelopes;
  if (faults_.drop_next_envelopes > 0) {
    --faults_.drop_next_envelopes;
    ++stats_.lost;
    co_return;
  }
  int copies = 1;
  if (faults_.duplicate_next_events > 0) {
    --faults_.duplicate_next_events;
    ++stats_.duplicated;
    copies = 2;
  }
  const auto late = lateness();
  const auto text = envelope.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (int i = 0; i < copies; ++i) {
    if (late.count() > 0)
      tasks_.spawn("late envelope", transmit_later(id, text, late));
    else
      co_await transmit(id, text);
  }
}

asio::awaitable<void> SocketHub::transmit_later(std::string id, std::string text, Duration delay) {
  auto slept = co_await clock_.sleep_for(delay);
  if (slept) co_await transmit(std::move(id), std::move(text));
}

asio::awaitable<void> SocketHub::transmit(std::string id, std::string text) {
  auto link = choose();
  if (!link) co_return;
  if (link->dead) {
    ++stats_.lost;
    co_return;
  }
  if (const auto flight = flights_.find(id); flight != flights_.end() && !flight->second.sent_at) flight->second.sent_at = clock_.mono_now();
  auto sent = co_await link->socket->send_text(std::move(text));
  if (sent) co_return;
  link->leaving = true;
  ++stats_.lost;
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
  for (const auto& id : pending->ids) flights_.erase(id);
  waiting_.remove(pending);
}

std::string SocketHub::new_envelope_id() {
  auto id = random_.hex(32);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) id.insert(at, "-");
  return id;
}

}  // namespace driftwarden::sandbox::workspace
