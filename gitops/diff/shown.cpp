#include "gitops/diff/shown.hpp"

#include "gitops/diff/prepare.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

/// The smallest object around the value that the redactor understands: {"kind", "data": {name: value}}.
json wrapped(const json& value, const Path& path, std::string_view core_kind) {
  json object{{"kind", core_kind}};
  if (path.size() == 1) {
    object[path[0].name] = value;
  } else {
    object[path[0].name] = json::object({{path[1].name, value}});
  }
  return object;
}

bool in_data(const Path& path) {
  return !path.empty() && path[0].kind == StepKind::Field && (path[0].name == "data" || path[0].name == "stringData" || path[0].name == "binaryData");
}

/// `value` of a list element whose `name` is sensitive: an environment variable, also in a list that isn't keyed by name.
bool is_sensitive_variable(const Path& path, const json& object) {
  if (path.size() < 2 || path.back().kind != StepKind::Field || path.back().name != "value") return false;
  const auto* variable = find_at(object, Path(path.begin(), path.end() - 1));
  if (variable != nullptr && variable->is_object()) {
    const auto name = variable->find("name");
    if (name != variable->end() && name->is_string() && Redactor::is_sensitive_name(name->get_ref<const std::string&>())) return true;
  }
  const auto& keys = path[path.size() - 2].keys;
  return std::any_of(keys.begin(), keys.end(), [](const PathStep::Key& key) {
    return key.name == "name" && key.value.is_string() && Redactor::is_sensitive_name(key.value.get_ref<const std::string&>());
  });
}

json without_tool_annotations(const json& annotations) {
  auto left = json::object();
  for (const auto& [name, text] : annotations.items()) {
    if (!is_tool_annotation(name)) left[name] = text;
  }
  return left;
}

/// One of a program's arguments: what stands before it says whether it is a secret.
std::optional<json> as_argument(const json& value, const Path& path, const json& object, const Redactor& redactor) {
  if (path.size() < 2 || path.back().kind != StepKind::Index || path[path.size() - 2].kind != StepKind::Field) return std::nullopt;
  const auto& name = path[path.size() - 2].name;
  if (name != "args" && name != "command") return std::nullopt;
  const auto* list = find_at(object, Path(path.begin(), path.end() - 1));
  if (list == nullptr || !list->is_array()) return std::nullopt;
  const auto found = std::ranges::find(*list, value);
  if (found == list->end()) return std::nullopt;
  const auto all = redactor.redact(json::object({{name, *list}}))[name];
  // Of equal ones the most hidden is shown.
  for (std::size_t i = 0; i < list->size(); ++i) {
    if ((*list)[i] == value && all[i] != value) return all[i];
  }
  return all[static_cast<std::size_t>(found - list->begin())];
}

json redacted(const json& value, const Path& path, const json& object, std::string_view core_kind, const Redactor& redactor) {
  if ((core_kind == "Secret" || core_kind == "ConfigMap") && in_data(path)) {
    const auto data = redactor.redact(wrapped(value, path, core_kind));
    return path.size() == 1 ? data[path[0].name] : data[path[0].name][path[1].name];
  }
  // A whole map of annotations may hold last-applied-configuration, and with it all that a Secret holds.
  if (path.size() == 2 && path[0].name == "metadata" && path[1].name == "annotations" && value.is_object()) return without_tool_annotations(value);
  if (is_sensitive_variable(path, object)) return redactor.digest(value.is_string() ? value.get<std::string>() : value.dump());
  if (const auto argument = as_argument(value, path, object, redactor)) return *argument;
  if (path.empty() || path.back().kind != StepKind::Field) return redactor.redact(value);
  // With its name: a field called so is a secret.
  const auto& name = path.back().name;
  return redactor.redact(json::object({{name, value}}))[name];
}

}  // namespace

std::optional<std::string> shown(const json* value, const Path& path, const json& object, std::string_view core_kind, const Redactor& redactor) {
  if (value == nullptr) return std::nullopt;
  return redacted(*value, path, object, core_kind, redactor).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace driftwarden
