#include "integrations/kubernetes/api_client.hpp"

#include "integrations/kubernetes/status_error.hpp"
#include "integrations/net/backoff.hpp"

namespace driftwarden::kubernetes {
namespace {

constexpr int kTries = 3;

std::string without_final_slashes(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

}  // namespace

ApiClient::ApiClient(asio::any_io_executor executor, Clock& clock, Random& random, Connection connection, std::function<bool()> may_send)
    : executor_(executor),
      clock_(clock),
      random_(random),
      connection_(connection),
      may_send_(std::move(may_send)),
      base_(without_final_slashes(connection.server)),
      credentials_(executor, clock, std::move(connection)) {}

std::shared_ptr<net::HttpClient> ApiClient::client_for(const Credential& credential) {
  if (client_ && client_generation_ == credential.generation) return client_;
  net::HttpClientOptions options;
  options.tls = connection_.tls;
  options.tls.client_certificate_pem = credential.client_certificate_pem;
  options.tls.client_key_pem = credential.client_key_pem;
  options.may_send = may_send_;
  client_ = net::create_http_client(executor_, clock_, std::move(options));
  client_generation_ = credential.generation;
  return client_;
}

net::HttpRequest ApiClient::to_http(const ApiRequest& request, const Credential& credential) const {
  net::HttpRequest http(request.method, base_ + request.path);
  http.headers.set("Accept", request.accept);
  if (!request.content_type.empty()) http.headers.set("Content-Type", request.content_type);
  if (!credential.authorization.empty()) http.headers.set("Authorization", credential.authorization.reveal());
  http.body = request.body;
  http.timeout = request.timeout;
  http.max_response_bytes = 256U << 20U;
  return http;
}

asio::awaitable<Result<net::HttpResponse>> ApiClient::send(ApiRequest request) {
  for (int attempt = 0;; ++attempt) {
    CO_TRY(const auto credential, co_await credentials_.current());
    const auto client = client_for(credential);
    auto http = to_http(request, credential);
    auto sent = co_await client->send(std::move(http));
    on_answer(sent ? sent->status : 0U);
    if (!sent) co_return sent.error();
    auto response = std::move(*sent);
    if (response.status < 500) on_heard();
    if (response.status != 401 || attempt > 0 || !credentials_.renew(credential.issue)) co_return response;
  }
}

asio::awaitable<Result<net::HttpResponse>> ApiClient::send_patiently(ApiRequest request) {
  const auto deadline = clock_.mono_now() + request.timeout;
  net::Backoff::Limits limits;
  limits.base = Duration{200};
  limits.max = Duration{2'000};
  net::Backoff backoff(random_, limits);
  for (int attempt = 1;; ++attempt) {
    request.timeout = std::max(Duration{1}, std::chrono::duration_cast<Duration>(deadline - clock_.mono_now()));
    auto response = co_await send(request);
    if (!response && response.error().kind != ErrorKind::Unavailable) co_return response;
    if (response && !is_worth_repeating(response->status, response->body)) co_return response;
    auto wait = backoff.next();
    if (response) {
      const auto header = response->headers.find("Retry-After");
      if (const auto asked = header ? net::parse_retry_after(*header, clock_.wall_now()) : std::nullopt) wait = std::max(wait, *asked);
    }
    if (attempt >= kTries || clock_.mono_now() + wait >= deadline) co_return response;
    CO_CHECK_OK(co_await clock_.sleep_for(wait));
  }
}

asio::awaitable<Result<ApiStream>> ApiClient::open_stream(ApiRequest request) {
  for (int attempt = 0;; ++attempt) {
    CO_TRY(const auto credential, co_await credentials_.current());
    ApiStream opened;
    opened.client = client_for(credential);
    auto http = to_http(request, credential);
    auto stream = co_await opened.client->open_stream(std::move(http));
    on_answer(stream ? (*stream)->status() : 0U);
    if (!stream) co_return stream.error();
    opened.stream = std::move(*stream);
    if (opened.stream->status() < 500) on_heard();
    if (opened.stream->status() != 401 || attempt > 0 || !credentials_.renew(credential.issue)) co_return opened;
  }
}

}  // namespace driftwarden::kubernetes
