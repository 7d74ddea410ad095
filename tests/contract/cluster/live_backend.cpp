#include "tests/contract/cluster/backend.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace driftwarden::test {
namespace {

/// What tests/live/servers/up.sh leaves beside the kubeconfig.
class LiveServer final : public ClusterServer {
 public:
  LiveServer(kubernetes::Connection connection, std::filesystem::path home) : connection_(std::move(connection)), home_(std::move(home)) {}
  ~LiveServer() override { LiveServer::freeze(false); }
  kubernetes::Connection connection() const override { return connection_; }
  bool compact() override { return false; }
  void stop(asio::io_context&) override { freeze(false); }

  std::optional<kubernetes::Connection> plain_connection() const override {
    std::ifstream file(home_ / "tokens.csv");
    for (std::string line; std::getline(file, line);) {
      const auto comma = line.find(",plain-user,");
      if (comma == std::string::npos) continue;
      auto plain = connection_;
      plain.tls.client_certificate_pem.clear();
      plain.tls.client_key_pem = {};
      plain.token = Secret<std::string>(line.substr(0, comma));
      return plain;
    }
    return std::nullopt;
  }

  /// Stops the server's process, as a machine that hangs would.
  bool freeze(bool frozen) override {
    if (frozen == frozen_) return true;
    const auto pid = find_server();
    if (pid <= 1 || ::kill(pid, frozen ? SIGSTOP : SIGCONT) != 0) return false;
    frozen_ = frozen;
    return true;
  }

 private:
  pid_t find_server() const {
    std::ifstream file(home_ / "pids");
    std::string name;
    for (pid_t pid = 0; file >> name >> pid;) {
      if (name != "kube-apiserver") continue;
      std::ifstream running("/proc/" + std::to_string(pid) + "/comm");
      std::string what;
      if (std::getline(running, what) && what == "kube-apiserver") return pid;
    }
    return 0;
  }

  kubernetes::Connection connection_;
  std::filesystem::path home_;
  bool frozen_ = false;
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
    return std::make_unique<LiveServer>(std::move(*connection), std::filesystem::path(kubeconfig_path()).parent_path());
  };
  return backend;
}

}  // namespace driftwarden::test
