#pragma once
#include <string>
#include <vector>

namespace driftwarden {

/// The URLs of the repository that a push payload of Gitea, Forgejo, GitHub (JSON or form) or GitLab speaks of; none in anything else.
std::vector<std::string> pushed_urls(const std::string& body);

}  // namespace driftwarden
