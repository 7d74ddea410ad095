// Git on one side, a cluster on the other, the reports between them.
#include "tests/support/fakes/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using test::World;
using testing::HasSubstr;

TEST(Fleet, JudgesOnceGitAndTheClusterAreKnown) {
  World world;
  world.start();
  world.clock.advance(1s);
  EXPECT_TRUE(world.fleet->ready());
  const auto report = world.fleet->report("checkout");
  EXPECT_EQ(report.state, AppState::Synced);
  EXPECT_EQ(report.revision, world.git("rev-parse main"));
  EXPECT_EQ(world.last_synced.at("checkout"), report.revision);
}

TEST(Fleet, AHandEditAndACommitAreToldApart) {
  World world;
  world.start();
  world.clock.advance(1s);
  world.scale_by_hand(5);
  world.clock.advance(100ms);
  EXPECT_EQ(world.fleet->report("checkout").cause, Cause::LiveEdited);
  world.scale_by_hand(2);
  world.commit(3);
  world.clock.advance(31s);
  EXPECT_EQ(world.fleet->report("checkout").cause, Cause::GitAhead) << "the poll saw it";
}

TEST(Fleet, ANudgeLooksAtOnce) {
  World world;
  world.start();
  world.clock.advance(1s);
  world.commit(3);
  world.fleet->nudge();
  world.clock.settle();
  EXPECT_EQ(world.fleet->report("checkout").state, AppState::OutOfSync);
}

TEST(Fleet, ALostClusterIsUnknownAndComesBack) {
  World world;
  world.start();
  world.clock.advance(1s);
  world.live->lose("connection refused");
  world.clock.settle();
  EXPECT_EQ(world.fleet->report("checkout").state, AppState::Unknown);
  EXPECT_THAT(world.fleet->report("checkout").reason, HasSubstr("prod-eu"));
  EXPECT_FALSE(world.fleet->desired_failed("checkout"));
}

TEST(Fleet, ARepositoryThatIsAwaySaysSoAndIsTriedAgain) {
  World world;
  world.config.repositories.front().url = (world.directory.path / "elsewhere.git").string();
  world.start();
  world.clock.advance(5s);
  EXPECT_EQ(world.fleet->report("checkout").state, AppState::Unknown);
  EXPECT_THAT(world.fleet->report("checkout").reason, HasSubstr("repository config"));
  std::filesystem::copy(world.remote(), world.config.repositories.front().url, std::filesystem::copy_options::recursive);
  world.clock.advance(2min);
  EXPECT_EQ(world.fleet->report("checkout").state, AppState::Synced);
}

TEST(Fleet, APinDecidesWhatIsInForce) {
  World world;
  world.config.apps.front().track = Track::Pin;
  const auto first = world.git("rev-parse main");
  world.start();
  world.clock.advance(1s);
  EXPECT_EQ(world.fleet->report("checkout").revision, first) << "no pin yet: the head";
  const auto second = world.commit(3);
  const auto file = (world.directory.path / "pin.yaml").string();
  std::ofstream(file) << write_pin({first, "alice", "", ""}, "checkout");
  world.git(fmt::format("update-ref refs/heads/main $(cd {0} && export GIT_INDEX_FILE={1} && git read-tree main && git update-index --add --cacheinfo "
                        "100644,$(git hash-object -w {2}),.driftwarden/pins/checkout.yaml && git -c user.name=x -c user.email=x@y commit-tree $(git write-tree) -p main -m pin)",
                        world.remote(), (world.directory.path / "index2").string(), file));
  world.fleet->nudge();
  world.clock.advance(1s);
  EXPECT_EQ(world.fleet->report("checkout").state, AppState::Synced) << "the head moved on, the pin did not";
  const auto at_second = test::run(world.io, world.fleet->render_revision(world.config.apps.front(), second));
  ASSERT_TRUE(at_second) << at_second.error().message;
  EXPECT_NE(at_second->tree, world.fleet->desired_tree("checkout"));
}

TEST(Fleet, HealthIsThatOfTheWorstObject) {
  World world;
  world.start();
  world.clock.advance(1s);
  world.live->stuck = true;
  auto object = test::live_deployment(2);
  object["metadata"]["generation"] = 7;
  object["status"] = {{"observedGeneration", 7}, {"replicas", 2}, {"updatedReplicas", 2}, {"availableReplicas", 1}};
  world.live->put(object);
  const auto health = world.fleet->health("checkout");
  EXPECT_EQ(health.health, kubernetes::Health::Progressing);
  EXPECT_THAT(health.why, HasSubstr("Deployment shop/checkout: "));
}

}  // namespace
}  // namespace driftwarden
