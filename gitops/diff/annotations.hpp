#pragma once
#include <string_view>

namespace driftwarden {

/// On every object that a Change applied: which one did last ("C-12"). Ours, so never drift.
inline constexpr std::string_view kChangeAnnotation = "driftwarden.io/change";

}  // namespace driftwarden
