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

std::vector<Result<void>> Store::transact_all(const std::vector<std::function<Result<void>(Transaction&)>>& works) {
  std::vector<Result<void>> results;
  for (const auto& work : works) results.push_back(transact(work));
  return results;
}

std::vector<Result<void>> SqliteStore::transact_all(const Works& works) {
  if (works.size() > 1) {
    if (auto together = transact_together(works)) return *std::move(together);
  }
  return Store::transact_all(works);
}

Result<std::vector<Result<void>>> SqliteStore::transact_together(const Works& works) {
  std::vector<Result<void>> results;
  auto& database = session_->database();
  CHECK_OK(guarded("beginning a transaction", [&] { database.exec(read_only_ ? "BEGIN" : "BEGIN IMMEDIATE"); }));
  Rollback rollback{*session_};
  for (const auto& work : works) {
    CHECK_OK(guarded("beginning a step", [&] { database.exec("SAVEPOINT work"); }));
    SqliteTransaction transaction{*session_, clock_};
    auto result = work(transaction);
    if (transaction.broken()) return *transaction.broken();
    CHECK_OK(guarded("ending a step", [&] { database.exec(result ? "RELEASE work" : "ROLLBACK TO work; RELEASE work"); }));
    results.push_back(std::move(result));
  }
  CHECK_OK(guarded("committing to the database", [&] { database.exec("COMMIT"); }));
  return results;
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
