#include "gitops/edit/overlay_owner.hpp"

#include "gitops/base/text.hpp"
#include "gitops/diff/images.hpp"
#include "gitops/edit/path_text.hpp"
#include "gitops/render/kustomize_overlay.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

Error decides(const AppSource& source, const std::string& what, const std::string& field) {
  return {ErrorKind::InvalidInput, fmt::format("{} sets {} ({}), which wins over the files of {}; change it there", owner_of(source), what, field, source.path)};
}

std::vector<const KustomizeOverlay*> overlays_of(const AppSource& source) {
  std::vector<const KustomizeOverlay*> all{&source.kustomize};
  for (const auto& part : source.more) all.push_back(&part.kustomize);
  return all;
}

std::string current_image(const AppSource& source, const ObjectRef& object, const std::string& path) {
  for (const auto& manifest : source.rendered) {
    if (!same_object(manifest.ref, object)) continue;
    const auto* value = find_value(*manifest.body, path);
    if (value != nullptr && value->is_string()) return value->get<std::string>();
  }
  return {};
}

/// An entry that names no version leaves the choice to the files.
bool decides_version(const ImageOverride& image) {
  const auto says = [](const std::string& text) { return !text.empty() && text != "*"; };
  return says(image.new_tag) || says(image.digest);
}

Result<void> mind_image(const AppSource& source, const ObjectRef& object, const std::string& path) {
  const auto repository = parse_image(current_image(source, object, path)).repository;
  for (const auto* overlay : overlays_of(source)) {
    for (const auto& text : overlay->images) {
      const auto image = parse_image_override(text);
      if (decides_version(image) && !repository.empty() && image.repository() == repository) return decides(source, "the image " + repository, "kustomize.images");
    }
  }
  return {};
}

Result<void> mind_replicas(const AppSource& source, const std::string& name) {
  for (const auto* overlay : overlays_of(source)) {
    for (const auto& [of, count] : overlay->replicas) {
      if (name == of || name == overlay->name_prefix + of + overlay->name_suffix) return decides(source, "the replicas of " + name, "kustomize.replicas");
    }
  }
  return {};
}

Result<void> mind_metadata(const AppSource& source, const std::string& path) {
  for (const auto* overlay : overlays_of(source)) {
    for (const auto& [field, map] : {std::pair("labels", &overlay->labels), std::pair("annotations", &overlay->annotations)}) {
      for (const auto& [name, value] : *map) {
        if (path == fmt::format(".metadata.{}{}", field, field_text(name))) return decides(source, fmt::format("the {} {}", field, name), fmt::format("kustomize.{}", field));
      }
    }
  }
  return {};
}

/// The first ${NAME} in a text.
std::string variable_in(const std::string& text) {
  const auto begin = text.find("${");
  return begin == std::string::npos ? "" : text.substr(begin, text.find('}', begin) - begin + 1);
}

}  // namespace

std::string owner_of(const AppSource& source) { return source.overlay_owner.empty() ? "Driftwarden's config" : source.overlay_owner; }

Result<void> mind_overlay(const AppSource& source, const std::vector<WantedValue>& wanted) {
  for (const auto& object : wanted) {
    for (const auto& edit : object.edits) {
      if (edit.path.ends_with(".image")) CHECK_OK(mind_image(source, object.object, edit.path));
      if (edit.path == ".spec.replicas") CHECK_OK(mind_replicas(source, object.object.name));
      CHECK_OK(mind_metadata(source, edit.path));
    }
  }
  return {};
}

Result<void> mind_variables(const AppSource& source, const std::string& text, const std::string& path, const WantedValue& wanted) {
  const auto& variables = source.kustomize.substitute;
  if (!variables || variables->empty()) return {};
  const auto documents = parse_yaml(text, path);
  if (!documents) return {};
  for (const auto& document : *documents) {
    const auto ref = ref_of(document);
    if (ref.kind != wanted.object.kind || (ref.name != wanted.object.name && variable_in(ref.name).empty())) continue;
    for (const auto& edit : wanted.edits) {
      const auto* value = find_value(document, edit.path);
      const auto variable = value != nullptr && value->is_string() ? variable_in(value->get<std::string>()) : std::string();
      if (variable.empty()) continue;
      return Error{ErrorKind::InvalidInput,
                   fmt::format("{} says {} at {}, which {} fills in (substitute); change it there", path, ellipsize(variable, 60), shown_path(edit.path), owner_of(source))};
    }
  }
  return {};
}

std::string overlay_hint(const AppSource& source) {
  const auto all = overlays_of(source);
  const bool patches = std::ranges::any_of(all, [](const auto* overlay) { return !overlay->patches.empty() || !overlay->components.empty(); });
  return patches ? fmt::format("; {} lays patches over the files, which may decide it", owner_of(source)) : "";
}

}  // namespace driftwarden
