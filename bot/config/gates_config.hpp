#pragma once
// `gates:` policy checks over what a Change or a pull request would make of an App: built in, and tools of the user's.
#include "gitops/base/clock.hpp"

#include <map>
#include <string>
#include <vector>

namespace driftwarden {

enum class GateEffect { Off, Warn, Block };
enum class GateTool { Command, Conftest, Kyverno, Kubeconform };
enum class GateOutput { Sarif, Json };

struct GateConfig {
  std::string name;
  GateTool tool = GateTool::Command;
  std::vector<std::string> command{};    ///< of Command: argv, in which {manifests}, {before}, {policies} are directories
  GateOutput output = GateOutput::Sarif; ///< of Command
  std::vector<std::string> arguments{};  ///< of the others: appended to the built-in ones
  std::string policies{};                ///< absolute path of a directory or a file; or, with `repository`, a path there
  std::string repository{};              ///< policies are read at the head of its branch, never from what is to be judged
  std::vector<std::string> owners{};     ///< who may waive: people, groups; empty = gates.owners
  std::vector<std::string> apps{};          ///< globs, empty = all
  std::vector<std::string> environments{};  ///< globs, empty = all
  GateEffect effect = GateEffect::Block;
  Duration timeout = std::chrono::seconds{60};
};

struct GatesConfig {
  /// By rule; a rule that isn't named has its default (bot/gates/built_in.hpp).
  std::map<std::string, GateEffect> built_in{};
  std::vector<std::string> owners{};  ///< who may waive what the built-in rules say; empty = nobody
  std::vector<GateConfig> tools{};
  Duration longest_waiver = std::chrono::hours{24 * 30};
};

}  // namespace driftwarden
