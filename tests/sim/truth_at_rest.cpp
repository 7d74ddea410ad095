// What has to be true when nothing goes on any more.
#include "gitops/base/text.hpp"
#include "gitops/manifest/manifest.hpp"
#include "tests/sim/truth.hpp"

#include <algorithm>
#include <set>

namespace driftwarden::sim {
namespace {

using nlohmann::json;

/// Everything that Git says is so.
bool covers(const json& live, const json& wanted) {
  if (wanted.is_object()) {
    return live.is_object() && std::ranges::all_of(wanted.items(), [&](const auto& entry) { return live.contains(entry.key()) && covers(live.at(entry.key()), entry.value()); });
  }
  if (wanted.is_array()) {
    if (!live.is_array() || live.size() != wanted.size()) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!covers(live[i], wanted[i])) return false;
    }
    return true;
  }
  return live == wanted;
}

std::string verb_of(const Event& event) { return event.text.substr(0, event.text.find(' ')); }

/// Says something whatever comes of it.
bool always_answers(const std::string& verb) {
  static const std::set<std::string> verbs{"status", "whoami", "help", "pending", "freeze", "unfreeze", "halt", "resume", "lock", "unlock", "frobnicate", "history", "why", "diff", "apps", "audit", "waive", "waivers", "unwaive", "ask", "cost"};
  return verbs.contains(verb);
}

}  // namespace

bool Truth::is_synced(const std::string& app) const {
  auto& remote = remote_of(app);
  for (const auto& [path, text] : remote.tree(remote.head("main"), manifest_path(app))) {
    const auto manifests = parse_manifests(text, path);
    if (!manifests) return false;
    for (const auto& manifest : *manifests) {
      const auto live = at_.cluster.objects.find(object_id(manifest.ref));
      if (live == at_.cluster.objects.end() || !covers(live->second, *manifest.body)) return false;
      const auto labels = live->second.at("metadata").value("labels", json::object());
      const auto said = manifest.body->at("metadata").value("labels", json::object());
      if (labels.size() != said.size()) return false;
    }
  }
  return true;
}

std::optional<Truth::Unrest> Truth::unrest_of_queues() {
  for (const auto& event : at_.slack.events) {
    if (!event.accepted) return Unrest{"inbox-drained", fmt::format("\"{}\" of {} was never acknowledged", event.text, event.who)};
  }
  const auto figures = look<storage::StoreFigures>([now = at_.ground.time.wall()](storage::Transaction& tx) { return tx.figures(now); });
  if (!figures) return Unrest{"store-works", "the database can't be read"};
  if (figures->inbox_waiting > 0) return Unrest{"inbox-drained", fmt::format("{} events wait in the inbox", figures->inbox_waiting)};
  for (const auto& [kind, count] : figures->outbox_waiting) {
    if (count > 0) return Unrest{"outbox-drained", fmt::format("{} rows of {} wait in the outbox", count, kind)};
  }
  return std::nullopt;
}

std::optional<Truth::Unrest> Truth::unrest_of_changes() {
  for (const auto& each : changes()) {
    const auto name = change_name(each.id);
    if (each.state != ChangeState::Proposed && !is_final(each.state)) return Unrest{"changes-end", fmt::format("{} ({} of {}) is {} for good, waiting for \"{}\"", name, to_string(each.verb), each.app, to_string(each.state), each.waiting_for)};
    const auto cards = at_.slack.with_key(fmt::format("change:{}", each.id));
    if (cards.size() != 1) return Unrest{"one-card", fmt::format("{} has {} cards", name, cards.size())};
    bool to_decide = false;
    for (const auto& button : buttons_of(*cards.front())) {
      if (button.value.starts_with("approve ") || button.value.starts_with("reject ") || button.value.starts_with("cancel ")) to_decide = true;
      const bool shows = each.content.head_sha.empty() || !button.value.starts_with("approve ") || button.value.ends_with(" " + each.content.head_sha.substr(0, 7));
      if (!is_final(each.state) && !shows) return Unrest{"cards-true", fmt::format("the card of {} offers \"{}\", its content is {}", name, button.value, each.content.head_sha.substr(0, 7))};
    }
    if (to_decide == is_final(each.state)) return Unrest{"buttons-gone", fmt::format("{} is {}, and its card {} buttons to decide it", name, to_string(each.state), to_decide ? "still has" : "has no")};
    const bool open = std::ranges::any_of(at_.forge.entries, [&](const PullEntry& entry) {
      return entry.by_bot && change_of_branch(entry.pull.branch) == each.id && entry.pull.state == forge::PullRequestState::Open;
    });
    if (open && is_final(each.state)) return Unrest{"pull-requests-end", fmt::format("{} is {}, and its pull request is open", name, to_string(each.state))};
  }
  for (const auto& entry : at_.forge.entries) {
    const auto stickies = std::ranges::count_if(entry.comments, [](const forge::Comment& comment) { return comment.body.find("<!-- driftwarden:change -->") != std::string::npos; });
    if (stickies > 1) return Unrest{"one-sticky-comment", fmt::format("#{} has {} comments of the bot about its Change", entry.pull.number, stickies)};
  }
  return std::nullopt;
}

std::optional<Truth::Unrest> Truth::unrest_of_alerts() {
  for (const auto& app : scene_apps()) {
    const auto open = look<std::optional<Incident>>([&](storage::Transaction& tx) { return tx.open_incident(app.name); });
    if (!open) return Unrest{"store-works", "the database can't be read"};
    const bool synced = is_synced(app.name);
    const bool told = open->has_value();
    // What people chose to ignore may differ.
    auto& remote = remote_of(app.name);
    if (!remote.file(remote.head("main"), ignore_path(app.name)).empty()) continue;
    // A fight goes on being told though this side won last.
    const bool fought = told && !(*open)->report.fights.empty();
    const bool calming = told && (*open)->calm_since.has_value();
    if (synced == told && !fought && !calming) {
      return Unrest{"alerts-true", fmt::format("{} is {}, and there is {} open incident of it", app.name, synced ? "in sync" : "out of sync", told ? "an" : "no")};
    }
  }
  const auto all = look<std::vector<Incident>>([](storage::Transaction& tx) { return tx.incidents_since(WallTime{}, 1000); });
  std::map<std::string, int> open_of;
  for (const auto& incident : all.value_or(std::vector<Incident>{})) {
    const bool resolved = incident.state == IncidentState::Resolved;
    if (!resolved && ++open_of[incident.app] > 1) return Unrest{"one-open-incident", fmt::format("{} has several open incidents", incident.app)};
    if (incident.group != 0 || !incident.muted_by.empty()) continue;
    const auto messages = at_.slack.with_key(fmt::format("incident:{}", incident.id));
    if (messages.size() != 1) return Unrest{"one-incident-message", fmt::format("incident {} of {} has {} messages", incident.id, incident.app, messages.size())};
    const bool buttons = !buttons_of(*messages.front()).empty();
    if (buttons == resolved) return Unrest{"buttons-gone", fmt::format("incident {} of {} is {}, and its message {} buttons", incident.id, incident.app, to_string(incident.state), buttons ? "still has" : "has no")};
  }
  return std::nullopt;
}

bool Truth::had_effect(const Event& event, const std::string& person) const {
  static const std::set<std::string> actions{"change.requested", "change.approved", "change.rejected", "change.cancelled", "incident.acknowledged", "incident.snoozed"};
  const auto wall = at_.ground.time.wall() - (at_.ground.time.elapsed() - event.said_at);
  return std::ranges::any_of(at_.durable.audit, [&](const auto& entry) { return entry.second.entry.actor == person && actions.contains(entry.second.entry.action) && entry.second.at >= wall; });
}

std::optional<Truth::Unrest> Truth::unrest_of_answers() {
  for (const auto& event : at_.slack.events) {
    const auto answers = at_.slack.with_key("reply:" + event.key).size();
    const auto* player = player_by_slack(event.who);
    const auto verb = verb_of(event);
    const bool dialog = at_.slack.dialogs.contains(event.payload.value("trigger_id", ""));
    if (answers == 1 || dialog) continue;
    // Who pressed a button that isn't theirs is told so in a whisper, which has no key.
    const auto whispered = [&](const Posted& message) { return message.user == event.who && message.since >= event.said_at; };
    if (verb == "run-it" && std::ranges::any_of(at_.slack.messages, whispered)) continue;
    const bool may_be_silent = !always_answers(verb) && player != nullptr && !player->name.empty() && had_effect(event, player->name);
    if (!may_be_silent) return Unrest{"one-answer", fmt::format("\"{}\" of {} ({}) has {} answers", event.text, event.who, event.key, answers)};
  }
  return std::nullopt;
}

std::optional<Truth::Unrest> Truth::unrest() {
  if (auto queues = unrest_of_queues()) return queues;
  if (auto open = unrest_of_changes()) return open;
  if (auto alerts = unrest_of_alerts()) return alerts;
  if (auto waivers = unrest_of_waivers()) return waivers;
  if (auto commits = unrest_of_commits()) return commits;
  return unrest_of_answers();
}

void Truth::check_durable() {
  if (store == nullptr) return;
  const auto rows = look<std::vector<AuditRow>>([](storage::Transaction& tx) {
    storage::AuditQuery query;
    query.limit = 100'000;
    query.newest_first = false;
    return tx.audit(query);
  });
  if (!rows) return;
  std::map<std::int64_t, const AuditRow*> there;
  for (const auto& row : *rows) there[row.seq] = &row;
  for (const auto& [seq, row] : at_.durable.audit) {
    const auto found = there.find(seq);
    at_.ground.check(found != there.end() && found->second->hash == row.hash, "durable", [&, s = seq, action = row.entry.action] { return fmt::format("row {} of the audit log ({}) was committed, and is {}", s, action, found == there.end() ? "gone" : "another one"); });
  }
  const auto faults = store->verify_audit();
  at_.ground.check(faults && faults->empty(), "audit-intact", [&] { return faults ? fmt::format("row {}: {}", faults->front().seq, faults->front().what) : faults.error().message; });
}

void Truth::check_audit() {
  check_durable();
  const auto has = [&](const std::string& action, const std::string& subject, const std::string& actor) {
    return std::ranges::any_of(at_.durable.audit, [&](const auto& entry) {
      const auto& written = entry.second.entry;
      const bool same_action = action.ends_with('.') ? written.action.starts_with(action) : written.action == action;
      return same_action && (subject.empty() || written.subject == subject) && (actor.empty() || written.actor == actor);
    });
  };
  for (const auto& deed : deeds_) at_.ground.check(has(deed.action, deed.subject, ""), "audit-complete", [&] { return fmt::format("{} has no row {} of {}", deed.what, deed.action, deed.subject); });
  for (const auto& each : changes()) {
    const auto name = change_name(each.id);
    at_.ground.check(has("change.requested", name, each.requester), "audit-complete", [&] { return fmt::format("{} has no row that {} asked for it", name, each.requester); });
    const auto who = approvers();
    at_.ground.check(std::ranges::find(who, each.requester) != who.end(), "rights", [&] { return fmt::format("{} was asked for by {}, who has no right to", name, each.requester); });
    for (const auto& approval : each.approvals) {
      at_.ground.check(has("change.approved", name, approval.by), "audit-complete", [&] { return fmt::format("{} has no row that {} approved it", name, approval.by); });
    }
    const bool put_in_force = each.state == ChangeState::Done && !is_git_only(each.verb);
    if (put_in_force) at_.ground.check(has("change.applied", name, ""), "audit-complete", [&] { return fmt::format("{} is done and has no row that it was applied", name); });
    if (is_final(each.state)) at_.ground.reach(fmt::format("{} {}", to_string(each.verb), to_string(each.state)));
  }
  const auto incidents = look<std::vector<Incident>>([](storage::Transaction& tx) { return tx.incidents_since(WallTime{}, 1000); });
  for (const auto& incident : incidents.value_or(std::vector<Incident>{})) {
    at_.ground.check(has("incident.opened", fmt::format("incident {}", incident.id), ""), "audit-complete", [&] { return fmt::format("incident {} has no row that it was opened", incident.id); });
  }
  for (const auto& event : at_.slack.events) {
    if (!is_refusal(event)) continue;
    const auto* player = player_by_slack(event.who);
    const auto who = player->name.empty() ? player->slack : player->name;
    at_.ground.check(has("command.refused", "", who) || has("action.refused", "", who), "audit-complete",
                     [&] { return fmt::format("\"{}\" of {} was refused, and has no row", event.text, event.who); });
  }
}

bool Truth::is_refusal(const Event& event) const {
  static const std::set<std::string> verbs{"sync", "adopt", "scale", "set-image", "rollback", "restart", "propose", "freeze", "halt", "lock"};
  const auto* player = player_by_slack(event.who);
  if (player == nullptr || player->may_act || !verbs.contains(verb_of(event))) return false;
  const auto answers = at_.slack.with_key("reply:" + event.key);
  return answers.size() == 1 && answers.front()->text.find(":no_entry:") != std::string::npos;
}

}  // namespace driftwarden::sim
