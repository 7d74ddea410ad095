#pragma once
// The subcommands of the binary: each registers its options and what it then does.
#include <functional>

namespace CLI {
class App;
}

namespace driftwarden {

/// What the chosen subcommand does; its return value is the exit code.
using Action = std::function<int()>;

/// check, drift, render, compare, gate, policy, route: for terminals and CI, nothing is written anywhere.
void add_terminal_commands(CLI::App& app, Action& action);
/// audit and what else an operator needs beside the running bot.
void add_operator_commands(CLI::App& app, Action& action);
/// init, rbac, slack-manifest: what is needed before the first start.
void add_setup_commands(CLI::App& app, Action& action);

}  // namespace driftwarden
