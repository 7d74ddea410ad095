#include "gitops/edit/kustomize_source.hpp"

#include "gitops/base/text.hpp"
#include "gitops/diff/images.hpp"
#include "gitops/edit/overlay.hpp"
#include "gitops/edit/patch_forms.hpp"
#include "gitops/edit/path_text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace driftwarden {
namespace {

using nlohmann::json;

/// Which kustomize's own `replicas:` applies to.
bool has_replicas_entry(const std::string& kind) {
  return kind == "Deployment" || kind == "StatefulSet" || kind == "ReplicaSet" || kind == "ReplicationController";
}

/// The object in a file of manifests, under one of its names, with its namespace or none.
std::optional<Way> way_in_manifest(const EditedTree& tree, const std::string& path, const Target& target, const std::vector<std::string>& names) {
  const auto text = tree.read(path);
  if (!text) return std::nullopt;
  for (const auto& name : names) {
    auto object = target.object;
    object.name = name;
    for (const auto& name_space : {object.namespace_, std::string()}) {
      object.namespace_ = name_space;
      if (!edit_manifest(*text, path, object, {})) continue;
      return [path, object, edit = target.edit](EditedTree& now) -> Result<void> {
        TRY(const auto before, now.read(path));
        TRY(auto edited, edit_manifest(before, path, object, {edit}));
        return now.write(path, std::move(edited), shown_path(edit.path));
      };
    }
  }
  return std::nullopt;
}

/// A directory without a kustomization, which one is made for when it is built.
Result<Ways> generated_ways(const AppSource& source, const EditedTree& tree, const Target& target) {
  Ways out;
  if (!source.tree.files_below) return out;
  TRY(const auto files, source.tree.files_below(source.path));
  const auto names = names_in_files(source, json::object(), target.object.name);
  for (const auto& path : files) {
    if (!path.ends_with(".yaml") && !path.ends_with(".yml")) continue;
    if (auto way = way_in_manifest(tree, path, target, names)) out.ways.push_back(std::move(*way));
  }
  return out;
}

class Finder {
 public:
  Finder(const EditedTree& tree, const Overlay& overlay, const Target& target, std::vector<std::string> names)
      : tree_(tree), overlay_(overlay), target_(target), names_(std::move(names)) {
    forms_ = patch_forms(target);
  }

  Ways find() {
    existing_image_entries();
    existing_replicas_entry();
    for (const auto& patch : overlay_.patches()) patch_that_says_it(patch);
    for (const auto& path : overlay_.manifests()) own_manifest(path);
    new_image_entry();
    new_replicas_entry();
    for (const auto& patch : overlay_.patches()) patch_of_the_object(patch);
    for (const auto& form : forms_) new_patch(form);
    return std::move(out_);
  }

 private:
  const json* before() const { return find_value(*target_.before, target_.edit.path); }

  struct ImageChange {
    ImageName from;
    ImageName to;
  };
  std::optional<ImageChange> image_change() const {
    const auto* old = before();
    if (!target_.edit.path.ends_with(".image") || old == nullptr || !old->is_string() || !target_.edit.json) return std::nullopt;
    const auto now = json::parse(*target_.edit.json);
    if (!now.is_string()) return std::nullopt;
    return ImageChange{parse_image(old->get_ref<const std::string&>()), parse_image(now.get_ref<const std::string&>())};
  }

  void edit_kustomization(std::vector<ValueEdit> edits) {
    out_.ways.emplace_back([file = overlay_.file(), edits = std::move(edits)](EditedTree& tree) { return tree.edit(file, edits); });
  }

  static ValueEdit text_edit(const std::string& path, const std::string& value) {
    return value.empty() ? ValueEdit{path, {}} : ValueEdit{path, json(value).dump()};
  }

  void existing_image_entries() {
    const auto change = image_change();
    if (!change || !overlay_.value().contains("images") || !overlay_.value()["images"].is_array()) return;
    for (const auto& entry : overlay_.value()["images"]) {
      const auto name = text_member(entry, "name");
      const auto new_name = text_member(entry, "newName");
      if ((new_name.empty() ? name : new_name) != change->from.repository || name.empty()) continue;
      const auto path = ".images[name=" + json(name).dump() + "]";
      std::vector<ValueEdit> edits;
      if (change->to.repository != change->from.repository) edits.push_back(text_edit(path + ".newName", change->to.repository));
      edits.push_back(text_edit(path + ".newTag", change->to.tag));
      if (entry.contains("digest") || !change->to.digest.empty()) edits.push_back(text_edit(path + ".digest", change->to.digest));
      edit_kustomization(std::move(edits));
    }
  }

  void new_image_entry() {
    const auto change = image_change();
    if (!change) return;
    json entry{{"name", change->from.repository}};
    if (change->to.repository != change->from.repository) entry["newName"] = change->to.repository;
    if (!change->to.tag.empty()) entry["newTag"] = change->to.tag;
    if (!change->to.digest.empty()) entry["digest"] = change->to.digest;
    edit_kustomization({{".images[name=" + json(change->from.repository).dump() + "]", entry.dump()}});
  }

  bool is_replicas() const { return target_.edit.path == ".spec.replicas" && target_.edit.json && has_replicas_entry(target_.object.kind); }

  void existing_replicas_entry() {
    if (!is_replicas()) return;
    for (const auto& name : names_) {
      const auto path = ".replicas[name=" + json(name).dump() + "]";
      if (find_value(overlay_.value(), path) != nullptr) edit_kustomization({{path + ".count", target_.edit.json}});
    }
  }

  void new_replicas_entry() {
    if (!is_replicas()) return;
    for (const auto& name : names_) {
      const json entry{{"name", name}, {"count", json::parse(*target_.edit.json)}};
      edit_kustomization({{".replicas[name=" + json(name).dump() + "]", entry.dump()}});
    }
  }

  bool is_of_object(const json& document, const OverlayPatch& patch) const {
    const auto metadata = document.is_object() ? document.value("metadata", json()) : json();
    const auto name = text_member(metadata, "name");
    const bool named = std::find(names_.begin(), names_.end(), name) != names_.end();
    if (!patch.target.is_object()) return named && text_member(document, "kind") == target_.object.kind;
    const auto kind = text_member(patch.target, "kind");
    return kind.empty() || kind == target_.object.kind;
  }

  void edit_patch(const OverlayPatch& patch, std::size_t document, const std::string& path, const json* value) {
    const ValueEdit edit{path, value == nullptr ? std::nullopt : std::optional(value->dump())};
    out_.ways.emplace_back([patch, document, edit](EditedTree& tree) -> Result<void> {
      TRY(const auto text, edit_yaml(patch.text, patch.path, document, {edit}));
      return write_patch(tree, patch, text, edit.path);
    });
  }

  void patch_that_says_it(const OverlayPatch& patch) {
    const auto documents = parse_yaml(patch.text, patch.path);
    if (!documents) return;
    for (std::size_t i = 0; i < documents->size(); ++i) {
      const auto& document = (*documents)[i];
      if (document.is_array()) {
        operations(patch, i, document);
      } else if (is_of_object(document, patch)) {
        for (const auto& form : forms_) {
          if (find_value(document, form.path) == nullptr) continue;
          if (!target_.edit.json && form.path == target_.edit.path) edit_patch(patch, i, form.path, nullptr);
          edit_patch(patch, i, form.path, &form.value);
        }
      }
    }
  }

  /// A JSON patch names values by position.
  void operations(const OverlayPatch& patch, std::size_t document, const json& list) {
    const auto steps = parse_value_path(target_.edit.path);
    const auto pointer = json_pointer(*target_.before, target_.edit.path);
    const auto kind = text_member(patch.target, "kind");
    if (!steps || !pointer || (!kind.empty() && kind != target_.object.kind)) return;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto path = text_member(list[i], "path");
      const bool above = pointer->starts_with(path + "/");
      if (path.empty() || !list[i].contains("value") || (*pointer != path && !above)) continue;
      const auto depth = std::count(path.begin(), path.end(), '/');
      const auto value = fmt::format("[{}].value", i) + path_text({steps->begin() + depth, steps->end()});
      if (target_.edit.json) {
        const auto wanted = json::parse(*target_.edit.json);
        edit_patch(patch, document, value, &wanted);
      } else {
        edit_patch(patch, document, above ? value : fmt::format("[{}]", i), nullptr);
      }
    }
  }

  void patch_of_the_object(const OverlayPatch& patch) {
    const auto documents = parse_yaml(patch.text, patch.path);
    if (!documents) return;
    for (std::size_t i = 0; i < documents->size(); ++i) {
      if (!(*documents)[i].is_object() || !is_of_object((*documents)[i], patch)) continue;
      for (const auto& form : forms_) edit_patch(patch, i, form.path, &form.value);
    }
  }

  void own_manifest(const std::string& path) {
    if (auto way = way_in_manifest(tree_, path, target_, names_)) out_.ways.push_back(std::move(*way));
  }

  std::string free_file_name() const {
    const auto stem = to_lower(fmt::format("patch-{}-{}", target_.object.kind, target_.object.name));
    for (int number = 1; number < 50; ++number) {
      auto name = number == 1 ? stem + ".yaml" : fmt::format("{}-{}.yaml", stem, number);
      if (!tree_.has(join_path(overlay_.directory(), name))) return name;
    }
    return stem + "-50.yaml";
  }

  void new_patch(const PatchForm& form) {
    const auto file = free_file_name();
    for (const auto& name : names_) {
      for (const auto& name_space : {std::string(), target_.object.namespace_}) {
        auto patch = patch_head(target_.object, name, name_space);
        if (!set_value(patch, form.path, &form.value)) continue;
        out_.ways.emplace_back([=, kustomization = overlay_.file(), directory = overlay_.directory()](EditedTree& tree) -> Result<void> {
          CHECK_OK(tree.write(join_path(directory, file), new_yaml(patch), shown_path(form.path)));
          return tree.edit(kustomization, {{".patches[path=" + json(file).dump() + "]", json{{"path", file}}.dump()}});
        });
        if (target_.object.namespace_.empty()) break;
      }
    }
  }

  const EditedTree& tree_;
  const Overlay& overlay_;
  const Target& target_;
  std::vector<std::string> names_;
  std::vector<PatchForm> forms_;
  Ways out_;
};

}  // namespace

std::vector<std::string> names_in_files(const AppSource& source, json kustomization, const std::string& name) {
  if (!source.kustomize.name_prefix.empty()) kustomization["namePrefix"] = source.kustomize.name_prefix;
  if (!source.kustomize.name_suffix.empty()) kustomization["nameSuffix"] = source.kustomize.name_suffix;
  return names_before(kustomization, name);
}

std::string kustomization_file(const AppSource& source) { return kustomization_in(EditedTree(source), source.path); }

Result<Ways> kustomize_ways(const AppSource& source, const EditedTree& tree, const Target& target) {
  const auto file = kustomization_file(source);
  if (file.empty()) return generated_ways(source, tree, target);
  TRY(const auto overlay, Overlay::read(source, tree, file));
  return Finder(tree, overlay, target, names_in_files(source, overlay.value(), target.object.name)).find();
}

std::string patch_text(const AppSource& source, const WantedValue& wanted) {
  const EditedTree tree(source);
  const auto overlay = Overlay::read(source, tree, kustomization_file(source));
  const auto name = names_in_files(source, overlay ? overlay->value() : json::object(), wanted.object.name).front();
  auto patch = patch_head(wanted.object, name, "");
  for (const auto& edit : wanted.edits) {
    const auto value = edit.json ? json::parse(*edit.json, nullptr, false) : json();
    if (!value.is_discarded()) (void)set_value(patch, edit.path, &value);
  }
  return new_yaml(patch);
}

}  // namespace driftwarden
