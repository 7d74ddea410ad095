#pragma once
// A small GitHub for one repository, acme/config. It stands behind the contract driver too, which holds its answers against GitHub's own description.
#include "integrations/net/http_server.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden::test {

struct FakePull {
  std::string title = "t";
  std::string body;
  std::string branch;
  std::string base = "main";
  std::string head_sha;
  std::string state = "open";
  std::string author = "driftwarden";
  bool draft = false;
  bool merged = false;
  bool fork = false;
  nlohmann::json mergeable = true;
  std::string mergeable_state = "clean";
  std::string merge_sha;
  int computing = 0;  ///< how many more times it is read with mergeable null
  std::vector<std::string> reviewers;
  std::vector<std::string> labels{};
};
struct FakeReview {
  std::string user;
  std::string state;
  std::string commit;
  std::string type = "User";
  std::string association = "COLLABORATOR";
};
struct FakeComment {
  std::int64_t id = 0;
  std::int64_t number = 0;
  std::string user;
  std::string body;
  std::string created;
  std::string updated;
};

class FakeGithub {
 public:
  FakeGithub(asio::any_io_executor executor, Clock& clock, std::uint16_t port);
  asio::awaitable<void> stop() { return server_->stop(); }
  std::uint16_t port() const { return server_->port(); }
  void reset();

  /// Answers this to the next request of that method whose path holds `part`, before anything else is looked at.
  void answer_next(std::string method, std::string part, net::ServerReply reply);
  std::size_t count(const std::string& method, const std::string& part) const;
  const net::ServerRequest& last(const std::string& method, const std::string& part) const;
  nlohmann::json last_body(const std::string& method, const std::string& part) const { return nlohmann::json::parse(last(method, part).body); }

  std::string public_url;  ///< what links name: the driver's address when it stands in front
  std::string token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";
  std::vector<std::string> accepted_tokens;
  int minted = 0;
  std::map<std::int64_t, FakePull> pulls;
  std::map<std::string, std::string> branches;  ///< name to sha
  std::map<std::int64_t, std::vector<FakeReview>> reviews;
  std::vector<FakeComment> comments;
  std::map<std::string, std::vector<nlohmann::json>> statuses;    ///< by sha, newest first
  std::map<std::string, std::vector<nlohmann::json>> check_runs;  ///< by sha
  std::vector<std::string> branch_contexts;                       ///< on GET branches/{b}, what anybody may read
  nlohmann::json permissions{{"admin", false}, {"pull", true}, {"push", true}};  ///< of the token; null: GitHub says nothing of an App's
  bool is_protected = false;
  nlohmann::json protection;  ///< null: 404
  nlohmann::json rules = nlohmann::json::array();
  std::vector<std::string> collaborators{"alice", "bob"};
  std::vector<net::ServerRequest> requests;

 private:
  asio::awaitable<net::ServerReply> handle(net::ServerRequest request);
  net::ServerReply route(const net::ServerRequest& request);
  net::ServerReply route_pulls(const net::ServerRequest& request, const std::vector<std::string>& parts);
  net::ServerReply route_issues(const net::ServerRequest& request, const std::vector<std::string>& parts);
  net::ServerReply route_branches(const std::vector<std::string>& parts);
  net::ServerReply route_app(const net::ServerRequest& request, const std::vector<std::string>& parts);
  net::ServerReply open_pull(const net::ServerRequest& request);
  net::ServerReply merge_pull(const net::ServerRequest& request, FakePull& pull);
  net::ServerReply request_reviewers(const net::ServerRequest& request, std::int64_t number);
  net::ServerReply add_status(const net::ServerRequest& request, const std::string& sha);
  /// One page of `all`, with its Link header.
  net::ServerReply page(const net::ServerRequest& request, const nlohmann::json& all) const;

  nlohmann::json user(const std::string& login, const std::string& type = "User") const;
  nlohmann::json pull(std::int64_t number, bool in_list);
  nlohmann::json review(std::int64_t number, const FakeReview& given, std::int64_t id) const;
  nlohmann::json comment(const FakeComment& given) const;

  struct Fault {
    std::string method;
    std::string part;
    net::ServerReply reply;
  };
  nlohmann::json answers_;  ///< GitHub's own examples
  std::deque<Fault> faults_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace driftwarden::test
