#pragma once
// What doctor asks of a cluster. No watch and no list: a few small questions.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "integrations/kubernetes/kubeconfig.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace driftwarden {

/// One SelfSubjectAccessReview. `namespace_` "" = everywhere, `name` "" = every object.
struct AccessQuestion {
  std::string group{};
  std::string resource{};  ///< "pods", or with a subresource "pods/log"
  std::string verb{};
  std::string namespace_{};
  std::string name{};
  bool operator==(const AccessQuestion&) const = default;
};

struct ServerFacts {
  std::string version;                    ///< "v1.33.1"
  std::optional<Duration> clock_ahead{};  ///< our clock before its own
};

class ClusterProbe {
 public:
  virtual ~ClusterProbe() = default;
  virtual asio::awaitable<Result<ServerFacts>> hello() = 0;
  virtual asio::awaitable<Result<bool>> may(AccessQuestion question) = 0;
};

std::unique_ptr<ClusterProbe> create_cluster_probe(asio::any_io_executor executor, Clock& clock, Random& random, kubernetes::Connection connection);

}  // namespace driftwarden
