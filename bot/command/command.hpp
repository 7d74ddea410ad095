#pragma once
// The chat grammar: text -> Command. Pure; tables decide.
#include "bot/command/intents.hpp"
#include "gitops/base/clock.hpp"
#include "gitops/model/alert_match.hpp"
#include "gitops/base/result.hpp"
#include "gitops/model/app.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace driftwarden {

enum class Verb { Help, Status, Apps, Diff, Sync, Rollback, Adopt, History, Why, Approve, Reject, Cancel, Ack, Snooze, Audit, Whoami, Ignore, Ignores, Stats,
                  SetImage, Scale, Set, Promote, CreateApp, Restart, Lock, Unlock, Freeze, Unfreeze, Halt, Resume, BreakGlass, Pending, Delegate, Link,
                  Logs, Events, Pods, Describe, Silence, Silences, Unsilence, Route, Digest, Refresh, Apply, Move, PinImage,
                  Propose, Ask, Cost, Waive, Waivers, Unwaive };

/// What a verb takes, and what `help` says of it. One row per verb: the place to start when looking for a command.
struct VerbInfo {
  enum class Argument { None, App, OptionalApp, Change, Scope, Person, Login, Match, Number, Sentence, Waiver, Costs };
  Verb verb;
  std::string_view name;
  Argument argument;
  std::string_view usage;    ///< after the verb's name
  std::string_view summary;
  bool changes_something;    ///< needs a policy rule that allows it
  std::vector<std::string_view> aliases;
};
const std::vector<VerbInfo>& verbs();
const VerbInfo& info_of(Verb verb);
/// By its name or an alias, in any case; null = none.
const VerbInfo* find_verb(std::string_view word);
std::string_view to_string(Verb verb);

/// logs checkout [WORKLOAD|POD] [container NAME] [since 15m] [tail 200] [previous] [follow] [grep WORD]
struct LogsRequest {
  std::string target;     ///< a workload ("deployment/web", "web") or a pod
  std::string container;
  std::optional<Duration> since;
  int tail = 0;           ///< 0 = not said
  bool previous = false;
  bool follow = false;
  std::string grep;
  bool operator==(const LogsRequest&) const = default;
};

/// audit [APP | C-12 | SHA | #41 | LINK] [by PERSON] [since 30d] [refused] [page 2] | audit report [since 30d]
struct AuditRequest {
  std::string about;  ///< "C-12", a commit, "#41" (a pull request), "C0123/1700000000.000100" (a message)
  std::string by;     ///< a person
  std::optional<Duration> since;
  bool refused = false;
  bool report = false;
  bool operator==(const AuditRequest&) const = default;
};

/// Only what the verb takes is set.
struct Command {
  Verb verb = Verb::Help;
  std::string app;
  std::int64_t change = 0;
  std::string revision;             ///< rollback ... to REV: a commit, a tag, a day, "before alice's last"
  std::string reason;               ///< after `because`, or the rest of `reject C-12 too risky`
  std::optional<Duration> duration; ///< snooze, ignore
  std::vector<std::string> paths;   ///< ignore
  Intent intent;                    ///< of the verbs that have one (intents.hpp)
  std::string scope;                ///< freeze, unfreeze: an environment, a cluster, an App, "all"
  std::string person;               ///< delegate
  std::string login;                ///< link: the login on the forge
  std::string time;                 ///< freeze ... until "Mon 08:00" | "2026-11-23T08:00Z", as written
  std::string code;                 ///< approve, from its modal: the one-time code. Never in to_text
  std::string typed_name;           ///< approve, from its modal: the App's name, for what destroys
  std::string from;                 ///< promote: an App or an environment, as written
  std::string to;                   ///< promote: the same
  bool ends = false;                ///< break-glass end, delegate end
  std::int64_t incident = 0;        ///< ack, snooze, sync, diff, adopt, ignore of "incident 7": all Apps of its group
  std::vector<std::int64_t> changes;  ///< approve, reject of several: "approve C-12 C-13"; `change` is the first
  LogsRequest logs;
  std::string object;               ///< describe: "Deployment/web", "pod/web-5d4f", "" = the workloads
  AlertMatch match;                 ///< silence
  std::int64_t number = 0;          ///< unsilence: the silence's id
  std::string filter;               ///< status: "prod", "drifted", a cluster, a team; "" = all
  int page = 1;                     ///< status, apps, ... : "page 2"
  AuditRequest audit{};
  std::string sentence{};           ///< propose, ask: in the person's own words
  std::string rule{};               ///< waive: "floating-tag", "policy/deny-latest"; "" = all that blocks the Change
  std::string gate{};               ///< waive: of the rule, where it was written
  std::string cost_of{};            ///< cost: "team shop", "env production", "cluster prod-eu"; "" = the App, or all
  bool operator==(const Command&) const = default;
};

/// Why a text is no command, as it is answered: what was meant, perhaps.
struct NotUnderstood {
  std::string message;
  std::vector<std::string> suggestions;  ///< whole commands, best first
  bool operator==(const NotUnderstood&) const = default;
};

struct GrammarContext {
  std::vector<std::string> apps;      ///< names that exist and that the caller may see
  std::string implied_app;            ///< of the thread the text was said in
  std::int64_t implied_change = 0;    ///< of the thread or card
  std::vector<std::string> open_changes;  ///< "C-12", for suggestions
  std::int64_t implied_incident = 0;  ///< of the thread, where its message stands for several Apps (then no App is implied)
  std::vector<std::string> filters{};  ///< environments, clusters, teams and namespaces that `status` may be narrowed to
  std::map<std::string, std::string> aliases{};  ///< of the config: first word -> what it stands for
};

/// `text` is plain: mentions of the bot and Slack's mark-up already taken away (integrations/slack/text.hpp).
std::variant<Command, NotUnderstood> parse_command(std::string_view text, const GrammarContext& context);

/// What an orphans App (App::orphans) can be asked: all that needs no Git.
bool works_on_orphans(Verb verb);

/// The text with its first word replaced, when that is an alias: {1}, {2} are the words after it, {*} the rest. Once, not again in what comes out.
/// InvalidInput: words are missing.
Result<std::string> expand_alias(std::string_view text, const std::map<std::string, std::string>& aliases);

/// The command as one would type it.
std::string to_text(const Command& command);
/// The same for logs and the audit: "…" for the value of `set`, which may be a secret whatever its name says.
std::string to_log_text(const Command& command);
/// What was typed, for logs: nothing of what may be the value of a `set`, understood or not.
std::string without_values(std::string_view text);

}  // namespace driftwarden
