#pragma once
// `driftwarden backup` and `driftwarden restore`: a checked copy of the database, also beside a running bot, and the way back.
#include "bot/config/config.hpp"
#include "gitops/base/clock.hpp"

#include <iosfwd>
#include <string>

namespace driftwarden {

struct BackupArguments {
  std::string config;  ///< names the database, unless `db` does
  std::string db;
  std::string to;  ///< "" = beside the database, named by the time
};

struct RestoreArguments {
  std::string from;
  std::string config;
  std::string db;
};

/// Exit code: 0 done, 2 with the reason on `err`; then everything is as it was.
int run_backup(const BackupArguments& arguments, const Environment& environment, Clock& clock, std::ostream& out, std::ostream& err);
int run_restore(const RestoreArguments& arguments, const Environment& environment, Clock& clock, std::ostream& out, std::ostream& err);

}  // namespace driftwarden
