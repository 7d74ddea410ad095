#pragma once
// The server's schemas of the kinds that are looked at.
#include "gitops/diff/schema.hpp"
#include "integrations/kubernetes/api_client.hpp"
#include "integrations/kubernetes/gate.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace driftwarden::kubernetes {

/// From the index /openapi/v3: which of `group_versions` ("api/v1", "apis/apps/v1") are where. The URL holds a hash of the document.
std::map<std::string, std::string> parse_openapi_index(const nlohmann::json& index, const std::set<std::string>& group_versions);

/// Of a document's text, as a small document of its own, the schemas that `kinds` need; without descriptions. A whole one is megabytes, and
/// ten times that as values.
Result<std::shared_ptr<nlohmann::json>> reduce_openapi(std::string_view document, const std::set<std::string>& kinds);

class OpenApi {
 public:
  /// Kinds by group and version ("apis/apps/v1").
  using Wanted = std::map<std::string, std::set<std::string>>;

  OpenApi(asio::any_io_executor executor, ApiClient& api, Duration timeout) : api_(api), timeout_(timeout), gate_(std::move(executor)) {}
  /// Fetches a document only when its hash changed, or when more kinds of it are wanted; the same pointer while nothing did.
  asio::awaitable<Result<std::shared_ptr<const Schemas>>> fetch(Wanted wanted);

 private:
  struct Document {
    std::string url;
    std::set<std::string> kinds;
    std::shared_ptr<const Schemas> schemas;
  };
  class Joined;
  asio::awaitable<Result<std::string>> get(std::string path);
  asio::awaitable<Result<Document>> read(std::string url, std::set<std::string> kinds);

  ApiClient& api_;
  Duration timeout_;
  Gate gate_;
  std::map<std::string, Document> documents_;  ///< by group and version
  std::shared_ptr<const Schemas> schemas_;
};

}  // namespace driftwarden::kubernetes
