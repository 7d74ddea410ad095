// What was said of the pull requests that people opened, and how each rollout did.
#include "storage/transaction.hpp"

#include <fmt/core.h>

namespace driftwarden::storage {
namespace {

#define PULL_COLUMNS "repository, number, head_sha, base_sha, digest, channel, message_channel, message_ts, closed, updated_at"

PullNote read_note(const Query& row) {
  PullNote note;
  note.repository = row.text(0);
  note.number = row.integer(1);
  note.head_sha = row.text(2);
  note.base_sha = row.text(3);
  note.digest = row.text(4);
  note.channel = row.text(5);
  if (!row.is_null(7)) note.message = MessageRef{row.text(6), row.text(7)};
  note.closed = row.integer(8) != 0;
  note.updated_at = row.time(9);
  return note;
}

}  // namespace

Result<void> SqliteTransaction::save_pull_note(const PullNote& note) {
  return step(fmt::format("saving what was said of {}#{}", note.repository, note.number), [&] {
    const auto channel = note.message ? std::optional{note.message->channel} : std::nullopt;
    const auto ts = note.message ? std::optional{note.message->ts} : std::nullopt;
    session_.run("INSERT INTO pull_note (" PULL_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                 "ON CONFLICT (repository, number) DO UPDATE SET head_sha = excluded.head_sha, base_sha = excluded.base_sha, digest = excluded.digest, "
                 "channel = excluded.channel, message_channel = excluded.message_channel, message_ts = excluded.message_ts, closed = excluded.closed, "
                 "updated_at = excluded.updated_at",
                 note.repository, note.number, note.head_sha, note.base_sha, note.digest, note.channel, channel, ts, note.closed ? 1 : 0, note.updated_at);
  });
}

Result<std::optional<PullNote>> SqliteTransaction::find_pull_note(const std::string& repository, std::int64_t number) {
  return step("reading what was said of a pull request", [&]() -> std::optional<PullNote> {
    auto row = session_.query("SELECT " PULL_COLUMNS " FROM pull_note WHERE repository = ? AND number = ?", repository, number);
    if (!row.next()) return std::nullopt;
    return read_note(row);
  });
}

Result<std::vector<PullNote>> SqliteTransaction::pull_notes(const std::string& repository) {
  return step("reading what was said of pull requests", [&] {
    std::vector<PullNote> notes;
    auto rows = session_.query("SELECT " PULL_COLUMNS " FROM pull_note WHERE repository = ? AND closed = 0 ORDER BY number", repository);
    while (rows.next()) notes.push_back(read_note(rows));
    return notes;
  });
}

Result<void> SqliteTransaction::save_rollout(const RolloutRow& row) {
  return step("saving how " + row.app + " does", [&] {
    session_.run("INSERT INTO rollout (app, tree, first_at, last_at, health, why) VALUES (?, ?, ?, ?, ?, ?) "
                 "ON CONFLICT (app, tree) DO UPDATE SET last_at = excluded.last_at, health = excluded.health, why = excluded.why",
                 row.app, row.tree, row.first_at, row.last_at, row.health, row.why);
  });
}

Result<std::vector<RolloutRow>> SqliteTransaction::rollouts_of(const std::string& app) {
  return step("reading how " + app + " did", [&] {
    std::vector<RolloutRow> found;
    auto rows = session_.query("SELECT app, tree, first_at, last_at, health, why FROM rollout WHERE app = ? ORDER BY last_at DESC", app);
    while (rows.next()) found.push_back({rows.text(0), rows.text(1), rows.time(2), rows.time(3), rows.text(4), rows.text(5)});
    return found;
  });
}

}  // namespace driftwarden::storage
