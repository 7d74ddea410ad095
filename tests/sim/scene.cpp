#include "tests/sim/scene.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::sim {

const std::vector<Player>& players() {
  static const std::vector<Player> all{
      {"alice", "U0ALICE", "alice@example.org", true}, {"bob", "U0BOB", "bob@example.org", true},   {"carol", "U0CAROL", "carol@example.org", true},
      {"dave", "U0DAVE", "dave@example.org", false},   {"", "U0STRANGER", "stranger@example.org", false},
  };
  return all;
}

const Player* player_by_slack(const std::string& slack) {
  const auto found = std::ranges::find(players(), slack, &Player::slack);
  return found == players().end() ? nullptr : &*found;
}

std::vector<std::string> approvers() {
  std::vector<std::string> names;
  for (const auto& player : players()) {
    if (player.may_act) names.push_back(player.name);
  }
  return names;
}

std::vector<std::string> money_people() { return {"carol", "dave"}; }

std::vector<std::string> gate_people() { return {"bob", "dave"}; }

const std::vector<SceneApp>& scene_apps() {
  static const std::vector<SceneApp> all{{"checkout", "config", true}, {"cart", "config", false}, {"search", "tools", false}};
  return all;
}

const SceneApp* scene_app(const std::string& name) {
  const auto found = std::ranges::find(scene_apps(), name, &SceneApp::name);
  return found == scene_apps().end() ? nullptr : &*found;
}

std::string manifest_path(const std::string& app) { return "apps/" + app; }

std::string deployment_text(const std::string& app, int replicas, const std::string& tag) {
  return fmt::format(
      "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {0}\n  namespace: shop\nspec:\n  replicas: {1}\n  selector:\n    matchLabels:\n      app: {0}\n"
      "  template:\n    metadata:\n      labels:\n        app: {0}\n    spec:\n      containers:\n        - name: app\n          image: shop/{0}:{2}\n"
      "          resources:\n            requests:\n              cpu: 500m\n              memory: 128Mi\n            limits:\n              memory: 128Mi\n",
      app, replicas, tag);
}

std::string config_map_text(const std::string& app, const std::string& mode) {
  return fmt::format("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {0}\n  namespace: shop\ndata:\n  mode: {1}\n", app, mode);
}

std::map<std::string, std::string> first_files(const std::string& repository) {
  std::map<std::string, std::string> files;
  for (const auto& app : scene_apps()) {
    if (app.repository != repository) continue;
    files[manifest_path(app.name) + "/deployment.yaml"] = deployment_text(app.name, 2, "1.0");
    if (app.has_config_map) files[manifest_path(app.name) + "/config.yaml"] = config_map_text(app.name, "calm");
  }
  return files;
}

namespace {

void add_words_and_money(const Rules& rules, Config& config) {
  constexpr std::int64_t kMicros = 1'000'000;
  if (rules.model) {
    ModelConfig model;
    model.api_url = "http://127.0.0.1:1/v1";
    model.name = "sim-1";
    config.model = model;
  }
  if (rules.gates) config.gates.owners = gate_people();
  if (!rules.cost) return;
  PriceTable prices;
  prices.cpu = kCpuPrice * kMicros;
  config.cost.prices.push_back(prices);
  CostThreshold threshold;
  threshold.above = kDearRise * kMicros;
  threshold.from = money_people();
  config.cost.thresholds.push_back(threshold);
}

}  // namespace

Config scene_config(const Rules& rules, const Mutant* mutant) {
  const auto is = [&](MutantKind kind) { return mutant != nullptr && mutant->kind == kind; };
  Config config;
  config.slack.admin_channel = "#admins";
  for (const auto* name : {"config", "tools"}) {
    RepositoryConfig repository;
    repository.name = name;
    repository.url = fmt::format("ssh://git.sim.example/acme/{}.git", name);
    if (repository.name == "config") repository.forge.kind = ForgeKind::Gitea;
    config.repositories.push_back(repository);
  }
  ClusterConfig prod;
  prod.name = "prod-eu";
  prod.environment = "prod";
  prod.apply = true;
  config.clusters.push_back(prod);
  for (const auto& each : scene_apps()) {
    App app;
    app.name = each.name;
    app.repository = each.repository;
    app.path = manifest_path(each.name);
    app.render = RenderKind::Plain;
    app.cluster = "prod-eu";
    app.namespace_ = "shop";
    app.environment = "prod";
    app.channel = "#shop-prod";
    config.apps.push_back(app);
  }
  for (const auto& player : players()) {
    if (player.name.empty()) continue;
    Person person;
    person.name = player.name;
    person.slack = player.slack;
    person.forge = player.name;
    person.emails = {player.email};
    config.people.push_back(person);
  }
  config.policy.given = true;
  const std::vector<std::string> everybody{"*"};
  config.policy.rules.push_back({is(MutantKind::EverybodyMay) ? everybody : approvers(), {"*"}, {}});
  ApprovalRule rule;
  rule.need = rules.need;
  rule.from = is(MutantKind::ApprovesAnybody) ? everybody : approvers();
  config.policy.approvals.push_back(rule);
  config.policy.rate_limit.changes = 0;
  config.alerts.flapping = rules.flapping;
  config.alerts.hold_off[Cause::GitAhead] = Duration{20'000};
  if (!rules.storms) config.alerts.storm = 100;
  config.alerts.digest.reset();
  add_words_and_money(rules, config);
  return config;
}

}  // namespace driftwarden::sim
