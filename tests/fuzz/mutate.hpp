#pragma once
// The same inputs in every run: seeds, and what a few random edits make of them.
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace driftwarden::fuzz {

class Mutator {
 public:
  /// `seeds` isn't empty.
  Mutator(std::vector<std::string> seeds, std::uint64_t seed) : seeds_(std::move(seeds)), random_(seed) {}
  std::string next();

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(random_() % bound); }
  void edit(std::string& text);

  std::vector<std::string> seeds_;
  std::mt19937_64 random_;
};

}  // namespace driftwarden::fuzz
