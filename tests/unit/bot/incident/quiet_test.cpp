// Told once, told late, told again, or not at all: silences, quiet hours, flapping, repeats.
#include "tests/support/fakes/world.hpp"
#include "tests/unit/bot/incident/alert_world.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using test::AlertWorld;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct QuietWorld : AlertWorld {
  explicit QuietWorld(int apps = 10, const std::function<void(Config&)>& change = {}) {
    add_apps(apps);
    if (change) change(config);
    start();
  }
  std::int64_t silence(AlertMatch match, Duration time) {
    Silence made;
    made.match = std::move(match);
    made.owner = "alice";
    made.reason = "maintenance";
    made.since = clock.wall_now();
    made.until = clock.wall_now() + time;
    transact([&](storage::Transaction& tx) -> Result<void> {
      TRY(made, tx.add_silence(made));
      return Result<void>{};
    });
    return made.id;
  }
  void lift(std::int64_t id) {
    transact([&](storage::Transaction& tx) -> Result<void> {
      TRY(auto known, tx.find_silence(id));
      known->ended_at = clock.wall_now();
      return tx.save_silence(*known);
    });
    incidents->look_at_silences();
    clock.settle();
  }
  void step(const std::string& app, const std::function<IncidentStep(Incident)>& event) {
    transact([&](storage::Transaction& tx) -> Result<void> {
      TRY(auto known, tx.open_incident(app));
      auto done = commit_step(tx, event(std::move(*known)), clock.wall_now());
      if (!done) return done.error();
      return Result<void>{};
    });
  }
  std::vector<std::string> broadcasts() const {
    std::vector<std::string> texts;
    for (const auto& message : slack.messages) {
      if (message.now().broadcast) texts.push_back(message.now().text);
    }
    return texts;
  }
};

AlertMatch of_app(const std::string& glob) {
  AlertMatch match;
  match.app = glob;
  return match;
}

TEST(Silence, KeepsQuietAndTellsAfterwardsWhatIsStillThere) {
  QuietWorld world;
  world.silence(of_app("app-000*"), 1h);
  world.report(AlertWorld::own_drift(1));
  world.report(AlertWorld::own_drift(2));
  world.clock.advance(30min);
  EXPECT_EQ(world.slack.posts(), 0U);
  EXPECT_EQ(world.incident("app-0001").muted_by, "silence 1");
  world.heal("app-0002");
  world.clock.advance(29min);
  EXPECT_EQ(world.slack.posts(), 0U) << "what healed muted is nobody's news";
  world.clock.advance(2min);
  ASSERT_EQ(world.alerts(), 1U);
  EXPECT_THAT(world.alert().text, HasSubstr("app-0001 is OutOfSync"));
  EXPECT_THAT(world.notes(), testing::ElementsAre(HasSubstr("Kept quiet until now: silence 1.")));
  EXPECT_EQ(world.incident("app-0001").muted_by, "");
  EXPECT_EQ(world.incident("app-0002").state, IncidentState::Resolved);
}

TEST(Silence, LiftedEarlyTellsAtOnce) {
  QuietWorld world;
  const auto id = world.silence(of_app("app-0001"), 24h);
  world.report(AlertWorld::own_drift(1));
  world.report(AlertWorld::own_drift(2));
  world.clock.advance(1s);
  EXPECT_EQ(world.alerts(), 1U) << "the other App is no part of it";
  world.lift(id);
  EXPECT_EQ(world.alerts(), 2U);
}

void repeat_hourly(Config& config) { config.alerts.repeat[Severity::Warning] = 1h; }

TEST(Silence, OfWhatWasToldKeepsTheThreadQuietAndTheMessageTrue) {
  QuietWorld world(10, repeat_hourly);
  world.report(AlertWorld::own_drift(1));
  world.clock.advance(1s);
  world.silence({}, 3h);
  world.report(AlertWorld::drift("app-0001", ".spec.replicas", "77"));
  world.clock.advance(1s);
  EXPECT_THAT(world.alert().text, HasSubstr("`77`"));
  EXPECT_THAT(world.notes(), IsEmpty());
  world.clock.advance(170min);
  EXPECT_THAT(world.broadcasts(), IsEmpty());
  world.clock.advance(15min);
  EXPECT_THAT(world.broadcasts(), SizeIs(1));
}

TEST(Silence, ManyThatAreToldLateAreAStorm) {
  QuietWorld world(40);
  world.silence({}, 1h);
  for (int i = 0; i < 40; ++i) world.report(AlertWorld::own_drift(i));
  world.clock.advance(61min);
  EXPECT_EQ(world.alerts(), 6U);
  EXPECT_THAT(world.alert(5).text, HasSubstr("Storm: 35 Apps"));
}

TEST(QuietHours, WaitForTheMorningUnlessItIsCritical) {
  QuietWorld world(4, [](Config& config) {
    QuietHours night;
    night.from = 8 * 60;  // it is nine
    night.until = 10 * 60;
    config.alerts.quiet_hours.push_back(night);
    config.apps[3].environment = "production";
  });
  world.report(AlertWorld::own_drift(1));
  world.report(AlertWorld::own_drift(3));
  world.clock.advance(59min);
  ASSERT_EQ(world.alerts(), 1U);
  EXPECT_THAT(world.alert().text, HasSubstr("Critical: app-0003"));
  EXPECT_EQ(world.incident("app-0001").muted_by, "quiet hours");
  world.clock.advance(2min);
  EXPECT_EQ(world.alerts(), 2U);
}

TEST(Repeat, ComesOnceAnIntervalAndNamesPeopleUntilSomebodyIsOnIt) {
  QuietWorld world(4, [](Config& config) {
    repeat_hourly(config);
    AlertRoute route;
    route.mention = {"owners"};
    config.alerts.routes.push_back(route);
  });
  world.report(AlertWorld::own_drift(1));
  world.clock.advance(1s);
  EXPECT_THAT(world.alert().text, HasSubstr("cc <@U0ALICE>"));
  world.clock.advance(59min);
  EXPECT_THAT(world.broadcasts(), IsEmpty());
  world.clock.advance(2min);
  ASSERT_THAT(world.broadcasts(), SizeIs(1));
  EXPECT_THAT(world.broadcasts().front(), HasSubstr("app-0001 is still OutOfSync after"));
  EXPECT_THAT(world.broadcasts().front(), HasSubstr("<@U0ALICE>"));
  EXPECT_EQ(world.incident("app-0001").reminders, 1);
  world.clock.advance(1h);
  EXPECT_THAT(world.broadcasts(), SizeIs(2));
  world.step("app-0001", [&](Incident incident) { return acknowledge(std::move(incident), "alice", world.clock.wall_now()); });
  world.clock.advance(3h);
  EXPECT_THAT(world.broadcasts(), SizeIs(2));
  EXPECT_EQ(world.alerts(), 1U);
}

TEST(Repeat, NotRightAfterItWasToldLateOrWoke) {
  QuietWorld world(10, repeat_hourly);
  world.silence(of_app("app-0001"), 3h);
  world.report(AlertWorld::own_drift(1));
  world.report(AlertWorld::own_drift(2));
  world.clock.advance(1s);
  world.step("app-0002", [&](Incident incident) { return snooze(std::move(incident), "alice", world.clock.wall_now() + 3h, world.clock.wall_now()); });
  world.clock.advance(3h + 50min);
  ASSERT_EQ(world.alerts(), 2U);
  EXPECT_THAT(world.broadcasts(), IsEmpty());
  world.clock.advance(15min);
  EXPECT_THAT(world.broadcasts(), SizeIs(2));
  const auto audit = world.look<std::vector<AuditRow>>([](storage::Transaction& tx) { return tx.audit({"app-0002", {}, 10, true}); });
  EXPECT_EQ(audit.front().entry.action, "incident.woken");
}

TEST(Repeat, SaysNothingOfWhatHealedDuringAnOutage) {
  QuietWorld world(10, repeat_hourly);
  world.report(AlertWorld::own_drift(1));
  world.clock.advance(59min);
  for (int i = 0; i < 500; ++i) world.slack.next_failures.push_back({ErrorKind::Unavailable, "down"});
  world.clock.advance(30min);
  world.heal("app-0001");
  world.clock.advance(1s);
  world.slack.next_failures.clear();
  world.clock.advance(5min);
  EXPECT_THAT(world.alert().text, HasSubstr("in sync again"));
  EXPECT_THAT(world.broadcasts(), IsEmpty());
}

TEST(Repeat, OfAGroupIsOne) {
  QuietWorld world(10, repeat_hourly);
  for (int i = 0; i < 4; ++i) world.report(AlertWorld::drift(AlertWorld::name_of(i)));
  world.clock.advance(61min);
  ASSERT_THAT(world.broadcasts(), SizeIs(1));
  EXPECT_THAT(world.broadcasts().front(), HasSubstr("4 Apps are still OutOfSync"));
}

TEST(Repeat, NotForAppsOfALostCluster) {
  QuietWorld world(10, repeat_hourly);
  world.report(AlertWorld::own_drift(2));
  world.clock.advance(1s);
  world.incidents->on_cluster("prod-eu", false, "connection refused");
  world.clock.advance(2h);
  EXPECT_THAT(world.broadcasts(), IsEmpty());
}

TEST(HoldOffByEnvironment, IsLongerWhereNobodyHurries) {
  QuietWorld world(4, [](Config& config) {
    config.alerts.hold_off_in["staging"][Cause::LiveEdited] = 5min;
    config.apps[3].environment = "production";
  });
  world.report(AlertWorld::own_drift(3));
  world.clock.advance(1s);
  EXPECT_EQ(world.alerts(), 1U);
  world.report(AlertWorld::own_drift(1));
  world.clock.advance(4min);
  EXPECT_EQ(world.alerts(), 1U);
}

TEST(FlappingApp, IsOneMessageUntilItIsCalm) {
  test::World world;
  world.start();
  world.clock.advance(1s);
  const auto alerts = [&] { return world.slack.with_key("incident:").size(); };
  const auto flip = [&] {
    world.scale_by_hand(5);
    world.clock.advance(30s);
    world.scale_by_hand(2);
    world.clock.advance(30s);
  };
  for (int i = 0; i < 3; ++i) flip();
  ASSERT_EQ(alerts(), 3U);
  const auto notes = world.slack.with_key("note:").size();
  for (int i = 0; i < 4; ++i) flip();
  EXPECT_EQ(alerts(), 3U);
  EXPECT_EQ(world.slack.with_key("note:").size(), notes) << "no note per flip";
  auto incident = world.incidents_of("checkout").front();
  EXPECT_EQ(incident.state, IncidentState::Open) << "in sync, but for how long";
  EXPECT_EQ(incident.flaps, 4);
  EXPECT_THAT(world.slack.with_key("incident:").back()->now().text, HasSubstr("Flapping: came back 4 times"));
  world.restart();
  world.clock.advance(9min);
  EXPECT_EQ(world.incidents_of("checkout").front().state, IncidentState::Open);
  world.clock.advance(2min);
  EXPECT_EQ(world.incidents_of("checkout").front().state, IncidentState::Resolved);
  EXPECT_THAT(world.slack.with_key("incident:").back()->now().text, HasSubstr("in sync again"));
  EXPECT_EQ(alerts(), 3U);
}

}  // namespace
}  // namespace driftwarden
