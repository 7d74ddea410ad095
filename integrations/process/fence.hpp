#pragma once
// Inside of process: a fence made ready before a fork, and put up after it.
#include "integrations/process/child.hpp"
#include "integrations/process/process.hpp"

#include <linux/filter.h>

#include <string>
#include <vector>

namespace driftwarden::process {

class ReadyFence {
 public:
  /// `program` is argv[0]'s file, `path` PATH's value. Denied: required, and the kernel can't. NotFound: a directory of it isn't there.
  static Result<ReadyFence> make(const Fence& fence, const std::string& program, const std::string& path);

  /// For good, for the calling thread and all that it starts. 0, or the errno of what failed. Async-signal-safe.
  int put_up() const noexcept;

 private:
  ReadyFence() = default;
  Descriptor rules_;                 ///< closed where there is no Landlock
  std::vector<sock_filter> filter_;  ///< empty where there is no seccomp
};

}  // namespace driftwarden::process
