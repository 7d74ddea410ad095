#pragma once
// The forge as a person with a browser and git sees it.
#include "tests/e2e/driver/web.hpp"

#include <map>
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
  std::string file(const std::string& path, const std::string& branch = "main");
  /// With the bot's own token.
  WebAnswer send(const std::string& method, const std::string& path, const Json& body);
  Json pull(int number) { return get("/pulls/" + std::to_string(number)); }
  std::string head_of(int number) { return pull(number).at("head").at("sha").get<std::string>(); }
  /// The newest state of that check on a commit: "pending: 0 of 1 approvals"; "" = it has not reported.
  std::string check(const std::string& sha, const std::string& context);
  /// Bodies of the bot's comments, oldest first.
  std::vector<std::string> comments_of_bot(int number);

  /// Presses "approve", "reject", "merge", "close", "build-green" or "build-red" on the sandbox's page of a pull request, as `person`; the page's answer.
  unsigned try_click(const std::string& person, int number, const std::string& action);
  /// The same where it must work.
  void click(const std::string& person, int number, const std::string& action);
  /// "approval-on", "build-off", ...: what main requires.
  void require(const std::string& person, const std::string& what);
  /// The sandbox's form for a file: committed to `branch`, or proposed as `person`'s own pull request.
  void edit(const std::string& person, const std::string& branch, const std::string& path, const std::string& content, const std::string& action = "commit");
  /// Commits and pushes to main by git itself, as `person`.
  void push(const std::vector<std::pair<std::string, std::string>>& files, const std::string& person, const std::string& message);

 private:
  /// Fills the form on the page `seen` of the sandbox and sends it to `to`, both below the project.
  unsigned fill_form(const std::string& person, const std::string& seen, const std::string& to, std::map<std::string, std::string> fields);

  Web& web_;
  std::string api_url_;
  std::string project_;
  std::string token_;
  std::string git_url_;
};

}  // namespace driftwarden::e2e
