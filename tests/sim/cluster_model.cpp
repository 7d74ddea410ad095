#include "tests/sim/cluster_model.hpp"

#include "gitops/base/text.hpp"
#include "gitops/diff/compare.hpp"

#include <algorithm>

namespace driftwarden::sim {
namespace {

using nlohmann::json;

constexpr Duration kDeadline{15'000};

struct BuiltIn final : Schemas {
  const SchemaNode* find(const std::string& api_version, const std::string& kind) const override { return built_in_schemas().find(api_version, kind); }
};

bool is_named_list(const json& value) {
  return value.is_array() && !value.empty() && std::ranges::all_of(value, [](const json& element) { return element.is_object() && element.contains("name"); });
}

json* find_named(json& list, const json& name) {
  for (auto& element : list) {
    if (element.is_object() && element.contains("name") && element.at("name") == name) return &element;
  }
  return nullptr;
}

/// Server-side apply, as far as it matters here.
void lay_over(json& live, const json& wanted) {
  if (wanted.is_object() && live.is_object()) {
    for (const auto& [key, value] : wanted.items()) lay_over(live[key], value);
  } else if (is_named_list(wanted) && is_named_list(live)) {
    for (const auto& element : wanted) {
      if (auto* there = find_named(live, element.at("name"))) {
        lay_over(*there, element);
      } else {
        live.push_back(element);
      }
    }
  } else {
    live = wanted;
  }
}

/// What was applied before and isn't wanted any more goes.
void take_away(json& live, const json& before, const json& wanted) {
  if (!before.is_object() || !live.is_object()) return;
  for (const auto& [key, value] : before.items()) {
    if (!live.contains(key)) continue;
    if (!wanted.is_object() || !wanted.contains(key)) {
      live.erase(key);
    } else {
      take_away(live[key], value, wanted.at(key));
    }
  }
}

}  // namespace

void ClusterModel::create(const json& desired) {
  const auto id = object_id(ref_of(desired));
  objects[id] = desired;
  applied_[id] = desired;
  changed(id);
}

void ClusterModel::changed(const std::string& id) {
  auto& object = objects.at(id);
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  if (object.value("kind", "") == "Deployment") {
    object["metadata"]["generation"] = version_;
    const auto generation = version_;
    // The controller gets to it by and by.
    ground_.time.after(ground_.some(Duration{200}, Duration{3'000}), [this, id, generation] {
      const auto found = objects.find(id);
      if (found == objects.end() || found->second.at("metadata").value("generation", 0) != generation) return;
      auto& live = found->second;
      const auto replicas = live.at("spec").value("replicas", 1);
      live["status"] = {{"observedGeneration", generation}, {"replicas", replicas}, {"updatedReplicas", replicas}, {"readyReplicas", replicas}, {"availableReplicas", replicas}};
      live["metadata"]["resourceVersion"] = std::to_string(++version_);
      tell(id);
    });
  }
  tell(id);
}

void ClusterModel::edit(const std::string& id, const std::string& manager, const std::string& pointer, const json& value, const json& fields) {
  const auto found = objects.find(id);
  if (found == objects.end()) return;
  const json::json_pointer at(pointer);
  auto& object = found->second;
  if (value.is_null()) {
    if (!object.contains(at)) return;
    object.at(at.parent_pointer()).erase(at.back());
  } else {
    object[at] = value;
  }
  auto& managed = object["metadata"]["managedFields"];
  if (!managed.is_array()) managed = json::array();
  std::erase_if(managed.get_ref<json::array_t&>(), [&](const json& entry) { return entry.value("fieldsV1", json()) == fields; });
  if (!value.is_null()) {
    managed.push_back({{"manager", manager}, {"operation", "Update"}, {"apiVersion", object.at("apiVersion")}, {"time", format_time(std::chrono::floor<std::chrono::seconds>(ground_.time.wall()))},
                       {"fieldsType", "FieldsV1"}, {"fieldsV1", fields}});
  }
  ground_.say(fmt::format("{} edits {}: {} = {}", manager, id, pointer, value.dump()));
  changed(id);
}

json ClusterModel::merged(const json& wanted) const {
  const auto id = object_id(ref_of(wanted));
  const auto found = objects.find(id);
  auto live = found == objects.end() ? json::object() : found->second;
  const auto before = applied_.find(id);
  if (before != applied_.end()) take_away(live, before->second, wanted);
  lay_over(live, wanted);
  return live;
}

Result<JsonPtr> ClusterModel::apply(const json& wanted) {
  const auto ref = ref_of(wanted);
  const auto id = object_id(ref);
  if (on_apply) on_apply(ref, wanted);
  auto live = merged(wanted);
  // Whoever applies takes what it speaks of; labels that it doesn't speak of stay whose they are.
  if (live["metadata"].contains("managedFields")) {
    std::erase_if(live["metadata"]["managedFields"].get_ref<json::array_t&>(), [](const json& entry) { return !entry.value("fieldsV1", json()).contains("f:metadata"); });
  }
  const bool same = objects.contains(id) && objects.at(id) == live;
  objects[id] = std::move(live);
  applied_[id] = wanted;
  if (!same) changed(id);
  return JsonPtr(std::make_shared<const json>(objects.at(id)));
}

Result<JsonPtr> ClusterModel::patch(const ObjectRef& ref, const json& patch) {
  const auto found = objects.find(object_id(ref));
  if (found == objects.end()) return Error{ErrorKind::NotFound, "no such object"};
  json patched;
  try {
    patched = found->second.patch(patch);
  } catch (const json::exception& failed) {
    return Error{ErrorKind::Unavailable, fmt::format("the patch doesn't fit any more: {}", failed.what())};
  }
  if (on_patch) on_patch(ref, patch);
  found->second = std::move(patched);
  changed(found->first);
  return JsonPtr(std::make_shared<const json>(objects.at(object_id(ref))));
}

void ClusterModel::remove(const ObjectRef& ref) {
  const auto found = objects.find(object_id(ref));
  if (found == objects.end()) return;
  if (on_remove) on_remove(ref);
  const auto known = ref_of(found->second);
  objects.erase(found);
  later([this, known](LiveSink& sink) { sink.on_deleted(name, known); });
}

void ClusterModel::later(std::function<void(LiveSink&)> what) {
  if (sink_ == nullptr || broken_) return;
  auto wait = ground_.some(Duration{5}, Duration{120});
  if (!ground_.faults_stopped && ground_.chance(ground_.rates.late)) wait += ground_.some(Duration{500}, Duration{8'000});
  last_told_ = std::max(last_told_, ground_.time.mono() + wait);
  ground_.time.at(last_told_, [this, of = epoch_, what = std::move(what)] {
    if (of != epoch_ || sink_ == nullptr || ground_.gone()) return;
    asio::post(*ground_.io, [this, of, what] {
      if (of != epoch_ || sink_ == nullptr) return;
      heard_ = ground_.time.wall();
      what(*sink_);
    });
  });
}

void ClusterModel::tell(const std::string& id) {
  const auto found = objects.find(id);
  if (found == objects.end()) return;
  const bool watched = std::ranges::any_of(kinds_, [&](const WatchedKind& kind) { return kind.kind == found->second.value("kind", ""); });
  if (!watched) return;
  if (ground_.is(MutantKind::WatchEventsLost) && ground_.random->below(3) == 0) return;
  auto body = std::make_shared<const json>(found->second);
  later([this, body](LiveSink& sink) {
    LiveObject live{ref_of(*body), body};
    sink.on_object(name, std::move(live));
  });
}

void ClusterModel::relist(const WatchedKind& kind) {
  std::vector<JsonPtr> there;
  for (const auto& [id, object] : objects) {
    if (object.value("kind", "") == kind.kind) there.push_back(std::make_shared<const json>(object));
  }
  later([this, kind, there](LiveSink& sink) {
    sink.on_relist(name, kind);
    for (const auto& body : there) {
      LiveObject live{ref_of(*body), body};
      sink.on_object(name, std::move(live));
    }
    sink.on_listed(name, kind);
  });
}

void ClusterModel::watch(const std::set<WatchedKind>& kinds, LiveSink& sink) {
  const bool first = sink_ == nullptr;
  sink_ = &sink;
  if (first) later([this](LiveSink& to) { to.on_reachable(name, true, ""); });
  for (const auto& kind : kinds) {
    if (kinds_.insert(kind).second) relist(kind);
  }
  kinds_ = kinds;
}

void ClusterModel::unwatch() {
  sink_ = nullptr;
  ++epoch_;
  kinds_.clear();
  last_told_ = {};
}

void ClusterModel::break_watches(Duration how_long) {
  if (broken_) return;
  ground_.fault("watch broken");
  ground_.say("the watches break");
  const bool told = how_long > Duration{20'000};
  if (told) later([this](LiveSink& sink) { sink.on_reachable(name, false, "nothing was heard for a while"); });
  broken_ = true;
  ground_.time.after(how_long, [this, told] {
    broken_ = false;
    ground_.say("the watches are back");
    if (told) later([this](LiveSink& sink) { sink.on_reachable(name, true, ""); });
    for (const auto& kind : kinds_) relist(kind);
  });
}

asio::awaitable<Result<kubernetes::ApplyOutcome>> ClusterPort::apply(JsonPtr object, kubernetes::ApplyOptions options) {
  std::function<Result<kubernetes::ApplyOutcome>()> effect = [this, object, dry = options.dry_run]() -> Result<kubernetes::ApplyOutcome> {
    kubernetes::ApplyOutcome outcome;
    outcome.status = 200;
    if (dry) {
      outcome.object = std::make_shared<const json>(model_.merged(*object));
      return outcome;
    }
    auto wanted = *object;
    if (ground_.is(MutantKind::AppliesOther) && wanted.contains("spec") && wanted.at("spec").contains("replicas")) wanted["spec"]["replicas"] = wanted["spec"]["replicas"].get<int>() + 1;
    TRY(outcome.object, model_.apply(wanted));
    if (ground_.is(MutantKind::AppliesAgain)) ground_.time.after(std::chrono::minutes{1}, [to = &model_, wanted] { (void)to->apply(wanted); });
    return outcome;
  };
  return outside<kubernetes::ApplyOutcome>(ground_, options.dry_run ? "cluster dry-run" : "cluster apply", kDeadline, {true, !options.dry_run}, std::move(effect));
}

asio::awaitable<Result<JsonPtr>> ClusterPort::patch(ObjectRef ref, JsonPtr json_patch, std::string) {
  std::function<Result<JsonPtr>()> effect = [this, ref, json_patch]() -> Result<JsonPtr> {
    return model_.patch(ref, *json_patch);
  };
  return outside<JsonPtr>(ground_, "cluster patch", kDeadline, {}, std::move(effect));
}

asio::awaitable<Result<void>> ClusterPort::remove(ObjectRef ref) {
  std::function<Result<void>()> effect = [this, ref]() -> Result<void> {
    model_.remove(ref);
    return Result<void>{};
  };
  return outside<void>(ground_, "cluster delete", kDeadline, {true, true}, std::move(effect));
}

asio::awaitable<Result<JsonPtr>> ClusterPort::get(ObjectRef ref) {
  std::function<Result<JsonPtr>()> effect = [this, ref]() -> Result<JsonPtr> {
    const auto found = model_.objects.find(object_id(ref));
    if (found == model_.objects.end()) return Error{ErrorKind::NotFound, "no such object"};
    return JsonPtr(std::make_shared<const json>(found->second));
  };
  return outside<JsonPtr>(ground_, "cluster get", kDeadline, {false, false}, std::move(effect));
}

asio::awaitable<Result<JsonPtr>> ClusterPort::list(kubernetes::ListQuery) {
  std::function<Result<JsonPtr>()> effect = []() -> Result<JsonPtr> { return JsonPtr(std::make_shared<const json>(json::array())); };
  return outside<JsonPtr>(ground_, "cluster list", kDeadline, {false, false}, std::move(effect));
}

asio::awaitable<Result<std::string>> ClusterPort::logs(kubernetes::LogQuery) { co_return Error{ErrorKind::NotFound, "no such log"}; }
asio::awaitable<Result<bool>> ClusterPort::may(std::string, WatchedKind, std::string) { co_return true; }
asio::awaitable<Result<std::string>> ClusterPort::server_version() { co_return std::string("v1.31.0"); }
asio::awaitable<Result<bool>> ClusterPort::is_namespaced(WatchedKind) { co_return true; }

asio::awaitable<Result<std::shared_ptr<const Schemas>>> ClusterPort::schemas() {
  std::shared_ptr<const Schemas> known = std::make_shared<const BuiltIn>();
  co_return known;
}

asio::awaitable<void> ClusterPort::close() {
  model_.unwatch();
  co_return;
}

}  // namespace driftwarden::sim
