#include "integrations/sandbox/cluster/typed.hpp"

#include <fmt/core.h>

#include <set>

namespace driftwarden::sandbox::cluster {
namespace {

bool absent(const Json* value) { return value == nullptr || value->is_null(); }

/// Unlike find(), a null that is written counts as there.
const Json* member(const Json* object, const std::string& key) {
  if (absent(object)) return nullptr;
  const auto found = object->find(key);
  return found == object->end() ? nullptr : &*found;
}

/// What kind of walk a value takes: an untyped value decides by itself (objects granular, lists atomic).
enum class Walk { Leaf, Map, List };

Walk walk_of(const TypeRef& type, const Json* a, const Json* b) {
  switch (type.shape) {
    case Shape::Struct: return type.atomic || type.def->atomic ? Walk::Leaf : Walk::Map;
    case Shape::Map: return type.atomic ? Walk::Leaf : Walk::Map;
    case Shape::List: return type.atomic ? Walk::Leaf : Walk::List;
    case Shape::Untyped: {
      const bool a_map = absent(a) || a->is_object();
      const bool b_map = absent(b) || b->is_object();
      return a_map && b_map ? Walk::Map : Walk::Leaf;
    }
    default: return Walk::Leaf;
  }
}

const TypeRef& child_type(const TypeRef& type, const std::string& key) {
  if (type.shape == Shape::Struct) {
    const Field* field = type.def->find(key);
    return field != nullptr ? field->type : untyped();
  }
  return type.shape == Shape::Map ? *type.element : untyped();
}

bool named(const TypeRef& type, const std::string& key) { return type.shape == Shape::Struct && type.def->find(key) != nullptr; }

void collect(const TypeRef& type, const Json& value, FieldPath& path, FieldSet& out) {
  const Walk walk = walk_of(type, &value, nullptr);
  if (walk == Walk::Leaf || (walk == Walk::Map && !value.is_object()) || (walk == Walk::List && !value.is_array())) {
    if (!path.empty() && !(walk == Walk::List && value.is_null())) out.insert(path);
    return;
  }
  if (walk == Walk::Map) {
    for (const auto& [key, item] : value.items()) {
      path.push_back("f:" + key);
      collect(child_type(type, key), item, path, out);
      if (item.is_null() || (item.is_object() && item.empty()) || !named(type, key)) out.insert(path);
      path.pop_back();
    }
    return;
  }
  for (const auto& item : value) {
    path.push_back(list_element(type, item));
    collect(*type.element, item, path, out);
    out.insert(path);
    path.pop_back();
  }
}

class Comparer {
 public:
  explicit Comparer(Comparison& out) : out_(out) {}

  void run(const TypeRef& type, const Json* before, const Json* after) {
    if (before == nullptr && after == nullptr) return;
    const Walk walk = walk_of(type, before, after);
    if (walk == Walk::Leaf || (blank(before) && blank(after))) return leaf(before, after);
    if (walk == Walk::Map) {
      maps(type, before, after);
    } else {
      lists(type, before, after);
    }
    if (path_.empty()) return;
    if (before == nullptr) out_.added.insert(path_);
    if (after == nullptr) out_.removed.insert(path_);
  }

 private:
  static bool blank(const Json* value) { return absent(value) || value->empty(); }

  void leaf(const Json* before, const Json* after) {
    if (before == nullptr) {
      out_.added.insert(path_);
    } else if (after == nullptr) {
      out_.removed.insert(path_);
    } else if (*before != *after) {
      out_.modified.insert(path_);
    }
  }

  void child(const TypeRef& type, std::string element, const Json* before, const Json* after) {
    path_.push_back(std::move(element));
    run(type, before, after);
    path_.pop_back();
  }

  void maps(const TypeRef& type, const Json* before, const Json* after) {
    if (!absent(before)) {
      for (const auto& [key, value] : before->items()) child(child_type(type, key), "f:" + key, &value, member(after, key));
    }
    if (absent(after)) return;
    for (const auto& [key, value] : after->items()) {
      if (member(before, key) == nullptr) child(child_type(type, key), "f:" + key, nullptr, &value);
    }
  }

  void lists(const TypeRef& type, const Json* before, const Json* after) {
    std::map<std::string, std::pair<std::vector<const Json*>, std::vector<const Json*>>> items;
    if (!absent(before)) {
      for (const auto& item : *before) items[list_element(type, item)].first.push_back(&item);
    }
    if (!absent(after)) {
      for (const auto& item : *after) items[list_element(type, item)].second.push_back(&item);
    }
    for (auto& [element, both] : items) {
      auto& [old_items, new_items] = both;
      if (old_items.size() <= 1 && new_items.size() <= 1) {
        child(*type.element, element, old_items.empty() ? nullptr : old_items[0], new_items.empty() ? nullptr : new_items[0]);
        continue;
      }
      duplicates(type, element, old_items, new_items);
    }
  }

  void duplicates(const TypeRef& type, const std::string& element, const std::vector<const Json*>& old_items, const std::vector<const Json*>& new_items) {
    FieldPath path = path_;
    path.push_back(element);
    if (old_items.size() >= 2 && new_items.size() >= 2) {
      const auto same = [](const Json* a, const Json* b) { return *a == *b; };
      if (!std::equal(old_items.begin(), old_items.end(), new_items.begin(), new_items.end(), same)) out_.modified.insert(path);
    } else if (old_items.size() >= 2) {
      if (!new_items.empty()) child(*type.element, element, nullptr, new_items[0]);
      out_.removed.insert(path);
    } else {
      if (!old_items.empty()) child(*type.element, element, old_items[0], nullptr);
      out_.added.insert(path);
    }
  }

  Comparison& out_;
  FieldPath path_;
};

Json merge_values(const TypeRef& type, const Json* live, const Json* config);

Json merge_maps(const TypeRef& type, const Json* live, const Json* config) {
  Json out = absent(live) ? Json::object() : *live;
  for (const auto& [key, value] : config->items()) {
    const Json* mine = absent(live) ? nullptr : find(*live, key);
    out[key] = value.is_null() && mine != nullptr && walk_of(child_type(type, key), mine, nullptr) != Walk::Leaf
                   ? *mine
                   : merge_values(child_type(type, key), mine, &value);
  }
  return out;
}

struct Indexed {
  std::vector<std::string> order;
  std::map<std::string, const Json*> items;  ///< null where the element is doubled
};

Indexed index_list(const TypeRef& type, const Json* list) {
  Indexed out;
  if (absent(list)) return out;
  for (const auto& item : *list) {
    auto element = list_element(type, item);
    const auto [at, fresh] = out.items.emplace(element, &item);
    if (!fresh) at->second = nullptr;
    out.order.push_back(std::move(element));
  }
  return out;
}

/// The config's order leads; what only the live list has stays where it stood between its neighbours.
Json merge_lists(const TypeRef& type, const Json* live, const Json* config) {
  const Indexed left = index_list(type, live);
  const Indexed right = index_list(type, config);
  std::vector<std::string> shared;
  for (const auto& element : right.order) {
    if (left.items.contains(element)) shared.push_back(element);
  }
  Json out = Json::array();
  std::set<std::string> merged;
  std::size_t next = 0;
  std::size_t l = 0;
  std::size_t r = 0;
  const auto take = [&](const std::string& element) {
    merged.insert(element);
    const auto mine = left.items.find(element);
    out.push_back(merge_values(*type.element, mine == left.items.end() ? nullptr : mine->second, right.items.at(element)));
  };
  while (l < left.order.size() || r < right.order.size()) {
    if (l < left.order.size() && r < right.order.size()) {
      const auto& element = left.order[l];
      if (element == right.order[r]) {
        take(element);
        ++l, ++r, ++next;
        continue;
      }
      if (right.items.contains(element) && next < shared.size() && shared[next] != element) {
        ++l;
        continue;
      }
    }
    if (l < left.order.size()) {
      const auto& element = left.order[l];
      if (!right.items.contains(element)) {
        out.push_back((*live)[l++]);
        continue;
      }
      if (merged.contains(element)) ++l;
    }
    if (r < right.order.size()) {
      const auto& element = right.order[r++];
      take(element);
      if (next < shared.size() && shared[next] == element) ++next;
    }
  }
  return out;
}

Json merge_values(const TypeRef& type, const Json* live, const Json* config) {
  if (config == nullptr) return live == nullptr ? Json() : *live;
  if (config->is_null()) return Json();
  const Walk walk = walk_of(type, live, config);
  if (walk == Walk::Map && config->is_object()) return merge_maps(type, live, config);
  if (walk == Walk::List && config->is_array() && !(config->empty() && absent(live))) return merge_lists(type, live, config);
  return *config;
}

}  // namespace

std::string list_element(const TypeRef& list, const Json& item, std::string* why) {
  if (list.set) return "v:" + item.dump();
  Json keys = Json::object();
  for (const auto& key : list.keys) {
    const Json* value = find(item, key);
    if (value != nullptr) {
      keys[key] = *value;
    } else if (key == "protocol") {
      keys[key] = "TCP";
    } else if (const Field* field = list.element && list.element->def != nullptr ? list.element->def->find(key) : nullptr; field != nullptr && field->always) {
      keys[key] = field->type.shape == Shape::String ? Json("") : Json(0);
    } else if (why != nullptr && list.keys.size() == 1) {
      *why = fmt::format("associative list with keys has an element that omits key field \"{}\" (and doesn't have default value)", key);
      return {};
    }
  }
  return "k:" + keys.dump();
}

FieldSet to_field_set(const TypeRef& type, const Json& value) {
  FieldSet out;
  FieldPath path;
  collect(type, value, path, out);
  return out;
}

Comparison compare(const TypeRef& type, const Json& before, const Json& after) {
  Comparison out;
  Comparer(out).run(type, &before, &after);
  return out;
}

Json merge(const TypeRef& type, const Json& live, const Json& config) { return merge_values(type, &live, &config); }

Json remove_items(const TypeRef& type, const Json& value, const FieldSet& items) {
  const Walk walk = walk_of(type, &value, nullptr);
  if (walk == Walk::Map && value.is_object()) {
    Json out = Json::object();
    for (const auto& [key, item] : value.items()) {
      const std::string element = "f:" + key;
      if (items.has_member(element)) continue;
      const FieldSet* below = items.below(element);
      Json kept = below == nullptr ? item : remove_items(child_type(type, key), item, *below);
      if (!kept.is_null()) out[key] = std::move(kept);
    }
    return out.empty() && !value.empty() ? Json() : out;
  }
  if (walk == Walk::List && value.is_array()) {
    Json out = Json::array();
    for (const auto& item : value) {
      const std::string element = list_element(type, item);
      if (items.has_member(element)) continue;
      const FieldSet* below = items.below(element);
      out.push_back(below == nullptr ? item : remove_items(*type.element, item, *below));
    }
    return out.empty() ? Json() : out;
  }
  return type.shape == Shape::Struct || type.shape == Shape::Map || type.shape == Shape::List ? Json() : value;
}

FieldSet ensure_named_members(const FieldSet& set, const TypeRef& type) {
  FieldSet out;
  for (const auto& [element, node] : set.nodes_) {
    FieldSet::Node copy;
    copy.member = node.member;
    const std::string key = element.substr(2);
    const TypeRef& child = element[0] == 'f' ? child_type(type, key) : (type.element ? *type.element : untyped());
    if (!node.children.empty()) {
      copy.children = ensure_named_members(node.children, child);
      if (element[0] == 'f' && named(type, key)) copy.member = true;
    }
    out.nodes_.emplace(element, std::move(copy));
  }
  return out;
}

namespace {

/// As Go prints the type of a decoded value.
const char* go_type(const Json& value) {
  if (value.is_string()) return "string";
  if (value.is_boolean()) return "bool";
  if (value.is_number_float()) return "float64";
  if (value.is_number()) return "int64";
  return value.is_array() ? "[]interface {}" : "map[string]interface {}";
}

std::string wrong_shape(const TypeRef& type, const Json& value) {
  const auto wanted = [&](const char* what, bool right) {
    return right || value.is_null() ? std::string() : fmt::format("expected {}, got {}", what, go_type(value));
  };
  switch (type.shape) {
    case Shape::String: return wanted("string", value.is_string());
    case Shape::Int32:
    case Shape::Int64:
    case Shape::Float: return wanted("numeric (int or float)", value.is_number());
    case Shape::Bool: return wanted("boolean", value.is_boolean());
    case Shape::Struct:
    case Shape::Map: return wanted("map", value.is_object());
    case Shape::List: return wanted("list", value.is_array());
    default: return {};
  }
}

}  // namespace

std::string check_lists(const TypeRef& type, const Json& value, const std::string& path) {
  if (auto wrong = wrong_shape(type, value); !wrong.empty()) return path + ": " + wrong;
  const Walk walk = walk_of(type, &value, nullptr);
  if (walk == Walk::Map && value.is_object()) {
    for (const auto& [key, item] : value.items()) {
      if (auto wrong = check_lists(child_type(type, key), item, path + "." + key); !wrong.empty()) return wrong;
    }
  }
  if (walk != Walk::List || !value.is_array()) return {};
  std::set<std::string> seen;
  for (std::size_t i = 0; i < value.size(); ++i) {
    std::string why;
    const auto element = list_element(type, value[i], &why);
    if (!why.empty()) return fmt::format("{}: element {}: {}", path, i, why);
    if (!seen.insert(element).second) return fmt::format("{}: duplicate entries for key {}", path, print_path({element}));
    if (auto wrong = check_lists(*type.element, value[i], path + print_path({element})); !wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace driftwarden::sandbox::cluster
