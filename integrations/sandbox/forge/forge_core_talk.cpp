// Comments, requests for reviews, protection, and files committed from a form.
#include "gitops/base/text.hpp"
#include "integrations/sandbox/forge/forge_core.hpp"
#include "integrations/sandbox/forge/protection.hpp"

#include <algorithm>
#include <optional>

namespace driftwarden::sandbox::forge {

namespace {

std::optional<Refused> why_not_reviewer(const Core& core, const Pull& pull, const std::string& login) {
  if (core.find_user(login) == nullptr) return Refused{404, "User '" + login + "' not exist"};
  if (login == pull.author) return Refused{422, "poster of pr can't be reviewer"};
  return std::nullopt;
}

bool is_branch_name(const std::string& name) {
  const bool odd = name.find_first_of(" ~^:?*[\\\x7f") != std::string::npos || name.find("..") != std::string::npos || name.find("@{") != std::string::npos;
  const bool ends = name.starts_with('-') || name.starts_with('/') || name.ends_with('/') || name.ends_with('.') || name.ends_with(".lock");
  return !name.empty() && !odd && !ends && check_path(name);
}

}  // namespace

Said Core::find_comment(const std::string& name, std::int64_t id) {
  auto* repository = find(name);
  if (repository == nullptr) return {};
  for (auto& pull : repository->pulls) {
    const auto found = std::ranges::find(pull.comments, id, &Comment::id);
    if (found != pull.comments.end()) return {&pull, &*found};
  }
  return {};
}

Answer<Comment> Core::edit_comment(const std::string& name, std::int64_t id, const std::string& user, const std::string& body) {
  const auto said = find_comment(name, id);
  if (said.comment == nullptr) return Refused{404, "not found"};
  if (body.empty()) return Refused{422, "[Body]: Required"};
  // Gitea lets whoever may write to the repository edit anybody's comment.
  said.comment->body = body;
  said.comment->updated = said.pull->updated = now();
  save();
  notify_comment(*find(name), *said.pull, *said.comment, user, "edited");
  return *said.comment;
}

Answer<std::vector<PullReview>> Core::request_reviews(const std::string& name, std::int64_t number, const std::string& user, const std::vector<std::string>& logins) {
  auto* repository = find(name);
  auto* pull = repository == nullptr ? nullptr : repository->find_pull(number);
  if (pull == nullptr) return Refused{404, "not found"};
  for (const auto& login : logins) {
    if (auto why = why_not_reviewer(*this, *pull, login)) return *why;
  }
  std::vector<PullReview> made;
  for (const auto& login : logins) {
    const auto asked = std::ranges::any_of(pull->reviews, [&](const PullReview& review) { return review.user == login && review.state == "REQUEST_REVIEW"; });
    if (asked) continue;
    PullReview request;
    request.id = state_.next_id();
    request.user = login;
    request.state = "REQUEST_REVIEW";
    request.at = now();
    pull->reviews.push_back(request);
    made.push_back(std::move(request));
  }
  if (made.empty()) return made;
  pull->updated = now();
  save();
  notify_pull(*repository, *pull, user, "review_requested");
  return made;
}

Answer<Pull> Core::withdraw_requests(const std::string& name, std::int64_t number, const std::vector<std::string>& logins) {
  auto* repository = find(name);
  auto* pull = repository == nullptr ? nullptr : repository->find_pull(number);
  if (pull == nullptr) return Refused{404, "not found"};
  for (const auto& login : logins) {
    if (find_user(login) == nullptr) return Refused{404, "User '" + login + "' not exist"};
    std::erase_if(pull->reviews, [&](const PullReview& review) { return review.user == login && review.state == "REQUEST_REVIEW"; });
  }
  save();
  return *pull;
}

Answer<Label> Core::make_label(const std::string& name, Label label) {
  auto* repository = find(name);
  if (repository == nullptr) return Refused{404, "not found"};
  if (label.name.empty()) return Refused{422, "[Name]: Required"};
  if (label.color.starts_with('#')) label.color.erase(0, 1);
  if (label.color.size() != 6 || label.color.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return Refused{422, "bad color code: " + label.color};
  label.id = state_.next_id();
  repository->labels.push_back(label);
  save();
  return label;
}

Answer<std::vector<Label>> Core::add_labels(const std::string& name, std::int64_t number, const std::vector<std::int64_t>& ids) {
  auto* repository = find(name);
  auto* pull = repository == nullptr ? nullptr : repository->find_pull(number);
  if (pull == nullptr) return Refused{404, "not found"};
  for (const auto id : ids) {
    const bool known = std::ranges::find(repository->labels, id, &Label::id) != repository->labels.end();
    if (known && std::ranges::find(pull->labels, id) == pull->labels.end()) pull->labels.push_back(id);
  }
  pull->updated = now();
  save();
  return labels_of(*repository, *pull);
}

asio::awaitable<Result<void>> Core::request_owners(std::string name, std::int64_t number) {
  const Pull pull = *find(name)->find_pull(number);
  if (is_draft(pull)) co_return Result<void>{};
  auto program = git(*find(name));
  std::string rules;
  for (const char* file : {"CODEOWNERS", "docs/CODEOWNERS", ".gitea/CODEOWNERS"}) {
    std::string path = file;
    auto content = co_await program.read_file("refs/heads/main", std::move(path));
    if (content && rules.empty()) rules = std::move(*content);
  }
  if (rules.empty()) co_return Result<void>{};
  std::vector<std::string> arguments{"diff", "--name-only", "-z", "--no-renames", pull.merge_base, pull.head_sha};
  CO_TRY(const auto changed, co_await program.output(std::move(arguments)));
  auto paths = split(changed, '\0');
  std::erase(paths, "");
  auto owners = find_owners(rules, paths);
  std::erase_if(owners, [&](const std::string& login) { return why_not_reviewer(*this, pull, login).has_value(); });
  const auto asked = request_reviews(name, number, pull.author, owners);
  if (!asked) co_return Error{ErrorKind::Unavailable, asked.error().message};
  co_return Result<void>{};
}

bool Core::is_admin(const Repository& repository, const std::string& login) const {
  const auto* user = find_user(login);
  return user != nullptr && (user->admin || login == repository.owner);
}

Answer<Protection> Core::protect(const std::string& name, Protection rule, bool replace) {
  auto* repository = find(name);
  if (repository == nullptr) return Refused{404, "not found"};
  if (rule.name.empty()) return Refused{422, "both rule_name and branch_name are empty"};
  if (rule.name.find_first_of(" \t\r\n") != std::string::npos) return Refused{422, "a rule's name has no spaces"};
  rule.at = now();
  const auto existing = std::ranges::find(repository->protections, rule.name, &Protection::name);
  if (existing != repository->protections.end() && !replace) return Refused{403, "Branch protection already exist"};
  if (existing != repository->protections.end()) {
    *existing = rule;
  } else {
    repository->protections.push_back(rule);
  }
  save();
  return rule;
}

bool Core::may_push(const Repository& repository, const std::string& branch) const {
  const auto* rule = find_protection(repository, branch);
  return rule == nullptr || rule->enable_push;
}

asio::awaitable<Answer<std::string>> Core::commit_file(std::string name, FileCommit wanted) {
  if (auto checked = check_path(wanted.path); !checked) co_return Refused{422, checked.error().message};
  const std::string target = wanted.new_branch.empty() ? wanted.branch : wanted.new_branch;
  if (!is_branch_name(target)) co_return Refused{422, "\"" + target + "\" is no name for a branch"};
  const auto* user = find_user(wanted.user);
  if (user == nullptr) co_return Refused{401, "token is required"};
  if (!may_push(*find(name), target)) co_return Refused{403, "branch " + target + " is protected: open a pull request"};
  const GitPerson author = to_person(*user);
  auto program = git(*find(name));
  CO_TRY(auto before, co_await program.refs());
  const auto parent = before.find("refs/heads/" + wanted.branch);
  if (parent == before.end()) co_return Refused{404, "branch does not exist [name: " + wanted.branch + "]"};
  if (!wanted.new_branch.empty() && before.contains("refs/heads/" + target)) co_return Refused{409, "branch already exists [name: " + target + "]"};
  auto present = co_await program.read_file(parent->second, wanted.path);
  if (present && *present == wanted.content) co_return Refused{422, wanted.path + " says that already: there is nothing to commit"};
  std::vector<std::pair<std::string, std::string>> files{{wanted.path, wanted.content}};
  auto input = fast_import(files, author, now(), wanted.message + "\n", parent->second, target);
  std::vector<std::string> arguments{"fast-import", "--quiet", "--date-format=raw"};
  CO_CHECK_OK(co_await program.output(std::move(arguments), std::move(input)));
  CO_TRY(auto after, co_await program.refs());
  auto made = after.at("refs/heads/" + target);
  co_await pushed(name, wanted.user, std::move(before), std::move(after));
  co_return made;
}

}  // namespace driftwarden::sandbox::forge
