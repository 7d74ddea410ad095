// Sync, and the ignore file: what is kept about an App beside its manifests.
#include "bot/change/plan_parts.hpp"
#include "bot/command/ignore_request.hpp"
#include "bot/watch/fleet.hpp"
#include "gitops/base/forge_text.hpp"
#include "gitops/base/text.hpp"
#include "gitops/diff/inputs.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace planning {
namespace {

/// The revision that the last sync recorded; "" when there was none, or it can't be told any more.
std::string last_synced(const App& app, const PlanContext& context) {
  const auto path = sync_record_path(app.name);
  const auto text = context.mirror.read_file(context.head, path);
  if (!text) return {};
  const auto pin = parse_pin(*text, path);
  if (!pin) return {};
  const auto revision = merged_revision(context, pin->revision);
  return revision ? *revision : std::string();
}

/// What comes into force that wasn't before.
Result<TouchingCommits> new_commits(const App& app, const PlanContext& context, const std::string& target) {
  TRY(const auto paths, source_paths(context.mirror, app, target));
  const auto before = app.track == Track::Pin ? in_force(app, context) : Result<std::string>(last_synced(app, context));
  if (before && !before->empty()) return commits_touching(context, *before, target, paths);
  // Nobody knows what was in force. Where Git is ahead it is at least the last commit.
  const bool git_is_ahead = context.report.cause == Cause::GitAhead || context.report.cause == Cause::Both;
  std::vector<CommitInfo> newest;
  for (const auto& path : paths) {
    if (!git_is_ahead) break;
    TRY(auto last, context.mirror.history(target, path, 1));
    if (!last.empty() && (newest.empty() || newest.front().time < last.front().time)) newest = std::move(last);
  }
  return TouchingCommits{std::move(newest)};
}

}  // namespace

Result<VerbPlan> plan_sync(const Change& change, const App& app, const PlanContext& context) {
  TRY(const auto target, merged_revision(context, change.target_revision.empty() ? context.head : change.target_revision));
  VerbPlan plan;
  plan.edits.push_back({app.track == Track::Pin ? pin_path(app.name) : sync_record_path(app.name), write_pin(pin_to(target, change), app.name)});
  TRY(const auto fresh, new_commits(app, context, target));
  const auto& commits = fresh.commits;
  if (!commits.empty()) {
    const auto title = fresh.whole && commits.size() == 1 ? "Puts this commit in force:" : fmt::format("Puts {}{} commits in force:", fresh.whole ? "" : "at least ", commits.size());
    plan.notes.push_back(list_commits(title, commits));
  }
  add_authors(context, fresh, change.requester, plan);
  return plan;
}

Result<VerbPlan> plan_ignore_file(const Change& change, const App& app, const PlanContext& context) {
  const auto path = ignore_path(app.name);
  ImportedRules rules;
  const auto text = context.mirror.read_file(context.head, path);
  if (!text && text.error().kind != ErrorKind::NotFound) return text.error();
  if (text) rules = parse_ignore_file(*text, path);
  if (!rules.warnings.empty()) return refused("the ignore file has a mistake that somebody must mend first: " + rules.warnings.front());
  if (ignore_request_from(change.argument).fields.empty()) return refused("no field to ignore was given");
  VerbPlan plan;
  plan.edits.push_back(plan_ignore(change, app, std::move(rules.rules)));
  return plan;
}

}  // namespace planning

FileEdit plan_ignore(const Change& change, const App& app, std::vector<IgnoreRule> rules) {
  return {ignore_path(app.name), write_ignore_rules(with_request(std::move(rules), ignore_request_from(change.argument), change.requester, without_forge_commands(change.reason)))};
}

}  // namespace driftwarden
