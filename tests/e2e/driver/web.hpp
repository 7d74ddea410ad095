#pragma once
// Blocking JSON over HTTP, for tests.
#include "gitops/base/clock.hpp"
#include "integrations/net/http_client.hpp"

#include <boost/asio/io_context.hpp>

#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace driftwarden::e2e {

using Json = nlohmann::json;

struct WebAnswer {
  unsigned status = 0;
  Json body;  ///< null when it is no JSON
  std::string text;
  bool ok() const { return status >= 200 && status < 300; }
};

class Web {
 public:
  explicit Web(net::TlsOptions tls = {});
  /// `authorization` "" = none. Throws when there is no answer.
  WebAnswer send(const std::string& method, const std::string& url, const std::string& authorization = "", const std::string& body = "",
                 const std::string& content_type = "application/json");

 private:
  asio::io_context io_{1};
  SystemClock clock_;
  std::unique_ptr<net::HttpClient> client_;
};

}  // namespace driftwarden::e2e
