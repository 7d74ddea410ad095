// Whom an alert names.
#include "bot/routing/routing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

Person person(const std::string& name, const std::string& slack, const std::string& forge = {}, std::vector<std::string> emails = {}) {
  Person made;
  made.name = name;
  made.slack = slack;
  made.forge = forge;
  made.emails = std::move(emails);
  return made;
}

struct MentionRow {
  std::string name;
  std::vector<std::string> names;
  std::vector<std::string> code_owners;
  std::vector<std::string> said;
  friend void PrintTo(const MentionRow& row, std::ostream* out) { *out << row.name; }
};
class MentionTable : public testing::TestWithParam<MentionRow> {
 protected:
  MentionTable() {
    config.people = {person("alice", "U0ALICE", "alice-gh", {"alice@acme.example"}), person("bob", "U0BOB", "bob"), person("cy<!here>", "")};
    config.groups = {{"shop-team", {"alice", "bob"}, ""}, {"sre", {"U0OTHER"}, "S0SRE"}, {"all", {"shop-team", "sre"}, ""}, {"loop", {"loop", "bob"}, ""}};
    app.name = "checkout";
    app.owners = {"alice", "shop-team"};
  }
  Config config;
  App app;
};
TEST_P(MentionTable, Says) { EXPECT_EQ(mentions(config, GetParam().names, app, GetParam().code_owners), GetParam().said); }
INSTANTIATE_TEST_SUITE_P(
    AllOf, MentionTable,
    testing::Values(MentionRow{"Nobody", {}, {}, {}}, MentionRow{"APerson", {"alice"}, {}, {"<@U0ALICE>"}}, MentionRow{"AGroupThatSlackKnows", {"sre"}, {}, {"<!subteam^S0SRE>"}},
                    MentionRow{"TheMembersOfAnotherGroup", {"shop-team"}, {}, {"<@U0ALICE>", "<@U0BOB>"}}, MentionRow{"OwnersEachOnce", {"owners"}, {}, {"<@U0ALICE>", "<@U0BOB>"}},
                    MentionRow{"GroupsOfGroups", {"all"}, {}, {"<@U0ALICE>", "<@U0BOB>", "<!subteam^S0SRE>"}}, MentionRow{"AGroupInItself", {"loop"}, {}, {"<@U0BOB>"}},
                    MentionRow{"WhoHasNoSlackIdByName", {"cy<!here>"}, {}, {"cy&lt;!here&gt;"}}, MentionRow{"ALogin", {"codeowners"}, {"@Alice-GH"}, {"<@U0ALICE>"}},
                    MentionRow{"AnAddress", {"codeowners"}, {"Alice@acme.example"}, {"<@U0ALICE>"}}, MentionRow{"ATeamOfTheForge", {"codeowners"}, {"@acme/sre"}, {"<!subteam^S0SRE>"}},
                    MentionRow{"AGroupByItsBareName", {"codeowners"}, {"@shop-team"}, {"<@U0ALICE>", "<@U0BOB>"}},
                    MentionRow{"WhoIsUnknownAsWritten", {"codeowners"}, {"@acme/<x>", "@zed", "z@acme.example"}, {"@acme/&lt;x&gt;", "@zed", "z@acme.example"}},
                    MentionRow{"TheSameByTwoNames", {"alice", "codeowners", "owners"}, {"@alice-gh"}, {"<@U0ALICE>", "<@U0BOB>"}}),
    [](const auto& row) { return row.param.name; });

TEST(Mentions, AreFew) {
  Config config;
  for (int i = 0; i < 9; ++i) config.people.push_back(person("p" + std::to_string(i), "U0P" + std::to_string(i)));
  EXPECT_EQ(mentions(config, {"*"}, {}, {}).size(), 5U);
  EXPECT_EQ(mentions(config, {"*"}, {}, {}, 2).size(), 2U);
}

TEST(Mentions, AnOwnerThatIsEverybodyIsNobody) {
  Config config;
  config.people = {person("alice", "U0ALICE"), person("bob", "U0BOB")};
  App app;
  app.owners = {"*", "bob"};
  EXPECT_THAT(mentions(config, {"owners"}, app, {}), testing::ElementsAre("<@U0BOB>"));
  EXPECT_EQ(mentions(config, {"*"}, app, {}).size(), 2U);
}

TEST(Mentions, ALinkedPersonIsNobodyOnAnotherForge) {
  Config config;
  auto alice = person("alice", "U0ALICE", "alice");
  alice.linked = true;
  alice.forge_of = "https://one.example/api";
  config.people = {alice};
  config.repositories.resize(2);
  config.repositories[0].name = "one";
  config.repositories[0].forge.api_url = "https://one.example/api";
  config.repositories[1].name = "two";
  config.repositories[1].forge.api_url = "https://two.example/api";
  App app;
  app.repository = "one";
  EXPECT_THAT(mentions(config, {"codeowners"}, app, {"@alice"}), testing::ElementsAre("<@U0ALICE>"));
  app.repository = "two";
  EXPECT_THAT(mentions(config, {"codeowners"}, app, {"@alice"}), testing::ElementsAre("@alice"));
}

}  // namespace
}  // namespace driftwarden
