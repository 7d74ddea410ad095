#pragma once
// A store in a directory of its own, on a clock that the test owns.
#include "storage/sqlite_store.hpp"
#include "tests/support/manual_clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

namespace driftwarden::storage {

inline AuditEntry entry(std::string actor, std::string action) {
  return {.actor = std::move(actor), .action = std::move(action), .app = {}, .subject = {}, .detail = {}};
}

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "driftwarden-store-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
    path = (directory / "driftwarden.db").string();
  }
  ~StoreTest() override {
    store.reset();
    std::filesystem::remove_all(directory);
  }

  void SetUp() override { reopen(); }
  void reopen() {
    store.reset();
    auto opened = Store::open(path, clock);
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(opened).value();
  }

  SqliteStore& sqlite() { return static_cast<SqliteStore&>(*store); }
  /// One transaction around one call; fails the test when it fails.
  template <class Call>
  auto in(Call call) {
    using Value = typename std::invoke_result_t<Call, Transaction&>::value_type;
    if constexpr (std::is_void_v<Value>) {
      const auto done = store->transact(call);
      EXPECT_TRUE(done) << done.error().message;
    } else {
      Value value{};
      const auto done = store->transact([&](Transaction& tx) -> Result<void> {
        TRY(value, call(tx));
        return {};
      });
      EXPECT_TRUE(done) << done.error().message;
      return value;
    }
  }
  /// A connection of another process, so to speak: it knows nothing of the store's.
  SQLite::Database other(int flags = SQLite::OPEN_READWRITE) { return SQLite::Database{path, flags}; }

  asio::io_context io;
  test::ManualClock clock{io};
  std::filesystem::path directory;
  std::string path;
  std::unique_ptr<Store> store;
};

}  // namespace driftwarden::storage
