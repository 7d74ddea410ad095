#pragma once
// Who is asking: a token in any of the ways that Gitea takes it.
#include "integrations/sandbox/forge/forge_core.hpp"

#include <string>
#include <vector>

namespace driftwarden::sandbox::forge {

struct Access {
  const ForgeUser* user = nullptr;
  bool refused = false;  ///< something was shown, and it is nobody's token
};
Access find_access(const Core& core, const net::Headers& headers);

/// The path's parts, each percent-decoded on its own, so that an encoded slash stays inside its part.
std::vector<std::string> path_parts(std::string_view raw_path);
/// Parts from `first` on, as one path.
std::string rest_of(const std::vector<std::string>& parts, std::size_t first);

}  // namespace driftwarden::sandbox::forge
