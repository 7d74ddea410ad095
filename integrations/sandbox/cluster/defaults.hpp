#pragma once
// The defaults that the server's Go code fills in, and what its strategies derive.
#include "integrations/sandbox/cluster/json.hpp"
#include "integrations/sandbox/cluster/resources.hpp"

namespace driftwarden::sandbox::cluster {

/// Done to every object that comes in, before its fields are attributed to their writer.
void set_defaults(const Resource& resource, Json& object);
void set_pod_defaults(Json& pod_spec);
/// Only for Pods themselves, not for templates.
void set_pod_only_defaults(Json& pod);

}  // namespace driftwarden::sandbox::cluster
