#pragma once
// What people see: repositories, and pull requests with their diffs and buttons. Plain HTML, no script.
#include "integrations/sandbox/forge/html.hpp"

#include <string>
#include <vector>

namespace driftwarden::sandbox::forge {

asio::awaitable<net::ServerReply> serve_page(Core& core, std::vector<std::string> parts, net::ServerRequest request);

// Inside of the pages.

/// Who looks, at what.
struct Visit {
  std::string person;  ///< login
  std::string path;    ///< of the page, with the prefix
  std::string form_token;
  std::string notice;  ///< what the last click came to, when it came to nothing
};
std::string repository_crumbs(const Core& core, const Repository& repository);
net::ServerReply missing_page(const Core& core, const Visit& visit, const std::string& what);
std::string commit_rows(const Core& core, const Repository& repository, const std::vector<LogEntry>& log);

asio::awaitable<net::ServerReply> show_home(Core& core, Visit visit);
asio::awaitable<net::ServerReply> show_repository(Core& core, Visit visit, std::string name);
/// `where` is "main" or a commit; "" path is the root.
asio::awaitable<net::ServerReply> show_source(Core& core, Visit visit, std::string name, std::string revision, std::string path);
asio::awaitable<net::ServerReply> show_commit(Core& core, Visit visit, std::string name, std::string sha);
asio::awaitable<net::ServerReply> show_pulls(Core& core, Visit visit, std::string name, bool open);
asio::awaitable<net::ServerReply> show_pull(Core& core, Visit visit, std::string name, std::int64_t number, unsigned status);

}  // namespace driftwarden::sandbox::forge
