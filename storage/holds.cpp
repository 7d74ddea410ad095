// Holds, delegations, and who is who.
#include "storage/transaction.hpp"
#include "storage/words.hpp"

#include <fmt/core.h>

namespace driftwarden::storage {
namespace {

#define HOLD_COLUMNS "id, kind, scope_kind, scope, owner, reason, since, until, ended_at, ended_by, channel"
#define IDENTITY_COLUMNS "team, user, person, forge, repository, code_hash, asked_at, proven_at"

Hold read_hold(const Query& row) {
  Hold hold;
  hold.id = row.integer(0);
  hold.kind = from_word<HoldKind>(row.text(1));
  hold.scope = {static_cast<HoldScope::Kind>(row.integer(2)), row.text(3)};
  hold.owner = row.text(4);
  hold.reason = row.text(5);
  hold.since = row.time(6);
  hold.until = row.optional_time(7);
  hold.ended_at = row.optional_time(8);
  hold.ended_by = row.text(9);
  hold.channel = row.text(10);
  return hold;
}

Identity read_identity(const Query& row) {
  Identity identity;
  identity.team = row.text(0);
  identity.user = row.text(1);
  identity.person = row.text(2);
  identity.forge = row.text(3);
  identity.repository = row.text(4);
  identity.code_hash = row.text(5);
  identity.asked_at = row.time(6);
  identity.proven_at = row.optional_time(7);
  return identity;
}

}  // namespace

Result<Hold> SqliteTransaction::add_hold(Hold hold) {
  return step(fmt::format("keeping a {}", to_string(hold.kind)), [&] {
    session_.run("INSERT INTO hold (" HOLD_COLUMNS ") VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", to_string(hold.kind), static_cast<int>(hold.scope.kind), hold.scope.name,
                 hold.owner, hold.reason, hold.since, hold.until, hold.ended_at, hold.ended_by, hold.channel);
    hold.id = session_.last_id();
    return hold;
  });
}

Result<void> SqliteTransaction::save_hold(const Hold& hold) {
  return step(fmt::format("saving {} {}", to_string(hold.kind), hold.id), [&] {
    const int changed = session_.run("UPDATE hold SET reason = ?, until = ?, ended_at = ?, ended_by = ?, channel = ? WHERE id = ?", hold.reason, hold.until, hold.ended_at,
                                     hold.ended_by, hold.channel, hold.id);
    return expect_one(changed, "hold", hold.id);
  });
}

Result<std::vector<Hold>> SqliteTransaction::open_holds() {
  return step("reading the holds", [&] {
    std::vector<Hold> holds;
    auto rows = session_.query("SELECT " HOLD_COLUMNS " FROM hold WHERE ended_at IS NULL ORDER BY id");
    while (rows.next()) holds.push_back(read_hold(rows));
    return holds;
  });
}

Result<Delegation> SqliteTransaction::add_delegation(Delegation delegation) {
  return step("keeping a delegation", [&] {
    session_.run("INSERT INTO delegation (giver, taker, since, until, ended_at) VALUES (?, ?, ?, ?, ?)", delegation.from, delegation.to, delegation.since, delegation.until,
                 delegation.ended_at);
    delegation.id = session_.last_id();
    return delegation;
  });
}

Result<void> SqliteTransaction::save_delegation(const Delegation& delegation) {
  return step("saving a delegation", [&] {
    const int changed = session_.run("UPDATE delegation SET until = ?, ended_at = ? WHERE id = ?", delegation.until, delegation.ended_at, delegation.id);
    return expect_one(changed, "delegation", delegation.id);
  });
}

Result<std::vector<Delegation>> SqliteTransaction::active_delegations(WallTime now) {
  return step("reading the delegations", [&] {
    std::vector<Delegation> delegations;
    auto rows = session_.query("SELECT id, giver, taker, since, until, ended_at FROM delegation WHERE ended_at IS NULL AND until > ? ORDER BY id", now);
    while (rows.next()) delegations.push_back({rows.integer(0), rows.text(1), rows.text(2), rows.time(3), rows.time(4), rows.optional_time(5)});
    return delegations;
  });
}

Result<void> SqliteTransaction::save_identity(const Identity& identity) {
  return step("saving an identity", [&] {
    session_.run("INSERT INTO identity (" IDENTITY_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                 "ON CONFLICT (team, user) DO UPDATE SET person = excluded.person, forge = excluded.forge, repository = excluded.repository, "
                 "code_hash = excluded.code_hash, asked_at = excluded.asked_at, proven_at = excluded.proven_at",
                 identity.team, identity.user, identity.person, identity.forge, identity.repository, identity.code_hash, identity.asked_at, identity.proven_at);
  });
}

Result<std::optional<Identity>> SqliteTransaction::find_identity(const std::string& team, const std::string& user) {
  return step("reading an identity", [&]() -> std::optional<Identity> {
    auto row = session_.query("SELECT " IDENTITY_COLUMNS " FROM identity WHERE team = ? AND user = ?", team, user);
    if (!row.next()) return std::nullopt;
    return read_identity(row);
  });
}

Result<std::vector<Identity>> SqliteTransaction::identities() {
  return step("reading the identities", [&] {
    std::vector<Identity> identities;
    auto rows = session_.query("SELECT " IDENTITY_COLUMNS " FROM identity ORDER BY team, user");
    while (rows.next()) identities.push_back(read_identity(rows));
    return identities;
  });
}

}  // namespace driftwarden::storage
