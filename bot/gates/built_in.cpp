#include "bot/gates/built_in.hpp"

#include "bot/gates/rules.hpp"
#include "bot/policy/findings.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

const BuiltInRule* find_rule(std::string_view name) {
  const auto found = std::ranges::find(built_in_rules(), name, &BuiltInRule::name);
  return found == built_in_rules().end() ? nullptr : &*found;
}

/// Takes what rules say of one object, as the config wants it.
class Collector {
 public:
  explicit Collector(const GatesConfig& config) : config_(config) {}

  void add(const Manifest& manifest, std::string_view rule, std::string path, const std::string& message) {
    const auto effect = effect_of_rule(config_, rule);
    if (effect == GateEffect::Off) return;
    Finding finding;
    finding.rule = rule;
    finding.object = to_string(manifest.ref);
    finding.path = std::move(path);
    const auto* known = find_rule(rule);
    finding.message = known == nullptr ? message : fmt::format("{}: {}", message, known->fix);
    finding.blocks = effect == GateEffect::Block;
    findings_.push_back(std::move(finding));
  }

  std::vector<Finding> take() { return std::move(findings_); }

 private:
  const GatesConfig& config_;
  std::vector<Finding> findings_;
};

}  // namespace

const std::vector<BuiltInRule>& built_in_rules() {
  static const std::vector<BuiltInRule> rules{
      {"plaintext-secret", GateEffect::Block, "secrets in plaintext", "seal it, encrypt it, or refer to a secret store"},
      {"privileged", GateEffect::Block, "containers that may do anything on their node", "take it away, or add just the capability that is needed"},
      {"host-namespaces", GateEffect::Block, "pods in the network, processes or IPC of their node", "take it away"},
      {"host-path", GateEffect::Block, "directories of the node inside pods", "use a PersistentVolumeClaim, or emptyDir"},
      {"floating-tag", GateEffect::Block, "images whose tag moves", "name a version or a digest"},
      {"removed-pdb", GateEffect::Block, "workloads that lose their PodDisruptionBudget", "keep a budget that matches it"},
      {"missing-limits", GateEffect::Warn, "containers without a memory limit, or without requests", "say what it needs"},
  };
  return rules;
}

GateEffect effect_of_rule(const GatesConfig& config, std::string_view rule) {
  if (const auto given = config.built_in.find(std::string(rule)); given != config.built_in.end()) return given->second;
  const auto* known = find_rule(rule);
  return known == nullptr ? GateEffect::Off : known->effect;
}

bool judges_anything(const GatesConfig& config) {
  return std::ranges::any_of(built_in_rules(), [&](const BuiltInRule& rule) { return effect_of_rule(config, rule.name) != GateEffect::Off; }) ||
         std::ranges::any_of(config.tools, [](const GateConfig& tool) { return tool.effect != GateEffect::Off; });
}

std::vector<Finding> built_in_findings(const GatesConfig& config, const std::vector<Manifest>& manifests) {
  Collector collector(config);
  const auto given = given_limits(manifests);
  for (const auto& manifest : manifests) {
    if (manifest.body == nullptr) continue;
    const ReportFinding report = [&](std::string_view rule, std::string path, const std::string& message) { collector.add(manifest, rule, std::move(path), message); };
    look_at_secrets(manifest, report);
    look_at_pods(manifest, given, report);
  }
  return collector.take();
}

GateResult judge_built_in(const GatesConfig& config, const std::vector<Manifest>& before, const std::vector<Manifest>& after) {
  auto found = built_in_findings(config, after);
  Collector lost(config);
  look_at_budgets(before, after, [&](const Manifest& workload, const std::string& message) { lost.add(workload, "removed-pdb", "", message); });
  for (auto& finding : lost.take()) found.push_back(std::move(finding));
  std::vector<Finding> stood;
  if (!found.empty()) stood = built_in_findings(config, before);
  return new_findings(std::string(kBuiltInGate), true, std::move(found), std::move(stood));
}

}  // namespace driftwarden
