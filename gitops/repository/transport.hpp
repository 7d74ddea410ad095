#pragma once
// How Git's bytes travel. libgit2 calls these on a worker thread, blocking; every call has a deadline of its own.
#include "gitops/base/clock.hpp"
#include "gitops/base/secret.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace driftwarden {

enum class GitService { UploadPackRefs, UploadPack, ReceivePackRefs, ReceivePack };

struct GitCredentials {
  std::string username;
  Secret<std::string> password;
  std::string ssh_key_file;
  std::string known_hosts_file;
};

/// One exchange of the smart protocol. For HTTP each service is one request (stateless); for SSH the Refs stream goes on as the pack stream.
class GitStream {
 public:
  virtual ~GitStream() = default;
  virtual Result<void> write(std::string_view bytes) = 0;
  /// 0 at the end.
  virtual Result<std::size_t> read(char* buffer, std::size_t size) = 0;
};

class GitTransport {
 public:
  virtual ~GitTransport() = default;
  virtual bool stateless() const = 0;  ///< true for HTTP
  virtual Result<std::unique_ptr<GitStream>> open(GitService service, const std::string& url) = 0;
};

/// Picks the transport for a remote's URL; null for local paths, which libgit2 reads itself.
using TransportFactory = std::function<std::unique_ptr<GitTransport>(const std::string& url, const GitCredentials& credentials)>;

}  // namespace driftwarden
