// Comments of a repository, requests for reviews, branch protection.
#include "gitops/base/text.hpp"
#include "integrations/sandbox/forge/access.hpp"
#include "integrations/sandbox/forge/api.hpp"
#include "integrations/sandbox/forge/api_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>

namespace driftwarden::sandbox::forge {

using nlohmann::json;

namespace {

std::int64_t number_at(const ApiCall& call, std::size_t part) { return std::strtoll(call.part(part).c_str(), nullptr, 10); }

net::ServerReply no_content() {
  net::ServerReply reply;
  reply.status = 204;
  return reply;
}

struct Listed {
  std::int64_t id = 0;
  json body;
};

net::ServerReply list_comments(const Core& core, const Repository& repository, const ApiCall& call) {
  WallTime since{};
  if (const auto text = query_of(call, "since"); !text.empty()) {
    const auto parsed = parse_time(text);
    if (!parsed) return refuse({422, "parsing time \"" + text + "\" as \"2006-01-02T15:04:05Z07:00\": cannot parse"});
    since = *parsed;
  }
  std::vector<Listed> found;
  for (const auto& pull : repository.pulls) {
    for (const auto& comment : pull.comments) {
      if (comment.updated >= since) found.push_back({comment.id, comment_json(core, repository, pull, comment)});
    }
  }
  std::ranges::sort(found, {}, &Listed::id);
  json all = json::array();
  for (auto& item : found) all.push_back(std::move(item.body));
  return page_reply(call, all);
}

void read_protection(const json& body, Protection& rule) {
  rule.required_approvals = body.value("required_approvals", rule.required_approvals);
  rule.enable_push = body.value("enable_push", rule.enable_push);
  rule.enable_status_check = body.value("enable_status_check", rule.enable_status_check);
  rule.block_on_rejected_reviews = body.value("block_on_rejected_reviews", rule.block_on_rejected_reviews);
  rule.block_on_official_review_requests = body.value("block_on_official_review_requests", rule.block_on_official_review_requests);
  rule.block_on_outdated_branch = body.value("block_on_outdated_branch", rule.block_on_outdated_branch);
  rule.dismiss_stale_approvals = body.value("dismiss_stale_approvals", rule.dismiss_stale_approvals);
  rule.ignore_stale_approvals = body.value("ignore_stale_approvals", rule.ignore_stale_approvals);
  if (body.contains("status_check_contexts") && body.at("status_check_contexts").is_array()) {
    rule.status_check_contexts = body.at("status_check_contexts").get<std::vector<std::string>>();
  }
}

net::ServerReply make_protection(Core& core, const ApiCall& call) {
  const auto body = body_of(call);
  Protection rule;
  rule.name = body.value("rule_name", "");
  if (rule.name.empty()) rule.name = body.value("branch_name", "");
  read_protection(body, rule);
  const auto made = core.protect(call.repository(), std::move(rule), false);
  return made ? json_reply(201, protection_json(*made)) : refuse(made.error());
}

}  // namespace

net::ServerReply serve_all_comments(Core& core, const ApiCall& call) {
  const auto& repository = *core.find(call.repository());
  if (call.is("GET", 5)) return list_comments(core, repository, call);
  if (call.parts.size() != 6) return not_found();
  const auto said = core.find_comment(call.repository(), number_at(call, 5));
  if (said.comment == nullptr) return not_found();
  if (call.method == "GET") return json_reply(200, comment_json(core, repository, *said.pull, *said.comment));
  if (call.method == "PATCH") {
    const auto edited = core.edit_comment(call.repository(), said.comment->id, call.user, body_of(call).value("body", ""));
    return edited ? json_reply(200, comment_json(core, repository, *said.pull, *edited)) : refuse(edited.error());
  }
  if (call.method != "DELETE") return refuse({405, "Method Not Allowed"});
  std::erase_if(said.pull->comments, [id = said.comment->id](const Comment& comment) { return comment.id == id; });
  core.save();
  return no_content();
}

net::ServerReply serve_requests(Core& core, const ApiCall& call) {
  const auto body = body_of(call);
  const auto logins = body.value("reviewers", std::vector<std::string>{});
  const auto number = number_at(call, 4);
  if (call.method == "DELETE") {
    const auto left = core.withdraw_requests(call.repository(), number, logins);
    return left ? no_content() : refuse(left.error());
  }
  if (call.method != "POST") return refuse({405, "Method Not Allowed"});
  const auto made = core.request_reviews(call.repository(), number, call.user, logins);
  if (!made) return refuse(made.error());
  const auto& repository = *core.find(call.repository());
  const auto& pull = *core.find(call.repository())->find_pull(number);
  json all = json::array();
  for (const auto& request : *made) all.push_back(review_json(core, repository, pull, request));
  return json_reply(201, all);
}

net::ServerReply serve_labels(Core& core, const ApiCall& call) {
  const auto name = call.repository();
  const auto list = [&](const std::vector<Label>& labels) {
    json all = json::array();
    for (const auto& label : labels) all.push_back(label_json(core, *core.find(name), label));
    return all;
  };
  const auto body = body_of(call);
  if (call.part(3) == "labels") {
    if (call.is("GET", 4)) return page_reply(call, list(core.find(name)->labels));
    if (!call.is("POST", 4)) return not_found();
    const auto made = core.make_label(name, {0, body.value("name", ""), body.value("color", ""), body.value("description", "")});
    return made ? json_reply(201, label_json(core, *core.find(name), *made)) : refuse(made.error());
  }
  const auto* pull = core.find(name)->find_pull(number_at(call, 4));
  if (pull == nullptr) return not_found();
  if (call.is("GET", 6)) return json_reply(200, list(labels_of(*core.find(name), *pull)));
  if (!call.is("POST", 6)) return not_found();
  const auto labels = core.add_labels(name, pull->number, body.value("labels", std::vector<std::int64_t>{}));
  return labels ? json_reply(200, list(*labels)) : refuse(labels.error());
}

net::ServerReply serve_protections(Core& core, const ApiCall& call) {
  auto& repository = *core.find(call.repository());
  if (call.user.empty()) return refuse({401, "token is required"});
  if (!core.is_admin(repository, call.user)) return refuse({403, "user should be an owner or a collaborator with admin write of a repository"});
  if (call.is("POST", 4)) return make_protection(core, call);
  if (call.is("GET", 4)) {
    json all = json::array();
    for (const auto& rule : repository.protections) all.push_back(protection_json(rule));
    return json_reply(200, all);
  }
  const auto found = std::ranges::find(repository.protections, rest_of(call.parts, 4), &Protection::name);
  if (found == repository.protections.end()) return not_found();
  if (call.method == "GET") return json_reply(200, protection_json(*found));
  if (call.method == "PATCH") {
    read_protection(body_of(call), *found);
    core.save();
    return json_reply(200, protection_json(*found));
  }
  if (call.method != "DELETE") return refuse({405, "Method Not Allowed"});
  repository.protections.erase(found);
  core.save();
  return no_content();
}

}  // namespace driftwarden::sandbox::forge
