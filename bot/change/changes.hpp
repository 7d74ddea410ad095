#pragma once
// The shell around the Change steps: requests and decisions come in, effects are carried out by outbox rows.
#include "bot/change/change_steps.hpp"
#include "bot/outbox/messenger.hpp"
#include "bot/outbox/outbox.hpp"
#include "bot/watch/fleet.hpp"
#include "bot/watch/git_inputs.hpp"
#include "integrations/forge/forge.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace driftwarden {

/// Saves the step's Change, its audit row, and its effects as outbox rows. A refusal saves nothing.
Result<ChangeStep> commit_step(storage::Transaction& tx, ChangeStep step, WallTime now);

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
    std::map<std::string, std::unique_ptr<forge::Forge>> forges;  ///< by repository
    std::function<void(const std::string& app)> on_ended;
    Duration verify_for = std::chrono::minutes{10};
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
  asio::awaitable<Result<std::string>> propose(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> publish_status(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> merge(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> apply(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> verify(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> close_pull_request(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> show_card(storage::OutboxRow row);

  asio::awaitable<Result<CommitRequest>> plan(Change change, App app, std::string head, std::string audit_id);
  asio::awaitable<Result<std::string>> effect_of(Change change, App app, std::string commit);
  asio::awaitable<Result<forge::PullRequest>> pull_request_for(Change change, App app, std::string branch, std::string diff, std::string audit_id);
  asio::awaitable<Result<std::string>> merge_on_forge(Change change, App app);
  asio::awaitable<Result<std::string>> push_to_branch(Change change, App app);
  /// Voids the approvals when the branch on the forge is no longer what was approved; true when it was so.
  asio::awaitable<Result<bool>> void_if_moved(Change change, App app);
  asio::awaitable<Result<std::size_t>> apply_desired(App app, DesiredState desired);
  asio::awaitable<Result<bool>> merged_already(Change change, App app);
  /// Whether the branch now says something else at one of the paths than at `base`.
  asio::awaitable<Result<bool>> moved_since(App app, std::vector<std::string> paths, std::string base, bool fetch);
  /// The rules of the App's ignore file at a revision; none without the file.
  asio::awaitable<Result<ImportedRules>> ignore_file_at(App app, std::string revision);
  asio::awaitable<Result<std::string>> verify_ignored(Change change, App app, WallTime deadline);
  bool applies(const Change& change, const App& app) const;
  asio::awaitable<Result<std::optional<DesiredState>>> approved_state(Change change, App app);
  asio::awaitable<Result<void>> take_away_added(App app, Manifest manifest, JsonPtr live);
  asio::awaitable<Result<void>> prune(App app, ObjectRef ref);
  asio::awaitable<void> follow_forges();
  asio::awaitable<void> follow(Change change);
  asio::awaitable<void> take_over(Change change, App app, forge::PullRequest pull_request);
  /// A step whose refusal or failure concerns nobody who waits.
  asio::awaitable<void> step_quietly(std::int64_t id, std::function<ChangeStep(Change)> event);
  Result<void> gave_up(storage::Transaction& tx, const storage::OutboxRow& row, const Error& why, WallTime now) const;
  asio::awaitable<void> after_giving_up(storage::OutboxRow row);
  Result<void> report_undelivered(storage::Transaction& tx, const storage::OutboxRow& row, const Error& why, WallTime now) const;
  forge::Forge* forge_of(const App& app);

  Parts parts_;
  Signal nudged_;
  TaskGroup tasks_;
};

}  // namespace driftwarden
