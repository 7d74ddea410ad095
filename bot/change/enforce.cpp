// An approved Change is merged, and what was applied is watched until it is in force.
#include "bot/change/changes.hpp"
#include "bot/command/ignore_request.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "gitops/diff/compare.hpp"
#include "gitops/manifest/value_path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr Duration kLookEvery{250};
constexpr Duration kMomentAfterRestart{60'000};
constexpr std::string_view kBaseMoved = "the base has moved";  // no commit id reads like this

forge::MergeMethod merge_method(MergeMethod method) {
  switch (method) {
    case MergeMethod::Merge: return forge::MergeMethod::Merge;
    case MergeMethod::Squash: return forge::MergeMethod::Squash;
    case MergeMethod::Rebase: return forge::MergeMethod::Rebase;
  }
  return forge::MergeMethod::Squash;
}

/// People approved the Change as long as these say what they said then.
std::vector<std::string> what_it_rests_on(const Change& change, const App& app) {
  if (change.verb == ChangeVerb::Ignore) return {ignore_path(app.name)};
  return {app.path, pin_path(app.name)};
}

bool is_told(const DriftReport& report, const IgnoreRequest::Field& field) {
  return std::ranges::any_of(report.objects, [&](const ObjectDrift& drift) {
    const auto& ref = drift.object;
    const bool same = ref.group == field.object.group && ref.kind == field.object.kind && ref.namespace_ == field.object.namespace_ && ref.name == field.object.name;
    return same && std::ranges::any_of(drift.fields, [&](const FieldDrift& each) { return is_path_below(each.path, field.path); });
  });
}

}  // namespace

asio::awaitable<Result<std::string>> Changes::merge_on_forge(Change change, App app) {
  auto* forge = forge_of(app);
  auto pull_request = co_await forge->get(change.pull_request);
  if (!pull_request) co_return pull_request.error();
  if (pull_request->state == forge::PullRequestState::Merged) co_return pull_request->merged_sha;
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
  auto message = commit ? commit->message : change_name(change.id);
  auto merged = co_await forge->merge(change.pull_request, change.content.head_sha, method, std::move(message));
  if (!merged) co_return merged.error();
  co_return merged->merged_sha;
}

asio::awaitable<Result<bool>> Changes::void_if_moved(Change change, App app) {
  const auto pull_request = co_await forge_of(app)->get(change.pull_request);
  if (!pull_request) co_return pull_request.error();
  if (pull_request->state != forge::PullRequestState::Open || pull_request->head_sha == change.content.head_sha) co_return false;
  const Content moved{pull_request->head_sha, "moved on the forge"};
  std::function<ChangeStep(Change)> event = [moved, now = parts_.clock->wall_now()](Change current) {
    return on_content_moved(std::move(current), moved, "The branch was changed on the forge: look at the pull request.", now);
  };
  auto stepping = step(change.id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  co_return true;
}

asio::awaitable<Result<std::string>> Changes::push_to_branch(Change change, App app) {
  const auto branch = parts_.fleet->repository_config(app.repository).branch;
  std::function<Result<std::string>(Mirror&)> push = [change, branch](Mirror& mirror) -> Result<std::string> {
    TRY(const auto head, mirror.fetch());
    TRY(const auto there, mirror.is_ancestor(change.content.head_sha, head));
    if (there) return change.content.head_sha;
    if (head != change.base_sha) return std::string(kBaseMoved);
    CHECK_OK(mirror.push(change.branch, branch, change.base_sha));
    return change.content.head_sha;
  };
  auto pushing = parts_.fleet->repository(app.repository).with_mirror<std::string>(std::move(push));
  co_return co_await std::move(pushing);
}

asio::awaitable<Result<bool>> Changes::merged_already(Change change, App app) {
  if (change.pull_request != 0) {
    const auto pull_request = co_await forge_of(app)->get(change.pull_request);
    if (!pull_request) co_return pull_request.error();
    co_return pull_request->state == forge::PullRequestState::Merged;
  }
  std::function<Result<bool>(Mirror&)> look = [sha = change.content.head_sha](Mirror& mirror) -> Result<bool> {
    TRY(const auto head, mirror.fetch());
    return mirror.is_ancestor(sha, head);
  };
  auto looking = parts_.fleet->repository(app.repository).with_mirror<bool>(std::move(look));
  co_return co_await std::move(looking);
}

bool Changes::applies(const Change& change, const App& app) const {
  const auto* cluster = find_cluster(*parts_.config, app.cluster);
  return change.verb != ChangeVerb::Ignore && cluster != nullptr && cluster->apply;
}

asio::awaitable<Result<bool>> Changes::moved_since(App app, std::vector<std::string> paths, std::string base, bool fetch) {
  std::function<Result<bool>(Mirror&)> look = [paths, base, fetch](Mirror& mirror) -> Result<bool> {
    TRY(const auto head, fetch ? mirror.fetch() : mirror.head());
    if (head == base) return false;
    TRY(const auto later, mirror.is_ancestor(base, head));
    if (!later) return false;
    for (const auto& path : paths) {
      const auto now = mirror.tree_id(head, path);
      const auto then = mirror.tree_id(base, path);
      if (!now && now.error().kind != ErrorKind::NotFound) return now.error();
      if (!then && then.error().kind != ErrorKind::NotFound) return then.error();
      if ((now ? *now : "") != (then ? *then : "")) return true;
    }
    return false;
  };
  auto looking = parts_.fleet->repository(app.repository).with_mirror<bool>(std::move(look));
  co_return co_await std::move(looking);
}

asio::awaitable<Result<std::string>> Changes::merge(storage::OutboxRow row) {
  auto change = co_await load(json::parse(row.payload).at("change").get<std::int64_t>());
  if (!change) co_return change.error();
  if (change->state != ChangeState::Approved) co_return std::string("not to be merged now");
  const auto* app = parts_.fleet->app(change->app);
  if (app == nullptr) co_return Error{ErrorKind::NotFound, change->app + " is not configured any more"};
  const bool bot_applies = applies(*change, *app);
  // After a crash it may be merged already, and then it was we who moved the App.
  auto merged_before = co_await merged_already(*change, *app);
  if (!merged_before) co_return wrap("merging " + change_name(change->id), merged_before.error());
  Result<bool> overtaken = false;
  if (!*merged_before) {
    auto looking = moved_since(*app, what_it_rests_on(*change, *app), change->base_sha, true);
    overtaken = co_await std::move(looking);
  }
  if (!overtaken) co_return wrap("merging " + change_name(change->id), overtaken.error());
  Result<std::string> merged = Error{ErrorKind::NotFound, ""};
  if (*overtaken) {
    merged = std::string(kBaseMoved);
  } else if (change->pull_request != 0) {
    merged = co_await merge_on_forge(*change, *app);
  } else {
    merged = co_await push_to_branch(*change, *app);
  }
  if (!merged && merged.error().kind == ErrorKind::Conflict && change->pull_request != 0) {
    auto moved = co_await void_if_moved(*change, *app);
    if (!moved) co_return moved.error();
    if (*moved) co_return std::string("the branch moved: it needs new approvals");
    // Checks may still run, or the forge still computes: that is waited for.
    co_return Error{ErrorKind::Unavailable, "the forge does not merge it yet: " + merged.error().message};
  }
  if (!merged) co_return wrap("merging " + change_name(change->id), merged.error());
  if (*merged == kBaseMoved) {
    std::function<ChangeStep(Change)> again = [now = parts_.clock->wall_now()](Change current) { return on_base_moved(std::move(current), now); };
    co_await step_quietly(change->id, std::move(again));
    co_return std::string("made again on the new head");
  }
  std::function<ChangeStep(Change)> event = [sha = *merged, bot_applies, now = parts_.clock->wall_now()](Change current) {
    return on_merged(std::move(current), sha, "driftwarden", bot_applies, now);
  };
  auto stepping = step(change->id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  parts_.fleet->nudge(app->repository);
  co_return *merged;
}

asio::awaitable<Result<std::string>> Changes::verify(storage::OutboxRow row) {
  auto change = co_await load(json::parse(row.payload).at("change").get<std::int64_t>());
  if (!change) co_return change.error();
  if (is_final(change->state)) co_return std::string("it ended already");
  const auto* known = parts_.fleet->app(change->app);
  if (known == nullptr) co_return Error{ErrorKind::NotFound, change->app + " is not configured any more"};
  const App app = *known;
  parts_.fleet->nudge(app.repository);
  // After a restart nothing is rendered or listed yet: that needs a moment of its own.
  const auto deadline = std::max(row.created_at + parts_.verify_for, parts_.clock->wall_now() + kMomentAfterRestart);
  if (change->verb == ChangeVerb::Ignore) co_return co_await verify_ignored(std::move(*change), app, deadline);
  const auto desired = co_await parts_.fleet->render_at(app, change->merged_sha);
  if (!desired) co_return desired.error();
  std::string waiting_for;
  while (true) {
    const auto report = parts_.fleet->report(app.name);
    const auto health = parts_.fleet->health(app.name);
    const bool in_force = parts_.fleet->desired_tree(app.name) == desired->tree;
    if (in_force && report.state == AppState::Synced && health.health == kubernetes::Health::Healthy) break;
    if (!in_force) {
      auto looking = moved_since(app, what_it_rests_on(*change, app), change->merged_sha, false);
      auto overtaken = co_await std::move(looking);
      if (overtaken && *overtaken) break;  // a later commit is in force; whether that one is in sync is for the alerts to say
      waiting_for = "Git has moved on, or the merged revision was not fetched yet";
    } else if (report.state != AppState::Synced) {
      waiting_for = fmt::format("{} ({} objects differ) {}", to_string(report.state), report.objects.size(), report.reason);
    } else {
      waiting_for = fmt::format("{}: {}", to_string(health.health), health.why);
    }
    if (parts_.clock->wall_now() >= deadline) {
      auto text = fmt::format("it was applied, but after {} it is still {}", format_age(parts_.verify_for), waiting_for);
      co_return Error{ErrorKind::InvalidInput, std::move(text)};
    }
    auto slept = co_await parts_.clock->sleep_for(kLookEvery);
    if (!slept) co_return slept.error();
  }
  std::function<ChangeStep(Change)> event = [now = parts_.clock->wall_now()](Change current) { return on_verified(std::move(current), now); };
  auto stepping = step(change->id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  co_return std::string("in sync and healthy");
}

/// Nothing is applied: the rule counts as soon as the head with it has been read.
asio::awaitable<Result<std::string>> Changes::verify_ignored(Change change, App app, WallTime deadline) {
  const auto request = ignore_request_from(change.argument);
  while (true) {
    std::function<Result<bool>(Mirror&)> look = [sha = change.merged_sha](Mirror& mirror) -> Result<bool> {
      TRY(const auto head, mirror.head());
      return mirror.is_ancestor(sha, head);
    };
    auto looking = parts_.fleet->repository(app.repository).with_mirror<bool>(std::move(look));
    const auto fetched = co_await std::move(looking);
    const auto report = parts_.fleet->report(app.name);
    const bool told = std::ranges::any_of(request.fields, [&](const IgnoreRequest::Field& field) { return is_told(report, field); });
    if (fetched && *fetched && !told && report.state != AppState::Unknown) break;
    if (parts_.clock->wall_now() >= deadline) {
      std::string why = "the merged revision could not be fetched";
      if (report.state == AppState::Unknown) why = app.name + " can't be judged: " + report.reason;
      if (told) why = "its fields are still told as drift: see `ignores " + app.name + "`";
      auto text = "it was merged, but " + why;
      co_return Error{ErrorKind::InvalidInput, std::move(text)};
    }
    auto slept = co_await parts_.clock->sleep_for(kLookEvery);
    if (!slept) co_return slept.error();
  }
  std::function<ChangeStep(Change)> event = [now = parts_.clock->wall_now()](Change current) { return on_verified(std::move(current), now); };
  auto stepping = step(change.id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  co_return std::string("the rule counts");
}

}  // namespace driftwarden
