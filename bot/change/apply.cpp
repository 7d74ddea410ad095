// The merged revision is put in force: applied, freed of what others added, and of objects that are no longer in Git.
#include "bot/change/changes.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "gitops/diff/annotations.hpp"
#include "gitops/diff/compare.hpp"
#include "gitops/manifest/value_path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr int kPatchAttempts = 5;
constexpr Duration kHaltPause{10'000};
constexpr std::string_view kRestartedAt = "kubectl.kubernetes.io/restartedAt";

/// What leads from the object back to its App and to the Change that put it in force.
JsonPtr tracked(const App& app, const Change& change, const Manifest& manifest) {
  auto body = *manifest.body;
  auto& annotations = body["metadata"]["annotations"];
  annotations[std::string(kTrackingAnnotation)] = tracking_id(app.name, manifest.ref);
  annotations[std::string(kChangeAnnotation)] = change_name(change.id);
  return std::make_shared<const json>(std::move(body));
}

bool is_tracked_as(const json& object, const std::string& id) {
  const auto pointer = json::json_pointer("/metadata/annotations") / std::string(kTrackingAnnotation);
  return object.contains(pointer) && object.at(pointer) == id;
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

/// JSON patch that sets the annotation by which `kubectl rollout restart` does it; nothing when it says so already.
std::optional<json> restart_patch(const json& live, const std::string& at) {
  const auto metadata = json::json_pointer("/spec/template/metadata");
  const auto annotations = metadata / "annotations";
  const auto place = annotations / std::string(kRestartedAt);
  // Somebody's later restart is a restart, too.
  if (live.contains(place) && live.at(place).is_string() && live.at(place).get<std::string>() >= at) return std::nullopt;
  const json::json_pointer version("/metadata/resourceVersion");
  json patch = json::array();
  if (live.contains(version)) patch.push_back({{"op", "test"}, {"path", version.to_string()}, {"value", live.at(version)}});
  if (!live.contains(metadata)) patch.push_back({{"op", "add"}, {"path", metadata.to_string()}, {"value", json::object()}});
  if (!live.contains(annotations)) patch.push_back({{"op", "add"}, {"path", annotations.to_string()}, {"value", json::object()}});
  patch.push_back({{"op", "add"}, {"path", place.to_string()}, {"value", at}});
  return patch;
}

bool holds(const std::vector<Manifest>& manifests, const ObjectRef& ref) {
  return std::ranges::any_of(manifests, [&](const Manifest& manifest) { return same_object(manifest.ref, ref); });
}

/// What may be left over: what was desired until now, and what the index knows as ours without being in Git.
std::vector<ObjectRef> leftovers(const std::optional<std::vector<Manifest>>& desired_before, const DriftReport& report, const std::vector<Manifest>& desired_now) {
  std::vector<ObjectRef> refs;
  const auto add = [&](const ObjectRef& ref) {
    const bool known = std::ranges::any_of(refs, [&](const ObjectRef& other) { return same_object(other, ref); });
    if (!known && !holds(desired_now, ref)) refs.push_back(ref);
  };
  for (const auto& drift : report.objects) {
    if (drift.verdict == Verdict::Extra) add(drift.object);
  }
  if (desired_before) {
    for (const auto& manifest : *desired_before) add(manifest.ref);
  }
  return refs;
}

}  // namespace

/// `live` is the object as the apply left it: what it has beyond Git was added by others, whatever the index says at this moment.
asio::awaitable<Result<void>> Changes::take_away_added(App app, Manifest manifest, JsonPtr live) {
  CompareContext context;
  context.redactor = parts_.redactor;
  context.app = app.name;
  context.ignore = app.ignore;
  context.now = parts_.clock->wall_now();
  const auto options = index_options(parts_.config->drift);
  context.managers = &options.managers;
  context.disabled_rules = options.disabled_rules;
  auto* cluster = parts_.fleet->cluster(app.cluster);
  Error last{ErrorKind::Unavailable, ""};
  for (int attempt = 0; attempt < kPatchAttempts; ++attempt) {
    const auto drift = compare(manifest.body.get(), live.get(), nullptr, nullptr, context);
    auto patch = removal_patch(drift, *live);
    if (!patch) co_return Result<void>{};
    JsonPtr body = std::make_shared<const json>(std::move(*patch));
    auto patched = co_await cluster->patch(manifest.ref, std::move(body), "driftwarden");
    if (patched) co_return Result<void>{};
    last = patched.error();
    if (last.kind != ErrorKind::Unavailable) break;
    // A controller that writes the status right after an apply is the rule, not the exception: look again.
    auto fresh = co_await cluster->get(manifest.ref);
    if (!fresh) co_return fresh.error();
    live = *fresh;
  }
  co_return last;
}

/// Only what carries our annotation, naming this App and itself, is ever deleted.
asio::awaitable<Result<void>> Changes::prune(App app, ObjectRef ref) {
  auto* cluster = parts_.fleet->cluster(app.cluster);
  auto live = co_await cluster->get(ref);
  if (!live && live.error().kind == ErrorKind::NotFound) co_return Result<void>{};
  if (!live) co_return live.error();
  if (!is_tracked_as(**live, tracking_id(app.name, ref))) co_return Result<void>{};
  co_return co_await cluster->remove(ref);
}

asio::awaitable<Result<std::size_t>> Changes::apply_desired(Change change, App app, DesiredState desired) {
  auto* cluster = parts_.fleet->cluster(app.cluster);
  if (cluster == nullptr) co_return Error{ErrorKind::NotFound, fmt::format("cluster {} is not configured any more", app.cluster)};
  // A move takes the old place away itself, when the new one is healthy.
  std::vector<ObjectRef> unwanted;
  if (change.verb != ChangeVerb::Move) unwanted = leftovers(parts_.fleet->desired(app.name), parts_.fleet->report(app.name), desired.manifests);
  const Error stopped{ErrorKind::Unavailable, change_name(change.id) + " was halted while it was applied"};
  for (const auto& manifest : desired.manifests) {
    const auto halt = co_await halted();
    if (!halt) co_return halt.error();
    if (*halt) co_return stopped;
    // What goes before it may have come meanwhile: the next attempt finds that it is over.
    const auto current = co_await load(change.id);
    if (!current) co_return current.error();
    if (is_final(current->state)) co_return Error{ErrorKind::Unavailable, change_name(change.id) + " ended while it was applied"};
    kubernetes::ApplyOptions options;
    auto body = tracked(app, change, manifest);
    auto outcome = co_await cluster->apply(std::move(body), std::move(options));
    if (!outcome) co_return wrap("applying " + to_string(manifest.ref), outcome.error());
    auto cleaned = co_await take_away_added(app, manifest, outcome->object);
    if (!cleaned) co_return wrap("taking what was added from " + to_string(manifest.ref), cleaned.error());
  }
  for (const auto& ref : unwanted) {
    const auto halt = co_await halted();
    if (!halt) co_return halt.error();
    if (*halt) co_return stopped;
    auto pruned = co_await prune(app, ref);
    if (!pruned) co_return wrap("deleting " + to_string(ref), pruned.error());
  }
  co_return desired.manifests.size();
}

/// As `kubectl rollout restart` does it. Repeated with the same time, it restarts nothing again.
asio::awaitable<Result<void>> Changes::restart_one(App app, ObjectRef ref, std::string at) {
  auto* cluster = parts_.fleet->cluster(app.cluster);
  if (cluster == nullptr) co_return Error{ErrorKind::NotFound, fmt::format("cluster {} is not configured any more", app.cluster)};
  Error last{ErrorKind::Unavailable, ""};
  for (int attempt = 0; attempt < kPatchAttempts; ++attempt) {
    auto live = co_await cluster->get(ref);
    if (!live) co_return live.error();
    auto patch = restart_patch(**live, at);
    if (!patch) co_return Result<void>{};
    JsonPtr body = std::make_shared<const json>(std::move(*patch));
    auto patched = co_await cluster->patch(ref, std::move(body), "driftwarden");
    if (patched) co_return Result<void>{};
    last = patched.error();
    if (last.kind != ErrorKind::Unavailable) break;
  }
  co_return last;
}

asio::awaitable<Result<std::size_t>> Changes::restart(Change change, App app) {
  const auto desired = parts_.fleet->desired(app.name);
  if (!desired) co_return Error{ErrorKind::Unavailable, app.name + " is not rendered yet"};
  const auto workloads = plan_restart(change, app, *desired);
  if (!workloads) co_return workloads.error();
  if (sha256_hex(restart_text(*workloads)) != change.content.diff_digest) {
    co_return Error{ErrorKind::InvalidInput, "the App's workloads are others than those that were approved; ask for it again"};
  }
  const auto at = format_time(std::chrono::floor<std::chrono::seconds>(change.requested_at));
  for (const auto& ref : *workloads) {
    const auto halt = co_await halted();
    if (!halt) co_return halt.error();
    if (*halt) co_return Error{ErrorKind::Unavailable, change_name(change.id) + " was halted while it was carried out"};
    auto restarted = co_await restart_one(app, ref, at);
    if (!restarted) co_return wrap("restarting " + to_string(ref), restarted.error());
  }
  co_return workloads->size();
}

/// The App as people approved it; nothing where the forge's copy of the branch was approved, which never was in this mirror.
asio::awaitable<Result<std::optional<DesiredState>>> Changes::approved_state(Change change, App app) {
  auto state = co_await parts_.fleet->render_at(app, change.content.head_sha);
  if (state) co_return std::optional<DesiredState>(std::move(*state));
  if (state.error().kind == ErrorKind::NotFound) co_return std::optional<DesiredState>{};
  co_return state.error();
}

asio::awaitable<Result<std::string>> Changes::apply(storage::OutboxRow row) {
  auto change = co_await load(json::parse(row.payload).at("change").get<std::int64_t>());
  if (!change) co_return change.error();
  const bool live = is_live(change->verb);
  const bool due = live ? change->state == ChangeState::Approved : change->state == ChangeState::Merged || change->state == ChangeState::Applying;
  if (!due) co_return std::string("not to be applied now");
  const auto known = co_await settled_app_of(row, *change, !live);
  if (!known) co_return known.error();
  const App app = *known;
  auto free = co_await pass_holds(row, *change, app, GateStage::Apply);
  if (!free) co_return free.error();
  if (!live) {
    const auto overtaken = co_await overtaken_by(*change, app);
    if (!overtaken) co_return overtaken.error();
    if (!overtaken->empty()) {
      const std::function<ChangeStep(Change)> stop = [what = *overtaken, now = parts_.clock->wall_now()](Change current) { return on_overtaken(std::move(current), what, now); };
      auto stepping = step(change->id, stop);
      const auto stepped = co_await std::move(stepping);
      if (!stepped) co_return stepped.error();
      co_return std::string("overtaken");
    }
  }
  if (change->verb == ChangeVerb::Apply) co_return co_await apply_plan(std::move(row), *change, app);
  if (change->verb == ChangeVerb::Move) co_return co_await apply_move(std::move(row), *change);
  if (!live && app.deployer.kind != DeployerKind::None) co_return co_await deploy(std::move(row), *change, app);
  Result<std::size_t> applied = Error{ErrorKind::Corrupt, ""};
  if (live) {
    applied = co_await restart(*change, app);
  } else {
    applied = co_await apply_merged(*change, app);
  }
  if (!applied) {
    const auto halt = co_await halted();
    if (halt && *halt) co_return co_await wait_for(row, *change, applied.error().message, kHaltPause);
    co_return applied.error();
  }
  co_return co_await tell_applied(change->id, *applied, std::string());
}

/// What the App rests on moved after the merge: to apply this now would undo that, and delete what it added.
asio::awaitable<Result<std::string>> Changes::overtaken_by(Change change, App app) {
  auto head = co_await parts_.fleet->repository(app.repository).fetch();
  if (!head && change.break_glass.empty()) co_return head.error();
  if (!head) co_return std::string{};
  auto rests_on = co_await what_it_rests_on(change, app);
  if (!rests_on) co_return rests_on.error();
  auto looking = moved_since(app, std::move(*rests_on), change.merged_sha, false);
  const auto moved = co_await std::move(looking);
  if (!moved) co_return moved.error();
  co_return join(*moved, ", ");
}

/// What was merged, where that is what was approved.
asio::awaitable<Result<DesiredState>> Changes::merged_state(Change change, App app) {
  auto desired = co_await parts_.fleet->render_at(app, change.merged_sha);
  if (!desired) co_return wrap("rendering the merged revision", desired.error());
  const auto approved = co_await approved_state(change, app);
  if (!approved) co_return wrap("rendering what was approved", approved.error());
  if (*approved && (**approved).tree != desired->tree) {
    co_return Error{ErrorKind::InvalidInput, "what was merged is not what was approved, so it is not applied; ask for a sync to have it reviewed"};
  }
  co_return std::move(*desired);
}

asio::awaitable<Result<std::size_t>> Changes::apply_merged(Change change, App app) {
  auto desired = co_await merged_state(change, app);
  if (!desired) co_return desired.error();
  // What people chose to ignore is left alone by a sync, too.
  App with_rules = app;
  auto rules = co_await ignore_file_at(app, change.merged_sha);
  if (!rules) co_return wrap("reading the ignore rules", rules.error());
  with_rules.ignore.insert(with_rules.ignore.end(), rules->rules.begin(), rules->rules.end());
  co_return co_await apply_desired(change, std::move(with_rules), std::move(*desired));
}

}  // namespace driftwarden
