#pragma once
// What tools of the user's run with that need no network: those that render and those that judge.
#include "integrations/process/process.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace driftwarden::process {

/// All that they keep lies below `home` (its "tmp" must be there), and whom they would call over HTTP isn't there.
std::map<std::string, std::string> quiet_environment(const std::string& home);

inline constexpr std::uint64_t kToolFileBytes = 256ULL << 20U;
/// A small overlay can ask for a huge output, and a chart can loop.
Limits tool_limits(std::uint64_t memory_bytes, Duration timeout);

/// "/etc/x" of "--config=/etc/x" and of a shell's text.
std::vector<std::string> absolute_paths_in(const std::vector<std::string>& argv);

}  // namespace driftwarden::process
