#pragma once
// Runs kustomize, helm and the like: argv, a deadline, bounded output, and an environment that knows neither our secrets nor the network.
#include "gitops/render/tool.hpp"

#include <memory>

namespace driftwarden {

/// Each run has a home of its own that goes with it. Tools are searched in our PATH.
std::shared_ptr<ToolRunner> create_tool_runner();

}  // namespace driftwarden
