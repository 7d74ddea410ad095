#include "bot/doctor/gate_checks.hpp"

#include "bot/config/policy.hpp"
#include "bot/cost/cost.hpp"
#include "bot/policy/findings.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

namespace driftwarden {
namespace {

constexpr const char* kGates = "gates";

enum class Staffed { Yes, No, SlackKnows };

Staffed staffed(const Config& config, const std::vector<std::string>& parties) {
  const auto in_slack = [&](const std::string& party) {
    const auto group = std::ranges::find(config.groups, party, &Group::name);
    return group != config.groups.end() && !group->slack_usergroup.empty();
  };
  // A group of Slack's may be inside another.
  const auto leads_to_slack = [&](const std::string& party) {
    const auto group = std::ranges::find(config.groups, party, &Group::name);
    return in_slack(party) || (group != config.groups.end() && std::ranges::any_of(group->members, in_slack));
  };
  if (std::ranges::any_of(parties, [&](const std::string& party) { return party == "*" || party == "owners" || !members_of(config, party, nullptr).empty(); })) return Staffed::Yes;
  return std::ranges::any_of(parties, leads_to_slack) ? Staffed::SlackKnows : Staffed::No;
}

DoctorFinding owners_of(const Config& config, const std::string& gate) {
  const auto owners = gate_owners(config, gate);
  DoctorFinding finding{kGates, "owners of " + gate, FindingState::Ok, join(owners, ", ") + " may waive what it finds"};
  if (owners.empty()) {
    finding.state = FindingState::Warning;
    finding.what = "it has none, so nothing that it finds can be waived";
    finding.fix = "name people or groups (gates.owners)";
    return finding;
  }
  const auto who = staffed(config, owners);
  if (who == Staffed::SlackKnows) finding.what = join(owners, ", ") + " may waive what it finds; who that is is for Slack to say";
  if (who != Staffed::No) return finding;
  finding.state = FindingState::Warning;
  finding.what = fmt::format("nobody is in {}, so nothing that it finds can be waived", join(owners, ", "));
  finding.fix = "put somebody in there (groups), or name others (gates.owners, or the tool's)";
  return finding;
}

DoctorFinding policies_of(const GateConfig& gate) {
  DoctorFinding finding{kGates, gate.name, FindingState::Ok, gate.policies + " is there"};
  std::error_code failed;
  if (std::filesystem::exists(gate.policies, failed)) return finding;
  finding.state = FindingState::Problem;
  finding.what = gate.policies + " isn't there, so the gate can't judge and blocks whatever it is asked";
  finding.fix = fmt::format("put the policies there, or say where they are (gates.tools, {}: policies)", gate.name);
  return finding;
}
bool plans_with_terraform(const Config& config) {
  const auto is_terraform = [](const App& app) { return app.kind == AppKind::Terraform; };
  return std::ranges::any_of(config.apps, is_terraform) || std::ranges::any_of(config.discover, [&](const DiscoverRule& rule) { return is_terraform(rule.app); });
}

/// Where nobody can say what anything costs, a threshold never asks.
void look_for_prices(const Config& config, DoctorFindings& findings) {
  if (config.cost.thresholds.empty()) return;
  std::vector<std::string> without;
  for (const auto& cluster : config.clusters) {
    const bool meant = std::ranges::any_of(config.cost.thresholds, [&](const CostThreshold& threshold) {
      return threshold.environments.empty() || std::ranges::any_of(threshold.environments, [&](const std::string& glob) { return glob_match(glob, cluster.environment); });
    });
    if (meant && prices_of(config, cluster.name) == nullptr) without.push_back(cluster.name);
  }
  if (!without.empty()) {
    findings.push_back({"cost", "prices", FindingState::Warning, fmt::format("nobody gave prices for {}, so no rise there asks anybody (cost.thresholds)", join(without, ", ")), "add a table for them (cost.prices)"});
  }
  if (config.cost.infracost || !plans_with_terraform(config)) return;
  findings.push_back({"cost", "infracost", FindingState::Warning, "Terraform's plans have no price, so none of them asks anybody (cost.thresholds)", "configure cost.infracost"});
}

void look_at_money(const Config& config, DoctorFindings& findings) {
  for (std::size_t at = 0; at < config.cost.thresholds.size(); ++at) {
    const auto& from = config.cost.thresholds[at].from;
    if (staffed(config, from) != Staffed::No) continue;
    findings.push_back({"cost", fmt::format("thresholds[{}]", at), FindingState::Warning, fmt::format("nobody is in {}, so no such rise can be agreed to", join(from, ", ")),
                        "put somebody in there (groups), or name others (cost.thresholds)"});
  }
  look_for_prices(config, findings);
  const auto& infracost = config.cost.infracost;
  const bool keyless = infracost && infracost->key.empty() && infracost->api_url.empty();
  if (keyless) findings.push_back({"cost", "infracost", FindingState::Warning, "it has no key, and Infracost's own prices want one", "let cost.infracost.key refer to it"});
}

}  // namespace

DoctorFindings check_gates(const Config& config) {
  DoctorFindings findings;
  const std::string built_in(kBuiltInGate);
  if (has_gate(config, built_in)) findings.push_back(owners_of(config, built_in));
  for (const auto& gate : config.gates.tools) {
    if (gate.effect == GateEffect::Off) continue;
    if (!gate.policies.empty() && gate.repository.empty()) findings.push_back(policies_of(gate));
    if (has_gate(config, gate.name)) findings.push_back(owners_of(config, gate.name));
  }
  look_at_money(config, findings);
  return findings;
}

}  // namespace driftwarden
