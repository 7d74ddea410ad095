#include "gitops/base/crypto.hpp"
#include "tests/contract/forge/backend.hpp"
#include "tests/support/run.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <stdexcept>

namespace driftwarden::test {

namespace {

using nlohmann::json;

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class LiveGitea final : public ForgeUnderTest {
 public:
  LiveGitea(asio::io_context& io, Random& random, net::HttpClient& http) : io_(io), http_(http), url_(setting("DRIFTWARDEN_LIVE_GITEA")) {
    while (url_.ends_with('/')) url_.pop_back();
    bot_ = call("GET", "/user", {}, bot_token()).at("login");
    const std::string alice = call("GET", "/user", {}, alice_token()).at("login");
    name_ = "contract-" + random.hex(10);
    call("POST", "/user/repos", {{"name", name_}, {"auto_init", true}, {"default_branch", "main"}}, bot_token());
    call("PUT", "/repos/" + project() + "/collaborators/" + alice, {{"permission", "write"}}, bot_token());
    call("POST", "/repos/" + project() + "/contents/apps/shop/app.yaml", {{"content", base64_encode("replicas: 1\n")}, {"message", "add"}, {"branch", "main"}}, bot_token());
  }
  std::string api_url() const override { return url_ + "/api/v1"; }
  std::string project() const override { return bot_ + "/" + name_; }
  std::string clone_url() const override { return url_ + "/" + project() + ".git"; }
  std::string bot() const override { return bot_; }
  std::string bot_token() const override { return setting("DRIFTWARDEN_LIVE_GITEA_TOKEN"); }
  std::string alice_token() const override { return setting("DRIFTWARDEN_LIVE_GITEA_TOKEN_ALICE"); }
  std::string admin_token() const override { return bot_token(); }
  bool slow() const override { return true; }
  void send_webhooks_to(const std::string& url) override {
    const json events{"push",          "pull_request", "pull_request_review", "pull_request_review_request", "pull_request_review_approved", "pull_request_review_rejected",
                      "pull_request_review_comment", "pull_request_comment", "pull_request_sync", "issue_comment", "status"};
    call("POST", "/repos/" + project() + "/hooks",
         {{"type", "gitea"}, {"active", true}, {"events", events}, {"config", {{"url", url}, {"content_type", "json"}, {"secret", kHookSecret}}}}, bot_token());
  }
  void stop(asio::io_context&) override { call("DELETE", "/repos/" + project(), {}, bot_token()); }

 private:
  json call(const std::string& method, const std::string& path, const json& body, const std::string& token) {
    net::HttpRequest request(method, api_url() + path);
    request.headers.set("Authorization", "token " + token);
    request.headers.set("Content-Type", "application/json");
    if (!body.is_null()) request.body = body.dump();
    auto response = run(io_, http_.send(std::move(request)), std::chrono::seconds{20});
    if (!response) throw std::runtime_error(response.error().message);
    if (!response->ok()) throw std::runtime_error(method + " " + path + ": " + std::to_string(response->status) + " " + response->body);
    return json::parse(response->body, nullptr, false);
  }

  asio::io_context& io_;
  net::HttpClient& http_;
  std::string url_;
  std::string bot_;
  std::string name_;
};

}  // namespace

ForgeBackend live_gitea() {
  ForgeBackend backend;
  backend.name = "gitea";
  backend.unavailable = [] {
    for (const char* name : {"DRIFTWARDEN_LIVE_GITEA", "DRIFTWARDEN_LIVE_GITEA_TOKEN", "DRIFTWARDEN_LIVE_GITEA_TOKEN_ALICE"}) {
      if (setting(name).empty()) return std::string(name) + " isn't set";
    }
    return std::string{};
  };
  backend.start = [](asio::io_context& io, Clock&, Random& random, net::HttpClient& http) -> std::unique_ptr<ForgeUnderTest> {
    return std::make_unique<LiveGitea>(io, random, http);
  };
  return backend;
}

}  // namespace driftwarden::test
