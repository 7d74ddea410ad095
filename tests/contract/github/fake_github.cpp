#include "tests/contract/github/fake_github.hpp"

#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace driftwarden::test {

using net::ServerReply;
using net::ServerRequest;
using nlohmann::json;

namespace {

ServerReply reply(unsigned status, const json& body) { return ServerReply(status, "application/json; charset=utf-8", body.dump()); }

ServerReply refuse(unsigned status, const std::string& message, json errors = nullptr) {
  json body{{"message", message}, {"documentation_url", "https://docs.github.com/rest"}};
  if (!errors.is_null()) body["errors"] = std::move(errors);
  return reply(status, body);
}

ServerReply not_found() { return refuse(404, "Not Found"); }

json validation(const std::string& field, const std::string& code, const std::string& message = "") {
  json error{{"resource", "PullRequest"}, {"field", field}, {"code", code}};
  if (!message.empty()) error["message"] = message;
  return json::array({error});
}

json read_answers() {
  std::ifstream file(std::string(DRIFTWARDEN_SOURCE_DIR) + "/tests/contract/github/answers.json");
  return json::parse(file);
}

}  // namespace

FakeGithub::FakeGithub(asio::any_io_executor executor, Clock& clock, std::uint16_t port) : answers_(read_answers()) {
  net::HttpServerOptions options;
  options.port = port;
  auto started = net::start_http_server(std::move(executor), clock, options, [this](ServerRequest request) { return handle(std::move(request)); });
  if (!started) throw std::runtime_error(started.error().message);
  server_ = std::move(*started);
  public_url = "http://127.0.0.1:" + std::to_string(server_->port());
  reset();
}

void FakeGithub::reset() {
  accepted_tokens = {token};
  minted = 0;
  pulls.clear();
  reviews.clear();
  comments.clear();
  statuses.clear();
  check_runs.clear();
  branch_contexts.clear();
  is_protected = false;
  protection = nullptr;
  rules = json::array();
  collaborators = {"alice", "bob"};
  requests.clear();
  faults_.clear();
  branches = {{"main", std::string(40, '0')}};
}

void FakeGithub::answer_next(std::string method, std::string part, ServerReply answer) {
  faults_.push_back({std::move(method), std::move(part), std::move(answer)});
}

std::size_t FakeGithub::count(const std::string& method, const std::string& part) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(requests, [&](const auto& request) { return request.method == method && request.raw_path.find(part) != std::string::npos; }));
}

const ServerRequest& FakeGithub::last(const std::string& method, const std::string& part) const {
  for (auto request = requests.rbegin(); request != requests.rend(); ++request) {
    if (request->method == method && request->raw_path.find(part) != std::string::npos) return *request;
  }
  throw std::runtime_error("nobody sent " + method + " " + part);
}

asio::awaitable<ServerReply> FakeGithub::handle(ServerRequest request) {
  constexpr std::string_view kEnterprise = "/api/v3";
  if (request.raw_path.starts_with(kEnterprise)) request.raw_path.erase(0, kEnterprise.size());
  requests.push_back(request);
  const auto fault =
      std::ranges::find_if(faults_, [&](const Fault& one) { return one.method == request.method && request.raw_path.find(one.part) != std::string::npos; });
  if (fault != faults_.end()) {
    auto answer = std::move(fault->reply);
    faults_.erase(fault);
    co_return answer;
  }
  co_return route(request);
}

ServerReply FakeGithub::route(const ServerRequest& request) {
  std::vector<std::string> parts;
  for (const auto& part : split(request.raw_path.substr(1), '/')) parts.push_back(net::percent_decode(part).value());
  const auto given = request.headers.find("Authorization").value_or("");
  if (parts[0] == "app" || request.raw_path == "/repos/acme/config/installation") return route_app(request, parts);
  const auto known = [&](const auto& one) { return given == "Bearer " + one; };
  if (std::ranges::none_of(accepted_tokens, known)) return refuse(401, "Bad credentials");
  if (request.raw_path == "/user") {
    json body = user("driftwarden");
    body.update(answers_["profile"]);
    return reply(200, body);
  }
  if (request.raw_path == "/repos/acme/config") {
    json project = answers_["repo"];
    project.update({{"full_name", "acme/config"}, {"owner", user("acme")}, {"has_pull_requests", true}, {"network_count", 0}, {"subscribers_count", 1}});
    project.erase("permissions");
    if (!permissions.is_null()) project["permissions"] = permissions;
    return reply(200, project);
  }
  if (parts.size() < 4 || parts[0] != "repos" || parts[1] != "acme" || parts[2] != "config") return not_found();
  const auto& kind = parts[3];
  if (kind == "pulls") return route_pulls(request, parts);
  if (kind == "issues") return route_issues(request, parts);
  if (kind == "branches" || kind == "rules") return route_branches(parts);
  if (kind == "statuses" && request.method == "POST") return add_status(request, parts.at(4));
  if (kind == "commits" && parts.size() == 6 && parts[5] == "status") {
    const auto& all = statuses[parts[4]];
    json repository = answers_["combined_repository"];
    repository["owner"] = user("acme");
    const auto url = "https://api.github.com/repos/acme/config/" + parts[4];
    json body{{"state", "pending"}, {"statuses", all}, {"sha", parts[4]}, {"total_count", all.size()}, {"repository", repository}};
    body["commit_url"] = url;
    body["url"] = url + "/status";
    return reply(200, body);
  }
  if (kind == "commits" && parts.size() == 6 && parts[5] == "check-runs") {
    const auto& all = check_runs[parts[4]];
    return reply(200, {{"total_count", all.size()}, {"check_runs", all}});
  }
  if (kind == "git" && request.method == "DELETE") {
    const auto name = parts.at(5).substr(std::string("heads/").size());
    if (branches.erase(name) == 0) return refuse(422, "Reference does not exist");
    return ServerReply(204, "", "");
  }
  return not_found();
}

ServerReply FakeGithub::route_app(const ServerRequest& request, const std::vector<std::string>& parts) {
  const auto given = request.headers.find("Authorization").value_or("");
  if (std::ranges::count(given, '.') != 2) return refuse(401, "A JSON web token could not be decoded");
  json app = answers_["app"];
  app["owner"] = user("acme");
  if (parts.size() == 1) return reply(200, app);
  if (parts.back() == "installation") {
    json body = answers_["installation"];
    body["account"] = user("acme");
    body["id"] = 77;
    return reply(200, body);
  }
  json body = answers_["token"];
  body["token"] = "ghs_installation" + std::to_string(++minted);
  body["expires_at"] = "2126-07-11T22:14:10Z";
  accepted_tokens.push_back(body["token"].get<std::string>());
  return reply(201, body);
}

ServerReply FakeGithub::route_pulls(const ServerRequest& request, const std::vector<std::string>& parts) {
  if (parts.size() == 4 && request.method == "POST") return open_pull(request);
  if (parts.size() == 4) {
    json all = json::array();
    for (auto one = pulls.rbegin(); one != pulls.rend(); ++one) {
      const auto& [number, pull_request] = *one;
      const auto head = request.query_or("head", "");
      if (request.query_or("state", "open") != "all" && pull_request.state != request.query_or("state", "open")) continue;
      if (!head.empty() && (pull_request.fork || head != "acme:" + pull_request.branch)) continue;
      if (pull_request.base != request.query_or("base", pull_request.base)) continue;
      all.push_back(pull(number, true));
    }
    return page(request, all);
  }
  const auto number = std::stoll(parts[4]);
  const auto found = pulls.find(number);
  if (found == pulls.end()) return not_found();
  if (parts.size() == 5) {
    if (request.method == "PATCH") {
      const auto body = json::parse(request.body);
      auto& edited = found->second;
      edited.state = body.value("state", edited.state);
      edited.title = body.value("title", edited.title);
      edited.body = body.value("body", edited.body);
    }
    return reply(200, pull(number, false));
  }
  if (parts[5] == "merge") return merge_pull(request, found->second);
  if (parts[5] == "requested_reviewers") return request_reviewers(request, number);
  json all = json::array();
  for (const auto& one : reviews[number]) all.push_back(review(number, one, static_cast<std::int64_t>(all.size()) + 80));
  return page(request, all);
}

ServerReply FakeGithub::open_pull(const ServerRequest& request) {
  const auto body = json::parse(request.body);
  const auto head = body.at("head").get<std::string>();
  const auto base = body.at("base").get<std::string>();
  if (!branches.contains(head)) return refuse(422, "Validation Failed", validation("head", "invalid"));
  if (!branches.contains(base)) return refuse(422, "Validation Failed", validation("base", "invalid"));
  for (const auto& [number, one] : pulls) {
    if (one.state != "open" || one.branch != head || one.base != base) continue;
    return refuse(422, "Validation Failed", validation("head", "custom", "A pull request already exists for acme:" + head + "."));
  }
  if (branches[head] == branches[base]) {
    return refuse(422, "Validation Failed", validation("base", "custom", "No commits between " + base + " and " + head));
  }
  FakePull made;
  made.title = body.at("title");
  made.body = body.value("body", "");
  made.branch = head;
  made.base = base;
  made.head_sha = branches[head];
  made.mergeable = nullptr;
  made.mergeable_state = "unknown";
  const auto number = pulls.empty() ? 1 : pulls.rbegin()->first + 1;
  pulls[number] = made;
  return reply(201, pull(number, false));
}

ServerReply FakeGithub::merge_pull(const ServerRequest& request, FakePull& pull_request) {
  const auto body = json::parse(request.body);
  if (body.at("sha") != pull_request.head_sha) return refuse(409, "Head branch was modified. Review and try the merge again.");
  if (pull_request.merged || pull_request.state != "open" || pull_request.mergeable != true) return refuse(405, "Pull Request is not mergeable");
  if (pull_request.mergeable_state == "blocked") return refuse(405, "At least 1 approving review is required by reviewers with write access.");
  pull_request.merged = true;
  pull_request.state = "closed";
  pull_request.merge_sha = std::string(40, 'c');
  return reply(200, {{"sha", pull_request.merge_sha}, {"merged", true}, {"message", "Pull Request successfully merged"}});
}

ServerReply FakeGithub::request_reviewers(const ServerRequest& request, std::int64_t number) {
  const auto asked = json::parse(request.body).at("reviewers").get<std::vector<std::string>>();
  for (const auto& login : asked) {
    if (login == pulls[number].author) return refuse(422, "Review cannot be requested from pull request author.");
    if (std::ranges::find(collaborators, login) == collaborators.end()) {
      return refuse(422,
                    "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the "
                    "acme/config repository.");
    }
  }
  auto& reviewers = pulls[number].reviewers;
  reviewers.insert(reviewers.end(), asked.begin(), asked.end());
  return reply(201, pull(number, true));
}

ServerReply FakeGithub::route_issues(const ServerRequest& request, const std::vector<std::string>& parts) {
  const auto now = "2026-11-21T09:00:00Z";
  if (parts.size() == 6 && parts[4] == "comments") {
    const auto found = std::ranges::find(comments, std::stoll(parts[5]), &FakeComment::id);
    if (found == comments.end()) return not_found();
    found->body = json::parse(request.body).at("body");
    found->updated = "2026-11-21T09:30:00Z";
    return reply(200, comment(*found));
  }
  if (parts.size() == 6 && parts[5] == "labels" && request.method == "POST") {
    const auto found = pulls.find(std::stoll(parts[4]));
    if (found == pulls.end()) return not_found();
    auto& there = found->second.labels;
    const auto body = json::parse(request.body);
    for (const auto& name : body.at("labels")) {
      if (std::ranges::find(there, name.get<std::string>()) == there.end()) there.push_back(name);
    }
    json all = json::array();
    for (const auto& name : there) {
      all.push_back(answers_["label"]);
      all.back()["name"] = name;
    }
    return reply(200, all);
  }
  if (parts.size() == 6 && request.method == "POST") {
    const auto number = std::stoll(parts[4]);
    if (!pulls.contains(number)) return not_found();
    const auto text = json::parse(request.body).at("body").get<std::string>();
    if (text.size() > 65'536) return refuse(422, "Validation Failed", validation("body", "custom", "body is too long (maximum is 65536 characters)"));
    comments.push_back({static_cast<std::int64_t>(comments.size()) + 1, number, "driftwarden", text, now, now});
    return reply(201, comment(comments.back()));
  }
  json all = json::array();
  for (const auto& one : comments) {
    if (parts.size() == 6 && one.number != std::stoll(parts[4])) continue;
    if (parts.size() == 5 && one.updated < request.query_or("since", "")) continue;
    all.push_back(comment(one));
  }
  return page(request, all);
}

ServerReply FakeGithub::route_branches(const std::vector<std::string>& parts) {
  const auto& name = parts.back() == "protection" ? parts.at(4) : parts.back();
  if (parts[3] == "rules") return reply(200, rules);
  if (!branches.contains(name)) return refuse(404, "Branch not found");
  if (parts.back() == "protection") return protection.is_null() ? refuse(404, "Branch not protected") : reply(200, protection);
  json body = answers_["branch"];
  body["name"] = name;
  body["protected"] = is_protected;
  body["protection"]["enabled"] = is_protected;
  auto& required = body["protection"]["required_status_checks"];
  required["contexts"] = branch_contexts;
  required["enforcement_level"] = branch_contexts.empty() ? "off" : "non_admins";
  return reply(200, body);
}

ServerReply FakeGithub::add_status(const ServerRequest& request, const std::string& sha) {
  const auto body = json::parse(request.body);
  if (sha == std::string(40, 'e')) return refuse(422, "No commit found for SHA: " + sha);
  json stored = answers_["simple_status"];
  stored.update(body);
  auto& all = statuses[sha];
  std::erase_if(all, [&](const json& one) { return to_lower(one.at("context").get<std::string>()) == to_lower(body.at("context").get<std::string>()); });
  all.insert(all.begin(), stored);
  json answer = answers_["status"];
  answer.update(body);
  answer["creator"] = user("driftwarden");
  return reply(201, answer);
}

ServerReply FakeGithub::page(const ServerRequest& request, const json& all) const {
  const auto size = static_cast<std::size_t>(std::stoul(request.query_or("per_page", "30")));
  const auto number = static_cast<std::size_t>(std::stoul(request.query_or("page", "1")));
  json items = json::array();
  for (std::size_t at = (number - 1) * size; at < all.size() && at < number * size; ++at) items.push_back(all[at]);
  auto answer = reply(200, items);
  if (number * size < all.size()) {
    auto query = request.query;
    query["page"] = std::to_string(number + 1);
    // GitHub's own addresses name the page, and what came with the first request.
    answer.headers.set("Link", "<" + public_url + request.raw_path + "?" + net::make_query(query) + ">; rel=\"next\"");
  }
  return answer;
}

json FakeGithub::user(const std::string& login, const std::string& type) const {
  json body = answers_["user"];
  body["login"] = login;
  body["type"] = type;
  return body;
}

json FakeGithub::pull(std::int64_t number, bool in_list) {
  auto& given = pulls.at(number);
  json body = answers_["pull"];
  body["number"] = number;
  body["html_url"] = "https://github.com/acme/config/pull/" + std::to_string(number);
  body["title"] = given.title;
  body["body"] = given.body;
  body["state"] = given.state;
  body["draft"] = given.draft;
  body["user"] = user(given.author);
  body["merged_at"] = given.merged ? json("2026-11-21T09:00:00Z") : json(nullptr);
  body["closed_at"] = given.state == "closed" ? json("2026-11-21T09:00:00Z") : json(nullptr);
  body["merge_commit_sha"] = given.merged ? json(given.merge_sha) : json(nullptr);
  body["requested_reviewers"] = json::array();
  for (const auto& login : given.reviewers) body["requested_reviewers"].push_back(user(login));
  json repository = answers_["repo"];
  repository["full_name"] = "acme/config";
  repository["owner"] = user("acme");
  body["base"] = {{"label", "acme:" + given.base}, {"ref", given.base}, {"sha", branches["main"]}, {"user", user("acme")}, {"repo", repository}};
  if (given.fork) repository["full_name"] = given.author + "/config";
  body["head"] = {{"label", "acme:" + given.branch}, {"ref", given.branch}, {"sha", given.head_sha}, {"user", user("acme")}, {"repo", repository}};
  if (in_list) {
    for (const char* key : {"mergeable", "mergeable_state", "merged", "merged_by", "comments", "review_comments", "maintainer_can_modify", "commits",
                            "additions", "deletions", "changed_files", "rebaseable"}) {
      body.erase(key);
    }
    return body;
  }
  const bool computing = given.computing > 0;
  if (computing) --given.computing;
  body["merged"] = given.merged;
  body["merged_by"] = given.merged ? user("driftwarden") : json(nullptr);
  body["mergeable"] = computing || given.merged ? json(nullptr) : given.mergeable;
  body["mergeable_state"] = computing ? "unknown" : given.mergeable_state;
  return body;
}

json FakeGithub::review(std::int64_t number, const FakeReview& given, std::int64_t id) const {
  json body = answers_["review"];
  body["id"] = id;
  body["user"] = user(given.user, given.type);
  body["state"] = given.state;
  body["commit_id"] = given.commit;
  body["author_association"] = given.association;
  body["html_url"] = "https://github.com/acme/config/pull/" + std::to_string(number) + "#pullrequestreview-" + std::to_string(id);
  return body;
}

json FakeGithub::comment(const FakeComment& given) const {
  json body = answers_["comment"];
  body["id"] = given.id;
  body["user"] = user(given.user);
  body["body"] = given.body;
  body["created_at"] = given.created;
  body["updated_at"] = given.updated;
  body["html_url"] = "https://github.com/acme/config/issues/" + std::to_string(given.number) + "#issuecomment-" + std::to_string(given.id);
  return body;
}

}  // namespace driftwarden::test
