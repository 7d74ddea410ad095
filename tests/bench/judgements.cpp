// How fast prices and the built-in gates are, without a bot around them: one JSON line per figure, for tests/bench/run. Decides nothing.
#include "bot/cost/cost.hpp"
#include "bot/gates/built_in.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <vector>

namespace {

using namespace driftwarden;
using nlohmann::json;

constexpr int kApps = 2'000;
constexpr int kObjects = 200;
constexpr int kRounds = 20;

Manifest manifest_of(json body) {
  Manifest one;
  one.ref = ref_of(body);
  one.body = std::make_shared<const json>(std::move(body));
  return one;
}

json named(const char* version, const char* kind, const std::string& name) {
  return {{"apiVersion", version}, {"kind", kind}, {"metadata", {{"name", name}, {"namespace", "shop"}, {"labels", {{"app", name}}}}}};
}

json container(const std::string& name, const std::string& tag) {
  return {{"name", name},
          {"image", fmt::format("registry.example.com/shop/{}:{}", name, tag)},
          {"env", json::array({{{"name", "LOG_LEVEL"}, {"value", "info"}}, {{"name", "DB_HOST"}, {"value", "db.shop.svc"}}})},
          {"resources", {{"requests", {{"cpu", "250m"}, {"memory", "512Mi"}}}, {"limits", {{"memory", "1Gi"}}}}}};
}

/// Deployment, Service, ConfigMap, autoscaler, PodDisruptionBudget; `tag` is of all images.
std::vector<Manifest> five_objects(const std::string& name, const std::string& tag) {
  std::vector<Manifest> all;
  auto deployment = named("apps/v1", "Deployment", name);
  deployment["spec"] = {{"replicas", 3}, {"template", {{"metadata", {{"labels", {{"app", name}}}}}, {"spec", {{"containers", {container("main", tag), container("proxy", tag)}}}}}}};
  all.push_back(manifest_of(std::move(deployment)));
  auto service = named("v1", "Service", name);
  service["spec"] = {{"type", "ClusterIP"}, {"selector", {{"app", name}}}};
  all.push_back(manifest_of(std::move(service)));
  auto settings = named("v1", "ConfigMap", name);
  for (int i = 0; i < 20; ++i) settings["data"][fmt::format("KEY_{}", i)] = fmt::format("value {} of {}", i, name);
  all.push_back(manifest_of(std::move(settings)));
  auto scaler = named("autoscaling/v2", "HorizontalPodAutoscaler", name);
  scaler["spec"] = {{"scaleTargetRef", {{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"name", name}}}, {"minReplicas", 3}, {"maxReplicas", 9}};
  all.push_back(manifest_of(std::move(scaler)));
  auto budget = named("policy/v1", "PodDisruptionBudget", name);
  budget["spec"] = {{"minAvailable", 2}, {"selector", {{"matchLabels", {{"app", name}}}}}};
  all.push_back(manifest_of(std::move(budget)));
  return all;
}

std::vector<Manifest> large_app(const std::string& tag) {
  std::vector<Manifest> all;
  for (int i = 0; static_cast<int>(all.size()) < kObjects; ++i) {
    for (auto& one : five_objects(fmt::format("part-{}", i), tag)) all.push_back(std::move(one));
  }
  return all;
}

PriceTable prices() {
  PriceTable table;
  table.cpu = 21'900'000;
  table.memory = 2'950'000;
  table.storage = 100'000;
  table.load_balancer = 18'000'000;
  return table;
}

/// The median of some rounds, in ms.
double median_ms(const std::function<void()>& work) {
  std::vector<double> took;
  for (int round = 0; round < kRounds; ++round) {
    const auto began = std::chrono::steady_clock::now();
    work();
    took.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());
  }
  std::ranges::nth_element(took, took.begin() + kRounds / 2);
  return took[kRounds / 2];
}

void tell(const std::string& figure, const std::string& size, double value) {
  fmt::print("{}\n", json{{"figure", figure}, {"who", "driftwarden"}, {"value", std::round(value * 1000) / 1000}, {"unit", "ms"}, {"size", size}}.dump());
}

}  // namespace

int main() {
  std::vector<std::vector<Manifest>> apps;
  for (int i = 0; i < kApps; ++i) apps.push_back(five_objects(fmt::format("app-{}", i), "1.4.2"));
  const auto table = prices();
  std::int64_t sum = 0;
  const auto fleet = median_ms([&] {
    for (const auto& app : apps) sum += cost_of(app, table, "EUR").cost.micros;
  });
  tell("cost of all Apps", fmt::format("{} Apps / {} objects", kApps, kApps * 5), fleet);

  const auto before = large_app("1.4.2");
  const auto after = large_app("latest");
  const GatesConfig rules;
  std::size_t found = 0;
  tell("built-in gates, nothing new", fmt::format("{} objects", kObjects), median_ms([&] { found += judge_built_in(rules, before, before).findings.size(); }));
  const auto nothing_new = found;
  tell("built-in gates, all new", fmt::format("{} objects", kObjects), median_ms([&] { found += judge_built_in(rules, before, after).findings.size(); }));
  CostConfig cost;
  cost.prices.push_back(table);
  tell("cost before and after", fmt::format("{} objects", kObjects), median_ms([&] { sum += cost_change(cost, "prod-eu", before, after).has_value() ? 1 : 0; }));
  // What was measured did what it is for.
  return sum > 0 && nothing_new == 0 && found > 0 ? 0 : 1;
}
