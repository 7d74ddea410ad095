// The inbox and the outbox.
//
//   Waiting -> Attempted -> Done | Failed
//      ^----- retry ----'
#include "storage/transaction.hpp"

#include <fmt/core.h>

#include <limits>

namespace driftwarden::storage {
namespace {

#define OUTBOX_COLUMNS "id, key, kind, lane, coalesce, payload, state, attempts, created_at, not_before, attempted_at, result"

OutboxRow read_outbox(const Query& row) {
  return {.id = row.integer(0),
          .key = row.text(1),
          .kind = row.text(2),
          .lane = row.text(3),
          .coalesce = row.text(4),
          .payload = row.text(5),
          .state = static_cast<OutboxState>(row.integer(6)),
          .attempts = static_cast<int>(row.integer(7)),
          .created_at = row.time(8),
          .not_before = row.time(9),
          .attempted_at = row.optional_time(10),
          .result = row.text(11)};
}

}  // namespace

std::int64_t to_limit(std::size_t limit) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return limit > static_cast<std::size_t>(most) ? -1 : static_cast<std::int64_t>(limit);
}

Result<void> expect_one(int changed, std::string_view what, std::int64_t id) {
  if (changed == 1) return {};
  return Error{ErrorKind::NotFound, fmt::format("there is no {} {} in the database", what, id)};
}

Result<bool> SqliteTransaction::add_inbox(const InboxRow& row) {
  return step("saving an event", [&] {
    const auto received = row.received_at == WallTime{} ? clock_.wall_now() : row.received_at;
    return session_.run("INSERT INTO inbox (key, type, payload, received_at) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING", row.key, row.type, row.payload,
                        received) == 1;
  });
}

Result<std::vector<InboxRow>> SqliteTransaction::pending_inbox(std::size_t limit) {
  return step("reading the inbox", [&] {
    std::vector<InboxRow> rows;
    auto query =
        session_.query("SELECT id, key, type, payload, received_at, attempts FROM inbox WHERE finished_at IS NULL ORDER BY id LIMIT ?", to_limit(limit));
    while (query.next()) {
      rows.push_back({.id = query.integer(0),
                      .key = query.text(1),
                      .type = query.text(2),
                      .payload = query.text(3),
                      .received_at = query.time(4),
                      .attempts = static_cast<int>(query.integer(5))});
    }
    return rows;
  });
}

Result<void> SqliteTransaction::begin_inbox(std::int64_t id) {
  return step("beginning an event", [&] {
    return expect_one(session_.run("UPDATE inbox SET attempts = attempts + 1 WHERE id = ? AND finished_at IS NULL", id), "waiting event", id);
  });
}

Result<void> SqliteTransaction::finish_inbox(std::int64_t id, const std::string& outcome) {
  return step("finishing an event", [&] {
    return expect_one(session_.run("UPDATE inbox SET finished_at = ?, outcome = ?, payload = '' WHERE id = ?", clock_.wall_now(), outcome, id), "event", id);
  });
}

std::int64_t SqliteTransaction::insert_outbox(const OutboxRow& row) {
  const auto created = row.created_at == WallTime{} ? clock_.wall_now() : row.created_at;
  session_.run("INSERT INTO outbox (key, kind, lane, coalesce, payload, created_at, not_before) VALUES (?, ?, ?, ?, ?, ?, ?)", row.key, row.kind, row.lane,
               row.coalesce, row.payload, created, row.not_before);
  return session_.last_id();
}

Result<std::int64_t> SqliteTransaction::enqueue(const OutboxRow& row) {
  return step("enqueuing an effect", [&]() -> std::int64_t {
    if (!row.key.empty()) {
      auto known = session_.query("SELECT outbox_id FROM outbox_key WHERE key = ?", row.key);
      if (known.next()) return known.integer(0);
    }
    std::int64_t id = 0;
    if (!row.coalesce.empty()) {
      auto waiting = session_.query(
          "SELECT id FROM outbox WHERE state = 0 AND coalesce <> '' AND coalesce = ? AND attempts = 0 AND lane = ? AND kind = ? "
          "ORDER BY id DESC LIMIT 1",
          row.coalesce, row.lane, row.kind);
      if (waiting.next()) id = waiting.integer(0);
    }
    if (id != 0) {
      session_.run("UPDATE outbox SET payload = ?, not_before = min(not_before, ?) WHERE id = ?", row.payload, row.not_before, id);
    } else {
      id = insert_outbox(row);
    }
    if (!row.key.empty()) session_.run("INSERT INTO outbox_key (key, outbox_id) VALUES (?, ?)", row.key, id);
    return id;
  });
}

Result<std::vector<OutboxRow>> SqliteTransaction::ready_outbox(WallTime now, std::size_t limit) {
  return step("reading the outbox", [&] {
    std::vector<OutboxRow> rows;
    auto query = session_.query("SELECT " OUTBOX_COLUMNS
                                " FROM outbox o WHERE state < 2 AND not_before <= ? "
                                "AND (lane = '' OR NOT EXISTS (SELECT 1 FROM outbox e WHERE e.lane = o.lane AND e.state < 2 AND e.id < o.id)) "
                                "ORDER BY id LIMIT ?",
                                now, to_limit(limit));
    while (query.next()) rows.push_back(read_outbox(query));
    return rows;
  });
}

Result<std::optional<WallTime>> SqliteTransaction::next_outbox_time() {
  return step("reading the outbox", [&]() -> std::optional<WallTime> {
    // Only the heads of the lanes: a due row behind a waiting one isn't ready, and would wake the worker for nothing.
    auto query = session_.query(
        "SELECT min(not_before) FROM outbox o WHERE state = 0 "
        "AND (lane = '' OR NOT EXISTS (SELECT 1 FROM outbox e WHERE e.lane = o.lane AND e.state < 2 AND e.id < o.id))");
    query.next();
    return query.optional_time(0);
  });
}

Result<void> SqliteTransaction::begin_outbox(std::int64_t id) {
  return step("beginning an effect", [&] {
    return expect_one(session_.run("UPDATE outbox SET state = 1, attempts = attempts + 1, attempted_at = ? WHERE id = ? AND state < 2", clock_.wall_now(), id),
                      "open effect", id);
  });
}

Result<void> SqliteTransaction::finish_outbox(std::int64_t id, const std::string& result) {
  return step("finishing an effect", [&] {
    return expect_one(session_.run("UPDATE outbox SET state = 2, result = ?, finished_at = ? WHERE id = ? AND state < 2", result, clock_.wall_now(), id),
                      "open effect", id);
  });
}

Result<void> SqliteTransaction::retry_outbox(std::int64_t id, WallTime not_before, const std::string& error) {
  return step("putting an effect off", [&] {
    return expect_one(session_.run("UPDATE outbox SET state = 0, not_before = ?, result = ? WHERE id = ? AND state < 2", not_before, error, id), "open effect",
                      id);
  });
}

Result<void> SqliteTransaction::fail_outbox(std::int64_t id, const std::string& error) {
  return step("failing an effect", [&] {
    return expect_one(session_.run("UPDATE outbox SET state = 3, result = ?, finished_at = ? WHERE id = ? AND state < 2", error, clock_.wall_now(), id),
                      "open effect", id);
  });
}

Result<void> SqliteTransaction::put_off_outbox(std::int64_t id, WallTime not_before, const std::string& why) {
  return step("putting an effect off", [&] {
    // One attempt stays counted: whoever takes it up again must know that it isn't the first.
    return expect_one(session_.run("UPDATE outbox SET state = 0, attempts = 1, not_before = ?, result = ? WHERE id = ? AND state < 2", not_before, why, id), "open effect", id);
  });
}

Result<void> SqliteTransaction::hurry_outbox(const std::string& lane, WallTime now) {
  return step("hurrying an effect", [&] {
    session_.run("UPDATE outbox SET not_before = ? WHERE lane = ? AND state = 0 AND not_before > ?", now, lane, now);
    return Result<void>{};
  });
}

}  // namespace driftwarden::storage
