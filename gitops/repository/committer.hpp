#pragma once
#include "gitops/repository/mirror.hpp"

namespace driftwarden {

/// Who made the commit, where CommitInfo::author is who wrote what it changes. `revision` is a full id; errors as of Mirror::commit_info.
Result<CommitPerson> committer_of(Mirror& mirror, const std::string& revision);

}  // namespace driftwarden
