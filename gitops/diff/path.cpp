#include "gitops/diff/path.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

bool is_plain_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

std::string as_text(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

bool has_keys(const json& element, const PathStep& step) {
  if (!element.is_object()) return false;
  return std::all_of(step.keys.begin(), step.keys.end(), [&](const PathStep::Key& key) {
    const auto found = element.find(key.name);
    return found == element.end() ? key.fallback : *found == key.value;
  });
}

const json* child(const json& value, const PathStep& step) {
  switch (step.kind) {
    case StepKind::Field: {
      if (!value.is_object()) return nullptr;
      const auto found = value.find(step.name);
      return found == value.end() ? nullptr : &*found;
    }
    case StepKind::Element:
    case StepKind::Value: {
      if (!value.is_array()) return nullptr;
      const auto found =
          std::find_if(value.begin(), value.end(), [&](const json& item) { return step.kind == StepKind::Value ? item == step.value : has_keys(item, step); });
      return found == value.end() ? nullptr : &*found;
    }
    case StepKind::Index: return value.is_array() && step.index < value.size() ? &value[step.index] : nullptr;
    default: return &value;
  }
}

}  // namespace

const json* key_of(const json& element, const SchemaNode::Key& key) {
  if (!element.is_object()) return nullptr;
  if (const auto found = element.find(key.name); found != element.end() && !found->is_null()) return &*found;
  return key.fallback.is_null() ? nullptr : &key.fallback;
}

bool same_keys(const json& a, const json& b, const SchemaNode& list) {
  for (const auto& key : list.keys) {
    const auto* left = key_of(a, key);
    const auto* right = key_of(b, key);
    if (left == nullptr || right == nullptr) {
      if (left != right) return false;
    } else if (*left != *right) {
      return false;
    }
  }
  return true;
}

const json* find_element(const json& list, const json& like, const SchemaNode& schema) {
  if (!list.is_array()) return nullptr;
  const auto found = std::find_if(list.begin(), list.end(), [&](const json& item) { return same_keys(item, like, schema); });
  return found == list.end() ? nullptr : &*found;
}

Path path_of(const PathNode& node) {
  Path path;
  for (const auto* at = &node; at->kind != StepKind::Root; at = at->parent) {
    PathStep step;
    step.kind = at->kind;
    step.name = at->name;
    step.index = at->index;
    if (at->kind == StepKind::Value) step.value = *at->element;
    if (at->kind == StepKind::Element && at->list != nullptr) {
      for (const auto& key : at->list->keys) {
        if (const auto* value = key_of(*at->element, key)) step.keys.push_back({key.name, *value, *value == key.fallback});
      }
    } else if (at->kind == StepKind::Element && at->element->is_object()) {
      for (const auto& [name, value] : at->element->items()) step.keys.push_back({name, value, false});
    }
    path.push_back(std::move(step));
  }
  std::reverse(path.begin(), path.end());
  return path;
}

std::string to_string(const Path& path) {
  std::string text;
  for (const auto& step : path) {
    switch (step.kind) {
      case StepKind::Field: text += is_plain_name(step.name) ? "." + step.name : "[" + as_text(step.name) + "]"; break;
      case StepKind::Index: text += fmt::format("[{}]", step.index); break;
      case StepKind::Value: text += "[=" + as_text(step.value) + "]"; break;
      case StepKind::Element: {
        text += '[';
        for (const auto& key : step.keys) text += (&key == &step.keys.front() ? "" : ",") + key.name + "=" + as_text(key.value);
        text += ']';
        break;
      }
      default: break;
    }
  }
  return text;
}

const json* find_at(const json& object, const Path& path) { return find_at(object, path, path.size()); }

const json* find_at(const json& object, const Path& path, std::size_t steps) {
  const json* value = &object;
  for (std::size_t i = 0; i < steps && value != nullptr; ++i) value = child(*value, path[i]);
  return value;
}

}  // namespace driftwarden
