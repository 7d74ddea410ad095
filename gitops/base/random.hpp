#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace driftwarden {

/// The one source of chance (jitter, ids, branch suffixes), so that a seeded run repeats itself.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;

  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
  double unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
  /// `length` lower-case hex digits.
  std::string hex(std::size_t length);
};

/// From the operating system's entropy: fit for tokens.
std::unique_ptr<Random> create_system_random();
/// Reproducible: for tests, simulations and the sandbox's seed.
std::unique_ptr<Random> create_seeded_random(std::uint64_t seed);

}  // namespace driftwarden
