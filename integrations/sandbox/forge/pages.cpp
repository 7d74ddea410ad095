#include "integrations/sandbox/forge/pages.hpp"

namespace driftwarden::sandbox::forge {

asio::awaitable<net::ServerReply> serve_page(Core&, std::vector<std::string>, net::ServerRequest) {
  co_return net::ServerReply(404, "text/plain", "not yet\n");
}

}  // namespace driftwarden::sandbox::forge
