#include "integrations/sandbox/cluster/api_server.hpp"
#include "tests/contract/cluster/backend.hpp"
#include "tests/support/run.hpp"

#include <fmt/core.h>

#include <stdexcept>

namespace driftwarden::test {
namespace {

const char* const kToken = "contract-token";
const char* const kPlainToken = "plain-token";

class SandboxServer final : public ClusterServer {
 public:
  SandboxServer(asio::io_context& io, Clock& clock, Random& random) {
    sandbox::ApiServerOptions options;
    options.token = kToken;
    options.plain_token = kPlainToken;
    options.rollouts = false;
    api_ = sandbox::create_api_server(io.get_executor(), clock, random, options);
    auto http = net::start_http_server(io.get_executor(), clock, {}, [this](net::ServerRequest request) { return api_->handle(std::move(request)); });
    if (!http) throw std::runtime_error(http.error().message);
    http_ = std::move(*http);
  }

  kubernetes::Connection connection() const override {
    kubernetes::Connection connection;
    connection.server = fmt::format("http://127.0.0.1:{}", http_->port());
    connection.token = Secret<std::string>(kToken);
    return connection;
  }

  std::optional<kubernetes::Connection> plain_connection() const override {
    auto plain = connection();
    plain.token = Secret<std::string>(kPlainToken);
    return plain;
  }

  bool freeze(bool frozen) override {
    api_->freeze_watches(frozen);
    return true;
  }

  bool compact() override {
    api_->compact();
    return true;
  }

  void stop(asio::io_context& io) override {
    run(io, api_->stop());
    run(io, http_->stop());
  }

 private:
  std::unique_ptr<sandbox::ApiServer> api_;
  std::unique_ptr<net::HttpServer> http_;
};

}  // namespace

ClusterBackend sandbox_backend() {
  ClusterBackend backend;
  backend.name = "sandbox";
  backend.unavailable = [] { return std::string{}; };
  backend.start = [](asio::io_context& io, Clock& clock, Random& random) -> std::unique_ptr<ClusterServer> {
    return std::make_unique<SandboxServer>(io, clock, random);
  };
  return backend;
}

}  // namespace driftwarden::test
