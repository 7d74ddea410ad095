#pragma once
// What people's own pull requests raised, which they merged past us: a row of the audit log each, read again where rises are added up.
#include "gitops/model/audit.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace driftwarden {

struct MergedPull {
  std::string app{};
  std::string repository{};
  std::int64_t number = 0;
  std::string url{};
  std::string author{};    ///< login
  std::string head_sha{};  ///< that was priced
  std::int64_t rise_micros = 0;
  std::string currency{};
};
AuditEntry audit_of(const MergedPull& pull);

struct MergedRise {
  WallTime at{};
  std::int64_t micros = 0;
  bool operator==(const MergedRise&) const = default;
};
/// Of the App, newest first.
Result<std::vector<MergedRise>> merged_rises(storage::Transaction& tx, const std::string& app, WallTime since);

}  // namespace driftwarden
