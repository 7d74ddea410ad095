#pragma once
// Requests to one API server: its address, our credential, patience. Knows nothing of kinds.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "integrations/kubernetes/credentials.hpp"
#include "integrations/net/http_client.hpp"

#include <functional>
#include <memory>
#include <string>

namespace driftwarden::kubernetes {

struct ApiRequest {
  ApiRequest() = default;
  ApiRequest(std::string method_, std::string path_) : method(std::move(method_)), path(std::move(path_)) {}
  std::string method = "GET";
  std::string path;  ///< with the query, from the server's root
  std::string accept = "application/json";
  std::string content_type;
  std::string body;
  Duration timeout{15'000};
};

/// A stream and the client that it needs.
struct ApiStream {
  std::shared_ptr<net::HttpClient> client;
  std::unique_ptr<net::HttpStream> stream;
};

class ApiClient {
 public:
  ApiClient(asio::any_io_executor executor, Clock& clock, Random& random, Connection connection, std::function<bool()> may_send = {});

  /// Called whenever the server said something that isn't a 5xx.
  std::function<void()> on_heard = [] {};
  /// Called with the status of every answer, and with 0 where there was none.
  std::function<void(unsigned status)> on_answer = [](unsigned) {};

  /// One exchange; a 401 renews the credential, once. Any status is a response.
  asio::awaitable<Result<net::HttpResponse>> send(ApiRequest request);
  /// For requests that may be sent twice: up to three tries within `request.timeout`, after 429, 5xx and lost connections.
  asio::awaitable<Result<net::HttpResponse>> send_patiently(ApiRequest request);
  asio::awaitable<Result<ApiStream>> open_stream(ApiRequest request);

 private:
  net::HttpRequest to_http(const ApiRequest& request, const Credential& credential) const;
  std::shared_ptr<net::HttpClient> client_for(const Credential& credential);

  asio::any_io_executor executor_;
  Clock& clock_;
  Random& random_;
  Connection connection_;
  std::function<bool()> may_send_;
  std::string base_;
  Credentials credentials_;
  std::shared_ptr<net::HttpClient> client_;
  std::uint64_t client_generation_ = 0;
};

}  // namespace driftwarden::kubernetes
