#pragma once
// Gitea's and Forgejo's REST API, version 1: one request, its retries, and what its statuses mean.
#include "gitops/base/clock.hpp"
#include "integrations/forge/forge.hpp"
#include "integrations/net/http_client.hpp"

#include <optional>
#include <string>

namespace driftwarden::forge {

/// Whether a request that may or may not have reached the forge is sent again.
enum class Repeat { Never, Safe };

class GiteaApi {
 public:
  GiteaApi(net::HttpClient& http, Clock& clock, ForgeOptions options);

  /// `path` starts below the project ("/pulls/3"); "" is the project itself. Any answer but 2xx is an Error.
  asio::awaitable<Result<net::HttpResponse>> read(std::string path);
  asio::awaitable<Result<net::HttpResponse>> write(std::string method, std::string path, std::string body, Repeat repeat);
  /// One try, any status: for calls whose refusals need a closer look.
  asio::awaitable<Result<net::HttpResponse>> send_once(std::string method, std::string path, std::string body);
  /// What a refusal means, with the forge's own words.
  Error refusal(const std::string& method, const std::string& path, const net::HttpResponse& response) const;
  Error unreadable(const std::string& method, const std::string& path) const;

  Clock& clock() const { return clock_; }
  const std::string& project() const { return options_.project; }

 private:
  asio::awaitable<Result<net::HttpResponse>> call(std::string method, std::string path, std::string body, Repeat repeat);
  std::string step(const std::string& method, const std::string& path) const;

  net::HttpClient& http_;
  Clock& clock_;
  ForgeOptions options_;
  std::string root_;  ///< ".../api/v1/repos/acme/config"
};

/// The forge's own words for a refusal: the "message" of its answer, or a short piece of a body that isn't Gitea's.
std::string words_of(const net::HttpResponse& response);

}  // namespace driftwarden::forge
