#include "tests/contract/gitlab/fake_gitlab.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>
#include <regex>
#include <set>
#include <stdexcept>

namespace driftwarden::test {

using net::ServerReply;
using net::ServerRequest;
using nlohmann::json;

namespace {

const std::string kRoot = "/api/v4";
const std::string kProject = "/projects/acme%2Fplatform%2Fconfig";

/// What GitLab's documentation lets one ask. A `*` marks what has to be there.
struct Call {
  std::string method;
  std::string path;  ///< below the project, or with "~" below the root; N an iid or id, S a sha
  std::string query;
  std::string body;
};

const std::vector<Call>& calls() {
  static const std::vector<Call> kCalls{
      {"GET", "", "license statistics", ""},
      {"GET", "~/user", "", ""},
      {"GET", "~/users", "*username", ""},
      {"GET", "/merge_requests", "state source_branch target_branch order_by sort per_page page", ""},
      {"POST", "/merge_requests", "",
       "*source_branch *target_branch *title description labels reviewer_ids assignee_ids remove_source_branch squash target_project_id"},
      {"GET", "/merge_requests/N", "", ""},
      {"PUT", "/merge_requests/N", "", "title description state_event target_branch labels add_labels reviewer_ids"},
      {"PUT", "/merge_requests/N/merge", "", "*sha squash auto_merge should_remove_source_branch merge_commit_message squash_commit_message"},
      {"GET", "/merge_requests/N/approvals", "", ""},
      {"GET", "/merge_requests/N/reviewers", "", ""},
      {"GET", "/merge_requests/N/versions", "per_page page", ""},
      {"GET", "/merge_requests/N/notes", "sort order_by per_page page", ""},
      {"POST", "/merge_requests/N/notes", "", "*body internal created_at"},
      {"PUT", "/merge_requests/N/notes/N", "", "*body"},
      {"POST", "/statuses/S", "", "*state ref name context target_url description coverage pipeline_id"},
      {"GET", "/repository/commits/S/statuses", "ref stage name pipeline_id order_by sort all per_page page", ""},
      {"GET", "/events", "action target_type before after sort per_page page", ""},
  };
  return kCalls;
}

void add_labels(FakeMergeRequest& request, const std::string& listed) {
  for (const auto& name : split(listed, ',')) {
    if (!name.empty() && std::ranges::find(request.labels, name) == request.labels.end()) request.labels.push_back(name);
  }
}

std::regex pattern_of(const Call& call) {
  auto path = call.path.starts_with("~") ? kRoot + call.path.substr(1) : kRoot + kProject + call.path;
  path = std::regex_replace(path, std::regex("/N"), "/[0-9]+");
  return std::regex(std::regex_replace(path, std::regex("/S"), "/[0-9a-f]{40}"));
}

/// What of `given` isn't allowed, and what is missing.
std::vector<std::string> differences(const std::string& allowed, const std::set<std::string>& given) {
  std::vector<std::string> found;
  std::set<std::string> names;
  for (const auto& word : split(allowed, ' ')) {
    const bool required = word.starts_with('*');
    const auto name = required ? word.substr(1) : word;
    names.insert(name);
    if (required && !given.contains(name)) found.push_back("lacks " + name);
  }
  for (const auto& name : given) {
    if (!names.contains(name)) found.push_back("has " + name);
  }
  return found;
}

const std::map<std::string, json::value_t>& types() {
  using T = json::value_t;
  static const std::map<std::string, T> kTypes{{"sha", T::string},        {"squash", T::boolean},     {"should_remove_source_branch", T::boolean},
                                               {"body", T::string},       {"reviewer_ids", T::array}, {"state", T::string},
                                               {"title", T::string},      {"description", T::string}, {"merge_commit_message", T::string},
                                               {"name", T::string},       {"target_url", T::string},  {"squash_commit_message", T::string},
                                               {"state_event", T::string}};
  return kTypes;
}

ServerReply reply(unsigned status, const json& body) { return ServerReply(status, "application/json", body.dump()); }
ServerReply refuse(unsigned status, const json& message) { return reply(status, {{"message", message}}); }
ServerReply not_found() { return refuse(404, "404 Not found"); }

}  // namespace

FakeGitlab::FakeGitlab(asio::any_io_executor executor, Clock& clock) {
  auto started = net::start_http_server(std::move(executor), clock, {}, [this](ServerRequest request) { return handle(std::move(request)); });
  if (!started) throw std::runtime_error(started.error().message);
  server_ = std::move(*started);
}

void FakeGitlab::answer_next(std::string method, std::string part, ServerReply answer) {
  faults_.push_back({std::move(method), std::move(part), std::move(answer)});
}

std::size_t FakeGitlab::count(const std::string& method, const std::string& part) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(seen, [&](const auto& one) { return one.method == method && one.raw_path.find(part) != std::string::npos; }));
}

json FakeGitlab::last_body(const std::string& method, const std::string& part) const {
  for (auto one = seen.rbegin(); one != seen.rend(); ++one) {
    if (one->method == method && one->raw_path.find(part) != std::string::npos) return json::parse(one->body);
  }
  throw std::runtime_error("nobody sent " + method + " " + part);
}

void FakeGitlab::push(std::int64_t number, const std::string& sha, const std::string& at) {
  auto& given = requests.at(number);
  given.sha = sha;
  given.versions.push_back({sha, at});
  branches[given.source] = sha;
}

void FakeGitlab::approve(std::int64_t number, const std::string& name, const std::string& at) {
  auto& given = requests.at(number);
  if (std::ranges::find(given.approved_by, name) == given.approved_by.end()) given.approved_by.push_back(name);
  given.approved_at[name] = at;
  notes.push_back({static_cast<std::int64_t>(notes.size()) + 1, number, name, "approved this merge request", at, at, true});
}

void FakeGitlab::check(const ServerRequest& request) {
  const auto name = request.method + " " + request.raw_path;
  const auto call =
      std::ranges::find_if(calls(), [&](const Call& one) { return one.method == request.method && std::regex_match(request.raw_path, pattern_of(one)); });
  if (call == calls().end()) return violations.push_back(name + ": no such call");
  std::set<std::string> query;
  for (const auto& [key, value] : request.query) query.insert(key);
  for (const auto& difference : differences(call->query, query)) violations.push_back(name + ": the query " + difference);
  if (call->body.empty() != request.body.empty()) violations.push_back(name + ": the body");
  if (request.body.empty()) return;
  if (request.headers.find("Content-Type") != "application/json") violations.push_back(name + ": the content type");
  const auto body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return violations.push_back(name + ": the body is no object");
  std::set<std::string> fields;
  for (const auto& [key, value] : body.items()) {
    fields.insert(key);
    const auto type = types().find(key);
    if (type != types().end() && value.type() != type->second) violations.push_back(name + ": the type of " + key);
  }
  for (const auto& difference : differences(call->body, fields)) violations.push_back(name + ": the body " + difference);
}

asio::awaitable<ServerReply> FakeGitlab::handle(ServerRequest request) {
  check(request);
  seen.push_back(request);
  const auto fault =
      std::ranges::find_if(faults_, [&](const Fault& one) { return one.method == request.method && request.raw_path.find(one.part) != std::string::npos; });
  if (fault != faults_.end()) {
    auto answer = std::move(fault->reply);
    faults_.erase(fault);
    co_return answer;
  }
  if (request.headers.find("PRIVATE-TOKEN") != token) co_return refuse(401, "401 Unauthorized");
  co_return route(request, request.raw_path.substr(kRoot.size()));
}

ServerReply FakeGitlab::route(const ServerRequest& request, const std::string& path) {
  if (path == "/user") return reply(200, user("driftwarden"));
  if (path == "/users") {
    json found = json::array();
    if (users.contains(request.query_or("username", ""))) found.push_back(user(request.query_or("username", "")));
    return reply(200, found);
  }
  if (!path.starts_with(kProject)) return not_found();
  if (path == kProject) {
    return reply(200, {{"id", 5}, {"path_with_namespace", "acme/platform/config"}, {"only_allow_merge_if_pipeline_succeeds", pipelines_must_succeed},
                       {"merge_requests_enabled", true}, {"permissions", {{"project_access", {{"access_level", role}}}, {"group_access", nullptr}}}});
  }
  const auto parts = split(path.substr(kProject.size() + 1), '/');
  if (parts[0] == "merge_requests") return route_requests(request, parts);
  if (parts[0] == "statuses") return set_status(request, parts[1]);
  if (parts[0] == "repository") {
    json found = json::array();
    for (const auto& one : statuses) {
      if (one.at("sha") == parts[2] && one.at("name") == request.query_or("name", one.at("name"))) found.push_back(one);
    }
    return reply(200, found);
  }
  json events = json::array();
  for (const auto& one : notes) {
    const auto after = request.query_or("after", "");
    if (one.created.substr(0, 10) <= after) continue;
    json event{{"id", one.id}, {"action_name", "commented on"}, {"target_type", "Note"}, {"author_username", one.author}, {"created_at", one.created}};
    event["note"] = note(one);
    events.insert(events.begin(), event);
  }
  return reply(200, events);
}

ServerReply FakeGitlab::route_requests(const ServerRequest& request, const std::vector<std::string>& parts) {
  if (parts.size() == 1 && request.method == "POST") return create(request);
  if (parts.size() == 1) {
    std::vector<std::int64_t> numbers;
    for (auto one = requests.rbegin(); one != requests.rend(); ++one) {
      const auto& given = one->second;
      if (given.state != request.query_or("state", given.state) || given.source != request.query_or("source_branch", given.source)) continue;
      if (given.target == request.query_or("target_branch", given.target)) numbers.push_back(one->first);
    }
    const auto size = std::stoul(request.query_or("per_page", "20"));
    const auto page = std::stoul(request.query_or("page", "1"));
    json found = json::array();
    for (std::size_t at = (page - 1) * size; at < numbers.size() && at < page * size; ++at) found.push_back(merge_request(numbers[at]));
    auto answer = reply(200, found);
    if (page * size < numbers.size()) {
      answer.headers.set("Link", "<" + url() + request.raw_path + "?" + request.raw_query + "&page=" + std::to_string(page + 1) + ">; rel=\"next\", <" + url() +
                                     ">; rel=\"first\"");
    }
    return answer;
  }
  const auto number = std::stoll(parts[1]);
  const auto found = requests.find(number);
  if (found == requests.end()) return not_found();
  auto& given = found->second;
  if (parts.size() == 2 && request.method == "PUT") {
    const auto body = json::parse(request.body);
    if (body.value("state_event", "") == "close") given.state = "closed";
    given.title = body.value("title", given.title);
    given.description = body.value("description", given.description);
    add_labels(given, body.value("add_labels", ""));
    if (body.contains("reviewer_ids")) {
      given.reviewers.clear();
      for (const auto& [name, id] : users) {
        if (std::ranges::find(body["reviewer_ids"], json(id)) != body["reviewer_ids"].end()) given.reviewers[name] = "unreviewed";
      }
    }
  }
  if (parts.size() == 2) return reply(200, merge_request(number));
  if (parts[2] == "merge") return merge(request, given, number);
  if (parts[2] == "notes") return route_notes(request, number, parts);
  json people = json::array();
  if (parts[2] == "approvals") {
    for (const auto& name : given.approved_by) {
      people.push_back({{"user", user(name)}});
      if (says_when_approved && given.approved_at.contains(name)) people.back()["approved_at"] = given.approved_at[name];
    }
    return reply(
        200,
        {{"iid", number}, {"approved", true}, {"approvals_required", given.approvals_left}, {"approvals_left", given.approvals_left}, {"approved_by", people}});
  }
  if (parts[2] == "versions") {
    for (const auto& version : given.versions) {
      const json entry{{"head_commit_sha", version.sha}, {"created_at", version.created}, {"state", "collected"}};
      people.insert(people.begin(), entry);
    }
    return reply(200, people);
  }
  for (const auto& [name, state] : given.reviewers) people.push_back({{"user", user(name)}, {"state", state}, {"created_at", "2026-11-21T09:00:00.000Z"}});
  return reply(200, people);
}

ServerReply FakeGitlab::create(const ServerRequest& request) {
  const auto body = json::parse(request.body);
  const auto source = body.at("source_branch").get<std::string>();
  const auto target = body.at("target_branch").get<std::string>();
  if (source == target) return refuse(422, json::array({"You can't use same project/branch for source and target"}));
  if (!branches.contains(source)) return refuse(400, {{"source_branch", json::array({"does not exist"})}});
  for (const auto& [number, one] : requests) {
    if (one.state != "opened" || one.source != source || one.target != target) continue;
    return refuse(409, json::array({"Another open merge request already exists for this source branch: !" + std::to_string(number)}));
  }
  FakeMergeRequest made;
  made.title = body.at("title");
  made.source = source;
  made.target = target;
  made.sha = branches[source];
  made.statuses = {"preparing", "checking", "mergeable"};
  made.versions = {{made.sha, "2026-11-21T08:00:00.000Z"}};
  made.head_comes_late = true;
  add_labels(made, body.value("labels", ""));
  const auto number = requests.empty() ? 1 : requests.rbegin()->first + 1;
  requests[number] = made;
  return reply(201, merge_request(number));
}

ServerReply FakeGitlab::merge(const ServerRequest& request, FakeMergeRequest& given, std::int64_t number) {
  const auto body = json::parse(request.body);
  if (body.at("sha") != given.sha) return refuse(409, "SHA does not match HEAD of source branch: " + given.sha);
  if (given.state != "opened" || given.statuses.front() != "mergeable") return refuse(405, "405 Method Not Allowed");
  given.state = "merged";
  given.statuses = {"not_open"};
  given.merge_commit = std::string(40, 'c');
  if (body.value("should_remove_source_branch", false)) branches.erase(given.source);
  return reply(200, merge_request(number));
}

ServerReply FakeGitlab::route_notes(const ServerRequest& request, std::int64_t number, const std::vector<std::string>& parts) {
  if (parts.size() == 4) {
    const auto found = std::ranges::find(notes, std::stoll(parts[3]), &FakeNote::id);
    if (found == notes.end()) return not_found();
    found->body = json::parse(request.body).at("body");
    return reply(200, note(*found));
  }
  if (request.method == "POST") {
    notes.push_back({static_cast<std::int64_t>(notes.size()) + 1, number, "driftwarden", json::parse(request.body).at("body"), "2026-11-21T09:00:00.000Z",
                     "2026-11-21T09:00:00.000Z"});
    return reply(201, note(notes.back()));
  }
  json all = json::array();
  for (const auto& one : notes) {
    if (one.number == number) all.push_back(note(one));
  }
  if (request.query_or("sort", "desc") == "desc") std::ranges::reverse(all);
  return reply(200, all);
}

ServerReply FakeGitlab::set_status(const ServerRequest& request, const std::string& sha) {
  const auto body = json::parse(request.body);
  const auto state = body.at("state").get<std::string>();
  if (state != "pending" && state != "success" && state != "failed") return refuse(400, "state does not have a valid value");
  for (auto& one : statuses) {
    if (one.at("sha") != sha || one.at("name") != body.at("name")) continue;
    if (one.at("status") == state) {
      return refuse(400, "Cannot transition status via :enqueue from :" + state + " (Reason(s): Status cannot transition via \"enqueue\")");
    }
    one["status"] = state;
    return reply(201, one);
  }
  json made{
      {"id", statuses.size() + 1}, {"sha", sha}, {"ref", "main"}, {"status", state}, {"name", body.at("name")}, {"description", body.value("description", "")},
      {"allow_failure", false}};
  statuses.insert(statuses.begin(), made);
  return reply(201, made);
}

json FakeGitlab::user(const std::string& name) const {
  const auto id = users.find(name);
  return {{"id", id == users.end() ? 99 : id->second}, {"username", name}, {"name", name}, {"state", "active"}, {"web_url", url() + "/" + name}};
}

json FakeGitlab::merge_request(std::int64_t number) {
  auto& given = requests.at(number);
  const auto status = given.statuses.front();
  if (given.statuses.size() > 1) given.statuses.pop_front();
  json body{{"id", 1000 + number},  {"iid", number},       {"project_id", 5}, {"title", given.title}, {"description", given.description},
            {"state", given.state}, {"draft", given.draft}};
  body["source_branch"] = given.source;
  body["target_branch"] = given.target;
  body["source_project_id"] = given.fork ? 6 : 5;
  body["target_project_id"] = 5;
  body["author"] = user(given.author);
  body["sha"] = given.head_comes_late ? json(nullptr) : json(given.sha);
  given.head_comes_late = false;
  body["detailed_merge_status"] = status;
  body["has_conflicts"] = given.has_conflicts;
  body["merge_commit_sha"] = given.merge_commit.empty() ? json(nullptr) : json(given.merge_commit);
  body["squash_commit_sha"] = nullptr;
  body["web_url"] = url() + "/acme/platform/config/-/merge_requests/" + std::to_string(number);
  body["reviewers"] = json::array();
  for (const auto& [name, state] : given.reviewers) body["reviewers"].push_back(user(name));
  return body;
}

json FakeGitlab::note(const FakeNote& given) const {
  return {{"id", given.id},
          {"body", given.body},
          {"author", user(given.author)},
          {"created_at", given.created},
          {"updated_at", given.updated},
          {"system", given.system},
          {"noteable_type", "MergeRequest"},
          {"noteable_id", 1000 + given.number},
          {"noteable_iid", given.number}};
}

}  // namespace driftwarden::test
