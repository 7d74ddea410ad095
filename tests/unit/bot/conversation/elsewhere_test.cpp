// What a card or an alert shows needs no answer where it is seen; who says it elsewhere is told.
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct Elsewhere : testing::Test {
  Talk talk;
  /// In the conversation between them and the bot; what the bot says there then.
  std::string in_private(const std::string& user, const std::string& text) {
    const auto before = talk.answers().size();
    nlohmann::json event{{"type", "message"}, {"channel_type", "im"}, {"user", user}, {"text", text}, {"ts", fmt::format("1900000001.{:06}", ++talk.said)}, {"channel", "D" + user}};
    EXPECT_TRUE(talk.ack("events_api", {{"type", "event_callback"}, {"team_id", "T1"}, {"event_id", fmt::format("EvDm{}", talk.said)}, {"event", event}}).is_null());
    talk.clock.advance(2s);
    if (talk.answers().size() == before) return {};
    EXPECT_EQ(talk.slack.with_key("reply:").back()->at.channel, "D" + user);
    return talk.answers().back();
  }
};

TEST_F(Elsewhere, AYesIsSaidToHaveCounted) {
  talk.proposed();
  EXPECT_THAT(in_private("U0bob", "approve C-1"), AllOf(HasSubstr("C-1"), HasSubstr("*checkout*"), HasSubstr("bob")));
  EXPECT_THAT(talk.change().approvals, SizeIs(1));
}

TEST_F(Elsewhere, ANoAndAWithdrawalAreSaidToHaveCounted) {
  talk.proposed();
  EXPECT_THAT(in_private("U0alice", "cancel C-1"), AllOf(HasSubstr("C-1"), HasSubstr("alice")));
  EXPECT_EQ(talk.change().state, ChangeState::Cancelled);
  talk.clock.advance(1min);
  talk.say("U0alice", "sync checkout");
  talk.clock.advance(30s);
  EXPECT_THAT(in_private("U0bob", "reject C-2 not today"), AllOf(HasSubstr("C-2"), HasSubstr("not today")));
}

TEST_F(Elsewhere, WhatIsSaidWhereTheCardStandsNeedsNoAnswer) {
  talk.proposed();
  const auto before = talk.answers().size();
  talk.say("U0bob", "approve C-1");
  EXPECT_THAT(talk.answers(), SizeIs(before));
}

TEST_F(Elsewhere, AnIncidentIsSaidToBeInGoodHands) {
  talk.scale_by_hand(5);
  talk.clock.advance(5s);
  const auto before = talk.answers().size();
  talk.say("U0alice", "ack checkout");
  EXPECT_THAT(talk.answers(), SizeIs(before)) << "its alert shows it";
  EXPECT_THAT(in_private("U0alice", "ack checkout"), HasSubstr("You are on *checkout*"));
  EXPECT_THAT(in_private("U0alice", "snooze checkout 2h"), HasSubstr("*checkout* is quiet until"));
  EXPECT_THAT(in_private("U0alice", "unsnooze checkout"), Not(IsEmpty()));
}

}  // namespace
}  // namespace driftwarden
