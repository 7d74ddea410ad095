#include "integrations/sandbox/cluster/field_manager.hpp"

#include "integrations/sandbox/cluster/typed.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace driftwarden::sandbox::cluster {
namespace {

constexpr const char* kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";
constexpr std::size_t kMaxUpdateManagers = 10;

const FieldSet& stripped_fields() {
  static const FieldSet set = [] {
    FieldSet out;
    for (const char* const name : {"f:apiVersion", "f:kind", "f:metadata"}) out.insert({name});
    for (const char* const name :
         {"f:name", "f:namespace", "f:creationTimestamp", "f:selfLink", "f:uid", "f:clusterName", "f:generation", "f:managedFields", "f:resourceVersion"}) {
      out.insert({"f:metadata", name});
    }
    return out;
  }();
  return set;
}

Json without_managed_fields(const Json& object) {
  Json out = object;
  if (Json* metadata = find(out, "metadata")) metadata->erase("managedFields");
  return out;
}

Managers decode(const Json& list) {
  Managers out;
  for (const auto& item : list) {
    ManagerEntry entry{.manager = text_at(item, {"manager"}),
                       .operation = text_at(item, {"operation"}),
                       .api_version = text_at(item, {"apiVersion"}),
                       .subresource = text_at(item, {"subresource"}),
                       .time = text_at(item, {"time"}),
                       .fields = FieldSet::from_json(object_at(item, {"fieldsV1"}))};
    const auto known = std::find_if(out.begin(), out.end(), [&](const ManagerEntry& one) { return one.same_manager(entry); });
    if (known == out.end()) {
      out.push_back(std::move(entry));
    } else {
      *known = std::move(entry);
    }
  }
  return out;
}

/// A request may set managedFields itself: a single empty entry forgets them all, no entry keeps the live ones.
Managers managers_of_request(const Json& live, const Json& next, bool subresource) {
  if (subresource) return managers_of(live);
  const Json& given = array_at(next, {"metadata", "managedFields"});
  if (given.size() == 1 && given[0].is_object() && given[0].empty()) return {};
  Managers out = decode(given);
  return out.empty() ? managers_of(live) : out;
}

ManagerEntry* find_manager(Managers& managers, const ManagerEntry& wanted) {
  const auto found = std::find_if(managers.begin(), managers.end(), [&](const ManagerEntry& one) { return one.same_manager(wanted); });
  return found == managers.end() ? nullptr : &*found;
}

void drop_empty(Managers& managers) {
  std::erase_if(managers, [](const ManagerEntry& one) { return one.fields.empty(); });
}

/// The oldest updaters are folded into one entry once there are too many.
void cap(Managers& managers) {
  std::vector<ManagerEntry> updaters;
  Managers rest;
  for (auto& one : managers) (one.operation == "Update" ? updaters : rest).push_back(std::move(one));
  std::stable_sort(updaters.begin(), updaters.end(), [](const auto& a, const auto& b) { return std::tie(a.time, a.manager) < std::tie(b.time, b.manager); });
  while (updaters.size() > kMaxUpdateManagers) {
    ManagerEntry first = std::move(updaters[0]);
    ManagerEntry& second = updaters[1];
    second.fields = first.fields | second.fields;
    second.manager = "ancient-changes";
    second.subresource.clear();
    updaters.erase(updaters.begin());
  }
  managers = std::move(rest);
  managers.insert(managers.end(), std::make_move_iterator(updaters.begin()), std::make_move_iterator(updaters.end()));
}

Comparison compare_outside(const Writer& writer, const Json& before, const Json& after) {
  Comparison out = compare(writer.type, before, after);
  if (writer.reset_fields.empty()) return out;
  out.added = out.added.without_recursive(writer.reset_fields);
  out.modified = out.modified.without_recursive(writer.reset_fields);
  out.removed = out.removed.without_recursive(writer.reset_fields);
  return out;
}

using Conflicts = std::vector<std::pair<ManagerEntry, FieldSet>>;

Conflicts conflicts_with(const Managers& managers, const ManagerEntry& self, const Comparison& diff) {
  Conflicts out;
  const FieldSet changed = diff.modified | diff.added;
  for (const auto& one : managers) {
    if (one.same_manager(self)) continue;
    auto both = one.fields & changed;
    if (!both.empty()) out.emplace_back(one, std::move(both));
  }
  return out;
}

void take_from_others(Managers& managers, const ManagerEntry& self, const Comparison& diff) {
  const FieldSet gone = diff.modified | diff.added | diff.removed;
  for (auto& one : managers) {
    if (!one.same_manager(self)) one.fields = one.fields - gone;
  }
  drop_empty(managers);
}

std::string print_manager(const ManagerEntry& entry) {
  std::string out = fmt::format("\"{}\"", entry.manager);
  if (!entry.subresource.empty()) out += fmt::format(" with subresource \"{}\"", entry.subresource);
  if (entry.operation == "Update") out += " using " + entry.api_version;
  return out;
}

ApiError conflict_error(const Conflicts& conflicts) {
  std::map<std::string, std::vector<std::string>> by_manager;
  Json causes = Json::array();
  for (const auto& [entry, fields] : conflicts) {
    const auto who = print_manager(entry);
    fields.for_each([&](const FieldPath& path) {
      by_manager[who].push_back(print_path(path));
      causes.push_back(Json{{"reason", "FieldManagerConflict"}, {"message", "conflict with " + who}, {"field", print_path(path)}});
    });
  }
  std::string message;
  if (causes.size() == 1) {
    message = fmt::format("Apply failed with 1 conflict: conflict with {}: {}", by_manager.begin()->first, by_manager.begin()->second[0]);
  } else {
    message = fmt::format("Apply failed with {} conflicts: ", causes.size());
    bool first = true;
    for (const auto& [who, paths] : by_manager) {
      message += fmt::format("{}conflicts with {}:", first ? "" : "\n", who);
      for (const auto& path : paths) message += "\n- " + path;
      first = false;
    }
  }
  Json details = Json::object();
  details["causes"] = std::move(causes);
  return {409, "Conflict", std::move(message), std::move(details)};
}

/// What a client-side apply of old wrote and nobody changed since: `kubectl apply --server-side` may take it over.
FieldSet allowed_by_last_applied(const Writer& writer, const Json& live) {
  const auto text = text_at(live, {"metadata", "annotations", kLastApplied});
  const Json last = text.empty() ? Json() : Json::parse(text, nullptr, false);
  if (!last.is_object() || text_at(last, {"apiVersion"}) != writer.api_version || !check_lists(writer.type, last).empty()) return {};
  const Comparison diff = compare(writer.type, last, live);
  return to_field_set(writer.type, last) - diff.modified - diff.added - diff.removed;
}

/// Removes what this manager applied before, doesn't any more, and nobody else owns.
Json prune(const Writer& writer, Json merged, const Managers& managers, const FieldSet& last) {
  if (last.empty()) return merged;
  Json pruned = remove_items(writer.type, merged, ensure_named_members(last, writer.type));
  if (pruned.is_null()) pruned = Json::object();
  FieldSet owned;
  for (const auto& one : managers) owned = owned | one.fields;
  const FieldSet all = ensure_named_members(to_field_set(writer.type, merged), writer.type);
  const FieldSet kept = ensure_named_members(to_field_set(writer.type, pruned), writer.type);
  pruned = remove_items(writer.type, merged, all - (kept | ensure_named_members(owned, writer.type)));
  if (pruned.is_null()) pruned = Json::object();
  const FieldSet now = ensure_named_members(to_field_set(writer.type, pruned), writer.type);
  Json out = remove_items(writer.type, merged, (all - now) & ensure_named_members(last, writer.type));
  return out.is_null() ? Json::object() : out;
}

struct Attempt {
  Json object;
  Managers managers;
  Conflicts conflicts;
};

Attempt attempt(const Writer& writer, const Json& live, const Json& config, Managers managers, bool force) {
  ManagerEntry self{
      .manager = writer.manager, .operation = "Apply", .api_version = writer.api_version, .subresource = writer.subresource, .time = {}, .fields = {}};
  FieldSet last;
  if (ManagerEntry* before = find_manager(managers, self)) {
    last = before->fields;
    self.time = before->time;
  }
  FieldSet set = to_field_set(writer.type, config).without_recursive(writer.reset_fields);
  std::erase_if(managers, [&](const ManagerEntry& one) { return one.same_manager(self); });
  self.fields = std::move(set);
  managers.push_back(self);
  Attempt out;
  Json merged = prune(writer, merge(writer.type, live, config), managers, last);
  const Comparison diff = compare_outside(writer, live, merged);
  out.conflicts = conflicts_with(managers, self, diff);
  if (!force && !out.conflicts.empty()) return out;
  out.conflicts.clear();
  take_from_others(managers, self, diff);
  if (ManagerEntry* mine = find_manager(managers, self)) {
    mine->fields = mine->fields - stripped_fields();
    if (merged != live) mine->time = writer.time;
  }
  drop_empty(managers);
  out.object = std::move(merged);
  out.managers = std::move(managers);
  return out;
}

void refresh_last_applied(const Json& config, Json& object) {
  Json* annotations = find(object, {"metadata", "annotations"});
  if (annotations == nullptr || text_at(*annotations, {kLastApplied}).empty()) return;
  Json plain = config;
  if (Json* metadata = find(plain, "metadata")) {
    if (Json* given = find(*metadata, "annotations")) given->erase(kLastApplied);
  }
  (*annotations)[kLastApplied] = plain.dump() + "\n";
}

}  // namespace

bool ManagerEntry::same_manager(const ManagerEntry& other) const {
  return manager == other.manager && operation == other.operation && subresource == other.subresource &&
         (operation == "Apply" || api_version == other.api_version);
}

Managers managers_of(const Json& object) { return decode(array_at(object, {"metadata", "managedFields"})); }

Json to_json(Managers managers) {
  drop_empty(managers);
  if (managers.empty()) return nullptr;
  std::sort(managers.begin(), managers.end(), [](const ManagerEntry& a, const ManagerEntry& b) {
    return std::tie(a.operation, a.time, a.manager, a.api_version, a.subresource) < std::tie(b.operation, b.time, b.manager, b.api_version, b.subresource);
  });
  Json out = Json::array();
  for (const auto& one : managers) {
    Json entry{{"manager", one.manager}, {"operation", one.operation}, {"apiVersion", one.api_version}, {"fieldsType", "FieldsV1"}};
    entry["fieldsV1"] = one.fields.to_json();
    if (!one.time.empty()) entry["time"] = one.time;
    if (!one.subresource.empty()) entry["subresource"] = one.subresource;
    out.push_back(std::move(entry));
  }
  return out;
}

Json managed_after_update(const Writer& writer, const Json& live, const Json& next) {
  Managers managers = managers_of_request(live, next, !writer.subresource.empty());
  if (managers.empty() && !text_at(live, {"metadata", "uid"}).empty()) return nullptr;
  const ManagerEntry nobody;
  const Comparison diff = compare_outside(writer, without_managed_fields(live), without_managed_fields(next));
  take_from_others(managers, nobody, diff);
  const FieldSet mine = (diff.modified | diff.added) - stripped_fields();
  if (!mine.empty()) {
    ManagerEntry self{.manager = writer.manager,
                      .operation = "Update",
                      .api_version = writer.api_version,
                      .subresource = writer.subresource,
                      .time = writer.time,
                      .fields = mine};
    if (ManagerEntry* before = find_manager(managers, self)) {
      before->fields = before->fields | mine;
      before->time = writer.time;
    } else {
      managers.push_back(std::move(self));
    }
  }
  cap(managers);
  return to_json(std::move(managers));
}

Outcome<Applied> apply_config(const Writer& writer, const Json& live, const Json& config, bool force) {
  const Json plain = without_managed_fields(live);
  Managers managers = managers_of(live);
  if (managers.empty() && !text_at(live, {"metadata", "uid"}).empty()) {
    Writer before = writer;
    before.manager = "before-first-apply";
    const Comparison diff = compare_outside(before, writer.zero, plain);
    ManagerEntry entry{
        .manager = before.manager, .operation = "Update", .api_version = writer.api_version, .subresource = {}, .time = writer.time, .fields = {}};
    entry.fields = (diff.added | diff.modified) - stripped_fields();
    managers.push_back(std::move(entry));
  }
  Attempt done = attempt(writer, plain, config, managers, force);
  if (!done.conflicts.empty() && writer.manager == "kubectl") {
    const FieldSet allowed = allowed_by_last_applied(writer, plain);
    for (auto& [entry, fields] : done.conflicts) fields = fields - allowed;
    std::erase_if(done.conflicts, [](const auto& one) { return one.second.empty(); });
    if (done.conflicts.empty()) done = attempt(writer, plain, config, managers, true);
  }
  if (!done.conflicts.empty()) return conflict_error(done.conflicts);
  if (writer.manager == "kubectl") refresh_last_applied(config, done.object);
  return Applied{std::move(done.object), to_json(std::move(done.managers))};
}

Json managed_after_scale(const Writer& writer, const Json& live, bool changed, bool apply, long long replicas) {
  Managers managers = managers_of(live);
  const FieldPath replicas_path{"f:spec", "f:replicas"};
  FieldSet path;
  path.insert(replicas_path);
  const bool owned = std::any_of(managers.begin(), managers.end(), [&](const ManagerEntry& one) { return one.fields.has(replicas_path); });
  if (!changed || (!owned && !apply)) return to_json(std::move(managers));
  ManagerEntry self{.manager = writer.manager,
                    .operation = apply ? "Apply" : "Update",
                    .api_version = writer.api_version,
                    .subresource = "scale",
                    .time = {},
                    .fields = path};
  for (auto& one : managers) {
    if (!one.same_manager(self)) one.fields = one.fields - path;
  }
  // Zero replicas aren't written in a Scale: a removal, which leaves no trace of who did it.
  ManagerEntry* mine = find_manager(managers, self);
  if (replicas == 0 && !apply) {
    if (mine != nullptr) mine->fields = mine->fields - path;
  } else if (mine != nullptr) {
    mine->fields = mine->fields | path;
  } else {
    managers.push_back(std::move(self));
  }
  return to_json(std::move(managers));
}

}  // namespace driftwarden::sandbox::cluster
