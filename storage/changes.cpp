#include "storage/json.hpp"
#include "storage/transaction.hpp"
#include "storage/words.hpp"

#include <fmt/core.h>

namespace driftwarden::storage {
namespace {

#define CHANGE_COLUMNS                                                                                                                    \
  "id, app, verb, state, review, requester, reason, target_revision, base_sha, branch, head_sha, diff_digest, diff, quorum, approvals, "  \
  "pull_request, pull_request_url, merged_sha, failure, closed_by, card_channel, card_ts, channel, thread_ts, requested_at, updated_at, " \
  "expires_at, argument, details"

Change read_change(const Query& row) {
  Change change;
  change.id = row.integer(0);
  change.app = row.text(1);
  change.verb = from_word<ChangeVerb>(row.text(2));
  change.state = from_word<ChangeState>(row.text(3));
  change.review = from_word<ReviewMode>(row.text(4));
  change.requester = row.text(5);
  change.reason = row.text(6);
  change.target_revision = row.text(7);
  change.base_sha = row.text(8);
  change.branch = row.text(9);
  change.content = {row.text(10), row.text(11)};
  change.diff = row.text(12);
  change.quorum = quorum_from_json(row.text(13));
  change.approvals = approvals_from_json(row.text(14));
  change.pull_request = row.integer(15);
  change.pull_request_url = row.text(16);
  change.merged_sha = row.text(17);
  change.failure = row.text(18);
  change.closed_by = row.text(19);
  if (!row.is_null(21)) change.card = MessageRef{row.text(20), row.text(21)};
  change.channel = row.text(22);
  change.thread_ts = row.text(23);
  change.requested_at = row.time(24);
  change.updated_at = row.time(25);
  change.expires_at = row.optional_time(26);
  change.argument = row.text(27);
  read_details(row.text(28), change);
  return change;
}

std::vector<Change> read_all(Query query) {
  std::vector<Change> changes;
  while (query.next()) changes.push_back(read_change(query));
  return changes;
}

std::optional<Change> read_one(Query query) {
  if (!query.next()) return std::nullopt;
  return read_change(query);
}

/// Calls `run` with every column but the id, in the order of CHANGE_COLUMNS.
template <class Run>
int with_columns(const Change& change, Run&& run) {
  const auto card_channel = change.card ? std::optional{change.card->channel} : std::nullopt;
  const auto card_ts = change.card ? std::optional{change.card->ts} : std::nullopt;
  return run(change.app, to_string(change.verb), to_string(change.state), to_string(change.review), change.requester, change.reason, change.target_revision,
             change.base_sha, change.branch, change.content.head_sha, change.content.diff_digest, change.diff, to_json_text(change.quorum),
             to_json_text(change.approvals), change.pull_request, change.pull_request_url, change.merged_sha, change.failure, change.closed_by, card_channel,
             card_ts, change.channel, change.thread_ts, change.requested_at, change.updated_at, change.expires_at,
             change.argument, details_json_text(change));
}

}  // namespace

Result<Change> SqliteTransaction::add_change(Change change) {
  return step(fmt::format("saving a new Change of {}", change.app), [&] {
    with_columns(change, [&](const auto&... columns) {
      return session_.run("INSERT INTO change (" CHANGE_COLUMNS ") VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                          columns...);
    });
    change.id = session_.last_id();
    return change;
  });
}

Result<void> SqliteTransaction::save_change(const Change& change) {
  return step(fmt::format("saving {}", change_name(change.id)), [&] {
    const int changed = with_columns(change, [&](const auto&... columns) {
      return session_.run(
          "UPDATE change SET app = ?, verb = ?, state = ?, review = ?, requester = ?, reason = ?, target_revision = ?, base_sha = ?, branch = ?, "
          "head_sha = ?, diff_digest = ?, diff = ?, quorum = ?, approvals = ?, pull_request = ?, pull_request_url = ?, merged_sha = ?, "
          "failure = ?, closed_by = ?, card_channel = ?, card_ts = ?, channel = ?, thread_ts = ?, requested_at = ?, updated_at = ?, "
          "expires_at = ?, argument = ?, details = ? WHERE id = ?",
          columns..., change.id);
    });
    return expect_one(changed, "Change", change.id);
  });
}

Result<std::optional<Change>> SqliteTransaction::find_change(std::int64_t id) {
  return step("reading a Change", [&] { return read_one(session_.query("SELECT " CHANGE_COLUMNS " FROM change WHERE id = ?", id)); });
}

Result<std::optional<Change>> SqliteTransaction::find_change_by_card(const MessageRef& card) {
  return step("reading a Change", [&] {
    return read_one(session_.query("SELECT " CHANGE_COLUMNS
                                   " FROM change WHERE card_ts IS NOT NULL AND card_ts = ? AND card_channel = ? ORDER BY id DESC LIMIT 1",
                                   card.ts, card.channel));
  });
}

Result<std::vector<Change>> SqliteTransaction::changes(const ChangeQuery& query) {
  return step("reading the Changes", [&] {
    const auto limit = to_limit(query.limit);
    if (query.open_only) {
      return read_all(session_.query("SELECT " CHANGE_COLUMNS " FROM change WHERE " CHANGE_IS_OPEN " AND (?1 = '' OR app = ?1) ORDER BY id DESC LIMIT ?2",
                                     query.app, limit));
    }
    if (query.app.empty()) return read_all(session_.query("SELECT " CHANGE_COLUMNS " FROM change ORDER BY id DESC LIMIT ?", limit));
    return read_all(session_.query("SELECT " CHANGE_COLUMNS " FROM change WHERE app = ? ORDER BY id DESC LIMIT ?", query.app, limit));
  });
}

Result<std::vector<WallTime>> SqliteTransaction::change_times(const std::string& app, WallTime since) {
  return step("reading when Changes were asked for", [&] {
    std::vector<WallTime> times;
    auto rows = session_.query("SELECT requested_at FROM change WHERE app = ? AND requested_at >= ? ORDER BY requested_at DESC", app, since);
    while (rows.next()) times.push_back(rows.time(0));
    return times;
  });
}

}  // namespace driftwarden::storage
