#include "tests/e2e/driver/web.hpp"

#include "tests/support/run.hpp"

#include <stdexcept>

namespace driftwarden::e2e {
namespace {

net::HttpClientOptions options_with(net::TlsOptions tls) {
  net::HttpClientOptions options;
  options.tls = std::move(tls);
  // A server that was killed in between leaves no connection to be reused.
  options.max_idle_per_host = 0;
  options.user_agent = "kubectl/v1.36.3 (linux/amd64)";
  return options;
}

}  // namespace

Web::Web(net::TlsOptions tls) : client_(net::create_http_client(io_.get_executor(), clock_, options_with(std::move(tls)))) {}

WebAnswer Web::send(const std::string& method, const std::string& url, const std::string& authorization, const std::string& body, const std::string& content_type) {
  net::HttpRequest request(method, url);
  request.body = body;
  if (!authorization.empty()) request.headers.set("Authorization", authorization);
  if (!body.empty()) request.headers.set("Content-Type", content_type);
  auto response = test::run(io_, client_->send(std::move(request)), std::chrono::seconds{60});
  if (!response) throw std::runtime_error(method + " " + url + ": " + response.error().message);
  WebAnswer answer;
  answer.status = response->status;
  answer.text = std::move(response->body);
  auto parsed = Json::parse(answer.text, nullptr, false);
  if (!parsed.is_discarded()) answer.body = std::move(parsed);
  return answer;
}

}  // namespace driftwarden::e2e
