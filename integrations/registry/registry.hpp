#pragma once
// Which tags an image has: the OCI distribution API's read side (/v2/NAME/tags/list, manifests by HEAD), with its token flow.
#include "gitops/base/clock.hpp"
#include "gitops/base/secret.hpp"
#include "integrations/net/http_client.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

namespace driftwarden::registry {

struct RegistryOptions {
  std::string host;     ///< as images name it
  std::string api_url;  ///< without a trailing slash: "https://ghcr.io"
  std::string username;
  Secret<std::string> password;
  Duration timeout{5'000};         ///< of one look-up with all its pages
  std::size_t most_tags = 2'000;   ///< pages are followed so far
};

/// Errors: Denied (401, 403), NotFound (no such image), RateLimited, Unavailable, Timeout, InvalidInput. The messages name host and image, no token.
class Registry {
 public:
  virtual ~Registry() = default;
  /// In the registry's order, which is no order of age.
  virtual asio::awaitable<Result<std::vector<std::string>>> tags(std::string image) = 0;  ///< image without host and tag: "shop/checkout"
  /// "sha256:..." of a tag.
  virtual asio::awaitable<Result<std::string>> digest(std::string image, std::string tag) = 0;
};
std::unique_ptr<Registry> create_registry(net::HttpClient& http, Clock& clock, RegistryOptions options);

/// "ghcr.io/acme/web:1.2@sha256:..." -> host "ghcr.io", name "acme/web". An image without a host is Docker Hub's: "docker.io", "library/nginx".
struct ImageName {
  std::string host;
  std::string name;
  std::string tag;
  std::string digest;
  bool operator==(const ImageName&) const = default;
};
ImageName image_name(std::string_view image);

/// Newest first as far as names tell: by version where they are versions (pre-releases below their release), the others after them as they are. Pure.
std::vector<std::string> by_version(std::vector<std::string> tags);

}  // namespace driftwarden::registry
