// From which rise on somebody else must agree.
#include "bot/config/policy.hpp"
#include "bot/cost/cost.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

bool matches(const std::vector<std::string>& globs, std::string_view name) {
  return globs.empty() || std::ranges::any_of(globs, [&](const std::string& glob) { return glob_match(glob, name); });
}

bool speaks_of(const CostThreshold& threshold, const App& app, std::int64_t rise) {
  return rise > threshold.above && matches(threshold.environments, app.environment) && matches(threshold.apps, app.name);
}

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

ExtraApprovals approvals_for(const Config& config, const App& app, const CostChange& cost) {
  const auto rise = cost.rise_micros();
  const auto& thresholds = config.cost.thresholds;
  const CostThreshold* highest = nullptr;
  int need = 0;
  for (const auto& threshold : thresholds) {
    if (!speaks_of(threshold, app, rise)) continue;
    need = std::max(need, threshold.need);
    if (highest == nullptr || threshold.above > highest->above) highest = &threshold;
  }
  if (highest == nullptr || need <= 0) return {};
  const auto& currency = cost.currency.empty() ? config.cost.currency : cost.currency;
  return {.need = need,
          .from = people_of(config, *highest, app),
          .why = fmt::format("{} more a month (cost.thresholds[{}]: above {})", money_words(rise, currency), highest - thresholds.data(), money_words(highest->above, config.cost.currency))};
}

}  // namespace driftwarden
