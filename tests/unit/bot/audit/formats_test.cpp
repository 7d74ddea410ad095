#include "bot/audit/formats.hpp"

#include "bot/audit/syslog.hpp"
#include "tests/unit/bot/audit/fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::HasSubstr;
using testing::Not;

AuditRow row() {
  Log log;
  log.add("alice", "command.refused", "checkout", "C-12", R"({"rule":"a \"b\" ]\\"})");
  auto one = log.rows.front();
  one.entry.where = "C1/2.3";
  one.entry.on = "4f2c81a";
  one.hash = "ab12";
  return one;
}

TEST(Syslog, IsRfc5424) {
  EXPECT_EQ(syslog_message(row(), "bot host", "f00d"),
            "<108>1 2026-11-21T09:01:00Z bot-host driftwarden - command.refused "
            R"([driftwarden@32473 seq="1" instance="f00d" actor="alice" action="command.refused" app="checkout" subject="C-12" where="C1/2.3" on="4f2c81a" )"
            R"(detail="{\"rule\":\"a \\\"b\\\" \]\\\\\"}" hash="ab12"] )"
            "\xEF\xBB\xBF"
            R"(alice was refused C-12 of checkout: a "b" ]\)");
}

TEST(Syslog, NothingBreaksOutOfAMessage) {
  auto evil = row();
  evil.entry.actor = "x\n<0>1 forged";
  evil.entry.subject = "\"]\r\n";
  evil.entry.action = std::string(200, 'a') + " \n";
  const auto message = syslog_message(evil, "", "");
  EXPECT_THAT(message, Not(HasSubstr("\n")));
  EXPECT_THAT(message, HasSubstr(R"(subject="\"\])"));
  EXPECT_THAT(message, HasSubstr(" - driftwarden - " + std::string(32, 'a') + " ["));
}

TEST(Syslog, FramesCountTheirOctets) { EXPECT_EQ(octet_counted("h\xC3\xA9"), "3 h\xC3\xA9"); }

TEST(Csv, HasEveryFieldOfTheRow) {
  const auto line = csv_line(row());
  EXPECT_EQ(std::count(line.begin(), line.end(), ','), std::count(kCsvHeader, kCsvHeader + std::string_view(kCsvHeader).size(), ','));
  EXPECT_THAT(line, testing::StartsWith("1,2026-11-21T09:01:00Z,alice,command.refused,checkout,C-12,\"{\"\"rule\"\":"));
}

}  // namespace
}  // namespace driftwarden
