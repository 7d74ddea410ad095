#pragma once
// What a commit changes in Git, as it may be shown: no Secret's content, no value of a sensitive name. Pure.
#include "gitops/repository/mirror.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// The patches one after the other. A file whose patch speaks of a Secret, or whose name does, is named without its content.
std::string shown_git_diff(const std::vector<FileDiff>& files);

}  // namespace driftwarden
