#pragma once
// One text to its documents, with the line on which each starts.
#include "gitops/manifest/manifest.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

struct YamlDocument {
  nlohmann::json value;
  int line = 1;
};

/// As parse_yaml; documents without content are left out.
Result<std::vector<YamlDocument>> read_documents(std::string_view text, const std::string& file, const ParseLimits& limits);

}  // namespace driftwarden
