#include "bot/app/run_command.hpp"

#include "bot/app/bot.hpp"
#include "bot/app/signals.hpp"
#include "gitops/base/async.hpp"
#include "gitops/base/log.hpp"

#include <boost/asio/io_context.hpp>

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <ostream>

namespace driftwarden {
namespace {

asio::awaitable<void> run_until_told(Bot& bot, asio::io_context& io, int& exit_code) {
  auto executor = co_await asio::this_coro::executor;
  TaskGroup tasks(executor);
  Signal ended(executor);
  Result<void> outcome;
  const auto run = [](Bot& running, Result<void>& result, Signal& end) -> asio::awaitable<void> {
    result = co_await running.run();
    end.notify();
  };
  const auto watch = [](Signal& end) -> asio::awaitable<void> {
    co_await wait_for_stop_signal();
    log_info("run", "told to stop");
    end.notify();
  };
  tasks.spawn("bot", run(bot, outcome, ended));
  tasks.spawn("signals", watch(ended));
  (void)co_await ended.wait();
  if (!outcome) {
    log_error("run", outcome.error().message);
    exit_code = 2;
  }
  co_await tasks.join();
  co_await bot.stop();
  io.stop();
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
  const auto environment = create_system_environment();
  auto loaded = load_config(arguments.config, *environment);
  for (const auto& mistake : loaded.mistakes) err << to_string(mistake) << '\n';
  for (const auto& warning : loaded.warnings) err << to_string(warning) << " (warning)\n";
  if (!loaded.config) return 2;
  asio::io_context io(1);
  SystemClock clock;
  const auto random = create_system_random();
  auto bot = Bot::create(io, clock, *random, std::move(*loaded.config), {});
  if (!bot) {
    err << "driftwarden: " << bot.error().message << '\n';
    return 2;
  }
  int exit_code = 0;
  TaskGroup main_task(io.get_executor());
  main_task.spawn("main", run_until_told(**bot, io, exit_code));
  io.run();
  return exit_code;
}

}  // namespace driftwarden
