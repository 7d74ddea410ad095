#pragma once
// `driftwarden check`: is the config good? Touches nothing outside but the files and secrets that the config refers to.
#include "bot/config/config.hpp"
#include "gitops/render/tool.hpp"

#include <iosfwd>
#include <string>

namespace driftwarden {

struct CheckArguments {
  std::string config;
  std::string output = "text";  ///< text or json
  std::string from_git{};       ///< a checkout of what `config_from` names: its files are checked as those in Git
};

/// `tools`: which of those that Apps are rendered with are installed here; null = that isn't asked.
/// Exit code: 0 good (warnings included), 1 mistakes, each as `file:line:column: what, expected what`, 2 when the file can't be read.
int run_check(const CheckArguments& arguments, const Environment& environment, std::ostream& out, std::ostream& err, ToolRunner* tools = nullptr);

}  // namespace driftwarden
