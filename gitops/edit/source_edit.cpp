#include "gitops/edit/source_edit.hpp"

#include "gitops/base/text.hpp"
#include "gitops/edit/argo_source.hpp"
#include "gitops/edit/edited_tree.hpp"
#include "gitops/edit/helm_source.hpp"
#include "gitops/edit/kustomize_source.hpp"
#include "gitops/edit/overlay_owner.hpp"
#include "gitops/edit/path_text.hpp"
#include "gitops/edit/proof.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <optional>

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
    CHECK_OK(mind_variables(source, text, path, object));
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
    if (error.message.starts_with("no edit gives")) error.message += overlay_hint(source);
    return error;
  }
  auto edits = tree->result();
  CHECK_OK(mind_argo_source(source, wanted, edits));
  return edits;
}

/// What is laid over plain files is laid over them by kustomize.
bool is_built(const AppSource& source) {
  auto overlay = source.kustomize;
  overlay.substitute.reset();
  overlay.labels.clear();
  overlay.annotations.clear();
  return !overlay.empty();
}

Result<std::vector<SourceEdit>> edit_by_kind(const AppSource& source, const std::vector<WantedValue>& wanted) {
  const auto kind = resolve_kind(source);
  if (kind == RenderKind::Plugin) {
    return Error{ErrorKind::InvalidInput, fmt::format("a plugin makes the objects of {}, and only people know which of its files says what; edit them by hand", source.path)};
  }
  if (kind == RenderKind::Plain || kind == RenderKind::Auto) return edit_plain(source, wanted);
  const bool kustomize = kind == RenderKind::Kustomize;
  auto edits = edit_rendered(source, wanted, kustomize);
  if (!edits && kustomize && can_be_pasted(source, edits.error())) return with_patch(source, edits.error(), wanted);
  return edits;
}

bool is_of_file(const AppSource& source, const ObjectRef& object) {
  return std::ranges::any_of(source.rendered, [&](const Manifest& manifest) { return same_object(manifest.ref, object) && !manifest.file.empty(); });
}

/// The App as if it were one of its directories; what is rendered stays all of it.
std::vector<AppSource> directories_of(const AppSource& source) {
  std::vector<AppSource> all{source};
  all.front().more.clear();
  for (const auto& part : source.more) {
    auto one = all.front();
    one.path = part.path;
    one.kind = part.render;
    one.helm = part.helm;
    one.kustomize = part.kustomize;
    all.push_back(std::move(one));
  }
  return all;
}

/// No object says which of several directories made it, when a tool did.
Result<std::vector<SourceEdit>> edit_built_parts(const AppSource& source, const std::vector<WantedValue>& wanted) {
  std::optional<Error> first;
  for (const auto& directory : directories_of(source)) {
    const auto kind = resolve_kind(directory);
    if (kind == RenderKind::Plain || kind == RenderKind::Auto) continue;
    auto edits = edit_by_kind(directory, wanted);
    if (edits || is_final(edits.error())) return edits;
    if (!first) first = edits.error();
  }
  return first.value_or(Error{ErrorKind::NotFound, fmt::format("no file of {} holds {}", source.path, to_string(wanted.front().object))});
}

/// Objects of plain files where they stand; the others by their tools.
Result<std::vector<SourceEdit>> edit_parts(const AppSource& source, const std::vector<WantedValue>& wanted) {
  std::vector<WantedValue> plain;
  std::vector<WantedValue> built;
  for (const auto& object : wanted) (is_of_file(source, object.object) ? plain : built).push_back(object);
  std::vector<SourceEdit> edits;
  if (!plain.empty()) {
    TRY(edits, edit_plain(source, plain));
  }
  if (built.empty()) return edits;
  TRY(auto more, edit_built_parts(source, built));
  std::ranges::move(more, std::back_inserter(edits));
  return edits;
}

}  // namespace

RenderKind resolve_kind(const AppSource& source) {
  if (source.kind != RenderKind::Auto && source.kind != RenderKind::Plain) return source.kind;
  const auto plain = is_built(source) ? RenderKind::Kustomize : RenderKind::Plain;
  if (source.kind == RenderKind::Plain) return plain;
  if (!kustomization_file(source).empty()) return RenderKind::Kustomize;
  return source.tree.read(join_path(source.path, "Chart.yaml")) ? RenderKind::Helm : plain;
}

Result<std::vector<SourceEdit>> edit_source(const AppSource& source, const std::vector<WantedValue>& wanted) {
  CHECK_OK(mind_overlay(source, wanted));
  if (!source.more.empty()) return edit_parts(source, wanted);
  // Flux builds a directory with kustomizations further down, whose objects no file of the App is known for.
  const bool built = resolve_kind(source) == RenderKind::Plain && source.render_with && !wanted.empty() &&
                     std::ranges::none_of(wanted, [&](const WantedValue& object) { return is_of_file(source, object.object); }) && !source.overlay_owner.empty();
  return built ? edit_rendered(source, wanted, true) : edit_by_kind(source, wanted);
}

}  // namespace driftwarden
