#include "bot/policy/identity.hpp"

#include "tests/unit/bot/policy/fixture.hpp"

namespace driftwarden {
namespace {

class IdentityTest : public GateTest {
 protected:
  IdentityTest() { config.repositories[0].forge.api_url = "https://here/api"; }
  static Identity identity(const std::string& user, const std::string& login) {
    Identity made;
    made.team = "T1";
    made.user = user;
    made.person = login;
    made.forge = login;
    made.repository = "config";
    made.proven_at = kNow;
    return made;
  }
};

TEST_F(IdentityTest, WhoIsNotInTheConfigIsTheirSlackId) {
  config.groups.push_back({.name = "ops", .members = {"U024BE7LH"}, .slack_usergroup = "S0OPS"});
  config.policy.rules.push_back({{"ops"}, {"halt"}, {}});
  add_identity(config, identity("U0MALLORY", "u024be7lh"));
  EXPECT_EQ(config.people.back().name, "U0MALLORY");
  EXPECT_EQ(config.people.back().forge_of, "https://here/api");
  EXPECT_FALSE(may(config, "U0MALLORY", "halt", App{}).allowed);
  EXPECT_EQ(find_person(config, "u024be7lh"), nullptr) << "no login is a name";
  add_identity(config, identity("U024BE7LH", "Frank"));
  EXPECT_TRUE(may(config, "U024BE7LH", "halt", App{}).allowed) << "the member themselves";
}

TEST_F(IdentityTest, TheConfigsPersonKeepsTheirName) {
  add_identity(config, identity("U0eve", "eve-gh"));
  EXPECT_EQ(find_person(config, "eve")->forge, "eve-gh");
  EXPECT_TRUE(is_linked(config, "eve", app()));
  add_identity(config, identity("U0alice", "mallory"));
  EXPECT_EQ(find_person(config, "alice")->forge, "alice") << "what the config says stands";
  EXPECT_EQ(config.people.size(), 5U);
}

TEST_F(IdentityTest, WhatIsNotProvenCountsForNothing) {
  auto open = identity("U0NEW", "new");
  open.proven_at.reset();
  add_identity(config, open);
  auto gone = identity("U0NEW", "new");
  gone.repository = "gone";
  add_identity(config, gone);
  EXPECT_EQ(config.people.size(), 5U);
}

TEST_F(IdentityTest, ALoginMustNotReadLikeSomebodyElse) {
  config.groups.push_back({.name = "ops", .members = {"U0OLD"}, .slack_usergroup = "S0OPS"});
  for (const auto* login : {"u024be7lh", "W012A3CDE", "USLACKBOT", "Alice", "SRE", "u0old", "U0bob"}) EXPECT_NE(misleading_login(config, login, "U0NEW"), "") << login;
  for (const auto* login : {"eve-gh", "ursula12", "william1", "w3", "u0-old"}) EXPECT_EQ(misleading_login(config, login, "U0NEW"), "") << login;
  EXPECT_EQ(misleading_login(config, "alice", "U0alice"), "") << "their own name";
  EXPECT_EQ(person_of_link(config, "U0alice"), "alice");
  EXPECT_EQ(person_of_link(config, "U0NEW"), "U0NEW");
}

}  // namespace
}  // namespace driftwarden
