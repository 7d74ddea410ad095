#include "integrations/sandbox/forge/api.hpp"

#include "integrations/sandbox/forge/access.hpp"
#include "integrations/sandbox/forge/api_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>

namespace driftwarden::sandbox::forge {

using nlohmann::json;

namespace {

constexpr std::size_t kPageSize = 30;
constexpr std::size_t kPageSizeMax = 50;

std::size_t number_of(const std::string& text, std::size_t fallback) {
  const auto value = std::strtoull(text.c_str(), nullptr, 10);
  return value == 0 ? fallback : static_cast<std::size_t>(value);
}

net::ServerReply serve_outside_repositories(Core& core, const ApiCall& call) {
  if (call.is("GET", 1) && call.parts[0] == "version") return json_reply(200, {{"version", "1.26.0+driftwarden-sandbox"}});
  if (call.is("GET", 1) && call.parts[0] == "user") {
    if (call.user.empty()) return refuse({401, "token is required"});
    return json_reply(200, user_json(core, call.user));
  }
  if (call.is("GET", 2) && call.parts[0] == "users") {
    return core.find_user(call.parts[1]) == nullptr ? not_found() : json_reply(200, user_json(core, call.parts[1]));
  }
  if (call.is("GET", 2) && call.parts[0] == "repos" && call.parts[1] == "search") {
    json all = json::array();
    for (const auto& [name, repository] : core.state().repositories) all.push_back(repository_json(core, repository));
    return json_reply(200, {{"ok", true}, {"data", std::move(all)}});
  }
  return not_found();
}

asio::awaitable<net::ServerReply> set_status(Core& core, ApiCall call) {
  const auto body = json::parse(call.body, nullptr, false);
  if (!body.is_object()) co_return refuse({422, "the body is no JSON object"});
  StatusEntry wanted;
  wanted.state = body.value("state", "");
  wanted.context = body.value("context", "");
  wanted.description = body.value("description", "");
  wanted.target_url = body.value("target_url", "");
  wanted.creator = call.user;
  auto made = co_await core.set_status(call.repository(), call.parts[4], std::move(wanted));
  if (!made) co_return refuse(made.error());
  co_return json_reply(201, status_json(core, *core.find(call.repository()), call.parts[4], *made));
}

/// commits/<sha>/status(es)
asio::awaitable<net::ServerReply> read_statuses(Core& core, ApiCall call) {
  const auto& repository = *core.find(call.repository());
  auto git = core.git(repository);
  auto sha = co_await git.resolve(call.parts[4]);
  if (!sha) co_return not_found();
  const auto found = repository.statuses.find(*sha);
  const auto newest = newest_statuses(found == repository.statuses.end() ? std::vector<StatusEntry>{} : found->second);
  json list = newest.empty() ? json(nullptr) : json::array();
  for (const auto& status : newest) list.push_back(status_json(core, repository, *sha, status));
  if (call.part(5) == "statuses") co_return page_reply(call, list.is_null() ? json::array() : list);
  const auto count = list.size();
  co_return json_reply(200, {{"state", newest.empty() ? "pending" : combined_state(newest)},
                             {"sha", *sha},
                             {"total_count", count},
                             {"statuses", std::move(list)},
                             {"repository", repository_json(core, repository)}});
}

asio::awaitable<net::ServerReply> list_commits(Core& core, ApiCall call) {
  const auto& repository = *core.find(call.repository());
  auto git = core.git(repository);
  std::string from = query_of(call, "sha");
  if (from.empty()) from = "main";
  const auto limit = std::min(number_of(query_of(call, "limit"), kPageSize), kPageSizeMax);
  const auto page = number_of(query_of(call, "page"), 1);
  auto log = co_await git.log(from, query_of(call, "path"), limit * page);
  if (!log) co_return not_found();
  json all = json::array();
  for (std::size_t at = limit * (page - 1); at < log->size(); ++at) all.push_back(commit_json(core, repository, (*log)[at]));
  co_return json_reply(200, all);
}

asio::awaitable<net::ServerReply> read_commit(Core& core, ApiCall call) {
  const auto name = call.repository();
  auto git = core.git(*core.find(name));
  auto log = co_await git.log(call.parts[5], "", 1);
  if (!log || log->empty()) co_return not_found();
  co_return json_reply(200, commit_json(core, *core.find(name), log->front()));
}

asio::awaitable<net::ServerReply> serve_branches(Core& core, ApiCall call) {
  const auto name = call.repository();
  auto git = core.git(*core.find(name));
  auto refs = co_await git.refs();
  if (!refs) co_return refuse(refs.error());
  const std::string branch = rest_of(call.parts, 4);
  json all = json::array();
  for (const auto& [ref, sha] : *refs) {
    if (!ref.starts_with("refs/heads/")) continue;
    const auto found = ref.substr(11);
    if (!branch.empty() && found != branch) continue;
    auto log = co_await git.log(sha, "", 1);
    if (log && !log->empty()) all.push_back(branch_json(core, *core.find(name), found, log->front()));
  }
  if (branch.empty()) co_return page_reply(call, all);
  if (all.empty()) co_return refuse({404, "not found"});
  if (call.method == "GET") co_return json_reply(200, all.front());
  if (call.method != "DELETE") co_return refuse({405, "Method Not Allowed"});
  if (branch == "main") co_return refuse({403, "can not delete default branch"});
  auto deleted = co_await git.move_ref("refs/heads/" + branch, "", refs->at("refs/heads/" + branch));
  if (!deleted || !*deleted) co_return refuse({409, "the branch has moved"});
  Refs after = *refs;
  after.erase("refs/heads/" + branch);
  co_await core.pushed(name, call.user, std::move(*refs), std::move(after));
  net::ServerReply reply;
  reply.status = 204;
  co_return reply;
}

asio::awaitable<net::ServerReply> serve_repository(Core& core, ApiCall call) {
  const auto& topic = call.part(3);
  if (call.is("GET", 3)) co_return json_reply(200, repository_json(core, *core.find(call.repository())));
  if (topic == "issues" && call.part(4) == "comments") co_return serve_all_comments(core, call);
  if (topic == "labels" || (topic == "issues" && call.part(5) == "labels")) co_return serve_labels(core, call);
  if (topic == "branch_protections") co_return serve_protections(core, call);
  if (topic == "pulls" || topic == "issues") co_return co_await serve_pulls(core, std::move(call));
  if (topic == "contents" || topic == "raw") co_return co_await serve_contents(core, std::move(call));
  if (topic == "branches") co_return co_await serve_branches(core, std::move(call));
  if (topic == "statuses" && call.is("POST", 5)) co_return co_await set_status(core, std::move(call));
  if (topic == "git" && call.part(4) == "commits" && call.is("GET", 6)) co_return co_await read_commit(core, std::move(call));
  if (topic == "commits" && call.is("GET", 4)) co_return co_await list_commits(core, std::move(call));
  if (topic == "commits" && call.is("GET", 6)) co_return co_await read_statuses(core, std::move(call));
  co_return not_found();
}

}  // namespace

const std::string& ApiCall::part(std::size_t at) const {
  static const std::string kNone;
  return at < parts.size() ? parts[at] : kNone;
}

std::string query_of(const ApiCall& call, const std::string& key) {
  const auto found = call.query.find(key);
  return found == call.query.end() ? "" : found->second;
}

/// Never a surprise for callers that read fields: a body that is no object is an empty one.
json body_of(const ApiCall& call) {
  auto body = json::parse(call.body, nullptr, false);
  return body.is_object() ? body : json::object();
}

net::ServerReply json_reply(unsigned status, const json& body) { return {status, "application/json;charset=utf-8", dump(body) + "\n"}; }

net::ServerReply refuse(const Refused& refused) {
  json body{{"message", refused.message}, {"url", "/api/swagger"}};
  if (refused.status == 404) body["errors"] = nullptr;
  return json_reply(refused.status, body);
}

net::ServerReply not_found() { return refuse({404, "not found"}); }

net::ServerReply page_reply(const ApiCall& call, const json& all) {
  const auto limit = std::min(number_of(query_of(call, "limit"), kPageSize), kPageSizeMax);
  const auto page = number_of(query_of(call, "page"), 1);
  json items = json::array();
  for (std::size_t at = limit * (page - 1); at < std::min(limit * page, all.size()); ++at) items.push_back(all[at]);
  auto reply = json_reply(200, items);
  reply.headers.set("X-Total-Count", std::to_string(all.size()));
  return reply;
}

asio::awaitable<net::ServerReply> serve_api(Core& core, std::vector<std::string> parts, net::ServerRequest request) {
  const auto access = find_access(core, request.headers);
  if (access.refused) co_return refuse({401, "invalid username, password or token"});
  ApiCall call;
  call.method = std::move(request.method);
  call.parts = std::move(parts);
  call.query = std::move(request.query);
  call.body = std::move(request.body);
  if (access.user != nullptr) call.user = access.user->login;
  if (call.parts.size() < 3 || call.parts[0] != "repos") co_return serve_outside_repositories(core, call);
  if (core.find(call.repository()) == nullptr) co_return not_found();
  if (call.method != "GET" && call.user.empty()) co_return refuse({401, "token is required"});
  try {
    co_return co_await serve_repository(core, std::move(call));
  } catch (const json::exception&) {
    co_return refuse({422, "a field of the body has another type than it should"});
  }
}

}  // namespace driftwarden::sandbox::forge
