#include "integrations/argocd/sync_windows.hpp"

#include "gitops/base/text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>

namespace driftwarden::argocd {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

WallTime time_of(const std::string& text) { return parse_time(text).value(); }

/// Berlin's winter and summer, with the change of 2026-10-25 01:00 UTC.
std::optional<Duration> zone(const std::string& name, WallTime at) {
  if (name == "Europe/Amsterdam") return at < time_of("2026-10-25T01:00:00Z") && at >= time_of("2026-03-29T01:00:00Z") ? 120min : 60min;
  if (name == "America/New_York") return -300min;
  return std::nullopt;
}

Project project_of(const std::string& windows) {
  return parse_project(json{{"apiVersion", "argoproj.io/v1alpha1"}, {"kind", "AppProject"}, {"metadata", {{"name", "default"}}}, {"spec", {{"syncWindows", json::parse(windows)}}}}).value();
}

Application application(const std::string& name, const std::string& space = "default", const std::string& cluster = "in-cluster") {
  Application app;
  app.ref.name = name;
  app.destination_namespace = space;
  app.destination_name = cluster;
  return app;
}

/// The project of Argo CD's documentation.
const char* const kDocumented = R"([
  {"kind": "allow", "schedule": "10 1 * * *", "duration": "1h", "applications": ["*-prod"], "manualSync": true},
  {"kind": "deny", "schedule": "0 22 * * *", "timeZone": "Europe/Amsterdam", "duration": "1h", "namespaces": ["default"]},
  {"kind": "allow", "schedule": "0 23 * * *", "duration": "1h", "clusters": ["in-cluster", "cluster1"]}])";

struct WindowRow {
  std::string name;
  std::string windows;
  Application app;
  bool manual;
  std::string at;
  bool open;
  std::string until;  ///< "" = not known, or open
  friend void PrintTo(const WindowRow& row, std::ostream* out) { *out << row.name; }
};
class SyncWindows : public testing::TestWithParam<WindowRow> {};

TEST_P(SyncWindows, Decide) {
  const auto& row = GetParam();
  const auto verdict = may_sync(project_of(row.windows), row.app, row.manual, time_of(row.at), zone);
  EXPECT_EQ(verdict.open, row.open) << verdict.why;
  EXPECT_EQ(verdict.until ? format_time(*verdict.until) : "", row.until) << verdict.why;
  EXPECT_EQ(verdict.why.empty(), verdict.open);
}

const char* const kDenyMorning = R"([{"kind": "deny", "schedule": "0 8 * * *", "duration": "2h", "applications": ["*"]}])";
const char* const kDenyButManual = R"([{"kind": "deny", "schedule": "0 8 * * *", "duration": "2h", "applications": ["*"], "manualSync": true}])";
const char* const kTwoDenies = R"([{"kind": "deny", "schedule": "0 8 * * *", "duration": "2h", "applications": ["*"], "manualSync": true},
                                   {"kind": "deny", "schedule": "0 9 * * *", "duration": "2h", "applications": ["*"]}])";
const char* const kBoth = R"([{"kind": "allow", "schedule": "0 8 * * *", "duration": "8h", "applications": ["*"]},
                              {"kind": "deny", "schedule": "0 12 * * *", "duration": "1h", "applications": ["*"]}])";
const char* const kAllowNight = R"([{"kind": "allow", "schedule": "0 22 * * *", "duration": "4h", "applications": ["*"]}])";
const char* const kAnd = R"([{"kind": "deny", "schedule": "* * * * *", "duration": "1h", "applications": ["web"], "namespaces": ["prod-*"], "andOperator": true}])";
const char* const kOr = R"([{"kind": "deny", "schedule": "* * * * *", "duration": "1h", "applications": ["web"], "namespaces": ["prod-*"]}])";

INSTANTIATE_TEST_SUITE_P(
    Rows, SyncWindows,
    testing::Values(
        WindowRow{"NoWindowLetsAll", "[]", application("web"), false, "2026-11-22T10:00:00Z", true, ""},
        WindowRow{"NoMatchingWindowLetsAll", kDocumented, application("web", "other", "cluster9"), false, "2026-11-22T10:00:00Z", true, ""},
        WindowRow{"DocumentedAllowIsClosed", kDocumented, application("shop-prod", "other", "cluster9"), false, "2026-11-22T10:00:00Z", false, "2026-11-23T01:10:00Z"},
        WindowRow{"DocumentedAllowIsOpen", kDocumented, application("shop-prod", "other", "cluster9"), false, "2026-11-22T02:09:59Z", true, ""},
        WindowRow{"DocumentedAllowEnds", kDocumented, application("shop-prod", "other", "cluster9"), false, "2026-11-22T02:10:00Z", false, "2026-11-23T01:10:00Z"},
        WindowRow{"DocumentedAllowLetsPeople", kDocumented, application("shop-prod", "other", "cluster9"), true, "2026-11-22T10:00:00Z", true, ""},
        WindowRow{"DocumentedClusterByName", kDocumented, application("web", "other", "cluster1"), true, "2026-11-22T10:00:00Z", false, "2026-11-22T23:00:00Z"},
        WindowRow{"DocumentedDenyInWinter", kDocumented, application("web", "default", "cluster9"), false, "2026-11-22T21:30:00Z", false, "2026-11-22T22:00:00Z"},
        WindowRow{"DocumentedDenyInSummer", kDocumented, application("web", "default", "cluster9"), false, "2026-07-22T20:30:00Z", false, "2026-07-22T21:00:00Z"},
        WindowRow{"NotTheWinterHourInSummer", kDocumented, application("web", "default", "cluster9"), false, "2026-07-22T21:30:00Z", true, ""},
        WindowRow{"DenyHoldsPeopleToo", kDenyMorning, application("web"), true, "2026-11-22T09:00:00Z", false, "2026-11-22T10:00:00Z"},
        WindowRow{"DenyLetsPeople", kDenyButManual, application("web"), true, "2026-11-22T09:00:00Z", true, ""},
        WindowRow{"DenyThatLetsPeopleHoldsAutomation", kDenyButManual, application("web"), false, "2026-11-22T09:00:00Z", false, "2026-11-22T10:00:00Z"},
        WindowRow{"EveryActiveDenyMustLetPeople", kTwoDenies, application("web"), true, "2026-11-22T09:30:00Z", false, "2026-11-22T11:00:00Z"},
        WindowRow{"OneDenyAfterTheOther", kTwoDenies, application("web"), false, "2026-11-22T08:30:00Z", false, "2026-11-22T11:00:00Z"},
        WindowRow{"DenyGoesBeforeAllow", kBoth, application("web"), false, "2026-11-22T12:30:00Z", false, "2026-11-22T13:00:00Z"},
        WindowRow{"AllowIsOpenBesideAQuietDeny", kBoth, application("web"), false, "2026-11-22T11:00:00Z", true, ""},
        WindowRow{"AllowOverMidnight", kAllowNight, application("web"), false, "2026-11-22T01:59:00Z", true, ""},
        WindowRow{"AllowHoldsPeople", kAllowNight, application("web"), true, "2026-11-22T02:00:00Z", false, "2026-11-22T22:00:00Z"},
        WindowRow{"AndNeedsAll", kAnd, application("web", "stage-1"), false, "2026-11-22T02:00:00Z", true, ""},
        WindowRow{"AndWithAll", kAnd, application("web", "prod-1"), false, "2026-11-22T02:00:00Z", false, ""},
        WindowRow{"OrNeedsOne", kOr, application("web", "stage-1"), false, "2026-11-22T02:00:00Z", false, ""},
        WindowRow{"NewYorkMorning", R"([{"kind": "deny", "schedule": "0 8 * * mon-fri", "timeZone": "America/New_York", "duration": "2h", "applications": ["*"]}])", application("web"), false,
                  "2026-11-23T13:30:00Z", false, "2026-11-23T15:00:00Z"},
        WindowRow{"AnUnknownZoneCountsAsClosed", R"([{"kind": "allow", "schedule": "* * * * *", "timeZone": "Mars/Olympus", "duration": "2h", "applications": ["*"]}])", application("web"), true,
                  "2026-11-23T13:30:00Z", false, ""},
        WindowRow{"ABrokenWindowCountsAsClosed", R"([{"kind": "allow", "schedule": "every day", "duration": "2h", "applications": ["*"]}])", application("web"), true, "2026-11-23T13:30:00Z", false, ""},
        WindowRow{"ABrokenWindowOfOthersIsNothing", R"([{"kind": "allow", "schedule": "every day", "duration": "2h", "applications": ["api"]}])", application("web"), true, "2026-11-23T13:30:00Z", true,
                  ""}),
    [](const auto& row) { return row.param.name; });

TEST(SyncWindowWords, SayWhichWindow) {
  const auto verdict = may_sync(project_of(kDocumented), application("web", "default", "cluster9"), false, time_of("2026-11-22T21:30:00Z"), zone);
  EXPECT_EQ(verdict.why, "the deny window \"0 22 * * *\" (1h, Europe/Amsterdam) is active");
  const auto allow = may_sync(project_of(kAllowNight), application("web"), false, time_of("2026-11-22T21:30:00Z"), zone);
  EXPECT_EQ(allow.why, "the allow window \"0 22 * * *\" (4h, UTC) isn't open");
}

TEST(SyncWindowMemo, OneVerdictForThoseWithTheSameWindows) {
  const auto project = project_of(kDocumented);
  int asked = 0;
  const ZoneOffset counting = [&](const std::string& name, WallTime at) {
    ++asked;
    return zone(name, at);
  };
  WindowMemo memo;
  const auto now = time_of("2026-11-22T21:30:00Z");
  for (int i = 0; i < 2'000; ++i) EXPECT_FALSE(may_sync(project, application("web-" + std::to_string(i), "default", "cluster9"), false, now, counting, &memo).open);
  EXPECT_EQ(memo.known.size(), 1U);
  EXPECT_LT(asked, 60);
  EXPECT_FALSE(may_sync(project, application("web-prod", "default", "cluster9"), true, now, counting, &memo).open);
  EXPECT_EQ(memo.known.size(), 2U) << "others, and asked for by somebody";
}

TEST(SyncWindowProject, MatchesServersToo) {
  auto app = application("web");
  app.destination_name.clear();
  app.destination_server = "https://10.0.0.1:6443";
  const auto project = project_of(R"([{"kind": "deny", "schedule": "* * * * *", "duration": "1h", "clusters": ["https://10.*"]}])");
  EXPECT_FALSE(may_sync(project, app, true, time_of("2026-11-22T10:00:00Z"), zone).open);
}

TEST(SyncWindowProject, WarnsOfWhatItCannotRead) {
  const auto project = project_of(R"([{"kind": "maybe", "schedule": "* * * * *", "duration": "1h"}, {"kind": "deny", "schedule": 5, "duration": "1h"}, {"kind": "deny", "schedule": "* * * * *", "duration": "1 day"},
                                      7, null, {"kind": "allow", "schedule": "* * * * *", "duration": "1h", "applications": "web"}])");
  EXPECT_EQ(project.windows.size(), 6U);
  EXPECT_EQ(project.warnings.size(), 5U);
  EXPECT_NE(project.warnings.front().find("neither allow nor deny"), std::string::npos);
}

TEST(SyncWindowProject, RefusesOtherObjects) {
  for (const std::string bad : {"null", "[]", "7", "{}", R"({"apiVersion":"argoproj.io/v1alpha1","kind":"AppProject"})", R"({"apiVersion":"v1","kind":"AppProject","metadata":{"name":"x"}})"}) {
    EXPECT_FALSE(parse_project(json::parse(bad))) << bad;
  }
  EXPECT_TRUE(parse_project(json::parse(R"({"apiVersion":"argoproj.io/v1alpha1","kind":"AppProject","metadata":{"name":"x"},"spec":{"syncWindows":{"a":1}}})"))->windows.empty());
}

}  // namespace
}  // namespace driftwarden::argocd
