#pragma once
// A real kube-apiserver and a real Gitea, with the sandbox's Slack in front and the bot beside it.
#include "tests/e2e/driver/world.hpp"

#include <memory>
#include <string>

namespace driftwarden::e2e {

struct LiveServers {
  std::string kubeconfig;   ///< DRIFTWARDEN_LIVE_KUBECONFIG
  std::string gitea;        ///< DRIFTWARDEN_LIVE_GITEA, e.g. http://127.0.0.1:3000
  std::string gitea_token;  ///< DRIFTWARDEN_LIVE_GITEA_TOKEN
};

/// What is missing, or "".
std::string read_live_servers(LiveServers& servers);

class LiveWorld {
 public:
  explicit LiveWorld(const LiveServers& servers);
  ~LiveWorld();

  Stage stage() { return {*chat_, cluster_, *forge_, database()}; }
  std::string database() const { return directory_.path() + "/driftwarden.db"; }
  void kill_bot() { bot_->kill_now(); }
  void start_bot();
  int stop_bot() { return bot_->stop(); }

 private:
  void make_repository();
  void fill_cluster();
  void write_config(const Json& slack);
  std::string log() const { return directory_.path() + "/log"; }

  TemporaryDirectory directory_;
  LiveServers servers_;
  Web web_;
  ClusterHands cluster_;
  std::string login_;
  std::string project_;
  std::string git_url_;
  std::string webhook_secret_;
  std::string http_;
  std::unique_ptr<Program> slack_;
  std::unique_ptr<Program> bot_;
  std::unique_ptr<ChatPeople> chat_;
  std::unique_ptr<ForgeHands> forge_;
};

}  // namespace driftwarden::e2e
