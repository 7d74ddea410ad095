#pragma once
// What the server does to an object beside storing it: allocation, generation, keeping status and spec apart.
#include "gitops/base/clock.hpp"
#include "integrations/sandbox/cluster/resources.hpp"
#include "integrations/sandbox/cluster/status.hpp"

#include <functional>
#include <set>
#include <string>

namespace driftwarden::sandbox::cluster {

/// Cluster IPs and node ports in use.
class Allocations {
 public:
  void take(const Json& service);
  void free(const Json& service);
  std::string next_address();
  long long next_port();

 private:
  std::set<std::string> addresses_;
  std::set<long long> ports_;
  unsigned last_address_ = 1;
  long long last_port_ = 30'000;
};

void prepare_create(const Resource& resource, Json& object, Allocations& allocations, const std::string& uid, WallTime now);
/// `subresource` "status" keeps everything but the status and metadata, "" keeps the status.
void prepare_update(const Resource& resource, const Json& old, Json& object, const std::string& subresource, Allocations& allocations, WallTime now);
/// A new object of the kind with nothing in it: what a first write is compared with.
Json zero_object(const Resource& resource);

}  // namespace driftwarden::sandbox::cluster
