#pragma once
// `driftwarden compare`: one object from files, or a folder of pairs at full speed. Formats: the command-line contract.
#include <iosfwd>
#include <string>

namespace driftwarden {

struct CompareArguments {
  std::string desired;      ///< FILE; an empty file is "not in Git"
  std::string live;         ///< FILE; `null` is "not in the cluster"
  std::string app;          ///< whose tracking annotation counts; "" any
  std::string last_synced;  ///< FILE, "" for none; an empty file is not given
  std::string dry_run;      ///< FILE, "" for none
  std::string openapi;      ///< DIR, "" for the built-in table
  std::string discovery;    ///< FILE, "" for none
  std::string rules;        ///< FILE, "" for none
  std::string pairs;        ///< DIR; then the files above but openapi must be ""
  int repeat = 1;
  int threads = 1;
  std::string output = "json";  ///< json or text
};

/// Exit code: 0 in sync, 1 drift (Unknown, Missing and Extra count as drift), 2 an error with its reason on `err`.
int run_compare(const CompareArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace driftwarden
