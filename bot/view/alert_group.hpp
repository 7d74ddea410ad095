#pragma once
// The one message of several incidents: the same drift in many Apps, or too many alerts at once for one channel.
#include "gitops/model/app.hpp"
#include "gitops/model/cost.hpp"
#include "gitops/model/incident.hpp"
#include "integrations/slack/slack.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden::view {

struct GroupRow {
  Incident incident;
  App app;
  bool differs = false;  ///< its drift is no longer the one that the group has in common
};

struct GroupContext {
  std::string mentions;  ///< "cc <@U0ALICE>", "" = nobody
  WallTime now{};
  std::optional<CostChange> drift_cost{};  ///< a month, of all of them together; nothing: no prices, or it costs nothing
};

/// Containers are often called what their workload is called: where the workloads differ, "[name=\"checkout\"]" is "[*]" in what they share.
std::vector<DriftReport> with_common_paths(std::vector<DriftReport> reports);

/// `leader.grouping` says what they share. Rows in any order; `leader` is usually one of them.
slack::Message group_message(const Incident& leader, const std::vector<GroupRow>& rows, const GroupContext& context);

}  // namespace driftwarden::view
