#include "gitops/diff/default_values.hpp"
#include "gitops/diff/deployers.hpp"
#include "gitops/diff/findings.hpp"
#include "gitops/diff/prepare.hpp"

#include <algorithm>
#include <array>
#include <deque>

namespace driftwarden {
namespace {

using nlohmann::json;
constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";
constexpr std::string_view kRestartedAt = "kubectl.kubernetes.io/restartedAt";

const json* member_of(const json* object, std::string_view name) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(name);
  return found == object->end() ? nullptr : &*found;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) { return std::find(names.begin(), names.end(), name) != names.end(); }

bool starts_with_path(const Path& path, const Path& prefix) {
  if (prefix.size() > path.size()) return false;
  return to_string(Path(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(prefix.size()))) == to_string(prefix);
}

class OwnersWalk {
 public:
  OwnersWalk(const Pair& pair, Findings& out) : pair_(pair), out_(out) {}

  void run() {
    bool by_update = false;
    for (const auto& entry : pair_.entries) {
      if (entry.scale || entry.status) continue;
      by_update |= entry.manager_class == ManagerClass::Applier && !entry.apply;
      if (entry.manager_class == ManagerClass::Applier && !entry.apply) continue;
      walk(entry);
    }
    if (by_update) intent();
  }

 private:
  void walk(const ManagedEntry& entry) {
    entry_ = &entry;
    const PathNode root;
    for (auto it = entry.fields->begin(); it != entry.fields->end(); ++it) {
      std::string_view name = it.key();
      if (!name.starts_with("f:")) continue;
      name.remove_prefix(2);
      if (is_one_of(name, {"apiVersion", "kind", "status"}) || (entry.other_version && name != "metadata")) continue;
      if (name == "metadata") {
        metadata(*it, root.field("metadata"));
        continue;
      }
      const bool folded = name == "stringData" && pair_.is("", "Secret");
      if (folded) name = "data";
      field(*it, name, member_of(pair_.desired, name), pair_.live, pair_.schema, root);
    }
  }

  void metadata(const json& trie, const PathNode& path) {
    const auto* desired = member_of(pair_.desired, "metadata");
    const auto* live = member_of(pair_.live, "metadata");
    for (auto it = trie.begin(); it != trie.end(); ++it) {
      std::string_view name = it.key();
      if (!name.starts_with("f:") || !is_compared_metadata(name.substr(2))) continue;
      field(*it, name.substr(2), member_of(desired, name.substr(2)), live, nullptr, path);
    }
  }

  void children(const json& trie, const json* desired, const json* live, const SchemaNode* schema, const PathNode& path) {
    // Both sides are sorted by name, so one pass finds every member.
    static const json kNone = json::object();
    const auto& members = desired != nullptr && desired->is_object() ? *desired : kNone;
    auto member = members.begin();
    for (auto it = trie.begin(); it != trie.end(); ++it) {
      const std::string_view key = it.key();
      if (key.starts_with("f:")) {
        const auto name = key.substr(2);
        int order = -1;
        while (member != members.end() && (order = member.key().compare(name)) < 0) ++member;
        field(*it, name, member != members.end() && order == 0 ? &*member : nullptr, live, schema, path);
      } else if (key.starts_with("k:")) {
        element(*it, key, desired, live, schema, path);
      } else if (key.starts_with("v:")) {
        set_value(key.substr(2), desired, live, path);
      }
    }
  }

  void field(const json& trie, std::string_view name, const json* ours, const json* live, const SchemaNode* schema, const PathNode& path) {
    if (ours != nullptr) {
      // D's value is judged by the other walk; here only what D leaves out below it.
      if (trie.empty() || !ours->is_structured()) return;
      const auto* theirs = member_of(live, name);
      if (theirs == nullptr || !theirs->is_structured()) return;
      return children(trie, ours, theirs, schema == nullptr ? nullptr : schema->field(name), path.field(name));
    }
    const auto* theirs = member_of(live, name);
    if (theirs == nullptr || theirs->is_null()) return;
    const bool annotation = path.kind == StepKind::Field && path.name == "annotations";
    if (annotation && path.parent->name == "metadata" && path.parent->parent->kind == StepKind::Root && is_tool_annotation(name)) return;
    if (annotation && name == kRestartedAt && pair_.rule_is_on("restarted")) {
      out_.notes.insert("restarted");
      return;
    }
    if (entry_->manager_class == ManagerClass::Applier && is_tracking(name, *theirs, path, entry_)) return;
    if (is_alias(name, *theirs, live)) return;
    const auto here = path.field(name);
    const auto* inner = schema == nullptr ? nullptr : schema->field(name);
    if (is_hollow(trie, *theirs, inner, here)) return;
    // Keys that people choose have no defaults, whatever they are called.
    const bool chosen_key = (schema != nullptr && schema->has_free_keys()) || is_one_of(path.name, {"labels", "annotations", "data", "stringData", "binaryData"});
    if (may_own_defaults() && !chosen_key && pair_.rule_is_on("default-value") && is_default_value(pair_, here, *theirs, inner)) return;
    // Annotations and labels that tools write are looked at one by one, so that their map is never reported for their sake.
    const bool whole = !is_one_of(name, {"annotations", "labels"}) || !holds_keys_of_tools(trie);
    if (owns_itself(trie) && whole && report(here, theirs)) return;
    if (!trie.empty()) unwanted_children(trie, theirs, inner, here);
  }

  void unwanted_children(const json& trie, const json* theirs, const SchemaNode* schema, const PathNode& here) {
    ++below_unwanted_;
    children(trie, nullptr, theirs, schema, here);
    --below_unwanted_;
  }

  /// The server fills it in from the field beside it.
  bool is_alias(std::string_view name, const json& value, const json* parent) const {
    const bool target = name == "targetPort" && pair_.is("", "Service");
    if (!target && name != "serviceAccount") return false;
    const auto* source = member_of(parent, target ? "port" : "serviceAccountName");
    return source != nullptr && *source == value;
  }

  /// Flux writes defaults that Git leaves out. What stands in something that Git lacks goes away with it, default or not.
  bool may_own_defaults() const {
    return entry_->manager_class == ManagerClass::Person || (entry_->manager_class == ManagerClass::Applier && below_unwanted_ == 0);
  }

  /// `{}`, as appliers write it that read objects into typed structs: the same as nothing. What live has below it has owners of its own, or is the server's.
  bool is_hollow(const json& trie, const json& live, const SchemaNode* schema, const PathNode& here) const {
    if (entry_->manager_class != ManagerClass::Applier || !is_leaf(trie) || !live.is_object()) return false;
    if (schema == nullptr) return is_one_of(here.name, {"labels", "annotations"}) && here.parent->name == "metadata";
    if (live.empty() && schema->fallback == live) return true;
    return is_built_in(pair_.group) && !schema->is_atomic() && (schema->has_free_keys() || !schema->body().fields.empty());
  }

  bool holds_keys_of_tools(const json& trie) const {
    return std::any_of(trie.items().begin(), trie.items().end(), [&](const auto& member) {
      if (member.key().size() <= 2) return false;
      const auto name = std::string_view(member.key()).substr(2);
      return is_tool_annotation(name) || name == kRestartedAt || may_be_tracking(name);
    });
  }

  bool may_be_tracking(std::string_view name) const { return tracking_key(name) != TrackingKey::None && pair_.rule_is_on(kDeployerTracking); }

  /// What a deployer writes to know its objects again. `by` null: one of the appliers by Update did, who leave no list.
  bool is_tracking(std::string_view name, const json& live, const PathNode& path, const ManagedEntry* by) {
    const bool in_metadata = path.kind == StepKind::Field && is_one_of(path.name, {"labels", "annotations"}) && path.parent->kind == StepKind::Field &&
                             path.parent->name == "metadata" && path.parent->parent->kind == StepKind::Root;
    if (!in_metadata || !may_be_tracking(name)) return false;
    const auto written_by = [&](auto is_such) {
      if (by != nullptr) return is_such(by->manager);
      return std::any_of(pair_.entries.begin(), pair_.entries.end(), [&](const ManagedEntry& entry) { return !entry.apply && is_such(entry.manager); });
    };
    const auto key = tracking_key(name);
    if (key == TrackingKey::OfArgo && !written_by(is_argo_manager)) return false;
    if (key == TrackingKey::OfHelm && (live != json("Helm") || !written_by(is_helm_manager))) return false;
    out_.notes.insert(std::string(kDeployerTracking));
    return true;
  }

  void element(const json& trie, std::string_view key, const json* desired, const json* live, const SchemaNode* schema, const PathNode& path) {
    const auto* list = schema == nullptr || schema->body().keys.empty() ? nullptr : &schema->body();
    const auto* theirs = matching(live, key, list, live_hint_);
    if (theirs == nullptr) return;
    const auto* ours = matching(desired, key, list, desired_hint_);
    const auto* item = list == nullptr ? nullptr : list->item();
    if (ours != nullptr) {
      if (!trie.empty()) children(trie, ours, theirs, item, path.keyed(*ours, list));
      return;
    }
    if (list == nullptr) {
      auto& keys = kept_.emplace_back(json::parse(key.substr(2), nullptr, false));
      return claim_element(trie, theirs, item, path.keyed(keys, nullptr));
    }
    claim_element(trie, theirs, item, path.keyed(*theirs, list));
  }

  void claim_element(const json& trie, const json* theirs, const SchemaNode* item, const PathNode& here) {
    if (owns_itself(trie) && report(here, theirs)) return;
    unwanted_children(trie, theirs, item, here);
  }

  /// Entries are sorted by key, lists mostly alike: the search goes on where the last one ended.
  static const json* matching(const json* list, std::string_view key, const SchemaNode* schema, std::size_t& hint) {
    if (list == nullptr || !list->is_array() || list->empty()) return nullptr;
    const auto size = list->size();
    if (hint >= size) hint = 0;
    for (std::size_t tried = 0; tried < size; ++tried) {
      const auto at = hint + tried < size ? hint + tried : hint + tried - size;
      if (!trie_key_matches(key, (*list)[at], schema)) continue;
      hint = at + 1;
      return &(*list)[at];
    }
    return nullptr;
  }

  void set_value(std::string_view text, const json* desired, const json* live, const PathNode& path) {
    if (live == nullptr || !live->is_array()) return;
    const auto value = json::parse(text, nullptr, false);
    if (desired != nullptr && desired->is_array() && std::find(desired->begin(), desired->end(), value) != desired->end()) return;
    const auto theirs = std::find(live->begin(), live->end(), value);
    if (theirs != live->end()) report(path.value(*theirs), &*theirs);
  }

  /// False when this entry's word doesn't count for the value as a whole.
  bool report(const PathNode& here, const json* live) {
    if (here.name == "caBundle" && here.kind == StepKind::Field && live->is_string() && entry_->manager_class != ManagerClass::Applier &&
        pair_.rule_is_on("ca-bundle")) {
      out_.notes.insert("ca-bundle");
      return true;
    }
    if (entry_->manager_class == ManagerClass::Controller) {
      out_.notes.insert(pair_.is("rbac.authorization.k8s.io", "ClusterRole") && here.name == "rules" && pair_.desired->contains("aggregationRule")
                            ? "aggregated-rules"
                            : "controller-field");
      return true;
    }
    if (entry_->manager_class == ManagerClass::Applier) {
      add(FieldOp::Stale, here, live);
      return true;
    }
    if (!counts(here)) return false;
    add(FieldOp::Added, here, live);
    return true;
  }

  /// Client-side tools own defaults, too: for them only what was really written down counts.
  bool counts(const PathNode& here) {
    if (entry_->manager == "kubectl-client-side-apply") {
      const auto* written = last_applied();
      return written != nullptr && find_at(*written, path_of(here)) != nullptr;
    }
    if (!is_one_of(entry_->manager, {"kubectl-create", "kubectl-run", "kubectl-expose"}) || entry_->time() != created()) return true;
    if (here.kind != StepKind::Field) return true;
    const auto path = path_of(here);
    return is_one_of(path.front().name, {"metadata", "data", "stringData", "binaryData"});
  }

  std::string_view created() const {
    const auto* at = member_of(member_of(pair_.live, "metadata"), "creationTimestamp");
    return at != nullptr && at->is_string() ? std::string_view(at->get_ref<const std::string&>()) : std::string_view("never");
  }

  const json* last_applied() {
    if (!read_last_applied_) {
      read_last_applied_ = true;
      const auto text = annotation(*pair_.live, kLastApplied);
      last_applied_ = text.empty() ? json() : json::parse(text, nullptr, false);
      if (last_applied_.is_object() && pair_.is("", "Secret")) {
        if (auto folded = with_string_data_folded(last_applied_)) last_applied_ = *std::move(folded);
      }
    }
    return last_applied_.is_object() ? &last_applied_ : nullptr;
  }

  /// An applier by Update leaves no list of its own: what it last wrote down says what it wanted.
  void intent() {
    const auto* wanted = last_applied();
    if (wanted == nullptr) wanted = pair_.last_synced;
    if (wanted == nullptr || !wanted->is_object()) return;
    const PathNode root;
    for (auto it = wanted->begin(); it != wanted->end(); ++it) {
      if (is_one_of(it.key(), {"apiVersion", "kind", "status"})) continue;
      const auto* ours = member_of(pair_.desired, it.key());
      const auto* theirs = member_of(pair_.live, it.key());
      if (it.key() != "metadata") {
        intended(it.key(), *it, ours, theirs, pair_.schema, root);
        continue;
      }
      const auto path = root.field("metadata");
      for (auto inner = it->begin(); inner != it->end(); ++inner) {
        if (is_compared_metadata(inner.key())) intended(inner.key(), *inner, member_of(ours, inner.key()), member_of(theirs, inner.key()), nullptr, path);
      }
    }
  }

  void intended(const std::string& name, const json& wanted, const json* ours, const json* theirs, const SchemaNode* schema, const PathNode& path) {
    if (theirs == nullptr || theirs->is_null() || wanted.is_null()) return;
    const auto here = path.field(name);
    if (path.kind == StepKind::Field && path.name == "annotations" && is_tool_annotation(name)) return;
    if (ours == nullptr && is_tracking(name, *theirs, path, nullptr)) return;
    if (ours == nullptr && wanted.is_object() && theirs->is_object() && is_one_of(name, {"annotations", "labels"}) && holds_tracking(wanted)) {
      for (auto it = wanted.begin(); it != wanted.end(); ++it) intended(it.key(), *it, nullptr, member_of(theirs, it.key()), nullptr, here);
      return;
    }
    if (ours == nullptr) {
      if (!(wanted.is_structured() && wanted.empty())) add(FieldOp::Stale, here, theirs);
      return;
    }
    const auto* inner = schema == nullptr ? nullptr : schema->field(name);
    intended_inside(wanted, ours, theirs, inner, here);
  }

  bool holds_tracking(const json& map) const {
    return std::any_of(map.items().begin(), map.items().end(), [&](const auto& member) { return may_be_tracking(member.key()); });
  }

  void intended_inside(const json& wanted, const json* ours, const json* theirs, const SchemaNode* schema, const PathNode& here) {
    if (schema != nullptr && schema->is_atomic()) return;
    if (wanted.is_object() && ours->is_object() && theirs->is_object()) {
      for (auto it = wanted.begin(); it != wanted.end(); ++it) intended(it.key(), *it, member_of(ours, it.key()), member_of(theirs, it.key()), schema, here);
    } else if (wanted.is_array() && schema != nullptr && schema->body().list == SchemaNode::List::Keyed) {
      const auto& list = schema->body();
      for (const auto& item : wanted) {
        const auto* live = find_element(*theirs, item, list);
        if (live == nullptr) continue;
        const auto* desired = find_element(*ours, item, list);
        if (desired == nullptr) {
          add(FieldOp::Stale, here.keyed(item, &list), live);
        } else {
          intended_inside(item, desired, live, list.item(), here.keyed(item, &list));
        }
      }
    }
  }

  void add(FieldOp op, const PathNode& here, const json* live) {
    FieldFinding finding;
    finding.path = path_of(here);
    for (const auto& known : out_.fields) {
      if ((known.op == FieldOp::Added || known.op == FieldOp::Stale) && starts_with_path(finding.path, known.path)) return;
    }
    finding.op = op;
    finding.live = live;
    finding.owners = owners_of_value(pair_, here);
    out_.fields.push_back(std::move(finding));
  }

  const Pair& pair_;
  Findings& out_;
  const ManagedEntry* entry_ = nullptr;
  int below_unwanted_ = 0;
  std::size_t live_hint_ = 0;
  std::size_t desired_hint_ = 0;
  bool read_last_applied_ = false;
  json last_applied_;
  std::deque<json> kept_;
};

}  // namespace

void walk_owners(const Pair& pair, Findings& out) { OwnersWalk(pair, out).run(); }

}  // namespace driftwarden
