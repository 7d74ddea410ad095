// Rollback: a path as it was, or one commit taken back; nothing of another App.
#include "bot/change/plan_parts.hpp"
#include "bot/change/planned_files.hpp"
#include "bot/change/who_shares.hpp"
#include "bot/command/intents.hpp"
#include "bot/watch/fleet.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace driftwarden::planning {
namespace {

std::string short_id(const std::string& revision) { return revision.substr(0, 7); }

/// What an App is made from outside its own path, now or then.
Result<std::set<std::string>> outside_paths(const App& app, const PlanContext& context, const std::string& revision) {
  std::set<std::string> outside;
  for (const auto& at : {context.head, revision}) {
    const auto paths = source_paths(context.mirror, app, at);
    if (!paths && paths.error().kind != ErrorKind::NotFound) return paths.error();
    if (!paths) continue;
    for (const auto& path : *paths) {
      if (!is_below(path, app.path)) outside.insert(path);
    }
  }
  return outside;
}

Result<std::vector<std::string>> differing(const PlanContext& context, const std::set<std::string>& paths, const std::string& revision) {
  std::vector<std::string> found;
  for (const auto& path : paths) {
    TRY(const auto now, id_at(context.mirror, context.head, path));
    TRY(const auto then, id_at(context.mirror, revision, path));
    if (now != then) found.push_back(path);
  }
  return found;
}

std::string shared_words(const App& app, const PlanContext& context, const std::vector<std::string>& paths) {
  const auto names = who_shares(app, context, paths);
  const auto what = join(paths, ", ");
  return names.empty() ? fmt::format("{}, outside of {}", what, app.path) : fmt::format("{}, which {} {} made from as well", what, join(names, ", "), names.size() == 1 ? "is" : "are");
}

/// Commits that changed something else beside the App: that part stays.
void note_company(const App& app, const PlanContext& context, const std::vector<CommitInfo>& commits, VerbPlan& plan) {
  std::size_t told = 0;
  for (const auto& commit : commits) {
    if (told == 5 || commit.parents.size() != 1) continue;
    const auto files = context.mirror.diff(commit.parents.front(), commit.sha, "");
    if (!files) continue;
    std::set<std::string> elsewhere;
    for (const auto& file : *files) {
      if (!is_below(file.path, app.path) && !is_below(file.path, ".driftwarden")) elsewhere.insert(shown(file.path));
    }
    if (elsewhere.empty()) continue;
    ++told;
    plan.notes.push_back(fmt::format("{} also changed {}, which stays as it is", short_id(commit.sha), ellipsize(join({elsewhere.begin(), elsewhere.end()}, ", "), 200)));
  }
}

/// The commits after the target that are undone by going back to it.
Result<void> note_taken_back(const App& app, const PlanContext& context, const std::string& from, const std::string& to, VerbPlan& plan) {
  TRY(const auto touching, commits_touching(context, from, to, {app.path}));
  const auto& commits = touching.commits;
  if (commits.empty()) return Result<void>{};
  plan.notes.push_back(list_commits(commits.size() == 1 ? "Takes back this commit:" : fmt::format("Takes back {} commits:", commits.size()), commits));
  note_company(app, context, commits, plan);
  return Result<void>{};
}

/// Paths inside of the App's own that are none of its: other Apps' and, in the root, what tells Driftwarden and the forge how to work.
class Enclosed {
 public:
  Enclosed(const App& app, const PlanContext& context) {
    for (const auto& other : context.apps) {
      if (other.name == app.name || other.orphans || other.repository != app.repository) continue;
      if (other.path != app.path && is_below(other.path, app.path)) paths_[other.path].push_back(other.name);
    }
    for (const auto* kept : {".driftwarden", ".github", ".gitlab", ".gitea", ".forgejo", ".gitlab-ci.yml", "CODEOWNERS", "docs/CODEOWNERS"}) {
      if (app.path.empty()) paths_[kept];
    }
  }
  /// What of it `file` belongs to: "apps/blog (blog)"; nothing when it is the App's.
  std::optional<std::string> around(const std::string& file) const {
    for (const auto& [path, names] : paths_) {
      if (is_below(file, path)) return names.empty() ? path : fmt::format("{} ({})", shown(path), join(names, ", "));
    }
    return std::nullopt;
  }
  /// All that the files belong to, and the files that are the App's.
  std::set<std::string> around(const std::vector<FileDiff>& files, std::vector<std::string>& own) const {
    std::set<std::string> found;
    for (const auto& file : files) {
      if (auto what = around(file.path)) found.insert(*std::move(what));
      else own.push_back(file.path);
    }
    return found;
  }

 private:
  std::map<std::string, std::vector<std::string>> paths_;
};

std::string list_of(const std::set<std::string>& what) { return ellipsize(join({what.begin(), what.end()}, ", "), 300); }

/// File by file, where the path as a whole would take other Apps along.
Result<std::vector<FileEdit>> edits_back(const PlanContext& context, const std::vector<std::string>& files, const std::string& target) {
  std::vector<FileEdit> edits;
  for (const auto& file : files) {
    auto then = context.mirror.read_file(target, file);
    if (!then && then.error().kind != ErrorKind::NotFound) return wrap("reading " + shown(file), then.error());
    edits.push_back({file, then ? std::optional(std::move(*then)) : std::nullopt});
  }
  return edits;
}

/// All of the path, but for what in it is none of the App's.
Result<void> restore_path(const App& app, const PlanContext& context, const std::string& target, VerbPlan& plan) {
  TRY(const auto files, context.mirror.diff(context.head, target, app.path));
  std::vector<std::string> own;
  const auto others = Enclosed(app, context).around(files, own);
  if (others.empty()) {
    plan.restore_path = app.path;
    plan.restore_revision = target;
    return Result<void>{};
  }
  if (own.empty()) return refused(fmt::format("{} itself is what it was at {}. What differs is {}, which is none of it: roll that back itself", app.name, short_id(target), list_of(others)));
  TRY(plan.edits, edits_back(context, own, target));
  plan.notes.push_back(fmt::format("Stays as it is now, as it is none of {}: {}", app.name, list_of(others)));
  return Result<void>{};
}

/// A commit can't be taken back by halves.
Result<void> check_undo(const App& app, const PlanContext& context, const std::string& revision) {
  TRY(const auto commit, context.mirror.commit_info(revision));
  if (commit.parents.empty()) return Result<void>{};
  TRY(const auto files, context.mirror.diff(commit.parents.front(), revision, app.path));
  std::vector<std::string> own;
  const auto others = Enclosed(app, context).around(files, own);
  if (others.empty()) return Result<void>{};
  return refused(fmt::format("{} changed {} as well, which lies inside of {} and is none of it: `rollback {} to REV` leaves that out, or make a pull request of your own", short_id(revision),
                             list_of(others), app.path.empty() ? "the root" : app.path, app.name));
}

Result<VerbPlan> move_pin(const Change& change, const App& app, const PlanContext& context, const std::string& target) {
  TRY(const auto there, id_at(context.mirror, target, app.path));
  if (there.empty()) return refused(fmt::format("{} wasn't there yet at {}", app.path, short_id(target)));
  TRY(const auto now, in_force(app, context));
  TRY(const auto pinned, id_at(context.mirror, context.head, pin_path(app.name)));
  if (now == target && !pinned.empty()) return refused(fmt::format("{} is pinned to {} already", app.name, short_id(target)));
  VerbPlan plan;
  plan.edits.push_back({pin_path(app.name), write_pin(pin_to(target, change), app.name)});
  CHECK_OK(note_taken_back(app, context, target, now, plan));
  // A pin "rolled back" to something newer puts commits in force, as a sync would.
  TRY(const auto ahead, commits_touching(context, now, target, {app.path}));
  if (!ahead.commits.empty()) plan.notes.push_back(list_commits("Puts in force:", ahead.commits));
  add_authors(context, ahead, change.requester, plan);
  return plan;
}

Result<VerbPlan> restore(const App& app, const PlanContext& context, const std::string& target) {
  TRY(const auto now, id_at(context.mirror, context.head, app.path));
  TRY(const auto then, id_at(context.mirror, target, app.path));
  if (then.empty()) return refused(fmt::format("{} wasn't there yet at {}: going back would delete {}", app.path, short_id(target), app.name));
  std::set<std::string> outside;
  if (is_rendered(app)) {
    TRY(outside, outside_paths(app, context, target));
  }
  if (!is_rendered(app)) {
    TRY(outside, planned_elsewhere(context.mirror, app, context.head, target));
  }
  TRY(const auto shared, differing(context, outside, target));
  if (now == then) {
    if (shared.empty()) return refused(fmt::format("{} is what it was at {}: there is nothing to roll back", app.path, short_id(target)));
    return refused(fmt::format("{} itself is what it was at {}. What differs lies in {}: roll that back by a pull request of your own{}", app.path, short_id(target),
                               shared_words(app, context, shared), is_rendered(app) ? ", or adopt or set the value in " + app.path : ""));
  }
  VerbPlan plan;
  CHECK_OK(restore_path(app, context, target, plan));
  CHECK_OK(note_taken_back(app, context, target, context.head, plan));
  if (!shared.empty()) plan.notes.push_back(fmt::format("Stays as it is now: {}", shared_words(app, context, shared)));
  return plan;
}

Result<VerbPlan> take_back(const App& app, const PlanContext& context, const std::string& revision) {
  if (app.track == Track::Pin) return refused(fmt::format("{} is pinned: one commit can't be taken out of what it is pinned to. `rollback {} to REV` moves the pin", app.name, app.name));
  CHECK_OK(check_undo(app, context, revision));
  const auto tried = context.mirror.try_undo(context.head, revision, app.path);
  if (!tried && tried.error().kind == ErrorKind::Conflict) {
    return Error{ErrorKind::Conflict, fmt::format("{}. Later commits changed the same lines; `rollback {} to {}~1` restores {} to the state before it, and takes those back, too",
                                                  tried.error().message, app.name, short_id(revision), app.path)};
  }
  if (!tried) return tried.error();
  TRY(const auto now, id_at(context.mirror, context.head, ""));
  if (*tried == now) return refused(fmt::format("what {} did to {} was taken back already", short_id(revision), app.path));
  VerbPlan plan;
  plan.restore_path = app.path;
  plan.undo_revision = revision;
  TRY(const auto commit, context.mirror.commit_info(revision));
  plan.notes.push_back(list_commits("Takes back this commit:", {commit}));
  note_company(app, context, {commit}, plan);
  TRY(const auto later, commits_touching(context, revision, context.head, {app.path}));
  if (!later.commits.empty()) plan.notes.push_back(list_commits("Stay in force:", later.commits));
  return plan;
}

Result<VerbPlan> plan_any(const Change& change, const App& app, const PlanContext& context) {
  const auto undo = rollback_request_from(change.argument).undo;
  TRY(const auto target, merged_revision(context, undo.empty() ? change.target_revision : undo));
  if (!undo.empty()) return take_back(app, context, target);
  if (app.track == Track::Pin) return move_pin(change, app, context, target);
  return restore(app, context, target);
}

}  // namespace

Result<VerbPlan> plan_rollback(const Change& change, const App& app, const PlanContext& context) {
  TRY(auto plan, plan_any(change, app, context));
  if (is_rendered(app)) return plan;
  plan.notes.push_back(after_the_merge(app));
  if (app.kind == AppKind::Terraform) plan.notes.emplace_back("What was added since is taken away again when that is applied, with what it holds: look at the plan for what it destroys");
  return plan;
}

}  // namespace driftwarden::planning
