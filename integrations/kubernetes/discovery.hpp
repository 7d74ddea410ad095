#pragma once
// Which kinds a server serves, and where. The parsing half is pure.
#include "gitops/base/clock.hpp"
#include "gitops/drift/live_source.hpp"
#include "integrations/kubernetes/api_client.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace driftwarden::kubernetes {

struct ApiResource {
  WatchedKind kind;
  std::string plural;
  bool namespaced = false;
  std::set<std::string> verbs;
  bool operator==(const ApiResource&) const = default;
};

/// APIGroupDiscoveryList (v2 and v2beta1), of /api or /apis. Versions that the server calls stale are left out.
std::vector<ApiResource> parse_aggregated_discovery(const nlohmann::json& document);
/// APIResourceList of one group and version; subresources are left out.
std::vector<ApiResource> parse_resource_list(const nlohmann::json& document);

/// "/apis/apps/v1/namespaces/shop/deployments/web". An empty namespace or name is left out; names are percent-encoded.
std::string resource_path(const ApiResource& resource, const std::string& namespace_, const std::string& name);
/// "/api/v1" or "/apis/apps/v1".
std::string group_version_path(const std::string& group, const std::string& version);

/// The cached table of one server.
class Discovery {
 public:
  Discovery(asio::any_io_executor executor, Clock& clock, ApiClient& api, Duration timeout);
  /// NotFound when the kind isn't served, as of the last few seconds.
  asio::awaitable<Result<ApiResource>> resolve(WatchedKind kind);
  /// A definition came or went: the next kind that isn't found, or `kind` itself, is asked for again at once.
  void invalidate();
  void forget(const WatchedKind& kind);

 private:
  asio::awaitable<Result<void>> refresh(WatchedKind kind);
  asio::awaitable<Result<bool>> fetch_aggregated();
  asio::awaitable<Result<void>> fetch_group_version(WatchedKind kind);
  void add(std::vector<ApiResource> resources);

  Clock& clock_;
  ApiClient& api_;
  Duration timeout_;
  Gate gate_;
  std::map<WatchedKind, ApiResource> known_;
  std::map<std::string, MonoTime> asked_;  ///< per group and version, or "*" for all at once
  std::optional<bool> aggregated_;
};

}  // namespace driftwarden::kubernetes
