// A plan for programs that only count resources: what is sensitive goes first, wherever Terraform repeats it.
#include "gitops/base/members.hpp"
#include "integrations/terraform/invoke.hpp"
#include "integrations/terraform/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace driftwarden::terraform {
namespace {

using nlohmann::json;

/// A member that can be altered; null where there is none.
json* part_of(json* object, const char* key) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(key);
  return found == object->end() ? nullptr : &*found;
}

void blank_marked(json& value, const json& marks) {
  if (marks.is_boolean() && marks.get<bool>()) {
    value = nullptr;
  } else if (marks.is_object() && value.is_object()) {
    for (const auto& [key, below] : marks.items()) {
      if (const auto found = value.find(key); found != value.end()) blank_marked(*found, below);
    }
  } else if (marks.is_array() && value.is_array()) {
    for (std::size_t at = 0; at < std::min(marks.size(), value.size()); ++at) blank_marked(value[at], marks[at]);
  }
}

class Stripper {
 public:
  explicit Stripper(json& plan) : plan_(plan) {}

  void run() {
    for (const char* key : {"resource_changes", "resource_drift"}) take_changes(part_of(&plan_, key));
    take_module(part_of(part_of(&plan_, "planned_values"), "root_module"));
    take_module(part_of(part_of(part_of(&plan_, "prior_state"), "values"), "root_module"));
    take_variables();
    drop(&plan_, "output_changes");
    drop(part_of(&plan_, "planned_values"), "outputs");
    drop(part_of(part_of(&plan_, "prior_state"), "values"), "outputs");
    blank_texts(plan_);
  }

 private:
  static void drop(json* object, const char* key) {
    if (object != nullptr && object->is_object()) object->erase(key);
  }

  void take(json* value, const json& marks) {
    if (value == nullptr) return;
    secrets_.collect(*value, marks);
    blank_marked(*value, marks);
  }

  void take_changes(json* changes) {
    if (changes == nullptr || !changes->is_array()) return;
    for (auto& item : *changes) {
      auto* change = part_of(&item, "change");
      if (change == nullptr) continue;
      take(part_of(change, "before"), member_at(*change, "before_sensitive"));
      take(part_of(change, "after"), member_at(*change, "after_sensitive"));
    }
  }

  void take_module(json* module) {
    auto* resources = part_of(module, "resources");
    for (auto& resource : resources != nullptr && resources->is_array() ? *resources : none_) take(part_of(&resource, "values"), member_at(resource, "sensitive_values"));
    auto* children = part_of(module, "child_modules");
    for (auto& child : children != nullptr && children->is_array() ? *children : none_) take_module(&child);
  }

  void take_variables() {
    const auto& declared = member_at(member_at(member_at(plan_, "configuration"), "root_module"), "variables");
    auto* given = part_of(&plan_, "variables");
    if (!declared.is_object() || given == nullptr) return;
    for (const auto& [name, variable] : declared.items()) {
      if (member_at(variable, "sensitive") != true) continue;
      if (auto* value = part_of(part_of(given, name.c_str()), "value")) {
        secrets_.add_all(*value);
        *value = nullptr;
      }
    }
  }

  void blank_texts(json& value) {
    if (value.is_string()) {
      if (secrets_.is_in(value.get_ref<const std::string&>())) value = nullptr;
      return;
    }
    for (auto at = value.begin(); value.is_object() && at != value.end();) at = secrets_.is_in(at.key()) ? value.erase(at) : std::next(at);
    if (value.is_structured()) {
      for (auto& item : value) blank_texts(item);
    }
  }

  json& plan_;
  json none_ = json::array();
  SensitiveTexts secrets_;
};

}  // namespace

std::string plan_for_others(json shown) {
  Stripper(shown).run();
  return shown.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace driftwarden::terraform
