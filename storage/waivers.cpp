// What a gate's owner lets pass for a while.
#include "storage/transaction.hpp"

#include <fmt/core.h>

namespace driftwarden::storage {
namespace {

#define WAIVER_COLUMNS "id, app, gate, rule, object, owner, reason, since, until, ended_at, ended_by, channel, change_id"

Waiver read_waiver(const Query& row) {
  Waiver waiver;
  waiver.id = row.integer(0);
  waiver.app = row.text(1);
  waiver.gate = row.text(2);
  waiver.rule = row.text(3);
  waiver.object = row.text(4);
  waiver.owner = row.text(5);
  waiver.reason = row.text(6);
  waiver.since = row.time(7);
  waiver.until = row.time(8);
  waiver.ended_at = row.optional_time(9);
  waiver.ended_by = row.text(10);
  waiver.channel = row.text(11);
  waiver.change = row.integer(12);
  return waiver;
}

}  // namespace

Result<Waiver> SqliteTransaction::add_waiver(Waiver waiver) {
  return step("keeping a waiver", [&] {
    session_.run("INSERT INTO waiver (" WAIVER_COLUMNS ") VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", waiver.app, waiver.gate, waiver.rule, waiver.object, waiver.owner,
                 waiver.reason, waiver.since, waiver.until, waiver.ended_at, waiver.ended_by, waiver.channel, waiver.change);
    waiver.id = session_.last_id();
    return waiver;
  });
}

Result<void> SqliteTransaction::save_waiver(const Waiver& waiver) {
  return step(fmt::format("saving waiver {}", waiver.id), [&] {
    const int changed =
        session_.run("UPDATE waiver SET reason = ?, until = ?, ended_at = ?, ended_by = ? WHERE id = ?", waiver.reason, waiver.until, waiver.ended_at, waiver.ended_by, waiver.id);
    return expect_one(changed, "waiver", waiver.id);
  });
}

Result<std::vector<Waiver>> SqliteTransaction::open_waivers() {
  return step("reading the waivers", [&] {
    std::vector<Waiver> waivers;
    auto query = session_.query("SELECT " WAIVER_COLUMNS " FROM waiver WHERE ended_at IS NULL ORDER BY id");
    while (query.next()) waivers.push_back(read_waiver(query));
    return waivers;
  });
}

Result<std::optional<Waiver>> SqliteTransaction::find_waiver(std::int64_t id) {
  return step("reading a waiver", [&]() -> std::optional<Waiver> {
    auto query = session_.query("SELECT " WAIVER_COLUMNS " FROM waiver WHERE id = ?", id);
    if (!query.next()) return std::nullopt;
    return read_waiver(query);
  });
}

}  // namespace driftwarden::storage
