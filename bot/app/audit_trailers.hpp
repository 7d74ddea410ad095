#pragma once
// The other witness of the audit log: commits carry `Driftwarden-Audit: <seq>:<hash>`, so a rewritten log doesn't match Git any more.
#include "gitops/model/audit.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace driftwarden {

struct AuditTrailer {
  std::string commit;
  std::int64_t seq = 0;
  std::string hash;
  bool operator==(const AuditTrailer&) const = default;
};

/// The trailers of one commit message, in its order. What isn't `<seq>:<hash>` has seq 0.
std::vector<AuditTrailer> audit_trailers(const std::string& commit, const std::string& message);
/// Trailers that name a row which isn't in the log like that. `rows` may be in any order.
std::vector<storage::AuditFault> compare_trailers(const std::vector<AuditTrailer>& trailers, const std::vector<AuditRow>& rows);
/// Every trailer of a branch of a local repository. Reads a copy of it in a directory that is gone afterwards.
Result<std::vector<AuditTrailer>> read_audit_trailers(const std::string& directory, const std::string& branch);

}  // namespace driftwarden
