// Shortcuts, the App Home's buttons, and the page itself through the bot.
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(Shortcut, OfAnAlertOffersWhatTheAlertDoesToOnePersonAlone) {
  Talk talk;
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  const auto alert = *talk.slack.with_key("incident:").front();
  talk.shortcut("U0alice", "alert_act", &alert);
  const auto& told = talk.slack.messages.back();
  EXPECT_EQ(told.user, "U0alice");
  const auto blocks = told.now().blocks->dump();
  for (const auto* command : {"diff checkout", "sync checkout", "ack checkout"}) EXPECT_THAT(blocks, HasSubstr(command));
}

TEST(Shortcut, OfACardOffersADecision) {
  Talk talk;
  talk.proposed();
  const auto card = talk.card();
  talk.shortcut("U0bob", "alert_act", &card);
  const auto& told = talk.slack.messages.back();
  EXPECT_EQ(told.user, "U0bob");
  EXPECT_THAT(told.now().blocks->dump(), HasSubstr("approve C-1 "));
  EXPECT_THAT(told.now().blocks->dump(), Not(HasSubstr("cancel C-1"))) << "only who asked may";
}

TEST(Shortcut, OfAnotherMessageSaysThatItIsNone) {
  Talk talk;
  talk.say("U0alice", "status");
  const auto answer = talk.slack.messages.back();
  talk.shortcut("U0alice", "alert_act", &answer);
  EXPECT_THAT(talk.slack.messages.back().now().text, HasSubstr("no alert and no card"));
}

TEST(Shortcut, AGlobalOneIsACommandAnsweredInADirectMessage) {
  Talk talk;
  talk.shortcut("U0alice", "status");
  ASSERT_THAT(talk.slack.messages, SizeIs(1));
  EXPECT_EQ(talk.slack.messages.back().at.channel, "U0alice");
  talk.shortcut("U0alice", "create_app");
  EXPECT_THAT(talk.slack.views, SizeIs(1)) << "a form";
}

TEST(AppHome, OnePersonsSlowButtonHoldsUpNobodyElse) {
  Talk talk;
  talk.slack.before_view = [&talk]() -> asio::awaitable<void> {
    auto slept = co_await talk.clock.sleep_for(1min);
    EXPECT_TRUE(slept);
  };
  talk.press_home("U0alice", "create-app");
  ASSERT_THAT(talk.slack.messages, IsEmpty());
  talk.press_home("U0bob", "status");
  EXPECT_THAT(talk.slack.messages, SizeIs(1));
  talk.clock.advance(2min);
}

TEST(AppHome, IsShownWhenItIsOpenedAndNotAgainForNothing) {
  Talk talk;
  talk.open_home("U0alice");
  ASSERT_THAT(talk.slack.homes["U0alice"], SizeIs(1));
  EXPECT_EQ(talk.slack.homes["U0alice"].back().at("type"), "home");
  talk.home->on_moved();
  talk.clock.advance(1min);
  EXPECT_THAT(talk.slack.homes["U0alice"], SizeIs(1)) << "nothing of it changed";
  const auto kept = talk.look<std::vector<storage::InboxRow>>([](storage::Transaction& tx) { return tx.pending_inbox(10); });
  EXPECT_THAT(kept, IsEmpty());
}

TEST(AppHome, ButtonsAreAnsweredInADirectMessage) {
  Talk talk;
  talk.open_home("U0alice");
  talk.press_home("U0alice", "status checkout");
  ASSERT_EQ(talk.answers().size(), 1U);
  EXPECT_EQ(talk.slack.messages.back().at.channel, "U0alice");
  EXPECT_EQ(talk.slack.messages.back().thread_ts, "");
}

TEST(AppHome, FollowsWhatIsDoneInChat) {
  Talk talk;
  talk.open_home("U0bob");
  talk.proposed();
  talk.home->on_moved();
  talk.clock.advance(10s);
  EXPECT_THAT(talk.slack.homes["U0bob"].back().dump(), HasSubstr("C-1"));
  EXPECT_THAT(talk.slack.homes["U0bob"].back().dump(), HasSubstr("Waits for your approval"));
}

TEST(AppHome, AGuestFromAnotherWorkspaceSeesNothing) {
  Talk talk;
  nlohmann::json event{{"type", "app_home_opened"}, {"user", "U0alice"}, {"tab", "home"}};
  EXPECT_TRUE(talk.ack("events_api", {{"type", "event_callback"}, {"team_id", "T2"}, {"event_id", "Ev9"}, {"event", event}}).is_null());
  talk.clock.advance(5s);
  EXPECT_THAT(talk.slack.homes, IsEmpty());
}

}  // namespace
}  // namespace driftwarden
