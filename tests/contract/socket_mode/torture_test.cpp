// Ten thousand events and three hundred clicks through a hundred forced refreshes: none lost, none handled twice. How long the acks took is printed.
#include "tests/contract/socket_mode/torture.hpp"

#include "gitops/base/log.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <set>

namespace driftwarden::test {
namespace {

using namespace std::chrono_literals;

// Under a sanitizer a tenth: there server and client share a core that is many times slower, and Slack's retry schedule doesn't wait.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kShare = 10;
#else
constexpr int kShare = 1;
#endif
constexpr int kEvents = 10'000 / kShare;
constexpr int kClicks = 300 / kShare;
constexpr std::size_t kRefreshes = 100 / kShare;
constexpr int kMostUnderWay = 1'500 / kShare;  // a slow machine isn't flooded
constexpr Duration kPatience{240'000};
const std::array<std::string, 5> kWays{"warning", "refresh_requested", "drop", "warning", "half_open"};

std::uint64_t seed() {
  const char* given = std::getenv("DRIFTWARDEN_SEED");
  return given == nullptr ? 20'261'121 : std::strtoull(given, nullptr, 10);
}

struct Story {
  explicit Story(TortureWorld& world_) : world(world_) {}
  TortureWorld& world;
  int said = 0;
  int clicked = 0;
  std::set<std::string> acknowledged_clicks;
  int unanswered_clicks = 0;
  std::size_t refreshed = 0;
  double calm_after_s = 0;

  std::string text_of(int number) const { return fmt::format("<@U0WARDEN> event {}", number); }
  asio::awaitable<void> speak();
  asio::awaitable<void> click();
  asio::awaitable<void> disturb();
  std::size_t missing() const;
};

/// As fast as the bad time takes, so that events fall into every gap.
asio::awaitable<void> Story::speak() {
  while (said < kEvents) {
    const auto goal = refreshed >= kRefreshes ? kEvents : static_cast<int>((refreshed + 1) * kEvents / kRefreshes);
    while (said < goal && said - static_cast<int>(world.inbox.handled.size()) < kMostUnderWay) {
      json words{{"user", "alice"}, {"channel", "C0GITOPS"}, {"text", fmt::format("@warden event {}", said)}};
      auto saying = world.post("/sandbox/say", std::move(words));
      const auto answer = co_await std::move(saying);
      if (!answer["ok"].get<bool>()) world.error = answer.dump();
      if (++said % 2 == 0) {
        auto slept = co_await world.clock.sleep_for(1ms);
        if (!slept) co_return;
      }
    }
    auto slept = co_await world.clock.sleep_for(2ms);
    if (!slept) co_return;
  }
}

asio::awaitable<void> Story::click() {
  json button{{"type", "button"}, {"action_id", "approve"}, {"text", {{"type", "plain_text"}, {"text", "Approve"}}}, {"value", "1"}};
  json card{{"channel", "C0GITOPS"}, {"text", "card"}};
  card["blocks"] = json::array({json{{"type", "actions"}, {"elements", json::array({button})}}});
  auto posting = world.post("/api/chat.postMessage", std::move(card));
  const auto posted = co_await std::move(posting);
  while (clicked < kClicks) {
    json act{{"user", "bob"}, {"action_id", "approve"}};
    act["message"] = {{"channel", "C0GITOPS"}, {"ts", posted["ts"]}};
    auto acting = world.post("/sandbox/act", std::move(act));
    const auto answer = co_await std::move(acting);
    ++clicked;
    if (answer["ok"].get<bool>())
      acknowledged_clicks.insert(answer["trigger_id"].get<std::string>());
    else
      ++unanswered_clicks;
    auto slept = co_await world.clock.sleep_for(20ms);
    if (!slept) co_return;
  }
}

asio::awaitable<void> Story::disturb() {
  for (; refreshed < kRefreshes; ++refreshed) {
    auto slept = co_await world.clock.sleep_for(Duration{40 + static_cast<int>(world.random->below(60))});
    if (!slept) co_return;
    sandbox::WorkspaceFaults faults;
    faults.duplicate_next_events = static_cast<int>(world.random->below(6));
    faults.drop_next_envelopes = static_cast<int>(world.random->below(4));
    faults.delay_next_envelopes = static_cast<int>(world.random->below(5));
    faults.envelope_delay = Duration{300 + static_cast<int>(world.random->below(600))};
    faults.reorder_next_events = static_cast<int>(world.random->below(12));
    world.workspace->set_faults(faults);
    const auto before = world.workspace->delivery_stats().connections;
    const auto& way = kWays[refreshed % kWays.size()];
    if (way == "drop")
      world.workspace->drop_sockets();
    else if (way == "half_open")
      world.workspace->half_open_sockets();
    else
      world.workspace->disconnect_sockets(way);
    const auto limit = world.clock.mono_now() + 15s;
    while (world.workspace->delivery_stats().connections == before) {
      auto waited = co_await world.clock.sleep_for(5ms);
      if (!waited) co_return;
      if (world.clock.mono_now() < limit) continue;
      world.error = fmt::format("no new connection after {} ({} of {})", way, refreshed, kRefreshes);
      co_return;
    }
  }
  world.workspace->set_faults(sandbox::WorkspaceFaults{});
  calm_after_s = world.seconds();
}

std::size_t Story::missing() const {
  std::size_t count = 0;
  for (int i = 0; i < kEvents; ++i) count += world.inbox.handled.count(text_of(i)) == 0 ? 1 : 0;
  return count;
}

TEST(SocketModeTorture, NoneLostNoneHandledTwice) {
  set_log_level(std::getenv("DRIFTWARDEN_VERBOSE") != nullptr ? LogLevel::Info : LogLevel::Error);
  fmt::print("seed {} (DRIFTWARDEN_SEED repeats another one)\n", seed());
  TortureWorld world(seed());
  world.start();
  Story story(world);
  world.tasks.spawn("speaking", story.speak());
  world.tasks.spawn("clicking", story.click());
  world.tasks.spawn("disturbing", story.disturb());
  const auto all_in = [&] { return story.said == kEvents && story.clicked == kClicks && world.inbox.handled.size() >= kEvents + story.acknowledged_clicks.size(); };
  const bool done = world.run_until([&] { return all_in() && story.missing() == 0; }, kPatience);
  const auto took = world.seconds();
  world.run_until([] { return false; }, 500ms);  // what is late still comes
  const auto stats = world.workspace->delivery_stats();
  const auto ack = world.workspace->ack_latency();

  fmt::print("{} events and {} clicks in {:.1f} s, {:.1f} s of them with {} forced refreshes\n", kEvents, kClicks, took, story.calm_after_s, story.refreshed);
  fmt::print("server: {} envelopes, {} connections; {} duplicated, {} late, {} out of order, {} lost on their way\n", stats.envelopes, stats.connections,
             stats.duplicated, stats.delayed, stats.reordered, stats.lost);
  fmt::print("client: {} arrived, {} known already, {} not stored; {} of {} clicks unanswered\n", world.inbox.arrived, world.inbox.duplicates,
             world.inbox.refused, story.unanswered_clicks, kClicks);
  fmt::print("ack: p50 {} us, p99 {} us, max {} us\n", ack.p50.count(), ack.p99.count(), ack.max.count());

  std::fflush(stdout);
  world.stop_drivers();

  EXPECT_EQ(world.error, "");
  EXPECT_TRUE(done) << "within the patience";
  EXPECT_EQ(story.refreshed, kRefreshes);
  EXPECT_GE(stats.connections, kRefreshes);
  EXPECT_EQ(story.missing(), 0U) << "lost";
  EXPECT_EQ(stats.given_up, 0U);
  for (const auto& [subject, times] : world.inbox.handled) EXPECT_EQ(times, 1) << subject;
  for (const auto& trigger : story.acknowledged_clicks) EXPECT_EQ(world.inbox.handled.count(trigger), 1U) << "a click that was answered wasn't handled";
  EXPECT_GT(world.inbox.duplicates, 0U) << "else the dedupe wasn't tried";
  EXPECT_GT(stats.reordered, 0U);
  EXPECT_GT(stats.delayed, 0U);
  EXPECT_GT(stats.lost, 0U);
}

}  // namespace
}  // namespace driftwarden::test
