#pragma once
// One seed: a world, the lives of the bot in it, and what became of them.
#include "tests/sim/ground.hpp"

#include <memory>
#include <optional>
#include <string>

namespace driftwarden::sim {

struct SeedOptions {
  std::uint64_t seed = 1;
  bool traced = false;
  int minutes = 6;              ///< of trouble; then it gets as long as it needs to come to rest, up to a bound
  const Mutant* mutant = nullptr;
  std::string directory;        ///< for repositories; made and removed by the caller
};

struct SeedOutcome {
  std::optional<Broken> broken;
  Totals totals;
  std::uint64_t digest = 0;     ///< of the trace
  std::string trace;
};

SeedOutcome run_seed(const SeedOptions& options);

}  // namespace driftwarden::sim
