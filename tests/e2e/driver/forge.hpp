#pragma once
// The forge as a person with a browser and git sees it.
#include "tests/e2e/driver/web.hpp"

#include <string>
#include <utility>
#include <vector>

namespace driftwarden::e2e {

class ForgeHands {
 public:
  ForgeHands(Web& web, std::string api_url, std::string project, std::string token, std::string git_url);

  /// GET below the repository, e.g. "/pulls?state=all".
  Json get(const std::string& path);
  std::vector<Json> pulls(const std::string& state = "all");
  /// Newest first, of the branch main.
  std::vector<Json> commits();
  std::string file(const std::string& path);
  /// Presses "approve", "reject", "merge" or "close" on the sandbox's page of a pull request, as `person`.
  void click(const std::string& person, int number, const std::string& action);
  /// Commits and pushes to main by git itself, as `person`.
  void push(const std::vector<std::pair<std::string, std::string>>& files, const std::string& person, const std::string& message);

 private:
  Web& web_;
  std::string api_url_;
  std::string project_;
  std::string token_;
  std::string git_url_;
};

}  // namespace driftwarden::e2e
