#include "tests/e2e/driver/forge.hpp"

#include "integrations/net/url.hpp"
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

WebAnswer ForgeHands::send(const std::string& method, const std::string& path, const Json& body) {
  return web_.send(method, api_url_ + "/repos/" + project_ + path, "token " + token_, body.is_null() ? "" : body.dump());
}

std::string ForgeHands::check(const std::string& sha, const std::string& context) {
  const auto combined = get("/commits/" + sha + "/status");
  if (!combined.at("statuses").is_array()) return "";
  for (const auto& status : combined.at("statuses")) {
    if (status.at("context") == context) return status.at("status").get<std::string>() + ": " + status.at("description").get<std::string>();
  }
  return "";
}

std::vector<std::string> ForgeHands::comments_of_bot(int number) {
  std::vector<std::string> bodies;
  for (const auto& comment : get("/issues/" + std::to_string(number) + "/comments")) {
    if (comment.at("user").at("login") == "warden") bodies.push_back(comment.at("body").get<std::string>());
  }
  return bodies;
}

std::vector<Json> ForgeHands::pulls(const std::string& state) { return get("/pulls?state=" + state).get<std::vector<Json>>(); }

std::vector<Json> ForgeHands::commits() { return get("/commits?sha=main&limit=30").get<std::vector<Json>>(); }

std::string ForgeHands::file(const std::string& path, const std::string& branch) {
  const auto answer = web_.send("GET", api_url_ + "/repos/" + project_ + "/raw/" + path + "?ref=" + net::percent_encode(branch), "token " + token_);
  if (!answer.ok()) throw std::runtime_error("raw " + path + " was answered " + std::to_string(answer.status));
  return answer.text;
}

unsigned ForgeHands::fill_form(const std::string& person, const std::string& seen, const std::string& to, std::map<std::string, std::string> fields) {
  const auto root = api_url_.substr(0, api_url_.find("/api/v1")) + "/" + project_;
  const auto page = web_.send("GET", root + seen + (seen.find('?') == std::string::npos ? "?" : "&") + "person=" + person).text;
  for (const auto* name : {"token", "head"}) {
    const auto mark = "name=\"" + std::string(name) + "\" value=\"";
    const auto at = page.find(mark);
    if (at != std::string::npos) fields[name] = page.substr(at + mark.size(), page.find('"', at + mark.size()) - at - mark.size());
  }
  if (!fields.contains("token")) throw std::runtime_error("there is no form on " + root + seen);
  fields["person"] = person;
  return web_.send("POST", root + to, "", net::make_query(fields), "application/x-www-form-urlencoded").status;
}

unsigned ForgeHands::try_click(const std::string& person, int number, const std::string& action) {
  const auto page = "/pulls/" + std::to_string(number);
  return fill_form(person, page, page, {{"action", action}, {"method", "rebase"}});
}

void ForgeHands::click(const std::string& person, int number, const std::string& action) {
  const auto status = try_click(person, number, action);
  if (status != 303) throw std::runtime_error(action + " on pull request " + std::to_string(number) + " was answered " + std::to_string(status));
}

void ForgeHands::require(const std::string& person, const std::string& what) {
  const auto status = fill_form(person, "", "/protection", {{"action", what}});
  if (status != 303) throw std::runtime_error(what + " was answered " + std::to_string(status));
}

void ForgeHands::edit(const std::string& person, const std::string& branch, const std::string& path, const std::string& content, const std::string& action) {
  const auto seen = "/edit?branch=" + net::percent_encode(branch) + "&path=" + net::percent_encode(path);
  const auto status = fill_form(person, seen, "/edit", {{"branch", branch}, {"path", path}, {"content", content}, {"message", person + " edits " + path}, {"action", action}});
  if (status != 303) throw std::runtime_error("editing " + path + " on " + branch + " was answered " + std::to_string(status));
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
