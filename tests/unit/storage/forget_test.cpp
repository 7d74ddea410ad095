#include "tests/unit/storage/fixture.hpp"

namespace driftwarden::storage {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

class ForgetTest : public StoreTest {
 protected:
  Incident incident(const std::string& app, std::int64_t group = 0) {
    Incident one;
    one.app = app;
    one.channel = "#ops";
    one.opened_at = one.updated_at = clock.wall_now();
    one.group = group;
    return in([&](Transaction& tx) { return tx.add_incident(one); });
  }
  void resolve(Incident one) {
    one.state = IncidentState::Resolved;
    one.resolved_at = clock.wall_now();
    in([&](Transaction& tx) { return tx.save_incident(one); });
  }
  Change change(ChangeState state) {
    Change one;
    one.app = "shop";
    one.state = state;
    one.requested_at = one.updated_at = clock.wall_now();
    return in([&](Transaction& tx) { return tx.add_change(one); });
  }
  bool has_incident(std::int64_t id) {
    return in([&](Transaction& tx) { return tx.find_incident(id); }).has_value();
  }
  bool has_change(std::int64_t id) {
    return in([&](Transaction& tx) { return tx.find_change(id); }).has_value();
  }
  std::int64_t count(const std::string& table) { return sqlite().session().database().execAndGet("SELECT count(*) FROM " + table).getInt64(); }
};

TEST_F(ForgetTest, WhatEndedLongAgoGoesAndWhatIsOpenStays) {
  const auto open = incident("open");
  const auto ended = incident("ended");
  resolve(ended);
  const auto done = change(ChangeState::Done);
  const auto proposed = change(ChangeState::Proposed);
  in([&](Transaction& tx) -> Result<void> {
    const auto now = clock.wall_now();
    for (const bool is_over : {false, true}) {
      Hold hold;
      hold.owner = "alice";
      hold.reason = "r";
      hold.since = now;
      Silence silence;
      silence.owner = "alice";
      silence.reason = "r";
      silence.since = now;
      silence.until = now + 9999h;
      Delegation delegation;
      delegation.from = "alice";
      delegation.to = "bob";
      delegation.since = now;
      delegation.until = now + 9999h;
      TRY(hold, tx.add_hold(hold));
      TRY(silence, tx.add_silence(silence));
      TRY(delegation, tx.add_delegation(delegation));
      if (!is_over) continue;
      hold.ended_at = silence.ended_at = delegation.ended_at = now;
      CHECK_OK(tx.save_hold(hold));
      CHECK_OK(tx.save_silence(silence));
      CHECK_OK(tx.save_delegation(delegation));
    }
    CHECK_OK(tx.save_rollout({.app = "shop", .tree = "old", .first_at = now - 2h, .last_at = now - 1h, .health = "Healthy", .why = ""}));
    CHECK_OK(tx.save_rollout({.app = "shop", .tree = "latest", .first_at = now, .last_at = now, .health = "Healthy", .why = ""}));
    Identity identity;
    identity.team = "T";
    identity.user = "asked";
    identity.asked_at = now;
    CHECK_OK(tx.save_identity(identity));
    identity.user = "proven";
    identity.proven_at = now;
    return tx.save_identity(identity);
  });
  EXPECT_EQ(store->forget(24h).value(), 0U);
  clock.advance(48h);
  EXPECT_EQ(store->forget(24h).value(), 7U);
  EXPECT_EQ(store->forget(24h).value(), 0U);
  EXPECT_TRUE(has_incident(open.id));
  EXPECT_FALSE(has_incident(ended.id));
  EXPECT_TRUE(has_change(proposed.id));
  EXPECT_FALSE(has_change(done.id));
  for (const char* table : {"hold", "silence", "delegation", "rollout", "identity"}) EXPECT_EQ(count(table), 1) << table;
  EXPECT_EQ(in([](Transaction& tx) { return tx.rollouts_of("shop"); })[0].tree, "latest");
  EXPECT_GT(change(ChangeState::Done).id, proposed.id) << "no id is ever given twice";
}

TEST_F(ForgetTest, AGroupGoesWhenAllOfItHasEnded) {
  auto leader = incident("a");
  leader.group = leader.id;
  in([&](Transaction& tx) { return tx.save_incident(leader); });
  const auto member = incident("b", leader.id);
  resolve(leader);
  clock.advance(48h);
  EXPECT_EQ(store->forget(24h).value(), 0U) << "it leads one that is open";
  resolve(member);
  EXPECT_EQ(store->forget(24h).value(), 0U);
  clock.advance(48h);
  EXPECT_EQ(store->forget(24h).value(), 2U);
}

TEST_F(ForgetTest, ANoteTakesItsSettingsAlong) {
  in([&](Transaction& tx) -> Result<void> {
    for (const std::int64_t number : {1, 11}) {
      PullNote note;
      note.repository = "acme/shop";
      note.number = number;
      note.closed = number == 1;
      note.updated_at = clock.wall_now();
      CHECK_OK(tx.save_pull_note(note));
      CHECK_OK(tx.set_setting("pull.messages:acme/shop:" + std::to_string(number), "[]"));
    }
    return tx.set_setting("digest:#ops", "x");
  });
  clock.advance(48h);
  EXPECT_EQ(store->forget(24h).value(), 1U);
  EXPECT_FALSE(in([](Transaction& tx) { return tx.setting("pull.messages:acme/shop:1"); }));
  EXPECT_TRUE(in([](Transaction& tx) { return tx.setting("pull.messages:acme/shop:11"); }));
  EXPECT_TRUE(in([](Transaction& tx) { return tx.setting("digest:#ops"); }));
  EXPECT_TRUE(in([](Transaction& tx) { return tx.find_pull_note("acme/shop", 11); }));
}

/// A year of days, with housekeeping after each: the file stops growing once the first days are forgotten.
TEST_F(ForgetTest, TheFileStopsGrowing) {
  const auto archives = (directory / "audit").string();
  auto& database = sqlite().session().database();
  const auto day = [&](int n) {
    in([&](Transaction& tx) -> Result<void> {
      for (int at = 0; at < 20; ++at) {
        const auto name = std::to_string(n) + "." + std::to_string(at);
        CHECK_OK(tx.append_audit({.actor = "alice", .action = "x", .app = "shop", .subject = name, .detail = std::string(300, 'd')}));
        CHECK_OK(tx.add_inbox({.key = name, .type = "e", .payload = std::string(300, 'p')}));
        TRY(const auto pending, tx.pending_inbox(1));
        CHECK_OK(tx.finish_inbox(pending.at(0).id, "ok"));
        Change one;
        one.app = "shop";
        one.state = ChangeState::Done;
        one.diff = std::string(300, '+');
        one.requested_at = one.updated_at = clock.wall_now();
        CHECK_OK(tx.add_change(one));
      }
      return {};
    });
    clock.advance(24h);
    EXPECT_TRUE(store->prune(72h));
    EXPECT_TRUE(store->forget(10 * 24h));
    EXPECT_TRUE(store->seal_audit(clock.wall_now() - 10 * 24h, archives));
    return database.execAndGet("PRAGMA page_count").getInt();
  };
  int after_a_month = 0;
  int at_the_end = 0;
  for (int n = 0; n < 90; ++n) {
    at_the_end = day(n);
    if (n == 30) after_a_month = at_the_end;
  }
  EXPECT_LT(at_the_end, after_a_month * 11 / 10);
  EXPECT_THAT(store->verify_audit().value(), IsEmpty());
  EXPECT_THAT(store->verify_archives(archives).value(), IsEmpty());
}

}  // namespace
}  // namespace driftwarden::storage
