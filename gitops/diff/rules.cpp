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

/// The rule that explains a finding, or "".
std::string_view explained_by(const Pair& pair, const Finding& finding) {
  const auto& path = finding.path;
  // Encrypted in Git: without the key only names can be compared.
  if (finding.op == FieldOp::Changed && is_encrypted(*pair.desired) && finding.desired != nullptr && finding.desired->is_string()) return "encrypted";
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

bool covers_below(const PathPattern& pattern, Path& path, const json& value) {
  if (pattern.covers(path)) return true;
  if (!value.is_object() || value.empty() || !pattern.may_cover_below(path)) return false;
  for (auto it = value.begin(); it != value.end(); ++it) {
    PathStep step;
    step.name = it.key();
    path.push_back(std::move(step));
    const bool covered = covers_below(pattern, path, *it);
    path.pop_back();
    if (!covered) return false;
  }
  return true;
}

/// The pattern covers the finding, or all that an added or removed value consists of.
bool covers(const PathPattern& pattern, const Finding& finding) {
  if (pattern.covers(finding.path)) return true;
  const auto* value = finding.op == FieldOp::Removed ? finding.desired : finding.live;
  if (finding.op == FieldOp::Changed || finding.op == FieldOp::Order || value == nullptr) return false;
  auto path = finding.path;
  return covers_below(pattern, path, *value);
}

bool object_matches(const IgnoreRule::Match& match, const Pair& pair, const ObjectRef& ref) {
  return glob_match(match.group, pair.group) && glob_match(match.kind, pair.kind) && glob_match(match.namespace_, ref.namespace_) &&
         glob_match(match.name, ref.name);
}

bool managers_match(const IgnoreRule& rule, const Finding& finding) {
  if (rule.managers.empty()) return true;
  const auto& others = finding.owners.others;
  const auto matches = [&](const ManagedEntry* entry) {
    return std::any_of(rule.managers.begin(), rule.managers.end(), [&](const std::string& glob) { return glob_match(glob, entry->manager); });
  };
  return !others.empty() && std::all_of(others.begin(), others.end(), matches);
}

bool rule_covers(const IgnoreRule& rule, const Finding& finding) {
  if (!rule.ops.empty() && std::find(rule.ops.begin(), rule.ops.end(), to_string(finding.op)) == rule.ops.end()) return false;
  if (!managers_match(rule, finding)) return false;
  return std::any_of(rule.paths.begin(), rule.paths.end(), [&](const std::string& text) {
    const auto pattern = PathPattern::parse(text);
    return pattern && covers(*pattern, finding);
  });
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

void apply_ignore_rules(const Pair& pair, const CompareContext& context, Findings& findings) {
  if (findings.fields.empty()) return;
  auto rules = context.ignore;
  if (const auto own = annotation(*pair.desired, "driftwarden.io/ignore"); !own.empty()) {
    IgnoreRule rule;
    rule.paths = split_patterns(own);
    rules.push_back(std::move(rule));
  }
  const auto ref = ref_of(*pair.desired);
  for (const auto& rule : rules) {
    if (!object_matches(rule.match, pair, ref)) continue;
    const bool expired = rule.until && context.now >= *rule.until;
    const auto covered = [&](const Finding& finding) { return rule_covers(rule, finding); };
    if (expired) {
      if (std::any_of(findings.fields.begin(), findings.fields.end(), covered)) findings.notes.insert("ignore-rule-expired");
    } else if (std::erase_if(findings.fields, covered) > 0) {
      findings.notes.insert("ignored-by-rule");
    }
  }
}

}  // namespace driftwarden
