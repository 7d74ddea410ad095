#include "tests/sim/life.hpp"

#include "bot/outbox/unwritable.hpp"
#include "bot/pulls/commit_sources.hpp"

#include <boost/asio/co_spawn.hpp>

#include <stdexcept>

namespace driftwarden::sim {
namespace {

constexpr Duration kSlackRetry{5'000};
constexpr Duration kDrain{10'000};
constexpr int kMostSteps = 500'000;

}  // namespace

Life::Life(Outside outside, std::unique_ptr<SimStore> store, std::unique_ptr<SimClock> clock)
    : out_(std::move(outside)), clock_(std::move(clock)), random_(create_seeded_random(out_.seed * 7919 + out_.ground.totals.crashes + out_.ground.totals.restarts)), store_(std::move(store)) {
  auto& ground = out_.ground;
  ground.io = &io_;
  ground.clock = clock_.get();
  ground.dying = false;
  const auto slow = [&ground](Duration most, Duration very) {
    return [&ground, most, very] {
      if (!ground.faults_stopped && ground.chance(ground.rates.late)) return ground.some(Duration{0}, very);
      return ground.some(Duration{0}, most);
    };
  };
  database_ = std::make_unique<Lane>(ground.time, io_, slow(Duration{2}, Duration{200}), true);
  pool_ = std::make_unique<Lane>(ground.time, io_, slow(Duration{20}, Duration{5'000}), false);
  const auto remembered = remember();
  if (!remembered) {
    ground.say("the start fails: " + remembered.error().message);
    ground.dying = true;
    return;
  }
  const auto executor = io_.get_executor();
  redactor_ = std::make_unique<Redactor>(redaction_key_);
  async_ = std::make_unique<AsyncStore>(*store_, LateExecutor(*database_));
  slack_ = std::make_unique<SlackPort>(ground, out_.slack);
  sender_ = slack::create_sender(executor, *slack_, *clock_);
  messenger_ = std::make_unique<Messenger>(*slack_, *sender_, out_.config.slack.admin_channel);
  forge_ = std::make_unique<ForgePort>(ground, out_.forge);
  outbox_ = std::make_unique<Outbox>(executor, *async_, *clock_, *random_, Outbox::Limits{});
  fleet_ = std::make_unique<Fleet>(fleet_parts());
  incidents_ = std::make_unique<Incidents>(executor, *clock_, out_.config, *async_, *outbox_, *messenger_, *fleet_);
  rollouts_ = std::make_unique<RolloutWatch>(executor, *clock_, out_.config, *async_, *outbox_, *fleet_);
  create_helpers();
  changes_ = std::make_unique<Changes>(change_parts());
  pulls_ = std::make_unique<PullWatch>(pull_parts());
  commits_ = std::make_unique<CommitWatch>(commit_parts());
  home_ = std::make_unique<Home>(executor, *clock_, out_.config, *async_, *fleet_, *slack_);
  members_ = std::make_unique<Members>(*slack_, *clock_, "T1");
  tasks_ = std::make_unique<TaskGroup>(executor);
  messenger_->on_trouble(tell_of_unwritable(*async_, *outbox_, *clock_, out_.config.slack.admin_channel));
}

Life::~Life() {
  conversation_.reset();
  members_.reset();
  home_.reset();
  commits_.reset();
  pulls_.reset();
  changes_.reset();
  rollouts_.reset();
  incidents_.reset();
  fleet_.reset();
  outbox_.reset();
  tasks_.reset();
  out_.ground.clock = nullptr;
  out_.ground.io = nullptr;
}

void Life::end() {
  clock_->end();
  database_->hurry();
  pool_->hurry();
  if (tasks_ && !stopping_) asio::co_spawn(io_, stop_all(), [](const std::exception_ptr&) {});
  stopping_ = true;
  for (int i = 0; i < kMostSteps; ++i) {
    io_.restart();
    if (io_.poll_one() == 0) break;
  }
  if (tasks_ && !stopped_) throw std::logic_error("a life of the bot doesn't come to its end");
}

Result<void> Life::remember() {
  return store_->transact([&](storage::Transaction& tx) -> Result<void> {
    TRY(const auto key, tx.setting("redaction_key"));
    redaction_key_ = key.value_or("");
    if (redaction_key_.empty()) {
      redaction_key_ = random_->hex(64);
      CHECK_OK(tx.set_setting("redaction_key", redaction_key_));
    }
    TRY(const auto rows, tx.app_rows());
    for (const auto& row : rows) {
      if (!row.last_synced_revision.empty()) last_synced_.emplace(row.app, row.last_synced_revision);
    }
    return Result<void>{};
  });
}

Fleet::Parts Life::fleet_parts() {
  Fleet::Parts parts;
  parts.executor = io_.get_executor();
  parts.pool = LateExecutor(*pool_);
  parts.clock = clock_.get();
  parts.random = random_.get();
  parts.config = &out_.config;
  parts.redactor = redactor_.get();
  parts.clusters.push_back(std::make_unique<ClusterPort>(out_.ground, out_.cluster));
  parts.transport = [this](const std::string& url, const GitCredentials&) -> std::unique_ptr<GitTransport> {
    for (const auto& [name, remote] : out_.remotes) {
      if (url.find("/" + name + ".git") != std::string::npos) return remote->transport();
    }
    return nullptr;
  };
  parts.cache_directory = out_.mirrors;
  parts.last_synced = last_synced_;
  return parts;
}

Fleet::Listener Life::listener() {
  Fleet::Listener listener;
  listener.on_report = [this](DriftReport report) {
    incidents_->on_report(std::move(report));
    home_->on_moved();
  };
  listener.on_synced = [this](std::string app, std::string revision) {
    rollouts_->on_synced(app);
    tasks_->spawn("last synced", keep_synced(std::move(app), std::move(revision)));
  };
  listener.on_cluster = [this](const std::string& cluster, bool reachable, const std::string& why) { incidents_->on_cluster(cluster, reachable, why); };
  listener.on_kind = [this](const std::string& cluster, const WatchedKind& kind, bool watched, const std::string& why) { incidents_->on_kind(cluster, kind, watched, why); };
  listener.on_repository = [this](const std::string& repository, bool reachable, const std::string& why) { incidents_->on_repository(repository, reachable, why); };
  listener.on_notice = [this](const std::string& repository, const std::string& what) { incidents_->on_notice(repository, what); };
  listener.on_apps_changed = [this] { home_->on_moved(); };
  listener.on_head = [this](const std::string& repository, const std::string& head) { commits_->on_head(repository, head); };
  return listener;
}

/// A model that drafts, and gates that judge, as the scene has them.
void Life::create_helpers() {
  if (out_.model != nullptr) {
    Assistant::Parts parts;
    parts.clock = clock_.get();
    parts.config = &out_.config;
    parts.store = async_.get();
    parts.model = out_.model;
    assistant_ = std::make_unique<Assistant>(parts);
  }
  if (out_.config.gates.owners.empty()) return;
  GatesParts parts;
  parts.pool = LateExecutor(*pool_);
  parts.clock = clock_.get();
  parts.config = &out_.config;
  parts.redactor = redactor_.get();
  gates_ = create_gates(std::move(parts));
}

Changes::Parts Life::change_parts() {
  Changes::Parts parts;
  parts.executor = io_.get_executor();
  parts.clock = clock_.get();
  parts.config = &out_.config;
  parts.redactor = redactor_.get();
  parts.store = async_.get();
  parts.outbox = outbox_.get();
  parts.messenger = messenger_.get();
  parts.fleet = fleet_.get();
  parts.forges.emplace("config", forge_.get());
  parts.on_ended = [this](const std::string& app) {
    incidents_->look_again(app);
    home_->on_moved();
  };
  parts.verify_for = std::chrono::minutes{3};
  parts.assistant = assistant_.get();
  parts.gates = gates_.get();
  return parts;
}

PullWatch::Parts Life::pull_parts() {
  PullWatch::Parts parts;
  parts.executor = io_.get_executor();
  parts.clock = clock_.get();
  parts.config = &out_.config;
  parts.redactor = redactor_.get();
  parts.store = async_.get();
  parts.outbox = outbox_.get();
  parts.messenger = messenger_.get();
  parts.fleet = fleet_.get();
  parts.forges.emplace("config", forge_.get());
  parts.gates = gates_.get();
  return parts;
}

CommitWatch::Parts Life::commit_parts() {
  CommitWatch::Parts parts;
  parts.executor = io_.get_executor();
  parts.clock = clock_.get();
  parts.config = &out_.config;
  parts.store = async_.get();
  parts.outbox = outbox_.get();
  take_sources(parts, *fleet_, {{"config", forge_.get()}});
  return parts;
}

Services Life::services(const slack::Identity& identity) {
  Services services{*clock_, out_.config, *async_, *outbox_, *fleet_, *changes_, *incidents_, *redactor_, "warden"};
  services.api = slack_.get();
  services.team = identity.team_id;
  services.forges.emplace("config", forge_.get());
  services.random = random_.get();
  services.workspace_url = identity.url;
  services.home = home_.get();
  services.members = members_.get();
  services.assistant = assistant_.get();
  return services;
}

void Life::start() {
  if (tasks_) tasks_->spawn("life", live());
}

asio::awaitable<void> Life::live() {
  Result<slack::Identity> identity = Error{ErrorKind::Unavailable, ""};
  while (!identity) {
    auto asking = slack_->auth_test();
    identity = co_await std::move(asking);
    if (identity) break;
    auto sleeping = clock_->sleep_for(kSlackRetry);
    const auto slept = co_await std::move(sleeping);
    if (!slept) co_return;
  }
  conversation_ = std::make_unique<Conversation>(io_.get_executor(), services(*identity), *messenger_, *identity);
  outbox_->start();
  incidents_->start();
  rollouts_->start();
  fleet_->start(listener());
  changes_->start();
  pulls_->start();
  commits_->start();
  home_->start();
  conversation_->start();
  out_.ground.say("the bot is up");
  if (out_.ground.is(MutantKind::AppliesUnasked)) tasks_->spawn("mutant", apply_unasked());
}

asio::awaitable<void> Life::apply_unasked() {
  auto sleeping = clock_->sleep_for(std::chrono::minutes{1});
  (void)co_await std::move(sleeping);
  const auto desired = fleet_->desired("cart");
  if (!desired || desired->empty()) co_return;
  kubernetes::ApplyOptions options;
  auto applying = fleet_->cluster("prod-eu")->apply(desired->front().body, std::move(options));
  (void)co_await std::move(applying);
}

asio::awaitable<void> Life::keep_synced(std::string app, std::string revision) {
  std::function<Result<void>(storage::Transaction&)> work = [app, revision, now = clock_->wall_now()](storage::Transaction& tx) { return tx.save_app({app, revision, now}); };
  auto working = async_->transact(std::move(work));
  (void)co_await std::move(working);
}

bool Life::settle() {
  while (!out_.ground.dying) {
    io_.restart();
    if (io_.poll_one() == 0) return true;
  }
  return false;
}

void Life::deliver(slack::Envelope envelope, std::function<void(bool)> done) {
  if (conversation_) tasks_->spawn("envelope", accept(std::move(envelope), std::move(done)));
}

asio::awaitable<void> Life::accept(slack::Envelope envelope, std::function<void(bool)> done) {
  if (out_.ground.is(MutantKind::AckBeforeStored)) done(true);
  auto accepting = conversation_->accept(std::move(envelope));
  const auto taken = co_await std::move(accepting);
  if (!out_.ground.gone()) done(taken.has_value());
}

void Life::nudge() {
  if (!conversation_) return;
  fleet_->nudge();
  changes_->nudge();
  pulls_->nudge();
}

asio::awaitable<void> Life::stop_all() {
  co_await tasks_->join();
  if (conversation_) co_await conversation_->stop();
  co_await home_->stop();
  co_await commits_->stop();
  co_await fleet_->stop();
  co_await pulls_->stop();
  co_await changes_->stop();
  co_await rollouts_->stop();
  co_await incidents_->stop();
  co_await outbox_->stop();
  co_await sender_->stop();
  stopped_ = true;
}

asio::awaitable<void> Life::stop_orderly() {
  const auto until = clock_->mono_now() + kDrain;
  if (conversation_) co_await conversation_->drain(until);
  co_await outbox_->drain(until);
  co_await stop_all();
}

void Life::begin_to_stop() {
  if (!tasks_ || std::exchange(stopping_, true)) return;
  asio::co_spawn(io_, stop_orderly(), [](const std::exception_ptr&) {});
}

}  // namespace driftwarden::sim
