#pragma once
// Inside of plan: a function per verb, and what they share.
#include "bot/change/plan.hpp"
#include "bot/command/intents.hpp"
#include "gitops/edit/source_edit.hpp"
#include "gitops/model/app.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::planning {

Result<VerbPlan> plan_sync(const Change& change, const App& app, const PlanContext& context);
Result<VerbPlan> plan_rollback(const Change& change, const App& app, const PlanContext& context);
Result<VerbPlan> plan_adopt(const Change& change, const App& app, const PlanContext& context);
Result<VerbPlan> plan_ignore_file(const Change& change, const App& app, const PlanContext& context);
Result<VerbPlan> plan_set_image(const Change& change, const App& app, const PlanContext& context);
Result<VerbPlan> plan_scale(const Change& change, const App& app, const PlanContext& context);
Result<VerbPlan> plan_set(const Change& change, const App& app, const PlanContext& context);
Result<VerbPlan> plan_promote(const Change& change, const App& app, const PlanContext& context);
Result<VerbPlan> plan_move(const Change& change, const App& app, const PlanContext& context);
Result<VerbPlan> plan_propose(const Change& change, const App& app, const PlanContext& context);
Result<VerbPlan> plan_create_app(const Change& change, const App& app, const PlanContext& context);

Error refused(std::string why);
/// Somebody's text for a message: one line, no control characters, not long.
std::string shown(std::string_view text);
std::string joined(const std::string& directory, const std::string& file);
/// "" is below everything, and everything is below "".
bool is_below(std::string_view path, std::string_view directory);
/// Relative, without "..", ".", empty parts, control characters, backslashes and .git.
bool is_safe_path(std::string_view path);
const Manifest* find_manifest(const std::vector<Manifest>& manifests, const ObjectRef& ref);
// plan_propose.cpp
/// Whether another App is kept there, inside of this one's path.
bool is_anothers(const std::string& path, const App& app, const PlanContext& context);

// plan_value.cpp
/// Who sets the replicas of a workload by itself: to set them in Git would only be undone.
const Manifest* autoscaler_of(const std::vector<Manifest>& manifests, const ObjectRef& workload);
/// The object that a `set` means; refused with those that there are.
Result<const Manifest*> find_object(const std::vector<Manifest>& manifests, const SetRequest& request);

// plan_source.cpp
/// What the App is made from at `revision`, with `rendered` as it is there.
AppSource source_at(const App& app, const PlanContext& context, const std::string& revision, std::vector<Manifest> rendered);
/// At the head, rendered anew where the App is pinned to something else.
Result<AppSource> source_at_head(const App& app, const PlanContext& context);
VerbPlan plan_from(std::vector<SourceEdit> edits);
/// What is said where Git's head isn't what is in force.
void note_the_pin(const App& app, const PlanContext& context, VerbPlan& plan);
/// A full id of a commit that the branch contains; refused otherwise.
Result<std::string> merged_revision(const PlanContext& context, const std::string& text);
/// The revision and who pins to it, in words that do nothing on a forge.
Pin pin_to(const std::string& revision, const Change& change);
Result<std::string> in_force(const App& app, const PlanContext& context);
/// The files of `object` in the App's own folder that hold it: a path from the root.
Result<std::string> own_file_of(const AppSource& source, const ObjectRef& object);

// plan_commits.cpp
struct TouchingCommits {
  std::vector<CommitInfo> commits;  ///< newest first
  bool whole = true;                ///< false: there are older ones that nobody looked at
};
/// Commits after `from` up to `to` that changed one of the paths.
Result<TouchingCommits> commits_touching(const PlanContext& context, const std::string& from, const std::string& to, const std::vector<std::string>& paths);
/// Their authors as the config knows them, without `requester`; whom it doesn't know is noted.
void add_authors(const PlanContext& context, const std::vector<CommitInfo>& commits, const PersonId& requester, VerbPlan& plan);
void add_authors(const PlanContext& context, const TouchingCommits& touching, const PersonId& requester, VerbPlan& plan);
/// "4f2c81a subject (Ann)", a line each after `title`; at most ten.
std::string list_commits(const std::string& title, const std::vector<CommitInfo>& commits);
/// "" where there is nothing at the path.
Result<std::string> id_at(Mirror& mirror, const std::string& revision, const std::string& path);

// plan_scaffold.cpp
struct Scaffold {
  std::string name;
  std::string image;  ///< whole reference
  int port = 0;
};
/// Files below the App's path.
std::vector<FileEdit> scaffold_files(const Scaffold& scaffold, const std::string& path);
/// What bot/watch/app_files.hpp reads.
std::string app_file_text(const App& app);

// plan_template.cpp
/// The files of a template at the head, filled in; below the App's path.
Result<VerbPlan> plan_from_template(const CreateAppRequest& request, const App& made, const PlanContext& context);

// plan_copy.cpp
/// `text` with the name as a whole word (letters and digits end it, a dash doesn't) replaced, but for images, which are no names of the App.
std::string with_name(const std::string& text, const std::string& from, const std::string& to);
/// `text` with the namespace of lines that say one replaced.
std::string with_namespace(const std::string& text, const std::string& from, const std::string& to);
/// Where an App after this pattern is kept when nobody says where.
std::string path_after(const App& like, const App& made);
/// The files that `like` is made from, as the other App's.
Result<std::vector<FileEdit>> copy_app(const App& like, const App& made, const PlanContext& context);

}  // namespace driftwarden::planning
