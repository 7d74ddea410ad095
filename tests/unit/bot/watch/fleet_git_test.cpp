// A commit costs what it touches.
#include "tests/unit/bot/watch/fleet_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(FleetGit, ACommitRendersOnlyTheAppsThatItTouches) {
  FleetWorld world(200);
  world.start();
  ASSERT_TRUE(world.fleet->ready());
  EXPECT_EQ(world.fleet->renders(), 200U);
  world.push({{"apps/app-117/cm.yaml", config_map("app-117", "2")}});
  EXPECT_EQ(world.fleet->renders(), 201U);
  EXPECT_EQ(world.fleet->report("app-117").state, AppState::OutOfSync);
  world.push({{"README.md", "nothing of anybody\n"}});
  EXPECT_EQ(world.fleet->renders(), 201U);
  world.fleet->nudge();
  world.clock.settle();
  EXPECT_EQ(world.fleet->renders(), 201U) << "the head is the same";
  EXPECT_EQ(world.fleet->figures().apps.at(AppState::Synced), 199U);
}

TEST(FleetGit, WhatCannotBeRenderedIsNotTriedAgainUntilItChanges) {
  FleetWorld world(2);
  world.commit({{"apps/app-001/cm.yaml", "kind: [\n"}});
  world.start();
  EXPECT_TRUE(world.fleet->desired_failed("app-001"));
  EXPECT_EQ(world.fleet->renders(), 2U);
  world.push({{"README.md", "x\n"}});
  EXPECT_EQ(world.fleet->renders(), 2U);
  world.push({{"apps/app-001/cm.yaml", config_map("app-001", "1")}});
  EXPECT_FALSE(world.fleet->desired_failed("app-001"));
  EXPECT_EQ(world.fleet->report("app-001").state, AppState::Synced);
}

TEST(FleetGit, WhatIsNotThereIsLookedForWithEveryPollAndLoggedOnce) {
  FleetWorld world(2);
  world.add_app("late");
  world.start();
  EXPECT_TRUE(world.fleet->desired_failed("late"));
  const auto before = world.told["late"].size();
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) {
    world.fleet->nudge();
    world.clock.settle();
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::Not(HasSubstr("late: ")));
  EXPECT_TRUE(world.fleet->desired_failed("late"));
  EXPECT_EQ(world.told["late"].size(), before);
  world.push({{"apps/late/cm.yaml", config_map("late", "1")}});
  EXPECT_FALSE(world.fleet->desired_failed("late"));
}

TEST(FleetGit, TheLastSyncedRevisionIsOnlyRenderedWhereItDiffers) {
  FleetWorld world(2);
  const auto first = test::run_shell("git -C " + world.remote() + " rev-parse main");
  world.last_synced = {{"app-000", first}, {"app-001", first}};
  world.commit({{"apps/app-001/cm.yaml", config_map("app-001", "2")}});
  world.start();
  EXPECT_EQ(world.fleet->renders(), 3U);
  EXPECT_EQ(world.fleet->report("app-001").cause, Cause::GitAhead) << "what was synced before is known";
}

TEST(FleetGit, OnlyTheRepositoryThatAWebhookNamesIsFetched) {
  FleetWorld world(1);
  const auto other = (world.directory.path / "other.git").string();
  std::filesystem::copy(world.remote(), other, std::filesystem::copy_options::recursive);
  auto second = world.config.repositories.front();
  second.name = "other";
  second.url = "file://" + other;
  world.config.repositories.push_back(second);
  world.add_app("app-other").repository = "other";
  world.config.apps.back().path = "apps/app-000";
  world.start();
  world.commit({{"apps/app-000/cm.yaml", config_map("app-000", "2")}});
  test::run_shell(fmt::format("git -C {} push -q {} HEAD:main", world.work(), other));
  world.fleet->nudge_urls({"https://elsewhere.example/a/b", "file://" + other + "/"});
  world.clock.settle();
  EXPECT_EQ(world.fleet->report("app-other").state, AppState::OutOfSync);
  EXPECT_EQ(world.fleet->report("app-000").state, AppState::Synced);
  world.fleet->nudge_urls({"https://elsewhere.example/a/b"});
  world.clock.settle();
  EXPECT_EQ(world.fleet->report("app-000").state, AppState::OutOfSync) << "nobody's: all are fetched";
}

TEST(FleetGit, IgnoreRulesFromGitHideWhatTheySay) {
  FleetWorld world(1);
  world.start();
  world.cluster.put(live_config_map("app-000", "by hand"));
  world.clock.settle();
  EXPECT_EQ(world.last().state, AppState::OutOfSync);
  world.push({{".driftwarden/ignore/app-000.yaml", "ignore:\n- paths: [.data.key]\n  reason: tuned by hand\n"}});
  EXPECT_EQ(world.last().state, AppState::Synced);
  ASSERT_EQ(world.last().rules.size(), 1U);
  EXPECT_EQ(world.last().rules.front().reason, "tuned by hand");
  EXPECT_EQ(world.fleet->renders(), 1U) << "rules are judged by, nothing is rendered for them";
  test::run_shell("cd " + world.work() + " && git rm -q -r .driftwarden");
  world.push({});
  EXPECT_EQ(world.last().state, AppState::OutOfSync);
}

TEST(FleetGit, AnIgnoreFileThatCannotBeReadHidesNothing) {
  FleetWorld world(1);
  world.commit({{".driftwarden/ignore/app-000.yaml", "ignore:\n- paths: [.data.key]\n- paths: [data]\n"}});
  world.cluster.objects.begin()->second["data"]["key"] = "by hand";
  world.start();
  EXPECT_EQ(world.last().state, AppState::OutOfSync);
  EXPECT_THAT(world.last().warnings, ElementsAre(HasSubstr(".driftwarden/ignore/app-000.yaml:3: ")));
}

TEST(FleetGit, APinnedAppTakesItsRulesFromTheHead) {
  FleetWorld world(1);
  world.config.apps.front().track = Track::Pin;
  const auto first = test::run_shell("git -C " + world.remote() + " rev-parse main");
  world.commit({{".driftwarden/pins/app-000.yaml", write_pin({first, "alice", "", ""}, "app-000")}, {"apps/app-000/cm.yaml", config_map("app-000", "2")}});
  world.start();
  EXPECT_EQ(world.last().state, AppState::Synced);
  EXPECT_EQ(world.last().revision, first);
  world.cluster.put(live_config_map("app-000", "by hand"));
  world.push({{".driftwarden/ignore/app-000.yaml", "- paths: [.data.key]\n"}});
  EXPECT_EQ(world.last().state, AppState::Synced);
  EXPECT_EQ(world.last().revision, first) << "the pin stays";
  EXPECT_EQ(world.fleet->renders(), 1U);
}

TEST(FleetGit, WhatVariesBetweenTwoRendersIsNoDrift) {
  FleetWorld world(1);
  int runs = 0;
  world.renderer = [&runs](const std::vector<SourceFile>& files, const App& app) -> Result<Rendered> {
    TRY(auto rendered, render(files, app.render, app.namespace_));
    auto body = *rendered.manifests.front().body;
    body["data"]["generated"] = fmt::format("random {}", ++runs);
    rendered.manifests.front().body = std::make_shared<const nlohmann::json>(std::move(body));
    rendered.may_vary = true;
    return rendered;
  };
  world.cluster.objects.begin()->second["data"]["generated"] = "random as it was then";
  world.start();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(world.last().state, AppState::Synced);
  world.push({{"README.md", "x\n"}});
  EXPECT_EQ(runs, 2) << "only at first sight of a tree";
}

TEST(FleetGit, WhatIsWrongWithTheSourcesIsToldOnceAndEndsWithTheCommitThatMendsIt) {
  FleetWorld world(1);
  world.renderer = [](const std::vector<SourceFile>& files, const App& app) -> Result<Rendered> {
    App plain = app;
    plain.render = RenderKind::Plain;
    std::vector<SourceFile> manifests;
    std::ranges::copy_if(files, std::back_inserter(manifests), [](const SourceFile& file) { return !file.path.ends_with("kustomization.yaml"); });
    return default_renderer()(manifests, plain);
  };
  world.commit({{"apps/app-000/kustomization.yaml", "resources: [cm.yaml]\n"}});
  world.start();
  EXPECT_EQ(world.last().state, AppState::Synced);
  world.push({{"apps/app-000/kustomization.yaml", "resources: ['https://example.org/cm.yaml']\n"}});
  EXPECT_EQ(world.last().state, AppState::Unknown);
  EXPECT_THAT(world.last().reason, HasSubstr("nothing is fetched"));
  const auto renders = world.fleet->renders();
  world.fleet->nudge();
  world.clock.settle();
  EXPECT_EQ(world.fleet->renders(), renders);
  world.push({{"apps/app-000/kustomization.yaml", "resources: [cm.yaml]\n"}});
  EXPECT_EQ(world.last().state, AppState::Synced) << "the very tree of before";
}

TEST(FleetGit, ApplicationsOfAnAppOfAppsBringTheirRules) {
  FleetWorld world(1);
  world.add_app("of-apps");
  world.commit({{"apps/of-apps/app.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: app-000, namespace: argocd}\nspec:\n  source: {repoURL: 'file://" +
                                           world.remote() + "', path: ./apps/app-000/}\n  ignoreDifferences:\n  - kind: ConfigMap\n    jsonPointers: [/data/key]\n"}});
  world.start();
  world.cluster.put(live_config_map("app-000", "by hand"));
  world.clock.settle();
  EXPECT_EQ(world.last().state, AppState::Synced);
  EXPECT_THAT(world.last().objects, IsEmpty());
  test::run_shell("cd " + world.work() + " && git rm -q apps/of-apps/app.yaml");
  world.push({{"apps/of-apps/README", "empty\n"}});
  EXPECT_EQ(world.last().state, AppState::OutOfSync) << "its rules go with the Application";
}

}  // namespace
}  // namespace driftwarden
