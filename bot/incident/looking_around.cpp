// What time alone brings about: a snooze, a silence or quiet hours end, an alert has been open for so long that it is told again.
#include "bot/incident/incidents.hpp"
#include "bot/routing/routing.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {

struct Incidents::Overview {
  std::vector<Incident> open;                ///< without their reports
  std::map<std::int64_t, Incident> leaders;  ///< of those that are in a group, resolved ones, too
  std::vector<Silence> silences;
};

struct Incidents::Due {
  struct Repeat {
    std::int64_t leader = 0;
    std::int64_t of = 0;  ///< the member that has been open for longest
    std::optional<WallTime> reminded_at;  ///< as seen: nobody else repeated it meanwhile
    std::string text;
  };
  struct Late {
    std::int64_t incident = 0;
    App app;
    Cause cause = Cause::None;
    Telling telling;
  };
  std::vector<Late> late;  ///< those whose reason to be quiet is another now
  std::vector<Repeat> repeats;
  std::vector<std::int64_t> snoozed;  ///< those whose snooze is over
  StormRules storm;
  bool nothing() const { return late.empty() && repeats.empty() && snoozed.empty(); }
};

namespace {

Result<void> wake_snoozed(storage::Transaction& tx, const std::vector<std::int64_t>& snoozed, WallTime now) {
  for (const auto id : snoozed) {
    TRY(auto incident, tx.find_incident(id));
    auto step = incident ? wake(std::move(*incident), now) : std::nullopt;
    if (!step) continue;
    auto committed = commit_step(tx, std::move(*step), now);
    if (!committed) return committed.error();
  }
  return Result<void>{};
}

/// What was opened in silence is told now that it may be and is still there.
template <class Late>
Result<void> tell_late(storage::Transaction& tx, const std::vector<Late>& late, const StormRules& storm, WallTime now) {
  TRY(const auto silences, tx.open_silences());
  for (const auto& one : late) {
    TRY(auto incident, tx.find_incident(one.incident));
    if (!incident || incident->state == IncidentState::Resolved || incident->muted_by.empty() || incident->report.cause != one.cause) continue;
    const auto why = muted_by(silences, one.app, one.cause, one.telling, now);  // a silence may have come since it was looked at
    IncidentStep step{std::move(*incident), false, false, {}, {}};
    const auto before = std::exchange(step.next.muted_by, why);
    if (!why.empty()) {
      CHECK_OK(tx.save_incident(step.next));
      continue;
    }
    step.show = true;
    step.thread_notes.push_back(fmt::format(":loud_sound: Kept quiet until now: {}.", before));
    step.audit = AuditEntry{"driftwarden", "incident.told", step.next.app, "", fmt::format(R"({{"was":{}}})", json_quoted(before))};
    auto told = commit_first_telling(tx, std::move(step), storm, now);
    if (!told) return told.error();
  }
  return Result<void>{};
}

/// A reply that the channel sees: Open still means that nobody took it.
template <class Repeat>
Result<void> repeat(storage::Transaction& tx, const Repeat& due, WallTime now) {
  TRY(const auto still, tx.find_incident(due.of));
  TRY(auto leader, tx.find_incident(due.leader));
  if (!still || !leader || still->state != IncidentState::Open || leader->reminded_at != due.reminded_at) return Result<void>{};
  leader->reminded_at = now;
  ++leader->reminders;
  CHECK_OK(tx.save_incident(*leader));
  return enqueue_repeat(tx, *leader, due.text, now);
}

std::string repeat_words(const Incident& oldest, std::size_t open, WallTime now) {
  const auto age = format_age(now - oldest.opened_at);
  const auto* const state = oldest.report.state == AppState::Unknown ? "impossible to judge" : "OutOfSync";
  return open == 1 ? fmt::format(":bell: {} is still {} after {}.", oldest.app, state, age)
                   : fmt::format(":bell: {} Apps are still OutOfSync, {} for {}.", open, oldest.app, age);
}

}  // namespace

void Incidents::add_repeats(const Overview& seen, WallTime now, Due& due) const {
  struct Waiting {
    const Incident* oldest = nullptr;
    std::size_t open = 0;
    Severity worst = Severity::Info;
  };
  std::map<std::int64_t, Waiting> waiting;  // by the message that shows them
  for (const auto& incident : seen.open) {
    const auto* app = fleet_.app(incident.app);
    if (incident.state != IncidentState::Open || !incident.muted_by.empty() || incident.calm_since || app == nullptr || is_lost(app->cluster)) continue;
    if (!muted_by(seen.silences, *app, incident.report.cause, telling_of(*app, incident.report.cause, incident.code_owners, now), now).empty()) continue;
    auto& entry = waiting[shown_by(incident)];
    if (entry.oldest == nullptr || incident.opened_at < entry.oldest->opened_at) entry.oldest = &incident;
    entry.worst = std::max(entry.worst, incident.severity);
    ++entry.open;
  }
  for (const auto& [id, entry] : waiting) {
    const auto known = seen.leaders.find(id);
    const auto& leader = known == seen.leaders.end() ? *entry.oldest : known->second;
    const auto after = repeat_after(config_, entry.worst);
    if (!after || *after <= Duration{0} || !leader.message) continue;
    const auto& oldest = *entry.oldest;
    const auto told_at = std::max({oldest.opened_at, oldest.told_at.value_or(WallTime{}), oldest.reminded_at.value_or(WallTime{}), leader.reminded_at.value_or(WallTime{})});
    if (now - told_at >= *after) due.repeats.push_back({leader.id, entry.oldest->id, leader.reminded_at, repeat_words(*entry.oldest, entry.open, now)});
  }
}

Incidents::Due Incidents::due_of(const Overview& seen, WallTime now) const {
  Due due;
  due.storm = {config_.alerts.storm, config_.alerts.storm_window};
  for (const auto& incident : seen.open) {
    if (incident.state == IncidentState::Snoozed && incident.snoozed_until && *incident.snoozed_until <= now) due.snoozed.push_back(incident.id);
    const auto* app = fleet_.app(incident.app);
    if (incident.muted_by.empty() || app == nullptr || is_lost(app->cluster)) continue;
    auto telling = telling_of(*app, incident.report.cause, incident.code_owners, now);
    const auto why = muted_by(seen.silences, *app, incident.report.cause, telling, now);
    if (why != incident.muted_by) due.late.push_back({incident.id, *app, incident.report.cause, std::move(telling)});
  }
  add_repeats(seen, now, due);
  return due;
}

asio::awaitable<void> Incidents::look_around() {
  const auto now = clock_.wall_now();
  std::function<Result<Overview>(storage::Transaction&)> load = [](storage::Transaction& tx) -> Result<Overview> {
    Overview seen;
    TRY(seen.open, tx.open_incident_heads());
    TRY(seen.silences, tx.open_silences());
    for (const auto& incident : seen.open) {
      if (incident.group == incident.id) seen.leaders.insert_or_assign(incident.id, incident);
    }
    for (const auto& incident : seen.open) {
      if (incident.group == 0 || seen.leaders.contains(incident.group)) continue;
      TRY(auto leader, tx.find_incident(incident.group));
      if (leader) seen.leaders.emplace(incident.group, std::move(*leader));
    }
    return seen;
  };
  auto loading = store_.query<Overview>(std::move(load));
  const auto seen = co_await std::move(loading);
  if (!seen) co_return;
  auto due = due_of(*seen, now);
  if (due.nothing()) co_return;
  std::function<Result<void>(storage::Transaction&)> work = [due = std::move(due), now](storage::Transaction& tx) -> Result<void> {
    CHECK_OK(wake_snoozed(tx, due.snoozed, now));
    CHECK_OK(tell_late(tx, due.late, due.storm, now));
    for (const auto& each : due.repeats) CHECK_OK(repeat(tx, each, now));
    return Result<void>{};
  };
  auto working = store_.transact(std::move(work));
  const auto done = co_await std::move(working);
  if (!done) log_error("incident", "what was due could not be stored: " + done.error().message);
  outbox_.wake();
}

}  // namespace driftwarden
