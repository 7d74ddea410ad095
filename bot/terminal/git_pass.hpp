#pragma once
// One look at Git: every App rendered once, no object of a cluster read but what Argo CD and Flux hold. For commands that need to know what Apps consist of.
#include "bot/config/config.hpp"
#include "bot/setup/rights.hpp"

#include <string>
#include <vector>

namespace driftwarden {

struct GitPass {
  std::vector<AppObjects> apps;
  std::vector<std::string> missing;  ///< "checkout: why", of Apps that couldn't be rendered
};

struct GitPassOptions {
  std::string cache{};  ///< directory that keeps the clones; "" = a temporary one
  Duration patience = std::chrono::minutes{2};
};

/// Errors: a kubeconfig that is wrong, no place for clones, told to stop.
Result<GitPass> look_at_git(const Config& config, const GitPassOptions& options);

}  // namespace driftwarden
