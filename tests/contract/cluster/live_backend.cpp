#include "tests/contract/cluster/backend.hpp"

#include <cstdlib>
#include <stdexcept>

namespace driftwarden::test {
namespace {

class LiveServer final : public ClusterServer {
 public:
  explicit LiveServer(kubernetes::Connection connection) : connection_(std::move(connection)) {}
  kubernetes::Connection connection() const override { return connection_; }
  bool compact() override { return false; }
  void stop(asio::io_context&) override {}

 private:
  kubernetes::Connection connection_;
};

std::string kubeconfig_path() {
  const char* path = std::getenv("DRIFTWARDEN_LIVE_KUBECONFIG");
  return path != nullptr ? path : "";
}

}  // namespace

ClusterBackend live_backend() {
  ClusterBackend backend;
  backend.name = "live";
  backend.unavailable = [] { return kubeconfig_path().empty() ? std::string("DRIFTWARDEN_LIVE_KUBECONFIG isn't set") : std::string{}; };
  backend.start = [](asio::io_context&, Clock&, Random&) -> std::unique_ptr<ClusterServer> {
    auto connection = kubernetes::load_kubeconfig(kubeconfig_path(), "");
    if (!connection) throw std::runtime_error(connection.error().message);
    return std::make_unique<LiveServer>(std::move(*connection));
  };
  return backend;
}

}  // namespace driftwarden::test
