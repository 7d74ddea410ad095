#pragma once
// The sandbox as `driftwarden sandbox --json` starts it, and the bot in it or beside it.
#include "tests/e2e/driver/cluster.hpp"
#include "tests/e2e/driver/directory.hpp"
#include "tests/e2e/driver/forge.hpp"
#include "tests/e2e/driver/model.hpp"
#include "tests/e2e/driver/program.hpp"
#include "tests/e2e/driver/workspace.hpp"

#include <map>
#include <memory>
#include <string>

namespace driftwarden::e2e {

/// What a story needs, whoever runs the servers.
struct Stage {
  ChatPeople& chat;
  ClusterHands& prod;
  ForgeHands& forge;
  std::string database;
};

class World {
 public:
  enum class Bot {
    Inside,  ///< one process, as people start it
    Beside,  ///< `sandbox --no-bot` and `run --config`, so that the bot can be killed and the world goes on
    None,    ///< the servers alone
  };
  explicit World(Bot bot = Bot::Inside);
  ~World();

  ChatPeople& chat() { return *chat_; }
  ClusterHands& cluster(const std::string& name) { return *clusters_.at(name); }
  ClusterHands& prod() { return cluster("prod-eu"); }
  ForgeHands& forge() { return *forge_; }
  ModelHands& model() { return *model_; }
  Stage stage() { return {chat(), prod(), forge(), database()}; }

  /// One of the chat page's "break something" buttons.
  void break_something(const std::string& id, const std::string& person = "carol");
  void start_bot();
  void kill_bot();
  /// `run` with this configuration where it is to end by itself.
  Ran run_bot_to_its_end(const std::string& config);
  int stop_bot();
  std::string database() const { return data() + "/driftwarden.db"; }
  std::string data() const { return directory_.path() + "/data"; }
  std::string config() const { return data() + "/driftwarden.yaml"; }
  std::string log() const;
  /// What the bot answers over HTTP.
  WebAnswer ask_bot(const std::string& path) { return web_.send("GET", http_ + path); }
  Program& bot() { return *bot_; }

 private:
  TemporaryDirectory directory_;
  Web web_;
  std::unique_ptr<Program> servers_;
  std::unique_ptr<Program> bot_;
  std::string http_;
  std::unique_ptr<ChatPeople> chat_;
  std::map<std::string, std::unique_ptr<ClusterHands>> clusters_;
  std::unique_ptr<ForgeHands> forge_;
  std::unique_ptr<ModelHands> model_;
};

/// Waits for `url`/readyz of a bot that was just started.
void await_ready(Web& web, Program& bot, const std::string& url);

}  // namespace driftwarden::e2e
