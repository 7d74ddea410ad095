#pragma once
// Rights as Kubernetes' manifests, and as values of the Helm chart. Pure.
#include "bot/setup/rights.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace driftwarden {

/// Who gets the rights.
struct Subject {
  std::string namespace_ = "driftwarden";
  std::string service_account = "driftwarden";
};

/// The ServiceAccount, a ClusterRole and a Role per namespace for reading (driftwarden-read) and for writing (driftwarden-write), and their bindings.
std::vector<nlohmann::json> rbac_manifests(const ClusterRights& rights, const Subject& subject);

enum class RbacFormat { Yaml, Json, Helm };

struct RbacText {
  RbacFormat format = RbacFormat::Yaml;
  Subject subject{};
  std::string source;  ///< for the first line: where the kinds come from
};
/// Yaml: documents, the clusters one after the other, with the notes as comments. Json: a v1 List; of several clusters an object with one for each.
/// Helm: `rbac:` of the chart's values. InvalidInput for Helm of several clusters: a release is in one.
Result<std::string> rbac_text(const std::vector<ClusterRights>& clusters, const RbacText& how);

}  // namespace driftwarden
