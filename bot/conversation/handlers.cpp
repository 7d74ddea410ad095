#include "bot/conversation/handlers.hpp"

#include "bot/config/policy.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

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
  }
  return handle_help;
}

Answer say(slack::Message message) {
  Answer answer;
  answer.reply.message = std::move(message);
  return answer;
}

Answer say(std::string mrkdwn) { return say(view::text_message(std::move(mrkdwn))); }

Answer refuse(const Services&, const Call& call, const std::string& why, const std::string& rule) {
  Answer answer;
  AuditEntry entry;
  entry.actor = call.caller.person.empty() ? call.caller.slack_id : call.caller.person;
  entry.action = "command.refused";
  entry.app = call.command.app;
  entry.subject = call.command.change == 0 ? std::string(to_string(call.command.verb)) : change_name(call.command.change);
  entry.detail = fmt::format(R"({{"command":{},"rule":{}}})", json_quoted(to_text(call.command)), json_quoted(rule));
  answer.deed = [entry, why](storage::Transaction& tx) -> Result<Reply> {
    auto appended = tx.append_audit(entry);
    if (!appended) return appended.error();
    Reply reply;
    reply.message = view::text_message(":no_entry: " + slack::escape(why));
    return reply;
  };
  return answer;
}

std::optional<Answer> check_policy(const Services& services, const Call& call, const App& app) {
  const auto verb = to_string(call.command.verb);
  if (info_of(call.command.verb).changes_something && call.caller.person.empty()) {
    return refuse(services, call, "I don't know who you are: ask an admin to add you to `people` in my configuration. Until then you may read.", "unknown person");
  }
  const auto decision = may(services.config, call.caller.person.empty() ? call.caller.slack_id : call.caller.person, verb, app);
  if (decision.allowed) return std::nullopt;
  return refuse(services, call, fmt::format("You may not {} {}: {}.", verb, app.name, decision.rule), decision.rule);
}

std::optional<Answer> check_orphans(const Call& call, const App& app) {
  if (!app.orphans || works_on_orphans(call.command.verb)) return std::nullopt;
  return say(fmt::format(":information_source: *{}* stands for what no Git knows in namespace *{}*: there is nothing to {}. `diff {}` lists the objects; put them into a repository, delete them, or "
                         "ignore them in my configuration.",
                         slack::escape(app.name), slack::escape(app.namespace_), to_string(call.command.verb), slack::escape(app.name)));
}

std::optional<Answer> check_freeze(const Services& services, const Call& call, const App& app) {
  const auto freeze = active_freeze(services.config, app, services.clock.wall_now());
  if (!freeze) return std::nullopt;
  return refuse(services, call, fmt::format("{} is frozen: {}.", app.name, *freeze), *freeze);
}

}  // namespace driftwarden
