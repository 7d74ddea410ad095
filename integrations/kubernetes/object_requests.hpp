#pragma once
// Requests about one object, built and read without I/O. Pure.
#include "integrations/kubernetes/cluster.hpp"
#include "integrations/kubernetes/discovery.hpp"

namespace driftwarden::kubernetes {

/// `object` as it is sent: without managedFields, and without a namespace where the kind has none.
ApiRequest make_apply(const ApiResource& resource, const nlohmann::json& object, const ApplyOptions& options, const std::string& default_namespace);
ApiRequest make_json_patch(const ApiResource& resource, const ObjectRef& ref, const nlohmann::json& json_patch, const std::string& field_manager);
ApiRequest make_delete(const ApiResource& resource, const ObjectRef& ref);
/// May we `verb` this resource there? `namespace_` "" = everywhere.
ApiRequest make_access_review(const std::string& verb, const ApiResource& resource, const std::string& namespace_);
Result<bool> read_access_review(const std::string& step, const net::HttpResponse& response);
/// Refusals of a dry-run (400, 409, 422, a merge that failed) are outcomes; all else that isn't 2xx is an error.
Result<ApplyOutcome> read_apply(const std::string& step, const net::HttpResponse& response, const ApplyOptions& options, bool secret);

/// " in namespace shop", or " in all namespaces".
std::string place_of(const std::string& namespace_);
ApiRequest make_list(const ApiResource& resource, const ListQuery& query);
/// The items, each with its kind and apiVersion, which a list's own items lack.
Result<JsonPtr> read_list(const std::string& step, const net::HttpResponse& response, const ListQuery& query, const std::string& plural);
ApiRequest make_log_request(const LogQuery& query);
/// Conflict: the container isn't there to be asked yet, NotFound: there is no such pod, container or earlier run. In the server's words.
Result<std::string> read_log(const std::string& step, net::HttpResponse response, const LogQuery& query);

}  // namespace driftwarden::kubernetes
