#pragma once
// Socket Mode, the server's side: who is connected, what was sent, what was acknowledged.
#include "gitops/base/async.hpp"
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "integrations/net/http_server.hpp"
#include "integrations/sandbox/workspace/workspace_state.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace driftwarden::sandbox::workspace {

/// What came of an interaction: nothing is retried there.
struct Acknowledgement {
  bool acked = false;
  std::string error;  ///< "dispatch_failed" (nobody connected) or "operation_timeout" when not acked
  Json payload;       ///< null when the ack brought none
};

/// An event is sent again when no ack came within three seconds: at once, after one minute, after five. What happened while nobody
/// was connected is sent when somebody connects, within the same schedule.
class SocketHub {
 public:
  SocketHub(asio::any_io_executor executor, Clock& clock, Random& random, WorkspaceFaults& faults, const WorkspaceTimes& times);

  /// Runs one connection to its end. `short_life`: the URL asked for debug_reconnects.
  asio::awaitable<void> serve(std::shared_ptr<net::WebSocket> socket, bool short_life);
  void deliver_event(Json payload);
  asio::awaitable<Acknowledgement> interact(std::string type, Json payload);

  void disconnect(const std::string& reason);
  void drop();
  void half_open();
  bool connected() const { return !links_.empty(); }
  std::size_t connections() const { return links_.size(); }
  const DeliveryStats& stats() const { return stats_; }
  AckLatency ack_latency() const;
  /// Called whenever the first connection opens or the last one ends.
  void on_presence(std::function<void()> callback) { presence_ = std::move(callback); }
  asio::awaitable<void> stop();

 private:
  struct Link {
    std::shared_ptr<net::WebSocket> socket;
    MonoTime opened;
    MonoTime last_frame;
    bool leaving = false;
    bool dead = false;  ///< half-open: it doesn't know yet
  };
  struct Pending {
    explicit Pending(const asio::any_io_executor& executor) : changed(executor) {}
    Signal changed;  ///< acked, or somebody connected
    bool acked = false;
    bool lonely = false;  ///< waits for somebody to connect
    Json payload;
    std::vector<std::string> ids;
  };
  using LinkPtr = std::shared_ptr<Link>;
  using PendingPtr = std::shared_ptr<Pending>;
  struct Flight {
    PendingPtr pending;
    std::optional<MonoTime> sent_at;
  };

  // Links.
  asio::awaitable<void> keep_alive(LinkPtr link, bool short_life);
  asio::awaitable<void> read_all(LinkPtr link);
  asio::awaitable<void> say_goodbye(LinkPtr link, std::string reason, Duration until_close);
  LinkPtr choose();
  void add(const LinkPtr& link);
  void remove(const LinkPtr& link);

  // Deliveries.
  asio::awaitable<void> keep_delivering(Json payload);
  // All false when cancelled: then this object may be gone.
  asio::awaitable<bool> try_once(PendingPtr pending, Json payload, std::size_t attempt);
  asio::awaitable<bool> wait_for_turn(PendingPtr pending, MonoTime until, bool or_somebody);
  asio::awaitable<bool> await_ack(PendingPtr pending);
  asio::awaitable<void> send_envelope(PendingPtr pending, Json envelope);
  asio::awaitable<void> transmit(std::string id, std::string text);
  asio::awaitable<void> transmit_later(std::string id, std::string text, Duration delay);
  Duration lateness();
  void take_frame(const std::string& text);
  void note_latency(std::chrono::microseconds took);
  std::string new_envelope_id();
  void forget(const PendingPtr& pending);

  asio::any_io_executor executor_;
  Clock& clock_;
  Random& random_;
  WorkspaceFaults& faults_;
  const WorkspaceTimes& times_;
  std::list<LinkPtr> links_;
  std::map<std::string, Flight> flights_;  ///< by each envelope id
  std::list<PendingPtr> waiting_;
  std::size_t turn_ = 0;
  std::function<void()> presence_;
  DeliveryStats stats_;
  std::deque<std::chrono::microseconds> latencies_;  ///< the last ones
  TaskGroup tasks_;
};

}  // namespace driftwarden::sandbox::workspace
