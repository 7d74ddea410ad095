#include "bot/cost/cost.hpp"

#include "bot/cost/counting.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace driftwarden {
namespace {

constexpr std::size_t kMostLines = 50;
constexpr std::size_t kMostUncounted = 20;

bool matches(const std::vector<std::string>& globs, std::string_view name) {
  return globs.empty() || std::ranges::any_of(globs, [&](const std::string& glob) { return glob_match(glob, name); });
}

/// Each once, and not more than anybody reads.
void keep_few(std::vector<std::string>& uncounted) {
  std::vector<std::string> kept;
  for (auto& words : uncounted) {
    if (std::ranges::find(kept, words) == kept.end()) kept.push_back(std::move(words));
  }
  if (kept.size() > kMostUncounted) {
    const auto more = kept.size() - kMostUncounted + 1;
    kept.resize(kMostUncounted - 1);
    kept.push_back(fmt::format("{} more", more));
  }
  uncounted = std::move(kept);
}

std::uint64_t distance(const CostLine& line) {
  return line.after_micros > line.before_micros ? static_cast<std::uint64_t>(line.after_micros - line.before_micros) : static_cast<std::uint64_t>(line.before_micros - line.after_micros);
}

/// What differs, the largest difference first.
std::vector<CostLine> differing(const Costed& before, const Costed& after) {
  std::map<std::string, CostLine> by_name;
  for (const auto& line : before.lines) by_name[line.what].before_micros += line.after_micros;
  for (const auto& line : after.lines) by_name[line.what].after_micros += line.after_micros;
  std::vector<CostLine> lines;
  for (auto& [name, line] : by_name) {
    if (line.before_micros == line.after_micros) continue;
    line.what = name;
    lines.push_back(std::move(line));
  }
  std::ranges::stable_sort(lines, std::greater{}, distance);
  if (lines.size() > kMostLines) lines.resize(kMostLines);
  return lines;
}

bool says_nothing(const Cost& cost) { return cost.micros == 0 && cost.uncounted.empty(); }

std::optional<CostChange> changed(Costed before, Costed after, const std::string& currency, std::string source) {
  if (says_nothing(before.cost) && says_nothing(after.cost)) return std::nullopt;
  CostChange change;
  change.currency = currency;
  change.lines = differing(before, after);
  change.before = std::move(before.cost);
  change.after = std::move(after.cost);
  change.source = std::move(source);
  return change;
}

}  // namespace

const PriceTable* prices_of(const CostConfig& config, std::string_view cluster) {
  const auto found = std::ranges::find_if(config.prices, [&](const PriceTable& table) { return matches(table.clusters, cluster); });
  return found == config.prices.end() ? nullptr : &*found;
}

const PriceTable* prices_of(const Config& config, std::string_view cluster) { return prices_of(config.cost, cluster); }

Costed cost_of(const std::vector<Manifest>& manifests, const PriceTable& prices, const std::string& currency) {
  auto costed = count_objects(manifests, prices, currency);
  std::ranges::stable_sort(costed.lines, std::greater{}, &CostLine::after_micros);
  keep_few(costed.cost.uncounted);
  return costed;
}

std::optional<CostChange> cost_change(const CostConfig& config, std::string_view cluster, const std::vector<Manifest>& before, const std::vector<Manifest>& after) {
  const auto* prices = prices_of(config, cluster);
  if (prices == nullptr) return std::nullopt;
  return changed(cost_of(before, *prices, config.currency), cost_of(after, *prices, config.currency), config.currency, fmt::format("the prices of {}", cluster));
}

std::optional<CostChange> cost_change(const Config& config, std::string_view cluster, const std::vector<Manifest>& before, const std::vector<Manifest>& after) {
  return cost_change(config.cost, cluster, before, after);
}

std::optional<CostChange> cost_of_move(const CostConfig& config, const PlacedObjects& before, const PlacedObjects& after) {
  const auto* here = prices_of(config, before.cluster);
  const auto* there = prices_of(config, after.cluster);
  if (here == nullptr || there == nullptr) return std::nullopt;
  auto source = before.cluster == after.cluster ? fmt::format("the prices of {}", before.cluster) : fmt::format("the prices of {} and {}", before.cluster, after.cluster);
  return changed(cost_of(before.objects, *here, config.currency), cost_of(after.objects, *there, config.currency), config.currency, std::move(source));
}

}  // namespace driftwarden
