#pragma once
// `driftwarden init`: writes a first config by asking, or from what Argo CD or Flux deploys in a cluster; then checks it.
#include "bot/setup/init.hpp"

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

namespace driftwarden {

struct InitArguments {
  std::string out = "driftwarden.yaml";
  std::optional<std::string> from_cluster{};  ///< a context of the kubeconfig; "" = the current one
  std::string kubeconfig{};                   ///< "" = $KUBECONFIG, then ~/.kube/config
  bool yes = false;                           ///< the usual answers, nothing is asked
};

/// Looks into the cluster of a kubeconfig's context.
using LookIntoCluster = std::function<Result<FoundInCluster>(const std::string& kubeconfig, const std::string& context)>;
LookIntoCluster create_system_look();

struct InitStreams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

/// Exit code: 0 written and good, 1 written, but `check` finds mistakes, 2 nothing was written: the file is there already, the answers ended, or the
/// cluster can't be read. An existing file is never touched.
int run_init(const InitArguments& arguments, const Environment& environment, const LookIntoCluster& look, InitStreams streams);

}  // namespace driftwarden
