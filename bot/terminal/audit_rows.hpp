#pragma once
// The rows that a terminal command asks for: of the database, and of the archives that older ones went to.
#include "bot/terminal/audit_command.hpp"
#include "storage/store.hpp"

#include <functional>
#include <string>
#include <vector>

namespace driftwarden {

/// InvalidInput names the option that can't be read.
Result<storage::AuditQuery> audit_query(const AuditArguments& arguments, const Clock& clock);
/// What `about` stands for, in the spelling of the rows.
std::string audit_key_of(const std::string& about);
bool matches(const storage::AuditQuery& query, const AuditRow& row);

Result<std::vector<AuditRow>> read_rows(storage::Store& store, const storage::AuditQuery& query);
/// All that match, oldest first, archives included where they are there; a part at a time, whatever `limit` says.
Result<void> for_each_row(storage::Store& store, const std::string& archive, storage::AuditQuery query, const std::function<void(const AuditRow&)>& each);
std::string archive_directory(const AuditArguments& arguments);

}  // namespace driftwarden
