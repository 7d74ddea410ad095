// An approved Change is merged: not before everything that may keep it back lets it pass, and only if it still is what was approved.
#include "bot/change/changes.hpp"
#include "bot/change/judge_gates.hpp"
#include "bot/change/move.hpp"
#include "bot/change/waivers.hpp"
#include "bot/config/policy.hpp"
#include "bot/policy/findings.hpp"
#include "bot/watch/app_files.hpp"
#include "gitops/base/forge_text.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "gitops/drift/cause.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr Duration kHoldPause{10'000};
constexpr Duration kForgePause{10'000};
constexpr std::size_t kCommitsNamed = 3;
constexpr std::size_t kCommitsSearched = 2000;

forge::MergeMethod merge_method(MergeMethod method) {
  switch (method) {
    case MergeMethod::Merge: return forge::MergeMethod::Merge;
    case MergeMethod::Squash: return forge::MergeMethod::Squash;
    case MergeMethod::Rebase: return forge::MergeMethod::Rebase;
  }
  return forge::MergeMethod::Squash;
}

/// Who may count and says no on the forge, as last words count.
std::string who_asks_for_changes(const std::vector<forge::Review>& reviews, const Change& change, const App& app, const Config& config, const std::string& api_url) {
  std::map<std::string, forge::Review> last_words;
  for (const auto& review : reviews) {
    if (review.state != forge::ReviewState::Commented && !review.by_bot) last_words.insert_or_assign(review.user, review);
  }
  for (const auto& [user, review] : last_words) {
    const auto* person = person_by_forge(config, user, api_url);
    const bool counts = review.state == forge::ReviewState::ChangesRequested && review.commit_sha == change.content.head_sha;
    if (counts && person != nullptr && !is_same_person(config, person->name, change.requester) && may_approve(config, person->name, change.quorum, app)) return person->name;
  }
  return {};
}

/// The commit on the branch that brought the Change's commit in: others may have come after it.
Result<std::string> merge_of(Mirror& mirror, const Change& change, const std::string& head) {
  TRY(const auto later, mirror.commits_between(change.base_sha, head, kCommitsSearched));
  const auto found = std::ranges::find_if(later, [&](const CommitInfo& commit) { return std::ranges::find(commit.parents, change.content.head_sha) != commit.parents.end(); });
  return found == later.end() ? head : found->sha;
}

/// False: it was asked for behind a broken glass that is whole again. True for all that never needed one.
bool relies_on_broken_glass(const Change& change, const App& app, const std::vector<Hold>& holds, WallTime now) {
  if (change.break_glass.empty()) return true;
  return std::ranges::any_of(holds, [&](const Hold& hold) { return hold.kind == HoldKind::BreakGlass && hold.owner == change.break_glass && is_active(hold, now) && covers(hold.scope, app); });
}

/// Also of one that was proposed before there were gates at all.
bool lacks_its_gates(const Config& config, const Change& change, const App& there) {
  return !is_git_only(change.verb) && is_rendered(there) && change.break_glass.empty() && lacks_a_gate(config, there, change.gates);
}

}  // namespace

/// People approved the Change as long as these say what they said then.
asio::awaitable<Result<std::vector<std::string>>> Changes::what_it_rests_on(Change change, App app) {
  if (change.verb == ChangeVerb::Ignore) co_return std::vector<std::string>(1, ignore_path(app.name));
  // What holds its Application is put in force with it: nobody's commits ride along. After the merge others' go on.
  std::optional<App> holder;
  if (change.verb == ChangeVerb::Move && change.merged_sha.empty()) {
    if (auto held = application_of(app)) holder = std::move(held->app);
  }
  std::function<Result<std::vector<std::string>>(Mirror&)> look = [change, app, holder](Mirror& mirror) -> Result<std::vector<std::string>> {
    auto paths = source_paths(mirror, app, change.base_sha);
    std::vector<std::string> all = paths ? *paths : std::vector<std::string>(1, app.path);
    all.push_back(pin_path(app.name));
    if (change.verb == ChangeVerb::Move) all.push_back(app_file_path(app.name));
    if (holder && holder->repository == app.repository) {
      const auto beside = source_paths(mirror, *holder, change.base_sha);
      if (beside) all.insert(all.end(), beside->begin(), beside->end());
      if (!beside) all.push_back(holder->path);
    }
    return all;
  };
  auto looking = parts_.fleet->repository(app.repository).with_mirror<std::vector<std::string>>(std::move(look));
  co_return co_await std::move(looking);
}

asio::awaitable<Result<std::vector<std::string>>> Changes::moved_since(App app, std::vector<std::string> paths, std::string base, bool fetch) {
  std::function<Result<std::vector<std::string>>(Mirror&)> look = [paths, base, fetch](Mirror& mirror) -> Result<std::vector<std::string>> {
    std::vector<std::string> moved;
    TRY(const auto head, fetch ? mirror.fetch() : mirror.head());
    if (head == base) return moved;
    TRY(const auto later, mirror.is_ancestor(base, head));
    if (!later) return moved;
    for (const auto& path : paths) {
      const auto now = mirror.tree_id(head, path);
      const auto then = mirror.tree_id(base, path);
      if (!now && now.error().kind != ErrorKind::NotFound) return now.error();
      if (!then && then.error().kind != ErrorKind::NotFound) return then.error();
      if ((now ? *now : "") == (then ? *then : "")) continue;
      std::string words = path;
      if (const auto commits = mirror.history(head, path, kCommitsNamed); commits && !commits->empty()) {
        const auto& last = commits->front();
        words += fmt::format(" (by {}: {} {})", last.author.name, last.sha.substr(0, 7), ellipsize(last.summary, 60));
      }
      moved.push_back(std::move(words));
    }
    return moved;
  };
  auto looking = parts_.fleet->repository(app.repository).with_mirror<std::vector<std::string>>(std::move(look));
  co_return co_await std::move(looking);
}

asio::awaitable<Error> Changes::wait_for(storage::OutboxRow row, Change change, std::string words, Duration pause) {
  words = without_values(words);
  const std::function<ChangeStep(Change)> event = [words, now = parts_.clock->wall_now()](Change current) { return on_waiting(std::move(current), words, now); };
  co_await step_quietly(change.id, event);
  parts_.outbox->put_off(row, pause);
  co_return Error{ErrorKind::Unavailable, std::move(words)};
}

asio::awaitable<Result<void>> Changes::pass_holds(storage::OutboxRow row, Change change, App app, GateStage stage) {
  std::function<Result<std::vector<Hold>>(storage::Transaction&)> work = [](storage::Transaction& tx) { return tx.open_holds(); };
  auto working = parts_.store->query<std::vector<Hold>>(std::move(work));
  const auto holds = co_await std::move(working);
  if (!holds) co_return holds.error();
  const auto now = parts_.clock->wall_now();
  if (!relies_on_broken_glass(change, app, *holds, now)) {
    // It relied on one, and that is whole again.
    if (stage == GateStage::Apply) co_return Error{ErrorKind::InvalidInput, "the broken glass it relied on is whole again; ask for a sync to have it reviewed"};
    const std::function<ChangeStep(Change)> mended = [now](Change current) { return on_glass_mended(std::move(current), now); };
    co_await step_quietly(change.id, mended);
    parts_.outbox->put_off(row, kHoldPause);
    co_return Error{ErrorKind::Unavailable, "the glass is whole again"};
  }
  for (const auto& place : touched_by(change, app)) {
    const auto obstacle = obstacle_to(*parts_.config, place, change, *holds, stage, now);
    if (obstacle) co_return co_await wait_for(std::move(row), std::move(change), obstacle->why, kHoldPause);
  }
  if (stage == GateStage::Merge) {
    auto looking = waivers_for(*parts_.store, *parts_.config, change, app, now);
    const auto waivers = co_await std::move(looking);
    const auto gate = gate_obstacle(*parts_.config, change, waivers);
    if (gate) co_return co_await wait_for(std::move(row), std::move(change), gate->why, kHoldPause);
  }
  co_return Result<void>{};
}

asio::awaitable<Result<std::string>> Changes::claim_merge(Change change, App app) {
  const auto config = std::make_shared<const Config>(*parts_.config);
  std::function<Result<std::string>(storage::Transaction&)> work = [config, change, app, places = touched_by(change, app), now = parts_.clock->wall_now()](storage::Transaction& tx) -> Result<std::string> {
    TRY(auto current, tx.find_change(change.id));
    if (!current) return Error{ErrorKind::NotFound, "it is gone"};
    TRY(const auto holds, tx.open_holds());
    for (const auto& place : places) {
      if (const auto obstacle = obstacle_to(*config, place, *current, holds, GateStage::Merge, now)) return obstacle->why;
    }
    TRY(const auto open, tx.open_waivers());
    const auto waivers = waivers_of(*config, open, *current, app, now);
    if (const auto gate = gate_obstacle(*config, *current, waivers)) return gate->why;
    auto step = on_merging(std::move(*current), change.content, now);
    if (!step.refusal.empty()) return Error{ErrorKind::Cancelled, step.refusal};
    CHECK_OK(tx.save_change(step.next));
    CHECK_OK(note_used_waivers(tx, step.next, waivers.counting));
    return std::string{};
  };
  auto working = parts_.store->query<std::string>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<bool>> Changes::halted() {
  std::function<Result<std::vector<Hold>>(storage::Transaction&)> work = [](storage::Transaction& tx) { return tx.open_holds(); };
  auto working = parts_.store->query<std::vector<Hold>>(std::move(work));
  const auto holds = co_await std::move(working);
  if (!holds) co_return holds.error();
  const auto now = parts_.clock->wall_now();
  co_return std::ranges::any_of(*holds, [&](const Hold& hold) { return hold.kind == HoldKind::Halt && is_active(hold, now); });
}

asio::awaitable<Result<std::string>> Changes::kept_waiting_by(Change change, App app) {
  auto* forge = forge_of(app);
  if (forge == nullptr || change.pull_request == 0) co_return std::string{};
  const auto reviews = co_await forge->reviews(change.pull_request);
  if (!reviews) co_return reviews.error();
  if (const auto who = who_asks_for_changes(*reviews, change, app, *parts_.config, parts_.fleet->repository_config(app.repository).forge.api_url); !who.empty()) co_return fmt::format("{} asks for changes on the forge", who);
  const auto gate = co_await forge->merge_gate(change.pull_request);
  if (!gate) co_return gate.error();
  if (!gate->blocked_by.empty()) co_return "the forge does not merge it: " + join(gate->blocked_by, "; ");
  if (!gate->waiting_for.empty()) co_return "the forge waits for " + join(gate->waiting_for, "; ");
  co_return std::string{};
}

asio::awaitable<Result<std::string>> Changes::merge_on_forge(Change change, App app) {
  auto* forge = forge_of(app);
  auto pull_request = co_await forge->get(change.pull_request);
  if (!pull_request) co_return pull_request.error();
  if (pull_request->state == forge::PullRequestState::Merged) co_return Error{ErrorKind::Conflict, "somebody merged it on the forge at this moment"};
  if (pull_request->state == forge::PullRequestState::Closed) co_return Error{ErrorKind::Conflict, "the pull request was closed on the forge"};
  if (pull_request->head_sha != change.content.head_sha) co_return Error{ErrorKind::Conflict, "the branch was changed on the forge after it was approved"};
  // The forge may require our status: it must be there before the merge, whatever the other lane is at.
  forge::CommitStatus approved;
  approved.state = forge::StatusState::Success;
  approved.description = change_name(change.id) + " is approved";
  approved.target_url = change.pull_request_url;
  const auto published = co_await forge->set_status(change.content.head_sha, std::move(approved));
  if (!published) log_warn("forge", published.error().message);
  const auto method = merge_method(parts_.fleet->repository_config(app.repository).merge);
  std::function<Result<CommitInfo>(Mirror&)> look = [sha = change.content.head_sha](Mirror& mirror) { return mirror.commit_info(sha); };
  auto looking = parts_.fleet->repository(app.repository).with_mirror<CommitInfo>(std::move(look));
  const auto commit = co_await std::move(looking);
  auto message = merge_message(change, commit ? commit->message : change_name(change.id));
  auto reading = waiver_trailers(*parts_.store, change);
  const auto waived = co_await std::move(reading);
  message += approval_trailers(change, counted_approvers(change)) + waived;
  auto merged = co_await forge->merge(change.pull_request, change.content.head_sha, method, std::move(message));
  if (!merged) co_return merged.error();
  co_return merged->merged_sha;
}

/// Without a forge the merge commit is ours: it says who approved. Conflict: one of the paths moved since.
asio::awaitable<Result<std::string>> Changes::merge_in_mirror(Change change, App app, std::vector<std::string> rests_on) {
  const auto branch = parts_.fleet->repository_config(app.repository).branch;
  auto reading = waiver_trailers(*parts_.store, change);
  const auto waived = co_await std::move(reading);
  const auto trailers = approval_trailers(change, counted_approvers(change)) + waived;
  std::function<Result<std::string>(Mirror&)> work = [change, branch, trailers, rests_on, sign = signer_of(app)](Mirror& mirror) -> Result<std::string> {
    TRY(const auto head, mirror.fetch());
    TRY(const auto there, mirror.is_ancestor(change.content.head_sha, head));
    if (there) return merge_of(mirror, change, head);
    for (const auto& path : rests_on) {
      const auto now = mirror.tree_id(head, path);
      const auto then = mirror.tree_id(change.base_sha, path);
      if ((now ? *now : "") != (then ? *then : "")) return Error{ErrorKind::Conflict, path + " moved"};
    }
    TRY(const auto commit, mirror.commit_info(change.content.head_sha));
    MergeRequest request;
    request.base = head;
    request.head = change.content.head_sha;
    request.branch = change.branch + "-merge";
    request.author = commit.author;
    request.committer = {"Driftwarden", "driftwarden@users.noreply.invalid"};
    request.at = change.approvals.empty() ? change.requested_at : change.approvals.back().at;
    request.message = fmt::format("Merge {}: {}\n\n{}", change_name(change.id), without_forge_commands(commit.summary), trailers);
    request.sign = sign;
    TRY(const auto merged, mirror.merge(request));
    CHECK_OK(mirror.push(request.branch, branch, head));
    return merged;
  };
  auto working = parts_.fleet->repository(app.repository).with_mirror<std::string>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<bool>> Changes::void_if_moved(Change change, App app) {
  const auto pull_request = co_await forge_of(app)->get(change.pull_request);
  if (!pull_request) co_return pull_request.error();
  if (pull_request->state == forge::PullRequestState::Closed) co_return Error{ErrorKind::Conflict, "the pull request was closed on the forge"};
  if (pull_request->state != forge::PullRequestState::Open || pull_request->head_sha == change.content.head_sha) co_return false;
  const auto stepped = co_await take_moved(change, app, *pull_request);
  if (!stepped) co_return stepped.error();
  co_return true;
}

asio::awaitable<Result<std::optional<Changes::Merged>>> Changes::merged_already(Change change, App app) {
  if (change.pull_request != 0) {
    const auto pull_request = co_await forge_of(app)->get(change.pull_request);
    if (!pull_request) co_return pull_request.error();
    if (pull_request->state != forge::PullRequestState::Merged) co_return std::optional<Merged>{};
    co_return std::optional<Merged>(Merged{pull_request->merged_sha, pull_request->head_sha == change.content.head_sha});
  }
  std::function<Result<std::optional<Merged>>(Mirror&)> look = [change](Mirror& mirror) -> Result<std::optional<Merged>> {
    TRY(const auto head, mirror.fetch());
    TRY(const auto there, mirror.is_ancestor(change.content.head_sha, head));
    if (!there) return std::optional<Merged>{};
    TRY(auto merged, merge_of(mirror, change, head));
    return std::optional<Merged>(Merged{std::move(merged), true});
  };
  auto looking = parts_.fleet->repository(app.repository).with_mirror<std::optional<Merged>>(std::move(look));
  co_return co_await std::move(looking);
}

std::vector<App> Changes::places_of(const Change& change, const App& app) const {
  std::vector<App> places{app};
  if (change.verb != ChangeVerb::Move) return places;
  const auto record = move_record_from(change.argument);
  if (is_there(app, record)) {
    places.push_back(app_before(app, record, *parts_.config));
  } else if (auto there = moved_app(app, record.to, *parts_.config)) {
    places.push_back(std::move(*there));
  }
  return places;
}

std::vector<App> Changes::touched_by(const Change& change, const App& app) const {
  auto touched = places_of(change, app);
  if (change.verb == ChangeVerb::Move) {
    if (auto held = application_of(app)) touched.push_back(std::move(held->app));
  }
  return touched;
}

/// A move looks itself at who may apply where.
bool Changes::applies(const Change& change, const App& app) const {
  if (is_git_only(change.verb) || !is_rendered(app)) return false;
  if (change.verb == ChangeVerb::Move || app.deployer.kind != DeployerKind::None) return true;
  const auto* cluster = find_cluster(*parts_.config, app.cluster);
  return cluster != nullptr && cluster->apply;
}

/// It was merged: by us, before a crash or an answer that got lost, or by somebody on the forge.
asio::awaitable<Result<std::string>> Changes::take_merged(Change change, App app, Merged merged) {
  const bool bot_applies = applies(change, app);
  const bool ours = is_being_merged(change) && merged.as_approved;
  const auto now = parts_.clock->wall_now();
  auto looking = waivers_for(*parts_.store, *parts_.config, change, app, now);
  auto waivers = co_await std::move(looking);
  const auto held = gate_obstacle(*parts_.config, change, waivers);
  if (!ours && !held && merged.as_approved) {
    auto keeping = keep_used_waivers(*parts_.store, change, std::move(waivers.counting));
    const auto kept = co_await std::move(keeping);
    if (!kept) co_return kept.error();
  }
  std::function<ChangeStep(Change)> event = [merged, ours, bot_applies, held, now](Change current) {
    if (held && !ours) return merged_past_gate(std::move(current), merged.sha, *held, now);
    if (ours) return on_merged(std::move(current), merged.sha, "driftwarden", bot_applies, now);
    return on_merged_elsewhere(std::move(current), merged.sha, merged.as_approved, bot_applies, now);
  };
  auto stepping = step(change.id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  parts_.fleet->nudge(app.repository);
  co_return merged.sha;
}

asio::awaitable<std::vector<GateResult>> Changes::gates_before_merging(Change change, App app) {
  const auto there = place_after(change, app, *parts_.config);
  if (!lacks_its_gates(*parts_.config, change, there) && !wants_judging_again(change, parts_.clock->wall_now())) co_return change.gates;
  auto looking = effect_of(change, app, change.base_sha, change.content.head_sha);
  auto effect = co_await std::move(looking);
  auto gates = lacks_its_gates(*parts_.config, change, there) ? not_judged(*parts_.config, there) : change.gates;
  if (effect) {
    auto judging = judge_gates(*parts_.gates, app, there, std::move(effect->before), std::move(effect->after));
    gates = co_await std::move(judging);
  }
  if (!effect && gates == change.gates) co_return gates;
  const std::function<ChangeStep(Change)> again = [content = change.content, gates, now = parts_.clock->wall_now()](Change current) {
    return judged_again(std::move(current), content, gates, now);
  };
  co_await step_quietly(change.id, again);
  co_return gates;
}

/// Everything that may keep it back, in the order in which it is cheap to ask: nothing when it may be merged now, else how this attempt ends.
asio::awaitable<std::optional<Result<std::string>>> Changes::before_merging(storage::OutboxRow row, Change change, App app, std::vector<std::string> rests_on) {
  using Ending = std::optional<Result<std::string>>;
  if (is_gated(parts_.gates, *parts_.config)) {
    auto judging = gates_before_merging(change, app);
    change.gates = co_await std::move(judging);
  }
  if (is_gated(parts_.gates, *parts_.config) && lacks_its_gates(*parts_.config, change, place_after(change, app, *parts_.config))) {
    // Its config changed while they judged.
    auto put_off = co_await wait_for(row, change, "the gates, which judge it again", kHoldPause);
    co_return Ending(std::move(put_off));
  }
  auto free = co_await pass_holds(row, change, app, GateStage::Merge);
  if (!free) co_return Ending(free.error());
  if (change.pull_request != 0) {
    const auto moved = co_await void_if_moved(change, app);
    if (!moved && moved.error().kind == ErrorKind::Conflict) {
      // Closed, which follow() takes for a no; or moved once more while it was looked at.
      auto words = moved.error().message;
      auto put_off = co_await wait_for(row, change, std::move(words), kForgePause);
      co_return Ending(std::move(put_off));
    }
    if (!moved) co_return Ending(wrap("merging " + change_name(change.id), moved.error()));
    if (*moved) co_return Ending(std::string("the branch moved: it needs new approvals"));
  }
  auto looking = moved_since(app, std::move(rests_on), change.base_sha, true);
  const auto moved = co_await std::move(looking);
  if (!moved) co_return Ending(wrap("merging " + change_name(change.id), moved.error()));
  if (!moved->empty()) {
    const std::function<ChangeStep(Change)> again = [what = join(*moved, ", ") + " moved", now = parts_.clock->wall_now()](Change current) {
      return on_base_moved(std::move(current), what, now);
    };
    auto stepping = step(change.id, again);
    const auto stepped = co_await std::move(stepping);
    if (!stepped) co_return Ending(stepped.error());
    co_return Ending(std::string("made again on the new head"));
  }
  const auto waiting = co_await kept_waiting_by(change, app);
  if (!waiting) co_return Ending(wrap("merging " + change_name(change.id), waiting.error()));
  if (!waiting->empty()) {
    auto put_off = co_await wait_for(row, change, *waiting, kForgePause);
    co_return Ending(std::move(put_off));
  }
  // Whoever rejected it or called a halt meanwhile was first.
  const auto claimed = co_await claim_merge(change, app);
  if (!claimed && claimed.error().kind == ErrorKind::Cancelled) co_return Ending(std::string("not to be merged any more"));
  if (!claimed) co_return Ending(claimed.error());
  if (!claimed->empty()) {
    auto put_off = co_await wait_for(row, change, *claimed, kHoldPause);
    co_return Ending(std::move(put_off));
  }
  co_return Ending{};
}

asio::awaitable<Result<std::string>> Changes::merge(storage::OutboxRow row) {
  auto change = co_await load(json::parse(row.payload).at("change").get<std::int64_t>());
  if (!change) co_return change.error();
  if (change->state != ChangeState::Approved) co_return std::string("not to be merged now");
  const auto app = co_await settled_app_of(row, *change, true);
  if (!app) co_return app.error();
  const auto step_name = "merging " + change_name(change->id);
  const auto merged_before = co_await merged_already(*change, *app);
  if (!merged_before) co_return wrap(step_name, merged_before.error());
  if (*merged_before) co_return co_await take_merged(*change, *app, **merged_before);
  auto rests_on = co_await what_it_rests_on(*change, *app);
  if (!rests_on) co_return wrap(step_name, rests_on.error());
  auto ending = co_await before_merging(row, *change, *app, *rests_on);
  if (ending) co_return std::move(*ending);
  Result<std::string> merged = Error{ErrorKind::NotFound, ""};
  if (change->pull_request != 0) {
    merged = co_await merge_on_forge(*change, *app);
  } else {
    merged = co_await merge_in_mirror(*change, *app, *rests_on);
  }
  if (!merged && merged.error().kind == ErrorKind::Conflict) {
    // Checks may still run, the forge still computes, the branch has just moved: the next look tells.
    auto words = "it could not be merged yet: " + merged.error().message;
    co_return co_await wait_for(row, *change, std::move(words), kForgePause);
  }
  if (!merged) co_return wrap(step_name, merged.error());
  const bool bot_applies = applies(*change, *app);
  std::function<ChangeStep(Change)> event = [sha = *merged, bot_applies, now = parts_.clock->wall_now()](Change current) {
    return on_merged(std::move(current), sha, "driftwarden", bot_applies, now);
  };
  auto stepping = step(change->id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  parts_.fleet->nudge(app->repository);
  co_return *merged;
}

}  // namespace driftwarden
