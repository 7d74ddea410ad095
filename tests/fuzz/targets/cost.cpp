// Manifests of anybody's pull request, priced.
#include "bot/cost/cost.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <numeric>

namespace driftwarden::fuzz {
namespace {

constexpr std::int64_t kUnit = 1'000'000;
constexpr std::int64_t kMost = 1'000'000'000 * kUnit;

PriceTable prices() {
  PriceTable table;
  table.cpu = 20 * kUnit;
  table.memory = 4 * kUnit;
  table.storage = kUnit / 10;
  table.load_balancer = 18 * kUnit;
  table.resources = {{"nvidia.com/gpu", 900 * kUnit}};
  table.nodes = 12;
  return table;
}

void run(std::string_view input) {
  const auto manifests = parse_manifests(input, "input.yaml");
  if (!manifests) return;
  const auto costed = cost_of(*manifests, prices(), "EUR");
  check(costed.cost.micros >= 0 && costed.cost.micros <= kMost, "an amount of money");
  check(costed.cost.uncounted.size() <= 20, "bounded");
  for (const auto& words : costed.cost.uncounted) check(words.size() <= 500 && words.find_first_of("\n\r\x1b") == std::string::npos, "one line");
  const auto sum = std::accumulate(costed.lines.begin(), costed.lines.end(), std::int64_t{0}, [](std::int64_t so_far, const CostLine& line) { return std::min(so_far + line.after_micros, kMost); });
  check(sum == costed.cost.micros, "the lines are the sum");
  Config config;
  config.cost.prices = {prices()};
  const auto same = cost_change(config, "prod-eu", *manifests, *manifests);
  check(!same || (same->rise_micros() == 0 && same->lines.empty()), "what doesn't change costs nothing");
  const auto added = cost_change(config, "prod-eu", {}, *manifests);
  check(!added || added->rise_micros() == costed.cost.micros, "all of it is new");
}

const Target target("cost", &run);

}  // namespace
}  // namespace driftwarden::fuzz
