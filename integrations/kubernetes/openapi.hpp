#pragma once
// The server's schemas of the kinds that are looked at.
#include "gitops/diff/schema.hpp"
#include "integrations/kubernetes/api_client.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>

namespace driftwarden::kubernetes {

/// From the index /openapi/v3: which of `group_versions` ("api/v1", "apis/apps/v1") are where. The URL holds a hash of the document.
std::map<std::string, std::string> parse_openapi_index(const nlohmann::json& index, const std::set<std::string>& group_versions);

class OpenApi {
 public:
  OpenApi(asio::any_io_executor executor, ApiClient& api, Duration timeout) : api_(api), timeout_(timeout), gate_(std::move(executor)) {}
  /// Fetches documents only when their hash changed.
  asio::awaitable<Result<std::shared_ptr<const Schemas>>> fetch(std::set<std::string> group_versions);

 private:
  asio::awaitable<Result<std::shared_ptr<nlohmann::json>>> get(std::string path);

  ApiClient& api_;
  Duration timeout_;
  Gate gate_;
  std::map<std::string, std::string> urls_;
  std::shared_ptr<const Schemas> schemas_;
};

}  // namespace driftwarden::kubernetes
