#include "bot/config/syntax.hpp"

#include "bot/config/time_zone.hpp"
#include "gitops/base/text.hpp"
#include "gitops/diff/inputs.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;

TEST(FieldPaths, AreUnderstood) {
  for (const char* path : {".spec.replicas", ".webhooks[*].clientConfig.caBundle", ".metadata.annotations[\"x.io/*\"]", ".spec.**.env[name=\"TZ\"]", ".spec.*",
                           ".a[3]", ".a[=\"x\"]", ".ports[containerPort=80,protocol=\"TCP\"]", "[\"odd key\"].x", ".a-b.c_d", ".a[\"with \\\" quote\"]"}) {
    EXPECT_EQ(check_field_path(path), "") << path;
  }
  for (const char* path : {"", "spec", ".", ".spec.", ".spec..x", ".a[", ".a[]", ".a[x]", ".a[\"x]", ".a[k=]", ".a b", "/spec/replicas", ".a]"}) {
    EXPECT_NE(check_field_path(path), "") << path;
  }
}

TEST(GitUrls, AreUnderstood) {
  for (const char* url : {"https://git.example.com/a/b.git", "ssh://git@host/a/b.git", "ssh://git@host:2222/a", "git@host:a/b.git", "file:///srv/x.git",
                          "http://127.0.0.1:3000/a/b.git", "http://localhost/x"}) {
    EXPECT_EQ(check_git_url(url), "") << url;
  }
  for (const char* url : {"", "x", "/srv/x.git", "file://x", "file:///", "http://example.com/x", "https://user:pw@host/x", "ssh://u:p@host/x", "ssh://host",
                          "ftp://h/x", "git@host:", "https://host/a b"}) {
    EXPECT_NE(check_git_url(url), "") << url;
  }
}

TEST(WeekWindows, AreUnderstood) {
  EXPECT_EQ(parse_week_window("Fri 16:00 - Mon 08:00"), (WeekWindow{4 * 1440 + 960, 480}));
  EXPECT_EQ(parse_week_window("Sat - Sun"), (WeekWindow{5 * 1440, 0})) << "whole days, to the end of Sunday";
  EXPECT_EQ(parse_week_window("Mon 22:00-Tue 06:00"), (WeekWindow{1320, 1440 + 360}));
  for (const char* text :
       {"", "Fri", "Fri 16:00", "fri 16:00 - Mon 08:00", "Fri 16:60 - Mon 08:00", "Fri16:00 - Mon 08:00", "Fri 16:00 - Mun 08:00", "16:00 - 18:00"}) {
    EXPECT_FALSE(parse_week_window(text)) << text;
  }
  const auto weekend = *parse_week_window("Fri 16:00 - Mon 08:00");
  EXPECT_TRUE(contains(weekend, 4 * 1440 + 960));
  EXPECT_FALSE(contains(weekend, 4 * 1440 + 959));
  EXPECT_TRUE(contains(weekend, 0));
  EXPECT_TRUE(contains(weekend, 479));
  EXPECT_FALSE(contains(weekend, 480));
}

TEST(Names, ThatBecomeFilesAndBranches) {
  for (const char* name : {"shop", "Shop-1", "a.b_c"}) EXPECT_TRUE(is_plain_name(name)) << name;
  for (const char* name : {"", ".", "..", "-a", "a/b", "a b", "a..b", "a.lock", "a.", "\xc3\xa4"}) EXPECT_FALSE(is_plain_name(name)) << name;
}

TEST(Until, IsThroughTheDay) {
  EXPECT_EQ(format_time(*parse_until("2026-12-31")), "2027-01-01T00:00:00Z");
  EXPECT_EQ(format_time(*parse_until("2026-12-31T10:00:00+01:00")), "2026-12-31T09:00:00Z");
  EXPECT_FALSE(parse_until("2026-13-01"));
  EXPECT_FALSE(parse_until("tomorrow"));
}

Result<TimeZone> zone(const std::string& name) {
  std::ifstream file{"/usr/share/zoneinfo/" + name, std::ios::binary};
  return TimeZone::parse(std::string{std::istreambuf_iterator<char>{file}, {}});
}
std::chrono::seconds offset(const std::string& name, std::string_view when) { return zone(name)->offset_at(*parse_time(when)); }

TEST(TimeZones, FollowSummerTime) {
  if (!zone("Europe/Berlin")) GTEST_SKIP() << "this machine has no tzdata";
  EXPECT_EQ(offset("Europe/Berlin", "2026-01-15T12:00:00Z"), 1h);
  EXPECT_EQ(offset("Europe/Berlin", "2026-07-15T12:00:00Z"), 2h);
  EXPECT_EQ(offset("Europe/Berlin", "2026-03-29T00:59:59Z"), 1h);
  EXPECT_EQ(offset("Europe/Berlin", "2026-03-29T01:00:00Z"), 2h);
  EXPECT_EQ(offset("Europe/Berlin", "2026-10-25T00:59:59Z"), 2h);
  EXPECT_EQ(offset("Europe/Berlin", "2026-10-25T01:00:00Z"), 1h);
  EXPECT_EQ(offset("Europe/Berlin", "2061-07-15T12:00:00Z"), 2h) << "by the footer's rule";
  EXPECT_EQ(offset("Europe/Berlin", "2061-12-15T12:00:00Z"), 1h);
  EXPECT_EQ(offset("America/New_York", "2055-07-01T12:00:00Z"), -4h);
  EXPECT_EQ(offset("Australia/Sydney", "2055-01-01T12:00:00Z"), 11h) << "summer around the new year";
  EXPECT_EQ(offset("Australia/Sydney", "2055-07-01T12:00:00Z"), 10h);
  EXPECT_EQ(offset("Asia/Kolkata", "2026-07-01T12:00:00Z"), 5h + 30min);
  EXPECT_EQ(offset("UTC", "2026-07-01T12:00:00Z"), 0s);
}

TEST(TimeZones, AreReadFromTheFooterAlone) {
  // A slim file: one type, no transitions, the rule in the footer.
  const auto header = [](char version) {
    std::string out = "TZif";
    out += version;
    out += std::string(15, '\0');
    for (const char count : {'\0', '\0', '\0', '\0', '\1', '\4'}) out += std::string("\0\0\0", 3) + count;
    return out;
  };
  const std::string body = std::string("\0\0\x0e\x10\0\0", 6) + std::string("CET\0", 4);
  const auto berlin = TimeZone::parse(header('2') + body + header('2') + body + "\nCET-1CEST,M3.5.0,M10.5.0/3\n");
  ASSERT_TRUE(berlin);
  EXPECT_EQ(berlin->offset_at(*parse_time("2026-07-15T12:00:00Z")), 2h);
  EXPECT_EQ(berlin->offset_at(*parse_time("2026-10-25T00:59:59Z")), 2h);
  EXPECT_EQ(berlin->offset_at(*parse_time("2026-10-25T01:00:00Z")), 1h);
}

TEST(TimeZones, BrokenFilesAreRefused) {
  EXPECT_FALSE(TimeZone::parse(""));
  EXPECT_FALSE(TimeZone::parse("TZif2"));
  EXPECT_FALSE(TimeZone::parse("root:x:0:0:root:/root:/bin/bash\n"));
  const auto whole = [] {
    std::ifstream file{"/usr/share/zoneinfo/Europe/Berlin", std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  }();
  for (std::size_t size = 0; size + 40 < whole.size(); size += 37) EXPECT_FALSE(TimeZone::parse(whole.substr(0, size))) << size;
}

}  // namespace
}  // namespace driftwarden
