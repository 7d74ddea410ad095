// What `cost` takes.
#include "tests/unit/bot/config/fixture.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kAround = "policy: {rules: []}\nclusters: [{name: prod-eu, environment: prod, kubeconfig: k}]\npeople: [{name: alice, slack: U0ALICE}]\ngroups: [{name: finops, members: [alice]}]\n";

FakeEnvironment with_key() {
  FakeEnvironment environment;
  environment.variables = {{"INFRACOST", "ico-1"}};
  return environment;
}

TEST(CostSection, SaysNothingByItself) {
  const auto config = good(kAround);
  EXPECT_EQ(config.cost.currency, "EUR");
  EXPECT_THAT(config.cost.prices, IsEmpty());
  EXPECT_FALSE(config.cost.infracost);
}

TEST(CostSection, ReadsAllOfItExactly) {
  const auto config = good(kAround + R"(cost:
  currency: USD
  prices:
    - {clusters: [prod-eu, "lab-*"], cpu: 21.90, memory: "2.953125", storage: 0.1, storage_classes: {fast: 0.000001, slow: 0}, load_balancer: 18, resources: {nvidia.com/gpu: 900}, nodes: 12}
    - {cpu: 0, memory: 0}
  thresholds:
    - {above: 200, environments: [prod], apps: ["shop-*"], need: 2, from: [finops, owners]}
  infracost: {program: /opt/infracost, key: {env: INFRACOST}, api_url: "https://pricing.acme.example", timeout: 2m}
)",
                           with_key());
  const auto& cost = config.cost;
  EXPECT_EQ(cost.currency, "USD");
  ASSERT_THAT(cost.prices, SizeIs(2));
  const auto& table = cost.prices.front();
  EXPECT_THAT(table.clusters, ElementsAre("prod-eu", "lab-*"));
  EXPECT_EQ(table.cpu, 21'900'000);
  EXPECT_EQ(table.memory, 2'953'125);
  EXPECT_EQ(table.storage, 100'000);
  EXPECT_EQ(table.storage_classes, (std::map<std::string, std::int64_t>{{"fast", 1}, {"slow", 0}}));
  EXPECT_EQ(table.load_balancer, 18'000'000);
  EXPECT_EQ(table.resources.at("nvidia.com/gpu"), 900'000'000);
  EXPECT_EQ(table.nodes, 12);
  ASSERT_THAT(cost.thresholds, SizeIs(1));
  EXPECT_EQ(cost.thresholds.front().above, 200'000'000);
  EXPECT_EQ(cost.thresholds.front().need, 2);
  EXPECT_THAT(cost.thresholds.front().from, ElementsAre("finops", "owners"));
  ASSERT_TRUE(cost.infracost);
  EXPECT_EQ(cost.infracost->program, "/opt/infracost");
  EXPECT_EQ(cost.infracost->key.reveal(), "ico-1");
  EXPECT_EQ(cost.infracost->api_url, "https://pricing.acme.example");
  EXPECT_EQ(cost.infracost->timeout, 2min);
}

TEST(CostSection, AmountsAreDecimalsAndNothingElse) {
  for (const auto* amount : {"-1", "1e3", "'1,5'", ".5", "5.", "0.0000001", "1000000000.1e", "10000000000", "many", "0x10", "\"\"", "[1]"}) {
    const auto loaded = load_text(kAround + fmt::format("cost: {{prices: [{{cpu: {}, memory: 1}}]}}\n", amount));
    EXPECT_THAT(texts(loaded.mistakes), ElementsAre(HasSubstr("expected an amount a month such as 21.90"))) << amount;
  }
}

TEST(CostSection, MistakesNameTheirPlace) {
  const auto loaded = load_text(kAround + R"(cost:
  currency: euro
  prices:
    - {clusters: [prod-us], cpu: 1}
  thresholds:
    - {need: 0}
    - {above: 1, from: [finance]}
  infracost: {program: "", api_url: "http://pricing.acme.example", timeout: 0s, token: x}
)");
  EXPECT_THAT(texts(loaded.mistakes),
              ElementsAre("c.yaml:6:13: \"euro\" isn't a currency, expected an ISO 4217 code such as EUR", HasSubstr("cost.prices[0] has no \"memory\""), HasSubstr("unknown cluster \"prod-us\""),
                          HasSubstr("cost.thresholds[0] has no \"above\""), HasSubstr("cost.thresholds[0] has no \"from\""), HasSubstr("\"need\" is \"0\""),
                          HasSubstr("unknown person or group \"finance\""), HasSubstr("\"program\" is empty"), HasSubstr("\"http://pricing.acme.example\""), HasSubstr("\"timeout\" is 0s"),
                          HasSubstr("unknown key \"token\"")));
}

TEST(CostSection, ATableThatNobodyLooksAtIsWarnedOf) {
  const auto loaded = load_text(kAround + "cost: {prices: [{cpu: 1, memory: 1}, {clusters: [prod-eu], cpu: 2, memory: 2}]}\n");
  EXPECT_THAT(texts(loaded.mistakes), IsEmpty());
  EXPECT_THAT(texts(loaded.warnings), testing::Contains(HasSubstr("no cluster is left for these prices")));
}

TEST(CostSection, InGitPricesAreFineButNoProgramIs) {
  const auto load = [](const std::string& main, const std::string& git) {
    FakeEnvironment environment = with_key();
    environment.files["c.yaml"] = kAround + "repositories: [{name: config, url: \"https://git.acme.example/config\"}]\nconfig_from: {repository: config, path: d}\n" + main;
    return load_config("c.yaml", environment, {{"config@1:d/a.yaml", git}});
  };
  const auto prices = load("", "cost: {prices: [{cpu: 1, memory: 1}]}\n");
  EXPECT_THAT(texts(prices.mistakes), IsEmpty());
  for (const auto* git : {"cost: {infracost: {program: /tmp/x}}\n", "cost: {infracost: {}}\n", "cost: {infracost: {key: {env: INFRACOST}}}\n"}) {
    EXPECT_THAT(texts(load("", git).mistakes), testing::Contains(HasSubstr("a config in Git may not say \"cost.infracost"))) << git;
  }
  const auto beside = load("cost: {infracost: {key: {env: INFRACOST}}}\n", "cost: {infracost: {api_url: \"https://evil.example\"}}\n");
  EXPECT_THAT(texts(beside.mistakes), ElementsAre(HasSubstr("a config in Git may not say \"cost.infracost.api_url\"")));
}

}  // namespace
}  // namespace driftwarden
