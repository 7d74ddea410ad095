#include "bot/metrics/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace driftwarden {

Histogram::Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

void Histogram::observe(double value) {
  if (!std::isfinite(value)) return;
  value = std::max(value, 0.0);
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  ++counts_[static_cast<std::size_t>(bucket)];
  sum_ += value;
}

std::uint64_t Histogram::at_most(std::size_t bucket) const {
  const auto end = counts_.begin() + static_cast<std::ptrdiff_t>(std::min(bucket + 1, counts_.size()));
  return std::accumulate(counts_.begin(), end, std::uint64_t{0});
}

}  // namespace driftwarden
