// Who may do what: by default everybody everything.
#include "integrations/sandbox/cluster/api_core.hpp"

#include <fmt/core.h>

namespace driftwarden::sandbox::cluster {
namespace {

std::string verb_of(const ApiRequest& request, const Target& target) {
  const bool collection = target.name.empty();
  if (request.method == "POST") return "create";
  if (request.method == "PUT") return "update";
  if (request.method == "PATCH") return "patch";
  if (request.method == "DELETE") return collection ? "deletecollection" : "delete";
  if (!collection) return "get";
  return request.flag("watch") ? "watch" : "list";
}

}  // namespace

Access access_of(const ApiRequest& request, const Target& target, bool plain) {
  Access out;
  out.plain = plain;
  out.verb = verb_of(request, target);
  out.group = target.resource->group;
  out.resource = target.resource->plural + (target.subresource.empty() ? "" : "/" + target.subresource);
  out.namespace_ = target.namespace_;
  return out;
}

ApiError access_denied(const Access& access, const std::string& name) {
  const auto plural = access.resource.substr(0, access.resource.find('/'));
  auto message = fmt::format("{}{}{} is forbidden: User \"{}\" cannot {} resource \"{}\" in API group \"{}\" ", plural,
                             access.group.empty() ? "" : "." + access.group, name.empty() ? "" : " \"" + name + "\"", access.plain ? "plain-user" : "sandbox",
                             access.verb, access.resource, access.group);
  message += access.namespace_.empty() ? "at the cluster scope" : fmt::format("in the namespace \"{}\"", access.namespace_);
  Json details = Json::object();
  if (!name.empty()) details["name"] = name;
  if (!access.group.empty()) details["group"] = access.group;
  details["kind"] = plural;
  return {403, "Forbidden", std::move(message), std::move(details)};
}

/// SelfSubjectAccessReview: asks, and keeps nothing.
ApiReply ApiCore::review_access(const ApiRequest& request, bool plain) const {
  Json review = Json::parse(request.body, nullptr, false);
  if (!review.is_object() || !review.contains("spec")) return {400, to_status(bad_request("the body is no SelfSubjectAccessReview")).dump() + "\n"};
  const Json& wanted = object_at(review, {"spec", "resourceAttributes"});
  Access access;
  access.plain = plain;
  access.verb = text_at(wanted, {"verb"});
  access.group = text_at(wanted, {"group"});
  access.resource = text_at(wanted, {"resource"});
  if (const auto part = text_at(wanted, {"subresource"}); !part.empty()) access.resource += "/" + part;
  access.namespace_ = text_at(wanted, {"namespace"});
  review["kind"] = "SelfSubjectAccessReview";
  review["apiVersion"] = "authorization.k8s.io/v1";
  review["metadata"] = Json::object();
  review["status"] = Json{{"allowed", is_allowed(access)}};
  return {201, review.dump() + "\n"};
}

}  // namespace driftwarden::sandbox::cluster
