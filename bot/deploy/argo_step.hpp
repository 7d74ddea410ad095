#pragma once
// What Argo CD is to be sent next so that a revision comes into force. Pure. Rolling back is never asked of it: that is a change in Git.
#include "bot/deploy/deploy_tool.hpp"
#include "integrations/argocd/application.hpp"
#include "integrations/argocd/sync_windows.hpp"

#include <nlohmann/json_fwd.hpp>

namespace driftwarden {

/// `project` null: it couldn't be read; Argo CD minds its windows itself.
Result<DeployTool::Step> argo_step(const Deployer& deployer, const argocd::Application& application, const nlohmann::json& object, const argocd::Project* project,
                                   const DeployTool::Wanted& wanted, WallTime now, const argocd::ZoneOffset& offset);

}  // namespace driftwarden
