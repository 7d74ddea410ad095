// From which rise on somebody else must agree.
#include "bot/config/policy.hpp"
#include "bot/cost/cost.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace driftwarden {
namespace {

bool matches(const std::vector<std::string>& globs, std::string_view name) {
  return globs.empty() || std::ranges::any_of(globs, [&](const std::string& glob) { return glob_match(glob, name); });
}

constexpr std::size_t kLongestReason = 200;

bool speaks_of(const CostThreshold& threshold, const App& app) { return matches(threshold.environments, app.environment) && matches(threshold.apps, app.name); }

std::vector<PersonId> people_of(const Config& config, const CostThreshold& threshold, const App& app) {
  std::vector<PersonId> people;
  for (const auto& name : threshold.from) {
    for (auto& person : members_of(config, name, &app)) {
      if (std::ranges::find(people, person) == people.end()) people.push_back(std::move(person));
    }
  }
  return people;
}

}  // namespace

ExtraApprovals approvals_for(const Config& config, const App& app, const CostChange& cost, std::int64_t risen_lately) {
  const auto own = cost.rise_micros();
  auto rise = own;
  if (own > 0 && risen_lately > 0 && __builtin_add_overflow(own, risen_lately, &rise)) rise = std::numeric_limits<std::int64_t>::max();
  const auto& thresholds = config.cost.thresholds;
  const CostThreshold* highest = nullptr;
  int need = 0;
  for (const auto& threshold : thresholds) {
    if (rise <= threshold.above || !speaks_of(threshold, app)) continue;
    need = std::max(need, threshold.need);
    if (highest == nullptr || threshold.above > highest->above) highest = &threshold;
  }
  if (highest == nullptr || need <= 0) return {};
  const auto& currency = cost.currency.empty() ? config.cost.currency : cost.currency;
  const auto with_others = rise == own ? std::string() : fmt::format(", {} with the App's other changes of the last 7 days", money_words(rise, currency));
  return {.need = need,
          .from = people_of(config, *highest, app),
          .why = fmt::format("{} more a month{} (cost.thresholds[{}]: above {})", money_words(own, currency), with_others, highest - thresholds.data(), money_words(highest->above, config.cost.currency))};
}

ExtraApprovals approvals_for_unknown(const Config& config, const App& app, const std::string& why) {
  const auto& thresholds = config.cost.thresholds;
  const CostThreshold* lowest = nullptr;
  for (const auto& threshold : thresholds) {
    if (threshold.need > 0 && speaks_of(threshold, app) && (lowest == nullptr || threshold.above < lowest->above)) lowest = &threshold;
  }
  if (lowest == nullptr) return {};
  return {.need = lowest->need,
          .from = people_of(config, *lowest, app),
          .why = fmt::format("its cost isn't known: {} (cost.thresholds[{}])", ellipsize(without_control_characters(why), kLongestReason), lowest - thresholds.data())};
}

}  // namespace driftwarden
