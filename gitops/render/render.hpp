#pragma once
// From files at a revision to Desired.
#include "gitops/base/result.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/app.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// A file of a Git tree; `path` is relative to the App's path.
struct SourceFile {
  std::string path;
  std::string content;
};

struct Rendered {
  std::vector<Manifest> manifests;  ///< in apply order, namespaces filled in
  std::string digest;               ///< of the objects, not of the files
  /// Another run of the same files may give another result (random values, the time of day); never of plain files.
  bool may_vary = false;
};

/// Plain: every *.yaml, *.yml and *.json below the path. Auto picks kustomize where a kustomization file lies at the top, helm where a
/// Chart.yaml does; those need a tool and are refused here with a message that says so. Two files with the same object are an error
/// naming both. `default_namespace` goes to namespaced objects that name none.
Result<Rendered> render(const std::vector<SourceFile>& files, RenderKind kind, const std::string& default_namespace);

}  // namespace driftwarden
