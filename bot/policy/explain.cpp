// `policy explain`: the same functions that decide, told one after the other.
#include "bot/cost/cost.hpp"
#include "bot/policy/gate.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <functional>

namespace driftwarden {
namespace {

constexpr std::string_view kBreakGlass = "break-glass";

constexpr std::array kTiers{RiskTier::None, RiskTier::Low, RiskTier::Medium, RiskTier::High, RiskTier::Destructive};

std::string approvers_words(const Config& config, const PersonId& who, const App& app, const Quorum& quorum) {
  const auto people = approvers_of(config, quorum, app, who);
  constexpr std::size_t kNamed = 8;
  const bool code_owners = std::ranges::find(quorum.from, "codeowners") != quorum.from.end();
  if (people.empty()) return code_owners ? "the CODEOWNERS of the touched paths may give them" : "nobody can give them";
  if (people.size() > kNamed) return fmt::format("{} people may give them", people.size());
  return fmt::format("{} may give them", join(people, ", "));
}

std::string quorum_words(const Config& config, const PersonId& who, const App& app, const Quorum& quorum) {
  if (quorum.need == 0) return fmt::format("no approval is needed ({})", quorum.rule);
  auto words = fmt::format("{} {} needed ({}); {}", quorum.need, quorum.need == 1 ? "approval is" : "approvals are", quorum.rule, approvers_words(config, who, app, quorum));
  const bool code_owners = std::ranges::find(quorum.from, "codeowners") != quorum.from.end();
  if (code_owners && words.find("CODEOWNERS") == std::string::npos) words += "; so may the CODEOWNERS of the touched paths";
  if (quorum.step_up == StepUp::Totp) words += "; each with a one-time code, or by a review on the forge";
  if (quorum.step_up == StepUp::Forge) words += "; only reviews on the forge count";
  if (quorum.typed_name) words += "; the App's name has to be typed";
  return words;
}

/// Tiers of one answer share a line: "risk none, low, medium: ...".
std::vector<std::string> quorum_lines(const Config& config, const PersonId& who, ChangeVerb verb, const App& app, const FreezeConfig* freeze) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const auto tier : kTiers) {
    QuorumFacts facts;
    facts.verb = verb;
    facts.requester = who;
    facts.risk.tier = tier;
    facts.overridden = freeze;
    // Who owns the paths isn't known here: somebody does.
    facts.code_owners = {"CODEOWNERS"};
    const auto quorum = quorum_of(config, app, facts);
    auto words = quorum_words(config, who, app, quorum);
    if (const auto* rule = find_approval_rule(config, app, to_string(verb), tier); rule != nullptr && rule->expires) words += "; it expires after " + format_duration(*rule->expires);
    if (!lines.empty() && lines.back().second == words) {
      lines.back().first += ", " + std::string(to_string(tier));
    } else {
      lines.emplace_back(to_string(tier), std::move(words));
    }
  }
  std::vector<std::string> out;
  for (const auto& [tiers, words] : lines) out.push_back(lines.size() == 1 ? fmt::format("At any risk: {}.", words) : fmt::format("At risk {}: {}.", tiers, words));
  return out;
}

/// What a rise in cost asks for besides, the dearest threshold first.
std::vector<std::string> money_lines(const Config& config, const PersonId& who, const App& app) {
  std::vector<const CostThreshold*> thresholds;
  for (const auto& threshold : config.cost.thresholds) thresholds.push_back(&threshold);
  std::ranges::stable_sort(thresholds, std::ranges::greater{}, [](const CostThreshold* threshold) { return threshold->above; });
  std::vector<std::string> lines;
  for (const auto* threshold : thresholds) {
    QuorumFacts facts;
    facts.requester = who;
    facts.cost.emplace();
    facts.cost->currency = config.cost.currency;
    facts.cost->after.micros = threshold->above + 1;
    const auto extra = quorum_of(config, app, facts).extra;
    if (extra.need <= 0) continue;
    const auto line = fmt::format("A rise of more than {} a month needs {} more {} by {}.", money_words(threshold->above, config.cost.currency), extra.need,
                                  extra.need == 1 ? "approval" : "approvals", join(extra.from, ", "));
    if (std::ranges::find(lines, line) == lines.end()) lines.push_back(line);
  }
  return lines;
}

}  // namespace

std::string explain_policy(const Config& config, const PersonId& who, const std::string& verb, const App& app, const std::vector<Hold>& holds, WallTime now) {
  std::vector<std::string> lines;
  const auto decision = may(config, who, verb, app);
  lines.push_back(fmt::format("{} {} {} {}: {}.", who.empty() ? "somebody unknown" : who, decision.allowed ? "may" : "may not", verb, app.name, decision.rule));
  if (decision.allowed && verb == kBreakGlass) {
    lines.push_back(fmt::format("It needs no approval and no freeze stops it; it ends after {} at most, and only a halt holds it up.",
                                format_duration(config.policy.break_glass.longest)));
  }
  const auto change_verb = change_verb_from(verb);
  if (!decision.allowed || !change_verb) return join(lines, "\n");
  Change change;
  change.app = app.name;
  change.verb = *change_verb;
  change.requester = who;
  const auto obstacle = obstacle_to(config, app, change, holds, GateStage::Request, now);
  if (obstacle) lines.push_back(fmt::format("Not now: {} ({}).", obstacle->why, obstacle->rule));
  const auto* freeze = is_git_only(*change_verb) ? nullptr : freeze_to_override(config, app, now);
  if (freeze != nullptr && !obstacle) {
    lines.push_back(fmt::format("The freeze {} holds until {}: {} approvals given for breaking it let this pass.", freeze->name, end_words(*freeze), freeze->override_need));
  }
  for (auto& line : quorum_lines(config, who, *change_verb, app, freeze)) lines.push_back(std::move(line));
  for (auto& line : money_lines(config, who, app)) lines.push_back(std::move(line));
  if (const auto& limit = config.policy.rate_limit; limit.changes > 0) {
    lines.push_back(fmt::format("At most {} Changes of {} in {}.", limit.changes, app.name, format_duration(limit.per)));
  }
  return join(lines, "\n");
}

}  // namespace driftwarden
