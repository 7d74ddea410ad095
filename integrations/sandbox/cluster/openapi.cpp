#include "integrations/sandbox/cluster/openapi.hpp"

#include "gitops/base/crypto.hpp"

#include <fmt/core.h>

#include <set>

namespace driftwarden::sandbox::cluster {
namespace {

constexpr const char* kPrefix = "io.sandbox.";
constexpr const char* kQuantity = "io.k8s.apimachinery.pkg.api.resource.Quantity";
constexpr const char* kIntOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

std::string path_of(const std::string& group, const std::string& version) { return group.empty() ? "api/" + version : "apis/" + group + "/" + version; }

Json reference(const std::string& name) { return Json{{"$ref", "#/components/schemas/" + name}}; }

class Document {
 public:
  Json type(const TypeRef& ref) {
    switch (ref.shape) {
      case Shape::String: return Json{{"type", "string"}};
      case Shape::Int32: return Json{{"type", "integer"}, {"format", "int32"}};
      case Shape::Int64: return Json{{"type", "integer"}, {"format", "int64"}};
      case Shape::Bool: return Json{{"type", "boolean"}};
      case Shape::Float: return Json{{"type", "number"}, {"format", "double"}};
      case Shape::Quantity: return reference(kQuantity);
      case Shape::IntOrString: return reference(kIntOrString);
      case Shape::Time:
      case Shape::MicroTime: return Json{{"type", "string"}, {"format", "date-time"}};
      case Shape::Bytes: return Json{{"type", "string"}, {"format", "byte"}};
      case Shape::Opaque: return Json{{"type", "object"}, {"x-kubernetes-map-type", "atomic"}};
      case Shape::Untyped: return Json{{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}};
      case Shape::Struct: return structure(ref);
      case Shape::List: return list(ref);
      case Shape::Map: {
        Json out{{"type", "object"}, {"additionalProperties", type(*ref.element)}};
        if (ref.atomic) out["x-kubernetes-map-type"] = "atomic";
        return out;
      }
    }
    return Json::object();
  }

  std::string define(const TypeDef& def) {
    const std::string name = kPrefix + def.name;
    if (!schemas.emplace(name, Json::object()).second) return name;
    Json out{{"type", "object"}, {"description", def.name}, {"properties", Json::object()}};
    if (def.atomic) out["x-kubernetes-map-type"] = "atomic";
    for (const auto& field : def.fields) {
      Json property = type(field.type);
      if (property.contains("$ref")) property = Json{{"allOf", Json::array({std::move(property)})}};
      property["description"] = field.name;
      if (field.name == "protocol" && def.name.ends_with("Port") && def.name != "NetworkPolicyPort") property["default"] = "TCP";
      if (field.type.merge) {
        property["x-kubernetes-patch-strategy"] = field.type.retain_keys ? "merge,retainKeys" : "merge";
        if (!field.type.merge_key.empty()) property["x-kubernetes-patch-merge-key"] = field.type.merge_key;
      } else if (field.type.retain_keys) {
        property["x-kubernetes-patch-strategy"] = "retainKeys";
      }
      out["properties"][field.name] = std::move(property);
      if (field.required) out["required"].push_back(field.name);
    }
    schemas[name] = std::move(out);
    return name;
  }

  std::map<std::string, Json> schemas;

 private:
  Json structure(const TypeRef& ref) {
    Json out = reference(define(*ref.def));
    if (!ref.atomic) return out;
    return Json{{"allOf", Json::array({std::move(out)})}, {"x-kubernetes-map-type", "atomic"}};
  }

  Json list(const TypeRef& ref) {
    Json items = type(*ref.element);
    if (items.contains("$ref")) items = Json{{"allOf", Json::array({std::move(items)})}};
    Json out{{"type", "array"}, {"items", std::move(items)}, {"x-kubernetes-list-type", ref.atomic ? "atomic" : ref.set ? "set" : "map"}};
    if (!ref.keys.empty()) out["x-kubernetes-list-map-keys"] = ref.keys;
    return out;
  }
};

/// kubectl looks for fieldValidation here before it leaves validation to the server.
Json path_item(const Resource& one) {
  const Json kind{{"group", one.group}, {"version", one.version}, {"kind", one.kind}};
  Json parameters = Json::array();
  for (const char* const name : {"dryRun", "fieldManager", "fieldValidation", "force"})
    parameters.push_back(Json{{"name", name}, {"in", "query"}, {"schema", {{"type", "string"}}}});
  Json content = Json::object();
  for (const char* const type :
       {"application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"}) {
    content[type] = Json{{"schema", {{"type", "object"}}}};
  }
  Json patch{{"x-kubernetes-action", "patch"},
             {"x-kubernetes-group-version-kind", kind},
             {"parameters", std::move(parameters)},
             {"requestBody", {{"content", std::move(content)}}}};
  Json get{{"x-kubernetes-action", "get"}, {"x-kubernetes-group-version-kind", kind}};
  return Json{{"get", std::move(get)}, {"patch", std::move(patch)}};
}

Json document(const Resources& resources, const std::string& group, const std::string& version) {
  Document made;
  Json paths = Json::object();
  for (const auto& one : resources.all()) {
    if (one->group != group || one->version != version) continue;
    const auto base = "/" + path_of(group, version) + (one->namespaced ? "/namespaces/{namespace}/" : "/") + one->plural + "/{name}";
    paths[base] = path_item(*one);
    const std::string name = one->custom ? kPrefix + one->kind : made.define(*one->type);
    Json& schema = made.schemas[name];
    if (one->custom) {
      schema = Json{{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}};
      schema["properties"]["metadata"] = made.type(struct_ref(*find_type("ObjectMeta")));
    }
    schema["properties"]["apiVersion"] = Json{{"type", "string"}};
    schema["properties"]["kind"] = Json{{"type", "string"}};
    schema["x-kubernetes-group-version-kind"] = Json::array({Json{{"group", group}, {"version", version}, {"kind", one->kind}}});
  }
  made.schemas[kQuantity] = Json{{"oneOf", {{{"type", "string"}}, {{"type", "number"}}}}};
  made.schemas[kIntOrString] = Json{{"oneOf", {{{"type", "integer"}}, {{"type", "string"}}}}, {"format", "int-or-string"}};
  return Json{
      {"openapi", "3.0.0"}, {"info", {{"title", "Kubernetes"}, {"version", "1.36"}}}, {"paths", std::move(paths)}, {"components", {{"schemas", made.schemas}}}};
}

}  // namespace

std::optional<Json> openapi_document(const Resources& resources, const std::string& path) {
  constexpr std::string_view root = "/openapi/v3";
  if (!path.starts_with(root)) return std::nullopt;
  const auto groups = resources.groups();
  if (path == root) {
    Json paths = Json::object();
    for (const auto& [group, versions] : groups) {
      for (const auto& version : versions) {
        std::string kinds;
        for (const auto& one : resources.all()) {
          if (one->group == group && one->version == version) kinds += one->kind + ",";
        }
        const auto at = path_of(group, version);
        paths[at] = Json{{"serverRelativeURL", fmt::format("/openapi/v3/{}?hash={}", at, sha256_hex(kinds))}};
      }
    }
    return Json{{"paths", std::move(paths)}};
  }
  for (const auto& [group, versions] : groups) {
    for (const auto& version : versions) {
      if (path == std::string(root) + "/" + path_of(group, version)) return document(resources, group, version);
    }
  }
  return std::nullopt;
}

}  // namespace driftwarden::sandbox::cluster
