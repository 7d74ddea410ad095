#pragma once
// What a kustomization file names outside of itself.
#include "gitops/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

struct KustomizeReference {
  enum class Kind {
    Any,    ///< a manifest or a directory with a kustomization
    File,
    Chart,  ///< a Helm chart's directory, which must be vendored
  };
  Kind kind = Kind::File;
  std::string path;                ///< as written; of a chart where it would lie
  std::string field;               ///< "resources[1]"
  std::string other_path{};        ///< of a chart, the second place where it may lie
};

struct Kustomization {
  std::vector<KustomizeReference> references;
  bool inflates_charts = false;
};

/// Inline patches and generators are no references. Errors say "file:line:column: what".
Result<Kustomization> parse_kustomization(std::string_view text, const std::string& file);

}  // namespace driftwarden
