#pragma once
// Logs may hold what no filter knows: who read them, and whose, is kept.
#include "bot/conversation/handlers.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// Lines of logs that came with another answer; `with` names it: "why", "ask".
AuditEntry logs_read_entry(const Call& call, const std::vector<std::string>& sources, std::string_view with);
/// ["web-1/app","web-2/app"]
std::string json_list(const std::vector<std::string>& texts);

}  // namespace driftwarden
