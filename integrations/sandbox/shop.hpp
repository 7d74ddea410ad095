#pragma once
// The shop that a newcomer finds in the sandbox: six Apps, two clusters, a little history, a template for more.
#include <string>
#include <utility>
#include <vector>

namespace driftwarden::sandbox {

struct ShopApp {
  std::string name;
  std::string path;
  std::string cluster;
  std::string environment;
  bool pinned = false;
};

const std::vector<ShopApp>& shop_apps();

/// The repository's first commit: path and content.
std::vector<std::pair<std::string, std::string>> shop_files();

/// A later commit to one file.
struct ShopCommit {
  std::string author;  ///< login
  std::string path;
  std::string content;
  std::string message;
};
std::vector<ShopCommit> shop_history();

/// What the registry has: images without host, with their tags. Some are newer than what runs.
std::vector<std::pair<std::string, std::vector<std::string>>> shop_images();

/// checkout's deployment at a version, for the history and the "push a commit" button.
std::string checkout_deployment(const std::string& version, int replicas);

}  // namespace driftwarden::sandbox
