// The merged revision is put in force: applied, freed of what others added, and of objects that are no longer in Git.
#include "bot/change/changes.hpp"
#include "gitops/diff/compare.hpp"
#include "gitops/manifest/value_path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr int kPatchAttempts = 5;

JsonPtr tracked(const App& app, const Manifest& manifest) {
  auto body = *manifest.body;
  body["metadata"]["annotations"][std::string(kTrackingAnnotation)] = tracking_id(app.name, manifest.ref);
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

asio::awaitable<Result<std::size_t>> Changes::apply_desired(App app, DesiredState desired) {
  auto* cluster = parts_.fleet->cluster(app.cluster);
  if (cluster == nullptr) co_return Error{ErrorKind::NotFound, fmt::format("cluster {} is not configured any more", app.cluster)};
  const auto unwanted = leftovers(parts_.fleet->desired(app.name), parts_.fleet->report(app.name), desired.manifests);
  for (const auto& manifest : desired.manifests) {
    kubernetes::ApplyOptions options;
    auto body = tracked(app, manifest);
    auto outcome = co_await cluster->apply(std::move(body), std::move(options));
    if (!outcome) co_return wrap("applying " + to_string(manifest.ref), outcome.error());
    auto cleaned = co_await take_away_added(app, manifest, outcome->object);
    if (!cleaned) co_return wrap("taking what was added from " + to_string(manifest.ref), cleaned.error());
  }
  for (const auto& ref : unwanted) {
    auto pruned = co_await prune(app, ref);
    if (!pruned) co_return wrap("deleting " + to_string(ref), pruned.error());
  }
  co_return desired.manifests.size();
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
  if (change->state != ChangeState::Merged && change->state != ChangeState::Applying) co_return std::string("not to be applied now");
  const auto* known = parts_.fleet->app(change->app);
  if (known == nullptr) co_return Error{ErrorKind::NotFound, change->app + " is not configured any more"};
  const App app = *known;
  auto head = co_await parts_.fleet->repository(app.repository).fetch();
  if (!head) co_return head.error();
  auto desired = co_await parts_.fleet->render_at(app, change->merged_sha);
  if (!desired) co_return wrap("rendering the merged revision", desired.error());
  const auto approved = co_await approved_state(*change, app);
  if (!approved) co_return wrap("rendering what was approved", approved.error());
  if (*approved && (**approved).tree != desired->tree) {
    co_return Error{ErrorKind::InvalidInput, "what was merged is not what was approved, so it is not applied; ask for a sync to have it reviewed"};
  }
  // What people chose to ignore is left alone by a sync, too.
  App with_rules = app;
  auto rules = co_await ignore_file_at(app, change->merged_sha);
  if (!rules) co_return wrap("reading the ignore rules", rules.error());
  with_rules.ignore.insert(with_rules.ignore.end(), rules->rules.begin(), rules->rules.end());
  auto applied = co_await apply_desired(std::move(with_rules), std::move(*desired));
  if (!applied) co_return applied.error();
  std::function<ChangeStep(Change)> event = [count = *applied, now = parts_.clock->wall_now()](Change current) { return on_applied(std::move(current), count, now); };
  auto stepping = step(change->id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  co_return fmt::format("{} objects", *applied);
}

}  // namespace driftwarden
