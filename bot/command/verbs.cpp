#include "bot/command/command.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>

namespace driftwarden {

const std::vector<VerbInfo>& verbs() {
  using Argument = VerbInfo::Argument;
  static const std::vector<VerbInfo> table{
      {Verb::Help, "help", Argument::None, "", "this list", false, {"?", "commands"}},
      {Verb::Status, "status", Argument::OptionalApp, "[APP]", "all Apps at a glance, worst first; or one App", false, {"st"}},
      {Verb::Apps, "apps", Argument::None, "", "the Apps with cluster, namespace and path", false, {"list", "ls"}},
      {Verb::Diff, "diff", Argument::App, "APP", "what live differs in from Git, field by field", false, {"drift"}},
      {Verb::Why, "why", Argument::App, "APP", "why it is OutOfSync: who, when, which commit", false, {"explain"}},
      {Verb::History, "history", Argument::App, "APP", "the commits that changed it, to roll back to, and its last incidents", false, {"log"}},
      {Verb::Sync, "sync", Argument::App, "APP [because ...]", "put Git in force: a reviewed commit, then apply", true, {"deploy"}},
      {Verb::Rollback, "rollback", Argument::App, "APP [to REV] [because ...]", "restore an earlier revision as a new, reviewed commit", true, {"revert", "undo"}},
      {Verb::Adopt, "adopt", Argument::App, "APP [because ...]", "bring what was changed live into Git: a reviewed commit", true, {"keep"}},
      {Verb::Ignore, "ignore", Argument::App, "APP [PATH...] [for 30d] [because ...]", "stop telling of a field that drifts: a reviewed rule in Git, with an end", true, {"hide"}},
      {Verb::Ignores, "ignores", Argument::OptionalApp, "[APP]", "the ignore rules: whose, why, until when, what they hide", false, {"rules"}},
      {Verb::Stats, "stats", Argument::OptionalApp, "[APP]", "time in drift over 30 days: per App, team and cluster", false, {"mttr"}},
      {Verb::Approve, "approve", Argument::Change, "C-12", "say yes to exactly what the card shows", true, {"yes", "lgtm"}},
      {Verb::Reject, "reject", Argument::Change, "C-12 [reason]", "say no; the pull request is closed", true, {"deny", "no"}},
      {Verb::Cancel, "cancel", Argument::Change, "C-12", "withdraw your own request", true, {"withdraw"}},
      {Verb::Ack, "ack", Argument::App, "APP", "I am on it: no reminders for this incident", true, {"acknowledge"}},
      {Verb::Snooze, "snooze", Argument::App, "APP [2h]", "quiet for a while", true, {"mute"}},
      {Verb::Audit, "audit", Argument::OptionalApp, "[APP]", "who did what, from the tamper-evident log", false, {}},
      {Verb::Whoami, "whoami", Argument::None, "", "who you are to me and what you may do", false, {"me"}},
  };
  return table;
}

const VerbInfo& info_of(Verb verb) {
  return *std::ranges::find(verbs(), verb, &VerbInfo::verb);
}

std::string_view to_string(Verb verb) { return info_of(verb).name; }

bool works_on_orphans(Verb verb) {
  switch (verb) {
    case Verb::Sync:
    case Verb::Rollback:
    case Verb::Adopt:
    case Verb::Ignore: return false;
    default: return true;
  }
}

std::string to_text(const Command& command) {
  std::string text(to_string(command.verb));
  if (!command.app.empty()) text += " " + command.app;
  if (command.change != 0) text += " C-" + std::to_string(command.change);
  if (!command.revision.empty()) text += " to " + command.revision;
  for (const auto& path : command.paths) text += " " + path;
  if (command.duration) text += (command.verb == Verb::Ignore ? " for " : " ") + format_duration(*command.duration);
  const bool plain_reason = info_of(command.verb).argument == VerbInfo::Argument::Change;
  if (!command.reason.empty()) text += (plain_reason ? " " : " because ") + command.reason;
  return text;
}

}  // namespace driftwarden
