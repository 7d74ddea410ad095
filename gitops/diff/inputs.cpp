#include "gitops/diff/inputs.hpp"

#include "gitops/base/text.hpp"
#include "gitops/diff/path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

Error wrong(std::string what) { return Error{ErrorKind::InvalidInput, std::move(what)}; }

std::string text_at(const json& object, const char* key, std::string fallback = {}) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::move(fallback);
}

Result<std::vector<std::string>> texts_at(const json& object, const char* key) {
  std::vector<std::string> texts;
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return texts;
  if (!found->is_array()) return wrong(fmt::format("{}: expected a list of texts", key));
  for (const auto& item : *found) {
    if (!item.is_string()) return wrong(fmt::format("{}: expected a list of texts", key));
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

Result<IgnoreRule> read_rule(const json& value) {
  if (!value.is_object()) return wrong("an ignore rule must be a map with paths");
  IgnoreRule rule;
  if (const auto match = value.find("match"); match != value.end() && match->is_object()) {
    rule.match = {text_at(*match, "group", "*"), text_at(*match, "kind", "*"), text_at(*match, "namespace", "*"), text_at(*match, "name", "*")};
  }
  TRY(rule.paths, texts_at(value, "paths"));
  TRY(rule.managers, texts_at(value, "managers"));
  TRY(rule.ops, texts_at(value, "ops"));
  rule.reason = text_at(value, "reason");
  rule.owner = text_at(value, "owner");
  if (rule.paths.empty()) return wrong("an ignore rule needs paths");
  for (const auto& path : rule.paths) {
    if (!PathPattern::parse(path)) return wrong(fmt::format("'{}' is no path; expected something like .spec.replicas or .spec.**.env[name=\"TZ\"]", path));
  }
  if (const auto until = text_at(value, "until"); !until.empty()) {
    TRY(rule.until, parse_time(until.size() == 10 ? until + "T00:00:00Z" : until));
  }
  return rule;
}

}  // namespace

Result<DryRun> read_dry_run(const json& value) {
  if (!value.is_object() || !value.contains("status") || !value["status"].is_number_integer()) return wrong("a dry-run answer needs a numeric status");
  DryRun answer;
  answer.status = value["status"].get<unsigned>();
  if (const auto object = value.find("object"); object != value.end() && object->is_object()) answer.object = std::make_shared<const json>(*object);
  answer.message = text_at(value, "message");
  if (const auto error = value.find("error"); error != value.end() && error->is_object()) answer.message = text_at(*error, "message", answer.message);
  return answer;
}

Result<std::vector<IgnoreRule>> read_ignore_rules(const json& value) {
  const auto& list = value.is_object() && value.contains("ignore") ? value["ignore"] : value;
  std::vector<IgnoreRule> rules;
  if (list.is_null()) return rules;
  if (!list.is_array()) return wrong("ignore rules must be a list");
  for (const auto& item : list) {
    TRY(auto rule, read_rule(item));
    rules.push_back(std::move(rule));
  }
  return rules;
}

bool is_served(const json& discovery, const json& object) {
  const auto& list = discovery.is_object() && discovery.contains("resources") ? discovery["resources"] : discovery;
  return list.is_array() && std::any_of(list.begin(), list.end(), [&](const json& resource) {
           return resource.is_object() && text_at(resource, "apiVersion") == text_at(object, "apiVersion") &&
                  text_at(resource, "kind") == text_at(object, "kind");
         });
}

}  // namespace driftwarden
