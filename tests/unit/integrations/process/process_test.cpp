#include "integrations/process/process.hpp"

#include "gitops/base/async.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

namespace driftwarden::process {
namespace {

using driftwarden::test::run;

constexpr Duration kPatience{60'000};
constexpr int kLooks = 10'000;

class Process : public testing::Test {
 protected:
  static Command shell(std::string script) {
    Command command;
    command.argv = {"sh", "-c", std::move(script)};
    return command;
  }
  Result<Outcome> execute(Command command) { return run(io, process::run(clock, std::move(command))); }

  asio::io_context io;
  SystemClock clock;
};

TEST_F(Process, ReturnsOutputAndExitCode) {
  auto outcome = execute(shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->out, "out\n");
  EXPECT_EQ(outcome->err, "err\n");
}

TEST_F(Process, FeedsLongInputWhileItReadsLongOutput) {
  auto command = shell("cat");
  command.input = std::string(3'000'000, 'i');
  auto outcome = execute(command);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->out.size(), 3'000'000U);
}

TEST_F(Process, WithoutInputStdinIsEmpty) {
  auto outcome = execute(shell("cat; echo end"));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->out, "end\n");
}

TEST_F(Process, AChildThatDoesNotReadItsInputIsNoFailure) {
  auto command = shell("exec true");
  command.input = std::string(3'000'000, 'i');
  auto outcome = execute(command);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->exit_code, 0);
}

TEST_F(Process, ASignalIs128PlusItsNumber) {
  auto outcome = execute(shell("kill -TERM $$"));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_code, 128 + SIGTERM);
}

TEST_F(Process, TheEnvironmentIsGivenNotInherited) {
  ::setenv("DRIFTWARDEN_TEST_LEAK", "1", 1);
  auto command = shell("echo \"$GIVEN/$DRIFTWARDEN_TEST_LEAK/$PATH\"");
  command.environment["GIVEN"] = "yes";
  command.environment["PATH"] = "/usr/bin:/bin";
  auto outcome = execute(command);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->out, "yes///usr/bin:/bin\n");
}

TEST_F(Process, RunsInItsDirectory) {
  auto command = shell("pwd");
  command.directory = "/";
  EXPECT_EQ(execute(command)->out, "/\n");
  command.directory = "/no/such/place";
  auto nowhere = execute(command);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().kind, ErrorKind::NotFound);
  EXPECT_NE(nowhere.error().message.find("/no/such/place"), std::string::npos);
}

struct StartRow {
  std::string name;
  std::vector<std::string> argv;
  ErrorKind kind;
  friend void PrintTo(const StartRow& row, std::ostream* out) { *out << row.name; }
};
class CannotStart : public Process, public testing::WithParamInterface<StartRow> {};
TEST_P(CannotStart, IsAnError) {
  Command command;
  command.argv = GetParam().argv;
  auto outcome = execute(command);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, GetParam().kind);
}
INSTANTIATE_TEST_SUITE_P(Programs, CannotStart,
                         testing::Values(StartRow{"Missing", {"driftwarden-no-such-tool"}, ErrorKind::NotFound},
                                         StartRow{"MissingPath", {"/no/such/tool"}, ErrorKind::NotFound},
                                         StartRow{"ADirectory", {"/usr"}, ErrorKind::NotFound},
                                         StartRow{"Unnamed", {}, ErrorKind::InvalidInput},
                                         StartRow{"ZeroByte", {"echo", std::string("a\0b", 3)}, ErrorKind::InvalidInput}),
                         [](const auto& row) { return row.param.name; });

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(Process, ATimeoutKillsTheWholeGroup) {
  const auto marker = std::filesystem::temp_directory_path() / ("driftwarden-process-" + std::to_string(::getpid()));
  auto command = shell("sleep 1000 & echo $! >" + marker.string() + "; wait");
  command.timeout = Duration{2'000};
  auto outcome = execute(command);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::Timeout);
  const auto grandchild = std::stoi(read_file(marker));
  std::filesystem::remove(marker);
  // The orphan may stay a zombie until init looks; a zombie has no command line.
  const auto command_line = std::filesystem::path("/proc") / std::to_string(grandchild) / "cmdline";
  for (int i = 0; i < kLooks && !read_file(command_line).empty(); ++i) (void)run(io, clock.sleep_for(Duration{5}));
  EXPECT_EQ(read_file(command_line), "");
}

TEST_F(Process, CancellingKillsIt) {
  TaskGroup group(io.get_executor());
  std::optional<Result<Outcome>> outcome;
  group.spawn("runner", [](Clock& time, Command command, std::optional<Result<Outcome>>& into) -> asio::awaitable<void> {
    auto result = co_await process::run(time, std::move(command));
    into = std::move(result);
  }(clock, shell("exec sleep 1000"), outcome));
  (void)run(io, clock.sleep_for(Duration{30}));
  EXPECT_FALSE(outcome);
  run(io, group.join());
  ASSERT_TRUE(outcome);
  ASSERT_FALSE(*outcome);
  EXPECT_EQ(outcome->error().kind, ErrorKind::Cancelled);
}

TEST_F(Process, TooMuchOutputIsCorrupt) {
  auto command = shell("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done");
  const std::pair<std::size_t, std::string> bounds[]{{100'000, "100000 bytes"}, {512U << 10U, "512 KiB"}, {3U << 20U, "3 MiB"}};
  for (const auto& [bytes, words] : bounds) {
    command.max_output_bytes = bytes;
    auto outcome = execute(command);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, ErrorKind::Corrupt);
    EXPECT_EQ(outcome.error().message, "sh printed more than " + words + " of output");
  }
}

TEST_F(Process, AGrandchildThatKeepsThePipesDoesNotHoldUsUp) {
  auto outcome = execute(shell("setsid sleep 3 & sleep 0.1; echo started"));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->out, "started\n");
}

TEST_F(Process, NoDescriptorLeaksIntoTheChild) {
  const int leak = ::open("/dev/null", O_RDONLY);
  ASSERT_GE(leak, 3);
  auto outcome = execute(shell("ls /proc/self/fd | wc -l"));
  ::close(leak);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(std::stoi(outcome->out), 4) << "0, 1, 2 and the one that lists";
}

TEST_F(Process, NoneLeaksHere) {
  const auto count = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  (void)execute(shell("true"));
  const auto before = count();
  for (int i = 0; i < 5; ++i) (void)execute(shell("cat"));
  EXPECT_EQ(count(), before);
}

TEST_F(Process, APipeTalksBothWays) {
  auto pipe = open_pipe(shell("echo warn >&2; cat"));
  ASSERT_TRUE(pipe) << pipe.error().message;
  ASSERT_TRUE((*pipe)->write("hello", kPatience));
  auto answer = (*pipe)->read_some(3, kPatience);
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, "hel");
  EXPECT_EQ((*pipe)->read_some(100, kPatience).value(), "lo");
  EXPECT_EQ((*pipe)->stderr_so_far(), "warn\n");
  auto silent = (*pipe)->read_some(100, Duration{20});
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().kind, ErrorKind::Timeout);
}

TEST_F(Process, APipesWriteTakesInWhatTheChildSaysMeanwhile) {
  auto pipe = open_pipe(shell("cat"));
  ASSERT_TRUE(pipe);
  const std::string much(2'000'000, 'm');
  ASSERT_TRUE((*pipe)->write(much, Duration{5000}));
  std::size_t got = 0;
  while (got < much.size()) {
    auto piece = (*pipe)->read_some(1'000'000, Duration{5000});
    ASSERT_TRUE(piece) << piece.error().message;
    ASSERT_FALSE(piece->empty());
    got += piece->size();
  }
}

TEST_F(Process, APipeEndsWithItsChild) {
  auto pipe = open_pipe(shell("echo bye"));
  ASSERT_TRUE(pipe);
  EXPECT_EQ((*pipe)->read_some(100, kPatience).value(), "bye\n");
  EXPECT_EQ((*pipe)->read_some(100, kPatience).value(), "");
  const std::string much(1'000'000, 'm');
  auto written = (*pipe)->write(much, kPatience);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(open_pipe(Command{}).error().kind, ErrorKind::InvalidInput);
}

TEST_F(Process, EndedGentlyItComesToItsEnd) {
  auto command = shell("trap 'echo bye; exit 0' INT; echo here; while :; do sleep 0.05; done");
  command.timeout = Duration{3'000};
  command.ending.signal = SIGINT;
  command.ending.grace = Duration{30'000};
  const auto outcome = run(io, process::run(clock, std::move(command)), std::chrono::seconds{60});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->out, "here\nbye\n");
}

TEST_F(Process, WhatDoesNotEndGentlyIsKilled) {
  auto command = shell("trap '' INT; while :; do sleep 0.05; done");
  command.timeout = Duration{500};
  command.ending.signal = SIGINT;
  command.ending.grace = Duration{200};
  const auto outcome = run(io, process::run(clock, std::move(command)), std::chrono::seconds{60});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::Timeout);
}

TEST_F(Process, OneThatWouldBeEndedGentlyKeepsItsOutput) {
  auto command = shell("echo out; echo err >&2; exit 3");
  command.ending.signal = SIGINT;
  const auto outcome = execute(std::move(command));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->out, "out\n");
  EXPECT_EQ(outcome->err, "err\n");
}

}  // namespace
}  // namespace driftwarden::process
