#pragma once
// The real binary as a child process. Nothing here outlives the object: the child dies with it, and with the test itself.
#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace driftwarden::e2e {

class Program {
 public:
  /// stdout is read by read_line(); stderr is appended to the file `log`.
  Program(std::vector<std::string> argv, std::string log);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// The next line of stdout. Throws when none comes in time or the child has ended.
  std::string read_line(std::chrono::milliseconds patience);
  /// SIGTERM, and the exit code (128 + n after signal n). Throws when it does not end by itself.
  int stop();
  /// SIGKILL: no chance to tidy up.
  void kill_now();
  bool running();

 private:
  int reap(bool wait);

  pid_t pid_ = -1;
  int out_ = -1;
  int exit_code_ = -1;
  std::string rest_;
};

/// Runs to the end; `out` is stdout and stderr together.
struct Ran {
  int exit_code = 0;
  std::string out;
};
Ran run_program(const std::vector<std::string>& argv, const std::string& directory = "");

}  // namespace driftwarden::e2e
