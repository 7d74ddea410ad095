#pragma once
// CODEOWNERS of an App's path, as its repository's head has them.
#include "bot/policy/code_owners.hpp"
#include "bot/watch/fleet.hpp"
#include "gitops/base/async.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden {

/// Empty when there is no such file or it can't be read now.
asio::awaitable<std::vector<std::string>> code_owners_of(Fleet& fleet, App app);

/// The same as last read: each repository is looked at twice a minute at most and by one at a time, behind the back of who asks. Only a repository that
/// was never read is waited for, and that not for long.
class CodeOwnersCache {
 public:
  CodeOwnersCache(asio::any_io_executor executor, Fleet& fleet, Clock& clock) : executor_(executor), fleet_(fleet), clock_(clock), tasks_(executor) {}
  asio::awaitable<std::vector<std::string>> of(App app);
  asio::awaitable<void> stop();

 private:
  struct Known {
    std::string head;
    std::vector<CodeOwnersRule> rules;
    bool read = false;  ///< or tried
    bool reading = false;
    MonoTime looked_at{};
    std::vector<std::shared_ptr<Signal>> waiting;
  };
  asio::awaitable<void> look(App app, std::shared_ptr<Known> known);

  asio::any_io_executor executor_;
  Fleet& fleet_;
  Clock& clock_;
  std::map<std::string, std::shared_ptr<Known>> known_;  ///< by repository
  TaskGroup tasks_;
};

}  // namespace driftwarden
