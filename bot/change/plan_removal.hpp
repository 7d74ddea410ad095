#pragma once
// What a draft takes away: which objects, out of which files.
#include "bot/change/plan.hpp"
#include "gitops/edit/source_edit.hpp"

#include <vector>

namespace driftwarden::planning {

/// The objects that the steps take away, of those rendered: each once, none that another step changes, and none that the person's sentence doesn't name.
/// Refused where a draft may not.
Result<std::vector<ObjectRef>> objects_to_remove(const ProposeRequest& request, const App& app, const std::vector<Manifest>& rendered, const std::vector<WantedValue>& wanted);

/// Takes them out of the files as `plan` edits them, and says so in its notes. Not proven yet.
Result<void> remove_from_files(const std::vector<ObjectRef>& objects, const App& app, const PlanContext& context, AppSource source, VerbPlan& plan);

/// Refused where another App is made from these files, too, and would lose something: nobody asked for that.
Result<void> check_others_keep(const App& app, const PlanContext& context, const std::vector<FileEdit>& edits);

/// The file's edit takes the place of an earlier one.
void put_edit(std::vector<FileEdit>& edits, FileEdit edit);

}  // namespace driftwarden::planning
