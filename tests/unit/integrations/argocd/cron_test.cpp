#include "integrations/argocd/cron.hpp"

#include "gitops/base/text.hpp"
#include "integrations/argocd/sync_windows.hpp"
#include "integrations/argocd/window_glob.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace driftwarden::argocd {
namespace {

using namespace std::chrono_literals;

WallTime time_of(const std::string& text) { return parse_time(text).value(); }

struct FireRow {
  std::string name;
  std::string schedule;
  std::string at;
  std::string last;  ///< "" = none within four days
  std::string next;
  friend void PrintTo(const FireRow& row, std::ostream* out) { *out << row.name; }
};
class CronFires : public testing::TestWithParam<FireRow> {};

// 2026-11-22 is a Sunday.
TEST_P(CronFires, BeforeAndAfter) {
  const auto cron = Cron::parse(GetParam().schedule);
  ASSERT_TRUE(cron) << cron.error().message;
  const auto at = time_of(GetParam().at);
  const auto last = cron->last(at, std::chrono::hours{96});
  const auto next = cron->next(at, std::chrono::hours{24 * 366});
  EXPECT_EQ(last ? format_time(*last) : "", GetParam().last);
  EXPECT_EQ(next ? format_time(*next) : "", GetParam().next);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, CronFires,
    testing::Values(
        FireRow{"EveryNight", "0 22 * * *", "2026-11-22T10:30:00Z", "2026-11-21T22:00:00Z", "2026-11-22T22:00:00Z"},
        FireRow{"AtThatMinute", "30 10 * * *", "2026-11-22T10:30:00Z", "2026-11-22T10:30:00Z", "2026-11-23T10:30:00Z"},
        FireRow{"EveryMinute", "* * * * *", "2026-11-22T10:30:20Z", "2026-11-22T10:30:00Z", "2026-11-22T10:31:00Z"},
        FireRow{"ListsAndRanges", "5,10-12 8-9 * * *", "2026-11-22T09:11:00Z", "2026-11-22T09:11:00Z", "2026-11-22T09:12:00Z"},
        FireRow{"Steps", "*/20 */6 * * *", "2026-11-22T13:00:00Z", "2026-11-22T12:40:00Z", "2026-11-22T18:00:00Z"},
        FireRow{"StepsFromANumber", "40/10 10 * * *", "2026-11-22T10:45:00Z", "2026-11-22T10:40:00Z", "2026-11-22T10:50:00Z"},
        FireRow{"NamesOfDays", "0 8 * * mon-FRI", "2026-11-22T10:00:00Z", "2026-11-20T08:00:00Z", "2026-11-23T08:00:00Z"},
        FireRow{"NamesOfMonths", "0 0 1 jan,Feb *", "2026-11-22T10:00:00Z", "", "2027-01-01T00:00:00Z"},
        FireRow{"SevenIsSunday", "0 8 * * 7", "2026-11-22T10:00:00Z", "2026-11-22T08:00:00Z", "2026-11-29T08:00:00Z"},
        FireRow{"FridayToSunday", "0 8 * * 5-7", "2026-11-21T10:00:00Z", "2026-11-21T08:00:00Z", "2026-11-22T08:00:00Z"},
        FireRow{"DayOrWeekdayWhereBothAreSaid", "0 8 20 * 0", "2026-11-21T10:00:00Z", "2026-11-20T08:00:00Z", "2026-11-22T08:00:00Z"},
        FireRow{"DayAloneWhereTheWeekdayIsAny", "0 8 20 * *", "2026-11-21T10:00:00Z", "2026-11-20T08:00:00Z", "2026-12-20T08:00:00Z"},
        FireRow{"AStepIsNoStar", "0 8 */10 * 0", "2026-11-22T10:00:00Z", "2026-11-22T08:00:00Z", "2026-11-29T08:00:00Z"},
        FireRow{"QuestionMarkIsAny", "0 8 ? * 0", "2026-11-22T10:00:00Z", "2026-11-22T08:00:00Z", "2026-11-29T08:00:00Z"},
        FireRow{"ADayThatNeverComes", "0 0 30 2 *", "2026-11-22T10:00:00Z", "", ""},
        FireRow{"SpacesAndTabs", "  0\t8  *  * *  ", "2026-11-22T10:00:00Z", "2026-11-22T08:00:00Z", "2026-11-23T08:00:00Z"}),
    [](const auto& row) { return row.param.name; });

TEST(Cron, LooksNoFurtherBackThanAsked) {
  const auto at = time_of("2026-11-22T10:00:00Z");
  EXPECT_TRUE(last_fire("0 9 * * *", at, 61min).value());
  EXPECT_FALSE(last_fire("0 9 * * *", at, 60min).value()) << "a window of an hour ends when the hour is over";
  EXPECT_FALSE(last_fire("0 9 * * *", at, 0min).value());
}

TEST(Cron, RefusesWhatItCannotRead) {
  for (const std::string bad : {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 8", "5-1 * * * *", "*/0 * * * *", "1,,2 * * * *", "a * * * *",
                                "-1 * * * *", "1-2-3 * * * *", "99999999999999999999 * * * *", "@daily", "TZ=UTC 0 8 * * *", "*/x * * * *", "1/ * * * *", "* * * * sunday"}) {
    const auto cron = Cron::parse(bad);
    ASSERT_FALSE(cron) << bad;
    EXPECT_EQ(cron.error().kind, ErrorKind::InvalidInput);
  }
  EXPECT_FALSE(Cron::parse(std::string(100'000, '*')));
  EXPECT_NE(Cron::parse("0 25 * * *").error().message.find("\"25\" is no hour"), std::string::npos);
}

TEST(Cron, AHugeStepIsOneTime) {
  const auto cron = Cron::parse("5/2147483647 8 * * *");
  ASSERT_TRUE(cron);
  EXPECT_EQ(cron->next(time_of("2026-11-22T10:00:00Z"), 48h), time_of("2026-11-23T08:05:00Z"));
}

TEST(GoDuration, AsGoReadsIt) {
  EXPECT_EQ(parse_go_duration("1h30m").value(), 90min);
  EXPECT_EQ(parse_go_duration("1.5h").value(), 90min);
  EXPECT_EQ(parse_go_duration("90m").value(), 90min);
  EXPECT_EQ(parse_go_duration("1h0m30s").value(), 60min + 30s);
  EXPECT_EQ(parse_go_duration("250ms").value(), 250ms);
  EXPECT_EQ(parse_go_duration("0").value(), 0ms);
  EXPECT_EQ(parse_go_duration("720h").value(), 720h);
  for (const std::string bad : {"", "1", "-1h", "1d", "h", "1.2.3h", ".h", "1h 30m", "1e5h", "١h"}) EXPECT_FALSE(parse_go_duration(bad)) << bad;
  EXPECT_EQ(parse_go_duration("99999999999999999999h").value(), 24h * 3660) << "no window is longer";
}

TEST(WindowGlob, AsArgoCdMatches) {
  const std::vector<std::pair<std::string, std::string>> yes{{"*", "x"}, {"*-prod", "shop-prod"}, {"prod-*", "prod-"}, {"web?", "web1"}, {"{prod,stage}-*", "stage-eu"}, {"[a-c]x", "bx"},
                                                             {"[!a]x", "bx"}, {"a{b,c{d,e}}f", "acdf"}, {"\\*", "*"}, {"*", "https://k8s/x"}, {"[x", "[x"}};
  for (const auto& [pattern, text] : yes) EXPECT_TRUE(window_glob_matches(pattern, text)) << pattern << " " << text;
  const std::vector<std::pair<std::string, std::string>> no{{"", "x"}, {"*-prod", "shop-prod-2"}, {"web?", "web"}, {"{prod,stage}", "test"}, {"[!a]x", "ax"}, {"\\*", "x"}};
  for (const auto& [pattern, text] : no) EXPECT_FALSE(window_glob_matches(pattern, text)) << pattern << " " << text;
}

TEST(WindowGlob, HostilePatternsEndSoon) {
  std::string stars;
  std::string braces;
  for (int i = 0; i < 100; ++i) stars += "*a";
  for (int i = 0; i < 60; ++i) braces += "{a,b}";
  EXPECT_FALSE(window_glob_matches(stars, std::string(5'000, 'b')));
  EXPECT_FALSE(window_glob_matches(braces, std::string(60, 'c')));
  EXPECT_FALSE(window_glob_matches(std::string(1'000'000, '*'), "x"));
  EXPECT_FALSE(window_glob_matches("{{{{,}}}}[", "x"));
}

}  // namespace
}  // namespace driftwarden::argocd
