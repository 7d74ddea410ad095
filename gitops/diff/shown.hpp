#pragma once
// Values as they may be shown: compact JSON, redacted (drift.md section 6). Internal to gitops/diff.
#include "gitops/diff/path.hpp"
#include "gitops/manifest/manifest.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace driftwarden {

/// `core_kind` is the kind of an object of the core group, "" for others.
std::optional<std::string> shown(const nlohmann::json* value, const Path& path, std::string_view core_kind, const Redactor& redactor);

}  // namespace driftwarden
