#pragma once
// One life of the bot: every part of it is the real one, from the start to its end, however that comes.
#include "bot/assist/assistant.hpp"
#include "bot/audit/commit_watch.hpp"
#include "bot/change/changes.hpp"
#include "bot/conversation/conversation.hpp"
#include "bot/digest/digest.hpp"
#include "bot/gates/tool_gates.hpp"
#include "bot/home/home.hpp"
#include "bot/incident/incidents.hpp"
#include "bot/incident/rollout_watch.hpp"
#include "bot/pulls/pull_watch.hpp"
#include "tests/sim/cluster_model.hpp"
#include "tests/sim/forge_model.hpp"
#include "tests/sim/sim_store.hpp"
#include "tests/sim/slack_model.hpp"

#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>
#include <string>

namespace driftwarden::sim {

class Life {
 public:
  struct Outside {
    Ground& ground;
    SlackModel& slack;
    ClusterModel& cluster;
    ForgeModel& forge;
    std::map<std::string, GitRemote*> remotes;
    Config config;
    std::string mirrors;  ///< directory
    std::uint64_t seed = 0;
    llm::Model* model = nullptr;  ///< null = none is configured
  };
  Life(Outside outside, std::unique_ptr<SimStore> store, std::unique_ptr<SimClock> clock);
  ~Life();
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  void start();
  /// Runs what is ready; false when the process died.
  bool settle();
  /// The socket brings an envelope; `done` is told whether it was acknowledged.
  void deliver(slack::Envelope envelope, std::function<void(bool)> done);
  bool can_be_told() const { return conversation_ != nullptr; }
  void nudge();
  /// As a process ends that is killed: what is under way comes to nothing. Before the destructor.
  void end();
  /// SIGTERM: lets what is under way end.
  void begin_to_stop();
  bool stopped() const { return stopped_; }
  SimStore& store() { return *store_; }

 private:
  asio::awaitable<void> live();
  asio::awaitable<void> stop_all();
  asio::awaitable<void> stop_orderly();
  asio::awaitable<void> accept(slack::Envelope envelope, std::function<void(bool)> done);
  asio::awaitable<void> keep_synced(std::string app, std::string revision);
  asio::awaitable<void> apply_unasked();
  Result<void> remember();
  Fleet::Parts fleet_parts();
  Fleet::Listener listener();
  Changes::Parts change_parts();
  PullWatch::Parts pull_parts();
  CommitWatch::Parts commit_parts();
  void create_helpers();
  Services services(const slack::Identity& identity);

  Outside out_;
  asio::io_context io_{1};
  std::unique_ptr<SimClock> clock_;
  std::unique_ptr<Random> random_;
  std::unique_ptr<SimStore> store_;
  std::unique_ptr<Lane> database_;
  std::unique_ptr<Lane> pool_;
  std::string redaction_key_;
  std::map<std::string, std::string> last_synced_;
  std::unique_ptr<Redactor> redactor_;
  std::unique_ptr<AsyncStore> async_;
  std::unique_ptr<SlackPort> slack_;
  std::unique_ptr<slack::Sender> sender_;
  std::unique_ptr<Messenger> messenger_;
  std::unique_ptr<ForgePort> forge_;
  std::unique_ptr<Outbox> outbox_;
  std::unique_ptr<Fleet> fleet_;
  std::unique_ptr<Incidents> incidents_;
  std::unique_ptr<RolloutWatch> rollouts_;
  std::unique_ptr<Assistant> assistant_;
  std::unique_ptr<Gates> gates_;
  std::unique_ptr<Changes> changes_;
  std::unique_ptr<PullWatch> pulls_;
  std::unique_ptr<CommitWatch> commits_;
  std::unique_ptr<Home> home_;
  std::unique_ptr<Members> members_;
  std::unique_ptr<Conversation> conversation_;
  std::unique_ptr<TaskGroup> tasks_;
  bool stopping_ = false;
  bool stopped_ = false;
};

}  // namespace driftwarden::sim
