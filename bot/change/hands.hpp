#pragma once
// Whom a Change leaves the deed to: Argo CD and Flux put Git in force, Terraform and Ansible plan and apply. Functions, so that tests stand in for them;
// an empty one: there is nobody. Calls on the I/O thread.
#include "bot/deploy/deployments.hpp"
#include "bot/plans/plan_watch.hpp"
#include "gitops/model/change.hpp"

#include <functional>
#include <string>
#include <vector>

namespace driftwarden {

struct Hands {
  /// As Deployments has them.
  std::function<asio::awaitable<Result<DeployProgress>>(App app, std::string revision, std::string id, std::string requested_by)> deploy{};
  std::function<asio::awaitable<Result<void>>(App app)> refresh{};
  std::function<std::vector<DeployPause>()> pauses{};
  /// As PlanWatch has them.
  std::function<asio::awaitable<Result<DriftReport>>(std::string app)> plan_now{};
  std::function<asio::awaitable<Result<SavedPlan>>(App app, std::string id)> save_plan{};
  std::function<asio::awaitable<Result<std::string>>(App app, std::string id, std::string digest)> apply_saved{};
  std::function<void(const std::string& id)> drop_saved{};
  std::function<std::string(const std::string& app)> plan_text{};
  std::function<asio::awaitable<Result<CostChange>>(App app, std::string before, std::string after)> price_files{};
};

/// What a deployer knows the request by: numbers alone come again with a restored database.
inline std::string deploy_id(const Change& change) { return change_name(change.id) + ":" + change.merged_sha.substr(0, 12); }

}  // namespace driftwarden
