#pragma once
// An instance's place among several: it takes part in the election, and says over HTTP that it waits.
#include "bot/config/config.hpp"
#include "bot/leader/elector.hpp"
#include "integrations/net/http_server.hpp"

#include <functional>
#include <memory>
#include <string>

namespace driftwarden {

/// The host's name and a random part: no two processes have the same.
std::string identity_of(const HaConfig& ha, Random& random);

class Candidacy {
 public:
  /// `config.ha` is given. `environment` as it would load the whole config: the Lease may be in a cluster of another shard. Errors: a kubeconfig that is wrong.
  static Result<std::unique_ptr<Candidacy>> create(asio::any_io_executor executor, Clock& clock, Random& random, const Config& config,
                                                   const std::shared_ptr<const Environment>& environment, std::function<void()> on_change);
  /// From now on it may lead, and HTTP says that it waits. Errors: the port can't be had.
  Result<void> stand_by();
  /// The port is free when it returns.
  asio::awaitable<void> end_standby();
  bool leads() const { return elector_.leads(); }
  std::function<bool()> may_speak() const { return elector_.may_speak(); }
  LeaderFigures figures() const { return elector_.figures(); }
  const std::string& identity() const { return elector_.state().identity; }
  /// Nobody has to wait for the Lease to run out. What was done while leading has ended.
  asio::awaitable<void> release();

 private:
  Candidacy(asio::any_io_executor executor, Clock& clock, const Config& config, Elector::Parts parts);
  net::ServerHandler handler();
  std::string why_not_ready() const;

  asio::any_io_executor executor_;
  Clock& clock_;
  HttpConfig http_;
  Elector elector_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace driftwarden
