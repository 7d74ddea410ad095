#include "bot/config/load.hpp"
#include "tests/unit/bot/config/fixture.hpp"

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kMain =
    "clusters: [{name: prod, in_cluster: true}]\n"
    "repositories: [{name: config, url: 'https://git.example.com/c.git', forge: {kind: github, project: a/c, token: {env: TOKEN}}}]\n"
    "config_from: {repository: config, path: driftwarden}\n"
    "people: [{name: alice, slack: U0ALICE}]\n";

LoadedConfig load_with(std::vector<ConfigText> texts, const std::string& main = kMain) {
  FakeEnvironment environment;
  environment.variables = {{"TOKEN", "t"}, {"DRIFTWARDEN_GIT_X", "x"}, {"CREDENTIALS_DIRECTORY", "/run/c"}};
  environment.files = {{"c.yaml", main}, {"/run/c/driftwarden-git-pw", "pw\n"}, {"/etc/driftwarden/key", "k\n"}};
  return load_config("c.yaml", environment, texts);
}

TEST(FromGit, IsMergedLikeAnInclude) {
  const auto loaded = load_with({{"config@4f2c81a:driftwarden/apps.yaml", "apps: [{name: shop, repository: config, path: shop, cluster: prod, namespace: shop, owners: [bob]}]\n"},
                                 {"config@4f2c81a:driftwarden/people.yaml", "people: [{name: alice, forge: alice}, {name: bob}]\n"}});
  EXPECT_THAT(texts(loaded.mistakes), IsEmpty());
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->apps.size(), 1U);
  ASSERT_EQ(loaded.config->people.size(), 2U);
  EXPECT_EQ(loaded.config->people[0].forge, "alice");
  EXPECT_EQ(loaded.config->people[0].slack, "U0ALICE");
}

TEST(FromGit, MayBeEmpty) { EXPECT_THAT(texts(load_with({{"g", ""}, {"h", "# nothing yet\n"}}).mistakes), IsEmpty()); }

TEST(FromGit, AKubeconfigOfTheMainFileMayBeNamedAgain) {
  const auto main = std::string(kMain).replace(0, std::string(kMain).find('\n'), "clusters: [{name: prod, kubeconfig: prod.kubeconfig}]");
  const auto loaded = load_with({{"config@4f2c81a:d/c.yaml", "clusters: [{name: b, kubeconfig: prod.kubeconfig, context: other}, {name: c, kubeconfig: /etc/driftwarden/prod.kubeconfig}]\n"}}, main);
  EXPECT_THAT(texts(loaded.mistakes), IsEmpty());
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->clusters.at(1).kubeconfig, "/etc/driftwarden/prod.kubeconfig");
  EXPECT_EQ(loaded.config->clusters.at(1).context, "other");
}

constexpr const char* kPlan = "apps: [{name: n, repository: config, path: n, terraform: {env: {";

TEST(FromGit, VariablesOfAPlanThatMayBeSet) {
  const auto loaded = load_with({{"g", std::string(kPlan) + "REGION: eu-west-1, URL: 'https://vault.example/v1', FILES: 'vars/a.yaml', A: {env: DRIFTWARDEN_GIT_X}}}}]\n"}});
  EXPECT_THAT(texts(loaded.mistakes), IsEmpty());
}

TEST(FromGit, WhatTheMainFileUsesIsItsAlone) {
  const auto loaded = load_with({{"g", "registries: [{host: evil.example, username: x, password: {env: DRIFTWARDEN_GIT_X}}]\n"}},
                                std::string(kMain) + "registries: [{host: a.example, username: x, password: {env: DRIFTWARDEN_GIT_X}}]\n");
  EXPECT_THAT(texts(loaded.mistakes), ElementsAre(HasSubstr("may not refer to {env: DRIFTWARDEN_GIT_X}, which the main file uses")));
}

TEST(FromGit, NothingIsAddedToWhatTheMainFileHas) {
  const auto main = std::string(kMain) + "plugins: [{name: js, command: [js]}]\napps: [{name: net, repository: config, path: n, terraform: {apply: false}}]\n";
  const auto loaded = load_with({{"g", "apps: [{name: net, terraform: {env: {A: b}}}]\nplugins: [{name: js, timeout: 5m}]\npeople: [{name: alice, totp: {env: DRIFTWARDEN_GIT_X}}]\n"}}, main);
  EXPECT_THAT(texts(loaded.mistakes), ElementsAre(HasSubstr("g:1:15: \"net\" is the main file's"), HasSubstr("g:2:18: \"js\" is the main file's"),
                                                  HasSubstr("g:3:24: \"totp\" of one of the main file's people, expected it in the main file only")));
}

struct GitRow {
  std::string name;
  std::string text;
  std::vector<std::string> said;
  friend void PrintTo(const GitRow& row, std::ostream* out) { *out << row.name; }
};
class GitMistakes : public testing::TestWithParam<GitRow> {};
TEST_P(GitMistakes, CarryTheCommitAndThePlace) {
  const auto loaded = load_with({{"config@4f2c81a:driftwarden/a.yaml", GetParam().text}});
  EXPECT_FALSE(loaded.config);
  EXPECT_EQ(texts(loaded.mistakes), GetParam().said);
}
const std::string kAt = "config@4f2c81a:driftwarden/a.yaml:";
const std::string kSecrets = ", expected {env: DRIFTWARDEN_GIT_...} or {credential: driftwarden-git-...}";
INSTANTIATE_TEST_SUITE_P(
    AllOf, GitMistakes,
    testing::Values(
        GitRow{"UnknownKey", "apps: []\npolcy: {}\n", {kAt + "2:1: unknown key \"polcy\", expected \"policy\""}},
        GitRow{"BrokenYaml", "apps: [\n", {kAt + "2:1: flow sequence without a closing bracket, expected valid YAML"}},
        GitRow{"AList", "- a\n", {kAt + "1:1: the file is a list, expected a mapping"}},
        GitRow{"Slack", "slack: {admin_channel: '#mine'}\n", {kAt + "1:1: a config in Git may not say \"slack\", expected it in the main file only"}},
        GitRow{"StorageAndHttp",
               "storage: {path: /tmp/x}\nhttp: {listen: '0.0.0.0:80'}\n",
               {kAt + "1:1: a config in Git may not say \"storage\", expected it in the main file only",
                kAt + "2:1: a config in Git may not say \"http\", expected it in the main file only"}},
        GitRow{"Tls", "tls: {ca: ca.pem}\n", {kAt + "1:1: a config in Git may not say \"tls\", expected it in the main file only"}},
        GitRow{"WhereTheAuditGoes", "audit: {syslog: {host: 169.254.169.254}}\n", {kAt + "1:1: a config in Git may not say \"audit\", expected it in the main file only"}},
        GitRow{"AHeartbeat", "heartbeat: {url: {env: DRIFTWARDEN_GIT_X}}\n", {kAt + "1:1: a config in Git may not say \"heartbeat\", expected it in the main file only"}},
        GitRow{"WhereAModelIs", "model: {api_url: 'https://evil.example/v1', model: x}\n", {kAt + "1:1: a config in Git may not say \"model\", expected it in the main file only"}},
        GitRow{"Tools", "tools: {fence: best-effort}\n", {kAt + "1:1: a config in Git may not say \"tools\", expected it in the main file only"}},
        GitRow{"ItsOwnPlace", "config_from: {repository: evil, path: x}\n", {kAt + "1:1: a config in Git may not say \"config_from\", expected it in the main file only"}},
        GitRow{"Includes", "include: [x.yaml]\n", {kAt + "1:1: a config in Git may not say \"include\", expected it in the main file only"}},
        GitRow{"ItsOwnRepository",
               "repositories: [{name: config, forge: {api_url: 'https://evil.example'}}]\n",
               {kAt + "1:23: \"config\" is the main file's: nothing is added to it from Git, expected another name, or these keys in the main file"}},
        GitRow{"AClusterOfTheMainFile",
               "clusters: [{name: prod, apply: true}]\n",
               {kAt + "1:19: \"prod\" is the main file's: nothing is added to it from Git, expected another name, or these keys in the main file"}},
        GitRow{"ASecretFile",
               "registries: [{host: evil.example, username: x, password: {file: key}}]\n",
               {kAt + "1:65: a config in Git may not refer to {file: key}" + kSecrets}},
        GitRow{"AForeignVariable",
               "registries: [{host: evil.example, username: x, password: {env: TOKEN}}]\n",
               {kAt + "1:64: a config in Git may not refer to {env: TOKEN}" + kSecrets}},
        GitRow{"ACredentialElsewhere",
               "registries: [{host: evil.example, username: x, password: {credential: ../../etc/x}}]\n",
               {kAt + "1:71: a config in Git may not refer to {credential: ../../etc/x}" + kSecrets}},
        GitRow{"AVariableOfAPlan",
               "apps: [{name: n, repository: config, path: n, terraform: {env: {A: {env: TOKEN}}}}]\n",
               {kAt + "1:74: a config in Git may not refer to {env: TOKEN}" + kSecrets}},
        GitRow{"AForeignVariableOfOurs", "registries: [{host: evil.example, username: x, password: {env: DRIFTWARDEN_TOKEN}}]\n", {kAt + "1:64: a config in Git may not refer to {env: DRIFTWARDEN_TOKEN}" + kSecrets}},
        GitRow{"AForeignCredential", "registries: [{host: evil.example, username: x, password: {credential: pw}}]\n", {kAt + "1:71: a config in Git may not refer to {credential: pw}" + kSecrets}},
        GitRow{"AKubeconfig", "clusters: [{name: b, kubeconfig: b.kubeconfig}]\n", {kAt + "1:34: a config in Git may not name the kubeconfig \"b.kubeconfig\", expected one that a cluster of the main file has, with another context, or in_cluster: true"}},
        GitRow{"AFileOfTheMachine", "repositories: [{name: b, url: 'git@h.example:b.git', credentials: {ssh_key: {credential: driftwarden-git-pw}, known_hosts: /etc/hosts}}]\n", {kAt + "1:124: \"/etc/hosts\" may lie anywhere on this machine, expected in Git the path of a file in the main file's directory, without \"..\""}},
        GitRow{"AFileAbove", "repositories: [{name: b, url: 'git@h.example:b.git', credentials: {ssh_key: {credential: driftwarden-git-pw}, known_hosts: a/../../b}}]\n", {kAt + "1:124: \"a/../../b\" may lie anywhere on this machine, expected in Git the path of a file in the main file's directory, without \"..\""}},
        GitRow{"ARepositoryOfTheMachine", "repositories: [{name: b, url: 'file:///srv/b.git'}]\n", {kAt + "1:31: a config in Git may not name \"file:///srv/b.git\", which lies on this machine, expected https://..., ssh://... or git@host:path"}},
        GitRow{"AVariableThatLoadsCode", "apps: [{name: n, repository: config, path: n, terraform: {env: {LD_PRELOAD: x.so}}}]\n", {kAt + "1:65: a config in Git may not set \"LD_PRELOAD\", which loads code or redirects tools, expected it in the main file"}},
        GitRow{"AVariableThatRedirects", "apps: [{name: n, repository: config, path: n, terraform: {env: {TF_HTTP_ADDRESS: x}}}]\n", {kAt + "1:65: a config in Git may not set \"TF_HTTP_ADDRESS\", which loads code or redirects tools, expected it in the main file"}},
        GitRow{"Path6", "apps: [{name: n, repository: config, path: n, terraform: {env: {A: '/etc/x'}}}]\n", {kAt + "1:68: a config in Git may not name a path outside of the repository in \"A\", expected a path below what is planned, or it in the main file"}},
        GitRow{"Path14", "apps: [{name: n, repository: config, path: n, terraform: {env: {A: '-config=/etc/x'}}}]\n", {kAt + "1:68: a config in Git may not name a path outside of the repository in \"A\", expected a path below what is planned, or it in the main file"}},
        GitRow{"Path13", "apps: [{name: n, repository: config, path: n, terraform: {env: {A: 'file:///etc/x'}}}]\n", {kAt + "1:68: a config in Git may not name a path outside of the repository in \"A\", expected a path below what is planned, or it in the main file"}},
        GitRow{"Path4", "apps: [{name: n, repository: config, path: n, terraform: {env: {A: '../x'}}}]\n", {kAt + "1:68: a config in Git may not name a path outside of the repository in \"A\", expected a path below what is planned, or it in the main file"}},
        GitRow{"TheSameTwice", "people: [{name: alice, slack: U0OTHER}]\n", {kAt + "1:24: \"slack\" is given already, expected it in one file only (first at c.yaml:4)"}}),
    [](const auto& row) { return row.param.name; });

TEST(FromGit, ItsOwnRepositoryCantComeFromThere) {
  const auto loaded = load_with({{"config@1:a.yaml", "repositories: [{name: config, url: 'https://evil.example/c.git'}]\n"}}, "config_from: {repository: config, path: d}\n");
  EXPECT_THAT(texts(loaded.mistakes), Contains(HasSubstr("config@1:a.yaml:1:23: \"config\" is the main file's")));
}

TEST(FromGit, TheFirstFileOfTheMachineComesFirst) {
  const auto loaded = load_with({{"config@1:a.yaml", "nonsense: 1\n"}}, std::string(kMain) + "alsononsense: 1\n");
  EXPECT_THAT(texts(loaded.mistakes), ElementsAre(HasSubstr("c.yaml:5:1:"), HasSubstr("config@1:a.yaml:1:1:")));
}

TEST(FromGit, SecretsThatMayBeReferredTo) {
  const auto loaded = load_with({{"g", "registries:\n- {host: a.example, username: x, password: {env: DRIFTWARDEN_GIT_X}}\n- {host: b.example, username: x, password: {credential: driftwarden-git-pw}}\n"}});
  EXPECT_THAT(texts(loaded.mistakes), IsEmpty());
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->registries.at(0).password.reveal(), "x");
  EXPECT_EQ(loaded.config->registries.at(1).password.reveal(), "pw");
}

TEST(FromGit, WhatTheMainFileLacksIsNotWarnedOfBeforeGitIsRead) {
  EXPECT_THAT(texts(load_with({}).warnings), IsEmpty());
  EXPECT_THAT(texts(load_with({{"g", "drift: {}\n"}}).warnings), AllOf(Contains(HasSubstr("there is no policy")), Contains(HasSubstr("there are no apps"))));
}

TEST(ConfigPlaces, AreFoundWhateverElseIsWrong) {
  FakeEnvironment environment;
  environment.files = {{"c.yaml", "include: [conf.d/*.yaml]\nstorage: {path: state/db}\nnonsense: {a: b}\n"}, {"conf.d/a.yaml", "config_from: {repository: nowhere, path: ./d/}\n"}};
  const auto places = find_places("c.yaml", environment);
  EXPECT_EQ(places.state_directory, "/etc/driftwarden/state");
  ASSERT_TRUE(places.from_git);
  EXPECT_EQ(places.from_git->repository, "nowhere");
  EXPECT_EQ(places.from_git->path, "d");
  EXPECT_FALSE(find_places("none.yaml", environment).from_git);
}

using Digests = std::map<std::string, std::string>;

Digests digests_of_text(const std::string& text, const std::string& secret = "s") {
  FakeEnvironment environment;
  environment.variables = {{"HOOK", secret}};
  environment.files = {{"/etc/driftwarden/k", secret}};
  return good(text, environment).digests;
}

TEST(ConfigDigests, SayWhichKeysDiffer) {
  const auto one = digests_of_text("chat: {aliases: {a: b}}\npeople: [{name: alice}]\n");
  const auto other = digests_of_text("chat: {aliases: {a: c}}\npeople: [{name: alice}]\n");
  EXPECT_EQ(one.at("people"), other.at("people"));
  EXPECT_NE(one.at("chat"), other.at("chat"));
  EXPECT_FALSE(one.contains("policy"));
}

TEST(ConfigDigests, AreOfWhatIsMeant) {
  EXPECT_EQ(digests_of_text("# hello\npeople:\n  - slack: U0A\n    name: alice\n"), digests_of_text("people: [{name: alice, slack: U0A}]\n"));
  EXPECT_NE(digests_of_text("people: [{name: ab}, {name: c}]\n"), digests_of_text("people: [{name: a}, {name: bc}]\n"));
}

TEST(ConfigDigests, KnowTheSecretsThatAreReferredTo) {
  const std::string hook = "http: {webhook_secret: {env: HOOK}}\n";
  EXPECT_EQ(digests_of_text(hook), digests_of_text(hook));
  EXPECT_NE(digests_of_text(hook), digests_of_text(hook, "other"));
  const std::string cluster = "clusters: [{name: a, kubeconfig: k}]\n";
  EXPECT_NE(digests_of_text(cluster), digests_of_text(cluster, "other")) << "what stands in the kubeconfig";
}

TEST(ConfigDigests, NeverHoldASecret) {
  for (const auto& [key, digest] : digests_of_text("http: {webhook_secret: {env: HOOK}}\n", "hush")) EXPECT_THAT(digest, Not(HasSubstr("hush"))) << key;
}

}  // namespace
}  // namespace driftwarden
