#include "integrations/sandbox/cluster/discovery.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden::sandbox::cluster {
namespace {

const Json& object_verbs() {
  static const Json verbs{"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"};
  return verbs;
}

const Json& part_verbs() {
  static const Json verbs{"get", "patch", "update"};
  return verbs;
}

std::string group_version(const std::string& group, const std::string& version) { return group.empty() ? version : group + "/" + version; }

struct Part {
  std::string name;
  Json kind;  ///< group, version, kind
  Json verbs;
};

std::vector<Part> parts_of(const Resource& one) {
  std::vector<Part> out;
  const Json self{{"group", ""}, {"version", ""}, {"kind", one.kind}};
  if (one.log) out.push_back({"log", self, Json::array({"get"})});
  if (one.scale) out.push_back({"scale", Json{{"group", "autoscaling"}, {"version", "v1"}, {"kind", "Scale"}}, part_verbs()});
  if (one.status) out.push_back({"status", self, part_verbs()});
  return out;
}

Json aggregated_resource(const Resource& one) {
  Json out{{"resource", one.plural},
           {"responseKind", {{"group", one.custom ? one.group : ""}, {"version", one.custom ? one.version : ""}, {"kind", one.kind}}},
           {"scope", one.namespaced ? "Namespaced" : "Cluster"},
           {"singularResource", one.singular},
           {"verbs", object_verbs()}};
  if (!one.short_names.empty()) out["shortNames"] = one.short_names;
  if (!one.categories.empty()) out["categories"] = one.categories;
  for (const auto& part : parts_of(one)) out["subresources"].push_back(Json{{"subresource", part.name}, {"responseKind", part.kind}, {"verbs", part.verbs}});
  return out;
}

Json aggregated(const Resources& resources, bool core) {
  Json items = Json::array();
  for (const auto& [group, versions] : resources.groups()) {
    if (group.empty() != core) continue;
    Json item{{"metadata", Json::object()}, {"versions", Json::array()}};
    if (!group.empty()) item["metadata"]["name"] = group;
    for (const auto& version : versions) {
      Json list = Json::array();
      for (const auto& one : resources.all()) {
        if (one->group == group && one->version == version) list.push_back(aggregated_resource(*one));
      }
      item["versions"].push_back(Json{{"version", version}, {"resources", std::move(list)}, {"freshness", "Current"}});
    }
    items.push_back(std::move(item));
  }
  return Json{{"kind", "APIGroupDiscoveryList"}, {"apiVersion", "apidiscovery.k8s.io/v2"}, {"metadata", Json::object()}, {"items", std::move(items)}};
}

Json resource_list(const Resources& resources, const std::string& group, const std::string& version) {
  Json list = Json::array();
  for (const auto& one : resources.all()) {
    if (one->group != group || one->version != version) continue;
    Json item{{"name", one->plural}, {"singularName", one->singular}, {"namespaced", one->namespaced}, {"kind", one->kind}, {"verbs", object_verbs()}};
    if (!one->short_names.empty()) item["shortNames"] = one->short_names;
    if (!one->categories.empty()) item["categories"] = one->categories;
    list.push_back(std::move(item));
    for (const auto& part : parts_of(*one)) {
      Json below{
          {"name", one->plural + "/" + part.name}, {"singularName", ""}, {"namespaced", one->namespaced}, {"kind", part.kind["kind"]}, {"verbs", part.verbs}};
      if (part.name == "scale") below.update(Json{{"group", "autoscaling"}, {"version", "v1"}});
      list.push_back(std::move(below));
    }
  }
  return Json{{"kind", "APIResourceList"}, {"apiVersion", "v1"}, {"groupVersion", group_version(group, version)}, {"resources", std::move(list)}};
}

Json group_item(const std::string& group, const std::vector<std::string>& versions) {
  Json list = Json::array();
  for (const auto& version : versions) list.push_back(Json{{"groupVersion", group_version(group, version)}, {"version", version}});
  Json preferred = list[0];
  return Json{{"name", group}, {"versions", std::move(list)}, {"preferredVersion", std::move(preferred)}};
}

Json group_list(const Resources& resources) {
  Json list = Json::array();
  for (const auto& [group, versions] : resources.groups()) {
    if (!group.empty()) list.push_back(group_item(group, versions));
  }
  return Json{{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(list)}};
}

Json root_paths(const Resources& resources) {
  Json paths{"/api", "/api/v1", "/apis"};
  for (const auto& [group, versions] : resources.groups()) {
    if (group.empty()) continue;
    paths.push_back("/apis/" + group);
    for (const auto& version : versions) paths.push_back("/apis/" + group + "/" + version);
  }
  for (const char* const path : {"/healthz", "/livez", "/openapi/v3", "/readyz", "/version"}) paths.push_back(path);
  return Json{{"paths", std::move(paths)}};
}

}  // namespace

std::optional<Discovered> discover(const Resources& resources, const std::string& path, const std::string& accept) {
  const bool wants_aggregate = accept.find("as=APIGroupDiscoveryList") != std::string::npos && accept.find("v=v2;") != std::string::npos;
  if ((path == "/api" || path == "/apis") && wants_aggregate) {
    return Discovered{aggregated(resources, path == "/api"), "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"};
  }
  if (path.empty()) return Discovered{root_paths(resources)};
  if (path == "/api") {
    Json addresses = Json::array({Json{{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", "127.0.0.1"}}});
    return Discovered{Json{{"kind", "APIVersions"}, {"versions", {"v1"}}, {"serverAddressByClientCIDRs", std::move(addresses)}}};
  }
  if (path == "/apis") return Discovered{group_list(resources)};
  const auto parts = split(path, '/');
  if (parts.size() == 3 && parts[1] == "api" && resources.serves("", parts[2])) return Discovered{resource_list(resources, "", parts[2])};
  if (parts.size() == 4 && parts[1] == "apis" && resources.serves(parts[2], parts[3])) return Discovered{resource_list(resources, parts[2], parts[3])};
  if (parts.size() == 3 && parts[1] == "apis") {
    for (const auto& [group, versions] : resources.groups()) {
      if (group.empty() || group != parts[2]) continue;
      Json item = group_item(group, versions);
      item.update(Json{{"kind", "APIGroup"}, {"apiVersion", "v1"}});
      return Discovered{std::move(item)};
    }
  }
  return std::nullopt;
}

Json version_info() {
  return Json{{"major", "1"},           {"minor", "36"},           {"gitVersion", "v1.36.3"},
              {"gitCommit", "sandbox"}, {"gitTreeState", "clean"}, {"buildDate", "1970-01-01T00:00:00Z"},
              {"goVersion", "none"},    {"compiler", "sandbox"},   {"platform", "linux/amd64"}};
}

}  // namespace driftwarden::sandbox::cluster
