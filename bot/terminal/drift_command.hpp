#pragma once
// `driftwarden drift`: one pass over the Apps, for terminals and CI.
#include "bot/config/config.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace driftwarden {

struct DriftArguments {
  std::string config;
  std::vector<std::string> apps;  ///< none = all
  std::string output = "text";    ///< text or json
  std::string cache;              ///< directory for the clones; "" = a temporary one
  Duration patience{60'000};
};

/// Judges each App once, dry-runs included, and writes nothing anywhere: the database (if there is one) is only read, for what was last
/// in sync. 0 all Synced, 1 any OutOfSync, 2 an error or any Unknown.
int run_drift(const DriftArguments& arguments, const Environment& environment, std::ostream& out, std::ostream& err);

}  // namespace driftwarden
