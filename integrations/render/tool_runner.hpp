#pragma once
// Runs kustomize, helm and the like: argv, a deadline, bounded output, and an environment that knows neither our secrets nor the network.
#include "gitops/render/tool.hpp"

#include <memory>

namespace driftwarden {

struct ToolRunnerOptions {
  bool fence_required = false;  ///< Denied where the kernel can't fence a tool
  std::size_t memory_bytes = 2ULL << 30U;
  Duration timeout{60'000};  ///< of a run that doesn't say its own
};

/// Each run has a home of its own that goes with it, `memory_bytes` of address space, a minute of CPU (or its timeout, where that is longer) and files of 256 MiB; two run at once, others wait. Tools are searched in our PATH.
std::shared_ptr<ToolRunner> create_tool_runner(ToolRunnerOptions options = {});

}  // namespace driftwarden
