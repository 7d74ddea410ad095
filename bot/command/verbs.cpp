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
      {Verb::Pods, "pods", Argument::App, "APP", "its pods: what runs, what doesn't and why", false, {"ps"}},
      {Verb::Logs, "logs", Argument::App, "APP [WORKLOAD|POD] [container NAME] [since 15m] [tail 200] [previous] [grep WORD] [follow]", "the end of its logs, redacted", false, {"log", "tail"}},
      {Verb::Events, "events", Argument::App, "APP", "what the cluster says of its objects, warnings first", false, {"ev"}},
      {Verb::Describe, "describe", Argument::App, "APP [OBJECT]", "one object: conditions, containers, events", false, {"desc"}},
      {Verb::Why, "why", Argument::App, "APP", "why it is OutOfSync: who, when, which commit", false, {"explain"}},
      {Verb::History, "history", Argument::App, "APP", "the commits that changed it, to roll back to, and its last incidents", false, {"commits"}},
      {Verb::Refresh, "refresh", Argument::App, "APP", "look at Git, the cluster, Argo CD or Flux again now; plan again what a tool plans", false, {"reconcile", "plan"}},
      {Verb::Sync, "sync", Argument::App, "APP [because ...]", "put Git in force: a reviewed commit, then apply", true, {"deploy"}},
      {Verb::Rollback, "rollback", Argument::App, "APP [to REV | undo REV | --previous] [because ...]", "restore an earlier revision as a new, reviewed commit", true, {"revert", "undo"}},
      {Verb::Adopt, "adopt", Argument::App, "APP [because ...]", "bring what was changed live into Git: a reviewed commit", true, {"keep"}},
      {Verb::Ignore, "ignore", Argument::App, "APP [PATH...] [for 30d] [because ...]", "stop telling of a field that drifts: a reviewed rule in Git, with an end", true, {"hide"}},
      {Verb::Ignores, "ignores", Argument::OptionalApp, "[APP]", "the ignore rules: whose, why, until when, what they hide", false, {"rules"}},
      {Verb::Stats, "stats", Argument::OptionalApp, "[APP]", "time in drift over 30 days: per App, team and cluster", false, {"mttr"}},
      {Verb::SetImage, "set-image", Argument::App, "APP NAME:TAG [because ...]", "put another image into Git: a reviewed commit", true, {"image", "bump"}},
      {Verb::Scale, "scale", Argument::App, "APP [WORKLOAD] to N [because ...]", "say in Git how many replicas there are", true, {"replicas"}},
      {Verb::Set, "set", Argument::App, "APP [TARGET] PATH=VALUE [because ...]", "any value in Git by its path; `unset` takes it away", true, {"unset"}},
      {Verb::PinImage, "pin-image", Argument::App, "APP [IMAGE] [because ...]", "name an image by its digest, so that nobody can push another under its tag", true, {"pin"}},
      {Verb::Promote, "promote", Argument::App, "APP [from APP|ENV] [to ENV|APP] [because ...]", "bring what runs in one environment to the next", true, {}},
      {Verb::CreateApp, "create-app", Argument::None, "[NAME [like APP]] [because ...]", "a new App, after the pattern of another", true, {"new-app"}},
      {Verb::Move, "move", Argument::App, "APP to CLUSTER [namespace NS] [because ...]", "to another cluster: one pull request, there first and gone here when it is healthy", true, {"rehome"}},
      {Verb::Apply, "apply", Argument::App, "APP [because ...]", "carry out what Terraform plans, exactly as approved", true, {}},
      {Verb::Restart, "restart", Argument::App, "APP [WORKLOAD...] [because ...]", "restart its workloads; Git stays as it is", true, {"bounce"}},
      {Verb::Propose, "propose", Argument::Sentence, "[APP] \"what you want\"", "a model drafts it, people review it: a pull request like any other", true, {"draft"}},
      {Verb::Ask, "ask", Argument::Sentence, "[APP] \"your question\"", "an answer from status, events, drift and history, with what it rests on", false, {"question"}},
      {Verb::Cost, "cost", Argument::Costs, "[APP | team NAME | env NAME | cluster NAME]", "what it costs a month, and what drift adds", false, {"costs", "price"}},
      {Verb::Waive, "waive", Argument::Waiver, "C-12 | APP RULE [on OBJECT] [for 7d] because ...", "let pass what a gate of yours found, for a while", true, {}},
      {Verb::Waivers, "waivers", Argument::OptionalApp, "[APP]", "what the gates let pass, by whom, why, until when", false, {}},
      {Verb::Unwaive, "unwaive", Argument::Number, "NUMBER", "end a waiver early", true, {}},
      {Verb::Approve, "approve", Argument::Change, "C-12", "say yes to exactly what the card shows", true, {"yes", "lgtm"}},
      {Verb::Reject, "reject", Argument::Change, "C-12 [reason]", "say no; the pull request is closed", true, {"deny", "no"}},
      {Verb::Cancel, "cancel", Argument::Change, "C-12", "withdraw your own request", true, {"withdraw"}},
      {Verb::Pending, "pending", Argument::None, "", "what waits for whom, yours first", false, {"waiting", "inbox"}},
      {Verb::Delegate, "delegate", Argument::Person, "to PERSON [for 8h] | end", "let somebody approve in your place for a while", true, {}},
      {Verb::Lock, "lock", Argument::App, "APP [for 2h] [because ...]", "keep others' Changes off an App", true, {}},
      {Verb::Unlock, "unlock", Argument::App, "APP [because ...]", "end a lock", true, {}},
      {Verb::Freeze, "freeze", Argument::Scope, "SCOPE [until TIME | for 2h] [because ...]", "no Changes in an environment, a cluster, an App, or `all`", true, {}},
      {Verb::Unfreeze, "unfreeze", Argument::Scope, "SCOPE [because ...]", "end a freeze", true, {"thaw"}},
      {Verb::BreakGlass, "break-glass", Argument::App, "APP for 30m because ... | end APP", "act on an App without approvals and freezes; its owners are told", true, {}},
      {Verb::Halt, "halt", Argument::None, "[because ...]", "the kill switch: nothing is changed anywhere until `resume`", true, {}},
      {Verb::Resume, "resume", Argument::None, "[because ...]", "end a halt; somebody else than who called it", true, {}},
      {Verb::Ack, "ack", Argument::App, "APP", "I am on it: no reminders for this incident", true, {"acknowledge"}},
      {Verb::Snooze, "snooze", Argument::App, "APP [2h]", "quiet for a while", true, {"mute"}},
      {Verb::Silence, "silence", Argument::Match, "APP | app=GLOB cluster= environment= team= cause= severity= for 2h because ...", "no alerts for what matches, for a while", true, {}},
      {Verb::Silences, "silences", Argument::None, "", "what is silenced, by whom, why, until when", false, {}},
      {Verb::Unsilence, "unsilence", Argument::Number, "NUMBER", "lift a silence early", true, {}},
      {Verb::Route, "route", Argument::App, "APP", "where its alerts go, and why there", false, {"routes"}},
      {Verb::Digest, "digest", Argument::None, "", "what is open, what waits, and what somebody forgot", false, {"summary"}},
      {Verb::Audit, "audit", Argument::OptionalApp, "[APP | C-12 | SHA | #41 | LINK] [by PERSON] [refused] [since 30d] | report [since 30d]", "who did what, from the tamper-evident log", false, {}},
      {Verb::Whoami, "whoami", Argument::None, "", "who you are to me and what you may do", false, {"me"}},
      {Verb::Link, "link", Argument::Login, "LOGIN", "prove which login on the forge is yours", false, {}},
  };
  return table;
}

const VerbInfo& info_of(Verb verb) {
  return *std::ranges::find(verbs(), verb, &VerbInfo::verb);
}

const VerbInfo* find_verb(std::string_view word) {
  const auto lower = to_lower(word);
  for (const auto& info : verbs()) {
    if (info.name == lower || std::ranges::find(info.aliases, lower) != info.aliases.end()) return &info;
  }
  return nullptr;
}

std::string_view to_string(Verb verb) { return info_of(verb).name; }

bool works_on_orphans(Verb verb) {
  switch (verb) {
    case Verb::Sync:
    case Verb::Rollback:
    case Verb::Adopt:
    case Verb::Ignore:
    case Verb::SetImage:
    case Verb::Scale:
    case Verb::Set:
    case Verb::Promote:
    case Verb::Restart:
    case Verb::Move:
    case Verb::Apply:
    case Verb::PinImage:
    case Verb::Propose:
    case Verb::Cost:
    case Verb::Refresh:
    case Verb::BreakGlass: return false;
    default: return true;
  }
}

}  // namespace driftwarden
