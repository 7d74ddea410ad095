#include "gitops/base/text.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;

struct DurationRow {
  std::string text;
  std::optional<Duration> value;
};

TEST(Durations, AreReadAsTheyAreWritten) {
  const std::vector<DurationRow> rows{{"300ms", 300ms}, {"15s", 15s}, {"5m", 5min}, {"4h", 4h}, {"7d", 168h}, {"1h30m", 90min}, {"0s", 0ms},
                                      {"", {}},         {"5", {}},    {"m", {}},    {"-5m", {}}, {"5 m", {}},  {"5y", {}},       {"1h30", {}}};
  for (const auto& row : rows) {
    const auto parsed = parse_duration(row.text);
    EXPECT_EQ(parsed.has_value(), row.value.has_value()) << row.text;
    if (parsed && row.value) {
      EXPECT_EQ(*parsed, *row.value) << row.text;
      EXPECT_EQ(*parse_duration(format_duration(*parsed)), *parsed) << row.text;
    }
  }
  EXPECT_EQ(format_duration(90s), "1m30s");
}

TEST(Times, RoundTripAndKnowTheirZones) {
  for (const auto* text : {"2026-11-21T09:00:00Z", "2024-02-29T23:59:59.250Z", "1970-01-01T00:00:00Z"}) {
    const auto time = parse_time(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(format_time(*time), text);
  }
  EXPECT_EQ(*parse_time("2026-11-21T10:00:00+01:00"), *parse_time("2026-11-21T09:00:00Z"));
  EXPECT_EQ(*parse_time("2026-11-21T09:00:00.123456Z"), *parse_time("2026-11-21T09:00:00.123Z"));
  for (const auto* text : {"", "today", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-21T09:00:00", "2026-11-21"}) EXPECT_FALSE(parse_time(text)) << text;
}

TEST(Globs, MatchWholeTexts) {
  EXPECT_TRUE(glob_match("shop-*", "shop-api"));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("a*b*c", "aXXbYYc"));
  EXPECT_TRUE(glob_match("?hop", "shop"));
  EXPECT_FALSE(glob_match("shop-*", "shop"));
  EXPECT_FALSE(glob_match("a*b", "aXbX"));
  EXPECT_FALSE(glob_match("", "x"));
}

TEST(Nearest, FindsTyposAndNothingFarther) {
  EXPECT_EQ(edit_distance("sync", "snyc"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(nearest("chekcout", {"cart", "checkout"}), "checkout");
  EXPECT_FALSE(nearest("frobnicate", {"cart", "checkout"}));
}

TEST(Ellipsize, CutsAtACharacterAndShowsIt) {
  EXPECT_EQ(ellipsize("short", 10), "short");
  const auto cut = ellipsize("\u00e4\u00e4\u00e4\u00e4\u00e4", 8);
  EXPECT_LE(cut.size(), 8U);
  EXPECT_EQ(cut, "\u00e4\u00e4\u2026");
}

TEST(JsonQuoted, EscapesAndFlattens) { EXPECT_EQ(json_quoted("a\"b\\c\nd"), R"("a\"b\\c d")"); }

TEST(Ages, AreShortForPeople) {
  EXPECT_EQ(format_age(45s), "45 s");
  EXPECT_EQ(format_age(30min), "30 min");
  EXPECT_EQ(format_age(5h), "5 h");
  EXPECT_EQ(format_age(72h), "3 d");
}

}  // namespace
}  // namespace driftwarden
