#pragma once
// What a plain YAML scalar means to kubectl: go-yaml v2 as sigs.k8s.io/yaml carries it (drift.md, fact 13).
#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace driftwarden {

/// The value of a plain scalar. Infinity and NaN come back as JSON floats; the caller refuses them, JSON can't hold them.
nlohmann::json resolve_plain_scalar(std::string_view text);
/// The text of a map key that isn't a string, or nothing where Kubernetes refuses it (null).
std::optional<std::string> key_text(const nlohmann::json& key);
/// True when a plain scalar of this text would be read back as exactly this string.
bool is_plain_string(std::string_view text);

}  // namespace driftwarden
