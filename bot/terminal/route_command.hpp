#pragma once
// `driftwarden route test`: where an App's alerts go, without a cluster, a chat or a secret.
#include "bot/config/config.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace driftwarden {

struct RouteTestArguments {
  std::string app;
  std::string config;
  std::string code_owners_file;           ///< CODEOWNERS of the App's repository, "" = none
  std::vector<std::string> code_owners;   ///< beside those
  std::string output = "text";            ///< text or json
};
/// Exit code: 0 printed, 2 wrong use or a file that can't be read.
int run_route_test(const RouteTestArguments& arguments, const Environment& environment, std::ostream& out, std::ostream& err);

}  // namespace driftwarden
