#pragma once
// The servers that the suite runs against: the sandbox's, in process, and a real kube-apiserver.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "integrations/kubernetes/kubeconfig.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

namespace driftwarden::test {

/// One running server.
class ClusterServer {
 public:
  virtual ~ClusterServer() = default;
  virtual kubernetes::Connection connection() const = 0;
  /// False where the server can't be told to forget its past events.
  virtual bool compact() = 0;
  /// As a user whom nothing was granted; nothing where there is none.
  virtual std::optional<kubernetes::Connection> plain_connection() const = 0;
  /// While frozen, watches say nothing. False where that can't be done from here.
  virtual bool freeze(bool frozen) = 0;
  virtual void stop(asio::io_context& io) = 0;
};

struct ClusterBackend {
  std::string name;
  std::function<std::string()> unavailable;  ///< why, or ""
  std::function<std::unique_ptr<ClusterServer>(asio::io_context&, Clock&, Random&)> start;
  friend std::ostream& operator<<(std::ostream& out, const ClusterBackend& backend) { return out << backend.name; }
};

ClusterBackend sandbox_backend();
/// DRIFTWARDEN_LIVE_KUBECONFIG names the kubeconfig; the current context is used.
ClusterBackend live_backend();

}  // namespace driftwarden::test
