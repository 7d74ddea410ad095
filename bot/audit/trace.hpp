#pragma once
// From any name that something has (Change, commit, pull request, message, incident) to all rows about it.
#include "storage/store.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace driftwarden {

struct Trace {
  std::vector<AuditRow> rows;          ///< oldest first
  std::vector<std::string> subjects;   ///< the Changes and incidents that they belong to: "C-12", "incident 7"
  bool more = false;                   ///< there are others
};

/// `key` as audit_key_from (bot/command/audit_key.hpp) spells it. What names one row of a Change names the Change: all its rows come.
Result<Trace> trace(storage::Transaction& tx, const std::string& key, std::size_t limit = 500);

}  // namespace driftwarden
