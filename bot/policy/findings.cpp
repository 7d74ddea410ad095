#include "bot/policy/findings.hpp"

#include "bot/config/gate_rules.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace driftwarden {
namespace {

constexpr std::size_t kNameLength = 200;
constexpr std::size_t kMessageLength = 600;
constexpr std::size_t kLinkLength = 500;
constexpr std::size_t kOwnersNamed = 4;

using Key = std::tuple<std::string, std::string, std::string, std::string>;
Key key_of(const Finding& finding) { return {finding.rule, finding.object, finding.path, finding.message}; }

/// https, and nothing in it that ends a link early.
bool is_good_link(std::string_view link) {
  return link.size() <= kLinkLength && link.starts_with("https://") && std::ranges::all_of(link, [](unsigned char c) { return c > ' ' && c < 0x7f && c != '<' && c != '>' && c != '|' && c != '"'; });
}

std::string short_text(std::string_view text, std::size_t limit) { return ellipsize(std::string(trim(without_control_characters(text))), limit); }

void bound(Finding& finding) {
  // One word, since a waiver names it.
  finding.rule = short_text(finding.rule, kNameLength);
  std::ranges::replace(finding.rule, ' ', '-');
  if (finding.rule.empty()) finding.rule = "unnamed";
  finding.object = short_text(finding.object, kNameLength);
  finding.path = short_text(finding.path, kNameLength);
  finding.message = short_text(finding.message, kMessageLength);
  if (!is_good_link(finding.link)) finding.link.clear();
}

const GateConfig* find_tool(const Config& config, std::string_view gate) {
  const auto found = std::ranges::find(config.gates.tools, gate, &GateConfig::name);
  return found == config.gates.tools.end() ? nullptr : &*found;
}

/// The config says of this built-in rule that it doesn't block.
bool is_let_off(const Config& config, std::string_view rule) {
  const auto given = config.gates.built_in.find(std::string(rule));
  return given != config.gates.built_in.end() && given->second != GateEffect::Block;
}

/// By a name of today: whom the config came to know by name gave it under their Slack id.
const Person* giver_of(const Config& config, const Waiver& waiver) {
  const auto* person = find_person(config, waiver.owner);
  return person == nullptr ? person_by_slack(config, waiver.owner) : person;
}

/// On the forge of the App's repository, so that they can't be anybody else there.
bool has_account(const Config& config, const Waiver& waiver, const App& app) {
  const auto* person = giver_of(config, waiver);
  const auto* repository = find_repository(config, app.repository);
  if (person == nullptr || person->forge.empty() || repository == nullptr) return false;
  return person->forge_of.empty() || person->forge_of == repository->forge.api_url;
}

/// "" = it counts for what `by` wants.
std::string why_not_for(const Config& config, const Waiver& waiver, const App& app, const Wanting& by) {
  const bool own = std::ranges::any_of(by.people, [&](const PersonId& person) { return is_same_person(config, waiver.owner, person); });
  if (own) return fmt::format("it is {}'s own", waiver.owner);
  if (auto why = why_idle(config, waiver, app); !why.empty()) return why;
  if (by.unknown_account.empty() || has_account(config, waiver, app)) return {};
  return fmt::format("nobody is linked to the account {}, and {} to none there: it may be theirs until they say link LOGIN", by.unknown_account, waiver.owner);
}

}  // namespace

GateResult new_findings(std::string gate, bool gate_blocks, std::vector<Finding> after, std::vector<Finding> before) {
  GateResult result;
  result.gate = std::move(gate);
  result.blocks = gate_blocks;
  std::map<Key, std::size_t> stood;
  for (auto& finding : before) {
    bound(finding);
    ++stood[key_of(finding)];
  }
  for (auto& finding : after) {
    bound(finding);
    const auto known = stood.find(key_of(finding));
    if (known != stood.end() && known->second > 0) {
      --known->second;
      ++result.known;
    } else {
      result.findings.push_back(std::move(finding));
    }
  }
  std::ranges::stable_sort(result.findings, std::greater{}, &Finding::blocks);
  if (result.findings.size() > kFindingsKept) {
    result.left_out = result.findings.size() - kFindingsKept;
    result.findings.resize(kFindingsKept);
  }
  return result;
}

GateResult unjudged(std::string gate, bool gate_blocks, std::string trouble) {
  GateResult result;
  result.gate = std::move(gate);
  result.blocks = gate_blocks;
  result.trouble = short_text(trouble, kMessageLength);
  if (result.trouble.empty()) result.trouble = "it gave no answer";
  return result;
}

std::vector<Blocking> blocking_in(const std::vector<GateResult>& gates) {
  std::vector<Blocking> blocking;
  for (const auto& gate : gates) {
    if (!gate.blocks) continue;
    if (!gate.trouble.empty()) blocking.push_back({gate.gate, Finding{.rule = kUnjudged, .message = gate.trouble}});
    for (const auto& finding : gate.findings) {
      if (finding.blocks) blocking.push_back({gate.gate, finding});
    }
    // Those that block come first: where the last one kept does, those beyond may.
    const bool more = gate.left_out > 0 && (gate.findings.empty() || gate.findings.back().blocks);
    if (more) blocking.push_back({gate.gate, Finding{.rule = kTooMany, .message = fmt::format("{} more findings than are kept", gate.left_out)}});
  }
  return blocking;
}

std::string why_idle(const Config& config, const Waiver& waiver, const App& app) {
  const auto* giver = giver_of(config, waiver);
  if (giver == nullptr) return fmt::format("{} is nobody that I know any more", waiver.owner);
  if (waiver.gate != kBuiltInGate && find_tool(config, waiver.gate) == nullptr) return fmt::format("there is no gate {} any more", waiver.gate);
  if (is_gate_owner(config, waiver.gate, giver->name, app)) return {};
  if (!is_linked(config, giver->name, app)) return fmt::format("{} isn't linked to the forge: link LOGIN proves who they are there", waiver.owner);
  return fmt::format("{} isn't an owner of that gate any more", waiver.owner);
}

WaiversHere waivers_here(const Config& config, const std::vector<Waiver>& open, const App& app, const Wanting& by, WallTime now) {
  WaiversHere here;
  for (const auto& waiver : open) {
    if (waiver.app != app.name || !is_active(waiver, now)) continue;
    auto why = why_not_for(config, waiver, app, by);
    if (why.empty()) {
      here.counting.push_back(waiver);
    } else {
      here.idle.push_back({waiver, std::move(why)});
    }
  }
  return here;
}

WaiversHere waivers_of(const Config& config, const std::vector<Waiver>& open, const Change& change, const App& app, WallTime now) {
  Wanting by;
  by.people = change.quorum.excluded;
  by.people.push_back(change.requester);
  return waivers_here(config, open, app, by, now);
}

std::vector<Blocking> still_blocking(const Config& config, const std::string& app, const std::vector<GateResult>& gates, const std::vector<Waiver>& counting) {
  auto blocking = blocking_in(gates);
  std::erase_if(blocking, [&](const Blocking& one) {
    const bool let_off = one.gate == kBuiltInGate && is_let_off(config, one.finding.rule);
    return let_off || !has_gate(config, one.gate) || std::ranges::any_of(counting, [&](const Waiver& waiver) { return lets_pass(waiver, app, one.gate, one.finding); });
  });
  return blocking;
}

bool is_held_by_gates(const Change& change) { return !change.gates.empty() && !is_git_only(change.verb) && change.break_glass.empty(); }

std::optional<Obstacle> gate_obstacle(const Config& config, const Change& change, const WaiversHere& waivers) {
  if (!is_held_by_gates(change)) return std::nullopt;
  const auto left = still_blocking(config, change.app, change.gates, waivers.counting);
  if (left.empty()) return std::nullopt;
  const auto& first = left.front();
  const auto more = left.size() == 1 ? std::string() : fmt::format(" and {} more", left.size() - 1);
  Obstacle obstacle;
  obstacle.why = fmt::format("the gate {}{}; {} may waive {} because ...", to_words(first), more, gate_owner_words(config, first.gate), change_name(change.id));
  const auto idle = std::ranges::find_if(waivers.idle, [&](const IdleWaiver& one) { return lets_pass(one.waiver, change.app, first.gate, first.finding); });
  if (idle != waivers.idle.end()) obstacle.why += fmt::format(" (waiver {} doesn't count: {})", idle->waiver.id, idle->why);
  obstacle.rule = fmt::format("gate {}/{}", first.gate, first.finding.rule);
  obstacle.passes = true;
  return obstacle;
}

std::string to_words(const Blocking& blocking) {
  const auto of = blocking.finding.object.empty() ? std::string() : " of " + blocking.finding.object;
  return fmt::format("{}/{}{}", blocking.gate, blocking.finding.rule, of);
}

bool has_gate(const Config& config, std::string_view gate) {
  if (gate == kBuiltInGate) return !std::ranges::all_of(kBuiltInRules, [&](std::string_view rule) { return is_let_off(config, rule); });
  const auto* tool = find_tool(config, gate);
  return tool != nullptr && tool->effect == GateEffect::Block;
}

std::vector<std::string> gate_owners(const Config& config, std::string_view gate) {
  const auto* tool = find_tool(config, gate);
  if (tool != nullptr && !tool->owners.empty()) return tool->owners;
  return tool != nullptr || gate == kBuiltInGate ? config.gates.owners : std::vector<std::string>{};
}

std::string gate_owner_words(const Config& config, std::string_view gate) {
  auto owners = gate_owners(config, gate);
  if (owners.empty()) return "nobody";
  const auto more = owners.size() > kOwnersNamed ? fmt::format(" or {} more", owners.size() - kOwnersNamed) : std::string();
  owners.resize(std::min(owners.size(), kOwnersNamed));
  return join(owners, ", ") + more;
}

bool is_gate_owner(const Config& config, std::string_view gate, const PersonId& who, const App& app) {
  if (who.empty() || !is_linked(config, who, app)) return false;
  for (const auto& party : gate_owners(config, gate)) {
    const auto members = members_of(config, party, &app);
    if (std::ranges::find(members, who) != members.end()) return true;
  }
  return false;
}

}  // namespace driftwarden
