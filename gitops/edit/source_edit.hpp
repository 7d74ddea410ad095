#pragma once
// From "the rendered object should say this" to the file that must say it: the manifest, a kustomize overlay's patch, images or replicas
// entry, a Helm values key. Blocking where it renders to prove itself.
#include "gitops/base/result.hpp"
#include "gitops/edit/edit.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/file_edit.hpp"

#include <functional>
#include <string>
#include <vector>

namespace driftwarden {

/// The repository's files at one revision; paths from its root.
struct SourceTree {
  std::function<Result<std::string>(const std::string& path)> read;                              ///< NotFound when there is none
  std::function<Result<std::vector<std::string>>(const std::string& directory)> files_below;     ///< all files below, sorted; "" = the root
};

/// What an App is rendered from, and how to see what an edit comes to.
struct AppSource {
  SourceTree tree;
  std::string path;                   ///< the App's, from the root
  RenderKind kind = RenderKind::Auto; ///< Auto: told by the files at the top (resolve_kind)
  HelmSource helm;
  KustomizeOverlay kustomize{};        ///< what is laid over the files without standing in them
  std::vector<SourcePart> more{};     ///< further directories that the App is made from
  std::vector<std::string> own_files{};  ///< files outside of its paths that no other App is made from: values of a chart that lies elsewhere
  /// Who says `helm.set`, `helm.inline_values`, `kustomize` and the like: "Application argocd/checkout"; "" = Driftwarden's own configuration.
  std::string overlay_owner{};
  std::vector<Manifest> rendered;     ///< as the tree is now; `file` set for plain manifests
  /// The App rendered with these files in place of the tree's; InvalidInput or NotFound (no such tool) with words for people.
  std::function<Result<std::vector<Manifest>>(const std::vector<FileEdit>& edits)> render_with;
};

/// One edited file, and where in it: "overlays/prod/kustomization.yaml: images[web].newTag".
struct SourceEdit {
  FileEdit file;
  std::vector<std::string> places;
};

/// The tool that renders the App: by what it says, or by kustomization.yaml / Chart.yaml at the top.
RenderKind resolve_kind(const AppSource& source);

/// Edits that make the rendered objects say `wanted`, and nothing else say anything else: the result is rendered and compared, field by
/// field. An edit shared by other Apps (a base) is never made: the overlay is. What an Application, a Flux Kustomization or the configuration lays over the
/// files wins over them, so an edit that it would undo is refused with its name. Refused (InvalidInput, with the reason and, for
/// kustomize, the patch as text to paste) where no source can be found or the proof fails.
struct WantedValue {
  ObjectRef object;
  std::vector<ValueEdit> edits;
};
Result<std::vector<SourceEdit>> edit_source(const AppSource& source, const std::vector<WantedValue>& wanted);

/// `name` is a container, or an image with or without its registry, of which the objects hold exactly one repository. Writes the tag (and
/// the digest, when given; an old digest goes) where the App keeps it. InvalidInput lists the images there are.
struct WantedImage {
  std::string name;
  std::string tag;     ///< "" with a digest only
  std::string digest;  ///< "sha256:..."
};
Result<std::vector<SourceEdit>> set_image(const AppSource& source, const WantedImage& wanted);

/// The images of the objects: container, image reference, object.
struct ImageUse {
  std::string container;
  std::string image;
  ObjectRef object;
  std::string path;  ///< of the image's field
};
std::vector<ImageUse> images_of(const std::vector<Manifest>& rendered);

/// The values by which two Apps of one kind differ as to images and what `promote` carries over: overlay to overlay, values to values.
/// Takes the images (names the same, tags differ) of `from` into `to`.
Result<std::vector<SourceEdit>> promote_images(const AppSource& from, const AppSource& to);

}  // namespace driftwarden
