#pragma once
// Inside of integrations/argocd: the globs of sync windows, as Argo CD reads them.
#include <string_view>

namespace driftwarden::argocd {

/// `*`, `?`, `[a-c]`, `[!a]`, `{prod,staging}`, `\*`. Takes the time of both lengths' product at most.
bool window_glob_matches(std::string_view pattern, std::string_view text);

}  // namespace driftwarden::argocd
