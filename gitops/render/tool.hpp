#pragma once
// How a renderer's tool is run. Blocking, on a pool thread; implemented in integrations/render.
#include "gitops/base/clock.hpp"

#include <map>
#include <string>
#include <vector>

namespace driftwarden {

struct ToolRun {
  std::vector<std::string> argv;  ///< argv[0] is searched in PATH; never a shell
  std::string directory;
  Duration timeout{30'000};  ///< 0 = what the runner gives every tool
  std::size_t max_output_bytes = 32U << 20U;
  std::string root{};  ///< of the work tree: beside the system's programs the only thing the tool may read, and it may write nothing there
  std::map<std::string, std::string> environment{};  ///< beside what every run has
};
struct ToolOutcome {
  int exit_code = 0;
  std::string out;
  std::string err;
};

/// NotFound: no such program. Timeout: killed. Corrupt: too much output. InvalidInput: another bound reached (CPU, memory, size of a file). Denied: no fence. Called from several pool threads at once.
class ToolRunner {
 public:
  virtual ~ToolRunner() = default;
  virtual Result<ToolOutcome> run(const ToolRun& run) = 0;
  /// Which build of a program would be run: another text after it was replaced, "" when there is none. Cheap.
  virtual std::string identity(const std::string& program) {
    (void)program;
    return {};
  }
  /// The same of a command with all the programs and files that its arguments may name: "" when the command itself is missing.
  virtual std::string identity_of(const std::vector<std::string>& argv) { return argv.empty() ? std::string() : identity(argv.front()); }
};

}  // namespace driftwarden
