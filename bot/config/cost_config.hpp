#pragma once
// `cost:` what a cluster's resources cost, and from which rise on somebody else must agree.
#include "gitops/base/clock.hpp"
#include "gitops/base/secret.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// Prices a month (730 hours), in millionths of the currency's unit. The first table whose cluster matches is the cluster's.
struct PriceTable {
  std::vector<std::string> clusters{};  ///< globs, empty = all
  std::int64_t cpu = 0;                 ///< a vCPU
  std::int64_t memory = 0;              ///< a GiB
  std::int64_t storage = 0;             ///< a GiB of a class that isn't listed
  std::map<std::string, std::int64_t> storage_classes{};  ///< a GiB
  std::int64_t load_balancer = 0;
  std::map<std::string, std::int64_t> resources{};        ///< a unit of an extended resource: "nvidia.com/gpu"
  int nodes = 0;                        ///< how many a DaemonSet runs on; 0 = not known
};

/// A rise of more than `above` a month wants `need` more approvals, by people of `from`.
struct CostThreshold {
  std::vector<std::string> environments{};  ///< globs, empty = all
  std::vector<std::string> apps{};          ///< globs, empty = all
  std::int64_t above = 0;                   ///< millionths a month
  int need = 1;
  std::vector<std::string> from{};          ///< people, groups, "owners"; never empty
};

struct InfracostConfig {
  std::string program = "infracost";
  Secret<std::string> key{};
  std::string api_url{};  ///< of the pricing API; "" = Infracost's own
  Duration timeout = std::chrono::seconds{60};
};

struct CostConfig {
  std::string currency = "EUR";
  std::vector<PriceTable> prices{};
  std::vector<CostThreshold> thresholds{};
  std::optional<InfracostConfig> infracost{};
};

}  // namespace driftwarden
