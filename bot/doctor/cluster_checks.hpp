#pragma once
// A cluster: is it there, is its clock ours, and may we do what the config needs there.
#include "bot/doctor/cluster_probe.hpp"
#include "bot/doctor/finding.hpp"
#include "bot/setup/rights.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// Every single right as a question, each once.
std::vector<AccessQuestion> questions_of(const ClusterRights& rights);
/// "patch deployments.apps in namespace shop"
std::string words_of(const AccessQuestion& question);

struct ClusterCheck {
  std::string name;
  std::string config_file;                ///< for the fix
  ClusterProbe* probe = nullptr;          ///< null: `broken` says why
  std::string broken{};
  std::optional<ClusterRights> rights{};  ///< nothing: what is needed isn't known
};
asio::awaitable<DoctorFindings> check_cluster(Clock& clock, ClusterCheck check);

}  // namespace driftwarden
