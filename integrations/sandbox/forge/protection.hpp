#pragma once
// Branch protection: what it wants before a merge, as Gitea 1.26 decides it. Pure.
#include "integrations/sandbox/forge/forge_state.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::sandbox::forge {

/// "main" or "release/*": "*" stands for anything.
bool matches_pattern(std::string_view pattern, std::string_view text);
/// The rule that holds for the branch; nullptr: it is free.
const Protection* find_protection(const Repository& repository, const std::string& branch);

struct Obstacle {
  std::string refusal;  ///< Gitea's words in its 405
  std::string words;    ///< for people on the page
  bool may_pass = false;  ///< by waiting: a pending check, a missing approval
};
/// What stands in the merge's way, in the order in which Gitea looks.
std::vector<Obstacle> find_obstacles(const Repository& repository, const Pull& pull);

/// Logins that a CODEOWNERS file asks for these paths: Go regular expressions over the whole path, "!" inverts.
std::vector<std::string> find_owners(std::string_view code_owners, const std::vector<std::string>& paths);

}  // namespace driftwarden::sandbox::forge
