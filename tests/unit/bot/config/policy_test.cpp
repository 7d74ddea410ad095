#include "bot/config/alert_routes.hpp"
#include "bot/config/policy.hpp"

#include "tests/unit/bot/config/fixture.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kText = R"(
clusters: [{name: prod, in_cluster: true, environment: production}, {name: test, in_cluster: true, environment: test}]
repositories: [{name: config, url: 'file:///c.git'}]
apps:
  - {name: checkout, repository: config, path: a, cluster: prod, namespace: shop, owners: [alice, shop-team], channel: '#shop-prod'}
  - {name: shop-web, repository: config, path: b, cluster: test, namespace: shop, owners: [shop-team]}
  - {name: vault, repository: config, path: c, cluster: prod, namespace: vault, owners: [carol]}
people:
  - {name: alice, slack: U0ALICE, forge: Alice, emails: [alice@acme.example]}
  - {name: bob, slack: U0BOB}
  - {name: carol, slack: U0CAROL}
  - {name: dan, slack: U0DAN}
groups:
  - {name: shop-team, members: [alice, bob]}
  - {name: sre, slack_usergroup: S0SRE}
  - {name: everyone, members: [shop-team, carol]}
policy:
  rules:
    - {who: [shop-team], may: [sync, rollback], apps: [checkout, 'shop-*']}
    - {who: [sre], may: ['*'], apps: ['*']}
    - {who: [owners], may: [diff], apps: [vault]}
  approvals:
    - {environment: production, need: 1, from: [owners, sre], expires: 4h}
    - {environment: production, verbs: [create-app, delete], need: 2, from: [sre]}
    - {environment: test, need: 0}
  freezes:
    - {name: weekend, when: 'Fri 16:00 - Mon 08:00', zone: Europe/Berlin, environments: [production], override: 2}
    - {name: sunday, when: 'Sun - Sun', environments: [production]}
alerts:
  routes:
    - {match: {environment: production, team: shop}, channel: '#alerts', mention: [owners]}
)";

class PolicyTest : public testing::Test {
 protected:
  PolicyTest() : config(good(kText)) { set_usergroup_members(config, "S0SRE", {"U0CAROL", "U0STRANGER"}); }
  const App& app(std::string_view name) const { return *find_app(config, name); }
  Config config;
};

struct MayRow {
  std::string name;
  std::string who;
  std::string verb;
  std::string app;
  bool allowed;
  std::string rule;
  friend void PrintTo(const MayRow& row, std::ostream* out) { *out << row.name; }
};
class MayTable : public PolicyTest, public testing::WithParamInterface<MayRow> {};
TEST_P(MayTable, Decides) {
  const auto& row = GetParam();
  const auto decision = may(config, row.who, row.verb, app(row.app));
  EXPECT_EQ(decision.allowed, row.allowed);
  EXPECT_THAT(decision.rule, HasSubstr(row.rule));
}
INSTANTIATE_TEST_SUITE_P(AllOf, MayTable,
                         testing::Values(MayRow{"AMemberOfTheGroupMay", "bob", "sync", "checkout", true, "policy.rules[0] (shop-team may sync on checkout)"},
                                         MayRow{"AGlobOfApps", "bob", "rollback", "shop-web", true, "policy.rules[0]"},
                                         MayRow{"NotWhatIsNotNamed", "bob", "delete", "checkout", false, "no rule of the policy allows delete on checkout"},
                                         MayRow{"NotOnOtherApps", "bob", "sync", "vault", false, "no rule"},
                                         MayRow{"AStarIsEveryVerb", "carol", "delete", "checkout", true, "policy.rules[1]"},
                                         MayRow{"AUsergroupsMemberWithoutAnEntryMayRead", "U0STRANGER", "status", "vault", true, "everybody"},
                                         MayRow{"ButNoMore", "U0STRANGER", "sync", "vault", false, "`link LOGIN`"},
                                         MayRow{"AnOutsiderMayNot", "dan", "sync", "checkout", false, "no rule"},
                                         MayRow{"AnUnknownPersonMayNot", "", "sync", "checkout", false, "don't know you"},
                                         MayRow{"AnUnknownSlackUserIsToldWhy", "U0NEW", "sync", "checkout", false,
                                                "U0NEW is nobody that I know: the config's people don't name them, and no `link LOGIN` was proven"},
                                         MayRow{"EverybodyReads", "dan", "diff", "checkout", true, "everybody"},
                                         MayRow{"EvenTheUnknownRead", "", "status", "checkout", true, "everybody"},
                                         MayRow{"UnlessARuleSaysWhoDoes", "dan", "diff", "vault", false, "names who may diff vault"},
                                         MayRow{"ThenThoseDo", "carol", "diff", "vault", true, "policy.rules[2]"},
                                         MayRow{"OtherReadingOfItStaysOpen", "dan", "status", "vault", true, "everybody"},
                                         MayRow{"ButNotItsInside", "dan", "logs", "vault", false, "names who may read vault, and no rule names logs"},
                                         MayRow{"WhichIsForWhomADiffIs", "alice", "pods", "checkout", true, "everybody"},
                                         MayRow{"OrForWhomAStarIs", "carol", "events", "vault", true, "policy.rules[1]"},
                                         MayRow{"WhoMayChangeItMayTendIt", "bob", "ack", "checkout", true, "policy.rules[0]"},
                                         MayRow{"AnOwnerMayTendIt", "carol", "snooze", "vault", true, "policy.rules[1]"},
                                         MayRow{"AnOutsiderMayNotTendIt", "dan", "snooze", "checkout", false, "no rule"}),
                         [](const auto& row) { return row.param.name; });

TEST_F(PolicyTest, WhoeverMayDiffMayLookInside) {
  config.policy.rules = {{{"bob"}, {"status", "history"}, {}}, {{"dan"}, {"diff", "status"}, {}}};
  EXPECT_FALSE(may(config, "bob", "logs", app("vault")).allowed);
  EXPECT_FALSE(may(config, "", "describe", app("vault")).allowed);
  EXPECT_TRUE(may(config, "dan", "logs", app("vault")).allowed);
  EXPECT_EQ(may(config, "dan", "logs", app("vault")).rule, "policy.rules[1] (dan may diff on vault, and so logs, which no rule names)");
  config.policy.rules.push_back({{"bob"}, {"logs"}, {}});
  EXPECT_TRUE(may(config, "bob", "logs", app("vault")).allowed);
  EXPECT_FALSE(may(config, "dan", "logs", app("vault")).allowed) << "a rule names the verb itself now";
  EXPECT_FALSE(may(config, "bob", "pods", app("vault")).allowed);
}

TEST_F(PolicyTest, SilencersAreThoseWhoMaySilence) {
  for (const auto* name : {"checkout", "shop-web", "vault"}) {
    const auto silencers = silencers_of(config, app(name));
    for (const auto& person : config.people) {
      EXPECT_EQ(std::ranges::find(silencers, person.name) != silencers.end(), may(config, person.name, "silence", app(name)).allowed) << person.name << " on " << name;
    }
  }
  config.policy.rules.push_back({{"*"}, {"silence"}, {"vault"}});
  EXPECT_THAT(silencers_of(config, app("vault")), testing::Contains("*"));
}

TEST_F(PolicyTest, WithoutAPolicyOnlyReadingIsAllowed) {
  config.policy = {};
  EXPECT_FALSE(may(config, "carol", "sync", app("vault")).allowed);
  EXPECT_FALSE(may(config, "carol", "ack", app("vault")).allowed);
  EXPECT_TRUE(may(config, "carol", "diff", app("vault")).allowed);
  EXPECT_EQ(quorum_for(config, app("vault"), "sync"), Quorum{});
}

TEST_F(PolicyTest, TheQuorumIsThatOfTheMostSpecialRule) {
  EXPECT_EQ(quorum_for(config, app("checkout"), "sync"), (Quorum{.need = 1, .from = {"owners", "sre"}}));
  EXPECT_EQ(quorum_for(config, app("checkout"), "delete"), (Quorum{.need = 2, .from = {"sre"}}));
  EXPECT_EQ(quorum_for(config, app("shop-web"), "sync").need, 0);
  App elsewhere = app("checkout");
  elsewhere.environment = "staging";
  EXPECT_EQ(quorum_for(config, elsewhere, "sync"), (Quorum{.need = 1, .from = {}}));
  EXPECT_EQ(approval_expiry(config, app("checkout"), "sync"), 4h);
  EXPECT_EQ(approval_expiry(config, app("checkout"), "delete"), std::nullopt);
}

TEST_F(PolicyTest, ApproversAreThoseOfTheQuorum) {
  const auto quorum = quorum_for(config, app("checkout"), "sync");
  EXPECT_TRUE(may_approve(config, "bob", quorum, app("checkout")));
  EXPECT_TRUE(may_approve(config, "carol", quorum, app("checkout")));
  EXPECT_FALSE(may_approve(config, "U0STRANGER", quorum, app("checkout"))) << "not linked";
  EXPECT_FALSE(may_approve(config, "dan", quorum, app("checkout")));
  EXPECT_FALSE(may_approve(config, "", quorum, app("checkout")));
  EXPECT_FALSE(may_approve(config, "bob", quorum, app("vault")));
  EXPECT_THAT(approvers_of(config, quorum, app("checkout"), "alice"), ElementsAre("bob", "carol"));
}

TEST_F(PolicyTest, WithoutNamedApproversTheOwnersAre) {
  EXPECT_TRUE(may_approve(config, "bob", Quorum{.need = 1, .from = {}}, app("checkout")));
  EXPECT_TRUE(may_approve(config, "carol", Quorum{.need = 1, .from = {}}, app("checkout"))) << "a rule gives every verb";
  EXPECT_FALSE(may_approve(config, "dan", Quorum{.need = 1, .from = {}}, app("checkout")));
}

TEST_F(PolicyTest, MembersAreFollowed) {
  EXPECT_THAT(members_of(config, "owners", &app("checkout")), ElementsAre("alice", "bob"));
  EXPECT_THAT(members_of(config, "everyone", nullptr), ElementsAre("alice", "bob", "carol"));
  EXPECT_THAT(members_of(config, "dan", nullptr), ElementsAre("dan"));
  EXPECT_THAT(members_of(config, "nobody", nullptr), IsEmpty());
  EXPECT_THAT(members_of(config, "owners", nullptr), IsEmpty());
}

TEST_F(PolicyTest, AGroupInItselfEnds) {
  config.groups.push_back({.name = "loop", .members = {"loop", "dan"}, .slack_usergroup = {}});
  EXPECT_THAT(members_of(config, "loop", nullptr), ElementsAre("dan"));
}

TEST_F(PolicyTest, PeopleAreFoundByWhatTheOutsideCallsThem) {
  EXPECT_EQ(person_by_slack(config, "U0BOB")->name, "bob");
  EXPECT_EQ(person_by_slack(config, "U0X"), nullptr);
  EXPECT_EQ(person_by_slack(config, ""), nullptr);
  EXPECT_EQ(person_by_forge(config, "alice")->name, "alice");
  EXPECT_EQ(person_by_forge(config, ""), nullptr) << "bob has none";
  EXPECT_EQ(person_by_email(config, "Alice@acme.example")->name, "alice");
  EXPECT_EQ(person_by_email(config, ""), nullptr);
}

struct FreezeRow {
  std::string name;
  std::string now;
  std::string app;
  std::optional<std::string> freeze;
  friend void PrintTo(const FreezeRow& row, std::ostream* out) { *out << row.name; }
};
class FreezeTable : public PolicyTest, public testing::WithParamInterface<FreezeRow> {};
TEST_P(FreezeTable, Holds) { EXPECT_EQ(active_freeze(config, app(GetParam().app), *parse_time(GetParam().now)), GetParam().freeze); }
// 2026-11-20 is a Friday, Berlin is an hour ahead; 2026-07-17 is a Friday, it is two.
INSTANTIATE_TEST_SUITE_P(AllOf, FreezeTable,
                         testing::Values(FreezeRow{"NotBeforeIt", "2026-11-20T14:59:59Z", "checkout", std::nullopt},
                                         FreezeRow{"FromItsStart", "2026-11-20T15:00:00Z", "checkout", "weekend, until Mon 08:00 Europe/Berlin"},
                                         FreezeRow{"ToTheMinute", "2026-11-23T06:59:59Z", "checkout", "weekend, until Mon 08:00 Europe/Berlin"},
                                         FreezeRow{"NotAfterIt", "2026-11-23T07:00:00Z", "checkout", std::nullopt},
                                         FreezeRow{"BySummerTime", "2026-07-17T14:00:00Z", "checkout", "weekend, until Mon 08:00 Europe/Berlin"},
                                         FreezeRow{"NotInOtherEnvironments", "2026-11-21T12:00:00Z", "shop-web", std::nullopt},
                                         FreezeRow{"TheHardestOfSeveral", "2026-11-22T12:00:00Z", "checkout", "sunday, until Mon 00:00 UTC"}),
                         [](const auto& row) { return row.param.name; });

TEST_F(PolicyTest, AnAppHasAChannel) {
  EXPECT_EQ(channel_of(config, app("checkout")), "#shop-prod") << "its own";
  EXPECT_EQ(channel_of(config, app("shop-web")), "#gitops") << "no route matches";
  auto unnamed = app("checkout");
  unnamed.channel.clear();
  EXPECT_EQ(channel_of(config, unnamed), "#alerts") << "the one its alerts are routed to";
}

struct ClassRow {
  std::string name;
  std::string who;
  std::string verb;
  bool allowed;
  friend void PrintTo(const ClassRow& row, std::ostream* out) { *out << row.name; }
};
class ClassTable : public PolicyTest, public testing::WithParamInterface<ClassRow> {
 protected:
  ClassTable() {
    config.policy.rules.push_back({{"dan"}, {"ack"}, {}});
    config.policy.rules.push_back({{"dan"}, {"halt"}, {}});
  }
};
TEST_P(ClassTable, Decides) { EXPECT_EQ(may(config, GetParam().who, GetParam().verb, app("checkout")).allowed, GetParam().allowed); }
INSTANTIATE_TEST_SUITE_P(AllOf, ClassTable,
                         testing::Values(ClassRow{"AStrangerMayLink", "U0NEW", "link", true}, ClassRow{"AndSeeWhatIsPending", "", "pending", true}, ClassRow{"AndAskWhoTheyAre", "", "whoami", true},
                                         ClassRow{"ButNotTend", "U0NEW", "ack", false}, ClassRow{"WhoMaySyncMayLock", "bob", "lock", true}, ClassRow{"AndDelegate", "bob", "delegate", true},
                                         ClassRow{"WhoMayAckMayAck", "dan", "ack", true}, ClassRow{"ButLockNothing", "dan", "lock", false}, ClassRow{"NorCancel", "dan", "cancel", false},
                                         ClassRow{"WhoMaySyncMayNotHalt", "bob", "halt", false}, ClassRow{"NorFreeze", "bob", "freeze", false}, ClassRow{"NorResume", "bob", "resume", false},
                                         ClassRow{"WhoIsNamedMayHalt", "dan", "halt", true}, ClassRow{"ButNotResume", "dan", "resume", false}, ClassRow{"AStarGivesHalt", "carol", "halt", true},
                                         ClassRow{"AndUnfreeze", "carol", "unfreeze", true}, ClassRow{"ButNoBreakGlass", "carol", "break-glass", false},
                                         ClassRow{"PromoteIsAMutation", "bob", "promote", false}, ClassRow{"SetToo", "carol", "set", true}),
                         [](const auto& row) { return row.param.name; });

TEST_F(PolicyTest, EveryVerbIsOfItsClass) {
  EXPECT_EQ(class_of("link"), VerbClass::Everybody);
  EXPECT_EQ(class_of("ignores"), VerbClass::Reading);
  EXPECT_EQ(class_of("unlock"), VerbClass::Tending);
  EXPECT_EQ(class_of("create-app"), VerbClass::Mutation);
  EXPECT_EQ(class_of("halt"), VerbClass::Admin);
  EXPECT_EQ(class_of("break-glass"), VerbClass::BreakGlass);
  EXPECT_EQ(class_of("something new"), VerbClass::Mutation) << "the strictest that rules can give";
  for (const auto* verb : {"set", "promote", "create-app", "restart", "lock", "unlock", "freeze", "unfreeze", "halt", "resume", "break-glass", "delegate", "link", "pending"}) {
    EXPECT_THAT(policy_verbs(), testing::Contains(verb));
  }
}

TEST_F(PolicyTest, BreakGlassIsForThoseWhoAreNamed) {
  EXPECT_THAT(may(config, "carol", "break-glass", app("checkout")).rule, HasSubstr("\"*\" in a rule doesn't give break-glass"));
  config.policy.break_glass.who = {"sre"};
  EXPECT_EQ(may(config, "carol", "break-glass", app("checkout")).rule, "policy.break_glass.who (sre)");
  EXPECT_FALSE(may(config, "U0STRANGER", "break-glass", app("checkout")).allowed) << "in the group, but not linked";
  config.policy.break_glass.who.clear();
  config.policy.rules.push_back({{"bob"}, {"break-glass"}, {"checkout"}});
  EXPECT_TRUE(may(config, "bob", "break-glass", app("checkout")).allowed);
  EXPECT_FALSE(may(config, "bob", "break-glass", app("vault")).allowed);
}

TEST_F(PolicyTest, WhereThereIsAForgeOneMustBeKnownThere) {
  EXPECT_TRUE(is_linked(config, "bob", app("checkout"))) << "plain Git has no logins";
  config.repositories[0].forge.kind = ForgeKind::GitLab;
  EXPECT_TRUE(is_linked(config, "alice", app("checkout")));
  EXPECT_FALSE(is_linked(config, "bob", app("checkout")));
  EXPECT_FALSE(is_linked(config, "", app("checkout")));
  EXPECT_FALSE(is_linked(config, "bob", App{})) << "everything is somewhere on a forge";
  const auto decision = may(config, "bob", "sync", app("checkout"));
  EXPECT_FALSE(decision.allowed);
  EXPECT_EQ(decision.rule, "bob isn't linked to the forge: `link LOGIN` proves who they are there; until then they may only read");
  EXPECT_TRUE(may(config, "bob", "diff", app("checkout")).allowed);
  config.people[1].linked = true;
  EXPECT_TRUE(may(config, "bob", "sync", app("checkout")).allowed);
}

TEST_F(PolicyTest, APersonIsOneUnderAllNames) {
  EXPECT_TRUE(is_same_person(config, "alice", "U0ALICE"));
  EXPECT_FALSE(is_same_person(config, "alice", "bob"));
  EXPECT_FALSE(is_same_person(config, "bob", "carol")) << "neither has a login or a mail";
  EXPECT_FALSE(is_same_person(config, "", ""));
  EXPECT_TRUE(is_same_person(config, "U0NEW", "U0NEW"));
  EXPECT_FALSE(is_same_person(config, "U0NEW", "U0OTHER"));
}

TEST_F(PolicyTest, ALinkedTwinIsThePersonOfTheConfig) {
  Person twin;
  twin.name = "U0NEW";
  twin.slack = "U0NEW";
  twin.forge = "ALICE";
  twin.linked = true;
  twin.forge_of = "https://forge.example.org/api";
  config.people.push_back(twin);
  EXPECT_TRUE(is_same_person(config, "U0NEW", "alice")) << "one login";
  EXPECT_TRUE(is_same_person(config, "U0NEW", "Alice")) << "kept by the login itself";
  config.people.front().forge_of = "https://elsewhere.example.org/api";
  EXPECT_FALSE(is_same_person(config, "U0NEW", "alice")) << "the same login on another forge is anybody's";
  config.people.back().emails = {"7+alice@users.noreply.github.com"};
  EXPECT_TRUE(is_same_person(config, "U0NEW", "alice"));
  EXPECT_TRUE(is_same_person(config, "alice", "U0NEW"));
}

TEST_F(PolicyTest, AForgesOwnAddressesAreLogins) {
  for (const auto* email : {"1+alice@users.noreply.github.com", "alice@users.noreply.github.com", "12-Alice@users.noreply.gitlab.com", "alice@noreply.gitea.example.org"}) {
    const auto* found = person_by_email(config, email);
    ASSERT_NE(found, nullptr) << email;
    EXPECT_EQ(found->name, "alice") << email;
  }
  for (const auto* email : {"1+alice@example.org", "x+alice@users.noreply.github.com", "1+@users.noreply.github.com", "@users.noreply.github.com", "1+nobody@users.noreply.github.com"}) {
    EXPECT_EQ(person_by_email(config, email), nullptr) << email;
  }
}

TEST_F(PolicyTest, ALinkIsGoodForItsForgeOnly) {
  config.repositories[0].forge.kind = ForgeKind::Gitea;
  config.repositories[0].forge.api_url = "https://here/api";
  auto& bob = config.people[1];
  bob.forge = "bob-gh";
  bob.linked = true;
  bob.forge_of = "https://there/api";
  EXPECT_FALSE(is_linked(config, "bob", app("checkout")));
  EXPECT_FALSE(is_linked(config, "bob", App{}));
  EXPECT_EQ(person_by_forge(config, "bob-gh", "https://here/api"), nullptr);
  EXPECT_EQ(person_by_forge(config, "bob-gh"), &bob) << "on any forge";
  bob.forge_of = "https://here/api";
  EXPECT_TRUE(is_linked(config, "bob", app("checkout")));
  EXPECT_TRUE(is_linked(config, "bob", App{}));
  EXPECT_EQ(person_by_forge(config, "BOB-gh", "https://here/api"), &bob);
  EXPECT_EQ(person_by_forge(config, "alice", "https://here/api")->name, "alice") << "by hand: everywhere";
}

TEST_F(PolicyTest, RulesForAllAppsGiveEverything) {
  EXPECT_TRUE(may(config, "carol", "halt", App{}).allowed);
  config.policy.rules.push_back({{"bob"}, {"halt"}, {"checkout"}});
  EXPECT_FALSE(may(config, "bob", "halt", App{}).allowed);
}

}  // namespace
}  // namespace driftwarden
