#pragma once
// A kustomization and the patches and manifests that it holds itself.
#include "gitops/edit/edited_tree.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace driftwarden {

/// The text of a patch: a file of its own, or a text inside the kustomization.
struct OverlayPatch {
  std::string path;         ///< the file that holds it
  std::string inline_path;  ///< where in the kustomization, "" for a file of its own
  nlohmann::json target;    ///< of `patches` and `patchesJson6902`; null without one
  std::string text;
};

class Overlay {
 public:
  /// The kustomization at `file` as edited so far.
  static Result<Overlay> read(const AppSource& source, const EditedTree& tree, const std::string& file);

  const std::string& file() const { return file_; }
  std::string directory() const { return file_.substr(0, file_.rfind('/') == std::string::npos ? 0 : file_.rfind('/')); }
  const nlohmann::json& value() const { return value_; }
  const std::vector<OverlayPatch>& patches() const { return patches_; }
  /// The manifest files among its resources that are inside the App's path.
  const std::vector<std::string>& manifests() const { return manifests_; }

 private:
  void add_patches(const AppSource& source, const EditedTree& tree);
  void add_manifests(const AppSource& source, const EditedTree& tree, const std::string& directory, const nlohmann::json& kustomization, int depth);

  std::string file_;
  nlohmann::json value_;
  std::vector<OverlayPatch> patches_;
  std::vector<std::string> manifests_;
};

/// The kustomization of a directory, or "".
std::string kustomization_in(const EditedTree& tree, const std::string& directory);

/// Writes a patch's new text where the patch is; `place` is the path inside it.
Result<void> write_patch(EditedTree& tree, const OverlayPatch& patch, const std::string& text, const std::string& place);

/// The name in the base where the overlay adds a prefix or suffix, and the name as it is.
std::vector<std::string> names_before(const nlohmann::json& kustomization, const std::string& name);

}  // namespace driftwarden
