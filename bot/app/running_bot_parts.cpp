// Making the parts and tying them together.
#include "bot/app/fence.hpp"
#include "bot/app/model_options.hpp"
#include "bot/app/running_bot.hpp"
#include "bot/change/hands_of.hpp"
#include "bot/config/policy.hpp"
#include "bot/outbox/unwritable.hpp"
#include "bot/policy/identity.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace driftwarden {
namespace {

std::string directory_of_store(const Config& config) { return std::filesystem::path(config.storage.path).parent_path().string(); }

/// For the admin channel, the first few of them.
std::string refusal_of(const std::string& origin, const std::vector<ConfigMistake>& mistakes) {
  constexpr std::size_t kShown = 10;
  auto text = fmt::format("{} is refused, and the configuration that was in force stays:", origin);
  for (std::size_t i = 0; i < std::min(kShown, mistakes.size()); ++i) text += "\n" + to_string(mistakes[i]);
  if (mistakes.size() > kShown) text += fmt::format("\nand {} more", mistakes.size() - kShown);
  return text;
}

net::HttpClientOptions http_options(const net::TlsOptions& tls, const std::function<bool()>& may_speak) {
  net::HttpClientOptions options;
  options.may_send = may_speak;
  options.tls = tls;
  return options;
}

slack::SocketModeOptions socket_options(const net::TlsOptions& tls) {
  slack::SocketModeOptions options;
  options.tls = tls;
  return options;
}

/// Two services of one host count as the first of them.
CallTargets call_targets(const Config& config) {
  CallTargets targets;
  targets.add(config.slack.api_url, "slack");
  for (const auto& repository : config.repositories) targets.add(repository.forge.api_url, "forge");
  for (const auto& registry : config.registries) targets.add(registry.api_url, "registry");
  if (config.model) targets.add(config.model->api_url, "model");
  if (config.heartbeat) targets.add(config.heartbeat->url.reveal(), "heartbeat");
  return targets;
}

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

std::unique_ptr<llm::Model> make_model(net::HttpClient& http, Clock& clock, Random& random, const Config& config, ModelFigures& figures) {
  if (!config.model) return nullptr;
  return counted(llm::create_model(http, clock, random, model_options(*config.model)), clock, figures);
}

std::unique_ptr<Assistant> make_assistant(Clock& clock, const Config& config, AsyncStore& store, llm::Model* model) {
  if (model == nullptr) return nullptr;
  Assistant::Parts parts;
  parts.clock = &clock;
  parts.config = &config;
  parts.store = &store;
  parts.model = model;
  return std::make_unique<Assistant>(parts);
}

}  // namespace

RunningBot::RunningBot(asio::io_context& io, Clock& clock, Random& random, Config config, BotOptions options, std::unique_ptr<storage::Store> store, Remembered remembered,
           Clusters clusters, std::map<std::string, Signer> signers, net::TlsOptions tls, std::shared_ptr<CallCounts> calls)
    : executor_(io.get_executor()),
      clock_(clock),
      random_(random),
      config_(std::move(config)),
      pool_(pool_threads(config_)),
      redactor_(remembered.redaction_key),
      store_(std::move(store)),
      instance_(remembered.instance),
      async_store_(*store_, database_thread_.get_executor(), naming()),
      tls_(std::move(tls)),
      calls_(std::move(calls)),
      stages_(clock.wall_now()),
      http_(counted(net::create_http_client(executor_, clock, http_options(tls_, options.may_speak)), *calls_, call_targets(config_))),
      web_api_(slack::create_web_api(*http_, clock, random, web_api_options())),
      sender_(slack::create_sender(executor_, *web_api_, clock)),
      messenger_(*web_api_, *sender_, config_.slack.admin_channel),
      registries_(make_registries(*http_, clock, config_)),
      model_(make_model(*http_, clock, random, config_, model_figures_)),
      assistant_(make_assistant(clock, config_, async_store_, model_.get())),
      forges_(make_forges(*http_, clock, config_)),
      outbox_(executor_, async_store_, clock, random, {}),
      fleet_(fleet_parts(std::move(clusters), options, std::move(remembered.last_synced))),
      sources_(fleet_ground(), fleet_, directory_of_store(config_) + "/plans", [this](std::string source, std::string what) { incidents_.on_notice(source, what); }),
      incidents_(executor_, clock, config_, async_store_, outbox_, messenger_, fleet_),
      rollouts_(executor_, clock, config_, async_store_, outbox_, fleet_),
      policies_(create_policy_source([this](const std::string& name) { return find_repository(config_, name) == nullptr ? nullptr : &fleet_.repository(name); })),
      gates_(create_gates(gates_parts())),
      changes_(change_parts(options, signers)),
      pulls_(pull_parts()),
      digest_(executor_, clock, config_, async_store_, outbox_, fleet_, [this] { return sources_.deployments().pauses(); }),
      home_(executor_, clock, config_, async_store_, fleet_, *web_api_),
      nudges_(executor_, clock, !config_.http.webhook_secret.reveal().empty(), nudge_targets()),
      commits_(commit_parts()),
      socket_(slack::create_socket_mode(executor_, *web_api_, clock, random, socket_options(tls_))),
      pulse_(pulse_parts()),
      identities_(std::move(remembered.identities)),
      ended_(executor_),
      socket_tasks_(executor_),
      tasks_(executor_) {
  for (const auto& identity : identities_) add_identity(config_, identity);
  learn_people();
  make_auditors(signers);
  if (options.environment) reload_ = std::make_unique<Reload>(reload_parts(options.environment));
  messenger_.know_unwritable(std::move(remembered.unwritable));
  observe_outbox();
  movements_->listen([this] { home_.on_moved(); });
  outbox_.only_while(options.may_speak);
  leader_ = std::move(options.leader);
  if (!config_.slack.admin_channel.empty()) messenger_.on_trouble(tell_of_unwritable(async_store_, outbox_, clock_, config_.slack.admin_channel));
}

Result<void> RunningBot::listen() {
  WebParts parts;
  parts.webhook_secret = config_.http.webhook_secret;
  parts.clock = &clock_;
  nudges_.connect(parts);
  parts.not_ready = [this] { return not_ready(); };
  parts.gauges = [] { return std::map<std::string, double>{}; };
  parts.more_metrics = [this] { return metrics() + (leader_ ? to_metrics(leader_()) : std::string()); };
  parts.trouble = [this] { return reason_to_restart(pulse_.ailments()); };
  parts.on_deploy_event = [this](const std::string& kind, const std::string& namespace_, const std::string& name) { sources_.deployments().on_event(kind, namespace_, name); };
  net::HttpServerOptions options;
  options.address = config_.http.host;
  options.port = config_.http.port;
  TRY(server_, net::start_http_server(executor_, clock_, options, make_web_handler(std::move(parts))));
  return Result<void>{};
}

slack::WebApiOptions RunningBot::web_api_options() const {
  slack::WebApiOptions options;
  options.api_url = config_.slack.api_url;
  options.app_token = config_.slack.app_token;
  options.bot_token = config_.slack.bot_token;
  return options;
}

FleetGround RunningBot::fleet_ground() { return {executor_, pool_.get_executor(), clock_, random_, *http_, config_, redactor_}; }

Services RunningBot::services(const slack::Identity& identity) {
  Services services{clock_, config_, async_store_, outbox_, fleet_, changes_, incidents_, redactor_, "warden"};
  services.api = web_api_.get();
  services.team = identity.team_id;
  services.forges = pointers_to(forges_);
  services.on_linked = [this](const Identity& linked) {
    identities_.push_back(linked);
    add_identity(config_, linked);
    learn_people();
  };
  services.hands = hands_of(&sources_.deployments(), &sources_.plans());
  services.random = &random_;
  services.workspace_url = identity.url;
  services.digest = &digest_;
  services.home = &home_;
  services.members = members_.get();
  services.assistant = assistant_.get();
  for (const auto& [host, registry] : registries_) services.registries[host] = registry.get();
  return services;
}

Fleet::Listener RunningBot::fleet_listener() {
  Fleet::Listener listener;
  listener.on_suspected = [this](const DriftReport& report) { stages_.on_suspected(report, clock_.wall_now()); };
  listener.on_report = [this](DriftReport report) {
    stages_.on_told(report, clock_.wall_now());
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
    commits_.on_head(repository, head);
  };
  sources_.listen(listener);
  return listener;
}

Reload::Parts RunningBot::reload_parts(std::shared_ptr<const Environment> environment) {
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

Fleet::Parts RunningBot::fleet_parts(Clusters clusters, const BotOptions& options, std::map<std::string, std::string> last_synced) {
  const auto ground = fleet_ground();
  auto cache = options.cache_directory.empty() ? directory_of_store(config_) + "/mirrors" : options.cache_directory;
  auto parts = make_fleet_parts(ground, std::move(clusters), std::move(cache));
  parts.last_synced = std::move(last_synced);
  parts.transport = with_fence(with_tokens(std::move(parts.transport), git_tokens_), options.may_speak);
  return parts;
}

Nudges::Targets RunningBot::nudge_targets() {
  Nudges::Targets targets;
  targets.repositories = [this](const std::vector<std::string>& urls) { fleet_.nudge_urls(urls); };
  targets.pulls = [this] { pulls_.nudge(); };
  targets.changes = [this] { changes_.nudge(); };
  return targets;
}

PullWatch::Parts RunningBot::pull_parts() {
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
  parts.gates = gates_.get();
  parts.price_files = hands_of(nullptr, &sources_.plans()).price_files;
  return parts;
}

GatesParts RunningBot::gates_parts() {
  GatesParts parts;
  parts.pool = pool_.get_executor();
  parts.clock = &clock_;
  parts.config = &config_;
  parts.redactor = &redactor_;
  parts.policies = policies_.get();
  parts.on_judged = [this](const GateResult& result, Duration took) { gate_figures_.add(result, took); };
  return parts;
}

Changes::Parts RunningBot::change_parts(const BotOptions& options, std::map<std::string, Signer> signers) {
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
  parts.gates = gates_.get();
  parts.assistant = assistant_.get();
  parts.forges = pointers_to(forges_);
  parts.signers = std::move(signers);
  parts.on_ended = [this](const std::string& app) {
    incidents_.look_again(app);
    home_.on_moved();
  };
  parts.verify_for = options.verify_for;
  parts.audit_instance = instance_;
  parts.is_outsider = [this](std::string slack_id) { return is_outsider(std::move(slack_id)); };
  return parts;
}

}  // namespace driftwarden
