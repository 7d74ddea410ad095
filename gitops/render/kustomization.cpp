#include "gitops/render/kustomization.hpp"

#include "gitops/manifest/manifest.hpp"
#include "gitops/render/source_path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <functional>

namespace driftwarden {
namespace {

using nlohmann::json;
using Kind = KustomizeReference::Kind;

const json* member(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string text_of(const json& object, const char* name, std::string otherwise = {}) {
  const auto* value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : otherwise;
}

/// A patch or a generator may stand in the file itself. What could be an address is taken as one: kustomize would try it first.
bool is_inline(std::string_view text) {
  if (text.empty() || text.find('\n') != std::string_view::npos || text.front() == '{' || text.front() == '[') return true;
  return !is_remote(text) && text.find(": ") != std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(const json& document) : document_(document) {}

  Kustomization read() {
    for (const auto* field : {"resources", "bases", "components"}) list(document_, field, Kind::Any);
    for (const auto* field : {"transformers", "generators", "validators"}) list_or_inline(field, Kind::Any);
    list_or_inline("patchesStrategicMerge", Kind::File);
    for (const auto* field : {"crds", "configurations"}) list(document_, field, Kind::File);
    for (const auto* field : {"patches", "patchesJson6902", "replacements"}) {
      each(field, [&](const json& item, const std::string& where) { file(text_of(item, "path"), where + ".path"); });
    }
    if (const auto* openapi = member(document_, "openapi")) file(text_of(*openapi, "path"), "openapi.path");
    for (const auto* field : {"configMapGenerator", "secretGenerator"}) {
      each(field, [&](const json& item, const std::string& where) { generator(item, where); });
    }
    charts();
    return std::move(found_);
  }

 private:
  void each(const char* field, const std::function<void(const json&, const std::string&)>& visit) {
    const auto* values = member(document_, field);
    if (values == nullptr || !values->is_array()) return;
    for (std::size_t i = 0; i < values->size(); ++i) visit((*values)[i], fmt::format("{}[{}]", field, i));
  }

  void list(const json& object, const char* field, Kind kind, const std::string& where = {}) {
    const auto* values = member(object, field);
    if (values == nullptr || !values->is_array()) return;
    for (std::size_t i = 0; i < values->size(); ++i) {
      const auto& value = (*values)[i];
      if (value.is_string()) add(kind, value.get<std::string>(), fmt::format("{}{}[{}]", where, field, i));
    }
  }

  void list_or_inline(const char* field, Kind kind) {
    each(field, [&](const json& item, const std::string& where) {
      if (item.is_string() && !is_inline(item.get<std::string>())) add(kind, item.get<std::string>(), where);
    });
  }

  void add(Kind kind, std::string path, std::string field) {
    if (!path.empty()) found_.references.push_back({kind, std::move(path), std::move(field)});
  }

  void file(std::string path, std::string field) { add(Kind::File, std::move(path), std::move(field)); }

  /// "key=path" or "path".
  void generator(const json& item, const std::string& where) {
    const auto* files = member(item, "files");
    for (std::size_t i = 0; files != nullptr && files->is_array() && i < files->size(); ++i) {
      if (!(*files)[i].is_string()) continue;
      const auto text = (*files)[i].get<std::string>();
      const auto equals = text.find('=');
      file(equals == std::string::npos ? text : text.substr(equals + 1), fmt::format("{}.files[{}]", where, i));
    }
    list(item, "envs", Kind::File, where + ".");
    file(text_of(item, "env"), where + ".env");
  }

  void chart(const std::string& home, const std::string& name, const std::string& version, const std::string& where) {
    found_.inflates_charts = true;
    if (name.empty()) return;
    auto second = version.empty() ? std::string() : fmt::format("{}/{}-{}/{}", home, name, version, name);
    found_.references.push_back({Kind::Chart, home + "/" + name, where, std::move(second)});
  }

  void charts() {
    const auto* globals = member(document_, "helmGlobals");
    const auto home = globals == nullptr ? "charts" : text_of(*globals, "chartHome", "charts");
    each("helmCharts", [&](const json& item, const std::string& where) {
      chart(home, text_of(item, "name"), text_of(item, "version"), where);
      file(text_of(item, "valuesFile"), where + ".valuesFile");
      list(item, "additionalValuesFiles", Kind::File, where + ".");
    });
    each("helmChartInflationGenerator", [&](const json& item, const std::string& where) {
      chart(text_of(item, "chartHome", "charts"), text_of(item, "chartName"), text_of(item, "chartVersion"), where);
      file(text_of(item, "values"), where + ".values");
    });
  }

  const json& document_;
  Kustomization found_;
};

}  // namespace

Result<Kustomization> parse_kustomization(std::string_view text, const std::string& file) {
  TRY(const auto documents, parse_yaml(text, file));
  if (documents.empty()) return Kustomization{};
  if (documents.size() > 1 || !documents.front().is_object()) return Error{ErrorKind::InvalidInput, file + ":1: a kustomization is one mapping"};
  return Reader(documents.front()).read();
}

}  // namespace driftwarden
