#include "tests/sim/tamper.hpp"

#include <sqlite3.h>

#include <stdexcept>

namespace driftwarden::sim {
namespace {

void run(sqlite3* database, const std::string& sql) {
  if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) throw std::runtime_error(sql + ": " + sqlite3_errmsg(database));
}

std::string text(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  std::string value;
  if (sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
    value = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  }
  sqlite3_finalize(statement);
  return value;
}

}  // namespace

void tamper_with_audit(const std::string& vfs, const std::string& file) {
  sqlite3* database = nullptr;
  if (sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READWRITE, vfs.c_str()) != SQLITE_OK) throw std::runtime_error("the database doesn't open");
  const auto trigger = text(database, "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = 'audit_no_update'");
  run(database, "DROP TRIGGER audit_no_update");
  run(database, "UPDATE audit SET actor = 'mallory' WHERE seq = 2");
  run(database, trigger);
  sqlite3_close(database);
}

}  // namespace driftwarden::sim
