#pragma once
// `driftwarden audit list|verify|export|report`: the log of who did what. Only reads, also beside a running bot.
#include "gitops/base/clock.hpp"

#include <cstddef>
#include <iosfwd>
#include <string>

namespace driftwarden {

enum class AuditAction { List, Verify, Export, Report };

struct AuditArguments {
  AuditAction action = AuditAction::List;
  std::string db;
  std::string since;             ///< "30d" or an RFC 3339 time; "" = from the beginning
  std::string app;               ///< "" = all
  std::string format = "jsonl";  ///< of export: jsonl, csv or syslog
  std::string output = "text";   ///< of list, verify and report: text or json
  std::size_t limit = 100;       ///< of list
  std::string git;               ///< of verify: a local repository whose commit trailers and anchors must agree; "" = none
  std::string branch = "main";   ///< of `git`
  std::string until;             ///< as since
  std::string actor;
  std::string row_action;        ///< "change.approved", or all of "change."
  std::string about;             ///< a Change, a commit, a pull request, a message
  std::string archive;           ///< directory of the sealed archives; "" = "audit" beside the database
  std::string anchors = "driftwarden-audit";  ///< of `git`: the branch with the heads of each day
  bool alone = false;            ///< no other log is told of in `git`
};

/// Exit code: 0 fine, 1 when verify found a fault or the report a self-approval, 2 on an error with its reason on `err`.
int run_audit(const AuditArguments& arguments, Clock& clock, std::ostream& out, std::ostream& err);

}  // namespace driftwarden
