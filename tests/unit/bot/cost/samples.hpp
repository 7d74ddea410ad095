#pragma once
// Prices, and objects as text.
#include "bot/cost/cost.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/core.h>

namespace driftwarden::cost_sample {

inline constexpr std::int64_t kEuro = 1'000'000;

inline PriceTable prices() {
  PriceTable table;
  table.cpu = 20 * kEuro;
  table.memory = 4 * kEuro;
  table.storage = kEuro / 10;
  table.storage_classes = {{"fast", kEuro / 4}, {"free", 0}};
  table.load_balancer = 18 * kEuro;
  table.resources = {{"nvidia.com/gpu", 900 * kEuro}};
  table.nodes = 12;
  return table;
}

inline Config config() {
  Config config;
  config.cost.prices.push_back(prices());
  return config;
}

inline std::vector<Manifest> objects(const std::string& yaml) {
  auto parsed = parse_manifests(yaml, "sample.yaml");
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  return parsed ? std::move(*parsed) : std::vector<Manifest>{};
}

/// One container of 500m and 1Gi: 14 EUR a replica.
inline std::string workload(const std::string& kind, const std::string& spec = "replicas: 2", const std::string& name = "web") {
  return fmt::format("---\napiVersion: apps/v1\nkind: {}\nmetadata: {{name: {}, namespace: shop}}\nspec:\n  {}\n  template:\n    spec:\n      containers:\n"
                     "        - {{name: app, image: \"shop/web:1\", resources: {{requests: {{cpu: 500m, memory: 1Gi}}}}}}\n",
                     kind, name, spec);
}

inline Costed cost(const std::string& yaml, const PriceTable& table = prices()) { return cost_of(objects(yaml), table, "EUR"); }

}  // namespace driftwarden::cost_sample
