#pragma once
// Rows of the audit log for other programs. Pure.
#include "gitops/model/audit.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace driftwarden {

/// The whole row; `detail` stays the text that was hashed, so that an export can be checked by itself.
nlohmann::ordered_json to_json(const AuditRow& row);

/// One cell of a CSV file (RFC 4180). What a spreadsheet would take for a formula is kept a text.
std::string csv_cell(const std::string& text);
inline constexpr const char* kCsvHeader = "seq,at,actor,action,app,subject,detail,where,on,previous,hash";
std::string csv_line(const AuditRow& row);

/// One message of RFC 5424, without its frame: the row's fields as structured data, its words as text. `host` and `instance` say whose log it is.
std::string syslog_message(const AuditRow& row, const std::string& host, const std::string& instance);

}  // namespace driftwarden
