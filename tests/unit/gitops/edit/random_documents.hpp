#pragma once
// Random objects written in random styles.
#include "tests/unit/gitops/edit/nasty_samples.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <utility>
#include <vector>

namespace driftwarden::test {

struct RandomDocument {
  NastySample sample;
  std::string model;  ///< JSON of what the text means
};

/// The same for the same seed.
RandomDocument random_document(unsigned seed);
std::vector<NastySample> random_samples(unsigned first_seed, unsigned count);

}  // namespace driftwarden::test
