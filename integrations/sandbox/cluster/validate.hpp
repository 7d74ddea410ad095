#pragma once
#include "integrations/sandbox/cluster/resources.hpp"
#include "integrations/sandbox/cluster/status.hpp"

#include <vector>

namespace driftwarden::sandbox::cluster {

/// `old` is null on creation.
std::vector<Cause> validate(const Resource& resource, const Json& object, const Json* old);
bool is_dns_label(std::string_view text);
bool is_dns_subdomain(std::string_view text);

}  // namespace driftwarden::sandbox::cluster
