#pragma once
// HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case, as other tools read them.
#include "gitops/base/secret.hpp"
#include "integrations/net/url.hpp"

#include <optional>
#include <string>

namespace driftwarden::net {

struct Proxy {
  std::string host;
  std::uint16_t port = 0;
  Secret<std::string> authorization;  ///< Proxy-Authorization's value, or empty
};

struct ProxyEnvironment {
  std::string https_proxy;
  std::string http_proxy;
  std::string no_proxy;
};

ProxyEnvironment read_proxy_environment();

/// NO_PROXY: "*", names (also their subdomains, with or without a leading dot), addresses, CIDR blocks; each with an optional port.
bool bypasses_proxy(const Url& url, std::string_view no_proxy);

/// The proxy for `url`, if any. Loopback never has one. InvalidInput when the variable can't be read.
Result<std::optional<Proxy>> find_proxy(const Url& url, const ProxyEnvironment& environment);

}  // namespace driftwarden::net
