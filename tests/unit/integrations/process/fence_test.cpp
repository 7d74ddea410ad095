#include "integrations/process/process.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace driftwarden::process {
namespace {

namespace fs = std::filesystem;
using driftwarden::test::run;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kLooks = 10'000;

std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A work tree that may be read, a home that may be written, and a place that is neither's.
class FenceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto missing = missing_for_fence(); !missing.empty()) GTEST_SKIP() << "this kernel lacks " << missing;
    auto pattern = (fs::temp_directory_path() / "driftwarden-fence-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root = fs::canonical(pattern);
    for (const auto* name : {"tree", "home", "other"}) fs::create_directories(root / name);
    std::ofstream(root / "tree/values.yaml") << "a: 1\n";
    std::ofstream(root / "other/secret") << "hunter2\n";
    fs::copy_file("/usr/bin/true", root / "tree/program");
    ::symlink((root / "other/secret").c_str(), (root / "tree/link").c_str());
  }
  void TearDown() override {
    std::error_code ignored;
    if (!root.empty()) fs::remove_all(root, ignored);
  }

  Command fenced(std::vector<std::string> argv) const {
    Command command;
    command.argv = std::move(argv);
    command.directory = (root / "tree").string();
    command.environment["PATH"] = "/usr/bin:/bin";
    command.fence = Fence{.readable = {(root / "tree").string()}, .writable = {(root / "home").string()}};
    return command;
  }
  Command shell(const std::string& script) const { return fenced({"sh", "-c", script}); }
  std::string at(const std::string& name) const { return (root / name).string(); }
  Result<Outcome> execute(Command command) { return run(io, process::run(clock, std::move(command))); }
  bool has(const std::string& program) const { return fs::exists("/usr/bin/" + program); }

  fs::path root;
  asio::io_context io;
  SystemClock clock;
};

struct AccessRow {
  std::string name;
  std::string script;  ///< ROOT is put in
  bool allowed;
  friend void PrintTo(const AccessRow& row, std::ostream* out) { *out << row.name; }
};
class FenceTable : public FenceTest, public testing::WithParamInterface<AccessRow> {};
TEST_P(FenceTable, Decides) {
  auto script = GetParam().script;
  for (auto place = script.find("ROOT"); place != std::string::npos; place = script.find("ROOT")) script.replace(place, 4, root.string());
  const auto outcome = execute(shell(script));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->exit_code == 0, GetParam().allowed) << outcome->out << outcome->err;
  EXPECT_THAT(outcome->out, Not(HasSubstr("hunter2")));
  // The same without a fence, or the row says nothing.
  auto open = shell(script);
  open.fence.reset();
  const auto unfenced = execute(open);
  ASSERT_TRUE(unfenced);
  EXPECT_EQ(unfenced->exit_code, 0) << unfenced->err;
}
INSTANTIATE_TEST_SUITE_P(Files, FenceTable,
                         testing::Values(AccessRow{"TheTreeIsRead", "cat values.yaml", true},
                                         AccessRow{"TheTreeIsNotWritten", "echo x > new", false},
                                         AccessRow{"NoFileOfItIsRemoved", "rm values.yaml; r=$?; echo 'a: 1' > values.yaml; exit $r", false},
                                         AccessRow{"TheHomeIsWritten", "echo x > ROOT/home/a && cat ROOT/home/a && mv ROOT/home/a ROOT/home/b && rm ROOT/home/b", true},
                                         AccessRow{"NoPasswords", "cat /etc/passwd", false},
                                         AccessRow{"NoOtherPlace", "cat ROOT/other/secret >/dev/null", false},
                                         AccessRow{"NoLinkLeadsOut", "cat link >/dev/null", false},
                                         AccessRow{"NothingIsWrittenElsewhere", "echo x > ROOT/other/new", false},
                                         AccessRow{"NorEmptied", ": > ROOT/other/empty", false},
                                         AccessRow{"NoProcessOfOthersIsLookedInto", "cat /proc/$PPID/environ >/dev/null", false},
                                         AccessRow{"TheRootIsNotListed", "ls /", false},
                                         AccessRow{"TheSystemIsRead", "ls /usr/bin >/dev/null && head -c 4 /dev/urandom >/dev/null && : >/dev/null", true},
                                         AccessRow{"NothingOfTheTreeRuns", "ROOT/tree/program", false},
                                         AccessRow{"NorOfTheHome", "cp /usr/bin/true ROOT/home/own && ROOT/home/own", false}),
                         [](const auto& row) { return row.param.name; });

TEST_F(FenceTest, NoSocketOfAnyFamily) {
  if (!has("python3")) GTEST_SKIP() << "needs python3";
  const std::string script =
      "import socket\n"
      "for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK, 17, 40):\n"
      "  try: socket.socket(family, socket.SOCK_DGRAM if family != 40 else socket.SOCK_STREAM); print('open', family)\n"
      "  except PermissionError as error: print('refused')\n"
      "  except OSError as error: print('unknown', error)\n"
      "try: socket.socketpair(); print('open pair')\n"
      "except PermissionError: print('refused')\n";
  const auto outcome = execute(fenced({"python3", "-c", script}));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->out, "refused\nrefused\nrefused\nrefused\nrefused\nrefused\nrefused\n") << outcome->err;
  EXPECT_EQ(outcome->err, "");
  auto networked = fenced({"python3", "-c", "import socket; socket.socket(socket.AF_INET); socket.socket(socket.AF_UNIX); socket.socketpair(); print('ok')"});
  networked.fence->network = true;
  EXPECT_EQ(execute(networked)->out, "ok\n");
  networked.argv[2] = "import socket; s = socket.socket(socket.AF_UNIX); s.bind('" + at("home/socket") + "'); s.listen(1); print('ok')";
  EXPECT_EQ(execute(networked)->out, "ok\n") << "plugins talk over such";
  networked.argv[2] = "import socket; socket.socket(17, socket.SOCK_RAW)";
  EXPECT_NE(execute(networked)->exit_code, 0) << "raw packets are for nobody";
}

TEST_F(FenceTest, NoPowersOverOthers) {
  if (!has("python3")) GTEST_SKIP() << "needs python3";
  const std::string script =
      "import ctypes, os\n"
      "libc = ctypes.CDLL(None, use_errno=True)\n"
      "def tell(name, result): print(name, 'done' if result >= 0 else os.strerror(ctypes.get_errno()))\n"
      "tell('unshare', libc.unshare(0x10000000))\n"
      "tell('ptrace', libc.ptrace(16, os.getppid(), 0, 0))\n"
      "tell('mount', libc.mount(b'none', b'/tmp', b'tmpfs', 0, None))\n"
      "tell('setsid', libc.setsid())\n"
      "tell('io_uring', libc.syscall(425, 8, 0))\n"
      "tell('signal', libc.kill(os.getppid(), 0))\n";
  const auto outcome = execute(fenced({"python3", "-c", script}));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_THAT(outcome->out, Not(HasSubstr("done"))) << outcome->out;
  EXPECT_THAT(outcome->out, AllOf(HasSubstr("unshare Operation not permitted"), HasSubstr("setsid Operation not permitted")));
}

TEST_F(FenceTest, ModesAreKeptWhereAsked) {
  auto command = shell("chmod 600 " + at("other/secret"));
  EXPECT_EQ(execute(command)->exit_code, 0);
  command.fence->keep_modes = true;
  EXPECT_NE(execute(command)->exit_code, 0);
}

TEST_F(FenceTest, WhatAProgramWritesIsForNobodyElse) {
  const auto before = ::umask(022);
  const auto outcome = execute(shell("echo a > " + at("home/plan") + "; mkdir " + at("home/cache")));
  ::umask(before);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(fs::status(root / "home/plan").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(root / "home/cache").permissions(), fs::perms::owner_all);
}

TEST_F(FenceTest, AProgramElsewhereIsAllowedByName) {
  fs::create_directories(root / "bin");
  for (const auto* name : {"outer", "inner"}) {
    std::ofstream(root / "bin" / name) << "#!/bin/sh\necho " << name << "; [ $0 != " << at("bin/outer") << " ] || inner\n";
    fs::permissions(root / "bin" / name, fs::perms::owner_all);
  }
  auto command = fenced({"outer"});
  command.environment["PATH"] = at("bin") + ":/usr/bin:/bin";
  auto alone = execute(command);
  ASSERT_TRUE(alone) << alone.error().message;
  EXPECT_EQ(alone->out, "outer\n") << "only the program itself";
  command.fence->programs = {"inner", "no-such-helper"};
  const auto both = execute(command);
  ASSERT_TRUE(both);
  EXPECT_EQ(both->out, "outer\ninner\n") << both->err;
}

TEST_F(FenceTest, WhatIsAllowedMustBeThere) {
  auto command = shell("true");
  command.fence->readable = {at("gone")};
  const auto outcome = execute(command);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr(at("gone")));
  EXPECT_EQ(execute(fenced({"driftwarden-no-such-tool"})).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(execute(fenced({"/usr"})).error().kind, ErrorKind::NotFound);
}

TEST_F(FenceTest, ADaemonStaysInTheGroupAndEndsWithIt) {
  if (!has("setsid")) GTEST_SKIP() << "needs setsid";
  auto command = shell("(setsid sh -c 'echo $$ >" + at("home/daemon") + "; exec sleep 1000' || (echo refused; sleep 1000 & echo $! >" + at("home/orphan") + ")) & wait; sleep 1000");
  command.timeout = Duration{3'000};
  const auto outcome = execute(command);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::Timeout);
  EXPECT_FALSE(fs::exists(root / "home/daemon")) << "nothing leaves its process group";
  const auto orphan = read_file(root / "home/orphan");
  ASSERT_FALSE(orphan.empty());
  const auto command_line = fs::path("/proc") / std::to_string(std::stoi(orphan)) / "cmdline";
  for (int i = 0; i < kLooks && !read_file(command_line).empty(); ++i) (void)run(io, clock.sleep_for(Duration{5}));
  EXPECT_EQ(read_file(command_line), "");
}

TEST_F(FenceTest, AForkBombEndsWithItsDeadline) {
  auto command = shell("f() { f & f; }; echo $$ >" + at("home/bomb") + "; ulimit -t 1; (while :; do sleep 0.05 & done)");
  command.timeout = Duration{1'000};
  command.limits.processes = 200;
  command.limits.address_space_bytes = 256U << 20U;
  const auto outcome = execute(command);
  // The shell may give up by itself where the limit binds (it doesn't bind root).
  if (!outcome) {
    EXPECT_EQ(outcome.error().kind, ErrorKind::Timeout);
  }
  const auto group = std::stoi(read_file(root / "home/bomb"));
  bool any = true;
  for (int i = 0; i < kLooks && any; ++i) {
    any = false;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      if (entry.path().filename().string().find_first_not_of("0123456789") != std::string::npos) continue;
      const auto stat = read_file(entry.path() / "stat");
      const auto end = stat.rfind(')');
      if (end == std::string::npos || end + 4 > stat.size() || stat[end + 2] == 'Z') continue;
      const auto parent_end = stat.find(' ', end + 4);
      any = any || std::atoi(stat.c_str() + parent_end) == group;
    }
    if (any) (void)run(io, clock.sleep_for(Duration{5}));
  }
  EXPECT_FALSE(any) << "something of it still runs";
}

TEST_F(FenceTest, BoundsHoldFromTheStart) {
  auto command = shell("ulimit -v; ulimit -t; ulimit -f; ulimit -p");
  command.limits = Limits{.processes = 100, .address_space_bytes = 512U << 20U, .cpu_seconds = 7, .file_bytes = 1U << 20U};
  const auto outcome = execute(command);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_THAT(outcome->out, testing::StartsWith("524288\n7\n2048\n")) << "of blocks of 512 bytes";
  EXPECT_GT(std::stoi(outcome->out.substr(outcome->out.rfind('\n', outcome->out.size() - 2) + 1)), 100);
}

TEST_F(FenceTest, ALoopEndsWithItsSecondOfCpu) {
  auto command = shell("while :; do :; done");
  command.limits.cpu_seconds = 1;
  const auto outcome = execute(command);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->exit_code, 128 + SIGXCPU);
}

TEST_F(FenceTest, NoFileGrowsWithoutEnd) {
  auto command = shell("exec head -c 5000000 /dev/zero > " + at("home/big"));
  command.limits.file_bytes = 1U << 20U;
  const auto outcome = execute(command);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->exit_code, 128 + SIGXFSZ);
  EXPECT_EQ(fs::file_size(root / "home/big"), 1U << 20U);
}

TEST_F(FenceTest, TooMuchOutputIsCorrupt) {
  auto command = fenced({"yes"});
  command.max_output_bytes = 1'000'000;
  const auto outcome = execute(command);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::Corrupt);
}

TEST_F(FenceTest, PipesAndInputWorkAsWithoutAFence) {
  auto command = fenced({"cat"});
  command.input = std::string(2'000'000, 'i');
  const auto outcome = execute(command);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->out.size(), 2'000'000U);
  EXPECT_EQ(execute(shell("ls /proc/self/fd 2>/dev/null | wc -l; kill -TERM $$"))->exit_code, 128 + SIGTERM);
}

TEST(FenceOfThisKernel, IsToldForPeople) {
  const auto missing = missing_for_fence();
  EXPECT_THAT(missing, testing::AnyOf(testing::IsEmpty(), HasSubstr("Landlock"), HasSubstr("seccomp")));
}

}  // namespace
}  // namespace driftwarden::process
