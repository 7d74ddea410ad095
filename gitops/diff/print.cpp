#include "gitops/diff/print.hpp"

#include "gitops/base/text.hpp"
#include "gitops/manifest/manifest.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

json value_of(const std::string& text) {
  auto value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json(text) : value;
}

json to_json(const FieldDrift& field) {
  json out{{"path", field.path}, {"op", to_string(field.op)}, {"by", nullptr}, {"cause", to_string(field.cause)}};
  if (field.by) out["by"] = *field.by;
  if (field.desired) out["desired"] = value_of(*field.desired);
  if (field.live) out["live"] = value_of(*field.live);
  if (field.time) out["time"] = format_time(*field.time);
  return out;
}

}  // namespace

json to_json(const ObjectDrift& drift) {
  json object{{"apiVersion", drift.object.api_version()}, {"kind", drift.object.kind}, {"name", drift.object.name}};
  if (!drift.object.namespace_.empty()) object["namespace"] = drift.object.namespace_;
  auto fields = json::array();
  for (const auto& field : drift.fields) fields.push_back(to_json(field));
  return json{{"object", std::move(object)}, {"verdict", to_string(drift.verdict)}, {"fields", std::move(fields)}, {"notes", drift.notes}};
}

std::string unified_yaml_diff(const json& desired, const json& live) {
  return unified_text_diff(live.is_null() ? std::string() : to_yaml(live), desired.is_null() ? std::string() : to_yaml(desired));
}

}  // namespace driftwarden
