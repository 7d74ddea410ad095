#pragma once
// Money on cards, pull requests and alerts: the same words wherever they are shown.
#include "bot/view/change_words.hpp"
#include "gitops/model/cost.hpp"
#include "gitops/model/drift.hpp"

#include <string>
#include <vector>

namespace driftwarden::view {

/// ":moneybag: a month *318.60 EUR*, +212.40 EUR (106.20 EUR before) by the prices of prod-eu", then where the difference lies when it lies in several places,
/// and what isn't counted.
std::vector<std::string> cost_lines(const CostChange& cost, const Dialect& dialect);

/// "not counted: ...", of many the first; "" for none.
std::string uncounted_line(const std::vector<std::string>& uncounted, const Dialect& dialect);

/// The same with a line for each that differs, before and after: where there is room.
std::vector<std::string> cost_bullets(const CostChange& cost, const Dialect& dialect);

/// What drift costs: before is what Git says, after what is live. ":moneybag: This scaling by hand costs *212.40 EUR* a month more than Git says."
std::string drift_cost_line(const DriftReport& report, const CostChange& cost, const Dialect& dialect);
/// Of several Apps together: ":moneybag: What is live costs *420 EUR* a month more than Git says, in all."
std::string drift_cost_line(const std::vector<const DriftReport*>& reports, const CostChange& cost, const Dialect& dialect);

}  // namespace driftwarden::view
