#include "gitops/drift/digest.hpp"

#include "gitops/base/members.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>

namespace driftwarden {
namespace {

using nlohmann::json;

std::uint64_t hash_value(const json& value, std::uint64_t seed) {
  seed = mix(seed, static_cast<std::uint64_t>(value.type()));
  if (value.is_string()) return mix(seed, text_digest(value.get_ref<const std::string&>()));
  if (value.is_boolean()) return mix(seed, value.get<bool>() ? 1 : 2);
  if (value.is_number_float()) return mix(seed, std::hash<double>{}(value.get<double>()));
  if (value.is_number()) return mix(seed, value.get<std::uint64_t>());
  if (value.is_array()) {
    for (const auto& item : value) seed = hash_value(item, seed);
  } else if (value.is_object()) {
    for (auto it = value.begin(); it != value.end(); ++it) seed = hash_value(*it, mix(seed, text_digest(it.key())));
  }
  return mix(seed, 3);
}

std::uint64_t hash_managed(const json& entries, std::uint64_t seed) {
  for (const auto& entry : entries) {
    if (!entry.is_object() || text_at(entry, "subresource") == "status") continue;
    seed = mix(seed, text_digest(text_at(entry, "manager")));
    seed = mix(seed, text_digest(text_at(entry, "operation")));
    if (const auto fields = entry.find("fieldsV1"); fields != entry.end()) seed = hash_value(*fields, seed);
  }
  return seed;
}

std::uint64_t hash_metadata(const json& metadata, std::uint64_t seed) {
  for (auto inner = metadata.begin(); inner != metadata.end(); ++inner) {
    if (inner.key() == "resourceVersion" || inner.key() == "generation") continue;
    seed = mix(seed, text_digest(inner.key()));
    seed = inner.key() == "managedFields" ? hash_managed(*inner, seed) : hash_value(*inner, seed);
  }
  return seed;
}

std::uint64_t not_zero(std::uint64_t digest) { return digest == 0 ? 1 : digest; }

}  // namespace

std::uint64_t mix(std::uint64_t seed, std::uint64_t value) {
  auto x = seed ^ (value + 0x9E3779B97F4A7C15ULL + (seed << 6U) + (seed >> 2U));
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

std::uint64_t text_digest(std::string_view text) { return std::hash<std::string_view>{}(text); }

std::uint64_t value_digest(const json& value) { return not_zero(hash_value(value, 29)); }

std::uint64_t content_hash(const json& object) {
  std::uint64_t seed = 17;
  for (auto it = object.begin(); it != object.end(); ++it) {
    if (it.key() == "status") continue;
    seed = mix(seed, text_digest(it.key()));
    seed = it.key() == "metadata" && it->is_object() ? hash_metadata(*it, seed) : hash_value(*it, seed);
  }
  return not_zero(seed);
}

}  // namespace driftwarden
