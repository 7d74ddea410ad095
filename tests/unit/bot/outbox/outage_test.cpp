// Slack goes away for ten minutes: everything comes once, and in its order.
#include "bot/outbox/messenger.hpp"
#include "bot/outbox/outbox.hpp"
#include "tests/support/fakes/slack.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/core.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;


/// Behind the real, paced sender: an API that can be down, or lose answers.
class DownApi final : public test::FakeSlack {
 public:
  explicit DownApi(Clock& clock) : clock_(clock) {}
  bool down = false;
  int lost_answers = 0;
  std::optional<MonoTime> limited_until;
  int calls = 0;
  std::vector<MonoTime> times;

  asio::awaitable<Result<MessageRef>> post(std::string channel, std::string thread_ts, slack::Message message) override {
    ++calls;
    auto refused = refusal();
    if (refused) co_return *refused;
    times.push_back(clock_.mono_now());
    auto posted = co_await test::FakeSlack::post(channel, thread_ts, message);
    if (lost_answers > 0) {
      --lost_answers;
      co_return Error{ErrorKind::Timeout, "no answer in time"};
    }
    co_return posted;
  }
  asio::awaitable<Result<void>> update(MessageRef at, slack::Message message) override {
    ++calls;
    auto refused = refusal();
    if (refused) co_return *refused;
    for (auto& posted : messages) {
      if (posted.at == at) posted.versions.push_back(message);
    }
    co_return Result<void>{};
  }

 private:
  std::optional<Error> refusal() const {
    if (down) return Error{ErrorKind::Unavailable, "connection refused"};
    if (limited_until && clock_.mono_now() < *limited_until) return Error{ErrorKind::RateLimited, "slow down"};
    return std::nullopt;
  }
  Clock& clock_;
};

class Outage : public testing::Test {
 protected:
  Outage() {
    const auto words = [this](slack::Sender::Priority priority) {
      return [this, priority](storage::OutboxRow row) { return deliver(std::move(row), priority); };
    };
    outbox.on("alert", words(slack::Sender::Priority::Alert), Outbox::kWordsWait);
    outbox.on("card", words(slack::Sender::Priority::Answer), Outbox::kWordsWait);
    outbox.on("work", [this](storage::OutboxRow row) { return work(std::move(row)); });
    outbox.on_gave_up([this](storage::Transaction&, const storage::OutboxRow& row, const Error&, WallTime) {
      given_up.push_back(row.key);
      return Result<void>{};
    });
    outbox.start();
    clock.settle();
  }
  ~Outage() override {
    test::run(io, sender->stop());
    test::run(io, outbox.stop());
  }

  asio::awaitable<Result<std::string>> deliver(storage::OutboxRow row, slack::Sender::Priority priority) {
    Messenger::Shown shown;
    shown.key = row.lane;
    shown.channel = row.coalesce.empty() ? "Cshop" : row.coalesce.substr(0, row.coalesce.find(':'));
    shown.message.text = row.payload;
    shown.priority = priority;
    if (const auto at = places.find(row.lane); at != places.end()) shown.at = at->second;
    if (row.attempts > 1) shown.maybe_since = row.created_at;
    const auto lane = row.lane;
    auto posted = co_await messenger.show(std::move(shown));
    if (!posted) co_return posted.error();
    places[lane] = *posted;
    co_return posted->ts;
  }
  asio::awaitable<Result<std::string>> work(storage::OutboxRow row) {
    worked.push_back(row.payload);
    co_return std::string("done");
  }
  void enqueue(const std::string& kind, const std::string& lane, const std::string& payload, const std::string& channel = "Cshop") {
    storage::OutboxRow row;
    row.key = fmt::format("key:{}", ++keys);
    row.kind = kind;
    row.lane = lane;
    row.coalesce = channel + ":" + lane;
    row.payload = payload;
    row.created_at = clock.wall_now();
    row.not_before = clock.wall_now();
    ASSERT_TRUE(store->transact([&](storage::Transaction& tx) -> Result<void> {
      auto queued = tx.enqueue(row);
      if (!queued) return queued.error();
      return Result<void>{};
    }));
    outbox.wake();
  }
  std::vector<std::string> texts(const std::string& channel = "Cshop") const {
    std::vector<std::string> all;
    for (const auto& message : api.messages) {
      if (message.at.channel == channel) all.push_back(message.now().text);
    }
    return all;
  }

  asio::io_context io;
  test::ManualClock clock{io};
  std::unique_ptr<Random> random = create_seeded_random(1);
  std::unique_ptr<storage::Store> store = std::move(storage::Store::open(":memory:", clock)).value();
  AsyncStore async{*store, io.get_executor()};
  DownApi api{clock};
  std::unique_ptr<slack::Sender> sender = slack::create_sender(io.get_executor(), api, clock);
  Messenger messenger{api, *sender};
  Outbox outbox{io.get_executor(), async, clock, *random, {}};
  std::map<std::string, MessageRef> places;
  std::vector<std::string> worked;
  std::vector<std::string> given_up;
  int keys = 0;
};

TEST_F(Outage, TenMinutesLongEverythingComesOnceAndInOrder) {
  enqueue("alert", "incident:0", "a0");
  clock.advance(5s);
  api.down = true;
  std::vector<std::string> expected{"a0"};
  for (int i = 1; i <= 30; ++i) {
    enqueue("alert", fmt::format("incident:{}", i), fmt::format("a{}", i));
    expected.push_back(fmt::format("a{}", i));
    clock.advance(20s);
  }
  EXPECT_EQ(api.posts(), 1U);
  EXPECT_LT(api.calls, 60) << "one asks now and then, not all";
  api.down = false;
  clock.advance(3min);
  EXPECT_THAT(texts(), testing::ElementsAreArray(expected));
  EXPECT_TRUE(given_up.empty());
}

TEST_F(Outage, EachChannelKeepsItsOrder) {
  api.down = true;
  for (int i = 0; i < 20; ++i) enqueue("alert", fmt::format("incident:{}", i), fmt::format("{}", i), i % 2 == 0 ? "Cshop" : "Cpay");
  clock.advance(10min);
  api.down = false;
  clock.advance(3min);
  EXPECT_THAT(texts("Cshop"), ElementsAre("0", "2", "4", "6", "8", "10", "12", "14", "16", "18"));
  EXPECT_THAT(texts("Cpay"), ElementsAre("1", "3", "5", "7", "9", "11", "13", "15", "17", "19"));
}

TEST_F(Outage, ApprovalsComeBeforeAlerts) {
  api.down = true;
  enqueue("alert", "probe", "probe");
  clock.advance(1min);
  for (int i = 0; i < 5; ++i) enqueue("alert", fmt::format("incident:{}", i), "alert");
  enqueue("card", "change:1", "card");
  clock.advance(9min);
  api.down = false;
  clock.advance(2min);
  const auto all = texts();
  ASSERT_EQ(all.size(), 7U);
  EXPECT_EQ(all.front(), "probe") << "the oldest finds out whether Slack is there";
  const auto card = std::ranges::find(all, "card") - all.begin();
  EXPECT_LE(card, 2) << "at most the one that was under way goes before it";
}

TEST_F(Outage, EditsThatWaitBecomeOne) {
  enqueue("card", "change:1", "requested");
  clock.advance(5s);
  api.down = true;
  enqueue("alert", "probe", "probe");
  clock.advance(10s);
  for (const auto* state : {"proposed", "approved", "merged", "applied", "done"}) {
    enqueue("card", "change:1", state);
    clock.advance(1min);
  }
  api.down = false;
  clock.advance(2min);
  ASSERT_EQ(api.with_key("change:1").size(), 1U);
  const auto& versions = api.with_key("change:1").front()->versions;
  EXPECT_EQ(versions.back().text, "done");
  EXPECT_LE(versions.size(), 3U);
}

TEST_F(Outage, WhatGotThroughThoughItsAnswerWasLostIsNotSaidTwice) {
  api.lost_answers = 3;
  for (int i = 0; i < 6; ++i) enqueue("alert", fmt::format("incident:{}", i), fmt::format("{}", i));
  clock.advance(5min);
  EXPECT_THAT(texts(), testing::UnorderedElementsAre("0", "1", "2", "3", "4", "5"));
}

TEST_F(Outage, WorkThatNeedsNoSlackGoesOn) {
  api.down = true;
  for (int i = 0; i < 1500; ++i) enqueue("alert", fmt::format("incident:{}", i), "alert");
  clock.advance(30s);
  enqueue("work", "change:1", "apply");
  clock.advance(5s);
  EXPECT_THAT(worked, ElementsAre("apply"));
}

TEST_F(Outage, RetryAfterHoldsAndLosesNothing) {
  api.limited_until = clock.mono_now() + 30s;
  for (int i = 0; i < 5; ++i) enqueue("alert", fmt::format("incident:{}", i), fmt::format("{}", i));
  clock.advance(2min);
  EXPECT_THAT(texts(), ElementsAre("0", "1", "2", "3", "4"));
  for (std::size_t i = 1; i < api.times.size(); ++i) EXPECT_GE(api.times[i] - api.times[i - 1], 1s) << "one a second and channel";
  EXPECT_TRUE(given_up.empty());
}

/// One that always fails as if Slack were down must not keep the others.
TEST_F(Outage, APoisonousMessageHoldsNobodyUpForLong) {
  outbox.on("poison", [](storage::OutboxRow) -> asio::awaitable<Result<std::string>> { co_return Error{ErrorKind::Unavailable, "internal_error"}; }, Outbox::kWordsWait);
  enqueue("poison", "poison", "x");
  clock.advance(10s);
  for (int i = 0; i < 5; ++i) enqueue("alert", fmt::format("incident:{}", i), fmt::format("{}", i));
  clock.advance(2min);
  EXPECT_EQ(texts().size(), 5U);
}

}  // namespace
}  // namespace driftwarden
