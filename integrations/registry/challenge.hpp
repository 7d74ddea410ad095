#pragma once
// What a registry asks for with its 401, and whom it may send us to for a token. Pure.
#include "gitops/base/result.hpp"
#include "integrations/net/http_client.hpp"
#include "integrations/net/url.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::registry {

struct Challenge {
  std::string scheme;  ///< lower case: "bearer", "basic"
  std::map<std::string, std::string> parameters;  ///< names in lower case
};

/// Of all WWW-Authenticate headers, several in one line, too.
std::vector<Challenge> challenges_of(const net::Headers& headers);

/// The token service is the registry's own: the same host, or one beside it in its domain ("auth.docker.io" of "registry-1.docker.io"); https, and plain http
/// only from loopback to loopback. Denied with why not.
Result<net::Url> token_service(const std::string& realm, const net::Url& registry);

/// Whether the registry's password may go to this token service: one of the same host and port, or a known pair ("auth.docker.io" of "registry-1.docker.io").
bool may_have_password(const net::Url& service, const net::Url& registry);

/// The target of `Link: <...>; rel="next"`, as it stands there.
std::optional<std::string> next_link(const net::Headers& headers);

}  // namespace driftwarden::registry
