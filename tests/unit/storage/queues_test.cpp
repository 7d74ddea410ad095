#include "tests/unit/storage/fixture.hpp"

#include <fstream>
#include <iterator>

namespace driftwarden::storage {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class QueuesTest : public StoreTest {
 protected:
  OutboxRow effect(std::string key, std::string lane, std::string payload = "{}", std::string coalesce = {}) const {
    return {.key = std::move(key), .kind = "slack.message", .lane = std::move(lane), .coalesce = std::move(coalesce), .payload = std::move(payload)};
  }
  std::int64_t enqueue(const OutboxRow& row) {
    return in([&](Transaction& tx) { return tx.enqueue(row); });
  }
  std::vector<OutboxRow> ready() {
    return in([&](Transaction& tx) { return tx.ready_outbox(clock.wall_now(), 100); });
  }
  std::vector<std::string> ready_keys() {
    std::vector<std::string> keys;
    for (const auto& row : ready()) keys.push_back(row.key);
    return keys;
  }
  void begin(std::int64_t id) {
    in([&](Transaction& tx) { return tx.begin_outbox(id); });
  }
  void finish(std::int64_t id) {
    in([&](Transaction& tx) { return tx.finish_outbox(id, "{\"ok\":true}"); });
  }
};

TEST_F(QueuesTest, ARedeliveryIsKnown) {
  const InboxRow row{.key = "Ev1", .type = "event", .payload = "{}"};
  EXPECT_TRUE(in([&](Transaction& tx) { return tx.add_inbox(row); }));
  EXPECT_FALSE(in([&](Transaction& tx) { return tx.add_inbox({.key = "Ev1", .type = "event", .payload = "{\"other\":1}"}); }));
  const auto pending = in([](Transaction& tx) { return tx.pending_inbox(10); });
  ASSERT_EQ(pending.size(), 1U);
  EXPECT_EQ(pending[0].payload, "{}");
  EXPECT_EQ(pending[0].received_at, clock.wall_now());
}

TEST_F(QueuesTest, AnEventStaysUntilItIsFinished) {
  in([](Transaction& tx) { return tx.add_inbox({.key = "a", .type = "event", .payload = "{}"}); });
  in([](Transaction& tx) { return tx.add_inbox({.key = "b", .type = "event", .payload = "{}"}); });
  in([](Transaction& tx) { return tx.begin_inbox(1); });
  reopen();
  auto pending = in([](Transaction& tx) { return tx.pending_inbox(10); });
  ASSERT_EQ(pending.size(), 2U);
  EXPECT_EQ(pending[0].attempts, 1);
  in([](Transaction& tx) { return tx.finish_inbox(1, "done"); });
  pending = in([](Transaction& tx) { return tx.pending_inbox(10); });
  ASSERT_EQ(pending.size(), 1U);
  EXPECT_EQ(pending[0].key, "b");
  EXPECT_EQ(store->transact([](Transaction& tx) { return tx.begin_inbox(77); }).error().kind, ErrorKind::NotFound);
  EXPECT_FALSE(in([](Transaction& tx) { return tx.add_inbox({.key = "a", .type = "event", .payload = "{}"}); })) << "also after it was done";
}

TEST_F(QueuesTest, WhatWasSaidIsForgottenOnceItIsAnswered) {
  const std::string words = "password=c4n4ry-of-the-inbox";
  in([&](Transaction& tx) { return tx.add_inbox({.key = "a", .type = "event", .payload = words}); });
  in([](Transaction& tx) { return tx.finish_inbox(1, "done"); });
  store.reset();
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    std::ifstream in_file(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>{in_file}, {}};
    EXPECT_EQ(bytes.find(words), std::string::npos) << file.path();
  }
}

TEST_F(QueuesTest, TheSameEffectIsEnqueuedOnce) {
  const auto first = enqueue(effect("k", "l", "1"));
  EXPECT_EQ(enqueue(effect("k", "l", "2")), first);
  EXPECT_EQ(ready().at(0).payload, "1");
  finish(first);
  EXPECT_EQ(enqueue(effect("k", "l", "3")), first);
  EXPECT_TRUE(ready().empty());
}

TEST_F(QueuesTest, ALaneGivesItsFirstOnly) {
  const auto a1 = enqueue(effect("a1", "a"));
  enqueue(effect("a2", "a"));
  enqueue(effect("b1", "b"));
  enqueue(effect("n1", ""));
  enqueue(effect("n2", ""));
  EXPECT_THAT(ready_keys(), ElementsAre("a1", "b1", "n1", "n2"));
  begin(a1);
  EXPECT_THAT(ready_keys(), ElementsAre("a1", "b1", "n1", "n2")) << "attempted, not done: what a crash leaves";
  finish(a1);
  EXPECT_THAT(ready_keys(), ElementsAre("a2", "b1", "n1", "n2"));
}

TEST_F(QueuesTest, AnEffectThatFailsForGoodFreesItsLane) {
  const auto a1 = enqueue(effect("a1", "a"));
  enqueue(effect("a2", "a"));
  in([&](Transaction& tx) { return tx.fail_outbox(a1, "channel_not_found"); });
  EXPECT_THAT(ready_keys(), ElementsAre("a2"));
  EXPECT_EQ(store->transact([&](Transaction& tx) { return tx.finish_outbox(a1, ""); }).error().kind, ErrorKind::NotFound) << "failed is final";
}

TEST_F(QueuesTest, ARetryWaitsAndHoldsItsLane) {
  const auto a1 = enqueue(effect("a1", "a"));
  enqueue(effect("a2", "a"));
  begin(a1);
  const auto later = clock.wall_now() + 30s;
  in([&](Transaction& tx) { return tx.retry_outbox(a1, later, "rate limited"); });
  EXPECT_THAT(ready_keys(), ElementsAre());
  EXPECT_EQ(in([](Transaction& tx) { return tx.next_outbox_time(); }), later);
  clock.advance(30s);
  const auto rows = ready();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].key, "a1");
  EXPECT_EQ(rows[0].attempts, 1);
  EXPECT_EQ(rows[0].state, OutboxState::Waiting);
  EXPECT_EQ(rows[0].result, "rate limited");
  EXPECT_EQ(rows[0].attempted_at, clock.wall_now() - 30s);
}

TEST_F(QueuesTest, NothingWaitingMeansNoNextTime) {
  EXPECT_EQ(in([](Transaction& tx) { return tx.next_outbox_time(); }), std::nullopt);
  begin(enqueue(effect("a", "a")));
  EXPECT_EQ(in([](Transaction& tx) { return tx.next_outbox_time(); }), std::nullopt) << "attempted ones are in somebody's hands";
}

TEST_F(QueuesTest, ANewerPayloadReplacesAWaitingOne) {
  const auto id = enqueue(effect("u1", "c", "old", "message 5"));
  EXPECT_EQ(enqueue(effect("u2", "c", "new", "message 5")), id);
  const auto rows = ready();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].payload, "new");
  EXPECT_EQ(enqueue(effect("u2", "c", "again", "message 5")), id) << "both keys are known now";
  EXPECT_EQ(ready().at(0).payload, "new");
}

TEST_F(QueuesTest, AnAttemptedPayloadIsNotReplaced) {
  const auto id = enqueue(effect("u1", "c", "old", "message 5"));
  begin(id);
  in([&](Transaction& tx) { return tx.retry_outbox(id, clock.wall_now(), "timeout"); });
  EXPECT_NE(enqueue(effect("u2", "c", "new", "message 5")), id) << "it may have arrived";
  finish(id);
  EXPECT_EQ(ready().at(0).payload, "new");
}

TEST_F(QueuesTest, OtherLanesAndKindsDontCoalesce) {
  const auto id = enqueue(effect("u1", "c", "old", "x"));
  EXPECT_NE(enqueue(effect("u2", "d", "new", "x")), id);
  auto other_kind = effect("u3", "c", "new", "x");
  other_kind.kind = "slack.update";
  EXPECT_NE(enqueue(other_kind), id);
}

TEST_F(QueuesTest, PruningDropsTheOldAndFinishedOnly) {
  in([](Transaction& tx) { return tx.add_inbox({.key = "done", .type = "e", .payload = "{}"}); });
  in([](Transaction& tx) { return tx.add_inbox({.key = "open", .type = "e", .payload = "{}"}); });
  in([](Transaction& tx) { return tx.finish_inbox(1, "ok"); });
  finish(enqueue(effect("old", "a")));
  enqueue(effect("waiting", "b"));
  in([](Transaction& tx) { return tx.append_audit(entry("alice", "x")); });
  clock.advance(48h);
  finish(enqueue(effect("fresh", "c")));
  EXPECT_EQ(store->prune(24h).value(), 2U);
  EXPECT_EQ(store->prune(24h).value(), 0U);
  EXPECT_THAT(ready_keys(), ElementsAre("waiting"));
  EXPECT_EQ(in([](Transaction& tx) { return tx.pending_inbox(10); }).size(), 1U);
  EXPECT_TRUE(store->verify_audit()->empty());
  enqueue(effect("old", "a"));
  EXPECT_THAT(ready_keys(), ElementsAre("waiting", "old")) << "its key went with it";
}

}  // namespace
}  // namespace driftwarden::storage
