#include "integrations/render/tool_runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

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
  // What it starts has them, too, which is all that is asked of the child's own first microseconds.
  const auto outcome = runner->run(shell("sleep 0.05; sh -c 'ulimit -v; ulimit -t; cat /proc/self/limits'"));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_TRUE(outcome->out.starts_with("2097152\n60\n")) << outcome->out;
  EXPECT_THAT(outcome->out, testing::ContainsRegex("Max file size +268435456 +268435456"));
}

TEST_F(ToolRunnerTest, TwoRunAtOnceAndOthersWait) {
  const auto directory = std::filesystem::temp_directory_path() / ("driftwarden-turns-test-" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  const auto script = "cd " + directory.string() + "; touch $$; ls | wc -l; sleep 0.2; rm $$";
  std::vector<std::string> seen(5);
  std::vector<std::thread> callers;
  for (auto& one : seen) {
    callers.emplace_back([&, this] {
      if (const auto outcome = runner->run(shell(script))) one = outcome->out;
    });
  }
  for (auto& caller : callers) caller.join();
  for (const auto& one : seen) EXPECT_THAT(one, testing::AnyOf("1\n", "2\n"));
  std::filesystem::remove_all(directory);
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
