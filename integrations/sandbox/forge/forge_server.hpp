#pragma once
// A Gitea-compatible forge over bare repositories: REST API, Git over smart HTTP, and a page per pull request.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "integrations/net/http_server.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>
#include <vector>

namespace driftwarden::sandbox {

struct ForgeUser {
  std::string login;
  std::string email;
  std::string token;
  bool admin = false;  ///< may set branch protection
};

struct ForgeServerOptions {
  std::string directory;  ///< bare repositories and forge.json (pull requests) live here
  std::string prefix;     ///< mounted below this path of the server ("/forge"), "" = the root
  std::string base_url;   ///< "http://127.0.0.1:7070/forge", once known
  std::vector<ForgeUser> users;
  std::string webhook_url;  ///< POSTed after pushes, reviews and merges, signed with `webhook_secret`; "" = none
  std::string webhook_secret;
};

/// What the branch wants before a merge.
struct ForgeProtection {
  std::string branch = "main";
  std::vector<std::string> checks;  ///< contexts that must be green
  int approvals = 0;
  bool people_may_push = true;
};

/// Serves <prefix>/api/v1/*, <prefix>/<owner>/<repo>.git/* and the pages <prefix>/<owner>/<repo>/pulls[/N].
class ForgeServer {
 public:
  virtual ~ForgeServer() = default;
  virtual asio::awaitable<net::ServerReply> handle(net::ServerRequest request) = 0;
  virtual void set_urls(std::string base_url, std::string webhook_url) = 0;
  /// Makes the repository with `files` (path, content) as its first commit on main.
  virtual Result<void> create_repository(std::string project, std::vector<std::pair<std::string, std::string>> files, ForgeUser author) = 0;
  /// Commits one file straight to main as `author`: what a colleague's push looks like.
  virtual Result<std::string> push_file(std::string project, std::string path, std::string content, ForgeUser author, std::string message) = 0;
  /// Replaces what protected the branch.
  virtual Result<void> protect(std::string project, ForgeProtection wanted) = 0;
  virtual Result<std::string> read_file(std::string project, std::string path) = 0;
  virtual asio::awaitable<void> stop() = 0;
};

Result<std::unique_ptr<ForgeServer>> create_forge_server(asio::any_io_executor executor, Clock& clock, Random& random, ForgeServerOptions options);

}  // namespace driftwarden::sandbox
