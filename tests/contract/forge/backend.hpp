#pragma once
// The forges that the suite runs against: the sandbox's, in process, and a real Gitea.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "integrations/net/http_client.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

namespace driftwarden::test {

inline constexpr const char* kHookSecret = "between the forge and us";

/// One running forge with one fresh project, whose branch main holds README.md and apps/shop/app.yaml.
class ForgeUnderTest {
 public:
  virtual ~ForgeUnderTest() = default;
  virtual std::string api_url() const = 0;
  virtual std::string project() const = 0;
  virtual std::string clone_url() const = 0;
  virtual std::string bot() const = 0;  ///< login of the bot's token
  virtual std::string bot_token() const = 0;
  virtual std::string alice_token() const = 0;
  virtual std::string admin_token() const = 0;  ///< of whoever may set branch protection
  virtual bool slow() const = 0;                ///< a second per pull request
  virtual void send_webhooks_to(const std::string& url) = 0;  ///< signed with kHookSecret
  virtual void stop(asio::io_context& io) = 0;
};

struct ForgeBackend {
  std::string name;
  std::function<std::string()> unavailable;  ///< why, or ""
  std::function<std::unique_ptr<ForgeUnderTest>(asio::io_context&, Clock&, Random&, net::HttpClient&)> start;
  friend std::ostream& operator<<(std::ostream& out, const ForgeBackend& backend) { return out << backend.name; }
};

ForgeBackend sandbox_forge();
/// DRIFTWARDEN_LIVE_GITEA (its address), DRIFTWARDEN_LIVE_GITEA_TOKEN (the bot's), DRIFTWARDEN_LIVE_GITEA_TOKEN_ALICE.
ForgeBackend live_gitea();

}  // namespace driftwarden::test
