#include "gitops/edit/overlay.hpp"

#include "gitops/edit/path_text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

const json& list_member(const json& value, const char* name) {
  static const json kNone = json::array();
  if (!value.is_object()) return kNone;
  const auto found = value.find(name);
  return found != value.end() && found->is_array() ? *found : kNone;
}

json first_document(const std::string& text, const std::string& file) {
  const auto documents = parse_yaml(text, file);
  return documents && !documents->empty() ? documents->front() : json();
}

}  // namespace

std::string kustomization_in(const EditedTree& tree, const std::string& directory) {
  for (const auto* name : {"kustomization.yaml", "kustomization.yml", "Kustomization"}) {
    auto path = join_path(directory, name);
    if (tree.has(path)) return path;
  }
  return {};
}

Result<Overlay> Overlay::read(const AppSource& source, const EditedTree& tree, const std::string& file) {
  Overlay overlay;
  overlay.file_ = file;
  TRY(const auto text, tree.read(file));
  TRY(auto documents, parse_yaml(text, file));
  overlay.value_ = documents.empty() ? json::object() : std::move(documents.front());
  if (!overlay.value_.is_object()) return Error{ErrorKind::InvalidInput, fmt::format("{} is no kustomization", file)};
  overlay.add_patches(source, tree);
  overlay.add_manifests(source, tree, overlay.directory(), overlay.value_, 0);
  return overlay;
}

void Overlay::add_patches(const AppSource& source, const EditedTree& tree) {
  const auto add_file = [&](const std::string& name, const json& target) {
    const auto path = join_path(directory(), name);
    auto text = is_inside(path, source.path) ? tree.read(path) : Error{ErrorKind::NotFound, {}};
    if (text) patches_.push_back({path, "", target, std::move(*text)});
  };
  const auto& strategic = list_member(value_, "patchesStrategicMerge");
  for (std::size_t i = 0; i < strategic.size(); ++i) {
    if (!strategic[i].is_string()) continue;
    const auto text = strategic[i].get<std::string>();
    if (text.find('\n') == std::string::npos) {
      add_file(text, json());
    } else {
      patches_.push_back({file_, fmt::format(".patchesStrategicMerge[{}]", i), json(), text});
    }
  }
  for (const auto* list : {"patches", "patchesJson6902"}) {
    const auto& entries = list_member(value_, list);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto target = entries[i].is_object() ? entries[i].value("target", json()) : json();
      if (const auto path = text_member(entries[i], "path"); !path.empty()) add_file(path, target);
      if (auto text = text_member(entries[i], "patch"); !text.empty())
        patches_.push_back({file_, fmt::format(".{}[{}].patch", list, i), target, std::move(text)});
    }
  }
}

void Overlay::add_manifests(const AppSource& source, const EditedTree& tree, const std::string& directory, const json& kustomization, int depth) {
  for (const auto& entry : list_member(kustomization, "resources")) {
    const auto path = entry.is_string() ? join_path(directory, entry.get_ref<const std::string&>()) : std::string();
    if (path.empty() || !is_inside(path, source.path)) continue;
    if (path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json")) {
      if (tree.has(path)) manifests_.push_back(path);
      continue;
    }
    const auto nested = depth < 4 ? kustomization_in(tree, path) : std::string();
    if (nested.empty()) continue;
    if (const auto text = tree.read(nested)) add_manifests(source, tree, path, first_document(*text, nested), depth + 1);
  }
}

Result<void> write_patch(EditedTree& tree, const OverlayPatch& patch, const std::string& text, const std::string& place) {
  if (patch.inline_path.empty()) return tree.write(patch.path, text, shown_path(place));
  TRY(const auto outer, tree.read(patch.path));
  TRY(auto edited, edit_yaml(outer, patch.path, 0, {{patch.inline_path, json(text).dump()}}));
  return tree.write(patch.path, std::move(edited), shown_path(patch.inline_path) + ": " + shown_path(place));
}

std::vector<std::string> names_before(const json& kustomization, const std::string& name) {
  std::vector<std::string> names{name};
  const auto prefix = text_member(kustomization, "namePrefix");
  const auto suffix = text_member(kustomization, "nameSuffix");
  if (prefix.empty() && suffix.empty()) return names;
  if (name.size() > prefix.size() + suffix.size() && name.starts_with(prefix) && name.ends_with(suffix)) {
    names.insert(names.begin(), name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
  }
  return names;
}

}  // namespace driftwarden
