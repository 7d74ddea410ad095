// Outbox handlers: the alert of an incident or of a group, notes in its thread, notices to the admins.
#include "bot/incident/drift_cost.hpp"
#include "bot/incident/incidents.hpp"
#include "bot/incident/rollback_search.hpp"
#include "bot/routing/routing.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {

using nlohmann::json;

struct Incidents::AlertState {
  Incident incident;              ///< whose message it is
  std::vector<Incident> members;  ///< of its group, that may be told; only itself when it is alone
  std::optional<Change> open_change;
};

namespace {

constexpr std::size_t kMentioned = 5;
constexpr std::size_t kNamed = 10;
constexpr Duration kNotYet{2'000};

bool is_over(const std::vector<Incident>& members) {
  return std::ranges::all_of(members, [](const Incident& member) { return member.state == IncidentState::Resolved; });
}

WallTime end_of(const std::vector<Incident>& members) {
  WallTime end{};
  for (const auto& member : members) end = std::max(end, member.resolved_at.value_or(WallTime{}));
  return end;
}

bool is_told(const Incident& incident, const std::string& what) { return std::ranges::find(incident.told, what) != incident.told.end(); }

/// Once: the outbox forgets its keys after a while, the incident doesn't.
Result<void> tell_once(storage::Transaction& tx, const Incident& leader, Incident& member, const std::string& text, const std::string& mark, WallTime now) {
  if (is_told(member, mark)) return Result<void>{};
  member.told.push_back(mark);
  CHECK_OK(tx.save_incident(member));
  return enqueue_member_note(tx, leader, member, text, mark, now);
}

/// The history of a small group, once each; a large one has its message.
Result<void> tell_of_members(storage::Transaction& tx, const Incident& leader, std::vector<Incident>& members, WallTime now) {
  if (leader.grouping != Grouping::RootCause || members.size() > kToldOneByOne) return Result<void>{};
  const bool over = is_over(members);
  for (auto& member : members) {
    if (member.id != leader.id) CHECK_OK(tell_once(tx, leader, member, fmt::format(":heavy_plus_sign: {}: the same there.", member.app), "joined", now));
    if (member.state != IncidentState::Resolved || over) continue;
    const auto text = fmt::format(":white_check_mark: {} is in sync again after {}: {}.", member.app, format_age(*member.resolved_at - member.opened_at), member.resolved_by);
    CHECK_OK(tell_once(tx, leader, member, text, fmt::format("healed:{}", member.flaps), now));
  }
  return Result<void>{};
}

/// All of them are in sync: said once, and what drifts from now on is another storm.
Result<void> close_group(storage::Transaction& tx, Incident& leader, const std::vector<Incident>& members, WallTime now) {
  if (!is_over(members)) return Result<void>{};
  const auto end = end_of(members);
  const auto name = storm_setting(leader.channel);
  TRY(const auto storm, tx.setting(name));
  if (storm && *storm == std::to_string(leader.id)) CHECK_OK(tx.set_setting(name, ""));
  const auto mark = fmt::format("over:{}", end.time_since_epoch().count());
  if (members.size() < 2 || is_told(leader, mark)) return Result<void>{};
  leader.told.push_back(mark);
  CHECK_OK(tx.save_incident(leader));
  const auto text = fmt::format(":white_check_mark: All {} are in sync again after {}.", members.size(), format_age(end - leader.opened_at));
  return enqueue_note(tx, leader, text, mark, now);
}

/// What follows from a message that stands in the channel.
Result<void> keep_shown(storage::Transaction& tx, std::int64_t id, const MessageRef& at, WallTime now) {
  TRY(auto incident, tx.find_incident(id));
  if (!incident) return Result<void>{};
  if (incident->message != at) {
    incident->message = at;
    CHECK_OK(tx.save_incident(*incident));
  }
  if (incident->group != id) return Result<void>{};
  TRY(auto members, tx.incidents_of_group(id));
  CHECK_OK(tell_of_members(tx, *incident, members, now));
  const auto leader = std::ranges::find(members, id, &Incident::id);
  if (leader == members.end()) return Result<void>{};
  auto newest = *leader;
  return close_group(tx, newest, members, now);
}

/// Those of a storm that its thread hasn't named yet.
std::vector<Incident> untold_criticals(const Incident& leader, const std::vector<Incident>& members) {
  std::vector<Incident> untold;
  for (const auto& member : members) {
    if (member.id != leader.id && member.severity == Severity::Critical && member.state == IncidentState::Open && !is_told(member, kToldCritical)) untold.push_back(member);
  }
  return untold;
}

Result<void> keep_told(storage::Transaction& tx, const std::vector<std::int64_t>& criticals) {
  for (const auto id : criticals) {
    TRY(auto incident, tx.find_incident(id));
    if (!incident || is_told(*incident, kToldCritical)) continue;
    incident->told.emplace_back(kToldCritical);
    CHECK_OK(tx.save_incident(*incident));
  }
  return Result<void>{};
}

std::string names_of(const std::vector<Incident>& incidents) {
  std::vector<std::string> names;
  for (const auto& incident : incidents) {
    if (names.size() < kNamed) names.push_back(incident.app);
  }
  return join(names, ", ") + (incidents.size() > kNamed ? fmt::format(" and {} more", incidents.size() - kNamed) : "");
}

/// "alice is on it" is said of all, or of those that she took.
std::string with_names(std::string text, std::int64_t stepped, const std::vector<Incident>& members) {
  const auto one = std::ranges::find(members, stepped, &Incident::id);
  if (one == members.end() || members.size() < 2) return text;
  std::vector<Incident> same;
  std::size_t open = 0;
  for (const auto& member : members) {
    open += member.state == IncidentState::Resolved ? 0U : 1U;
    const bool as_one = member.state == one->state && member.acknowledged_by == one->acknowledged_by && member.snoozed_until == one->snoozed_until &&
                        (one->state != IncidentState::Open || member.reminded_at == one->reminded_at);
    if (as_one) same.push_back(member);
  }
  if (one->state == IncidentState::Resolved) same = {*one};
  else if (same.size() == open) return text;
  if (text.ends_with('.')) text.pop_back();
  return fmt::format("{}: {}.", text, names_of(same));
}

}  // namespace

Result<Incidents::AlertState> Incidents::load_alert(storage::Transaction& tx, std::int64_t id) {
  TRY(auto incident, tx.find_incident(id));
  if (!incident) return Error{ErrorKind::NotFound, fmt::format("there is no incident {}", id)};
  AlertState state{std::move(*incident), {}, {}};
  if (state.incident.group == id) {
    TRY(state.members, tx.incidents_of_group(id));
  }
  std::erase_if(state.members, [](const Incident& member) { return !member.muted_by.empty(); });
  if (state.members.size() > 1) return state;
  state.members = {state.incident};
  TRY(auto changes, tx.changes({state.incident.app, true, 1}));
  if (!changes.empty()) state.open_change = std::move(changes.front());
  return state;
}

std::string Incidents::mentions_of(const std::vector<Incident>& incidents) const {
  std::vector<std::string> words;
  for (const auto& incident : incidents) {
    const auto* app = fleet_.app(incident.app);
    if (app == nullptr || incident.state == IncidentState::Resolved) continue;
    for (auto& one : mentions(config_, incident.mention, *app, incident.code_owners, kMentioned)) {
      if (words.size() < kMentioned && std::ranges::find(words, one) == words.end()) words.push_back(std::move(one));
    }
    if (words.size() >= kMentioned) break;
  }
  return words.empty() ? "" : "cc " + join(words, " ");
}

slack::Message Incidents::message_of_group(const AlertState& state) const {
  std::vector<view::GroupRow> rows;
  for (const auto& member : state.members) {
    App app;
    app.name = member.app;
    if (const auto* known = fleet_.app(member.app)) app = *known;
    rows.push_back({member, std::move(app), root_cause_of(member.report) != state.incident.root_cause});
  }
  return view::group_message(state.incident, rows, {mentions_of(state.members), clock_.wall_now(), drift_cost(config_.cost, fleet_, state.members)});
}

asio::awaitable<slack::Message> Incidents::message_of_one(AlertState state, App app) {
  const auto& incident = state.incident;
  view::AlertContext context;
  context.open_change = state.open_change;
  context.now = clock_.wall_now();
  context.mentions = mentions_of(state.members);
  context.opinion = fleet_.report(app.name).opinion;
  if (incident.state != IncidentState::Resolved) {
    context.drift_cost = drift_cost(config_.cost, fleet_, app, incident.report);
    auto looking = earlier_revision(app, incident.report);
    context.rolled_back_to = co_await std::move(looking);
  }
  if (!incident.report.revision.empty() && !app.repository.empty()) {
    std::function<Result<CommitInfo>(Mirror&)> look = [revision = incident.report.revision](Mirror& mirror) { return mirror.commit_info(revision); };
    auto looking = fleet_.repository(app.repository).with_mirror<CommitInfo>(std::move(look));
    if (const auto info = co_await std::move(looking)) {
      context.commit_summary = info->summary;
      context.commit_author = info->author.name;
    }
  }
  co_return view::alert_message(incident, app, context);
}

asio::awaitable<Result<std::string>> Incidents::deliver_alert(storage::OutboxRow row) {
  const auto id = json::parse(row.payload).at("incident").get<std::int64_t>();
  std::function<Result<AlertState>(storage::Transaction&)> load = [id](storage::Transaction& tx) { return load_alert(tx, id); };
  auto loading = store_.query<AlertState>(std::move(load));
  auto state = co_await std::move(loading);
  if (!state) co_return state.error();
  Messenger::Shown shown;
  shown.key = fmt::format("incident:{}", id);
  shown.channel = state->incident.channel;
  shown.at = state->incident.message;
  if (apps_are_missing(*state)) {
    outbox_.put_off(row, kNotYet);
    co_return Error{ErrorKind::Unavailable, "not every repository has said yet which Apps it declares"};
  }
  const bool of_group = state->members.size() > 1;
  if (of_group) {
    shown.message = message_of_group(*state);
  } else {
    const auto* known = fleet_.app(state->incident.app);
    if (known == nullptr) co_return std::string("the App is gone");
    auto composing = message_of_one(*state, *known);
    shown.message = co_await std::move(composing);
  }
  // Good news of a group comes while its Changes' cards are being edited: it must not wait behind all of them.
  const bool healing = of_group && std::ranges::any_of(state->members, [](const Incident& member) { return member.state == IncidentState::Resolved; });
  shown.priority = healing ? slack::Sender::Priority::Answer : slack::Sender::Priority::Alert;
  if (row.attempts > 1) shown.maybe_since = row.created_at;
  auto showing = messenger_.show(std::move(shown));
  auto posted = co_await std::move(showing);
  if (!posted) co_return posted.error();
  if (state->incident.message == *posted && state->incident.group != id) co_return posted->ts;
  std::function<Result<void>(storage::Transaction&)> keep = [id, at = *posted, now = clock_.wall_now()](storage::Transaction& tx) { return keep_shown(tx, id, at, now); };
  auto keeping = store_.transact(std::move(keep));
  auto kept = co_await std::move(keeping);
  if (!kept) co_return kept.error();
  co_return posted->ts;
}

asio::awaitable<std::optional<view::EarlierRevision>> Incidents::earlier_revision(App app, DriftReport report) {
  const auto image = rolled_back_image(report);
  if (!image || app.repository.empty()) co_return std::nullopt;
  std::function<Result<std::optional<view::EarlierRevision>>(Mirror&)> look = [app, revision = report.revision, image = *image](Mirror& mirror) {
    return find_revision_with(mirror, revision, app.path, image);
  };
  auto looking = fleet_.repository(app.repository).with_mirror<std::optional<view::EarlierRevision>>(std::move(look));
  auto found = co_await std::move(looking);
  if (found) co_return std::move(*found);
  log_warn("incident", fmt::format("{}: looking for the revision with {}: {}", app.name, *image, found.error().message));
  co_return std::nullopt;
}

bool Incidents::apps_are_missing(const AlertState& state) const {
  return !fleet_.apps_are_known() && std::ranges::any_of(state.members, [&](const Incident& member) { return fleet_.app(member.app) == nullptr; });
}

Incidents::NoteWords Incidents::words_of_note(const AlertState& state, const std::string& text) const {
  const auto payload = json::parse(text);
  const auto& leader = state.incident;
  NoteWords words;
  const auto nothing = [&](std::string why) {
    words.why_not = std::move(why);
    return words;
  };
  if (payload.contains("member") && (state.members.size() > kToldOneByOne || leader.grouping == Grouping::Storm)) return nothing("too many to be told one by one");
  if (payload.contains("repeat") && payload.at("repeat").get<int>() < leader.reminders) return nothing("told again since");
  std::vector<Incident> about = state.members;
  if (payload.contains("of")) {
    std::erase_if(about, [of = payload.at("of").get<std::int64_t>()](const Incident& member) { return member.id != of || member.state == IncidentState::Resolved; });
    if (about.empty()) return nothing("it is over");
  } else if (payload.contains("critical")) {
    about = untold_criticals(leader, state.members);
    if (about.empty()) return nothing("all of them were named");
    for (const auto& one : about) words.criticals.push_back(one.id);
  } else if (payload.value("broadcast", false) && std::ranges::none_of(about, [](const Incident& member) { return member.state == IncidentState::Open; })) {
    return nothing("nothing of it is open any more");
  }
  auto said = payload.contains("critical") ? fmt::format(":fire: {} critical: {}", about.size(), names_of(about)) : payload.at("text").get<std::string>();
  if (payload.contains("stepped")) said = with_names(std::move(said), payload.at("stepped").get<std::int64_t>(), state.members);
  words.text = slack::escape(said);
  words.broadcast = payload.value("broadcast", false);
  if (!words.broadcast) return words;
  if (const auto names = mentions_of(about); !names.empty()) words.text += "\n" + names;
  return words;
}

asio::awaitable<Result<std::string>> Incidents::deliver_note(storage::OutboxRow row) {
  const auto id = json::parse(row.payload).at("incident").get<std::int64_t>();
  std::function<Result<AlertState>(storage::Transaction&)> load = [id](storage::Transaction& tx) { return load_alert(tx, id); };
  auto loading = store_.query<AlertState>(std::move(load));
  auto state = co_await std::move(loading);
  if (!state) co_return state.error();
  if (!state->incident.message) co_return std::string("the alert was never posted");
  const auto words = words_of_note(*state, row.payload);
  if (!words.why_not.empty()) co_return words.why_not;
  Messenger::Shown shown;
  shown.key = row.key;
  shown.channel = state->incident.message->channel;
  shown.thread_ts = state->incident.message->ts;
  shown.message = view::text_message(words.text);
  shown.message.broadcast = words.broadcast;
  shown.priority = slack::Sender::Priority::Alert;
  if (row.attempts > 1) shown.maybe_since = row.created_at;
  auto showing = messenger_.show(std::move(shown));
  auto posted = co_await std::move(showing);
  if (!posted) co_return posted.error();
  if (words.criticals.empty()) co_return posted->ts;
  std::function<Result<void>(storage::Transaction&)> keep = [criticals = words.criticals](storage::Transaction& tx) { return keep_told(tx, criticals); };
  auto keeping = store_.transact(std::move(keep));
  auto kept = co_await std::move(keeping);
  if (!kept) co_return kept.error();
  co_return posted->ts;
}

asio::awaitable<Result<std::string>> Incidents::deliver_notice(storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  Messenger::Shown shown;
  shown.key = row.key;
  shown.channel = payload.at("channel").get<std::string>();
  shown.message = view::text_message(payload.at("text").get<std::string>());
  if (payload.contains("blocks")) shown.message.blocks = std::make_shared<const json>(payload.at("blocks"));
  // What nobody waits for goes after what somebody does.
  if (payload.value("priority", "") == "alert") shown.priority = slack::Sender::Priority::Alert;
  if (row.attempts > 1) shown.maybe_since = row.created_at;
  auto showing = messenger_.show(std::move(shown));
  auto posted = co_await std::move(showing);
  if (!posted) co_return posted.error();
  co_return posted->ts;
}

}  // namespace driftwarden
