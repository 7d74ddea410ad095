#include "bot/command/rollback_target.hpp"
#include "bot/command/when.hpp"
#include "gitops/base/text.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

// A Saturday.
const WallTime kNow = *parse_time("2026-11-21T14:30:00Z");

struct Row {
  std::string name;
  std::string text;
  std::string expected;  ///< "" = it can't be read
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};
std::string text_of(const std::optional<WallTime>& moment) { return moment ? format_time(*moment) : ""; }

class Ahead : public testing::TestWithParam<Row> {};
TEST_P(Ahead, IsTheNextOne) { EXPECT_EQ(text_of(moment_after(GetParam().text, kNow)), GetParam().expected); }
INSTANTIATE_TEST_SUITE_P(Texts, Ahead,
                         testing::Values(Row{"Weekday", "Mon 08:00", "2026-11-23T08:00:00Z"}, Row{"WholeWeekday", "monday", "2026-11-23T00:00:00Z"},
                                         Row{"TheSameWeekdayLater", "sat 18:00", "2026-11-21T18:00:00Z"}, Row{"TheSameWeekdayOver", "sat 8:00", "2026-11-28T08:00:00Z"},
                                         Row{"LaterToday", "18:00", "2026-11-21T18:00:00Z"}, Row{"TomorrowMorning", "08:00", "2026-11-22T08:00:00Z"},
                                         Row{"Tomorrow", "tomorrow 9:15", "2026-11-22T09:15:00Z"}, Row{"ADate", "2026-12-01", "2026-12-01T00:00:00Z"},
                                         Row{"ADateAndTime", "2026-12-01 08:00", "2026-12-01T08:00:00Z"}, Row{"AStamp", "2026-11-23T08:00Z", "2026-11-23T08:00:00Z"},
                                         Row{"AStampWithSeconds", "2026-11-23T08:00:00Z", "2026-11-23T08:00:00Z"}, Row{"ADuration", "2h", "2026-11-21T16:30:00Z"},
                                         Row{"Over", "2026-11-20", ""}, Row{"NoSuchDay", "2026-02-30", ""}, Row{"NoSuchHour", "25:00", ""}, Row{"Words", "after lunch", ""},
                                         Row{"Nothing", "", ""}, Row{"TooMany", "mon 08:00 sharp", ""}),
                         [](const auto& row) { return row.param.name; });

class Back : public testing::TestWithParam<Row> {};
TEST_P(Back, IsTheLastOne) { EXPECT_EQ(text_of(moment_before(GetParam().text, kNow)), GetParam().expected); }
INSTANTIATE_TEST_SUITE_P(Texts, Back,
                         testing::Values(Row{"Yesterday", "yesterday", "2026-11-20T00:00:00Z"}, Row{"YesterdayNoon", "yesterday 12:00", "2026-11-20T12:00:00Z"},
                                         Row{"EarlierToday", "14:00", "2026-11-21T14:00:00Z"}, Row{"LastNight", "22:00", "2026-11-20T22:00:00Z"}, Row{"Weekday", "mon", "2026-11-16T00:00:00Z"},
                                         Row{"TheSameWeekday", "saturday 18:00", "2026-11-14T18:00:00Z"}, Row{"ADate", "2026-11-18", "2026-11-18T00:00:00Z"},
                                         Row{"DaysAgo", "3 days ago", "2026-11-18T14:30:00Z"}, Row{"HoursAgo", "2h ago", "2026-11-21T12:30:00Z"}, Row{"AheadOfUs", "2026-12-01", ""},
                                         Row{"ASha", "4f2c81a", ""}, Row{"ATag", "1.4.1", ""}),
                         [](const auto& row) { return row.param.name; });

TEST(RollbackTarget, TellsNamesFromMomentsAndPeople) {
  using Kind = RollbackTarget::Kind;
  const auto read = [](const std::string& text) { return rollback_target_from(text).value_or(RollbackTarget{Kind::Name, "nothing"}); };
  EXPECT_EQ(read("4f2c81a"), (RollbackTarget{Kind::Name, "4f2c81a"}));
  EXPECT_EQ(read("HEAD~1"), (RollbackTarget{Kind::Name, "HEAD~1"}));
  EXPECT_EQ(read("v1.4.1-rc.2"), (RollbackTarget{Kind::Name, "v1.4.1-rc.2"}));
  EXPECT_EQ(read("yesterday"), (RollbackTarget{Kind::Moment, "yesterday"}));
  EXPECT_EQ(read("2026-11-20 14:00"), (RollbackTarget{Kind::Moment, "2026-11-20 14:00"}));
  EXPECT_EQ(read("before alice's last"), (RollbackTarget{Kind::Before, "alice"}));
  EXPECT_EQ(read("before @U0BOB"), (RollbackTarget{Kind::Before, "U0BOB"}));
  for (const auto* text : {"", "-rf", "a..b", "one two", "before", "before alice and bob", "x;y"}) EXPECT_FALSE(rollback_target_from(text)) << text;
}

TEST(RollbackTarget, KnowsATagWhereAnImageIsSaid) {
  EXPECT_TRUE(holds_tag("      image: shop/web:1.4.1\n", "1.4.1"));
  EXPECT_TRUE(holds_tag("images:\n- name: web\n  newTag: \"1.4.1\"\n", "1.4.1"));
  EXPECT_TRUE(holds_tag("image: {repository: web, tag: 1.4.1}", "1.4.1"));
  EXPECT_FALSE(holds_tag("image: shop/web:1.4.10\n", "1.4.1"));
  EXPECT_FALSE(holds_tag("image: shop/web:11.4.1\n", "1.4.1"));
  EXPECT_FALSE(holds_tag("replicas: 5\n", "5"));
}

}  // namespace
}  // namespace driftwarden
