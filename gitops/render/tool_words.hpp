#pragma once
// What a tool printed, for people: short, in the repository's own paths, without values that might be secret.
#include "gitops/render/render.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

struct ToolWords {
  std::string_view printed;
  std::string_view root;         ///< of the work tree: taken away from paths
  std::string_view path;         ///< the App's
  std::string_view chart_name;   ///< helm names templates by it; "" for kustomize
  std::string_view outer{};      ///< the directory around the work tree: taken away, too
};
/// One line. `files` are asked for secrets: of Secrets, of secretGenerators, of keys with a sensitive name.
std::string in_short(const ToolWords& words, const std::vector<SourceFile>& files, const App& app);

}  // namespace driftwarden
