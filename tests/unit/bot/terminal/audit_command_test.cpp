#include "bot/terminal/audit_command.hpp"

#include "bot/audit/formats.hpp"
#include "storage/store.hpp"
#include "tests/support/manual_clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class AuditCommand : public testing::Test {
 protected:
  AuditCommand() {
    std::string pattern = (std::filesystem::temp_directory_path() / "driftwarden-audit-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
    path = (directory / "driftwarden.db").string();
    store = storage::Store::open(path, clock).value();
    append("alice", "change.requested", "checkout", "C-1", R"({"reason":"a, \"b\""})");
    clock.advance(48h);
    append("=HYPERLINK(1)", "change.approved", "search", "C-2", "line\r\nbreak \x1b[31m");
  }
  ~AuditCommand() override { std::filesystem::remove_all(directory); }

  void append(std::string actor, std::string action, std::string app, std::string subject, std::string detail) {
    AuditEntry entry{.actor = std::move(actor), .action = std::move(action), .app = std::move(app), .subject = std::move(subject), .detail = std::move(detail)};
    ASSERT_TRUE(store->transact([&](storage::Transaction& tx) -> Result<void> {
      CHECK_OK(tx.append_audit(entry));
      return {};
    }));
  }
  int run(AuditArguments arguments) {
    if (arguments.db.empty()) arguments.db = path;
    out.str("");
    err.str("");
    return run_audit(arguments, clock, out, err);
  }

  asio::io_context io;
  test::ManualClock clock{io};
  std::filesystem::path directory;
  std::string path;
  std::unique_ptr<storage::Store> store;  ///< stays open: the command works beside a running bot
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(AuditCommand, ListsTheNewestFirst) {
  EXPECT_EQ(run({}), 0);
  EXPECT_LT(out.str().find("approved C-2 of search"), out.str().find("asked for C-1 of checkout: because a, "));
  EXPECT_THAT(out.str(), HasSubstr("2026-11-21T09:00:00Z  alice"));
  EXPECT_EQ(out.str().find('\x1b'), std::string::npos) << "a terminal obeys escapes";
}

TEST_F(AuditCommand, Filters) {
  AuditArguments arguments;
  arguments.output = "json";
  arguments.app = "checkout";
  EXPECT_EQ(run(arguments), 0);
  EXPECT_EQ(nlohmann::json::parse(out.str()).size(), 1U);
  arguments.app = "";
  arguments.since = "1d";
  EXPECT_EQ(run(arguments), 0);
  const auto recent = nlohmann::json::parse(out.str());
  ASSERT_EQ(recent.size(), 1U);
  EXPECT_EQ(recent[0]["seq"], 2);
  arguments.since = "2026-11-20T00:00:00Z";
  EXPECT_EQ(run(arguments), 0);
  EXPECT_EQ(nlohmann::json::parse(out.str()).size(), 2U);
}

TEST_F(AuditCommand, TellsTheWholeStoryOfAChangeOldestFirst) {
  append("bob", "change.approved", "checkout", "C-1", R"({"head":"4f2c81a94f2c81a94f2c81a94f2c81a94f2c81a9"})");
  AuditArguments arguments;
  for (const auto* about : {"c1", "4f2c81a94f2c81a94f2c81a94f2c81a94f2c81a9", "4f2c81a9"}) {
    arguments.about = about;
    EXPECT_EQ(run(arguments), 0);
    EXPECT_LT(out.str().find("alice"), out.str().find("bob")) << about << "\n" << out.str();
    EXPECT_THAT(out.str(), testing::Not(HasSubstr("C-2"))) << about;
  }
  arguments.actor = "bob";
  EXPECT_EQ(run(arguments), 0);
  EXPECT_THAT(out.str(), testing::Not(HasSubstr("alice")));
}

TEST_F(AuditCommand, FiltersByActorActionAndTime) {
  AuditArguments arguments;
  arguments.output = "json";
  arguments.actor = "alice";
  EXPECT_EQ(run(arguments), 0);
  EXPECT_EQ(nlohmann::json::parse(out.str()).size(), 1U);
  arguments.actor = "";
  arguments.row_action = "change.";
  EXPECT_EQ(run(arguments), 0);
  EXPECT_EQ(nlohmann::json::parse(out.str()).size(), 2U);
  arguments.until = "1d";
  EXPECT_EQ(run(arguments), 0);
  EXPECT_EQ(nlohmann::json::parse(out.str()).size(), 1U);
  arguments.until = "whenever";
  EXPECT_EQ(run(arguments), 2);
  EXPECT_THAT(err.str(), HasSubstr("--until \"whenever\""));
}

TEST_F(AuditCommand, ReportsWhatAnAuditorAsks) {
  AuditArguments arguments;
  arguments.action = AuditAction::Report;
  EXPECT_EQ(run(arguments), 0);
  EXPECT_THAT(out.str(), HasSubstr("Self-approvals (must be 0)        0\n"));
  append("carol", "change.approved", "checkout", "C-1", R"({"requester":"carol"})");
  arguments.output = "json";
  EXPECT_EQ(run(arguments), 1) << "one who said yes to themselves is found";
  EXPECT_EQ(nlohmann::json::parse(out.str())["self_approvals"][0]["who"], "carol");
}

TEST_F(AuditCommand, ExportsSyslogLines) {
  AuditArguments arguments;
  arguments.action = AuditAction::Export;
  arguments.format = "syslog";
  EXPECT_EQ(run(arguments), 0);
  EXPECT_THAT(out.str(), testing::StartsWith("<109>1 2026-11-21T09:00:00Z - driftwarden - change.requested [driftwarden@32473 seq=\"1\""));
}

TEST_F(AuditCommand, AnExportCanBeCheckedByItself) {
  AuditArguments arguments;
  arguments.action = AuditAction::Export;
  EXPECT_EQ(run(arguments), 0);
  std::istringstream lines{out.str()};
  std::string previous(64, '0');
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto row = nlohmann::json::parse(line);
    AuditRow read{.seq = row["seq"],
                  .at = {},
                  .entry = {row["actor"], row["action"], row["app"], row["subject"], row["detail"], row["where"], row["on"]},
                  .previous = row["previous"],
                  .hash = {}};
    read.at = clock.wall_now() - (count == 0 ? 48h : 0h);
    EXPECT_EQ(row["previous"], previous);
    EXPECT_EQ(row["hash"], storage::audit_hash(read));
    previous = row["hash"];
  }
  EXPECT_EQ(count, 2);
}

TEST_F(AuditCommand, ExportsCsv) {
  AuditArguments arguments;
  arguments.action = AuditAction::Export;
  arguments.format = "csv";
  EXPECT_EQ(run(arguments), 0);
  EXPECT_THAT(out.str(),
              testing::StartsWith("seq,at,actor,action,app,subject,detail,where,on,previous,hash\r\n1,2026-11-21T09:00:00Z,alice,change.requested,checkout,C-1,"
                                  "\"{\"\"reason\"\":\"\"a, \\\"\"b\\\"\"\"\"}\","));
  EXPECT_THAT(out.str(), HasSubstr("2,2026-11-23T09:00:00Z,'=HYPERLINK(1),"));
  EXPECT_THAT(out.str(), HasSubstr("\"line\r\nbreak"));
}

TEST(CsvCell, IsQuotedAndHarmless) {
  EXPECT_EQ(csv_cell(""), "");
  EXPECT_EQ(csv_cell("plain"), "plain");
  EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_cell("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(csv_cell("=1+1"), "'=1+1");
  EXPECT_EQ(csv_cell("@x,y"), "\"'@x,y\"");
  EXPECT_EQ(csv_cell("\tx"), "'\tx");
}

TEST_F(AuditCommand, VerifiesAnIntactLog) {
  AuditArguments arguments;
  arguments.action = AuditAction::Verify;
  EXPECT_EQ(run(arguments), 0);
  EXPECT_THAT(out.str(), HasSubstr("intact: 2 rows, head 2:"));
  arguments.output = "json";
  EXPECT_EQ(run(arguments), 0);
  EXPECT_EQ(nlohmann::json::parse(out.str())["intact"], true);
}

TEST_F(AuditCommand, TellsTampering) {
  store.reset();  // checkpoints, so that the rows stand in the file itself
  std::string bytes;
  {
    std::ifstream file{path, std::ios::binary};
    bytes.assign(std::istreambuf_iterator<char>{file}, {});
  }
  const auto at = bytes.find("alicechange.requested");
  ASSERT_NE(at, std::string::npos);
  bytes[at] = 'A';
  std::ofstream{path, std::ios::binary} << bytes;
  AuditArguments arguments;
  arguments.action = AuditAction::Verify;
  EXPECT_EQ(run(arguments), 1);
  EXPECT_THAT(out.str(), HasSubstr("row 1: its content isn't what was written"));
  arguments.output = "json";
  EXPECT_EQ(run(arguments), 1);
  EXPECT_EQ(nlohmann::json::parse(out.str())["faults"][0]["seq"], 1);
}

TEST_F(AuditCommand, WrongUseIsTwo) {
  AuditArguments arguments;
  arguments.db = path + ".none";
  EXPECT_EQ(run(arguments), 2);
  EXPECT_THAT(err.str(), HasSubstr("there is no database"));
  arguments.db = path;
  arguments.since = "yesterday";
  EXPECT_EQ(run(arguments), 2);
  EXPECT_THAT(err.str(), HasSubstr("--since \"yesterday\""));
  arguments.since = "";
  arguments.format = "xml";
  EXPECT_EQ(run(arguments), 2);
  EXPECT_THAT(err.str(), HasSubstr("jsonl or csv"));
}

}  // namespace
}  // namespace driftwarden
