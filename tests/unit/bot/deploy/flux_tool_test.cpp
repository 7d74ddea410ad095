// How Flux is asked to put a revision in force, step by step.
#include "tests/unit/bot/deploy/flux_world.hpp"

#include <gmock/gmock.h>

namespace driftwarden {
namespace {

using nlohmann::json;
using test::flux_commit;
using test::flux_object;
using test::flux_ready;
using test::git_repository;
using test::helm_release;
using test::kustomization;
using test::suspended;
using testing::ElementsAre;
using testing::HasSubstr;
using State = DeployProgress::State;

const std::string kOld = flux_commit('1');
const std::string kNew = flux_commit('2');
const std::string kLater = flux_commit('3');
constexpr const char* kRequestedAt = "reconcile.fluxcd.io/requestedAt";

class FluxSteps : public testing::Test, public test::FluxGround {
 protected:
  FluxSteps() { use(kustomization("checkout", "apps", "./a", kOld)); }
  void use(json body) {
    object = std::move(body);
    deployer.kind = DeployerKind::Flux;
    deployer.cluster = "here";
    deployer.object = flux_object(object).ref;
    tool = make_flux_tool(rule);
  }
  std::vector<Manifest> objects() const {
    std::vector<Manifest> all{flux_object(object)};
    if (!source.is_null()) all.push_back(flux_object(source));
    if (!chart.is_null()) all.push_back(flux_object(chart));
    return all;
  }
  Result<DeployTool::Step> look() {
    DeployTool::Wanted wanted;
    wanted.revision = kNew;
    wanted.id = "C-7";
    wanted.requested_by = "alice";
    wanted.branch = branch;
    wanted.contained_in = contained_in;
    wanted.same_chart_version = same_chart_version;
    return tool->step(deployer, objects(), wanted, WallTime{});
  }
  /// One look; what is asked for is done by the cluster.
  DeployTool::Step step() {
    auto looked = look();
    EXPECT_TRUE(looked) << looked.error().message;
    if (!looked) return {};
    if (looked->patch) {
      patched.push_back(looked->patch->ref.kind);
      for (auto* body : {&object, &source}) {
        if (body->is_object() && same_object(flux_object(*body).ref, looked->patch->ref)) *body = body->patch(*looked->patch->body);
      }
    }
    return *looked;
  }
  static void handle(json& body) { body["status"]["lastHandledReconcileAt"] = body["metadata"]["annotations"][kRequestedAt]; }
  void fetched(const std::string& revision) {
    handle(source);
    source["status"]["artifact"]["revision"] = "main@sha1:" + revision;
  }
  void applied(const std::string& revision) {
    handle(object);
    object["status"]["lastAppliedRevision"] = "main@sha1:" + revision;
  }

  json object;
  json source = git_repository("config", kOld);
  json chart;
  std::string branch = "main";
  std::set<std::string> contained_in;
  std::optional<std::string> same_chart_version;
  Deployer deployer;
  std::unique_ptr<DeployTool> tool;
  std::vector<std::string> patched;
};

TEST_F(FluxSteps, TheSourceIsAskedFirst) {
  auto now = step();
  EXPECT_EQ(now.progress.state, State::Waiting);
  EXPECT_EQ(now.progress.words, "Flux's GitRepository flux-system/config is fetching 2222222");
  EXPECT_THAT(patched, ElementsAre("GitRepository"));
  EXPECT_FALSE(step().patch) << "asked already, and not handled yet";
  fetched(kNew);
  now = step();
  EXPECT_THAT(patched, ElementsAre("GitRepository", "Kustomization"));
  EXPECT_EQ(now.progress.words, "Flux's Kustomization apps/checkout is putting 2222222 in force");
  EXPECT_FALSE(step().patch);
  EXPECT_EQ(step().progress.state, State::Waiting);
  applied(kNew);
  now = step();
  EXPECT_EQ(now.progress.state, State::Done);
  EXPECT_EQ(now.progress.words, "Flux's Kustomization apps/checkout has 2222222 in force");
  EXPECT_EQ(patched.size(), 2U);
}

TEST_F(FluxSteps, WhatIsInForceAlreadyIsPutThereOnceMore) {
  source = git_repository("config", kNew);
  object["status"]["lastAppliedRevision"] = "main@sha1:" + kNew;
  EXPECT_EQ(step().progress.state, State::Waiting) << "live may have moved";
  EXPECT_THAT(patched, ElementsAre("Kustomization"));
  handle(object);
  EXPECT_EQ(step().progress.state, State::Done);
}

TEST_F(FluxSteps, AReleaseThatMendsDriftItselfIsNotForced) {
  source = git_repository("config", kNew);
  auto release = helm_release("web", "apps", "./charts/web");
  release["spec"]["driftDetection"] = {{"mode", "enabled"}};
  use(release);
  step();
  EXPECT_TRUE(object["metadata"]["annotations"].contains(kRequestedAt));
  EXPECT_FALSE(object["metadata"]["annotations"].contains("reconcile.fluxcd.io/forceAt"));
}

TEST_F(FluxSteps, AnOldGenerationsReadyIsNotDone) {
  source = git_repository("config", kNew);
  step();
  handle(object);
  object["status"]["lastAppliedRevision"] = "main@sha1:" + kNew;
  object["status"]["observedGeneration"] = 1;
  object["metadata"]["generation"] = 2;
  EXPECT_EQ(step().progress.state, State::Waiting);
}

TEST_F(FluxSteps, ASourceThatHasItIsNotAsked) {
  source = git_repository("config", kNew);
  step();
  EXPECT_THAT(patched, ElementsAre("Kustomization"));
}

TEST_F(FluxSteps, ALaterCommitThatWasFetchedAfterwardsIsDoneToo) {
  step();
  fetched(kLater);
  step();
  applied(kLater);
  EXPECT_EQ(step().progress.state, State::Done);
}

TEST_F(FluxSteps, AnotherCommitThatWasThereBeforeIsNot) {
  source = git_repository("config", kLater);
  object["status"]["lastAppliedRevision"] = "main@sha1:" + kLater;
  EXPECT_EQ(step().progress.state, State::Waiting);
  EXPECT_THAT(patched, ElementsAre("GitRepository"));
}

TEST_F(FluxSteps, ASourceThatHoldsItIsNotAskedByEachChangeInTurn) {
  source = git_repository("config", kLater);
  source["status"]["lastHandledReconcileAt"] = "driftwarden-of-another";
  EXPECT_THAT(tool->revisions(deployer, objects()), ElementsAre(kLater));
  contained_in = {kLater};
  step();
  EXPECT_THAT(patched, ElementsAre("Kustomization"));
}

TEST_F(FluxSteps, ASourceOfAnotherBranchIsNeverAsked) {
  source["spec"]["ref"] = {{"branch", "release"}};
  const auto now = step();
  EXPECT_EQ(now.progress.state, State::Failed);
  EXPECT_EQ(now.progress.words,
            "Flux's GitRepository flux-system/config follows \"release\", and the change went to \"main\": 2222222 comes into force once \"release\" contains it");
  EXPECT_THAT(patched, testing::IsEmpty());
  contained_in = {kOld};
  EXPECT_EQ(step().progress.state, State::Waiting) << "it was merged there, too";
}

TEST_F(FluxSteps, AChartWhoseVersionStayedIsSaid) {
  use(helm_release("web", "apps", "./charts/web"));
  source = git_repository("config", kNew);
  source["status"]["artifact"]["lastUpdateTime"] = "2026-03-02T08:00:00Z";
  chart = {{"apiVersion", "source.toolkit.fluxcd.io/v1"},
           {"kind", "HelmChart"},
           {"metadata", {{"name", "apps-web"}, {"namespace", "flux-system"}}},
           {"status", {{"observedSourceArtifactRevision", "main@sha1:" + kNew}, {"artifact", {{"revision", "1.2.0"}, {"lastUpdateTime", "2026-03-01T08:00:00Z"}}}, {"conditions", flux_ready()}}}};
  EXPECT_TRUE(tool->minds_chart_version(deployer, objects()));
  same_chart_version = "1.2.0";
  const auto now = step();
  EXPECT_EQ(now.progress.state, State::Failed);
  EXPECT_THAT(now.progress.words, HasSubstr("bump `version` in Chart.yaml or set reconcileStrategy: Revision"));
  EXPECT_THAT(patched, testing::IsEmpty());
  chart["status"]["artifact"]["lastUpdateTime"] = "2026-03-02T08:00:01Z";
  EXPECT_EQ(look()->progress.state, State::Waiting) << "it was packed since";
  chart["status"]["artifact"]["lastUpdateTime"] = "2026-03-01T08:00:00Z";
  chart["status"]["artifact"]["revision"] = "1.3.0";
  EXPECT_EQ(look()->progress.state, State::Waiting) << "somebody moved it later";
  chart["status"]["artifact"]["revision"] = "1.2.0";
  object["spec"]["chart"]["spec"]["reconcileStrategy"] = "Revision";
  EXPECT_EQ(look()->progress.state, State::Waiting);
  EXPECT_FALSE(tool->minds_chart_version(deployer, objects()));
}

TEST_F(FluxSteps, TwoChangesOfOneReleaseDoNotAskForEver) {
  auto release = helm_release("web", "apps", "./charts/web");
  release["spec"]["chart"]["spec"]["reconcileStrategy"] = "Revision";
  release["status"]["lastHandledReconcileAt"] = "driftwarden-of-another";
  release["status"]["lastAttemptedRevision"] = "1.2.0+333333333333";
  use(release);
  source = git_repository("config", kLater);
  contained_in = {kLater};
  chart = {{"apiVersion", "source.toolkit.fluxcd.io/v1"},
           {"kind", "HelmChart"},
           {"metadata", {{"name", "apps-web"}, {"namespace", "flux-system"}}},
           {"status", {{"observedSourceArtifactRevision", "main@sha1:" + kLater}, {"artifact", {{"revision", "1.2.0+333333333333"}}}, {"conditions", flux_ready()}}}};
  EXPECT_EQ(look()->progress.state, State::Done);
  object["status"]["lastAttemptedRevision"] = "1.2.0+111111111111";
  EXPECT_EQ(step().progress.state, State::Waiting);
  EXPECT_THAT(patched, ElementsAre("HelmRelease"));
}

TEST_F(FluxSteps, TheTokenIsTheChanges) {
  const auto token = look()->patch->body->back().at("value").dump();
  EXPECT_EQ(look()->patch->body->back().at("value").dump(), token);
  DeployTool::Wanted other;
  other.revision = kNew;
  other.id = "C-8";
  EXPECT_NE(tool->step(deployer, objects(), other, WallTime{})->patch->body->back().at("value").dump(), token);
}

TEST_F(FluxSteps, SuspendedWaitsForWhoeverDidIt) {
  object = suspended(object);
  auto now = step();
  EXPECT_EQ(now.progress.state, State::Waiting);
  EXPECT_EQ(
      now.progress.words,
      "Flux's Kustomization apps/checkout is suspended by alice-cli since 2026-03-01T08:00:00Z; it goes on after: flux resume kustomization checkout -n apps");
  EXPECT_FALSE(now.patch);
  use(kustomization("checkout", "apps", "./a", kOld));
  source = suspended(source);
  now = step();
  EXPECT_THAT(now.progress.words, HasSubstr("flux resume source git config -n flux-system"));
  EXPECT_FALSE(now.patch);
}

TEST_F(FluxSteps, AFetchThatFailsIsSaid) {
  step();
  handle(source);
  source["status"]["conditions"] = flux_ready("False", "GitOperationFailed", "authentication required");
  const auto now = step();
  EXPECT_EQ(now.progress.state, State::Failed);
  EXPECT_EQ(now.progress.words, "Flux's GitRepository flux-system/config can't fetch: authentication required");
}

TEST_F(FluxSteps, AnOldFailureIsAskedAgainFirst) {
  object["status"]["conditions"] = flux_ready("False", "BuildFailed", "no kustomization");
  source = git_repository("config", kNew);
  auto now = step();
  EXPECT_EQ(now.progress.state, State::Waiting);
  EXPECT_THAT(patched, ElementsAre("Kustomization"));
  handle(object);
  now = step();
  EXPECT_EQ(now.progress.state, State::Failed);
  EXPECT_THAT(now.progress.words, HasSubstr("no kustomization"));
}

TEST_F(FluxSteps, ADependencyIsWaitedFor) {
  source = git_repository("config", kNew);
  step();
  handle(object);
  object["status"]["conditions"] = flux_ready("False", "DependencyNotReady", "dependency 'infra/db' is not ready");
  const auto now = step();
  EXPECT_EQ(now.progress.state, State::Waiting);
  EXPECT_THAT(now.progress.words, HasSubstr("it waits: dependency 'infra/db' is not ready"));
}

TEST_F(FluxSteps, ATagHasToBeMoved) {
  source["spec"]["ref"] = {{"tag", "v1"}};
  source["status"]["artifact"]["revision"] = "v1@sha1:" + kOld;
  step();
  handle(source);
  const auto now = step();
  EXPECT_EQ(now.progress.state, State::Failed);
  EXPECT_THAT(now.progress.words, HasSubstr("follows v1, so 2222222 comes into force only once that is moved"));
}

TEST_F(FluxSteps, WhatIsGoneIsNotFound) {
  source = nullptr;
  auto looked = look();
  ASSERT_FALSE(looked);
  EXPECT_EQ(looked.error().kind, ErrorKind::NotFound);
  deployer.object.name = "other";
  looked = look();
  ASSERT_FALSE(looked);
  EXPECT_THAT(looked.error().message, HasSubstr("Kustomization apps/other isn't there any more"));
}

TEST_F(FluxSteps, AReleaseGoesThroughItsChart) {
  use(helm_release("web", "apps", "./charts/web"));
  chart = {{"apiVersion", "source.toolkit.fluxcd.io/v1"},
           {"kind", "HelmChart"},
           {"metadata", {{"name", "apps-web"}, {"namespace", "flux-system"}}},
           {"status", {{"observedSourceArtifactRevision", "main@sha1:" + kOld}, {"conditions", flux_ready()}}}};
  const auto belonging = tool->belonging(deployer, objects());
  ASSERT_EQ(belonging.size(), 2U);
  EXPECT_EQ(belonging[1].name, "apps-web");
  EXPECT_EQ(belonging[1].namespace_, "flux-system");
  step();
  EXPECT_THAT(patched, ElementsAre("GitRepository"));
  fetched(kNew);
  EXPECT_THAT(step().progress.words, HasSubstr("HelmChart flux-system/apps-web is packing 2222222"));
  EXPECT_EQ(patched.size(), 1U);
  chart["status"]["observedSourceArtifactRevision"] = "main@sha1:" + kNew;
  step();
  EXPECT_THAT(patched, ElementsAre("GitRepository", "HelmRelease"));
  EXPECT_EQ(object["metadata"]["annotations"]["reconcile.fluxcd.io/forceAt"], object["metadata"]["annotations"][kRequestedAt])
      << "without it live stays as it is";
  EXPECT_EQ(step().progress.state, State::Waiting) << "ready as it was before isn't ready now";
  handle(object);
  EXPECT_EQ(step().progress.state, State::Done);
}

TEST_F(FluxSteps, AChartThatCannotBePackedIsSaid) {
  use(helm_release("web", "apps", "./charts/web"));
  chart = {{"apiVersion", "source.toolkit.fluxcd.io/v1"},
           {"kind", "HelmChart"},
           {"metadata", {{"name", "apps-web"}, {"namespace", "flux-system"}}},
           {"status", {{"observedSourceArtifactRevision", "main@sha1:" + kOld}, {"conditions", flux_ready("False", "ChartPullError", "no Chart.yaml")}}}};
  source = git_repository("config", kNew);
  const auto now = step();
  EXPECT_EQ(now.progress.state, State::Failed);
  EXPECT_THAT(now.progress.words, HasSubstr("no Chart.yaml"));
}

TEST_F(FluxSteps, ARefreshAsksBothInOrder) {
  const auto patches = tool->refresh(deployer, objects(), "now");
  ASSERT_EQ(patches.size(), 2U);
  EXPECT_EQ(patches[0].ref.kind, "GitRepository");
  EXPECT_EQ(patches[1].ref.kind, "Kustomization");
  EXPECT_EQ(object.patch(*patches[1].body)["metadata"]["annotations"][kRequestedAt], "now");
}

TEST(FluxKinds, AreTheServedOnes) {
  const auto kinds = make_flux_tool(DiscoverRule{})->kinds();
  EXPECT_TRUE(kinds.contains(WatchedKind{"kustomize.toolkit.fluxcd.io", "v1", "Kustomization"}));
  EXPECT_TRUE(kinds.contains(WatchedKind{"source.toolkit.fluxcd.io", "v1", "GitRepository"}));
  EXPECT_TRUE(kinds.contains(WatchedKind{"helm.toolkit.fluxcd.io", "v2", "HelmRelease"}));
}

}  // namespace
}  // namespace driftwarden
