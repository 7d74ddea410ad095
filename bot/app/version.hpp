#pragma once

namespace driftwarden {

inline constexpr const char* kProgramVersion = "0.1.0";

}  // namespace driftwarden
