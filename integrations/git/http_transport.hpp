#pragma once
// Git's "smart" protocol over HTTP: one request per step. gitprotocol-http(5), version 0.
#include "integrations/git/transports.hpp"

namespace driftwarden::git {

std::unique_ptr<GitTransport> create_http_transport(asio::any_io_executor executor, Clock& clock, net::HttpClient& client, GitCredentials credentials,
                                                    TransportLimits limits);

}  // namespace driftwarden::git
