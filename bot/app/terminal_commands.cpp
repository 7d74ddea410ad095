#include "bot/app/commands.hpp"
#include "bot/terminal/check_command.hpp"
#include "bot/terminal/compare_command.hpp"
#include "bot/terminal/drift_command.hpp"
#include "bot/terminal/gate_command.hpp"
#include "bot/terminal/policy_command.hpp"
#include "bot/terminal/render_command.hpp"
#include "bot/terminal/route_command.hpp"
#include "gitops/base/text.hpp"
#include "integrations/render/tool_runner.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>

namespace driftwarden {
namespace {

void add_check(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<CheckArguments>();
  auto* command = app.add_subcommand("check", "validates a configuration file; every mistake with its place");
  command->add_option("--config", arguments->config, "the configuration file")->required();
  command->add_option("--from-git", arguments->from_git, "a checkout of the directory that config_from names: its *.yaml are checked as those in Git");
  command->add_option("-o,--output", arguments->output, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->callback([&action, arguments] {
    action = [arguments] {
      const auto environment = create_system_environment();
      return run_check(*arguments, *environment, std::cout, std::cerr, create_tool_runner().get());
    };
  });
}

void add_drift(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<DriftArguments>();
  auto* command = app.add_subcommand("drift", "one pass over the Apps: what differs from Git now");
  command->add_option("--config", arguments->config, "the configuration file; its slack section is not needed")->required();
  command->add_option("app", arguments->apps, "only these Apps");
  command->add_option("--cache", arguments->cache, "directory that keeps the clones for the next pass (default: a temporary one)");
  command->add_option("-o,--output", arguments->output, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->footer("Exit code: 0 all Synced, 1 any OutOfSync, 2 an error or any App Unknown. Nothing is written, in no cluster, repository or database.");
  command->callback([&action, arguments] {
    action = [arguments] {
      const auto environment = create_system_environment();
      return run_drift(*arguments, *environment, std::cout, std::cerr);
    };
  });
}

void add_render(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<RenderArguments>();
  auto* command = app.add_subcommand("render", "the objects of a directory, in apply order");
  command->add_option("path", arguments->path, "a directory or a file")->required();
  static const std::map<std::string, RenderKind> kKinds{{"auto", RenderKind::Auto}, {"plain", RenderKind::Plain}, {"kustomize", RenderKind::Kustomize}, {"helm", RenderKind::Helm}};
  command->add_option("--kind", arguments->kind, "auto, plain, kustomize or helm")->transform(CLI::CheckedTransformer(kKinds));
  command->add_option("--namespace", arguments->namespace_, "for objects that name none");
  command->add_option("--release", arguments->helm.release, "of a chart: the release's name (default: the directory's)");
  command->add_option("--values", arguments->helm.values, "of a chart: values files, relative to it")->allow_extra_args(false);
  const auto set = [arguments](const std::vector<std::string>& given) {
    for (const auto& one : given) {
      const auto equals = std::min(one.find('='), one.size());
      arguments->helm.set[one.substr(0, equals)] = one.substr(std::min(equals + 1, one.size()));
    }
  };
  command->add_option_function<std::vector<std::string>>("--set", set, "of a chart: NAME=VALUE")->allow_extra_args(false);
  const auto set_timeout = [arguments](const std::string& given) {
    const auto timeout = parse_duration(given);
    if (!timeout) throw CLI::ValidationError("--timeout", timeout.error().message);
    arguments->timeout = *timeout;
  };
  command->add_option_function<std::string>("--timeout", set_timeout, "of each run of kustomize or helm: a duration such as 10s (default: 1m)");
  command->add_option("-o,--output", arguments->output, "json or yaml")->check(CLI::IsMember({"json", "yaml"}));
  command->callback([&action, arguments] { action = [arguments] { return run_render(*arguments, std::cout, std::cerr); }; });
}

void add_gate(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<GateArguments>();
  auto* command = app.add_subcommand("gate", "what the gates of the config say of a directory, or of an App as Git has it");
  command->add_option("target", arguments->target, "a directory, or an App's name")->required();
  command->add_option("--config", arguments->config, "the configuration file; its slack section is not needed")->required();
  command->add_option("--app", arguments->app, "of a directory: the App that it is, for how it is rendered and which gates judge it");
  command->add_option("--base", arguments->base, "of a directory: the same as it is in force; what gates find there, too, is only counted");
  command->add_option("-o,--output", arguments->output, "text, json or sarif")->check(CLI::IsMember({"text", "json", "sarif"}));
  command->add_flag_callback("--json", [arguments] { arguments->output = "json"; }, "the same as --output json");
  command->add_flag_callback("--sarif", [arguments] { arguments->output = "sarif"; }, "the same as --output sarif");
  command->footer("Exit code: 0 nothing blocks, 1 something does, 2 wrong use, an error, or a gate that could not judge. Waivers are the bot's: here they let nothing pass.");
  command->callback([&action, arguments] {
    action = [arguments] {
      const auto environment = create_system_environment();
      return run_gate_command(*arguments, *environment, std::cout, std::cerr);
    };
  });
}

void add_compare(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<CompareArguments>();
  auto* command = app.add_subcommand("compare", "one desired object against its live one, or a folder of pairs");
  command->add_option("--desired", arguments->desired, "file; empty = not in Git");
  command->add_option("--live", arguments->live, "file; null = not in the cluster");
  command->add_option("--app", arguments->app, "whose tracking annotation counts");
  command->add_option("--last-synced", arguments->last_synced, "file: Desired as it was last in force");
  command->add_option("--dry-run", arguments->dry_run, "file: the server's answer to the apply dry-run");
  command->add_option("--openapi", arguments->openapi, "directory of OpenAPI v3 documents");
  command->add_option("--discovery", arguments->discovery, "file: scopes and subresources");
  command->add_option("--rules", arguments->rules, "file: ignore rules");
  command->add_option("--pairs", arguments->pairs, "directory of NNNNNN.desired.json and NNNNNN.live.json");
  command->add_option("--repeat", arguments->repeat, "rounds over the pairs")->check(CLI::PositiveNumber);
  command->add_option("--threads", arguments->threads, "for the pairs")->check(CLI::PositiveNumber);
  command->add_option("-o,--output", arguments->output, "json or text")->check(CLI::IsMember({"text", "json"}));
  command->callback([&action, arguments] { action = [arguments] { return run_compare(*arguments, std::cout, std::cerr); }; });
}

void add_policy_test(CLI::App& policy, Action& action) {
  auto arguments = std::make_shared<PolicyTestArguments>();
  auto* command = policy.add_subcommand("test", "a team's own cases about its policy");
  command->add_option("file", arguments->file, "the cases")->required();
  command->add_option("--config", arguments->config, "the configuration file; its secrets needn't be at hand")->required();
  command->add_option("-o,--output", arguments->output, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->footer("Exit code: 0 every case holds, 1 one doesn't, 2 wrong use or an error.");
  command->callback([&action, arguments] {
    action = [arguments] {
      SystemClock clock;
      const auto environment = create_system_environment();
      return run_policy_test(*arguments, *environment, clock, std::cout, std::cerr);
    };
  });
}

void add_policy_explain(CLI::App& policy, Action& action) {
  auto arguments = std::make_shared<PolicyExplainArguments>();
  auto* command = policy.add_subcommand("explain", "who may do what, which rule says so, and who must agree");
  command->add_option("who", arguments->who, "a person")->required();
  command->add_option("verb", arguments->verb, "sync, rollback, ...")->required();
  command->add_option("app", arguments->app, "an App")->required();
  command->add_option("--config", arguments->config, "the configuration file; its secrets needn't be at hand")->required();
  command->add_option("--at", arguments->at, "a time such as 2026-11-21T22:00:00Z (default: now)");
  command->add_option("-o,--output", arguments->output, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->callback([&action, arguments] {
    action = [arguments] {
      SystemClock clock;
      const auto environment = create_system_environment();
      return run_policy_explain(*arguments, *environment, clock, std::cout, std::cerr);
    };
  });
}

void add_policy(CLI::App& app, Action& action) {
  auto* policy = app.add_subcommand("policy", "tries the policy out");
  policy->require_subcommand(1);
  add_policy_test(*policy, action);
  add_policy_explain(*policy, action);
}

void add_route(CLI::App& app, Action& action) {
  auto* route = app.add_subcommand("route", "tries the routing of alerts out");
  route->require_subcommand(1);
  auto arguments = std::make_shared<RouteTestArguments>();
  auto* command = route->add_subcommand("test", "where an App's alerts go, and by which routes");
  command->add_option("app", arguments->app, "an App of the configuration file")->required();
  command->add_option("--config", arguments->config, "the configuration file; its secrets needn't be at hand")->required();
  command->add_option("--codeowners", arguments->code_owners_file, "the CODEOWNERS file of the App's repository");
  command->add_option("--code-owner", arguments->code_owners, "an owner of the App's path as CODEOWNERS writes it, such as @acme/shop");
  command->add_option("-o,--output", arguments->output, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->footer("Exit code: 0 printed, 2 wrong use or a file that can't be read.");
  command->callback([&action, arguments] {
    action = [arguments] {
      const auto environment = create_system_environment();
      return run_route_test(*arguments, *environment, std::cout, std::cerr);
    };
  });
}

}  // namespace

void add_terminal_commands(CLI::App& app, Action& action) {
  add_check(app, action);
  add_drift(app, action);
  add_render(app, action);
  add_compare(app, action);
  add_gate(app, action);
  add_policy(app, action);
  add_route(app, action);
}

}  // namespace driftwarden
