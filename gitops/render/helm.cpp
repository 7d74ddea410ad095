#include "gitops/render/helm.hpp"

#include "gitops/base/text.hpp"
#include "gitops/render/source_path.hpp"
#include "gitops/render/tool_render.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestRelease = 53;
constexpr std::size_t kMaxWarnings = 10;

Error refuse(std::string what) { return Error{ErrorKind::InvalidInput, std::move(what)}; }

const SourceFile* find_file(const std::vector<SourceFile>& files, const std::string& path) {
  const auto found = std::ranges::find(files, path, &SourceFile::path);
  return found == files.end() ? nullptr : &*found;
}

std::string text_of(const json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> dependency_names(const json& document) {
  std::vector<std::string> names;
  if (!document.is_object()) return names;
  const auto found = document.find("dependencies");
  if (found == document.end() || !found->is_array()) return names;
  for (const auto& item : *found) {
    if (auto name = text_of(item, "name"); !name.empty()) names.push_back(std::move(name));
  }
  return names;
}

/// Names of the charts that lie in charts/, unpacked or packed ("redis-17.0.1.tgz" counts for "redis").
class Vendored {
 public:
  Vendored(const std::vector<SourceFile>& files, const std::string& charts) {
    for (const auto& file : files) {
      if (!lies_in(file.path, charts)) continue;
      const auto inside = path_inside(file.path, charts);
      const auto slash = inside.find('/');
      if (slash == std::string::npos && inside.ends_with(".tgz")) packed_.push_back(inside);
      if (slash == std::string::npos || inside.substr(slash) != "/Chart.yaml") continue;
      folders_.insert(inside.substr(0, slash));
      const auto documents = parse_yaml(file.content, file.path);
      if (documents && !documents->empty()) folders_.insert(text_of(documents->front(), "name"));
    }
  }
  bool has(const std::string& name) const {
    return folders_.contains(name) || std::ranges::any_of(packed_, [&](const std::string& file) { return file.starts_with(name + "-"); });
  }

 private:
  std::set<std::string> folders_;
  std::vector<std::string> packed_;
};

Result<void> check_dependencies(const std::vector<SourceFile>& files, const App& app) {
  const Vendored vendored(files, join_path(app.path, "charts"));
  for (const auto* name : {"Chart.yaml", "requirements.yaml"}) {
    const auto path = join_path(app.path, name);
    const auto* file = find_file(files, path);
    if (file == nullptr) continue;
    TRY(const auto documents, parse_yaml(file->content, path));
    if (documents.empty()) continue;
    for (const auto& dependency : dependency_names(documents.front())) {
      if (vendored.has(dependency)) continue;
      return refuse(fmt::format("{}: the dependency \"{}\" isn't in {}: nothing is fetched while rendering; run `helm dependency build {}` and commit {}", path,
                                without_control_characters(dependency), join_path(app.path, "charts/"), app.path.empty() ? "." : app.path,
                                join_path(app.path, "charts/")));
    }
  }
  return Result<void>{};
}

Result<void> check_release(const App& app) {
  const auto name = release_name(app);
  const auto is_edge = [](char c) { return std::islower(static_cast<unsigned char>(c)) != 0 || std::isdigit(static_cast<unsigned char>(c)) != 0; };
  const bool good = !name.empty() && name.size() <= kLongestRelease && is_edge(name.front()) && is_edge(name.back()) &&
                    std::ranges::all_of(name, [&](char c) { return is_edge(c) || c == '-' || c == '.'; });
  if (good) return Result<void>{};
  return refuse(fmt::format("\"{}\" can't be a Helm release's name: set helm.release of App {} to lower-case letters, digits and \"-\", {} at most",
                            ellipsize(without_control_characters(name), 80), app.name, kLongestRelease));
}

/// Words whose value helm would load from wherever they say.
bool leads_outside(const std::string& word, const std::string& value) {
  if (word == "$ref" || word == "$dynamicRef" || word == "$recursiveRef") return !value.starts_with('#');
  return word == "$schema" && !value.starts_with("http://json-schema.org/") && !value.starts_with("https://json-schema.org/");
}

/// The first such value, "" without.
std::string outside_reference(const json& schema) {
  if (!schema.is_structured()) return {};
  for (const auto& [word, value] : schema.items()) {
    if (schema.is_object() && value.is_string() && leads_outside(word, value.get<std::string>())) return value.get<std::string>();
    if (auto found = outside_reference(value); !found.empty()) return found;
  }
  return {};
}

/// In helm's own language of --set, which knows lists and escapes.
std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == ',' || c == '{' || c == '}' || c == '[' || c == ']') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

Result<void> check_schemas(const std::vector<SourceFile>& files) {
  for (const auto& file : files) {
    if (file.path != "values.schema.json" && !file.path.ends_with("/values.schema.json")) continue;
    const auto schema = json::parse(file.content, nullptr, false);
    if (schema.is_discarded()) return refuse(file.path + " is no JSON");
    const auto reference = outside_reference(schema);
    if (reference.empty()) continue;
    return refuse(fmt::format("{} refers to \"{}\": nothing is fetched while rendering; put the definitions into the file itself and name them with #", file.path,
                              ellipsize(without_control_characters(reference), 120)));
  }
  return Result<void>{};
}

Result<std::string> check_chart(const std::vector<SourceFile>& files, const App& app) {
  const auto path = join_path(app.path, "Chart.yaml");
  const auto* chart = find_file(files, path);
  if (chart == nullptr) return refuse(fmt::format("{} isn't there: App {} is rendered with helm, so its path must be a chart", path, app.name));
  TRY(const auto documents, parse_yaml(chart->content, path));
  if (documents.empty()) return refuse(path + ":1: is empty");
  CHECK_OK(check_release(app));
  CHECK_OK(check_dependencies(files, app));
  CHECK_OK(check_schemas(files));
  return text_of(documents.front(), "name");
}

Result<std::vector<std::string>> helm_arguments(const App& app, const std::string& inline_file) {
  std::vector<std::string> argv{"helm", "template", release_name(app), ".", app.helm.skip_crds ? "--skip-crds" : "--include-crds", "--skip-tests", "--no-hooks"};
  if (!app.namespace_.empty()) argv.insert(argv.end(), {"--namespace", app.namespace_});
  for (const auto& values : app.helm.values) {
    if (values.find_first_of(",\"\n") != std::string::npos) return refuse(fmt::format("helm takes no values file with a comma or a quote in its name: rename \"{}\"", without_control_characters(values)));
    argv.insert(argv.end(), {"--values", values.starts_with("../") ? values : "./" + values});
  }
  if (!inline_file.empty()) argv.insert(argv.end(), {"--values", inline_file});
  for (const auto& [name, value] : app.helm.set) argv.insert(argv.end(), {"--set", name + "=" + escaped(value)});
  for (const auto& [name, value] : app.helm.set_string) argv.insert(argv.end(), {"--set-string", name + "=" + escaped(value)});
  return argv;
}

std::vector<std::string> chart_warnings(const std::vector<SourceFile>& files) {
  static constexpr std::string_view kWord = "lookup ";
  std::vector<std::string> warnings;
  for (const auto& file : files) {
    if (("/" + file.path).find("/templates/") == std::string::npos || warnings.size() >= kMaxWarnings) continue;
    for (auto at = file.content.find(kWord); at != std::string::npos; at = file.content.find(kWord, at + 1)) {
      const auto open = file.content.rfind("{{", at);
      const auto close = file.content.rfind("}}", at);
      const bool in_template = open != std::string::npos && (close == std::string::npos || close < open) && file.content.compare(open, 4, "{{/*") != 0;
      const auto before = file.content[at - 1];
      if (!in_template || (before != ' ' && before != '(')) continue;
      const auto line = 1 + std::count(file.content.begin(), file.content.begin() + static_cast<std::ptrdiff_t>(at), '\n');
      warnings.push_back(fmt::format("{}:{} uses Helm's lookup, which finds nothing here: what it would take from the cluster is rendered as if it weren't there", file.path, line));
      break;
    }
  }
  return warnings;
}

bool may_vary(const std::vector<SourceFile>& files) {
  static constexpr std::array<std::string_view, 16> kWords{"rand",       "uuidv4",          "now",           "genCA",  "genSelfSigned", "genSigned", "genPrivateKey", "lookup",
                                                           "htpasswd",   "bcrypt",          "getHostByName", "shuffle", "encryptAES",    "ago ",      "unixEpoch",     "mustDateModify"};
  for (const auto& file : files) {
    if (file.path.ends_with(".tgz")) return true;  // not looked into
    for (const auto word : kWords) {
      for (auto at = file.content.find(word); at != std::string::npos; at = file.content.find(word, at + 1)) {
        const auto is_letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.'; };
        if (at == 0 || !is_letter(file.content[at - 1])) return true;
      }
    }
  }
  return false;
}

}  // namespace driftwarden
