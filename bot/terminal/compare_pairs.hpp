#pragma once
// Many pairs from one folder (NNNNNN.desired.json, NNNNNN.live.json), compared at full speed and timed.
#include "bot/terminal/compare_command.hpp"
#include "gitops/base/result.hpp"

#include <cstddef>
#include <string>

namespace driftwarden {

struct PairFigures {
  std::size_t pairs = 0;
  std::size_t drifted = 0;
  double compares_per_s = 0;    ///< of parsed objects, all threads together
  double end_to_end_per_s = 0;  ///< from JSON bytes to verdict
};

Result<PairFigures> compare_pairs(const CompareArguments& arguments);
std::string pairs_text(const PairFigures& figures, const std::string& output);

}  // namespace driftwarden
