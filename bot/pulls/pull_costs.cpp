#include "bot/pulls/pull_costs.hpp"

#include "bot/change/risen_lately.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

struct KeptCost {
  std::int64_t rise_micros = 0;
  std::string currency{};
};

/// "" = it costs the same.
std::string costs_text(const view::PullSummary& pull) {
  json costs = json::object();
  for (const auto& effect : pull.effects) {
    if (effect.cost && effect.cost->rise_micros() != 0) costs[effect.app.name] = {effect.cost->rise_micros(), effect.cost->currency};
  }
  return costs.empty() ? std::string() : json{{"head", pull.head_sha}, {"costs", costs}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<MergedPull> merged_from(const std::string& text, const view::PullSummary& pull) {
  std::vector<MergedPull> merged;
  const auto kept = json::parse(text, nullptr, false);
  if (!kept.is_object() || !kept.contains("costs") || !kept["costs"].is_object()) return merged;
  for (const auto& [app, cost] : kept["costs"].items()) {
    if (!cost.is_array() || cost.size() != 2 || !cost[0].is_number_integer() || !cost[1].is_string()) continue;
    MergedPull one;
    one.app = app;
    one.repository = pull.repository;
    one.number = pull.number;
    one.url = pull.url;
    one.author = pull.author;
    one.head_sha = kept.value("head", "");
    one.rise_micros = cost[0].get<std::int64_t>();
    one.currency = cost[1].get<std::string>();
    merged.push_back(std::move(one));
  }
  return merged;
}

}  // namespace

bool raises_cost(const view::PullEffect& effect) { return effect.failure.empty() && effect.cost && effect.cost->rise_micros() > 0; }

Result<RisenLately> load_risen(storage::Transaction& tx, const std::vector<App>& apps, WallTime now) {
  RisenLately risen;
  for (const auto& app : apps) {
    Change asked;
    asked.app = app.name;
    asked.verb = verb_after_merge(app);
    TRY(risen[app.name], find_risen_lately(tx, asked, now));
  }
  return risen;
}

bool same_risen(const RisenLately& told, const RisenLately& now) {
  return std::ranges::all_of(told, [&](const auto& entry) {
    const auto found = now.find(entry.first);
    return found != now.end() && found->second == entry.second;
  });
}

std::string pull_costs_setting(const std::string& repository, std::int64_t number) { return fmt::format("pull.costs:{}:{}", repository, number); }

Result<void> keep_costs(storage::Transaction& tx, const view::PullSummary& pull, bool merged_here) {
  const auto setting = pull_costs_setting(pull.repository, pull.number);
  TRY(const auto kept, tx.setting(setting));
  const auto known = kept.value_or("");
  const auto costs = pull.state == "open" ? costs_text(pull) : std::string();
  if (merged_here) {
    for (const auto& merged : merged_from(known, pull)) {
      auto row = tx.append_audit(audit_of(merged));
      if (!row) return row.error();
    }
  }
  if (known == costs) return Result<void>{};
  return tx.set_setting(setting, costs);
}

}  // namespace driftwarden
