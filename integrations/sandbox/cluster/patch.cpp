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

/// Puts the listed elements in the listed order; the others stay near where they were.
void reorder(const TypeRef& type, Json& list, const Json& order) {
  const auto rank = [&](const Json& item) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      const bool same = type.merge_key.empty() || !item.is_object() ? order[i] == item
                                                                    : order[i].contains(type.merge_key) && item.contains(type.merge_key) &&
                                                                          order[i][type.merge_key] == item[type.merge_key];
      if (same) return static_cast<long>(i);
    }
    return -1L;
  };
  std::vector<std::pair<long, Json>> listed;
  std::vector<std::pair<std::size_t, Json>> others;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const long at = rank(list[i]);
    if (at < 0) {
      others.emplace_back(i, list[i]);
    } else {
      listed.emplace_back(at, list[i]);
    }
  }
  std::stable_sort(listed.begin(), listed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Json out = Json::array();
  std::size_t next_other = 0;
  for (auto& [at, item] : listed) {
    while (next_other < others.size() && others[next_other].first <= out.size() && others[next_other].first < list.size() - listed.size() + out.size()) {
      if (others[next_other].first > out.size()) break;
      out.push_back(std::move(others[next_other++].second));
    }
    out.push_back(std::move(item));
  }
  while (next_other < others.size()) out.push_back(std::move(others[next_other++].second));
  list = std::move(out);
}

void retain_keys(Json& value, const Json& keys) {
  for (auto at = value.begin(); at != value.end();) {
    const bool kept = std::find(keys.begin(), keys.end(), Json(at.key())) != keys.end();
    at = kept ? std::next(at) : value.erase(at);
  }
}

void patch_field(const TypeRef& type, Json& value, const std::string& key, const Json& change) {
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
    if (type.merge_key.empty()) {
      patch_plain_list(*mine, change);
    } else {
      patch_keyed_list(type, *mine, change);
    }
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
      patch_field(field_type(type, key), value, key, change);
    }
  }
  for (const auto& [key, order] : patch.items()) {
    if (!key.starts_with(kOrder)) continue;
    const auto name = key.substr(kOrder.size());
    if (Json* mine = find(value, name); mine != nullptr && mine->is_array()) reorder(field_type(type, name), *mine, order);
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
        if (!same) return ApiError{422, "Invalid", fmt::format("the server rejected our request due to an error in our request: testing value {} failed", text_at(operation, {"path"})), Json::object()};
        continue;
      }
      value = value.patch(Json::array({operation}));
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
