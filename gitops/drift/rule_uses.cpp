#include "gitops/drift/rule_uses.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>

namespace driftwarden {

std::string words_of(const IgnoreRule& rule) {
  const auto& match = rule.match;
  std::string words = rule.paths.empty() ? "everything" : join(rule.paths, ", ");
  words += " of ";
  if (match == IgnoreRule::Match{}) {
    words += "any object";
  } else {
    words += (match.kind == "*" ? std::string("any kind") : match.kind) + " ";
    words += (match.namespace_ == "*" ? std::string() : match.namespace_ + "/") + match.name;
  }
  if (!rule.managers.empty()) words += " by " + join(rule.managers, ", ");
  return words;
}

void RuleCount::add(const ObjectRef& object, const std::vector<RuleHit>& hits) {
  for (const auto& hit : hits) {
    if (hit.rule == kAnnotationRule) {
      RuleUse use;
      use.rule = "annotation driftwarden.io/ignore of " + to_string(object);
      use.fields = hit.fields;
      annotations_.push_back(std::move(use));
      continue;
    }
    if (hit.rule >= rules_.size()) continue;
    auto& sum = by_rule_[hit.rule];
    sum.fields += hit.fields;
    sum.expired |= hit.expired;
  }
}

std::vector<RuleUse> RuleCount::uses() const {
  std::vector<RuleUse> uses;
  for (const auto& [number, sum] : by_rule_) {
    const auto& rule = rules_[number];
    uses.push_back({words_of(rule), rule.owner, rule.reason, rule.until, sum.fields, sum.expired});
  }
  auto annotations = annotations_;
  std::sort(annotations.begin(), annotations.end(), [](const RuleUse& a, const RuleUse& b) { return a.rule < b.rule; });
  uses.insert(uses.end(), annotations.begin(), annotations.end());
  return uses;
}

}  // namespace driftwarden
