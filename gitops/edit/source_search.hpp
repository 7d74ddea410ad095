#pragma once
// Tries ways to a wanted value until one is proven.
#include "gitops/edit/proof.hpp"

#include <functional>
#include <string>
#include <vector>

namespace driftwarden {

/// One way to make the rendered object say what is wanted.
using Way = std::function<Result<void>(EditedTree& tree)>;

struct Ways {
  std::vector<Way> ways;               ///< the likeliest first
  std::vector<std::string> obstacles;  ///< what a person should know when none works
};

/// Looks at the tree as edited so far.
using FindWays = std::function<Result<Ways>(const EditedTree& tree, const Target& target)>;

/// The edited tree in which all wanted values are and nothing else changed.
Result<EditedTree> search_edits(const AppSource& source, Proof& proof, const FindWays& find_ways);

}  // namespace driftwarden
