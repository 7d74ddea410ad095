// A fake `ssh` first in PATH runs the remote's command here, or says what a real one would say.
#include "integrations/git/transports.hpp"
#include "tests/unit/gitops/repository/fixture.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

namespace driftwarden::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class SshTest : public RepositoryTest {
 protected:
  SshTest() : path_before(std::getenv("PATH")) {
    fake_ssh("for last; do :; done\nprintf '%s\\n' \"$@\" > \"$(dirname \"$0\")/arguments\"\nexec sh -c \"$last\"\n");
    setenv("PATH", ((root / "bin").string() + ":" + path_before).c_str(), 1);
    client = net::create_http_client(io.get_executor(), clock);
  }
  ~SshTest() override { setenv("PATH", path_before.c_str(), 1); }

  void fake_ssh(const std::string& script) const {
    write_file(root / "bin/ssh", "#!/bin/sh\n" + script);
    fs::permissions(root / "bin/ssh", fs::perms::owner_all);
  }
  std::unique_ptr<Mirror> ssh_mirror(const std::string& url) {
    auto with = options();
    with.url = url;
    with.transport = git::make_transport_factory(io.get_executor(), clock, *client, limits);
    auto opened = Mirror::open(std::move(with));
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }
  std::unique_ptr<Mirror> ssh_mirror() { return ssh_mirror("git@example.org:" + remote().string()); }

  std::string path_before;
  git::TransportLimits limits;
  SystemClock clock;
  asio::io_context io;
  std::unique_ptr<net::HttpClient> client;
};

TEST_F(SshTest, FetchesAndAsksOnlyOnceWhenNothingChanged) {
  const auto first = publish("a", "1");
  auto mirror = ssh_mirror();
  auto got = mirror->fetch();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(*got, first);
  EXPECT_EQ(mirror->fetch().value(), first);
  const auto second = publish("a", "2");
  EXPECT_EQ(mirror->fetch().value(), second);
  EXPECT_EQ(mirror->read_file(second, "a").value(), "2");
  EXPECT_THAT(shell("cat " + (root / "bin/arguments").string()), HasSubstr("\n-l\ngit\n--\nexample.org\ngit-upload-pack '" + remote().string() + "'"));
}

TEST_F(SshTest, UrlsWithPortWork) {
  const auto sha = publish("a", "1");
  EXPECT_EQ(ssh_mirror("ssh://git@example.org:2222" + remote().string())->fetch().value(), sha);
  EXPECT_THAT(shell("cat " + (root / "bin/arguments").string()), HasSubstr("\n-p\n2222\n"));
}

TEST_F(SshTest, LargeFetchesPassThePipe) {
  std::string large;
  for (int i = 0; i < 300'000; ++i) large += std::to_string(i * 2654435761U);
  const auto sha = publish("large", large);
  auto mirror = ssh_mirror();
  ASSERT_EQ(mirror->fetch().value(), sha);
  EXPECT_TRUE(mirror->read_file(sha, "large").value() == large);
  large += "more";
  mirror->commit(request(sha, {{"large", large + large}})).value();
  auto pushed = mirror->push("driftwarden/c-1", "driftwarden/c-1", "");
  EXPECT_TRUE(pushed) << pushed.error().message;
}

TEST_F(SshTest, PushesMovesDeletesAndReportsAHooksRefusal) {
  const auto base = publish("README", "hello\n");
  auto mirror = ssh_mirror();
  ASSERT_TRUE(mirror->fetch());
  const auto first = mirror->commit(request(base, {{"README", "x"}})).value();
  auto pushed = mirror->push("driftwarden/c-1", "driftwarden/c-1", "");
  ASSERT_TRUE(pushed) << pushed.error().message;
  EXPECT_EQ(remote_git("rev-parse driftwarden/c-1"), first);
  EXPECT_TRUE(mirror->push("driftwarden/c-1", "driftwarden/c-1", ""));
  const auto second = mirror->commit(request(base, {{"README", "y"}})).value();
  EXPECT_EQ(mirror->push("driftwarden/c-1", "driftwarden/c-1", base).error().kind, ErrorKind::Conflict);
  ASSERT_TRUE(mirror->push("driftwarden/c-1", "driftwarden/c-1", first));
  EXPECT_EQ(remote_git("rev-parse driftwarden/c-1"), second);

  write_file(remote() / "hooks/pre-receive", "#!/bin/sh\necho 'main is protected' >&2\nexit 1\n");
  fs::permissions(remote() / "hooks/pre-receive", fs::perms::owner_all);
  auto refused = mirror->push("driftwarden/c-1", "main", base);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Denied);
  EXPECT_THAT(refused.error().message, HasSubstr("main is protected"));
  fs::remove(remote() / "hooks/pre-receive");
  EXPECT_TRUE(mirror->delete_remote_branch("driftwarden/c-1"));
  EXPECT_EQ(remote_git("branch --list 'driftwarden/*'"), "");
}

struct SaidRow {
  std::string name, script;
  ErrorKind kind;
  std::string says;
  friend void PrintTo(const SaidRow& row, std::ostream* out) { *out << row.name; }
};
class SshSays : public SshTest, public testing::WithParamInterface<SaidRow> {};
TEST_P(SshSays, IsPassedOn) {
  fake_ssh(GetParam().script);
  auto failed = ssh_mirror()->fetch();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, GetParam().kind) << failed.error().message;
  EXPECT_THAT(failed.error().message, HasSubstr(GetParam().says));
  EXPECT_THAT(failed.error().message, Not(HasSubstr("\x1b")));
}
INSTANTIATE_TEST_SUITE_P(
    Failures, SshSays,
    testing::Values(SaidRow{"HostKey", "printf 'Host key \\033[1mverification\\033[0m failed.\\r\\nHost key verification failed.\\r\\n' >&2; exit 255\n", ErrorKind::Denied,
                            "Host key verification failed."},
                    SaidRow{"Authentication", "echo 'git@example.org: Permission denied (publickey).' >&2; exit 255\n", ErrorKind::Denied, "Permission denied (publickey)"},
                    SaidRow{"NoRepository", "echo 'ERROR: Repository not found.' >&2; exit 1\n", ErrorKind::NotFound, "Repository not found"},
                    SaidRow{"NoHost", "echo 'ssh: Could not resolve hostname example.org' >&2; exit 255\n", ErrorKind::Unavailable, "Could not resolve"},
                    SaidRow{"Silence", "exit 0\n", ErrorKind::Unavailable, "the connection ended"}),
    [](const auto& row) { return row.param.name; });

TEST_F(SshTest, ASilentRemoteIsGivenUp) {
  fake_ssh("echo 'connecting' >&2\nexec sleep 60\n");
  limits.silence = Duration{2'000};
  const auto start = std::chrono::steady_clock::now();
  auto failed = ssh_mirror()->fetch();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::Timeout);
  EXPECT_THAT(failed.error().message, HasSubstr("went silent for 2s; ssh says: connecting"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST_F(SshTest, ARemoteThatTricklesIsGivenUpToo) {
  fake_ssh("printf ffff\nfor i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do printf x; sleep 0.1; done\n");
  limits.total = Duration{500};
  auto failed = ssh_mirror()->fetch();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::Timeout);
  EXPECT_THAT(failed.error().message, HasSubstr("took longer than 500ms"));
}

TEST_F(SshTest, AConnectionThatBreaksInTheMiddleIsAnError) {
  publish("a", "1");
  fake_ssh("for last; do :; done\nsh -c \"$last\" < /dev/null | head -c 40\n");
  auto failed = ssh_mirror()->fetch();
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().kind, ErrorKind::Timeout) << failed.error().message;
}

TEST_F(SshTest, WithoutTheProgramTheErrorNamesIt) {
  setenv("PATH", (root / "empty").c_str(), 1);
  auto mirror = ssh_mirror();
  auto failed = mirror->fetch();
  setenv("PATH", path_before.c_str(), 1);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::NotFound);
  EXPECT_THAT(failed.error().message, HasSubstr("needs the program ssh"));
}

}  // namespace
}  // namespace driftwarden::test
