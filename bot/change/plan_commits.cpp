// Which commits come with a plan, and whose they are.
#include "bot/change/plan_parts.hpp"
#include "bot/config/policy.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <set>

namespace driftwarden::planning {
namespace {

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

/// How many of the branch's commits, newest first, came after `from`.
Result<std::size_t> count_after(Mirror& mirror, const std::vector<CommitInfo>& branch, const std::string& from) {
  std::size_t first = 0;
  std::size_t last = branch.size();
  while (first < last) {
    const auto middle = first + (last - first) / 2;
    TRY(const auto before, mirror.is_ancestor(branch[middle].sha, from));
    (before ? last : first) = before ? middle : middle + 1;
  }
  return first;
}

/// What the newest `limit` of the repository's commits don't reach: along the branch, and into each merge that changed the path.
class PathWalk {
 public:
  PathWalk(Mirror& mirror, std::string from, std::size_t limit) : mirror_(mirror), from_(std::move(from)), limit_(limit) {}

  Result<void> walk(const std::string& to, const std::string& path) {
    TRY(const auto branch, mirror_.history(to, path, limit_));
    TRY(const auto count, count_after(mirror_, branch, from_));
    for (std::size_t i = 0; i < count; ++i) {
      if (branch[i].parents.size() > 1) {
        CHECK_OK(look_into(branch[i], path));
      } else {
        add(branch[i]);
      }
    }
    if (count < branch.size()) return Result<void>{};
    if (branch.size() == limit_) found_.whole = false;
    if (branch.empty()) return check_end(to, path);
    return branch.back().parents.empty() ? Result<void>{} : check_end(branch.back().parents.front(), path);
  }

  TouchingCommits result() && {
    std::ranges::stable_sort(found_.commits, std::ranges::greater{}, &CommitInfo::time);
    return std::move(found_);
  }

 private:
  void add(const CommitInfo& commit) {
    if (known_.insert(commit.sha).second) found_.commits.push_back(commit);
  }

  Result<void> look_into(const CommitInfo& merge, const std::string& path) {
    TRY(const auto brought, mirror_.commits_between(merge.parents.front(), merge.sha, limit_));
    if (brought.size() >= limit_) found_.whole = false;
    for (const auto& commit : brought) {
      TRY(const auto changes, changed_by(mirror_, commit, path));
      if (!changes) continue;
      TRY(const auto before, mirror_.is_ancestor(commit.sha, from_));
      if (!before) add(commit);
    }
    return Result<void>{};
  }

  /// The mirror gives up after many commits: then the oldest that it found isn't where the path began, and `from` may say something else.
  Result<void> check_end(const std::string& oldest, const std::string& path) {
    TRY(const auto there, id_at(mirror_, oldest, path));
    TRY(const auto then, id_at(mirror_, from_, path));
    if (!there.empty() && there != then) found_.whole = false;
    return Result<void>{};
  }

  Mirror& mirror_;
  std::string from_;
  std::size_t limit_;
  TouchingCommits found_;
  std::set<std::string> known_;
};

}  // namespace

Result<std::string> id_at(Mirror& mirror, const std::string& revision, const std::string& path) {
  auto id = mirror.tree_id(revision, path);
  if (!id && id.error().kind == ErrorKind::NotFound) return std::string();
  return id;
}

Result<TouchingCommits> commits_touching(const PlanContext& context, const std::string& from, const std::string& to, const std::vector<std::string>& paths) {
  TouchingCommits found;
  if (from == to) return found;
  TRY(auto commits, context.mirror.commits_between(from, to, context.most_commits));
  if (commits.size() >= context.most_commits) {
    PathWalk walk(context.mirror, from, context.most_commits);
    for (const auto& path : paths) CHECK_OK(walk.walk(to, path));
    return std::move(walk).result();
  }
  for (auto& commit : commits) {
    bool touches = false;
    for (const auto& path : paths) {
      if (touches) break;
      TRY(touches, changed_by(context.mirror, commit, path));
    }
    if (touches) found.commits.push_back(std::move(commit));
  }
  return found;
}

void add_authors(const PlanContext& context, const TouchingCommits& touching, const PersonId& requester, VerbPlan& plan) {
  add_authors(context, touching.commits, requester, plan);
  if (touching.whole) return;
  plan.authors_incomplete = true;
  plan.notes.push_back("More came in between than was looked through: whoever wrote the older commits isn't known, and so can't be kept from approving");
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
    text += fmt::format("\n{} {} ({})", commits[i].sha.substr(0, 7), hide_secrets(shown(commits[i].summary)), shown(commits[i].author.name));
  }
  if (commits.size() > kMaxListed) text += fmt::format("\nand {} more", commits.size() - kMaxListed);
  return text;
}

}  // namespace driftwarden::planning
