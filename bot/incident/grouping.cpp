#include "bot/incident/grouping.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/replace.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace driftwarden {
namespace {

constexpr std::size_t kFieldsOfAStory = 5;

/// Containers are often called what their workload is called: that name is no part of the story.
std::string path_in(const FieldDrift& field, const ObjectRef& object) {
  auto path = field.path;
  if (!object.name.empty()) replace_all(path, fmt::format("[name=\"{}\"]", object.name), "[name=\"*\"]");
  return path;
}

std::string side(const std::optional<std::string>& value) { return value ? "=" + *value : "-"; }

}  // namespace

std::string root_cause_of(const DriftReport& report) {
  const bool live = report.cause == Cause::LiveEdited;
  if (report.state != AppState::OutOfSync || (!live && report.cause != Cause::GitAhead) || !report.fights.empty() || report.objects.empty()) return "";
  std::set<std::string> fields;
  std::set<std::string> managers;
  for (const auto& drift : report.objects) {
    if (drift.verdict != Verdict::OutOfSync || drift.fields.empty()) return "";
    for (const auto& field : drift.fields) {
      if (live) managers.insert(field.by.value_or(""));
      // A value that Git moved to is what they share, whatever live had before.
      fields.insert(fmt::format("{}\n{}\n{}\n{}", drift.object.kind, path_in(field, drift.object), static_cast<int>(field.op), side(live ? field.live : field.desired)));
    }
  }
  if (fields.size() > kFieldsOfAStory || managers.size() > 1) return "";
  std::string story(to_string(report.cause));
  story += "\n" + (live ? *managers.begin() : report.revision);
  for (const auto& field : fields) story += "\n" + field;
  return sha256_hex(story).substr(0, 32);
}

WallTime last_joined(const Incident& leader) { return leader.last_member_at.value_or(leader.told_at.value_or(leader.opened_at)); }

bool may_join(const Incident& leader, const std::vector<Incident>& members, Severity fresh, WallTime now) {
  if (now - last_joined(leader) > kCauseGoesOn) return false;
  const bool gone = leader.state == IncidentState::Resolved;
  if (!gone && leader.state != IncidentState::Open) return false;
  if (gone && std::ranges::none_of(members, [](const Incident& member) { return member.state == IncidentState::Open; })) return false;
  const auto at_stake = [&](const Incident& one) { return one.state != IncidentState::Resolved && one.severity >= fresh; };
  return at_stake(leader) || std::ranges::any_of(members, at_stake);
}

Join join_of(const JoinFacts& facts, const StormRules& rules, WallTime now) {
  if (facts.same_cause) {
    return {facts.same_cause->id, facts.same_cause->grouping == Grouping::Storm ? Grouping::Storm : Grouping::RootCause};
  }
  if (facts.storm && now - last_joined(*facts.storm) <= kStormGoesOn) return {facts.storm->id, Grouping::Storm};
  if (rules.limit > 0 && facts.told_lately >= static_cast<std::size_t>(rules.limit)) return {0, Grouping::Storm};
  return {};
}

Incident with_member(Incident leader, Grouping grouping, WallTime now) {
  leader.group = leader.id;
  if (leader.grouping == Grouping::Alone) leader.grouping = grouping;
  leader.last_member_at = now;
  return leader;
}

}  // namespace driftwarden
