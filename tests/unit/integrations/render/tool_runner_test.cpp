#include "integrations/render/tool_runner.hpp"

#include "integrations/process/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

ToolRun shell(const std::string& script) {
  ToolRun run;
  run.argv = {"sh", "-c", script};
  run.directory = std::filesystem::temp_directory_path().string();
  return run;
}

class ToolRunnerTest : public testing::Test {
 protected:
  std::shared_ptr<ToolRunner> runner = create_tool_runner();
};

TEST_F(ToolRunnerTest, AnyExitCodeIsAnOutcome) {
  const auto outcome = runner->run(shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->out, "out\n");
  EXPECT_EQ(outcome->err, "err\n");
}

TEST_F(ToolRunnerTest, TheEnvironmentIsGivenNotInherited) {
  ::setenv("DRIFTWARDEN_TEST_SECRET", "hunter2", 1);
  ::setenv("KUBECONFIG", "/home/alice/.kube/config", 1);
  const auto outcome = runner->run(shell("env; ls -ld \"$HOME\""));
  ::unsetenv("DRIFTWARDEN_TEST_SECRET");
  ::unsetenv("KUBECONFIG");
  ASSERT_TRUE(outcome);
  EXPECT_THAT(outcome->out, AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr("alice")), HasSubstr("KUBECONFIG=/dev/null"), HasSubstr("HTTPS_PROXY=http://127.0.0.1:9"),
                                  HasSubstr("drwx------"), HasSubstr("HELM_PLUGINS=")));
  const char* home = std::getenv("HOME");
  ASSERT_NE(home, nullptr);
  EXPECT_THAT("\n" + outcome->out, Not(HasSubstr("\nHOME=" + std::string(home) + "\n")));
}

TEST_F(ToolRunnerTest, TheHomeGoesWithTheRun) {
  const auto outcome = runner->run(shell("touch \"$HOME/left\"; printf %s \"$HOME\""));
  ASSERT_TRUE(outcome);
  EXPECT_THAT(outcome->out, HasSubstr("driftwarden-home-"));
  EXPECT_FALSE(std::filesystem::exists(outcome->out));
}

TEST_F(ToolRunnerTest, TooLongIsATimeoutAndTooMuchIsCorrupt) {
  auto slow = shell("sleep 60");
  slow.timeout = Duration{50};
  EXPECT_EQ(runner->run(slow).error().kind, ErrorKind::Timeout);
  auto chatty = shell("yes");
  chatty.max_output_bytes = 10'000;
  EXPECT_EQ(runner->run(chatty).error().kind, ErrorKind::Corrupt);
}

TEST_F(ToolRunnerTest, AToolHasBounds) {
  const auto outcome = runner->run(shell("ulimit -v; ulimit -t; ulimit -f"));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->out, "2097152\n60\n524288\n");
  const auto small = create_tool_runner({.fence_required = false, .memory_bytes = 64U << 20U})->run(shell("ulimit -v"));
  ASSERT_TRUE(small) << small.error().message;
  EXPECT_EQ(small->out, "65536\n");
}

TEST_F(ToolRunnerTest, TheTimeIsTheRunsOrTheRunners) {
  auto slow = shell("sleep 60");
  slow.timeout = Duration{0};
  ToolRunnerOptions options;
  options.timeout = Duration{50};
  EXPECT_EQ(create_tool_runner(options)->run(slow).error().kind, ErrorKind::Timeout);
  auto patient = shell("ulimit -t");
  patient.timeout = std::chrono::minutes{5};
  EXPECT_EQ(runner->run(patient)->out, "300\n");
}

TEST_F(ToolRunnerTest, ACommandsIdentityIsThatOfAllItMayRunAndRead) {
  const auto file = std::filesystem::temp_directory_path() / ("driftwarden-identity-test-" + std::to_string(::getpid()));
  std::ofstream(file) << "one\n";
  const std::vector<std::string> command{"sh", "-c", "cat --config=" + file.string() + " | sed s/a/b/"};
  const auto before = runner->identity_of(command);
  EXPECT_THAT(before, AllOf(HasSubstr("/cat:"), HasSubstr("/sed:"), HasSubstr(file.string() + ":4:")));
  EXPECT_EQ(runner->identity_of(command), before);
  std::ofstream(file) << "another\n";
  EXPECT_NE(runner->identity_of(command), before);
  std::filesystem::remove(file);
  EXPECT_EQ(runner->identity_of({"no-such-program-here", "sh"}), "");
}

TEST_F(ToolRunnerTest, ABoundThatWasReachedIsTold) {
  const auto told = [&](const std::string& script) {
    const auto outcome = runner->run(shell(script));
    EXPECT_FALSE(outcome) << script;
    return outcome ? std::string() : outcome.error().message;
  };
  EXPECT_EQ(told("kill -XCPU $$"), "sh was stopped: it computed for more than 60 s: is there an endless loop?");
  EXPECT_EQ(told("kill -XFSZ $$"), "sh was stopped: it wrote a file of more than 256 MiB");
  EXPECT_THAT(told("kill -KILL $$"), HasSubstr("memory is the usual reason"));
  EXPECT_THAT(told("echo 'runtime: cannot allocate memory' >&2; exit 2"), HasSubstr("needed more than its 2048 MiB of memory"));
}

TEST_F(ToolRunnerTest, OnlyTheWorkTreeIsRead) {
  if (!process::missing_for_fence().empty()) GTEST_SKIP() << "this kernel lacks " << process::missing_for_fence();
  const auto root = std::filesystem::temp_directory_path() / ("driftwarden-reach-test-" + std::to_string(::getpid()));
  std::filesystem::create_directories(root / "tree/app");
  std::filesystem::create_directories(root / "other");
  std::ofstream(root / "tree/base.yaml") << "base\n";
  std::ofstream(root / "other/secret") << "hunter2\n";
  ToolRun run = shell("cat ../base.yaml; cat ../../other/secret /etc/passwd; touch here; touch \"$HOME/there\" && echo kept; echo \"$APP_NAME $HOME\"");
  run.directory = (root / "tree/app").string();
  run.root = (root / "tree").string();
  run.environment = {{"APP_NAME", "web"}, {"HOME", "/root"}};
  const auto outcome = runner->run(run);
  std::filesystem::remove_all(root);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_THAT(outcome->out, AllOf(testing::StartsWith("base\nkept\nweb "), Not(HasSubstr("hunter2")), Not(HasSubstr("root:")), Not(HasSubstr("web /root"))));
  EXPECT_THAT(outcome->err, AllOf(HasSubstr("secret"), HasSubstr("/etc/passwd"), HasSubstr("'here'")));
}

TEST_F(ToolRunnerTest, TwoRunAtOnceAndOthersWait) {
  std::vector<std::pair<long long, long long>> seen(5);
  std::vector<std::thread> callers;
  for (auto& one : seen) {
    callers.emplace_back([&, this] {
      const auto outcome = runner->run(shell("date +%s%N; sleep 0.2; date +%s%N"));
      if (outcome) one = {std::stoll(outcome->out), std::stoll(outcome->out.substr(outcome->out.find('\n')))};
    });
  }
  for (auto& caller : callers) caller.join();
  for (const auto& [from, to] : seen) {
    ASSERT_GT(to, from);
    EXPECT_LE(std::ranges::count_if(seen, [at = from](const auto& other) { return other.first <= at && at < other.second; }), 2);
  }
}

TEST_F(ToolRunnerTest, NoSuchProgramIsNotFound) {
  ToolRun run;
  run.argv = {"no-such-tool-of-driftwarden"};
  const auto outcome = runner->run(run);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::NotFound);
  EXPECT_EQ(runner->identity("no-such-tool-of-driftwarden"), "");
}

TEST_F(ToolRunnerTest, AReplacedProgramIsAnotherOne) {
  const auto directory = std::filesystem::temp_directory_path() / ("driftwarden-tool-test-" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", (directory.string() + ":" + path).c_str(), 1);
  const auto put = [&](const std::string& text) {
    std::ofstream(directory / "a-tool") << text;
    std::filesystem::permissions(directory / "a-tool", std::filesystem::perms::owner_all);
  };
  put("#!/bin/sh\necho one\n");
  const auto first = runner->identity("a-tool");
  EXPECT_NE(first, "");
  EXPECT_EQ(runner->identity("a-tool"), first);
  put("#!/bin/sh\necho three\n");
  EXPECT_NE(runner->identity("a-tool"), first);
  ::setenv("PATH", path.c_str(), 1);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace driftwarden
