#include "bot/change/value_guard.hpp"

#include "bot/change/plan_parts.hpp"
#include "gitops/base/text.hpp"
#include "gitops/edit/path_text.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/manifest/value_path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>
#include <span>

namespace driftwarden::planning {
namespace {

using nlohmann::json;
using Steps = std::span<const ValueStep>;

constexpr std::size_t kMaxValue = 64U << 10U;
constexpr int kTextsInTexts = 3;

bool is_field(const ValueStep& step, std::string_view name) { return step.kind == ValueStep::Kind::Field && step.name == name; }

bool is_at_or_below(Steps steps, std::initializer_list<std::string_view> above) {
  return steps.size() >= above.size() && std::equal(above.begin(), above.end(), steps.begin(), [](std::string_view name, const ValueStep& step) { return is_field(step, name); });
}

/// .password, .data["API_TOKEN"], .env[name="DB_PASSWORD"].value, .secretGenerator[0].literals
bool sounds_secret(Steps steps) {
  if (steps.empty()) return false;
  if (steps.back().kind == ValueStep::Kind::Field && Redactor::is_sensitive_name(steps.back().name)) return true;
  if (std::ranges::any_of(steps, [](const ValueStep& step) { return is_field(step, "secretGenerator"); })) return true;
  const bool of_element = steps.size() > 1 && is_field(steps.back(), "value") && steps[steps.size() - 2].kind == ValueStep::Kind::Element;
  return of_element && std::ranges::any_of(steps[steps.size() - 2].keys, [](const auto& key) { return Redactor::is_sensitive_name(key.second); });
}

/// A member that names a secret doesn't hold it: secretName, secretRef, a toleration's key, tokenExpirationSeconds.
bool holds_secret(const std::string& name, const json& value) {
  if (name == "secretGenerator") return true;
  if (!(value.is_string() || value.is_number()) || value == "" || !Redactor::is_sensitive_name(name)) return false;
  const auto lower = to_lower(name);
  return lower != "key" && lower != "topologykey" && !lower.ends_with("name") && !lower.ends_with("ref") && !lower.ends_with("seconds");
}

bool has_secret(const json& value, int depth);

/// A patch, or a file in a ConfigMap.
bool has_secret_inside(const std::string& text, int depth) {
  if (depth == 0 || text.find(':') == std::string::npos) return false;
  const auto documents = parse_yaml(text, "the value");
  return documents && std::ranges::any_of(*documents, [&](const json& document) { return document.is_structured() && has_secret(document, depth - 1); });
}

bool has_secret(const json& value, int depth) {
  if (value.is_string()) return has_secret_inside(value.get_ref<const std::string&>(), depth);
  if (!value.is_structured()) return false;
  static const Redactor kRedactor("any");
  if (value.is_object() && kRedactor.redact(value) != value) return true;
  for (const auto& item : value.items()) {
    if (value.is_object() && holds_secret(item.key(), item.value())) return true;
    if (has_secret(item.value(), depth)) return true;
  }
  return false;
}

/// What is shown redacted, and would say something else than before.
bool changes_secret(const json& before, const json& after) {
  static const Redactor kRedactor("any");
  const auto old_values = kRedactor.redact(before).flatten();
  const auto new_values = kRedactor.redact(after).flatten();
  for (const auto& [pointer, value] : new_values.items()) {
    if (!value.is_string() || value.get_ref<const std::string&>().find("hmac:") == std::string::npos) continue;
    const auto old = old_values.find(pointer);
    if (old == old_values.end() || *old != value) return true;
  }
  return false;
}

/// What makes the object that object, and what only the cluster says.
Result<void> check_field(const ObjectRef& object, Steps steps) {
  const auto path = shown(path_text({steps.begin(), steps.end()}));
  const bool secret = object.group.empty() && object.kind == "Secret" && (is_at_or_below(steps, {"data"}) || is_at_or_below(steps, {"stringData"}));
  if (secret) return refused(fmt::format("{} is secret: its values don't go through chat into Git", to_string(object)));
  const bool identity = is_at_or_below(steps, {"apiVersion"}) || is_at_or_below(steps, {"kind"}) || is_at_or_below(steps, {"metadata", "name"}) || is_at_or_below(steps, {"metadata", "namespace"});
  if (identity) return refused(fmt::format("{} is what {} is known by: that would delete it and make another", path, to_string(object)));
  const bool whole = steps.size() == 1 && (is_field(steps.front(), "metadata") || is_field(steps.front(), "spec"));
  if (whole || is_at_or_below(steps, {"status"})) return refused(fmt::format("{} as a whole can't be set: name a field of it", path));
  return Result<void>{};
}

bool is_object_of_its_own(const json& value) { return value.is_object() && value.contains("apiVersion") && value.contains("kind"); }

/// Also of the objects that a List holds.
Result<void> check_fields(const json& document, Steps steps) {
  if (document.is_object()) CHECK_OK(check_field(ref_of(document), steps));
  for (std::size_t i = 1; i < steps.size(); ++i) {
    const auto pointer = json_pointer(document, path_text({steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(i)}));
    if (!pointer) break;
    const auto& inner = document.at(json::json_pointer(*pointer));
    if (is_object_of_its_own(inner)) CHECK_OK(check_field(ref_of(inner), steps.subspan(i)));
  }
  return Result<void>{};
}

void add_identities(const json& value, std::vector<std::string>& out) {
  if (!is_object_of_its_own(value)) return;
  const auto version = value.at("apiVersion");
  out.push_back(version.dump() + " " + object_id(ref_of(value)));
  const auto items = value.find("items");
  if (items == value.end() || !items->is_array()) return;
  for (const auto& item : *items) add_identities(item, out);
}

std::vector<std::string> identities(const json& document) {
  std::vector<std::string> out;
  add_identities(document, out);
  return out;
}

/// An element that the path makes has the keys by which the path names it.
json wanted_value(const SetRequest& request, Steps steps) {
  auto value = json::parse(request.value, nullptr, false);
  if (steps.empty() || !value.is_object()) return value;
  for (const auto& [name, text] : steps.back().keys) {
    if (!value.contains(name)) value[name] = json::parse(text, nullptr, false);
  }
  return value;
}

}  // namespace

Result<void> check_value(const SetRequest& request) {
  if (request.path.empty()) return refused("no path was given: like .spec.minReadySeconds");
  TRY(const auto steps, parse_value_path(request.path));
  if (sounds_secret(steps) && !request.value.empty()) return refused(fmt::format("{} sounds secret: such values don't go through chat into Git", shown(request.path)));
  if (request.value.size() > kMaxValue) return refused("the value is too long");
  if (request.value.empty()) return Result<void>{};
  const auto value = wanted_value(request, steps);
  if (value.is_discarded()) return refused(fmt::format("{} is no value", shown(request.value)));
  if (has_secret(value, kTextsInTexts)) return refused(fmt::format("what {} shall be holds something that sounds secret: such values don't go through chat into Git", shown(request.path)));
  return Result<void>{};
}

Result<void> check_set(const json& document, const SetRequest& request) {
  TRY(const auto steps, parse_value_path(request.path));
  CHECK_OK(check_fields(document, steps));
  auto after = document;
  const auto value = request.value.empty() ? json() : wanted_value(request, steps);
  CHECK_OK(set_value(after, request.path, request.value.empty() ? nullptr : &value));
  return check_outcome(document, after, request);
}

Result<void> check_outcome(const json& before, const json& after, const SetRequest& request) {
  if (identities(after) != identities(before)) return refused(fmt::format("{} is what objects are known by: that would delete one and make another", shown(request.path)));
  if (!request.value.empty() && changes_secret(before, after)) return refused(fmt::format("{} sounds secret: such values don't go through chat into Git", shown(request.path)));
  return Result<void>{};
}

}  // namespace driftwarden::planning
