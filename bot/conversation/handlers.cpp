#include "bot/conversation/handlers.hpp"

#include "bot/audit/details.hpp"
#include "bot/config/policy.hpp"
#include "bot/config/teams.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {

Handler handler_of(Verb verb) {
  switch (verb) {
    case Verb::Help: return handle_help;
    case Verb::Status: return handle_status;
    case Verb::Apps: return handle_apps;
    case Verb::Diff: return handle_diff;
    case Verb::Why: return handle_why;
    case Verb::History: return handle_history;
    case Verb::Sync: return handle_sync;
    case Verb::Rollback: return handle_rollback;
    case Verb::Adopt: return handle_adopt;
    case Verb::Approve: return handle_approve;
    case Verb::Reject: return handle_reject;
    case Verb::Cancel: return handle_cancel;
    case Verb::Ack: return handle_ack;
    case Verb::Snooze: return handle_snooze;
    case Verb::Audit: return handle_audit;
    case Verb::Whoami: return handle_whoami;
    case Verb::Ignore: return handle_ignore;
    case Verb::Ignores: return handle_ignores;
    case Verb::Stats: return handle_stats;
    case Verb::SetImage: return handle_set_image;
    case Verb::Scale: return handle_scale;
    case Verb::Set: return handle_set;
    case Verb::Promote: return handle_promote;
    case Verb::CreateApp: return handle_create_app;
    case Verb::Restart: return handle_restart;
    case Verb::Lock: return handle_lock;
    case Verb::Unlock: return handle_unlock;
    case Verb::Freeze: return handle_freeze;
    case Verb::Unfreeze: return handle_unfreeze;
    case Verb::Halt: return handle_halt;
    case Verb::Resume: return handle_resume;
    case Verb::BreakGlass: return handle_break_glass;
    case Verb::Pending: return handle_pending;
    case Verb::Delegate: return handle_delegate;
    case Verb::Link: return handle_link;
    case Verb::Logs: return handle_logs;
    case Verb::Events: return handle_events;
    case Verb::Pods: return handle_pods;
    case Verb::Describe: return handle_describe;
    case Verb::Silence: return handle_silence;
    case Verb::Silences: return handle_silences;
    case Verb::Unsilence: return handle_unsilence;
    case Verb::Route: return handle_route;
    case Verb::Digest: return handle_digest;
    case Verb::Refresh: return handle_refresh;
    case Verb::Apply: return handle_apply;
    case Verb::Move: return handle_move;
    case Verb::PinImage: return handle_pin_image;
    case Verb::Propose: return handle_propose;
    case Verb::Ask: return handle_ask;
    case Verb::Cost: return handle_cost;
    case Verb::Waive: return handle_waive;
    case Verb::Waivers: return handle_waivers;
    case Verb::Unwaive: return handle_unwaive;
  }
  return handle_help;
}

Answer say(slack::Message message) {
  Answer answer;
  answer.reply.message = std::move(message);
  return answer;
}

Answer say(std::string mrkdwn) { return say(view::text_message(std::move(mrkdwn))); }

PersonId caller_id(const Call& call) { return call.caller.person.empty() ? call.caller.slack_id : call.caller.person; }

std::vector<App> visible_apps(const Config& config, const Fleet& fleet, const PersonId& who) {
  auto apps = fleet.apps();
  std::erase_if(apps, [&](const App& app) { return !is_visible(config, who, app); });
  return apps;
}

std::vector<App> visible_apps(const Services& services, const Call& call) { return visible_apps(services.config, services.fleet, caller_id(call)); }

bool may_know_of(const Config& config, const Fleet& fleet, const PersonId& who, const std::string& app) {
  if (app.empty()) return true;
  if (const auto* known = fleet.app(app)) return is_visible(config, who, *known);
  App gone;
  gone.name = app;
  // Which environment it was in is not known any more: it might have been a private team's.
  const auto seen_in = [&](const std::string& environment) {
    gone.environment = environment;
    return is_visible(config, who, gone);
  };
  return seen_in("") && std::ranges::all_of(config.clusters, [&](const ClusterConfig& cluster) { return seen_in(cluster.environment); });
}

bool may_know_of(const Services& services, const Call& call, const std::string& app) { return may_know_of(services.config, services.fleet, caller_id(call), app); }

Answer pick_app(const VerbInfo& info, const std::string& rest) {
  const auto usage = fmt::format("`{}{}{}`", info.name, info.usage.empty() ? "" : " ", slack::escape(info.usage));
  view::Blocks blocks;
  blocks.section(fmt::format("*Which App?* {}", usage));
  blocks.app_picker("Choose an App, or type a part of its name", info.name, rest.empty() ? "" : " " + rest);
  return say(view::message_of(blocks, fmt::format("Which App? {}", usage)));
}

const Person* person_called(const Config& config, const std::string& word) {
  const auto bare = word.starts_with('@') ? word.substr(1) : word;
  if (const auto* person = find_person(config, bare)) return person;
  if (const auto* person = person_by_slack(config, bare)) return person;
  const auto found = std::ranges::find_if(config.people, [&](const Person& person) { return to_lower(person.name) == to_lower(bare); });
  return found == config.people.end() ? nullptr : &*found;
}

AuditEntry refusal_entry(const Call& call, const std::string& rule) {
  const auto kind = call.request.kind;
  const bool pressed = kind == Request::Kind::Button || kind == Request::Kind::Modal || kind == Request::Kind::Shortcut;
  AuditEntry entry;
  entry.actor = caller_id(call);
  entry.action = pressed ? "action.refused" : "command.refused";
  entry.app = call.command.app;
  entry.subject = call.command.change == 0 ? std::string(to_string(call.command.verb)) : change_name(call.command.change);
  entry.detail = fmt::format(R"({{"command":{},"rule":{}}})", json_quoted(to_log_text(call.command)), json_quoted(rule));
  return entry;
}

AuditEntry with_rule(AuditEntry refusal, const std::string& rule) {
  auto detail = detail_of(refusal);
  detail["rule"] = rule;
  refusal.detail = detail.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return refusal;
}

Result<Reply> refuse_in(storage::Transaction& tx, const AuditEntry& entry, const std::string& why) {
  auto appended = tx.append_audit(entry);
  if (!appended) return appended.error();
  Reply reply;
  reply.message = view::text_message(":no_entry: " + slack::escape(why));
  return reply;
}

Answer refuse(const Services&, const Call& call, const std::string& why, const std::string& rule) {
  Answer answer;
  answer.deed = [entry = refusal_entry(call, rule), why](storage::Transaction& tx) { return refuse_in(tx, entry, why); };
  return answer;
}

namespace {

/// "sync checkout", "read the logs of checkout"
std::string deed_words(std::string_view verb, const App& app) {
  if (class_of(verb) != VerbClass::Reading || verb == "diff" || verb == "describe") return fmt::format("{} {}", verb, app.name);
  if (verb == "why") return fmt::format("ask why {} drifts", app.name);
  return fmt::format("read the {} of {}", verb, app.name);
}

}  // namespace

std::optional<Answer> check_policy(const Services& services, const Call& call, const App& app) {
  const auto verb = to_string(call.command.verb);
  if (info_of(call.command.verb).changes_something && call.caller.person.empty()) {
    return refuse(services, call, "I don't know who you are: ask an admin to add you to `people` in my configuration. Until then you may read.", "unknown person");
  }
  const auto decision = may(services.config, caller_id(call), verb, app);
  if (decision.allowed) return std::nullopt;
  return refuse(services, call, fmt::format("You may not {}: {}.", deed_words(verb, app), decision.rule), decision.rule);
}

std::optional<Answer> check_orphans(const Call& call, const App& app) {
  if (!app.orphans || works_on_orphans(call.command.verb)) return std::nullopt;
  return say(fmt::format(":information_source: *{}* stands for what no Git knows in namespace *{}*: there is nothing to {}. `diff {}` lists the objects; put them into a repository, delete them, or "
                         "ignore them in my configuration.",
                         slack::escape(app.name), slack::escape(app.namespace_), to_string(call.command.verb), slack::escape(app.name)));
}

std::shared_ptr<const Config> policy_snapshot(const Config& config) {
  auto snapshot = std::make_shared<Config>();
  snapshot->policy = config.policy;
  snapshot->groups = config.groups;
  snapshot->teams = config.teams;
  snapshot->alerts.routes = config.alerts.routes;
  snapshot->slack.admin_channel = config.slack.admin_channel;
  snapshot->slack.default_channel = config.slack.default_channel;
  for (const auto& person : config.people) {
    auto& copy = snapshot->people.emplace_back(person);
    copy.totp.reset();
  }
  for (const auto& repository : config.repositories) {
    auto& copy = snapshot->repositories.emplace_back();
    copy.name = repository.name;
    copy.forge.kind = repository.forge.kind;
    copy.forge.api_url = repository.forge.api_url;
  }
  return snapshot;
}

std::optional<App> app_of_change(const Services& services, const Change& change) {
  if (const auto* known = services.fleet.app(change.app)) return *known;
  if (change.verb != ChangeVerb::CreateApp) return std::nullopt;
  auto made = created_app(change, services.config, services.fleet.apps());
  if (!made) return std::nullopt;
  return std::move(*made);
}

std::string change_link(const Change& change, const std::string& workspace_url) {
  const auto name = change_name(change.id);
  if (workspace_url.empty() || !change.card) return name;
  auto ts = change.card->ts;
  std::erase(ts, '.');
  return view::link(fmt::format("{}{}archives/{}/p{}", workspace_url, workspace_url.ends_with('/') ? "" : "/", change.card->channel, ts), name);
}

slack::Message with_lines(slack::Message message, const std::vector<std::string>& lines) {
  if (lines.empty()) return message;
  view::Blocks more;
  more.section(join(lines, "\n"));
  auto blocks = message.blocks ? *message.blocks : nlohmann::json::array();
  const auto added = more.finish();
  for (const auto& block : *added) blocks.push_back(block);
  message.text = view::cut_mrkdwn(message.text + "\n" + join(lines, "\n"), 4000);  // beyond it chat.update answers msg_too_long
  message.blocks = std::make_shared<const nlohmann::json>(std::move(blocks));
  return message;
}

asio::awaitable<Result<Answer>> open_modal(Services& services, Call call, slack::JsonPtr view, std::string button, std::string command, std::string words) {
  if (services.api != nullptr && !call.request.trigger_id.empty()) {
    auto opened = co_await services.api->open_view(call.request.trigger_id, std::move(view));
    if (opened) {
      Answer nothing;
      nothing.reply.silent = true;
      co_return nothing;
    }
    // A trigger is good for three seconds: the button brings another one.
    log_warn("slack", "a dialog could not be opened: " + opened.error().message);
  }
  view::Blocks blocks;
  blocks.section(words);
  blocks.actions({{std::move(button), std::move(command), view::Button::Style::Primary, ""}});
  co_return say(view::message_of(blocks, words));
}

}  // namespace driftwarden
