#include "tests/unit/integrations/git/http_fixture.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <future>

namespace driftwarden::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST_F(HttpGitTest, FetchesAndThenAsksOnlyForTheRefs) {
  const auto first = publish("apps/shop/web.yaml", "replicas: 2\n");
  auto mirror = http_mirror();
  auto got = mirror->fetch();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(*got, first);
  EXPECT_EQ(mirror->read_file(first, "apps/shop/web.yaml").value(), "replicas: 2\n");
  const auto before = seen().size();
  EXPECT_EQ(mirror->fetch().value(), first);
  EXPECT_EQ(seen().size(), before + 1) << "an unchanged branch costs one advertisement";
  EXPECT_EQ(seen().back(), "GET /remote.git/info/refs?service=git-upload-pack");
  const auto second = publish("apps/shop/web.yaml", "replicas: 3\n");
  EXPECT_EQ(mirror->fetch().value(), second);
  EXPECT_EQ(last_authorization(), "");
}

TEST_F(HttpGitTest, FetchesManyCommitsAndLargeFiles) {
  std::string large;
  for (int i = 0; i < 200'000; ++i) large += std::to_string(i * 2654435761U);
  publish("large", large);
  auto mirror = http_mirror();
  ASSERT_TRUE(mirror->fetch());
  for (int i = 0; i < 40; ++i) git("commit -q --allow-empty -m n" + std::to_string(i));
  git("push -q origin main");
  const auto head = mirror->fetch().value();
  EXPECT_EQ(mirror->history(head, "large", 10).value().size(), 1U);
  EXPECT_TRUE(mirror->read_file(head, "large").value() == large);
  const auto made = mirror->commit(request(head, {{"large", large + "x" + large}})).value();
  auto pushed = mirror->push("driftwarden/c-1", "driftwarden/c-1", "");
  ASSERT_TRUE(pushed) << pushed.error().message;
  EXPECT_EQ(remote_git("rev-parse driftwarden/c-1"), made);
}

TEST_F(HttpGitTest, ARemoteThatTricklesIsGivenUpToo) {
  publish("a", "1");
  limits.total = Duration{500};
  auto mirror = http_mirror();
  instead = [this](const net::ServerRequest&, net::ServerReply& reply) {
    reply = net::ServerReply(200, "application/x-git-upload-pack-advertisement", "");
    reply.stream = [this](net::BodyWriter& writer) -> asio::awaitable<void> {
      std::string large = "ffff";
      bool gone = false;
      for (int i = 0; i < 100 && !gone; ++i) {
        std::string piece = i == 0 ? large : "x";
        auto written = co_await writer.write(std::move(piece));
        gone = !written;
        (void)co_await clock.sleep_for(Duration{50});
      }
    };
    return true;
  };
  auto failed = mirror->fetch();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::Timeout) << failed.error().message;
  EXPECT_THAT(failed.error().message, HasSubstr("took longer than 500ms"));
}

TEST_F(HttpGitTest, SendsCredentialsAtOnceAndKeepsThemOutOfErrors) {
  publish("a", "1");
  auto with = http_options();
  with.credentials.username = "oauth2";
  with.credentials.password = Secret<std::string>("hunter2");
  auto mirror = open_with(with);
  ASSERT_TRUE(mirror->fetch());
  EXPECT_EQ(last_authorization(), "Basic " + base64_encode("oauth2:hunter2"));
  instead = [](const net::ServerRequest&, net::ServerReply& reply) {
    reply = net::ServerReply(401, "text/plain", "no\x1b[31m such user\n");
    return true;
  };
  auto denied = mirror->fetch();
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, ErrorKind::Denied);
  EXPECT_THAT(denied.error().message, HasSubstr(url() + " does not accept the credentials: no [31m such user"));
  EXPECT_THAT(denied.error().message, Not(HasSubstr("hunter2")));
}

struct StatusRow {
  std::string name;
  unsigned status;
  ErrorKind kind;
  std::string says;
  friend void PrintTo(const StatusRow& row, std::ostream* out) { *out << row.name; }
};
class HttpStatus : public HttpGitTest, public testing::WithParamInterface<StatusRow> {};
TEST_P(HttpStatus, BecomesAnErrorThatNamesTheRemote) {
  instead = [](const net::ServerRequest&, net::ServerReply& reply) {
    reply = net::ServerReply(GetParam().status, "text/html", "<h1>hello</h1>");
    if (GetParam().status / 100 == 3) reply.headers.set("Location", "https://bob:secret@elsewhere.example/x.git/info/refs?service=git-upload-pack");
    return true;
  };
  auto failed = http_mirror()->fetch();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, GetParam().kind) << failed.error().message;
  EXPECT_THAT(failed.error().message, HasSubstr(url()));
  EXPECT_THAT(failed.error().message, HasSubstr(GetParam().says));
  EXPECT_THAT(failed.error().message, Not(HasSubstr("<h1>")));
  EXPECT_THAT(failed.error().message, Not(HasSubstr("secret")));
  EXPECT_EQ(seen().size(), 1U) << "neither followed nor repeated";
}
INSTANTIATE_TEST_SUITE_P(
    Statuses, HttpStatus,
    testing::Values(StatusRow{"Unauthorized", 401, ErrorKind::Denied, "none are configured"}, StatusRow{"Forbidden", 403, ErrorKind::Denied, "does not allow"},
                    StatusRow{"NotFound", 404, ErrorKind::NotFound, "doesn't exist"}, StatusRow{"ServerError", 503, ErrorKind::Unavailable, "503"},
                    StatusRow{"SlowDown", 429, ErrorKind::RateLimited, "slow down"},
                    StatusRow{"Moved", 301, ErrorKind::InvalidInput, "redirects to https://elsewhere.example/x.git; "},
                    StatusRow{"Temporary", 307, ErrorKind::InvalidInput, "redirects to https://elsewhere.example/x.git; "},
                    StatusRow{"AWebPage", 200, ErrorKind::NotFound, "is no Git repository: the server answered with text/html"}),
    [](const auto& row) { return row.param.name; });

TEST_F(HttpGitTest, ASilentServerIsGivenUp) {
  publish("a", "1");
  limits.silence = Duration{2'000};
  auto mirror = http_mirror();
  instead = [this](const net::ServerRequest&, net::ServerReply& reply) {
    reply = net::ServerReply(200, "application/x-git-upload-pack-advertisement", "");
    reply.stream = [this](net::BodyWriter& writer) -> asio::awaitable<void> {
      std::string piece = "001e# service=git-upload-pack\n";
      (void)co_await writer.write(std::move(piece));
      (void)co_await clock.sleep_for(Duration{60'000});
    };
    return true;
  };
  const auto start = std::chrono::steady_clock::now();
  auto failed = mirror->fetch();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::Timeout);
  EXPECT_THAT(failed.error().message, HasSubstr("went silent for 2s"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
  instead = nullptr;
  EXPECT_TRUE(mirror->fetch()) << "the next try starts afresh";
}

TEST_F(HttpGitTest, AServerThatAnswersNonsenseIsAnErrorAndNoCrash) {
  for (const std::string& body : {std::string(), std::string("0000"), std::string("zzzz"), std::string("001e# service=git-upload-pack\n0000"), std::string("fff0abc"),
                                 std::string("001e# service=git-upload-pack\n0000003fffffffffffffffffffffffffffffffffffffffff HEAD") + std::string("\0x\n0000", 7)}) {
    instead = [&](const net::ServerRequest&, net::ServerReply& reply) {
      reply = net::ServerReply(200, "application/x-git-upload-pack-advertisement", body);
      return true;
    };
    EXPECT_FALSE(http_mirror()->fetch()) << body;
  }
}

TEST_F(HttpGitTest, NobodyThereIsUnavailable) {
  auto nowhere = http_options();
  nowhere.url = "http://127.0.0.1:1/remote.git";
  auto failed = open_with(nowhere)->fetch();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::Unavailable) << failed.error().message;
}

TEST_F(HttpGitTest, PlainHttpToAnotherHostIsRefusedBeforeAnythingIsSent) {
  auto plain = http_options();
  plain.url = "http://git.example.org/remote.git";
  auto failed = open_with(plain)->fetch();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(failed.error().message, HasSubstr("use https"));
}

TEST_F(HttpGitTest, PushesMovesAndDeletes) {
  const auto base = publish("README", "hello\n");
  auto mirror = http_mirror();
  ASSERT_TRUE(mirror->fetch());
  const auto first = mirror->commit(request(base, {{"README", "x"}})).value();
  auto pushed = mirror->push("driftwarden/c-1", "driftwarden/c-1", "");
  ASSERT_TRUE(pushed) << pushed.error().message;
  EXPECT_EQ(remote_git("rev-parse driftwarden/c-1"), first);
  EXPECT_TRUE(mirror->push("driftwarden/c-1", "driftwarden/c-1", ""));

  const auto second = mirror->commit(request(base, {{"README", "y"}})).value();
  auto conflict = mirror->push("driftwarden/c-1", "driftwarden/c-1", base);
  ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().kind, ErrorKind::Conflict) << conflict.error().message;
  auto moved = mirror->push("driftwarden/c-1", "driftwarden/c-1", first);
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(remote_git("rev-parse driftwarden/c-1"), second);

  ASSERT_TRUE(mirror->delete_remote_branch("driftwarden/c-1"));
  EXPECT_EQ(remote_git("branch --list 'driftwarden/*'"), "");
  EXPECT_TRUE(mirror->delete_remote_branch("driftwarden/c-1"));
}

TEST_F(HttpGitTest, ARefusedPushCarriesTheHooksWords) {
  const auto base = publish("README", "hello\n");
  write_file(remote() / "hooks/pre-receive", "#!/bin/sh\nprintf 'checking 1\\rchecking 2\\nNot allowed to push to \\033[1mprotected\\033[0m branch main\\n' >&2\nexit 1\n");
  fs::permissions(remote() / "hooks/pre-receive", fs::perms::owner_all);
  auto mirror = http_mirror();
  ASSERT_TRUE(mirror->fetch());
  mirror->commit(request(base, {{"README", "x"}})).value();
  auto refused = mirror->push("driftwarden/c-1", "main", base);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Denied);
  EXPECT_THAT(refused.error().message, HasSubstr("pre-receive hook declined"));
  EXPECT_THAT(refused.error().message, HasSubstr("Not allowed to push to  [1mprotected [0m branch main"));
  EXPECT_EQ(remote_git("rev-parse main"), base);
}

TEST_F(HttpGitTest, ABranchThatMovesBetweenLookAndPushIsAConflict) {
  const auto base = publish("README", "hello\n");
  auto mirror = http_mirror();
  ASSERT_TRUE(mirror->fetch());
  mirror->commit(request(base, {{"README", "x"}})).value();
  std::string rival;
  instead = [&](const net::ServerRequest& request, net::ServerReply&) {
    if (request.method == "POST") rival = publish("README", "rival\n");
    return false;
  };
  auto late = mirror->push("driftwarden/c-1", "main", base);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::Conflict) << late.error().message;
  EXPECT_EQ(remote_git("rev-parse main"), rival);
}

TEST_F(HttpGitTest, ABlockingCallOnTheIoThreadIsRefusedNotHung) {
  publish("a", "1");
  auto mirror = http_mirror();
  auto on_io = asio::post(client_thread.io, asio::use_future([&] { return mirror->fetch(); })).get();
  ASSERT_FALSE(on_io);
  EXPECT_THAT(on_io.error().message, HasSubstr("on the I/O thread"));
}

TEST_F(HttpGitTest, ReadersDoNotWaitForASlowRemote) {
  const auto sha = publish("a", "1");
  auto mirror = http_mirror();
  ASSERT_TRUE(mirror->fetch());
  std::promise<void> asked;
  std::atomic<bool> answered = false;
  instead = [&](const net::ServerRequest&, net::ServerReply& reply) {
    reply = net::ServerReply(200, "application/x-git-upload-pack-advertisement", "");
    reply.stream = [this, &answered](net::BodyWriter&) -> asio::awaitable<void> {
      while (!answered) (void)co_await clock.sleep_for(Duration{5});
    };
    asked.set_value();
    return true;
  };
  auto fetching = std::async(std::launch::async, [&] { return mirror->fetch(); });
  asked.get_future().wait();
  EXPECT_EQ(mirror->read_file(sha, "a").value(), "1");
  EXPECT_EQ(fetching.wait_for(std::chrono::seconds{0}), std::future_status::timeout);
  answered = true;
  EXPECT_FALSE(fetching.get());
}

}  // namespace
}  // namespace driftwarden::test
