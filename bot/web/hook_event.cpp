#include "bot/web/hook_event.hpp"

#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace driftwarden {

namespace {

using nlohmann::json;

json parse(const std::string& body) {
  if (!body.starts_with("payload=")) return json::parse(body, nullptr, false);
  auto form = net::parse_query(body);
  return json::parse(form["payload"], nullptr, false);
}

const json& object_at(const json& object, const char* key) {
  static const json kNone = json::object();
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : kNone;
}

std::int64_t number_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

std::vector<std::string> urls_in(const json& payload) {
  std::vector<std::string> urls;
  for (const auto* part : {"repository", "project"}) {
    const auto& repository = object_at(payload, part);
    for (const auto* key : {"clone_url", "ssh_url", "html_url", "git_http_url", "git_ssh_url", "web_url", "http_url", "homepage", "url"}) {
      const auto url = repository.find(key);
      if (url != repository.end() && url->is_string()) urls.push_back(url->get<std::string>());
    }
  }
  return urls;
}

/// The pull request, wherever the forge puts it; a check's event may name several: the first.
std::int64_t number_in(const json& payload) {
  if (const auto number = number_at(object_at(payload, "pull_request"), "number"); number > 0) return number;
  if (const auto number = number_at(object_at(payload, "merge_request"), "iid"); number > 0) return number;
  if (const auto& merge_request = object_at(payload, "object_attributes"); payload.value("object_kind", json()) == "merge_request")
    return number_at(merge_request, "iid");
  const auto& issue = object_at(payload, "issue");
  const auto is_pull = payload.find("is_pull");
  if (issue.contains("pull_request") || (is_pull != payload.end() && *is_pull == true)) return number_at(issue, "number");
  for (const auto* check : {"check_suite", "check_run", "workflow_run"}) {
    const auto& run = object_at(payload, check);
    const auto pulls = run.find("pull_requests");
    if (pulls != run.end() && pulls->is_array() && !pulls->empty() && pulls->front().is_object()) return number_at(pulls->front(), "number");
  }
  return 0;
}

std::string event_name(const net::Headers& headers) {
  for (const auto* name : {"X-Forgejo-Event", "X-Gitea-Event", "X-GitHub-Event", "X-Gitlab-Event"}) {
    if (auto value = headers.find(name)) return to_lower(*value);
  }
  return "push";
}

HookEvent::Kind kind_of(const std::string& event) {
  constexpr std::array kPushes{"push", "push hook", "tag push hook", "create", "delete", "repository_update"};
  constexpr std::array kAround{"issue_comment",
                               "issues",
                               "status",
                               "check_run",
                               "check_suite",
                               "workflow_run",
                               "merge_group",
                               "note hook",
                               "confidential note hook",
                               "pipeline hook",
                               "job hook",
                               "pull_request_review_thread",
                               "pull_request_comment",
                               "pull_request_review_comment"};
  for (const auto* known : kPushes) {
    if (event == known) return HookEvent::Kind::Push;
  }
  for (const auto* known : kAround) {
    if (event == known) return HookEvent::Kind::Around;
  }
  // pull_request, pull_request_review, Gitea's pull_request_approved and its kin
  return event.starts_with("pull_request") || event == "merge request hook" ? HookEvent::Kind::PullRequest : HookEvent::Kind::Other;
}

}  // namespace

HookEvent read_hook_event(const net::Headers& headers, const std::string& body) {
  HookEvent event;
  event.kind = kind_of(event_name(headers));
  const auto payload = parse(body);
  if (!payload.is_object()) return event;
  event.urls = urls_in(payload);
  if (event.kind == HookEvent::Kind::PullRequest || event.kind == HookEvent::Kind::Around) event.number = number_in(payload);
  return event;
}

}  // namespace driftwarden
