#include "bot/health/pulse.hpp"

#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Snitch final : public net::HttpClient {
 public:
  std::vector<std::string> asked;
  unsigned status = 200;

  asio::awaitable<Result<net::HttpResponse>> send(net::HttpRequest request) override {
    asked.push_back(request.method + " " + request.url);
    if (status == 0) co_return Error{ErrorKind::Unavailable, "can't reach " + request.url};
    net::HttpResponse response;
    response.status = status;
    response.headers.set("Location", "http://169.254.169.254/latest/meta-data");
    co_return response;
  }
  asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> open_stream(net::HttpRequest) override { co_return Error{ErrorKind::Unavailable, "not here"}; }
};

class PulseTest : public testing::Test {
 protected:
  PulseTest()
      : clock(io), random(create_seeded_random(1)), store(std::move(storage::Store::open(":memory:", clock)).value()), async(*store, io.get_executor()),
        outbox(io.get_executor(), async, clock, *random, {}) {
    config.heartbeat = HeartbeatConfig{};
    config.heartbeat->url = Secret<std::string>("https://snitch.example/c2354d53d2");
    Pulse::Parts parts;
    parts.executor = io.get_executor();
    parts.clock = &clock;
    parts.config = &config;
    parts.store = &async;
    parts.outbox = &outbox;
    parts.http = &snitch;
    parts.look = [this](Vitals& vitals) { vitals.socket_closed_since = closed_since; };
    pulse = std::make_unique<Pulse>(std::move(parts));
    pulse->start();
    clock.settle();
  }
  ~PulseTest() override { test::run(io, pulse->stop()); }

  /// Those that came since the last look.
  std::vector<std::string> notices() {
    std::vector<std::string> texts;
    EXPECT_TRUE(store->transact([&](storage::Transaction& tx) -> Result<void> {
      TRY(const auto rows, tx.ready_outbox(clock.wall_now() + 1h, 100));
      for (const auto& row : rows) {
        const auto payload = nlohmann::json::parse(row.payload);
        texts.push_back(payload.at("channel").get<std::string>() + " " + payload.at("text").get<std::string>());
        CHECK_OK(tx.finish_outbox(row.id, "told"));
      }
      return Result<void>{};
    }));
    return texts;
  }

  asio::io_context io;
  test::ManualClock clock;
  std::unique_ptr<Random> random;
  std::unique_ptr<storage::Store> store;
  AsyncStore async;
  Outbox outbox;
  Config config;
  Snitch snitch;
  std::optional<WallTime> closed_since;
  std::unique_ptr<Pulse> pulse;
};

TEST_F(PulseTest, BeatsAsLongAsAllIsWell) {
  clock.advance(3min);
  EXPECT_THAT(snitch.asked, ElementsAre("GET https://snitch.example/c2354d53d2", "GET https://snitch.example/c2354d53d2", "GET https://snitch.example/c2354d53d2"));
  EXPECT_EQ(pulse->heartbeats(), 3U);
  closed_since = clock.wall_now() - 1h;
  clock.advance(3min);
  EXPECT_THAT(snitch.asked, SizeIs(3));
  closed_since.reset();
  clock.advance(1min);
  EXPECT_THAT(snitch.asked, SizeIs(4));
}

TEST_F(PulseTest, WithoutAnAddressNobodyIsAsked) {
  config.heartbeat.reset();
  clock.advance(5min);
  EXPECT_THAT(snitch.asked, SizeIs(testing::Le(1U)));
}

TEST_F(PulseTest, TheAddressIsInNoLogAndNoRedirectIsFollowed) {
  testing::internal::CaptureStderr();
  snitch.status = 302;
  clock.advance(1min);
  snitch.status = 0;
  clock.advance(1min);
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("HTTP 302, a redirect, which isn't followed"));
  EXPECT_THAT(log, testing::Not(HasSubstr("c2354d53d2")));
  EXPECT_THAT(snitch.asked, SizeIs(2));
  EXPECT_EQ(pulse->failed_heartbeats(), 2U);
  EXPECT_EQ(pulse->heartbeats(), 0U);
}

TEST_F(PulseTest, WhatIsStuckForLongIsToldToTheAdminsOnce) {
  clock.advance(1h);
  closed_since = clock.wall_now() - 3min;
  clock.advance(10min);
  EXPECT_THAT(notices(), ElementsAre(HasSubstr("#driftwarden :warning: Driftwarden: Slack's socket has not been open for")));
  closed_since.reset();
  clock.advance(2min);
  EXPECT_THAT(notices(), ElementsAre(HasSubstr(":white_check_mark: Driftwarden: Slack's socket is well again")));
}

TEST_F(PulseTest, CountsTheWaiversThatLetSomethingPass) {
  EXPECT_EQ(pulse->open_waivers(), 0U);
  EXPECT_TRUE(store->transact([&](storage::Transaction& tx) -> Result<void> {
    for (const auto lasts : {1h, 2h}) {
      Waiver waiver;
      waiver.app = "checkout";
      waiver.gate = "built-in";
      waiver.rule = "floating-tag";
      waiver.owner = "carol";
      waiver.reason = "OPS-12";
      waiver.since = clock.wall_now();
      waiver.until = clock.wall_now() + lasts;
      TRY(const auto added, tx.add_waiver(waiver));
      EXPECT_GT(added.id, 0);
    }
    return Result<void>{};
  }));
  clock.advance(10s);
  EXPECT_EQ(pulse->open_waivers(), 2U);
  clock.advance(1h);
  EXPECT_EQ(pulse->open_waivers(), 1U) << "its time is up, whether or not somebody wrote that down";
}

TEST_F(PulseTest, KnowsHowFullTheQueuesAre) {
  EXPECT_TRUE(store->transact([&](storage::Transaction& tx) -> Result<void> {
    storage::InboxRow inbox;
    inbox.key = "Ev1";
    inbox.type = "events_api";
    inbox.payload = "{}";
    TRY(const auto fresh, tx.add_inbox(inbox));
    EXPECT_TRUE(fresh);
    for (const auto* kind : {"slack.alert", "slack.alert", "change.merge"}) {
      storage::OutboxRow row;
      row.kind = kind;
      row.created_at = clock.wall_now();
      row.not_before = clock.wall_now() + (std::string_view(kind) == "change.merge" ? 1h : 0h);
      TRY(const auto id, tx.enqueue(row));
      EXPECT_GT(id, 0);
    }
    AuditEntry entry;
    entry.actor = "alice";
    entry.action = "x";
    TRY(const auto written, tx.append_audit(entry));
    EXPECT_EQ(written.seq, 1);
    return Result<void>{};
  }));
  const auto since = clock.wall_now();
  clock.advance(10s);
  ASSERT_TRUE(pulse->figures());
  const auto& figures = *pulse->figures();
  EXPECT_EQ(figures.inbox_waiting, 1U);
  EXPECT_EQ(figures.inbox_oldest, since);
  EXPECT_THAT(figures.outbox_waiting, testing::UnorderedElementsAre(testing::Pair("slack.alert", 2U), testing::Pair("change.merge", 1U)));
  EXPECT_EQ(figures.outbox_oldest_due, since) << "the one that is put off isn't late";
  EXPECT_EQ(figures.audit_rows, 1);
  EXPECT_EQ(figures.audit_sealed, 0);
  EXPECT_GT(figures.bytes, 0);
  EXPECT_THAT(pulse->ailments(), IsEmpty());
  clock.advance(10min);
  EXPECT_THAT(pulse->ailments(), SizeIs(2)) << "inbox and outbox";
}

}  // namespace
}  // namespace driftwarden
