#pragma once
// The whole other side in one process, on loopback: a Slack workspace, two clusters, a forge, an image registry, a language model, and a small shop in them.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "integrations/sandbox/cluster/api_server.hpp"
#include "integrations/sandbox/forge/forge_server.hpp"
#include "integrations/sandbox/model/model_server.hpp"
#include "integrations/sandbox/registry/registry_server.hpp"
#include "integrations/sandbox/workspace/workspace.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden::sandbox {

struct SandboxOptions {
  std::uint16_t port = 7070;  ///< of the chat page; 0 = any
  std::string data;           ///< an existing directory
  std::string webhook_secret;
};

struct ClusterAddress {
  std::string name;
  std::string environment;
  std::string url;
  std::string kubeconfig;  ///< a file
};

/// Where everything is, and with which keys.
struct SandboxInfo {
  std::string chat_url;
  std::string slack_api_url;
  std::string app_token;
  std::string bot_token;
  std::vector<WorkspaceUser> users;
  std::vector<ClusterAddress> clusters;
  std::string forge_api_url;
  std::string forge_token;
  std::string git_url;
  std::string project;
  std::string registry_host;     ///< as images name it
  std::string registry_api_url;  ///< where it is
  std::string model_api_url;     ///< of an OpenAI-compatible endpoint
  std::string model_name;
  std::string model_key;
  std::string data;
};

/// A file that only its owner may read: kubeconfigs, tokens.
Result<void> write_private_file(const std::string& path, const std::string& content);

class Sandbox {
 public:
  static Result<std::unique_ptr<Sandbox>> start(asio::any_io_executor executor, Clock& clock, Random& random, SandboxOptions options);
  virtual ~Sandbox() = default;
  virtual const SandboxInfo& info() const = 0;
  /// Fills the repository (unless it is there already) and the clusters with the shop.
  virtual asio::awaitable<Result<void>> seed() = 0;
  /// Where the forge tells of pushes.
  virtual void set_webhook(std::string url) = 0;
  virtual Workspace& workspace() = 0;
  virtual ForgeServer& forge() = 0;
  virtual RegistryServer& registry() = 0;
  virtual ModelServer& model() = 0;
  virtual ApiServer& cluster(const std::string& name) = 0;
  virtual asio::awaitable<void> stop() = 0;
};

}  // namespace driftwarden::sandbox
