#pragma once
// Inside of net: idle keep-alive connections, newest first.
#include "gitops/base/clock.hpp"
#include "integrations/net/transport.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace driftwarden::net {

class ConnectionPool {
 public:
  ConnectionPool(Clock& clock, std::size_t max_idle_per_host, Duration idle_for)
      : clock_(clock), max_idle_per_host_(max_idle_per_host), idle_for_(idle_for) {}

  /// A living idle connection to `key`, or null.
  std::shared_ptr<Transport> take(const std::string& key);
  void put(const std::string& key, std::shared_ptr<Transport> transport);

 private:
  struct Idle {
    std::shared_ptr<Transport> transport;
    MonoTime since;
  };
  void drop_expired();

  Clock& clock_;
  std::size_t max_idle_per_host_;
  Duration idle_for_;
  std::map<std::string, std::deque<Idle>> idle_;
};

}  // namespace driftwarden::net
