#include "bot/metrics/gate_figures.hpp"

#include <algorithm>

namespace driftwarden {

std::string_view verdict_of(const GateResult& result) {
  if (!result.trouble.empty()) return "unjudged";
  const bool all_told = result.left_out == 0;
  if (result.findings.empty() && all_told) return "passed";
  const bool blocks = result.blocks && std::ranges::any_of(result.findings, &Finding::blocks);
  return blocks ? "blocked" : "warned";
}

void GateFigures::add(const GateResult& result, Duration took) {
  const auto known = seconds_.try_emplace({result.gate, std::string(verdict_of(result))}, Histogram({0.001, 0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300})).first;
  known->second.observe(static_cast<double>(took.count()) / 1000.0);
}

void GateFigures::write(MetricText& text) const {
  text.family("driftwarden_gate_seconds", MetricType::Histogram, "How long a gate judged, by what came of it; waiting for its turn included, and next to nothing where the answer was known.");
  for (const auto& [key, seconds] : seconds_) text.histogram(seconds, {{"gate", key.first}, {"verdict", key.second}});
}

}  // namespace driftwarden
