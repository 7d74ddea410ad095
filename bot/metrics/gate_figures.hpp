#pragma once
// How often each gate judged, with which verdict, and how long that took.
#include "bot/metrics/metric_text.hpp"
#include "gitops/base/clock.hpp"
#include "gitops/model/finding.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace driftwarden {

/// "passed", "warned", "blocked", "unjudged". Waivers don't count: a gate knows nothing of them.
std::string_view verdict_of(const GateResult& result);

class GateFigures {
 public:
  void add(const GateResult& result, Duration took);
  void write(MetricText& text) const;

 private:
  std::map<std::pair<std::string, std::string>, Histogram> seconds_;  ///< by gate and verdict
};

}  // namespace driftwarden
