#pragma once
// What Argo CD says of an Application. Pure.
#include "bot/deploy/deploy_tool.hpp"
#include "integrations/argocd/application.hpp"
#include "integrations/argocd/sync_windows.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace driftwarden {

/// `project` may be unknown: then nothing is said of windows.
Opinion argo_opinion(const argocd::Application& application, const argocd::Project* project, WallTime now, const argocd::ZoneOffset& offset, argocd::WindowMemo* memo = nullptr);
/// Somebody switched its automation off, or its reconciliation. One that was never automated is no pause.
std::optional<DeployPause> argo_pause(const argocd::Application& application, const nlohmann::json& object);

/// "syncing 4f2c81a since 12:01", "waiting to be synced"; "" = nothing.
std::string argo_operation_words(const argocd::Application& application);
std::string argo_window_words(const argocd::WindowVerdict& verdict);

/// By the machine's time zone files; each is read once.
argocd::ZoneOffset system_zone_offset();

}  // namespace driftwarden
