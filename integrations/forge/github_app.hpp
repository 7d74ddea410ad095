#pragma once
// A GitHub App: short-lived tokens for one repository instead of a person's.
#include "integrations/forge/forge.hpp"
#include "integrations/forge/forge_api.hpp"

#include <memory>
#include <string>

namespace driftwarden::forge {

/// RS256. Dated a minute back and good for nine: GitHub takes ten at most, by its own clock.
Result<std::string> make_app_jwt(std::int64_t app_id, const Secret<std::string>& private_key, WallTime now);

/// The installation's token, narrowed to the one repository. A new one after 50 of its 60 minutes, or when it is refused.
class GithubApp final : public Credentials {
 public:
  /// `dialect` is that of the repository's own calls.
  GithubApp(net::HttpClient& http, Clock& clock, const Dialect& dialect, ForgeOptions::App app);

  asio::awaitable<Result<Secret<std::string>>> token() override;
  bool refused(const Secret<std::string>& token) override;
  /// "slug[bot]"
  asio::awaitable<Result<Account>> account();

 private:
  asio::awaitable<Result<std::int64_t>> installation();

  Clock& clock_;
  ForgeOptions::App app_;
  std::string repository_;
  ForgeApi api_;  ///< as the App itself
  Secret<std::string> token_;
  MonoTime renew_at_{};
};

}  // namespace driftwarden::forge
