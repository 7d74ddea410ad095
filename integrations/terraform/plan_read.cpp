// `show -json` of a plan: resource_drift is what the world did, resource_changes what Git would do about it.
#include "gitops/base/crypto.hpp"
#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"
#include "integrations/terraform/plan.hpp"
#include "integrations/terraform/values.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

namespace driftwarden::terraform {
namespace {

using nlohmann::json;

struct Actions {
  bool create = false;
  bool update = false;
  bool remove = false;
  bool forget = false;
  bool replaces() const { return create && (remove || forget); }
  bool any() const { return create || update || remove || forget; }
};

Actions actions_of(const json& change) {
  Actions actions;
  const auto& list = member_at(change, "actions");
  if (!list.is_array()) return actions;
  for (const auto& item : list) {
    if (item == "create") actions.create = true;
    if (item == "update") actions.update = true;
    if (item == "delete") actions.remove = true;
    if (item == "forget") actions.forget = true;
  }
  return actions;
}

Side before_of(const json& change) { return {&member_at(change, "before"), &member_at(change, "before_sensitive"), nullptr}; }
Side after_of(const json& change) { return {&member_at(change, "after"), &member_at(change, "after_sensitive"), &member_at(change, "after_unknown")}; }

std::string index_of(const json& resource) {
  const auto& index = member_at(resource, "index");
  if (index.is_number()) return "[" + index.dump() + "]";
  return index.is_string() ? "[" + index.dump() + "]" : std::string();
}

ObjectRef ref_of_resource(const json& resource) {
  ObjectRef ref;
  ref.group = "terraform";
  ref.kind = text_at(resource, "type");
  ref.name = std::string(text_at(resource, "name")) + index_of(resource);
  const auto deposed = text_at(resource, "deposed");
  if (!deposed.empty()) ref.name += fmt::format(" (deposed {})", deposed);
  ref.namespace_ = text_at(resource, "module_address");
  if (ref.namespace_.empty()) {
    // Older ones leave the module out: it is what stands before the type in the address.
    const auto address = text_at(resource, "address");
    const auto type = fmt::format(".{}.{}", ref.kind, text_at(resource, "name"));
    const auto at = address.rfind(type);
    if (at != std::string_view::npos && address.starts_with("module.")) ref.namespace_ = address.substr(0, at);
  }
  return ref;
}

bool is_managed(const json& resource) {
  const auto mode = text_at(resource, "mode");
  return resource.is_object() && (mode.empty() || mode == "managed") && !text_at(resource, "type").empty();
}

/// Names only; what values a state holds is nobody's business.
void addresses_below(const json& module, std::set<std::string>& addresses) {
  const auto& resources = member_at(module, "resources");
  if (resources.is_array()) {
    for (const auto& resource : resources) {
      if (is_managed(resource)) addresses.insert(std::string(text_at(resource, "address")));
    }
  }
  const auto& children = member_at(module, "child_modules");
  if (!children.is_array()) return;
  for (const auto& child : children) addresses_below(child, addresses);
}

class Reader {
 public:
  explicit Reader(const json& shown) : shown_(shown) {}

  Plan read() {
    collect_secrets();
    const auto& errored = member_at(shown_, "errored");
    plan_.errored = errored.is_boolean() && errored.get<bool>();
    count();
    // A plan that only refreshes has no such member at all.
    const bool refreshed_only = !shown_.contains("resource_changes");
    for (const auto* resource : managed("resource_drift")) drift_[std::string(text_at(*resource, "address"))] = resource;
    if (refreshed_only) {
      for (const auto& [address, resource] : drift_) add_drift(*resource);
    }
    for (const auto* resource : managed("resource_changes")) add_change(*resource);
    add_outputs();
    std::ranges::sort(plan_.objects, {}, &ObjectDrift::object);
    plan_.content = content();
    return std::move(plan_);
  }

 private:
  std::vector<const json*> managed(const char* name) const {
    std::vector<const json*> found;
    const auto& list = member_at(shown_, name);
    if (!list.is_array()) return found;
    for (const auto& resource : list) {
      if (is_managed(resource) && member_at(resource, "change").is_object()) found.push_back(&resource);
    }
    return found;
  }

  void collect_secrets() {
    for (const auto* name : {"resource_drift", "resource_changes"}) {
      for (const auto* resource : managed(name)) collect_change(member_at(*resource, "change"));
    }
    const auto& outputs = member_at(shown_, "output_changes");
    if (outputs.is_object()) {
      for (const auto& [name, change] : outputs.items()) collect_change(change);
    }
    const auto& declared = member_at(member_at(member_at(shown_, "configuration"), "root_module"), "variables");
    if (!declared.is_object()) return;
    for (const auto& [name, variable] : declared.items()) {
      if (member_at(variable, "sensitive") == true) secrets_.add_all(member_at(member_at(member_at(shown_, "variables"), name.c_str()), "value"));
    }
  }
  void collect_change(const json& change) {
    secrets_.collect(member_at(change, "before"), member_at(change, "before_sensitive"));
    secrets_.collect(member_at(change, "after"), member_at(change, "after_sensitive"));
  }

  void count() {
    std::set<std::string> addresses;
    addresses_below(member_at(member_at(member_at(shown_, "prior_state"), "values"), "root_module"), addresses);
    addresses_below(member_at(member_at(shown_, "planned_values"), "root_module"), addresses);
    for (const auto* list : {"resource_changes", "resource_drift"}) {
      for (const auto* resource : managed(list)) addresses.insert(std::string(text_at(*resource, "address")));
    }
    plan_.resources = addresses.size();
  }

  std::vector<FieldDrift> fields_of(const json& change) const { return differing_fields(before_of(change), after_of(change), secrets_); }

  /// The other way round: what the state remembers is what is wanted, what was found is live.
  std::vector<FieldDrift> drifted_fields(const json& change) const {
    return differing_fields({&member_at(change, "after"), &member_at(change, "after_sensitive"), nullptr},
                            {&member_at(change, "before"), &member_at(change, "before_sensitive"), nullptr}, secrets_);
  }

  void add_drift(const json& resource) {
    const auto& change = member_at(resource, "change");
    const auto actions = actions_of(change);
    if (!actions.any()) return;
    ObjectDrift row;
    row.object = ref_of_resource(resource);
    row.verdict = actions.remove ? Verdict::Missing : Verdict::OutOfSync;
    if (actions.remove) row.notes.emplace_back("gone");
    if (!actions.remove) row.fields = drifted_fields(change);
    for (auto& field : row.fields) field.cause = FieldCause::Live;
    // Only what nobody may see, or nothing at all: an attribute whose mark alone has changed.
    if (!actions.remove && row.fields.empty()) return;
    plan_.drifted = true;
    plan_.objects.push_back(std::move(row));
  }

  void add_change(const json& resource) {
    const auto& change = member_at(resource, "change");
    const auto actions = actions_of(change);
    const bool imports = member_at(change, "importing").is_object();
    const auto moved_from = text_at(resource, "previous_address");
    const bool moves = !moved_from.empty() && moved_from != text_at(resource, "address");
    if (!actions.any() && !imports && !moves) return;
    ObjectDrift row;
    row.object = ref_of_resource(resource);
    row.verdict = Verdict::OutOfSync;
    if (imports) row.notes.emplace_back("import");
    if (moves) row.notes.emplace_back("move");
    const auto drift = drift_.find(std::string(text_at(resource, "address")));
    const json* drifted = drift == drift_.end() ? nullptr : &member_at(*drift->second, "change");
    take_actions(actions, drifted != nullptr && actions_of(*drifted).remove, row);
    if (actions.update || actions.replaces()) take_fields(change, drifted, row);
    plan_.objects.push_back(std::move(row));
  }

  void take_actions(const Actions& actions, bool gone, ObjectDrift& row) {
    if (actions.replaces()) {
      row.notes.emplace_back("replace");
      plan_.destructive = true;
    } else if (actions.create) {
      row.verdict = Verdict::Missing;
      row.notes.emplace_back("create");
      if (gone) row.notes.emplace_back("gone");
      (gone ? plan_.drifted : plan_.pending) = true;
      return;
    } else if (actions.remove) {
      row.verdict = Verdict::Extra;
      row.notes.emplace_back("delete");
      plan_.destructive = true;
    } else if (actions.forget) {
      row.notes.emplace_back("forget");
    }
    // Of an update, its fields say whose it is.
    if (!actions.update && !actions.replaces()) plan_.pending = true;
  }

  void take_fields(const json& change, const json* drifted, ObjectDrift& row) {
    row.fields = fields_of(change);
    const auto outside = drifted == nullptr ? std::vector<FieldDrift>() : drifted_fields(*drifted);
    bool any_live = false;
    bool any_git = false;
    for (auto& field : row.fields) {
      const bool live = std::ranges::any_of(outside, [&](const FieldDrift& other) { return paths_meet(other.path, field.path); });
      field.cause = live ? FieldCause::Live : FieldCause::Git;
      (live ? any_live : any_git) = true;
    }
    plan_.drifted = plan_.drifted || any_live;
    plan_.pending = plan_.pending || any_git || !any_live;
  }

  void add_outputs() {
    const auto& outputs = member_at(shown_, "output_changes");
    if (!outputs.is_object()) return;
    for (const auto& [name, change] : outputs.items()) {
      if (actions_of(change).any()) plan_.outputs.push_back(name);
    }
  }

  /// Before anything is hidden. What differs in nothing isn't part of it.
  std::string content() const {
    std::vector<std::string> digests;
    const auto add = [&](const std::string& name, const json& change) {
      const auto actions = actions_of(change);
      if (!actions.any()) return;
      std::string text = name;
      for (const auto* member : {"actions", "before", "after", "after_unknown"}) text += "\x1f" + member_at(change, member).dump(-1, ' ', true, json::error_handler_t::replace);
      digests.push_back(sha256_hex(text));
    };
    for (const auto* resource : managed("resource_changes")) add(fmt::format("{} {}", text_at(*resource, "address"), text_at(*resource, "deposed")), member_at(*resource, "change"));
    const auto& outputs = member_at(shown_, "output_changes");
    if (outputs.is_object()) {
      for (const auto& [name, change] : outputs.items()) add("output " + name, change);
    }
    std::ranges::sort(digests);
    return sha256_hex(join(digests, "\n"));
  }

  const json& shown_;
  Plan plan_;
  SensitiveTexts secrets_;
  std::map<std::string, const json*> drift_;
};

}  // namespace

Result<Plan> read_plan(const json& shown) {
  const auto version = text_at(shown, "format_version");
  if (version.empty()) return Error{ErrorKind::InvalidInput, "that is no plan: it has no format_version"};
  if (!version.starts_with("1.") && !version.starts_with("0.")) {
    return Error{ErrorKind::InvalidInput, fmt::format("plans of format {} can't be read, only 1.x: this tool is newer than Driftwarden", version)};
  }
  try {
    return Reader(shown).read();
  } catch (const json::exception& error) {
    return Error{ErrorKind::InvalidInput, fmt::format("the plan can't be read: {}", error.what())};
  }
}

}  // namespace driftwarden::terraform
