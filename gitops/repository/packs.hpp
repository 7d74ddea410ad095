#pragma once
#include "gitops/repository/libgit.hpp"

namespace driftwarden::libgit {

/// Every fetch leaves a pack of a few objects, and each object is looked for in all of them. Makes one of the small ones when they
/// are many; true when it did. Handles that were open must be opened anew: they still know the old packs.
Result<bool> merge_small_packs(git_repository* repository);

}  // namespace driftwarden::libgit
