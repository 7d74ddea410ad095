#pragma once
// Inside of integrations/argocd: one entry of an Application's sources.
#include "integrations/argocd/application.hpp"

namespace driftwarden::argocd {

Source parse_source(const nlohmann::json& source);

}  // namespace driftwarden::argocd
