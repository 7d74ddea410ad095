#pragma once
// YAML and JSON as Kubernetes reads them, and what identifies an object.
#include "gitops/base/result.hpp"
#include "gitops/model/object.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// Objects are shared and never changed in place.
using JsonPtr = std::shared_ptr<const nlohmann::json>;

/// One object of Desired.
struct Manifest {
  ObjectRef ref;
  JsonPtr body;
  std::string file;  ///< path inside the App's tree, "" when unknown
  int line = 0;      ///< of the document's first line
};

struct ParseLimits {
  std::size_t max_bytes = 8U << 20U;
  std::size_t max_nodes = 1'000'000;  ///< after aliases are followed: what an alias bomb runs into
  std::size_t max_depth = 128;
};

/// Every document of a YAML (or JSON) text as JSON values, scalars as sigs.k8s.io/yaml resolves them (drift.md fact 13). Empty
/// documents are skipped. Errors say "file:line:column: what".
Result<std::vector<nlohmann::json>> parse_yaml(std::string_view text, const std::string& file, const ParseLimits& limits = {});

/// The objects of a text: documents, `kind: List` folded. An object needs apiVersion, kind and metadata.name (generateName and Helm
/// hooks are refused or skipped as drift.md says).
Result<std::vector<Manifest>> parse_manifests(std::string_view text, const std::string& file, const ParseLimits& limits = {});

/// Empty group, kind or name where the object lacks them.
ObjectRef ref_of(const nlohmann::json& object);

/// Kinds that have no namespace, as far as built-in kinds go. A cluster's discovery knows better (KindScope).
bool is_cluster_scoped(const GroupKind& kind);

/// Namespaces and CRDs first, then configuration, then workloads, then webhooks; stable within a rank. Deletion is the reverse.
void sort_for_apply(std::vector<Manifest>& manifests);

/// YAML text of an object, keys in Kubernetes' customary order (apiVersion, kind, metadata, spec...). Secret data are redacted.
std::string to_yaml(const nlohmann::json& object);

/// Replaces Secret values (data, stringData, last-applied) and values of sensitive env vars and ConfigMap keys by `hmac:<10 hex>` (drift.md section 6).
class Redactor {
 public:
  /// `key` is the installation's; equal values look equal and can't be guessed offline.
  explicit Redactor(std::string key) : key_(std::move(key)) {}
  std::string digest(std::string_view value) const;
  nlohmann::json redact(const nlohmann::json& object) const;
  static bool is_sensitive_name(std::string_view name);

 private:
  std::string key_;
};

}  // namespace driftwarden
