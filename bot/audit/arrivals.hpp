#pragma once
// Blocking Git work: which commits reached a branch since it was last looked at. For the pool.
#include "gitops/repository/mirror.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// A commit of the branch's own line (first parents), with those that it brought along where it is a merge.
struct Arrival {
  CommitInfo commit;
  std::vector<std::string> brought{};  ///< newest first
};

struct Arrivals {
  std::vector<Arrival> all;             ///< oldest first
  bool more = false;                    ///< there are older ones, too many to be looked at
  bool rewritten = false;               ///< what was the head isn't in the branch any more
  std::vector<std::string> lost{};      ///< of these: the commits that went, newest first, some of them
  bool knows_lost = true;               ///< false: the mirror doesn't hold the old head, so neither what went nor what came can be told
};

/// From one head to another.
Result<Arrivals> find_arrivals(Mirror& mirror, const std::string& since, const std::string& head);

/// What an App is made from, beside what is read of it elsewhere: paths from the root.
struct AppPaths {
  std::string app;
  std::vector<std::string> paths;
};
/// The Apps, by name, of which a path is another one at `to` than at `from` ("" = there was nothing).
Result<std::vector<std::string>> touched_apps(Mirror& mirror, const std::string& from, const std::string& to, const std::vector<AppPaths>& apps);

/// The pull request that a commit's message names in the words of GitHub, Gitea or GitLab: only a claim.
std::optional<std::int64_t> pull_request_in(const std::string& message);

}  // namespace driftwarden
