#pragma once
// Pull requests that people open themselves: what they would do to the Apps is said once, and kept up to date.
#include "bot/outbox/messenger.hpp"
#include "bot/outbox/outbox.hpp"
#include "bot/pulls/beats.hpp"
#include "bot/pulls/pull_words.hpp"
#include "bot/pulls/touched.hpp"
#include "bot/watch/fleet.hpp"
#include "gitops/base/gate.hpp"
#include "integrations/forge/forge.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace driftwarden {

class Gates;  // bot/gates/gates.hpp

class PullWatch {
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
    std::map<std::string, forge::Forge*> forges;  ///< by repository
    Gates* gates = nullptr;                       ///< null = nothing is judged
    /// What a tool's files at the second commit cost against those at the first ("" = none); empty: nobody knows.
    std::function<asio::awaitable<Result<CostChange>>(App app, std::string before, std::string after)> price_files{};
  };
  /// Registers its outbox handlers: make it before the outbox starts.
  explicit PullWatch(Parts parts);
  void start();
  asio::awaitable<void> stop();
  /// A webhook came.
  void nudge() {
    nudged_ = true;
    wake_.notify();
  }

 private:
  /// What the last look rested on: the same needs no second look.
  struct Seen {
    std::string head;    ///< as the forge says it
    std::string branch;  ///< the watched branch's head then
    std::string base;
    std::vector<std::string> apps;
    std::string states;
    std::string title;
    std::optional<MonoTime> again{};  ///< a gate gave no answer: it is asked once more then
    RisenLately risen{};
  };
  /// What was found out of one App, its diffs no longer than a comment, and what it rested on: the same isn't rendered again.
  struct Finished {
    std::string basis;
    view::PullEffect effect;
  };
  using PullKey = std::pair<std::string, std::int64_t>;

  asio::awaitable<void> run();
  asio::awaitable<void> look(std::string repository);
  asio::awaitable<Result<void>> look_safely(std::string repository);
  asio::awaitable<Result<void>> look_at(std::string repository);
  asio::awaitable<Result<void>> look_at_pull(std::string repository, forge::PullRequest pull, std::string branch, InForce in_force);
  asio::awaitable<Result<void>> say_its_end(std::string repository, storage::PullNote note);
  bool may_ask(const PullKey& key, bool all_listed);
  /// `merged_here`: it came into the watched branch.
  asio::awaitable<Result<void>> say(view::PullSummary pull, bool merged_here = false);
  /// What the gates say of it as a commit status, once each time that it says something else.
  asio::awaitable<Result<void>> say_status(view::PullSummary pull);

  // pull_hands.cpp
  asio::awaitable<Result<std::string>> put_status(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> put_comment(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> show_message(storage::OutboxRow row);

  // pull_effects.cpp
  asio::awaitable<Result<PullCommits>> commits_of(std::string repository, PullLook look, std::string same_head, std::string same_base);
  asio::awaitable<std::vector<view::PullEffect>> effects_of(PullKey key, PullCommits commits);
  asio::awaitable<view::PullEffect> effect_of(TouchedApp touched, MonoTime priced_until);
  asio::awaitable<view::PullEffect> planned_effect(TouchedApp touched, MonoTime priced_until);
  asio::awaitable<Result<CostChange>> price_of(TouchedApp touched);
  asio::awaitable<view::PullEffect> looked_at(TouchedApp touched, std::vector<Manifest> before, std::vector<Manifest> after);
  asio::awaitable<Result<std::vector<Manifest>>> rendered(App app, std::string revision);
  /// What the clusters, the holds and the waivers say of these Apps now.
  std::string states_of(const std::vector<std::string>& apps, const InForce& in_force) const;
  std::string state_of(const std::string& app) const;
  /// The Apps that an open pull request of the repository makes dearer, as far as that is known.
  std::vector<App> risen_apps(const std::string& repository) const;
  /// Fills in by how much else the Apps rose of late.
  asio::awaitable<Result<RisenLately>> add_risen(std::vector<view::PullEffect>& effects, RisenLately known);
  std::vector<KnownApp> apps_of(const std::string& repository) const;

  std::size_t comment_limit(const std::string& repository) const;
  forge::Forge* forge_of(const std::string& repository) const;

  Parts parts_;
  Signal wake_;
  bool nudged_ = false;
  Beats beats_;
  std::map<std::string, std::string> complained_;  ///< by repository: the failure that was logged
  Gate pricing_turns_;
  std::map<std::string, forge::Account> accounts_;
  std::map<PullKey, Seen> seen_;
  std::map<PullKey, std::map<std::string, Finished>> finished_;  ///< by App
  std::map<PullKey, MonoTime> asked_;  ///< when one was asked for by its number
  TaskGroup tasks_;
};

}  // namespace driftwarden
