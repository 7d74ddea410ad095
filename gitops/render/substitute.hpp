#pragma once
// Flux's postBuild: ${NAME} in what was built, as its envsubst reads it.
#include "gitops/base/result.hpp"
#include "gitops/manifest/manifest.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

using Variables = std::map<std::string, std::string>;

/// ${X}, ${X:-default} (:=, =, :+ and :? are taken alike), ${X:1:2}, ${X^^}, ${X,,}, ${#X}, ${X#p}, ${X%p}, ${X/a/b}; "$$" is "$", and $X without
/// braces stays. A variable that nobody sets is empty. InvalidInput for what Flux refuses, too.
Result<std::string> substitute(std::string_view text, const Variables& variables);

/// In every object but those that say `kustomize.toolkit.fluxcd.io/substitute: disabled`. A whole value may become a number, a list or nothing, as Flux
/// substitutes in YAML text. Nothing is done without variables.
Result<void> substitute_in(std::vector<Manifest>& manifests, const Variables& variables);

}  // namespace driftwarden
