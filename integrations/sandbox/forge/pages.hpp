#pragma once
// What people see: repositories, and pull requests with their diffs and buttons. Plain HTML, no script.
#include "integrations/sandbox/forge/html.hpp"

#include <map>
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
std::string labels_html(const Repository& repository, const Pull& pull);
std::string commit_rows(const Core& core, const Repository& repository, const std::vector<LogEntry>& log);

asio::awaitable<net::ServerReply> show_home(Core& core, Visit visit);
asio::awaitable<net::ServerReply> show_repository(Core& core, Visit visit, std::string name);
/// `where` is "main" or a commit; "" path is the root.
asio::awaitable<net::ServerReply> show_source(Core& core, Visit visit, std::string name, std::string revision, std::string path);
asio::awaitable<net::ServerReply> show_commit(Core& core, Visit visit, std::string name, std::string sha);
asio::awaitable<net::ServerReply> show_pulls(Core& core, Visit visit, std::string name, bool open);
/// A file's form: committed to its branch, or proposed as a pull request of whoever looks.
struct EditTarget {
  std::string branch;
  std::string path;
  std::int64_t pull = 0;  ///< where to go afterwards; 0 = the file
};
EditTarget edit_target_of(const std::map<std::string, std::string>& fields);
std::string edit_url(const Core& core, const Repository& repository, const EditTarget& target);
asio::awaitable<net::ServerReply> show_edit(Core& core, Visit visit, std::string name, EditTarget target, unsigned status);
asio::awaitable<net::ServerReply> take_edit(Core& core, Visit visit, std::string name, net::ServerRequest request);
/// What main demands, with buttons that change it.
std::string protection_html(const Core& core, const Repository& repository, const Visit& visit);
asio::awaitable<net::ServerReply> take_protection(Core& core, Visit visit, std::string name, net::ServerRequest request);
/// Where a build is required: a person plays it.
std::string build_buttons(const Repository& repository, const Pull& pull);
asio::awaitable<std::string> run_build(Core& core, std::string repository, std::string sha, std::string person, bool green);
/// "", or why a form is refused.
std::string refusal_of_form(const Core& core, const net::ServerRequest& request, const std::map<std::string, std::string>& form);
net::ServerReply redirect(const std::string& path);
asio::awaitable<net::ServerReply> show_pull(Core& core, Visit visit, std::string name, std::int64_t number, unsigned status);

}  // namespace driftwarden::sandbox::forge
