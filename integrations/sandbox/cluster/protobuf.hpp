#pragma once
// Kubernetes' protobuf encoding of the built-in kinds, read only: some of kubectl's commands send it.
#include "integrations/sandbox/cluster/json.hpp"

#include <optional>
#include <string_view>

namespace driftwarden::sandbox::cluster {

inline constexpr const char* kProtobuf = "application/vnd.kubernetes.protobuf";

/// The object as JSON, with apiVersion and kind. Nothing when it is malformed or of a kind without a type.
std::optional<Json> decode_protobuf(std::string_view body);

}  // namespace driftwarden::sandbox::cluster
