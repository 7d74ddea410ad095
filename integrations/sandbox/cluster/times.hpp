#pragma once
#include "gitops/base/clock.hpp"

#include <string>

namespace driftwarden::sandbox::cluster {

/// RFC 3339 in UTC to the second, as metadata has it.
std::string second_text(WallTime now);

}  // namespace driftwarden::sandbox::cluster
