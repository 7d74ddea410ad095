#pragma once
// A small GitLab for one project, acme/platform/config. GitLab's own description is in no package, so what may be asked is held against the table in
// fake_gitlab.cpp, which is written from its REST documentation: method, encoded path, query and body of every call.
#include "integrations/net/http_server.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden::test {

struct FakeVersion {
  std::string sha;
  std::string created;
};
struct FakeMergeRequest {
  std::string title = "t";
  std::string description;
  std::string source;
  std::string target = "main";
  std::string sha;
  std::string state = "opened";
  std::deque<std::string> statuses{"mergeable"};  ///< each reading takes one; the last stays
  std::string author = "driftwarden";
  std::string merge_commit;
  bool draft = false;
  bool fork = false;
  bool has_conflicts = false;
  std::vector<std::string> approved_by;  ///< kept over pushes, as where the project doesn't reset approvals
  std::map<std::string, std::string> approved_at;
  std::vector<FakeVersion> versions;  ///< oldest first
  int approvals_left = 0;
  std::map<std::string, std::string> reviewers;  ///< username to state
  bool head_comes_late = false;
  std::vector<std::string> labels{};
};
struct FakeNote {
  std::int64_t id = 0;
  std::int64_t number = 0;
  std::string author;
  std::string body;
  std::string created;
  std::string updated;
  bool system = false;
};

class FakeGitlab {
 public:
  FakeGitlab(asio::any_io_executor executor, Clock& clock);
  asio::awaitable<void> stop() { return server_->stop(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

  void answer_next(std::string method, std::string part, net::ServerReply reply);
  std::size_t count(const std::string& method, const std::string& part) const;
  nlohmann::json last_body(const std::string& method, const std::string& part) const;

  void push(std::int64_t number, const std::string& sha, const std::string& at);
  /// With the note that GitLab writes.
  void approve(std::int64_t number, const std::string& name, const std::string& at);

  std::string token = "glpat-0123456789abcdefghij";
  std::map<std::int64_t, FakeMergeRequest> requests;
  std::map<std::string, std::string> branches{{"main", std::string(40, '0')}};
  std::map<std::string, std::int64_t> users{{"driftwarden", 1}, {"alice", 2}, {"bob", 3}};
  std::vector<FakeNote> notes;
  std::vector<nlohmann::json> statuses;  ///< newest first
  bool pipelines_must_succeed = false;
  int role = 30;  ///< of the token: Developer
  bool says_when_approved = true;  ///< newer servers do
  std::vector<std::string> violations;
  std::vector<net::ServerRequest> seen;

 private:
  asio::awaitable<net::ServerReply> handle(net::ServerRequest request);
  void check(const net::ServerRequest& request);
  net::ServerReply route(const net::ServerRequest& request, const std::string& path);
  net::ServerReply route_requests(const net::ServerRequest& request, const std::vector<std::string>& parts);
  net::ServerReply route_notes(const net::ServerRequest& request, std::int64_t number, const std::vector<std::string>& parts);
  net::ServerReply create(const net::ServerRequest& request);
  net::ServerReply merge(const net::ServerRequest& request, FakeMergeRequest& given, std::int64_t number);
  net::ServerReply set_status(const net::ServerRequest& request, const std::string& sha);
  nlohmann::json user(const std::string& name) const;
  nlohmann::json merge_request(std::int64_t number);
  nlohmann::json note(const FakeNote& given) const;

  struct Fault {
    std::string method;
    std::string part;
    net::ServerReply reply;
  };
  std::deque<Fault> faults_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace driftwarden::test
