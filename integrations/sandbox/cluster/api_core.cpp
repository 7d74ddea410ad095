#include "integrations/sandbox/cluster/api_core.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "integrations/sandbox/cluster/discovery.hpp"
#include "integrations/sandbox/cluster/openapi.hpp"
#include "integrations/sandbox/cluster/tables.hpp"

#include <fmt/core.h>

namespace driftwarden::sandbox::cluster {
namespace {

ApiReply error_reply(const ApiError& error) { return {error.code, to_status(error).dump() + "\n"}; }

ApiReply reply_of(Outcome<ApiReply> outcome) { return outcome ? std::move(outcome).value() : error_reply(outcome.error()); }

ApiReply json_reply(const Json& body) { return {200, body.dump() + "\n"}; }

/// Splits what follows /api/v1 or /apis/G/V; nothing when no such resource is served.
std::optional<Target> find_target(const Resources& resources, const std::string& path) {
  auto parts = split(path, '/');
  std::string group;
  std::string version;
  std::size_t at = 0;
  if (parts.size() >= 4 && parts[1] == "api") {
    version = parts[2];
    at = 3;
  } else if (parts.size() >= 5 && parts[1] == "apis") {
    group = parts[2];
    version = parts[3];
    at = 4;
  } else {
    return std::nullopt;
  }
  Target out;
  const bool inside = parts[at] == "namespaces" && parts.size() >= at + 3 && !(group.empty() && (parts[at + 2] == "status" || parts[at + 2] == "finalize"));
  if (inside) {
    out.namespace_ = parts[at + 1];
    at += 2;
  }
  out.resource = resources.find(group, version, parts[at]);
  if (!out.resource || (inside && !out.resource->namespaced)) return std::nullopt;
  if (parts.size() > at + 1) out.name = parts[at + 1];
  if (parts.size() > at + 2) out.subresource = parts[at + 2];
  if (parts.size() > at + 3) return std::nullopt;
  if (out.resource->namespaced && out.namespace_.empty() && !out.name.empty()) return std::nullopt;
  return out;
}

bool known_part(const Target& target) {
  const auto& part = target.subresource;
  const Resource& one = *target.resource;
  return part.empty() || (part == "status" && one.status) || (part == "scale" && one.scale) || (part == "log" && one.log) ||
         (part == "finalize" && one.kind == "Namespace" && one.group.empty());
}

}  // namespace

std::string ApiRequest::query_or(const std::string& key, const std::string& otherwise) const {
  const auto found = query.find(key);
  return found == query.end() ? otherwise : found->second;
}

bool ApiRequest::flag(const std::string& key) const {
  const auto value = query_or(key);
  return value == "true" || value == "1" || value == "True";
}

ApiCore::ApiCore(Random& random, std::string token, std::string plain_token)
    : random_(random), token_(std::move(token)), plain_token_(std::move(plain_token)) {
  store_.on_change = [this](const std::string& storage, const StoreChange& change) {
    if (storage == "/services") {
      if (change.before) allocations_.free(change.before->body());
      if (change.type != ChangeType::Deleted) allocations_.take(change.object->body());
    }
    if (storage == "apiextensions.k8s.io/customresourcedefinitions") {
      const Json& definition = change.object->body();
      if (change.type == ChangeType::Deleted) {
        resources_.forget(text_at(definition, {"spec", "group"}), text_at(definition, {"spec", "names", "plural"}));
        store_.forget_kind(text_at(definition, {"spec", "group"}) + "/" + text_at(definition, {"spec", "names", "plural"}));
      } else {
        resources_.define(definition);
      }
    }
    if (on_change) on_change(storage, change);
  };
}

std::string ApiCore::make_uid() {
  std::string digits = random_.hex(32);
  digits[12] = '4';
  digits[16] = "89ab"[random_.below(4)];
  return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" + digits.substr(16, 4) + "-" + digits.substr(20);
}

std::string ApiCore::make_suffix(std::size_t length) {
  static constexpr std::string_view letters = "bcdfghjklmnpqrstvwxz2456789";
  std::string out;
  for (std::size_t i = 0; i < length; ++i) out += letters[random_.below(letters.size())];
  return out;
}

ApiReply ApiCore::handle(const ApiRequest& request, WallTime now) {
  if (!seeded_) {
    seeded_ = true;
    WriteOptions options{.manager = "kube-apiserver", .subresource = {}, .validation = "Ignore", .dry_run = false, .force = false, .now = now};
    const auto namespaces = resources_.find("", "v1", "namespaces");
    for (const char* const name : {"default", "kube-node-lease", "kube-public", "kube-system"}) {
      Json body = zero_object(*namespaces);
      body["metadata"]["name"] = name;
      static_cast<void>(create(namespaces, "", std::move(body), options));
    }
    Json service = zero_object(*resources_.find("", "v1", "services"));
    service["metadata"] = Json{{"name", "kubernetes"}, {"namespace", "default"}, {"labels", {{"component", "apiserver"}, {"provider", "kubernetes"}}}};
    service["spec"] = Json{{"clusterIP", "10.96.0.1"}, {"ports", {{{"name", "https"}, {"port", 443}, {"targetPort", 6443}, {"protocol", "TCP"}}}}};
    static_cast<void>(create(resources_.find("", "v1", "services"), "default", std::move(service), options));
  }
  return route(request, now);
}

ApiReply ApiCore::route(const ApiRequest& request, WallTime now) {
  std::string path = request.path;
  while (path.ends_with('/')) path.pop_back();
  if (path == "/readyz" || path == "/livez" || path == "/healthz") return {200, "ok", "text/plain; charset=utf-8"};
  const bool plain = !plain_token_.empty() && constant_time_equal(request.authorization, "Bearer " + plain_token_);
  if (!plain && !token_.empty() && !constant_time_equal(request.authorization, "Bearer " + token_)) return error_reply(unauthorized());
  if (path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews") {
    return request.method == "POST" ? review_access(request, plain) : error_reply(method_not_allowed());
  }
  if (path == "/version") return json_reply(version_info());
  if (request.method == "GET" || request.method == "HEAD") {
    if (auto found = discover(resources_, path, request.accept)) return {200, found->body.dump() + "\n", found->content_type};
    if (auto document = openapi_document(resources_, path)) return json_reply(*document);
  }
  auto target = find_target(resources_, path);
  if (!target || !known_part(*target)) {
    // Paths outside the served groups have a plain text answer, as the real server's mux gives it.
    const auto parts = split(path, '/');
    const bool core = parts.size() > 2 && parts[1] == "api" && resources_.serves("", parts[2]);
    if (core || (parts.size() > 3 && parts[1] == "apis" && resources_.serves(parts[2], parts[3]))) return error_reply(unknown_path());
    return {404, "404 page not found\n", "text/plain; charset=utf-8"};
  }
  if (const auto access = access_of(request, *target, plain); !is_allowed(access)) return error_reply(access_denied(access, target->name));
  return resource_request(request, std::move(*target), now);
}

ApiReply ApiCore::resource_request(const ApiRequest& request, Target target, WallTime now) {
  return target.name.empty() ? collection_request(request, target, now) : object_request(request, target, now);
}

ApiReply ApiCore::collection_request(const ApiRequest& request, const Target& target, WallTime now) {
  if (request.method == "GET") return reply_of(list(request, target, now));
  const bool whole_cluster = target.resource->namespaced && target.namespace_.empty();
  if (request.method == "POST" && !whole_cluster) return reply_of(post(request, target, now));
  if (request.method == "DELETE" && !whole_cluster) return reply_of(delete_collection(request, target, now));
  return error_reply(method_not_allowed());
}

ApiReply ApiCore::object_request(const ApiRequest& request, const Target& target, WallTime now) {
  const auto& method = request.method;
  if (target.subresource == "log") return method == "GET" ? reply_of(log(request, target, now)) : error_reply(method_not_allowed());
  if (target.subresource == "scale") return reply_of(scale(request, target, now));
  if (method == "GET") return reply_of(get(request, target, now));
  if (method == "PUT") return reply_of(put(request, target, now));
  if (method == "PATCH") return reply_of(patch(request, target, now));
  if (method == "DELETE" && target.subresource.empty()) return reply_of(delete_one(request, target, now));
  return error_reply(method_not_allowed());
}

View view_of(const std::string& accept) {
  const auto first = accept.substr(0, accept.find(','));
  if (first.find("as=Table") != std::string::npos) return View::Table;
  if (first.find("as=PartialObjectMetadata") != std::string::npos) return View::Metadata;
  return View::Object;
}

ApiReply ApiCore::object_reply(unsigned status, const ApiRequest& request, const Target& target, const StoredPtr& object, WallTime now) const {
  ApiReply out(status, "");
  switch (view_of(request.accept)) {
    case View::Table: {
      Json rows = Json::array({table_row(*target.resource, object, request.query_or("includeObject", "Metadata"), now)});
      out.body =
          make_table(table_columns(*target.resource), std::move(rows), Json{{"resourceVersion", text_at(object->body(), {"metadata", "resourceVersion"})}})
              .dump();
      break;
    }
    case View::Metadata: out.body = partial_metadata(object->body()).dump(); break;
    case View::Object: out.body = object->text(); break;
  }
  out.body += "\n";
  return out;
}

}  // namespace driftwarden::sandbox::cluster
