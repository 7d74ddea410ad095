#pragma once
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"

namespace driftwarden::net {

/// Exponential back-off with full jitter: the n-th wait is uniform in [base/2, min(max, base * 2^n)].
class Backoff {
 public:
  struct Limits {
    Duration base{500};
    Duration max{30'000};
  };
  Backoff(Random& random, Limits limits) : random_(random), limits_(limits) {}
  Duration next();
  void reset() { failures_ = 0; }
  int failures() const { return failures_; }

 private:
  Random& random_;
  Limits limits_;
  int failures_ = 0;
};

}  // namespace driftwarden::net
