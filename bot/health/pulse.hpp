#pragma once
// Feels the bot's pulse: asks the database how full it is, tells the admins what is stuck for long, and as long as all is well the heartbeat's
// address (`heartbeat.url`), which raises the alarm when it hears nothing.
#include "bot/config/config.hpp"
#include "bot/health/complaints.hpp"
#include "bot/health/vitals.hpp"
#include "bot/outbox/async_store.hpp"
#include "bot/outbox/outbox.hpp"
#include "integrations/net/http_client.hpp"

#include <functional>
#include <optional>
#include <string>

namespace driftwarden {

class Pulse {
 public:
  struct Parts {
    asio::any_io_executor executor;
    Clock* clock = nullptr;
    const Config* config = nullptr;  ///< as it is in force; may be exchanged
    AsyncStore* store = nullptr;
    Outbox* outbox = nullptr;
    net::HttpClient* http = nullptr;
    /// The socket, the clusters and the repositories; of the database only what is known beside questions. The rest is filled in here.
    std::function<void(Vitals& vitals)> look;
  };
  explicit Pulse(Parts parts);
  void start();
  asio::awaitable<void> stop() { co_await tasks_.join(); }

  std::vector<Ailment> ailments() const;
  /// As of the last question; nothing before the first answer.
  const std::optional<storage::StoreFigures>& figures() const { return figures_; }
  /// As of then: those that let something pass.
  std::size_t open_waivers() const { return open_waivers_; }
  std::uint64_t heartbeats() const { return heartbeats_; }
  std::uint64_t failed_heartbeats() const { return failed_heartbeats_; }

 private:
  asio::awaitable<void> ask_database();
  asio::awaitable<void> beat();
  asio::awaitable<void> complain(std::vector<Complaint> complaints);
  asio::awaitable<void> send_heartbeat();
  /// That a row can be written, too.
  asio::awaitable<Result<void>> write_mark();
  void note(const Result<void>& answer);

  Parts parts_;
  WallTime started_;
  Vitals::Database database_;
  std::optional<storage::StoreFigures> figures_;
  std::size_t open_waivers_ = 0;
  Complaints complaints_;
  std::string last_trouble_;  ///< of the heartbeat, so that the log says it once
  std::uint64_t heartbeats_ = 0;
  std::uint64_t failed_heartbeats_ = 0;
  TaskGroup tasks_;
};

/// GET, to be sent without following what it is redirected to.
net::HttpRequest heartbeat_request(const HeartbeatConfig& heartbeat);

}  // namespace driftwarden
