// Which commits come with a plan, and whose they are.
#include "bot/change/plan_parts.hpp"
#include "bot/config/policy.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace driftwarden::planning {
namespace {

constexpr std::size_t kMaxWalked = 2000;
constexpr std::size_t kMaxListed = 10;
constexpr std::string_view kNoMail = "@users.noreply.invalid";

/// A merge that took a path as one of its parents had it changed nothing there itself.
Result<bool> changed_by(Mirror& mirror, const CommitInfo& commit, const std::string& path) {
  TRY(const auto here, id_at(mirror, commit.sha, path));
  if (commit.parents.empty()) return !here.empty();
  for (const auto& parent : commit.parents) {
    TRY(const auto before, id_at(mirror, parent, path));
    if (before == here) return false;
  }
  return true;
}

PersonId person_of(const Config& config, const CommitPerson& author) {
  if (const auto* known = person_by_email(config, author.email)) return known->name;
  // What our own commits say of people without an address.
  if (!author.email.ends_with(kNoMail)) return {};
  const auto* named = find_person(config, author.email.substr(0, author.email.size() - kNoMail.size()));
  return named == nullptr ? PersonId{} : named->name;
}

}  // namespace

Result<std::string> id_at(Mirror& mirror, const std::string& revision, const std::string& path) {
  auto id = mirror.tree_id(revision, path);
  if (!id && id.error().kind == ErrorKind::NotFound) return std::string();
  return id;
}

Result<std::vector<CommitInfo>> commits_touching(const PlanContext& context, const std::string& from, const std::string& to, const std::vector<std::string>& paths) {
  if (from == to) return std::vector<CommitInfo>{};
  TRY(auto commits, context.mirror.commits_between(from, to, kMaxWalked));
  std::vector<CommitInfo> found;
  for (auto& commit : commits) {
    bool touches = false;
    for (const auto& path : paths) {
      if (touches) break;
      TRY(touches, changed_by(context.mirror, commit, path));
    }
    if (touches) found.push_back(std::move(commit));
  }
  return found;
}

void add_authors(const PlanContext& context, const std::vector<CommitInfo>& commits, const PersonId& requester, VerbPlan& plan) {
  std::set<std::string> strangers;
  for (const auto& commit : commits) {
    const auto person = person_of(context.config, commit.author);
    if (person.empty()) {
      strangers.insert(shown(fmt::format("{} <{}>", commit.author.name, commit.author.email)));
    } else if (person != requester && std::ranges::find(plan.authors, person) == plan.authors.end()) {
      plan.authors.push_back(person);
    }
  }
  if (strangers.empty()) return;
  plan.notes.push_back(fmt::format("Whose addresses are nobody's in the configuration, so that they can't be kept from approving: {}",
                                   ellipsize(join({strangers.begin(), strangers.end()}, ", "), 300)));
}

std::string list_commits(const std::string& title, const std::vector<CommitInfo>& commits) {
  std::string text = title;
  for (std::size_t i = 0; i < std::min(commits.size(), kMaxListed); ++i) {
    text += fmt::format("\n{} {} ({})", commits[i].sha.substr(0, 7), shown(commits[i].summary), shown(commits[i].author.name));
  }
  if (commits.size() > kMaxListed) text += fmt::format("\nand {} more", commits.size() - kMaxListed);
  return text;
}

}  // namespace driftwarden::planning
