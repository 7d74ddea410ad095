#pragma once
// Policies that lie in Git: read at the head of their repository's branch, whatever is to be judged says of them.
#include "bot/watch/repository_watcher.hpp"
#include "integrations/gates/run_gate.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden {

class PolicySource {
 public:
  struct Found {
    std::string head;  ///< the commit
    std::string id;    ///< of what lies there: equal ids, equal policies
  };
  virtual ~PolicySource() = default;
  /// NotFound: there is nothing at that path, or no such repository.
  virtual asio::awaitable<Result<Found>> find(std::string repository, std::string path) = 0;
  virtual asio::awaitable<Result<std::vector<gates::PolicyFile>>> read(std::string repository, std::string head, std::string path) = 0;
};

/// By repository; null = it isn't known. What it gives outlives the source.
using FindWatcher = std::function<RepositoryWatcher*(const std::string& repository)>;
/// `fetch`: asks the remote each time; else the head is the one that was fetched last.
std::unique_ptr<PolicySource> create_policy_source(FindWatcher watchers, bool fetch = false);

}  // namespace driftwarden
