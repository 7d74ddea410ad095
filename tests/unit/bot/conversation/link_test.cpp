// Proving to be a forge user: what must not be taken for a proof, then what must.
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

struct Link : testing::Test {
  /// What eve was told to write, "" when nothing.
  std::string asked() {
    talk.say("U0EVE", "link eve-gh");
    const auto text = talk.last_ephemeral("U0EVE");
    const auto at = text.find("```");
    return at == std::string::npos ? "" : text.substr(at + 3, text.find("```", at + 3) - at - 3);
  }
  void comment(const std::string& login, const std::string& body) {
    forge::Comment said;
    said.id = ++comments;
    said.author = login;
    said.body = body;
    said.url = fmt::format("https://forge.example.org/acme/config/issues/1#{}", comments);
    said.at = talk.clock.wall_now();
    talk.forge_state.elsewhere.push_back(said);
    talk.clock.advance(20s);
  }
  Talk talk;
  int comments = 0;
};

TEST_F(Link, IsProvenByACommentOfThatLogin) {
  const auto proof = asked();
  ASSERT_THAT(proof, AllOf(HasSubstr("driftwarden link "), HasSubstr(" for U0EVE in T1")));
  EXPECT_TRUE(talk.answers().empty()) << "the code is for one person's eyes";
  comment("eve-gh", "hello");
  EXPECT_TRUE(talk.linked.empty());
  comment("eve-gh", "`" + proof + "`\n");
  ASSERT_EQ(talk.linked.size(), 1U);
  EXPECT_EQ(talk.linked.front().user, "U0EVE");
  EXPECT_EQ(talk.linked.front().forge, "eve-gh");
  EXPECT_EQ(talk.linked.front().person, "U0EVE") << "a login is freely chosen: it is nobody's name";
  EXPECT_THAT(talk.audit_actions(), Contains("identity.linked"));
  EXPECT_THAT(talk.slack.with_key("linked:").front()->at.channel, "U0EVE");
  comment("eve-gh", proof);
  EXPECT_EQ(talk.linked.size(), 1U) << "a code is good once";
  talk.say("U0EVE", "whoami");
  EXPECT_THAT(talk.answers().back(), HasSubstr("On the forge you are *eve-gh*, proven"));
  talk.say("U0EVE", "link eve-gh");
  EXPECT_THAT(talk.last_ephemeral("U0EVE"), HasSubstr("already"));
}

TEST_F(Link, SomebodyElsesCommentProvesNothing) {
  const auto proof = asked();
  comment("mallory", proof);
  comment("eve-gh-2", proof);
  EXPECT_TRUE(talk.linked.empty());
}

TEST_F(Link, ACodeIsForOneUserInOneWorkspace) {
  const auto proof = asked();
  auto for_another = proof;
  for_another.replace(for_another.find("U0EVE"), 5, "U0BAD");
  comment("eve-gh", for_another);
  auto elsewhere = proof;
  elsewhere.replace(elsewhere.find("T1"), 2, "T2");
  comment("eve-gh", elsewhere);
  comment("eve-gh", proof + " and more");
  comment("eve-gh", "driftwarden link 00000000000000000000 for U0EVE in T1");
  EXPECT_TRUE(talk.linked.empty());
}

TEST_F(Link, ACodeExpires) {
  const auto proof = asked();
  talk.clock.advance(16min);
  comment("eve-gh", proof);
  EXPECT_TRUE(talk.linked.empty());
}

TEST_F(Link, ANewCodeVoidsTheOldOne) {
  const auto first = asked();
  const auto second = asked();
  ASSERT_NE(first, second);
  comment("eve-gh", first);
  EXPECT_TRUE(talk.linked.empty());
  comment("eve-gh", second);
  EXPECT_EQ(talk.linked.size(), 1U);
}

TEST_F(Link, ALoginOfTheConfigIsNobodyElses) {
  talk.say("U0EVE", "link Alice");
  EXPECT_THAT(talk.answers().back(), HasSubstr("somebody else"));
  EXPECT_EQ(talk.refusals().size(), 1U);
  talk.say("U0alice", "link alice");
  EXPECT_THAT(talk.answers().back(), HasSubstr("by the configuration"));
}

TEST_F(Link, ALoginIsLinkedToOneUserOnly) {
  comment("eve-gh", asked());
  ASSERT_EQ(talk.linked.size(), 1U);
  talk.say("U0BAD", "link EVE-gh");
  EXPECT_THAT(talk.answers().back(), HasSubstr("linked to somebody else"));
}

TEST_F(Link, ALoginThatReadsLikeSomebodyElseIsRefused) {
  talk.say("U0EVE", "link u024be7lh");
  EXPECT_THAT(talk.answers().back(), HasSubstr("Slack id"));
  talk.say("U0EVE", "link U0BOB");
  EXPECT_THAT(talk.answers().back(), HasSubstr("somebody else"));
  ASSERT_EQ(talk.refusals().size(), 2U);
  EXPECT_EQ(talk.refusals().front().entry.actor, "U0EVE");
  EXPECT_EQ(talk.last_ephemeral("U0EVE"), "");
}

TEST_F(Link, AWishForAnotherLoginUndoesNothing) {
  comment("eve-gh", asked());
  ASSERT_EQ(talk.linked.size(), 1U);
  talk.say("U0EVE", "link other-gh");
  EXPECT_THAT(talk.answers().back(), HasSubstr("You are eve-gh on the forge by an earlier proof"));
  ASSERT_EQ(talk.refusals().size(), 1U);
  EXPECT_THAT(talk.refusals().front().entry.detail, HasSubstr("other-gh"));
  const auto kept = talk.look<std::optional<Identity>>([](storage::Transaction& tx) { return tx.find_identity("T1", "U0EVE"); });
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->forge, "eve-gh");
  EXPECT_TRUE(kept->proven_at);
}

TEST_F(Link, IsLookedForAgainAfterARestart) {
  const auto proof = asked();
  talk.reopen();
  comment("eve-gh", proof);
  EXPECT_EQ(talk.linked.size(), 1U);
}

TEST_F(Link, AForgeThatIsDownIsAskedAgain) {
  const auto proof = asked();
  talk.forge_state.unreachable = true;
  comment("eve-gh", proof);
  EXPECT_TRUE(talk.linked.empty());
  talk.forge_state.unreachable = false;
  talk.clock.advance(20s);
  EXPECT_EQ(talk.linked.size(), 1U);
}

}  // namespace
}  // namespace driftwarden
