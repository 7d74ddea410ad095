#pragma once
// What people see: repositories, pull requests with their diffs and buttons. Plain HTML, no script.
#include "integrations/sandbox/forge/forge_core.hpp"

#include <string>
#include <vector>

namespace driftwarden::sandbox::forge {

asio::awaitable<net::ServerReply> serve_page(Core& core, std::vector<std::string> parts, net::ServerRequest request);

}  // namespace driftwarden::sandbox::forge
