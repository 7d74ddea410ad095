// The process dies at every writing transaction while alerts join each other: no message twice, no App in none.
#include "tests/unit/bot/incident/alert_world.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using test::AlertWorld;
using test::WatchedStore;
using testing::HasSubstr;
using testing::IsEmpty;

class AlertCrash : public testing::TestWithParam<WatchedStore::Crash> {};

struct CrashWorld : AlertWorld {
  static constexpr int kApps = 8;
  CrashWorld() {
    add_apps(kApps);
    config.alerts.storm = 2;
    start();
  }
  /// Three of one story, the others each with its own: a group, one alone, a storm.
  static DriftReport drift_of(int i) { return i % 3 == 0 ? AlertWorld::drift(name_of(i)) : own_drift(i); }
  /// As the fleet does it, also after each start: every App is told.
  void tell(const std::function<void(int)>& one) {
    for (int i = 0; i < kApps; ++i) {
      one(i);
      clock.advance(300ms);
    }
    clock.advance(20s);
    if (!store.crashed()) return;
    restart();
    for (int i = 0; i < kApps; ++i) one(i);
    clock.advance(30s);
  }
  std::set<std::string> keys() const {
    std::set<std::string> seen;
    for (const auto& message : slack.messages) EXPECT_TRUE(seen.insert(message.key).second) << message.key << " twice";
    return seen;
  }
};

TEST_P(AlertCrash, NothingIsLostOrToldTwice) {
  for (int n = 1;; ++n) {
    SCOPED_TRACE(fmt::format("crash at writing transaction {}", n));
    CrashWorld world;
    world.store.crash_at(n, GetParam());
    world.tell([&](int i) { world.report(CrashWorld::drift_of(i)); });
    const auto open = world.open();
    EXPECT_EQ(open.size(), static_cast<std::size_t>(CrashWorld::kApps));
    std::set<std::int64_t> messages;
    for (const auto& incident : open) messages.insert(shown_by(incident));
    EXPECT_EQ(world.alerts(), messages.size());
    EXPECT_LE(messages.size(), 3U);
    for (const auto& incident : open) {
      const auto leader = world.look<std::optional<Incident>>([&](storage::Transaction& tx) { return tx.find_incident(shown_by(incident)); });
      ASSERT_TRUE(leader->message);
      bool named = false;
      for (const auto& message : world.slack.messages) named = named || (message.at == *leader->message && message.now().text.find(incident.app) != std::string::npos);
      EXPECT_TRUE(named) << incident.app;
    }
    world.keys();
    world.tell([&](int i) { world.heal(AlertWorld::name_of(i)); });
    EXPECT_THAT(world.open(), IsEmpty());
    for (std::size_t i = 0; i < world.alerts(); ++i) EXPECT_THAT(world.alert(i).text, HasSubstr("in sync again"));
    world.keys();
    EXPECT_THAT(*world.store.verify_audit(), IsEmpty());
    if (HasFailure()) return;
    if (!world.store.ever_crashed()) {
      EXPECT_GT(n, 20) << "it writes more often than that";
      break;
    }
    ASSERT_LT(n, 300);
  }
}

INSTANTIATE_TEST_SUITE_P(When, AlertCrash, testing::Values(WatchedStore::Crash::BeforeCommit, WatchedStore::Crash::AfterCommit),
                         [](const auto& row) { return row.param == WatchedStore::Crash::BeforeCommit ? "BeforeCommit" : "AfterCommit"; });

}  // namespace
}  // namespace driftwarden
