#pragma once
// What speaking to any forge's REST API needs: one request, its retries, limits, redirects and pages, and what its statuses mean.
#include "gitops/base/clock.hpp"
#include "gitops/base/secret.hpp"
#include "integrations/forge/rate_limit.hpp"
#include "integrations/net/http_client.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::forge {

/// Whether a request that may or may not have reached the forge is sent again.
enum class Repeat { Never, Safe };

class Credentials {
 public:
  virtual ~Credentials() = default;
  virtual asio::awaitable<Result<Secret<std::string>>> token() = 0;
  /// The forge knows `token` no more. True when token() may give another one.
  virtual bool refused(const Secret<std::string>& token) = 0;
};

std::shared_ptr<Credentials> make_fixed_token(Secret<std::string> token);

/// What differs between forges on the wire.
struct Dialect {
  std::string name;     ///< "Gitea"
  std::string root;     ///< ".../api/v1"
  std::string project;  ///< below the root: "/repos/acme/config"
  std::string project_name;
  std::string auth_header = "Authorization";
  std::string auth_prefix = "Bearer ";
  std::vector<std::pair<std::string, std::string>> headers{{"Accept", "application/json"}};
  std::string scopes;  ///< what the token needs, for people
  std::optional<WritePace::Limits> pace{};
};

class ForgeApi {
 public:
  ForgeApi(net::HttpClient& http, Clock& clock, Dialect dialect, std::shared_ptr<Credentials> credentials);

  /// `path` starts below the project ("/pulls/3"; "" is the project itself), or with "~" below the API's root ("~/user"), or is a whole address of
  /// this server. Any answer but 2xx is an Error.
  asio::awaitable<Result<net::HttpResponse>> read(std::string path);
  asio::awaitable<Result<net::HttpResponse>> write(std::string method, std::string path, std::string body, Repeat repeat);
  /// The bodies of at most `pages_max` pages, by the Link header.
  asio::awaitable<Result<std::vector<std::string>>> read_pages(std::string path, std::size_t pages_max);
  /// One try, any status: for calls whose refusals need a closer look. Redirects, a token that ran out and short limits are seen to.
  asio::awaitable<Result<net::HttpResponse>> send_once(std::string method, std::string path, std::string body);

  /// What a refusal means, with the forge's own words.
  Error refusal(const std::string& method, const std::string& path, const net::HttpResponse& response) const;
  Error unreadable(const std::string& method, const std::string& path) const;
  asio::awaitable<Result<Secret<std::string>>> token() { return credentials_->token(); }

  Clock& clock() const { return clock_; }
  const Dialect& dialect() const { return dialect_; }

 private:
  asio::awaitable<Result<net::HttpResponse>> call(std::string method, std::string path, std::string body, Repeat repeat);
  /// Nothing but the request with the token that is good now.
  asio::awaitable<Result<net::HttpResponse>> exchange(std::string method, std::string url, std::string body);
  asio::awaitable<Result<net::HttpResponse>> follow(std::string method, std::string path, std::string body);
  /// Obeys a limit that an earlier answer spoke of, and the pace of writes.
  asio::awaitable<Result<void>> wait_for_turn(std::string method, std::string path);
  std::string url_of(const std::string& path) const;
  std::string step(const std::string& method, const std::string& path) const;
  std::string redacted(std::string text) const;
  std::string advice(unsigned status) const;

  net::HttpClient& http_;
  Clock& clock_;
  Dialect dialect_;
  std::shared_ptr<Credentials> credentials_;
  std::optional<WritePace> pace_;
  std::vector<Secret<std::string>> seen_tokens_;  ///< the last few, so that no error shows one
  MonoTime limited_until_{};
};

/// The forge's own words for a refusal: the message and errors of its answer, or a short piece of a body that isn't JSON.
std::string words_of(const net::HttpResponse& response);
/// The `rel="next"` of a Link header.
std::optional<std::string> next_page(const net::Headers& headers);
/// Without trailing slashes, and with `suffix` ("/api/v1") once.
std::string api_root(std::string url, const std::string& suffix);

}  // namespace driftwarden::forge
