// Who sees whose Apps, and what a team's people may do there.
#include "bot/config/policy.hpp"
#include "bot/config/teams.hpp"
#include "tests/unit/bot/config/fixture.hpp"

namespace driftwarden {
namespace {

constexpr const char* kText = R"(
clusters: [{name: prod, in_cluster: true, environment: production}, {name: test, in_cluster: true, environment: test}]
repositories: [{name: config, url: 'file:///c.git'}]
apps:
  - {name: pay, repository: config, path: a, cluster: prod, namespace: pay, owners: [olga]}
  - {name: pay-test, repository: config, path: b, cluster: test, namespace: pay}
  - {name: shop, repository: config, path: c, cluster: prod, namespace: shop, owners: [olga]}
people:
  - {name: alice, slack: U0ALICE}
  - {name: bob, slack: U0BOB}
  - {name: olga, slack: U0OLGA}
  - {name: sam, slack: U0SAM}
groups: [{name: pay-team, members: [alice]}, {name: sre, members: [sam]}]
teams:
  - {name: pay, members: [pay-team], apps: ['pay*'], environments: [production], channels: ['#pay', CPAY], may: [sync, 'set-*'], private: true}
  - {name: shop, members: [bob], apps: [shop], may: [logs, sync]}
policy:
  rules:
    - {who: [bob], may: [sync], apps: ['*']}
    - {who: [sre], may: ['*'], apps: ['*']}
)";

class TeamsTest : public testing::Test {
 protected:
  TeamsTest() : config(good(kText)) {}
  const App& app(std::string_view name) const { return *find_app(config, name); }
  Config config;
};

struct SightRow {
  std::string name;
  std::string who;
  std::string app;
  bool visible;
  friend void PrintTo(const SightRow& row, std::ostream* out) { *out << row.name; }
};
class Sight : public TeamsTest, public testing::WithParamInterface<SightRow> {};
TEST_P(Sight, Decides) { EXPECT_EQ(is_visible(config, GetParam().who, app(GetParam().app)), GetParam().visible); }
INSTANTIATE_TEST_SUITE_P(AllOf, Sight,
                         testing::Values(SightRow{"AMember", "alice", "pay", true}, SightRow{"AMemberBySlackId", "U0ALICE", "pay", true}, SightRow{"NobodyElse", "bob", "pay", false},
                                         SightRow{"NotAStranger", "U0NEW", "pay", false}, SightRow{"NotWhoIsUnknown", "", "pay", false}, SightRow{"NotEvenAnOwner", "olga", "pay", false},
                                         SightRow{"WhoMayDoEverythingEverywhere", "sam", "pay", true}, SightRow{"AlsoBySlackId", "U0SAM", "pay", true},
                                         SightRow{"AnotherEnvironmentIsPublic", "bob", "pay-test", true}, SightRow{"AnotherTeamIsPublic", "U0NEW", "shop", true}),
                         [](const auto& row) { return row.param.name; });

struct TeamMayRow {
  std::string name;
  std::string who;
  std::string verb;
  std::string app;
  bool allowed;
  std::string rule;
  friend void PrintTo(const TeamMayRow& row, std::ostream* out) { *out << row.name; }
};
class TeamMay : public TeamsTest, public testing::WithParamInterface<TeamMayRow> {};
TEST_P(TeamMay, Decides) {
  const auto decision = may(config, GetParam().who, GetParam().verb, app(GetParam().app));
  EXPECT_EQ(decision.allowed, GetParam().allowed);
  if (!GetParam().rule.empty()) {
    EXPECT_EQ(decision.rule, GetParam().rule);
  }
}
INSTANTIATE_TEST_SUITE_P(
    AllOf, TeamMay,
    testing::Values(TeamMayRow{"ATeamGives", "alice", "sync", "pay", true, "teams[0] (pay may sync on pay)"}, TeamMayRow{"ByGlob", "alice", "set-image", "pay", true, ""},
                    TeamMayRow{"AndNoMore", "alice", "scale", "pay", false, ""}, TeamMayRow{"NotElsewhere", "alice", "sync", "shop", false, ""},
                    TeamMayRow{"NotInAnotherEnvironment", "alice", "sync", "pay-test", false, ""},
                    TeamMayRow{"BeforeThePolicy", "bob", "sync", "shop", true, "teams[1] (shop may sync on shop)"}, TeamMayRow{"AndTends", "alice", "silence", "pay", true, "teams[0] (pay may silence on pay)"},
                    TeamMayRow{"ItsPeopleRead", "alice", "status", "pay", true, "reading is allowed to everybody"},
                    TeamMayRow{"OthersDont", "bob", "status", "pay", false, "teams[0] (pay is private)"}, TeamMayRow{"NorTheirLogs", "bob", "logs", "pay", false, "teams[0] (pay is private)"},
                    TeamMayRow{"HelpIsForEverybody", "bob", "help", "pay", true, ""}, TeamMayRow{"AVerbThatATeamNamesIsRestricted", "alice", "logs", "shop", false, "the policy names who may logs shop"},
                    TeamMayRow{"ToThem", "bob", "logs", "shop", true, "teams[1] (shop may logs on shop)"}, TeamMayRow{"AndToWhomAStarGivesIt", "sam", "logs", "shop", true, ""},
                    TeamMayRow{"OthersAreNot", "alice", "events", "shop", true, "reading is allowed to everybody"}),
    [](const auto& row) { return row.param.name; });

TEST_F(TeamsTest, GiveWithoutAPolicy) {
  config.policy = {};
  EXPECT_TRUE(may(config, "alice", "sync", app("pay")).allowed);
  EXPECT_FALSE(may(config, "bob", "sync", app("pay")).allowed);
  config.teams.clear();
  EXPECT_FALSE(may(config, "alice", "sync", app("pay")).allowed);
}

TEST_F(TeamsTest, EverythingIsNoTeams) {
  EXPECT_FALSE(may(config, "alice", "sync", App{}).allowed);
  EXPECT_TRUE(is_visible(config, "bob", App{}));
}

struct SpeakRow {
  std::string name;
  std::string app;
  std::string channel;
  bool fine;
  friend void PrintTo(const SpeakRow& row, std::ostream* out) { *out << row.name; }
};
class Speak : public TeamsTest, public testing::WithParamInterface<SpeakRow> {};
TEST_P(Speak, Decides) { EXPECT_EQ(may_speak_of(config, app(GetParam().app), GetParam().channel), GetParam().fine); }
INSTANTIATE_TEST_SUITE_P(AllOf, Speak,
                         testing::Values(SpeakRow{"InItsChannel", "pay", "#pay", true}, SpeakRow{"ById", "pay", "CPAY", true}, SpeakRow{"NotElsewhere", "pay", "#gitops", false},
                                         SpeakRow{"NotInAnotherId", "pay", "COTHER", false}, SpeakRow{"InADirectMessage", "pay", "D0ALICE", true}, SpeakRow{"ATeamWithoutChannelsAnywhere", "shop", "#x", true},
                                         SpeakRow{"NoTeamAnywhere", "pay-test", "#x", true}),
                         [](const auto& row) { return row.param.name; });

struct NewVerbRow {
  std::string name;
  std::string verb;
  VerbClass kind;
  friend void PrintTo(const NewVerbRow& row, std::ostream* out) { *out << row.name; }
};
class NewVerbs : public testing::TestWithParam<NewVerbRow> {};
TEST_P(NewVerbs, HaveAClass) { EXPECT_EQ(class_of(GetParam().verb), GetParam().kind); }
INSTANTIATE_TEST_SUITE_P(AllOf, NewVerbs,
                         testing::Values(NewVerbRow{"Logs", "logs", VerbClass::Reading}, NewVerbRow{"Events", "events", VerbClass::Reading}, NewVerbRow{"Pods", "pods", VerbClass::Reading},
                                         NewVerbRow{"Describe", "describe", VerbClass::Reading}, NewVerbRow{"Route", "route", VerbClass::Reading}, NewVerbRow{"Digest", "digest", VerbClass::Reading},
                                         NewVerbRow{"Silences", "silences", VerbClass::Reading}, NewVerbRow{"Silence", "silence", VerbClass::Tending},
                                         NewVerbRow{"Unsilence", "unsilence", VerbClass::Tending}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
