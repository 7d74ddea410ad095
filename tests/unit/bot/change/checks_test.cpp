// What CI says of a Change's pull request is told once, in its thread.
#include "tests/unit/bot/change/walk.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::SizeIs;

forge::Check check(const std::string& name, forge::Check::State state) {
  forge::Check made;
  made.name = name;
  made.state = state;
  made.required = true;
  return made;
}

struct Checked : Drifted {
  Checked() {
    EXPECT_TRUE(request(*this));
    EXPECT_TRUE(reaches(*this, ChangeState::Proposed));
  }
  std::size_t versions() const { return slack.with_key("checks:1").front()->versions.size(); }
};

TEST(Checks, OneMessageIsKeptUpToDateInTheThread) {
  Checked world;
  world.clock.advance(1min);
  EXPECT_THAT(world.slack.with_key("checks:1"), SizeIs(0)) << "there are none yet";
  world.forge_state.ci = {check("build", forge::Check::State::Running)};
  world.changes->nudge();
  world.clock.advance(5s);
  ASSERT_THAT(world.slack.with_key("checks:1"), SizeIs(1));
  EXPECT_THAT(world.slack.with_key("checks:1").front()->now().text, HasSubstr("1 running"));
  EXPECT_EQ(world.slack.with_key("checks:1").front()->thread_ts, world.slack.with_key("change:1").front()->at.ts);
  const auto before = world.versions();
  world.clock.advance(3min);
  EXPECT_EQ(world.versions(), before) << "it says nothing new";
  world.restart();
  world.clock.advance(3min);
  EXPECT_EQ(world.versions(), before) << "nor after a restart";
  world.forge_state.ci = {check("build", forge::Check::State::Failed)};
  world.changes->nudge();
  world.clock.advance(5s);
  ASSERT_THAT(world.slack.with_key("checks:1"), SizeIs(1));
  EXPECT_GT(world.versions(), before);
  EXPECT_THAT(world.slack.with_key("checks:1").front()->now().text, HasSubstr("1 failed"));
}

TEST(Checks, NothingIsKeptOfAChangeThatEnded) {
  Checked world;
  const auto kept = [&] { return world.look<std::optional<std::string>>([](storage::Transaction& tx) { return tx.setting("checks"); }).value_or(""); };
  world.forge_state.ci = {check("build", forge::Check::State::Passed)};
  world.changes->nudge();
  world.clock.advance(5s);
  EXPECT_THAT(kept(), HasSubstr("\"1\""));
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  world.clock.advance(1min);
  EXPECT_EQ(kept(), "{}");
}

}  // namespace
}  // namespace driftwarden
