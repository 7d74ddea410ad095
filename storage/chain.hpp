#pragma once
// What holds the audit log together. Internal to storage/.
#include "storage/session.hpp"
#include "storage/store.hpp"

#include <set>
#include <string>
#include <vector>

namespace driftwarden::storage {

inline constexpr std::size_t kMaxFaults = 20;

/// The last row of a part of the chain; of an empty one the zeros that the first row follows.
struct ChainEnd {
  std::int64_t seq = 0;
  std::string hash = std::string(64, '0');
};

/// What the last transaction wrote as the end.
ChainEnd read_head(Session& session);
/// Of what was sealed away.
ChainEnd sealed_end(Session& session);
std::vector<AuditSeal> read_seals(Session& session);
Result<AuditMark> read_mark(Session& session);

/// What is wrong with `row`, which follows `last`; "" when nothing is.
std::string fault_of(const AuditRow& row, const ChainEnd& last);
/// The chain from the last seal on, its end, its triggers and the seals themselves. Throws what SQLite does.
std::vector<AuditFault> verify_chain(Session& session);

/// The row that the log keeps of a seal.
AuditEntry entry_of(const AuditSeal& seal);
inline constexpr const char* kSealed = "audit.sealed";

}  // namespace driftwarden::storage
