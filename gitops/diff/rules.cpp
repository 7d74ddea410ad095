#include "gitops/diff/rules.hpp"

#include "gitops/base/text.hpp"
#include "gitops/diff/deployers.hpp"
#include "gitops/diff/prepare.hpp"
#include "gitops/diff/scalars.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

bool is_field(const Path& path, std::size_t index, std::string_view name) {
  return index < path.size() && path[index].kind == StepKind::Field && path[index].name == name;
}

bool both_text(const FieldFinding& finding) {
  return finding.desired != nullptr && finding.live != nullptr && finding.desired->is_string() && finding.live->is_string();
}

bool is_ciphertext(const json* value) { return value != nullptr && value->is_string() && value->get_ref<const std::string&>().starts_with("ENC["); }

bool is_written_by(const Pair& pair, const FieldFinding& finding, bool (*is_such)(std::string_view)) {
  const PathNode root;
  const auto metadata = root.field(finding.path[0].name);
  const auto map = metadata.field(finding.path[1].name);
  const auto key = map.field(finding.path[2].name);
  return std::any_of(pair.entries.begin(), pair.entries.end(), [&](const ManagedEntry& entry) { return is_such(entry.manager) && reach_of(entry, key) != Reach::None; });
}

/// Git has a value of its own where a deployer puts its name, and it did.
bool is_overwritten_by_deployer(const Pair& pair, const FieldFinding& finding) {
  const auto& path = finding.path;
  if (finding.op != FieldOp::Changed || path.size() != 3 || finding.live == nullptr || !finding.live->is_string()) return false;
  if (!is_field(path, 0, "metadata") || (!is_field(path, 1, "labels") && !is_field(path, 1, "annotations")) || path[2].kind != StepKind::Field) return false;
  if (!finding.owners.applier || !finding.owners.others.empty()) return false;
  switch (tracking_key(path[2].name)) {
    case TrackingKey::None: return false;
    case TrackingKey::Theirs: return true;
    case TrackingKey::OfHelm: return *finding.live == json("Helm") && is_written_by(pair, finding, is_helm_manager);
    case TrackingKey::OfArgo: break;
  }
  // Many charts have that label: only the Application's own name is its mark.
  const auto mark = "argocd " + finding.live->get<std::string>();
  return pair.marks != nullptr && std::find(pair.marks->begin(), pair.marks->end(), mark) != pair.marks->end() && is_written_by(pair, finding, is_argo_manager);
}

/// The rule that explains a finding, or "".
std::string_view explained_by(const Pair& pair, const FieldFinding& finding) {
  const auto& path = finding.path;
  // Encrypted in Git: without the key only names can be compared.
  if (finding.op == FieldOp::Changed && is_encrypted(*pair.desired) && is_ciphertext(finding.desired)) return "encrypted";
  if (finding.op == FieldOp::Changed && path.size() == 2 && is_field(path, 0, "spec") && is_field(path, 1, "replicas")) {
    const auto& others = finding.owners.others;
    const bool scaled =
        std::any_of(others.begin(), others.end(), [](const auto* entry) { return entry->scale && entry->manager_class == ManagerClass::Controller; });
    if (scaled) return "autoscaled";
  }
  if (is_overwritten_by_deployer(pair, finding)) return kDeployerTracking;
  if (pair.is("rbac.authorization.k8s.io", "ClusterRole") && is_field(path, 0, "rules") && pair.desired->contains("aggregationRule")) return "aggregated-rules";
  if (!path.empty() && is_field(path, path.size() - 1, "caBundle") && finding.live != nullptr) {
    if (finding.desired == nullptr || *finding.desired == json("") || *finding.desired == json("Cg==")) return "ca-bundle";
  }
  if (finding.op == FieldOp::Changed && both_text(finding) && finding.owners.only_controllers() && !finding.owners.applier) {
    if (same_quantity(*finding.desired, *finding.live)) return "same-quantity";
    if (same_go_duration(finding.desired->get_ref<const std::string&>(), finding.live->get_ref<const std::string&>())) return "same-duration";
  }
  return {};
}

}  // namespace

bool Pair::rule_is_on(std::string_view rule) const {
  return disabled_rules == nullptr || std::find(disabled_rules->begin(), disabled_rules->end(), rule) == disabled_rules->end();
}

void apply_built_in_rules(const Pair& pair, Findings& findings) {
  std::erase_if(findings.fields, [&](const FieldFinding& finding) {
    const auto rule = explained_by(pair, finding);
    if (rule.empty() || !pair.rule_is_on(rule)) return false;
    findings.notes.emplace(rule);
    return true;
  });
}

}  // namespace driftwarden
