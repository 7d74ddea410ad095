#include "integrations/net/connection_pool.hpp"

#include <utility>

namespace driftwarden::net {

std::shared_ptr<Transport> ConnectionPool::take(const std::string& key) {
  drop_expired();
  const auto found = idle_.find(key);
  if (found == idle_.end()) return nullptr;
  std::shared_ptr<Transport> living;
  auto& connections = found->second;
  while (!living && !connections.empty()) {
    auto newest = std::move(connections.back().transport);
    connections.pop_back();
    if (newest->looks_alive()) living = std::move(newest);
  }
  if (connections.empty()) idle_.erase(found);
  return living;
}

void ConnectionPool::put(const std::string& key, std::shared_ptr<Transport> transport) {
  drop_expired();
  if (max_idle_per_host_ == 0) return;
  auto& connections = idle_[key];
  connections.push_back(Idle{std::move(transport), clock_.mono_now()});
  if (connections.size() > max_idle_per_host_) connections.pop_front();
}

void ConnectionPool::drop_expired() {
  const auto oldest = clock_.mono_now() - idle_for_;
  for (auto host = idle_.begin(); host != idle_.end();) {
    auto& connections = host->second;
    while (!connections.empty() && connections.front().since < oldest) connections.pop_front();
    host = connections.empty() ? idle_.erase(host) : std::next(host);
  }
}

}  // namespace driftwarden::net
