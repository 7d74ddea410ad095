#pragma once
// How Argo CD is asked to do something: patches of the Application. Pure; the object's resourceVersion guards each of them.
#include "integrations/argocd/application.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace driftwarden::argocd {

struct SyncRequest {
  std::string revision{};   ///< full commit id
  std::string id{};         ///< ours, found again in status.operationState.operation.info
  std::string requested_by{};
  bool prune = true;
};
inline constexpr const char* kRequestInfo = "driftwarden";  ///< the info's name

/// RFC 6902, tests the resourceVersion. Refused (Conflict) while an operation is pending or running.
Result<nlohmann::json> sync_patch(const Application& application, const nlohmann::json& object, const SyncRequest& request);
/// argocd.argoproj.io/refresh: normal | hard
nlohmann::json refresh_patch(const nlohmann::json& object, bool hard);

enum class SyncState { NotAsked, Running, Succeeded, Failed };
struct SyncOutcome {
  SyncState state = SyncState::NotAsked;
  std::string message{};
};
/// What became of the request with this id: of another one's result nothing is concluded, nor of a sync to something else than `revision` ("" = any).
SyncOutcome outcome_of(const Application& application, const std::string& id, const std::string& revision = {});
/// The source that a change of the Application's repository is of: the first that holds manifests; null without one.
const Source* written_source(const Application& application);

}  // namespace driftwarden::argocd
