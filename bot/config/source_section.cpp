// What an App's directory is rendered with: helm, kustomize, plugin, more.
#include "bot/config/node_json.hpp"
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace driftwarden {
namespace {

/// Values of a chart: plain texts, or nothing that needs a file.
void read_set(Section& section, std::string_view key, std::map<std::string, std::string>& out) {
  const auto* set = section.find(key);
  if (set == nullptr || set->kind == ConfigNode::Kind::Null) return;
  if (set->kind != ConfigNode::Kind::Map) return section.reading().mistake(*set, fmt::format("\"{}\" is {}", key, describe(*set)), "a mapping of values");
  for (const auto& entry : set->entries) {
    if (entry.value.kind == ConfigNode::Kind::List || entry.value.kind == ConfigNode::Kind::Map) {
      section.reading().mistake(entry.value, fmt::format("\"{}\" is {}", entry.key.text, describe(entry.value)), "a text; put structures into a values file");
    } else {
      out[entry.key.text] = entry.value.text;
    }
  }
}

void read_helm(Section& section, HelmSource& out) {
  section.inside("helm", [&](Section& helm) {
    helm.text("release", out.release);
    helm.texts("values", out.values);
    read_set(helm, "set", out.set);
    read_set(helm, "set_string", out.set_string);
    helm.flag("skip_crds", out.skip_crds);
    const auto* values = helm.find("inline");
    if (values == nullptr || values->kind == ConfigNode::Kind::Null) return;
    if (values->kind != ConfigNode::Kind::Map) return section.reading().mistake(*values, "\"inline\" is " + describe(*values), "a mapping, as in a values file");
    out.inline_values = to_json(*values).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  });
}

void read_replicas(Section& section, std::map<std::string, int>& out) {
  section.entries("replicas", [&](const ConfigNode& name, const ConfigNode& value) {
    int count = -1;
    const auto& text = value.text;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (value.kind == ConfigNode::Kind::Scalar && failed == std::errc{} && end == text.data() + text.size() && count >= 0) {
      out[name.text] = count;
    } else {
      section.reading().mistake(value, fmt::format("\"{}\" is {}", name.text, describe(value)), "a whole number from 0");
    }
  });
}

void read_patches(Section& section, std::vector<std::string>& out) {
  const auto* list = section.find("patches");
  if (list == nullptr || list->kind == ConfigNode::Kind::Null) return;
  if (list->kind != ConfigNode::Kind::List) return section.reading().mistake(*list, "\"patches\" is " + describe(*list), "a list, as in a kustomization.yaml");
  for (const auto& item : list->items) {
    if (item.kind != ConfigNode::Kind::Map || (item.find("patch") == nullptr && item.find("path") == nullptr)) {
      section.reading().mistake(item, "\"patches\" holds " + describe(item), "a mapping with patch or path, and target");
    } else {
      out.push_back(to_json(item).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    }
  }
}

void check_each(Section& section, std::string_view key, const std::function<std::string(std::string_view)>& check, std::string_view expected) {
  const auto* list = section.find(key);
  if (list == nullptr) return;
  for (const auto& item : list->items) {
    if (item.kind != ConfigNode::Kind::Scalar || item.text.empty()) continue;
    if (const auto wrong = check(item.text); !wrong.empty()) section.reading().mistake(item, fmt::format("{} {}", describe(item), wrong), std::string(expected));
  }
}

std::string check_image(std::string_view image) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
  if (image.starts_with('-') || std::ranges::any_of(image, bad)) return "isn't an image";
  return image.find_first_of("=:@") == std::string_view::npos ? "says nothing new of the image" : "";
}

void read_kustomize(Section& section, std::size_t depth, KustomizeOverlay& out) {
  section.inside("kustomize", [&](Section& given) {
    given.text("name_prefix", out.name_prefix);
    given.text("name_suffix", out.name_suffix);
    given.checked(
        "namespace", out.namespace_, [](std::string_view text) -> std::string { return text.empty() || is_namespace(text) ? "" : "isn't a namespace"; },
        "lower-case letters, digits and \"-\"");
    given.text_map("labels", out.labels);
    given.text_map("annotations", out.annotations);
    given.texts("images", out.images);
    check_each(given, "images", check_image, "such as web=ghcr.io/acme/web:1.2, web:1.2 or web@sha256:...");
    read_replicas(given, out.replicas);
    given.texts("components", out.components);
    check_each(given, "components", [&](std::string_view text) { return check_beside(text, depth); }, "a directory of the repository, relative to the App's path");
    read_patches(given, out.patches);
    const auto* substitute = given.find("substitute");
    if (substitute == nullptr) return;
    out.substitute.emplace();
    given.text_map("substitute", *out.substitute);
  });
}

SourcePart read_part(Section& section, const Config& config) {
  SourcePart part;
  read_path(section, part.path);
  read_render(section, config, part.render, part.plugin);
  read_helm(section, part.helm);
  read_kustomize(section, depth_of(part.path), part.kustomize);
  return part;
}

}  // namespace

std::size_t depth_of(std::string_view path) { return path.empty() ? 0 : 1 + static_cast<std::size_t>(std::ranges::count(path, '/')); }

void read_path(Section& section, std::string& path) {
  if (!section.has("path")) section.missing("path", "a directory of the repository");
  section.checked("path", path, check_tree_path, "a directory inside the repository, such as apps/checkout");
  while (path.ends_with('/')) path.pop_back();
  while (path.starts_with("./")) path.erase(0, 2);
  if (path == ".") path.clear();
}

void read_render(Section& section, const Config& config, RenderKind& render, PluginSource& plugin) {
  section.choice<RenderKind>("render",
                             {{"auto", RenderKind::Auto},
                              {"plain", RenderKind::Plain},
                              {"kustomize", RenderKind::Kustomize},
                              {"helm", RenderKind::Helm},
                              {"plugin", RenderKind::Plugin}},
                             render);
  std::string name;
  section.named("plugin", name, NameKind::Plugin);
  if (section.has("plugin") && !section.has("render")) render = RenderKind::Plugin;
  if (render != RenderKind::Plugin) return section.refuse("plugin", "is given, but it isn't rendered by one", "render: plugin");
  if (!section.has("plugin")) return section.missing("plugin", "the name of a plugin");
  const auto found = std::ranges::find(config.plugins, name, &PluginSource::name);
  if (found != config.plugins.end()) plugin = *found;
}

void read_sources(Section& section, const Config& config, App& app) {
  read_render(section, config, app.render, app.plugin);
  read_helm(section, app.helm);
  read_kustomize(section, depth_of(app.path), app.kustomize);
  section.each("more", [&](Section& part) { app.more.push_back(read_part(part, config)); });
  section.checked("revision", app.revision, check_revision, "a tag, a branch or a commit");
}

}  // namespace driftwarden
