#include "integrations/forge/issue_comments.hpp"

#include "integrations/forge/forge_json.hpp"
#include "integrations/forge/gates.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::forge {

namespace {

constexpr std::size_t kPagesMax = 30;

std::string render_reviewers(const std::vector<std::string>& logins) { return dump({{"reviewers", logins}}); }

}  // namespace

std::optional<std::vector<Comment>> parse_comments(std::string_view text) {
  const auto body = parse_json(text);
  if (!body.is_array()) return std::nullopt;
  std::vector<Comment> comments;
  for (const auto& item : body) {
    Comment comment;
    comment.id = number_at(item, "id");
    comment.author = text_at(object_at(item, "user"), "login");
    comment.body = text_at(item, "body");
    comment.url = text_at(item, "html_url");
    comment.at = time_at(item, "created_at");
    comment.edited = time_at(item, "updated_at") > comment.at;
    if (comment.id != 0 && !comment.author.empty()) comments.push_back(std::move(comment));
  }
  return comments;
}

std::string render_comment(const std::string& text) { return dump({{"body", text}}); }

asio::awaitable<Result<void>> upsert_issue_comment(ForgeApi& api, std::int64_t number, std::string login, std::string marker, std::string body,
                                                   std::string list_query) {
  const auto path = "/issues/" + std::to_string(number) + "/comments";
  CO_TRY(const auto pages, co_await api.read_pages(path + list_query, kPagesMax));
  for (const auto& page : pages) {
    const auto comments = parse_comments(page);
    if (!comments) co_return api.unreadable("GET", path);
    const auto* ours = find_marked(*comments, login, marker);
    if (ours == nullptr) continue;
    if (says_the_same(ours->body, body)) co_return Result<void>{};
    CO_CHECK_OK(co_await api.write("PATCH", "/issues/comments/" + std::to_string(ours->id), render_comment(body), Repeat::Safe));
    co_return Result<void>{};
  }
  CO_CHECK_OK(co_await api.write("POST", path, render_comment(body), Repeat::Never));
  co_return Result<void>{};
}

asio::awaitable<Result<void>> request_pull_reviewers(ForgeApi& api, std::int64_t number, std::vector<std::string> logins) {
  if (logins.empty()) co_return Result<void>{};
  const auto pull = "/pulls/" + std::to_string(number);
  auto all = co_await api.write("POST", pull + "/requested_reviewers", render_reviewers(logins), Repeat::Safe);
  if (all) co_return Result<void>{};
  if (!may_leave_out(all.error())) co_return all.error();
  // Is it one of them, or isn't the pull request there?
  CO_CHECK_OK(co_await api.read(pull));
  if (logins.size() == 1) co_return Result<void>{};
  for (const auto& login : logins) {
    const std::vector<std::string> one(1, login);
    auto alone = co_await api.write("POST", pull + "/requested_reviewers", render_reviewers(one), Repeat::Safe);
    if (!alone && !may_leave_out(alone.error())) co_return alone.error();
  }
  co_return Result<void>{};
}

}  // namespace driftwarden::forge
