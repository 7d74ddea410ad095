#include "tests/unit/bot/config/fixture.hpp"

namespace driftwarden {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct MistakeRow {
  std::string name;
  std::string text;
  std::string said;
  friend void PrintTo(const MistakeRow& row, std::ostream* out) { *out << row.name; }
};
class Mistakes : public testing::TestWithParam<MistakeRow> {};

/// Every row is added to this, so that only what the row says can be wrong. 13 lines.
constexpr std::string_view kBase =
    "clusters:\n"
    "  - {name: prod, in_cluster: true, environment: production}\n"
    "repositories:\n"
    "  - {name: config, url: 'https://git.example.com/c.git'}\n"
    "people:\n"
    "  - {name: alice, slack: U0ALICE}\n"
    "groups:\n"
    "  - {name: sre, members: [alice]}\n"
    "apps:\n"
    "  - name: shop\n"
    "    repository: config\n"
    "    path: apps/shop\n"
    "    cluster: prod\n"
    "    namespace: shop\n";

TEST(MistakesBase, IsGood) { EXPECT_THAT(texts(load_text(std::string(kBase)).mistakes), IsEmpty()); }

TEST_P(Mistakes, AreFoundWhereTheyAre) {
  const auto loaded = load_text(std::string(kBase) + GetParam().text);
  EXPECT_FALSE(loaded.config);
  EXPECT_THAT(texts(loaded.mistakes), ElementsAre(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(
    Shape, Mistakes,
    testing::Values(MistakeRow{"UnknownKeyAtTheTop", "polcy: {}\n", "c.yaml:15:1: unknown key \"polcy\", expected \"policy\""},
                    MistakeRow{"UnknownKeyOfAnApp", "    chanel: '#x'\n", "c.yaml:15:5: unknown key \"chanel\", expected \"channel\""},
                    MistakeRow{"UnknownKeyLikeNothing", "storage: {zzzzzz: 1}\n", "c.yaml:15:11: unknown key \"zzzzzz\", expected one of path, retention"},
                    MistakeRow{"KeyTwice", "http: {listen: '127.0.0.1:1', listen: '127.0.0.1:2'}\n",
                               "c.yaml:15:31: \"listen\" is given twice, expected it once (first at line 15)"},
                    MistakeRow{"ListForText", "    render: [auto]\n", "c.yaml:15:13: \"render\" is a list, expected a word"},
                    MistakeRow{"TextForList", "    owners: alice\n", "c.yaml:15:13: \"owners\" is \"alice\", expected a list of texts"},
                    MistakeRow{"TextForMapping", "storage: here\n", "c.yaml:15:10: storage is \"here\", expected a mapping"},
                    MistakeRow{"MappingForList", "discover: {}\n", "c.yaml:15:11: \"discover\" is a mapping, expected a list"},
                    MistakeRow{"TextInList", "discover: [x]\n", "c.yaml:15:12: discover[0] is \"x\", expected a mapping"},
                    MistakeRow{"NothingForText", "    channel:\n", "c.yaml:15:5: \"channel\" is nothing, expected \"#name\" in lower case or a channel's id"},
                    MistakeRow{"UnknownWord", "    render: kustomise\n", "c.yaml:15:13: unknown word \"kustomise\", expected \"kustomize\""},
                    MistakeRow{"UnknownWordLikeNothing", "    track: 7\n", "c.yaml:15:12: unknown word \"7\", expected head | pin"},
                    MistakeRow{"BadDuration", "storage: {retention: 400 days}\n",
                               "c.yaml:15:22: \"retention\" is \"400 days\", expected a duration such as 300ms, 15s, 5m, 4h or 7d"},
                    MistakeRow{"NumberForDuration", "alerts: {repeat: 24}\n",
                               "c.yaml:15:18: \"repeat\" is \"24\", expected a duration such as 300ms, 15s, 5m, 4h or 7d"},
                    MistakeRow{"BadListen", "http: {listen: '8484'}\n", "c.yaml:15:16: \"8484\" isn't an address, expected HOST:PORT such as 127.0.0.1:8484"},
                    MistakeRow{"BadPort", "http: {listen: 'localhost:99999'}\n",
                               "c.yaml:15:16: \"localhost:99999\" has no port from 0 to 65535, expected HOST:PORT such as 127.0.0.1:8484"},
                    MistakeRow{"PlainHttpElsewhere", "http: {public_url: 'http://bot.example/'}\n",
                               "c.yaml:15:20: \"http://bot.example/\" is plain http to another machine, expected https://..., or http:// on this machine"},
                    MistakeRow{"BadHoldOff", "alerts: {hold_off: {live-edit: 5s}}\n", "c.yaml:15:21: unknown key \"live-edit\", expected \"live-edited\""},
                    MistakeRow{"BadDigest", "alerts: {digest: '9:00'}\n",
                               "c.yaml:15:18: \"9:00\" isn't a time of day, expected HH:MM such as \"09:00\", or \"\" for none"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Names, Mistakes,
    testing::Values(
        MistakeRow{"UnknownRepository", "  - {name: b, repository: confg, path: b, cluster: prod, namespace: b}\n",
                   "c.yaml:15:27: unknown repository \"confg\", expected \"config\""},
        MistakeRow{"UnknownCluster", "  - {name: b, repository: config, path: b, cluster: nowhere, namespace: b}\n",
                   "c.yaml:15:53: unknown cluster \"nowhere\", expected a name from clusters (prod)"},
        MistakeRow{"UnknownOwner", "    owners: [alice, srw]\n", "c.yaml:15:21: unknown person or group \"srw\", expected \"sre\""},
        MistakeRow{"UnknownRuleOwner", "    ignore: [{paths: ['.spec'], owner: bob}]\n",
                   "c.yaml:15:40: unknown person or group \"bob\", expected a name from people or groups (owners, alice, sre)"},
        MistakeRow{"UnknownWho", "policy: {rules: [{who: [alicia], may: ['*']}]}\n", "c.yaml:15:25: unknown person or group \"alicia\", expected \"alice\""},
        MistakeRow{"UnknownVerb", "policy: {rules: [{who: [sre], may: [snyc]}]}\n", "c.yaml:15:37: unknown verb \"snyc\", expected \"sync\""},
        MistakeRow{"UnknownEnvironment", "policy: {approvals: [{environment: prodution, need: 1}]}\n",
                   "c.yaml:15:36: unknown environment \"prodution\", expected \"production\""},
        MistakeRow{"SameAppTwice", "  - {name: shop, repository: config, path: b, cluster: prod, namespace: b}\n",
                   "c.yaml:15:12: the name \"shop\" is taken, expected another name (first at c.yaml:10:11)"},
        MistakeRow{"NameThatIsNoFile", "  - {name: a/b, repository: config, path: b, cluster: prod, namespace: b}\n",
                   "c.yaml:15:12: \"a/b\" isn't a name, expected letters, digits, \".\", \"_\" and \"-\""},
        MistakeRow{"NamelessApp", "  - {repository: config, path: b, cluster: prod, namespace: b}\n", "c.yaml:15:5: apps[1] has no \"name\", expected a text"},
        MistakeRow{"NoNamespace", "  - {name: b, repository: config, path: b, cluster: prod}\n",
                   "c.yaml:15:5: apps[1] has no \"namespace\", expected the namespace it is destined to"},
        MistakeRow{"BadNamespace", "  - {name: b, repository: config, path: b, cluster: prod, namespace: Shop_1}\n",
                   "c.yaml:15:70: \"Shop_1\" isn't a namespace, expected lower-case letters, digits and \"-\""},
        MistakeRow{"PathOutside", "  - {name: b, repository: config, path: ../b, cluster: prod, namespace: b}\n",
                   "c.yaml:15:41: \"../b\" leaves the repository, expected a directory inside the repository, such as apps/checkout"},
        MistakeRow{"BadChannel", "    channel: Shop Prod\n", "c.yaml:15:14: \"Shop Prod\" isn't a channel, expected \"#name\" in lower case or a channel's id"},
        MistakeRow{"CommentInsteadOfChannel", "    channel: #shop\n",
                   "c.yaml:15:5: \"channel\" is nothing, expected \"#name\" in lower case or a channel's id"},
        MistakeRow{"DiscoverWithoutApp", "discover: [{paths: 'a/{cluster}/base', repository: config, namespace: a}]\n",
                   "c.yaml:15:20: \"a/{cluster}/base\" has no {app}, expected a path such as clusters/{cluster}/{namespace}/{app}"},
        MistakeRow{"DiscoverTwoKinds", "discover: [{paths: 'a/{app}', repository: config, flux: {cluster: prod}}]\n",
                   "c.yaml:15:12: discover[0] has 2 kinds of discovery, expected one of paths, argocd, flux, terraform, ansible"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Rules, Mistakes,
    testing::Values(
        MistakeRow{"BadIgnorePath", "    ignore: [{paths: [spec.replicas]}]\n",
                   "c.yaml:15:23: \"spec.replicas\" doesn't begin with a dot, expected a path such as .spec.replicas or .spec.**.env[name=\"TZ\"]"},
        MistakeRow{"BrokenSelector", "    ignore: [{paths: ['.spec.x[name=']}]\n",
                   "c.yaml:15:23: \".spec.x[name=\" has a broken [...] at character 8, expected a path such as .spec.replicas or .spec.**.env[name=\"TZ\"]"},
        MistakeRow{"IgnoreNothing", "    ignore: [{reason: x}]\n", "c.yaml:15:14: apps[0].ignore[0] has no \"paths\", expected paths or managers"},
        MistakeRow{"BadOp", "    ignore: [{paths: [.a], ops: [change]}]\n", "c.yaml:15:34: unknown word \"change\", expected \"changed\""},
        MistakeRow{"BadDate", "    ignore: [{paths: [.a], until: 2027-02-30}]\n",
                   "c.yaml:15:35: \"2027-02-30\" isn't a date, expected a date such as 2027-06-30 or a time such as 2027-06-30T12:00:00Z"},
        MistakeRow{"BadWindow", "policy: {freezes: [{name: w, when: Friday evening}]}\n",
                   "c.yaml:15:36: \"Friday evening\" isn't a window, expected a weekly window such as \"Fri 16:00 - Mon 08:00\""},
        MistakeRow{"BadZone", "policy: {freezes: [{name: w, when: Sat - Sun, zone: Europe/Berlinn}]}\n",
                   "c.yaml:15:53: unknown time zone \"Europe/Berlinn\", expected an IANA name such as Europe/Berlin"},
        MistakeRow{"ZoneOutside", "policy: {freezes: [{name: w, when: Sat - Sun, zone: ../../etc/passwd}]}\n",
                   "c.yaml:15:53: unknown time zone \"../../etc/passwd\", expected an IANA name such as Europe/Berlin"},
        MistakeRow{"NegativeNeed", "policy: {approvals: [{need: -1}]}\n", "c.yaml:15:29: \"need\" is \"-1\", expected a whole number from 0"},
        MistakeRow{"NoNeed", "policy: {approvals: [{from: [sre]}]}\n", "c.yaml:15:22: policy.approvals[0] has no \"need\", expected a whole number from 0"},
        MistakeRow{"QuotedFlag", "policy: {review: yes}\n", "c.yaml:15:18: unknown word \"yes\", expected pull-request | chat"},
        MistakeRow{"RouteWithoutChannel", "alerts: {routes: [{match: {team: shop}}]}\n",
                   "c.yaml:15:19: alerts.routes[0] has no \"channel\", expected \"#name\" or a channel's id"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Drift, Mistakes,
    testing::Values(
        MistakeRow{"UnknownRule", "drift: {disable_rules: [autoscaled, ca-bundel]}\n", "c.yaml:15:37: unknown rule \"ca-bundel\", expected \"ca-bundle\""},
        MistakeRow{"UnknownRuleLikeNothing", "drift: {disable_rules: [zzzzzz]}\n",
                   "c.yaml:15:25: unknown rule \"zzzzzz\", expected one of autoscaled, aggregated-rules, ca-bundle, restarted, same-quantity, same-duration, "
                   "order-only, crd-field-dropped, undeclared-field, default-value, deployer-tracking"},
        MistakeRow{"UnknownKeyOfDrift", "drift: {applyers: [x]}\n", "c.yaml:15:9: unknown key \"applyers\", expected \"appliers\""},
        MistakeRow{"EverybodyAnApplier", "drift: {appliers: ['*']}\n",
                   "c.yaml:15:20: \"*\" stands for every manager, expected the name of a field manager, or a glob such as acme-*"},
        MistakeRow{"NobodyAPerson", "drift: {people: ['']}\n",
                   "c.yaml:15:18: \"people\" holds an empty text, expected a text"}),
    [](const auto& row) { return row.param.name; });

struct OrphansRow {
  std::string name;
  std::string orphans;
  std::string said;
  friend void PrintTo(const OrphansRow& row, std::ostream* out) { *out << row.name; }
};
class Orphans : public testing::TestWithParam<OrphansRow> {};
TEST_P(Orphans, ArePlainNamespaces) {
  EXPECT_THAT(texts(load_text("clusters: [{name: a, in_cluster: true, orphans: " + GetParam().orphans + "}]\n").mistakes), ElementsAre(GetParam().said));
}
INSTANTIATE_TEST_SUITE_P(
    Lists, Orphans,
    testing::Values(OrphansRow{"AGlob", "[shop, 'team-*']", "c.yaml:1:56: \"team-*\" is a glob, expected the plain name of a namespace"},
                    OrphansRow{"NoNamespace", "[Shop_1]", "c.yaml:1:50: \"Shop_1\" isn't a namespace, expected lower-case letters, digits and \"-\""},
                    OrphansRow{"Twice", "[shop, shop]", "c.yaml:1:56: \"shop\" is given twice, expected it once"},
                    OrphansRow{"AText", "shop", "c.yaml:1:49: \"orphans\" is \"shop\", expected a list of texts"}),
    [](const auto& row) { return row.param.name; });

TEST(ConfigDrift, IsRead) {
  const auto config = good(
      "clusters: [{name: a, in_cluster: true, orphans: [shop, team-1]}]\ndrift: {appliers: [acme-deployer], people: [acme-*], disable_rules: [autoscaled, order-only]}\n");
  EXPECT_THAT(config.clusters.at(0).orphans, ElementsAre("shop", "team-1"));
  EXPECT_THAT(config.drift.appliers, ElementsAre("acme-deployer"));
  EXPECT_THAT(config.drift.people, ElementsAre("acme-*"));
  EXPECT_THAT(config.drift.disable_rules, ElementsAre("autoscaled", "order-only"));
}

struct WholeRow {
  std::string name;
  std::string text;
  std::vector<std::string> said;
  friend void PrintTo(const WholeRow& row, std::ostream* out) { *out << row.name; }
};
class WholeFiles : public testing::TestWithParam<WholeRow> {};
TEST_P(WholeFiles, AreToldWhatIsWrong) { EXPECT_EQ(texts(load_text(GetParam().text).mistakes), GetParam().said); }
INSTANTIATE_TEST_SUITE_P(
    AllOf, WholeFiles,
    testing::Values(
        WholeRow{"BrokenYaml", "http:\n  listen: \"x\n", {"c.yaml:2:12: double-quoted scalar without closing quote, expected valid YAML"}},
        WholeRow{"Tab", "http:\n\tlisten: x\n", {"c.yaml:2:1: tab character may not be used as indentation, expected valid YAML"}},
        WholeRow{"AList", "- a\n", {"c.yaml:1:1: the file is a list, expected a mapping"}},
        WholeRow{"TwoDocuments", "http: {}\n---\nhttp: {}\n", {"c.yaml:3:1: a second document, expected one document in a file"}},
        WholeRow{"UnknownAnchor", "http: *x\n", {"c.yaml:1:7: unknown anchor \"x\", expected &x further up"}},
        WholeRow{"PlainSecret",
                 "slack: {app_token: xapp-hush, bot_token: {env: NO}}\n",
                 {"c.yaml:1:20: a secret is never written here, expected {env: NAME}, {file: PATH} or {credential: NAME}",
                  "c.yaml:1:48: the environment variable NO is not set, expected a secret in it"}},
        WholeRow{"MissingFile",
                 "http: {webhook_secret: {file: hook.key}}\n",
                 {"c.yaml:1:31: the file /etc/driftwarden/hook.key can't be read: no such file or directory, expected a secret in it"}},
        WholeRow{"NoCredentials",
                 "http: {webhook_secret: {credential: hook}}\n",
                 {"c.yaml:1:37: the credential hook can't be read: CREDENTIALS_DIRECTORY is not set, expected LoadCredential= in the systemd unit"}},
        WholeRow{"UnknownSecret",
                 "http: {webhook_secret: {vault: hook}}\n",
                 {"c.yaml:1:25: unknown kind of secret \"vault\", expected {env: NAME}, {file: PATH} or {credential: NAME}"}},
        WholeRow{"HalfASlack",
                 "slack: {admin_channel: '#x'}\n",
                 {"c.yaml:1:8: slack has no \"app_token\", expected {env: SLACK_APP_TOKEN}",
                  "c.yaml:1:8: slack has no \"bot_token\", expected {env: SLACK_BOT_TOKEN}"}},
        WholeRow{"Clusters",
                 "clusters:\n- {name: a}\n- {name: b, in_cluster: true, kubeconfig: x}\n- {name: a, in_cluster: maybe, confirm: dryrun}\n",
                 {"c.yaml:2:3: clusters[0] has no \"kubeconfig\", expected kubeconfig: PATH or in_cluster: true",
                  "c.yaml:3:43: both in_cluster and kubeconfig are given, expected one of them",
                  "c.yaml:4:3: clusters[2] has no \"kubeconfig\", expected kubeconfig: PATH or in_cluster: true",
                  "c.yaml:4:10: the name \"a\" is taken, expected another name (first at c.yaml:2:10)",
                  "c.yaml:4:25: \"in_cluster\" is \"maybe\", expected true or false", "c.yaml:4:41: unknown word \"dryrun\", expected \"dry-run\""}},
        WholeRow{
            "RepositoryUrls",
            "repositories:\n- {name: a, url: 'http://git.example/x'}\n- {name: b, url: 'https://me:pw@git.example/x'}\n- {name: c, url: somewhere}\n",
            {"c.yaml:2:18: \"http://git.example/x\" is plain http to another machine, expected https://..., ssh://..., git@host:path or file:///path, "
             "without a password",
             "c.yaml:3:18: \"https://...@git.example/x\" holds a user or password, expected https://..., ssh://..., git@host:path or file:///path, without a "
             "password",
             "c.yaml:4:18: \"somewhere\" isn't the address of a Git repository, expected https://..., ssh://..., git@host:path or file:///path, without a "
             "password"}},
        WholeRow{
            "Forge",
            "repositories:\n- name: a\n  url: git@host:x\n  forge:\n    kind: gitea\n    project: config\n    token: {env: NO}\n",
            {"c.yaml:5:5: repositories[0].forge has no \"api_url\", expected https://..., or http:// on this machine",
             "c.yaml:6:14: \"config\" isn't a project, expected OWNER/NAME", "c.yaml:7:18: the environment variable NO is not set, expected a secret in it"}},
        WholeRow{"People",
                 "people:\n- {name: a, slack: alice, emails: [a]}\n- {name: b, slack: U0B}\n- {name: c, slack: U0B}\n",
                 {"c.yaml:2:20: \"alice\" isn't a Slack user, expected a member id such as U024BE7LH",
                  "c.yaml:2:36: \"a\" isn't an e-mail address, expected name@example.org",
                  "c.yaml:4:20: the Slack user U0B is two people, expected another id (first at c.yaml:3)"}}),
    [](const auto& row) { return row.param.name; });

TEST(ConfigSecrets, NeverShowInAMistake) {
  const auto loaded = load_text("slack: {app_token: xapp-hush, bot_token: [xoxb-hush]}\nhttp: {webhook_secret: {env: {x: hush}}}\n");
  EXPECT_EQ(loaded.mistakes.size(), 3U);
  EXPECT_THAT(texts(loaded.mistakes), Not(Contains(HasSubstr("hush"))));
}

TEST(ConfigSecrets, ComeFromTheSystemdCredential) {
  FakeEnvironment environment;
  environment.variables["CREDENTIALS_DIRECTORY"] = "/run/credentials/x";
  environment.files["/run/credentials/x/hook"] = " hush\n";
  EXPECT_EQ(good("http: {webhook_secret: {credential: hook}}\n", environment).http.webhook_secret.reveal(), "hush");
}

TEST(ConfigSecrets, AnEmptyOneIsMissing) {
  FakeEnvironment environment;
  environment.variables["HOOK"] = "";
  EXPECT_THAT(texts(load_text("http: {webhook_secret: {env: HOOK}}\n", environment).mistakes),
              ElementsAre("c.yaml:1:30: the environment variable HOOK is empty, expected a secret in it"));
}

TEST(ConfigSecrets, SwappedTokensAreNoticed) {
  FakeEnvironment environment;
  environment.variables = {{"A", "xoxb-1"}, {"B", "xapp-1"}};
  const auto loaded = load_text("slack: {app_token: {env: A}, bot_token: {env: B}}\n", environment);
  EXPECT_THAT(texts(loaded.warnings), Contains("c.yaml:1:20: app_token doesn't look right, expected a token that begins with xapp-"));
}

TEST(ConfigFile, ThatIsNotThereSaysSo) {
  EXPECT_THAT(texts(load_config("no.yaml", FakeEnvironment{}).mistakes),
              ElementsAre("no.yaml:1:1: can't be read: no such file or directory, expected a config file"));
}

TEST(ConfigFile, WithoutAPolicyIsWarnedAbout) { EXPECT_THAT(texts(load_text("{}").warnings), Contains(HasSubstr("there is no policy"))); }

TEST(ConfigInclude, MergesListsByName) {
  FakeEnvironment environment;
  environment.files["conf.d/a.yaml"] = "clusters:\n- {name: prod, environment: production}\n- {name: test, in_cluster: true}\npeople:\n- {name: alice}\n";
  environment.files["conf.d/b.yaml"] = "people:\n- {name: bob}\n";
  const auto config = good("include: [conf.d/*.yaml]\nclusters:\n- {name: prod, in_cluster: true}\n", environment);
  ASSERT_EQ(config.clusters.size(), 2U);
  EXPECT_EQ(config.clusters[0].environment, "production");
  EXPECT_TRUE(config.clusters[0].in_cluster);
  EXPECT_EQ(config.people.size(), 2U);
}

TEST(ConfigInclude, KeepsThePlacesOfTheIncludedFile) {
  FakeEnvironment environment;
  environment.files["conf.d/a.yaml"] = "include: [x]\nclusters:\n- {name: prod, in_cluster: false}\n- {nme: x, in_cluster: true}\n";
  const auto loaded = load_text("include: [conf.d/*.yaml, none.yaml]\nclusters:\n- {name: prod, in_cluster: true}\n", environment);
  EXPECT_THAT(texts(loaded.mistakes),
              ElementsAre("c.yaml:1:26: there is no file \"none.yaml\", expected a file to include",
                          "conf.d/a.yaml:1:1: an included file includes others, expected include in the main file only",
                          "conf.d/a.yaml:3:16: \"in_cluster\" is given already, expected it in one file only (first at c.yaml:3)",
                          "conf.d/a.yaml:4:3: clusters[1] has no \"name\", expected a text", "conf.d/a.yaml:4:4: unknown key \"nme\", expected \"name\""));
}

TEST(ConfigInclude, RelativePathsAreRelativeToTheFileThatSaysThem) {
  FakeEnvironment environment;
  environment.files["conf.d/a.yaml"] = "clusters:\n- {name: b, kubeconfig: b.kubeconfig}\n";
  const auto config = good("include: [conf.d/*.yaml]\nclusters:\n- {name: a, kubeconfig: a.kubeconfig}\n", environment);
  EXPECT_EQ(config.clusters.at(0).kubeconfig, "/etc/driftwarden/a.kubeconfig");
  EXPECT_EQ(config.clusters.at(1).kubeconfig, "/etc/driftwarden/conf.d/b.kubeconfig");
}

}  // namespace
}  // namespace driftwarden
