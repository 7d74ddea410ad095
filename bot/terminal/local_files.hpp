#pragma once
// Files of this machine for the one-shot commands.
#include "gitops/base/result.hpp"
#include "gitops/render/render.hpp"
#include "gitops/render/sources.hpp"

#include <memory>
#include <string>
#include <vector>

namespace driftwarden {

Result<std::string> read_local_file(const std::string& path);
/// Every manifest below a directory, paths relative to it; or the one file. Hidden directories are left out.
Result<std::vector<SourceFile>> read_source_files(const std::string& path);

/// A directory of this machine as a place in its repository, or in the whole file system where it is in none.
struct LocalPlace {
  std::string root;  ///< absolute: the nearest directory around it with a .git, else "/"
  std::string path;  ///< from the root
};
Result<LocalPlace> local_place(const std::string& directory);
/// Paths from `root`.
std::unique_ptr<SourceReader> create_local_reader(std::string root);
/// Every file in and below these paths from `root`, whatever its name. Hidden ones are left out. InvalidInput beyond 64 MiB.
Result<std::vector<SourceFile>> read_all_files(const std::string& root, const std::vector<std::string>& paths);

}  // namespace driftwarden
