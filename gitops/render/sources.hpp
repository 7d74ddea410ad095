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
};

/// The tool that renders the App: as it says, else by kustomization.yaml or Chart.yaml at the top of its path. Never Auto.
Result<RenderKind> resolve_kind(SourceReader& reader, const App& app);

/// The App's path, and what kustomize or helm reads outside of it: bases, components, patches, values, outermost paths only. InvalidInput
/// (with the file that says so) for what is remote, leaves the repository, isn't there, or names itself.
Result<std::vector<std::string>> find_sources(SourceReader& reader, const App& app);

}  // namespace driftwarden
