#include "bot/terminal/rbac_command.hpp"

#include "bot/reload/reload.hpp"
#include "bot/terminal/config_without_secrets.hpp"
#include "bot/terminal/git_pass.hpp"
#include "bot/terminal/local_files.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <ostream>

namespace driftwarden {
namespace {

constexpr const char* kName = "rbac";

/// Apps of the config, and of each namespace that was named one in every cluster, all made of these kinds.
std::vector<AppObjects> made_of(const Config& config, const std::vector<ObjectRef>& kinds, const std::vector<std::string>& namespaces) {
  std::vector<Manifest> manifests;
  for (const auto& kind : kinds) {
    Manifest manifest;
    manifest.ref = kind;
    manifests.push_back(std::move(manifest));
  }
  std::vector<AppObjects> all;
  for (const auto& app : config.apps) all.push_back({app, manifests});
  for (const auto& cluster : config.clusters) {
    for (const auto& name : namespaces) {
      App app;
      app.name = "namespace " + name;
      app.cluster = cluster.name;
      app.namespace_ = name;
      all.push_back({app, manifests});
    }
  }
  return all;
}

Result<std::vector<ObjectRef>> kinds_of(const RbacArguments& arguments, const Environment& environment) {
  if (arguments.usual_kinds) return usual_kinds();
  TRY(const auto text, environment.read_file(arguments.kinds));
  return parse_kinds(text, arguments.kinds);
}

Result<RbacFormat> format_of(const std::string& output) {
  if (output == "yaml") return RbacFormat::Yaml;
  if (output == "json") return RbacFormat::Json;
  if (output == "helm") return RbacFormat::Helm;
  return Error{ErrorKind::InvalidInput, "unknown output \"" + output + "\", expected yaml, json or helm"};
}

struct Known {
  std::vector<AppObjects> apps;
  std::vector<std::string> missing;
  std::string source;
};

Result<Known> apps_of(const RbacArguments& arguments, const Config& config, const Environment& environment) {
  if (arguments.kinds.empty() && !arguments.usual_kinds) {
    TRY(auto pass, look_at_git(config, {arguments.cache, arguments.patience}));
    return Known{std::move(pass.apps), std::move(pass.missing), fmt::format("{} rendered App{}", pass.apps.size(), pass.apps.size() == 1 ? "" : "s")};
  }
  TRY(const auto kinds, kinds_of(arguments, environment));
  return Known{made_of(config, kinds, arguments.namespaces), {}, arguments.usual_kinds ? "the usual kinds" : "the kinds in " + arguments.kinds};
}

Result<std::string> text_of(const RbacArguments& arguments, const Config& config, const Known& known) {
  TRY(const auto format, format_of(arguments.output));
  RightsOptions options;
  options.dry_runs = arguments.dry_runs;
  auto rights = needed_rights(config, known.apps, options);
  if (!arguments.cluster.empty()) {
    std::erase_if(rights, [&](const ClusterRights& one) { return one.cluster != arguments.cluster; });
    if (rights.empty()) return Error{ErrorKind::InvalidInput, fmt::format("the config has no cluster \"{}\"", without_control_characters(arguments.cluster))};
  }
  RbacText how;
  how.format = format;
  how.subject = arguments.subject;
  how.source = known.source;
  return rbac_text(rights, how);
}

std::optional<Config> config_of(const RbacArguments& arguments, const Environment& environment, std::ostream& err) {
  // Only Git asks for secrets.
  if (!arguments.kinds.empty() || arguments.usual_kinds) return load_config_without_secrets(kName, arguments.config, environment, err);
  auto loaded = load_config_with_last_good(arguments.config, environment);
  for (const auto& mistake : loaded.mistakes) err << to_string(mistake) << '\n';
  return std::move(loaded.config);
}

}  // namespace

int run_rbac(const RbacArguments& arguments, const Environment& environment, std::ostream& out, std::ostream& err) {
  const auto refuse = [&](const Error& why) {
    err << "driftwarden rbac: " << why.message << '\n';
    return 2;
  };
  if (!arguments.kinds.empty() && arguments.usual_kinds) return refuse({ErrorKind::InvalidInput, "--kinds and --usual-kinds are both given: one of them"});
  if (const auto format = format_of(arguments.output); !format) return refuse(format.error());
  const auto config = config_of(arguments, environment, err);
  if (!config) return 2;
  const auto known = apps_of(arguments, *config, environment);
  if (!known) return refuse(known.error());
  const auto text = text_of(arguments, *config, *known);
  if (!text) return refuse(text.error());
  out << *text;
  for (const auto& missing : known->missing) err << "driftwarden rbac: not in it: " << missing << '\n';
  return known->missing.empty() ? 0 : 1;
}

}  // namespace driftwarden
