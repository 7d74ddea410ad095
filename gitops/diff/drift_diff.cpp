#include "gitops/diff/drift_diff.hpp"

#include "gitops/diff/print.hpp"
#include "gitops/manifest/value_path.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

/// stringData is compared as what it becomes. Values are digests here, equal for both spellings.
json with_string_data_as_data(json manifest) {
  const auto strings = manifest.find("stringData");
  if (strings == manifest.end() || !strings->is_object() || manifest.value("kind", json()) != "Secret") return manifest;
  const auto folded = *strings;
  manifest.erase("stringData");
  auto& data = manifest["data"];
  if (!data.is_object()) data = json::object();
  data.update(folded);
  return manifest;
}

/// Git's manifest with every drifted field as it is live.
json as_live(json manifest, const ObjectDrift& drift) {
  for (const auto& field : drift.fields) {
    const auto live = field.live ? json::parse(*field.live, nullptr, false) : json();
    if (live.is_discarded() || !set_value(manifest, field.path, field.live ? &live : nullptr)) return json();
  }
  return manifest;
}

json without_server_fields(json object) {
  object.erase("status");
  if (auto metadata = object.find("metadata"); metadata != object.end() && metadata->is_object()) {
    for (const auto* key : {"managedFields", "resourceVersion", "uid", "generation", "creationTimestamp"}) metadata->erase(key);
  }
  return object;
}

}  // namespace

std::string drift_diff(const json* desired, const json* live, const ObjectDrift& drift) {
  std::string text;
  const auto shown = desired == nullptr ? json() : with_string_data_as_data(*desired);
  if (desired == nullptr) {
    // What isn't ours stays where it is.
    if (live != nullptr && drift.verdict != Verdict::Untracked) text = unified_yaml_diff(json(), without_server_fields(*live));
  } else if (drift.verdict == Verdict::Missing) {
    text = unified_yaml_diff(*desired, json());
  } else if (const auto laid_over = as_live(shown, drift); !laid_over.is_null()) {
    text = unified_yaml_diff(shown, laid_over);
  }
  if (text.empty()) text = to_text(drift);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace driftwarden
