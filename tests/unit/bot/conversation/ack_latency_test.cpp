// How long an envelope waits for its ack while every lane is busy. Nothing timed decides: it prints, and proves that no ack waits for a handler.
#include "tests/support/fakes/talk.hpp"

#include <algorithm>
#include <cstdio>

namespace driftwarden {
namespace {

constexpr int kLanes = 8;
constexpr std::size_t kEnvelopes = 2000;

struct BusyLanes : testing::Test {
  BusyLanes() {
    for (int i = 0; i < kLanes; ++i) {
      Person person;
      person.name = fmt::format("busy{}", i);
      person.slack = fmt::format("U0busy{}", i);
      talk.config.people.push_back(person);
      talk.config.policy.rules.front().who.push_back(person.name);
    }
    talk.slack.before_view = [this] { return wait_for_long(); };
    for (int i = 0; i < kLanes; ++i) EXPECT_TRUE(talk.accept(form(i)));
    talk.clock.settle();
  }
  asio::awaitable<void> wait_for_long() {
    ++busy;
    (void)co_await talk.clock.sleep_for(std::chrono::hours{1});
  }
  /// A button that opens a form, in a thread of its own.
  static slack::Envelope form(int i) {
    slack::Envelope envelope;
    envelope.envelope_id = fmt::format("form{}", i);
    envelope.type = "interactive";
    envelope.payload = std::make_shared<const nlohmann::json>(nlohmann::json{
        {"type", "block_actions"}, {"team", {{"id", "T1"}}}, {"user", {{"id", fmt::format("U0busy{}", i)}}}, {"trigger_id", fmt::format("busy{}", i)},
        {"container", {{"channel_id", fmt::format("C{}", i)}, {"message_ts", fmt::format("18{}.1", i)}}}, {"message", {{"thread_ts", fmt::format("18{}.1", i)}}},
        {"actions", {{{"action_id", "create-app"}, {"value", "create-app"}}}}});
    return envelope;
  }
  int busy = 0;
  Talk talk;
};

TEST_F(BusyLanes, AcksDoNotWaitForHandlers) {
  ASSERT_EQ(busy, kLanes) << "every lane is taken";
  std::vector<double> ms;
  for (std::size_t i = 0; i < kEnvelopes; ++i) {
    auto envelope = talk.mention(fmt::format("U{}", i), "status");
    const auto began = std::chrono::steady_clock::now();
    ASSERT_TRUE(talk.accept(std::move(envelope)));
    ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());
  }
  EXPECT_EQ(busy, kLanes);
  EXPECT_TRUE(talk.answers().empty()) << "nothing was answered meanwhile: all lanes were busy";
  std::ranges::sort(ms);
  std::printf("ack latency, %d lanes busy, %zu envelopes: p50 %.2f ms, p99 %.2f ms, worst %.2f ms\n", kLanes, ms.size(), ms[ms.size() / 2], ms[ms.size() * 99 / 100], ms.back());
}

}  // namespace
}  // namespace driftwarden
