#include "bot/terminal/backup_command.hpp"

#include "storage/store.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/bot/config/fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class BackupCommand : public testing::Test {
 protected:
  BackupCommand() {
    std::string pattern = (std::filesystem::temp_directory_path() / "driftwarden-backup-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
    db = (directory / "bot.db").string();
  }
  ~BackupCommand() override { std::filesystem::remove_all(directory); }

  void append(int rows) {
    auto store = storage::Store::open(db, clock);
    ASSERT_TRUE(store) << store.error().message;
    for (int at = 0; at < rows; ++at) {
      ASSERT_TRUE((*store)->transact([](storage::Transaction& tx) -> Result<void> {
        AuditEntry entry;
        entry.actor = "alice";
        entry.action = "x";
        CHECK_OK(tx.append_audit(entry));
        return {};
      }));
    }
  }
  int backup(BackupArguments arguments) {
    out.str({});
    err.str({});
    return run_backup(arguments, environment, clock, out, err);
  }
  int restore(RestoreArguments arguments) {
    out.str({});
    err.str({});
    return run_restore(arguments, environment, clock, out, err);
  }

  asio::io_context io;
  test::ManualClock clock{io};
  FakeEnvironment environment;
  std::filesystem::path directory;
  std::string db;
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(BackupCommand, ThereAndBack) {
  append(3);
  const auto file = (directory / "saved.db").string();
  ASSERT_EQ(backup({.config = {}, .db = db, .to = file}), 0) << err.str();
  EXPECT_THAT(out.str(), AllOf(HasSubstr("3 rows"), HasSubstr("head 3:")));
  append(2);
  ASSERT_EQ(restore({.from = file, .config = {}, .db = db}), 0) << err.str();
  EXPECT_THAT(out.str(), AllOf(HasSubstr("3 rows"), HasSubstr("kept as " + db + ".before-restore-20261121T090000Z"), HasSubstr("rows 4 to 5")));
  EXPECT_EQ(storage::Store::open(db, clock).value()->audit_head()->seq, 4);
}

TEST_F(BackupCommand, ByDefaultBesideTheDatabase) {
  append(1);
  ASSERT_EQ(backup({.config = {}, .db = db, .to = {}}), 0) << err.str();
  EXPECT_TRUE(std::filesystem::exists(db + ".backup-20261121T090000Z"));
  EXPECT_EQ(backup({.config = {}, .db = db, .to = {}}), 2);
  EXPECT_THAT(err.str(), HasSubstr("never replaces"));
}

TEST_F(BackupCommand, BesideARunningBotButRestoringWaits) {
  append(1);
  const auto running = storage::Store::open(db, clock);
  ASSERT_TRUE(running);
  const auto file = (directory / "saved.db").string();
  EXPECT_EQ(backup({.config = {}, .db = db, .to = file}), 0) << err.str();
  EXPECT_EQ(restore({.from = file, .config = {}, .db = db}), 2);
  EXPECT_THAT(err.str(), HasSubstr("stop it first"));
}

TEST_F(BackupCommand, NeedsToKnowWhich) {
  EXPECT_EQ(backup({}), 2);
  EXPECT_THAT(err.str(), HasSubstr("--config FILE or --db FILE"));
  EXPECT_EQ(backup({.config = {}, .db = db, .to = {}}), 2);
  EXPECT_THAT(err.str(), HasSubstr("there is no database"));
  EXPECT_EQ(restore({.from = db, .config = {}, .db = db}), 2);
  EXPECT_THAT(err.str(), HasSubstr("there is no backup"));
  EXPECT_THAT(out.str(), IsEmpty());
}

}  // namespace
}  // namespace driftwarden
