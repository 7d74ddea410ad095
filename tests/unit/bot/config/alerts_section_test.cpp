// What `alerts`, `chat`, `teams` and `registries` take, and every way to get them wrong.
#include "bot/config/alert_routes.hpp"
#include "tests/unit/bot/config/fixture.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

// Ten lines, so that what a row adds begins on line 11.
constexpr const char* kBase = R"(clusters:
  - {name: prod-eu, in_cluster: true, environment: production}
  - {name: test, in_cluster: true, environment: staging}
repositories: [{name: config, url: 'file:///c.git'}]
apps:
  - {name: checkout, repository: config, path: a, cluster: prod-eu, namespace: shop, owners: [alice, shop-team]}
people: [{name: alice, slack: U0ALICE}]
groups: [{name: shop-team, members: [alice]}]
policy: {rules: []}

)";

Config read(const std::string& text) {
  FakeEnvironment environment;
  environment.variables = {{"GHCR", "t0ken"}};
  return good(kBase + text, environment);
}

TEST(AlertsSection, ReadsAllOfIt) {
  const auto config = read(R"(alerts:
  hold_off: {git-ahead: 2m, stuck: 10s, environments: {staging: {live-edited: 5m}, 'prod*': {git-ahead: 30s}}}
  repeat: {critical: 4h, warning: 1d, info: never}
  digest: {at: "08:30", zone: Europe/Berlin, days: [Mon, Thu], channel: "#daily"}
  storm: 7
  storm_window: 30s
  flapping: 4
  flapping_window: 2h
  calm: 5m
  forgotten: 3d
  severity:
    - {match: {environment: staging}, is: info}
    - {match: {app: checkout, cause: git-ahead}, is: critical}
  quiet_hours:
    - {from: "20:00", until: "07:00", days: [Sat, Sun], zone: Europe/Berlin, except: warning, channels: ["#shop"]}
    - {days: [Sun]}
  routes:
    - match: {environment: production, cluster: 'prod-*', namespace: shop, severity: critical, cause: live-edited, code_owner: "@acme/shop"}
      mention: [owners, codeowners]
      routes:
        - {match: {team: shop}, channel: "#shop"}
        - {match: {}, channel: "#rest", mention: [shop-team]}
)");
  const auto& alerts = config.alerts;
  EXPECT_THAT(alerts.hold_off, UnorderedElementsAre(Pair(Cause::LiveEdited, 0s), Pair(Cause::GitAhead, 2min), Pair(Cause::Stuck, 10s)));
  EXPECT_THAT(alerts.hold_off_in, UnorderedElementsAre(Pair("staging", ElementsAre(Pair(Cause::LiveEdited, 5min))), Pair("prod*", ElementsAre(Pair(Cause::GitAhead, 30s)))));
  EXPECT_THAT(alerts.repeat, ElementsAre(Pair(Severity::Info, 0s), Pair(Severity::Warning, 24h), Pair(Severity::Critical, 4h)));
  ASSERT_TRUE(alerts.digest);
  EXPECT_EQ(alerts.digest->at, 8 * 60 + 30);
  EXPECT_THAT(alerts.digest->days, ElementsAre(0, 3));
  EXPECT_NE(alerts.digest->time_zone, nullptr);
  EXPECT_EQ(alerts.digest->channel, "#daily");
  EXPECT_EQ(alerts.storm, 7);
  EXPECT_EQ(alerts.storm_window, 30s);
  EXPECT_EQ(alerts.flapping, 4);
  EXPECT_EQ(alerts.flapping_window, 2h);
  EXPECT_EQ(alerts.calm, 5min);
  EXPECT_EQ(alerts.forgotten, 72h);
  ASSERT_EQ(alerts.severities.size(), 2U);
  EXPECT_EQ(alerts.severities[1].match.cause, Cause::GitAhead);
  EXPECT_EQ(alerts.severities[1].is, Severity::Critical);
  ASSERT_EQ(alerts.quiet_hours.size(), 2U);
  EXPECT_EQ(alerts.quiet_hours[0].from, 20 * 60);
  EXPECT_EQ(alerts.quiet_hours[0].until, 7 * 60);
  EXPECT_THAT(alerts.quiet_hours[0].days, ElementsAre(5, 6));
  EXPECT_EQ(alerts.quiet_hours[0].except, Severity::Warning);
  EXPECT_THAT(alerts.quiet_hours[0].channels, ElementsAre("#shop"));
  EXPECT_EQ(alerts.quiet_hours[1].except, Severity::Critical);
  EXPECT_NE(alerts.quiet_hours[1].time_zone, nullptr);
  ASSERT_EQ(alerts.routes.size(), 1U);
  const auto& top = alerts.routes[0];
  EXPECT_EQ(top.match.severity, Severity::Critical);
  EXPECT_EQ(top.match.cause, Cause::LiveEdited);
  EXPECT_EQ(top.code_owner, "@acme/shop");
  EXPECT_EQ(top.channel, "");
  EXPECT_THAT(top.mention, ElementsAre("owners", "codeowners"));
  ASSERT_EQ(top.routes.size(), 2U);
  EXPECT_EQ(top.routes[0].match.team, "shop");
  EXPECT_EQ(top.routes[1].channel, "#rest");
}

std::vector<std::string> warnings(const std::string& text) { return texts(load_text(kBase + text).warnings); }

TEST(AlertsSection, WarnsOfAPrivateTeamThatIsSpokenOfToAll) {
  const std::string team = "teams: [{name: pay, members: [alice], apps: [checkout], private: true}]\n";
  EXPECT_THAT(warnings(team), ElementsAre("c.yaml:11:9: the team pay is private, but alerts of checkout go to #gitops, where everybody reads them, expected channels for the team, or a route "
                                          "with a channel for its Apps"));
  EXPECT_THAT(warnings(team + "alerts: {routes: [{match: {team: pay, severity: critical}, channel: '#pay'}]}\n"), testing::SizeIs(1)) << "the others aren't routed";
  EXPECT_THAT(warnings(team + "alerts: {routes: [{match: {team: pay}, channel: '#pay'}]}\n"), IsEmpty());
  EXPECT_THAT(warnings("teams: [{name: pay, members: [alice], apps: [checkout], channels: ['#pay'], private: true}]\n"), IsEmpty());
  EXPECT_THAT(warnings("teams: [{name: pay, members: [alice], apps: ['pay-*'], private: true}]\n"), testing::SizeIs(1)) << "nor are those that will be discovered";
}

TEST(AlertsSection, WarnsOfAnIdAmongNames) {
  EXPECT_THAT(warnings("alerts: {quiet_hours: [{days: [Sun], channels: [C0123]}]}\n"),
              ElementsAre("c.yaml:11:24: \"C0123\" is never the same channel as \"#gitops\": an id isn't compared with a name, expected the channel as routes, apps and teams write it"));
  EXPECT_THAT(warnings("alerts: {routes: [{channel: C0123}], quiet_hours: [{days: [Sun], channels: [C0123]}]}\n"), IsEmpty());
  EXPECT_THAT(warnings("alerts: {digest: {channel: C0123}}\n"), testing::SizeIs(1));
}

TEST(AlertsSection, TheShortFormsStand) {
  const auto plain = read("alerts: {repeat: 12h, digest: '07:15'}\n").alerts;
  EXPECT_THAT(plain.repeat, ElementsAre(Pair(Severity::Info, 0s), Pair(Severity::Warning, 12h), Pair(Severity::Critical, 12h)));
  EXPECT_EQ(plain.digest->at, 7 * 60 + 15);
  EXPECT_EQ(plain.digest->zone, "UTC");
  EXPECT_FALSE(read("alerts: {digest: ''}\n").alerts.digest);
  EXPECT_THAT(read("alerts: {repeat: never}\n").alerts.repeat, ElementsAre(Pair(Severity::Info, 0s), Pair(Severity::Warning, 0s), Pair(Severity::Critical, 0s)));
  EXPECT_THAT(read("alerts: {repeat: {critical: 1h}}\n").alerts.repeat, ElementsAre(Pair(Severity::Info, 0s), Pair(Severity::Warning, 24h), Pair(Severity::Critical, 1h)));
  const auto defaults = read("").alerts;
  EXPECT_EQ(defaults.storm, 5);
  EXPECT_EQ(defaults.digest->at, 9 * 60);
}

TEST(ChatSection, ReadsAliases) {
  const auto chat = read("chat: {aliases: {Roll: 'rollback {1} --previous', ship: 'sync {*}'}, follow_logs: 2m}\n").chat;
  EXPECT_THAT(chat.aliases, UnorderedElementsAre(Pair("roll", "rollback {1} --previous"), Pair("ship", "sync {*}")));
  EXPECT_EQ(chat.follow_logs, 2min);
}

TEST(TeamsSection, ReadsTeams) {
  const auto config = read("teams: [{name: shop, members: [shop-team], apps: ['shop-*'], environments: [production], channels: ['#shop'], may: [sync, 'set*'], private: true}, {name: bare}]\n");
  ASSERT_EQ(config.teams.size(), 2U);
  const auto& team = config.teams[0];
  EXPECT_THAT(team.members, ElementsAre("shop-team"));
  EXPECT_THAT(team.apps, ElementsAre("shop-*"));
  EXPECT_THAT(team.environments, ElementsAre("production"));
  EXPECT_THAT(team.channels, ElementsAre("#shop"));
  EXPECT_THAT(team.may, ElementsAre("sync", "set*"));
  EXPECT_TRUE(team.is_private);
  EXPECT_FALSE(config.teams[1].is_private);
}

TEST(RegistriesSection, ReadsRegistries) {
  const auto registries = read("registries: [{host: ghcr.io, username: bot, password: {env: GHCR}}, {host: '127.0.0.1:5000', api_url: 'http://127.0.0.1:5000/'}]\n").registries;
  ASSERT_EQ(registries.size(), 2U);
  EXPECT_EQ(registries[0].api_url, "https://ghcr.io");
  EXPECT_EQ(registries[0].password.reveal(), "t0ken");
  EXPECT_EQ(registries[1].api_url, "http://127.0.0.1:5000");
}

struct WrongRow {
  std::string name;
  std::string text;
  std::string mistake;
  friend void PrintTo(const WrongRow& row, std::ostream* out) { *out << row.name; }
};
class WrongSections : public testing::TestWithParam<WrongRow> {};
TEST_P(WrongSections, AreToldWithTheirPlace) { EXPECT_THAT(texts(load_text(kBase + GetParam().text).mistakes), ElementsAre(GetParam().mistake)); }

INSTANTIATE_TEST_SUITE_P(
    Alerts, WrongSections,
    testing::Values(
        WrongRow{"HoldOffCause", "alerts: {hold_off: {environments: {staging: {live-edit: 5s}}}}\n", "c.yaml:11:46: unknown key \"live-edit\", expected \"live-edited\""},
        WrongRow{"HoldOffEnvironment", "alerts: {hold_off: {environments: {stagin: {stuck: 5s}}}}\n", "c.yaml:11:36: unknown environment \"stagin\", expected \"staging\""},
        WrongRow{"HoldOffNoMapping", "alerts: {hold_off: {environments: {staging: 5s}}}\n", "c.yaml:11:45: alerts.hold_off.environments.staging is \"5s\", expected a mapping"},
        WrongRow{"HoldOffList", "alerts: {hold_off: {environments: [staging]}}\n", "c.yaml:11:35: \"environments\" is a list, expected a mapping"},
        WrongRow{"RepeatSeverity", "alerts: {repeat: {urgent: 4h}}\n", "c.yaml:11:19: unknown key \"urgent\", expected one of info, warning, critical"},
        WrongRow{"RepeatWord", "alerts: {repeat: {info: sometimes}}\n", "c.yaml:11:25: \"info\" is \"sometimes\", expected a duration such as 300ms, 15s, 5m, 4h or 7d"},
        WrongRow{"DigestDay", "alerts: {digest: {days: [Monday]}}\n", "c.yaml:11:26: \"Monday\" isn't a day, expected Mon, Tue, Wed, Thu, Fri, Sat or Sun"},
        WrongRow{"DigestTime", "alerts: {digest: {at: 9am}}\n", "c.yaml:11:23: \"9am\" isn't a time of day, expected HH:MM such as \"09:00\""},
        WrongRow{"DigestZone", "alerts: {digest: {zone: Berlin}}\n", "c.yaml:11:25: unknown time zone \"Berlin\", expected an IANA name such as Europe/Berlin"},
        WrongRow{"DigestChannel", "alerts: {digest: {channel: daily news}}\n", "c.yaml:11:28: \"daily news\" isn't a channel, expected \"#name\" in lower case or a channel's id"},
        WrongRow{"TopRouteThatSaysNothing", "alerts: {routes: [{match: {team: shop}}]}\n", "c.yaml:11:19: alerts.routes[0] has no \"channel\", expected \"#name\" or a channel's id"},
        WrongRow{"NestedKey", "alerts: {routes: [{channel: '#a', routes: [{chanel: '#b'}]}]}\n", "c.yaml:11:45: unknown key \"chanel\", expected \"channel\""},
        WrongRow{"NestedMention", "alerts: {routes: [{channel: '#a', routes: [{mention: [alise]}]}]}\n", "c.yaml:11:55: unknown person or group \"alise\", expected \"alice\""},
        WrongRow{"MatchCause", "alerts: {routes: [{channel: '#a', match: {cause: live-edit}}]}\n", "c.yaml:11:50: unknown word \"live-edit\", expected \"live-edited\""},
        WrongRow{"MatchSeverity", "alerts: {routes: [{channel: '#a', match: {severity: high}}]}\n", "c.yaml:11:53: unknown word \"high\", expected info | warning | critical"},
        WrongRow{"SeverityWithoutIs", "alerts: {severity: [{match: {app: checkout}}]}\n", "c.yaml:11:21: alerts.severity[0] has no \"is\", expected info, warning or critical"},
        WrongRow{"SeverityBySeverity", "alerts: {severity: [{match: {severity: info}, is: warning}]}\n",
                 "c.yaml:11:30: unknown key \"severity\", expected one of environment, team, app, cluster, namespace, cause"},
        WrongRow{"QuietWithoutEnd", "alerts: {quiet_hours: [{from: '20:00'}]}\n",
                 "c.yaml:11:24: alerts.quiet_hours[0] has no \"until\", expected both from and until, such as \"20:00\" and \"07:00\""},
        WrongRow{"QuietNever", "alerts: {quiet_hours: [{zone: UTC}]}\n", "c.yaml:11:24: alerts.quiet_hours[0] has no \"from\", expected from and until, or days"},
        WrongRow{"QuietSameTime", "alerts: {quiet_hours: [{from: '07:00', until: '07:00'}]}\n", "c.yaml:11:47: from and until are the same, expected another time, or days for whole days"},
        WrongRow{"QuietExcept", "alerts: {quiet_hours: [{days: [Sun], except: none}]}\n", "c.yaml:11:46: unknown word \"none\", expected info | warning | critical"},
        WrongRow{"QuietChannel", "alerts: {quiet_hours: [{days: [Sun], channels: [Shop]}]}\n", "c.yaml:11:49: \"Shop\" isn't a channel, expected \"#name\" in lower case or a channel's id"},
        WrongRow{"Storm", "alerts: {storm: 0}\n", "c.yaml:11:17: \"storm\" is \"0\", expected a whole number from 1"},
        WrongRow{"Flapping", "alerts: {flapping: 1}\n", "c.yaml:11:20: \"flapping\" is \"1\", expected a whole number from 2"},
        WrongRow{"TooMuchFlapping", "alerts: {flapping: 21}\n", "c.yaml:11:20: \"flapping\" is \"21\", expected a whole number from 2 to 20"},
        WrongRow{"StormWindow", "alerts: {storm_window: 10ms}\n", "c.yaml:11:24: \"storm_window\" is 10ms, expected at least 1s"},
        WrongRow{"Forgotten", "alerts: {forgotten: later}\n", "c.yaml:11:21: \"forgotten\" is \"later\", expected a duration such as 300ms, 15s, 5m, 4h or 7d"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Others, WrongSections,
    testing::Values(
        WrongRow{"AliasOfTwoWords", "chat: {aliases: {'roll back': 'rollback {1}'}}\n", "c.yaml:11:18: the alias \"roll back\" isn't one word, expected one word such as back"},
        WrongRow{"AliasOfNothing", "chat: {aliases: {roll: ''}}\n", "c.yaml:11:24: the alias \"roll\" stands for nothing, expected a command such as \"rollback {1} --previous\""},
        WrongRow{"AliasOfAList", "chat: {aliases: {roll: [a]}}\n", "c.yaml:11:24: the alias \"roll\" stands for a list, expected a command such as \"rollback {1} --previous\""},
        WrongRow{"AliasPlace", "chat: {aliases: {roll: 'rollback {app}'}}\n",
                 "c.yaml:11:24: \"rollback {app}\" has a place that is neither {1} to {9} nor {*}, expected a command such as \"rollback {1} --previous\""},
        WrongRow{"AliasTwice", "chat: {aliases: {roll: a, Roll: b}}\n", "c.yaml:11:27: the alias \"Roll\" is given twice, expected another word: small and capital letters are the same"},
        WrongRow{"ChatKey", "chat: {alias: {}}\n", "c.yaml:11:8: unknown key \"alias\", expected \"aliases\""},
        WrongRow{"TeamTwice", "teams: [{name: a}, {name: a}]\n", "c.yaml:11:27: the name \"a\" is taken, expected another name (first at c.yaml:11:16)"},
        WrongRow{"TeamMember", "teams: [{name: a, members: [bob]}]\n", "c.yaml:11:29: unknown person or group \"bob\", expected a name from people or groups (owners, alice, shop-team)"},
        WrongRow{"TeamVerb", "teams: [{name: a, members: [alice], apps: [b], may: [snyc]}]\n", "c.yaml:11:54: unknown verb \"snyc\", expected \"sync\""},
        WrongRow{"PrivateWithoutApps", "teams: [{name: a, members: [alice], private: true}]\n", "c.yaml:11:9: teams[0] has no \"apps\", expected names of Apps, or globs such as \"shop-*\""},
        WrongRow{"PrivateWithoutMembers", "teams: [{name: a, apps: [b], private: true}]\n", "c.yaml:11:9: teams[0] has no \"members\", expected a list of people and groups"},
        WrongRow{"RegistryWithoutHost", "registries: [{username: a}]\n", "c.yaml:11:14: registries[0] has no \"host\", expected the host as images name it, such as ghcr.io"},
        WrongRow{"RegistryUrlAsHost", "registries: [{host: 'https://ghcr.io'}]\n", "c.yaml:11:21: \"https://ghcr.io\" isn't a host alone, expected the host as images name it, such as ghcr.io"},
        WrongRow{"RegistryInTheClear", "registries: [{host: r.example, api_url: 'http://r.example'}]\n",
                 "c.yaml:11:41: \"http://r.example\" is plain http to another machine, expected https://..., or http:// on this machine"},
        WrongRow{"RegistryTwice", "registries: [{host: r.example}, {host: r.example}]\n", "c.yaml:11:40: the registry \"r.example\" is given twice, expected it once"},
        WrongRow{"RegistryPassword", "registries: [{host: r.example, username: a, password: hush}]\n",
                 "c.yaml:11:55: a secret is never written here, expected {env: NAME}, {file: PATH} or {credential: NAME}"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
