#include "gitops/edit/argo_source.hpp"

#include "gitops/diff/images.hpp"
#include "gitops/edit/path_text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

struct Overrides {
  std::set<std::string> repositories;
  std::set<std::string> parameters;
};

/// kustomize.images holds "name=new:tag" or "name:tag"; helm.parameters holds {name, value}.
Overrides overrides_of(const json& file) {
  Overrides out;
  if (const auto* images = find_value(file, ".kustomize.images"); images != nullptr && images->is_array()) {
    for (const auto& image : *images) {
      const auto text = image.is_string() ? image.get<std::string>() : std::string();
      const auto equals = text.find('=');
      out.repositories.insert(equals == std::string::npos ? parse_image(text).repository : text.substr(0, equals));
      if (equals != std::string::npos) out.repositories.insert(parse_image(std::string_view(text).substr(equals + 1)).repository);
    }
  }
  if (const auto* parameters = find_value(file, ".helm.parameters"); parameters != nullptr && parameters->is_array()) {
    for (const auto& parameter : *parameters) out.parameters.insert(text_member(parameter, "name"));
  }
  return out;
}

std::set<std::string> wanted_repositories(const std::vector<WantedValue>& wanted) {
  std::set<std::string> out;
  for (const auto& object : wanted) {
    for (const auto& edit : object.edits) {
      const auto value = edit.json && edit.path.ends_with(".image") ? json::parse(*edit.json, nullptr, false) : json();
      if (value.is_string()) out.insert(parse_image(value.get_ref<const std::string&>()).repository);
    }
  }
  return out;
}

/// "values.yaml: image.tag, image.digest" names the parameter image.tag.
bool names_parameter(const std::string& place, const std::string& parameter) {
  const auto at = place.find(": " + parameter);
  const auto later = place.find(", " + parameter);
  const auto from = at != std::string::npos ? at : later;
  if (from == std::string::npos || parameter.empty()) return false;
  const auto end = from + 2 + parameter.size();
  return end == place.size() || place[end] == ',';
}

Error decides(const std::string& path, const std::string& what) {
  return {ErrorKind::InvalidInput,
          fmt::format("{} sets {} (Argo CD Image Updater writes it), which wins over this edit; change or remove it there first", path, what)};
}

}  // namespace

Result<void> mind_argo_source(const AppSource& source, const std::vector<WantedValue>& wanted, std::vector<SourceEdit>& edits) {
  if (edits.empty() || !source.tree.files_below) return {};
  const auto files = source.tree.files_below(source.path);
  if (!files) return {};
  const auto prefix = join_path(source.path, ".argocd-source");
  const auto repositories = wanted_repositories(wanted);
  for (const auto& path : *files) {
    if (!path.starts_with(prefix) || !path.ends_with(".yaml")) continue;
    const auto text = source.tree.read(path);
    const auto documents = text ? parse_yaml(*text, path) : Result<std::vector<json>>(std::vector<json>());
    const auto overrides = documents && !documents->empty() ? overrides_of(documents->front()) : Overrides();
    for (const auto& repository : repositories) {
      if (overrides.repositories.contains(repository)) return decides(path, "the image " + repository);
    }
    for (const auto& edit : edits) {
      for (const auto& place : edit.places) {
        for (const auto& parameter : overrides.parameters) {
          if (names_parameter(place, parameter)) return decides(path, parameter);
        }
      }
    }
    edits.front().places.push_back(fmt::format("note: {} is Argo CD Image Updater's and wins over these files where both say something", path));
  }
  return {};
}

}  // namespace driftwarden
