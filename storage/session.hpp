#pragma once
// One SQLite connection with its prepared statements. Internal to storage/: its header is heavy. Throws SQLite::Exception; `guarded` is
// where that becomes an Error.
#include "gitops/base/clock.hpp"

#include <boost/system/error_category.hpp>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

namespace driftwarden::storage {

/// A statement in use: bound at birth, reset at death, so that it holds no read lock afterwards.
class Query {
 public:
  explicit Query(SQLite::Statement& statement) : statement_(statement) {}
  ~Query() { statement_.tryReset(); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  bool next() { return statement_.executeStep(); }
  int run() { return statement_.exec(); }
  std::string text(int column) const { return statement_.getColumn(column).getString(); }
  std::int64_t integer(int column) const { return statement_.getColumn(column).getInt64(); }
  WallTime time(int column) const { return WallTime{Duration{integer(column)}}; }
  bool is_null(int column) const { return statement_.getColumn(column).isNull(); }
  std::optional<WallTime> optional_time(int column) const { return is_null(column) ? std::nullopt : std::optional{time(column)}; }

 private:
  SQLite::Statement& statement_;
};

class Session {
 public:
  Session(const std::string& path, int flags, const std::string& vfs = {}) : database_(path, flags, 0, vfs) {}

  SQLite::Database& database() { return database_; }

  /// `sql` must be a literal: its address is the key of the cache.
  template <class... Args>
  Query query(const char* sql, const Args&... args) {
    return Query{prepare(sql, args...)};
  }
  /// The number of rows changed.
  template <class... Args>
  int run(const char* sql, const Args&... args) {
    Query query{prepare(sql, args...)};
    return query.run();
  }
  std::int64_t last_id() const { return database_.getLastInsertRowid(); }
  bool in_transaction() const;

 private:
  template <class... Args>
  SQLite::Statement& prepare(const char* sql, const Args&... args) {
    auto& slot = statements_[sql];
    if (!slot) slot = std::make_unique<SQLite::Statement>(database_, sql);
    slot->tryReset();
    slot->clearBindings();
    bind_all(*slot, args...);
    return *slot;
  }
  template <class... Args>
  static void bind_all(SQLite::Statement& statement, const Args&... args) {
    if constexpr (sizeof...(args) > 0) {
      Binder binder{statement};
      (binder.add(args), ...);
    }
  }
  struct Binder {
    SQLite::Statement& statement;
    int index = 0;
    void add(std::int64_t value) { statement.bind(++index, value); }
    void add(int value) { statement.bind(++index, value); }
    void add(const std::string& value) { statement.bind(++index, value); }
    void add(std::string_view value) { statement.bind(++index, std::string{value}); }
    void add(const char* value) { statement.bind(++index, value); }
    void add(WallTime value) { statement.bind(++index, static_cast<std::int64_t>(value.time_since_epoch().count())); }
    template <class T>
    void add(const std::optional<T>& value) {
      if (value) {
        add(*value);
      } else {
        statement.bind(++index);
      }
    }
  };

  SQLite::Database database_;
  std::unordered_map<const char*, std::unique_ptr<SQLite::Statement>> statements_;
};

/// Of Error::cause: SQLite's extended result code.
const boost::system::error_category& sqlite_category();
/// Whether the error says that the file or the disk under it can't be trusted any more.
bool is_damage(const Error& error);
/// Another process holds the locks.
bool is_locked(const Error& error);

/// What SQLite (or a stored JSON text) reported while doing `step`, as an Error that says what to do.
Error to_error(std::string_view step, const std::exception& thrown);

/// Runs `work`, turning what it throws into an Error. `work` returns a plain value or a Result.
template <class Work>
auto guarded(std::string_view step, Work&& work) {
  using Value = std::invoke_result_t<Work>;
  constexpr bool is_result = requires(Value value) { value.error(); };
  using Returned = typename std::conditional_t<is_result, std::type_identity<Value>, std::type_identity<Result<Value>>>::type;
  try {
    if constexpr (std::is_void_v<Value>) {
      work();
      return Returned{};
    } else {
      return Returned{work()};
    }
  } catch (const std::exception& thrown) {
    return Returned{to_error(step, thrown)};
  }
}

}  // namespace driftwarden::storage
