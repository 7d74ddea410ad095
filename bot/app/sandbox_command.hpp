#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>

namespace driftwarden {

struct SandboxArguments {
  std::uint16_t port = 7070;
  std::string data;     ///< "" = a temporary directory, gone at exit
  bool no_bot = false;  ///< only the servers
  bool json = false;    ///< one line with every address once all answers
};

/// `driftwarden sandbox`: workspace, clusters and forge on loopback, and the real bot against them, until a signal.
int run_sandbox(const SandboxArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace driftwarden
