#pragma once
#include "integrations/sandbox/cluster/resources.hpp"

#include <optional>
#include <string>

namespace driftwarden::sandbox::cluster {

/// /openapi/v3 and its documents, made from the type tables. Nothing for other paths.
std::optional<Json> openapi_document(const Resources& resources, const std::string& path);

}  // namespace driftwarden::sandbox::cluster
