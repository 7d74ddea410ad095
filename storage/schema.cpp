#include "storage/schema.hpp"

#include <fmt/core.h>

#include <array>

namespace driftwarden::storage {
namespace {

// The outbox keeps its keys in a table of their own: a row that took over a newer payload answers to both keys.
constexpr const char* kFirst = R"sql(
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE inbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  finished_at INTEGER,
  outcome TEXT
) STRICT;
CREATE INDEX inbox_pending ON inbox (id) WHERE finished_at IS NULL;
CREATE INDEX inbox_finished ON inbox (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  lane TEXT NOT NULL,
  coalesce TEXT NOT NULL,
  payload TEXT NOT NULL,
  state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
  attempts INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  attempted_at INTEGER,
  finished_at INTEGER,
  result TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX outbox_open ON outbox (lane, id) WHERE state < 2;
CREATE INDEX outbox_due ON outbox (not_before) WHERE state < 2;
CREATE INDEX outbox_coalesce ON outbox (coalesce) WHERE state = 0 AND coalesce <> '';
CREATE INDEX outbox_finished ON outbox (finished_at) WHERE finished_at IS NOT NULL;
CREATE TABLE outbox_key (
  key TEXT PRIMARY KEY,
  outbox_id INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_key_row ON outbox_key (outbox_id);

CREATE TABLE incident (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  app TEXT NOT NULL,
  state TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  resolved_at INTEGER,
  resolved_by TEXT NOT NULL,
  message_channel TEXT,
  message_ts TEXT,
  channel TEXT NOT NULL,
  acknowledged_by TEXT NOT NULL,
  snoozed_until INTEGER,
  report TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX incident_open ON incident (app) WHERE state <> 'resolved';
CREATE INDEX incident_app ON incident (app, id);
CREATE INDEX incident_message ON incident (message_ts, message_channel) WHERE message_ts IS NOT NULL;

CREATE TABLE change (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  app TEXT NOT NULL,
  verb TEXT NOT NULL,
  state TEXT NOT NULL,
  review TEXT NOT NULL,
  requester TEXT NOT NULL,
  reason TEXT NOT NULL,
  target_revision TEXT NOT NULL,
  base_sha TEXT NOT NULL,
  branch TEXT NOT NULL,
  head_sha TEXT NOT NULL,
  diff_digest TEXT NOT NULL,
  diff TEXT NOT NULL,
  quorum TEXT NOT NULL,
  approvals TEXT NOT NULL,
  pull_request INTEGER NOT NULL,
  pull_request_url TEXT NOT NULL,
  merged_sha TEXT NOT NULL,
  failure TEXT NOT NULL,
  closed_by TEXT NOT NULL,
  card_channel TEXT,
  card_ts TEXT,
  channel TEXT NOT NULL,
  thread_ts TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  expires_at INTEGER
) STRICT;
CREATE INDEX change_app ON change (app, id);
CREATE INDEX change_open ON change (id)
  WHERE state NOT IN ('done', 'rejected', 'expired', 'superseded', 'failed', 'cancelled');
CREATE INDEX change_card ON change (card_ts, card_channel) WHERE card_ts IS NOT NULL;

CREATE TABLE app (
  app TEXT PRIMARY KEY,
  last_synced_revision TEXT NOT NULL,
  last_synced_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  app TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_app ON audit (app, seq);
CREATE TABLE audit_head (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is never altered'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is never deleted from'); END;
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
  WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit)
    OR NEW.previous IS NOT coalesce((SELECT hash FROM audit ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
  BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
)sql";

constexpr const char* kIgnoreAndTimeInDrift = R"sql(
ALTER TABLE change ADD COLUMN argument TEXT NOT NULL DEFAULT '';
CREATE INDEX incident_resolved ON incident (resolved_at) WHERE resolved_at IS NOT NULL;
)sql";

constexpr const char* kHoldsAndIdentities = R"sql(
ALTER TABLE change ADD COLUMN details TEXT NOT NULL DEFAULT '{}';
CREATE INDEX change_requested ON change (app, requested_at);

CREATE TABLE hold (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  scope_kind INTEGER NOT NULL CHECK (scope_kind BETWEEN 0 AND 3),
  scope TEXT NOT NULL,
  owner TEXT NOT NULL,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER,
  ended_at INTEGER,
  ended_by TEXT NOT NULL,
  channel TEXT NOT NULL
) STRICT;
CREATE INDEX hold_open ON hold (id) WHERE ended_at IS NULL;

CREATE TABLE delegation (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  giver TEXT NOT NULL,
  taker TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE INDEX delegation_open ON delegation (until) WHERE ended_at IS NULL;

CREATE TABLE identity (
  team TEXT NOT NULL,
  user TEXT NOT NULL,
  person TEXT NOT NULL,
  forge TEXT NOT NULL,
  repository TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  proven_at INTEGER,
  PRIMARY KEY (team, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollout (
  app TEXT NOT NULL,
  tree TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  health TEXT NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (app, tree)
) STRICT, WITHOUT ROWID;

CREATE TABLE pull_note (
  repository TEXT NOT NULL,
  number INTEGER NOT NULL,
  head_sha TEXT NOT NULL,
  base_sha TEXT NOT NULL,
  digest TEXT NOT NULL,
  channel TEXT NOT NULL,
  message_channel TEXT,
  message_ts TEXT,
  closed INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (repository, number)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kGroupsAndSilences = R"sql(
ALTER TABLE incident ADD COLUMN group_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incident ADD COLUMN root_cause TEXT NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN muted_by TEXT NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN details TEXT NOT NULL DEFAULT '{}';
ALTER TABLE incident ADD COLUMN told_at INTEGER;
UPDATE incident SET told_at = opened_at, details = json_object('state', json_extract(report, '$.state'), 'cause', json_extract(report, '$.cause'));
CREATE INDEX incident_group ON incident (group_id, state, muted_by) WHERE group_id <> 0;
CREATE INDEX incident_root_cause ON incident (root_cause, channel) WHERE root_cause <> '' AND muted_by = '' AND (group_id = 0 OR group_id = id);
CREATE INDEX incident_told ON incident (channel, told_at) WHERE muted_by = '' AND (group_id = 0 OR group_id = id);

CREATE TABLE silence (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  match TEXT NOT NULL,
  owner TEXT NOT NULL,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  ended_at INTEGER,
  ended_by TEXT NOT NULL,
  channel TEXT NOT NULL
) STRICT;
CREATE INDEX silence_open ON silence (id) WHERE ended_at IS NULL;
)sql";

// Rows leave the log in one way only: behind a seal that names their last one, and never all of them.
constexpr const char* kWitnessesAndSeals = R"sql(
ALTER TABLE audit ADD COLUMN where_ TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN on_ TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_actor ON audit (actor, seq);
CREATE INDEX audit_action ON audit (action, seq);
CREATE INDEX audit_subject ON audit (subject, seq) WHERE subject <> '';
CREATE INDEX audit_at ON audit (at);

CREATE TABLE audit_seal (
  last INTEGER PRIMARY KEY,
  first INTEGER NOT NULL,
  hash TEXT NOT NULL,
  archive TEXT NOT NULL,
  digest TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal BEGIN SELECT RAISE(ABORT, 'a seal is never altered'); END;
CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal BEGIN SELECT RAISE(ABORT, 'a seal is never broken'); END;
CREATE TRIGGER audit_seal_in_order BEFORE INSERT ON audit_seal
  WHEN NEW.first IS NOT coalesce((SELECT max(last) FROM audit_seal), 0) + 1
    OR NEW.last < NEW.first
    OR NEW.last >= (SELECT max(seq) FROM audit)
    OR NEW.hash IS NOT (SELECT hash FROM audit WHERE seq = NEW.last)
  BEGIN SELECT RAISE(ABORT, 'a seal follows the seal before it and names a row of the log'); END;

DROP TRIGGER audit_no_delete;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
  WHEN OLD.seq > coalesce((SELECT max(last) FROM audit_seal), 0)
  BEGIN SELECT RAISE(ABORT, 'the audit log is never deleted from'); END;

CREATE INDEX change_updated ON change (updated_at);
CREATE INDEX rollout_last ON rollout (last_at);
)sql";

constexpr const char* kWaivers = R"sql(
CREATE TABLE waiver (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  app TEXT NOT NULL,
  gate TEXT NOT NULL,
  rule TEXT NOT NULL,
  object TEXT NOT NULL,
  owner TEXT NOT NULL,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  ended_at INTEGER,
  ended_by TEXT NOT NULL,
  channel TEXT NOT NULL,
  change_id INTEGER NOT NULL
) STRICT;
CREATE INDEX waiver_open ON waiver (id) WHERE ended_at IS NULL;
)sql";

constexpr std::array kMigrations{kFirst, kIgnoreAndTimeInDrift, kHoldsAndIdentities, kGroupsAndSilences, kWitnessesAndSeals, kWaivers};

std::int64_t number(Session& session, const char* pragma) { return session.database().execAndGet(pragma).getInt64(); }

Result<void> check_owner(Session& session) {
  const auto owner = number(session, "PRAGMA application_id");
  if (owner == kApplicationId) return {};
  if (owner == 0 && number(session, "SELECT count(*) FROM sqlite_schema") == 0) return {};
  return Error{ErrorKind::InvalidInput,
               fmt::format("{} is the database of another program: give Driftwarden a file of its own", session.database().getFilename())};
}

void take_step(Session& session, const char* sql, std::size_t version) {
  auto& database = session.database();
  database.exec("BEGIN IMMEDIATE");
  try {
    database.exec(sql);
    database.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
    database.exec(fmt::format("PRAGMA user_version = {}", version));
    database.exec("COMMIT");
  } catch (...) {
    if (session.in_transaction()) database.tryExec("ROLLBACK");
    throw;
  }
}

}  // namespace

std::span<const char* const> migrations() { return kMigrations; }

Result<std::size_t> version_of(Session& session, std::span<const char* const> steps) {
  return guarded("reading the database's version", [&]() -> Result<std::size_t> {
    CHECK_OK(check_owner(session));
    const auto version = static_cast<std::size_t>(number(session, "PRAGMA user_version"));
    if (version <= steps.size()) return version;
    const auto file = session.database().getFilename();
    return Error{ErrorKind::InvalidInput,
                 fmt::format("{} was written by a newer Driftwarden (its version is {}, this program knows up to {}): use the newer program, or put back "
                             "a copy from before the upgrade, which lies at {}.v{}.backup if this program ever wrote here (driftwarden restore)",
                             file, version, steps.size(), file, steps.size())};
  });
}

Result<void> migrate(Session& session, std::span<const char* const> steps) {
  return guarded("preparing the database", [&]() -> Result<void> {
    TRY(const auto version, version_of(session, steps));
    for (auto at = version; at < steps.size(); ++at) take_step(session, steps[at], at + 1);
    return {};
  });
}

}  // namespace driftwarden::storage
