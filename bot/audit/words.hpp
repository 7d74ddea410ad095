#pragma once
// Rows of the audit log as people read them. Pure, plain text.
#include "gitops/model/audit.hpp"

#include <string>

namespace driftwarden {

/// What was done, without who and when: "approved C-12 of checkout at 4f2c81a, by a one-time code".
std::string deed_words(const AuditEntry& entry);
/// What a waiver's row lets pass: "built-in/floating-tag of Deployment shop/web".
std::string waived_words(const AuditEntry& entry);
/// One line: number, time, who, what, and where it was said.
std::string row_words(const AuditRow& row);

}  // namespace driftwarden
