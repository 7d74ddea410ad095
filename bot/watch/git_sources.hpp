#pragma once
// Which trees and files of a revision an App is rendered from, and their ids.
#include "gitops/model/file_edit.hpp"
#include "gitops/render/render.hpp"
#include "gitops/render/sources.hpp"
#include "gitops/repository/mirror.hpp"

#include <map>
#include <string>
#include <vector>

namespace driftwarden {

struct AppSources {
  std::string own;                             ///< id of the App's path
  std::map<std::string, std::string> outside;  ///< path -> id of what is read beside it; mostly empty
  std::map<std::string, std::string> links{};  ///< path -> id, "" = nothing there, of what symbolic links among these name elsewhere
  bool operator==(const AppSources&) const = default;
};

Result<AppSources> find_app_sources(Mirror& mirror, const App& app, const std::string& revision);
/// The same, where it may rest on what was found at an earlier revision: nothing is read when no id moved.
Result<AppSources> find_app_sources(Mirror& mirror, const App& app, const std::string& revision, const AppSources& known);

/// The id of the path's own tree when nothing is read beside it.
std::string id_of(const AppSources& sources);

/// Paths from the root.
Result<std::vector<SourceFile>> read_sources(Mirror& mirror, const App& app, const std::string& revision, const AppSources& sources);

/// What the App would be rendered from with these files in place of the revision's.
Result<std::vector<SourceFile>> read_edited_sources(Mirror& mirror, const App& app, const std::string& revision, const std::vector<FileEdit>& edits);

}  // namespace driftwarden
