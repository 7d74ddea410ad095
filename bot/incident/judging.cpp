#include "bot/incident/judging.hpp"

#include "bot/incident/incidents.hpp"
#include "bot/routing/routing.hpp"
#include "bot/view/drift_words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kLeadersLookedAt = 5;
constexpr int kIncidentsLookedAt = 20;

/// The Change that put the App right, if one did: it was merged and is no older than the incident, or than its last return.
std::optional<Change> change_behind(const std::vector<Change>& changes, const Incident& incident) {
  const auto found = std::ranges::find_if(changes, [&](const Change& change) {
    return !change.merged_sha.empty() && change.updated_at >= (incident.flaps > 0 ? incident.updated_at : incident.opened_at) && change.state != ChangeState::Failed;
  });
  if (found == changes.end()) return std::nullopt;
  return *found;
}

std::string resolution_words(const std::vector<Change>& changes, const Incident& incident, const DriftReport& report, bool orphans) {
  if (orphans) return "gone, or known to Git now";
  if (const auto change = change_behind(changes, incident)) {
    return fmt::format("{}{} by {}", change->verb == ChangeVerb::Ignore ? "ignored since " : "", change_name(change->id), change->requester);
  }
  if (report.revision != incident.report.revision) return fmt::format("commit {}", report.revision.substr(0, 7));
  return "live is what Git says again";
}

/// Those that something happened to later: what was well in between is no fault of theirs.
std::vector<Change> since(std::vector<Change> changes, WallTime time) {
  std::erase_if(changes, [&](const Change& change) { return change.updated_at <= time; });
  return changes;
}

/// While a merged Change is being applied, live and Git differ on purpose.
bool being_applied(const std::vector<Change>& changes) {
  return std::ranges::any_of(changes, [](const Change& change) {
    if (change.verb == ChangeVerb::Ignore) return false;
    return change.state == ChangeState::Approved || change.state == ChangeState::Merged || change.state == ChangeState::Applying || change.state == ChangeState::Verifying;
  });
}

const Telling& telling_of(const JudgeFacts& facts, Cause cause) {
  static const Telling nothing{};
  const auto found = facts.tellings.find(cause);
  if (found != facts.tellings.end()) return found->second;
  return facts.tellings.empty() ? nothing : facts.tellings.begin()->second;
}

/// The message that an incident of this root cause may join: rather one of its own severity.
Result<std::optional<Incident>> same_cause_of(storage::Transaction& tx, const Incident& fresh, WallTime now) {
  TRY(auto leaders, tx.leaders_with(fresh.channel, fresh.root_cause, kLeadersLookedAt));
  std::ranges::stable_partition(leaders, [&](const Incident& leader) { return leader.severity == fresh.severity; });
  for (auto& leader : leaders) {
    if (leader.id == fresh.id) continue;
    std::vector<Incident> members;
    if (leader.group == leader.id && (leader.state == IncidentState::Resolved || leader.severity < fresh.severity)) {
      TRY(members, tx.group_heads(leader.id));
    }
    if (may_join(leader, members, fresh.severity, now)) return std::optional{std::move(leader)};
  }
  return std::optional<Incident>{};
}

Result<std::optional<Incident>> open_storm(storage::Transaction& tx, const std::string& channel) {
  TRY(const auto id, tx.setting(storm_setting(channel)));
  if (!id || id->empty()) return std::optional<Incident>{};
  TRY(auto leader, tx.find_incident(std::stoll(*id)));
  if (leader && leader->grouping != Grouping::Storm) leader.reset();
  return leader;
}

Result<JoinFacts> load_join_facts(storage::Transaction& tx, const Incident& fresh, const StormRules& rules, WallTime now) {
  JoinFacts facts;
  TRY(facts.same_cause, same_cause_of(tx, fresh, now));
  if (facts.same_cause) return facts;
  TRY(facts.storm, open_storm(tx, fresh.channel));
  if (facts.storm && facts.storm->id == fresh.id) facts.storm.reset();
  if (facts.storm && now - last_joined(*facts.storm) <= kStormGoesOn) return facts;
  TRY(const auto told, tx.told_in_channel(fresh.channel, now - rules.window));
  facts.told_lately = static_cast<std::size_t>(std::ranges::count_if(told, [&](const Incident& incident) { return incident.id != fresh.id; }));
  return facts;
}

/// What the report makes of the App's incident, in the light of its past.
std::optional<IncidentStep> step_of(const JudgeFacts& facts, const std::optional<Incident>& open, const std::vector<Incident>& before, const std::vector<Change>& changes,
                                    const DriftReport& told) {
  auto flapping = facts.flapping;
  flapping.times = std::min(flapping.times, kIncidentsLookedAt);
  if (!open && needs_attention(told) && comes_back_too_often(before, flapping, facts.now)) return reopen(before.front(), told, facts.now);
  if (open && change_behind(changes, *open)) flapping.calm = Duration{0};  // somebody put it right: that is no chance
  return on_report(open, told, telling_of(facts, told.cause).channel, open ? resolution_words(changes, *open, told, facts.app.orphans) : "", facts.now, flapping);
}

void take_telling(Incident& incident, const Telling& telling, bool is_new, bool rose) {
  if (incident.state == IncidentState::Resolved) return;
  incident.severity = telling.severity;
  if (incident.group == 0) incident.root_cause = root_cause_of(incident.report);
  if (!is_new && !rose) return;
  incident.mention = telling.mention;
  incident.code_owners = telling.code_owners;
}

/// More is at stake than was told: that is worth a line that the channel sees. In a storm it has a line with others.
Result<void> tell_of_rise(storage::Transaction& tx, const Incident& incident, WallTime now) {
  if (incident.group != 0 && incident.group != incident.id) {
    TRY(auto leader, tx.find_incident(incident.group));
    if (leader && leader->grouping == Grouping::Storm) return incident.severity == Severity::Critical ? enqueue_critical(tx, std::move(*leader), now) : Result<void>{};
  }
  const auto text = fmt::format(":arrow_double_up: {} is {} now: {}.", incident.app, to_string(incident.severity), view::cause_words(incident.report.cause));
  return enqueue_rise(tx, incident, text, now);
}

/// Who shares a message has its changes told by name.
Result<void> tell_of_other_story(storage::Transaction& tx, const Incident& before, const Incident& incident, WallTime now) {
  if (incident.group == 0 || incident.state == IncidentState::Resolved || incident.state == IncidentState::Snoozed || incident.flaps > 0) return Result<void>{};
  if (before.report.cause == incident.report.cause && root_cause_of(before.report) == root_cause_of(incident.report)) return Result<void>{};
  TRY(const auto leader, tx.find_incident(incident.group));
  if (!leader || leader->grouping == Grouping::Storm) return Result<void>{};
  const auto text = fmt::format(":arrows_counterclockwise: {} changed again: {}.", incident.app, view::cause_words(incident.report.cause));
  return enqueue_member_note(tx, *leader, incident, text, fmt::format("changed:{}", now.time_since_epoch().count()), now);
}

Result<void> commit(storage::Transaction& tx, const JudgeFacts& facts, const std::optional<Incident>& open, IncidentStep step) {
  const auto& telling = telling_of(facts, step.next.report.cause);
  const bool drifts = step.next.state != IncidentState::Resolved && !step.next.calm_since;
  const bool rose = drifts && !step.is_new && telling.severity > step.next.severity;
  if (drifts) take_telling(step.next, telling, step.is_new, rose);
  const bool untold = step.is_new || !step.next.muted_by.empty();
  TRY(const auto silences, tx.open_silences());
  const auto muted = muted_by(silences, facts.app, step.next.report.cause, telling, facts.now);
  if (untold && step.next.state != IncidentState::Resolved) {
    step.next.muted_by = muted;
    if (muted.empty()) {
      auto told = commit_first_telling(tx, std::move(step), facts.storm, facts.now);
      return told ? Result<void>{} : Result<void>{told.error()};
    }
  }
  if (muted.starts_with("silence")) step.thread_notes.clear();
  if (rose) std::erase(step.next.told, kToldCritical);
  TRY(const auto incident, commit_step(tx, std::move(step), facts.now));
  if (untold || !muted.empty()) return Result<void>{};
  if (rose) return tell_of_rise(tx, incident, facts.now);
  return open && drifts ? tell_of_other_story(tx, *open, incident, facts.now) : Result<void>{};
}

}  // namespace

std::string storm_setting(const std::string& channel) { return "storm:" + channel; }

std::string muted_by(const std::vector<Silence>& silences, const App& app, Cause cause, const Telling& telling, WallTime now) {
  const AlertFacts about{&app, cause, telling.severity, telling.code_owners, false, telling.teams, telling.silencers};
  if (const auto* silence = silenced_by(silences, about, now)) return fmt::format("silence {}", silence->id);
  return telling.quiet_until && *telling.quiet_until > now ? "quiet hours" : "";
}

Result<Incident> commit_first_telling(storage::Transaction& tx, IncidentStep step, const StormRules& rules, WallTime now) {
  TRY(const auto facts, load_join_facts(tx, step.next, rules, now));
  step.next.told_at = now;
  const auto join = join_of(facts, rules, now);
  if (join.leader != 0) {
    const auto leader = with_member(facts.same_cause ? *facts.same_cause : *facts.storm, join.grouping, now);
    CHECK_OK(tx.save_incident(leader));
    step.next.group = join.leader;
    TRY(auto member, commit_step(tx, std::move(step), now));
    if (leader.grouping == Grouping::Storm && member.severity == Severity::Critical) CHECK_OK(enqueue_critical(tx, leader, now));
    return member;
  }
  if (join.grouping == Grouping::Storm) {
    if (step.is_new) {
      TRY(step.next, tx.add_incident(std::move(step.next)));
      step.is_new = false;
    }
    step.next = with_member(std::move(step.next), Grouping::Storm, now);
    CHECK_OK(tx.set_setting(storm_setting(step.next.channel), std::to_string(step.next.id)));
  }
  return commit_step(tx, std::move(step), now);
}

Result<Judged> judge_in(storage::Transaction& tx, const JudgeFacts& facts) {
  const auto& report = facts.report;
  TRY(const auto open, open_incident_of(tx, report.app));
  TRY(const auto changes, tx.changes({report.app, false, 5}));
  const auto looked_at = open ? std::size_t{1} : static_cast<std::size_t>(std::clamp(facts.flapping.times, 1, kIncidentsLookedAt));
  TRY(const auto before, tx.incidents_of(report.app, looked_at));
  const auto resolved_at = before.empty() ? WallTime{} : before.front().resolved_at.value_or(WallTime{});
  const auto told = as_told(report, since(changes, std::max(facts.healed_at, resolved_at)));
  if (!open && facts.due && *facts.due > facts.now && told.cause == report.cause) return Judged{Judged::Outcome::Nothing, facts.due};
  if (told.state == AppState::OutOfSync && being_applied(changes)) return Judged{};
  auto step = step_of(facts, open, before, changes, told);
  Judged judged;
  const auto& calm_since = step ? step->next.calm_since : open ? open->calm_since : std::optional<WallTime>{};
  if (calm_since) judged.again = *calm_since + facts.flapping.calm;
  if (!step) return judged;
  judged.outcome = Judged::Outcome::Stepped;
  CHECK_OK(commit(tx, facts, open, std::move(*step)));
  return judged;
}

}  // namespace driftwarden
