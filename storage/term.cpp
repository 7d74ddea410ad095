// Several instances on one database: only the one that began the newest term writes. A lock can't tell, since a process that was frozen keeps its locks.
#include "storage/seize.hpp"
#include "storage/sqlite_store.hpp"

#include <fmt/core.h>

#include <charconv>

namespace driftwarden::storage {
namespace {

std::int64_t term_in(Session& session) {
  auto row = session.query("SELECT value FROM setting WHERE name = 'leader_epoch'");
  std::int64_t term = 0;
  if (!row.next()) return term;
  const auto text = row.text(0);
  std::from_chars(text.data(), text.data() + text.size(), term);
  return term;
}

}  // namespace

Result<void> SqliteStore::begin_term(const std::function<bool()>& leads, const std::string& path) {
  if (!leads) return {};
  seizures_ = path.empty() ? 0 : seizures_of(path);
  return guarded("beginning a term", [&]() -> Result<void> {
    session_->database().exec("BEGIN IMMEDIATE");
    Rollback rollback{*session_};
    // Behind the write lock: whoever asks later begins later.
    if (!leads()) return Error{ErrorKind::Unavailable, "this instance leads no more, so it doesn't open the database"};
    const auto term = term_in(*session_) + 1;
    session_->run("INSERT INTO setting (name, value) VALUES ('leader_epoch', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", std::to_string(term));
    session_->database().exec("COMMIT");
    term_ = term;
    shared_path_ = path;
    return Result<void>{};
  });
}

Result<void> SqliteStore::check_term() {
  if (term_ == 0) return {};
  CHECK_OK(check_not_seized());
  return guarded("looking whose term it is", [&]() -> Result<void> {
    const auto newest = term_in(*session_);
    if (newest == term_) return Result<void>{};
    return Error{ErrorKind::Unavailable, fmt::format("another instance leads by now (term {}, and this one's was {}): nothing is written", newest, term_)};
  });
}

Result<void> SqliteStore::check_not_seized() const {
  if (shared_path_.empty() || seizures_of(shared_path_) == seizures_) return {};
  return Error{ErrorKind::Unavailable, "another instance leads by now and has taken over the database, which this one held locked: nothing is written"};
}

}  // namespace driftwarden::storage
