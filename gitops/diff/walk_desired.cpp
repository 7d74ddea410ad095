#include "gitops/diff/findings.hpp"
#include "gitops/diff/prepare.hpp"
#include "gitops/diff/scalars.hpp"

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

using nlohmann::json;

const json* member_of(const json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

/// Defaults that the server's Go code fills in and its schemas don't tell.
bool is_go_default(std::string_view name, const json& value) {
  if (!value.is_string()) return name == "status" && value.is_object();
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kDefaults{{{"protocol", "TCP"},
                                                                                            {"scope", "*"},
                                                                                            {"volumeMode", "Filesystem"},
                                                                                            {"apiGroup", "rbac.authorization.k8s.io"},
                                                                                            {"apiGroup", ""},
                                                                                            {"apiVersion", "v1"},
                                                                                            {"kind", "PersistentVolumeClaim"},
                                                                                            {"pathType", "ImplementationSpecific"},
                                                                                            {"conversionStrategy", "Default"},
                                                                                            {"decodingStrategy", "None"}}};
  const auto& text = value.get_ref<const std::string&>();
  return std::any_of(kDefaults.begin(), kDefaults.end(), [&](const auto& known) { return known.first == name && known.second == text; });
}

class DesiredWalk {
 public:
  DesiredWalk(const Pair& pair, Findings& out) : pair_(pair), out_(out) {}

  void run() {
    const PathNode root;
    const auto* schema = pair_.schema;
    for (auto it = pair_.desired->begin(); it != pair_.desired->end(); ++it) {
      const auto& name = it.key();
      if (name == "apiVersion" || name == "kind" || name == "status" || (name == "sops" && is_encrypted(*pair_.desired))) continue;
      if (name == "metadata") {
        metadata(*it);
        continue;
      }
      const auto* live = member_of(*pair_.live, name);
      if (schema != nullptr && live == nullptr && !schema->declares(name) && pair_.rule_is_on("undeclared-field")) {
        out_.notes.insert("undeclared-field");
        continue;
      }
      value(*it, live, schema == nullptr ? nullptr : schema->field(name), root.field(name), {});
    }
  }

 private:
  /// What surrounds a value: the atomic list or map that it is part of, and whether it stands in a map of free keys.
  struct Place {
    const PathNode* atomic = nullptr;
    bool free_key = false;
  };

  void metadata(const json& desired) {
    if (!desired.is_object()) return;
    const auto* live = member_of(*pair_.live, "metadata");
    const PathNode root;
    const auto path = root.field("metadata");
    static const SchemaNode kFinalizers = [] {
      SchemaNode node;
      node.list = SchemaNode::List::Set;
      return node;
    }();
    static const SchemaNode kOwners = [] {
      SchemaNode node;
      node.list = SchemaNode::List::Keyed;
      node.keys.push_back({"uid", nullptr});
      return node;
    }();
    static const SchemaNode kText = [] {
      SchemaNode node;
      node.free_keys = true;
      return node;
    }();
    for (auto it = desired.begin(); it != desired.end(); ++it) {
      const auto& name = it.key();
      if (!is_compared_metadata(name) || it->is_null()) continue;
      const auto* theirs = live == nullptr ? nullptr : member_of(*live, name);
      if (name == "annotations" && it->is_object()) {
        annotations(*it, theirs, path.field(name));
      } else {
        const auto* schema = name == "finalizers" ? &kFinalizers : name == "ownerReferences" ? &kOwners : &kText;
        value(*it, theirs, schema, path.field(name), {});
      }
    }
  }

  void annotations(const json& desired, const json* live, const PathNode& path) {
    for (auto it = desired.begin(); it != desired.end(); ++it) {
      if (is_tool_annotation(it.key())) continue;
      value(*it, live == nullptr ? nullptr : member_of(*live, it.key()), nullptr, path.field(it.key()), {nullptr, true});
    }
  }

  void value(const json& desired, const json* live, const SchemaNode* schema, const PathNode& path, Place place) {
    if (desired.is_null()) return null_wanted(desired, live, path, place);
    if (live == nullptr || live->is_null()) return absent(desired, schema, path, place);
    if (desired.is_object() && live->is_object()) {
      const bool atomic = place.atomic != nullptr || (schema != nullptr && schema->is_atomic());
      if (atomic) return atomic_map(desired, *live, schema, path, place.atomic == nullptr ? path : *place.atomic);
      return granular(desired, *live, schema, path);
    }
    if (desired.is_array() && live->is_array()) return list(desired, *live, schema, path, place);
    if (desired == *live) return;
    if (schema != nullptr && same_scalar(desired, *live, schema->form())) return;
    changed(&desired, live, path, place.atomic);
  }

  /// Most of all values are this, and need no schema.
  static bool same_leaf(const json& desired, const json& live) {
    switch (desired.type()) {
      case json::value_t::string: return live.is_string() && desired.get_ref<const std::string&>() == live.get_ref<const std::string&>();
      case json::value_t::boolean:
      case json::value_t::number_integer:
      case json::value_t::number_unsigned: return desired == live;
      default: return false;
    }
  }

  void granular(const json& desired, const json& live, const SchemaNode* schema, const PathNode& path) {
    const bool free_keys = schema != nullptr && schema->has_free_keys();
    auto theirs = live.begin();
    for (auto it = desired.begin(); it != desired.end(); ++it) {
      const auto& name = it.key();
      int order = -1;
      while (theirs != live.end() && (order = theirs.key().compare(name)) < 0) ++theirs;
      const json* found = theirs != live.end() && order == 0 && !theirs->is_null() ? &*theirs : nullptr;
      if (found != nullptr && same_leaf(*it, *found)) continue;
      if (schema != nullptr && found == nullptr && !schema->declares(name) && pair_.rule_is_on("undeclared-field")) {
        out_.notes.insert("undeclared-field");
        continue;
      }
      value(*it, found, schema == nullptr ? nullptr : schema->field(name), path.field(name), {nullptr, free_keys});
    }
  }

  void atomic_map(const json& desired, const json& live, const SchemaNode* schema, const PathNode& path, const PathNode& atomic) {
    if (schema != nullptr && schema->has_free_keys()) {
      const bool same_names = desired.size() == live.size() && std::equal(desired.items().begin(), desired.items().end(), live.items().begin(),
                                                                          [](const auto& a, const auto& b) { return a.key() == b.key(); });
      if (!same_names) return changed(&desired, &live, path, &atomic);
    }
    std::size_t shared = 0;
    for (auto it = desired.begin(); it != desired.end(); ++it) {
      const auto* theirs = member_of(live, it.key());
      shared += theirs != nullptr ? 1 : 0;
      if (theirs != nullptr && same_leaf(*it, *theirs)) continue;
      value(*it, theirs, schema == nullptr ? nullptr : schema->field(it.key()), path.field(it.key()), {&atomic, false});
    }
    if (shared == live.size()) return;
    for (auto it = live.begin(); it != live.end(); ++it) {
      if (!desired.contains(it.key())) extra_in_atomic(it.key(), *it, schema == nullptr ? nullptr : schema->field(it.key()), path, atomic);
    }
  }

  /// The server fills defaults in where the applier owns the whole; anything else there was written by who owns it now.
  void extra_in_atomic(const std::string& name, const json& live, const SchemaNode* schema, const PathNode& path, const PathNode& atomic) {
    if (is_zero(live) || is_go_default(name, live) || (schema != nullptr && schema->fallback == live)) return;
    const auto owners = owners_of_value(pair_, atomic);
    if (owners.applier || owners.others.empty()) return;
    changed(nullptr, &live, path.field(name), &atomic);
  }

  void list(const json& desired, const json& live, const SchemaNode* schema, const PathNode& path, Place place) {
    if (place.atomic == nullptr && schema != nullptr) {
      const auto kind = schema->body().list;
      if (kind == SchemaNode::List::Set) return set(desired, live, path);
      if (kind == SchemaNode::List::Keyed) return keyed(desired, live, schema->body(), path);
    }
    atomic_list(desired, live, schema, path, place.atomic == nullptr ? path : *place.atomic);
  }

  void atomic_list(const json& desired, const json& live, const SchemaNode* schema, const PathNode& path, const PathNode& atomic) {
    if (desired.size() != live.size()) return changed(&desired, &live, path, &atomic);
    const auto before = out_.fields.size();
    const auto* item = schema == nullptr ? nullptr : schema->item();
    for (std::size_t i = 0; i < desired.size(); ++i) value(desired[i], &live[i], item, path.at(i), {&atomic, false});
    if (out_.fields.size() == before || !pair_.is("autoscaling", "HorizontalPodAutoscaler") || path.name != "metrics") return;
    if (!pair_.rule_is_on("order-only")) return;
    if (is_reordered(desired, live, item, path, before) && owners_of_value(pair_, atomic).only_controllers()) {
      out_.fields.resize(before);
      out_.notes.insert("order-only");
    }
  }

  /// Every element of D has its equal somewhere in L.
  bool is_reordered(const json& desired, const json& live, const SchemaNode* item, const PathNode& path, std::size_t keep) {
    std::vector<bool> taken(live.size());
    const std::vector<FieldFinding> found(out_.fields.begin() + static_cast<std::ptrdiff_t>(keep), out_.fields.end());
    bool all = true;
    for (std::size_t i = 0; i < desired.size() && all; ++i) {
      all = false;
      for (std::size_t k = 0; k < live.size() && !all; ++k) {
        out_.fields.resize(keep);
        if (!taken[k]) value(desired[i], &live[k], item, path.at(i), {&path, false});
        if (!taken[k] && out_.fields.size() == keep) taken[k] = all = true;
      }
    }
    out_.fields.resize(keep);
    out_.fields.insert(out_.fields.end(), found.begin(), found.end());
    return all;
  }

  void set(const json& desired, const json& live, const PathNode& path) {
    for (const auto& item : desired) {
      if (std::find(live.begin(), live.end(), item) == live.end()) absent(item, nullptr, path.value(item), {nullptr, true});
    }
  }

  /// Position of the element with the same keys, trying `hint` first; npos when there is none.
  static std::size_t position_of(const json& like, const json& in, const SchemaNode& schema, std::size_t hint) {
    if (hint < in.size() && same_keys(in[hint], like, schema)) return hint;
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (i != hint && same_keys(in[i], like, schema)) return i;
    }
    return std::string::npos;
  }

  static bool has_doubles(const json& list, const SchemaNode& schema) {
    for (std::size_t i = 1; i < list.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        if (same_keys(list[i], list[k], schema)) return true;
      }
    }
    return false;
  }

  /// The keys are all there, none twice. Lists that stand side by side need no second look: position and key say the same.
  static bool is_keyed(const json& desired, const json& live, const SchemaNode& schema) {
    const auto whole = [&](const json& item) {
      return item.is_object() && std::all_of(schema.keys.begin(), schema.keys.end(), [&](const auto& key) { return key_of(item, key) != nullptr; });
    };
    return std::all_of(desired.begin(), desired.end(), whole) && std::all_of(live.begin(), live.end(), whole) && !has_doubles(desired, schema) &&
           !has_doubles(live, schema);
  }

  void keyed(const json& desired, const json& live, const SchemaNode& schema, const PathNode& path) {
    bool aligned = desired.size() <= live.size();
    for (std::size_t i = 0; aligned && i < desired.size(); ++i) aligned = desired[i].is_object() && same_keys(desired[i], live[i], schema);
    const auto before = out_.fields.size();
    if (aligned && desired.size() == live.size()) {
      for (std::size_t i = 0; i < desired.size(); ++i) value(desired[i], &live[i], schema.item(), path.keyed(desired[i], &schema), {});
      if (out_.fields.size() == before || is_keyed(desired, live, schema)) return;
      out_.fields.resize(before);
      return atomic_list(desired, live, &schema, path, path);
    }
    if (!is_keyed(desired, live, schema)) return atomic_list(desired, live, &schema, path, path);
    std::size_t last = 0;
    bool in_order = true;
    for (std::size_t i = 0; i < desired.size(); ++i) {
      const auto at = position_of(desired[i], live, schema, i == 0 ? 0 : last + 1);
      const auto here = path.keyed(desired[i], &schema);
      if (at == std::string::npos) {
        absent(desired[i], schema.item(), here, {nullptr, true});
        continue;
      }
      in_order &= i == 0 || at >= last;
      last = at;
      value(desired[i], &live[at], schema.item(), here, {});
    }
    if (!in_order) add(FieldOp::Order, &desired, &live, path, nullptr);
  }

  void null_wanted(const json& desired, const json* live, const PathNode& path, Place place) {
    if (live == nullptr || live->is_structured() || place.atomic != nullptr) return;
    if (!owners_of_value(pair_, path).others.empty()) changed(&desired, live, path, nullptr);
  }

  void absent(const json& desired, const SchemaNode* schema, const PathNode& path, Place place) {
    const bool zero = !place.free_key && is_zero(desired);
    if (place.atomic != nullptr) {
      if (!is_zero(desired)) changed(&desired, nullptr, path, place.atomic);
      return;
    }
    if (zero && keeps_nothing(desired, schema)) return;
    if (zero && path.name == "preserveUnknownFields" && pair_.rule_is_on("crd-field-dropped") && pair_.is("apiextensions.k8s.io", "CustomResourceDefinition")) {
      out_.notes.insert("crd-field-dropped");
      return;
    }
    if (zero && !pair_.has_apply_entry) {
      out_.doubtful.push_back({path_of(path), FieldOp::Removed, &desired, nullptr, {}, 0});
      return;
    }
    if (owners_of(pair_.entries, path).apply_entry) {
      if (!zero) changed(&desired, nullptr, path, nullptr);
      return;
    }
    add(FieldOp::Removed, &desired, nullptr, path, nullptr);
  }

  /// Empty lists and free maps mean the same as none.
  static bool keeps_nothing(const json& desired, const SchemaNode* schema) {
    if (schema == nullptr || !desired.is_structured() || !desired.empty()) return false;
    return desired.is_object() ? schema->has_free_keys() && !schema->is_atomic() : schema->body().list != SchemaNode::List::Atomic;
  }

  void changed(const json* desired, const json* live, const PathNode& path, const PathNode* atomic) { add(FieldOp::Changed, desired, live, path, atomic); }

  void add(FieldOp op, const json* desired, const json* live, const PathNode& path, const PathNode* atomic) {
    FieldFinding finding;
    finding.path = path_of(path);
    finding.op = op;
    finding.desired = desired;
    finding.live = live;
    finding.owners = owners_of_value(pair_, atomic == nullptr ? path : *atomic);
    if (atomic != nullptr) finding.list_depth = path_of(*atomic).size();
    out_.fields.push_back(std::move(finding));
  }

  const Pair& pair_;
  Findings& out_;
};

}  // namespace

void walk_desired(const Pair& pair, Findings& out) { DesiredWalk(pair, out).run(); }

Owners owners_of_value(const Pair& pair, const PathNode& path) {
  auto owners = owners_of(pair.entries, path);
  if (!owners.others.empty() || owners.applier || !pair.is("", "Secret") || path.kind != StepKind::Field) return owners;
  // What was applied as stringData is owned under that name, while whoever edits the value owns it in data.
  if (path.parent == nullptr || path.parent->kind != StepKind::Field || path.parent->name != "data") return owners;
  const PathNode root;
  const auto folded = root.field("stringData");
  return owners_of(pair.entries, folded.field(path.name));
}

}  // namespace driftwarden
