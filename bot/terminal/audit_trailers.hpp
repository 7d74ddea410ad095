#pragma once
// The other witness of the audit log: commits carry `Driftwarden-Audit: <seq>:<hash>:<instance>`, and a branch of its own holds the head of each day, so
// that a log that was rewritten, cut or replaced doesn't match Git any more.
#include "gitops/model/audit.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace driftwarden {

struct AuditTrailer {
  std::string commit;
  storage::AuditMark mark;
  bool operator==(const AuditTrailer&) const = default;
};

/// The trailers of one commit message, in its order. What isn't `<seq>:<hash>` has seq 0.
std::vector<AuditTrailer> audit_trailers(const std::string& commit, const std::string& message);

struct WitnessVerdict {
  std::vector<storage::AuditFault> faults;
  std::size_t compared = 0;
  std::map<std::string, std::size_t> others;  ///< of other logs, by instance: they prove nothing of this one
};
/// What names a row of the log `instance` that isn't in it like that. `hashes` by row, those in archives too. Where Git knows other logs only, this one took
/// the place of theirs, or Git is another's. `alone`: no other log is told of there, so any that is was replaced by this one.
WitnessVerdict compare_trailers(const std::vector<AuditTrailer>& trailers, const std::map<std::int64_t, std::string>& hashes, const std::string& instance, bool alone = false);

/// Every trailer of a branch of a local repository. Reads a copy of it in a directory that is gone afterwards.
Result<std::vector<AuditTrailer>> read_audit_trailers(const std::string& directory, const std::string& branch);
/// Every anchor that the branch ever held: what was taken out of its files still stands in its history. None where there is no such branch.
Result<std::vector<AuditTrailer>> read_audit_anchors(const std::string& directory, const std::string& branch);

}  // namespace driftwarden
