#pragma once
// A Kubernetes-compatible API server in memory: enough of it for kubectl and for the bot, held to the real one by tests/contract.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "integrations/net/http_server.hpp"

#include <nlohmann/json_fwd.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace driftwarden::sandbox {

struct ApiServerOptions {
  std::string name = "sandbox";
  std::string token;     ///< bearer token that is asked for; "" = everybody may
  std::string plain_token;  ///< of a user whom nothing was granted; "" = there is none
  bool rollouts = true;  ///< play the controllers: Deployments get ReplicaSets, Pods and a healthy status after a moment
  Duration rollout_time{300};
};

/// "May I `verb` this resource there?"
struct AccessQuestion {
  std::string verb;  ///< "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"
  std::string group;
  std::string resource;    ///< "deployments", "deployments/scale"
  std::string namespace_;  ///< "" = everywhere
};

/// Mount `handle` at the root of its own server (the paths /api, /apis, /openapi, /version, /readyz are Kubernetes').
class ApiServer {
 public:
  virtual ~ApiServer() = default;
  virtual asio::awaitable<net::ServerReply> handle(net::ServerRequest request) = 0;
  /// Forgets the events before now: a watch from an older resourceVersion gets 410 Gone.
  virtual void compact() = 0;
  /// Cuts every watch.
  virtual void drop_watches() = 0;
  /// While false every request is answered 503.
  virtual void set_available(bool available) = 0;
  /// While true watches stay open and say nothing, and new ones get no answer; all else is answered.
  virtual void freeze_watches(bool frozen) = 0;
  /// What the users of `token` may: SelfSubjectAccessReviews and requests answer by it. Everything without it.
  virtual void set_access(std::function<bool(const AccessQuestion&)> allows) = 0;
  virtual asio::awaitable<void> stop() = 0;
};

std::unique_ptr<ApiServer> create_api_server(asio::any_io_executor executor, Clock& clock, Random& random, ApiServerOptions options);

/// A kubeconfig for it, with `token` when not empty.
std::string make_kubeconfig(const std::string& name, const std::string& url, const std::string& token);

}  // namespace driftwarden::sandbox
