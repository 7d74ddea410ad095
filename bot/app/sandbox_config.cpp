#include "bot/app/sandbox_config.hpp"

#include "integrations/sandbox/shop.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <filesystem>

namespace driftwarden {
namespace {

using nlohmann::json;

std::string clusters_yaml(const sandbox::SandboxInfo& info) {
  std::string out = "clusters:\n";
  for (const auto& cluster : info.clusters) {
    out += fmt::format("  - {{name: {}, environment: {}, kubeconfig: {}, apply: true}}\n", cluster.name, cluster.environment, json(cluster.kubeconfig).dump());
  }
  return out;
}

std::string apps_yaml() {
  std::string out = "apps:\n";
  for (const auto& app : sandbox::shop_apps()) {
    out += fmt::format("  - {{name: {}, repository: config, path: {}, cluster: {}, namespace: shop, channel: \"{}\", owners: [shop-team]{}}}\n", app.name, app.path, app.cluster,
                       app.environment == "production" ? "#shop-prod" : "#gitops", app.pinned ? ", track: pin" : "");
  }
  return out;
}

std::string people_yaml(const sandbox::SandboxInfo& info) {
  std::string out = "people:\n";
  for (const auto& user : info.users) out += fmt::format("  - {{name: {0}, slack: {1}, forge: {0}, emails: [{0}@acme.example]}}\n", user.name, user.id);
  return out;
}

}  // namespace

Result<std::string> write_sandbox_config(const sandbox::SandboxInfo& info, std::uint16_t http_port, const std::string& webhook_secret) {
  const auto secrets = info.data + "/secrets";
  std::filesystem::create_directories(secrets);
  CHECK_OK(sandbox::write_private_file(secrets + "/slack_app", info.app_token));
  CHECK_OK(sandbox::write_private_file(secrets + "/slack_bot", info.bot_token));
  CHECK_OK(sandbox::write_private_file(secrets + "/forge", info.forge_token));
  CHECK_OK(sandbox::write_private_file(secrets + "/webhook", webhook_secret));
  CHECK_OK(sandbox::write_private_file(secrets + "/model", info.model_key));
  const auto text = fmt::format(R"(# Written by `driftwarden sandbox`: what you would write for your own workspace, clusters and forge.
slack:
  app_token: {{file: secrets/slack_app}}
  bot_token: {{file: secrets/slack_bot}}
  api_url: {}
  admin_channel: "#driftwarden"
  default_channel: "#gitops"
storage:
  path: driftwarden.db
http:
  listen: 127.0.0.1:{}
  webhook_secret: {{file: secrets/webhook}}
{}repositories:
  - name: config
    url: {}
    branch: main
    poll: 5s
    credentials: {{username: warden, password: {{file: secrets/forge}}}}
    forge: {{kind: gitea, api_url: "{}", project: {}, token: {{file: secrets/forge}}}}
    merge: rebase
registries:
  - {{host: {}, api_url: "{}"}}
model: {{api_url: "{}", model: {}, key: {{file: secrets/model}}, per_person: 100}}
{}discover:
  - {{paths: "clusters/{{cluster}}/{{namespace}}/{{app}}", repository: config, channel: "#shop-prod", owners: [shop-team]}}
  - {{argocd: {{cluster: prod-eu}}, channel: "#shop-prod", owners: [shop-team]}}
  - {{flux: {{cluster: staging}}, owners: [shop-team]}}
config_from: {{repository: config, path: driftwarden}}
{}groups:
  - {{name: shop-team, members: [alice, bob, carol]}}
policy:
  rules:
    - {{who: [shop-team], may: ["*"], apps: ["*"]}}
  approvals:
    - {{environment: production, need: 1, from: [owners], expires: 4h}}
    - {{environment: staging, need: 0}}
    - {{verbs: [restart], need: 0}}
  destructive: {{need: 2, share: 30%, typed_name: true}}
  break_glass: {{who: [shop-team], longest: 1h}}
gates:
  owners: [shop-team]
cost:
  currency: EUR
  prices:
    - {{clusters: [prod-*], cpu: 24.00, memory: 3.20, storage: 0.12, storage_classes: {{fast: 0.25}}, load_balancer: 18.00, resources: {{nvidia.com/gpu: 900}}, nodes: 3}}
    - {{cpu: 12.00, memory: 1.60, storage: 0.08, load_balancer: 18.00, nodes: 1}}
  thresholds:
    - {{above: 100, environments: [production], need: 1, from: [carol]}}
alerts:
  hold_off: {{live-edited: 0s, git-ahead: 1s}}
)",
                                info.slack_api_url, http_port, clusters_yaml(info), info.git_url, info.forge_api_url, info.project, info.registry_host, info.registry_api_url, info.model_api_url, info.model_name, apps_yaml(), people_yaml(info));
  const auto path = info.data + "/driftwarden.yaml";
  CHECK_OK(sandbox::write_private_file(path, text));
  return path;
}

std::string sandbox_json(const sandbox::SandboxInfo& info, std::uint16_t http_port) {
  json users = json::array();
  for (const auto& user : info.users) users.push_back({{"id", user.id}, {"name", user.name}, {"token", user.token}});
  json clusters = json::array();
  for (const auto& cluster : info.clusters) clusters.push_back({{"name", cluster.name}, {"url", cluster.url}, {"kubeconfig", cluster.kubeconfig}});
  json line{{"chat_url", info.chat_url},
            {"slack", {{"api_url", info.slack_api_url}, {"app_token", info.app_token}, {"bot_token", info.bot_token}, {"users", users}}},
            {"clusters", clusters},
            {"forge", {{"api_url", info.forge_api_url}, {"token", info.forge_token}, {"git_url", info.git_url}}},
            {"registry", {{"host", info.registry_host}, {"api_url", info.registry_api_url}}},
            {"model", {{"api_url", info.model_api_url}, {"model", info.model_name}, {"key", info.model_key}}},
            {"data", info.data}};
  line["http"] = http_port == 0 ? json() : json(fmt::format("http://127.0.0.1:{}", http_port));
  return line.dump();
}

}  // namespace driftwarden
