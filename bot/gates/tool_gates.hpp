#pragma once
// Gates as the config has them: the built-in rules, and the tools, one at a time. What was judged before with the same tool and policies isn't judged again.
#include "bot/gates/gates.hpp"
#include "bot/gates/policies.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace driftwarden {

/// gates::run_gate, or what stands in for it.
using RunGate = std::function<asio::awaitable<Result<std::vector<Finding>>>(gates::GateProgram program, gates::GateInput input)>;

struct GatesParts {
  asio::any_io_executor pool;
  Clock* clock = nullptr;
  const Config* config = nullptr;      ///< what it says may change while the bot runs
  const Redactor* redactor = nullptr;
  PolicySource* policies = nullptr;    ///< null: policies in Git can't be read, and their gates say so
  RunGate run{};                       ///< nothing = the tools themselves
  std::function<void(const GateResult& result, Duration took)> on_judged{};
};
/// All parts outlive it.
std::unique_ptr<Gates> create_gates(GatesParts parts);

/// How the tool of a gate is run.
gates::GateProgram program_of(const GateConfig& gate, const ToolsConfig& tools);
/// The gate judges this App at all.
bool concerns(const GateConfig& gate, const App& app);

}  // namespace driftwarden
