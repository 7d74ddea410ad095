#include "integrations/forge/forge_api.hpp"

#include "integrations/forge/forge_json.hpp"
#include "tests/unit/integrations/forge/forge_test.hpp"

namespace driftwarden::forge {
namespace {

using namespace std::chrono_literals;

class Api : public test::ForgeTest {
 protected:
  Api() {
    Dialect dialect;
    dialect.name = "GitHub";
    dialect.root = "https://api.example";
    dialect.project = "/repos/acme/config";
    dialect.project_name = "acme/config";
    api.emplace(http, clock, dialect, make_fixed_token(Secret<std::string>("t0ken")));
  }
  std::optional<ForgeApi> api;
};

TEST(Words, AreFoundInWhateverShape) {
  EXPECT_EQ(words_of(test::reply(400, R"({"message":"no","documentation_url":"x"})")), "no");
  EXPECT_EQ(words_of(test::reply(422, R"({"message":"Validation Failed","errors":[{"resource":"PullRequest","field":"head","code":"invalid"}]})")),
            "Validation Failed: head invalid");
  EXPECT_EQ(words_of(test::reply(422, R"({"message":"Validation Failed","errors":[{"code":"custom","message":"A pull request already exists"}]})")),
            "Validation Failed: A pull request already exists");
  EXPECT_EQ(words_of(test::reply(400, R"({"message":{"source_branch":["does not exist"],"base":["is taken","is odd"]}})")),
            "base is taken, is odd: source_branch does not exist");
  EXPECT_EQ(words_of(test::reply(409, R"({"message":["Another open merge request"]})")), "Another open merge request");
  EXPECT_EQ(words_of(test::reply(401, R"({"error":"invalid_token","error_description":"Token was revoked."})")), "invalid_token: Token was revoked.");
  EXPECT_EQ(words_of(test::reply(429, "Retry later\n")), "Retry later");
  EXPECT_EQ(words_of(test::reply(502, "<html>proxy</html>")), "");
  EXPECT_EQ(words_of(test::reply(500, R"({"message":null,"errors":[null,{}]})")), "");
}

TEST(Links, TheNextPageIsFound) {
  net::Headers headers;
  EXPECT_EQ(next_page(headers), std::nullopt);
  headers.set("Link", R"(<https://a/1>; rel="prev", <https://a/3?x=1>; rel="next", <https://a/9>; rel="last")");
  EXPECT_EQ(next_page(headers), "https://a/3?x=1");
  headers.set("Link", R"(<https://a/9>; rel="last")");
  EXPECT_EQ(next_page(headers), std::nullopt);
  headers.set("Link", "rel=next");
  EXPECT_EQ(next_page(headers), std::nullopt);
}

TEST_F(Api, FollowsPagesOfItsOwnServerAndNoMoreThanAsked) {
  http.answers.emplace_back(with(test::reply(200, "1"), "Link", R"(<https://api.example/repositories/7/pulls?page=2>; rel="next")"));
  http.answers.emplace_back(with(test::reply(200, "2"), "Link", R"(<https://api.example/repositories/7/pulls?page=3>; rel="next")"));
  const auto pages = in(0ms, api->read_pages("/pulls", 2));
  ASSERT_TRUE(pages) << pages.error().message;
  EXPECT_EQ(*pages, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(http.requests[1].url, "https://api.example/repositories/7/pulls?page=2");
}

TEST_F(Api, ALinkToAnotherServerGetsNoToken) {
  for (const char* link : {"https://evil.example/x", "http://api.example/x", "https://api.example:8443/x", "https://api.example@evil.example/x"}) {
    http.requests.clear();
    http.answers.emplace_back(with(test::reply(200, "1"), "Link", std::string("<") + link + ">; rel=\"next\""));
    EXPECT_FALSE(in(0ms, api->read_pages("/pulls", 5))) << link;
    EXPECT_EQ(http.requests.size(), 1U) << link;
  }
}

TEST_F(Api, RedirectsAreFollowedWithTheSameMethodOnTheSameServer) {
  http.answers.emplace_back(with(test::reply(307), "Location", "https://api.example/repositories/7/pulls"));
  http.add(201, "{}");
  const auto sent = in(0ms, api->write("POST", "/pulls", "{}", Repeat::Never));
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(http.requests[1].method, "POST");
  EXPECT_EQ(http.requests[1].url, "https://api.example/repositories/7/pulls");
  http.answers.emplace_back(with(test::reply(302), "Location", "https://evil.example/"));
  const auto refused = in(0ms, api->read("/pulls"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::InvalidInput);
  EXPECT_EQ(http.requests.size(), 3U);
}

TEST_F(Api, ARedirectInACircleEnds) {
  for (int i = 0; i < 10; ++i) http.answers.emplace_back(with(test::reply(301), "Location", "/repos/acme/config/pulls"));
  const auto read = in(10s, api->read("/pulls"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::InvalidInput);
  EXPECT_EQ(http.requests.size(), 4U);
}

TEST_F(Api, ALongLimitHoldsForEveryCallUntilItIsOver) {
  http.answers.emplace_back(with(test::reply(403), "Retry-After", "120"));
  EXPECT_EQ(in(0ms, api->read("/pulls/1")).error().kind, ErrorKind::RateLimited);
  EXPECT_EQ(in(0ms, api->write("POST", "/pulls", "{}", Repeat::Safe)).error().kind, ErrorKind::RateLimited);
  EXPECT_EQ(http.requests.size(), 1U);
  clock.advance(110s);
  http.add(200, "{}");
  EXPECT_TRUE(in(11s, api->read("/pulls/1")));
}

TEST_F(Api, TheTokenIsInNoError) {
  http.add_failure(ErrorKind::Unavailable, "cannot send t0ken");
  const auto sent = in(0ms, api->write("POST", "/pulls", "{}", Repeat::Never));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().message.find("t0ken"), std::string::npos) << sent.error().message;
  EXPECT_NE(sent.error().message.find("POST https://api.example/repos/acme/config/pulls"), std::string::npos) << sent.error().message;
}

TEST_F(Api, AnEnterpriseFaultIsRetriedForReadsOnly) {
  http.add(503);
  http.add(200, "{}");
  EXPECT_TRUE(in(5s, api->read("/pulls/1")));
  http.add(503);
  EXPECT_FALSE(in(5s, api->write("POST", "/pulls", "{}", Repeat::Never)));
  EXPECT_EQ(http.requests.size(), 3U);
}

TEST(Comments, AreCutWithANoteAndKeepTheirMarker) {
  EXPECT_EQ(cut_comment("short", 100), "short");
  const auto cut = cut_comment("```\n" + std::string(500, 'x'), 200);
  EXPECT_LE(cut.size(), 200U);
  EXPECT_NE(cut.find("\n```\n\n_The rest didn't fit"), std::string::npos) << cut;
  EXPECT_EQ(marked_comment("<!-- m -->", "hello", 1000), "<!-- m -->\nhello");
  EXPECT_EQ(marked_comment("<!-- m -->", "hello <!-- m -->", 1000), "hello <!-- m -->");
  const auto late = marked_comment("<!-- m -->", std::string(500, 'x') + "<!-- m -->", 200);
  EXPECT_TRUE(late.starts_with("<!-- m -->\n"));
  EXPECT_LE(late.size(), 200U);
  EXPECT_TRUE(says_the_same("a\r\nb\r\n", "a\nb"));
  EXPECT_FALSE(says_the_same("a\nb", "a\nc"));
}

}  // namespace
}  // namespace driftwarden::forge
