// Apps that Argo CD or Flux deploys: what they left behind is Extra.
#include "index_fixture.hpp"

namespace driftwarden {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

Deployer argo(const std::string& name, const std::string& namespace_ = "argocd") {
  return {DeployerKind::ArgoCd, "hub", {"argoproj.io", "v1alpha1", "Application", namespace_, name}, true};
}

/// Deployed by the Application; `id` of another object makes it a copy.
json by_argo(const std::string& name, const std::string& application, const std::string& version, const std::string& id_of = "") {
  auto object = config_map(name, {{"k", "v"}});
  object["metadata"]["resourceVersion"] = version;
  object["metadata"]["annotations"] = {{"argocd.argoproj.io/tracking-id", application + ":/ConfigMap:shop/" + (id_of.empty() ? name : id_of)}};
  return object;
}

json by_flux(const std::string& name, const std::string& version) {
  auto object = config_map(name, {{"k", "v"}});
  object["metadata"]["resourceVersion"] = version;
  object["metadata"]["labels"] = {{"kustomize.toolkit.fluxcd.io/name", "apps"}, {"kustomize.toolkit.fluxcd.io/namespace", "flux-system"}};
  return object;
}

class Deployed : public Index {
 protected:
  void deployed_by(Deployer deployer) {
    app.deployer = std::move(deployer);
    index.set_app(app);
  }
  std::vector<std::string> extras(const std::string& name = "shop") {
    std::vector<std::string> names;
    for (const auto& object : index.report(name, kNow).objects) {
      if (object.verdict == Verdict::Extra) names.push_back(object.object.name);
    }
    return names;
  }
};

TEST_F(Deployed, WhatArgoTracksAndGitLacksIsExtra) {
  deployed_by(argo("checkout"));
  desire({config_map("a", {{"k", "v"}})});
  list({by_argo("a", "checkout", "1"), by_argo("old", "checkout", "2"), by_argo("copy", "checkout", "3", "old"), by_argo("other", "search", "4")});
  EXPECT_THAT(extras(), ElementsAre("old"));
  EXPECT_EQ(report().cause, Cause::Extra);
  index.on_deleted("prod", ref_of(config_map("old", {})));
  EXPECT_THAT(extras(), IsEmpty());
}

TEST_F(Deployed, AnApplicationOutsideOfArgosNamespaceIsCalledByBoth) {
  deployed_by(argo("checkout", "team"));
  desire({config_map("a", {{"k", "v"}})});
  list({by_argo("a", "team_checkout", "1"), by_argo("old", "team_checkout", "2")});
  EXPECT_THAT(extras(), ElementsAre("old"));
}

TEST_F(Deployed, WhatGitDropsIsExtraAtOnce) {
  deployed_by({DeployerKind::Flux, "prod", {"kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "flux-system", "apps"}, true});
  desire({config_map("a", {{"k", "v"}}), config_map("b", {{"k", "v"}})});
  list({by_flux("a", "1"), by_flux("b", "2")});
  EXPECT_THAT(extras(), IsEmpty());
  desire({config_map("a", {{"k", "v"}})});
  EXPECT_THAT(extras(), ElementsAre("b"));
  EXPECT_THAT(index.take_changed(), Contains("shop"));
  desire({config_map("a", {{"k", "v"}}), config_map("b", {{"k", "v"}})});
  EXPECT_THAT(extras(), IsEmpty());
}

TEST_F(Deployed, AGlimpseOfAMarkIsLookedInto) {
  deployed_by(argo("checkout"));
  desire({config_map("a", {{"k", "v"}})});
  list({by_argo("a", "checkout", "1")});
  EXPECT_TRUE(glimpse(by_argo("old", "checkout", "2")));
  EXPECT_THAT(extras(), ElementsAre("old"));
  EXPECT_TRUE(glimpse(by_argo("nobodys", "unknown", "3")));
  EXPECT_FALSE(glimpse(by_argo("nobodys", "unknown", "3"))) << "looked at once";
}

TEST_F(Deployed, AnAppThatIsFoundLaterFindsWhatWasPassedOver) {
  desire({config_map("a", {{"k", "v"}})});
  list({by_argo("a", "checkout", "1"), by_argo("old", "checkout", "2"), by_argo("gone", "checkout", "3")});
  EXPECT_THAT(extras(), IsEmpty());
  EXPECT_THAT(index.take_lookups("prod"), IsEmpty());
  EXPECT_EQ(index.live("prod", ref_of(config_map("old", {}))), nullptr);
  deployed_by(argo("checkout"));
  EXPECT_TRUE(index.is_settling("shop"));
  const auto asked = index.take_lookups("prod");
  ASSERT_EQ(asked.size(), 2U);
  see(by_argo("old", "checkout", "2"));
  index.on_deleted("prod", ref_of(config_map("gone", {})));
  EXPECT_FALSE(index.is_settling("shop"));
  EXPECT_THAT(extras(), ElementsAre("old"));
}

TEST_F(Deployed, ALookUpThatFindsAnotherMarkIsAnswered) {
  desire({config_map("a", {{"k", "v"}})});
  list({by_argo("a", "checkout", "1"), by_argo("old", "checkout", "2")});
  deployed_by(argo("checkout"));
  index.take_lookups("prod");
  see(by_argo("old", "search", "3"));
  EXPECT_FALSE(index.is_settling("shop"));
  EXPECT_THAT(extras(), IsEmpty());
}

TEST_F(Deployed, WhoNeverGotADeployerHasNoExtras) {
  desire({config_map("a", {{"k", "v"}})});
  list({by_argo("a", "checkout", "1"), by_argo("old", "checkout", "2")});
  desire({});
  EXPECT_THAT(extras(), IsEmpty());
  deployed_by(argo("checkout"));
  EXPECT_EQ(index.take_lookups("prod").size(), 2U) << "dropped by Git before that";
}

TEST_F(Deployed, TwoAppsOfOneDeployerClaimNothing) {
  deployed_by(argo("checkout"));
  auto second = app;
  second.name = "shop-2";
  index.set_app(second);
  desire({config_map("a", {{"k", "v"}})});
  desire_of("shop-2", {config_map("b", {{"k", "v"}})});
  list({by_argo("a", "checkout", "1"), by_argo("b", "checkout", "2"), by_argo("old", "checkout", "3")});
  EXPECT_THAT(extras(), IsEmpty());
  EXPECT_THAT(extras("shop-2"), IsEmpty());
  index.remove_app("shop-2");
  for (const auto& ref : index.take_lookups("prod")) see(by_argo(ref.name, "checkout", "4"));
  EXPECT_THAT(extras(), testing::UnorderedElementsAre("b", "old"));
}

TEST_F(Deployed, ADeployerThatGoesTakesItsExtrasAlong) {
  deployed_by(argo("checkout"));
  desire({config_map("a", {{"k", "v"}})});
  list({by_argo("a", "checkout", "1"), by_argo("old", "checkout", "2")});
  EXPECT_THAT(extras(), ElementsAre("old"));
  deployed_by({});
  EXPECT_THAT(extras(), IsEmpty());
}

TEST_F(Deployed, WhatAnotherAppWantsIsNotLeftOver) {
  deployed_by(argo("checkout"));
  auto second = shop_app();
  second.name = "search";
  index.set_app(second);
  desire({config_map("a", {{"k", "v"}})});
  desire_of("search", {config_map("moved", {{"k", "v"}})});
  list({by_argo("a", "checkout", "1"), by_argo("moved", "checkout", "2")});
  EXPECT_THAT(extras(), IsEmpty());
  desire_of("search", {});
  EXPECT_THAT(extras(), ElementsAre("moved"));
}

}  // namespace
}  // namespace driftwarden
