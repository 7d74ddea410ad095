#pragma once
#include "gitops/base/result.hpp"

#include <string>
#include <string_view>

namespace driftwarden::net {

/// Decodes gzip or zlib. InvalidInput when it is neither or cut short, Corrupt when it would grow beyond `max_bytes`.
Result<std::string> gunzip(std::string_view bytes, std::size_t max_bytes);

}  // namespace driftwarden::net
