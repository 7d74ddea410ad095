// Outbox handlers: the alert of an incident or of a group, notes in its thread, notices to the admins.
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

bool is_over(const std::vector<Incident>& members) {
  return std::ranges::all_of(members, [](const Incident& member) { return member.state == IncidentState::Resolved; });
}

WallTime end_of(const std::vector<Incident>& members) {
  WallTime end{};
  for (const auto& member : members) end = std::max(end, member.resolved_at.value_or(WallTime{}));
  return end;
}

/// The history of a small group, once each; a large one has its message.
Result<void> tell_of_members(storage::Transaction& tx, const Incident& leader, const std::vector<Incident>& members, WallTime now) {
  if (leader.grouping != Grouping::RootCause || members.size() > kToldOneByOne) return Result<void>{};
  for (const auto& member : members) {
    if (member.id != leader.id) CHECK_OK(enqueue_member_note(tx, leader, member, fmt::format(":heavy_plus_sign: {}: the same there.", member.app), "joined", now));
    if (member.state != IncidentState::Resolved || is_over(members)) continue;
    const auto text = fmt::format(":white_check_mark: {} is in sync again after {}: {}.", member.app, format_age(*member.resolved_at - member.opened_at), member.resolved_by);
    CHECK_OK(enqueue_member_note(tx, leader, member, text, fmt::format("healed:{}", member.flaps), now));
  }
  return Result<void>{};
}

/// All of them are in sync: said once, and what drifts from now on is another storm.
Result<void> close_group(storage::Transaction& tx, const Incident& leader, const std::vector<Incident>& members, WallTime now) {
  if (!is_over(members)) return Result<void>{};
  const auto end = end_of(members);
  const auto name = storm_setting(leader.channel);
  TRY(const auto storm, tx.setting(name));
  if (storm && *storm == std::to_string(leader.id)) CHECK_OK(tx.set_setting(name, ""));
  if (members.size() < 2) return Result<void>{};
  const auto text = fmt::format(":white_check_mark: All {} are in sync again after {}.", members.size(), format_age(end - leader.opened_at));
  return enqueue_note(tx, leader, text, fmt::format("over:{}", end.time_since_epoch().count()), now);
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
  TRY(const auto members, tx.incidents_of_group(id));
  CHECK_OK(tell_of_members(tx, *incident, members, now));
  return close_group(tx, *incident, members, now);
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
  return view::group_message(state.incident, rows, {mentions_of(state.members), clock_.wall_now()});
}

asio::awaitable<slack::Message> Incidents::message_of_one(AlertState state, App app) {
  const auto& incident = state.incident;
  view::AlertContext context;
  context.open_change = state.open_change;
  context.now = clock_.wall_now();
  context.mentions = mentions_of(state.members);
  if (incident.state != IncidentState::Resolved) {
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
  const bool of_group = state->members.size() > 1;
  if (of_group) {
    shown.message = message_of_group(*state);
  } else {
    const auto* known = fleet_.app(state->incident.app);
    if (known == nullptr) co_return std::string("the App is gone");
    auto composing = message_of_one(*state, *known);
    shown.message = co_await std::move(composing);
  }
  shown.priority = slack::Sender::Priority::Alert;
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

asio::awaitable<Result<std::string>> Incidents::deliver_note(storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  const auto id = payload.at("incident").get<std::int64_t>();
  std::function<Result<AlertState>(storage::Transaction&)> load = [id](storage::Transaction& tx) { return load_alert(tx, id); };
  auto loading = store_.query<AlertState>(std::move(load));
  auto state = co_await std::move(loading);
  if (!state) co_return state.error();
  if (!state->incident.message) co_return std::string("the alert was never posted");
  if (payload.contains("member") && (state->members.size() > kToldOneByOne || state->incident.grouping == Grouping::Storm)) co_return std::string("too many to be told one by one");
  auto text = slack::escape(payload.at("text").get<std::string>());
  if (payload.value("mention", false)) {
    if (const auto names = mentions_of(state->members); !names.empty()) text += "\n" + names;
  }
  Messenger::Shown shown;
  shown.key = row.key;
  shown.channel = state->incident.message->channel;
  shown.thread_ts = state->incident.message->ts;
  shown.message = view::text_message(std::move(text));
  shown.message.broadcast = payload.value("broadcast", false);
  shown.priority = slack::Sender::Priority::Alert;
  if (row.attempts > 1) shown.maybe_since = row.created_at;
  auto showing = messenger_.show(std::move(shown));
  auto posted = co_await std::move(showing);
  if (!posted) co_return posted.error();
  co_return posted->ts;
}

asio::awaitable<Result<std::string>> Incidents::deliver_notice(storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  Messenger::Shown shown;
  shown.key = row.key;
  shown.channel = payload.at("channel").get<std::string>();
  shown.message = view::text_message(payload.at("text").get<std::string>());
  if (payload.contains("blocks")) shown.message.blocks = std::make_shared<const json>(payload.at("blocks"));
  if (row.attempts > 1) shown.maybe_since = row.created_at;
  auto showing = messenger_.show(std::move(shown));
  auto posted = co_await std::move(showing);
  if (!posted) co_return posted.error();
  co_return posted->ts;
}

}  // namespace driftwarden
