#include "bot/app/commands.hpp"
#include "bot/setup/slack_manifest.hpp"
#include "bot/terminal/init_command.hpp"
#include "bot/terminal/rbac_command.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace driftwarden {
namespace {

void add_init(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<InitArguments>();
  auto* command = app.add_subcommand("init", "writes a first configuration file by asking, or from what Argo CD or Flux deploys");
  command->add_option("--out", arguments->out, "the file to write; one that is there is never touched")->capture_default_str();
  command->add_option_function<std::string>("--from-cluster", [arguments](const std::string& context) { arguments->from_cluster = context; },
                                            "a context of the kubeconfig (\"\" = the current one): its Applications, Kustomizations and GitRepositories tell the rest");
  command->add_option("--kubeconfig", arguments->kubeconfig, "default: $KUBECONFIG, then ~/.kube/config");
  command->add_flag("--yes", arguments->yes, "take the usual answers, and ask nothing");
  command->footer("Exit code: 0 written and good, 1 written with mistakes, 2 nothing was written. No secret is written, credentials in URLs are left out.");
  command->callback([&action, arguments] {
    action = [arguments] {
      const auto environment = create_system_environment();
      return run_init(*arguments, *environment, create_system_look(), {std::cin, std::cout, std::cerr});
    };
  });
}

void add_rbac(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<RbacArguments>();
  auto* command = app.add_subcommand("rbac", "the rights that a configuration needs in its clusters, as manifests: no more, no less");
  command->add_option("--config", arguments->config, "the configuration file")->required();
  command->add_option("--cluster", arguments->cluster, "only this one of its clusters");
  command->add_option("-o,--output", arguments->output, "yaml, json, or helm: values of the chart")->check(CLI::IsMember({"yaml", "json", "helm"}));
  command->add_option("--namespace", arguments->subject.namespace_, "of the ServiceAccount")->capture_default_str();
  command->add_option("--service-account", arguments->subject.service_account, "its name")->capture_default_str();
  command->add_option("--kinds", arguments->kinds, "a file with a kind per line (\"apps/v1 Deployment\") or with manifests: Git is not read");
  command->add_flag("--usual-kinds", arguments->usual_kinds, "the kinds that Apps are usually made of: Git is not read");
  command->add_option("--in", arguments->namespaces, "with one of these two: a namespace of Apps that the config doesn't list")->allow_extra_args(false);
  command->add_flag("--dry-runs", arguments->dry_runs, "allow dry-runs on clusters without `apply: true`, too; that takes the right to patch");
  command->add_option("--cache", arguments->cache, "directory that keeps the clones for the next time");
  command->footer("Exit code: 0 printed, 1 printed without Apps that couldn't be rendered, 2 an error. Nothing is written anywhere.");
  command->callback([&action, arguments] {
    action = [arguments] {
      const auto environment = create_system_environment();
      return run_rbac(*arguments, *environment, std::cout, std::cerr);
    };
  });
}

void add_slack_manifest(CLI::App& app, Action& action) {
  auto name = std::make_shared<std::string>("Driftwarden");
  auto* command = app.add_subcommand("slack-manifest", "what Slack makes the app from, with exactly the scopes that the bot uses");
  command->add_option("--name", *name, "of the app; its handle and its slash command follow")->capture_default_str();
  command->callback([&action, name] {
    action = [name] {
      const auto text = slack_manifest(*name);
      if (!text) {
        std::cerr << "driftwarden slack-manifest: " << text.error().message << '\n';
        return 2;
      }
      std::cout << *text;
      return 0;
    };
  });
}

}  // namespace

void add_setup_commands(CLI::App& app, Action& action) {
  add_init(app, action);
  add_rbac(app, action);
  add_slack_manifest(app, action);
}

}  // namespace driftwarden
