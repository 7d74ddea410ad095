#pragma once
// Digests that say "nothing moved" cheaply. In-process only: never stored. Internal to gitops/drift.
#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string_view>

namespace driftwarden {

std::uint64_t mix(std::uint64_t seed, std::uint64_t value);
std::uint64_t text_digest(std::string_view text);
/// Of the whole value. Never 0.
std::uint64_t value_digest(const nlohmann::json& value);
/// Of all that a comparison looks at: not of status, resourceVersion, generation or what only status writers own. Never 0.
std::uint64_t content_hash(const nlohmann::json& object);

}  // namespace driftwarden
