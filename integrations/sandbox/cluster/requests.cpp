#include "integrations/sandbox/cluster/api_core.hpp"

#include "gitops/manifest/manifest.hpp"
#include "integrations/sandbox/cluster/patch.hpp"
#include "integrations/sandbox/cluster/protobuf.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden::sandbox::cluster {
namespace {

/// The fieldManager parameter, or the first word of the User-Agent.
std::string manager_of(const ApiRequest& request) {
  auto manager = request.query_or("fieldManager");
  if (manager.empty()) manager = request.user_agent.substr(0, request.user_agent.find('/'));
  return manager.empty() ? "unknown" : manager.substr(0, 128);
}

WriteOptions write_options(const ApiRequest& request, const Target& target, WallTime now) {
  return {.manager = manager_of(request),
          .subresource = target.subresource,
          .validation = request.query_or("fieldValidation", "Warn"),
          .dry_run = request.query_or("dryRun") == "All",
          .force = request.flag("force"),
          .now = now};
}

std::optional<ApiError> check_dry_run(const ApiRequest& request, const char* kind) {
  const auto value = request.query_or("dryRun");
  if (value.empty() || value == "All") return std::nullopt;
  return invalid("meta.k8s.io", kind, "", {not_supported("dryRun", Json::array({value}), {"All"})});
}

Outcome<Json> read_body(const ApiRequest& request, const std::string& kind) {
  const auto& type = request.content_type;
  if (type.starts_with(kProtobuf)) {
    auto decoded = decode_protobuf(request.body);
    if (!decoded) return bad_request("the body is no Kubernetes protobuf message of a known kind");
    return std::move(*decoded);
  }
  Json body = Json::parse(request.body, nullptr, false);
  if (body.is_discarded() && (type.find("yaml") != std::string::npos || type.empty())) {
    auto documents = parse_yaml(request.body, "body");
    if (!documents) return bad_request("error decoding YAML: " + documents.error().message);
    if (documents.value().size() == 1) body = std::move(documents.value()[0]);
  }
  if (body.is_discarded())
    return bad_request(
        fmt::format("the object provided is unrecognized (must be of type {}): couldn't get version/kind; json parse error: unexpected end of JSON input ({})",
                    kind, request.body.substr(0, 64)));
  return body;
}

std::optional<ApiError> check_media(const ApiRequest& request) {
  const auto type = request.content_type.substr(0, request.content_type.find(';'));
  if (type.empty() || type == "application/json" || type == "application/yaml" || type == kProtobuf) return std::nullopt;
  return unsupported_media_type("application/json, application/yaml, application/vnd.kubernetes.protobuf");
}

/// What a whole object in a body must agree with.
std::optional<ApiError> check_object(const Target& target, const Json& body, const char* default_kind) {
  if (!body.is_object()) return bad_request("couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct");
  const auto kind = text_at(body, {"kind"});
  const auto version = text_at(body, {"apiVersion"});
  const auto& resource = *target.resource;
  if ((!kind.empty() && kind != default_kind) || (!version.empty() && version != resource.api_version() && std::string_view(default_kind) != "Scale")) {
    const auto short_version = version.substr(version.find('/') + 1);
    const auto package = resource.group.empty() ? std::string("core") : resource.group.substr(0, resource.group.find('.'));
    return bad_request(fmt::format("{0} in version \"{1}\" cannot be handled as a {2}: converting ({1}.{0}) to ({3}.{2}): unknown conversion", kind,
                                   short_version, default_kind, package));
  }
  if (const Json* meta = find(body, "metadata"); meta != nullptr && !meta->is_object()) {
    return bad_request(
        fmt::format("{} in version \"{}\" cannot be handled as a {}: json: cannot unmarshal {} into Go struct field {}.metadata of type v1.ObjectMeta",
                    default_kind, resource.version, default_kind, meta->type_name(), default_kind));
  }
  const auto space = text_at(body, {"metadata", "namespace"});
  if (!space.empty() && resource.namespaced && space != target.namespace_)
    return bad_request("the namespace of the provided object does not match the namespace sent on the request");
  if (!space.empty() && !resource.namespaced) return bad_request("namespace must not be provided for cluster-scoped objects");
  const auto name = text_at(body, {"metadata", "name"});
  if (!target.name.empty() && name.empty()) {
    return bad_request(fmt::format("the name of the object ({} based on URL) was undeterminable: name must be provided", target.name));
  }
  if (!target.name.empty() && !name.empty() && name != target.name) {
    return bad_request(fmt::format("the name of the object ({}) does not match the name on the URL ({})", name, target.name));
  }
  return std::nullopt;
}

}  // namespace

Outcome<ApiReply> ApiCore::post(const ApiRequest& request, const Target& target, WallTime now) {
  if (auto wrong = check_media(request)) return *wrong;
  if (auto wrong = check_dry_run(request, "CreateOptions")) return *wrong;
  auto body = read_body(request, target.resource->kind);
  if (!body) return body.error();
  if (auto wrong = check_object(target, body.value(), target.resource->kind.c_str())) return *wrong;
  std::vector<std::string> warnings;
  auto made = create(target.resource, target.namespace_, std::move(body).value(), write_options(request, target, now), &warnings);
  if (!made) return made.error();
  ApiReply out = object_reply(201, request, target, made.value(), now);
  out.warnings = std::move(warnings);
  return out;
}

Outcome<ApiReply> ApiCore::put(const ApiRequest& request, const Target& target, WallTime now) {
  if (auto wrong = check_media(request)) return *wrong;
  if (auto wrong = check_dry_run(request, "UpdateOptions")) return *wrong;
  auto body = read_body(request, target.resource->kind);
  if (!body) return body.error();
  if (auto wrong = check_object(target, body.value(), target.resource->kind.c_str())) return *wrong;
  std::vector<std::string> warnings;
  auto written = update(target.resource, target.key(), std::move(body).value(), write_options(request, target, now), &warnings);
  if (!written) return written.error();
  ApiReply out = object_reply(200, request, target, written.value(), now);
  out.warnings = std::move(warnings);
  return out;
}

Outcome<ApiReply> ApiCore::patch(const ApiRequest& request, const Target& target, WallTime now) {
  if (auto wrong = check_dry_run(request, "PatchOptions")) return *wrong;
  const auto type = request.content_type.substr(0, request.content_type.find(';'));
  const WriteOptions options = write_options(request, target, now);
  const auto& resource = *target.resource;
  if (type == "application/apply-patch+yaml" || type == "application/apply-patch+cbor") {
    if (request.query_or("fieldManager").empty()) {
      return invalid("meta.k8s.io", "PatchOptions", "", {required_value("fieldManager", "is required for apply patch")});
    }
    auto config = read_body(request, target.resource->kind);
    if (!config) return config.error();
    if (text_at(config.value(), {"kind"}) != resource.kind || text_at(config.value(), {"apiVersion"}) != resource.api_version()) {
      const auto version = text_at(config.value(), {"apiVersion"});
      return bad_request(
          fmt::format("invalid object type: {}{}, Kind={}", version.find('/') == std::string::npos ? "/" : "", version, text_at(config.value(), {"kind"})));
    }
    if (auto wrong = check_object(target, config.value(), resource.kind.c_str())) return *wrong;
    bool created = false;
    auto done = apply(target.resource, target.key(), config.value(), options, &created);
    if (!done) return done.error();
    return object_reply(created ? 201 : 200, request, target, done.value(), now);
  }
  const bool json = type == "application/json-patch+json";
  const bool merge = type == "application/merge-patch+json";
  const bool strategic = type == "application/strategic-merge-patch+json";
  if (!json && !merge && !strategic) return ApiError{415, "UnsupportedMediaType", "415: Unsupported Media Type", Json::object()};
  if (strategic && resource.custom) {
    return unsupported_media_type("application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml");
  }
  if (request.flag("force")) return invalid("meta.k8s.io", "PatchOptions", "", {forbidden("force", "may not be specified for non-apply patch")});
  const auto old = store_.find(resource.storage(), target.key());
  if (!old) return not_found(resource.group, resource.plural, target.name);
  const Json change = Json::parse(request.body, nullptr, false);
  if (change.is_discarded()) return bad_request("error decoding patch: unexpected end of JSON input");
  if (merge && !change.is_object()) return bad_request("error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}");
  Outcome<Json> patched = json    ? json_patch(old->body(), change)
                          : merge ? Outcome<Json>(merge_patch(old->body(), change))
                                  : strategic_merge_patch(struct_ref(*resource.type), old->body(), change);
  if (!patched) return patched.error();
  std::vector<std::string> warnings;
  Json next = std::move(patched).value();
  if (auto wrong = check_object(target, next, resource.kind.c_str())) return *wrong;
  if (auto wrong = check_decoding(resource, next, options, &warnings, strategic ? change.dump() : next.dump())) return *wrong;
  auto written = update(target.resource, target.key(), std::move(next), options);
  if (!written) return written.error();
  ApiReply out = object_reply(200, request, target, written.value(), now);
  out.warnings = std::move(warnings);
  return out;
}

namespace {

Json delete_options_of(const ApiRequest& request) {
  Json options = request.body.empty() ? Json::object() : Json::parse(request.body, nullptr, false);
  if (request.content_type.starts_with(kProtobuf)) options = decode_protobuf(request.body).value_or(Json::object());
  if (!options.is_object()) options = Json::object();
  for (const char* const key : {"propagationPolicy", "dryRun"}) {
    if (const auto value = request.query_or(key); !value.empty()) options[key] = value;
  }
  if (const Json* dry = find(options, "dryRun"); dry != nullptr && dry->is_array()) options["dryRun"] = dry->empty() ? "" : "All";
  return options;
}

}  // namespace

Outcome<ApiReply> ApiCore::delete_one(const ApiRequest& request, const Target& target, WallTime now) {
  const Json options = delete_options_of(request);
  WriteOptions write = write_options(request, target, now);
  write.dry_run = text_at(options, {"dryRun"}) == "All";
  const auto& resource = *target.resource;
  const auto before = store_.find(resource.storage(), target.key());
  auto gone = remove(target.resource, target.key(), options, write);
  if (!gone) return gone.error();
  const bool still_there = !write.dry_run && store_.find(resource.storage(), target.key()) != nullptr;
  static const std::array<const char*, 7> returns_object{"Pod",          "Service", "Namespace", "ServiceAccount", "PersistentVolumeClaim", "PersistentVolume",
                                                         "ResourceQuota"};
  const bool whole = std::find(returns_object.begin(), returns_object.end(), resource.kind) != returns_object.end() && !resource.custom;
  if (still_there || whole) return object_reply(200, request, target, gone.value(), now);
  Json details{{"name", target.name}, {"kind", resource.plural}, {"uid", text_at(before->body(), {"metadata", "uid"})}};
  if (!resource.group.empty()) details["group"] = resource.group;
  ApiReply out;
  out.body = Json{{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", Json::object()}, {"status", "Success"}, {"details", std::move(details)}}.dump() + "\n";
  return out;
}

Outcome<ApiReply> ApiCore::delete_collection(const ApiRequest& request, const Target& target, WallTime now) {
  ApiRequest listing = request;
  listing.method = "GET";
  listing.accept.clear();
  listing.query.erase("watch");
  auto found = list(listing, target, now);
  if (!found) return found.error();
  const Json options = delete_options_of(request);
  WriteOptions write = write_options(request, target, now);
  write.dry_run = text_at(options, {"dryRun"}) == "All";
  const Json objects = Json::parse(found.value().body, nullptr, false);
  for (const auto& object : array_at(objects, {"items"})) {
    static_cast<void>(remove(target.resource, Key{text_at(object, {"metadata", "namespace"}), text_at(object, {"metadata", "name"})}, options, write));
  }
  return found;
}

namespace {

std::string selector_text(const Json& selector) {
  std::string out;
  for (const auto& [key, value] : object_at(selector, {"matchLabels"}).items()) out += (out.empty() ? "" : ",") + key + "=" + value.get<std::string>();
  return out;
}

Json scale_of(const Json& object) {
  Json out{{"kind", "Scale"}, {"apiVersion", "autoscaling/v1"}, {"metadata", Json::object()}, {"spec", Json::object()}, {"status", Json::object()}};
  for (const char* const key : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}) {
    if (const Json* value = find(object, {"metadata", key})) out["metadata"][key] = *value;
  }
  if (const auto replicas = int_at(object, {"spec", "replicas"}); replicas != 0) out["spec"]["replicas"] = replicas;
  out["status"]["replicas"] = int_at(object, {"status", "replicas"});
  if (auto text = selector_text(object_at(object, {"spec", "selector"})); !text.empty()) out["status"]["selector"] = std::move(text);
  return out;
}

}  // namespace

Outcome<StoredPtr> ApiCore::write_scale(const Target& target, const Json& scale_object, const WriteOptions& options, bool apply) {
  const auto& resource = *target.resource;
  const auto old = store_.find(resource.storage(), target.key());
  if (!old) return not_found(resource.group, resource.plural, target.name);
  const auto version = text_at(scale_object, {"metadata", "resourceVersion"});
  if (!version.empty() && version != text_at(old->body(), {"metadata", "resourceVersion"})) {
    return conflict(resource.group, resource.plural, target.name,
                    "the object has been modified; please apply your changes to the latest version and try again");
  }
  const auto replicas = int_at(scale_object, {"spec", "replicas"});
  if (replicas < 0) return invalid("autoscaling", "Scale", target.name, {invalid_value("spec.replicas", replicas, "must be greater than or equal to 0")});
  Json next = old->body();
  const bool changed = int_at(next, {"spec", "replicas"}) != replicas;
  next["spec"]["replicas"] = replicas;
  Json managed = managed_after_scale(writer_for(resource, options), old->body(), changed, apply, replicas);
  return finish(target.resource, target.key(), old, std::move(next), std::move(managed), options);
}

Outcome<ApiReply> ApiCore::scale(const ApiRequest& request, const Target& target, WallTime now) {
  const auto& resource = *target.resource;
  const auto object = store_.find(resource.storage(), target.key());
  if (!object) return not_found(resource.group, resource.plural, target.name);
  ApiReply out;
  if (request.method == "GET") {
    out.body = scale_of(object->body()).dump() + "\n";
    return out;
  }
  const bool whole = request.method == "PUT";
  if (!whole && request.method != "PATCH") return method_not_allowed();
  auto body = read_body(request, target.resource->kind);
  if (!body) return body.error();
  const bool apply = request.content_type.starts_with("application/apply-patch");
  Json next = body.value();
  if (!whole && !apply) {
    auto patched = request.content_type.starts_with("application/json-patch") ? json_patch(scale_of(object->body()), next)
                                                                              : Outcome<Json>(merge_patch(scale_of(object->body()), next));
    if (!patched) return patched.error();
    next = std::move(patched).value();
  }
  if (auto wrong = check_object(target, next, "Scale")) return *wrong;
  auto written = write_scale(target, next, write_options(request, target, now), apply);
  if (!written) return written.error();
  out.body = scale_of(written.value()->body()).dump() + "\n";
  return out;
}

}  // namespace driftwarden::sandbox::cluster
