#include "gitops/render/kustomize_overlay.hpp"

#include "gitops/base/text.hpp"
#include "gitops/render/source_path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr const char* kKeep = "*";

Error refuse(std::string what) { return Error{ErrorKind::InvalidInput, std::move(what)}; }

bool is_hidden(std::string_view path) { return path.starts_with('.') || path.find("/.") != std::string_view::npos; }

std::string_view directory_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view name_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// `list` in `value`, made when it isn't there.
json& list_in(json& value, const char* name) {
  auto& list = value[name];
  if (!list.is_array()) list = json::array();
  return list;
}

/// The list's mapping with that name, made when there is none.
json& entry_of(json& list, const std::string& name) {
  for (auto& entry : list) {
    if (entry.is_object() && entry.value("name", json()) == json(name)) return entry;
  }
  list.push_back(json{{"name", name}});
  return list.back();
}

void set_or_keep(json& made, const json& before, const char* field, const std::string& value) {
  if (value == kKeep) {
    if (before.contains(field)) made[field] = before.at(field);
  } else if (!value.empty()) {
    made[field] = value;
  }
}

void add_images(json& kustomization, const std::vector<std::string>& images) {
  if (images.empty()) return;
  auto& list = list_in(kustomization, "images");
  for (const auto& text : images) {
    const auto image = parse_image_override(text);
    auto& entry = entry_of(list, image.name);
    json made{{"name", image.name}};
    set_or_keep(made, entry, "newName", image.new_name);
    set_or_keep(made, entry, "newTag", image.new_tag);
    set_or_keep(made, entry, "digest", image.digest);
    entry = std::move(made);
  }
}

void add_map(json& kustomization, const char* field, const std::map<std::string, std::string>& map) {
  if (map.empty()) return;
  auto& value = kustomization[field];
  if (!value.is_object()) value = json::object();
  for (const auto& [name, text] : map) value[name] = text;
}

/// A file's content in the place of its path.
Result<void> put_inline(json& patch, const App& app, const std::vector<SourceFile>& files) {
  const auto named = patch.find("path");
  if (named == patch.end() || !named->is_string()) return Result<void>{};
  const auto where = fmt::format("a patch that is laid over App {}", app.name);
  const auto path = resolve_path(app.path, named->get<std::string>());
  if (!path) return wrap(where, path.error());
  const auto file = std::ranges::find(files, *path, &SourceFile::path);
  if (file == files.end()) return refuse(fmt::format("{} names {}, which isn't there", where, *path));
  patch["patch"] = file->content;
  patch.erase("path");
  return Result<void>{};
}

Result<void> add_patches(json& kustomization, const App& app, const std::vector<SourceFile>& files) {
  if (app.kustomize.patches.empty()) return Result<void>{};
  auto& list = list_in(kustomization, "patches");
  for (const auto& text : app.kustomize.patches) {
    auto patch = json::parse(text, nullptr, false);
    if (!patch.is_object()) return refuse(fmt::format("a patch that is laid over App {} is no mapping: \"{}\"", app.name, ellipsize(without_control_characters(text), 80)));
    CHECK_OK(put_inline(patch, app, files));
    list.push_back(std::move(patch));
  }
  return Result<void>{};
}

}  // namespace

ImageOverride parse_image_override(std::string_view text) {
  ImageOverride image;
  const auto equals = text.find('=');
  auto value = equals == std::string_view::npos ? text : text.substr(equals + 1);
  if (const auto at = value.find('@'); at != std::string_view::npos) {
    image.digest = value.substr(at + 1);
    value = value.substr(0, at);
  }
  // A colon before the last slash is a registry's port.
  const auto colon = value.rfind(':');
  const auto slash = value.rfind('/');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    image.new_tag = value.substr(colon + 1);
    value = value.substr(0, colon);
  }
  image.name = equals == std::string_view::npos ? value : text.substr(0, equals);
  if (equals != std::string_view::npos) image.new_name = value;
  return image;
}

bool labels_selectors(const App& app) { return app.deployer.kind == DeployerKind::ArgoCd; }

bool needs_kustomize(const App& app) {
  auto overlay = app.kustomize;
  overlay.substitute.reset();
  if (!labels_selectors(app)) {
    overlay.labels.clear();
    overlay.annotations.clear();
  }
  return !overlay.empty();
}

Result<std::string> overlaid_kustomization(std::string_view text, const std::string& file, const App& app, const std::vector<SourceFile>& files, std::string_view inside) {
  TRY(auto documents, parse_yaml(text, file));
  if (documents.size() > 1) return refuse(file + ":1: a kustomization is one mapping");
  auto made = documents.empty() ? json::object() : std::move(documents.front());
  if (!made.is_object()) return refuse(file + ":1: a kustomization is one mapping");
  const auto& overlay = app.kustomize;
  if (!overlay.name_prefix.empty()) made["namePrefix"] = overlay.name_prefix;
  if (!overlay.name_suffix.empty()) made["nameSuffix"] = overlay.name_suffix;
  if (!overlay.namespace_.empty()) made["namespace"] = overlay.namespace_;
  if (labels_selectors(app)) {
    add_map(made, "commonLabels", overlay.labels);
    add_map(made, "commonAnnotations", overlay.annotations);
  }
  add_images(made, overlay.images);
  for (const auto& [name, count] : overlay.replicas) entry_of(list_in(made, "replicas"), name)["count"] = count;
  for (const auto& component : overlay.components) list_in(made, "components").push_back(std::string(inside) + component);
  CHECK_OK(add_patches(made, app, files));
  return made.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string kustomization_of(const std::vector<SourceFile>& files, const std::string& directory) {
  for (const auto& file : files) {
    if (directory_of(file.path) == directory && is_kustomization(name_of(file.path))) return file.path;
  }
  return {};
}

std::string generated_kustomization(const std::vector<SourceFile>& files, const std::string& path) {
  std::vector<std::string> bases;
  for (const auto& file : files) {
    const auto directory = std::string(directory_of(file.path));
    if (is_kustomization(name_of(file.path)) && directory != path && lies_in(directory, path)) bases.push_back(directory);
  }
  bases = outermost(std::move(bases));
  std::set<std::string> resources;
  for (const auto& base : bases) resources.insert(path_inside(base, path));
  for (const auto& file : files) {
    if (!lies_in(file.path, path) || !(file.path.ends_with(".yaml") || file.path.ends_with(".yml"))) continue;
    const auto inside = path_inside(file.path, path);
    const bool in_base = std::ranges::any_of(bases, [&](const auto& base) { return lies_in(file.path, base); });
    if (!in_base && !is_hidden(inside)) resources.insert(inside);
  }
  const json made{{"apiVersion", "kustomize.config.k8s.io/v1beta1"}, {"kind", "Kustomization"}, {"resources", resources}};
  return made.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

void add_metadata(std::vector<Manifest>& manifests, const App& app) {
  const auto& overlay = app.kustomize;
  if (labels_selectors(app) || (overlay.labels.empty() && overlay.annotations.empty())) return;
  for (auto& manifest : manifests) {
    auto body = *manifest.body;
    auto& metadata = body["metadata"];
    add_map(metadata, "labels", overlay.labels);
    add_map(metadata, "annotations", overlay.annotations);
    manifest.body = std::make_shared<const json>(std::move(body));
  }
}

}  // namespace driftwarden
