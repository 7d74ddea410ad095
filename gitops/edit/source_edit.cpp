#include "gitops/edit/source_edit.hpp"

#include "gitops/base/text.hpp"
#include "gitops/edit/argo_source.hpp"
#include "gitops/edit/edited_tree.hpp"
#include "gitops/edit/helm_source.hpp"
#include "gitops/edit/kustomize_source.hpp"
#include "gitops/edit/path_text.hpp"
#include "gitops/edit/proof.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

std::string paths_of(const std::vector<ValueEdit>& edits) {
  std::vector<std::string> out;
  for (const auto& edit : edits) out.push_back(edit.path);
  return join(out, ", ");
}

Result<std::vector<SourceEdit>> edit_plain(const AppSource& source, const std::vector<WantedValue>& wanted) {
  EditedTree tree(source);
  for (const auto& object : wanted) {
    const auto manifest = std::find_if(source.rendered.begin(), source.rendered.end(), [&](const auto& one) { return same_object(one.ref, object.object); });
    if (manifest == source.rendered.end() || manifest->file.empty()) {
      return Error{ErrorKind::NotFound, fmt::format("no file of {} holds {}", source.path, to_string(object.object))};
    }
    const auto path = join_path(source.path, manifest->file);
    TRY(const auto text, tree.read(path));
    TRY(auto edited, edit_manifest(text, path, manifest->ref, object.edits));
    CHECK_OK(tree.write(path, std::move(edited), paths_of(object.edits)));
  }
  return tree.result();
}

std::string unproven(const AppSource& source) { return fmt::format("{} can't be rendered here, so no edit of it can be proven", source.path); }

/// Somebody may do by hand what the bot can't find a place for, but not what automation would undo.
bool can_be_pasted(const AppSource& source, const Error& error) {
  return error.kind == ErrorKind::InvalidInput && (error.message.starts_with("no edit gives") || error.message.starts_with(unproven(source)));
}

Error with_patch(const AppSource& source, Error error, const std::vector<WantedValue>& wanted) {
  std::string text;
  for (const auto& object : wanted) {
    if (object.object.kind == "Secret") return error;  // nobody pastes a secret into a chat
    text += (text.empty() ? "" : "---\n") + patch_text(source, object);
  }
  error.message += "\nThis strategic merge patch says it; to put it into the overlay by hand:\n" + text;
  return error;
}

Result<std::vector<SourceEdit>> edit_rendered(const AppSource& source, const std::vector<WantedValue>& wanted, bool kustomize) {
  if (!source.render_with) {
    return Error{ErrorKind::InvalidInput, unproven(source)};
  }
  TRY(auto proof, Proof::make(source, wanted));
  const auto find = [&](const EditedTree& tree, const Target& target) {
    return kustomize ? kustomize_ways(source, tree, target) : helm_ways(source, tree, target);
  };
  auto tree = search_edits(source, proof, find);
  if (!tree) {
    auto error = tree.error();
    if (error.kind == ErrorKind::NotFound) return wrap(unproven(source), {ErrorKind::InvalidInput, error.message});
    if (!kustomize && error.message.starts_with("no edit gives")) error.message += "; edit the chart's templates or values by hand";
    return error;
  }
  auto edits = tree->result();
  CHECK_OK(mind_argo_source(source, wanted, edits));
  return edits;
}

}  // namespace

RenderKind resolve_kind(const AppSource& source) {
  if (source.kind != RenderKind::Auto) return source.kind;
  if (!kustomization_file(source).empty()) return RenderKind::Kustomize;
  return source.tree.read(join_path(source.path, "Chart.yaml")) ? RenderKind::Helm : RenderKind::Plain;
}

Result<std::vector<SourceEdit>> edit_source(const AppSource& source, const std::vector<WantedValue>& wanted) {
  const auto kind = resolve_kind(source);
  if (kind == RenderKind::Plain || kind == RenderKind::Auto) return edit_plain(source, wanted);
  const bool kustomize = kind == RenderKind::Kustomize;
  auto edits = edit_rendered(source, wanted, kustomize);
  if (!edits && kustomize && can_be_pasted(source, edits.error())) return with_patch(source, edits.error(), wanted);
  return edits;
}

}  // namespace driftwarden
