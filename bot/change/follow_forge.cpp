// What happens to a Change outside of chat: its time runs out, and on the forge it is reviewed, moved, merged or closed.
#include "bot/audit/details.hpp"
#include "bot/change/changes.hpp"
#include "bot/change/idle_reviews.hpp"
#include "bot/change/waivers.hpp"
#include "bot/config/policy.hpp"
#include "bot/policy/findings.hpp"
#include "gitops/base/log.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace driftwarden {
namespace {

constexpr Duration kLookAtForgesEvery{30'000};

/// Who says yes on the forge to exactly this content, by their last word. A bot's never counts.
std::vector<PersonId> yes_sayers(const std::vector<forge::Review>& reviews, const Change& change, const App& app, const Config& config, const std::string& api_url) {
  std::map<std::string, forge::Review> last_words;
  for (const auto& review : reviews) {
    if (review.state != forge::ReviewState::Commented && !review.by_bot) last_words.insert_or_assign(review.user, review);
  }
  std::vector<PersonId> people;
  for (const auto& [user, review] : last_words) {
    const auto* person = person_by_forge(config, user, api_url);
    const bool counts = review.state == forge::ReviewState::Approved && !review.stale && review.commit_sha == change.content.head_sha;
    // What destroys needs the App's name here, too: as the review's text.
    const bool named = !change.quorum.typed_name || review.body.find(app.name) != std::string::npos;
    if (counts && named && person != nullptr) people.push_back(person->name);
  }
  return people;
}

}  // namespace

asio::awaitable<void> Changes::follow_forges() {
  while (true) {
    co_await follow_safely("holds", end_holds());
    auto tending = tend_waivers(*parts_.store, *parts_.outbox, *parts_.config, *parts_.fleet, parts_.clock->wall_now());
    co_await follow_safely("waivers", std::move(tending));
    std::function<Result<std::vector<Change>>(storage::Transaction&)> work = [](storage::Transaction& tx) { return tx.changes({"", true, 1000}); };
    auto working = parts_.store->query<std::vector<Change>>(std::move(work));
    const auto open = co_await std::move(working);
    if (open) forget_ended(*open);
    // What needs no forge comes first: a slow one must not keep an expiry waiting.
    for (const auto& change : open ? *open : std::vector<Change>{}) {
      auto looking = look_at_time(change);
      co_await follow_safely(change_name(change.id), std::move(looking));
    }
    silent_forges_.clear();
    for (const auto& change : open ? *open : std::vector<Change>{}) {
      auto following = follow(change);
      co_await follow_safely(change_name(change.id), std::move(following));
    }
    auto woken = co_await nudged_.wait_until(*parts_.clock, parts_.clock->mono_now() + kLookAtForgesEvery);
    if (!woken) co_return;
  }
}

void Changes::forget_ended(const std::vector<Change>& open) {
  const auto ended = [&](const auto& entry) { return std::ranges::find(open, entry.first, &Change::id) == open.end(); };
  std::erase_if(checks_shown_, ended);
  std::erase_if(vigils_, ended);
}

/// One Change that goes wrong must not end the loop for all the others.
asio::awaitable<void> Changes::follow_safely(std::string what, asio::awaitable<void> work) {
  try {
    co_await std::move(work);
  } catch (const boost::system::system_error& failure) {
    if (failure.code() == asio::error::operation_aborted) throw;
    log_error("change", what + ": " + failure.what());
  } catch (const std::exception& failure) {
    log_error("change", what + ": " + failure.what());
  }
}

asio::awaitable<void> Changes::look_at_time(Change change) {
  const auto now = parts_.clock->wall_now();
  if (is_past_its_time(change, now)) {
    const std::function<ChangeStep(Change)> expire = [now](Change current) { return on_expired(std::move(current), now); };
    co_await step_quietly(change.id, expire);
    co_return;
  }
  if (wants_reminder(change, now)) {
    const std::function<ChangeStep(Change)> nag = [now](Change current) { return on_half_time(std::move(current), now); };
    co_await step_quietly(change.id, nag);
  }
  const bool kept_waiting = !change.waiting_for.empty() && (change.state == ChangeState::Approved || change.state == ChangeState::Merged);
  // Whoever is at work has a pace of their own.
  if (kept_waiting && !vigils_.contains(change.id)) co_await hurry(change.id);
}

asio::awaitable<void> Changes::follow(Change change) {
  if (!is_settled(change, true)) co_return;
  const auto app = app_of(change);
  auto* forge = app ? forge_of(*app) : nullptr;
  const bool waits_there = change.state == ChangeState::Proposed || change.state == ChangeState::Approved;
  if (forge == nullptr || change.pull_request == 0 || !waits_there || silent_forges_.contains(app->repository)) co_return;
  const auto pull_request = co_await forge->get(change.pull_request);
  if (!pull_request) {
    log_warn("forge", pull_request.error().message);
    if (is_transient(pull_request.error())) silent_forges_.insert(app->repository);
    co_return;
  }
  if (pull_request->state == forge::PullRequestState::Open) {
    auto checking = follow_checks(change, *app);
    co_await std::move(checking);
  }
  co_await take_over(std::move(change), *app, *pull_request);
}

asio::awaitable<std::vector<Delegation>> Changes::delegations() {
  std::function<Result<std::vector<Delegation>>(storage::Transaction&)> work = [now = parts_.clock->wall_now()](storage::Transaction& tx) { return tx.active_delegations(now); };
  auto working = parts_.store->query<std::vector<Delegation>>(std::move(work));
  auto found = co_await std::move(working);
  if (!found) co_return std::vector<Delegation>{};
  co_return std::move(*found);
}

/// A guest's review doesn't count; nor anybody's while Slack can't say who they are: it is looked at again.
asio::awaitable<bool> Changes::counts_by_slack(PersonId person) {
  const auto* known = find_person(*parts_.config, person);
  if (!parts_.is_outsider || known == nullptr || known->slack.empty()) co_return true;
  auto asking = parts_.is_outsider(known->slack);
  const auto outside = co_await std::move(asking);
  if (!outside) log_warn("change", outside.error().message);
  co_return outside && !*outside;
}

/// What would keep us from merging it now; "" = nothing.
asio::awaitable<std::string> Changes::obstacle_now(Change change, App app) {
  std::function<Result<std::vector<Hold>>(storage::Transaction&)> work = [](storage::Transaction& tx) { return tx.open_holds(); };
  auto working = parts_.store->query<std::vector<Hold>>(std::move(work));
  const auto holds = co_await std::move(working);
  if (!holds) co_return std::string{};
  for (const auto& place : touched_by(change, app)) {
    if (const auto obstacle = obstacle_to(*parts_.config, place, change, *holds, GateStage::Merge, parts_.clock->wall_now())) co_return obstacle->rule;
  }
  auto looking = waivers_for(*parts_.store, *parts_.config, change, app, parts_.clock->wall_now());
  const auto waivers = co_await std::move(looking);
  if (const auto gate = gate_obstacle(*parts_.config, change, waivers)) co_return gate->rule;
  co_return std::string{};
}

asio::awaitable<void> Changes::take_over(Change change, App app, forge::PullRequest pull_request) {
  const auto now = parts_.clock->wall_now();
  if (pull_request.head_sha == change.content.head_sha && change.state == ChangeState::Proposed) {
    const auto reviews = co_await forge_of(app)->reviews(change.pull_request);
    if (!reviews) co_return;
    const auto delegated = co_await delegations();
    const std::string api_url = parts_.fleet->repository_config(app.repository).forge.api_url;
    auto idle = idle_reviews(*reviews, change, app, *parts_.config, api_url);
    for (const auto& person : yes_sayers(*reviews, change, app, *parts_.config, api_url)) {
      // Each is judged with those before it: somebody and who stands in for them have one seat.
      const auto verdict = may_count(*parts_.config, person, change, app, delegated, now);
      const bool known = std::ranges::any_of(change.approvals, [&](const Approval& given) { return is_same_person(*parts_.config, given.by, person); });
      if (!verdict.counts && !known) idle.push_back({person, change.content.head_sha, verdict.why_not});
      if (!verdict.counts) continue;
      auto asking = counts_by_slack(person);
      const bool a_member = co_await std::move(asking);
      if (!a_member) idle.push_back({person, change.content.head_sha, "a guest in chat, or nobody could say"});
      if (!a_member) continue;
      Approval approval{.by = person, .of = change.content, .at = now, .via = "forge"};
      approval.in_place_of = verdict.in_place_of;
      approval.extra_only = verdict.extra_only;
      std::function<ChangeStep(Change)> approve = [approval, now](Change current) { return on_approval(std::move(current), approval, now); };
      auto stepping = step(change.id, std::move(approve));
      const auto stepped = co_await std::move(stepping);
      if (!stepped) log_warn("change", change_name(change.id) + ": " + stepped.error().message);
      if (stepped && stepped->refusal.empty()) change = stepped->next;
    }
    auto telling = audit_reviews(*parts_.store, change, std::move(idle));
    const auto told = co_await std::move(telling);
    if (!told) log_warn("change", told.error().message);
  }
  std::function<ChangeStep(Change)> event;
  const bool as_shown = pull_request.head_sha == change.content.head_sha;
  // Our own merge is told by the one who does it.
  if (pull_request.state == forge::PullRequestState::Merged && as_shown && change.state == ChangeState::Approved) co_return;
  if (pull_request.state == forge::PullRequestState::Merged && pull_request.merged_sha.empty()) co_return;
  if (pull_request.state == forge::PullRequestState::Merged) {
    const bool bot_applies = applies(change, app);
    auto looking = obstacle_now(change, app);
    const auto outside = co_await std::move(looking);
    event = [sha = pull_request.merged_sha, as_shown, bot_applies, outside, now](Change current) {
      auto stepped = on_merged_elsewhere(std::move(current), sha, as_shown, bot_applies, now);
      if (!outside.empty() && stepped.audit) add_details(*stepped.audit, nlohmann::ordered_json{{"outside", outside}});
      return stepped;
    };
  } else if (pull_request.state == forge::PullRequestState::Closed) {
    event = [now](Change current) { return on_cancelled(std::move(current), "somebody on the forge", "the pull request was closed", now); };
  } else if (!as_shown && (change.state == ChangeState::Proposed || change.state == ChangeState::Approved)) {
    const auto moved = co_await take_moved(change, app, pull_request);
    if (!moved) log_warn("change", change_name(change.id) + ": " + moved.error().message);
  }
  if (event) co_await step_quietly(change.id, event);
}

/// What it waited for may have happened: a webhook came, a hold ended.
asio::awaitable<void> Changes::hurry(std::int64_t id) {
  std::function<Result<void>(storage::Transaction&)> work = [id, now = parts_.clock->wall_now()](storage::Transaction& tx) { return tx.hurry_outbox(fmt::format("change:{}", id), now); };
  auto working = parts_.store->transact(std::move(work));
  const auto hurried = co_await std::move(working);
  if (!hurried) log_warn("change", hurried.error().message);
  parts_.outbox->wake();
}

asio::awaitable<void> Changes::step_quietly(std::int64_t id, std::function<ChangeStep(Change)> event) {
  auto stepping = step(id, std::move(event));
  const auto stepped = co_await std::move(stepping);
  if (!stepped) log_warn("change", change_name(id) + ": " + stepped.error().message);
}

}  // namespace driftwarden
