#pragma once
// The chat grammar: text -> Command. Pure; tables decide.
#include "bot/command/intents.hpp"
#include "gitops/base/clock.hpp"
#include "gitops/model/app.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace driftwarden {

enum class Verb { Help, Status, Apps, Diff, Sync, Rollback, Adopt, History, Why, Approve, Reject, Cancel, Ack, Snooze, Audit, Whoami, Ignore, Ignores, Stats,
                  SetImage, Scale, Set, Promote, CreateApp, Restart, Lock, Unlock, Freeze, Unfreeze, Halt, Resume, BreakGlass, Pending, Delegate, Link };

/// What a verb takes, and what `help` says of it. One row per verb: the place to start when looking for a command.
struct VerbInfo {
  enum class Argument { None, App, OptionalApp, Change, Scope, Person, Login };
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
std::string_view to_string(Verb verb);

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
};

/// `text` is plain: mentions of the bot and Slack's mark-up already taken away (integrations/slack/text.hpp).
std::variant<Command, NotUnderstood> parse_command(std::string_view text, const GrammarContext& context);

/// What an orphans App (App::orphans) can be asked: all that needs no Git.
bool works_on_orphans(Verb verb);

/// The command as one would type it.
std::string to_text(const Command& command);
/// The same for logs and the audit: "…" for the value of `set`, which may be a secret whatever its name says.
std::string to_log_text(const Command& command);
/// What was typed, for logs: nothing of what may be the value of a `set`, understood or not.
std::string without_values(std::string_view text);

}  // namespace driftwarden
