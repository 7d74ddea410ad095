#pragma once
// Which key of a chart's values a rendered value may come from.
#include "gitops/edit/source_search.hpp"

namespace driftwarden {

Result<Ways> helm_ways(const AppSource& source, const EditedTree& tree, const Target& target);

}  // namespace driftwarden
