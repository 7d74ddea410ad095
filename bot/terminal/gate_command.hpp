#pragma once
// `driftwarden gate`: what the gates of the config say of a directory, or of an App as Git has it. For CI.
#include "bot/config/config.hpp"

#include <iosfwd>
#include <string>

namespace driftwarden {

struct GateArguments {
  std::string config;
  std::string target;           ///< a directory (or one file), else an App's name
  std::string app{};            ///< of a directory: the App that it is; "" = none that the config knows
  std::string base{};           ///< of a directory: what is in force, in a directory of its own; what stands there already is counted, not told
  std::string output = "text";  ///< text, json or sarif
  Duration timeout{60'000};     ///< of each run of kustomize or helm
};

/// Waivers are the bot's and unknown here. Exit code: 0 nothing blocks, 1 something does, 2 wrong use, an error, or a gate that could not judge.
int run_gate_command(const GateArguments& arguments, const Environment& environment, std::ostream& out, std::ostream& err);

}  // namespace driftwarden
