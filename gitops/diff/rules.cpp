#include "gitops/diff/rules.hpp"

#include "gitops/base/text.hpp"
#include "gitops/diff/prepare.hpp"
#include "gitops/diff/scalars.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

bool is_field(const Path& path, std::size_t index, std::string_view name) {
  return index < path.size() && path[index].kind == StepKind::Field && path[index].name == name;
}

bool both_text(const Finding& finding) {
  return finding.desired != nullptr && finding.live != nullptr && finding.desired->is_string() && finding.live->is_string();
}

bool is_ciphertext(const json* value) { return value != nullptr && value->is_string() && value->get_ref<const std::string&>().starts_with("ENC["); }

/// The rule that explains a finding, or "".
std::string_view explained_by(const Pair& pair, const Finding& finding) {
  const auto& path = finding.path;
  // Encrypted in Git: without the key only names can be compared.
  if (finding.op == FieldOp::Changed && is_encrypted(*pair.desired) && is_ciphertext(finding.desired)) return "encrypted";
  if (finding.op == FieldOp::Changed && path.size() == 2 && is_field(path, 0, "spec") && is_field(path, 1, "replicas")) {
    const auto& others = finding.owners.others;
    const bool scaled =
        std::any_of(others.begin(), others.end(), [](const auto* entry) { return entry->scale && entry->manager_class == ManagerClass::Controller; });
    if (scaled) return "autoscaled";
  }
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
  std::erase_if(findings.fields, [&](const Finding& finding) {
    const auto rule = explained_by(pair, finding);
    if (rule.empty() || !pair.rule_is_on(rule)) return false;
    findings.notes.emplace(rule);
    return true;
  });
}

}  // namespace driftwarden
