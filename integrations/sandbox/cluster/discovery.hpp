#pragma once
#include "integrations/sandbox/cluster/resources.hpp"

#include <optional>
#include <string>

namespace driftwarden::sandbox::cluster {

/// /, /api, /apis, /apis/G, /apis/G/V, /api/v1, in the aggregated form when `accept` asks for it. Nothing for other paths.
struct Discovered {
  Json body;
  std::string content_type = "application/json";
};
std::optional<Discovered> discover(const Resources& resources, const std::string& path, const std::string& accept);
Json version_info();

}  // namespace driftwarden::sandbox::cluster
