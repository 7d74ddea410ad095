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

}  // namespace driftwarden::kubernetes
