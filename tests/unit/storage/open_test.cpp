#include "storage/schema.hpp"
#include "tests/unit/storage/fixture.hpp"

#include <SQLiteCpp/Exception.h>

#include <array>
#include <fstream>

namespace driftwarden::storage {
namespace {

using testing::HasSubstr;

class OpenTest : public StoreTest {};

TEST_F(OpenTest, IsWalDurableAndPrivate) {
  auto& database = sqlite().session().database();
  EXPECT_STREQ(database.execAndGet("PRAGMA journal_mode").getText(), "wal");
  EXPECT_EQ(database.execAndGet("PRAGMA synchronous").getInt(), 2);
  EXPECT_EQ(database.execAndGet("PRAGMA foreign_keys").getInt(), 1);
  EXPECT_EQ(database.execAndGet("PRAGMA application_id").getInt64(), kApplicationId);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND NOT strict AND name NOT LIKE 'sqlite_%'").getInt(), 0);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path).permissions(), perms::owner_read | perms::owner_write);
  EXPECT_EQ(std::filesystem::status(path + "-wal").permissions(), perms::owner_read | perms::owner_write);
}

TEST_F(OpenTest, TightensALooseFile) {
  store.reset();
  std::filesystem::permissions(path, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  reopen();
  EXPECT_EQ(std::filesystem::status(path).permissions() & std::filesystem::perms::others_all, std::filesystem::perms::none);
}

TEST_F(OpenTest, MakesTheDirectory) {
  auto made = Store::open((directory / "a" / "b" / "x.db").string(), clock);
  EXPECT_TRUE(made) << made.error().message;
}

TEST_F(OpenTest, WorksInMemory) {
  auto memory = Store::open(":memory:", clock);
  ASSERT_TRUE(memory) << memory.error().message;
  ASSERT_TRUE((*memory)->transact([](Transaction& tx) { return tx.set_setting("a", "1"); }));
  EXPECT_TRUE((*memory)->verify_audit()->empty());
}

TEST_F(OpenTest, ASecondOneIsRefused) {
  auto second = Store::open(path, clock);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::Unavailable);
  EXPECT_THAT(second.error().message, HasSubstr("another driftwarden"));
}

TEST_F(OpenTest, KeepsWhatWasCommitted) {
  in([](Transaction& tx) { return tx.set_setting("key", "value"); });
  reopen();
  EXPECT_EQ(in([](Transaction& tx) { return tx.setting("key"); }), "value");
}

TEST_F(OpenTest, RefusesANewerVersion) {
  store.reset();
  other().exec("PRAGMA user_version = 99");
  auto opened = Store::open(path, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(opened.error().message, HasSubstr("newer Driftwarden (its version is 99"));
}

TEST_F(OpenTest, RefusesAnotherProgramsFileAndLeavesItAlone) {
  const auto theirs = (directory / "theirs.db").string();
  SQLite::Database{theirs, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE}.exec("CREATE TABLE t (x)");
  auto opened = Store::open(theirs, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(opened.error().message, HasSubstr("another program"));
  SQLite::Database again{theirs};
  EXPECT_STREQ(again.execAndGet("PRAGMA journal_mode").getText(), "delete");
}

TEST_F(OpenTest, AFileThatIsNoDatabaseIsCorruptAndSaysHowToRestore) {
  const auto junk = (directory / "junk.db").string();
  std::ofstream{junk} << std::string(4096, 'x');
  auto opened = Store::open(junk, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::Corrupt);
  EXPECT_THAT(opened.error().message, HasSubstr("driftwarden restore"));
}

TEST_F(OpenTest, ADamagedPageIsFound) {
  for (int at = 0; at < 200; ++at) in([&](Transaction& tx) { return tx.set_setting("k" + std::to_string(at), std::string(500, 'v')); });
  store.reset();
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekp(-4096, std::ios::end);
  file << std::string(2048, '\x7f');
  file.close();
  auto opened = Store::open(path, clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::Corrupt);
  EXPECT_THAT(opened.error().message, HasSubstr("driftwarden restore"));
}

TEST_F(OpenTest, AMissingPlaceSaysWhatToDo) {
  auto opened = Store::open("/proc/nowhere/x.db", clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::Unavailable);
  EXPECT_THAT(opened.error().message, HasSubstr("/proc/nowhere"));
}

TEST_F(OpenTest, AReaderWorksBesideTheWriterAndNeverWrites) {
  in([](Transaction& tx) { return tx.set_setting("a", "1"); });
  auto reader = Store::open_read_only(path, clock);
  ASSERT_TRUE(reader) << reader.error().message;
  in([](Transaction& tx) { return tx.set_setting("a", "2"); });
  std::optional<std::string> seen;
  ASSERT_TRUE((*reader)->transact([&](Transaction& tx) -> Result<void> {
    TRY(seen, tx.setting("a"));
    return {};
  }));
  EXPECT_EQ(seen, "2");
  const auto written = (*reader)->transact([](Transaction& tx) { return tx.set_setting("a", "3"); });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::Unavailable);
  EXPECT_TRUE((*reader)->verify_audit());
}

TEST_F(OpenTest, AReaderNeedsAnExistingDatabaseOfOurs) {
  EXPECT_EQ(Store::open_read_only(path + ".no", clock).error().kind, ErrorKind::Unavailable);
  const auto theirs = (directory / "theirs.db").string();
  SQLite::Database{theirs, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE}.exec("CREATE TABLE t (x)");
  EXPECT_EQ(Store::open_read_only(theirs, clock).error().kind, ErrorKind::InvalidInput);
}

TEST_F(OpenTest, MigratesStepByStepAndKeepsTheData) {
  Session session{(directory / "m.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  const std::array one{"CREATE TABLE t (x TEXT) STRICT"};
  ASSERT_TRUE(migrate(session, one));
  session.database().exec("INSERT INTO t VALUES ('kept')");
  const std::array two{one[0], "ALTER TABLE t ADD COLUMN y TEXT"};
  ASSERT_TRUE(migrate(session, two));
  ASSERT_TRUE(migrate(session, two)) << "nothing left to do";
  EXPECT_STREQ(session.database().execAndGet("SELECT x FROM t WHERE y IS NULL").getText(), "kept");
  EXPECT_EQ(session.database().execAndGet("PRAGMA user_version").getInt(), 2);
}

TEST_F(OpenTest, AFailedStepLeavesTheVersionBefore) {
  Session session{(directory / "m.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  const std::array steps{"CREATE TABLE t (x TEXT) STRICT", "CREATE TABLE u (x TEXT) STRICT; nonsense"};
  EXPECT_FALSE(migrate(session, steps));
  EXPECT_EQ(session.database().execAndGet("PRAGMA user_version").getInt(), 1);
  EXPECT_EQ(session.database().execAndGet("SELECT count(*) FROM sqlite_schema WHERE name = 'u'").getInt(), 0);
}

}  // namespace
}  // namespace driftwarden::storage
