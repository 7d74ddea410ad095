#include "bot/policy/gate.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace driftwarden {
namespace {

std::string freeze_rule(const std::string& name) { return "freeze " + name; }

bool is_any_of(const Config& config, const PersonId& who, const std::vector<PersonId>& people) {
  return std::ranges::any_of(people, [&](const PersonId& person) { return is_same_person(config, who, person); });
}

/// "since 14:02", with the day when it isn't today's, and until when.
std::string time_words(const Hold& hold, WallTime now) {
  const auto moment = [&](WallTime when) {
    const auto text = format_time(when);
    const bool today = text.substr(0, 10) == format_time(now).substr(0, 10);
    return today ? text.substr(11, 5) : text.substr(0, 10) + " " + text.substr(11, 5);
  };
  auto words = "since " + moment(hold.since);
  if (hold.until) words += ", until " + moment(*hold.until);
  return words + " UTC";
}

std::string because(const Hold& hold) { return hold.reason.empty() ? std::string() : ": " + hold.reason; }

Obstacle halted(const Hold& hold, WallTime now) {
  const auto scope = hold.scope.kind == HoldScope::Kind::Everything ? std::string() : " for " + to_words(hold.scope);
  return {.why = fmt::format("halted{} by {} {}{}", scope, hold.owner, time_words(hold, now), because(hold)), .rule = "halt", .passes = true};
}

const Hold* foreign_lock(const Config& config, const App& app, const PersonId& requester, const std::vector<Hold>& holds, WallTime now) {
  const auto found = std::ranges::find_if(holds, [&](const Hold& hold) {
    return hold.kind == HoldKind::Lock && is_active(hold, now) && covers(hold.scope, app) && !is_same_person(config, hold.owner, requester);
  });
  return found == holds.end() ? nullptr : &*found;
}

/// The people whose yes to this very content counts by now.
int counted(const Config& config, const Change& change) {
  std::vector<PersonId> people;
  for (const auto& approval : change.approvals) {
    if (!step_up_missing(change.quorum, approval).empty() || approval.of != change.content) continue;
    if (is_same_person(config, approval.by, change.requester) || is_any_of(config, approval.by, change.quorum.excluded)) continue;
    if (!is_any_of(config, approval.by, people)) people.push_back(approval.by);
  }
  return static_cast<int>(people.size());
}

/// Who approves must know that it breaks this freeze: one that began after they were asked has no place in the quorum's rule.
bool was_asked_to_break(const Change& change, const FreezeConfig& freeze) {
  const auto rules = split(change.quorum.rule, ';');
  return std::ranges::any_of(rules, [&](const std::string& rule) { return trim(rule).starts_with(freeze_rule(freeze.name) + " is broken by "); });
}

bool is_overridden(const Config& config, const Change& change, const FreezeConfig& freeze) {
  if (freeze.override_need <= 0 || change.quorum.need < freeze.override_need) return false;
  return was_asked_to_break(change, freeze) && counted(config, change) >= freeze.override_need;
}

std::optional<Obstacle> config_freeze(const Config& config, const App& app, const Change& change, GateStage stage, WallTime now) {
  const auto* freeze = find_active_freeze(config, app, now);
  if (freeze == nullptr) return std::nullopt;
  const auto words = fmt::format("{} is frozen: {}, until {}", app.name, freeze->name, end_words(*freeze));
  if (freeze->override_need == 0) return Obstacle{words, freeze_rule(freeze->name), true};
  // The request itself is what asks for the override.
  if (stage == GateStage::Request || is_overridden(config, change, *freeze)) return std::nullopt;
  // Nobody can give a yes to breaking it any more.
  const auto way_out = was_asked_to_break(change, *freeze) ? fmt::format("{} approvals given for breaking it let this pass", freeze->override_need)
                                                           : std::string("cancel it and ask again to break the freeze");
  return Obstacle{words + "; " + way_out, freeze_rule(freeze->name), true};
}

std::string counted_words(std::int64_t count, std::string_view one, std::string_view many) { return fmt::format("{} {}", count, count == 1 ? one : many); }

/// Environments, from what has one.
std::vector<std::string> environments_of(const Config& config, const std::vector<App>& apps) {
  std::set<std::string> names;
  for (const auto& cluster : config.clusters) names.insert(cluster.environment);
  for (const auto& app : apps) names.insert(app.environment);
  names.erase("");
  return {names.begin(), names.end()};
}

std::optional<HoldScope> named_scope(const Config& config, const std::vector<App>& apps, const std::vector<std::string>& environments, const std::string& word) {
  const auto equal = [&](const std::string& name) { return to_lower(name) == to_lower(word); };
  for (const auto& app : apps) {
    if (equal(app.name)) return HoldScope{HoldScope::Kind::App, app.name};
  }
  for (const auto& cluster : config.clusters) {
    if (equal(cluster.name)) return HoldScope{HoldScope::Kind::Cluster, cluster.name};
  }
  for (const auto& environment : environments) {
    if (equal(environment)) return HoldScope{HoldScope::Kind::Environment, environment};
  }
  return std::nullopt;
}

}  // namespace

bool covers(const HoldScope& scope, const App& app) {
  switch (scope.kind) {
    case HoldScope::Kind::Everything: return true;
    case HoldScope::Kind::Environment: return scope.name == app.environment;
    case HoldScope::Kind::Cluster: return scope.name == app.cluster;
    case HoldScope::Kind::App: return scope.name == app.name;
  }
  return true;
}

const Hold* find_hold(const std::vector<Hold>& holds, HoldKind kind, const App& app, WallTime now) {
  const auto found = std::ranges::find_if(holds, [&](const Hold& hold) { return hold.kind == kind && is_active(hold, now) && covers(hold.scope, app); });
  return found == holds.end() ? nullptr : &*found;
}

std::string to_words(const HoldScope& scope) {
  switch (scope.kind) {
    case HoldScope::Kind::Everything: return "everything";
    case HoldScope::Kind::Cluster: return "cluster " + scope.name;
    case HoldScope::Kind::Environment:
    case HoldScope::Kind::App: return scope.name;
  }
  return scope.name;
}

std::optional<HoldScope> hold_scope_from(const Config& config, const std::vector<App>& apps, const std::string& word) {
  if (word.empty()) return std::nullopt;
  const auto environments = environments_of(config, apps);
  if (auto named = named_scope(config, apps, environments, word)) return named;
  const auto lower = to_lower(word);
  if (lower == "all" || lower == "everything" || lower == "*") return HoldScope{};
  // "prod" of one production.
  if (word.size() < 3) return std::nullopt;
  std::optional<HoldScope> only;
  for (const auto& environment : environments) {
    if (!to_lower(environment).starts_with(lower)) continue;
    if (only) return std::nullopt;
    only = HoldScope{HoldScope::Kind::Environment, environment};
  }
  return only;
}

PolicyDecision may_in(const Config& config, const PersonId& who, std::string_view verb, const HoldScope& scope, const std::vector<App>& apps) {
  // Whoever may do it to everything may do it to any part.
  auto whole = may(config, who, verb, App{});
  if (whole.allowed || scope.kind == HoldScope::Kind::Everything) return whole;
  PolicyDecision last = std::move(whole);
  bool any = false;
  for (const auto& app : apps) {
    if (!covers(scope, app)) continue;
    any = true;
    last = may(config, who, verb, app);
    if (!last.allowed) return last;
  }
  if (!any) last.allowed = false;
  return last;
}

const FreezeConfig* freeze_to_override(const Config& config, const App& app, WallTime now) {
  const auto* freeze = find_active_freeze(config, app, now);
  return freeze != nullptr && freeze->override_need > 0 ? freeze : nullptr;
}

std::optional<Obstacle> obstacle_to(const Config& config, const App& app, const Change& change, const std::vector<Hold>& holds, GateStage stage, WallTime now) {
  if (const auto* halt = find_hold(holds, HoldKind::Halt, app, now)) return halted(*halt, now);
  if (is_git_only(change.verb) || !change.break_glass.empty()) return std::nullopt;
  // A yes alters nothing yet, and what breaks a freeze is made of them.
  if (stage == GateStage::Approve) return std::nullopt;
  if (const auto* lock = foreign_lock(config, app, change.requester, holds, now)) {
    return Obstacle{fmt::format("{} is locked by {} {}{}", app.name, lock->owner, time_words(*lock, now), because(*lock)), "lock of " + lock->owner, true};
  }
  if (auto frozen = config_freeze(config, app, change, stage, now)) return frozen;
  if (const auto* freeze = find_hold(holds, HoldKind::Freeze, app, now)) {
    return Obstacle{fmt::format("{} is frozen by {} {}{}", to_words(freeze->scope), freeze->owner, time_words(*freeze, now), because(*freeze)),
                    freeze_rule("of " + freeze->owner), true};
  }
  return std::nullopt;
}

std::optional<std::string> over_rate(const PolicyConfig& policy, const App& app, const std::vector<WallTime>& requested, WallTime now) {
  const auto& limit = policy.rate_limit;
  if (limit.changes <= 0) return std::nullopt;
  std::vector<WallTime> recent;
  for (const auto when : requested) {
    if (when > now - limit.per) recent.push_back(when);
  }
  const auto most = static_cast<std::size_t>(limit.changes);
  if (recent.size() < most) return std::nullopt;
  std::ranges::sort(recent, std::greater{});
  const auto next = recent[most - 1] + limit.per - now;
  return fmt::format("{} of {} in the last {} are all that policy.rate_limit allows; the next may be asked for in {}",
                     counted_words(static_cast<std::int64_t>(recent.size()), "Change", "Changes"), app.name, format_duration(limit.per), format_age(next));
}

}  // namespace driftwarden
