// The client over answers from a list: tokens, pages, what a hostile or a tired registry does.
#include "gitops/base/crypto.hpp"
#include "integrations/net/http_server.hpp"
#include "integrations/registry/challenge.hpp"
#include "integrations/registry/registry.hpp"
#include "tests/support/run.hpp"
#include "tests/unit/integrations/forge/forge_test.hpp"

#include <gmock/gmock.h>

namespace driftwarden::registry {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using driftwarden::test::reply;

class Client : public test::ForgeTest {
 protected:
  Registry& open(std::string api_url = "https://reg.acme.example", std::string user = {}, std::string password = {}) {
    RegistryOptions options;
    options.host = "reg.acme.example";
    options.api_url = std::move(api_url);
    options.username = std::move(user);
    options.password = Secret<std::string>(std::move(password));
    registry = create_registry(http, clock, std::move(options));
    return *registry;
  }
  void challenge(const std::string& header) { http.answers.emplace_back(with(reply(401), "WWW-Authenticate", header)); }
  void tags(const std::string& list, const std::string& link = {}) {
    auto page = reply(200, R"({"name":"shop/web","tags":[)" + list + "]}");
    if (!link.empty()) page.headers.set("Link", link);
    http.answers.emplace_back(std::move(page));
  }
  std::string sent(std::size_t i, const char* header = "Authorization") const { return i < http.requests.size() ? http.requests[i].headers.find(header).value_or("") : "no such request"; }
  static constexpr const char* kBearer = R"(Bearer realm="https://auth.acme.example/token",service="reg.acme.example",scope="repository:shop/web:pull,push")";

  std::unique_ptr<Registry> registry;
};

TEST_F(Client, ListsTagsWithoutBeingAskedForAnything) {
  tags(R"("1.0","2.0")");
  const auto found = in(0ms, open().tags("shop/web"));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(*found, ElementsAre("1.0", "2.0"));
  EXPECT_THAT(http.requests[0].url, HasSubstr("https://reg.acme.example/v2/shop/web/tags/list?n="));
  EXPECT_EQ(sent(0), "");
}

TEST_F(Client, FetchesATokenForPullingOnlyAndKeepsItUntilItEnds) {
  challenge(kBearer);
  http.add(200, R"({"token":"t1","expires_in":60})");
  tags(R"("1.0")");
  auto& client = open();
  ASSERT_TRUE(in(0ms, client.tags("shop/web")));
  EXPECT_EQ(http.requests[1].url, "https://auth.acme.example/token?scope=repository%3Ashop%2Fweb%3Apull&service=reg.acme.example");
  EXPECT_EQ(sent(1), "") << "nobody gave a password";
  EXPECT_EQ(sent(2), "Bearer t1");
  tags(R"("1.1")");
  ASSERT_TRUE(in(0ms, client.tags("shop/web")));
  EXPECT_EQ(http.requests.size(), 4U) << "the token was good still";
  EXPECT_EQ(sent(3), "Bearer t1");
  clock.advance(56s);
  challenge(kBearer);
  http.add(200, R"({"access_token":"t2"})");
  tags(R"("1.1")");
  ASSERT_TRUE(in(0ms, client.tags("shop/web")));
  EXPECT_EQ(sent(4), "") << "an old token isn't sent";
  EXPECT_EQ(sent(6), "Bearer t2");
}

TEST_F(Client, ATokenThatIsNotTakenAnyMoreIsReplacedOnce) {
  challenge(kBearer);
  http.add(200, R"({"token":"t1","expires_in":3600})");
  tags("");
  auto& client = open();
  ASSERT_TRUE(in(0ms, client.tags("shop/web")));
  challenge(kBearer);
  http.add(200, R"({"token":"t2"})");
  challenge(kBearer);
  const auto refused = in(0ms, client.tags("shop/web"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Denied);
  EXPECT_EQ(http.requests.size(), 6U);
}

TEST_F(Client, ThePasswordGoesToItsTokenServiceAndNowhereElse) {
  challenge(R"(Bearer realm="https://reg.acme.example/token",service="reg.acme.example")");
  http.add(200, R"({"token":"t1"})");
  tags("");
  ASSERT_TRUE(in(0ms, open("https://reg.acme.example", "bot", "s3cret").tags("shop/web")));
  EXPECT_EQ(sent(0), "");
  EXPECT_EQ(sent(1), "Basic " + base64_encode("bot:s3cret"));
  EXPECT_EQ(sent(2), "Bearer t1");
}

TEST_F(Client, BasicIsSentWhenItIsAskedFor) {
  challenge(R"(Basic realm="reg")");
  tags(R"("1")");
  auto& client = open("https://reg.acme.example", "bot", "s3cret");
  ASSERT_TRUE(in(0ms, client.tags("shop/web")));
  EXPECT_EQ(sent(1), "Basic " + base64_encode("bot:s3cret"));
  challenge(R"(Basic realm="reg")");
  const auto refused = in(0ms, client.tags("shop/web"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Denied);
  EXPECT_THAT(refused.error().message, Not(HasSubstr("s3cret")));
}

struct RealmRow {
  std::string name;
  std::string realm;
  std::string api_url;
  bool asked;
  friend void PrintTo(const RealmRow& row, std::ostream* out) { *out << row.name; }
};
class Realms : public testing::TestWithParam<RealmRow> {};
TEST_P(Realms, AreTheRegistrysOwnOrNobodyIsAsked) {
  const auto registry = net::parse_url(GetParam().api_url);
  ASSERT_TRUE(registry);
  const auto service = token_service(GetParam().realm, *registry);
  EXPECT_EQ(service.has_value(), GetParam().asked) << (service ? "" : service.error().message);
  if (service) return;
  EXPECT_EQ(service.error().kind, ErrorKind::Denied);
}
INSTANTIATE_TEST_SUITE_P(
    Urls, Realms,
    testing::Values(RealmRow{"SameHost", "https://ghcr.io/token", "https://ghcr.io", true}, RealmRow{"BesideIt", "https://auth.docker.io/token", "https://registry-1.docker.io", true},
                    RealmRow{"ItsDomain", "https://gitlab.com/jwt/auth", "https://registry.gitlab.com", true}, RealmRow{"BelowIt", "https://auth.quay.io/t", "https://quay.io", true},
                    RealmRow{"Another", "https://evil.example/token", "https://ghcr.io", false}, RealmRow{"AnotherOfTheTopDomain", "https://evil.io/token", "https://ghcr.io", false},
                    RealmRow{"AnotherOfTheCountry", "https://evil.co.uk/t", "https://acme.co.uk", false}, RealmRow{"LooksAlike", "https://evilghcr.io/t", "https://ghcr.io", false},
                    RealmRow{"PlainHttp", "http://ghcr.io/token", "https://ghcr.io", false}, RealmRow{"FromOutsideToLoopback", "http://127.0.0.1:6443/token", "https://ghcr.io", false},
                    RealmRow{"FromOutsideToLoopbackByTls", "https://127.0.0.1/token", "https://ghcr.io", false}, RealmRow{"ToMetadata", "https://169.254.169.254/latest", "https://10.0.0.1", false},
                    RealmRow{"LoopbackToLoopback", "http://127.0.0.1:5001/token", "http://127.0.0.1:5000", true}, RealmRow{"UserInIt", "https://ghcr.io@evil.example/t", "https://ghcr.io", false},
                    RealmRow{"NoUrl", "token", "https://ghcr.io", false}, RealmRow{"Nothing", "", "https://ghcr.io", false}, RealmRow{"File", "file:///etc/passwd", "https://ghcr.io", false}),
    [](const auto& row) { return row.param.name; });

TEST_F(Client, ThePasswordDoesNotGoToANeighbour) {
  challenge(kBearer);
  const auto refused = in(0ms, open("https://reg.acme.example", "bot", "s3cret").tags("shop/web"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Denied);
  EXPECT_THAT(refused.error().message, HasSubstr("auth.acme.example"));
  EXPECT_EQ(http.requests.size(), 1U);
}

TEST(Passwords, GoToTheSameHostOrAKnownPair) {
  const auto goes = [](const char* service, const char* registry) { return may_have_password(*net::parse_url(service), *net::parse_url(registry)); };
  EXPECT_TRUE(goes("https://ghcr.io/token", "https://ghcr.io"));
  EXPECT_TRUE(goes("https://GHCR.io/token", "https://ghcr.io:443"));
  EXPECT_TRUE(goes("https://auth.docker.io/token", "https://registry-1.docker.io"));
  EXPECT_TRUE(goes("https://gitlab.com/jwt/auth", "https://registry.gitlab.com"));
  EXPECT_TRUE(goes("http://127.0.0.1:5000/token", "http://127.0.0.1:5000"));
  EXPECT_FALSE(goes("http://127.0.0.1:5001/token", "http://127.0.0.1:5000"));
  EXPECT_FALSE(goes("https://ghcr.io:8443/token", "https://ghcr.io"));
  EXPECT_FALSE(goes("https://evil.azurecr.io/oauth2/token", "https://acme.azurecr.io"));
  EXPECT_FALSE(goes("https://auth.docker.io:8443/token", "https://registry-1.docker.io"));
  EXPECT_FALSE(goes("https://auth.quay.io/t", "https://quay.io"));
  EXPECT_FALSE(goes("https://gitlab.com.evil.example/jwt/auth", "https://registry.gitlab.com"));
}

TEST_F(Client, AHostileRealmGetsNeitherPasswordNorRequest) {
  challenge(R"(Bearer realm="https://evil.example/token",service="reg.acme.example")");
  const auto refused = in(0ms, open("https://reg.acme.example", "bot", "s3cret").tags("shop/web"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Denied);
  EXPECT_THAT(refused.error().message, HasSubstr("evil.example"));
  EXPECT_EQ(http.requests.size(), 1U);
}

TEST(Challenges, AreReadAsTheyCome) {
  net::Headers headers;
  headers.add("WWW-Authenticate", R"(Basic realm="a, \"b\"", Bearer realm="https://x/token",service=reg , scope="repository:a:pull,push")");
  headers.add("www-authenticate", "Negotiate");
  const auto found = challenges_of(headers);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].parameters.at("realm"), "a, \"b\"");
  EXPECT_EQ(found[1].scheme, "bearer");
  EXPECT_EQ(found[1].parameters.at("service"), "reg");
  EXPECT_EQ(found[1].parameters.at("scope"), "repository:a:pull,push");
  EXPECT_EQ(found[2].scheme, "negotiate");
  for (const char* odd : {"", ",,,", "=", "\"", "Bearer realm=\"never ends", "Bearer =x", "a=b"}) {
    net::Headers one;
    one.set("WWW-Authenticate", odd);
    EXPECT_LE(challenges_of(one).size(), 1U) << odd;
  }
}

TEST_F(Client, FollowsPagesOfItsOwnServer) {
  tags(R"("1","2")", R"(</v2/shop/web/tags/list?last=2&n=2>; rel="next")");
  tags(R"("3")", R"(<https://reg.acme.example/v2/shop/web/tags/list?last=3>; rel="next")");
  tags(R"("4")");
  const auto found = in(0ms, open().tags("shop/web"));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(*found, ElementsAre("1", "2", "3", "4"));
  EXPECT_EQ(http.requests[1].url, "https://reg.acme.example/v2/shop/web/tags/list?last=2&n=2");
}

TEST_F(Client, APageElsewhereIsNotAsked) {
  for (const char* link : {"https://evil.example/x", "http://reg.acme.example/x", "https://reg.acme.example:8443/x", "https://reg.acme.example@evil.example/x", "ftp://x"}) {
    http.requests.clear();
    tags(R"("1")", std::string("<") + link + ">; rel=\"next\"");
    EXPECT_FALSE(in(0ms, open().tags("shop/web"))) << link;
    EXPECT_EQ(http.requests.size(), 1U) << link;
  }
}

TEST_F(Client, PagesWithoutEndEnd) {
  for (int i = 0; i < 200; ++i) tags("\"t" + std::to_string(i) + "\"", "</v2/shop/web/tags/list?last=" + std::to_string(i) + ">; rel=next");
  const auto found = in(0ms, open().tags("shop/web"));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(http.requests.size(), 100U);
  http.answers.clear();
  http.requests.clear();
  tags(R"("1")", "<?last=1>; rel=next");
  tags(R"("1")", "<?last=1>; rel=next");
  ASSERT_TRUE(in(0ms, open().tags("shop/web")));
  EXPECT_EQ(http.requests.size(), 2U) << "a page that is its own next";
}

TEST_F(Client, WhatIsNoTagIsLeftOut) {
  tags(R"("ok_1.0-x","a b","","<script>","-x",null,7,"v\u0000")");
  EXPECT_THAT(*in(0ms, open().tags("shop/web")), ElementsAre("ok_1.0-x"));
  http.add(200, R"({"name":"shop/web","tags":null})");
  EXPECT_TRUE(in(0ms, open().tags("shop/web"))->empty());
  http.add(200, "<html>");
  EXPECT_EQ(in(0ms, open().tags("shop/web")).error().kind, ErrorKind::Corrupt);
}

TEST_F(Client, WaitsAsLongAsItIsAskedTo) {
  http.answers.emplace_back(with(reply(429), "Retry-After", "2"));
  tags(R"("1")");
  auto& client = open();
  EXPECT_TRUE(in(2s, client.tags("shop/web")));
  EXPECT_EQ(http.requests.size(), 2U);
  http.answers.emplace_back(with(reply(429), "Retry-After", "60"));
  const auto limited = in(0ms, client.tags("shop/web"));
  ASSERT_FALSE(limited);
  EXPECT_EQ(limited.error().kind, ErrorKind::RateLimited) << "there is no time for that";
}

TEST_F(Client, TriesATiredRegistryThreeTimes) {
  http.add(503);
  http.add_failure(ErrorKind::Unavailable, "connection refused");
  tags(R"("1")");
  auto& client = open();
  EXPECT_TRUE(in(1s, client.tags("shop/web")));
  for (int i = 0; i < 3; ++i) http.add(502);
  EXPECT_EQ(in(1s, client.tags("shop/web")).error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(http.requests.size(), 6U);
}

TEST_F(Client, StatusesHaveTheirKinds) {
  const std::vector<std::pair<unsigned, ErrorKind>> rows{{403, ErrorKind::Denied}, {404, ErrorKind::NotFound}, {400, ErrorKind::InvalidInput}, {301, ErrorKind::InvalidInput}};
  for (const auto& [status, kind] : rows) {
    http.add(status, "<html>secret page</html>");
    const auto refused = in(0ms, open().tags("shop/web"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, kind) << status;
    EXPECT_THAT(refused.error().message, HasSubstr("asking reg.acme.example for shop/web"));
    EXPECT_THAT(refused.error().message, Not(HasSubstr("secret page")));
  }
}

TEST_F(Client, NamesThatLeadElsewhereAreNotAsked) {
  for (const char* name : {"", "../x", "shop/../web", "Shop/web", "shop//web", "/shop", "shop/web?x", "shop web", "shop/web#", "a/.b"}) {
    EXPECT_EQ(in(0ms, open().tags(name)).error().kind, ErrorKind::InvalidInput) << name;
  }
  EXPECT_EQ(in(0ms, open().digest("shop/web", "a/b")).error().kind, ErrorKind::InvalidInput);
  EXPECT_EQ(in(0ms, open("http://reg.acme.example").tags("shop/web")).error().kind, ErrorKind::InvalidInput) << "plain http";
  EXPECT_TRUE(http.requests.empty());
}

TEST_F(Client, TheDigestComesByHeadOrFromTheManifest) {
  const auto digest = "sha256:" + std::string(64, 'a');
  http.answers.emplace_back(with(reply(200), "Docker-Content-Digest", digest));
  EXPECT_EQ(*in(0ms, open().digest("shop/web", "1.0")), digest);
  EXPECT_EQ(http.requests[0].method, "HEAD");
  EXPECT_THAT(sent(0, "Accept"), HasSubstr("application/vnd.oci.image.index.v1+json"));
  http.answers.emplace_back(with(reply(200), "Docker-Content-Digest", "sha256:<script>"));
  http.add(200, "{}");
  EXPECT_EQ(*in(0ms, open().digest("shop/web", "1.0")), "sha256:" + sha256_hex("{}"));
  http.add(404);
  EXPECT_EQ(in(0ms, open().digest("shop/web", "9.9")).error().kind, ErrorKind::NotFound);
}

TEST_F(Client, ATokenIsNoPlaceForHeaders) {
  for (const char* body : {R"({"token":"a\r\nX: y"})", R"({"token":""})", "[]", "{", R"({"token":7})", ""}) {
    challenge(kBearer);
    http.add(200, body);
    EXPECT_EQ(in(0ms, open().tags("shop/web")).error().kind, ErrorKind::Corrupt) << body;
  }
}

TEST(RegistryOnTheWire, AHugeAnswerIsNotRead) {
  asio::io_context io;
  SystemClock clock;
  auto server = net::start_http_server(io.get_executor(), clock, {}, [](net::ServerRequest) -> asio::awaitable<net::ServerReply> {
    co_return net::ServerReply(200, "application/json", R"({"tags":[")" + std::string(6U << 20U, 'a') + "\"]}");
  });
  ASSERT_TRUE(server);
  const auto http = net::create_http_client(io.get_executor(), clock);
  RegistryOptions options;
  options.host = "reg.acme.example";
  options.api_url = "http://127.0.0.1:" + std::to_string((*server)->port());
  const auto client = create_registry(*http, clock, options);
  const auto found = test::run(io, client->tags("shop/web"));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::Corrupt) << found.error().message;
  test::run(io, (*server)->stop());
}

}  // namespace
}  // namespace driftwarden::registry
