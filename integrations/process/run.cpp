#include "gitops/base/async.hpp"
#include "gitops/base/text.hpp"
#include "integrations/process/child.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

namespace driftwarden::process {

using asio::posix::stream_descriptor;
using boost::system::error_code;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 64U << 10U;
/// A grandchild that left the process group may keep our pipes open; it isn't waited for longer than this.
constexpr Duration kGraceAfterExit{500};

std::string size_in_words(std::size_t bytes) {
  const std::pair<unsigned, const char*> units[]{{30U, "GiB"}, {20U, "MiB"}, {10U, "KiB"}};
  for (const auto& [bits, unit] : units) {
    if (bytes >> bits > 0 && (bytes & ((std::size_t{1} << bits) - 1)) == 0) return std::to_string(bytes >> bits) + " " + unit;
  }
  return std::to_string(bytes) + " bytes";
}

/// One run: the child, its pipes on the event loop, and what came out of them.
struct Running {
  Running(const asio::any_io_executor& executor, std::unique_ptr<Child> child_, const Command& command)
      : child(std::move(child_)),
        in(executor),
        out(executor),
        err(executor),
        exited(executor),
        pump_ended(executor),
        input(command.input),
        room(command.max_output_bytes) {
    if (child->in.open()) in.assign(child->in.release());
    if (command.ending.gentle()) {
      readers = 0;
      return;
    }
    out.assign(child->out.release());
    err.assign(child->err.release());
  }

  std::unique_ptr<Child> child;
  stream_descriptor in;
  stream_descriptor out;
  stream_descriptor err;
  stream_descriptor exited;
  Signal pump_ended;
  int readers = 2;
  std::string input;
  std::size_t room;  ///< bytes of output that may still come
  bool too_much = false;
  Outcome outcome;
};
using RunningPtr = std::shared_ptr<Running>;

asio::awaitable<void> feed(RunningPtr running) {
  // A child that doesn't read all of its input is no failure of ours: its exit code tells.
  co_await asio::async_write(running->in, asio::buffer(running->input), kAwait);
  error_code ignored;
  running->in.close(ignored);
}

asio::awaitable<void> collect(RunningPtr running, stream_descriptor& from, std::string& into) {
  std::string piece(kReadBytes, '\0');
  for (;;) {
    auto [failed, bytes] = co_await from.async_read_some(asio::buffer(piece), kAwait);
    if (failed) break;
    if (bytes > running->room) {
      running->too_much = true;
      running->child->kill_group();
      break;
    }
    running->room -= bytes;
    into.append(piece, 0, bytes);
  }
  --running->readers;
  running->pump_ended.notify();
}

/// The wait of the caller's deadline; what is left to do after it is in `finish`.
asio::awaitable<Result<void>> wait_for_end(Clock& clock, RunningPtr running) {
  auto [failed] = co_await running->exited.async_wait(stream_descriptor::wait_read, kAwait);
  if (failed) co_return Error{ErrorKind::Cancelled, "cancelled while it ran", failed};
  running->child->kill_group();
  const auto grace = clock.mono_now() + kGraceAfterExit;
  while (running->readers > 0) {
    CO_TRY(const bool ended, co_await running->pump_ended.wait_until(clock, grace));
    if (!ended) break;
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> wait_until(Clock& clock, RunningPtr running, MonoTime deadline) {
  try {
    auto waiting = wait_for_end(clock, running);
    co_return co_await with_deadline<void>(clock, deadline, std::move(waiting));
  } catch (const boost::system::system_error& error) {
    co_return Error{ErrorKind::Cancelled, "cancelled while it ran", error.code()};
  }
}

/// True: it came to its end by itself, within its grace.
asio::awaitable<bool> end_gently(Clock& clock, RunningPtr running, int signal, Duration grace) {
  running->child->send(signal);
  const auto ended = co_await wait_until(clock, running, clock.mono_now() + grace);
  co_return ended.has_value();
}

Result<void> take_kept(Running& running) {
  TRY(running.outcome.out, read_kept(running.child->out, running.room));
  TRY(running.outcome.err, read_kept(running.child->err, running.room));
  return Result<void>{};
}

asio::awaitable<Result<Outcome>> run_alone(Clock& clock, Command command) {
  auto executor = co_await asio::this_coro::executor;
  CO_TRY(auto child, start_child(command, !command.input.empty()));
  const std::string name = command.argv.front();
  const auto descriptor = static_cast<int>(::syscall(SYS_pidfd_open, child->pid, 0));
  if (descriptor < 0) co_return Error{ErrorKind::Unavailable, "waiting for " + name + " isn't possible on this kernel (pidfd_open)"};
  auto running = std::make_shared<Running>(executor, std::move(child), command);
  running->exited.assign(descriptor);
  TaskGroup pumps(executor);
  const auto ending = command.ending;
  if (!ending.gentle()) {
    pumps.spawn("stdout of " + name, collect(running, running->out, running->outcome.out));
    pumps.spawn("stderr of " + name, collect(running, running->err, running->outcome.err));
  }
  if (running->in.is_open()) pumps.spawn("stdin of " + name, feed(running));
  auto ended = co_await wait_until(clock, running, clock.mono_now() + command.timeout);
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  bool by_itself = false;
  if (!ended && ending.gentle()) {
    const auto grace = ended.error().kind == ErrorKind::Timeout ? ending.grace : ending.grace_when_cancelled;
    by_itself = co_await end_gently(clock, running, ending.signal, grace);
  }
  running->child->kill_group();
  co_await pumps.join();
  running->outcome.exit_code = running->child->reap();
  if (ending.gentle() && !take_kept(*running)) running->too_much = true;
  if (by_itself && (ended.error().kind != ErrorKind::Timeout || running->outcome.exit_code == 0)) ended = Result<void>{};
  if (running->too_much) co_return Error{ErrorKind::Corrupt, name + " printed more than " + size_in_words(command.max_output_bytes) + " of output"};
  if (!ended && ended.error().kind == ErrorKind::Timeout) {
    co_return Error{ErrorKind::Timeout, name + " was stopped after " + format_duration(command.timeout)};
  }
  if (!ended) co_return wrap(name, ended.error());
  co_return std::move(running->outcome);
}

}  // namespace

asio::awaitable<Result<Outcome>> run(Clock& clock, Command command) {
  // In a coroutine thread of its own: cleaning up switches cancellation off, which must not leak to the caller.
  auto task = asio::co_spawn(co_await asio::this_coro::executor, run_alone(clock, std::move(command)), asio::use_awaitable);
  co_return co_await std::move(task);
}

}  // namespace driftwarden::process
