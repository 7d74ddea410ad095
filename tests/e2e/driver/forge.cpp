#include "tests/e2e/driver/forge.hpp"

#include "tests/e2e/driver/directory.hpp"
#include "tests/e2e/driver/program.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace driftwarden::e2e {
namespace {

void git(const std::string& directory, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"git", "-c", "init.defaultBranch=main", "-c", "credential.helper=", "-c", "http.proxy="});
  const auto ran = run_program(arguments, directory);
  if (ran.exit_code != 0) throw std::runtime_error("git " + arguments.at(7) + " ended with code " + std::to_string(ran.exit_code) + " " + ran.out);
}

}  // namespace

ForgeHands::ForgeHands(Web& web, std::string api_url, std::string project, std::string token, std::string git_url)
    : web_(web), api_url_(std::move(api_url)), project_(std::move(project)), token_(std::move(token)), git_url_(std::move(git_url)) {}

Json ForgeHands::get(const std::string& path) {
  const auto answer = web_.send("GET", api_url_ + "/repos/" + project_ + path, "token " + token_);
  if (!answer.ok()) throw std::runtime_error(path + " was answered " + std::to_string(answer.status) + ": " + answer.text.substr(0, 300));
  return answer.body.is_null() ? Json(answer.text) : answer.body;
}

std::vector<Json> ForgeHands::pulls(const std::string& state) { return get("/pulls?state=" + state).get<std::vector<Json>>(); }

std::vector<Json> ForgeHands::commits() { return get("/commits?sha=main&limit=30").get<std::vector<Json>>(); }

std::string ForgeHands::file(const std::string& path) {
  const auto answer = web_.send("GET", api_url_ + "/repos/" + project_ + "/raw/" + path + "?ref=main", "token " + token_);
  if (!answer.ok()) throw std::runtime_error("raw " + path + " was answered " + std::to_string(answer.status));
  return answer.text;
}

void ForgeHands::click(const std::string& person, int number, const std::string& action) {
  const auto root = api_url_.substr(0, api_url_.find("/api/v1"));
  const auto url = root + "/" + project_ + "/pulls/" + std::to_string(number);
  const auto page = web_.send("GET", url + "?person=" + person).text;
  const auto field = [&](const std::string& name) {
    const auto mark = "name=\"" + name + "\" value=\"";
    const auto at = page.find(mark);
    if (at == std::string::npos) throw std::runtime_error("the page " + url + " has no field " + name);
    return page.substr(at + mark.size(), page.find('"', at + mark.size()) - at - mark.size());
  };
  const auto form = "token=" + field("token") + "&person=" + person + "&head=" + field("head") + "&action=" + action + "&method=rebase";
  const auto answer = web_.send("POST", url, "", form, "application/x-www-form-urlencoded");
  if (answer.status != 303 && !answer.ok()) throw std::runtime_error(action + " on " + url + " was answered " + std::to_string(answer.status));
}

void ForgeHands::push(const std::vector<std::pair<std::string, std::string>>& files, const std::string& person, const std::string& message) {
  const TemporaryDirectory directory;
  auto url = git_url_;
  url.insert(url.find("://") + 3, person + ":" + token_ + "@");
  git(directory.path(), {"clone", "--quiet", "--depth", "1", "--branch", "main", url, "work"});
  const auto work = directory.path() + "/work";
  for (const auto& [path, content] : files) {
    std::filesystem::create_directories(std::filesystem::path(work + "/" + path).parent_path());
    std::ofstream(work + "/" + path, std::ios::binary | std::ios::trunc) << content;
  }
  git(work, {"add", "--all"});
  git(work, {"-c", "user.name=" + person, "-c", "user.email=" + person + "@acme.example", "-c", "commit.gpgsign=false", "commit", "--quiet", "-m", message});
  git(work, {"push", "--quiet", "origin", "HEAD:main"});
}

}  // namespace driftwarden::e2e
