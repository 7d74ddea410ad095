#pragma once
// One handler per chat command, each in command_<name>.cpp. A handler looks around (and may await), then says what to answer; what it
// changes, it changes in `deed`, which runs in the one transaction that also stores the answer and marks the request as done.
#include "bot/change/changes.hpp"
#include "bot/command/command.hpp"
#include "bot/conversation/members.hpp"
#include "bot/conversation/request.hpp"
#include "bot/incident/incidents.hpp"
#include "bot/inspect/inspect.hpp"
#include "bot/policy/gate.hpp"
#include "bot/routing/routing.hpp"
#include "bot/digest/digest.hpp"
#include "bot/home/home.hpp"
#include "bot/view/answer_view.hpp"
#include "gitops/base/random.hpp"
#include "gitops/model/hold.hpp"
#include "integrations/registry/registry.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace driftwarden {

class Assistant;  // bot/assist/assistant.hpp

struct FileUpload {
  std::string title;
  std::string content;
};

/// What is said back. `silent`: nothing, since something else will be shown (a card).
struct Reply {
  slack::Message message;
  bool silent = false;
  std::optional<FileUpload> file;
  bool private_ = false;  ///< for the eyes of who asked
  bool shared = false;    ///< for all in the channel, though it was asked by a slash command
};

/// An answer that goes on: after the reply stands, `next` is asked every `every` until it has no more or `until` is reached, and the one message is
/// edited with what it says. Lost with the process: then the message stays as it was.
struct Progress {
  Duration every{2000};
  Duration longest{60'000};
  std::function<asio::awaitable<std::optional<slack::Message>>()> next;
};

struct Answer {
  Reply reply;
  bool keep_private = false;  ///< for the eyes of who asked, whatever the deed's reply says
  std::optional<Progress> progress{};
  std::function<Result<Reply>(storage::Transaction&)> deed;  ///< when set, its reply is the answer
  std::function<void()> afterwards;                          ///< at home, once all of it is durable
};

/// What handlers work with. All outlive them.
struct Services {
  Clock& clock;
  const Config& config;
  AsyncStore& store;
  Outbox& outbox;
  Fleet& fleet;
  Changes& changes;
  Incidents& incidents;
  const Redactor& redactor;
  std::string bot_name;
  slack::WebApi* api = nullptr;                     ///< for dialogs
  std::map<std::string, registry::Registry*> registries{};  ///< by host
  Hands hands{};                                    ///< hands_of(&deployments, &plans)
  Digest* digest = nullptr;
  Home* home = nullptr;
  std::string team{};                               ///< the workspace's id
  std::map<std::string, forge::Forge*> forges{};    ///< by repository
  std::function<void(const Identity& identity)> on_linked{};  ///< a person is known on the forge from now on
  Random* random = nullptr;                         ///< for one-time codes; null = the system's
  std::string workspace_url{};                      ///< "https://acme.slack.com/", for links to messages; "" = no links
  std::function<void()> on_link_asked{};            ///< somebody has to be looked for on the forge
  Members* members = nullptr;                       ///< who is a guest; null = nobody is asked about
  Assistant* assistant = nullptr;                   ///< null = no model is configured
};

/// Who asks, and in which light.
struct Caller {
  std::string slack_id;
  PersonId person;  ///< "" when not in the config
  Standing standing = Standing::Member;
};

struct Call {
  Request request;
  Caller caller;
  Command command;
};

using Handler = asio::awaitable<Result<Answer>> (*)(Services& services, Call call);
Handler handler_of(Verb verb);

Answer say(slack::Message message);
Answer say(std::string mrkdwn);
/// A refusal: told to the person and written to the audit log with the rule that refused.
Answer refuse(const Services& services, const Call& call, const std::string& why, const std::string& rule);
/// Nothing when the caller may do this to the App; else the refusal.
std::optional<Answer> check_policy(const Services& services, const Call& call, const App& app);
/// The audit row of a refusal, and the refusal inside a transaction. "action.refused" where a button, a form or a menu was used.
AuditEntry refusal_entry(const Call& call, const std::string& rule);
/// The same row, of what another rule refused.
AuditEntry with_rule(AuditEntry refusal, const std::string& rule);
Result<Reply> refuse_in(storage::Transaction& tx, const AuditEntry& entry, const std::string& why);
/// What the policy is decided by, without secrets: for the database's thread, where the config itself isn't to be read.
std::shared_ptr<const Config> policy_snapshot(const Config& config);
/// The Change's App; of create-app the one that is to be. Nothing: it isn't configured any more.
std::optional<App> app_of_change(const Services& services, const Change& change);
/// "C-12", as a link to its card where that is possible. mrkdwn.
std::string change_link(const Change& change, const std::string& workspace_url);

asio::awaitable<Result<Answer>> handle_help(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_status(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_apps(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_diff(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_why(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_history(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_sync(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_rollback(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_adopt(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_approve(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_reject(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_cancel(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_ack(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_snooze(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_audit(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_whoami(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_ignore(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_ignores(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_stats(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_set_image(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_scale(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_set(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_promote(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_create_app(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_restart(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_lock(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_unlock(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_freeze(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_unfreeze(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_halt(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_resume(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_break_glass(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_pending(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_delegate(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_link(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_logs(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_events(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_pods(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_describe(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_silence(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_silences(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_unsilence(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_route(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_digest(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_refresh(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_apply(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_move(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_pin_image(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_propose(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_ask(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_cost(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_waive(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_waivers(Services& services, Call call);
asio::awaitable<Result<Answer>> handle_unwaive(Services& services, Call call);

/// Who is meant by "alice", "Alice", "@U0ALICE": by name, Slack id, or name in any case; null = nobody known.
const Person* person_called(const Config& config, const std::string& word);
/// The caller as the policy knows them: the person's name, else the Slack id.
PersonId caller_id(const Call& call);
/// Apps that the caller may see, by name.
std::vector<App> visible_apps(const Services& services, const Call& call);
std::vector<App> visible_apps(const Config& config, const Fleet& fleet, const PersonId& who);
/// Whether this person may know of the App with this name: one that isn't configured (any more) belongs to whoever would own that name.
bool may_know_of(const Config& config, const Fleet& fleet, const PersonId& who, const std::string& app);
bool may_know_of(const Services& services, const Call& call, const std::string& app);
/// CODEOWNERS of the App's path at its repository's head; empty when there is no such file or it can't be read now.
asio::awaitable<std::vector<std::string>> code_owners_of(Fleet& fleet, App app);
/// Asks for the App that is missing: an external_select whose options are whole commands ("diff checkout").
Answer pick_app(const VerbInfo& info, const std::string& rest);

/// What an App that a tool plans (Terraform, Ansible) can be asked: nothing that needs a cluster, or manifests.
bool works_on_planned(Verb verb);
/// Nothing when the verb makes sense for the App; else what to say instead where a tool plans it, or where nothing does.
std::optional<Answer> check_planned(const Call& call, const App& app);
/// Nothing when the verb makes sense for the App; else what to say of one that stands for the orphans of a namespace.
std::optional<Answer> check_orphans(const Call& call, const App& app);
/// Shared by all verbs that make a Change: makes it, or says why not. `remark` (mrkdwn) is said beside the card.
Answer request_change(const Services& services, const Call& call, const App& app, ChangeVerb verb, const std::string& target_revision, const std::string& argument = {},
                      const std::string& remark = {});
/// The answer that opens this modal, when the request came with a trigger; else a button that does.
asio::awaitable<Result<Answer>> open_modal(Services& services, Call call, slack::JsonPtr view, std::string button, std::string command, std::string words);
/// Looks on the forges for the comments that pending links asked for; the number of those that still wait.
asio::awaitable<Result<std::size_t>> look_for_link_proofs(Services& services);
/// Locks, freezes, halts and broken glass that concern the App (all of them without one), a line each. mrkdwn.
std::vector<std::string> hold_lines(const std::vector<Hold>& holds, const App* app, WallTime now);
/// `message` with these lines at its end.
slack::Message with_lines(slack::Message message, const std::vector<std::string>& lines);
/// Which commit a `rollback to` means: NotFound with words for people.
asio::awaitable<Result<std::string>> resolve_target(Services& services, App app, std::string text);
/// The commits of an App, marked with what is in force. None of orphans.
/// Since when it has been seen healthy with what is in force now; nothing when it is not, or was not looked at yet.
asio::awaitable<std::optional<WallTime>> healthy_since(Services& services, App app);
asio::awaitable<Result<std::vector<view::HistoryRow>>> history_rows(Services& services, App app, std::size_t limit);

}  // namespace driftwarden
