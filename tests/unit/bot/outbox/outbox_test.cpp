#include "bot/outbox/outbox.hpp"

#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/core.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class OutboxTest : public testing::Test {
 protected:
  OutboxTest() : clock(io), random(create_seeded_random(1)), store(std::move(storage::Store::open(":memory:", clock)).value()), async(*store, io.get_executor()) { begin(); }
  ~OutboxTest() override { end(); }

  void begin() {
    outbox = std::make_unique<Outbox>(io.get_executor(), async, clock, *random, Outbox::Limits{4, Duration{1000}, Duration{60'000}});
    outbox->on("say", [this](storage::OutboxRow row) { return handle(std::move(row)); });
    outbox->on_gave_up([this](storage::Transaction&, const storage::OutboxRow& row, const Error& why, WallTime) {
      given_up.push_back(row.payload + ": " + why.message);
      return Result<void>{};
    });
    outbox->start();
    clock.settle();
  }
  void end() {
    if (outbox) test::run(io, outbox->stop());
    outbox.reset();
  }

  asio::awaitable<Result<std::string>> handle(storage::OutboxRow row) {
    handled.push_back(row.payload);
    attempts.push_back(row.attempts);
    if (const auto wait = slow.find(row.payload); wait != slow.end()) {
      auto slept = co_await clock.sleep_for(wait->second);
      if (!slept) co_return slept.error();
    }
    if (throws) throw std::runtime_error("a bug");
    if (failures > 0) {
      --failures;
      co_return failure;
    }
    finished.push_back(row.payload);
    co_return "said " + row.payload;
  }
  void enqueue(const std::string& payload, const std::string& lane, const std::string& coalesce = "", const std::string& kind = "say") {
    storage::OutboxRow row;
    row.key = fmt::format("key:{}", ++keys);
    row.kind = kind;
    row.lane = lane;
    row.coalesce = coalesce;
    row.payload = payload;
    row.created_at = clock.wall_now();
    row.not_before = clock.wall_now();
    const auto done = store->transact([&](storage::Transaction& tx) -> Result<void> {
      auto queued = tx.enqueue(row);
      if (!queued) return queued.error();
      return Result<void>{};
    });
    ASSERT_TRUE(done);
    outbox->wake();
  }
  std::size_t open_rows() {
    std::size_t count = 0;
    const auto far = clock.wall_now() + std::chrono::hours{24};
    EXPECT_TRUE(store->transact([&](storage::Transaction& tx) -> Result<void> {
      TRY(const auto rows, tx.ready_outbox(far, 100));
      count = rows.size();
      return Result<void>{};
    }));
    return count;
  }

  asio::io_context io;
  test::ManualClock clock;
  std::unique_ptr<Random> random;
  std::unique_ptr<storage::Store> store;
  AsyncStore async;
  std::unique_ptr<Outbox> outbox;
  std::vector<std::string> handled;
  std::vector<std::string> finished;
  std::vector<int> attempts;
  std::vector<std::string> given_up;
  std::map<std::string, Duration> slow;
  bool throws = false;
  int failures = 0;
  Error failure{ErrorKind::Unavailable, "not now"};
  int keys = 0;
};

TEST_F(OutboxTest, KeepsTheOrderInALane) {
  slow["a"] = 10s;
  enqueue("a", "one");
  enqueue("b", "one");
  clock.advance(5s);
  EXPECT_THAT(handled, ElementsAre("a"));
  clock.advance(6s);
  EXPECT_THAT(finished, ElementsAre("a", "b"));
  EXPECT_EQ(open_rows(), 0U);
}

TEST_F(OutboxTest, WhoDoesNotLeadTriesNothingAndLosesNothing) {
  bool leads = false;
  outbox->only_while([&] { return leads; });
  enqueue("a", "one");
  clock.advance(1min);
  EXPECT_TRUE(handled.empty());
  EXPECT_EQ(open_rows(), 1U);
  leads = true;
  clock.advance(10s);
  EXPECT_THAT(finished, ElementsAre("a"));
  EXPECT_THAT(attempts, ElementsAre(1)) << "nothing was counted";
}

TEST_F(OutboxTest, OneSlowLaneHoldsNoOtherUp) {
  slow["a"] = 60s;
  enqueue("a", "one");
  enqueue("b", "two");
  enqueue("c", "three");
  clock.settle();
  EXPECT_THAT(finished, UnorderedElementsAre("b", "c"));
}

TEST_F(OutboxTest, ACrowdOfSlowRowsDoesNotHideAQuickOne) {
  for (int i = 0; i < 100; ++i) {
    slow[fmt::format("slow{}", i)] = 60s;
    enqueue(fmt::format("slow{}", i), fmt::format("lane{}", i));
  }
  clock.settle();
  enqueue("quick", "quick");
  clock.settle();
  EXPECT_THAT(finished, ElementsAre("quick"));
}

TEST_F(OutboxTest, TriesAgainLaterAndLaterAfterWhatMayPass) {
  failures = 2;
  enqueue("a", "one");
  clock.settle();
  EXPECT_EQ(handled.size(), 1U);
  clock.advance(400ms);
  EXPECT_EQ(handled.size(), 1U) << "half of the back-off is certain";
  clock.advance(700ms);
  EXPECT_EQ(handled.size(), 2U);
  clock.advance(350ms);
  EXPECT_EQ(handled.size(), 2U) << "the second wait is twice as long";
  clock.advance(1600ms);
  EXPECT_THAT(finished, ElementsAre("a"));
  EXPECT_THAT(attempts, ElementsAre(1, 2, 3));
}

TEST_F(OutboxTest, AFailedRowStillKeepsItsPlaceInTheLane) {
  failures = 1;
  enqueue("a", "one");
  enqueue("b", "one");
  clock.advance(10s);
  EXPECT_THAT(finished, ElementsAre("a", "b"));
}

TEST_F(OutboxTest, GivesUpAfterTheLimitAndSaysSo) {
  failures = 100;
  enqueue("a", "one");
  enqueue("b", "two");
  clock.advance(10min);
  EXPECT_EQ(handled.size(), 8U);
  EXPECT_THAT(given_up, UnorderedElementsAre("a: not now", "b: not now"));
  EXPECT_EQ(open_rows(), 0U);
}

TEST_F(OutboxTest, WhatCannotPassIsGivenUpAtOnce) {
  failures = 1;
  failure = {ErrorKind::InvalidInput, "never"};
  enqueue("a", "one");
  enqueue("b", "one");
  clock.settle();
  EXPECT_THAT(given_up, ElementsAre("a: never"));
  EXPECT_THAT(finished, ElementsAre("b")) << "the lane goes on";
}

TEST_F(OutboxTest, AnExceptionInAHandlerIsAFailureLikeOthers) {
  throws = true;
  enqueue("a", "one");
  clock.settle();
  throws = false;
  clock.advance(5s);
  EXPECT_THAT(finished, ElementsAre("a"));
}

TEST_F(OutboxTest, AKindThatNobodyKnowsIsGivenUp) {
  enqueue("a", "one", "", "sing");
  clock.settle();
  ASSERT_EQ(given_up.size(), 1U);
  EXPECT_THAT(given_up.front(), HasSubstr("sing"));
}

TEST_F(OutboxTest, AnAttemptThatShutdownCancelsIsTakenUpByTheNextStart) {
  slow["a"] = 1h;
  enqueue("a", "one");
  clock.settle();
  end();
  EXPECT_TRUE(finished.empty());
  EXPECT_TRUE(given_up.empty());
  slow.clear();
  begin();
  EXPECT_THAT(finished, ElementsAre("a"));
  EXPECT_THAT(attempts, ElementsAre(1, 2)) << "the second start knows that there was a first";
}

TEST_F(OutboxTest, CancelledToolsDoNotMakeItSpin) {
  failures = 100;
  failure = {ErrorKind::Cancelled, "the sender was stopped"};
  enqueue("a", "one");
  clock.settle();
  EXPECT_EQ(handled.size(), 1U);
  clock.advance(1100ms);
  EXPECT_EQ(handled.size(), 2U);
}

TEST_F(OutboxTest, ANewerRowReplacesOneThatStillWaits) {
  slow["a"] = 10s;
  enqueue("a", "one");
  clock.settle();
  enqueue("b1", "one", "show");
  enqueue("b2", "one", "show");
  clock.advance(11s);
  EXPECT_THAT(finished, ElementsAre("a", "b2"));
}

TEST_F(OutboxTest, ARowUnderWayIsNotReplaced) {
  slow["b1"] = 10s;
  enqueue("b1", "one", "show");
  clock.settle();
  enqueue("b2", "one", "show");
  clock.advance(11s);
  EXPECT_THAT(finished, ElementsAre("b1", "b2"));
}

TEST_F(OutboxTest, ARowForLaterWaitsForItsTime) {
  const auto done = store->transact([&](storage::Transaction& tx) -> Result<void> {
    storage::OutboxRow row;
    row.kind = "say";
    row.lane = "later";
    row.payload = "a";
    row.not_before = clock.wall_now() + 2s;
    auto queued = tx.enqueue(row);
    if (!queued) return queued.error();
    return Result<void>{};
  });
  ASSERT_TRUE(done);
  outbox->wake();
  clock.advance(1900ms);
  EXPECT_TRUE(handled.empty());
  clock.advance(200ms);
  EXPECT_THAT(finished, ElementsAre("a"));
}

TEST_F(OutboxTest, DrainingLetsWhatIsUnderWayEndAndBeginsNothing) {
  slow["long"] = 5s;
  enqueue("long", "a");
  clock.settle();
  bool drained = false;
  auto drain = [&]() -> asio::awaitable<void> {
    co_await outbox->drain(clock.mono_now() + 20s);
    drained = true;
  };
  asio::co_spawn(io, drain(), [](std::exception_ptr) {});
  clock.settle();
  enqueue("later", "b");
  clock.advance(4s);
  EXPECT_FALSE(drained);
  clock.advance(2s);
  EXPECT_TRUE(drained);
  EXPECT_THAT(finished, ElementsAre("long"));
  EXPECT_EQ(open_rows(), 1U) << "it is for the next start";
}

TEST_F(OutboxTest, DrainingEndsAtItsBound) {
  slow["forever"] = 1h;
  enqueue("forever", "a");
  clock.settle();
  bool drained = false;
  auto drain = [&]() -> asio::awaitable<void> {
    co_await outbox->drain(clock.mono_now() + 20s);
    drained = true;
  };
  asio::co_spawn(io, drain(), [](std::exception_ptr) {});
  clock.advance(19s);
  EXPECT_FALSE(drained);
  clock.advance(2s);
  EXPECT_TRUE(drained);
}

TEST_F(OutboxTest, AnswersAreStillSaidWhileDraining) {
  outbox->on("slack.reply", [this](storage::OutboxRow row) { return handle(std::move(row)); }, Outbox::kWordsWait);
  bool drained = false;
  auto drain = [&]() -> asio::awaitable<void> {
    co_await outbox->drain(clock.mono_now() + 20s);
    drained = true;
  };
  enqueue("answer", "a", "", "slack.reply");
  enqueue("alert", "b");
  asio::co_spawn(io, drain(), [](std::exception_ptr) {});
  clock.advance(1s);
  EXPECT_TRUE(drained);
  EXPECT_THAT(finished, testing::Contains("answer"));
}

TEST_F(OutboxTest, TellsWhatCameOfEachAttempt) {
  std::vector<std::string> seen;
  outbox->on_settled([&](const storage::OutboxRow& row, Outbox::Settled how) { seen.push_back(fmt::format("{} {} {}", row.kind, row.attempts, static_cast<int>(how))); });
  failures = 1;
  enqueue("hello", "a");
  clock.advance(5s);
  EXPECT_THAT(seen, ElementsAre("say 1 1", "say 2 0"));
}

}  // namespace
}  // namespace driftwarden
