#pragma once
// What new Apps are made from: `.driftwarden/templates/<template>/template.yaml` with the files beside it, at a repository's head. Pure but for the mirror.
//
//   title: Web service
//   description: A Deployment with a Service
//   path: apps/{{name}}/prod          # where the new App's files go; apps/{{name}} without
//   namespace: shop                   # proposed, as are cluster and channel
//   parameters:
//     - {name: team, title: Team, choices: [shop, payments], required: true}
//     - {name: replicas, title: Replicas, default: "2", pattern: "[1-9]"}
//   verbatim: ["chart/**"]            # files that are copied as they are
//
// In the other files, their names and in `path`, {{name}}, {{namespace}}, {{cluster}}, {{environment}}, {{image}}, {{port}}, {{channel}} and the parameters are
// replaced. Another word between these braces is an error.
#include "gitops/base/result.hpp"
#include "gitops/model/file_edit.hpp"
#include "gitops/repository/mirror.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

struct TemplateParameter {
  std::string name;
  std::string title;  ///< for people; its name without one
  std::string hint;
  std::string default_;
  std::string pattern;
  std::vector<std::string> choices;
  bool required = false;
};

struct AppTemplate {
  std::string name;
  std::string title;
  std::string description;
  std::string path = "apps/{{name}}";
  std::string namespace_;
  std::string cluster;
  std::string channel;
  std::vector<TemplateParameter> parameters;  ///< one called "image" or "port" says more about that
  std::vector<std::string> verbatim;
  std::vector<TreeEntry> files;     ///< paths below the template's directory, without template.yaml
  std::set<std::string> used;       ///< words between braces, anywhere
  bool uses(const std::string& word) const { return used.contains(word); }
};

/// ".driftwarden/templates/web-service"
std::string template_directory(const std::string& name);

/// From all files of its directory. The error says "file:line: what is wrong, what was expected".
Result<AppTemplate> parse_template(const std::string& name, const std::vector<TreeEntry>& files);

struct TemplateList {
  std::vector<AppTemplate> templates;  ///< by name
  std::vector<std::string> warnings;   ///< those that can't be used: why
};
Result<TemplateList> read_templates(Mirror& mirror, const std::string& head);
/// NotFound names those that there are.
Result<AppTemplate> read_template(Mirror& mirror, const std::string& head, const std::string& name);

/// What a request says; "" = not said.
struct TemplateInputs {
  std::string name;
  std::string namespace_;
  std::string cluster;
  std::string environment;
  std::string image;
  std::string port;
  std::string channel;
  std::map<std::string, std::string> parameters;
};
/// Every word's value, defaults filled in. InvalidInput names the parameter and what it may be.
Result<std::map<std::string, std::string>> template_values(const AppTemplate& from, const TemplateInputs& inputs);
/// The parameter alone: why `value` won't do, "" when it will.
std::string trouble_with(const TemplateParameter& parameter, const std::string& value);

/// A text of template.yaml itself (path, namespace, channel).
Result<std::string> fill_words(const std::string& text, const std::map<std::string, std::string>& values);
/// The files as those of an App at `path`. In YAML a value stays one scalar: it is quoted where it must be, and refused where it can't.
Result<std::vector<FileEdit>> fill_template(const AppTemplate& from, const std::map<std::string, std::string>& values, const std::string& path);

}  // namespace driftwarden
