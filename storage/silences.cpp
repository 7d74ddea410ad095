// Alerts that are not told for a while.
#include "storage/json.hpp"
#include "storage/transaction.hpp"

#include <fmt/core.h>

namespace driftwarden::storage {
namespace {

#define SILENCE_COLUMNS "id, match, owner, reason, since, until, ended_at, ended_by, channel"

Silence read_silence(const Query& row) {
  Silence silence;
  silence.id = row.integer(0);
  silence.match = alert_match_from_json(row.text(1));
  silence.owner = row.text(2);
  silence.reason = row.text(3);
  silence.since = row.time(4);
  silence.until = row.time(5);
  silence.ended_at = row.optional_time(6);
  silence.ended_by = row.text(7);
  silence.channel = row.text(8);
  return silence;
}

}  // namespace

Result<Silence> SqliteTransaction::add_silence(Silence silence) {
  return step("keeping a silence", [&] {
    session_.run("INSERT INTO silence (" SILENCE_COLUMNS ") VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", to_json_text(silence.match), silence.owner, silence.reason, silence.since,
                 silence.until, silence.ended_at, silence.ended_by, silence.channel);
    silence.id = session_.last_id();
    return silence;
  });
}

Result<void> SqliteTransaction::save_silence(const Silence& silence) {
  return step(fmt::format("saving silence {}", silence.id), [&] {
    const int changed = session_.run("UPDATE silence SET reason = ?, until = ?, ended_at = ?, ended_by = ? WHERE id = ?", silence.reason, silence.until, silence.ended_at,
                                     silence.ended_by, silence.id);
    return expect_one(changed, "silence", silence.id);
  });
}

Result<std::vector<Silence>> SqliteTransaction::open_silences() {
  return step("reading the silences", [&] {
    std::vector<Silence> silences;
    auto query = session_.query("SELECT " SILENCE_COLUMNS " FROM silence WHERE ended_at IS NULL ORDER BY id");
    while (query.next()) silences.push_back(read_silence(query));
    return silences;
  });
}

Result<std::optional<Silence>> SqliteTransaction::find_silence(std::int64_t id) {
  return step("reading a silence", [&]() -> std::optional<Silence> {
    auto query = session_.query("SELECT " SILENCE_COLUMNS " FROM silence WHERE id = ?", id);
    if (!query.next()) return std::nullopt;
    return read_silence(query);
  });
}

}  // namespace driftwarden::storage
