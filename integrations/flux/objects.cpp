#include "integrations/flux/objects.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "integrations/flux/reading.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::flux {

using nlohmann::json;

namespace {

constexpr std::string_view kSourceGroup = "source.toolkit.fluxcd.io";
constexpr std::string_view kHelmGroup = "helm.toolkit.fluxcd.io";
constexpr const char* kRequestedAt = "reconcile.fluxcd.io/requestedAt";
constexpr std::size_t kReleaseNameMax = 53;  // Helm's
constexpr std::size_t kReleaseNameKept = 40;
constexpr std::size_t kReleaseNameDigest = 12;
constexpr std::size_t kMessageMax = 500;

bool is_commit(std::string_view text) {
  const bool hex = std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return hex && (text.size() == 40 || text.size() == 64);
}

/// Helm takes no longer one, so Flux cuts it and keeps it apart from others by a digest.
std::string release_name(const json& spec, const ObjectRef& ref) {
  auto name = text_at(spec, "releaseName");
  if (!name.empty()) return name;
  const auto target = text_at(spec, "targetNamespace");
  name = target.empty() ? ref.name : target + "-" + ref.name;
  if (name.size() <= kReleaseNameMax) return name;
  return name.substr(0, kReleaseNameKept) + "-" + sha256_hex(name).substr(0, kReleaseNameDigest);
}

bool leaves_crds(const json& spec) {
  const auto install = text_at(object_at(spec, "install"), "crds");
  const auto upgrade = text_at(object_at(spec, "upgrade"), "crds");
  return install == "Skip" || (upgrade != "Create" && upgrade != "CreateReplace");
}

void read_chart(HelmRelease& out, const json& spec) {
  const auto& chart = object_at(object_at(spec, "chart"), "spec");
  if (chart.empty()) {
    out.chart_source = source_ref_of(object_at(spec, "chartRef"), out.ref.namespace_);
    return;
  }
  out.chart_source = source_ref_of(object_at(chart, "sourceRef"), out.ref.namespace_);
  out.chart = text_at(chart, "chart");
  out.version = text_at(chart, "version");
  out.by_revision = text_at(chart, "reconcileStrategy") == "Revision";
  out.value_files = list_at(chart, "valuesFiles");
  if (const auto single = text_at(chart, "valuesFile"); !single.empty()) out.value_files.push_back(single);
}

}  // namespace

Result<GitRepository> parse_git_repository(const json& object) {
  GitRepository out;
  TRY(out.ref, ref_of(object, kSourceGroup, "GitRepository"));
  const auto& spec = object_at(object, "spec");
  out.url = text_at(spec, "url");
  const auto& ref = object_at(spec, "ref");
  out.branch = text_at(ref, "branch");
  out.tag = text_at(ref, "tag");
  out.semver = text_at(ref, "semver");
  out.ref_name = text_at(ref, "name");
  out.commit = text_at(ref, "commit");
  out.suspended = flag_at(spec, "suspend");
  if (has(spec, "include")) out.unsupported.emplace_back("include");
  // What it leaves out Flux doesn't see, so it would deploy less than is rendered here.
  if (!trim(text_at(spec, "ignore")).empty()) out.unsupported.emplace_back("ignore");
  const auto& status = object_at(object, "status");
  const auto revision = text_at(object_at(status, "artifact"), "revision");
  out.revision = commit_of(revision);
  out.updated = text_at(object_at(status, "artifact"), "lastUpdateTime");
  if (const auto at = revision.rfind('@'); at != std::string::npos) out.resolved = revision.substr(0, at);
  const auto condition = condition_of(object);
  out.ready = condition.ready;
  out.failed = condition.failed || condition.stalled;
  out.message = ellipsize(without_control_characters(condition.message), kMessageMax);
  out.handled = text_at(status, "lastHandledReconcileAt");
  return out;
}

Result<HelmRelease> parse_helm_release(const json& object) {
  HelmRelease out;
  TRY(out.ref, ref_of(object, kHelmGroup, "HelmRelease"));
  out.labels = texts_at(object_at(object, "metadata"), "labels");
  const auto& spec = object_at(object, "spec");
  read_chart(out, spec);
  if (has(spec, "values")) out.values = dumped(object_at(spec, "values"));
  for (const char* key : {"valuesFrom", "postRenderers"}) {
    if (has(spec, key)) out.unsupported.emplace_back(key);
  }
  out.kube_config = kube_config_of(spec);
  out.release_name = release_name(spec, out.ref);
  out.target_namespace = text_at(spec, "targetNamespace");
  out.suspended = flag_at(spec, "suspend");
  out.skip_crds = leaves_crds(spec);
  out.common_labels = texts_at(object_at(spec, "commonMetadata"), "labels");
  out.common_annotations = texts_at(object_at(spec, "commonMetadata"), "annotations");
  out.drift_detection = text_at(object_at(spec, "driftDetection"), "mode");
  const auto& status = object_at(object, "status");
  out.attempted_revision = text_at(status, "lastAttemptedRevision");
  out.condition = condition_of(object);
  out.condition.message = ellipsize(without_control_characters(out.condition.message), kMessageMax);
  out.handled = text_at(status, "lastHandledReconcileAt");
  return out;
}

Result<HelmChart> parse_helm_chart(const json& object) {
  HelmChart out;
  TRY(out.ref, ref_of(object, kSourceGroup, "HelmChart"));
  const auto& status = object_at(object, "status");
  out.built_from = commit_of(text_at(status, "observedSourceArtifactRevision"));
  out.version = text_at(object_at(status, "artifact"), "revision");
  out.updated = text_at(object_at(status, "artifact"), "lastUpdateTime");
  out.condition = condition_of(object);
  out.condition.message = ellipsize(without_control_characters(out.condition.message), kMessageMax);
  return out;
}

std::string commit_of(const std::string& revision) {
  auto digest = std::string_view(revision);
  if (const auto at = digest.rfind('@'); at != std::string_view::npos) digest.remove_prefix(at + 1);
  if (const auto colon = digest.rfind(':'); colon != std::string_view::npos) {
    digest.remove_prefix(colon + 1);
  } else if (const auto slash = digest.rfind('/'); slash != std::string_view::npos) {
    digest.remove_prefix(slash + 1);
  }
  return is_commit(digest) ? std::string(digest) : std::string();
}

std::optional<ObjectRef> inventory_object(const std::string& id, const std::string& version) {
  const auto first = id.find('_');
  const auto last = id.rfind('_');
  if (first == std::string::npos || last <= first + 1) return std::nullopt;
  const auto before_group = id.rfind('_', last - 1);
  if (before_group == std::string::npos || before_group <= first) return std::nullopt;
  ObjectRef ref;
  ref.namespace_ = id.substr(0, first);
  ref.name = id.substr(first + 1, before_group - first - 1);
  ref.group = id.substr(before_group + 1, last - before_group - 1);
  ref.kind = id.substr(last + 1);
  ref.version = version;
  if (ref.group == "rbac.authorization.k8s.io") {
    for (auto at = ref.name.find("__"); at != std::string::npos; at = ref.name.find("__", at + 1)) ref.name.replace(at, 2, ":");
  }
  if (ref.name.empty() || ref.kind.empty()) return std::nullopt;
  return ref;
}

json reconcile_patch(const json& object, const std::string& token, bool force) {
  const auto& metadata = object_at(object, "metadata");
  json patch = json::array();
  if (const auto version = text_at(metadata, "resourceVersion"); !version.empty()) {
    patch.push_back({{"op", "test"}, {"path", "/metadata/resourceVersion"}, {"value", version}});
  }
  const auto annotations = metadata.find("annotations");
  if (annotations == metadata.end() || !annotations->is_object()) {
    patch.push_back({{"op", "add"}, {"path", "/metadata/annotations"}, {"value", json::object()}});
  }
  if (force) patch.push_back({{"op", "add"}, {"path", "/metadata/annotations/reconcile.fluxcd.io~1forceAt"}, {"value", token}});
  patch.push_back({{"op", "add"}, {"path", "/metadata/annotations/reconcile.fluxcd.io~1requestedAt"}, {"value", token}});
  return patch;
}

std::string requested_of(const json& object) { return text_at(object_at(object_at(object, "metadata"), "annotations"), kRequestedAt); }

std::optional<Suspender> suspender_of(const json& object) {
  std::optional<Suspender> last;
  for (const auto& entry : array_at(object_at(object, "metadata"), "managedFields")) {
    const auto& spec = object_at(object_at(entry, "fieldsV1"), "f:spec");
    if (!spec.contains("f:suspend")) continue;
    Suspender one{.manager = text_at(entry, "manager"), .time = text_at(entry, "time")};
    if (!last || one.time >= last->time) last = std::move(one);
  }
  return last;
}

}  // namespace driftwarden::flux
