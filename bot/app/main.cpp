#include "bot/app/commands.hpp"
#include "bot/app/run_command.hpp"
#include "bot/app/sandbox_command.hpp"
#include "bot/app/version.hpp"
#include "gitops/base/log.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <iostream>

namespace driftwarden {
namespace {

constexpr int kWrongUse = 2;

void add_run(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<RunArguments>();
  auto* command = app.add_subcommand("run", "the bot");
  command->add_option("--config", arguments->config, "the configuration file")->required();
  command->add_option("--log-format", arguments->log_format, "text, or json: an object per line (default: what the config says)")->check(CLI::IsMember({"text", "json"}));
  command->add_option("--shard", arguments->shard, "which of the config's shards this is (default: DRIFTWARDEN_SHARD)");
  command->callback([&action, arguments] { action = [arguments] { return run_bot(*arguments, std::cerr); }; });
}

void add_sandbox(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<SandboxArguments>();
  auto* command = app.add_subcommand("sandbox", "a Slack workspace, two clusters and a forge on loopback, and the bot against them");
  command->add_option("--port", arguments->port, "of the chat page; 0 = any free one")->capture_default_str();
  command->add_option("--data", arguments->data, "where everything is kept (default: a temporary directory, gone at exit)");
  command->add_flag("--no-bot", arguments->no_bot, "only the servers");
  command->add_flag("--json", arguments->json, "print one line with every address once all answers");
  command->callback([&action, arguments] { action = [arguments] { return run_sandbox(*arguments, std::cout, std::cerr); }; });
}

int run_main(int argc, char** argv) {
  CLI::App app{"Driftwarden: a ChatOps bot for GitOps"};
  app.require_subcommand(1);
  bool verbose = false;
  app.add_flag("-v,--verbose", verbose, "log more");
  Action action;
  add_run(app, action);
  add_sandbox(app, action);
  add_terminal_commands(app, action);
  add_operator_commands(app, action);
  add_setup_commands(app, action);
  app.add_subcommand("version", "what this is")->callback([&action] {
    action = [] {
      std::cout << "driftwarden " << kProgramVersion << '\n';
      return 0;
    };
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failed) {
    return app.exit(failed) == 0 ? 0 : kWrongUse;
  }
  if (verbose) set_log_level(LogLevel::Debug);
  return action();
}

}  // namespace
}  // namespace driftwarden

int main(int argc, char** argv) {
  // A peer that goes away is an error of the write, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return driftwarden::run_main(argc, argv);
  } catch (const std::exception& failure) {
    std::cerr << "driftwarden: " << failure.what() << '\n';
    return 2;
  }
}
