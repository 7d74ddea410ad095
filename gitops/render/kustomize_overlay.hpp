#pragma once
// What Argo CD and Flux lay over a directory: written into its kustomization as `kustomize edit` would, and never into Git.
#include "gitops/render/render.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// One of KustomizeOverlay::images. "*" in the text keeps what the kustomization says: the field is then "*" here, too.
struct ImageOverride {
  std::string name{};
  std::string new_name{};
  std::string new_tag{};
  std::string digest{};
  bool operator==(const ImageOverride&) const = default;
  /// What a reference that it applies to is called afterwards.
  const std::string& repository() const { return new_name.empty() || new_name == "*" ? name : new_name; }
};
/// "web=ghcr.io/acme/web:1.2", "web:1.2", "web@sha256:...", "web=registry:5000/web".
ImageOverride parse_image_override(std::string_view text);

/// Something in it is kustomize's to do, so the App is built with it whatever its files are.
bool needs_kustomize(const App& app);

/// Labels and annotations go to the objects alone, as Flux and Driftwarden's own configuration mean them; Argo CD's are kustomize's commonLabels, which
/// selectors and templates get, too.
bool labels_selectors(const App& app);

/// `text` is the kustomization at `file`; JSON, which kustomize reads as well. `files`: where patches are whose entry names a file, put into it as texts:
/// kustomize reads none outside of its directory. `inside` is put before paths of components.
Result<std::string> overlaid_kustomization(std::string_view text, const std::string& file, const App& app, const std::vector<SourceFile>& files, std::string_view inside = {});

/// For a directory without one, as Flux does it: every *.yaml and *.yml below `path`, and directories that have their own instead of what is in them.
std::string generated_kustomization(const std::vector<SourceFile>& files, const std::string& path);

/// Labels and annotations that kustomize doesn't set.
void add_metadata(std::vector<Manifest>& manifests, const App& app);

/// The kustomization file of a directory among these, or "".
std::string kustomization_of(const std::vector<SourceFile>& files, const std::string& directory);

}  // namespace driftwarden
