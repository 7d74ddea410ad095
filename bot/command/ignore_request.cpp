#include "bot/command/ignore_request.hpp"

#include "gitops/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

IgnoreRule::Match exactly(const ObjectRef& ref) { return {ref.group, ref.kind, ref.namespace_, ref.name}; }

}  // namespace

std::string to_json_text(const IgnoreRequest& request) {
  json paths = json::array();
  for (const auto& field : request.fields) {
    paths.push_back({{"group", field.object.group}, {"kind", field.object.kind}, {"namespace", field.object.namespace_}, {"name", field.object.name}, {"path", field.path}});
  }
  return json{{"paths", std::move(paths)}, {"until", format_time(request.until)}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

IgnoreRequest ignore_request_from(const std::string& text) {
  IgnoreRequest request;
  const auto value = json::parse(text, nullptr, false);
  if (!value.is_object() || !value.contains("paths") || !value.at("paths").is_array()) return request;
  for (const auto& field : value.at("paths")) {
    if (!field.is_object()) continue;
    ObjectRef ref;
    ref.group = field.value("group", "");
    ref.kind = field.value("kind", "");
    ref.namespace_ = field.value("namespace", "");
    ref.name = field.value("name", "");
    request.fields.push_back({std::move(ref), field.value("path", "")});
  }
  if (auto until = parse_time(value.value("until", ""))) request.until = *until;
  return request;
}

std::vector<IgnoreRule> with_request(std::vector<IgnoreRule> rules, const IgnoreRequest& request, const PersonId& owner, const std::string& reason) {
  std::vector<IgnoreRule> added;
  for (const auto& field : request.fields) {
    const auto match = exactly(field.object);
    std::erase_if(rules, [&](IgnoreRule& rule) {
      const bool same = rule.match == match && rule.managers.empty() && rule.ops.empty();
      return same && std::erase(rule.paths, field.path) > 0 && rule.paths.empty();
    });
    auto found = std::ranges::find(added, match, &IgnoreRule::match);
    if (found == added.end()) {
      IgnoreRule rule;
      rule.match = match;
      rule.until = request.until;
      rule.owner = owner;
      rule.reason = reason;
      found = added.insert(added.end(), std::move(rule));
    }
    if (std::ranges::find(found->paths, field.path) == found->paths.end()) found->paths.push_back(field.path);
  }
  std::ranges::move(added, std::back_inserter(rules));
  return rules;
}

bool is_path_below(std::string_view path, std::string_view above) {
  if (!path.starts_with(above)) return false;
  return path.size() == above.size() || path[above.size()] == '.' || path[above.size()] == '[';
}

}  // namespace driftwarden
