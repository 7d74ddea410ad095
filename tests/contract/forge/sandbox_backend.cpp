#include "integrations/sandbox/forge/forge_server.hpp"
#include "tests/contract/forge/backend.hpp"
#include "tests/support/run.hpp"

#include <filesystem>
#include <stdexcept>

#include <unistd.h>

namespace driftwarden::test {

namespace {

class SandboxForge final : public ForgeUnderTest {
 public:
  SandboxForge(asio::io_context& io, Clock& clock, Random& random) : directory_(make_directory(random)) {
    sandbox::ForgeServerOptions options;
    options.directory = directory_;
    options.prefix = "/forge";
    options.webhook_secret = kHookSecret;
    options.users = {{"warden", "warden@acme.test", "warden-token-1"}, {"alice", "alice@acme.test", "alice-token-2"}, {"owner", "owner@acme.test", "owner-token-3", true}};
    auto server = sandbox::create_forge_server(io.get_executor(), clock, random, options);
    if (!server) throw std::runtime_error(server.error().message);
    forge_ = std::move(*server);
    auto http = net::start_http_server(io.get_executor(), clock, {}, [this](net::ServerRequest request) { return forge_->handle(std::move(request)); });
    if (!http) throw std::runtime_error(http.error().message);
    http_ = std::move(*http);
    base_url_ = "http://127.0.0.1:" + std::to_string(http_->port()) + "/forge";
    forge_->set_urls(base_url_, "");
    auto made = forge_->create_repository("acme/config", {{"README.md", "# Configuration\n"}, {"apps/shop/app.yaml", "replicas: 1\n"}}, options.users[1]);
    if (!made) throw std::runtime_error(made.error().message);
  }
  ~SandboxForge() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  std::string api_url() const override { return base_url_ + "/api/v1"; }
  std::string project() const override { return "acme/config"; }
  std::string clone_url() const override { return base_url_ + "/acme/config.git"; }
  std::string bot() const override { return "warden"; }
  std::string bot_token() const override { return "warden-token-1"; }
  std::string alice_token() const override { return "alice-token-2"; }
  std::string admin_token() const override { return "owner-token-3"; }
  bool slow() const override { return false; }
  void send_webhooks_to(const std::string& url) override { forge_->set_urls(base_url_, url); }
  void stop(asio::io_context& io) override {
    run(io, http_->stop());
    run(io, forge_->stop());
  }

 private:
  static std::string make_directory(Random& random) {
    return (std::filesystem::temp_directory_path() / ("driftwarden-forge-" + std::to_string(::getpid()) + "-" + random.hex(8))).string();
  }

  std::string directory_;
  std::string base_url_;
  std::unique_ptr<sandbox::ForgeServer> forge_;
  std::unique_ptr<net::HttpServer> http_;
};

}  // namespace

ForgeBackend sandbox_forge() {
  ForgeBackend backend;
  backend.name = "sandbox";
  backend.unavailable = [] { return std::string{}; };
  backend.start = [](asio::io_context& io, Clock& clock, Random& random, net::HttpClient&) -> std::unique_ptr<ForgeUnderTest> {
    return std::make_unique<SandboxForge>(io, clock, random);
  };
  return backend;
}

}  // namespace driftwarden::test
