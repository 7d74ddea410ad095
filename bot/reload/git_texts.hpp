#pragma once
// The config's texts as a commit has them.
#include "bot/config/config.hpp"
#include "gitops/repository/mirror.hpp"

#include <string>
#include <vector>

namespace driftwarden {

struct GitTexts {
  std::string tree;  ///< equal id = equal content
  std::vector<ConfigText> texts;  ///< in path order
};

/// "config@4f2c81a"
std::string origin_of(const ConfigFromGit& place, const std::string& head);
/// Every *.yaml and *.yml below the place but hidden ones. Nothing is read when its tree is still `known_tree`: the answer has that id and no texts.
/// NotFound: the place is gone, or holds no such file. InvalidInput: a link that leads elsewhere, too much.
Result<GitTexts> read_git_texts(Mirror& mirror, const ConfigFromGit& place, const std::string& head, const std::string& known_tree);

/// The same of a directory on this machine, with names below it: what `driftwarden check --from-git` looks at.
Result<std::vector<ConfigText>> read_directory_texts(const std::string& directory);

}  // namespace driftwarden
