#pragma once
// The shell around the Change steps: requests and decisions come in, effects are carried out by outbox rows.
#include "bot/change/change_steps.hpp"
#include "bot/change/hands.hpp"
#include "bot/change/move.hpp"
#include "bot/change/plan.hpp"
#include "bot/outbox/messenger.hpp"
#include "bot/outbox/outbox.hpp"
#include "bot/policy/gate.hpp"
#include "bot/watch/fleet.hpp"
#include "bot/watch/git_inputs.hpp"
#include "integrations/forge/forge.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace driftwarden {

/// Saves the step's Change, its audit row, and its effects as outbox rows. A refusal saves nothing.
Result<ChangeStep> commit_step(storage::Transaction& tx, ChangeStep step, WallTime now);

/// What CI said of a Change needn't be known any more.
Result<void> forget_checks(storage::Transaction& tx, std::int64_t id);

/// What people approve of a restart: a line for each workload.
std::string restart_text(const std::vector<ObjectRef>& workloads);

class Assistant;  // bot/assist/assistant.hpp
class Gates;      // bot/gates/gates.hpp

class Changes {
 public:
  struct Parts {
    asio::any_io_executor executor;
    Clock* clock = nullptr;
    const Config* config = nullptr;
    const Redactor* redactor = nullptr;
    AsyncStore* store = nullptr;
    Outbox* outbox = nullptr;
    Messenger* messenger = nullptr;
    Fleet* fleet = nullptr;
    Hands hands{};                                ///< hands_of(&deployments, &plans)
    std::map<std::string, forge::Forge*> forges;  ///< by repository
    std::map<std::string, Signer> signers;        ///< by repository
    std::function<void(const std::string& app)> on_ended;
    Duration verify_for = std::chrono::minutes{10};
    /// Whether Slack says that the person with this id is a guest or from elsewhere: their reviews on the forge don't count. Empty = nobody is.
    std::function<asio::awaitable<Result<bool>>(std::string slack_id)> is_outsider{};
    std::string audit_instance{};                 ///< of the audit log, for the commits' trailers
    Assistant* assistant = nullptr;               ///< drafts what was asked for by a sentence; null = no model is configured
    Gates* gates = nullptr;                       ///< null = nothing is judged
  };
  explicit Changes(Parts parts);

  void start();
  asio::awaitable<void> stop();

  /// NotFound with words for people when there is none.
  asio::awaitable<Result<Change>> load(std::int64_t id);
  /// Loads the Change, steps it and saves the outcome, in one transaction.
  asio::awaitable<Result<ChangeStep>> step(std::int64_t id, std::function<ChangeStep(Change)> event);
  /// What the forge says of the open Changes: merged or closed there, reviewed there, moved. Called upon webhooks and now and then.
  void nudge() { nudged_.notify(); }

 private:
  /// What a proposal is made of, before anybody is told.
  struct Written {
    Proposal proposal;
    std::vector<FileDiff> files;
    std::vector<PersonId> authors;  ///< of the commits that it puts in force
    bool authors_incomplete = false;  ///< there are more commits than were looked at
    std::vector<std::string> code_owners;  ///< of the touched files, as written
  };

  struct Effect {
    std::vector<Manifest> before;
    std::vector<Manifest> after;
    std::string text;
    std::string note;
  };

  /// Found merged: as what, and whether that is what was approved.
  struct Merged {
    std::string sha;
    bool as_approved = false;
  };

  // propose.cpp
  asio::awaitable<Result<std::string>> propose(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> propose_live(Change change, App app);
  asio::awaitable<Result<Proposal>> proposed_restart(Change change, App app);
  asio::awaitable<Result<Proposal>> proposed_apply(Change change, App app);
  asio::awaitable<Result<std::string>> propose_behind_broken_glass(Change change, App app, std::string audit_id, Error why);
  asio::awaitable<Result<Written>> write(Change change, App app, std::string head, std::string audit_id);
  asio::awaitable<Result<void>> push(Change change, App app, Proposal proposal, bool made_before);
  asio::awaitable<Result<Effect>> effect_of(Change change, App app, std::string base, std::string head);
  Risk risk_of(const Change& change, const App& app, const Effect& effect) const;
  Quorum quorum_for_places(const Change& change, const App& app, QuorumFacts facts) const;
  asio::awaitable<Result<void>> judge(Change change, App app, Written& written);
  asio::awaitable<Result<std::optional<forge::PullRequest>>> decided_earlier(Change change, App app);
  asio::awaitable<Result<forge::PullRequest>> pull_request_for(Change change, App app, Proposal proposal, std::string audit_id);
  asio::awaitable<std::string> permalink_of(Change change);
  asio::awaitable<Result<std::string>> follow_up(storage::OutboxRow row);

  // draft.cpp
  /// What a sentence asks for: drafted where that isn't done yet, and `change` then is what was kept. The owner of the coroutine keeps `change`.
  asio::awaitable<Result<Written>> write_drafted(Change& change, App app, std::string head, std::string audit_id);
  asio::awaitable<Result<Written>> try_steps(Change change, App app, std::string head, std::string audit_id);
  asio::awaitable<Result<void>> keep_draft(Change& change, std::string argument, std::string detail);

  // follow_forge.cpp
  asio::awaitable<bool> counts_by_slack(PersonId person);
  asio::awaitable<std::string> obstacle_now(Change change, App app);

  // forge_words.cpp
  asio::awaitable<Result<std::string>> show_on_forge(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> close_pull_request(storage::OutboxRow row);

  // merge.cpp
  asio::awaitable<Result<std::string>> merge(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> merge_on_forge(Change change, App app);
  asio::awaitable<Result<std::string>> merge_in_mirror(Change change, App app, std::vector<std::string> rests_on);
  asio::awaitable<std::optional<Result<std::string>>> before_merging(storage::OutboxRow row, Change change, App app, std::vector<std::string> rests_on);
  /// What the gates say of it: asked again where one of today's hasn't spoken, or gave no answer. An older word stays when they can't be asked.
  asio::awaitable<std::vector<GateResult>> gates_before_merging(Change change, App app);
  asio::awaitable<Result<std::string>> take_merged(Change change, App app, Merged merged);
  /// In one transaction: it is still approved, and nothing is in its way; from then on it can't be withdrawn. What is in its way, "" = nothing.
  asio::awaitable<Result<std::string>> claim_merge(Change change, App app);
  /// What keeps an approved Change from being merged now, for people; "" = nothing.
  asio::awaitable<Result<std::string>> kept_waiting_by(Change change, App app);
  /// Voids the approvals when the branch on the forge is no longer what was approved; true when it was so.
  asio::awaitable<Result<bool>> void_if_moved(Change change, App app);
  /// moved.cpp: what the branch says now is proposed instead.
  asio::awaitable<Result<ChangeStep>> take_moved(Change change, App app, forge::PullRequest pull_request);
  asio::awaitable<Result<std::optional<Merged>>> merged_already(Change change, App app);
  /// Which of the paths the branch now says something else at than at `base`.
  asio::awaitable<Result<std::vector<std::string>>> moved_since(App app, std::vector<std::string> paths, std::string base, bool fetch);
  /// Nothing in its way at this stage; else the row is put off and the card says why.
  asio::awaitable<Result<void>> pass_holds(storage::OutboxRow row, Change change, App app, GateStage stage);
  asio::awaitable<Error> wait_for(storage::OutboxRow row, Change change, std::string words, Duration pause);
  asio::awaitable<Result<std::vector<std::string>>> what_it_rests_on(Change change, App app);

  // verify.cpp
  asio::awaitable<Result<std::string>> verify(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> verify_ignored(Change change, App app, WallTime deadline);
  asio::awaitable<Result<std::string>> verify_health(Change change, App app, WallTime deadline);
  asio::awaitable<Result<void>> tell_verified(std::int64_t id, std::string note);
  /// What keeps the App from being in force as `tree` and healthy, for people; "" = nothing.
  /// `leaving`: objects that are in no Git any more and are taken away later.
  std::string lacking(const App& app, const std::string& tree, const std::vector<ObjectRef>& leaving = {}) const;

  // deploy.cpp: those whom the deed is left to
  asio::awaitable<Result<std::string>> deploy(storage::OutboxRow row, Change change, App app);
  asio::awaitable<Result<std::string>> apply_plan(storage::OutboxRow row, Change change, App app);
  asio::awaitable<Result<std::string>> tell_applied(std::int64_t id, std::size_t objects, std::string note);
  asio::awaitable<Result<std::string>> verify_planned(Change change, App app, WallTime deadline);
  void forget_plan(const Change& change);
  /// How long others have been looked at in vain: what kept us from looking (a halt, a freeze) doesn't count, and other words begin anew.
  struct Vigil {
    std::optional<WallTime> looked{};
    Duration pause{};      ///< until the next look
    Duration waited{};
    std::string words{};
    bool counts = true;    ///< false: a closed window or a suspension, which people see and may want
    bool checked = false;  ///< what was merged is what was approved
  };
  Vigil& keep_vigil(std::int64_t change, const std::string& words);
  /// Puts the next look at their work off; nothing when they have been at it for too long.
  std::optional<Duration> next_look(const Change& change, const DeployProgress& progress);

  // apply_move.cpp
  asio::awaitable<Result<std::string>> apply_move(storage::OutboxRow row, Change change);
  asio::awaitable<Result<std::string>> wait_for_new_place(storage::OutboxRow row, Change change, App app, MoveRecord record);
  asio::awaitable<std::optional<Result<std::string>>> arrive(storage::OutboxRow row, Change change, App app, DesiredState desired);
  asio::awaitable<Result<void>> healthy_there(App app, std::string tree, std::vector<ObjectRef> leaving, WallTime deadline);
  asio::awaitable<Result<std::vector<ObjectRef>>> leaving_from(Change change, App old, std::vector<Manifest> now, bool same_cluster);
  asio::awaitable<Result<std::string>> delete_there(Change change, App old, std::vector<ObjectRef> gone);
  std::optional<PlanContext::Held> application_of(const App& app) const;
  asio::awaitable<Result<std::string>> leave_old_place(Change change, App old);

  // apply.cpp
  asio::awaitable<Result<std::string>> apply(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> overtaken_by(Change change, App app);
  asio::awaitable<Result<DesiredState>> merged_state(Change change, App app);
  asio::awaitable<Result<std::size_t>> apply_merged(Change change, App app);
  asio::awaitable<Result<std::size_t>> apply_desired(Change change, App app, DesiredState desired);
  asio::awaitable<Result<std::size_t>> restart(Change change, App app);
  asio::awaitable<Result<void>> restart_one(App app, ObjectRef ref, std::string at);
  asio::awaitable<Result<std::optional<DesiredState>>> approved_state(Change change, App app);
  asio::awaitable<Result<void>> take_away_added(App app, Manifest manifest, JsonPtr live);
  asio::awaitable<Result<void>> prune(App app, ObjectRef ref);
  asio::awaitable<Result<bool>> halted();

  // show_checks.cpp
  asio::awaitable<void> follow_checks(Change change, App app);
  asio::awaitable<Result<std::string>> show_checks(storage::OutboxRow row);

  // follow_forge.cpp
  asio::awaitable<void> follow_forges();
  asio::awaitable<void> follow_safely(std::string what, asio::awaitable<void> work);
  asio::awaitable<void> look_at_time(Change change);
  asio::awaitable<void> follow(Change change);
  asio::awaitable<void> take_over(Change change, App app, forge::PullRequest pull_request);
  asio::awaitable<std::vector<Delegation>> delegations();
  asio::awaitable<void> hurry(std::int64_t id);

  // holds.cpp
  asio::awaitable<void> end_holds();
  asio::awaitable<Result<std::string>> follow_up_break_glass(storage::OutboxRow row);

  asio::awaitable<Result<std::string>> show_card(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> remind(storage::OutboxRow row);
  /// The rules of the App's ignore file at a revision; none without the file.
  asio::awaitable<Result<ImportedRules>> ignore_file_at(App app, std::string revision);
  bool applies(const Change& change, const App& app) const;
  /// A step whose refusal or failure concerns nobody who waits.
  asio::awaitable<void> step_quietly(std::int64_t id, std::function<ChangeStep(Change)> event);
  Result<void> gave_up(storage::Transaction& tx, const storage::OutboxRow& row, const Error& why, WallTime now) const;
  asio::awaitable<void> after_giving_up(storage::OutboxRow row);
  Result<void> report_undelivered(storage::Transaction& tx, const storage::OutboxRow& row, const Error& why, WallTime now) const;
  /// The App it is about; of create-app the one that is to be. Nothing: it is not configured any more.
  std::optional<App> app_of(const Change& change) const;
  /// The same, when that can be known: after a start Git, Argo CD and Flux have yet to say which Apps there are and who deploys them. Until then the row is
  /// put off, however often. NotFound: it is not configured any more.
  asio::awaitable<Result<App>> settled_app_of(storage::OutboxRow row, Change change, bool and_deployer);
  bool is_settled(const Change& change, bool and_deployer) const;
  forge::Forge* forge_of(const App& app);
  Signer signer_of(const App& app) const;

  Parts parts_;
  /// It, and of a move what it is to be there: holds and rules of both count.
  std::vector<App> places_of(const Change& change, const App& app) const;
  /// These, and what is put in force along with them: whoever holds that up holds it up.
  std::vector<App> touched_by(const Change& change, const App& app) const;
  Duration patience_for(const Change& change, const App& app) const;
  void forget_ended(const std::vector<Change>& open);

  std::map<std::int64_t, std::string> checks_shown_;  ///< digest of what was told last, by Change
  std::map<std::int64_t, Vigil> vigils_;  ///< by Change
  std::optional<MonoTime> unsettled_since_;
  std::set<std::string> silent_forges_;  ///< repositories whose forge gave no answer in this round
  Signal nudged_;
  TaskGroup tasks_;
};

}  // namespace driftwarden
