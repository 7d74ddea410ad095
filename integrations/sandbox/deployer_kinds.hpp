#pragma once
// The kinds that Argo CD and Flux bring to a cluster, so that their objects can be tried in the sandbox. Nobody acts on them here.
#include <string>
#include <utility>
#include <vector>

namespace driftwarden::sandbox {

/// The definitions' names and JSON texts; anything may stand in their spec and status.
std::vector<std::pair<std::string, std::string>> deployer_kinds();

}  // namespace driftwarden::sandbox
