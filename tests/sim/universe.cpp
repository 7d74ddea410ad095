#include "tests/sim/universe.hpp"

#include "tests/sim/life.hpp"
#include "tests/sim/model.hpp"
#include "tests/sim/people.hpp"
#include "tests/sim/tamper.hpp"
#include "tests/support/disk/disk.hpp"

#include <filesystem>

namespace driftwarden::sim {
namespace {

constexpr Duration kRestWithin = std::chrono::minutes{20};
constexpr Duration kMutantsRestWithin = std::chrono::minutes{12};  // they may take all of it
constexpr Duration kLookEvery{5'000};
constexpr Duration kTidyEvery{20'000};
const std::string kDatabase = "bot.db";

/// The first commits of both repositories, shared by all seeds of a process.
struct FirstCommits {
  std::string directory;
  std::map<std::string, std::string> heads;
};

const FirstCommits& first_commits(const std::string& beside) {
  static const FirstCommits made = [&] {
    FirstCommits first;
    first.directory = std::filesystem::path(beside).parent_path().string() + "/first.git";
    Ground ground(1, false, nullptr);
    GitRemote remote(ground, "first", first.directory, "");
    for (const auto* name : {"config", "tools"}) first.heads[name] = remote.commit(name, first_files(name), {"alice", "alice@example.org"}, "Start");
    return first;
  }();
  return made;
}

class Universe {
 public:
  explicit Universe(const SeedOptions& options);
  ~Universe();
  Universe(const Universe&) = delete;
  Universe& operator=(const Universe&) = delete;
  SeedOutcome run();

 private:
  void deploy();
  void begin_life();
  void end_life();
  void plan_trouble();
  void people_act();
  void deliver(std::size_t event, Duration after);
  void attempt(std::size_t event);
  void stop_trouble();
  void look();
  void last_death();
  std::unique_ptr<storage::Store> open_store(Clock& clock);

  SeedOptions options_;
  Ground ground_;
  Rules rules_;
  test::Disk disk_;
  std::map<std::string, std::string> snapshot_;  ///< a lying disk's
  Durable durable_;
  GitRemote config_;
  GitRemote tools_;
  SlackModel slack_;
  ClusterModel cluster_;
  ForgeModel forge_;
  SimModel model_;
  Truth truth_;
  People people_;
  std::unique_ptr<Life> life_;
  MonoTime socket_down_until_{};
  bool stopping_life_ = false;
  bool rest_ = false;
  std::optional<MonoTime> quiet_since_;
  MonoTime trouble_ends_{};
};

Rules rules_of(Ground& ground) {
  Rules rules;
  rules.need = ground.random->below(3) == 0 ? 2 : 1;
  rules.flapping = 0;
  rules.storms = ground.random->below(4) == 0;
  if (ground.random->below(6) == 0) rules.need = 0;
  rules.gates = ground.random->below(6) != 0;
  rules.cost = ground.random->below(6) != 0;
  rules.model = ground.random->below(8) != 0;
  return rules;
}

Universe::Universe(const SeedOptions& options)
    : options_(options),
      ground_(options.seed, options.traced, options.mutant),
      rules_(rules_of(ground_)),
      disk_(options.seed),
      config_(ground_, "config", options.directory + "/config.git", first_commits(options.directory).directory),
      tools_(ground_, "tools", options.directory + "/tools.git", first_commits(options.directory).directory),
      slack_(ground_),
      cluster_(ground_),
      forge_(ground_, config_),
      model_(ground_),
      truth_({ground_, slack_, cluster_, forge_, {{"config", &config_}, {"tools", &tools_}}, durable_, rules_}),
      people_({ground_, slack_, cluster_, forge_, {{"config", &config_}, {"tools", &tools_}}, truth_, [this](std::size_t event) { deliver(event, ground_.some(Duration{20}, Duration{400})); }}) {
  config_.point("main", first_commits(options.directory).heads.at("config"));
  tools_.point("main", first_commits(options.directory).heads.at("tools"));
  model_.on_asked = [this](const llm::Prompt& prompt) { return truth_.on_asked(prompt); };
  forge_.on_moved = [this] {
    // A webhook: soon, late, or never.
    if (ground_.random->below(3) == 0) return;
    ground_.time.after(ground_.some(Duration{50}, Duration{4'000}), [this] {
      if (life_ && !ground_.gone()) life_->nudge();
    });
  };
}

Universe::~Universe() {
  if (!life_) return;
  truth_.store = nullptr;
  life_->end();
  life_.reset();
}

void Universe::deploy() {
  for (const auto* remote : {&config_, &tools_}) {
    for (const auto& app : scene_apps()) {
      if (app.repository != remote->name()) continue;
      for (const auto& [path, text] : remote->tree(remote->head("main"), manifest_path(app.name))) {
        const auto manifests = parse_manifests(text, path);
        for (const auto& manifest : *manifests) {
          auto object = *manifest.body;
          object["metadata"]["annotations"]["driftwarden.io/tracking"] = fmt::format("{}:{}/{}:{}/{}", app.name, manifest.ref.group, manifest.ref.kind, manifest.ref.namespace_, manifest.ref.name);
          cluster_.create(object);
        }
      }
    }
  }
}

std::unique_ptr<storage::Store> Universe::open_store(Clock& clock) {
  // Migrations once per process: a fresh database is the same for every seed.
  static std::string fresh;
  if (fresh.empty()) {
    test::Disk disk(1);
    auto made = storage::Store::open(kDatabase, clock, {.vfs = disk.vfs(), .instance = "00000000000000a5", .leads = {}});
    if (!made) throw std::runtime_error(made.error().message);
    made->reset();
    fresh = disk.content(kDatabase);
  }
  if (!disk_.exists(kDatabase)) disk_.put(kDatabase, fresh);
  auto opened = storage::Store::open(kDatabase, clock, {.vfs = disk_.vfs(), .instance = "00000000000000a5", .leads = {}});
  ground_.check(opened.has_value(), "store-opens", [&] { return "after a death the database doesn't open: " + opened.error().message; });
  return opened ? std::move(*opened) : nullptr;
}

void Universe::begin_life() {
  if (ground_.broken() || life_) return;
  auto clock = std::make_unique<SimClock>(ground_.time);
  if (ground_.is(MutantKind::ClockRunsBack)) {
    clock->ahead = [this] { return ground_.time.elapsed() > std::chrono::minutes{3} ? Duration{-3'600'000} : Duration{0}; };
  }
  auto store = open_store(*clock);
  if (!store) return;
  ground_.say("a life begins");
  stopping_life_ = false;
  auto noting = std::make_unique<SimStore>(ground_, std::move(store), durable_);
  noting->on_audit = [this](const AuditRow& row) { truth_.on_audit(row); };
  noting->on_claim = [this](std::int64_t change) { truth_.on_claim(change); };
  noting->power_is_off = [this] { return disk_.is_off(); };
  truth_.store = &noting->inner();
  truth_.check_durable();
  Life::Outside outside{ground_, slack_, cluster_, forge_, {{"config", &config_}, {"tools", &tools_}}, scene_config(rules_, ground_.mutant), options_.directory + "/mirrors", options_.seed, rules_.model ? &model_ : nullptr};
  life_ = std::make_unique<Life>(std::move(outside), std::move(noting), std::move(clock));
  life_->start();
}

void Universe::end_life() {
  const bool orderly = life_->stopped();
  const bool power = disk_.is_off() || (!orderly && ground_.random->below(5) < 2);
  if (power) {
    ++ground_.totals.power_cuts;
    ground_.say("the power is cut");
    disk_.cut_power();
  } else if (!orderly) {
    disk_.fail_now(test::DiskFault::IoError);  // who is killed writes nothing more
  }
  truth_.store = nullptr;
  life_->end();
  life_.reset();
  const auto lost = disk_.counts().lost_sectors;
  disk_.restart();
  disk_.mend();
  ground_.totals.lost_writes += disk_.counts().lost_sectors - lost;
  if (power && ground_.is(MutantKind::DiskLies) && !snapshot_.empty()) {
    for (const auto& name : disk_.files()) disk_.remove(name);
    for (const auto& [name, content] : snapshot_) disk_.put(name, content);
  }
  if (power && ground_.random->below(3) == 0) {
    std::error_code ignored;
    std::filesystem::remove_all(options_.directory + "/mirrors", ignored);  // a new machine
  }
  ground_.dying = false;
  ground_.time.after(ground_.some(Duration{300}, Duration{6'000}), [this] { begin_life(); });
}

void Universe::people_act() {
  if (ground_.faults_stopped) return;
  people_.act();
  ground_.time.after(ground_.some(Duration{500}, Duration{9'000}), [this] { people_act(); });
}

void Universe::plan_trouble() {
  trouble_ends_ = ground_.time.mono() + std::chrono::minutes{options_.minutes};
  ground_.time.at(trouble_ends_, [this] { stop_trouble(); });
  ground_.time.after(ground_.some(Duration{2'000}, Duration{8'000}), [this] { people_act(); });
  const auto within = std::chrono::duration_cast<Duration>(std::chrono::minutes{options_.minutes});
  for (auto breaks = ground_.random->below(3); breaks > 0; --breaks) {
    ground_.time.after(ground_.some(Duration{0}, within), [this] {
      if (!ground_.faults_stopped) cluster_.break_watches(ground_.some(Duration{500}, Duration{40'000}));
    });
  }
  for (auto breaks = ground_.random->below(3); breaks > 0; --breaks) {
    ground_.time.after(ground_.some(Duration{0}, within), [this] {
      if (ground_.faults_stopped) return;
      ground_.fault("socket broken");
      ground_.say("Slack's socket breaks");
      socket_down_until_ = ground_.time.mono() + ground_.some(Duration{1'000}, Duration{30'000});
    });
  }
  for (auto kills = ground_.random->below(3); kills > 0; --kills) {
    ground_.time.after(ground_.some(Duration{0}, within), [this] {
      if (!ground_.faults_stopped && life_) ground_.die("by kill -9");
    });
  }
  for (auto cuts = ground_.random->below(3); cuts > 0; --cuts) {
    ground_.time.after(ground_.some(Duration{0}, within), [this] {
      if (!ground_.faults_stopped && life_) disk_.fail_at(disk_.operations() + 1 + ground_.random->below(24), test::DiskFault::PowerLoss);
    });
  }
  if (ground_.random->below(4) == 0) {
    ground_.time.after(ground_.some(Duration{30'000}, within), [this] {
      if (ground_.faults_stopped || !life_ || stopping_life_) return;
      ++ground_.totals.restarts;
      ground_.say("SIGTERM");
      stopping_life_ = true;
      life_->begin_to_stop();
    });
  }
  if (ground_.is(MutantKind::DiskLies)) {
    std::function<void()> keep = [this] {
      for (const auto& name : disk_.files()) snapshot_[name] = disk_.content(name);
    };
    for (int i = 1; i < options_.minutes * 2; ++i) ground_.time.after(std::chrono::seconds{30 * i}, keep);
  }
}

void Universe::deliver(std::size_t event, Duration after) {
  ground_.time.after(after, [this, event] { attempt(event); });
}

void Universe::attempt(std::size_t event) {
  const bool told_before = slack_.events[event].accepted;
  if (told_before && slack_.events[event].deliveries > 3) return;
  const bool up = life_ && life_->can_be_told() && !ground_.gone() && !stopping_life_ && ground_.time.mono() >= socket_down_until_;
  if (!up) return deliver(event, ground_.some(Duration{1'000}, Duration{3'000}));
  auto& which = slack_.events[event];
  ++which.deliveries;
  if (which.deliveries > 1) ground_.fault("event again");
  life_->deliver(slack_.envelope(which), [this, event](bool taken) {
    if (!taken) return;
    if (!ground_.faults_stopped && ground_.chance(ground_.rates.lost)) {
      ground_.fault("ack lost");
      return;
    }
    slack_.events[event].accepted = true;
  });
  // Not acknowledged in time: Slack tells it again. Now and then it does though it was.
  const bool again = !told_before && !ground_.faults_stopped && ground_.chance(0.05 + ground_.rates.twice);
  ground_.time.after(Duration{3'000} + ground_.some(Duration{0}, Duration{5'000}), [this, event, again] {
    if (!slack_.events[event].accepted || again) attempt(event);
  });
}

void Universe::stop_trouble() {
  ground_.faults_stopped = true;
  ground_.say("the trouble is over");
  std::function<void()> tidy = [this] { people_.tidy_up(); };
  for (int i = 0; i < 20; ++i) ground_.time.after(kTidyEvery * i + Duration{1'000}, tidy);
  ground_.time.after(kLookEvery, [this] { look(); });
}

/// Whether all is at rest; it has to stay so for a while.
void Universe::look() {
  const auto now = ground_.time.mono();
  if (!life_ || ground_.gone()) {
    ground_.time.after(kLookEvery, [this] { look(); });
    return;
  }
  const auto unrest = truth_.unrest();
  const bool held = !truth_.holds().empty();
  if (unrest || held) {
    quiet_since_.reset();
    const auto patience = ground_.mutant == nullptr ? kRestWithin : kMutantsRestWithin;
    if (now - trouble_ends_ > patience) {
      ground_.check(false, unrest ? unrest->invariant : "holds-end", [&] { return fmt::format("{} minutes after the last trouble: {}", patience / std::chrono::minutes{1}, unrest ? unrest->what : "a hold is still there"); });
      return;
    }
  } else if (!quiet_since_) {
    quiet_since_ = now;
  } else if (now - *quiet_since_ >= Duration{45'000}) {
    rest_ = true;
    return;
  }
  ground_.time.after(kLookEvery, [this] { look(); });
}

/// The last power cut: all that was committed is there, and the log is whole.
void Universe::last_death() {
  truth_.check_audit();
  disk_.cut_power();
  truth_.store = nullptr;
  life_->end();
  life_.reset();
  disk_.restart();
  if (ground_.is(MutantKind::AuditTampered)) tamper_with_audit(disk_.vfs(), kDatabase);
  SimClock clock(ground_.time);
  const auto store = open_store(clock);
  if (!store) return;
  truth_.store = store.get();
  truth_.check_durable();
  truth_.store = nullptr;
}

SeedOutcome Universe::run() {
  deploy();
  begin_life();
  plan_trouble();
  while (!ground_.broken() && !rest_) {
    if (life_ && (!life_->settle() || life_->stopped())) {
      if (ground_.broken()) break;
      end_life();
    }
    if (ground_.broken() || rest_ || !ground_.time.step()) break;
  }
  if (rest_ && !ground_.broken()) last_death();
  SeedOutcome outcome;
  outcome.broken = ground_.broken();
  ground_.totals.seeds = 1;
  ground_.totals.minutes = static_cast<std::uint64_t>(ground_.time.elapsed() / std::chrono::minutes{1});
  outcome.totals = ground_.totals;
  outcome.digest = ground_.trace_digest();
  outcome.trace = ground_.trace_text();
  return outcome;
}

}  // namespace

SeedOutcome run_seed(const SeedOptions& options) {
  std::filesystem::create_directories(options.directory);
  SeedOutcome outcome;
  {
    Universe universe(options);
    outcome = universe.run();
  }
  std::error_code ignored;
  std::filesystem::remove_all(options.directory, ignored);
  return outcome;
}

}  // namespace driftwarden::sim
