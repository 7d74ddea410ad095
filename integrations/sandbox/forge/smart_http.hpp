#pragma once
// Git's smart protocol over HTTP: one `git upload-pack` or `git receive-pack` per request. gitprotocol-http(5).
#include "integrations/sandbox/forge/forge_core.hpp"

#include <string>

namespace driftwarden::sandbox::forge {

/// `service` is what stands after "<owner>/<repo>.git/". Fetching needs no token, pushing does.
asio::awaitable<net::ServerReply> serve_git(Core& core, std::string repository, std::string service, net::ServerRequest request);

}  // namespace driftwarden::sandbox::forge
