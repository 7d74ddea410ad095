#include "tests/support/golden.hpp"
#include "tests/unit/bot/config/fixture.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class ContractTest : public testing::Test {
 protected:
  ContractTest() {
    environment.variables = {{"SLACK_APP_TOKEN", "xapp-1"}, {"SLACK_BOT_TOKEN", "xoxb-1"}, {"WEBHOOK_SECRET", "hush"}, {"MODEL_KEY", "sk-1"}, {"INFRACOST_API_KEY", "ico-1"}};
    environment.files = {{"/etc/driftwarden/forge.token", "t0ken\n"}, {"/etc/driftwarden/signing_key", "KEY\n"}};
    loaded = load_text(test::read_source_file("tests/golden/config/config.yaml"), environment);
    if (loaded.config) config = *loaded.config;
  }
  FakeEnvironment environment;
  LoadedConfig loaded;
  Config config;
};

TEST_F(ContractTest, IsAccepted) {
  EXPECT_THAT(texts(loaded.mistakes), IsEmpty());
  EXPECT_THAT(texts(loaded.warnings), ElementsAre("c.yaml:76:29: unknown repository \"infra\", expected a name from repositories; the rule finds nothing",
                                                  "c.yaml:93:21: no cluster and no app has the environment \"staging\", expected one of production"));
}

TEST_F(ContractTest, SaysWhereThingsAre) {
  EXPECT_EQ(config.slack.app_token.reveal(), "xapp-1");
  EXPECT_EQ(config.slack.bot_token.reveal(), "xoxb-1");
  EXPECT_EQ(config.slack.api_url, "https://slack.com/api/");
  EXPECT_EQ(config.slack.admin_channel, "#driftwarden");
  EXPECT_EQ(config.storage.path, "/var/lib/driftwarden/driftwarden.db");
  EXPECT_EQ(config.storage.retention, 400 * 24h);
  EXPECT_EQ(config.http.host, "127.0.0.1");
  EXPECT_EQ(config.http.port, 8484);
  EXPECT_EQ(config.http.public_url, "");
  EXPECT_EQ(config.http.webhook_secret.reveal(), "hush");
  ASSERT_EQ(config.clusters.size(), 2U);
  EXPECT_EQ(config.clusters[0].kubeconfig, "/etc/driftwarden/prod-eu.kubeconfig");
  EXPECT_TRUE(config.clusters[0].apply);
  EXPECT_TRUE(config.clusters[1].in_cluster);
  EXPECT_FALSE(config.clusters[1].apply);
  EXPECT_EQ(config.directory, "/etc/driftwarden");
}

TEST_F(ContractTest, KnowsTheRepository) {
  ASSERT_EQ(config.repositories.size(), 1U);
  const auto& repository = config.repositories[0];
  EXPECT_EQ(repository.url, "https://git.example.com/acme/config.git");
  EXPECT_EQ(repository.poll, 30s);
  EXPECT_EQ(repository.credentials->username, "x-access-token");
  EXPECT_EQ(repository.credentials->password.reveal(), "t0ken");
  EXPECT_EQ(repository.forge.kind, ForgeKind::Gitea);
  EXPECT_EQ(repository.forge.api_url, "https://git.example.com/api/v1");
  EXPECT_EQ(repository.forge.token.reveal(), "t0ken");
  EXPECT_EQ(repository.merge, MergeMethod::Squash);
  EXPECT_EQ(repository.sign->value.reveal(), "KEY\n") << "a key is kept as it is";
  EXPECT_EQ(repository.sign->file, "/etc/driftwarden/signing_key");
}

TEST_F(ContractTest, KnowsTheApps) {
  ASSERT_EQ(config.apps.size(), 2U);
  const auto& checkout = config.apps[0];
  EXPECT_EQ(checkout.path, "apps/checkout/overlays/prod");
  EXPECT_EQ(checkout.channel, "#shop-prod");
  EXPECT_THAT(checkout.owners, ElementsAre("alice", "shop-team"));
  ASSERT_EQ(checkout.ignore.size(), 1U);
  EXPECT_EQ(checkout.ignore[0].match.kind, "Deployment");
  EXPECT_EQ(checkout.ignore[0].match.group, "*");
  EXPECT_THAT(checkout.ignore[0].paths, ElementsAre(".spec.replicas"));
  EXPECT_EQ(format_time(*checkout.ignore[0].until), "2027-07-01T00:00:00Z");
  const auto& search = config.apps[1];
  EXPECT_EQ(search.environment, "production") << "the cluster's";
  EXPECT_EQ(search.render, RenderKind::Helm);
  EXPECT_EQ(search.helm.release, "search");
  EXPECT_THAT(search.helm.values, ElementsAre("values.yaml", "values-prod.yaml"));
  EXPECT_THAT(search.helm.set, ElementsAre(testing::Pair("image.tag", "1.4.2")));
  ASSERT_EQ(config.discover.size(), 3U) << "the rule of a repository that nobody configured finds nothing";
  EXPECT_EQ(config.discover[0].id, "paths config clusters/{cluster}/{namespace}/{app}");
  EXPECT_EQ(config.discover[1].kind, DiscoverKind::ArgoCd);
  EXPECT_EQ(config.discover[1].selector, "team in (shop, search)");
  EXPECT_EQ(config.discover[1].id, "argocd here argocd team in (shop, search)");
  EXPECT_TRUE(config.discover[1].may_sync);
  EXPECT_EQ(config.discover[2].id, "flux here");
}

TEST_F(ContractTest, KnowsThePeopleAndThePolicy) {
  ASSERT_EQ(config.people.size(), 2U);
  EXPECT_EQ(config.people[0].slack, "U0ALICE");
  ASSERT_EQ(config.groups.size(), 2U);
  EXPECT_EQ(config.groups[1].slack_usergroup, "S0SRE");
  EXPECT_TRUE(config.policy.given);
  EXPECT_EQ(config.policy.rules.size(), 2U);
  ASSERT_EQ(config.policy.approvals.size(), 3U);
  EXPECT_EQ(config.policy.approvals[0].expires, 4h);
  EXPECT_EQ(config.policy.review, ReviewMode::PullRequest);
  ASSERT_EQ(config.policy.freezes.size(), 1U);
  EXPECT_EQ(config.policy.freezes[0].window, (WeekWindow{4 * 1440 + 16 * 60, 8 * 60}));
  EXPECT_EQ(config.policy.freezes[0].override_need, 2);
  EXPECT_EQ(config.alerts.hold_off.at(Cause::GitAhead), 2min);
  EXPECT_THAT(config.alerts.repeat, ElementsAre(testing::Pair(Severity::Info, 0s), testing::Pair(Severity::Warning, 24h), testing::Pair(Severity::Critical, 24h)));
  EXPECT_EQ(config.alerts.digest->at, 9 * 60);
  EXPECT_EQ(config.alerts.routes.at(0).match.team, "shop");
}

TEST_F(ContractTest, KnowsTheModelThePricesAndTheGates) {
  ASSERT_TRUE(config.model);
  EXPECT_EQ(config.model->api_url, "http://127.0.0.1:11434/v1");
  EXPECT_EQ(config.model->key.reveal(), "sk-1");
  const ModelConfig unsaid;
  EXPECT_EQ(config.model->timeout, unsaid.timeout);
  EXPECT_EQ(config.model->answer_tokens, unsaid.answer_tokens);
  EXPECT_EQ(config.model->per_person, unsaid.per_person);
  ASSERT_EQ(config.cost.prices.size(), 2U);
  EXPECT_EQ(config.cost.prices[0].cpu, 21'900'000);
  EXPECT_EQ(config.cost.prices[0].storage_classes.at("fast"), 170'000);
  EXPECT_EQ(config.cost.thresholds.at(0).above, 200'000'000);
  EXPECT_THAT(config.cost.thresholds.at(0).from, ElementsAre("sre"));
  EXPECT_EQ(config.cost.infracost->key.reveal(), "ico-1");
  ASSERT_EQ(config.gates.tools.size(), 4U);
  EXPECT_EQ(config.gates.built_in.at("missing-limits"), GateEffect::Warn);
  EXPECT_EQ(config.gates.longest_waiver, GatesConfig{}.longest_waiver);
  EXPECT_EQ(config.gates.tools[0].policies, "policy") << "in the repository";
  EXPECT_EQ(config.gates.tools[1].effect, GateEffect::Warn);
  EXPECT_EQ(config.gates.tools[2].policies, "/etc/driftwarden/policies/kyverno.yaml");
  EXPECT_THAT(config.gates.tools[3].owners, ElementsAre("alice"));
  EXPECT_EQ(config.gates.tools[3].timeout, GateConfig{}.timeout);
}

TEST(Examples, TheProductionOneIsAccepted) {
  FakeEnvironment environment;
  environment.variables["CREDENTIALS_DIRECTORY"] = "/run/credentials";
  for (const auto& [name, secret] : std::map<std::string, std::string>{{"slack-app-token", "xapp-1"}, {"slack-bot-token", "xoxb-1"}, {"heartbeat-url", "https://beats.example.com/1"}}) {
    environment.files["/run/credentials/" + name] = secret;
  }
  for (const auto* name : {"webhook-secret", "forge-token", "signing-key", "model-key", "infracost-key"}) environment.files[std::string("/run/credentials/") + name] = "hush";
  const auto loaded = load_text(test::read_source_file("deploy/examples/production.yaml"), environment);
  EXPECT_THAT(texts(loaded.mistakes), IsEmpty());
  ASSERT_TRUE(loaded.config);
  EXPECT_TRUE(loaded.config->model && loaded.config->cost.infracost);
  EXPECT_EQ(loaded.config->gates.tools.size(), 3U);
}

TEST(Examples, TheSmallOneIsAccepted) {
  FakeEnvironment environment;
  for (const auto& [name, secret] : std::map<std::string, std::string>{{"SLACK_APP_TOKEN", "xapp-1"}, {"SLACK_BOT_TOKEN", "xoxb-1"}, {"WEBHOOK_SECRET", "hush"}, {"FORGE_TOKEN", "x"}}) {
    environment.variables[name] = secret;
  }
  for (const auto* name : {"CAROL_TOTP", "DAN_TOTP"}) environment.variables[name] = "JBSWY3DPEHPK3PXP";
  const auto loaded = load_text(test::read_source_file("deploy/examples/driftwarden.yaml"), environment);
  EXPECT_THAT(texts(loaded.mistakes), IsEmpty());
  EXPECT_THAT(texts(loaded.warnings), testing::Each(testing::HasSubstr("the environment \"staging\""))) << "its Apps are still to come";
}

TEST_F(ContractTest, WhatIsLeftOutHasTheDefaultsThatTheExampleShows) {
  const auto bare = good("clusters:\n  - {name: here, in_cluster: true}\nrepositories:\n  - {name: config, url: 'file:///srv/config.git'}\n");
  EXPECT_TRUE(bare.slack.app_token.empty());
  EXPECT_EQ(bare.slack.default_channel, "#gitops");
  EXPECT_EQ(bare.storage.retention, config.storage.retention);
  EXPECT_EQ(bare.http.port, 8484);
  EXPECT_EQ(bare.repositories[0].branch, "main");
  EXPECT_EQ(bare.repositories[0].poll, 30s);
  EXPECT_EQ(bare.repositories[0].forge.kind, ForgeKind::None);
  EXPECT_FALSE(bare.repositories[0].credentials);
  EXPECT_EQ(bare.alerts.hold_off.at(Cause::GitAhead), 2min);
  EXPECT_FALSE(bare.policy.given);
}

}  // namespace
}  // namespace driftwarden
