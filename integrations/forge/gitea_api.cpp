#include "integrations/forge/gitea_api.hpp"

#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::forge {

namespace {

constexpr int kTries = 3;
constexpr Duration kFirstWait{300};
constexpr Duration kLongestWait{20'000};
constexpr std::size_t kLongestWords = 300;

std::string api_root(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url.ends_with("/api/v1") ? url : url + "/api/v1";
}

std::string encoded_project(const std::string& project) {
  std::vector<std::string> parts = split(project, '/');
  for (auto& part : parts) part = net::percent_encode(part);
  return join(parts, "/");
}

std::string without(std::string text, const std::string& secret) {
  if (secret.empty()) return text;
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) text.replace(at, secret.size(), "***");
  return text;
}

ErrorKind kind_of(unsigned status) {
  switch (status) {
    case 401:
    case 403: return ErrorKind::Denied;
    case 404:
    case 410: return ErrorKind::NotFound;
    case 405:
    case 409:
    case 412:
    case 423: return ErrorKind::Conflict;
    case 429: return ErrorKind::RateLimited;
    default: return status >= 500 ? ErrorKind::Unavailable : ErrorKind::InvalidInput;
  }
}

std::string advice(unsigned status, const std::string& project) {
  if (status == 401) return "; the forge doesn't know this token: make a new one and set it in the configuration";
  if (status == 403) return "; the token's user or scopes don't allow it (needed: write:repository, write:issue)";
  if (status == 404) return "; check the project \"" + project + "\" and that the token's user may read it";
  if (status >= 300 && status < 400) return "; the forge redirects: set api_url to its final address";
  return "";
}

bool may_succeed_later(unsigned status) { return status == 429 || status == 502 || status == 503 || status == 504; }

}  // namespace

std::string words_of(const net::HttpResponse& response) {
  const auto body = nlohmann::json::parse(response.body, nullptr, false);
  std::string words;
  if (body.is_object()) {
    const auto message = body.find("message");
    if (message != body.end() && message->is_string()) words = message->get<std::string>();
    const auto errors = body.find("errors");
    if (errors != body.end() && errors->is_array() && !errors->empty() && errors->front().is_string()) words += ": " + errors->front().get<std::string>();
  } else if (response.body.find('<') == std::string::npos) {
    words = response.body;
  }
  return ellipsize(without_control_characters(trim(words)), kLongestWords);
}

GiteaApi::GiteaApi(net::HttpClient& http, Clock& clock, ForgeOptions options)
    : http_(http), clock_(clock), options_(std::move(options)), root_(api_root(options_.api_url) + "/repos/" + encoded_project(options_.project)) {}

std::string GiteaApi::step(const std::string& method, const std::string& path) const {
  return method + " " + root_ + path.substr(0, path.find('?'));
}

Error GiteaApi::refusal(const std::string& method, const std::string& path, const net::HttpResponse& response) const {
  const auto words = without(words_of(response), options_.token.reveal());
  auto message = fmt::format("{}: the forge answers {}{}{}", step(method, path), response.status, words.empty() ? "" : " \"" + words + "\"",
                             advice(response.status, options_.project));
  return Error{kind_of(response.status), std::move(message)};
}

Error GiteaApi::unreadable(const std::string& method, const std::string& path) const {
  return Error{ErrorKind::Corrupt, step(method, path) + ": the answer isn't what Gitea's API gives; check api_url"};
}

asio::awaitable<Result<net::HttpResponse>> GiteaApi::send_once(std::string method, std::string path, std::string body) {
  net::HttpRequest request(method, root_ + path);
  request.headers.set("Authorization", "token " + options_.token.reveal());
  request.headers.set("Accept", "application/json");
  if (!body.empty()) request.headers.set("Content-Type", "application/json");
  request.body = std::move(body);
  auto response = co_await http_.send(std::move(request));
  if (!response) {
    auto error = response.error();
    error.message = without(std::move(error.message), options_.token.reveal());
    if (error.message.find(root_) == std::string::npos) error = wrap(step(method, path), std::move(error));
    co_return error;
  }
  co_return response;
}

asio::awaitable<Result<net::HttpResponse>> GiteaApi::call(std::string method, std::string path, std::string body, Repeat repeat) {
  Duration wait = kFirstWait;
  for (int tries = 1;; ++tries) {
    auto response = co_await send_once(method, path, body);
    if (response && response->ok()) co_return response;
    const bool last = tries >= kTries;
    if (!response) {
      if (last || repeat == Repeat::Never || !is_transient(response.error())) co_return response.error();
    } else {
      // 429 is answered before anything was done, so it is safe to repeat whatever the request.
      const bool repeatable = repeat == Repeat::Safe || response->status == 429;
      auto error = refusal(method, path, *response);
      if (last || !repeatable || !may_succeed_later(response->status)) co_return error;
      const auto asked = net::parse_retry_after(response->headers.find("Retry-After").value_or(""), clock_.wall_now());
      if (asked && *asked > kLongestWait) co_return error;
      if (asked) wait = std::max(wait, *asked);
    }
    CO_CHECK_OK(co_await clock_.sleep_for(wait));
    wait = std::min(wait * 3, kLongestWait);
  }
}

asio::awaitable<Result<net::HttpResponse>> GiteaApi::read(std::string path) { return call("GET", std::move(path), "", Repeat::Safe); }

asio::awaitable<Result<net::HttpResponse>> GiteaApi::write(std::string method, std::string path, std::string body, Repeat repeat) {
  return call(std::move(method), std::move(path), std::move(body), repeat);
}

}  // namespace driftwarden::forge
