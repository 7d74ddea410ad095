#include "bot/config/load.hpp"
#include "bot/config/shards.hpp"
#include "tests/unit/bot/config/fixture.hpp"

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

/// 10 lines.
constexpr std::string_view kTwoClusters =
    "clusters:\n"
    "  - {name: eu, in_cluster: true}\n"
    "  - {name: us, in_cluster: true}\n"
    "repositories:\n"
    "  - {name: config, url: 'https://git.example.com/c.git'}\n"
    "apps:\n"
    "  - {name: shop, repository: config, path: shop, cluster: eu, namespace: shop}\n"
    "  - {name: till, repository: config, path: till, cluster: us, namespace: till}\n"
    "storage: {path: /var/lib/driftwarden/driftwarden.db}\n"
    "slack: {app_token: {env: APP}, bot_token: {env: BOT}}\n";

constexpr std::string_view kShards =
    "shards:\n"
    "  - {name: a, clusters: [eu]}\n"
    "  - {name: b, clusters: [us], app_token: {env: APP_B}, bot_token: {env: BOT_B}}\n";

FakeEnvironment tokens() {
  FakeEnvironment environment;
  environment.variables = {{"APP", "xapp-1"}, {"BOT", "xoxb-1"}, {"APP_B", "xapp-2"}, {"BOT_B", "xoxb-2"}};
  return environment;
}

LoadedConfig load_with(const std::string& more, FakeEnvironment environment = tokens()) { return load_text(std::string(kTwoClusters) + more, std::move(environment)); }

std::vector<std::string> mistakes_of(const std::string& more, FakeEnvironment environment = tokens()) { return texts(load_with(more, std::move(environment)).mistakes); }

TEST(Ha, HasItsDefaults) {
  const auto loaded = load_with("ha: {cluster: eu}\n");
  ASSERT_TRUE(loaded.config);
  const auto& ha = *loaded.config->ha;
  EXPECT_EQ(ha.cluster, "eu");
  EXPECT_EQ(ha.namespace_, "driftwarden");
  EXPECT_EQ(ha.lease, "driftwarden");
  EXPECT_EQ(ha.identity, "");
  EXPECT_EQ(ha.duration, 9s);
}

TEST(Ha, TakesWhatIsGiven) {
  const auto loaded = load_with("ha: {cluster: us, namespace: ops, lease: warden, identity: pod-1, duration: 15s}\n");
  ASSERT_TRUE(loaded.config);
  const auto& ha = *loaded.config->ha;
  EXPECT_EQ(ha.namespace_, "ops");
  EXPECT_EQ(ha.lease, "warden");
  EXPECT_EQ(ha.identity, "pod-1");
  EXPECT_EQ(ha.duration, 15s);
}

TEST(Ha, IsNotThereUnlessGiven) { EXPECT_FALSE(load_with("").config->ha); }

struct WrongRow {
  std::string name;
  std::string text;
  std::string said;
  friend void PrintTo(const WrongRow& row, std::ostream* out) { *out << row.name; }
};
class HaMistakes : public testing::TestWithParam<WrongRow> {};

TEST_P(HaMistakes, AreFoundWhereTheyAre) { EXPECT_THAT(mistakes_of(GetParam().text), ElementsAre(GetParam().said)); }

INSTANTIATE_TEST_SUITE_P(
    Ha, HaMistakes,
    testing::Values(WrongRow{"NoCluster", "ha: {lease: x}\n", "c.yaml:11:5: ha has no \"cluster\", expected the cluster in which the Lease is"},
                    WrongRow{"UnknownCluster", "ha: {cluster: nowhere}\n", "c.yaml:11:15: unknown cluster \"nowhere\", expected a name from clusters (eu, us)"},
                    WrongRow{"UnknownKey", "ha: {cluster: eu, leese: x}\n", "c.yaml:11:19: unknown key \"leese\", expected \"lease\""},
                    WrongRow{"TooShort", "ha: {cluster: eu, duration: 2s}\n", "c.yaml:11:29: \"duration\" is 2s, expected from 3s to 5m"},
                    WrongRow{"TooLong", "ha: {cluster: eu, duration: 6m}\n", "c.yaml:11:29: \"duration\" is 6m, expected from 3s to 5m"},
                    WrongRow{"BadNamespace", "ha: {cluster: eu, namespace: A_B}\n", "c.yaml:11:30: \"A_B\" isn't such a name, expected lower-case letters, digits and \"-\""},
                    WrongRow{"BadIdentity", "ha: {cluster: eu, identity: 'a b'}\n", "c.yaml:11:29: \"a b\" isn't a name, expected letters, digits, \".\", \"_\" and \"-\""}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Shards, HaMistakes,
    testing::Values(WrongRow{"ClusterInNone", "shards:\n  - {name: a, clusters: [eu]}\n", "c.yaml:12:3: the cluster \"us\" is in no shard, expected it among the clusters of one"},
                    WrongRow{"ClusterInTwo", "shards:\n  - {name: a, clusters: [eu, us]}\n  - {name: b, clusters: [us], app_token: {env: APP_B}, bot_token: {env: BOT_B}}\n",
                             "c.yaml:13:26: the cluster \"us\" is in a shard already, expected it in one of them (first at c.yaml:12:30)"},
                    WrongRow{"WithoutClusters", "shards:\n  - {name: a, clusters: [eu, us]}\n  - {name: b, app_token: {env: APP_B}, bot_token: {env: BOT_B}}\n",
                             "c.yaml:13:5: shards[1] has no \"clusters\", expected a list of clusters"},
                    WrongRow{"OneSlackAppForTwo", "shards:\n  - {name: a, clusters: [eu]}\n  - {name: b, clusters: [us]}\n",
                             "c.yaml:13:5: the shards \"a\" and \"b\" have the same Slack app, expected an app_token and a bot_token of its own"},
                    WrongRow{"HalfOfTheTokens", "shards:\n  - {name: a, clusters: [eu]}\n  - {name: b, clusters: [us], app_token: {env: APP_B}}\n",
                             "c.yaml:13:5: shards[1] has no \"bot_token\", expected both tokens of the shard's Slack app, or neither"},
                    WrongRow{"NameThatNoLeaseCanHave", "shards:\n  - {name: A_1, clusters: [eu, us]}\n",
                             "c.yaml:12:12: \"A_1\" can't be a part of a Lease's name, expected lower-case letters, digits and \"-\""}),
    [](const auto& row) { return row.param.name; });

// --- one shard of a config

Config shard_of(const std::string& shard, const std::string& more = "") {
  auto environment = tokens();
  environment.variables["DRIFTWARDEN_SHARD"] = shard;
  auto loaded = load_with(std::string(kShards) + more, environment);
  EXPECT_THAT(texts(loaded.mistakes), IsEmpty());
  return loaded.config.value_or(Config{});
}

std::vector<std::string> names_of(const std::vector<App>& apps) {
  std::vector<std::string> names;
  for (const auto& app : apps) names.push_back(app.name);
  return names;
}

TEST(Shards, WithoutOneAllIsThere) {
  const auto loaded = load_with(std::string(kShards));
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(names_of(loaded.config->apps), ElementsAre("shop", "till"));
  EXPECT_EQ(loaded.config->shards.size(), 2U);
  EXPECT_EQ(loaded.config->shard, "");
}

TEST(Shards, OneHasItsClustersAndTheirApps) {
  const auto config = shard_of("b");
  EXPECT_EQ(config.shard, "b");
  ASSERT_EQ(config.clusters.size(), 1U);
  EXPECT_EQ(config.clusters.front().name, "us");
  EXPECT_THAT(names_of(config.apps), ElementsAre("till"));
  EXPECT_THAT(config.elsewhere, UnorderedElementsAre(Pair("shop", "a")));
}

TEST(Shards, OneHasItsOwnDatabaseLeaseAndTokens) {
  const auto config = shard_of("b", "ha: {cluster: eu}\n");
  EXPECT_EQ(config.storage.path, "/var/lib/driftwarden/b/driftwarden-b.db");
  EXPECT_EQ(config.ha->lease, "driftwarden-b");
  EXPECT_EQ(config.slack.app_token.reveal(), "xapp-2");
  EXPECT_EQ(config.slack.bot_token.reveal(), "xoxb-2");
  EXPECT_EQ(shard_of("a").slack.app_token.reveal(), "xapp-1");
}

TEST(Shards, WhatIsElsewhereIsKnown) {
  const auto config = shard_of("b");
  EXPECT_TRUE(is_elsewhere(config, "eu"));
  EXPECT_FALSE(is_elsewhere(config, "us"));
  EXPECT_FALSE(is_elsewhere(config, "nowhere"));
}

TEST(Shards, AnAppThatAPrivateTeamHidesIsNotEvenElsewhere) {
  const auto config = shard_of("b", "people: [{name: ann, slack: U0ANN}]\nteams: [{name: secret, apps: [shop], members: [ann], private: true, channels: ['#secret']}]\n");
  EXPECT_THAT(config.elsewhere, IsEmpty());
}

TEST(Shards, WhatHasNoClusterIsTheFirsts) {
  const std::string rule = "discover: [{terraform: {repository: config, paths: 'infra/{app}'}}]\n";
  EXPECT_EQ(shard_of("a", rule).discover.size(), 1U);
  EXPECT_EQ(shard_of("b", rule).discover.size(), 0U);
}

TEST(Shards, ARuleWhosePathsSayTheClusterIsEverybodys) {
  const std::string rule = "discover: [{paths: 'clusters/{cluster}/{namespace}/{app}', repository: config}]\n";
  EXPECT_EQ(shard_of("a", rule).discover.size(), 1U);
  EXPECT_EQ(shard_of("b", rule).discover.size(), 1U);
}

TEST(Shards, AnUnknownOneIsAMistake) {
  auto environment = tokens();
  environment.variables["DRIFTWARDEN_SHARD"] = "north";
  EXPECT_THAT(mistakes_of(std::string(kShards), environment),
              ElementsAre("c.yaml:12:3: there is no shard \"north\", which this process is to be, expected one of a, b"));
}

TEST(Shards, OfAConfigThatHasNoneIsAMistake) {
  auto environment = tokens();
  environment.variables["DRIFTWARDEN_SHARD"] = "c";
  EXPECT_EQ(mistakes_of("", environment).size(), 1U);
}

TEST(Shards, PlacesAreThoseOfTheShard) {
  auto environment = tokens();
  environment.files["c.yaml"] = std::string(kTwoClusters) + std::string(kShards);
  EXPECT_EQ(find_places("c.yaml", environment).state_directory, "/var/lib/driftwarden");
  environment.variables["DRIFTWARDEN_SHARD"] = "a";
  EXPECT_EQ(find_places("c.yaml", environment).state_directory, "/var/lib/driftwarden/a");
}

TEST(Shards, AnEnvironmentMaySayWhich) {
  auto environment = std::make_shared<FakeEnvironment>(tokens());
  environment->files["c.yaml"] = std::string(kTwoClusters) + std::string(kShards);
  const auto loaded = load_config("c.yaml", *with_shard(environment, "b"));
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->shard, "b");
  environment->variables["DRIFTWARDEN_SHARD"] = "a";
  EXPECT_EQ(load_config("c.yaml", *without_shard(environment)).config->clusters.size(), 2U);
}

}  // namespace
}  // namespace driftwarden
