#pragma once
// Files whose steps are counted, and that fail or end the process at one of them.
#include "storage/files.hpp"

#include <sys/wait.h>
#include <unistd.h>
#include <functional>
#include <string>
#include <vector>

namespace driftwarden::storage {

class CountedFiles final : public Files {
 public:
  int fail_at = 0;
  int die_at = 0;
  std::vector<std::string> steps;

 protected:
  Result<void> before(std::string_view step, const std::string&) override {
    steps.emplace_back(step);
    const auto count = static_cast<int>(steps.size());
    if (count == die_at) ::_exit(1);
    if (count == fail_at) return Error{ErrorKind::Unavailable, "the disk is full"};
    return {};
  }
};

/// Runs `work` in a process that may die in it; true when it came to its end.
inline bool survives(const std::function<void()>& work) {
  const auto child = ::fork();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace driftwarden::storage
