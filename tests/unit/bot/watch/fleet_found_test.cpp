// Apps that nobody wrote down, opinions of those who deploy, and what a tool plans.
#include "tests/unit/bot/watch/fleet_fixture.hpp"

#include <gmock/gmock.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

App found_app(const std::string& name, const std::string& path) {
  App app;
  app.name = name;
  app.repository = "config";
  app.path = path;
  app.cluster = "prod-eu";
  app.namespace_ = "shop";
  app.found_by = "argocd prod-eu argocd";
  return app;
}

App planned_app(const std::string& name) {
  App app;
  app.name = name;
  app.repository = "config";
  app.path = "live/" + name;
  app.kind = AppKind::Terraform;
  return app;
}

DriftReport planned_report(const std::string& app, AppState state, const std::string& revision) {
  DriftReport report;
  report.app = app;
  report.state = state;
  report.revision = revision;
  return report;
}

TEST(FoundApps, AreRenderedAndJudgedWhenTheyComeAndForgottenWhenTheyGo) {
  FleetWorld world;
  world.commit({{"found/web/cm.yaml", config_map("web", "1")}});
  world.cluster.objects[object_id({"", "v1", "ConfigMap", "shop", "web"})] = live_config_map("web", "2");
  world.start();
  world.clock.advance(1s);
  world.fleet->set_found_apps("argocd", {found_app("web", "found/web")});
  world.clock.settle();
  world.clock.advance(4s);
  EXPECT_EQ(world.last("web").state, AppState::OutOfSync);
  EXPECT_EQ(world.apps_changes, 1U);
  world.fleet->set_found_apps("argocd", {found_app("web", "found/web")});
  EXPECT_EQ(world.apps_changes, 1U) << "the same again changes nothing";
  world.fleet->set_found_apps("argocd", {});
  EXPECT_EQ(world.fleet->app("web"), nullptr);
  EXPECT_EQ(world.apps_changes, 2U);
}

TEST(FoundApps, NeverTakeTheNameOfAnother) {
  FleetWorld world;
  world.start();
  world.clock.advance(1s);
  const auto before = *world.fleet->app("app-000");
  world.fleet->set_found_apps("argocd", {found_app("app-000", "elsewhere")});
  world.fleet->set_found_apps("argocd", {found_app("app-000", "elsewhere")});
  EXPECT_EQ(*world.fleet->app("app-000"), before);
  ASSERT_EQ(world.notices.size(), 1U) << "said once";
  EXPECT_THAT(world.notices.front(), HasSubstr("app-000"));
}

TEST(FoundApps, AnAppThatIsWrittenDownLaterTakesTheNameOver) {
  FleetWorld world;
  world.commit({{"found/web/cm.yaml", config_map("web", "1")}, {"apps/web/cm.yaml", config_map("web", "1")}});
  world.start();
  world.clock.advance(1s);
  world.fleet->set_found_apps("argocd", {found_app("web", "found/web")});
  world.add_app("web");
  world.fleet->config_changed();
  world.clock.settle();
  ASSERT_NE(world.fleet->app("web"), nullptr);
  EXPECT_EQ(world.fleet->app("web")->path, "apps/web");
}

TEST(ConfigChange, TakesAppsAndLetsThemGo) {
  FleetWorld world(2);
  world.start();
  world.clock.advance(1s);
  world.config.apps.erase(world.config.apps.begin());
  world.config.apps.front().owners = {"alice"};
  const auto renders = world.fleet->renders();
  world.fleet->config_changed();
  world.clock.settle();
  EXPECT_EQ(world.fleet->app("app-000"), nullptr);
  EXPECT_THAT(world.fleet->app("app-001")->owners, ElementsAre("alice"));
  EXPECT_EQ(world.fleet->renders(), renders) << "whose it is changes nothing of what it is";
}

TEST(ConfigChange, ANewAppOfAnUnmovedHeadIsRendered) {
  FleetWorld world;
  world.commit({{"apps/late/cm.yaml", config_map("late", "1")}});
  world.start();
  world.clock.advance(1s);
  world.add_app("late");
  world.fleet->config_changed();
  world.clock.settle();
  world.clock.advance(4s);
  EXPECT_EQ(world.last("late").state, AppState::OutOfSync) << "it is missing in the cluster";
}

TEST(PathRules, FindAppsAtTheHeadAndFollowIt) {
  FleetWorld world;
  DiscoverRule rule;
  rule.kind = DiscoverKind::Paths;
  rule.paths = "clusters/{cluster}/{namespace}/{app}";
  rule.repository = "config";
  rule.id = "paths config clusters/{cluster}/{namespace}/{app}";
  world.config.discover.push_back(rule);
  world.commit({{"clusters/prod-eu/shop/cart/cm.yaml", config_map("cart", "1")}});
  world.start();
  world.clock.advance(4s);
  ASSERT_NE(world.fleet->app("cart"), nullptr);
  EXPECT_EQ(world.fleet->app("cart")->namespace_, "shop");
  EXPECT_EQ(world.fleet->app("cart")->environment, "prod");
  EXPECT_EQ(world.last("cart").state, AppState::OutOfSync);
  world.push({{"clusters/prod-eu/shop/search/cm.yaml", config_map("search", "1")}});
  EXPECT_NE(world.fleet->app("search"), nullptr);
  EXPECT_FALSE(world.heads.empty());
}

TEST(Opinions, AreToldWithTheReportAndTellItAnewWhenTheyChange) {
  FleetWorld world;
  world.start();
  world.clock.advance(4s);
  ASSERT_FALSE(world.told["app-000"].empty());
  const auto before = world.told["app-000"].size();
  Opinion opinion;
  opinion.by = "Argo CD";
  opinion.state = AppState::OutOfSync;
  world.fleet->set_opinion("app-000", opinion);
  world.clock.settle();
  EXPECT_EQ(world.told["app-000"].size(), before + 1);
  ASSERT_TRUE(world.last().opinion);
  EXPECT_EQ(world.last().opinion->by, "Argo CD");
  EXPECT_EQ(world.last().state, AppState::Synced) << "our own watch decides";
  world.fleet->set_opinion("app-000", opinion);
  world.clock.settle();
  EXPECT_EQ(world.told["app-000"].size(), before + 1);
  world.fleet->set_opinion("app-000", std::nullopt);
  world.clock.settle();
  EXPECT_FALSE(world.last().opinion);
}

TEST(Deployers, StayWithAnAppThatIsTakenOverAnew) {
  FleetWorld world;
  world.start();
  world.clock.advance(1s);
  Deployer deployer;
  deployer.kind = DeployerKind::Flux;
  deployer.cluster = "prod-eu";
  deployer.object = {"kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "flux-system", "app-000"};
  world.fleet->set_deployer("app-000", deployer);
  world.config.apps.front().owners = {"bob"};
  world.fleet->config_changed();
  EXPECT_EQ(world.fleet->app("app-000")->deployer, deployer);
  world.fleet->set_deployer("app-000", std::nullopt);
  EXPECT_EQ(world.fleet->app("app-000")->deployer.kind, DeployerKind::None);
}

TEST(PlannedApps, AreNeverRenderedAndHaveTheReportThatSomebodyPuts) {
  FleetWorld world;
  world.config.apps.push_back(planned_app("network"));
  world.start();
  world.clock.advance(4s);
  EXPECT_FALSE(world.fleet->is_final("network"));
  EXPECT_THAT(world.fleet->report("network").reason, HasSubstr("not planned yet"));
  EXPECT_TRUE(world.fleet->ready()) << "a plan may take its time";
  EXPECT_EQ(world.fleet->renders(), 1U);
  world.fleet->put_report(planned_report("network", AppState::Synced, "4f2c81a"));
  EXPECT_EQ(world.last("network").state, AppState::Synced);
  EXPECT_EQ(world.last_synced.at("network"), "4f2c81a");
  EXPECT_TRUE(world.fleet->is_final("network"));
  world.fleet->put_report(planned_report("app-000", AppState::Unknown, ""));
  EXPECT_NE(world.fleet->report("app-000").state, AppState::Unknown) << "not an App that is planned";
}

/// Remembers what it is told.
class Recorder final : public ClusterObserver {
 public:
  std::set<WatchedKind> kinds(const std::string& cluster) const override {
    if (cluster != "prod-eu") return {};
    return {{"argoproj.io", "v1alpha1", "Application", false}};
  }
  void on_object(const std::string&, const LiveObject& object) override { seen.push_back(object.ref.name); }
  void on_deleted(const std::string&, const ObjectRef&) override {}
  void on_relist(const std::string&, const WatchedKind&) override { ++relists; }
  void on_listed(const std::string&, const WatchedKind&) override { ++lists; }
  void on_kind_failed(const std::string&, const WatchedKind&, const Error&) override {}
  std::vector<std::string> seen;
  int relists = 0;
  int lists = 0;
};

TEST(Observers, SeeTheirKindsAndNothingElse) {
  FleetWorld world;
  Recorder recorder;
  world.observer = &recorder;
  nlohmann::json application{{"apiVersion", "argoproj.io/v1alpha1"}, {"kind", "Application"}, {"metadata", {{"name", "web"}, {"namespace", "argocd"}}}, {"spec", nlohmann::json::object()}};
  world.cluster.objects["application"] = application;
  world.start();
  world.clock.advance(1s);
  EXPECT_THAT(recorder.seen, ElementsAre("web"));
  EXPECT_EQ(recorder.relists, 1);
  EXPECT_EQ(recorder.lists, 1);
  world.cluster.put(live_config_map("app-000", "5"));
  EXPECT_THAT(recorder.seen, ElementsAre("web"));
  EXPECT_TRUE(world.fleet->is_final("app-000") || world.fleet->ready());
}

}  // namespace
}  // namespace driftwarden
