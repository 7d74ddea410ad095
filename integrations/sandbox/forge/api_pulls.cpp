#include "gitops/base/text.hpp"
#include "integrations/sandbox/forge/access.hpp"
#include "integrations/sandbox/forge/api.hpp"
#include "integrations/sandbox/forge/api_json.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <ranges>

namespace driftwarden::sandbox::forge {

using nlohmann::json;

namespace {

constexpr std::size_t kCommitsMax = 250;

std::int64_t number_in(const ApiCall& call) { return std::strtoll(call.part(4).c_str(), nullptr, 10); }

/// Gitea takes both spellings.
std::string either(const json& body, const char* newer, const char* older) { return body.value(older, body.value(newer, "")); }

asio::awaitable<net::ServerReply> pull_reply(Core& core, std::string name, Pull pull, unsigned status) {
  auto mergeable = co_await core.mergeable(name, pull);
  co_return json_reply(status, pull_json(core, *core.find(name), pull, mergeable && *mergeable));
}

asio::awaitable<net::ServerReply> list_pulls(Core& core, ApiCall call) {
  const auto name = call.repository();
  auto followed = co_await core.follow(name);
  if (!followed) co_return refuse(followed.error());
  const auto state = call.query.contains("state") ? call.query.at("state") : "open";
  const std::vector<Pull> pulls = core.find(name)->pulls;
  json all = json::array();
  for (const auto& pull : pulls | std::views::reverse) {
    if (state != "all" && pull.open() != (state == "open")) continue;
    if (const auto base = query_of(call, "base_branch"); !base.empty() && pull.base != base) continue;
    auto mergeable = co_await core.mergeable(name, pull);
    all.push_back(pull_json(core, *core.find(name), pull, mergeable && *mergeable));
  }
  co_return page_reply(call, all);
}

asio::awaitable<net::ServerReply> open_pull(Core& core, ApiCall call) {
  const auto body = body_of(call);
  PullDraft draft;
  draft.title = body.value("title", "");
  draft.body = body.value("body", "");
  draft.head = body.value("head", "");
  draft.base = body.value("base", "");
  auto opened = co_await core.open_pull(call.repository(), call.user, std::move(draft));
  if (!opened) co_return refuse(opened.error());
  co_return co_await pull_reply(core, call.repository(), std::move(*opened), 201);
}

asio::awaitable<net::ServerReply> find_pull(Core& core, ApiCall call) {
  auto followed = co_await core.follow(call.repository());
  const auto* pull = core.find(call.repository())->find_open(rest_of(call.parts, 5), call.parts[4]);
  if (!followed || pull == nullptr) co_return not_found();
  co_return co_await pull_reply(core, call.repository(), *pull, 200);
}

asio::awaitable<net::ServerReply> edit_pull(Core& core, ApiCall call) {
  const auto body = body_of(call);
  auto* pull = core.find(call.repository())->find_pull(number_in(call));
  pull->title = body.value("title", pull->title);
  pull->body = body.value("body", pull->body);
  const auto state = body.value("state", "");
  core.save();
  auto edited = Answer<Pull>(*pull);
  if (body.contains("title") || body.contains("body")) core.notify_pull(*core.find(call.repository()), *pull, call.user, "edited");
  if (state == "closed") edited = core.close(call.repository(), number_in(call), call.user);
  if (state == "open") edited = co_await core.reopen(call.repository(), number_in(call), call.user);
  if (!edited) co_return refuse(edited.error());
  co_return co_await pull_reply(core, call.repository(), std::move(*edited), 201);
}

asio::awaitable<net::ServerReply> merge_pull(Core& core, ApiCall call) {
  const auto body = body_of(call);
  MergeOrder order;
  order.method = either(body, "do", "Do");
  order.title = either(body, "merge_title_field", "MergeTitleField");
  order.message = either(body, "merge_message_field", "MergeMessageField");
  order.expected_head = body.value("head_commit_id", "");
  order.delete_branch = body.value("delete_branch_after_merge", false);
  auto merged = co_await core.merge(call.repository(), number_in(call), call.user, std::move(order));
  if (!merged) co_return refuse(merged.error());
  co_return net::ServerReply{};
}

asio::awaitable<net::ServerReply> serve_reviews(Core& core, ApiCall call) {
  const auto name = call.repository();
  if (call.method == "POST") {
    const auto body = body_of(call);
    PullReview wanted;
    wanted.state = body.value("event", "");
    wanted.body = body.value("body", "");
    wanted.commit_id = body.value("commit_id", "");
    auto made = co_await core.review(name, number_in(call), call.user, std::move(wanted));
    if (!made) co_return refuse(made.error());
    co_return json_reply(200, review_json(core, *core.find(name), *core.find(name)->find_pull(number_in(call)), *made));
  }
  auto followed = co_await core.follow(name);
  const auto& pull = *core.find(name)->find_pull(number_in(call));
  json all = json::array();
  for (const auto& review : pull.reviews) {
    if (review.state != "PENDING" || review.user == call.user) all.push_back(review_json(core, *core.find(name), pull, review));
  }
  co_return page_reply(call, all);
}

asio::awaitable<net::ServerReply> read_changes(Core& core, ApiCall call) {
  const auto name = call.repository();
  auto followed = co_await core.follow(name);
  const Pull pull = *core.find(name)->find_pull(number_in(call));
  auto git = core.git(*core.find(name));
  json all = json::array();
  if (call.part(5) == "commits") {
    auto log = co_await git.log(pull.merge_base + ".." + pull.head_sha, "", kCommitsMax);
    if (!log) co_return refuse(log.error());
    for (const auto& entry : *log) all.push_back(commit_json(core, *core.find(name), entry));
    co_return page_reply(call, all);
  }
  auto diff = co_await git.diff(pull.merge_base, pull.head_sha);
  if (!diff) co_return refuse(diff.error());
  if (call.part(5) != "files") co_return net::ServerReply(200, "text/plain; charset=utf-8", std::move(*diff));
  for (const auto& file : parse_diff(*diff)) all.push_back(file_json(core, *core.find(name), file, pull.head_sha));
  co_return page_reply(call, all);
}

net::ServerReply serve_comments(Core& core, const ApiCall& call) {
  auto& repository = *core.find(call.repository());
  if (call.method == "POST") {
    auto made = core.comment(call.repository(), number_in(call), call.user, body_of(call).value("body", ""));
    if (!made) return refuse(made.error());
    return json_reply(201, comment_json(core, repository, *repository.find_pull(number_in(call)), *made));
  }
  const auto& pull = *repository.find_pull(number_in(call));
  json all = json::array();
  for (const auto& comment : pull.comments) all.push_back(comment_json(core, repository, pull, comment));
  return page_reply(call, all);
}

asio::awaitable<net::ServerReply> read_pull(Core& core, ApiCall call) {
  auto followed = co_await core.follow(call.repository());
  if (!followed) co_return refuse(followed.error());
  co_return co_await pull_reply(core, call.repository(), *core.find(call.repository())->find_pull(number_in(call)), 200);
}

}  // namespace

asio::awaitable<net::ServerReply> serve_pulls(Core& core, ApiCall call) {
  if (call.is("GET", 4)) co_return co_await list_pulls(core, std::move(call));
  if (call.is("POST", 4) && call.parts[3] == "pulls") co_return co_await open_pull(core, std::move(call));
  auto& number = call.parts.size() > 4 ? call.parts[4] : call.parts[3];
  const auto digits = number.find_first_not_of("0123456789");
  const bool is_diff = digits != std::string::npos && digits > 0 && number.substr(digits) == ".diff";
  if (is_diff) number.resize(digits);
  // pulls/<base>/<head>: a number is never a branch here, since our branches are named.
  if (call.method == "GET" && call.parts.size() >= 6 && digits != std::string::npos && !is_diff) co_return co_await find_pull(core, std::move(call));
  if (core.find(call.repository())->find_pull(number_in(call)) == nullptr) co_return not_found();
  const auto& topic = call.part(5);
  if (is_diff || ((topic == "files" || topic == "commits") && call.is("GET", 6))) co_return co_await read_changes(core, std::move(call));
  if (call.is("GET", 5)) co_return co_await read_pull(core, std::move(call));
  if (call.is("PATCH", 5)) co_return co_await edit_pull(core, std::move(call));
  if (topic == "merge" && call.is("POST", 6)) co_return co_await merge_pull(core, std::move(call));
  if (topic == "reviews" && call.parts.size() == 6) co_return co_await serve_reviews(core, std::move(call));
  if (topic == "requested_reviewers" && call.parts.size() == 6) co_return serve_requests(core, call);
  if (topic == "comments" && call.parts.size() == 6) co_return serve_comments(core, call);
  co_return not_found();
}

}  // namespace driftwarden::sandbox::forge
