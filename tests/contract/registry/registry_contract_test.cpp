// Our client against the sandbox's registry, over real sockets: tokens, pages, digests.
#include "integrations/net/http_client.hpp"
#include "integrations/registry/registry.hpp"
#include "integrations/sandbox/registry/registry_server.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;

class RegistryContract : public testing::Test {
 protected:
  ~RegistryContract() override {
    if (front) test::run(io, front->stop());
  }
  void open(sandbox::RegistryServerOptions options = {}) {
    server = sandbox::create_registry_server(clock, *random, options);
    auto started = net::start_http_server(io.get_executor(), clock, {}, [this](net::ServerRequest request) { return server->handle(std::move(request)); });
    ASSERT_TRUE(started) << started.error().message;
    front = std::move(*started);
    server->set_base_url(url());
    for (const char* tag : {"1.4.0", "1.4.1", "1.4.2", "1.5.0-rc1", "1.5.0", "1.6.0", "latest"}) server->push("shop/checkout", tag);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(front->port()); }
  registry::Registry& client(std::string user = {}, std::string password = {}, Duration timeout = 5s) {
    registry::RegistryOptions options;
    options.host = "registry.acme.example";
    options.api_url = url();
    options.username = std::move(user);
    options.password = Secret<std::string>(std::move(password));
    options.timeout = timeout;
    registry_ = registry::create_registry(*http, clock, std::move(options));
    return *registry_;
  }

  asio::io_context io;
  SystemClock clock;
  std::unique_ptr<Random> random = create_seeded_random(11);
  std::unique_ptr<net::HttpClient> http = net::create_http_client(io.get_executor(), clock);
  std::unique_ptr<sandbox::RegistryServer> server;
  std::unique_ptr<net::HttpServer> front;
  std::unique_ptr<registry::Registry> registry_;
};

TEST_F(RegistryContract, TagsWithATokenAndManyPages) {
  sandbox::RegistryServerOptions options;
  options.page_size = 2;
  open(options);
  const auto tags = test::run(io, client().tags("shop/checkout"));
  ASSERT_TRUE(tags) << tags.error().message;
  EXPECT_THAT(registry::by_version(*tags), testing::ElementsAre("1.6.0", "1.5.0", "1.5.0-rc1", "1.4.2", "1.4.1", "1.4.0", "latest"));
  EXPECT_EQ(server->requests(), 6U) << "a refusal, a token, four pages";
}

TEST_F(RegistryContract, TheTokenIsAskedForAgainOnceItEnded) {
  sandbox::RegistryServerOptions options;
  options.token_life = 0ms;
  open(options);
  const auto tags = test::run(io, client().tags("shop/checkout"));
  ASSERT_FALSE(tags);
  EXPECT_EQ(tags.error().kind, ErrorKind::Denied) << "tokens that are over at once are no reason to go round in circles";
  EXPECT_EQ(server->requests(), 3U);
}

TEST_F(RegistryContract, Digests) {
  open();
  const auto digest = test::run(io, client().digest("shop/checkout", "1.5.0"));
  ASSERT_TRUE(digest) << digest.error().message;
  EXPECT_EQ(*digest, server->digest_of("shop/checkout", "1.5.0"));
  EXPECT_EQ(test::run(io, client().digest("shop/checkout", "9.9")).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(test::run(io, client().tags("shop/nothing")).error().kind, ErrorKind::NotFound);
}

TEST_F(RegistryContract, UserAndPasswordForTheToken) {
  sandbox::RegistryServerOptions options;
  options.username = "bot";
  options.password = "s3cret";
  open(options);
  EXPECT_TRUE(test::run(io, client("bot", "s3cret").tags("shop/checkout")));
  EXPECT_EQ(test::run(io, client("bot", "wrong").tags("shop/checkout")).error().kind, ErrorKind::Denied);
  EXPECT_EQ(test::run(io, client().tags("shop/checkout")).error().kind, ErrorKind::Denied);
}

TEST_F(RegistryContract, UserAndPasswordAtEachRequest) {
  sandbox::RegistryServerOptions options;
  options.username = "bot";
  options.password = "s3cret";
  options.basic = true;
  open(options);
  EXPECT_TRUE(test::run(io, client("bot", "s3cret").tags("shop/checkout")));
  EXPECT_EQ(test::run(io, client("bot", "wrong").tags("shop/checkout")).error().kind, ErrorKind::Denied);
}

TEST_F(RegistryContract, ASlowOneIsLeft) {
  open();
  server->set_delay(3s);
  const auto tags = test::run(io, client({}, {}, 100ms).tags("shop/checkout"));
  ASSERT_FALSE(tags);
  EXPECT_EQ(tags.error().kind, ErrorKind::Timeout);
}

}  // namespace
}  // namespace driftwarden
