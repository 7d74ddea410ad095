#include "integrations/registry/registry.hpp"

#include "gitops/base/async.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"
#include "integrations/registry/challenge.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace driftwarden::registry {
namespace {

using nlohmann::json;

constexpr int kTries = 3;
constexpr std::size_t kMostPages = 100;
constexpr std::size_t kPageSize = 1000;
constexpr std::size_t kLargestPage = 4U << 20U;
constexpr std::size_t kLargestToken = 64U << 10U;
constexpr std::size_t kMostTokens = 200;
constexpr Duration kFirstWait{200};
constexpr Duration kTokenLife{60'000};
constexpr Duration kLongestLife{3'600'000};
constexpr Duration kTokenMargin{5'000};
constexpr const char* kManifests =
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json";

bool is_name(const std::string& name) {
  if (name.empty() || name.size() > 255) return false;
  for (const auto& part : split(name, '/')) {
    if (part.empty() || std::isalnum(static_cast<unsigned char>(part.front())) == 0 || std::isalnum(static_cast<unsigned char>(part.back())) == 0) return false;
    if (part.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") != std::string::npos) return false;
  }
  return true;
}

bool is_tag(const std::string& tag) {
  if (tag.empty() || tag.size() > 128 || tag.front() == '.' || tag.front() == '-') return false;
  return std::ranges::all_of(tag, [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-'; });
}

bool is_digest(const std::string& text) {
  return text.size() == 71 && text.starts_with("sha256:") && text.find_first_not_of("0123456789abcdef", 7) == std::string::npos;
}

bool may_succeed_later(unsigned status) { return status == 429 || status == 500 || status == 502 || status == 503 || status == 504; }

ErrorKind kind_of(unsigned status) {
  switch (status) {
    case 401:
    case 403: return ErrorKind::Denied;
    case 404: return ErrorKind::NotFound;
    case 429: return ErrorKind::RateLimited;
    default: return status >= 500 ? ErrorKind::Unavailable : ErrorKind::InvalidInput;
  }
}

std::string_view advice(unsigned status) {
  if (status == 401) return "; give it a user and a password in `registries` of the configuration, or check those there";
  if (status == 403) return "; its user may not pull this image";
  if (status == 404) return "; it has no such image";
  if (status >= 300 && status < 400) return "; it redirects: set api_url to its final address";
  if (status == 429) return "; it was asked too often";
  return "";
}

/// One look-up: all its requests share a deadline.
struct LookUp {
  std::string image;
  MonoTime deadline{};
};

class HttpRegistry final : public Registry {
 public:
  HttpRegistry(net::HttpClient& http, Clock& clock, RegistryOptions options) : http_(http), clock_(clock), options_(std::move(options)) {
    while (options_.api_url.ends_with('/')) options_.api_url.pop_back();
    if (options_.api_url.empty()) options_.api_url = "https://" + (options_.host == "docker.io" ? "registry-1.docker.io" : options_.host);
  }

  asio::awaitable<Result<std::vector<std::string>>> tags(std::string image) override {
    CO_CHECK_OK(check(image));
    const LookUp look_up{image, clock_.mono_now() + options_.timeout};
    auto pages = read_pages(look_up);
    auto raced = with_deadline(clock_, look_up.deadline, std::move(pages));
    auto found = co_await std::move(raced);
    if (!found) co_return named(image, found.error());
    co_return found;
  }

  asio::awaitable<Result<std::string>> digest(std::string image, std::string tag) override {
    CO_CHECK_OK(check(image));
    if (!is_tag(tag)) co_return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" can't be a tag", ellipsize(without_control_characters(tag), 80))};
    const LookUp look_up{image, clock_.mono_now() + options_.timeout};
    auto reading = read_digest(look_up, tag);
    auto raced = with_deadline(clock_, look_up.deadline, std::move(reading));
    auto found = co_await std::move(raced);
    if (!found) co_return named(image + ":" + tag, found.error());
    co_return found;
  }

 private:
  struct Token {
    std::string value;
    MonoTime until{};
  };

  Error named(const std::string& image, Error error) const { return wrap(fmt::format("asking {} for {}", options_.host, image), std::move(error)); }

  Result<void> check(const std::string& image) {
    if (!is_name(image)) return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" can't be an image of {}", ellipsize(without_control_characters(image), 80), options_.host)};
    TRY(const auto url, net::parse_url(options_.api_url));
    if (url.scheme == "https" || (url.scheme == "http" && net::is_loopback(url))) return Result<void>{};
    return Error{ErrorKind::InvalidInput, fmt::format("the registry {} must be reached by https", options_.host)};
  }

  asio::awaitable<Result<std::vector<std::string>>> read_pages(LookUp look_up) {
    std::vector<std::string> found;
    auto url = fmt::format("{}/v2/{}/tags/list?n={}", options_.api_url, look_up.image, kPageSize);
    for (std::size_t page = 0; page < kMostPages && found.size() < options_.most_tags; ++page) {
      net::HttpRequest request("GET", url);
      request.headers.set("Accept", "application/json");
      request.max_response_bytes = kLargestPage;
      auto asking = ask(look_up, std::move(request));
      CO_TRY(const auto response, co_await std::move(asking));
      CO_CHECK_OK(take_page(response.body, found));
      CO_TRY(const auto next, next_url(response, url));
      if (next.empty() || next == url) break;
      url = next;
    }
    if (found.size() > options_.most_tags) found.resize(options_.most_tags);
    co_return found;
  }

  /// "tags": null is what a registry says of an image whose tags were all deleted.
  static Result<void> take_page(const std::string& body, std::vector<std::string>& found) {
    const auto document = json::parse(body, nullptr, false);
    if (!document.is_object()) return Error{ErrorKind::Corrupt, "the answer is no list of tags; check api_url"};
    const auto tags = document.find("tags");
    if (tags == document.end() || tags->is_null()) return Result<void>{};
    if (!tags->is_array()) return Error{ErrorKind::Corrupt, "the answer is no list of tags; check api_url"};
    for (const auto& tag : *tags) {
      if (tag.is_string() && is_tag(tag.get_ref<const std::string&>())) found.push_back(tag.get<std::string>());
    }
    return Result<void>{};
  }

  /// "" at the end. A page elsewhere is not followed: our token would go there.
  Result<std::string> next_url(const net::HttpResponse& response, const std::string& current) const {
    const auto link = next_link(response.headers);
    if (!link || link->empty()) return std::string();
    TRY(const auto here, net::parse_url(current));
    const auto origin = here.scheme + "://" + here.authority();
    if (link->starts_with('/')) return origin + *link;
    if (link->starts_with('?')) return current.substr(0, current.find('?')) + *link;
    const auto there = net::parse_url(*link);
    if (!there) return Error{ErrorKind::Corrupt, "the next page has no address"};
    if (there->scheme != here.scheme || there->host != here.host || there->port != here.port) {
      return Error{ErrorKind::Denied, fmt::format("its next page is at {}, which isn't asked: set api_url to its final address", there->authority())};
    }
    return *link;
  }

  asio::awaitable<Result<std::string>> read_digest(LookUp look_up, std::string tag) {
    const auto url = fmt::format("{}/v2/{}/manifests/{}", options_.api_url, look_up.image, tag);
    for (const char* method : {"HEAD", "GET"}) {
      net::HttpRequest request(method, url);
      request.headers.set("Accept", kManifests);
      request.max_response_bytes = kLargestPage;
      auto asking = ask(look_up, std::move(request));
      CO_TRY(const auto response, co_await std::move(asking));
      const auto said = response.headers.find("Docker-Content-Digest");
      if (said && is_digest(*said)) co_return *said;
      if (request_had_body(method)) co_return "sha256:" + sha256_hex(response.body);
    }
    co_return Error{ErrorKind::Corrupt, "the registry tells no digest"};
  }
  static bool request_had_body(std::string_view method) { return method == "GET"; }

  /// A response of 2xx, or why there is none; with a token when one is asked for.
  asio::awaitable<Result<net::HttpResponse>> ask(LookUp look_up, net::HttpRequest request) {
    for (bool authorised = false;; authorised = true) {
      const bool sent = authorise(look_up.image, request);
      auto sending = send(look_up, request);
      CO_TRY(auto response, co_await std::move(sending));
      if (response.ok()) co_return response;
      if (response.status != 401 || authorised) co_return Error{kind_of(response.status), fmt::format("it answers {}{}", response.status, advice(response.status))};
      // What was sent isn't taken any more.
      if (sent) tokens_.erase(look_up.image);
      auto answering = answer_challenge(look_up, challenges_of(response.headers));
      CO_CHECK_OK(co_await std::move(answering));
    }
  }

  /// Whether anything was there to send.
  bool authorise(const std::string& image, net::HttpRequest& request) {
    const auto token = tokens_.find(image);
    if (token != tokens_.end() && token->second.until > clock_.mono_now()) {
      request.headers.set("Authorization", "Bearer " + token->second.value);
      return true;
    }
    if (basic_) request.headers.set("Authorization", basic_credentials());
    return basic_;
  }

  bool has_credentials() const { return !options_.username.empty() || !options_.password.empty(); }
  std::string basic_credentials() const { return "Basic " + base64_encode(options_.username + ":" + options_.password.reveal()); }

  asio::awaitable<Result<void>> answer_challenge(LookUp look_up, std::vector<Challenge> challenges) {
    const auto bearer = std::ranges::find(challenges, "bearer", &Challenge::scheme);
    if (bearer != challenges.end()) {
      auto fetching = fetch_token(look_up, *bearer);
      co_return co_await std::move(fetching);
    }
    const bool basic = std::ranges::find(challenges, "basic", &Challenge::scheme) != challenges.end();
    if (!basic || !has_credentials() || basic_) co_return Error{ErrorKind::Denied, fmt::format("it answers 401{}", advice(401))};
    basic_ = true;
    co_return Result<void>{};
  }

  /// Always for pulling this image and no more, whatever the challenge says.
  asio::awaitable<Result<void>> fetch_token(LookUp look_up, Challenge challenge) {
    CO_TRY(const auto registry, net::parse_url(options_.api_url));
    const auto realm = challenge.parameters["realm"];
    CO_TRY(const auto service, token_service(realm, registry));
    if (has_credentials() && !may_have_password(service, registry)) {
      co_return Error{ErrorKind::Denied, fmt::format("it sends us to {} for a token, and the password given for {} goes to no other host", service.authority(), registry.authority())};
    }
    std::map<std::string, std::string> query{{"scope", "repository:" + look_up.image + ":pull"}};
    if (const auto& name = challenge.parameters["service"]; !name.empty()) query["service"] = name;
    const auto target = service.target + (service.target.find('?') == std::string::npos ? "?" : "&") + net::make_query(query);
    net::HttpRequest request("GET", service.scheme + "://" + service.authority() + target);
    request.max_response_bytes = kLargestToken;
    if (has_credentials()) request.headers.set("Authorization", basic_credentials());
    auto sending = send(look_up, std::move(request));
    CO_TRY(const auto response, co_await std::move(sending));
    if (!response.ok()) co_return Error{kind_of(response.status), fmt::format("its token service {} answers {}{}", service.host, response.status, advice(response.status == 404 ? 0 : response.status))};
    co_return keep_token(look_up.image, response.body);
  }

  Result<void> keep_token(const std::string& image, const std::string& body) {
    const auto document = json::parse(body, nullptr, false);
    Token token;
    for (const char* key : {"access_token", "token"}) {
      if (document.is_object() && document.contains(key) && document[key].is_string()) token.value = document[key].get<std::string>();
    }
    const bool printable = std::ranges::all_of(token.value, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
    if (token.value.empty() || !printable) return Error{ErrorKind::Corrupt, "its token service gives no token"};
    auto life = kTokenLife;
    if (document.contains("expires_in") && document["expires_in"].is_number_integer()) {
      const auto seconds = std::clamp<std::int64_t>(document["expires_in"].get<std::int64_t>(), 0, 86'400);
      life = std::min(kLongestLife, Duration{seconds * 1000});
    }
    // One that is nearly over is good for this request at least.
    token.until = clock_.mono_now() + std::max(life - kTokenMargin, kTokenMargin);
    std::erase_if(tokens_, [now = clock_.mono_now()](const auto& kept) { return kept.second.until <= now; });
    if (tokens_.size() >= kMostTokens) tokens_.clear();
    tokens_[image] = std::move(token);
    return Result<void>{};
  }

  /// Any answer that isn't "later", after a few tries.
  asio::awaitable<Result<net::HttpResponse>> send(LookUp look_up, net::HttpRequest request) {
    auto wait = kFirstWait;
    for (int tries = 1;; ++tries, wait *= 2) {
      const auto left = std::chrono::ceil<Duration>(look_up.deadline - clock_.mono_now());
      if (left <= Duration{0}) co_return Error{ErrorKind::Timeout, "no answer in time"};
      request.timeout = left;
      auto response = co_await http_.send(request);
      const bool again = response ? may_succeed_later(response->status) : response.error().kind == ErrorKind::Unavailable;
      if (!again || tries == kTries) co_return response;
      const auto asked = response ? net::parse_retry_after(response->headers.find("Retry-After").value_or(""), clock_.wall_now()) : std::nullopt;
      const auto pause = std::max(wait, asked.value_or(Duration{0}));
      if (clock_.mono_now() + pause >= look_up.deadline) co_return response;
      CO_CHECK_OK(co_await clock_.sleep_for(pause));
    }
  }

  net::HttpClient& http_;
  Clock& clock_;
  RegistryOptions options_;
  std::map<std::string, Token> tokens_;  ///< by image
  bool basic_ = false;
};

}  // namespace

std::unique_ptr<Registry> create_registry(net::HttpClient& http, Clock& clock, RegistryOptions options) {
  return std::make_unique<HttpRegistry>(http, clock, std::move(options));
}

}  // namespace driftwarden::registry
