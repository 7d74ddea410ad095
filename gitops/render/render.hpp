#pragma once
// From files at a revision to Desired.
#include "gitops/base/result.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/app.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// A file of a Git tree; the function that takes it says what `path` is relative to.
struct SourceFile {
  std::string path;
  std::string content;
};

struct Rendered {
  std::vector<Manifest> manifests;  ///< in apply order, namespaces filled in
  std::string digest;               ///< of the objects, not of the files
  /// Another run of the same files may give another result (random values, the time of day); never of plain files.
  bool may_vary = false;
  bool by_tool = false;  ///< a program was run for it
  std::vector<std::string> warnings{};  ///< for people: what couldn't be rendered as it would be elsewhere
};

/// Plain: every *.yaml, *.yml and *.json below the App's path, which the files' paths are relative to. What needs kustomize or helm is
/// refused here with a message that says so (tool_render.hpp has the tools). Two files with the same object are an error naming both.
/// `default_namespace` goes to namespaced objects that name none.
Result<Rendered> render(const std::vector<SourceFile>& files, RenderKind kind, const std::string& default_namespace);

/// What every way of rendering ends in: namespaces settled, doubles refused, apply order, digest.
Result<Rendered> assemble(std::vector<Manifest> manifests, const std::string& default_namespace);

/// "kustomization.yaml", "kustomization.yml" or "Kustomization".
bool is_kustomization(std::string_view file_name);

}  // namespace driftwarden
