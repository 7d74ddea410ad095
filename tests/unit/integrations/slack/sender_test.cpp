#include "gitops/base/async.hpp"
#include "integrations/slack/slack.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gtest/gtest.h>

#include <deque>
#include <list>
#include <map>

namespace driftwarden::slack {
namespace {

using namespace std::chrono_literals;
using driftwarden::test::ManualClock;

/// Takes messages, `latency` after they were sent.
class FakeApi final : public WebApi {
 public:
  explicit FakeApi(ManualClock& clock) : clock_(clock) {}
  asio::awaitable<Result<JsonPtr>> call(std::string, JsonPtr) override { co_return Error{ErrorKind::InvalidInput, "not here"}; }
  asio::awaitable<Result<Identity>> auth_test() override { co_return Identity{}; }
  asio::awaitable<Result<std::string>> open_connection() override { co_return Error{ErrorKind::InvalidInput, "not here"}; }
  asio::awaitable<Result<std::string>> channel_id(std::string name) override { co_return name; }
  asio::awaitable<Result<MessageRef>> post(std::string channel, std::string, Message message) override {
    CO_CHECK_OK(co_await take(channel + " " + message.text));
    MessageRef at;
    at.channel = channel;
    at.ts = std::to_string(++last_ts_);
    co_return at;
  }
  asio::awaitable<Result<void>> update(MessageRef at, Message message) override { return take(at.channel + " " + message.text + "@" + at.ts); }
  asio::awaitable<Result<void>> post_ephemeral(std::string, std::string, std::string, Message) override { co_return Result<void>{}; }
  asio::awaitable<Result<void>> open_view(std::string, JsonPtr) override { co_return Result<void>{}; }
  asio::awaitable<Result<void>> publish_home(std::string, JsonPtr) override { co_return Result<void>{}; }
  asio::awaitable<Result<void>> update_view(std::string, std::string, JsonPtr) override { co_return Result<void>{}; }
  asio::awaitable<Result<void>> upload_file(std::string, std::string, std::string, std::string) override { co_return Result<void>{}; }
  asio::awaitable<Result<std::optional<MessageRef>>> find_posted(std::string, std::string, std::string, std::string) override {
    co_return std::optional<MessageRef>{};
  }

  std::optional<MonoTime> held_until(const std::string& method) const override {
    const auto found = held.find(method);
    return found == held.end() || found->second <= clock_.mono_now() ? std::nullopt : std::optional(found->second);
  }

  std::map<std::string, MonoTime> held;
  std::vector<std::string> sent;  ///< "<seconds> <channel> <text>"
  std::deque<Error> failures;
  Duration latency{0};

 private:
  asio::awaitable<Result<void>> take(std::string what) {
    const auto at = std::chrono::duration_cast<Duration>(clock_.mono_now() - start_).count();
    sent.push_back(std::to_string(at) + " " + what);
    if (latency > 0ms) CO_CHECK_OK(co_await clock_.sleep_for(latency));
    if (failures.empty()) co_return Result<void>{};
    auto error = failures.front();
    failures.pop_front();
    co_return error;
  }
  ManualClock& clock_;
  MonoTime start_ = clock_.mono_now();
  int last_ts_ = 0;
};

class SenderTest : public testing::Test {
 protected:
  using Done = std::shared_ptr<std::optional<Result<MessageRef>>>;
  Done send(std::string key, std::string text, Sender::Priority priority = Sender::Priority::Answer, std::string channel = "C1",
            std::optional<std::string> ts = {}) {
    Sender::Outgoing outgoing;
    outgoing.key = std::move(key);
    outgoing.channel = std::move(channel);
    outgoing.message.text = std::move(text);
    outgoing.priority = priority;
    outgoing.ts = std::move(ts);
    auto done = std::make_shared<std::optional<Result<MessageRef>>>();
    auto ended = [done](const std::exception_ptr& thrown, Result<MessageRef> result) {
      if (!thrown) done->emplace(std::move(result));
    };
    asio::co_spawn(io, sender->send(std::move(outgoing)), asio::bind_cancellation_slot(stops.emplace_back().slot(), std::move(ended)));
    return done;
  }
  void TearDown() override {
    driftwarden::test::run(io, sender->stop());
  }

  asio::io_context io;
  ManualClock clock{io};
  FakeApi api{clock};
  std::list<asio::cancellation_signal> stops;  ///< one for each send()
  std::unique_ptr<Sender> sender = create_sender(io.get_executor(), api, clock);
};

TEST_F(SenderTest, OneASecondAndChannel) {
  send("a", "A");
  send("b", "B");
  send("c", "C");
  send("d", "D", Sender::Priority::Answer, "C2");
  clock.advance(5s);
  EXPECT_EQ(api.sent, (std::vector<std::string>{"0 C1 A", "0 C2 D", "1000 C1 B", "2000 C1 C"}));
  EXPECT_EQ(sender->waiting(), 0U);
}

TEST_F(SenderTest, AnswersOvertakeAlerts) {
  send("a", "A", Sender::Priority::Alert);
  clock.settle();
  send("b", "B", Sender::Priority::Alert);
  send("c", "C");
  clock.advance(5s);
  EXPECT_EQ(api.sent, (std::vector<std::string>{"0 C1 A", "1000 C1 C", "2000 C1 B"}));
}

TEST_F(SenderTest, WhatSlackHoldsBackWaitsWhereItCanStillBeReplaced) {
  api.held["chat.update"] = clock.mono_now() + 30s;
  send("a", "A1", Sender::Priority::Answer, "C1", "1.1");
  send("b", "B");
  clock.advance(20s);
  EXPECT_EQ(api.sent, (std::vector<std::string>{"0 C1 B"}));
  send("a", "A2", Sender::Priority::Answer, "C1", "1.1");
  clock.advance(10s);
  EXPECT_EQ(api.sent, (std::vector<std::string>{"0 C1 B", "30000 C1 A2@1.1"}));
}

TEST_F(SenderTest, WaitersOfACoalescedMessageGetTheOneResult) {
  send("x", "X");
  clock.settle();
  const auto first = send("a", "A1");
  const auto second = send("a", "A2");
  clock.advance(5s);
  EXPECT_EQ(api.sent, (std::vector<std::string>{"0 C1 X", "1000 C1 A2"}));
  ASSERT_TRUE(*first && **first && *second && **second);
  EXPECT_EQ((**first)->ts, "2");
  EXPECT_EQ((**second)->ts, "2");
}

TEST_F(SenderTest, NewsDuringThePostEditsIt) {
  api.latency = 300ms;
  const auto first = send("a", "A1");
  clock.advance(100ms);
  const auto second = send("a", "A2");
  clock.advance(5s);
  EXPECT_EQ(api.sent, (std::vector<std::string>{"0 C1 A1", "1000 C1 A2@1"}));
  ASSERT_TRUE(*second && **second);
  EXPECT_EQ((**second)->ts, "1");
}

TEST_F(SenderTest, ASlowCallHoldsItsChannelOnly) {
  api.latency = 5s;
  send("a", "A");
  send("b", "B");
  send("c", "C", Sender::Priority::Answer, "C2");
  clock.advance(6s);
  EXPECT_EQ(api.sent, (std::vector<std::string>{"0 C1 A", "0 C2 C", "5000 C1 B"}));
}

TEST_F(SenderTest, ARateLimitPausesTheChannelAndTheMessageIsNotLost) {
  api.failures.push_back(Error{ErrorKind::RateLimited, "slow down"});
  api.failures.push_back(Error{ErrorKind::RateLimited, "slow down"});
  const auto a = send("a", "A");
  const auto b = send("b", "B");
  clock.advance(10s);
  EXPECT_EQ(api.sent, (std::vector<std::string>{"0 C1 A", "1000 C1 A", "3000 C1 A", "4000 C1 B"}));
  EXPECT_TRUE(*a && **a);
  EXPECT_TRUE(*b && **b);
}

TEST_F(SenderTest, AnEndlessRateLimitEndsAsAnError) {
  for (int i = 0; i < 20; ++i) api.failures.push_back(Error{ErrorKind::RateLimited, "slow down"});
  const auto a = send("a", "A");
  clock.advance(1h);
  ASSERT_TRUE(*a);
  EXPECT_EQ((*a)->error().kind, ErrorKind::RateLimited);
}

TEST_F(SenderTest, AFailureIsItsOwnersAndTheNextGoesOn) {
  api.failures.push_back(Error{ErrorKind::NotFound, "channel_not_found"});
  const auto a = send("a", "A");
  const auto b = send("b", "B");
  clock.advance(5s);
  ASSERT_TRUE(*a);
  EXPECT_EQ((*a)->error().kind, ErrorKind::NotFound);
  EXPECT_TRUE(*b && **b);
}

TEST_F(SenderTest, AnEditAnswersWithItsPlace) {
  const auto edit = send("a", "A", Sender::Priority::Answer, "C1", "17.5");
  clock.settle();
  ASSERT_TRUE(*edit && **edit);
  EXPECT_EQ(***edit, (MessageRef{"C1", "17.5"}));
  EXPECT_EQ(api.sent, std::vector<std::string>{"0 C1 A@17.5"});
}

TEST_F(SenderTest, ACancelledSenderOfAWaitingMessageTakesItBack) {
  send("a", "A");
  clock.settle();
  const auto b = send("b", "B");
  clock.settle();
  EXPECT_EQ(sender->waiting(), 1U);
  stops.back().emit(asio::cancellation_type::terminal);
  clock.advance(5s);
  ASSERT_TRUE(*b);
  EXPECT_EQ((*b)->error().kind, ErrorKind::Cancelled);
  EXPECT_EQ(api.sent, std::vector<std::string>{"0 C1 A"});
}

TEST_F(SenderTest, StoppingAnswersEverybody) {
  api.latency = 5s;
  const auto under_way = send("a", "A");
  const auto waiting = send("b", "B");
  clock.settle();
  driftwarden::test::run(io, sender->stop());
  clock.settle();
  ASSERT_TRUE(*under_way && *waiting);
  EXPECT_EQ((*under_way)->error().kind, ErrorKind::Cancelled);
  EXPECT_EQ((*waiting)->error().kind, ErrorKind::Cancelled);
  const auto late = send("c", "C");
  clock.settle();
  EXPECT_EQ((*late)->error().kind, ErrorKind::Cancelled);
}

}  // namespace
}  // namespace driftwarden::slack
