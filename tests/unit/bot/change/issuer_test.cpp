// Who asked is told when it ends: once, by direct message, and not what they did themselves.
#include "bot/change/issuer_notice.hpp"
#include "tests/unit/bot/change/walk.hpp"

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct Issuer : testing::Test {
  Drifted world;
  std::vector<std::string> told() const {
    std::vector<std::string> texts;
    for (const auto* message : world.slack.with_key("told:")) {
      EXPECT_EQ(message->at.channel, "U0alice");
      texts.push_back(message->now().text);
    }
    return texts;
  }
  Result<ChangeStep> step(std::function<ChangeStep(Change, WallTime)> event) {
    auto stepping = world.changes->step(1, [event, now = world.clock.wall_now()](Change change) { return event(std::move(change), now); });
    auto stepped = test::run(world.io, std::move(stepping));
    world.clock.advance(std::chrono::seconds{5});
    return stepped;
  }
  void ask() {
    ASSERT_TRUE(request(world));
    ASSERT_TRUE(reaches(world, ChangeState::Proposed));
    EXPECT_THAT(told(), IsEmpty());
  }
};

TEST_F(Issuer, IsToldTheVerdictAndItsDuration) {
  ask();
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done));
  world.clock.advance(std::chrono::minutes{5});
  ASSERT_THAT(told(), SizeIs(1));
  EXPECT_THAT(told().front(), AllOf(HasSubstr("Your *C-1*"), HasSubstr("*checkout*"), HasSubstr("in sync and healthy after"), HasSubstr("pull request #1")));
}

TEST_F(Issuer, IsToldWhenOthersEndIt) {
  ask();
  ASSERT_TRUE(step([](Change change, WallTime now) { return on_rejected(std::move(change), "bob", "not today", now); }));
  ASSERT_THAT(told(), SizeIs(1));
  EXPECT_THAT(told().front(), HasSubstr("rejected by bob: not today"));
}

TEST_F(Issuer, IsToldWhenItExpiresOrFails) {
  ask();
  ASSERT_TRUE(step([](Change change, WallTime now) { return on_failed(std::move(change), "the forge said no", now); }));
  ASSERT_THAT(told(), SizeIs(1));
  EXPECT_THAT(told().front(), HasSubstr("failed after"));
}

TEST_F(Issuer, IsNotToldWhatTheyDidThemselves) {
  ask();
  ASSERT_TRUE(step([](Change change, WallTime now) { return on_cancelled(std::move(change), "alice", "", now); }));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(Issuer, IsToldOnceThoughTheAnswerIsLostOrTheProcessDies) {
  ask();
  ASSERT_TRUE(step([](Change change, WallTime now) { return on_rejected(std::move(change), "bob", "", now); }));
  world.restart();
  world.clock.advance(std::chrono::minutes{1});
  EXPECT_THAT(told(), SizeIs(1));
}

TEST_F(Issuer, TheCardInTheirDirectMessageIsEnough) {
  ask();
  auto change = world.change();
  change.card->channel = "D1";
  ASSERT_TRUE(world.transact([&](storage::Transaction& tx) { return tx.save_change(change); }));
  ASSERT_TRUE(step([](Change current, WallTime now) { return on_rejected(std::move(current), "bob", "", now); }));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(Issuer, TheBotTellsNobodyOfItsOwnRequests) {
  ask();
  auto change = world.change();
  for (const auto* requester : {"driftwarden", "somebody-on-the-forge", ""}) {
    change.requester = requester;
    change.state = ChangeState::Failed;
    ASSERT_TRUE(world.transact([&](storage::Transaction& tx) { return enqueue_issuer_notice(tx, change, world.clock.wall_now()); }));
  }
  world.outbox->wake();
  world.clock.advance(std::chrono::seconds{5});
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(Issuer, WhoCantBeWrittenToIsNotWrittenOfElsewhere) {
  world.slack.unwritable["U0alice"] = "cannot_dm_bot";
  ask();
  ASSERT_TRUE(step([](Change change, WallTime now) { return on_rejected(std::move(change), "bob", "", now); }));
  world.clock.advance(std::chrono::minutes{5});
  EXPECT_THAT(world.slack.with_key("told:"), IsEmpty());
  EXPECT_THAT(world.slack.with_key("undelivered:"), IsEmpty()) << "nobody can mend it";
}

}  // namespace
}  // namespace driftwarden
