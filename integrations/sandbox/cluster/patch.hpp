#pragma once
// The three patch formats besides apply.
#include "integrations/sandbox/cluster/schema.hpp"
#include "integrations/sandbox/cluster/status.hpp"

namespace driftwarden::sandbox::cluster {

/// RFC 6902. 422 when an operation can't be done.
Outcome<Json> json_patch(Json value, const Json& patch);
/// RFC 7386.
Json merge_patch(Json value, const Json& patch);
/// Lists with a merge key are merged by it; $patch, $setElementOrder/..., $deleteFromPrimitiveList/... and $retainKeys are obeyed.
Outcome<Json> strategic_merge_patch(const TypeRef& type, Json value, const Json& patch);

}  // namespace driftwarden::sandbox::cluster
