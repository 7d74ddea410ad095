// When an alert may be told, by the clocks of a zone.
#include "bot/config/time_zone.hpp"
#include "bot/routing/routing.hpp"
#include "gitops/base/text.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace driftwarden {
namespace {

std::shared_ptr<const TimeZone> berlin() {
  std::ifstream file{"/usr/share/zoneinfo/Europe/Berlin", std::ios::binary};
  if (!file) return nullptr;
  auto zone = TimeZone::parse(std::string{std::istreambuf_iterator<char>{file}, {}});
  return zone ? std::make_shared<const TimeZone>(std::move(*zone)) : nullptr;
}

QuietHours hours(int from, int until, std::vector<int> days = {}, std::vector<std::string> channels = {}) {
  QuietHours quiet;
  quiet.from = from * 60;
  quiet.until = until * 60;
  quiet.days = std::move(days);
  quiet.time_zone = std::make_shared<const TimeZone>(TimeZone::utc());
  quiet.channels = std::move(channels);
  return quiet;
}

struct QuietRow {
  std::string name;
  std::vector<QuietHours> quiet;
  Severity severity;
  std::string channel;
  std::string now;
  std::string until;  ///< "" = it is told
  friend void PrintTo(const QuietRow& row, std::ostream* out) { *out << row.name; }
};
class QuietTable : public testing::TestWithParam<QuietRow> {};
TEST_P(QuietTable, Holds) {
  const auto& row = GetParam();
  Config config;
  config.alerts.quiet_hours = row.quiet;
  App app;
  app.name = "checkout";
  const auto until = quiet_until(config, {.app = &app, .severity = row.severity}, row.channel, *parse_time(row.now));
  EXPECT_EQ(until ? format_time(*until) : "", row.until);
}
const std::vector<QuietHours> kNight{hours(20, 7)};
const std::vector<QuietHours> kWeekend{hours(20, 7, {5, 6})};
// 2026-11-20 is a Friday.
INSTANTIATE_TEST_SUITE_P(
    AllOf, QuietTable,
    testing::Values(QuietRow{"ByDay", kNight, Severity::Warning, "#a", "2026-11-20T12:00:00Z", ""}, QuietRow{"InTheEvening", kNight, Severity::Warning, "#a", "2026-11-19T20:00:00Z", "2026-11-20T07:00:00Z"},
                    QuietRow{"AfterMidnight", kNight, Severity::Info, "#a", "2026-11-20T06:59:59Z", "2026-11-20T07:00:00Z"}, QuietRow{"ToTheMinute", kNight, Severity::Info, "#a", "2026-11-20T07:00:00Z", ""},
                    QuietRow{"CriticalIsTold", kNight, Severity::Critical, "#a", "2026-11-20T23:00:00Z", ""},
                    QuietRow{"AChannelWithoutItsHash", {hours(20, 7, {}, {"a"})}, Severity::Info, "#a", "2026-11-20T23:00:00Z", "2026-11-21T07:00:00Z"},
                    QuietRow{"WithinOneDay", {hours(12, 14)}, Severity::Info, "#a", "2026-11-20T13:00:00Z", "2026-11-20T14:00:00Z"},
                    QuietRow{"NotAfterIt", {hours(12, 14)}, Severity::Info, "#a", "2026-11-20T14:00:00Z", ""},
                    QuietRow{"FridayNightIntoMondayMorning", kWeekend, Severity::Warning, "#a", "2026-11-20T21:00:00Z", "2026-11-23T07:00:00Z"},
                    QuietRow{"SaturdayNoon", kWeekend, Severity::Warning, "#a", "2026-11-21T12:00:00Z", "2026-11-23T07:00:00Z"},
                    QuietRow{"DaysAlone", {hours(0, 0, {6})}, Severity::Warning, "#a", "2026-11-22T23:59:00Z", "2026-11-23T00:00:00Z"},
                    QuietRow{"NotOnOtherDays", {hours(0, 0, {6})}, Severity::Warning, "#a", "2026-11-23T00:00:00Z", ""},
                    QuietRow{"InItsChannels", {hours(20, 7, {}, {"#a"})}, Severity::Warning, "#a", "2026-11-20T23:00:00Z", "2026-11-21T07:00:00Z"},
                    QuietRow{"NotInOthers", {hours(20, 7, {}, {"#a"})}, Severity::Warning, "#b", "2026-11-20T23:00:00Z", ""},
                    QuietRow{"OneEndsInAnother", {hours(0, 6), hours(5, 9)}, Severity::Warning, "#a", "2026-11-20T01:00:00Z", "2026-11-20T09:00:00Z"},
                    QuietRow{"AlwaysIsAskedAgainInAWeek", {hours(0, 0, {0, 1, 2, 3, 4, 5, 6})}, Severity::Warning, "#a", "2026-11-20T12:00:00Z", "2026-11-28T00:00:00Z"}),
    [](const auto& row) { return row.param.name; });

TEST(QuietHours, EndWhenTheClocksThereSaySo) {
  const auto zone = berlin();
  if (zone == nullptr) GTEST_SKIP() << "no time zones on this machine";
  Config config;
  auto night = hours(22, 6);
  night.time_zone = zone;
  config.alerts.quiet_hours = {night};
  App app;
  const auto until = [&](const std::string& now) {
    const auto end = quiet_until(config, {.app = &app}, "#a", *parse_time(now));
    return end ? format_time(*end) : std::string("told");
  };
  EXPECT_EQ(until("2026-11-20T20:59:00Z"), "told");
  EXPECT_EQ(until("2026-11-20T21:00:00Z"), "2026-11-21T05:00:00Z");
  EXPECT_EQ(until("2026-07-20T20:00:00Z"), "2026-07-21T04:00:00Z") << "summer time";
  EXPECT_EQ(until("2026-10-24T21:00:00Z"), "2026-10-25T05:00:00Z") << "an hour longer: the clocks go back that night";
}

TEST(QuietHours, ExceptFromWarningOn) {
  Config config;
  auto night = hours(20, 7);
  night.except = Severity::Warning;
  config.alerts.quiet_hours = {night};
  App app;
  const auto now = *parse_time("2026-11-20T23:00:00Z");
  EXPECT_FALSE(quiet_until(config, {.app = &app, .severity = Severity::Warning}, "#a", now));
  EXPECT_FALSE(quiet_until(config, {.app = &app, .severity = Severity::Critical}, "#a", now));
  EXPECT_TRUE(quiet_until(config, {.app = &app, .severity = Severity::Info}, "#a", now));
}

}  // namespace
}  // namespace driftwarden
