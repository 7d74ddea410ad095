#include "storage/store.hpp"

#include "storage/chain.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/transaction.hpp"

#include <fmt/core.h>

namespace driftwarden::storage {

std::string SqliteStore::damage() const {
  const std::lock_guard lock{mutex_};
  return damage_;
}

Result<void> SqliteStore::refusal() const {
  auto damage = this->damage();
  if (damage.empty()) return {};
  return Error{ErrorKind::Corrupt, std::move(damage)};
}

void SqliteStore::note_damage(const Error& error) {
  if (!is_damage(error) || !check_not_seized()) return;
  const std::lock_guard lock{mutex_};
  if (!damage_.empty()) return;
  damage_ = fmt::format("the database can't be trusted any more, so nothing is written to it: {}. Look at the disk; `driftwarden backup` tells whether the file is whole, "
                        "`driftwarden restore` puts a backup in its place",
                        error.message);
}

Result<void> SqliteStore::note_head() {
  if (!lock_.held()) return {};
  TRY(note_.head, read_mark(*session_));
  return lock_.set_note(note_, false);
}

/// A hint: when it can't be written, the next one is.
void SqliteStore::note_appended(const std::optional<AuditMark>& last) {
  if (!last || !lock_.held()) return;
  note_.head.seq = last->seq;
  note_.head.hash = last->hash;
  static_cast<void>(lock_.set_note(note_, false));
}

Result<void> SqliteStore::transact(const std::function<Result<void>(Transaction&)>& work) {
  CHECK_OK(refusal());
  return noted(run(work));
}

Result<void> SqliteStore::run(const std::function<Result<void>(Transaction&)>& work) {
  const char* begin = read_only_ ? "BEGIN" : "BEGIN IMMEDIATE";
  CHECK_OK(guarded("beginning a transaction", [&] { session_->database().exec(begin); }));
  Rollback rollback{*session_};
  CHECK_OK(check_term());
  SqliteTransaction transaction{*session_, clock_};
  auto done = work(transaction);
  if (transaction.broken()) note_damage(*transaction.broken());
  CHECK_OK(std::move(done));
  if (transaction.broken()) return *transaction.broken();
  CHECK_OK(guarded("committing to the database", [&] { session_->database().exec("COMMIT"); }));
  CHECK_OK(check_not_seized());
  note_appended(transaction.appended());
  return {};
}

std::vector<Result<void>> Store::transact_all(const std::vector<std::function<Result<void>(Transaction&)>>& works) {
  std::vector<Result<void>> results;
  for (const auto& work : works) results.push_back(transact(work));
  return results;
}

std::vector<Result<void>> SqliteStore::transact_all(const Works& works) {
  if (works.size() > 1) {
    if (auto together = noted(transact_together(works))) return *std::move(together);
  }
  return Store::transact_all(works);
}

Result<std::vector<Result<void>>> SqliteStore::transact_together(const Works& works) {
  std::vector<Result<void>> results;
  std::optional<AuditMark> last;
  CHECK_OK(refusal());
  auto& database = session_->database();
  CHECK_OK(guarded("beginning a transaction", [&] { database.exec(read_only_ ? "BEGIN" : "BEGIN IMMEDIATE"); }));
  Rollback rollback{*session_};
  CHECK_OK(check_term());
  for (const auto& work : works) {
    CHECK_OK(guarded("beginning a step", [&] { database.exec("SAVEPOINT work"); }));
    SqliteTransaction transaction{*session_, clock_};
    auto result = work(transaction);
    if (transaction.broken()) return *transaction.broken();
    if (result && transaction.appended()) last = transaction.appended();
    CHECK_OK(guarded("ending a step", [&] { database.exec(result ? "RELEASE work" : "ROLLBACK TO work; RELEASE work"); }));
    results.push_back(std::move(result));
  }
  CHECK_OK(guarded("committing to the database", [&] { database.exec("COMMIT"); }));
  CHECK_OK(check_not_seized());
  note_appended(last);
  return results;
}

}  // namespace driftwarden::storage
