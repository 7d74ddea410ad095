// What the cluster would get, as text.
#include "bot/change/plan.hpp"
#include "bot/change/plan_parts.hpp"
#include "gitops/diff/drift_diff.hpp"
#include "gitops/diff/print.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {

using planning::find_manifest;

std::string effect_text(const std::vector<Manifest>& before, const std::vector<Manifest>& after, const Redactor& redactor) {
  std::string text;
  const auto add = [&](const ObjectRef& ref, const nlohmann::json& from, const nlohmann::json& to) {
    const auto diff = unified_yaml_diff(to, from);
    if (!diff.empty()) text += fmt::format("{}\n{}", to_string(ref), diff);
  };
  for (const auto& manifest : after) {
    const auto* old = find_manifest(before, manifest.ref);
    add(manifest.ref, old == nullptr ? nlohmann::json() : redactor.redact(*old->body), redactor.redact(*manifest.body));
  }
  for (const auto& manifest : before) {
    if (find_manifest(after, manifest.ref) == nullptr) add(manifest.ref, redactor.redact(*manifest.body), nlohmann::json());
  }
  return text;
}

std::string undo_text(const DriftReport& report, const std::vector<Manifest>& desired, const std::function<JsonPtr(const ObjectRef&)>& live, const Redactor& redactor) {
  std::string text;
  for (const auto& drift : report.objects) {
    const auto* manifest = find_manifest(desired, drift.object);
    const auto object = live(drift.object);
    const auto desired_json = manifest == nullptr ? nlohmann::json() : redactor.redact(*manifest->body);
    const auto live_json = object == nullptr ? nlohmann::json() : redactor.redact(*object);
    text += fmt::format("{}\n{}\n", to_string(drift.object), drift_diff(manifest == nullptr ? nullptr : &desired_json, object == nullptr ? nullptr : &live_json, drift));
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace driftwarden
