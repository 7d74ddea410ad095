#include "integrations/sandbox/cluster/patch.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace driftwarden::sandbox::cluster {
namespace {

constexpr std::string_view kOrder = "$setElementOrder/";
constexpr std::string_view kDeleteItems = "$deleteFromPrimitiveList/";

const TypeRef& field_type(const TypeRef& type, const std::string& key) {
  if (type.shape == Shape::Struct) {
    const Field* field = type.def->find(key);
    return field != nullptr ? field->type : untyped();
  }
  return type.shape == Shape::Map ? *type.element : untyped();
}

const TypeRef& item_type(const TypeRef& type) { return type.element ? *type.element : untyped(); }

void patch_map(const TypeRef& type, Json& value, const Json& patch);

/// A value that only the patch has: its directives go, its nulls go.
Json clean(const TypeRef& type, const Json& patch) {
  if (patch.is_object()) {
    if (text_at(patch, {"$patch"}) == "delete") return nullptr;
    Json out = Json::object();
    patch_map(type, out, patch);
    return out;
  }
  if (!patch.is_array()) return patch;
  Json out = Json::array();
  for (const auto& item : patch) {
    if (item.is_object() && item.contains("$patch")) continue;
    out.push_back(item.is_object() ? clean(item_type(type), item) : item);
  }
  return out;
}

Json::iterator find_item(Json& list, const std::string& key, const Json& wanted) {
  return std::find_if(list.begin(), list.end(), [&](const Json& item) { return item.is_object() && item.contains(key) && item[key] == wanted; });
}

void patch_keyed_list(const TypeRef& type, Json& value, const Json& patch) {
  const std::string& key = type.merge_key;
  for (const auto& item : patch) {
    if (item.is_object() && text_at(item, {"$patch"}) == "replace") {
      value = clean(type, patch);
      return;
    }
  }
  for (const auto& item : patch) {
    if (!item.is_object() || !item.contains(key)) continue;
    auto at = find_item(value, key, item[key]);
    if (text_at(item, {"$patch"}) == "delete") {
      while (at != value.end()) {
        value.erase(at);
        at = find_item(value, key, item[key]);
      }
    } else if (at != value.end()) {
      patch_map(item_type(type), *at, item);
    } else {
      value.push_back(clean(item_type(type), item));
    }
  }
}

void patch_plain_list(Json& value, const Json& patch) {
  for (const auto& item : patch) {
    if (std::find(value.begin(), value.end(), item) == value.end()) value.push_back(item);
  }
}

bool same_item(const TypeRef& type, const Json& a, const Json& b) {
  const auto& key = type.merge_key;
  if (key.empty() || !a.is_object() || !b.is_object()) return a == b;
  return a.contains(key) && b.contains(key) && a[key] == b[key];
}

long index_in(const TypeRef& type, const Json& list, const Json& item) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (same_item(type, list[i], item)) return static_cast<long>(i);
  }
  return -1;
}

/// apimachinery's normalizeElementOrder: what `order` names comes in its order, the rest is woven in as it stood in `before`.
void reorder(const TypeRef& type, Json& list, const Json& order, const Json& before) {
  std::vector<Json> named;
  std::vector<Json> others;
  for (auto& item : list) (index_in(type, order, item) >= 0 ? named : others).push_back(std::move(item));
  const auto sort_by = [&](std::vector<Json>& items, const Json& by) {
    std::stable_sort(items.begin(), items.end(), [&](const Json& a, const Json& b) { return index_in(type, by, a) < index_in(type, by, b); });
  };
  sort_by(named, order);
  sort_by(others, before);
  Json out = Json::array();
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < others.size() || j < named.size()) {
    bool take_other = j >= named.size();
    if (!take_other && i < others.size()) {
      const long other_at = index_in(type, before, others[i]);
      const long named_at = index_in(type, before, named[j]);
      take_other = other_at >= 0 && named_at >= 0 && other_at < named_at;
    }
    out.push_back(std::move(take_other ? others[i++] : named[j++]));
  }
  list = std::move(out);
}

void retain_keys(Json& value, const Json& keys) {
  for (auto at = value.begin(); at != value.end();) {
    const bool kept = std::find(keys.begin(), keys.end(), Json(at.key())) != keys.end();
    at = kept ? std::next(at) : value.erase(at);
  }
}

void patch_field(const TypeRef& type, Json& value, const std::string& key, const Json& change, const Json* order) {
  if (change.is_null()) {
    value.erase(key);
    return;
  }
  Json* mine = find(value, key);
  if (mine != nullptr && mine->is_object() && change.is_object()) {
    const auto directive = text_at(change, {"$patch"});
    if (directive == "delete") {
      value.erase(key);
      return;
    }
    patch_map(type, *mine, change);
    return;
  }
  if (mine != nullptr && mine->is_array() && change.is_array() && type.shape == Shape::List && type.merge) {
    const Json before = *mine;
    if (type.merge_key.empty()) {
      patch_plain_list(*mine, change);
    } else {
      patch_keyed_list(type, *mine, change);
    }
    if (order == nullptr || !order->is_array()) order = &change;
    reorder(type, *mine, *order, before);
    return;
  }
  Json fresh = clean(type, change);
  if (fresh.is_null()) {
    value.erase(key);
  } else {
    value[key] = std::move(fresh);
  }
}

void patch_map(const TypeRef& type, Json& value, const Json& patch) {
  if (text_at(patch, {"$patch"}) == "replace") {
    Json fresh = patch;
    fresh.erase("$patch");
    value = std::move(fresh);
    return;
  }
  if (const Json* keys = find(patch, "$retainKeys")) retain_keys(value, *keys);
  for (const auto& [key, change] : patch.items()) {
    if (key.starts_with(kDeleteItems)) {
      Json* mine = find(value, key.substr(kDeleteItems.size()));
      if (mine == nullptr) continue;
      Json kept = Json::array();
      for (const auto& item : *mine) {
        if (std::find(change.begin(), change.end(), item) == change.end()) kept.push_back(item);
      }
      *mine = std::move(kept);
    } else if (!key.starts_with('$')) {
      patch_field(field_type(type, key), value, key, change, find(patch, std::string(kOrder) + key));
    }
  }
  for (const auto& [key, order] : patch.items()) {
    if (!key.starts_with(kOrder)) continue;
    const auto name = key.substr(kOrder.size());
    Json* mine = find(value, name);
    if (mine == nullptr || !mine->is_array() || find(patch, name) != nullptr) continue;
    const Json before = *mine;
    reorder(field_type(type, name), *mine, order, before);
  }
}

}  // namespace

Outcome<Json> json_patch(Json value, const Json& patch) {
  if (!patch.is_array()) return bad_request("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch");
  try {
    for (const auto& operation : patch) {
      if (operation.is_object() && text_at(operation, {"op"}) == "test" && operation.contains("path")) {
        const Json::json_pointer at(text_at(operation, {"path"}));
        const bool same = value.contains(at) ? value.at(at) == operation.value("value", Json()) : operation.value("value", Json()).is_null();
        if (!same)
          return ApiError{422, "Invalid",
                          fmt::format("the server rejected our request due to an error in our request: testing value {} failed", text_at(operation, {"path"})),
                          Json::object()};
        continue;
      }
      Json one = operation;
      if (text_at(one, {"op"}) == "replace") {
        // The server's library lets a member be replaced that isn't there.
        const Json::json_pointer at(text_at(one, {"path"}));
        if (!at.empty() && !value.contains(at) && value.contains(at.parent_pointer()) && value.at(at.parent_pointer()).is_object()) one["op"] = "add";
      }
      value = value.patch(Json::array({std::move(one)}));
    }
    return value;
  } catch (const Json::exception&) {
    return ApiError{422, "Invalid", "the server rejected our request due to an error in our request", Json::object()};
  }
}

Json merge_patch(Json value, const Json& patch) {
  value.merge_patch(patch);
  return value;
}

Outcome<Json> strategic_merge_patch(const TypeRef& type, Json value, const Json& patch) {
  if (!patch.is_object()) return bad_request("error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}");
  if (text_at(patch, {"$patch"}) == "delete") return Json::object();
  patch_map(type, value, patch);
  return value;
}

}  // namespace driftwarden::sandbox::cluster
