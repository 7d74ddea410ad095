// What Gitea tells the outside: measured headers and names, payloads cut to what receivers read.
#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"
#include "integrations/sandbox/forge/api_json.hpp"
#include "integrations/sandbox/forge/forge_core.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::sandbox::forge {

using nlohmann::json;

namespace {

constexpr Duration kPatience{3'000};

asio::awaitable<void> deliver(net::HttpClient& http, net::HttpRequest request) {
  auto response = co_await http.send(std::move(request));
  if (!response) {
    log_debug("sandbox", "a webhook of the forge: " + response.error().message);
  } else if (!response->ok()) {
    log_debug("sandbox", "a webhook of the forge was answered with " + std::to_string(response->status));
  }
}

struct EventNames {
  std::string event;
  std::string type;
};

EventNames review_event(const PullReview& review) {
  if (review.state == "APPROVED") return {"pull_request_approved", "pull_request_review_approved"};
  if (review.state == "REQUEST_CHANGES") return {"pull_request_rejected", "pull_request_review_rejected"};
  return {"pull_request_comment", "pull_request_review_comment"};
}

}  // namespace

void Core::notify(const std::string& event, const std::string& type, const json& payload) {
  if (options_.webhook_url.empty()) return;
  net::HttpRequest request("POST", options_.webhook_url);
  request.body = dump(payload);
  const auto signature = hmac_sha256_hex(options_.webhook_secret, request.body);
  request.timeout = kPatience;
  request.headers.set("Content-Type", "application/json");
  request.headers.set("X-Gitea-Delivery", random_.hex(32));
  request.headers.set("X-Gitea-Event", event);
  request.headers.set("X-Gitea-Event-Type", type);
  request.headers.set("X-Gitea-Signature", signature);
  request.headers.set("X-Hub-Signature-256", "sha256=" + signature);
  request.headers.set("X-GitHub-Event", event);
  tasks_.spawn("a webhook of the forge", deliver(*http_, std::move(request)));
}

void Core::notify_push(const Repository& repository, const std::string& user, const std::string& ref, const std::string& before, const std::string& after) {
  json payload{{"ref", ref}, {"before", before}, {"after", after}, {"commits", json::array()}, {"total_commits", 0}};
  payload["repository"] = repository_json(*this, repository);
  payload["pusher"] = user_json(*this, user);
  payload["sender"] = payload["pusher"];
  notify("push", "push", payload);
}

void Core::notify_comment(const Repository& repository, const Pull& pull, const Comment& said, const std::string& user, const std::string& action) {
  json payload{{"action", action}, {"is_pull", true}};
  payload["issue"] = {{"number", pull.number}, {"title", pull.title}, {"html_url", page_url(repository, pull)}};
  payload["pull_request"] = pull_json(*this, repository, pull, true);
  payload["comment"] = comment_json(*this, repository, pull, said);
  payload["repository"] = repository_json(*this, repository);
  payload["sender"] = user_json(*this, user);
  notify("issue_comment", "pull_request_comment", payload);
}

void Core::notify_status(const Repository& repository, const std::string& sha, const StatusEntry& status) {
  json payload{{"sha", sha}, {"context", status.context}, {"state", status.state}, {"description", status.description}, {"target_url", status.target_url}};
  payload["repository"] = repository_json(*this, repository);
  payload["sender"] = user_json(*this, status.creator);
  notify("status", "status", payload);
}

void Core::notify_pull(const Repository& repository, const Pull& pull, const std::string& user, const std::string& action) {
  json payload{{"action", action}, {"number", pull.number}, {"commit_id", pull.head_sha}};
  payload["pull_request"] = pull_json(*this, repository, pull, true);
  payload["repository"] = repository_json(*this, repository);
  payload["sender"] = user_json(*this, user);
  EventNames names{"pull_request", action == "synchronized" ? "pull_request_sync" : "pull_request"};
  if (action == "review_requested") names.type = "pull_request_review_request";
  if (action == "reviewed" && !pull.reviews.empty()) {
    names = review_event(pull.reviews.back());
    payload["review"] = {{"type", names.type}, {"content", pull.reviews.back().body}};
  }
  notify(names.event, names.type, payload);
}

}  // namespace driftwarden::sandbox::forge
