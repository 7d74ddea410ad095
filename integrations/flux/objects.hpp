#pragma once
// Flux's Kustomization, HelmRelease and their sources as values. Pure. Facts: reference/forges-and-gitops.md section 6.
#include "gitops/base/result.hpp"
#include "gitops/model/object.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::flux {

struct SourceRef {
  std::string kind{};  ///< GitRepository, OCIRepository, Bucket, HelmRepository, HelmChart
  std::string namespace_{};
  std::string name{};
  auto operator<=>(const SourceRef&) const = default;
};

struct GitRepository {
  ObjectRef ref;
  std::string url{};
  std::string branch{};
  std::string tag{};
  std::string semver{};
  std::string ref_name{};
  std::string commit{};
  bool suspended = false;
  std::string revision{};  ///< the commit of status.artifact
  bool ready = false;
  std::string message{};
  std::string resolved{};                  ///< what status.artifact names before the commit: "main", "v1.2.3"
  bool failed = false;                     ///< Ready is False, or Stalled
  std::string handled{};                   ///< status.lastHandledReconcileAt
  std::vector<std::string> unsupported{};  ///< "include", "ignore"
  std::string updated{};                   ///< when status.artifact was made, RFC 3339
};

/// Ready, Reconciling, Stalled; `ready` only where it speaks of this generation.
struct Condition {
  bool ready = false;
  bool reconciling = false;
  bool stalled = false;
  std::string message{};
  bool failed = false;   ///< Ready is False and speaks of this generation
  std::string reason{};  ///< of Ready: "DependencyNotReady", "HealthCheckFailed"
};

struct Kustomization {
  ObjectRef ref;
  std::map<std::string, std::string> labels{};
  SourceRef source{};
  std::string path{};  ///< without "./"
  bool suspended = false;
  bool prune = false;
  std::string target_namespace{};
  std::string name_prefix{};
  std::string name_suffix{};
  std::map<std::string, std::string> common_labels{};
  std::map<std::string, std::string> common_annotations{};
  std::vector<std::string> images{};  ///< in the form of KustomizeOverlay::images
  std::vector<std::string> components{};
  std::vector<std::string> patches{};  ///< JSON texts
  std::optional<std::map<std::string, std::string>> substitute{};
  std::vector<std::string> unsupported{};  ///< "postBuild.substituteFrom", "kubeConfig", "decryption", ...
  std::string kube_config{};               ///< secret with another cluster's kubeconfig, ""
  std::string applied_revision{};          ///< commit
  std::string attempted_revision{};
  std::vector<ObjectRef> inventory{};
  Condition condition{};
  std::string handled{};  ///< status.lastHandledReconcileAt
};

struct HelmRelease {
  ObjectRef ref;
  std::map<std::string, std::string> labels{};
  SourceRef chart_source{};  ///< spec.chart.spec.sourceRef or spec.chartRef
  std::string chart{};       ///< a path in a GitRepository, a name in a HelmRepository
  std::string version{};
  bool by_revision = false;  ///< reconcileStrategy: Revision; else a chart is packed anew only when its version moves
  std::vector<std::string> value_files{};
  std::string values{};                    ///< YAML
  std::vector<std::string> unsupported{};  ///< "valuesFrom", "postRenderers", "kubeConfig"
  std::string release_name{};              ///< settled: spec.releaseName or its default
  std::string target_namespace{};
  bool suspended = false;
  std::string drift_detection{};  ///< enabled, warn, disabled, ""
  std::string attempted_revision{};
  Condition condition{};
  std::string handled{};
  bool skip_crds = false;  ///< an upgrade leaves them as they are
  std::map<std::string, std::string> common_labels{};
  std::map<std::string, std::string> common_annotations{};
  std::string kube_config{};  ///< secret with another cluster's kubeconfig, ""
};

/// The HelmChart that Flux makes of a HelmRelease: which commit of its source it was built from.
struct HelmChart {
  ObjectRef ref;
  std::string built_from{};  ///< commit
  std::string version{};     ///< of the artifact
  std::string updated{};     ///< when that was made, RFC 3339
  Condition condition{};
};

Result<GitRepository> parse_git_repository(const nlohmann::json& object);
Result<Kustomization> parse_kustomization(const nlohmann::json& object);
Result<HelmRelease> parse_helm_release(const nlohmann::json& object);
Result<HelmChart> parse_helm_chart(const nlohmann::json& object);

/// "NAMESPACE_NAME_GROUP_KIND" of an inventory entry, with its version.
std::optional<ObjectRef> inventory_object(const std::string& id, const std::string& version);
/// "main@sha1:HEX" -> "HEX"; the older "main/HEX" too; "" for what has no commit.
std::string commit_of(const std::string& revision);

/// RFC 6902, tests the resourceVersion: reconcile.fluxcd.io/requestedAt: TOKEN.
/// `force`: of a HelmRelease, one upgrade even where nothing has changed.
nlohmann::json reconcile_patch(const nlohmann::json& object, const std::string& token, bool force = false);
/// What its annotation asks for now, handled or not.
std::string requested_of(const nlohmann::json& object);

/// Who set spec.suspend, by managedFields.
struct Suspender {
  std::string manager{};
  std::string time{};  ///< RFC 3339; when that manager wrote last
};
std::optional<Suspender> suspender_of(const nlohmann::json& object);

}  // namespace driftwarden::flux
