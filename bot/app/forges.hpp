#pragma once
// From the config to the forges it names, and their tokens for Git.
#include "bot/config/config.hpp"
#include "gitops/repository/mirror.hpp"
#include "integrations/forge/forge.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace driftwarden {

using Forges = std::map<std::string, std::unique_ptr<forge::Forge>>;  ///< by repository; those without a forge have none
Forges make_forges(net::HttpClient& http, Clock& clock, const Config& config);
std::map<std::string, forge::Forge*> pointers_to(const Forges& forges);

/// By repository. `directory` is private: keys that the config gives as text rest there. Errors: a key that can't be kept.
Result<std::map<std::string, Signer>> make_signers(const Config& config, const std::string& directory);

/// Passwords for Git of repositories whose config gives none: the forge's token, which a GitHub App renews each hour. Any thread may ask.
class GitTokens {
 public:
  void put(const std::string& url, Secret<std::string> token);
  /// `credentials` with what is known for the URL where they have no password of their own.
  GitCredentials complete(const std::string& url, GitCredentials credentials) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Secret<std::string>> tokens_;
};
/// Repositories over HTTP whose credentials are the forge's.
bool needs_forge_token(const RepositoryConfig& repository);
TransportFactory with_tokens(TransportFactory inner, std::shared_ptr<const GitTokens> tokens);

}  // namespace driftwarden
