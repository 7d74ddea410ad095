#pragma once
// `driftwarden audit list|verify|export`: the log of who did what. Only reads, also beside a running bot.
#include "gitops/base/clock.hpp"

#include <cstddef>
#include <iosfwd>
#include <string>

namespace driftwarden {

enum class AuditAction { List, Verify, Export };

struct AuditArguments {
  AuditAction action = AuditAction::List;
  std::string db;
  std::string since;             ///< "30d" or an RFC 3339 time; "" = from the beginning
  std::string app;               ///< "" = all
  std::string format = "jsonl";  ///< of export: jsonl or csv
  std::string output = "text";   ///< of list and verify: text or json
  std::size_t limit = 100;       ///< of list
  std::string git;               ///< of verify: a local repository whose commit trailers must agree; "" = none
  std::string branch = "main";   ///< of `git`
};

/// Exit code: 0 fine, 1 when verify found a fault, 2 on an error with its reason on `err`.
int run_audit(const AuditArguments& arguments, Clock& clock, std::ostream& out, std::ostream& err);

/// One cell of a CSV file (RFC 4180). What a spreadsheet would take for a formula is kept a text.
std::string csv_cell(const std::string& text);

}  // namespace driftwarden
