#include "integrations/git/transports.hpp"

#include "integrations/git/http_transport.hpp"
#include "integrations/git/remote_url.hpp"
#include "integrations/git/ssh_transport.hpp"

namespace driftwarden::git {

TransportFactory make_transport_factory(asio::any_io_executor executor, Clock& clock, net::HttpClient& client, TransportLimits limits) {
  return [executor, &clock, &client, limits](const std::string& url, const GitCredentials& credentials) -> std::unique_ptr<GitTransport> {
    if (is_web_url(url)) return create_http_transport(executor, clock, client, credentials, limits);
    if (!is_ssh_url(url)) return nullptr;
    return create_ssh_transport(clock, credentials, limits);
  };
}

}  // namespace driftwarden::git
