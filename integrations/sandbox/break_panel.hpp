#pragma once
// "Break something": what colleagues do at three in the morning, as buttons on the chat page.
#include "integrations/sandbox/cluster/api_server.hpp"
#include "integrations/sandbox/forge/forge_server.hpp"
#include "integrations/sandbox/workspace/workspace.hpp"

#include <string>
#include <vector>

namespace driftwarden::sandbox {

struct BreakTargets {
  Clock* clock = nullptr;
  ApiServer* prod = nullptr;
  std::string prod_token;
  ForgeServer* forge = nullptr;
  std::string project;
  std::vector<ForgeUser> people;
};

std::vector<PanelAction> break_actions(BreakTargets targets);

/// One request to an API server in this process, as `manager`.
asio::awaitable<Result<std::string>> ask_cluster(ApiServer& server, std::string token, std::string method, std::string path, std::string content_type,
                                                 std::string manager, std::string body);

}  // namespace driftwarden::sandbox
