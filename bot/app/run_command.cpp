#include "bot/app/run_command.hpp"

#include "bot/app/bot.hpp"
#include "bot/app/signals.hpp"
#include "bot/config/load.hpp"
#include "bot/reload/last_good.hpp"
#include "bot/reload/reload.hpp"
#include "gitops/base/async.hpp"
#include "gitops/base/log.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <ostream>

namespace driftwarden {
namespace {

/// One bot after another, each made of the config that its predecessor was told to take.
class Life {
 public:
  Life(asio::io_context& io, Clock& clock, Random& random, std::shared_ptr<const Environment> environment, std::ostream& err)
      : io_(io), clock_(clock), random_(random), environment_(std::move(environment)), err_(err), ended_(io.get_executor()) {}

  Result<void> begin(Config config) {
    BotOptions options;
    options.environment = environment_;
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
    };
    signals.spawn("hangups", follow_hangups(std::move(hung_up)));
    bool again = true;
    while (again) again = co_await outlive_one();
    co_await signals.join();
    io_.stop();
  }

  int exit_code() const { return exit_code_; }

 private:
  asio::awaitable<void> watch_stop() {
    co_await wait_for_stop_signal();
    log_info("run", "told to stop");
    stopping_ = true;
    ended_.notify();
  }

  asio::awaitable<void> run_bot() {
    outcome_ = co_await bot_->run();
    ended_.notify();
  }

  /// True: another bot stands ready.
  asio::awaitable<bool> outlive_one() {
    TaskGroup tasks(io_.get_executor());
    outcome_ = Result<void>{};
    tasks.spawn("bot", run_bot());
    (void)co_await ended_.wait();
    const auto outcome = outcome_;  // what cancelling makes of it is no failure
    co_await tasks.join();
    auto wanted = bot_->wanted_config();
    co_await bot_->stop();
    // What was cancelled comes to its end before its owner goes.
    co_await asio::post(io_.get_executor(), asio::use_awaitable);
    bot_.reset();
    if (!outcome) {
      log_error("run", outcome.error().message);
      exit_code_ = 2;
      co_return false;
    }
    if (stopping_ || !wanted) co_return false;
    co_return replace(std::move(*wanted));
  }

  bool replace(Config wanted) {
    const auto digest = digest_of(wanted);
    auto begun = begin(std::move(wanted));
    if (begun) return true;
    const auto& why = begun.error().message;
    log_error("run", "no bot can be made of the new config: " + why + "; going on with the old one");
    err_ << "driftwarden: no bot can be made of the new config: " << why << "; going on with the old one\n";
    if (auto noted = save_unbuildable(state_directory_of(config_), {.digest = digest, .why = why}); !noted) log_warn("run", noted.error().message);
    // What was taken while the old one ran is in the files, unless they are what can't be had.
    auto in_files = load_config_with_last_good(config_.file, *environment_, BeforeGit::ReadingOnly);
    if (in_files.config && digest_of(*in_files.config) != digest && begin(std::move(*in_files.config))) return true;
    begun = begin(config_);
    if (begun) return true;
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
  std::unique_ptr<Bot> bot_;
  Result<void> outcome_;
  bool stopping_ = false;
  int exit_code_ = 0;
};

/// A few threads that seldom meet: in one arena what one of them frees serves the others.
void share_one_heap() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace

int run_bot(const RunArguments& arguments, std::ostream& err) {
  share_one_heap();
  const std::shared_ptr<const Environment> environment = create_system_environment();
  auto loaded = load_config_with_last_good(arguments.config, *environment, BeforeGit::ReadingOnly);
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
