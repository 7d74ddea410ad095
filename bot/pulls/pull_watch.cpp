#include "bot/pulls/pull_watch.hpp"

#include "bot/change/judge_gates.hpp"
#include "bot/config/policy.hpp"
#include "bot/pulls/pull_costs.hpp"
#include "bot/view/card_view.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

namespace driftwarden {
namespace {

constexpr Duration kNotReadyYet{2'000};
constexpr Duration kOneRepository{300'000};  ///< then no further pull request is begun: those that are done cost nothing next time
constexpr Duration kOnePull{120'000};
constexpr Duration kWholeLook{900'000};      ///< with the last pull request and all that is asked for; nothing should ever take this long
constexpr Duration kAskAgain{1'800'000};     ///< for one that isn't in a full list
constexpr Duration kAskGatesAgain{600'000};
constexpr std::size_t kListedAtMost = 200;
constexpr std::size_t kAppsRendered = 30;    ///< of one pull request
constexpr std::size_t kPullsLookedAt = 50;
constexpr std::size_t kGitLabLimit = 200'000;  ///< it takes more, but nobody reads it

view::PullSummary summary_of(const std::string& repository, const forge::PullRequest& pull, const Config& config) {
  view::PullSummary summary;
  summary.repository = repository;
  summary.number = pull.number;
  summary.url = pull.url;
  summary.title = pull.title;
  summary.author = pull.author;
  const auto* known = find_repository(config, repository);
  if (const auto* person = person_by_forge(config, pull.author, known == nullptr ? "" : known->forge.api_url)) summary.person = person->name;
  summary.head_sha = pull.head_sha;
  summary.by_stranger = pull.from_fork || summary.person.empty();
  summary.state = "open";
  return summary;
}

struct Known {
  std::vector<storage::PullNote> notes;
  InForce in_force;
  std::vector<Change> changes;  ///< whose branches these are
};

/// The Changes, open or over, that really have these branches.
Result<std::vector<Change>> changes_of(storage::Transaction& tx, const std::vector<std::string>& branches) {
  std::vector<Change> found;
  for (const auto& branch : branches) {
    const auto id = change_of_branch(branch);
    if (!id) continue;
    TRY(auto change, tx.find_change(*id));
    if (change && change->branch == branch) found.push_back(std::move(*change));
  }
  return found;
}

}  // namespace

PullWatch::PullWatch(Parts parts) : parts_(std::move(parts)), wake_(parts_.executor), tasks_(parts_.executor) {
  parts_.outbox->on(std::string(kPullComment), [this](storage::OutboxRow row) { return put_comment(std::move(row)); });
  parts_.outbox->on(std::string(kPullMessage), [this](storage::OutboxRow row) { return show_message(std::move(row)); }, Outbox::kWordsWait);
  parts_.outbox->on(std::string(kPullStatus), [this](storage::OutboxRow row) { return put_status(std::move(row)); });
  for (const auto& [repository, forge] : parts_.forges) {
    if (forge != nullptr) beats_.add(repository);
  }
}

void PullWatch::start() {
  if (!beats_.empty()) tasks_.spawn("pull requests", run());
}

asio::awaitable<void> PullWatch::stop() { co_await tasks_.join(); }

forge::Forge* PullWatch::forge_of(const std::string& repository) const {
  const auto found = parts_.forges.find(repository);
  return found == parts_.forges.end() ? nullptr : found->second;
}

std::size_t PullWatch::comment_limit(const std::string& repository) const {
  const auto* config = find_repository(*parts_.config, repository);
  return config != nullptr && config->forge.kind == ForgeKind::GitLab ? kGitLabLimit : view::kPullRequestLimit;
}

asio::awaitable<void> PullWatch::run() {
  while (true) {
    // What isn't judged yet would be said wrongly first.
    auto next = parts_.clock->mono_now() + kNotReadyYet;
    if (parts_.fleet->ready()) {
      for (auto& repository : beats_.begin(parts_.clock->mono_now())) tasks_.spawn("looking at pull requests", look(std::move(repository)));
      next = beats_.next(parts_.clock->mono_now());
    }
    auto woken = co_await wake_.wait_until(*parts_.clock, next);
    if (!woken) co_return;
    if (std::exchange(nudged_, false)) beats_.hurry(parts_.clock->mono_now());
  }
}

asio::awaitable<void> PullWatch::look(std::string repository) {
  auto looking = look_safely(repository);
  const auto looked = co_await std::move(looking);
  beats_.ended(repository, looked.has_value(), parts_.clock->mono_now());
  wake_.notify();
  const auto why = looked ? std::string() : looked.error().message;
  auto& complained = complained_[repository];
  if (!why.empty() && why != complained && looked.error().kind != ErrorKind::Cancelled) log_warn("pulls", fmt::format("{}: {}", repository, why));
  complained = why;
}

/// A repository that goes wrong must neither stop the others nor be looked at again at once.
asio::awaitable<Result<void>> PullWatch::look_safely(std::string repository) {
  Result<void> looked;
  std::exception_ptr cancelled;
  const auto state = co_await asio::this_coro::cancellation_state;
  try {
    auto looking = with_deadline(*parts_.clock, parts_.clock->mono_now() + kWholeLook, look_at(std::move(repository)));
    looked = co_await std::move(looking);
  } catch (const boost::system::system_error& failure) {
    // Of the look itself: what else was cut off, such as a repository that is opened anew, is looked at again.
    if (failure.code() == asio::error::operation_aborted && state.cancelled() != asio::cancellation_type::none) cancelled = std::current_exception();
    looked = Error{ErrorKind::Corrupt, failure.what()};
  } catch (const std::exception& failure) {
    looked = Error{ErrorKind::Corrupt, failure.what()};
  }
  if (cancelled) std::rethrow_exception(cancelled);
  co_return looked;
}

asio::awaitable<Result<void>> PullWatch::look_at(std::string repository) {
  auto* forge = forge_of(repository);
  const auto base = parts_.fleet->repository_config(repository).branch;
  if (!accounts_.contains(repository)) {
    auto account = co_await forge->account();
    if (!account && is_transient(account.error())) co_return account.error();
    if (!account && account.error().kind == ErrorKind::Cancelled) co_return account.error();
    accounts_[repository] = account ? *account : forge::Account{};
  }
  auto open = co_await forge->open_pull_requests(base);
  if (!open) co_return open.error();
  std::vector<std::string> branches;
  for (const auto& pull : *open) branches.push_back(pull.branch);
  std::function<Result<Known>(storage::Transaction&)> load = [repository, branches, risen = risen_apps(repository), now = parts_.clock->wall_now()](storage::Transaction& tx) -> Result<Known> {
    Known known;
    TRY(known.in_force.risen, load_risen(tx, risen, now));
    TRY(known.changes, changes_of(tx, branches));
    TRY(known.notes, tx.pull_notes(repository));
    TRY(known.in_force.holds, tx.open_holds());
    TRY(known.in_force.waivers, tx.open_waivers());
    return known;
  };
  auto loading = parts_.store->query<Known>(std::move(load));
  auto known = co_await std::move(loading);
  if (!known) co_return known.error();
  std::function<Result<std::string>(Mirror&)> look = [](Mirror& mirror) { return mirror.head(); };
  auto looking = parts_.fleet->repository(repository).with_mirror<std::string>(std::move(look));
  auto branch = co_await std::move(looking);
  if (!branch) co_return branch.error();
  std::set<std::int64_t> numbers;
  for (const auto& pull : *open) numbers.insert(pull.number);
  const bool all_listed = open->size() < kListedAtMost;
  Ours ours{accounts_[repository]};
  for (const auto& change : known->changes) {
    const auto* app = parts_.fleet->app(change.app);
    if (app == nullptr || app->repository == repository) ours.branches.insert(change.branch);
  }
  const auto until = parts_.clock->mono_now() + kOneRepository;
  std::optional<Error> trouble;
  for (auto& pull : pulls_of_people(std::move(*open), base, ours, kPullsLookedAt)) {
    if (parts_.clock->mono_now() >= until) break;
    const auto subject = fmt::format("pull request {}", pull.number);
    auto looking_at_it = with_deadline(*parts_.clock, parts_.clock->mono_now() + kOnePull, look_at_pull(repository, std::move(pull), *branch, known->in_force));
    auto looked = co_await std::move(looking_at_it);
    if (!looked && looked.error().kind == ErrorKind::Cancelled) co_return looked.error();
    if (!looked) trouble = wrap(subject, looked.error());  // the others are looked at all the same
  }
  for (auto& note : known->notes) {
    if (note.closed || numbers.contains(note.number) || !may_ask({repository, note.number}, all_listed)) continue;
    auto ending = say_its_end(repository, std::move(note));
    auto said = co_await std::move(ending);
    if (!said) trouble = said.error();
  }
  const auto is_gone = [&](const auto& entry) { return entry.first.first == repository && !numbers.contains(entry.first.second); };
  std::erase_if(seen_, is_gone);
  std::erase_if(finished_, is_gone);
  if (trouble) co_return *trouble;
  co_return Result<void>{};
}

/// One that isn't in a full list may well be open still.
bool PullWatch::may_ask(const PullKey& key, bool all_listed) {
  if (all_listed) return true;
  const auto now = parts_.clock->mono_now();
  const auto asked = asked_.find(key);
  if (asked != asked_.end() && now - asked->second < kAskAgain) return false;
  asked_[key] = now;
  return true;
}

asio::awaitable<Result<void>> PullWatch::look_at_pull(std::string repository, forge::PullRequest pull, std::string branch, InForce in_force) {
  const PullKey key{repository, pull.number};
  Seen seen;
  if (const auto found = seen_.find(key); found != seen_.end()) seen = found->second;
  auto summary = summary_of(repository, pull, *parts_.config);
  // Who they are decides whose waivers count: they may be linked meanwhile.
  const auto states_now = [&](const std::vector<std::string>& apps) { return states_of(apps, in_force) + " " + summary.person; };
  const bool settled = !seen.again || parts_.clock->mono_now() < *seen.again;
  const bool same_head = settled && seen.head == pull.head_sha;
  const bool same_states = same_head && seen.states == states_now(seen.apps) && seen.title == pull.title && same_risen(seen.risen, in_force.risen);
  if (same_states && seen.branch == branch) co_return Result<void>{};
  PullLook look;
  look.head_ref = pull.head_ref.empty() ? "refs/heads/" + pull.branch : pull.head_ref;
  look.known_head = pull.head_sha;
  look.from_fork = pull.from_fork;
  auto finding = commits_of(repository, std::move(look), same_states ? seen.head : "", seen.base);
  auto commits = co_await std::move(finding);
  if (!commits) co_return commits.error();
  if (same_states && commits->base == seen.base) {
    seen_[key].branch = branch;
    co_return Result<void>{};
  }
  seen = Seen{};
  seen.head = pull.head_sha;
  seen.branch = branch;
  seen.base = commits->base;
  seen.title = pull.title;
  summary.head_sha = commits->head;
  summary.base_sha = commits->base;
  auto& touched = commits->touched;
  // What gates judge comes first.
  std::ranges::stable_partition(touched, [](const TouchedApp& one) { return is_rendered(one.app); });
  for (std::size_t i = kAppsRendered; i < touched.size(); ++i) {
    summary.not_rendered.push_back(touched[i].app.name);
    if (is_rendered(touched[i].app)) ++summary.not_judged;
  }
  touched.resize(std::min(touched.size(), kAppsRendered));
  for (const auto& one : touched) seen.apps.push_back(one.app.name);
  seen.states = states_now(seen.apps);
  auto working = effects_of(key, std::move(*commits));
  summary.effects = co_await std::move(working);
  auto summing = add_risen(summary.effects, in_force.risen);
  auto risen = co_await std::move(summing);
  if (!risen) co_return risen.error();
  seen.risen = std::move(*risen);
  const auto now = parts_.clock->wall_now();
  for (auto& effect : summary.effects) {
    judge_effect(*parts_.config, summary.person, in_force.holds, now, effect);
    effect.waivers = waivers_for(*parts_.config, summary, effect, in_force.waivers, now);
  }
  if (std::ranges::any_of(summary.effects, gave_no_answer)) seen.again = parts_.clock->mono_now() + kAskGatesAgain;
  auto telling = say_status(summary);
  auto told = co_await std::move(telling);
  if (!told) co_return told.error();
  auto saying = say(std::move(summary));
  auto said = co_await std::move(saying);
  if (!said) co_return said.error();
  seen_[key] = std::move(seen);
  co_return Result<void>{};
}

/// Merged, closed, or aimed elsewhere: one last edit.
asio::awaitable<Result<void>> PullWatch::say_its_end(std::string repository, storage::PullNote note) {
  const auto pull = co_await forge_of(repository)->get(note.number);
  if (!pull && pull.error().kind != ErrorKind::NotFound) co_return pull.error();
  const auto base = parts_.fleet->repository_config(repository).branch;
  // Beyond those that a look sees.
  if (pull && pull->state == forge::PullRequestState::Open && pull->base == base) co_return Result<void>{};
  const PullKey key{repository, note.number};
  view::PullSummary summary;
  for (const auto& [name, finished] : finished_[key]) {
    summary.effects.push_back(finished.effect);
    summary.effects.back().rendered_diff.clear();
    summary.effects.back().live_diff.clear();
  }
  if (pull) {
    auto now = summary_of(repository, *pull, *parts_.config);
    now.effects = std::move(summary.effects);
    summary = std::move(now);
  }
  summary.repository = repository;
  summary.number = note.number;
  if (summary.head_sha.empty()) summary.head_sha = note.head_sha;
  summary.base_sha = note.base_sha;
  const bool merged = pull && pull->state == forge::PullRequestState::Merged;
  summary.state = merged ? "merged" : "closed";
  auto saying = say(std::move(summary), merged && pull->base == base);
  auto said = co_await std::move(saying);
  if (!said) co_return said;
  seen_.erase(key);
  finished_.erase(key);
  asked_.erase(key);
  co_return said;
}

asio::awaitable<Result<void>> PullWatch::say(view::PullSummary pull, bool merged_here) {
  // The database's thread reads this copy: people may be linked meanwhile.
  const auto config = std::make_shared<const Config>(*parts_.config);
  const auto limit = comment_limit(pull.repository);
  std::function<Result<void>(storage::Transaction&)> work = [pull = std::move(pull), merged_here, config, now = parts_.clock->wall_now(), limit](storage::Transaction& tx) -> Result<void> {
    CHECK_OK(keep_costs(tx, pull, merged_here));
    TRY(const auto said, load_said(tx, pull.repository, pull.number));
    const auto saying = what_to_say(*config, pull, said, limit, now);
    if (!saying) return Result<void>{};
    CHECK_OK(tx.save_pull_note(saying->note));
    CHECK_OK(tx.set_setting(pull_messages_setting(pull.repository, pull.number), to_json_text(saying->messages)));
    for (const auto& row : saying->rows) {
      auto queued = tx.enqueue(row);
      if (!queued) return queued.error();
    }
    return Result<void>{};
  };
  auto working = parts_.store->transact(std::move(work));
  auto done = co_await std::move(working);
  if (done) parts_.outbox->wake();
  co_return done;
}

asio::awaitable<Result<void>> PullWatch::say_status(view::PullSummary pull) {
  if (!is_gated(parts_.gates, *parts_.config)) co_return Result<void>{};
  std::function<Result<void>(storage::Transaction&)> work = [pull = std::move(pull), now = parts_.clock->wall_now()](storage::Transaction& tx) -> Result<void> {
    const auto setting = pull_status_setting(pull.repository, pull.number);
    TRY(const auto said, tx.setting(setting));
    const auto saying = status_to_say(pull, said.value_or(""), now);
    if (!saying) return Result<void>{};
    CHECK_OK(tx.set_setting(setting, saying->digest));
    auto queued = tx.enqueue(saying->row);
    if (!queued) return queued.error();
    return Result<void>{};
  };
  auto working = parts_.store->transact(std::move(work));
  auto done = co_await std::move(working);
  if (done) parts_.outbox->wake();
  co_return done;
}

}  // namespace driftwarden
