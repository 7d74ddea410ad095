#include "bot/incident/time_in_drift.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
const WallTime kNow{std::chrono::seconds{1'800'000'000}};
const WallTime kSince = kNow - 30 * 24h;

Incident incident(const std::string& app, WallTime opened, std::optional<WallTime> resolved = {}) {
  Incident made;
  made.app = app;
  made.opened_at = opened;
  made.resolved_at = resolved;
  made.state = resolved ? IncidentState::Resolved : IncidentState::Open;
  return made;
}

App app(const std::string& name, const std::string& cluster, std::vector<std::string> owners) {
  App made;
  made.name = name;
  made.cluster = cluster;
  made.owners = std::move(owners);
  return made;
}

TEST(TimeInDrift, SumsByAppTeamAndClusterWorstFirst) {
  const std::vector<App> apps{app("cart", "prod", {"shop"}), app("checkout", "prod", {"shop", "alice"}), app("blog", "dev", {})};
  const auto times = times_in_drift({incident("cart", kNow - 2h, kNow - 1h), incident("cart", kNow - 5h, kNow - 2h), incident("checkout", kNow - 10h), incident("blog", kNow - 60s, kNow - 30s)},
                                    apps, kSince, kNow);
  ASSERT_EQ(times.apps.size(), 3U);
  EXPECT_EQ(times.apps[0], (view::TimeInDrift{"checkout", 1, 1, 10h, 0ms, 0}));
  EXPECT_EQ(times.apps[1], (view::TimeInDrift{"cart", 2, 0, 4h, 2h, 2}));
  EXPECT_EQ(times.apps[2], (view::TimeInDrift{"blog", 1, 0, 30s, 30s, 1}));
  ASSERT_EQ(times.teams.size(), 3U);
  EXPECT_EQ(times.teams[0], (view::TimeInDrift{"shop", 3, 1, 14h, 2h, 2}));
  EXPECT_EQ(times.teams[1].name, "alice");
  EXPECT_EQ(times.teams[2].name, "nobody");
  ASSERT_EQ(times.clusters.size(), 2U);
  EXPECT_EQ(times.clusters[0].name, "prod");
  EXPECT_EQ(times.clusters[1].name, "dev");
}

TEST(TimeInDrift, CountsOnlyWhatLiesInTheWindowAndReconcilesInFull) {
  const auto times = times_in_drift({incident("cart", kSince - 5h, kSince + 1h), incident("cart", kSince - 9h, kSince - 8h)}, {}, kSince, kNow);
  ASSERT_EQ(times.apps.size(), 1U);
  EXPECT_EQ(times.apps[0], (view::TimeInDrift{"cart", 1, 0, 1h, 6h, 1}));
  EXPECT_TRUE(times.teams.empty()) << "nobody knows whose it was";
}

TEST(TimeInDrift, AClockThatWentBackTakesNothingAway) {
  EXPECT_EQ(times_in_drift({incident("cart", kNow + 5s)}, {}, kSince, kNow).apps.at(0).total, 0ms);
  EXPECT_EQ(times_in_drift({}, {}, kSince, kNow), view::TimesInDrift{});
}

}  // namespace
}  // namespace driftwarden
