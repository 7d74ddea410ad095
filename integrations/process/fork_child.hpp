#pragma once
// Inside of process: fork and exec, for what posix_spawn has no word: limits and a fence from the first instruction on.
#include "integrations/process/fence.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace driftwarden::process {

/// All that the child needs; nothing is allocated in it.
struct ForkPlan {
  std::string program{};
  std::vector<char*> argv{};         ///< with a null at the end
  std::vector<char*> environment{};
  std::string directory{};
  int in = -1;                       ///< -1: it reads nothing
  int out = -1;
  int err = -1;
  Limits limits{};
  bool dies_with_us = false;
  int death_signal = 0;              ///< what it then gets
  std::optional<ReadyFence> fence{};
};

/// The child runs the program already, or this says why it can't.
Result<pid_t> fork_child(const ForkPlan& plan);

/// Processes and threads of our user, as the kernel's limit counts them.
std::uint64_t count_own_processes();

}  // namespace driftwarden::process
