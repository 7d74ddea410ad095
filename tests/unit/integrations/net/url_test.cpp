#include "integrations/net/url.hpp"

#include "integrations/net/backoff.hpp"
#include "integrations/net/http_client.hpp"
#include "integrations/net/proxy.hpp"

#include <gtest/gtest.h>

namespace driftwarden::net {
namespace {

struct UrlRow {
  std::string name;
  std::string text;
  std::string authority;  ///< empty: refused
  std::string target;
  bool loopback = false;
  friend void PrintTo(const UrlRow& row, std::ostream* out) { *out << row.name; }
};
class UrlTable : public testing::TestWithParam<UrlRow> {};
TEST_P(UrlTable, Parses) {
  const auto url = parse_url(GetParam().text);
  ASSERT_EQ(url.has_value(), !GetParam().authority.empty());
  if (!url) {
    EXPECT_EQ(url.error().kind, ErrorKind::InvalidInput);
    return;
  }
  EXPECT_EQ(url->authority(), GetParam().authority);
  EXPECT_EQ(url->target, GetParam().target);
  EXPECT_EQ(is_loopback(*url), GetParam().loopback);
}
INSTANTIATE_TEST_SUITE_P(Urls, UrlTable,
                         testing::Values(UrlRow{"Plain", "http://Example.com", "example.com", "/"},
                                         UrlRow{"DefaultPortIsLeftOut", "HTTPS://a.b:443/x?y=1#z", "a.b", "/x?y=1"},
                                         UrlRow{"OtherPort", "wss://a.b:8443/", "a.b:8443", "/"},
                                         UrlRow{"QueryWithoutPath", "http://a?b", "a", "/?b"},
                                         UrlRow{"V6", "http://[::1]:80/p", "[::1]", "/p", true},
                                         UrlRow{"V6Port", "https://[2001:db8::1]:6443/p", "[2001:db8::1]:6443", "/p"},
                                         UrlRow{"Loopback", "http://127.8.0.1:1/", "127.8.0.1:1", "/", true},
                                         UrlRow{"Localhost", "http://localhost:3000", "localhost:3000", "/", true},
                                         UrlRow{"NotLoopback", "http://127.0.0.1.example.com", "127.0.0.1.example.com", "/"},
                                         UrlRow{"NoScheme", "example.com/x", "", ""}, UrlRow{"OtherScheme", "ftp://a", "", ""},
                                         UrlRow{"NoHost", "http:///x", "", ""}, UrlRow{"User", "http://u:p@a/", "", ""},
                                         UrlRow{"LineBreak", "http://a/\r\nX: y", "", ""}, UrlRow{"Space", "http://a/b c", "", ""},
                                         UrlRow{"PortZero", "http://a:0/", "", ""}, UrlRow{"PortTooBig", "http://a:65536/", "", ""},
                                         UrlRow{"PortNoNumber", "http://a:8x/", "", ""}, UrlRow{"BareV6", "http://::1/", "", ""},
                                         UrlRow{"OpenBracket", "http://[::1/", "", ""}, UrlRow{"OddHost", "http://a_b!c/", "", ""}),
                         [](const auto& row) { return row.param.name; });

TEST(Url, ErrorsDoNotRepeatTheQuery) {
  EXPECT_EQ(parse_url("ftp://a/x?token=secret").error().message.find("secret"), std::string::npos);
  EXPECT_EQ(parse_url("http://user:secret@a/").error().message.find("secret"), std::string::npos);
}

TEST(Url, PercentCoding) {
  EXPECT_EQ(percent_encode("a/b c~\xc3\xa4"), "a%2Fb%20c~%C3%A4");
  EXPECT_EQ(percent_decode("a%2fb+%C3%A4").value(), "a/b+\xc3\xa4");
  for (const auto* bad : {"%", "%1", "%zz", "a%2"}) EXPECT_FALSE(percent_decode(bad)) << bad;
}

TEST(Url, Queries) {
  const std::map<std::string, std::string> values{{"a", "1 2"}, {"b&", "=%"}};
  EXPECT_EQ(make_query(values), "a=1%202&b%26=%3D%25");
  EXPECT_EQ(parse_query(make_query(values)), values);
  const std::map<std::string, std::string> odd{{"a", "b c"}, {"bad", "%z"}, {"flag", ""}};
  EXPECT_EQ(parse_query("a=b+c&&flag&bad=%z"), odd);
}

TEST(Headers, CompareWithoutCase) {
  Headers headers;
  headers.add("X-A", "1");
  headers.add("x-a", "2");
  EXPECT_EQ(headers.find("X-a"), "1");
  headers.set("X-A", "3");
  EXPECT_EQ(headers.all().size(), 1U);
  EXPECT_EQ(headers.find("y"), std::nullopt);
}

TEST(ClockAhead, IsToldByTheServersDate) {
  const auto now = std::chrono::sys_days{std::chrono::year{2015} / 10 / 21} + std::chrono::hours{7} + std::chrono::minutes{28};
  Headers headers;
  EXPECT_EQ(clock_ahead(headers, now), std::nullopt);
  headers.set("date", "Wed, 21 Oct 2015 07:27:58 GMT");
  EXPECT_EQ(clock_ahead(headers, now), Duration{2'000});
  headers.set("Date", "Wed, 21 Oct 2015 08:28:00 GMT");
  EXPECT_EQ(clock_ahead(headers, now), Duration{-3'600'000});
  headers.set("Date", "yesterday");
  EXPECT_EQ(clock_ahead(headers, now), std::nullopt);
}

TEST(RetryAfter, SecondsOrDate) {
  const WallTime now = std::chrono::sys_days{std::chrono::year{2015} / 10 / 21} + std::chrono::hours{7} + std::chrono::minutes{27};
  EXPECT_EQ(parse_retry_after(" 30 ", now), Duration{30'000});
  EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT", now), Duration{60'000});
  EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2015 07:26:00 GMT", now), Duration{0});
  for (const auto* bad : {"", "soon", "-1", "1.5", "Wed, 99 Oct 2015 07:28:00 GMT", "Wed, 21 Foo 2015 07:28:00 GMT"}) {
    EXPECT_EQ(parse_retry_after(bad, now), std::nullopt) << bad;
  }
}

TEST(Backoff, GrowsToItsLimitAndStartsAgain) {
  auto random = create_seeded_random(7);
  Backoff backoff(*random, {Duration{100}, Duration{1000}});
  for (int round = 0; round < 200; ++round) {
    for (const int upper : {100, 200, 400, 800, 1000, 1000}) {
      const auto wait = backoff.next();
      EXPECT_GE(wait, Duration{50});
      EXPECT_LE(wait, Duration{upper});
    }
    EXPECT_EQ(backoff.failures(), 6);
    backoff.reset();
  }
}

struct ProxyRow {
  std::string name;
  std::string url;
  std::string no_proxy;
  std::string proxy;  ///< host:port, "" for none
  friend void PrintTo(const ProxyRow& row, std::ostream* out) { *out << row.name; }
};
class ProxyTable : public testing::TestWithParam<ProxyRow> {};
TEST_P(ProxyTable, Chooses) {
  const ProxyEnvironment environment{"http://secure:3128", "plain:80", GetParam().no_proxy};
  const auto proxy = find_proxy(parse_url(GetParam().url).value(), environment);
  ASSERT_TRUE(proxy);
  EXPECT_EQ(*proxy ? (*proxy)->host + ":" + std::to_string((*proxy)->port) : "", GetParam().proxy);
}
INSTANTIATE_TEST_SUITE_P(Proxies, ProxyTable,
                         testing::Values(ProxyRow{"Https", "https://a.b/", "", "secure:3128"}, ProxyRow{"Http", "http://a.b/", "", "plain:80"},
                                         ProxyRow{"Wss", "wss://a.b/", "", "secure:3128"}, ProxyRow{"Loopback", "https://127.0.0.1/", "", ""},
                                         ProxyRow{"LoopbackV6", "https://[::1]/", "", ""}, ProxyRow{"Star", "https://a.b/", "*", ""},
                                         ProxyRow{"Name", "https://a.b/", "x, A.B", ""}, ProxyRow{"Subdomain", "https://c.a.b/", "a.b", ""},
                                         ProxyRow{"LeadingDot", "https://c.a.b/", ".a.b", ""}, ProxyRow{"NotASuffix", "https://ca.b/", "a.b", "secure:3128"},
                                         ProxyRow{"Block", "https://10.1.2.3/", "10.0.0.0/8", ""}, ProxyRow{"OtherBlock", "https://11.1.2.3/", "10.0.0.0/8", "secure:3128"},
                                         ProxyRow{"V6Block", "https://[fd00::7]/", "fd00::/8", ""}, ProxyRow{"Port", "https://a.b:8443/", "a.b:8443", ""},
                                         ProxyRow{"OtherPort", "https://a.b/", "a.b:8443", "secure:3128"}),
                         [](const auto& row) { return row.param.name; });

TEST(Proxy, UserInformationBecomesAHeader) {
  const ProxyEnvironment environment{"http://us%40er:pa%3Ass@proxy:3128/", "", ""};
  const auto proxy = find_proxy(parse_url("https://a.b").value(), environment).value();
  ASSERT_TRUE(proxy);
  EXPECT_EQ(proxy->host, "proxy");
  EXPECT_EQ(proxy->authorization.reveal(), "Basic dXNAZXI6cGE6c3M=");
  for (const auto* bad : {"https://p:1", "socks5://p:1", "http://p:99999", "http://"}) {
    const auto refused = find_proxy(parse_url("https://a.b").value(), ProxyEnvironment{bad, "", ""});
    ASSERT_FALSE(refused) << bad;
    EXPECT_TRUE(refused.error().message.starts_with("HTTPS_PROXY"));
  }
}

}  // namespace
}  // namespace driftwarden::net
