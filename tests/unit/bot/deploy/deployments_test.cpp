#include "gitops/base/text.hpp"
#include "tests/unit/bot/deploy/deploy_world.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using State = DeployProgress::State;

const std::string kCheckout = "argoproj.io/Application:argocd/checkout";
const std::string kNew = "55555550000000000000000000000000000000ab";

TEST(Deployments, AnApplicationIsAnApp) {
  DeployWorld world;
  world.cluster.put(world.application());
  world.start();
  ASSERT_NE(world.app(), nullptr) << join(world.notices, "\n");
  EXPECT_EQ(world.app()->path, "apps/checkout");
  EXPECT_EQ(world.app()->deployer.kind, DeployerKind::ArgoCd);
  EXPECT_TRUE(world.notices.empty()) << join(world.notices, "\n");
  const auto report = world.fleet->report("checkout");
  ASSERT_TRUE(report.opinion);
  EXPECT_EQ(report.opinion->state, AppState::Synced);
}

TEST(Deployments, ItGoesWithItsApplication) {
  DeployWorld world;
  world.cluster.put(world.application());
  world.start();
  ASSERT_NE(world.app(), nullptr);
  world.cluster.erase(kCheckout);
  world.settle();
  EXPECT_EQ(world.app(), nullptr);
  world.cluster.put(world.application());
  world.settle();
  EXPECT_NE(world.app(), nullptr);
  world.cluster.objects.erase(kCheckout);
  world.cluster.list_kind({"argoproj.io", "v1alpha1", "Application"});
  world.settle();
  EXPECT_EQ(world.app(), nullptr) << "a list that lacks it says so, too";
}

TEST(Deployments, AStatusMovesTheOpinionAlone) {
  DeployWorld world;
  world.cluster.put(world.application());
  world.start();
  const auto changes = world.changes;
  world.cluster.merge(kCheckout, {{"status", {{"health", {{"status", "Degraded"}, {"message", "1 of 3"}}}}}});
  world.settle();
  ASSERT_TRUE(world.fleet->report("checkout").opinion);
  EXPECT_EQ(world.fleet->report("checkout").opinion->health, "Degraded");
  EXPECT_EQ(world.changes, changes);
}

TEST(Deployments, ASpecMovesTheApp) {
  DeployWorld world;
  world.cluster.put(world.application());
  world.start();
  world.cluster.merge(kCheckout, {{"spec", {{"destination", {{"namespace", "other"}}}}}});
  world.settle();
  EXPECT_EQ(world.app()->namespace_, "other");
}

TEST(Deployments, AnAppThatSomebodyWroteDownGetsItsDeployer) {
  DeployWorld world;
  App own;
  own.name = "shop-checkout";
  own.repository = "config";
  own.path = "apps/checkout";
  own.cluster = "here";
  own.namespace_ = "shop";
  world.config.apps.push_back(own);
  world.cluster.put(world.application());
  world.start();
  EXPECT_EQ(world.app("checkout"), nullptr) << "it isn't found a second time";
  EXPECT_EQ(world.app("shop-checkout")->deployer.object.name, "checkout");
  EXPECT_TRUE(world.fleet->report("shop-checkout").opinion);
  world.cluster.erase(kCheckout);
  world.settle();
  EXPECT_EQ(world.app("shop-checkout")->deployer.kind, DeployerKind::None);
  EXPECT_FALSE(world.fleet->report("shop-checkout").opinion);
}

TEST(Deployments, WhatWeCannotRenderMayBeWrittenDown) {
  DeployWorld world;
  App own;
  own.name = "by-plugin";
  own.repository = "config";
  own.path = "apps/checkout";
  own.cluster = "here";
  own.namespace_ = "shop";
  world.config.apps.push_back(own);
  world.cluster.put(changed(world.application(), {{"spec", {{"source", {{"plugin", {{"name", "cdk8s"}}}}}}}}));
  world.start();
  EXPECT_EQ(world.app("by-plugin")->deployer.kind, DeployerKind::ArgoCd);
  EXPECT_TRUE(world.notices.empty()) << "there is nothing to put right: " << join(world.notices, "\n");
}

TEST(Deployments, ANameThatIsTakenIsToldAndGetsNoOpinion) {
  DeployWorld world;
  App own;
  own.name = "checkout";
  own.repository = "config";
  own.path = "apps/other";
  own.cluster = "here";
  world.config.apps.push_back(own);
  world.cluster.put(world.application());
  world.start();
  EXPECT_EQ(world.app()->path, "apps/other");
  EXPECT_EQ(world.app()->deployer.kind, DeployerKind::None);
  EXPECT_FALSE(world.fleet->report("checkout").opinion);
  EXPECT_EQ(std::ranges::count_if(world.fleet_notices, [](const auto& what) { return what.find("checkout") != std::string::npos && what.find("another") != std::string::npos; }), 1);
}

TEST(Deployments, NoticesAreGroupedAndToldOnce) {
  DeployWorld world;
  for (const auto* name : {"a", "b", "c", "d", "e"}) {
    world.cluster.put(changed(world.application(name), {{"spec", {{"source", {{"path", nullptr}, {"chart", "redis"}, {"repoURL", "https://charts.example.org"}}}}}}));
  }
  world.start();
  ASSERT_EQ(world.notices.size(), 1U) << join(world.notices, "\n");
  EXPECT_TRUE(world.notices.front().starts_with("argocd here argocd: a, b, c and 2 more: the chart redis")) << world.notices.front();
  world.cluster.merge("argoproj.io/Application:argocd/a", {{"metadata", {{"labels", {{"x", "y"}}}}}});
  world.settle();
  EXPECT_EQ(world.notices.size(), 1U);
  world.cluster.put(changed(world.application("f"), {{"spec", {{"source", {{"path", nullptr}, {"chart", "redis"}, {"repoURL", "https://charts.example.org"}}}}}}));
  world.settle();
  ASSERT_EQ(world.notices.size(), 2U);
  EXPECT_NE(world.notices.back().find(": f: the chart"), std::string::npos) << world.notices.back();
}

TEST(Deployments, ARuleThatFindsNothingSaysSo) {
  DeployWorld world;
  world.start();
  EXPECT_TRUE(world.fleet->apps_are_known()) << "the fleet would wait for it for ever";
  EXPECT_EQ(world.app(), nullptr);
}

TEST(Deployments, SeveralNoticesOfOneLookAreOne) {
  DeployWorld world;
  world.cluster.not_watched.emplace("AppProject", Error{ErrorKind::Denied, "forbidden"});
  world.cluster.put(changed(world.application("a"), {{"spec", {{"source", {{"plugin", {{"name", "x"}}}}}}}}));
  world.cluster.put(changed(world.application("b"), {{"spec", {{"source", {{"directory", {{"exclude", "*.test.yaml"}}}}}}}}));
  world.start();
  ASSERT_EQ(world.notices.size(), 1U) << join(world.notices, "\n");
  for (const auto* part : {"AppProject can't be read", "\na: it is rendered by", "\nb: its directory"}) EXPECT_NE(world.notices.front().find(part), std::string::npos) << world.notices.front();
}

TEST(Deployments, AnAppThatCoversPartOfAnApplicationHasNoDeployer) {
  DeployWorld world;
  App own;
  own.name = "part";
  own.repository = "config";
  own.path = "apps/checkout";
  own.cluster = "here";
  own.namespace_ = "shop";
  world.config.apps.push_back(own);
  const auto url = "file://" + world.remote();
  world.cluster.put(changed(world.application(), {{"spec", {{"source", nullptr}, {"sources", json::array({{{"repoURL", url}, {"path", "apps/checkout"}}, {{"repoURL", url}, {"path", "extras"}}})}}}}));
  world.start();
  EXPECT_EQ(world.app("part")->deployer.kind, DeployerKind::None);
  EXPECT_TRUE(world.fleet->report("part").opinion) << "its word is taken all the same";
}

TEST(Deployments, AKindThatIsNotServedIsToldOnce) {
  DeployWorld world;
  for (const auto* kind : {"Application", "AppProject", "ApplicationSet"}) world.cluster.not_watched.emplace(kind, Error{ErrorKind::NotFound, "here serves no such kind"});
  world.start();
  ASSERT_EQ(world.notices.size(), 1U) << join(world.notices, "\n");
  EXPECT_NE(world.notices.front().find("Argo CD isn't installed in here"), std::string::npos) << world.notices.front();
  world.cluster.not_watched.clear();
  world.cluster.objects[kCheckout] = *world.application().body;
  for (const auto* kind : {"Application", "AppProject", "ApplicationSet"}) world.cluster.list_kind({"argoproj.io", "v1alpha1", kind});
  world.settle();
  EXPECT_NE(world.app(), nullptr);
}

TEST(Deployments, WithoutARightToReadProjectsAppsAreFoundAllTheSame) {
  DeployWorld world;
  world.cluster.not_watched.emplace("AppProject", Error{ErrorKind::Denied, "forbidden"});
  world.cluster.put(world.application());
  world.start();
  EXPECT_NE(world.app(), nullptr);
  ASSERT_EQ(world.notices.size(), 1U);
  EXPECT_NE(world.notices.front().find("AppProject can't be read in here"), std::string::npos) << world.notices.front();
}

TEST(Deployments, ARuleThatIsGoneTakesItsAppsWithIt) {
  DeployWorld world;
  world.cluster.put(world.application());
  world.start();
  ASSERT_NE(world.app(), nullptr);
  world.config.discover.front().selector = "team=search";
  world.deployments->look_again();
  world.settle();
  EXPECT_EQ(world.app(), nullptr);
  world.config.discover.front().selector = "team=shop";
  world.deployments->look_again();
  world.settle();
  EXPECT_NE(world.app(), nullptr);
  world.config.discover.clear();
  world.fleet->config_changed();
  world.settle();
  EXPECT_EQ(world.app(), nullptr);
  EXPECT_TRUE(world.deployments->kinds("here").empty());
}

TEST(Deployments, ASyncWindowOpensWithoutAnEvent) {
  DeployWorld world;
  world.cluster.put(argo_project("[{kind: deny, schedule: '30 9 * * *', duration: 5m, applications: ['*']}]"));
  world.cluster.put(world.application());
  world.start();
  EXPECT_EQ(world.fleet->report("checkout").opinion->waits_for, "");
  world.clock.advance(32min);
  EXPECT_NE(world.fleet->report("checkout").opinion->waits_for, "");
  world.clock.advance(10min);
  EXPECT_EQ(world.fleet->report("checkout").opinion->waits_for, "");
}

TEST(Deployments, PausesAreTheirApps) {
  DeployWorld world;
  world.cluster.put(changed(world.application(), {{"metadata", {{"annotations", {{"argocd.argoproj.io/skip-reconcile", "true"}}}}}}));
  world.start();
  const auto pauses = world.deployments->pauses();
  ASSERT_EQ(pauses.size(), 1U);
  EXPECT_EQ(pauses.front().app, "checkout");
}

TEST(Deploy, AsksOnceAndFollowsToTheEnd) {
  DeployWorld world;
  world.cluster.put(argo_project());
  world.cluster.put(world.application());
  world.start();
  auto progress = world.deploy(kNew);
  ASSERT_TRUE(progress) << progress.error().message;
  EXPECT_EQ(progress->state, State::Waiting);
  ASSERT_EQ(world.cluster.patched, (std::vector<std::string>{kCheckout}));
  EXPECT_EQ(world.cluster.managers.front(), "driftwarden");
  EXPECT_EQ(world.cluster.objects.at(kCheckout).at("operation").at("sync").at("revision"), kNew);
  progress = world.deploy(kNew);
  EXPECT_EQ(progress->state, State::Waiting);
  EXPECT_EQ(world.cluster.patched.size(), 1U) << "asked again with the same id, it only looks";
  auto object = world.cluster.objects.at(kCheckout);
  object["status"]["operationState"] = {{"phase", "Succeeded"}, {"message", "successfully synced"}, {"operation", object["operation"]}};
  object.erase("operation");
  world.cluster.put(object);
  progress = world.deploy(kNew);
  EXPECT_EQ(progress->state, State::Done);
  EXPECT_EQ(progress->words, "Argo CD has synced 5555555: successfully synced");
}

TEST(Deploy, WaitsForTheProjectsWindow) {
  DeployWorld world;
  world.cluster.put(argo_project("[{kind: deny, schedule: '0 9 * * *', duration: 2h, applications: ['*']}]"));
  world.cluster.put(world.application());
  world.start();
  const auto progress = world.deploy(kNew);
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->state, State::Waiting);
  EXPECT_NE(progress->words.find("it opens at 2026-11-21T11:00:00Z"), std::string::npos) << progress->words;
  EXPECT_TRUE(world.cluster.patched.empty());
}

TEST(Deploy, DeniedSaysThatItComesInItsOwnTime) {
  DeployWorld world;
  world.cluster.put(world.application());
  world.cluster.patch_fails = Error{ErrorKind::Denied, "forbidden"};
  world.start();
  const auto progress = world.deploy(kNew);
  ASSERT_FALSE(progress);
  EXPECT_EQ(progress.error().kind, ErrorKind::Denied);
  EXPECT_NE(progress.error().message.find("may not patch Application argocd/checkout in here: Argo CD will sync it in its own time"), std::string::npos) << progress.error().message;
  EXPECT_NE(progress.error().message.find("applications.argoproj.io"), std::string::npos);
}

TEST(Deploy, SomebodyElseWroteItJustNow) {
  DeployWorld world;
  world.cluster.put(world.application());
  world.cluster.patch_fails = Error{ErrorKind::Unavailable, "the test failed"};
  world.start();
  const auto progress = world.deploy(kNew);
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->state, State::Waiting);
  EXPECT_LE(progress->look_again, 2s);
}

TEST(Deploy, WithoutARightToReadTheProjectItAsksAllTheSame) {
  DeployWorld world;
  world.cluster.put(world.application());
  world.start();
  world.cluster.unreadable.insert("AppProject");
  EXPECT_EQ(world.deploy(kNew)->state, State::Waiting);
  EXPECT_EQ(world.cluster.patched.size(), 1U);
  world.cluster.unreadable.insert("Application");
  EXPECT_EQ(world.deploy(kNew).error().kind, ErrorKind::Denied);
}

TEST(Deploy, WhatIsInForceMayHoldMore) {
  DeployWorld world;
  const auto first = world.commit("apps/checkout/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n");
  const auto second = world.commit("apps/checkout/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: shop}\n");
  world.cluster.put(changed(world.application(), {{"status", {{"sync", {{"revision", second}}}}}}));
  world.start();
  const auto progress = world.deploy(first);
  ASSERT_TRUE(progress) << progress.error().message;
  EXPECT_EQ(progress->state, State::Done) << progress->words;
  EXPECT_NE(progress->words.find("which contains"), std::string::npos) << progress->words;
  EXPECT_TRUE(world.cluster.patched.empty()) << "what others merged isn't taken back";
  world.cluster.merge(kCheckout, {{"status", {{"sync", {{"revision", first}}}}}});
  world.settle();
  EXPECT_EQ(world.deploy(second, "C-8:1")->state, State::Waiting);
  EXPECT_EQ(world.cluster.patched.size(), 1U);
}

TEST(Deploy, AnotherBranchIsNeverAskedForTheChange) {
  DeployWorld world;
  world.cluster.put(changed(world.application(), {{"spec", {{"source", {{"targetRevision", "release"}}}}}}));
  world.start();
  ASSERT_NE(world.app(), nullptr);
  const auto progress = world.deploy(kNew);
  ASSERT_TRUE(progress) << progress.error().message;
  EXPECT_EQ(progress->state, State::Failed);
  EXPECT_NE(progress->words.find("is \"release\", and the change went to \"main\""), std::string::npos) << progress->words;
  EXPECT_TRUE(world.cluster.patched.empty());
}

TEST(Deploy, WhoseApplicationIsGone) {
  DeployWorld world;
  world.cluster.put(world.application());
  world.start();
  const auto app = *world.app();
  world.cluster.erase(kCheckout);
  const auto progress = test::run(world.io, world.deployments->deploy(app, kNew, "C-7:1", "ann"));
  ASSERT_FALSE(progress);
  EXPECT_EQ(progress.error().kind, ErrorKind::NotFound);
  EXPECT_NE(progress.error().message.find("is gone"), std::string::npos);
  App nobodys;
  nobodys.name = "nobodys";
  EXPECT_EQ(test::run(world.io, world.deployments->deploy(nobodys, kNew, "x", "")).error().kind, ErrorKind::NotFound);
}

TEST(Refresh, SetsTheAnnotation) {
  DeployWorld world;
  world.cluster.put(world.application());
  world.start();
  const auto changes = world.changes;
  ASSERT_TRUE(test::run(world.io, world.deployments->refresh(*world.app())));
  EXPECT_EQ(world.cluster.objects.at(kCheckout).at("metadata").at("annotations").at("argocd.argoproj.io/refresh"), "normal");
  world.settle();
  EXPECT_EQ(world.changes, changes) << "being asked is no change of the App";
  world.cluster.patch_fails = Error{ErrorKind::Denied, "forbidden"};
  EXPECT_EQ(test::run(world.io, world.deployments->refresh(*world.app())).error().kind, ErrorKind::Denied);
  App nobodys;
  nobodys.name = "nobodys";
  EXPECT_EQ(test::run(world.io, world.deployments->refresh(nobodys)).error().kind, ErrorKind::NotFound);
}

TEST(Deployments, AnEventLooksAtTheRepository) {
  DeployWorld world;
  world.cluster.put(world.application());
  world.start();
  const auto head = world.commit("apps/checkout/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n");
  world.deployments->on_event("Application", "argocd", "unknown");
  world.deployments->on_event("Application", "argocd", "checkout");
  world.clock.advance(1s);
  EXPECT_EQ(world.fleet->report("checkout").revision, head) << "well before the next poll";
}

/// A figure for the report: run with --gtest_also_run_disabled_tests.
TEST(DeploymentsFigures, DISABLED_TwoThousandApplications) {
  DeployWorld world;
  auto resources = json::array();
  for (int i = 0; i < 60; ++i) resources.push_back({{"group", "apps"}, {"version", "v1"}, {"kind", "Deployment"}, {"namespace", "shop"}, {"name", "d" + std::to_string(i)}, {"status", "Synced"}, {"health", {{"status", "Healthy"}}}});
  for (int i = 0; i < 2'000; ++i) {
    world.cluster.put(changed(world.application("app-" + std::to_string(i)), {{"status", {{"resources", resources}}}}));
  }
  world.cluster.put(argo_project("[{kind: deny, schedule: '30 9 * * *', duration: 5m, applications: ['*']}]"));
  const auto ms = [](auto from) { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - from).count(); };
  {
    std::vector<Manifest> kept;
    for (const auto& [id, object] : world.cluster.objects) kept.push_back({ref_of(object), std::make_shared<const json>(object), "", 0});
    const auto began = std::chrono::steady_clock::now();
    const auto found = world.ground.find(kept, world.clock.wall_now());
    fmt::print("find over 2,000 Applications: {:.1f} ms ({} found)\n", ms(began), found.size());
  }
  auto began = std::chrono::steady_clock::now();
  world.start();
  fmt::print("start with 2,000 Applications, everything (fleet, Git, rendering, settling): {:.1f} ms\n", ms(began));
  began = std::chrono::steady_clock::now();
  world.settle();
  fmt::print("five idle seconds: {:.1f} ms\n", ms(began));
  began = std::chrono::steady_clock::now();
  world.cluster.merge("argoproj.io/Application:argocd/app-77", {{"status", {{"health", {{"status", "Degraded"}}}}}});
  fmt::print("one status event, taken: {:.3f} ms\n", ms(began));
  began = std::chrono::steady_clock::now();
  world.clock.advance(60ms);
  fmt::print("one status event, settled: {:.3f} ms\n", ms(began));
  began = std::chrono::steady_clock::now();
  for (int i = 0; i < 500; ++i) world.cluster.merge("argoproj.io/Application:argocd/app-" + std::to_string(i), {{"status", {{"health", {{"status", i % 2 ? "Degraded" : "Progressing"}}}}}});
  world.clock.advance(60ms);
  fmt::print("500 status events, taken and settled: {:.1f} ms\n", ms(began));
  began = std::chrono::steady_clock::now();
  world.cluster.merge("argoproj.io/Application:argocd/app-77", {{"metadata", {{"labels", {{"x", "y"}}}}}});
  world.clock.advance(60ms);
  fmt::print("one label changed, settled: {:.1f} ms\n", ms(began));
}

}  // namespace
}  // namespace driftwarden
