#include "integrations/kubernetes/discovery.hpp"

#include "integrations/net/url.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::kubernetes {
namespace {

using nlohmann::json;

const json& member(const json& object, const char* key) {
  static const json kNone;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() ? *found : kNone;
}

std::string text(const json& object, const char* key) {
  const auto& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : std::string{};
}

std::set<std::string> verbs_of(const json& resource) {
  std::set<std::string> verbs;
  for (const auto& verb : member(resource, "verbs")) {
    if (verb.is_string()) verbs.insert(verb.get<std::string>());
  }
  return verbs;
}

}  // namespace

std::vector<ApiResource> parse_aggregated_discovery(const json& document) {
  std::vector<ApiResource> out;
  for (const auto& group : member(document, "items")) {
    const auto group_name = text(member(group, "metadata"), "name");
    for (const auto& version : member(group, "versions")) {
      if (text(version, "freshness") == "Stale") continue;
      for (const auto& resource : member(version, "resources")) {
        ApiResource found;
        found.kind = {group_name, text(version, "version"), text(member(resource, "responseKind"), "kind")};
        found.plural = text(resource, "resource");
        found.namespaced = text(resource, "scope") == "Namespaced";
        found.verbs = verbs_of(resource);
        if (!found.kind.kind.empty() && !found.plural.empty()) out.push_back(std::move(found));
      }
    }
  }
  return out;
}

std::vector<ApiResource> parse_resource_list(const json& document) {
  std::vector<ApiResource> out;
  ObjectRef of_list;
  of_list.set_api_version(text(document, "groupVersion"));
  for (const auto& resource : member(document, "resources")) {
    ApiResource found;
    found.plural = text(resource, "name");
    if (found.plural.empty() || found.plural.find('/') != std::string::npos) continue;
    found.kind = {of_list.group, of_list.version, text(resource, "kind")};
    const auto& namespaced = member(resource, "namespaced");
    found.namespaced = namespaced.is_boolean() && namespaced.get<bool>();
    found.verbs = verbs_of(resource);
    out.push_back(std::move(found));
  }
  return out;
}

std::string group_version_path(const std::string& group, const std::string& version) {
  if (group.empty()) return "/api/" + net::percent_encode(version);
  return "/apis/" + net::percent_encode(group) + "/" + net::percent_encode(version);
}

std::string resource_path(const ApiResource& resource, const std::string& namespace_, const std::string& name) {
  auto path = group_version_path(resource.kind.group, resource.kind.version);
  if (resource.namespaced && !namespace_.empty()) path += "/namespaces/" + net::percent_encode(namespace_);
  path += "/" + resource.plural;
  if (!name.empty()) path += "/" + net::percent_encode(name);
  return path;
}

}  // namespace driftwarden::kubernetes
