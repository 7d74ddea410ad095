#pragma once
// Inside of gitops/repository: a mirror that runs for years doesn't keep every name it ever made.
#include "gitops/repository/libgit.hpp"

#include <string_view>

namespace driftwarden::libgit {

/// Of the refs whose names begin so, all but the newest `keep` are dropped; their commits stay. What can't be dropped stays, too.
void drop_old_refs(git_repository* repository, std::string_view prefix, std::size_t keep);

}  // namespace driftwarden::libgit
