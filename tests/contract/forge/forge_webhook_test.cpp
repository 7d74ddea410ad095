// The forge's own signed deliveries, as our handler takes them.
#include "bot/web/web.hpp"
#include "integrations/net/http_server.hpp"
#include "tests/contract/forge/forge_contract.hpp"

#include <gmock/gmock.h>

#include <set>

namespace driftwarden::test {

namespace {

/// A bot's web port that writes down what came.
struct Listener {
  std::set<std::string> events;     ///< event and its finer type
  std::set<std::int64_t> numbers;   ///< of pull requests
  std::set<std::string> urls;
  std::vector<unsigned> refused;
  std::vector<net::ServerRequest> kept;
  int pushes = 0;
  int pulls = 0;
  net::ServerHandler web;
  std::unique_ptr<net::HttpServer> server;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server->port()) + "/webhooks/git"; }
};

asio::awaitable<net::ServerReply> take(Listener& listener, net::ServerRequest request) {
  const auto event = request.headers.find("X-Gitea-Event").value_or("?") + " " + request.headers.find("X-Gitea-Event-Type").value_or("?");
  listener.kept.push_back(request);
  auto reply = co_await listener.web(std::move(request));
  if (reply.status / 100 == 2) listener.events.insert(event);
  if (reply.status / 100 != 2) listener.refused.push_back(reply.status);
  co_return reply;
}

void listen(Listener& listener, asio::io_context& io, Clock& clock, const std::string& secret) {
  WebParts parts;
  parts.webhook_secret = Secret<std::string>(secret);
  parts.clock = &clock;
  parts.on_git_webhook = [&listener](const std::vector<std::string>& urls) {
    ++listener.pushes;
    listener.urls.insert(urls.begin(), urls.end());
  };
  parts.on_pull_request = [&listener](const std::vector<std::string>&, std::int64_t number) {
    ++listener.pulls;
    if (number > 0) listener.numbers.insert(number);
  };
  listener.web = make_web_handler(std::move(parts));
  auto server = net::start_http_server(io.get_executor(), clock, {}, [&listener](net::ServerRequest request) { return take(listener, std::move(request)); });
  ASSERT_TRUE(server) << server.error().message;
  listener.server = std::move(*server);
}

TEST_P(ForgeContract, ItsOwnWebhooksAreBelievedOnce) {
  Listener listener;
  ASSERT_NO_FATAL_FAILURE(listen(listener, io, clock, kHookSecret));
  server->send_webhooks_to(listener.url());
  const auto sha = push("driftwarden/w-1", 3);
  const auto pull = open("driftwarden/w-1");
  ASSERT_TRUE(wait(bot->request_reviewers(pull.number, {"alice"})));
  EXPECT_EQ(review(pull.number, "REQUEST_CHANGES", "no"), 200U);
  EXPECT_EQ(review(pull.number, "APPROVED"), 200U);
  ASSERT_TRUE(wait(bot->comment(pull.number, "hello")));
  set_check(sha, "ci/build", "success");
  push("driftwarden/w-1", 4);
  const std::set<std::string> wanted{"push push",
                                     "pull_request pull_request",
                                     "pull_request pull_request_sync",
                                     "pull_request pull_request_review_request",
                                     "pull_request_approved pull_request_review_approved",
                                     "pull_request_rejected pull_request_review_rejected",
                                     "issue_comment pull_request_comment"};
  const auto events = until([&] { return listener.events; }, [&](const auto& seen) { return std::ranges::includes(seen, wanted); });
  EXPECT_THAT(events, testing::IsSupersetOf(wanted));
  EXPECT_THAT(listener.refused, testing::IsEmpty());
  EXPECT_EQ(listener.numbers, std::set<std::int64_t>{pull.number});
  EXPECT_THAT(listener.urls, testing::Contains(server->clone_url()));

  // Somebody on the way keeps a delivery and sends it again.
  const auto before = listener.pushes + listener.pulls;
  for (const auto& kept : std::vector(listener.kept)) EXPECT_EQ(wait(listener.web(kept)).status, 200U);
  auto changed = listener.kept.front();
  changed.body += " ";
  EXPECT_EQ(wait(listener.web(changed)).status, 401U);
  EXPECT_EQ(listener.pushes + listener.pulls, before);
  wait(listener.server->stop());
}

TEST_P(ForgeContract, WebhooksOfAnotherSecretAreRefused) {
  Listener listener;
  ASSERT_NO_FATAL_FAILURE(listen(listener, io, clock, "not the forge's"));
  server->send_webhooks_to(listener.url());
  push("driftwarden/w-2", 3);
  const auto refused = until([&] { return listener.refused; }, [](const auto& all) { return !all.empty(); });
  ASSERT_FALSE(refused.empty());
  EXPECT_EQ(refused.front(), 401U);
  EXPECT_EQ(listener.pushes + listener.pulls, 0);
  wait(listener.server->stop());
}

}  // namespace
}  // namespace driftwarden::test
