#include "bot/terminal/route_command.hpp"

#include "tests/unit/bot/config/fixture.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace driftwarden {
namespace {

using testing::HasSubstr;

class RouteCommand : public testing::Test {
 protected:
  RouteCommand() {
    environment.files["d.yaml"] = R"(
slack: {app_token: {env: NOT_HERE}, bot_token: {env: NOR_THIS}}
clusters: [{name: prod-eu, in_cluster: true, environment: production}]
repositories: [{name: config, url: 'https://git.example/c.git', forge: {kind: github, project: acme/c, token: {file: nowhere}}}]
apps: [{name: checkout, repository: config, path: apps/checkout, cluster: prod-eu, namespace: shop}]
alerts:
  routes:
    - match: {environment: production}
      channel: "#prod"
      routes: [{match: {code_owner: "@acme/shop"}, channel: "#shop", mention: [codeowners]}]
)";
    environment.files["CODEOWNERS"] = "* @acme/all\n/apps/checkout/ @acme/shop\n";
    arguments.app = "checkout";
    arguments.config = "d.yaml";
  }
  int run() { return run_route_test(arguments, environment, out, err); }

  FakeEnvironment environment;
  RouteTestArguments arguments;
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(RouteCommand, PrintsTheWay) {
  EXPECT_EQ(run(), 0) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("checkout, environment production, cluster prod-eu, namespace shop\nlive-edited, both, missing, fight, stuck (critical): #prod; by routes[0] "
                                   "(environment=production); told at once, again every 4h\n"));
}

TEST_F(RouteCommand, ReadsCodeOwners) {
  arguments.code_owners_file = "CODEOWNERS";
  EXPECT_EQ(run(), 0) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("code owners @acme/shop\n"));
  EXPECT_THAT(out.str(), HasSubstr("#shop, names codeowners; by routes[0] (environment=production) > routes[0].routes[0] (code_owner=@acme/shop)"));
}

TEST_F(RouteCommand, TakesCodeOwners) {
  arguments.code_owners = {"@acme/shop"};
  arguments.output = "json";
  EXPECT_EQ(run(), 0) << err.str();
  const auto document = nlohmann::json::parse(out.str());
  EXPECT_EQ(document.at("causes").at(0).at("channel"), "#shop");
  EXPECT_EQ(document.at("causes").at(0).at("severity"), "critical");
  EXPECT_EQ(document.at("causes").at(1).at("hold_off"), "2m");
}

TEST_F(RouteCommand, SaysWhatIsWrong) {
  arguments.app = "chekout";
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(err.str(), HasSubstr("unknown App \"chekout\", expected \"checkout\""));
  arguments.app = "checkout";
  arguments.code_owners_file = "nowhere/CODEOWNERS";
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(err.str(), HasSubstr("nowhere/CODEOWNERS can't be read"));
  arguments.output = "yaml";
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(err.str(), HasSubstr("expected text or json"));
}

TEST_F(RouteCommand, TellsEveryMistakeOfTheConfig) {
  environment.files["d.yaml"] += "  storm: 0\n";
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(err.str(), HasSubstr("\"storm\" is \"0\""));
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace driftwarden
