// What keeps the database from growing for ever.
#include "storage/sqlite_store.hpp"
#include "storage/transaction.hpp"

namespace driftwarden::storage {
namespace {

/// A turn is short, so that nobody waits for it long.
constexpr std::int64_t kRowsPerTurn = 1000;

std::size_t count(int changed) { return static_cast<std::size_t>(changed); }

std::size_t forget_ended(Session& session, WallTime before) {
  std::size_t deleted = 0;
  // A group is told in one message: it goes when all of it has ended.
  deleted += count(session.run("DELETE FROM incident WHERE id IN (SELECT id FROM incident i WHERE resolved_at IS NOT NULL AND resolved_at < ? AND state = 'resolved' AND NOT EXISTS "
                               "(SELECT 1 FROM incident o WHERE o.group_id = i.group_id AND o.group_id <> 0 AND (o.state <> 'resolved' OR o.resolved_at >= ?)) LIMIT ?)",
                               before, before, kRowsPerTurn));
  deleted += count(session.run("DELETE FROM change WHERE id IN (SELECT id FROM change WHERE updated_at < ? AND NOT (" CHANGE_IS_OPEN ") LIMIT ?)", before, kRowsPerTurn));
  deleted += count(session.run("DELETE FROM hold WHERE id IN (SELECT id FROM hold WHERE ended_at < ? LIMIT ?)", before, kRowsPerTurn));
  deleted += count(session.run("DELETE FROM silence WHERE id IN (SELECT id FROM silence WHERE ended_at < ? LIMIT ?)", before, kRowsPerTurn));
  deleted += count(session.run("DELETE FROM waiver WHERE id IN (SELECT id FROM waiver WHERE until < ? LIMIT ?)", before, kRowsPerTurn));
  deleted += count(session.run("DELETE FROM delegation WHERE id IN (SELECT id FROM delegation WHERE min(until, coalesce(ended_at, until)) < ? LIMIT ?)", before, kRowsPerTurn));
  deleted += count(session.run("DELETE FROM identity WHERE proven_at IS NULL AND asked_at < ?", before));
  return deleted;
}

/// Of each App the latest stays, however old: a rollback asks for it.
std::size_t forget_rollouts(Session& session, WallTime before) {
  return count(session.run("DELETE FROM rollout WHERE (app, tree) IN (SELECT app, tree FROM rollout r WHERE last_at < ? AND EXISTS "
                           "(SELECT 1 FROM rollout n WHERE n.app = r.app AND n.last_at > r.last_at) LIMIT ?)",
                           before, kRowsPerTurn));
}

std::size_t forget_pulls(Session& session, WallTime before) {
  struct Gone {
    std::string repository;
    std::int64_t number = 0;
  };
  std::vector<Gone> gone;
  {
    auto query = session.query("SELECT repository, number FROM pull_note WHERE closed <> 0 AND updated_at < ? LIMIT ?", before, kRowsPerTurn);
    while (query.next()) gone.push_back({query.text(0), query.integer(1)});
  }
  for (const auto& pull : gone) {
    const auto ending = ":" + pull.repository + ":" + std::to_string(pull.number);
    session.run("DELETE FROM setting WHERE length(name) > length(?1) AND substr(name, -length(?1)) = ?1", ending);
    session.run("DELETE FROM pull_note WHERE repository = ? AND number = ?", pull.repository, pull.number);
  }
  return gone.size();
}

}  // namespace

Result<std::size_t> SqliteStore::prune(Duration age) {
  CHECK_OK(refusal());
  const auto before = clock_.wall_now() - age;
  return noted(guarded("pruning the database", [&]() -> Result<std::size_t> {
    session_->database().exec("BEGIN IMMEDIATE");
    Rollback rollback{*session_};
    CHECK_OK(check_term());
    std::size_t deleted = 0;
    deleted += count(session_->run("DELETE FROM inbox WHERE finished_at IS NOT NULL AND finished_at < ?", before));
    deleted += count(session_->run("DELETE FROM outbox WHERE finished_at IS NOT NULL AND finished_at < ?", before));
    session_->database().exec("COMMIT");
    return deleted;
  }));
}

Result<std::size_t> SqliteStore::forget(Duration age) {
  CHECK_OK(refusal());
  const auto before = clock_.wall_now() - age;
  return noted(guarded("forgetting what ended long ago", [&]() -> Result<std::size_t> {
    session_->database().exec("BEGIN IMMEDIATE");
    Rollback rollback{*session_};
    CHECK_OK(check_term());
    const auto deleted = forget_ended(*session_, before) + forget_rollouts(*session_, before) + forget_pulls(*session_, before);
    session_->database().exec("COMMIT");
    return deleted;
  }));
}

}  // namespace driftwarden::storage
