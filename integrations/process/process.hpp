#pragma once
// Runs a tool: argv, never a shell; a deadline; bounded output; an environment that is given, not inherited.
#include "gitops/base/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <csignal>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::process {

/// What the child and all that it starts may take, each; 0 = as much as ourselves.
struct Limits {
  std::uint64_t processes = 0;  ///< of our user, all in all, beyond those that run at the start (not for root)
  std::uint64_t address_space_bytes = 0;
  std::uint64_t cpu_seconds = 0;
  std::uint64_t file_bytes = 0;
};

/// What the kernel lets a child and all that it starts touch: Landlock for files, seccomp for sockets; no privileges are needed and none can be gained.
/// Beside these it may read the system's programs and libraries (/usr, /lib, /bin, /etc/ssl ...), and nothing else: no /etc/passwd, no /proc of others, no
/// home of ours.
struct Fence {
  std::vector<std::string> readable{};   ///< directories, with all below; nothing in them can be run as a program
  std::vector<std::string> writable{};   ///< readable, too
  std::vector<std::string> programs{};   ///< what may be run beside argv[0] and the system's programs: names in PATH, files, or directories with all below
  bool network = false;                  ///< false: no socket of any family can be made
  bool keep_modes = false;               ///< true: no chmod, chown or extended attribute, wherever: Landlock can't tell a writable place from another there
  bool required = true;                  ///< false: where the kernel can't, it runs with what the kernel can
  bool processes = false;                ///< true: it may make sessions and signal what it started; on kernels before 6.12 also others of our user
};
/// What the kernel offers here; "" = all of it, else what is missing, for people.
std::string missing_for_fence();

/// How it is ended: at its deadline, when it is cancelled, and when we die.
struct Ending {
  int signal = SIGKILL;             ///< another is sent to the program alone, which is waited for, and only then all of it is killed
  Duration grace{0};                ///< after the deadline
  Duration grace_when_cancelled{0};
  /// It has to be able to go on when we are gone: what it prints is kept aside, so that no pipe of it breaks.
  bool gentle() const { return signal != SIGKILL; }
};

struct Command {
  Command() = default;
  std::vector<std::string> argv;  ///< argv[0] is searched in PATH unless it has a slash
  std::map<std::string, std::string> environment;
  std::vector<std::string> inherit{"PATH", "HOME", "USER", "LANG", "SSH_AUTH_SOCK"};  ///< names taken over from our own environment
  std::string directory;          ///< "" = ours
  std::string input;
  Duration timeout{30'000};
  Ending ending{};
  std::size_t max_output_bytes = 16U << 20U;
  Limits limits{};
  std::optional<Fence> fence{};  ///< Denied: it is required and the kernel can't
};

struct Outcome {
  int exit_code = 0;  ///< 128 + n after signal n
  std::string out;
  std::string err;
};

/// Any exit code is an Outcome. NotFound: no such program. Timeout: killed (its whole process group). Corrupt: too much output.
/// Ended gently it may come to its end well after all: that is an Outcome, and after a cancellation so is whatever it made of it within its grace.
asio::awaitable<Result<Outcome>> run(Clock& clock, Command command);

/// A child with both pipes open, for a protocol over stdin/stdout (git over ssh). Blocking: for a pool thread.
class Pipe {
 public:
  virtual ~Pipe() = default;  ///< kills and reaps
  virtual Result<std::string> read_some(std::size_t max_bytes, Duration timeout) = 0;  ///< empty at the end
  virtual Result<void> write(std::string_view bytes, Duration timeout) = 0;
  virtual std::string stderr_so_far() = 0;
};
Result<std::unique_ptr<Pipe>> open_pipe(const Command& command);

}  // namespace driftwarden::process
