#pragma once
// What the comparator must know about a kind: list types and keys, quantities, int-or-string, defaults.
#include "gitops/base/result.hpp"
#include "gitops/model/object.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>

namespace driftwarden {

class SchemaNode;

/// Where schemas come from: a cluster's OpenAPI v3 documents, or the built-in table of the common kinds.
class Schemas {
 public:
  virtual ~Schemas() = default;
  /// Null when the kind is not described.
  virtual const SchemaNode* find(const std::string& api_version, const std::string& kind) const = 0;
};

const Schemas& built_in_schemas();
/// Reads `/openapi/v3/...` documents (the server's JSON) from files of a directory; falls back to the built-in table.
Result<std::unique_ptr<Schemas>> load_openapi_directory(const std::string& directory);
/// One document as the server gives it, added to `into` in later versions; used by the cluster client.
Result<std::unique_ptr<Schemas>> schemas_from_openapi(const std::vector<nlohmann::json>& documents);

}  // namespace driftwarden
