#pragma once
// Files of this machine for the one-shot commands.
#include "gitops/base/result.hpp"
#include "gitops/render/render.hpp"

#include <string>
#include <vector>

namespace driftwarden {

Result<std::string> read_local_file(const std::string& path);
/// Every manifest below a directory, paths relative to it; or the one file. Hidden directories are left out.
Result<std::vector<SourceFile>> read_source_files(const std::string& path);

}  // namespace driftwarden
