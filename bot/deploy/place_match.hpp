#pragma once
// Which of the Apps that somebody wrote down are the ones that Argo CD or Flux deploys. Pure.
#include "gitops/model/app.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace driftwarden {

/// By index in `found`: the name of the written App with the same repository, path and cluster. Where several of either side are there, the namespace decides,
/// then the name; each written App is given away once.
std::map<std::size_t, std::string> match_places(const std::vector<App>& found, const std::vector<App>& written);

/// Every directory that `found` is made from is one of `written`'s.
bool covers(const App& written, const App& found);

}  // namespace driftwarden
