#pragma once
// One repository has many URLs: over https or ssh, with or without ".git".
#include <string>
#include <string_view>

namespace driftwarden {

/// "host/acme/config", the same for all of a repository's URLs: without scheme, user, ".git" and a port that says nothing (ssh's, the
/// scheme's own). A local one is its path. "" for what is no URL.
std::string normal_repository_url(std::string_view url);

}  // namespace driftwarden
