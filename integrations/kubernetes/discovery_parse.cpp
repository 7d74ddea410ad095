#include "gitops/base/members.hpp"
#include "integrations/kubernetes/discovery.hpp"

#include "integrations/net/url.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::kubernetes {
namespace {

using nlohmann::json;

std::string text(const json& object, const char* key) { return std::string(text_at(object, key)); }

std::set<std::string> verbs_of(const json& resource) {
  std::set<std::string> verbs;
  for (const auto& verb : member_at(resource, "verbs")) {
    if (verb.is_string()) verbs.insert(verb.get<std::string>());
  }
  return verbs;
}

}  // namespace

std::vector<ApiResource> parse_aggregated_discovery(const json& document) {
  std::vector<ApiResource> out;
  for (const auto& group : member_at(document, "items")) {
    const auto group_name = text(member_at(group, "metadata"), "name");
    for (const auto& version : member_at(group, "versions")) {
      if (text(version, "freshness") == "Stale") continue;
      for (const auto& resource : member_at(version, "resources")) {
        ApiResource found;
        found.kind = {group_name, text(version, "version"), text(member_at(resource, "responseKind"), "kind")};
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
  for (const auto& resource : member_at(document, "resources")) {
    ApiResource found;
    found.plural = text(resource, "name");
    if (found.plural.empty() || found.plural.find('/') != std::string::npos) continue;
    found.kind = {of_list.group, of_list.version, text(resource, "kind")};
    const auto& namespaced = member_at(resource, "namespaced");
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
