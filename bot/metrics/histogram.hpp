#pragma once
// How often something took how long, in fixed buckets.
#include <cstdint>
#include <vector>

namespace driftwarden {

class Histogram {
 public:
  /// `bounds`: the buckets' upper ends, rising; what lies above goes into one more.
  explicit Histogram(std::vector<double> bounds);
  /// Negative values count as 0, as clocks of two machines differ; what is no number isn't counted.
  void observe(double value);

  const std::vector<double>& bounds() const { return bounds_; }
  /// How many are at most bounds()[bucket]; of bucket == bounds().size(): all.
  std::uint64_t at_most(std::size_t bucket) const;
  std::uint64_t count() const { return at_most(bounds_.size()); }
  double sum() const { return sum_; }

 private:
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;  ///< of each bucket alone
  double sum_ = 0;
};

}  // namespace driftwarden
