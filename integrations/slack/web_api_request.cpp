#include "integrations/slack/web_api_request.hpp"

#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"
#include "integrations/slack/web_api_errors.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace driftwarden::slack {
namespace {

using nlohmann::json;

constexpr Duration kUnnamedWait{30'000};  // a 429 without Retry-After
constexpr Duration kShortestWait{500};
constexpr Duration kLongestWait{3'600'000};
constexpr std::size_t kMaxAnswer = 16U << 20U;

std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string form_body(const json& arguments) {
  std::map<std::string, std::string> fields;
  for (const auto& [name, value] : arguments.items()) {
    if (value.is_null()) continue;
    fields[name] = value.is_string() ? value.get<std::string>() : dump(value);
  }
  return net::make_query(fields);
}

json without_nulls(const json& arguments) {
  json out = json::object();
  for (const auto& [name, value] : arguments.items()) {
    if (!value.is_null()) out[name] = value;
  }
  return out;
}

Exchange rate_limited(const std::string& method, const net::HttpResponse& response, WallTime now) {
  const auto header = response.headers.find("Retry-After");
  const auto named = header ? net::parse_retry_after(*header, now).value_or(kUnnamedWait) : kUnnamedWait;
  const auto wait = std::clamp(named, kShortestWait, kLongestWait);
  return {Error{ErrorKind::RateLimited, fmt::format("Slack's {}: rate limited for {} s", method, wait.count() / 1000)}, wait, true};
}

}  // namespace

net::HttpRequest make_request(const WebApiOptions& options, const std::string& method, const JsonPtr& arguments) {
  const bool slash = options.api_url.ends_with('/');
  net::HttpRequest request("POST", options.api_url + (slash ? "" : "/") + method);
  const auto& token = needs_app_token(method) ? options.app_token : options.bot_token;
  request.headers.set("Authorization", "Bearer " + token.reveal());
  const json given = arguments && arguments->is_object() ? *arguments : json::object();
  if (takes_json(method)) {
    request.headers.set("Content-Type", "application/json; charset=utf-8");
    request.body = dump(without_nulls(given));
  } else {
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    request.body = form_body(given);
  }
  request.timeout = options.attempt_timeout;
  request.max_response_bytes = kMaxAnswer;
  request.idempotent = is_repeatable(method);
  return request;
}

namespace {

Exchange read_answer(const std::string& method, const net::HttpResponse& response, WallTime now) {
  if (response.status == 429) return rate_limited(method, response, now);
  auto answer = json::parse(response.body, nullptr, false);
  if (answer.is_discarded() || !answer.is_object() || response.status >= 500) {
    return {Error{ErrorKind::Unavailable, fmt::format("Slack's {}: no answer of the API but HTTP {}", method, response.status)}, {}, false};
  }
  if (answer.value("ok", json(false)) == true) {
    return {JsonPtr(std::make_shared<const json>(std::move(answer))), {}, false};
  }
  auto error = api_error(method, answer);
  if (error.kind == ErrorKind::RateLimited) return rate_limited(method, response, now);
  const auto code = answer.find("error");
  const bool no_effect = code != answer.end() && code->is_string() && had_no_effect(code->get<std::string>());
  return {std::move(error), {}, no_effect};
}

/// "channels:read,chat:write"
std::optional<std::vector<std::string>> scopes_in(const net::Headers& headers) {
  const auto header = headers.find("X-OAuth-Scopes");
  if (!header) return std::nullopt;
  std::vector<std::string> scopes;
  for (const auto& scope : split(*header, ',')) {
    if (const auto name = trim(scope); !name.empty()) scopes.emplace_back(name);
  }
  return scopes;
}

}  // namespace

Exchange read_response(const std::string& method, const net::HttpResponse& response, WallTime now) {
  auto exchange = read_answer(method, response, now);
  exchange.scopes = scopes_in(response.headers);
  exchange.clock_ahead = net::clock_ahead(response.headers, now);
  return exchange;
}

}  // namespace driftwarden::slack
