#pragma once
// An Argo CD Application as an App. Pure.
#include "bot/deploy/deploy_tool.hpp"
#include "integrations/argocd/application.hpp"

namespace driftwarden {

/// Without opinion and pause. `name`: what the App is to be called. Where the Application can't be rendered by us, `notices` say why and what to do.
/// An Application may say driftwarden.io/channel as an annotation, where the rule names no channel; never its owners.
FoundApp argo_app(const argocd::Application& application, const std::string& name, const DiscoverRule& rule, const DeployGround& ground);

}  // namespace driftwarden
