#pragma once
// Blocking Git work: what a pull request's commits mean to the Apps, found by ids alone. For the pool.
#include "bot/watch/git_sources.hpp"
#include "gitops/model/app.hpp"
#include "gitops/repository/mirror.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// An App whose sources, or whose revision in force, the pull request changes. Of what a tool plans: whose files, or those that they name.
struct TouchedApp {
  App app;
  std::string before;        ///< revision that is rendered as the base; "" = the App's path isn't there yet
  std::string after;         ///< as the head
  std::string trouble{};     ///< set: it is not rendered, and why
  std::string remark{};      ///< "pinned to 4f2c81a: ..."
  std::vector<std::string> files{};  ///< of an App that a tool plans: which of its files change, the first of them
  std::size_t more_files = 0;
  bool by_stranger = false;  ///< it comes from a fork
  bool operator==(const TouchedApp&) const = default;
};

struct PullCommits {
  std::string head;
  std::string base;  ///< the newest commit of the watched branch that the head contains
  std::vector<TouchedApp> touched;
};

struct PullLook {
  std::string head_ref;    ///< what Git can fetch the head by
  std::string known_head;  ///< fetched already when the mirror has it
  bool from_fork = false;  ///< nobody's tools run on what a stranger wrote
};

/// The head and where it left the branch. Fetches only what isn't there.
Result<PullCommits> find_commits(Mirror& mirror, const PullLook& look);
struct KnownApp {
  App app;
  AppSources sources{};  ///< at some revision near the base, empty when unknown: what is as it was there isn't read again
};
/// Fills `touched`: of `apps`, which are those of the repository.
Result<void> find_touched(Mirror& mirror, const std::vector<KnownApp>& apps, const PullLook& look, PullCommits& commits);

}  // namespace driftwarden
