#pragma once
// The parts of a running Driftwarden and how they hang together. Internal to bot/app.
#include "bot/app/bot.hpp"
#include "bot/app/connections.hpp"
#include "bot/app/forges.hpp"
#include "bot/app/sources.hpp"
#include "bot/assist/assistant.hpp"
#include "bot/audit/anchor.hpp"
#include "bot/audit/audited.hpp"
#include "bot/audit/commit_watch.hpp"
#include "bot/audit/syslog.hpp"
#include "bot/change/changes.hpp"
#include "bot/conversation/conversation.hpp"
#include "bot/digest/digest.hpp"
#include "bot/gates/tool_gates.hpp"
#include "bot/health/pulse.hpp"
#include "bot/home/home.hpp"
#include "bot/home/movements.hpp"
#include "bot/incident/incidents.hpp"
#include "bot/incident/rollout_watch.hpp"
#include "bot/metrics/calls.hpp"
#include "bot/metrics/gate_figures.hpp"
#include "bot/metrics/model_figures.hpp"
#include "bot/metrics/stage_clock.hpp"
#include "bot/pulls/pull_watch.hpp"
#include "bot/reload/reload.hpp"
#include "bot/web/nudges.hpp"
#include "bot/web/web.hpp"
#include "integrations/registry/registry.hpp"

#include <boost/asio/thread_pool.hpp>

#include <deque>

namespace driftwarden {

/// What the bot must know of an earlier life before it looks at the world.
struct Remembered {
  std::string redaction_key;
  std::map<std::string, std::string> last_synced;
  std::vector<Identity> identities;
  std::map<std::string, std::string> unwritable;  ///< channel -> why
  std::string instance{};                         ///< of the audit log
};

using Registries = std::map<std::string, std::unique_ptr<registry::Registry>>;

class RunningBot final : public Bot {
 public:
  RunningBot(asio::io_context& io, Clock& clock, Random& random, Config config, BotOptions options, std::unique_ptr<storage::Store> store, Remembered remembered,
             Clusters clusters, std::map<std::string, Signer> signers, net::TlsOptions tls, std::shared_ptr<CallCounts> calls);
  Result<void> listen();
  asio::awaitable<Result<void>> run() override;
  std::optional<Config> wanted_config() override;
  void reload_again() override;
  asio::awaitable<void> drain(Duration bound) override;
  asio::awaitable<void> stop() override;
  std::string not_ready() const override;
  std::uint16_t http_port() const override;

 private:
  slack::WebApiOptions web_api_options() const;
  FleetGround fleet_ground();
  Services services(const slack::Identity& identity);
  Fleet::Listener fleet_listener();
  Reload::Parts reload_parts(std::shared_ptr<const Environment> environment);
  void take_config(Config config, const ConfigDifference& difference, const std::string& origin);
  // running_bot_audit.cpp
  static std::string digest_of(const Config& config);
  AsyncStore::Around naming();
  void learn_people() { who_->learn(config_, team_); }
  void make_auditors(const std::map<std::string, Signer>& signers);
  CommitWatch::Parts commit_parts();
  asio::awaitable<Result<std::unique_ptr<net::ByteStream>>> reach_collector(SyslogConfig collector);
  asio::awaitable<void> audit_config(std::string origin, std::string changed, std::string before, std::string after);
  asio::awaitable<void> take_envelopes();
  Fleet::Parts fleet_parts(Clusters clusters, const BotOptions& options, std::map<std::string, std::string> last_synced);
  Nudges::Targets nudge_targets();
  GatesParts gates_parts();
  PullWatch::Parts pull_parts();
  Changes::Parts change_parts(const BotOptions& options, std::map<std::string, Signer> signers);
  asio::awaitable<void> renew_tokens();
  asio::awaitable<void> renew_tokens_now_and_then();
  /// Who we are in Slack. Slack being down at start is waited out; a wrong token is not.
  asio::awaitable<Result<slack::Identity>> introduce();
  Result<void> check_identity(const slack::Identity& identity) const;
  asio::awaitable<Result<bool>> is_outsider(std::string slack_id);
  asio::awaitable<void> keep_house_now_and_then();
  /// A bot on a database that can't be trusted would do things twice.
  asio::awaitable<void> end_when_damaged();
  /// Groups that are Slack user groups have their members there.
  asio::awaitable<void> fill_usergroups();
  /// People come and go: what they may goes with it.
  asio::awaitable<void> fill_usergroups_now_and_then();
  asio::awaitable<void> keep_synced(std::string app, std::string revision);
  // running_bot_metrics.cpp
  Pulse::Parts pulse_parts();
  void look_at_vitals(Vitals& vitals);
  void observe_outbox();
  asio::awaitable<void> observe_alert(std::int64_t incident);
  asio::awaitable<void> observe_change(std::int64_t change);
  std::string metrics() const;

  asio::any_io_executor executor_;
  Clock& clock_;
  Random& random_;
  Config config_;
  asio::thread_pool pool_;
  Redactor redactor_;
  asio::thread_pool database_thread_{1};
  std::unique_ptr<storage::Store> store_;
  std::string instance_;  ///< of the audit log
  std::string team_;      ///< the workspace's id, once known
  std::shared_ptr<WhoIsWho> who_ = std::make_shared<WhoIsWho>();
  std::shared_ptr<Movements> movements_ = std::make_shared<Movements>(executor_);
  AsyncStore async_store_;
  net::TlsOptions tls_;
  std::shared_ptr<CallCounts> calls_;
  StageClock stages_;
  GateFigures gate_figures_;
  ModelFigures model_figures_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> effects_;  ///< rows of the outbox: kind and outcome -> how many
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<slack::WebApi> web_api_;
  std::unique_ptr<slack::Sender> sender_;
  Messenger messenger_;
  Registries registries_;
  std::unique_ptr<llm::Model> model_;     ///< null = none is configured
  std::unique_ptr<Assistant> assistant_;  ///< null with it
  Forges forges_;
  std::shared_ptr<GitTokens> git_tokens_ = std::make_shared<GitTokens>();
  Outbox outbox_;
  Fleet fleet_;
  Sources sources_;
  Incidents incidents_;
  RolloutWatch rollouts_;
  std::unique_ptr<PolicySource> policies_;
  std::unique_ptr<Gates> gates_;
  Changes changes_;
  PullWatch pulls_;
  Digest digest_;
  Home home_;
  Nudges nudges_;
  CommitWatch commits_;
  std::unique_ptr<AuditAnchor> anchor_;
  std::unique_ptr<AuditSyslog> syslog_;
  std::unique_ptr<slack::SocketMode> socket_;
  Pulse pulse_;
  std::optional<WallTime> socket_closed_since_;
  bool draining_ = false;
  std::function<LeaderFigures()> leader_;
  std::vector<Identity> identities_;
  std::unique_ptr<Reload> reload_;
  std::deque<Config> retired_;  ///< configs that were in force before
  std::optional<Config> wanted_;
  Result<void> outcome_;
  Signal ended_;
  std::unique_ptr<Members> members_;
  std::unique_ptr<Conversation> conversation_;
  std::unique_ptr<net::HttpServer> server_;
  TaskGroup socket_tasks_;
  TaskGroup tasks_;
};

}  // namespace driftwarden
