#pragma once
// Answers to `cost`.
#include "gitops/model/app.hpp"
#include "gitops/model/cost.hpp"
#include "gitops/model/drift.hpp"
#include "integrations/slack/slack.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::view {

/// One App's bill for a month.
struct CostRow {
  App app;
  Cost cost;                     ///< of what Git says
  std::vector<CostLine> lines{}; ///< by object, the dearest first; `after_micros` is the price
  std::int64_t drift_micros = 0; ///< what live costs more (or less) than that
  std::string why_not{};         ///< why it has no price: "nobody gave prices for lab", "planned by tofu"; "" = it has one
};

slack::Message app_cost_message(const CostRow& row, const DriftReport& report, const std::optional<CostChange>& drift, const std::string& currency);

/// All of them in a sum, the dearest first. `of`: "team shop", "" = all that the caller sees.
slack::Message costs_message(std::vector<CostRow> rows, const std::string& of, const std::string& currency);
/// How many of them the message shows; the rest is in the file.
inline constexpr std::size_t kCostRowsShown = 20;

}  // namespace driftwarden::view
