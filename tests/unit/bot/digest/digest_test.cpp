// When the digest is due, what it collects, and that it comes once.
#include "bot/config/time_zone.hpp"
#include "bot/digest/digest.hpp"
#include "gitops/base/text.hpp"
#include "tests/support/fakes/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct DueRow {
  std::string name;
  int at;
  std::vector<int> days;
  std::string now;
  std::string due;
  friend void PrintTo(const DueRow& row, std::ostream* out) { *out << row.name; }
};
class DueTable : public testing::TestWithParam<DueRow> {};
TEST_P(DueTable, Was) {
  const auto& row = GetParam();
  Config config;
  config.alerts.digest->at = row.at;
  config.alerts.digest->days = row.days;
  const auto due = digest_due(config, *parse_time(row.now));
  EXPECT_EQ(due ? format_time(*due) : "", row.due);
}
// 2026-11-20 is a Friday.
INSTANTIATE_TEST_SUITE_P(AllOf, DueTable,
                         testing::Values(DueRow{"ToTheMinute", 540, {}, "2026-11-20T09:00:00Z", "2026-11-20T09:00:00Z"}, DueRow{"NotBefore", 540, {}, "2026-11-20T08:59:59Z", "2026-11-19T09:00:00Z"},
                                         DueRow{"AllDay", 540, {}, "2026-11-20T23:59:59Z", "2026-11-20T09:00:00Z"}, DueRow{"OnItsDays", 540, {0, 4}, "2026-11-20T10:00:00Z", "2026-11-20T09:00:00Z"},
                                         DueRow{"NotOnOthers", 540, {0, 4}, "2026-11-22T10:00:00Z", "2026-11-20T09:00:00Z"}, DueRow{"OnceAWeek", 540, {4}, "2026-11-20T08:00:00Z", "2026-11-13T09:00:00Z"},
                                         DueRow{"AtMidnight", 0, {}, "2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z"}, DueRow{"AtTheDaysEnd", 1440, {}, "2026-11-20T10:00:00Z", "2026-11-20T00:00:00Z"}),
                         [](const auto& row) { return row.param.name; });

TEST(DigestDue, IsByTheClocksOfItsZone) {
  std::ifstream file{"/usr/share/zoneinfo/Europe/Berlin", std::ios::binary};
  if (!file) GTEST_SKIP() << "no time zones on this machine";
  Config config;
  config.alerts.digest->time_zone = std::make_shared<const TimeZone>(*TimeZone::parse(std::string{std::istreambuf_iterator<char>{file}, {}}));
  EXPECT_EQ(digest_due(config, *parse_time("2026-11-20T08:00:00Z")), *parse_time("2026-11-20T08:00:00Z"));
  EXPECT_EQ(digest_due(config, *parse_time("2026-07-20T07:30:00Z")), *parse_time("2026-07-20T07:00:00Z")) << "summer time";
  EXPECT_EQ(digest_due(config, *parse_time("2026-03-29T06:59:00Z")), *parse_time("2026-03-28T08:00:00Z")) << "the clocks went forward that night";
  config.alerts.digest.reset();
  EXPECT_EQ(digest_due(config, *parse_time("2026-11-20T08:00:00Z")), std::nullopt);
}

struct DigestTest : testing::Test, test::World {
  DigestTest() {
    // Due in two hours.
    const auto minutes = std::chrono::floor<std::chrono::minutes>(clock.wall_now() - std::chrono::floor<std::chrono::days>(clock.wall_now()));
    config.alerts.digest->at = static_cast<int>((minutes.count() + 120) % 1440);
    config.alerts.storm = 100;
  }
  ~DigestTest() override { close(); }

  void open() {
    start();
    digest = std::make_unique<Digest>(io.get_executor(), clock, config, async, *outbox, *fleet);
    digest->start();
    clock.settle();
    clock.advance(2s);
  }
  void close() {
    if (digest) test::run(io, digest->stop());
    digest.reset();
    stop();
  }
  void reopen() {
    close();
    store.revive();
    open();
  }
  std::vector<std::string> digests(const std::string& channel = "Cshop-prod") const {
    std::vector<std::string> texts;
    for (const auto& message : slack.messages) {
      if (message.key.starts_with("digest:") && message.at.channel == channel) texts.push_back(message.now().text);
    }
    return texts;
  }
  view::DigestContent content(std::vector<std::string> apps = {}) {
    auto collected = test::run(io, digest->content(std::move(apps)));
    EXPECT_TRUE(collected) << collected.error().message;
    return collected ? *collected : view::DigestContent{};
  }
  App another(const std::string& name, const std::string& channel) const {
    auto app = config.apps.front();
    app.name = name;
    app.channel = channel;
    return app;
  }

  std::unique_ptr<Digest> digest;
};

TEST_F(DigestTest, ComesOnceWhenItIsDue) {
  open();
  scale_by_hand(5);
  clock.advance(1h);
  EXPECT_THAT(digests(), IsEmpty());
  clock.advance(1h + 2min);
  ASSERT_THAT(digests(), SizeIs(1));
  EXPECT_THAT(digests().front(), AllOf(HasSubstr("*Digest*: 1 of 1 App not in sync"), HasSubstr("*checkout*")));
  clock.advance(3h);
  EXPECT_THAT(digests(), SizeIs(1));
  reopen();
  clock.advance(2min);
  EXPECT_THAT(digests(), SizeIs(1)) << "across restarts, too";
  clock.advance(24h);
  EXPECT_THAT(digests(), SizeIs(2));
}

TEST_F(DigestTest, SaysNothingWhenThereIsNothingToSay) {
  open();
  clock.advance(3h);
  EXPECT_THAT(digests(), IsEmpty());
}

TEST_F(DigestTest, IsNotOfADayBeforeTheFirstStart) {
  const auto minutes = std::chrono::floor<std::chrono::minutes>(clock.wall_now() - std::chrono::floor<std::chrono::days>(clock.wall_now()));
  config.alerts.digest->at = static_cast<int>((minutes.count() + 1440 - 60) % 1440);
  open();
  scale_by_hand(5);
  clock.advance(10min);
  EXPECT_THAT(digests(), IsEmpty());
}

TEST_F(DigestTest, WhatWasMissedIsSaidWhileItIsOfUse) {
  open();
  scale_by_hand(5);
  clock.advance(1h);
  close();
  clock.advance(4h);
  store.revive();
  open();
  clock.advance(2min);
  EXPECT_THAT(digests(), SizeIs(1)) << "three hours late";
  close();
  clock.advance(31h);
  store.revive();
  open();
  clock.advance(2min);
  EXPECT_THAT(digests(), SizeIs(1)) << "ten hours late: tomorrow's says it";
}

TEST_F(DigestTest, EachChannelHasItsOwn) {
  config.apps.push_back(another("cart", "#cart"));
  open();
  scale_by_hand(5);
  clock.advance(2h + 2min);
  ASSERT_THAT(digests(), SizeIs(1));
  EXPECT_THAT(digests().front(), Not(HasSubstr("cart")));
  ASSERT_THAT(digests("Ccart"), SizeIs(1)) << "it is missing there";
  EXPECT_THAT(digests("Ccart").front(), Not(HasSubstr("checkout*")));
}

TEST_F(DigestTest, OrOneHasAllButWhatIsPrivate) {
  config.apps.push_back(another("cart", "#cart"));
  config.apps.push_back(another("pay", "#pay"));
  config.alerts.digest->channel = "#daily";
  Team team;
  team.name = "pay";
  team.members = {"alice"};
  team.apps = {"pay"};
  team.is_private = true;
  config.teams = {team};
  open();
  scale_by_hand(5);
  clock.advance(2h + 2min);
  EXPECT_THAT(digests(), IsEmpty());
  EXPECT_THAT(digests("Ccart"), IsEmpty());
  ASSERT_THAT(digests("Cdaily"), SizeIs(1));
  EXPECT_THAT(digests("Cdaily").front(), AllOf(HasSubstr("*checkout*"), HasSubstr("*cart*"), Not(HasSubstr("pay"))));
  EXPECT_THAT(digests("Cpay"), SizeIs(1));
}

TEST_F(DigestTest, APrivateAppWithoutAChannelIsInNoDigest) {
  config.apps.push_back(another("pay", ""));
  config.slack.default_channel = "#daily";
  config.alerts.digest->channel = "#daily";
  Team team;
  team.name = "pay";
  team.members = {"alice"};
  team.apps = {"pay"};
  team.is_private = true;
  config.teams = {team};
  open();
  scale_by_hand(5);
  clock.advance(2h + 2min);
  ASSERT_THAT(digests("Cdaily"), SizeIs(1));
  EXPECT_THAT(digests("Cdaily").front(), AllOf(HasSubstr("*checkout*"), Not(HasSubstr("pay"))));
}

TEST_F(DigestTest, OldIncidentsAreNotHiddenByManyNewOnes) {
  open();
  const auto now = clock.wall_now();
  ASSERT_TRUE(transact([&](storage::Transaction& tx) -> Result<void> {
    Incident old;
    old.app = "cart";
    old.state = IncidentState::Open;
    old.opened_at = old.updated_at = now - 48h;
    CHECK_OK(tx.add_incident(old));
    Incident over;
    over.app = "checkout";
    over.state = IncidentState::Resolved;
    over.opened_at = now - 2h;
    over.updated_at = now;
    over.resolved_at = now - 1h;
    for (int i = 0; i < 5001; ++i) CHECK_OK(tx.add_incident(over));
    return Result<void>{};
  }));
  const auto all = content();
  ASSERT_THAT(all.open, SizeIs(1));
  EXPECT_EQ(all.open[0].app, "cart");
  EXPECT_GE(all.resolved_since, 5000U);
}

TEST_F(DigestTest, CollectsWhatIsStored) {
  config.gates.owners = {"carol"};
  open();
  const auto now = clock.wall_now();
  ASSERT_TRUE(transact([&](storage::Transaction& tx) -> Result<void> {
    for (const auto& [app, state] : std::vector<std::pair<std::string, ChangeState>>{{"checkout", ChangeState::Proposed}, {"checkout", ChangeState::Done}, {"cart", ChangeState::Proposed}}) {
      Change change;
      change.app = app;
      change.state = state;
      change.requester = "alice";
      change.requested_at = change.updated_at = now;
      CHECK_OK(tx.add_change(change));
    }
    Hold freeze;
    freeze.kind = HoldKind::Freeze;
    freeze.scope = {HoldScope::Kind::Environment, "prod"};
    freeze.owner = "alice";
    freeze.since = now;
    CHECK_OK(tx.add_hold(freeze));
    Hold lock = freeze;
    lock.kind = HoldKind::Lock;
    lock.scope = {HoldScope::Kind::App, "cart"};
    CHECK_OK(tx.add_hold(lock));
    for (const auto* action : {"hold.break-glass", "hold.break-glass-ended"}) {
      CHECK_OK(tx.append_audit({"alice", action, "checkout", "hold 9", R"({"scope":"checkout","until":"2026-11-21T10:00:00Z","reason":"payment is down"})"}));
    }
    Silence silence;
    silence.match.app = "check*";
    silence.match.cause = Cause::Fight;
    silence.owner = "bob";
    silence.reason = "x";
    silence.since = now;
    silence.until = now + 1h;
    CHECK_OK(tx.add_silence(silence));
    silence.match.app = "cart";
    CHECK_OK(tx.add_silence(silence));
    silence.until = now;
    CHECK_OK(tx.add_silence(silence));
    Waiver waiver;
    waiver.app = "checkout";
    waiver.gate = "built-in";
    waiver.since = now;
    waiver.until = now + 24h;
    for (const auto* owner : {"carol", "bob"}) {
      waiver.owner = owner;
      CHECK_OK(tx.add_waiver(waiver));
    }
    Incident over;
    over.app = "checkout";
    over.state = IncidentState::Resolved;
    over.opened_at = now - 2h;
    over.updated_at = now;
    over.resolved_at = now - 1h;
    CHECK_OK(tx.add_incident(over));
    return Result<void>{};
  }));
  const auto of_checkout = content({"checkout"});
  EXPECT_EQ(of_checkout.apps, 1U);
  EXPECT_EQ(of_checkout.in_sync, 1U);
  EXPECT_THAT(of_checkout.pending, SizeIs(1));
  ASSERT_THAT(of_checkout.holds, SizeIs(1));
  EXPECT_EQ(of_checkout.holds[0].kind, HoldKind::Freeze);
  ASSERT_THAT(of_checkout.broken_glass, SizeIs(1));
  EXPECT_EQ(of_checkout.broken_glass[0].owner, "alice");
  EXPECT_EQ(of_checkout.broken_glass[0].reason, "payment is down");
  EXPECT_TRUE(of_checkout.broken_glass[0].ended_at);
  EXPECT_THAT(of_checkout.silences, SizeIs(1));
  ASSERT_THAT(of_checkout.waivers, SizeIs(1)) << "who owns the gate no more lets nothing pass";
  EXPECT_EQ(of_checkout.waivers[0].owner, "carol");
  EXPECT_EQ(of_checkout.resolved_since, 1U);
  const auto of_all = content();
  EXPECT_THAT(of_all.pending, SizeIs(2));
  EXPECT_THAT(of_all.holds, SizeIs(2));
  EXPECT_THAT(of_all.silences, SizeIs(2));
  clock.advance(25h);
  EXPECT_THAT(content().broken_glass, IsEmpty());
}

TEST_F(DigestTest, ASnoozeAndAZeroByHandAreForgottenAfterAWhile) {
  open();
  auto object = test::live_deployment(0);
  object["metadata"]["managedFields"] = nlohmann::json::parse(fmt::format(
      R"([{{"manager":"kubectl","operation":"Update","apiVersion":"apps/v1","time":"{}","fieldsType":"FieldsV1","fieldsV1":{{"f:spec":{{"f:replicas":{{}}}}}}}}])", format_time(clock.wall_now())));
  live->put(object);
  clock.advance(5s);
  ASSERT_THAT(content().open, SizeIs(1));
  ASSERT_TRUE(transact([&](storage::Transaction& tx) -> Result<void> {
    TRY(const auto open, open_incident_of(tx, "checkout"));
    CHECK_OK(commit_step(tx, snooze(*open, "bob", clock.wall_now() + 72h, clock.wall_now()), clock.wall_now()));
    return Result<void>{};
  }));
  EXPECT_THAT(content().pauses, IsEmpty()) << "done just now";
  clock.advance(25h);
  const auto pauses = content().pauses;
  ASSERT_THAT(pauses, SizeIs(2));
  EXPECT_EQ(pauses[0].what, "Deployment shop/checkout is scaled to 0 by hand");
  EXPECT_EQ(pauses[0].who, "kubectl");
  EXPECT_EQ(pauses[1].what, "its alert is snoozed");
  EXPECT_EQ(pauses[1].who, "bob");
}

TEST_F(DigestTest, APinThatIsLeftBehindIsAPause) {
  const auto first = git("rev-parse main");
  const auto file = (directory.path / "pin.yaml").string();
  std::ofstream(file) << write_pin({first, "bob", "until the sale is over", "2026-11-21T09:00:00Z"}, "checkout");
  test::run_shell(fmt::format("cd {0} && export GIT_INDEX_FILE={1} && git read-tree main && git update-index --add --cacheinfo 100644,$(git hash-object -w {2}),{3} && "
                              "c=$(git -c user.name=Ann -c user.email=ann@example.org commit-tree $(git write-tree) -p main -m Pin) && git update-ref refs/heads/main $c",
                              remote(), (directory.path / "pin-index").string(), file, pin_path("checkout")));
  config.apps.front().track = Track::Pin;
  // Commits are made by the machine's clock, which may be ahead of the test's.
  config.alerts.forgotten = -std::chrono::hours{24 * 36'500};
  open();
  EXPECT_THAT(content().pauses, IsEmpty()) << "nothing of the App moved on";
  commit(4);
  clock.advance(2min);
  const auto pauses = content().pauses;
  ASSERT_THAT(pauses, SizeIs(1));
  EXPECT_EQ(pauses[0].what, fmt::format("it is pinned to {}, 1 commit behind", first.substr(0, 7)));
  EXPECT_EQ(pauses[0].who, "bob");
  EXPECT_EQ(pauses[0].why, "until the sale is over");
  EXPECT_EQ(pauses[0].command, "sync checkout");
}

}  // namespace
}  // namespace driftwarden
