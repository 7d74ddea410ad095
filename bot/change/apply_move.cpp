// A move: there first, and gone here only when it is in sync and healthy there. Each step can be repeated; nothing else remembers how far it was.
#include "bot/change/changes.hpp"
#include "bot/change/move.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kLookEvery{250};
constexpr Duration kPlaceIsRead{2'000};
constexpr Duration kHaltPause{10'000};
constexpr std::size_t kNamed = 3;

/// What other objects live in, and what is others' as well: that stays.
bool stays(const ObjectRef& ref) { return ref.kind == "Namespace" || ref.kind == "CustomResourceDefinition"; }

std::string place_words(const MoveRecord& record) { return fmt::format("{}, namespace {}", record.cluster, record.namespace_); }

std::string some(const std::vector<ObjectRef>& refs) {
  std::vector<std::string> names;
  for (const auto& ref : refs) {
    if (names.size() < kNamed) names.push_back(to_string(ref));
  }
  return join(names, ", ") + (refs.size() > names.size() ? fmt::format(" and {} more", refs.size() - names.size()) : "");
}

/// What there was in the old place and isn't in the new one, workloads before what they need.
std::vector<ObjectRef> left_behind(std::vector<Manifest> before, const std::vector<Manifest>& now, bool same_cluster) {
  sort_for_apply(before);
  std::ranges::reverse(before);
  std::vector<ObjectRef> refs;
  for (const auto& manifest : before) {
    const bool goes_on = same_cluster && std::ranges::any_of(now, [&](const Manifest& one) { return same_object(one.ref, manifest.ref); });
    if (!goes_on && !stays(manifest.ref)) refs.push_back(manifest.ref);
  }
  return refs;
}

/// What differs beside the Application itself.
std::vector<ObjectRef> other_differences(const DriftReport& report, const ObjectRef& application) {
  std::vector<ObjectRef> refs;
  for (const auto& drift : report.objects) {
    if (drift.verdict != Verdict::Synced && !same_object(drift.object, application)) refs.push_back(drift.object);
  }
  return refs;
}

}  // namespace

std::optional<PlanContext::Held> Changes::application_of(const App& app) const {
  if (app.deployer.kind != DeployerKind::ArgoCd) return std::nullopt;
  for (const auto& other : parts_.fleet->apps()) {
    if (other.name == app.name || !is_rendered(other)) continue;
    if (auto manifest = parts_.fleet->desired(other.name, app.deployer.object)) return PlanContext::Held{other, std::move(*manifest), parts_.fleet->report(other.name)};
  }
  return std::nullopt;
}

asio::awaitable<Result<void>> Changes::healthy_there(App app, std::string tree, std::vector<ObjectRef> leaving, WallTime deadline) {
  while (true) {
    const auto words = lacking(app, tree, leaving);
    if (words.empty()) co_return Result<void>{};
    if (parts_.clock->wall_now() >= deadline) co_return Error{ErrorKind::InvalidInput, fmt::format("on {} it is still {}", app.cluster, words)};
    auto slept = co_await parts_.clock->sleep_for(kLookEvery);
    if (!slept) co_return slept.error();
  }
}

/// Only what carries our annotation; what isn't ours to delete is named.
asio::awaitable<Result<std::string>> Changes::delete_there(Change change, App old, std::vector<ObjectRef> gone) {
  auto* cluster = parts_.fleet->cluster(old.cluster);
  if (cluster == nullptr) co_return fmt::format("{} is not configured any more: nothing was deleted there", old.cluster);
  const auto* config = find_cluster(*parts_.config, old.cluster);
  const bool ours = old.deployer.kind == DeployerKind::None && config != nullptr && config->apply;
  std::vector<ObjectRef> left;
  std::size_t deleted = 0;
  for (const auto& ref : gone) {
    const auto halt = co_await halted();
    if (!halt) co_return halt.error();
    if (*halt) co_return Error{ErrorKind::Unavailable, change_name(change.id) + " was halted while the old place was cleared"};
    const auto there = co_await cluster->get(ref);
    if (!there && there.error().kind == ErrorKind::NotFound) continue;
    if (!there) co_return wrap("looking at " + to_string(ref), there.error());
    if (ours) {
      auto pruned = co_await prune(old, ref);
      if (!pruned) co_return wrap("deleting " + to_string(ref), pruned.error());
      const auto after = co_await cluster->get(ref);
      if (!after && after.error().kind == ErrorKind::NotFound) ++deleted;
      const bool going = after && (*after)->contains("metadata") && (*after)->at("metadata").contains("deletionTimestamp");
      if (going) ++deleted;
      if (after && !going) left.push_back(ref);
    } else {
      left.push_back(ref);
    }
  }
  if (left.empty()) co_return fmt::format("On {} {} {} deleted", old.cluster, deleted, deleted == 1 ? "object was" : "objects were");
  const auto why = old.deployer.kind != DeployerKind::None ? fmt::format("{} doesn't delete what it deployed to another place", to_string(old.deployer.kind))
                   : ours                                  ? std::string("they don't say that they are this App's")
                                                           : fmt::format("I may not apply to {}", old.cluster);
  co_return fmt::format("On {} there still are {}: {}. Delete them by hand", old.cluster, some(left), why);
}

asio::awaitable<Result<std::vector<ObjectRef>>> Changes::leaving_from(Change change, App old, std::vector<Manifest> now, bool same_cluster) {
  auto before = co_await parts_.fleet->render_at(old, change.base_sha);
  if (!before) co_return wrap("rendering it as it was", before.error());
  co_return left_behind(std::move(before->manifests), now, same_cluster);
}

asio::awaitable<Result<std::string>> Changes::leave_old_place(Change change, App old) {
  const auto* now = parts_.fleet->app(change.app);
  const bool same_cluster = now != nullptr && now->cluster == old.cluster;
  auto desired = parts_.fleet->desired(change.app).value_or(std::vector<Manifest>{});
  auto gone = co_await leaving_from(change, old, std::move(desired), same_cluster);
  if (!gone) co_return gone.error();
  co_return co_await delete_there(std::move(change), std::move(old), std::move(*gone));
}

asio::awaitable<Result<std::string>> Changes::wait_for_new_place(storage::OutboxRow row, Change change, App app, MoveRecord record) {
  const auto held = application_of(app);
  const bool we_ask = held && held->app.deployer.kind != DeployerKind::None && held->app.deployer.may_sync && parts_.hands.deploy;
  const auto beside = we_ask ? other_differences(held->report, app.deployer.object) : std::vector<ObjectRef>{};
  auto what = held ? fmt::format("{} to be synced, which says where it goes", held->app.name) : std::string("its new place to be read from Git");
  if (!beside.empty()) what += fmt::format(": I don't ask for that while it would put other differences in force as well ({})", some(beside));
  auto& vigil = keep_vigil(change.id, what);
  vigil.pause = kPlaceIsRead;
  vigil.counts = true;
  if (vigil.waited >= patience_for(change, app)) {
    co_return Error{ErrorKind::InvalidInput, fmt::format("it was merged, but {} didn't come to {}: nothing was taken away from {}", app.name, record.to.cluster, place_words(record))};
  }
  if (we_ask && beside.empty()) {
    if (!vigils_[change.id].checked) {
      const auto merged = co_await merged_state(change, held->app);
      if (!merged) co_return merged.error();
      vigils_[change.id].checked = true;
    }
    auto asking = parts_.hands.deploy(held->app, change.merged_sha, deploy_id(change), change.requester);
    const auto progress = co_await std::move(asking);
    if (progress && progress->state == DeployProgress::State::Failed) co_return Error{ErrorKind::InvalidInput, fmt::format("{}: {}", held->app.name, progress->words)};
  }
  co_return co_await wait_for(std::move(row), std::move(change), what, kPlaceIsRead);
}

/// Put in force in the new place: by its deployer, or by us. Nothing when that is done; else how this attempt ends.
asio::awaitable<std::optional<Result<std::string>>> Changes::arrive(storage::OutboxRow row, Change change, App app, DesiredState desired) {
  using Ending = std::optional<Result<std::string>>;
  if (app.deployer.kind == DeployerKind::None) {
    auto applied = co_await apply_desired(change, app, std::move(desired));
    if (applied) co_return Ending{};
    const auto halt = co_await halted();
    if (!halt || !*halt) co_return Ending(applied.error());
    auto put_off = co_await wait_for(row, change, applied.error().message, kHaltPause);
    co_return Ending(std::move(put_off));
  }
  if (!app.deployer.may_sync || !parts_.hands.deploy) co_return Ending{};
  auto asking = parts_.hands.deploy(app, change.merged_sha, deploy_id(change), change.requester);
  const auto progress = co_await std::move(asking);
  if (!progress && progress.error().kind == ErrorKind::Denied) co_return Ending{};
  if (!progress) co_return Ending(progress.error());
  if (progress->state == DeployProgress::State::Failed) co_return Ending(Error{ErrorKind::InvalidInput, progress->words});
  if (progress->state == DeployProgress::State::Done) co_return Ending{};
  // What is at it for too long may still come into force: that is looked for next, and nothing is taken away before.
  const auto pause = next_look(change, *progress);
  if (!pause) co_return Ending{};
  auto put_off = co_await wait_for(row, change, progress->words, *pause);
  co_return Ending(std::move(put_off));
}

asio::awaitable<Result<std::string>> Changes::apply_move(storage::OutboxRow row, Change change) {
  const auto record = move_record_from(change.argument);
  if (record.cluster.empty()) co_return Error{ErrorKind::InvalidInput, "where it was before isn't known: ask for it again"};
  const auto* known = parts_.fleet->app(change.app);
  if (known == nullptr) co_return Error{ErrorKind::Unavailable, change.app + " isn't there at this moment"};
  const App app = *known;
  if (!is_there(app, record)) co_return co_await wait_for_new_place(std::move(row), std::move(change), app, record);
  auto desired = co_await merged_state(change, app);
  if (!desired) co_return desired.error();
  const auto tree = desired->tree;
  auto old = app_before(app, record, *parts_.config);
  auto leaving = co_await leaving_from(change, old, desired->manifests, app.cluster == old.cluster);
  if (!leaving) co_return leaving.error();
  auto state = std::move(*desired);
  auto ending = co_await arrive(row, change, app, std::move(state));
  if (ending) co_return std::move(*ending);
  // From here on: what held it up until now took nothing of its time.
  const auto deadline = parts_.clock->wall_now() + patience_for(change, app);
  auto healthy = co_await healthy_there(app, tree, std::move(*leaving), deadline);
  if (!healthy && healthy.error().kind == ErrorKind::InvalidInput) {
    co_return Error{ErrorKind::InvalidInput, fmt::format("{}; nothing was taken away from {}", healthy.error().message, place_words(record))};
  }
  if (!healthy) co_return healthy.error();
  auto left = co_await leave_old_place(change, std::move(old));
  if (!left) {
    const auto halt = co_await halted();
    if (halt && *halt) co_return co_await wait_for(std::move(row), std::move(change), left.error().message, kHaltPause);
    co_return wrap(fmt::format("it runs on {}, but clearing {} failed", app.cluster, place_words(record)), left.error());
  }
  co_return co_await tell_applied(change.id, parts_.fleet->report(app.name).objects_total, *left);
}

}  // namespace driftwarden
