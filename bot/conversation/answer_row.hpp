#pragma once
// An answer that leaves a row in the audit log, for what has no step of its own: logs were read, a button was pressed.
#include "bot/conversation/handlers.hpp"

namespace driftwarden {

/// The same answer, whose deed writes the row as well: there are both or neither.
Answer with_row(Answer answer, AuditEntry entry);

}  // namespace driftwarden
