#pragma once
#include <iosfwd>
#include <string>

namespace driftwarden {

struct RunArguments {
  std::string config;
  std::string shard;  ///< "" = what the environment says
  std::string log_format;  ///< "text" or "json"; "" = what the config says
};

/// `driftwarden run`: the bot until a signal. 0 after a signal, 2 when it can't start or Slack refuses it for good.
int run_bot(const RunArguments& arguments, std::ostream& err);

}  // namespace driftwarden
