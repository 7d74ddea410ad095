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

json redacted(const json& value, const Path& path, const json& object, std::string_view core_kind, const Redactor& redactor) {
  if ((core_kind == "Secret" || core_kind == "ConfigMap") && in_data(path)) {
    const auto data = redactor.redact(wrapped(value, path, core_kind));
    return path.size() == 1 ? data[path[0].name] : data[path[0].name][path[1].name];
  }
  // A whole map of annotations may hold last-applied-configuration, and with it all that a Secret holds.
  if (path.size() == 2 && path[0].name == "metadata" && path[1].name == "annotations" && value.is_object()) return without_tool_annotations(value);
  if (is_sensitive_variable(path, object)) return redactor.digest(value.is_string() ? value.get<std::string>() : value.dump());
  return redactor.redact(value);
}

}  // namespace

std::optional<std::string> shown(const json* value, const Path& path, const json& object, std::string_view core_kind, const Redactor& redactor) {
  if (value == nullptr) return std::nullopt;
  return redacted(*value, path, object, core_kind, redactor).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace driftwarden
