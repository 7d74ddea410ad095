#include "bot/app/sandbox_command.hpp"

#include "bot/app/bot.hpp"
#include "bot/app/sandbox_config.hpp"
#include "bot/app/signals.hpp"
#include "bot/reload/reload.hpp"
#include "gitops/base/temporary_directory.hpp"
#include "gitops/base/async.hpp"
#include "gitops/base/log.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <fmt/core.h>

#include <filesystem>
#include <ostream>

namespace driftwarden {
namespace {

constexpr std::uint16_t kDefaultPort = 7070;
constexpr std::uint16_t kDefaultHttpPort = 8484;
constexpr std::uint16_t kFirstPort = 20'000;
constexpr std::uint16_t kLastPort = 32'000;
constexpr int kPortTries = 100;
constexpr Duration kReadyEvery{20};
constexpr Duration kReadyWithin{60'000};

/// The sandbox's data: what was given and stays, or a temporary directory that goes with it.
struct DataDirectory {
  std::unique_ptr<TemporaryDirectory> temporary;
  std::string path;

  static Result<DataDirectory> make(const std::string& given) {
    DataDirectory made;
    if (given.empty()) {
      TRY(made.temporary, TemporaryDirectory::make());
      made.path = made.temporary->path();
      return made;
    }
    std::error_code failed;
    std::filesystem::create_directories(given, failed);
    made.path = std::filesystem::absolute(given, failed).string();
    if (failed) return Error{ErrorKind::Unavailable, fmt::format("{}: {}", given, failed.message())};
    return made;
  }
};

/// For a bot that binds it later, and again after each restart: outside of the range from which the kernel gives ports to whoever calls out.
std::uint16_t free_port(asio::io_context& io, Random& random) {
  const auto loopback = asio::ip::make_address("127.0.0.1");
  for (int tries = 0; tries < kPortTries; ++tries) {
    const auto port = static_cast<std::uint16_t>(kFirstPort + random.below(kLastPort - kFirstPort));
    asio::ip::tcp::acceptor probe(io, asio::ip::tcp::v4());
    boost::system::error_code taken;
    probe.set_option(asio::socket_base::reuse_address(true), taken);
    probe.bind({loopback, port}, taken);
    if (!taken) return port;
  }
  return asio::ip::tcp::acceptor(io, {loopback, 0}).local_endpoint().port();
}

std::uint16_t http_port_for(const SandboxArguments& arguments, asio::io_context& io, Random& random) {
  if (arguments.port == kDefaultPort) return kDefaultHttpPort;
  return arguments.port == 0 ? free_port(io, random) : static_cast<std::uint16_t>(arguments.port + 3);
}

/// Everything of one run, so that the coroutines below have an owner to refer to.
struct Session {
  const SandboxArguments& arguments;
  std::ostream& out;
  asio::io_context& io;
  Clock& clock;
  Random& random;
  std::string data;
  std::unique_ptr<sandbox::Sandbox> sandbox;
  std::unique_ptr<Bot> bot;
  std::uint16_t http_port = 0;
  Result<void> outcome{};
};

void announce(const Session& session) {
  const auto& info = session.sandbox->info();
  if (session.arguments.json) {
    session.out << sandbox_json(info, session.http_port) << std::endl;
    return;
  }
  session.out << fmt::format(
                     "\nDriftwarden's sandbox is up.\n\n  chat       {}\n  forge      {}forge/{}\n  clusters   kubectl --kubeconfig {}\n  data       {}\n\n"
                     "Open the chat page, press \"Scale by hand\", and look at #shop-prod. Ctrl-C ends it.\n",
                     info.chat_url, info.chat_url, info.project, info.clusters.front().kubeconfig, info.data)
              << std::endl;
}

Result<std::unique_ptr<Bot>> make_bot(Session& session, Config config) {
  BotOptions options;
  options.environment = create_system_environment();
  return Bot::create(session.io, session.clock, session.random, std::move(config), std::move(options));
}

/// One after another, when its configuration in Git asks for other connections.
asio::awaitable<void> run_the_bot(Session& session, Signal& ended) {
  while (true) {
    session.outcome = co_await session.bot->run();
    auto wanted = session.bot->wanted_config();
    if (!session.outcome || !wanted) break;
    co_await session.bot->stop();
    co_await asio::post(session.io.get_executor(), asio::use_awaitable);
    session.bot.reset();
    auto made = make_bot(session, std::move(*wanted));
    if (!made) {
      session.outcome = made.error();
      break;
    }
    session.bot = std::move(*made);
  }
  ended.notify();
}

asio::awaitable<void> await_signal(Signal& ended) {
  co_await wait_for_stop_signal();
  ended.notify();
}

asio::awaitable<void> announce_when_ready(Session& session) {
  const auto deadline = session.clock.mono_now() + kReadyWithin;
  while (session.bot && !session.bot->not_ready().empty() && session.clock.mono_now() < deadline) {
    if (auto slept = co_await session.clock.sleep_for(kReadyEvery); !slept) co_return;
  }
  if (session.bot && !session.bot->not_ready().empty()) log_warn("sandbox", "the bot is not ready yet: " + session.bot->not_ready());
  announce(session);
}

Result<void> start_bot(Session& session, const std::string& config_path) {
  const auto environment = create_system_environment();
  auto loaded = load_config_with_last_good(config_path, *environment);
  if (!loaded.config) return Error{ErrorKind::InvalidInput, to_string(loaded.mistakes.front())};
  TRY(session.bot, make_bot(session, std::move(*loaded.config)));
  return Result<void>{};
}

asio::awaitable<Result<void>> start_all(Session& session) {
  sandbox::SandboxOptions options;
  options.port = session.arguments.port;
  options.data = session.data;
  options.webhook_secret = session.random.hex(32);
  const auto webhook_secret = options.webhook_secret;
  auto executor = session.io.get_executor();
  auto started = sandbox::Sandbox::start(executor, session.clock, session.random, std::move(options));
  if (!started) co_return started.error();
  session.sandbox = std::move(*started);
  auto seeded = co_await session.sandbox->seed();
  if (!seeded) co_return seeded.error();
  // Written also without the bot: `driftwarden run --config` is then started by hand.
  session.http_port = http_port_for(session.arguments, session.io, session.random);
  const auto config_path = write_sandbox_config(session.sandbox->info(), session.http_port, webhook_secret);
  if (!config_path) co_return config_path.error();
  session.sandbox->set_webhook(fmt::format("http://127.0.0.1:{}/webhooks/git", session.http_port));
  if (session.arguments.no_bot) co_return Result<void>{};
  co_return start_bot(session, *config_path);
}

asio::awaitable<void> run_session(Session& session) {
  TaskGroup tasks(session.io.get_executor());
  Signal ended(session.io.get_executor());
  session.outcome = co_await start_all(session);
  if (session.outcome) {
    tasks.spawn("signals", await_signal(ended));
    if (session.bot) tasks.spawn("bot", run_the_bot(session, ended));
    tasks.spawn("announcement", announce_when_ready(session));
    (void)co_await ended.wait();
  }
  co_await tasks.join();
  if (session.bot) co_await session.bot->stop();
  if (session.sandbox) co_await session.sandbox->stop();
  session.io.stop();
}

}  // namespace

int run_sandbox(const SandboxArguments& arguments, std::ostream& out, std::ostream& err) {
  auto data = DataDirectory::make(arguments.data);
  if (!data) {
    err << "driftwarden: " << data.error().message << '\n';
    return 2;
  }
  asio::io_context io(1);
  SystemClock clock;
  const auto random = create_system_random();
  Session session{arguments, out, io, clock, *random, data->path, nullptr, nullptr, 0, {}};
  TaskGroup main_task(io.get_executor());
  main_task.spawn("main", run_session(session));
  io.run();
  const bool failed = !session.outcome && session.outcome.error().kind != ErrorKind::Cancelled;
  if (failed) err << "driftwarden: " << session.outcome.error().message << '\n';
  return failed ? 2 : 0;
}

}  // namespace driftwarden
