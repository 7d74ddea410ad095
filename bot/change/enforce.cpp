// From an approval to a cluster that is what Git says: merge, apply, verify.
#include "bot/change/changes.hpp"
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
constexpr std::string_view kBaseMoved = "the base has moved";  // no commit id reads like this

forge::MergeMethod merge_method(MergeMethod method) {
  switch (method) {
    case MergeMethod::Merge: return forge::MergeMethod::Merge;
    case MergeMethod::Squash: return forge::MergeMethod::Squash;
    case MergeMethod::Rebase: return forge::MergeMethod::Rebase;
  }
  return forge::MergeMethod::Squash;
}

JsonPtr tracked(const App& app, const Manifest& manifest) {
  auto body = *manifest.body;
  body["metadata"]["annotations"][std::string(kTrackingAnnotation)] = tracking_id(app.name, manifest.ref);
  return std::make_shared<const json>(std::move(body));
}

/// JSON patch that takes away what others added; the pointers are of `live`, and hold for exactly its version.
std::optional<json> removal_patch(const ObjectDrift& drift, const json& live) {
  std::vector<std::string> pointers;
  for (const auto& field : drift.fields) {
    if (field.op != FieldOp::Added && field.op != FieldOp::Stale) continue;
    if (auto pointer = json_pointer(live, field.path)) pointers.push_back(std::move(*pointer));
  }
  if (pointers.empty()) return std::nullopt;
  // Later elements of a list first, so that the earlier pointers stay true.
  std::ranges::sort(pointers, [](const std::string& a, const std::string& b) { return a.size() != b.size() ? a.size() > b.size() : a > b; });
  json patch = json::array({{{"op", "test"}, {"path", "/metadata/resourceVersion"}, {"value", live.at("metadata").at("resourceVersion")}}});
  for (const auto& pointer : pointers) patch.push_back({{"op", "remove"}, {"path", pointer}});
  return patch;
}

}  // namespace

asio::awaitable<Result<std::string>> Changes::merge_on_forge(Change change, App app) {
  auto* forge = forge_of(app);
  auto pull_request = co_await forge->get(change.pull_request);
  if (!pull_request) co_return pull_request.error();
  if (pull_request->state == forge::PullRequestState::Merged) co_return pull_request->merged_sha;
  if (pull_request->state == forge::PullRequestState::Closed) co_return Error{ErrorKind::Conflict, "the pull request was closed on the forge"};
  if (pull_request->head_sha != change.content.head_sha) co_return Error{ErrorKind::Conflict, "the branch was changed on the forge after it was approved"};
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

asio::awaitable<Result<std::string>> Changes::merge(storage::OutboxRow row) {
  auto change = co_await load(json::parse(row.payload).at("change").get<std::int64_t>());
  if (!change) co_return change.error();
  if (change->state != ChangeState::Approved) co_return std::string("not to be merged now");
  const auto* app = parts_.fleet->app(change->app);
  if (app == nullptr) co_return Error{ErrorKind::NotFound, change->app + " is not configured any more"};
  const auto* cluster = find_cluster(*parts_.config, app->cluster);
  const bool applies = cluster != nullptr && cluster->apply;
  Result<std::string> merged = Error{ErrorKind::NotFound, ""};
  if (change->pull_request != 0) {
    merged = co_await merge_on_forge(*change, *app);
  } else {
    merged = co_await push_to_branch(*change, *app);
  }
  if (!merged && merged.error().kind == ErrorKind::Conflict && change->pull_request != 0) {
    auto moved = co_await void_if_moved(*change, *app);
    if (!moved) co_return moved.error();
    if (*moved) co_return std::string("the branch moved: it needs new approvals");
  }
  if (!merged) co_return wrap("merging " + change_name(change->id), merged.error());
  if (*merged == kBaseMoved) {
    std::function<ChangeStep(Change)> again = [now = parts_.clock->wall_now()](Change current) { return on_base_moved(std::move(current), now); };
    co_await step_quietly(change->id, std::move(again));
    co_return std::string("made again on the new head");
  }
  std::function<ChangeStep(Change)> event = [sha = *merged, applies, now = parts_.clock->wall_now()](Change current) {
    return on_merged(std::move(current), sha, "driftwarden", applies, now);
  };
  auto stepping = step(change->id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  parts_.fleet->nudge(app->repository);
  co_return *merged;
}

asio::awaitable<Result<void>> Changes::take_away_added(App app, ObjectDrift drift) {
  auto* cluster = parts_.fleet->cluster(app.cluster);
  auto live = co_await cluster->get(drift.object);
  if (!live) co_return live.error();
  auto patch = removal_patch(drift, **live);
  if (!patch) co_return Result<void>{};
  JsonPtr body = std::make_shared<const json>(std::move(*patch));
  auto patched = co_await cluster->patch(drift.object, std::move(body), "driftwarden");
  if (!patched) co_return patched.error();
  co_return Result<void>{};
}

asio::awaitable<Result<std::size_t>> Changes::apply_desired(App app, DesiredState desired) {
  auto* cluster = parts_.fleet->cluster(app.cluster);
  if (cluster == nullptr) co_return Error{ErrorKind::NotFound, fmt::format("cluster {} is not configured any more", app.cluster)};
  const auto before = parts_.fleet->report(app.name);
  for (const auto& manifest : desired.manifests) {
    kubernetes::ApplyOptions options;
    auto body = tracked(app, manifest);
    auto outcome = co_await cluster->apply(std::move(body), std::move(options));
    if (!outcome) co_return wrap("applying " + to_string(manifest.ref), outcome.error());
  }
  for (const auto& drift : before.objects) {
    const bool wanted = std::ranges::any_of(desired.manifests, [&](const Manifest& manifest) { return same_object(manifest.ref, drift.object); });
    if (drift.verdict == Verdict::OutOfSync && wanted) {
      auto cleaned = co_await take_away_added(app, drift);
      if (!cleaned) co_return wrap("taking what was added from " + to_string(drift.object), cleaned.error());
    }
    if (drift.verdict == Verdict::Extra && !wanted) {
      auto removed = co_await cluster->remove(drift.object);
      if (!removed) co_return wrap("deleting " + to_string(drift.object), removed.error());
    }
  }
  co_return desired.manifests.size();
}

asio::awaitable<Result<std::string>> Changes::apply(storage::OutboxRow row) {
  auto change = co_await load(json::parse(row.payload).at("change").get<std::int64_t>());
  if (!change) co_return change.error();
  if (change->state != ChangeState::Merged && change->state != ChangeState::Applying) co_return std::string("not to be applied now");
  const auto* known = parts_.fleet->app(change->app);
  if (known == nullptr) co_return Error{ErrorKind::NotFound, change->app + " is not configured any more"};
  const App app = *known;
  std::function<Result<std::string>(Mirror&)> fetch = [](Mirror& mirror) { return mirror.fetch(); };
  auto fetching = parts_.fleet->repository(app.repository).with_mirror<std::string>(std::move(fetch));
  auto head = co_await std::move(fetching);
  if (!head) co_return head.error();
  auto desired = co_await parts_.fleet->render_at(app, change->merged_sha);
  if (!desired) co_return wrap("rendering the merged revision", desired.error());
  auto applied = co_await apply_desired(app, std::move(*desired));
  if (!applied) co_return applied.error();
  std::function<ChangeStep(Change)> event = [count = *applied, now = parts_.clock->wall_now()](Change current) { return on_applied(std::move(current), count, now); };
  auto stepping = step(change->id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  co_return fmt::format("{} objects", *applied);
}

asio::awaitable<Result<std::string>> Changes::verify(storage::OutboxRow row) {
  auto change = co_await load(json::parse(row.payload).at("change").get<std::int64_t>());
  if (!change) co_return change.error();
  if (is_final(change->state)) co_return std::string("it ended already");
  const auto* known = parts_.fleet->app(change->app);
  if (known == nullptr) co_return Error{ErrorKind::NotFound, change->app + " is not configured any more"};
  const App app = *known;
  parts_.fleet->nudge(app.repository);
  const auto desired = co_await parts_.fleet->render_at(app, change->merged_sha);
  if (!desired) co_return desired.error();
  const auto deadline = row.created_at + parts_.verify_for;
  std::string waiting_for;
  while (true) {
    const auto report = parts_.fleet->report(app.name);
    const auto health = parts_.fleet->health(app.name);
    const bool in_force = parts_.fleet->desired_tree(app.name) == desired->tree;
    if (in_force && report.state == AppState::Synced && health.health == kubernetes::Health::Healthy) break;
    if (!in_force) {
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

}  // namespace driftwarden
