#include "integrations/llm/endpoint.hpp"

#include "integrations/llm/answer.hpp"
#include "integrations/llm/endpoint_errors.hpp"
#include "integrations/net/url.hpp"

#include <fmt/core.h>

namespace driftwarden::llm {
namespace {

constexpr std::size_t kLargestList = 4U << 20U;

ErrorKind kind_of(unsigned status) {
  switch (status) {
    case 401:
    case 403: return ErrorKind::Denied;
    case 404: return ErrorKind::NotFound;
    case 408:
    case 425: return ErrorKind::Unavailable;
    case 429: return ErrorKind::RateLimited;
    default: return status >= 500 ? ErrorKind::Unavailable : ErrorKind::InvalidInput;
  }
}

std::string_view advice(unsigned status) {
  if (status == 401) return "; check model.key";
  if (status == 403) return "; this key may not use the model";
  if (status == 404) return "; check model.api_url and model.model";
  if (status >= 300 && status < 400) return "; it redirects: set model.api_url to its final address";
  if (status == 429) return "; it was asked too often, or its quota is used up";
  return "";
}

}  // namespace

Result<void> check_address(const ModelOptions& options) {
  TRY(const auto url, net::parse_url(options.api_url));
  if (url.scheme == "https" || (url.scheme == "http" && net::is_loopback(url))) return Result<void>{};
  return Error{ErrorKind::InvalidInput, "the model's endpoint must be reached by https; plain http is for this machine alone"};
}

void authorise(net::HttpRequest& request, const ModelOptions& options) {
  if (!options.key.empty()) request.headers.set("Authorization", "Bearer " + options.key.reveal());
}

Error refusal(unsigned status, std::string_view body, const ModelOptions& options) {
  auto said = status == 401 || status == 403 ? std::string() : error_line(body);
  if (!options.key.empty() && said.find(options.key.reveal()) != std::string::npos) said.clear();
  return {kind_of(status), fmt::format("it answers {}{}{}{}", status, said.empty() ? "" : ": ", said, advice(status))};
}

asio::awaitable<Result<std::vector<std::string>>> list_models(net::HttpClient& http, const ModelOptions& options) {
  CO_CHECK_OK(check_address(options));
  net::HttpRequest request("GET", options.api_url + "/models");
  request.headers.set("Accept", "application/json");
  authorise(request, options);
  request.timeout = options.timeout;
  request.max_response_bytes = kLargestList;
  auto sending = http.send(std::move(request));
  CO_TRY(const auto response, co_await std::move(sending));
  if (!response.ok()) co_return refusal(response.status, response.body, options);
  co_return read_models(response.body);
}

}  // namespace driftwarden::llm
