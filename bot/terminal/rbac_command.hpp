#pragma once
// `driftwarden rbac`: the rights that a config needs in its clusters, as manifests. Reads Git and renders, unless told the kinds; of clusters it reads only
// what Argo CD and Flux hold, where `discover` says so.
#include "bot/config/config.hpp"
#include "bot/setup/rbac.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace driftwarden {

struct RbacArguments {
  std::string config;
  std::string cluster{};                  ///< only this one
  std::string output = "yaml";            ///< yaml, json or helm (values of the chart)
  Subject subject{};
  std::string kinds{};                    ///< a file of kinds or manifests, in place of rendering
  bool usual_kinds = false;               ///< the usual kinds, in place of rendering
  std::vector<std::string> namespaces{};  ///< without rendering: namespaces of Apps that the config doesn't list
  bool dry_runs = false;
  std::string cache{};                    ///< directory that keeps the clones; "" = a temporary one
  Duration patience = std::chrono::minutes{2};
};

/// Exit code: 0 printed, 1 printed, but Apps are missing in it (they couldn't be rendered, or not in time), 2 wrong use or an error.
int run_rbac(const RbacArguments& arguments, const Environment& environment, std::ostream& out, std::ostream& err);

}  // namespace driftwarden
