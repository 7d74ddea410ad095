#pragma once
// CODEOWNERS: who owns a path. GitHub and GitLab take gitignore-like patterns (GitLab with [Sections]), Gitea Go regular expressions.
#include "bot/config/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

struct CodeOwnersRule {
  std::string pattern;
  std::vector<std::string> owners;  ///< "@login", "@org/team", "name@example.org"
  std::string section;
  int line = 0;
};
/// Lines that can't be read are left out.
std::vector<CodeOwnersRule> parse_code_owners(std::string_view text, ForgeKind dialect);
/// Where the dialect looks for the file, in order.
std::vector<std::string> code_owners_files(ForgeKind dialect);
/// Owners as written of `path` (from the root): the last matching rule's; GitLab: of each section; Gitea: of all that match.
std::vector<std::string> owners_of_path(const std::vector<CodeOwnersRule>& rules, const std::string& path, ForgeKind dialect);
/// The path by which an App's code owners are asked for: patterns speak of files, so one that its path could hold.
std::string owned_file_of(const App& app);
/// The people whom the config (or a link) knows behind these owners; a team ("@acme/sre") is the group of that name. `api_url`: the forge whose
/// logins they are, "" = any.
std::vector<PersonId> people_behind(const Config& config, const std::vector<std::string>& owners, std::string_view api_url = {});

}  // namespace driftwarden
