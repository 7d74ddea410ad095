#pragma once
#include "gitops/base/clock.hpp"
#include "gitops/model/app.hpp"

#include <cstdint>
#include <string>

namespace driftwarden {

/// One row of the hash chain, before it has its place in it.
struct AuditEntry {
  PersonId actor;       ///< a person, or "driftwarden" for its own acts
  std::string action;   ///< "change.requested", "change.approved", "command.refused", "incident.opened", ...
  std::string app;      ///< "" where no App is concerned
  std::string subject;  ///< "C-12", "incident 7", ...
  std::string detail;   ///< JSON text: digests, shas, approvals, identities, the rule that refused; never a secret
  std::string where{};  ///< the message by which it was said, or that tells it: "C123/1700000000.000100"; "" = none
  std::string on{};     ///< what it was done to, exactly: the commit or the digest of the content; "" = none
  bool operator==(const AuditEntry&) const = default;
};

/// A row as stored. `hash` = SHA-256 over `previous` and every other field, so that an edited, dropped or reordered row shows.
struct AuditRow {
  std::int64_t seq = 0;
  WallTime at{};
  AuditEntry entry{};
  std::string previous;
  std::string hash;
  bool operator==(const AuditRow&) const = default;
};

}  // namespace driftwarden
