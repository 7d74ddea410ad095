#pragma once
// An image registry without images: the read side of the OCI distribution API, with its token flow and its pages.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "integrations/net/http_server.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden::sandbox {

struct RegistryServerOptions {
  std::string service = "registry.acme.example";  ///< as images name it
  std::string username;                           ///< asked for at the token service; "" = everybody gets a token
  std::string password;
  std::size_t page_size = 50;                     ///< at most so many tags in one answer
  Duration token_life{300'000};
  bool basic = false;                             ///< asks for user and password at every request instead
};

/// Its API is at the root of a host and port (/v2/), its token service beside it (/token).
class RegistryServer {
 public:
  virtual ~RegistryServer() = default;
  virtual asio::awaitable<net::ServerReply> handle(net::ServerRequest request) = 0;
  /// Where it is: "http://127.0.0.1:5000", for the realm it names.
  virtual void set_base_url(std::string url) = 0;
  /// In the order they were pushed; lists are answered in the order of letters, as registries do.
  virtual void push(const std::string& image, const std::string& tag) = 0;
  virtual std::string digest_of(const std::string& image, const std::string& tag) const = 0;
  /// Answers only after so long: a registry that is too busy.
  virtual void set_delay(Duration delay) = 0;
  virtual std::size_t requests() const = 0;
};
std::unique_ptr<RegistryServer> create_registry_server(Clock& clock, Random& random, RegistryServerOptions options);

}  // namespace driftwarden::sandbox
