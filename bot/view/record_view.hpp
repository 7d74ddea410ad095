#pragma once
// Answers from the record: time in drift, and the ignore rules.
#include "gitops/model/app.hpp"
#include "gitops/model/drift.hpp"
#include "integrations/slack/slack.hpp"

#include <string>
#include <vector>

namespace driftwarden::view {

struct TimeInDrift {
  std::string name;
  std::size_t incidents = 0;
  std::size_t open = 0;
  Duration total{0};   ///< within the window
  Duration mean{0};    ///< to reconcile, of those that are over
  std::size_t over = 0;
  bool operator==(const TimeInDrift&) const = default;
};

/// Each list worst first.
struct TimesInDrift {
  std::vector<TimeInDrift> apps;
  std::vector<TimeInDrift> teams;
  std::vector<TimeInDrift> clusters;
  bool operator==(const TimesInDrift&) const = default;
};

slack::Message stats_message(const TimesInDrift& times, const std::string& app, WallTime now);

/// One rule as `ignores` lists it.
struct RuleRow {
  std::string app;
  RuleUse use;
};
/// Those that ran out first, then those that run out next.
slack::Message ignores_message(std::vector<RuleRow> rows, const std::string& app, int page = 1);

}  // namespace driftwarden::view
