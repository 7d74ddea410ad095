#include "bot/watch/argo_rules_of.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const json kIgnore = json::parse(R"([{"group":"apps","kind":"Deployment","jsonPointers":["/spec/replicas"]}])");

Manifest application(const json& spec) {
  return {{"argoproj.io", "v1alpha1", "Application", "argocd", "shop"}, std::make_shared<const json>(json{{"spec", spec}}), "", 0};
}

App app_of(const std::string& name, const std::string& path, const std::string& namespace_ = "shop") {
  App app;
  app.name = name;
  app.repository = "config";
  app.path = path;
  app.namespace_ = namespace_;
  return app;
}

std::map<std::string, ImportedRules> rules_of(const json& spec) {
  return argo_rules_of({application(spec)}, {app_of("shop", "apps/shop"), app_of("root", "", "other")}, {{"config", "https://git.example.com/acme/config.git"}});
}

TEST(ArgoRulesOf, AreForTheAppOfTheSameRepositoryAndPath) {
  const auto rules = rules_of({{"source", {{"repoURL", "git@git.example.com:acme/config"}, {"path", "./apps/shop/"}}}, {"ignoreDifferences", kIgnore}});
  ASSERT_EQ(rules.size(), 1U);
  ASSERT_EQ(rules.at("shop").rules.size(), 1U);
  EXPECT_THAT(rules.at("shop").rules.front().paths, ElementsAre(".spec.replicas"));
}

TEST(ArgoRulesOf, WhoIsDeployedByAnotherApplicationHasNoneAndDoublesCountOnce) {
  const auto spec = json{{"source", {{"repoURL", "https://git.example.com/acme/config"}, {"path", "apps/shop"}}}, {"destination", {{"server", "https://10.0.0.1"}}}, {"ignoreDifferences", kIgnore}};
  auto ours = app_of("ours", "apps/shop");
  ours.cluster = "prod-eu";
  ours.deployer = {DeployerKind::ArgoCd, "hub", {"argoproj.io", "v1alpha1", "Application", "argocd", "shop"}, true};
  auto other = app_of("other", "apps/shop");
  other.cluster = "prod-us";
  other.deployer = {DeployerKind::ArgoCd, "hub", {"argoproj.io", "v1alpha1", "Application", "argocd", "shop-us"}, true};
  const auto rules = argo_rules_of({application(spec), application(spec)}, {ours, other}, {{"config", "https://git.example.com/acme/config.git"}});
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules.at("ours").rules.size(), 1U);
}

TEST(ArgoRulesOf, AnyOfSeveralSourcesCounts) {
  const json sources = json::parse(R"([{"repoURL":"https://charts.example.com","chart":"x"},{"repoURL":"https://git.example.com/acme/config","path":"."}])");
  EXPECT_EQ(rules_of({{"sources", sources}, {"ignoreDifferences", kIgnore}}).count("root"), 1U);
}

struct OtherRow {
  std::string name;
  json spec;
  friend void PrintTo(const OtherRow& row, std::ostream* out) { *out << row.name; }
};
class Others : public testing::TestWithParam<OtherRow> {};
TEST_P(Others, BringNothing) { EXPECT_THAT(rules_of(GetParam().spec), IsEmpty()); }
INSTANTIATE_TEST_SUITE_P(
    Applications, Others,
    testing::Values(OtherRow{"AnotherRepository", {{"source", {{"repoURL", "https://git.example.com/acme/other"}, {"path", "apps/shop"}}}, {"ignoreDifferences", kIgnore}}},
                    OtherRow{"AnotherPath", {{"source", {{"repoURL", "https://git.example.com/acme/config"}, {"path", "apps/shop2"}}}, {"ignoreDifferences", kIgnore}}},
                    OtherRow{"AChart", {{"source", {{"repoURL", "https://git.example.com/acme/config"}, {"chart", "apps/shop"}}}, {"ignoreDifferences", kIgnore}}},
                    OtherRow{"AnotherNamespace",
                             {{"source", {{"repoURL", "https://git.example.com/acme/config"}, {"path", "apps/shop"}}},
                              {"destination", {{"namespace", "shop-2"}}},
                              {"ignoreDifferences", kIgnore}}},
                    OtherRow{"NoRules", {{"source", {{"repoURL", "https://git.example.com/acme/config"}, {"path", "apps/shop"}}}}}, OtherRow{"NoSpec", nullptr},
                    OtherRow{"OddTypes", {{"source", 7}, {"sources", "x"}, {"destination", 1}, {"ignoreDifferences", kIgnore}}}),
    [](const auto& row) { return row.param.name; });

TEST(ArgoRulesOf, WhatCannotBeTakenOverIsAWarningThatNamesTheApplication) {
  const auto rules = rules_of({{"source", {{"repoURL", "https://git.example.com/acme/config"}, {"path", "apps/shop"}}}, {"ignoreDifferences", "all"}});
  ASSERT_EQ(rules.count("shop"), 1U);
  EXPECT_THAT(rules.at("shop").rules, IsEmpty());
  EXPECT_THAT(rules.at("shop").warnings, ElementsAre(HasSubstr("Application shop: ")));
}

}  // namespace
}  // namespace driftwarden
