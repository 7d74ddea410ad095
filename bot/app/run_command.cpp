#include "bot/app/run_command.hpp"

#include "bot/app/bot.hpp"
#include "bot/app/candidacy.hpp"
#include "bot/app/signals.hpp"
#include "bot/config/load.hpp"
#include "bot/config/shards.hpp"
#include "bot/reload/last_good.hpp"
#include "bot/reload/reload.hpp"
#include "gitops/base/async.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <fmt/core.h>

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <csignal>
#include <cstdlib>
#include <ostream>

namespace driftwarden {
namespace {

constexpr Duration kDrainFor = std::chrono::seconds{20};  // Kubernetes kills after thirty
constexpr Duration kDrainBesideOthers{1'500};  ///< the next leader goes on with the rest
constexpr int kEndedBySignal = 128 + SIGTERM;
constexpr Duration kGiveWayFor = std::chrono::seconds{5};  ///< to another instance, when no bot can be made here

std::string digest_at(const Config& config, const std::string& key) {
  const auto found = config.digests.find(key);
  return found == config.digests.end() ? std::string() : found->second;
}

Result<void> check_shard(const Config& config) {
  if (config.shards.empty() || !config.shard.empty()) return Result<void>{};
  std::vector<std::string> names;
  for (const auto& shard : config.shards) names.push_back(shard.name);
  return Error{ErrorKind::InvalidInput, "the config has shards: say which of them this is with --shard: " + join(names, ", ")};
}

/// A function of its own: a call that never returns makes GCC 12 wreck the coroutine that it is in.
[[gnu::noipa]] void end_at_once() { std::_Exit(kEndedBySignal); }

/// One bot after another, each made of the config that its predecessor was told to take. With `ha` only while this instance leads.
class Life {
 public:
  Life(asio::io_context& io, Clock& clock, Random& random, std::shared_ptr<const Environment> environment, std::ostream& err)
      : io_(io), clock_(clock), random_(random), environment_(std::move(environment)), err_(err), ended_(io.get_executor()) {}

  /// Makes the bot; with `ha` it first takes its place among the others, and the bot is made once it leads.
  Result<void> begin(Config config, std::unique_ptr<storage::Store> store = nullptr) {
    CHECK_OK(check_shard(config));
    if (config.ha && !candidacy_) {
      TRY(candidacy_, Candidacy::create(io_.get_executor(), clock_, random_, config, environment_, [this] { ended_.notify(); }));
      config_ = std::move(config);
      return Result<void>{};
    }
    BotOptions options;
    options.environment = environment_;
    options.store = std::move(store);
    if (candidacy_) {
      options.may_speak = candidacy_->may_speak();
      options.leader = [this] { return candidacy_->figures(); };
    }
    TRY(bot_, Bot::create(io_, clock_, random_, config, std::move(options)));
    config_ = std::move(config);
    return Result<void>{};
  }

  asio::awaitable<void> live() {
    TaskGroup signals(io_.get_executor());
    signals.spawn("stop signals", watch_stop());
    std::function<void()> hung_up = [this] {
      log_info("run", "told to read the config again");
      if (bot_) bot_->reload_again();
      if (!bot_) log_info("run", "that is done when this instance leads");
    };
    signals.spawn("hangups", follow_hangups(std::move(hung_up)));
    bool again = true;
    while (again) {
      auto next = bot_ ? outlive_one() : stand_by();
      again = co_await std::move(next);
    }
    if (candidacy_) co_await candidacy_->release();
    co_await signals.join();
    io_.stop();
  }

  int exit_code() const { return exit_code_; }

 private:
  asio::awaitable<void> watch_stop() {
    const bool told = co_await wait_for_stop_signal();
    if (!told) co_return;
    log_info("run", "told to stop: what is under way may end; a second signal ends it all at once");
    stopping_ = true;
    ended_.notify();
    // As the first process of a container we'd be deaf to signals that nobody waits for.
    const bool told_again = co_await wait_for_stop_signal();
    if (told_again) end_at_once();
  }

  asio::awaitable<void> run_bot() {
    outcome_ = co_await bot_->run();
    bot_ended_ = true;
    ended_.notify();
  }

  bool lost_the_lead() const { return candidacy_ && !candidacy_->leads(); }

  /// Waits until this instance leads. True: it does, and a bot stands ready, or it is to be tried again.
  asio::awaitable<bool> stand_by() {
    if (const auto standing = candidacy_->stand_by(); !standing) {
      fail(standing.error());
      co_return false;
    }
    while (!candidacy_->leads() && !stopping_) {
      const auto told = co_await ended_.wait();
      if (!told) co_return false;
    }
    co_await candidacy_->end_standby();
    if (stopping_) co_return false;
    auto begun = co_await begin_to_lead();
    if (begun || lost_the_lead()) co_return true;
    log_error("run", "this instance leads, but no bot can be made: " + begun.error().message + "; another one may try");
    co_return co_await give_way(kGiveWayFor);
  }

  asio::awaitable<Result<void>> begin_to_lead() {
    // What was taken while another one led is in the files.
    auto loaded = load_config_with_last_good(config_.file, *environment_, BeforeGit::ReadingOnly);
    for (const auto& mistake : loaded.mistakes) log_warn("config", to_string(mistake) + "; going on with what was read before");
    if (loaded.config && digest_at(*loaded.config, "ha") == digest_at(config_, "ha")) config_ = std::move(*loaded.config);
    // A large database takes its time, and the Lease must be renewed meanwhile.
    storage::StoreOptions options;
    options.leads = candidacy_->may_speak();
    std::function<Result<std::unique_ptr<storage::Store>>()> open = [path = config_.storage.path, &clock = clock_, options, entry = taking_the_lead()] {
      auto store = storage::Store::open(path, clock, options);
      if (!store) return store;
      const auto told = (*store)->transact([&entry](storage::Transaction& tx) -> Result<void> {
        CHECK_OK(tx.append_audit(entry));
        return Result<void>{};
      });
      if (!told) store = told.error();
      return store;
    };
    auto opening = offload(opener_.get_executor(), std::move(open));
    auto store = co_await std::move(opening);
    if (!store) co_return store.error();
    co_return begin(config_, std::move(*store));
  }

  AuditEntry taking_the_lead() const {
    AuditEntry entry;
    entry.actor = "driftwarden";
    entry.action = "leader.took";
    entry.subject = candidacy_->identity();
    entry.detail = fmt::format(R"({{"lease":{},"transitions":{}}})", json_quoted(fmt::format("{}/{}/{}", config_.ha->cluster, config_.ha->namespace_, config_.ha->lease)),
                               candidacy_->figures().transitions);
    return entry;
  }

  /// Gives the Lease back and takes its place anew after `pause`.
  asio::awaitable<bool> give_way(Duration pause) {
    co_await candidacy_->release();
    candidacy_.reset();
    const auto until = clock_.mono_now() + pause;
    while (!stopping_ && clock_.mono_now() < until) {
      const auto woken = co_await ended_.wait_until(clock_, until);
      if (!woken) co_return false;
    }
    if (stopping_) co_return false;
    const auto begun = begin(config_);
    if (!begun) fail(begun.error());
    co_return begun.has_value();
  }

  void fail(const Error& why) {
    log_error("run", why.message);
    err_ << "driftwarden: " << why.message << '\n';
    exit_code_ = 2;
  }

  /// True: another bot stands ready, or this instance stands by.
  asio::awaitable<bool> outlive_one() {
    TaskGroup tasks(io_.get_executor());
    outcome_ = Result<void>{};
    bot_ended_ = false;
    tasks.spawn("bot", run_bot());
    while (!bot_ended_ && !stopping_ && !lost_the_lead()) {
      const auto told = co_await ended_.wait();
      if (!told) break;
    }
    const bool lost = lost_the_lead();
    const auto outcome = outcome_;  // what cancelling makes of it is no failure
    if (stopping_ && outcome && !lost) {
      auto draining = bot_->drain(candidacy_ ? kDrainBesideOthers : kDrainFor);
      co_await std::move(draining);
    }
    co_await tasks.join();
    auto wanted = bot_->wanted_config();
    co_await bot_->stop();
    // What was cancelled comes to its end before its owner goes.
    co_await asio::post(io_.get_executor(), asio::use_awaitable);
    bot_.reset();
    if (lost) {
      if (wanted) config_ = std::move(*wanted);
      co_return !stopping_;
    }
    if (!outcome) {
      log_error("run", outcome.error().message);
      exit_code_ = 2;
      co_return false;
    }
    if (stopping_ || !wanted) co_return false;
    if (candidacy_ && digest_at(*wanted, "ha") != digest_at(config_, "ha")) {
      co_await candidacy_->release();
      candidacy_.reset();
    }
    co_return replace(std::move(*wanted));
  }

  bool replace(Config wanted) {
    const auto digest = digest_of(wanted);
    auto begun = begin(std::move(wanted));
    if (begun || lost_the_lead()) return true;
    const auto& why = begun.error().message;
    log_error("run", "no bot can be made of the new config: " + why + "; going on with the old one");
    err_ << "driftwarden: no bot can be made of the new config: " << why << "; going on with the old one\n";
    if (auto noted = save_unbuildable(state_directory_of(config_), {.digest = digest, .why = why}); !noted) log_warn("run", noted.error().message);
    // What was taken while the old one ran is in the files, unless they are what can't be had.
    auto in_files = load_config_with_last_good(config_.file, *environment_, BeforeGit::ReadingOnly);
    if (in_files.config && digest_of(*in_files.config) != digest && begin(std::move(*in_files.config))) return true;
    begun = begin(config_);
    if (begun || lost_the_lead()) return true;
    err_ << "driftwarden: " << begun.error().message << '\n';
    exit_code_ = 2;
    return false;
  }

  asio::io_context& io_;
  Clock& clock_;
  Random& random_;
  std::shared_ptr<const Environment> environment_;
  std::ostream& err_;
  Signal ended_;
  Config config_;  ///< what the bot was made of
  asio::thread_pool opener_{1};
  std::unique_ptr<Candidacy> candidacy_;  ///< with `ha`
  std::unique_ptr<Bot> bot_;
  bool bot_ended_ = false;
  Result<void> outcome_;
  bool stopping_ = false;
  int exit_code_ = 0;
};

/// `-v` isn't taken back.
void follow_log(const LogConfig& log, bool format_too) {
  if (log.debug) set_log_level(LogLevel::Debug);
  if (format_too) set_log_json(log.format == LogFormat::Json);
}

/// A few threads that seldom meet: in one arena what one of them frees serves the others.
void share_one_heap() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace

int run_bot(const RunArguments& arguments, std::ostream& err) {
  share_one_heap();
  std::shared_ptr<const Environment> environment = create_system_environment();
  if (!arguments.shard.empty()) environment = with_shard(std::move(environment), arguments.shard);
  if (!arguments.log_format.empty()) set_log_json(arguments.log_format == "json");
  auto loaded = load_config_with_last_good(arguments.config, *environment, BeforeGit::ReadingOnly);
  if (loaded.config) follow_log(loaded.config->log, arguments.log_format.empty());
  for (const auto& mistake : loaded.mistakes) err << to_string(mistake) << '\n';
  for (const auto& warning : loaded.warnings) err << to_string(warning) << " (warning)\n";
  if (!loaded.config) return 2;
  asio::io_context io(1);
  SystemClock clock;
  const auto random = create_system_random();
  Life life(io, clock, *random, environment, err);
  if (auto begun = life.begin(std::move(*loaded.config)); !begun) {
    err << "driftwarden: " << begun.error().message << '\n';
    return 2;
  }
  TaskGroup main_task(io.get_executor());
  main_task.spawn("main", life.live());
  io.run();
  return life.exit_code();
}

}  // namespace driftwarden
