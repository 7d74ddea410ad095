#include "integrations/forge/rate_limit.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace driftwarden::forge {
namespace {

using namespace std::chrono_literals;

const WallTime kNow{std::chrono::seconds(1'800'000'000)};

struct LimitRow {
  std::string name;
  unsigned status;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::optional<Duration> wait;
  friend void PrintTo(const LimitRow& row, std::ostream* out) { *out << row.name; }
};
class LimitTable : public testing::TestWithParam<LimitRow> {};

TEST_P(LimitTable, SaysHowLong) {
  net::HttpResponse response;
  response.status = GetParam().status;
  response.body = GetParam().body;
  for (const auto& [name, value] : GetParam().headers) response.headers.set(name, value);
  EXPECT_EQ(limit_of(response, kNow), GetParam().wait);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, LimitTable,
    testing::Values(LimitRow{"Success", 200, {{"X-RateLimit-Remaining", "0"}}, "", std::nullopt},
                    LimitRow{"NoRights", 403, {{"X-RateLimit-Remaining", "4000"}}, "Resource not accessible", std::nullopt},
                    LimitRow{"GithubPrimary", 403, {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1800000120"}}, "", 120s},
                    LimitRow{"GithubPrimaryPast", 403, {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1799999999"}}, "", 1s},
                    LimitRow{"GithubSecondaryWithTime", 403, {{"Retry-After", "30"}}, "You have exceeded a secondary rate limit", 30s},
                    LimitRow{"GithubSecondaryWithWordsOnly", 403, {}, "You have exceeded a Secondary Rate Limit", 60s},
                    LimitRow{
                        "TheTimeAskedForGoesFirst", 429, {{"Retry-After", "5"}, {"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1800000120"}}, "", 5s},
                    LimitRow{"Gitlab", 429, {{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "1800000010"}}, "Retry later", 10s},
                    LimitRow{"Bare", 429, {}, "", 1s}, LimitRow{"NonsenseInHeaders", 429, {{"X-RateLimit-Remaining", "x"}, {"Retry-After", "soon"}}, "", 1s}),
    [](const auto& row) { return row.param.name; });

TEST(WritePace, LetsABurstThroughAndThenOneASecond) {
  WritePace pace(WritePace::Limits{1s, 3s});
  const MonoTime start{1h};
  for (int i = 0; i < 4; ++i) EXPECT_EQ(pace.take(start), 0s) << i;
  EXPECT_EQ(pace.take(start), 1s);
  EXPECT_EQ(pace.take(start), 2s);
  EXPECT_EQ(pace.take(start + 1h), 0s);
}

}  // namespace
}  // namespace driftwarden::forge
