#include "tests/support/block_kit.hpp"
#include "tests/unit/bot/conversation/fleet_talk.hpp"

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct StatusTalk : testing::Test {
  FleetTalk talk;
  std::string status(const std::string& what = "", const std::string& user = "U0alice") {
    talk.say(user, "status" + (what.empty() ? "" : " " + what));
    const auto& message = talk.slack.with_key("reply:").back()->now();
    EXPECT_THAT(test::block_kit_faults(message), IsEmpty());
    return message.text;
  }
};

TEST_F(StatusTalk, ShowsAllAndNarrows) {
  EXPECT_THAT(status(), HasSubstr("*3 Apps*: 3 in sync"));
  talk.scale("cart", 5);
  talk.clock.advance(1min);
  EXPECT_THAT(status(), HasSubstr("*3 Apps*: 2 in sync, 1 OutOfSync"));
  EXPECT_THAT(status("drifted"), AllOf(HasSubstr("*1 App* of `drifted`"), HasSubstr("*cart*"), Not(HasSubstr("*search*"))));
  EXPECT_THAT(status("prod-eu"), HasSubstr("*3 Apps* of `prod-eu`"));
  EXPECT_THAT(status("s*"), AllOf(HasSubstr("of `s*`"), HasSubstr("*search*")));
  EXPECT_THAT(status("synced"), AllOf(HasSubstr("*2 Apps*"), HasSubstr("*search* progressing")));
  EXPECT_THAT(status("degraded"), AllOf(HasSubstr("None of the 3 Apps"), HasSubstr("`prod-eu`")));
}

TEST_F(StatusTalk, ByOwnerAndByMine) {
  talk.close();
  talk.config.apps[1].owners = {"alice"};
  talk.open();
  talk.clock.advance(30s);
  EXPECT_THAT(status("mine"), AllOf(HasSubstr("*1 App* of `mine`"), HasSubstr("*cart*")));
  EXPECT_THAT(status("mine", "U0bob"), HasSubstr("None of the 3 Apps"));
}

TEST_F(StatusTalk, APrivateTeamsAppsAreNotCounted) {
  talk.close();
  Team team;
  team.name = "secret";
  team.members = {"bob"};
  team.apps = {"cart"};
  team.is_private = true;
  talk.config.teams.push_back(team);
  talk.open();
  talk.clock.advance(30s);
  EXPECT_THAT(status("", "U0carol"), AllOf(HasSubstr("*2 Apps*"), Not(HasSubstr("cart"))));
  talk.say("U0bob", "status");
  EXPECT_THAT(talk.last_ephemeral("U0bob"), HasSubstr("*3 Apps*")) << "for his eyes: others read that channel, too";
}

TEST_F(StatusTalk, AppsArePaged) {
  talk.say("U0alice", "apps page 2");
  EXPECT_THAT(talk.answers().back(), HasSubstr("*cart*")) << "the page that there is";
}

}  // namespace
}  // namespace driftwarden
