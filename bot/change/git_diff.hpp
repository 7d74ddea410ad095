#pragma once
// What a commit changes in Git, as it may be shown: no Secret's content, no value of a sensitive name. Pure.
#include "bot/change/hidden_hcl.hpp"
#include "gitops/repository/mirror.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// The text of a touched file before or after the commit, "" where there is none; nothing when it can't be looked through.
using WholeFile = std::function<std::optional<std::string>(const std::string& path, bool before)>;

/// The patches one after the other. A file that holds a Secret before or after, or whose name speaks of one, is named without its content,
/// and so is one that can't be looked through. Without `whole` only what the patches themselves say is known. `planned`: of an App that a tool plans, whose
/// other files have no form that says what is secret, so that all that looks like a key is hidden, too.
std::string shown_git_diff(const std::vector<FileDiff>& files, const WholeFile& whole = {}, const HclVariables* planned = nullptr);

/// The files of two commits, up to 1 MiB each and 200 files. Blocking; the mirror must outlive it.
WholeFile whole_files(Mirror& mirror, std::string before, std::string after);

}  // namespace driftwarden
