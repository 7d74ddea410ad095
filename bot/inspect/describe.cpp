#include "bot/inspect/app_objects.hpp"
#include "bot/inspect/describe_text.hpp"
#include "bot/inspect/read_json.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

constexpr std::size_t kEventsShown = 15;
constexpr std::size_t kWorkloadsShown = 5;

/// kubectl's short names.
std::string kind_said(const std::string& word) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kShort{
      {{"deploy", "deployment"}, {"sts", "statefulset"}, {"ds", "daemonset"}, {"rs", "replicaset"}, {"po", "pod"}, {"svc", "service"}, {"cm", "configmap"}, {"ing", "ingress"},
       {"sa", "serviceaccount"}, {"pvc", "persistentvolumeclaim"}, {"hpa", "horizontalpodautoscaler"}, {"cj", "cronjob"}, {"netpol", "networkpolicy"}}};
  auto lower = to_lower(word);
  for (const auto& [brief, whole] : kShort) {
    if (lower == brief) return std::string(whole);
  }
  return lower;
}

struct Said {
  std::string kind;  ///< lower case, "" = any
  std::string name;
};

/// "Deployment/web", "deploy web", "web"
Said read_object(const std::string& text) {
  const auto cut = text.find_first_of("/ ");
  if (cut == std::string::npos) return {"", text};
  return {kind_said(text.substr(0, cut)), std::string(trim(text.substr(cut + 1)))};
}

bool fits(const Said& said, const ObjectRef& ref) {
  const auto kind = to_lower(ref.kind);
  const bool same_kind = said.kind.empty() || kind == said.kind || kind + "s" == said.kind || (kind + "es" == said.kind);
  return same_kind && ref.name == said.name;
}

/// Objects of the App that the words may mean; what runs first.
std::vector<ObjectRef> refs_named(const std::vector<Manifest>& objects, const Said& said) {
  std::vector<ObjectRef> found;
  for (const auto& manifest : objects) {
    if (fits(said, manifest.ref)) found.push_back(manifest.ref);
  }
  std::ranges::stable_sort(found, [](const ObjectRef& a, const ObjectRef& b) { return inspect::runs_pods(a.group_kind()) && !inspect::runs_pods(b.group_kind()); });
  return found;
}

/// What is to be told, with its object where that was read already.
struct Found {
  ObjectRef ref;
  JsonPtr object;
};

/// A pod, or the ReplicaSet or Job between it and the workload.
asio::awaitable<Result<std::optional<Found>>> find_made(Fleet& fleet, App app, std::vector<Manifest> objects, Said said) {
  ObjectRef ref;
  ref.version = "v1";
  ref.kind = "Pod";
  ref.name = said.name;
  ref.namespace_ = app.namespace_;
  auto cluster = inspect::cluster_of(fleet, app);
  if (!cluster) co_return cluster.error();
  const auto workloads = inspect::workloads_of(fleet, app, objects);
  if (said.kind.empty() || said.kind == "pod" || said.kind == "pods") {
    auto some = inspect::looked_at(workloads);
    const auto pods = co_await inspect::fetch_pods(**cluster, std::move(some));
    if (!pods) co_return pods.error();
    std::optional<Found> by_prefix;
    for (const auto& owned : *pods) {
      ref.name = inspect::text_at(owned.pod, {"metadata", "name"});
      ref.namespace_ = inspect::text_at(owned.pod, {"metadata", "namespace"});
      const bool same = ref.name == said.name;
      if (!same && (by_prefix || said.name.size() < 3 || !ref.name.starts_with(said.name))) continue;
      Found found;
      found.ref = ref;
      found.object = std::make_shared<const nlohmann::json>(owned.pod);
      by_prefix = std::move(found);
      if (same) co_return by_prefix;
    }
    if (by_prefix) co_return by_prefix;
  }
  for (const auto& workload : workloads) {
    if ((said.kind.empty() || said.kind.starts_with("replicaset")) && inspect::is_made_for(workload.ref, "ReplicaSet", said.name)) {
      ref.group = "apps";
      ref.kind = "ReplicaSet";
    } else if ((said.kind.empty() || said.kind.starts_with("job")) && inspect::is_made_for(workload.ref, "Job", said.name)) {
      ref.group = "batch";
      ref.kind = "Job";
    } else {
      continue;
    }
    ref.name = said.name;
    ref.namespace_ = workload.ref.namespace_;
    const auto got = co_await (*cluster)->get(ref);
    if (!got && got.error().kind != ErrorKind::NotFound) co_return got.error();
    if (!got || !inspect::is_controlled_by(**got, workload.ref, *workload.object)) continue;
    Found found;
    found.ref = ref;
    found.object = *got;
    co_return std::optional<Found>(std::move(found));
  }
  co_return std::optional<Found>{};
}

Error unknown_object(const App& app, const std::vector<Manifest>& objects, const std::string& said) {
  std::vector<std::string> known;
  for (const auto& manifest : objects) known.push_back(inspect::label_of(manifest.ref));
  std::vector<std::string> names;
  for (const auto& manifest : objects) names.push_back(manifest.ref.name);
  const auto near = nearest(said, known);
  if (known.size() > 12) known.resize(12);
  return {ErrorKind::NotFound, fmt::format("{} has no object and no pod \"{}\"{}; it has {}{}", app.name, ellipsize(said, 100), near ? fmt::format(" (did you mean {}?)", *near) : "",
                                           join(known, ", "), names.size() > known.size() ? fmt::format(" and {} more", names.size() - known.size()) : "")};
}

Error not_own(const App& app, const ObjectRef& ref) {
  return {ErrorKind::NotFound, fmt::format("{} stands in Git, but what {} has there isn't {}'s own: it bears no mark of it", to_string(ref), app.cluster, app.name)};
}

asio::awaitable<Result<std::string>> describe_one(Fleet& fleet, const Redactor& redactor, App app, Found found, WallTime now) {
  auto cluster = inspect::cluster_of(fleet, app);
  if (!cluster) co_return cluster.error();
  const auto ref = found.ref;
  auto object = found.object;
  if (object == nullptr && !inspect::may_be_own(fleet, app, ref)) co_return not_own(app, ref);
  if (object != nullptr) {
    // Read, and known to be its own.
  } else if (ref.group.empty() && ref.kind == "Secret") {
    // Its values aren't read for this: what the comparison holds anyway is enough for the names.
    object = fleet.live(app, ref);
    if (object == nullptr) co_return Error{ErrorKind::NotFound, fmt::format("{} isn't there on {}", to_string(ref), app.cluster)};
  } else {
    auto got = co_await (*cluster)->get(ref);
    if (!got) co_return got.error();
    if (!inspect::is_own(app, ref, **got)) co_return not_own(app, ref);
    object = *got;
  }
  std::vector<EventRow> rows;
  std::vector<ObjectRef> refs{ref};
  std::vector<ObjectRef> none;
  auto events = co_await inspect::fetch_events(**cluster, std::move(refs), std::move(none));
  if (events) {
    std::erase_if(*events, [&](const EventRow& row) { return row.object != inspect::label_of(ref); });
    rows = sorted_events(std::move(*events), kEventsShown);
  }
  auto shown = redactor.redact(*object);
  if (shown.contains("metadata") && shown["metadata"].is_object()) shown["metadata"].erase("managedFields");
  auto text = redact_log(inspect::describe_text(shown, rows, now));
  if (!events) text += "(events could not be read: " + redact_log(events.error().message) + ")\n";
  co_return text;
}

}  // namespace

asio::awaitable<Result<std::string>> describe(Fleet& fleet, const Redactor& redactor, App app, std::string object, WallTime now) {
  const auto objects = inspect::objects_of(fleet, app);
  if (!objects) co_return objects.error();
  std::vector<ObjectRef> refs;
  std::optional<Found> made;
  std::size_t left_out = 0;
  if (object.empty()) {
    for (const auto& manifest : *objects) {
      if (inspect::runs_pods(manifest.ref.group_kind())) refs.push_back(manifest.ref);
    }
    if (refs.empty() && !objects->empty()) refs.push_back(objects->front().ref);
    if (refs.size() > kWorkloadsShown) left_out = refs.size() - kWorkloadsShown;
    refs.resize(std::min(refs.size(), kWorkloadsShown));
  } else {
    const auto said = read_object(object);
    refs = refs_named(*objects, said);
    if (refs.size() > 1) refs.resize(1);
    if (refs.empty()) {
      auto found = co_await find_made(fleet, app, *objects, said);
      if (!found) co_return found.error();
      made = std::move(*found);
      if (made) refs.push_back(made->ref);
    }
    if (refs.empty()) co_return unknown_object(app, *objects, object);
  }
  if (refs.empty()) co_return Error{ErrorKind::NotFound, app.name + " has no objects"};
  std::string text;
  for (const auto& ref : refs) {
    Found found;
    found.ref = ref;
    if (made) found.object = made->object;
    auto one = co_await describe_one(fleet, redactor, app, std::move(found), now);
    if (!one && (refs.size() == 1 || one.error().kind != ErrorKind::NotFound)) co_return one.error();
    if (!text.empty()) text += "\n";
    text += one ? *one : fmt::format("{}: isn't there on {}\n", to_string(ref), app.cluster);
  }
  if (left_out > 0) text += fmt::format("\n{} more workloads: name one to see it\n", left_out);
  co_return text;
}

}  // namespace driftwarden
