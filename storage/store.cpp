#include "storage/store.hpp"

#include "storage/sqlite_store.hpp"
#include "storage/transaction.hpp"

namespace driftwarden::storage {

Result<void> SqliteStore::transact(const std::function<Result<void>(Transaction&)>& work) {
  const char* begin = read_only_ ? "BEGIN" : "BEGIN IMMEDIATE";
  CHECK_OK(guarded("beginning a transaction", [&] { session_->database().exec(begin); }));
  Rollback rollback{*session_};
  SqliteTransaction transaction{*session_, clock_};
  CHECK_OK(work(transaction));
  if (transaction.broken()) return *transaction.broken();
  return guarded("committing to the database", [&] { session_->database().exec("COMMIT"); });
}

Result<std::size_t> SqliteStore::prune(Duration age) {
  const auto before = clock_.wall_now() - age;
  std::size_t deleted = 0;
  CHECK_OK(guarded("pruning the database", [&] {
    session_->database().exec("BEGIN IMMEDIATE");
    Rollback rollback{*session_};
    deleted += static_cast<std::size_t>(session_->run("DELETE FROM inbox WHERE finished_at IS NOT NULL AND finished_at < ?", before));
    deleted += static_cast<std::size_t>(session_->run("DELETE FROM outbox WHERE finished_at IS NOT NULL AND finished_at < ?", before));
    session_->database().exec("COMMIT");
  }));
  return deleted;
}

}  // namespace driftwarden::storage
