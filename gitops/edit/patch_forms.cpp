#include "gitops/edit/patch_forms.hpp"

#include "gitops/edit/path_text.hpp"
#include "gitops/edit/yaml_style.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;
using Kind = ValueStep::Kind;

/// What a merge needs to make `before` into `after`: only what differs, null for what goes.
json merge_value(const json* before, const json& after) {
  if (before == nullptr || !before->is_object() || !after.is_object()) return after;
  auto out = json::object();
  for (const auto& [name, value] : after.items()) {
    const auto old = before->find(name);
    if (old == before->end() || *old != value) out[name] = merge_value(old == before->end() ? nullptr : &*old, value);
  }
  for (const auto& [name, value] : before->items()) {
    if (!after.contains(name)) out[name] = nullptr;
  }
  return out;
}

/// A list of maps may be merged element by element; this replaces it.
json replacing(const json& list) {
  auto out = json::array({json{{"$patch", "replace"}}});
  out.insert(out.end(), list.begin(), list.end());
  return out;
}

bool holds_maps(const json& list) { return list.is_array() && !list.empty() && list.front().is_object(); }

void add_whole(const std::string& path, const json& list, std::vector<PatchForm>& out) {
  out.push_back({path, list});
  if (holds_maps(list)) out.push_back({path, replacing(list)});
}

json removed_element(const ValueStep& step) {
  auto out = json::object();
  for (const auto& [name, value] : step.keys) out[name] = json::parse(value);
  out["$patch"] = "delete";
  return out;
}

}  // namespace

std::vector<PatchForm> patch_forms(const Target& target) {
  std::vector<PatchForm> out;
  auto steps = parse_value_path(target.edit.path);
  if (!steps) return out;
  const auto wanted = target.edit.json ? json::parse(*target.edit.json, nullptr, false) : json();
  const auto* after = target.edit.json ? &wanted : nullptr;
  const bool by_position = std::any_of(steps->begin(), steps->end(), [](const auto& step) { return step.kind == Kind::Index || step.kind == Kind::SetValue; });
  if (!by_position) {
    if (after != nullptr) {
      out.push_back({target.edit.path, merge_value(find_value(*target.before, target.edit.path), *after)});
    } else {
      out.push_back({target.edit.path, steps->back().kind == Kind::Element ? removed_element(steps->back()) : json()});
    }
  }
  if (holds_maps(after == nullptr ? json() : *after) && !by_position) out.push_back({target.edit.path, replacing(*after)});
  // The lists on the way, the innermost first.
  for (auto size = steps->size(); size > 0; --size) {
    if ((*steps)[size - 1].kind == Kind::Field) continue;
    const auto list = path_text({steps->begin(), steps->begin() + static_cast<std::ptrdiff_t>(size - 1)});
    const auto* whole = list.empty() ? nullptr : find_value(*target.after, list);
    if (whole != nullptr) add_whole(list, *whole, out);
  }
  return out;
}

json patch_head(const ObjectRef& object, const std::string& name, const std::string& name_space) {
  json head{{"apiVersion", object.api_version()}, {"kind", object.kind}, {"metadata", {{"name", name}}}};
  if (!name_space.empty()) head["metadata"]["namespace"] = name_space;
  return head;
}

std::string new_yaml(const json& value) { return block_text(value, 0, YamlStyle{}) + "\n"; }

}  // namespace driftwarden
