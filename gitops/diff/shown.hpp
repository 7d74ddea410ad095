#pragma once
// Values as they may be shown: compact JSON, redacted (drift.md section 6). Internal to gitops/diff.
#include "gitops/diff/path.hpp"
#include "gitops/manifest/manifest.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace driftwarden {

/// `object` is what holds the value at `path`; `core_kind` is its kind when it is of the core group, "" for others.
std::optional<std::string> shown(const nlohmann::json* value, const Path& path, const nlohmann::json& object, std::string_view core_kind,
                                 const Redactor& redactor);

}  // namespace driftwarden
