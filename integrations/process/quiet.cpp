#include "integrations/process/quiet.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

namespace driftwarden::process {
namespace {

constexpr std::uint64_t kLeastCpuSeconds = 60;
/// Threads count, too: Go's tools have some dozens each.
constexpr std::uint64_t kProcesses = 512;

}  // namespace

std::map<std::string, std::string> quiet_environment(const std::string& home) {
  std::map<std::string, std::string> all{
      {"HOME", home},
      {"TMPDIR", home + "/tmp"},
      {"XDG_CACHE_HOME", home + "/cache"},
      {"XDG_CONFIG_HOME", home + "/config"},
      {"XDG_DATA_HOME", home + "/data"},
      {"KUBECONFIG", "/dev/null"},
      {"LANG", "C.UTF-8"},
      {"GIT_ALLOW_PROTOCOL", "none"},  // whatever a tool thinks of fetching
      {"GIT_TERMINAL_PROMPT", "0"},
  };
  // Nobody listens there: what a tool would fetch over HTTP fails at once.
  for (const auto* name : {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"}) all[name] = "http://127.0.0.1:9";
  return all;
}

Limits tool_limits(std::uint64_t memory_bytes, Duration timeout) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(timeout).count();
  Limits limits;
  limits.processes = kProcesses;
  limits.address_space_bytes = memory_bytes;
  limits.cpu_seconds = std::max(kLeastCpuSeconds, seconds > 0 ? static_cast<std::uint64_t>(seconds) : 0);
  limits.file_bytes = kToolFileBytes;
  return limits;
}

std::vector<std::string> absolute_paths_in(const std::vector<std::string>& argv) {
  constexpr std::string_view kAround = " \t\n=:,;'\"()<>|&$`";
  std::vector<std::string> paths;
  for (const auto& argument : argv) {
    for (std::size_t at = 0; at < argument.size();) {
      const auto end = std::min(argument.find_first_of(kAround, at), argument.size());
      if (end > at && argument[at] == '/') paths.push_back(argument.substr(at, end - at));
      at = end + 1;
    }
  }
  return paths;
}

}  // namespace driftwarden::process
