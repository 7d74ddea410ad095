#include "gitops/drift/as_live.hpp"

#include "gitops/manifest/value_path.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {

using nlohmann::json;

std::vector<Manifest> as_live_is(std::vector<Manifest> desired, const DriftReport& report) {
  for (const auto& drift : report.objects) {
    if (drift.verdict == Verdict::Missing) std::erase_if(desired, [&](const Manifest& manifest) { return same_object(manifest.ref, drift.object); });
    const auto found = std::ranges::find_if(desired, [&](const Manifest& manifest) { return same_object(manifest.ref, drift.object); });
    if (drift.verdict != Verdict::OutOfSync || found == desired.end()) continue;
    auto body = *found->body;
    for (const auto& field : drift.fields) {
      const auto live = field.live ? json::parse(*field.live, nullptr, false) : json(json::value_t::discarded);
      // One that can't be placed is left out: a tier too low by it is still shown by the diff.
      (void)set_value(body, field.path, live.is_discarded() ? nullptr : &live);
    }
    found->body = std::make_shared<const json>(std::move(body));
  }
  return desired;
}

void add_extras(const DriftReport& report, const std::function<JsonPtr(const ObjectRef&)>& live, std::vector<Manifest>& objects) {
  for (const auto& drift : report.objects) {
    if (drift.verdict != Verdict::Extra) continue;
    if (auto body = live(drift.object)) objects.push_back({drift.object, std::move(body), "", 0});
  }
}

}  // namespace driftwarden
