#include "integrations/sandbox/cluster/status.hpp"

#include <fmt/core.h>

namespace driftwarden::sandbox::cluster {
namespace {

Json details_of(const std::string& group, const std::string& kind, const std::string& name) {
  Json details = Json::object();
  if (!name.empty()) details["name"] = name;
  if (!group.empty()) details["group"] = group;
  details["kind"] = kind;
  return details;
}

std::string qualified(const std::string& group, const std::string& name) { return group.empty() ? name : name + "." + group; }

std::string shown(const Json& value) { return value.dump(); }

}  // namespace

Json to_status(const ApiError& error) {
  Json out{{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", Json::object()}, {"status", "Failure"}, {"message", error.message}, {"code", error.code}};
  if (!error.reason.empty()) out["reason"] = error.reason;
  if (!error.details.is_null()) out["details"] = error.details;
  return out;
}

Cause invalid_value(std::string field, const Json& value, const std::string& why) {
  return {"FieldValueInvalid", std::move(field), fmt::format("Invalid value: {}: {}", shown(value), why)};
}

Cause required_value(std::string field, const std::string& why) {
  return {"FieldValueRequired", std::move(field), why.empty() ? "Required value" : "Required value: " + why};
}

Cause forbidden(std::string field, const std::string& why) { return {"FieldValueForbidden", std::move(field), "Forbidden: " + why}; }

Cause not_supported(std::string field, const Json& value, const std::vector<std::string>& supported) {
  std::string list;
  for (const auto& one : supported) list += (list.empty() ? "\"" : ", \"") + one + "\"";
  return {"FieldValueNotSupported", std::move(field), fmt::format("Unsupported value: {}: supported values: {}", shown(value), list)};
}

ApiError bad_request(std::string message) { return {400, "BadRequest", std::move(message), {}}; }

ApiError not_found(const std::string& group, const std::string& resource, const std::string& name) {
  return {404, "NotFound", fmt::format("{} \"{}\" not found", qualified(group, resource), name), details_of(group, resource, name)};
}

ApiError already_exists(const std::string& group, const std::string& resource, const std::string& name) {
  return {409, "AlreadyExists", fmt::format("{} \"{}\" already exists", qualified(group, resource), name), details_of(group, resource, name)};
}

ApiError conflict(const std::string& group, const std::string& resource, const std::string& name, const std::string& why) {
  return {409, "Conflict", fmt::format("Operation cannot be fulfilled on {} \"{}\": {}", qualified(group, resource), name, why),
          details_of(group, resource, name)};
}

ApiError invalid(const std::string& group, const std::string& kind, const std::string& name, const std::vector<Cause>& causes) {
  Json details = details_of(group, kind, name);
  details["causes"] = Json::array();
  std::string list;
  for (const auto& cause : causes) {
    details["causes"].push_back(Json{{"reason", cause.type}, {"message", cause.message}, {"field", cause.field}});
    list += (list.empty() ? "" : ", ") + cause.field + ": " + cause.message;
  }
  if (causes.size() > 1) list = "[" + list + "]";
  return {422, "Invalid", fmt::format("{} \"{}\" is invalid: {}", qualified(group, kind), name, list), std::move(details)};
}

ApiError unknown_path() { return {404, "NotFound", "the server could not find the requested resource", Json::object()}; }

ApiError method_not_allowed() { return {405, "MethodNotAllowed", "the server does not allow this method on the requested resource", Json::object()}; }

ApiError expired(std::string message) { return {410, "Expired", std::move(message), {}}; }

ApiError unauthorized() { return {401, "Unauthorized", "Unauthorized", {}}; }

ApiError forbidden_namespace(const std::string& group, const std::string& resource, const std::string& name, const std::string& namespace_) {
  Json details = details_of(group, resource, name);
  const std::string why = fmt::format("namespace {} is being terminated", namespace_);
  details["causes"] = Json::array({Json{{"reason", "NamespaceTerminating"}, {"message", why}, {"field", "metadata.namespace"}}});
  return {403, "Forbidden",
          fmt::format("{} \"{}\" is forbidden: unable to create new content in namespace {} because it is being terminated", qualified(group, resource), name,
                      namespace_),
          std::move(details)};
}

ApiError unsupported_media_type(const std::string& supported) {
  return {415, "UnsupportedMediaType", "the body of the request was in an unknown format - accepted media types include: " + supported, {}};
}

ApiError unavailable() { return {503, "ServiceUnavailable", "the server is currently unable to handle the request", Json::object()}; }

}  // namespace driftwarden::sandbox::cluster
