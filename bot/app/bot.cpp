#include "bot/app/bot.hpp"

#include "bot/app/connections.hpp"
#include "bot/app/forges.hpp"
#include "bot/app/sources.hpp"
#include "bot/change/changes.hpp"
#include "bot/change/hands_of.hpp"
#include "bot/config/policy.hpp"
#include "bot/conversation/conversation.hpp"
#include "bot/digest/digest.hpp"
#include "bot/home/home.hpp"
#include "bot/incident/incidents.hpp"
#include "bot/incident/rollout_watch.hpp"
#include "bot/outbox/unwritable.hpp"
#include "bot/policy/identity.hpp"
#include "bot/pulls/pull_watch.hpp"
#include "bot/reload/reload.hpp"
#include "bot/web/nudges.hpp"
#include "bot/web/web.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "integrations/registry/registry.hpp"

#include <boost/asio/thread_pool.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <utility>

namespace driftwarden {
namespace {

constexpr Duration kSlackRetry{5000};
constexpr Duration kKeepFinished = std::chrono::hours{24 * 7};
constexpr Duration kPruneEvery = std::chrono::hours{6};

constexpr Duration kTokenEvery = std::chrono::minutes{10};

std::string directory_of_store(const Config& config) { return std::filesystem::path(config.storage.path).parent_path().string(); }

/// For the admin channel, the first few of them.
std::string refusal_of(const std::string& origin, const std::vector<ConfigMistake>& mistakes) {
  constexpr std::size_t kShown = 10;
  auto text = fmt::format("{} is refused, and the configuration that was in force stays:", origin);
  for (std::size_t i = 0; i < std::min(kShown, mistakes.size()); ++i) text += "\n" + to_string(mistakes[i]);
  if (mistakes.size() > kShown) text += fmt::format("\nand {} more", mistakes.size() - kShown);
  return text;
}

/// What the bot must know of an earlier life before it looks at the world.
struct Remembered {
  std::string redaction_key;
  std::map<std::string, std::string> last_synced;
  std::vector<Identity> identities;
  std::map<std::string, std::string> unwritable;  ///< channel -> why
};

Result<Remembered> remember(storage::Store& store, Random& random) {
  Remembered remembered;
  CHECK_OK(store.transact([&](storage::Transaction& tx) -> Result<void> {
    TRY(const auto key, tx.setting("redaction_key"));
    remembered.redaction_key = key.value_or("");
    if (remembered.redaction_key.empty()) {
      remembered.redaction_key = random.hex(64);
      CHECK_OK(tx.set_setting("redaction_key", remembered.redaction_key));
    }
    TRY(remembered.identities, tx.identities());
    TRY(remembered.unwritable, unwritable_channels(tx));
    TRY(const auto rows, tx.app_rows());
    for (const auto& row : rows) {
      if (!row.last_synced_revision.empty()) remembered.last_synced.emplace(row.app, row.last_synced_revision);
    }
    return Result<void>{};
  }));
  return remembered;
}

using Registries = std::map<std::string, std::unique_ptr<registry::Registry>>;

Registries make_registries(net::HttpClient& http, Clock& clock, const Config& config) {
  Registries made;
  for (const auto& given : config.registries) {
    registry::RegistryOptions options;
    options.host = given.host;
    options.api_url = given.api_url;
    options.username = given.username;
    options.password = given.password;
    made.emplace(given.host, registry::create_registry(http, clock, std::move(options)));
  }
  return made;
}

class RunningBot final : public Bot {
 public:
  RunningBot(asio::io_context& io, Clock& clock, Random& random, Config config, BotOptions options, std::unique_ptr<storage::Store> store, Remembered remembered,
             Clusters clusters, std::map<std::string, Signer> signers)
      : executor_(io.get_executor()),
        clock_(clock),
        random_(random),
        config_(std::move(config)),
        pool_(pool_threads(config_)),
        redactor_(remembered.redaction_key),
        store_(std::move(store)),
        async_store_(*store_, database_thread_.get_executor()),
        http_(net::create_http_client(executor_, clock)),
        web_api_(slack::create_web_api(*http_, clock, random, web_api_options())),
        sender_(slack::create_sender(executor_, *web_api_, clock)),
        messenger_(*web_api_, *sender_, config_.slack.admin_channel),
        registries_(make_registries(*http_, clock, config_)),
        forges_(make_forges(*http_, clock, config_)),
        outbox_(executor_, async_store_, clock, random, {}),
        fleet_(fleet_parts(std::move(clusters), options, std::move(remembered.last_synced))),
        sources_(fleet_ground(), fleet_, directory_of_store(config_) + "/plans", [this](std::string source, std::string what) { incidents_.on_notice(source, what); }),
        incidents_(executor_, clock, config_, async_store_, outbox_, messenger_, fleet_),
        rollouts_(executor_, clock, config_, async_store_, outbox_, fleet_),
        changes_(change_parts(options, std::move(signers))),
        pulls_(pull_parts()),
        digest_(executor_, clock, config_, async_store_, outbox_, fleet_, [this] { return sources_.deployments().pauses(); }),
        home_(executor_, clock, config_, async_store_, fleet_, *web_api_),
        nudges_(executor_, clock, !config_.http.webhook_secret.reveal().empty(), nudge_targets()),
        socket_(slack::create_socket_mode(executor_, *web_api_, clock, random)),
        identities_(std::move(remembered.identities)),
        ended_(executor_),
        socket_tasks_(executor_),
        tasks_(executor_) {
    for (const auto& identity : identities_) add_identity(config_, identity);
    if (options.environment) reload_ = std::make_unique<Reload>(reload_parts(options.environment));
    messenger_.know_unwritable(std::move(remembered.unwritable));
    if (!config_.slack.admin_channel.empty()) messenger_.on_trouble(tell_of_unwritable(async_store_, outbox_, clock_, config_.slack.admin_channel));
  }

  Result<void> listen() {
    WebParts parts;
    parts.webhook_secret = config_.http.webhook_secret;
    parts.clock = &clock_;
    nudges_.connect(parts);
    parts.not_ready = [this] { return not_ready(); };
    parts.gauges = [this] { return gauges(); };
    parts.on_deploy_event = [this](const std::string& kind, const std::string& namespace_, const std::string& name) { sources_.deployments().on_event(kind, namespace_, name); };
    net::HttpServerOptions options;
    options.address = config_.http.host;
    options.port = config_.http.port;
    TRY(server_, net::start_http_server(executor_, clock_, options, make_web_handler(std::move(parts))));
    return Result<void>{};
  }

  asio::awaitable<Result<void>> run() override {
    auto identity = co_await introduce();
    if (!identity) co_return identity.error();
    log_info("slack", fmt::format("in the workspace {} as {}", identity->team, identity->user_id));
    co_await fill_usergroups();
    Services services{clock_, config_, async_store_, outbox_, fleet_, changes_, incidents_, redactor_, "warden"};
    services.api = web_api_.get();
    services.team = identity->team_id;
    services.forges = pointers_to(forges_);
    services.on_linked = [this](const Identity& linked) {
      identities_.push_back(linked);
      add_identity(config_, linked);
    };
    services.hands = hands_of(&sources_.deployments(), &sources_.plans());
    services.random = &random_;
    services.workspace_url = identity->url;
    services.digest = &digest_;
    services.home = &home_;
    for (const auto& [host, registry] : registries_) services.registries[host] = registry.get();
    co_await renew_tokens();
    tasks_.spawn("tokens for Git", renew_tokens_now_and_then());
    conversation_ = std::make_unique<Conversation>(executor_, services, messenger_, *identity);
    Fleet::Listener listener;
    listener.on_report = [this](DriftReport report) {
      incidents_.on_report(std::move(report));
      home_.on_moved();
    };
    listener.on_synced = [this](std::string app, std::string revision) {
      rollouts_.on_synced(app);
      tasks_.spawn("last synced", keep_synced(std::move(app), std::move(revision)));
    };
    listener.on_cluster = [this](std::string cluster, bool reachable, std::string why) { incidents_.on_cluster(cluster, reachable, why); };
    listener.on_kind = [this](std::string cluster, WatchedKind kind, bool watched, std::string why) { incidents_.on_kind(cluster, kind, watched, why); };
    listener.on_repository = [this](std::string repository, bool reachable, std::string why) { incidents_.on_repository(repository, reachable, why); };
    listener.on_notice = [this](std::string repository, std::string what) { incidents_.on_notice(repository, what); };
    listener.on_apps_changed = [this] { home_.on_moved(); };
    listener.on_head = [this](std::string repository, std::string head) {
      if (reload_) reload_->on_head(repository, head);
    };
    sources_.listen(listener);
    outbox_.start();
    tasks_.spawn("pruning", prune_now_and_then());
    incidents_.start();
    rollouts_.start();
    fleet_.start(std::move(listener));
    sources_.start();
    if (reload_) reload_->start();
    changes_.start();
    pulls_.start();
    digest_.start();
    home_.start();
    conversation_->start();
    socket_tasks_.spawn("Slack's socket", take_envelopes());
    auto ended = co_await ended_.wait();
    if (!ended) co_return ended;
    co_return outcome_;
  }

  std::optional<Config> wanted_config() override { return std::exchange(wanted_, std::nullopt); }

  void reload_again() override {
    if (reload_) reload_->again();
  }

  asio::awaitable<void> stop() override {
    if (server_) co_await server_->stop();
    co_await nudges_.stop();
    if (reload_) co_await reload_->stop();
    co_await socket_tasks_.join();
    if (conversation_) co_await conversation_->stop();
    co_await home_.stop();
    co_await digest_.stop();
    co_await sources_.stop();
    co_await fleet_.stop();
    co_await pulls_.stop();
    co_await changes_.stop();
    co_await rollouts_.stop();
    co_await incidents_.stop();
    co_await outbox_.stop();
    co_await sender_->stop();
    co_await tasks_.join();
    database_thread_.join();
    pool_.join();
  }

  std::string not_ready() const override {
    if (socket_->state() != slack::SocketState::Connected) return "Slack's socket is not open";
    if (!fleet_.ready()) return "not every App has been judged yet";
    return {};
  }

  std::uint16_t http_port() const override { return server_ ? server_->port() : std::uint16_t{0}; }

 private:
  slack::WebApiOptions web_api_options() const {
    slack::WebApiOptions options;
    options.api_url = config_.slack.api_url;
    options.app_token = config_.slack.app_token;
    options.bot_token = config_.slack.bot_token;
    return options;
  }

  FleetGround fleet_ground() { return {executor_, pool_.get_executor(), clock_, random_, *http_, config_, redactor_}; }

  Reload::Parts reload_parts(std::shared_ptr<const Environment> environment) {
    Reload::Parts parts;
    parts.executor = executor_;
    parts.clock = &clock_;
    parts.config = &config_;
    parts.fleet = &fleet_;
    parts.environment = std::move(environment);
    parts.state_directory = directory_of_store(config_);
    parts.take = [this](Config config, const ConfigDifference& difference, const std::string& origin) { take_config(std::move(config), difference, origin); };
    parts.refuse = [this](const std::string& origin, const std::vector<ConfigMistake>& mistakes) { incidents_.on_notice("configuration", refusal_of(origin, mistakes)); };
    return parts;
  }

  void take_config(Config config, const ConfigDifference& difference, const std::string& origin) {
    const auto changed = join({difference.keys.begin(), difference.keys.end()}, ", ");
    log_info("config", fmt::format("{}: {} changed{}", origin, changed, difference.restart ? "; connections are made anew" : ""));
    tasks_.spawn("audit of the config", audit_config(origin, changed));
    if (difference.restart) {
      wanted_ = std::move(config);
      ended_.notify();
      return;
    }
    for (auto& group : config.groups) {
      const auto known = std::ranges::find(config_.groups, group.name, &Group::name);
      if (known != config_.groups.end() && !group.slack_usergroup.empty() && known->slack_usergroup == group.slack_usergroup) group.members = known->members;
    }
    for (const auto& identity : identities_) add_identity(config, identity);
    // Whoever holds an element of the old one across a wait goes on with it.
    retired_.push_back(std::exchange(config_, std::move(config)));
    fleet_.config_changed();
    sources_.look_again();
    home_.on_moved();
    tasks_.spawn("user groups", fill_usergroups());
  }

  asio::awaitable<void> audit_config(std::string origin, std::string changed) {
    std::function<Result<void>(storage::Transaction&)> work = [origin, changed](storage::Transaction& tx) -> Result<void> {
      AuditEntry entry;
      entry.actor = "driftwarden";
      entry.action = "config.taken";
      entry.detail = nlohmann::json{{"from", origin}, {"changed", changed}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      auto written = tx.append_audit(entry);
      if (!written) return written.error();
      return Result<void>{};
    };
    auto working = async_store_.transact(std::move(work));
    const auto kept = co_await std::move(working);
    if (!kept) log_warn("config", kept.error().message);
  }

  asio::awaitable<void> take_envelopes() {
    slack::EnvelopeSink sink = [this](slack::Envelope envelope) { return conversation_->accept(std::move(envelope)); };
    outcome_ = co_await socket_->run(std::move(sink));
    ended_.notify();
  }

  Fleet::Parts fleet_parts(Clusters clusters, const BotOptions& options, std::map<std::string, std::string> last_synced) {
    const auto ground = fleet_ground();
    auto cache = options.cache_directory.empty() ? directory_of_store(config_) + "/mirrors" : options.cache_directory;
    auto parts = make_fleet_parts(ground, std::move(clusters), std::move(cache));
    parts.last_synced = std::move(last_synced);
    parts.transport = with_tokens(std::move(parts.transport), git_tokens_);
    return parts;
  }

  Nudges::Targets nudge_targets() {
    Nudges::Targets targets;
    targets.repositories = [this](const std::vector<std::string>& urls) { fleet_.nudge_urls(urls); };
    targets.pulls = [this] { pulls_.nudge(); };
    targets.changes = [this] { changes_.nudge(); };
    return targets;
  }

  PullWatch::Parts pull_parts() {
    PullWatch::Parts parts;
    parts.executor = executor_;
    parts.clock = &clock_;
    parts.config = &config_;
    parts.redactor = &redactor_;
    parts.store = &async_store_;
    parts.outbox = &outbox_;
    parts.messenger = &messenger_;
    parts.fleet = &fleet_;
    parts.forges = pointers_to(forges_);
    return parts;
  }

  Changes::Parts change_parts(const BotOptions& options, std::map<std::string, Signer> signers) {
    Changes::Parts parts;
    parts.executor = executor_;
    parts.clock = &clock_;
    parts.config = &config_;
    parts.redactor = &redactor_;
    parts.store = &async_store_;
    parts.outbox = &outbox_;
    parts.messenger = &messenger_;
    parts.fleet = &fleet_;
    parts.hands = hands_of(&sources_.deployments(), &sources_.plans());
    parts.forges = pointers_to(forges_);
    parts.signers = std::move(signers);
    parts.on_ended = [this](const std::string& app) {
      incidents_.look_again(app);
      home_.on_moved();
    };
    parts.verify_for = options.verify_for;
    return parts;
  }

  asio::awaitable<void> renew_tokens() {
    for (const auto& repository : config_.repositories) {
      const auto forge = forges_.find(repository.name);
      if (forge == forges_.end() || !needs_forge_token(repository)) continue;
      auto token = co_await forge->second->git_token();
      if (token) {
        git_tokens_->put(repository.url, std::move(*token));
      } else {
        log_warn("forge", fmt::format("repository {}: no token for Git: {}", repository.name, token.error().message));
      }
    }
  }

  asio::awaitable<void> renew_tokens_now_and_then() {
    while (true) {
      auto slept = co_await clock_.sleep_for(kTokenEvery);
      if (!slept) co_return;
      co_await renew_tokens();
    }
  }

  /// Who we are in Slack. Slack being down at start is waited out; a wrong token is not.
  asio::awaitable<Result<slack::Identity>> introduce() {
    while (true) {
      auto identity = co_await web_api_->auth_test();
      if (identity || !is_transient(identity.error())) co_return identity;
      log_warn("slack", identity.error().message + "; trying again");
      auto slept = co_await clock_.sleep_for(kSlackRetry);
      if (!slept) co_return slept.error();
    }
  }

  /// Finished work of the queues goes after a while; the audit chain stays whole.
  asio::awaitable<void> prune_now_and_then() {
    while (true) {
      auto prune = [this] { return store_->prune(kKeepFinished); };
      auto pruning = offload(database_thread_.get_executor(), std::move(prune));
      const auto pruned = co_await std::move(pruning);
      if (!pruned) log_warn("storage", pruned.error().message);
      auto slept = co_await clock_.sleep_for(kPruneEvery);
      if (!slept) co_return;
    }
  }

  /// Groups that are Slack user groups have their members there.
  asio::awaitable<void> fill_usergroups() {
    for (const auto& group : config_.groups) {
      if (group.slack_usergroup.empty()) continue;
      slack::JsonPtr arguments = std::make_shared<const nlohmann::json>(nlohmann::json{{"usergroup", group.slack_usergroup}});
      auto answer = co_await web_api_->call("usergroups.users.list", std::move(arguments));
      if (!answer) {
        log_warn("slack", fmt::format("the members of {} are not known: {}", group.name, answer.error().message));
        continue;
      }
      const auto users = (*answer)->find("users");
      if (users != (*answer)->end() && users->is_array()) set_usergroup_members(config_, group.slack_usergroup, users->get<std::vector<std::string>>());
    }
  }

  asio::awaitable<void> keep_synced(std::string app, std::string revision) {
    std::function<Result<void>(storage::Transaction&)> work = [app, revision, now = clock_.wall_now()](storage::Transaction& tx) { return tx.save_app({app, revision, now}); };
    auto working = async_store_.transact(std::move(work));
    auto kept = co_await std::move(working);
    if (!kept) log_warn("storage", kept.error().message);
  }

  std::map<std::string, double> gauges() const {
    const auto figures = fleet_.figures();
    const auto in_state = [&](AppState state) {
      const auto found = figures.apps.find(state);
      return found == figures.apps.end() ? 0.0 : static_cast<double>(found->second);
    };
    std::map<std::string, double> values{{"apps_synced", in_state(AppState::Synced)},
                                         {"apps_out_of_sync", in_state(AppState::OutOfSync)},
                                         {"apps_unknown", in_state(AppState::Unknown)},
                                         {"renders_total", static_cast<double>(figures.renders)},
                                         {"renders_by_tool_total", static_cast<double>(figures.tool_runs)},
                                         {"dry_runs_total", static_cast<double>(figures.dry_runs)},
                                         {"watch_events_total", static_cast<double>(figures.events_seen)},
                                         {"watch_events_gated_total", static_cast<double>(figures.events_gated)}};
    values["apps"] = values["apps_synced"] + values["apps_out_of_sync"] + values["apps_unknown"];
    values["outbox_lanes_busy"] = static_cast<double>(outbox_.in_flight());
    values["slack_messages_waiting"] = static_cast<double>(sender_->waiting());
    values["slack_connected"] = socket_->state() == slack::SocketState::Connected ? 1 : 0;
    return values;
  }

  asio::any_io_executor executor_;
  Clock& clock_;
  Random& random_;
  Config config_;
  asio::thread_pool pool_;
  Redactor redactor_;
  asio::thread_pool database_thread_{1};
  std::unique_ptr<storage::Store> store_;
  AsyncStore async_store_;
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<slack::WebApi> web_api_;
  std::unique_ptr<slack::Sender> sender_;
  Messenger messenger_;
  Registries registries_;
  Forges forges_;
  std::shared_ptr<GitTokens> git_tokens_ = std::make_shared<GitTokens>();
  Outbox outbox_;
  Fleet fleet_;
  Sources sources_;
  Incidents incidents_;
  RolloutWatch rollouts_;
  Changes changes_;
  PullWatch pulls_;
  Digest digest_;
  Home home_;
  Nudges nudges_;
  std::unique_ptr<slack::SocketMode> socket_;
  std::vector<Identity> identities_;
  std::unique_ptr<Reload> reload_;
  std::deque<Config> retired_;  ///< configs that were in force before
  std::optional<Config> wanted_;
  Result<void> outcome_;
  Signal ended_;
  std::unique_ptr<Conversation> conversation_;
  std::unique_ptr<net::HttpServer> server_;
  TaskGroup socket_tasks_;
  TaskGroup tasks_;
};

}  // namespace

Result<std::unique_ptr<Bot>> Bot::create(asio::io_context& io, Clock& clock, Random& random, Config config, BotOptions options) {
  if (const auto directory = std::filesystem::path(config.storage.path).parent_path(); !directory.empty()) {
    std::error_code failed;
    std::filesystem::create_directories(directory, failed);
    if (failed) return Error{ErrorKind::Unavailable, fmt::format("the directory {} can't be made: {}", directory.string(), failed.message())};
  }
  TRY(auto store, storage::Store::open(config.storage.path, clock));
  TRY(auto remembered, remember(*store, random));
  TRY(auto clusters, make_clusters(io.get_executor(), clock, random, config));
  TRY(auto signers, make_signers(config, std::filesystem::path(config.storage.path).parent_path().string() + "/keys"));
  auto bot = std::make_unique<RunningBot>(io, clock, random, std::move(config), std::move(options), std::move(store), std::move(remembered), std::move(clusters),
                                          std::move(signers));
  CHECK_OK(bot->listen());
  return std::unique_ptr<Bot>(std::move(bot));
}

}  // namespace driftwarden
