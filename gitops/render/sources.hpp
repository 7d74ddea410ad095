#pragma once
// Which files of a repository an App is rendered from.
#include "gitops/base/result.hpp"
#include "gitops/model/app.hpp"

#include <string>
#include <vector>

namespace driftwarden {

enum class EntryKind { None, File, Directory };

/// One revision of a repository, or a directory of this machine; paths from the root, "" = the root itself.
class SourceReader {
 public:
  virtual ~SourceReader() = default;
  virtual Result<EntryKind> kind(const std::string& path) = 0;
  virtual Result<std::string> read(const std::string& path) = 0;
  /// All files below; asked only of a directory of Flux's that has no kustomization of its own. Without it those further down aren't followed out of it.
  virtual Result<std::vector<std::string>> files_below(const std::string& directory) {
    (void)directory;
    return std::vector<std::string>();
  }
};

/// The tool that renders the App: as it says, else by kustomization.yaml or Chart.yaml at the top of its path. Never Auto.
Result<RenderKind> resolve_kind(SourceReader& reader, const App& app);

/// The App's path and those of its `more`, and what kustomize or helm reads outside of them: bases, components, patches, values, outermost paths only. InvalidInput
/// (with the file that says so) for what is remote, leaves the repository, isn't there, or names itself.
Result<std::vector<std::string>> find_sources(SourceReader& reader, const App& app);

/// find_sources would give the App's path and nothing else, without a look at any file.
bool reads_only_its_path(const App& app);

}  // namespace driftwarden
