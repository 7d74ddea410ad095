// The words that people see for the vocabulary's enumerators and ids.
#include "gitops/base/crypto.hpp"
#include "gitops/model/alert_match.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/drift.hpp"
#include "gitops/model/hold.hpp"
#include "gitops/model/incident.hpp"
#include "gitops/model/object.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

namespace driftwarden {
namespace {

template <class Enum, std::size_t N>
std::string_view name_of(const std::array<std::string_view, N>& names, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < N ? names[index] : "?";
}

template <class Enum, std::size_t N>
std::optional<Enum> value_of(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

constexpr std::array<std::string_view, 6> kVerdicts{"Synced", "OutOfSync", "Missing", "Extra", "Untracked", "Unknown"};
constexpr std::array<std::string_view, 5> kFieldOps{"changed", "removed", "added", "stale", "order"};
constexpr std::array<std::string_view, 3> kFieldCauses{"live", "git", "unknown"};
constexpr std::array<std::string_view, 3> kAppStates{"Synced", "OutOfSync", "Unknown"};
constexpr std::array<std::string_view, 10> kCauses{"none",  "live-edited", "git-ahead", "both",            "missing",
                                                   "extra", "fight",       "stuck",     "render-unstable", "unknown"};
constexpr std::array<std::string_view, 4> kIncidentStates{"open", "acknowledged", "snoozed", "resolved"};
constexpr std::array<std::string_view, 3> kGroupings{"alone", "root-cause", "storm"};
constexpr std::array<std::string_view, 3> kSeverities{"info", "warning", "critical"};
constexpr std::array<std::string_view, 13> kVerbs{"sync", "rollback", "adopt", "ignore", "set-image", "scale", "set", "promote", "create-app", "restart", "move", "apply", "propose"};
constexpr std::array<std::string_view, 3> kDeployers{"nobody", "Argo CD", "Flux"};
constexpr std::array<std::string_view, 4> kPlanTools{"tofu", "terraform", "terragrunt", "ansible-playbook"};
constexpr std::array<std::string_view, 5> kRiskTiers{"none", "low", "medium", "high", "destructive"};
constexpr std::array<std::string_view, 3> kStepUps{"none", "totp", "forge"};
constexpr std::array<std::string_view, 4> kHoldKinds{"lock", "freeze", "halt", "break-glass"};
constexpr std::array<std::string_view, 12> kChangeStates{"requested", "proposed", "approved", "merged",     "applying", "verifying",
                                                         "done",      "rejected", "expired",  "superseded", "failed",   "cancelled"};
constexpr std::array<std::string_view, 2> kReviewModes{"pull-request", "chat"};

}  // namespace

std::string_view to_string(Verdict verdict) { return name_of(kVerdicts, verdict); }
std::string_view to_string(FieldOp op) { return name_of(kFieldOps, op); }
std::string_view to_string(FieldCause cause) { return name_of(kFieldCauses, cause); }
std::string_view to_string(AppState state) { return name_of(kAppStates, state); }
std::string_view to_string(Cause cause) { return name_of(kCauses, cause); }
std::string_view to_string(DeployerKind kind) { return name_of(kDeployers, kind); }
std::string_view to_string(PlanTool tool) { return name_of(kPlanTools, tool); }
std::string_view to_string(IncidentState state) { return name_of(kIncidentStates, state); }
std::string_view to_string(Grouping grouping) { return name_of(kGroupings, grouping); }
std::string_view to_string(Severity severity) { return name_of(kSeverities, severity); }
std::optional<Severity> severity_from(std::string_view text) { return value_of<Severity>(kSeverities, text); }
std::optional<Cause> cause_from(std::string_view text) { return value_of<Cause>(kCauses, text); }
std::string_view to_string(ChangeVerb verb) { return name_of(kVerbs, verb); }
std::string_view to_string(ChangeState state) { return name_of(kChangeStates, state); }
std::string_view to_string(RiskTier tier) { return name_of(kRiskTiers, tier); }
std::optional<RiskTier> risk_tier_from(std::string_view text) { return value_of<RiskTier>(kRiskTiers, text); }
std::string_view to_string(StepUp step_up) { return name_of(kStepUps, step_up); }
std::optional<StepUp> step_up_from(std::string_view text) { return value_of<StepUp>(kStepUps, text); }
std::string_view to_string(HoldKind kind) { return name_of(kHoldKinds, kind); }
std::optional<HoldKind> hold_kind_from(std::string_view text) { return value_of<HoldKind>(kHoldKinds, text); }
std::string_view to_string(ReviewMode mode) { return name_of(kReviewModes, mode); }
std::optional<ChangeVerb> change_verb_from(std::string_view text) { return value_of<ChangeVerb>(kVerbs, text); }
std::optional<ChangeState> change_state_from(std::string_view text) { return value_of<ChangeState>(kChangeStates, text); }

bool is_live(ChangeVerb verb) { return verb == ChangeVerb::Restart || verb == ChangeVerb::Apply; }
bool is_git_only(ChangeVerb verb) { return verb == ChangeVerb::Ignore; }

bool is_final(ChangeState state) {
  switch (state) {
    case ChangeState::Done:
    case ChangeState::Rejected:
    case ChangeState::Expired:
    case ChangeState::Superseded:
    case ChangeState::Failed:
    case ChangeState::Cancelled: return true;
    default: return false;
  }
}

std::string change_name(std::int64_t id) { return fmt::format("C-{}", id); }

std::optional<std::int64_t> parse_change_name(std::string_view text) {
  if (text.starts_with('C') || text.starts_with('c')) text.remove_prefix(1);
  if (text.starts_with('-')) text.remove_prefix(1);
  std::int64_t id = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (failed != std::errc{} || end != text.data() + text.size() || id <= 0) return std::nullopt;
  return id;
}

std::string pin_path(const std::string& app) { return ".driftwarden/pins/" + app + ".yaml"; }
std::string sync_record_path(const std::string& app) { return ".driftwarden/syncs/" + app + ".yaml"; }
std::string ignore_path(const std::string& app) { return ".driftwarden/ignore/" + app + ".yaml"; }

void ObjectRef::set_api_version(std::string_view api_version) {
  const auto slash = api_version.find('/');
  group = slash == std::string_view::npos ? "" : std::string(api_version.substr(0, slash));
  version = std::string(slash == std::string_view::npos ? api_version : api_version.substr(slash + 1));
}

bool same_object(const ObjectRef& a, const ObjectRef& b) {
  return a.name == b.name && a.kind == b.kind && a.namespace_ == b.namespace_ && a.group == b.group;
}

std::string object_id(const ObjectRef& ref) { return fmt::format("{}/{}:{}/{}", ref.group, ref.kind, ref.namespace_, ref.name); }

std::string to_string(const ObjectRef& ref) {
  return ref.namespace_.empty() ? fmt::format("{} {}", ref.kind, ref.name) : fmt::format("{} {}/{}", ref.kind, ref.namespace_, ref.name);
}

std::string fingerprint(const DriftReport& report) {
  std::vector<std::string> parts;
  std::set<std::pair<std::string, std::string>> fought_over;
  for (const auto& fight : report.fights) {
    auto id = object_id(fight.object);
    auto part = fmt::format("{}\n{}\nfight", id, fight.path);
    for (const auto& manager : fight.managers) part += '\n' + manager;
    parts.push_back(std::move(part));
    fought_over.emplace(std::move(id), fight.path);
  }
  for (const auto& drift : report.objects) {
    const auto id = object_id(drift.object);
    parts.push_back(fmt::format("{}\n{}", id, to_string(drift.verdict)));
    for (const auto& field : drift.fields) {
      if (fought_over.contains({id, field.path})) continue;
      parts.push_back(
          fmt::format("{}\n{}\n{}\n{}\n{}", id, field.path, to_string(field.op), field.desired.value_or("-"), field.live.value_or("-")));
    }
  }
  std::ranges::sort(parts);
  std::string all;
  for (const auto& part : parts) {
    all += part;
    all += '\0';
  }
  return sha256_hex(all);
}

std::string to_string(const AlertMatch& match) {
  std::string words;
  const auto add = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) words += fmt::format("{}{}={}", words.empty() ? "" : " ", key, value);
  };
  add("app", match.app);
  add("cluster", match.cluster);
  add("environment", match.environment);
  add("namespace", match.namespace_);
  add("team", match.team);
  if (match.cause) add("cause", to_string(*match.cause));
  if (match.severity) add("severity", to_string(*match.severity));
  return words.empty() ? "everything" : words;
}

}  // namespace driftwarden
