#pragma once
// Small YAML texts of the kinds that break editors.
#include <ostream>
#include <string>
#include <vector>

namespace driftwarden::test {

struct NastySample {
  std::string name;
  std::string text;
  bool refuses = false;  ///< some of its values may be refused with a reason
  friend void PrintTo(const NastySample& sample, std::ostream* out) { *out << sample.name; }
};

std::vector<NastySample> nasty_samples();

}  // namespace driftwarden::test
