#include "integrations/sandbox/forge/protection.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <regex>

namespace driftwarden::sandbox::forge {

namespace {

/// Every context that the rule names, and how it stands; a rule without names wants all there are.
void add_check_obstacles(const Protection& rule, const std::vector<StatusEntry>& statuses, std::vector<Obstacle>& out) {
  constexpr const char* kRefusal = "Not all required status checks successful";
  const auto add = [&](const std::string& context, const std::string& state) {
    if (state == "success" || state == "skipped" || state == "warning") return;
    const bool waits = state == "pending" || state.empty();
    out.push_back({kRefusal, fmt::format("the check {} {}", context, state.empty() ? "has not reported yet" : waits ? "is pending" : "failed"), waits});
  };
  if (rule.status_check_contexts.empty()) {
    if (statuses.empty()) out.push_back({kRefusal, "no check has reported yet", true});
    for (const auto& status : statuses) add(status.context, status.state);
  }
  for (const auto& wanted : rule.status_check_contexts) {
    bool found = false;
    for (const auto& status : statuses) {
      if (!matches_pattern(wanted, status.context)) continue;
      found = true;
      add(status.context, status.state);
    }
    if (!found) add(wanted, "");
  }
}

void add_review_obstacles(const Protection& rule, const Pull& pull, std::vector<Obstacle>& out) {
  const auto approvals = std::ranges::count_if(pull.reviews, [&](const PullReview& review) {
    return review.state == "APPROVED" && !review.dismissed && !(rule.ignore_stale_approvals && is_stale(pull, review));
  });
  if (const auto missing = rule.required_approvals - approvals; missing > 0) {
    out.push_back({"Does not have enough approvals", fmt::format("{} more approval{} needed here on the forge", missing, missing == 1 ? " is" : "s are"), true});
  }
  for (const auto& review : pull.reviews) {
    if (review.dismissed) continue;
    if (rule.block_on_rejected_reviews && review.state == "REQUEST_CHANGES") out.push_back({"There are requested changes", review.user + " asked for changes", false});
  }
  for (const auto& review : pull.reviews) {
    const bool asked = review.state == "REQUEST_REVIEW";
    if (rule.block_on_official_review_requests && asked) out.push_back({"There are official review requests", review.user + " was asked for a review", true});
  }
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  const auto rest = pattern.substr(star + 1);
  for (auto at = star; at <= text.size(); ++at) {
    if (matches_pattern(rest, text.substr(at))) return true;
  }
  return false;
}

const Protection* find_protection(const Repository& repository, const std::string& branch) {
  const auto exact = std::ranges::find(repository.protections, branch, &Protection::name);
  if (exact != repository.protections.end()) return &*exact;
  const auto found = std::ranges::find_if(repository.protections, [&](const Protection& rule) { return matches_pattern(rule.name, branch); });
  return found == repository.protections.end() ? nullptr : &*found;
}

std::vector<Obstacle> find_obstacles(const Repository& repository, const Pull& pull) {
  std::vector<Obstacle> out;
  if (is_draft(pull)) out.push_back({"Work in progress PRs cannot be merged", "its title says that it is work in progress", false});
  const auto* rule = find_protection(repository, pull.base);
  if (rule == nullptr) return out;
  const auto statuses = repository.statuses.find(pull.head_sha);
  const auto newest = statuses == repository.statuses.end() ? std::vector<StatusEntry>{} : newest_statuses(statuses->second);
  if (rule->enable_status_check) add_check_obstacles(*rule, newest, out);
  add_review_obstacles(*rule, pull, out);
  if (rule->block_on_outdated_branch && pull.merge_base != pull.base_sha) {
    out.push_back({"The head branch is behind the base branch", pull.head + " is behind " + pull.base, false});
  }
  return out;
}

std::vector<std::string> find_owners(std::string_view code_owners, const std::vector<std::string>& paths) {
  std::vector<std::string> owners;
  for (const auto& line : split(code_owners, '\n')) {
    auto words = split(trim(std::string_view(line).substr(0, line.find('#'))), ' ');
    std::erase(words, "");
    if (words.size() < 2) continue;
    std::string_view pattern = words.front();
    const bool inverted = pattern.starts_with('!');
    if (inverted) pattern.remove_prefix(1);
    if (pattern.starts_with('/')) pattern.remove_prefix(1);
    bool hit = false;
    try {
      const std::regex expression{std::string(pattern)};
      hit = std::ranges::any_of(paths, [&](const std::string& path) { return std::regex_match(path, expression) != inverted; });
    } catch (const std::regex_error&) {
      continue;  // as Gitea: a line that is no expression is skipped
    }
    for (std::size_t at = 1; hit && at < words.size(); ++at) {
      const auto login = words[at].starts_with('@') ? words[at].substr(1) : words[at];
      if (std::ranges::find(owners, login) == owners.end()) owners.push_back(login);
    }
  }
  return owners;
}

}  // namespace driftwarden::sandbox::forge
