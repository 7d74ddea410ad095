#pragma once
// `driftwarden policy test` and `policy explain`: what the policy says, without a cluster, a chat or a secret.
#include "bot/config/config.hpp"

#include <iosfwd>
#include <string>

namespace driftwarden {

struct PolicyTestArguments {
  std::string file;
  std::string config;
  std::string output = "text";  ///< text or json
};
/// Exit code: 0 all cases hold, 1 one doesn't, 2 a file that can't be read. Secrets that aren't at hand (in CI) are no mistake here.
int run_policy_test(const PolicyTestArguments& arguments, const Environment& environment, const Clock& clock, std::ostream& out, std::ostream& err);

struct PolicyExplainArguments {
  std::string who;
  std::string verb;
  std::string app;
  std::string config;
  std::string at;  ///< RFC 3339; "" = now
  std::string output = "text";
};
/// Exit code: 0 explained, whatever the answer, 2 wrong use or a file that can't be read.
int run_policy_explain(const PolicyExplainArguments& arguments, const Environment& environment, const Clock& clock, std::ostream& out, std::ostream& err);

}  // namespace driftwarden
