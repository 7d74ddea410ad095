#include "gitops/base/text.hpp"
#include "gitops/diff/prepare.hpp"
#include "gitops/diff/rules.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

bool covers_below(const PathPattern& pattern, Path& path, const json& value, const PathRoots& roots) {
  if (pattern.covers(path, roots)) return true;
  if (!value.is_object() || value.empty() || !pattern.may_cover_below(path, roots)) return false;
  for (auto it = value.begin(); it != value.end(); ++it) {
    PathStep step;
    step.name = it.key();
    path.push_back(std::move(step));
    const bool covered = covers_below(pattern, path, *it, roots);
    path.pop_back();
    if (!covered) return false;
  }
  return true;
}

/// The pattern covers the finding, or all that an added or removed value consists of.
bool covers_at(const PathPattern& pattern, Path path, const FieldFinding& finding, const PathRoots& roots) {
  if (pattern.covers(path, roots)) return true;
  const auto* value = finding.op == FieldOp::Removed ? finding.desired : finding.live;
  if (finding.op == FieldOp::Changed || finding.op == FieldOp::Order || value == nullptr) return false;
  return covers_below(pattern, path, *value, roots);
}

bool covers(const PathPattern& pattern, const FieldFinding& finding, const Pair& pair) {
  const PathRoots roots{pair.desired, pair.live};
  if (covers_at(pattern, finding.path, finding, roots)) return true;
  // What Git says under stringData is found under data.
  if (!pair.is("", "Secret") || finding.path.empty() || finding.path[0].name != "data") return false;
  auto as_written = finding.path;
  as_written[0].name = "stringData";
  return covers_at(pattern, std::move(as_written), finding, roots);
}

bool covered_by_any(const std::vector<PathPattern>& patterns, const FieldFinding& finding, const Pair& pair) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const PathPattern& pattern) { return covers(pattern, finding, pair); });
}

bool object_matches(const IgnoreRule::Match& match, const Pair& pair, const ObjectRef& ref) {
  return glob_match(match.group, pair.group) && glob_match(match.kind, pair.kind) && glob_match(match.namespace_, ref.namespace_) &&
         glob_match(match.name, ref.name);
}

bool managers_match(const IgnoreRule& rule, const FieldFinding& finding) {
  if (rule.managers.empty()) return true;
  const auto& others = finding.owners.others;
  const auto matches = [&](const ManagedEntry* entry) {
    return std::any_of(rule.managers.begin(), rule.managers.end(), [&](const std::string& glob) { return glob_match(glob, entry->manager); });
  };
  return !others.empty() && std::all_of(others.begin(), others.end(), matches);
}

/// A rule without paths is about everything that its managers own.
bool rule_covers(const CompiledRule& compiled, const FieldFinding& finding, const Pair& pair) {
  const auto& rule = compiled.rule;
  if (!rule.ops.empty() && std::find(rule.ops.begin(), rule.ops.end(), to_string(finding.op)) == rule.ops.end()) return false;
  if (!managers_match(rule, finding)) return false;
  return rule.paths.empty() ? !rule.managers.empty() : covered_by_any(compiled.patterns, finding, pair);
}

void apply(const CompiledRule& rule, std::size_t number, const Pair& pair, const CompareContext& context, Findings& findings) {
  const auto covered = [&](const FieldFinding& finding) { return rule_covers(rule, finding, pair); };
  RuleHit hit{number, 0, rule.rule.until && context.now >= *rule.rule.until};
  if (hit.expired) {
    hit.fields = static_cast<std::size_t>(std::count_if(findings.fields.begin(), findings.fields.end(), covered));
  } else {
    hit.fields = std::erase_if(findings.fields, covered);
    std::erase_if(findings.doubtful, covered);
  }
  if (hit.fields == 0) return;
  findings.notes.insert(hit.expired ? "ignore-rule-expired" : "ignored-by-rule");
  findings.hits.push_back(hit);
}

}  // namespace

CompiledRule compile(const IgnoreRule& rule) {
  CompiledRule compiled{rule, {}};
  for (const auto& path : rule.paths) {
    if (auto pattern = PathPattern::parse(path)) compiled.patterns.push_back(*std::move(pattern));
  }
  return compiled;
}

void apply_ignore_rules(const Pair& pair, const CompareContext& context, Findings& findings) {
  const auto ref = ref_of(*pair.desired);
  const auto nothing_left = [&] { return findings.fields.empty() && findings.doubtful.empty(); };
  const auto count = context.compiled == nullptr ? context.ignore.size() : context.compiled->all().size();
  for (std::size_t i = 0; i < count && !nothing_left(); ++i) {
    const auto& rule = context.compiled == nullptr ? context.ignore[i] : context.compiled->all()[i].rule;
    if (!object_matches(rule.match, pair, ref)) continue;
    if (context.compiled == nullptr) {
      apply(compile(rule), i, pair, context, findings);
    } else {
      apply(context.compiled->all()[i], i, pair, context, findings);
    }
  }
  const auto own = annotation(*pair.desired, "driftwarden.io/ignore");
  if (own.empty() || nothing_left()) return;
  IgnoreRule rule;
  rule.paths = split_patterns(own);
  if (!rule.paths.empty()) apply(compile(rule), kAnnotationRule, pair, context, findings);
}

bool is_unstable_as_a_whole(const std::vector<std::string>& unstable) { return std::find(unstable.begin(), unstable.end(), "") != unstable.end(); }

void apply_unstable(const Pair& pair, const std::vector<std::string>& unstable, Findings& findings) {
  IgnoreRule rule;
  rule.paths = unstable;
  const auto compiled = compile(rule);
  const bool whole = is_unstable_as_a_whole(unstable);
  const auto covered = [&](const FieldFinding& finding) { return whole || covered_by_any(compiled.patterns, finding, pair); };
  if (std::erase_if(findings.fields, covered) + std::erase_if(findings.doubtful, covered) > 0) findings.notes.insert("render-unstable");
}

}  // namespace driftwarden
