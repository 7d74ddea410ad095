#pragma once
// The tables and how they came to be. Internal to storage/.
#include "gitops/base/result.hpp"
#include "storage/session.hpp"

#include <cstdint>
#include <span>

namespace driftwarden::storage {

/// "DWRD": marks the file as ours.
inline constexpr std::int64_t kApplicationId = 0x44575244;

/// migrations()[n] leads from version n to n + 1 and is never changed once released.
std::span<const char* const> migrations();

/// 0 for an empty file. InvalidInput for another program's file and for a newer version.
Result<std::size_t> version_of(Session& session, std::span<const char* const> steps);

/// Brings the file to the last version, one transaction per step. Errors as in version_of.
Result<void> migrate(Session& session, std::span<const char* const> steps);

}  // namespace driftwarden::storage
