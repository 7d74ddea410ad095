#pragma once
// What the workspace's endpoints share: the state, the sockets, the knobs, and who watches the page.
#include "integrations/sandbox/workspace/socket_hub.hpp"
#include "integrations/sandbox/workspace/workspace_state.hpp"

#include <list>
#include <memory>
#include <vector>

namespace driftwarden::sandbox::workspace {

struct WorkspaceCore {
  WorkspaceCore(asio::any_io_executor executor, Clock& clock, Random& random, WorkspaceOptions options);

  /// Hands the state's new events to the sockets and wakes the pages. After every change.
  void flush();

  asio::any_io_executor executor;
  Clock& clock;
  WorkspaceFaults faults;
  WorkspaceState state;
  SocketHub hub;
  std::vector<PanelAction> panel;
  std::list<std::shared_ptr<Signal>> watchers;
  std::uint64_t announced = 0;
  bool stopping = false;
};

/// GET and POST /sandbox/*: what the page and the tests use. Loopback only, and never from another site's page.
asio::awaitable<net::ServerReply> answer_sandbox(WorkspaceCore& core, net::ServerRequest request);
/// A refusal for a request that another site's page, or a name that is no loopback, is behind.
std::optional<net::ServerReply> refuse_foreign(const net::ServerRequest& request);

asio::awaitable<net::ServerReply> answer_say(WorkspaceCore& core, Json body);
asio::awaitable<net::ServerReply> answer_act(WorkspaceCore& core, Json body);
asio::awaitable<net::ServerReply> answer_close(WorkspaceCore& core, Json body);
asio::awaitable<net::ServerReply> answer_suggest(WorkspaceCore& core, Json body);
asio::awaitable<net::ServerReply> answer_shortcut(WorkspaceCore& core, Json body);

// The bad days: what goes wrong next, and what came of it.
net::ServerReply get_faults(WorkspaceCore& core);
net::ServerReply set_faults(WorkspaceCore& core, const Json& body);
net::ServerReply get_deliveries(WorkspaceCore& core);
net::ServerReply disconnect_sockets(WorkspaceCore& core, const Json& body);

/// {"ok":false,"error":code,"detail":text}
net::ServerReply sandbox_error(const std::string& code, const std::string& detail = {});

/// The chat page and its two assets; nothing for another path.
std::optional<net::ServerReply> page_reply(const std::string& path);

}  // namespace driftwarden::sandbox::workspace
