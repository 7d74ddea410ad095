#include "gitops/base/text.hpp"
#include "integrations/sandbox/forge/forge_state.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace driftwarden::sandbox::forge {

using nlohmann::json;

namespace {

const char* to_word(PullState state) {
  switch (state) {
    case PullState::Open: return "open";
    case PullState::Closed: return "closed";
    case PullState::Merged: return "merged";
  }
  return "open";
}

PullState state_of(const std::string& word) {
  if (word == "merged") return PullState::Merged;
  return word == "closed" ? PullState::Closed : PullState::Open;
}

std::int64_t to_number(WallTime time) { return time.time_since_epoch().count(); }
WallTime time_at(const json& item, const char* key) { return WallTime(Duration(item.value(key, std::int64_t{0}))); }

json to_json(const Comment& comment) {
  return {{"id", comment.id}, {"user", comment.user}, {"body", comment.body}, {"at", to_number(comment.at)}, {"updated", to_number(comment.updated)}};
}

json to_json(const PullReview& review) {
  return {{"id", review.id},     {"user", review.user},           {"state", review.state},
          {"body", review.body}, {"commit_id", review.commit_id}, {"at", to_number(review.at)},
          {"dismissed", review.dismissed}};
}

json to_json(const StatusEntry& status) {
  return {{"id", status.id},           {"state", status.state},     {"context", status.context},
          {"target", status.target_url}, {"creator", status.creator}, {"description", status.description},
          {"at", to_number(status.at)}};
}

json to_json(const Protection& rule) {
  return {{"name", rule.name},
          {"required_approvals", rule.required_approvals},
          {"enable_push", rule.enable_push},
          {"enable_status_check", rule.enable_status_check},
          {"status_check_contexts", rule.status_check_contexts},
          {"block_on_rejected_reviews", rule.block_on_rejected_reviews},
          {"block_on_official_review_requests", rule.block_on_official_review_requests},
          {"block_on_outdated_branch", rule.block_on_outdated_branch},
          {"dismiss_stale_approvals", rule.dismiss_stale_approvals},
          {"ignore_stale_approvals", rule.ignore_stale_approvals},
          {"at", to_number(rule.at)}};
}

json to_json(const Label& label) { return {{"id", label.id}, {"name", label.name}, {"color", label.color}, {"description", label.description}}; }

json to_json(const Pull& pull);

template <class T>
json to_list(const std::vector<T>& items) {
  json list = json::array();
  for (const auto& item : items) list.push_back(to_json(item));
  return list;
}

json to_json(const Pull& pull) {
  return {{"id", pull.id},
          {"number", pull.number},
          {"title", pull.title},
          {"body", pull.body},
          {"head", pull.head},
          {"base", pull.base},
          {"head_sha", pull.head_sha},
          {"base_sha", pull.base_sha},
          {"merge_base", pull.merge_base},
          {"author", pull.author},
          {"state", to_word(pull.state)},
          {"merged_sha", pull.merged_sha},
          {"merged_by", pull.merged_by},
          {"created", to_number(pull.created)},
          {"updated", to_number(pull.updated)},
          {"ended", to_number(pull.ended)},
          {"reviews", to_list(pull.reviews)},
          {"comments", to_list(pull.comments)},
          {"labels", pull.labels}};
}

Comment to_comment(const json& item) {
  Comment comment;
  comment.id = item.at("id");
  comment.user = item.at("user");
  comment.body = item.at("body");
  comment.at = time_at(item, "at");
  comment.updated = time_at(item, "updated");
  return comment;
}

PullReview to_review(const json& item) {
  PullReview review;
  review.id = item.at("id");
  review.user = item.at("user");
  review.state = item.at("state");
  review.body = item.at("body");
  review.commit_id = item.at("commit_id");
  review.at = time_at(item, "at");
  review.dismissed = item.value("dismissed", false);
  return review;
}

StatusEntry to_status(const json& item) {
  StatusEntry status;
  status.id = item.at("id");
  status.state = item.at("state");
  status.context = item.at("context");
  status.description = item.at("description");
  status.target_url = item.at("target");
  status.creator = item.at("creator");
  status.at = time_at(item, "at");
  return status;
}

Pull to_pull(const json& item) {
  Pull pull;
  pull.id = item.at("id");
  pull.number = item.at("number");
  pull.title = item.at("title");
  pull.body = item.at("body");
  pull.head = item.at("head");
  pull.base = item.at("base");
  pull.head_sha = item.at("head_sha");
  pull.base_sha = item.at("base_sha");
  pull.merge_base = item.at("merge_base");
  pull.author = item.at("author");
  pull.state = state_of(item.at("state"));
  pull.merged_sha = item.at("merged_sha");
  pull.merged_by = item.at("merged_by");
  pull.created = time_at(item, "created");
  pull.updated = time_at(item, "updated");
  pull.ended = time_at(item, "ended");
  for (const auto& review : item.at("reviews")) pull.reviews.push_back(to_review(review));
  for (const auto& comment : item.at("comments")) pull.comments.push_back(to_comment(comment));
  pull.labels = item.value("labels", std::vector<std::int64_t>{});
  return pull;
}

Protection to_protection(const json& item) {
  Protection rule;
  rule.name = item.at("name");
  rule.required_approvals = item.at("required_approvals");
  rule.enable_push = item.at("enable_push");
  rule.enable_status_check = item.at("enable_status_check");
  rule.status_check_contexts = item.at("status_check_contexts").get<std::vector<std::string>>();
  rule.block_on_rejected_reviews = item.at("block_on_rejected_reviews");
  rule.block_on_official_review_requests = item.at("block_on_official_review_requests");
  rule.block_on_outdated_branch = item.at("block_on_outdated_branch");
  rule.dismiss_stale_approvals = item.at("dismiss_stale_approvals");
  rule.ignore_stale_approvals = item.at("ignore_stale_approvals");
  rule.at = time_at(item, "at");
  return rule;
}

Repository to_repository(const json& item) {
  Repository repository;
  repository.id = item.at("id");
  repository.owner = item.at("owner");
  repository.name = item.at("name");
  repository.created = time_at(item, "created");
  for (const auto& pull : item.at("pulls")) repository.pulls.push_back(to_pull(pull));
  if (item.contains("protections")) {
    for (const auto& rule : item.at("protections")) repository.protections.push_back(to_protection(rule));
  }
  for (const auto& label : item.value("labels", json::array())) repository.labels.push_back({label.at("id"), label.at("name"), label.at("color"), label.at("description")});
  for (const auto& [sha, statuses] : item.at("statuses").items()) {
    for (const auto& status : statuses) repository.statuses[sha].push_back(to_status(status));
  }
  return repository;
}

}  // namespace

std::string render_state(const State& state) {
  json repositories = json::array();
  for (const auto& [name, repository] : state.repositories) {
    json statuses = json::object();
    for (const auto& [sha, list] : repository.statuses) statuses[sha] = to_list(list);
    repositories.push_back({{"id", repository.id},
                            {"owner", repository.owner},
                            {"name", repository.name},
                            {"created", to_number(repository.created)},
                            {"pulls", to_list(repository.pulls)},
                            {"statuses", std::move(statuses)},
                            {"protections", to_list(repository.protections)},
                            {"labels", to_list(repository.labels)}});
  }
  return json{{"last_id", state.last_id}, {"repositories", std::move(repositories)}}.dump(1, ' ', false, json::error_handler_t::replace);
}

Result<State> parse_state(std::string_view text) {
  try {
    const auto body = json::parse(text);
    State state;
    state.last_id = body.at("last_id");
    for (const auto& item : body.at("repositories")) {
      auto repository = to_repository(item);
      const auto name = repository.full_name();
      state.repositories.emplace(name, std::move(repository));
    }
    return state;
  } catch (const json::exception& error) {
    return Error{ErrorKind::Corrupt, std::string("it is no state of the sandbox's forge: ") + error.what()};
  }
}

Result<State> load_state(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error{ErrorKind::NotFound, file + " isn't there"};
  std::ostringstream text;
  text << in.rdbuf();
  auto state = parse_state(text.str());
  if (!state) return wrap("reading " + file, state.error());
  return state;
}

Result<void> save_state(const std::string& file, const State& state) {
  const std::string temporary = file + ".new";
  {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    out << render_state(state);
    out.flush();
    if (!out) return Error{ErrorKind::Unavailable, "writing " + temporary + " failed; is the disk full?"};
  }
  std::error_code failed;
  std::filesystem::rename(temporary, file, failed);
  if (failed) return Error{ErrorKind::Unavailable, "renaming " + temporary + ": " + failed.message()};
  return Result<void>{};
}

}  // namespace driftwarden::sandbox::forge
