#include "integrations/forge/forge_api.hpp"

#include "gitops/base/replace.hpp"
#include "gitops/base/text.hpp"
#include "integrations/forge/forge_json.hpp"
#include "integrations/net/url.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::forge {

using nlohmann::json;

namespace {

constexpr int kTries = 3;
constexpr int kHops = 3;
constexpr Duration kFirstWait{300};
constexpr Duration kLongestWait{20'000};
constexpr Duration kCallDeadline{60'000};
constexpr std::size_t kLongestWords = 300;
constexpr std::size_t kTokensKept = 3;

class FixedToken final : public Credentials {
 public:
  explicit FixedToken(Secret<std::string> token) : token_(std::move(token)) {}
  asio::awaitable<Result<Secret<std::string>>> token() override { co_return token_; }
  bool refused(const Secret<std::string>&) override { return false; }

 private:
  Secret<std::string> token_;
};

ErrorKind kind_of(unsigned status) {
  switch (status) {
    case 401:
    case 403: return ErrorKind::Denied;
    case 404:
    case 410: return ErrorKind::NotFound;
    case 405:
    case 406:
    case 409:
    case 412:
    case 423: return ErrorKind::Conflict;
    case 429: return ErrorKind::RateLimited;
    default: return status >= 500 ? ErrorKind::Unavailable : ErrorKind::InvalidInput;
  }
}

bool may_succeed_later(unsigned status) { return status == 502 || status == 503 || status == 504; }
bool is_redirect(unsigned status) { return status == 301 || status == 302 || status == 307 || status == 308; }

bool same_server(const net::Url& a, const net::Url& b) { return a.scheme == b.scheme && a.host == b.host && a.port == b.port; }

/// "title: can't be blank", whatever shape it came in.
void add_words(std::vector<std::string>& words, const json& value) {
  if (words.size() >= 4) return;
  if (value.is_string()) {
    if (!trim(value.get<std::string>()).empty()) words.push_back(value.get<std::string>());
  } else if (value.is_array()) {
    for (const auto& item : value) add_words(words, item);
  } else if (value.is_object() && value.contains("code")) {  // one of GitHub's "errors"
    const auto said = text_at(value, "message");
    words.push_back(!said.empty() ? said : text_at(value, "field") + " " + text_at(value, "code"));
  } else if (value.is_object()) {
    for (const auto& [key, item] : value.items()) {
      std::vector<std::string> inner;
      add_words(inner, item);
      if (!inner.empty()) words.push_back(key + " " + join(inner, ", "));
    }
  }
}

}  // namespace

std::shared_ptr<Credentials> make_fixed_token(Secret<std::string> token) { return std::make_shared<FixedToken>(std::move(token)); }

std::string words_of(const net::HttpResponse& response) {
  const auto body = parse_json(response.body);
  std::vector<std::string> words;
  if (body.is_object()) {
    for (const char* key : {"message", "errors", "error", "error_description"}) {
      if (const auto found = body.find(key); found != body.end()) add_words(words, *found);
    }
  } else if (response.body.find('<') == std::string::npos) {
    words.push_back(response.body);
  }
  return ellipsize(without_control_characters(trim(join(words, ": "))), kLongestWords);
}

std::optional<std::string> next_page(const net::Headers& headers) {
  const auto links = headers.find("Link");
  if (!links) return std::nullopt;
  for (const auto& link : split(*links, ',')) {
    const auto open = link.find('<');
    const auto close = link.find('>', open);
    if (open == std::string::npos || close == std::string::npos) continue;
    const auto parameters = to_lower(link.substr(close));
    if (parameters.find("rel=\"next\"") != std::string::npos || parameters.find("rel=next") != std::string::npos)
      return link.substr(open + 1, close - open - 1);
  }
  return std::nullopt;
}

std::string api_root(std::string url, const std::string& suffix) {
  while (url.ends_with('/')) url.pop_back();
  return url.ends_with(suffix) ? url : url + suffix;
}

ForgeApi::ForgeApi(net::HttpClient& http, Clock& clock, Dialect dialect, std::shared_ptr<Credentials> credentials)
    : http_(http), clock_(clock), dialect_(std::move(dialect)), credentials_(std::move(credentials)) {
  if (dialect_.pace) pace_.emplace(*dialect_.pace);
}

std::string ForgeApi::url_of(const std::string& path) const {
  if (path.starts_with("~")) return dialect_.root + path.substr(1);
  if (path.starts_with("http://") || path.starts_with("https://")) return path;
  return dialect_.root + dialect_.project + path;
}

std::string ForgeApi::step(const std::string& method, const std::string& path) const {
  const auto url = url_of(path);
  return method + " " + url.substr(0, url.find('?'));
}

std::string ForgeApi::redacted(std::string text) const {
  for (const auto& token : seen_tokens_) replace_all(text, token.reveal(), "***");
  return text;
}

std::string ForgeApi::advice(unsigned status) const {
  if (status == 401) return "; the forge doesn't know this token: make a new one and set it in the configuration";
  if (status == 403) return "; the token's user or scopes don't allow it (needed: " + dialect_.scopes + ")";
  if (status == 404) return "; check the project \"" + dialect_.project_name + "\" and that the token's user may read it";
  if (status >= 300 && status < 400) return "; the forge redirects: set api_url to its final address";
  return "";
}

Error ForgeApi::refusal(const std::string& method, const std::string& path, const net::HttpResponse& response) const {
  const auto limit = limit_of(response, clock_.wall_now());
  const auto words = redacted(words_of(response));
  const auto what_to_do = limit ? "; asked too often: it may be tried again in " + format_age(*limit) : advice(response.status);
  auto message = fmt::format("{}: the forge answers {}{}{}", step(method, path), response.status, words.empty() ? "" : " \"" + words + "\"", what_to_do);
  return Error{limit ? ErrorKind::RateLimited : kind_of(response.status), std::move(message)};
}

Error ForgeApi::unreadable(const std::string& method, const std::string& path) const {
  return Error{ErrorKind::Corrupt, step(method, path) + ": the answer isn't what " + dialect_.name + "'s API gives; check api_url"};
}

asio::awaitable<Result<void>> ForgeApi::wait_for_turn(std::string method, std::string path) {
  const auto limited = std::chrono::ceil<Duration>(limited_until_ - clock_.mono_now());
  if (limited > kLongestWait) {
    co_return Error{ErrorKind::RateLimited, step(method, path) + ": the forge asked to be left alone for another " + format_age(limited)};
  }
  Duration wait = std::max(Duration{0}, limited);
  if (pace_ && method != "GET") wait = std::max(wait, pace_->take(clock_.mono_now()));
  if (wait > Duration{0}) CO_CHECK_OK(co_await clock_.sleep_for(wait));
  co_return Result<void>{};
}

asio::awaitable<Result<net::HttpResponse>> ForgeApi::exchange(std::string method, std::string url, std::string body) {
  for (bool renewed = false;; renewed = true) {
    CO_TRY(const auto token, co_await credentials_->token());
    if (seen_tokens_.empty() || seen_tokens_.back().reveal() != token.reveal()) seen_tokens_.push_back(token);
    if (seen_tokens_.size() > kTokensKept) seen_tokens_.erase(seen_tokens_.begin());
    net::HttpRequest request(method, url);
    request.headers.set(dialect_.auth_header, dialect_.auth_prefix + token.reveal());
    for (const auto& [name, value] : dialect_.headers) request.headers.set(name, value);
    if (!body.empty()) request.headers.set("Content-Type", "application/json");
    request.body = body;
    auto response = co_await http_.send(std::move(request));
    // 401 comes before anything was done, so it is safe to repeat whatever the request.
    if (response && response->status == 401 && !renewed && credentials_->refused(token)) continue;
    co_return response;
  }
}

asio::awaitable<Result<net::HttpResponse>> ForgeApi::follow(std::string method, std::string path, std::string body) {
  std::string url = url_of(path);
  CO_TRY(const auto home, net::parse_url(dialect_.root));
  for (int hops = 0;; ++hops) {
    CO_TRY(const auto here, net::parse_url(url));
    if (!same_server(here, home)) {
      co_return Error{ErrorKind::InvalidInput, step(method, path) + ": the forge points to " + here.authority() +
                                                   ", and the token isn't sent to another server: set api_url to its final address"};
    }
    auto response = co_await exchange(method, url, body);
    if (!response || !is_redirect(response->status) || hops >= kHops) co_return response;
    const auto location = response->headers.find("Location");
    if (!location || location->empty()) co_return response;
    url = location->starts_with('/') ? home.scheme + "://" + home.authority() + *location : *location;
  }
}

asio::awaitable<Result<net::HttpResponse>> ForgeApi::send_once(std::string method, std::string path, std::string body) {
  CO_CHECK_OK(co_await wait_for_turn(method, path));
  auto response = co_await follow(method, path, std::move(body));
  if (!response) {
    auto error = response.error();
    error.message = redacted(std::move(error.message));
    if (error.message.find(dialect_.root) == std::string::npos) error = wrap(step(method, path), std::move(error));
    co_return error;
  }
  if (const auto limit = limit_of(*response, clock_.wall_now())) limited_until_ = std::max(limited_until_, clock_.mono_now() + *limit);
  co_return response;
}

asio::awaitable<Result<net::HttpResponse>> ForgeApi::call(std::string method, std::string path, std::string body, Repeat repeat) {
  Duration wait = kFirstWait;
  const auto deadline = clock_.mono_now() + kCallDeadline;
  for (int tries = 1;; ++tries) {
    auto response = co_await send_once(method, path, body);
    if (response && response->ok()) co_return response;
    const bool last = tries >= kTries || clock_.mono_now() + wait > deadline;
    if (!response) {
      const auto& error = response.error();
      if (last || repeat == Repeat::Never || !is_transient(error) || error.kind == ErrorKind::RateLimited) co_return error;
    } else {
      auto error = refusal(method, path, *response);
      const auto limit = limit_of(*response, clock_.wall_now());
      // A limit is answered before anything was done, so that is safe to repeat too.
      const bool again = limit ? *limit <= kLongestWait : repeat == Repeat::Safe && may_succeed_later(response->status);
      if (last || !again) co_return error;
      const auto asked = net::parse_retry_after(response->headers.find("Retry-After").value_or(""), clock_.wall_now());
      if (asked && *asked > kLongestWait) co_return error;
      wait = std::max({wait, asked.value_or(wait), limit.value_or(wait)});
    }
    CO_CHECK_OK(co_await clock_.sleep_for(wait));
    wait = std::min(wait * 3, kLongestWait);
  }
}

asio::awaitable<Result<net::HttpResponse>> ForgeApi::read(std::string path) { return call("GET", std::move(path), "", Repeat::Safe); }

asio::awaitable<Result<net::HttpResponse>> ForgeApi::write(std::string method, std::string path, std::string body, Repeat repeat) {
  return call(std::move(method), std::move(path), std::move(body), repeat);
}

asio::awaitable<Result<std::vector<std::string>>> ForgeApi::read_pages(std::string path, std::size_t pages_max) {
  std::vector<std::string> pages;
  std::optional<std::string> next = std::move(path);
  while (next && pages.size() < pages_max) {
    CO_TRY(auto response, co_await read(*next));
    next = next_page(response.headers);
    pages.push_back(std::move(response.body));
  }
  co_return pages;
}

}  // namespace driftwarden::forge
