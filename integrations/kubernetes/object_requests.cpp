#include "integrations/kubernetes/object_requests.hpp"

#include "integrations/kubernetes/status_error.hpp"
#include "integrations/net/url.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::kubernetes {

using nlohmann::json;

ApiRequest make_apply(const ApiResource& resource, const json& object, const ApplyOptions& options, const std::string& default_namespace) {
  auto body = object;
  auto& metadata = body["metadata"];
  if (!metadata.is_object()) metadata = json::object();
  metadata.erase("managedFields");
  if (!resource.namespaced) metadata.erase("namespace");
  std::string name;
  std::string space;
  if (const auto found = metadata.find("name"); found != metadata.end() && found->is_string()) name = found->get<std::string>();
  if (const auto found = metadata.find("namespace"); found != metadata.end() && found->is_string()) space = found->get<std::string>();
  if (resource.namespaced && space.empty()) space = default_namespace.empty() ? "default" : default_namespace;

  ApiRequest request("PATCH", resource_path(resource, space, name));
  request.path += "?fieldManager=" + net::percent_encode(options.field_manager) + "&fieldValidation=Warn";
  request.path += options.force ? "&force=true" : "&force=false";
  if (options.dry_run) request.path += "&dryRun=All";
  request.content_type = "application/apply-patch+yaml";
  request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return request;
}

ApiRequest make_json_patch(const ApiResource& resource, const ObjectRef& ref, const json& json_patch, const std::string& field_manager) {
  ApiRequest request("PATCH", resource_path(resource, ref.namespace_, ref.name));
  request.path += "?fieldManager=" + net::percent_encode(field_manager);
  request.content_type = "application/json-patch+json";
  request.body = json_patch.dump(-1, ' ', false, json::error_handler_t::replace);
  return request;
}

ApiRequest make_delete(const ApiResource& resource, const ObjectRef& ref) {
  ApiRequest request("DELETE", resource_path(resource, ref.namespace_, ref.name));
  request.content_type = "application/json";
  request.body = R"({"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Background"})";
  return request;
}

ApiRequest make_access_review(const std::string& verb, const ApiResource& resource, const std::string& namespace_) {
  json attributes{{"verb", verb}, {"group", resource.kind.group}, {"version", resource.kind.version}, {"resource", resource.plural}};
  if (resource.namespaced && !namespace_.empty()) attributes["namespace"] = namespace_;
  const json review{
      {"apiVersion", "authorization.k8s.io/v1"}, {"kind", "SelfSubjectAccessReview"}, {"spec", {{"resourceAttributes", std::move(attributes)}}}};
  ApiRequest request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
  request.content_type = "application/json";
  request.body = review.dump(-1, ' ', false, json::error_handler_t::replace);
  return request;
}

Result<bool> read_access_review(const std::string& step, const net::HttpResponse& response) {
  if (!response.ok()) return status_error(step, response.status, response.body);
  const auto review = json::parse(response.body, nullptr, false);
  const auto status = review.is_object() ? review.find("status") : review.end();
  const bool whole = review.is_object() && status != review.end() && status->is_object();
  const auto allowed = whole ? status->find("allowed") : review.end();
  if (!whole || allowed == status->end() || !allowed->is_boolean()) return Error{ErrorKind::Corrupt, step + ": the answer doesn't say"};
  return allowed->get<bool>();
}

Result<ApplyOutcome> read_apply(const std::string& step, const net::HttpResponse& response, const ApplyOptions& options, bool secret) {
  if (!response.ok()) {
    auto error = status_error(step, response.status, response.body);
    if (secret) error.message = without_quoted_values(error.message);
    const bool refusal = error.kind == ErrorKind::InvalidInput || error.kind == ErrorKind::Conflict;
    if (!options.dry_run || !refusal) return error;
    ApplyOutcome refused;
    refused.status = response.status;
    refused.message = status_message(response.status, response.body);
    if (secret) refused.message = without_quoted_values(refused.message);
    return refused;
  }
  auto object = json::parse(response.body, nullptr, false);
  if (!object.is_object()) return Error{ErrorKind::Corrupt, step + ": the answer isn't a JSON object"};
  ApplyOutcome outcome;
  outcome.status = response.status;
  outcome.object = std::make_shared<const json>(std::move(object));
  return outcome;
}

}  // namespace driftwarden::kubernetes
