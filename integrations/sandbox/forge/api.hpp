#pragma once
// The part of Gitea's REST API that forges' clients use. Paths are below <prefix>/api/v1.
#include "integrations/sandbox/forge/forge_core.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <vector>

namespace driftwarden::sandbox::forge {

struct ApiCall {
  std::string method;
  std::vector<std::string> parts;  ///< {"repos", "acme", "config", "pulls", "3"}
  std::map<std::string, std::string> query;
  std::string body;
  std::string user;  ///< "" = nobody

  /// Parts after repos/<owner>/<repo>, and the name before them.
  std::string repository() const { return parts[1] + "/" + parts[2]; }
  const std::string& part(std::size_t at) const;
  bool is(std::string_view wanted_method, std::size_t size) const { return method == wanted_method && parts.size() == size; }
};

asio::awaitable<net::ServerReply> serve_api(Core& core, std::vector<std::string> parts, net::ServerRequest request);

// Inside of the API.
net::ServerReply json_reply(unsigned status, const nlohmann::json& body);
net::ServerReply refuse(const Refused& refused);
net::ServerReply not_found();
/// One page of a list, by ?page= and ?limit=, with X-Total-Count.
net::ServerReply page_reply(const ApiCall& call, const nlohmann::json& all);
nlohmann::json body_of(const ApiCall& call);
std::string query_of(const ApiCall& call, const std::string& key);
/// issues/comments[/<id>]: those of the whole repository.
net::ServerReply serve_all_comments(Core& core, const ApiCall& call);
/// pulls/<n>/requested_reviewers
net::ServerReply serve_requests(Core& core, const ApiCall& call);
/// labels, and issues/<n>/labels
net::ServerReply serve_labels(Core& core, const ApiCall& call);
/// branch_protections[/<name>]
net::ServerReply serve_protections(Core& core, const ApiCall& call);
asio::awaitable<net::ServerReply> serve_pulls(Core& core, ApiCall call);
asio::awaitable<net::ServerReply> serve_contents(Core& core, ApiCall call);

}  // namespace driftwarden::sandbox::forge
