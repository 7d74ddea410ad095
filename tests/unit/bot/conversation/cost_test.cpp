// cost, as people ask for it.
#include "tests/support/block_kit.hpp"
#include "tests/unit/bot/conversation/fleet_talk.hpp"

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::int64_t kEuro = 1'000'000;

/// "checkout" has requests: 14 EUR for each of 2 replicas. "cart" and "search" have none.
struct CostTalk : testing::Test {
  CostTalk() {
    talk.close();
    (void)talk.commit_file("apps/checkout/deployment.yaml", test::deployment_yaml(2) + "          resources: {requests: {cpu: 500m, memory: 1Gi}}\n");
    auto object = test::live_deployment(2);
    object["spec"]["template"]["spec"]["containers"][0]["resources"] = {{"requests", {{"cpu", "500m"}, {"memory", "1Gi"}}}};
    talk.cluster->objects[object_id(FleetTalk::ref_of("checkout"))] = object;
    PriceTable table;
    table.cpu = 20 * kEuro;
    table.memory = 4 * kEuro;
    talk.config.cost.prices = {table};
    reopen();
  }
  void reopen() {
    talk.close();
    talk.open();
    talk.clock.advance(30s);
  }
  std::string cost(const std::string& what = "", const std::string& user = "U0alice") {
    talk.say(user, "cost" + (what.empty() ? "" : " " + what));
    const auto& message = talk.slack.with_key("reply:").back()->now();
    EXPECT_THAT(test::block_kit_faults(message), IsEmpty());
    return message.text;
  }
  FleetTalk talk;
};

TEST_F(CostTalk, OfOneApp) {
  EXPECT_THAT(cost("checkout"), AllOf(HasSubstr("*checkout*"), HasSubstr("costs *28 EUR* a month"), HasSubstr("`Deployment shop/checkout`")));
  EXPECT_THAT(cost("cart"), AllOf(HasSubstr("costs *0 EUR* a month"), HasSubstr("Deployment shop/cart: container app requests no cpu")));
}

TEST_F(CostTalk, AQuestionAboutMoneyIsAnsweredWithIt) {
  const auto asked = [&](const std::string& question, const std::string& user = "U0alice") {
    talk.say(user, "ask checkout \"" + question + "\"");
    return talk.slack.with_key("reply:").back()->now().text;
  };
  EXPECT_THAT(asked("what does it cost?"), testing::ContainsRegex("\\[2\\][^\n]*checkout costs 28 EUR a month by its requests, at the prices of prod-eu"));
  EXPECT_THAT(asked("why does it crash?"), Not(HasSubstr("EUR"))) << "nobody asked";
  talk.config.policy.rules.push_back({{"bob"}, {"cost"}, {"checkout"}});
  EXPECT_THAT(asked("what does it cost?", "U0carol"), Not(HasSubstr("EUR")));
}

TEST_F(CostTalk, OfAllOfATeamAnEnvironmentAndACluster) {
  EXPECT_THAT(cost(), AllOf(HasSubstr("3 Apps cost *28 EUR* a month"), HasSubstr("*28 EUR* checkout"), HasSubstr("*0 EUR* cart")));
  EXPECT_THAT(cost("cluster prod-eu"), HasSubstr("3 Apps of `cluster prod-eu` cost *28 EUR*"));
  EXPECT_THAT(cost("env nowhere"), HasSubstr("None of the Apps that you see is of `env nowhere`"));
  Team team;
  team.name = "Shop";
  team.members = {"alice"};
  team.apps = {"c*"};
  talk.config.teams.push_back(team);
  reopen();
  EXPECT_THAT(cost("team shop"), AllOf(HasSubstr("2 Apps of `team shop` cost *28 EUR*"), Not(HasSubstr("search"))));
}

TEST_F(CostTalk, WithWhatDriftAdds) {
  auto object = talk.cluster->objects[object_id(FleetTalk::ref_of("checkout"))];
  object["spec"]["replicas"] = 5;
  object["metadata"]["managedFields"] = nlohmann::json::array();
  talk.live->put(object);
  talk.clock.advance(1min);
  EXPECT_THAT(cost("checkout"), HasSubstr("This scaling by hand costs *42 EUR* a month more than Git says."));
  EXPECT_THAT(cost(), AllOf(HasSubstr("cost *28 EUR* a month, and what is live +42 EUR"), HasSubstr("checkout on prod/prod-eu, live +42 EUR")));
}

TEST_F(CostTalk, APrivateTeamsAppsAreNotCounted) {
  Team team;
  team.name = "secret";
  team.members = {"bob"};
  team.apps = {"checkout"};
  team.is_private = true;
  talk.config.teams.push_back(team);
  reopen();
  EXPECT_THAT(cost("", "U0carol"), AllOf(HasSubstr("2 Apps cost *0 EUR*"), Not(HasSubstr("checkout"))));
  EXPECT_THAT(cost("team secret", "U0carol"), HasSubstr("None of the Apps that you see is of `team secret`"));
  EXPECT_THAT(cost("team unheard-of", "U0carol"), HasSubstr("None of the Apps that you see is of `team unheard-of`")) << "whether there is such a team isn't told";
}

TEST_F(CostTalk, WhoMayNotAskIsNotTold) {
  talk.config.policy.rules.push_back({.who = {"bob"}, .may = {"cost"}, .apps = {"checkout"}});
  reopen();
  EXPECT_THAT(cost("", "U0carol"), Not(HasSubstr("*28 EUR*")));
}

TEST_F(CostTalk, WithoutPricesItSaysWhatIsMissing) {
  talk.config.cost.prices.clear();
  reopen();
  EXPECT_THAT(cost(), HasSubstr("`cost.prices`"));
  EXPECT_THAT(cost("checkout"), HasSubstr("has no price: nobody gave prices for prod-eu"));
}

}  // namespace
}  // namespace driftwarden
