#include "gitops/base/text.hpp"
#include "tests/unit/bot/deploy/argo_fixture.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using nlohmann::json;
using State = DeployProgress::State;

const std::string kNew = "55555550000000000000000000000000000000ab";
const std::string kDenyAll = "[{kind: deny, schedule: '* * * * *', duration: 1h, applications: ['*']}]";

struct StepRow {
  std::string name;
  std::string change;  ///< of the Application, as YAML
  std::string windows;
  bool may_sync;
  State state;
  std::string says;
  bool asks;
  friend void PrintTo(const StepRow& row, std::ostream* out) { *out << row.name; }
};
class ArgoStep : public testing::TestWithParam<StepRow> {};

TEST_P(ArgoStep, IsTheNextThing) {
  const ArgoGround world;
  const auto object = changed(argo_application(), parse_yaml(GetParam().change, "x").value().front());
  Deployer deployer{DeployerKind::ArgoCd, "here", object.ref, GetParam().may_sync};
  DeployTool::Wanted wanted{kNew, "C-7:1", "ann"};
  const auto step = make_argo_tool(world.rule)->step(deployer, {object, argo_project(GetParam().windows)}, wanted, parse_time("2026-11-22T10:00:00Z").value());
  ASSERT_TRUE(step) << step.error().message;
  EXPECT_EQ(step->progress.state, GetParam().state) << step->progress.words;
  EXPECT_NE(step->progress.words.find(GetParam().says), std::string::npos) << step->progress.words;
  EXPECT_EQ(step->patch.has_value(), GetParam().asks);
}

const std::string kOurs = "operation: {info: [{name: driftwarden, value: 'C-7:1'}]}";

INSTANTIATE_TEST_SUITE_P(
    Rows, ArgoStep,
    testing::Values(
        StepRow{"AsksForTheRevision", "{}", "[]", true, State::Waiting, "asked to sync 5555555", true},
        StepRow{"WithoutAutoSyncToo", "spec: {syncPolicy: {automated: null}}", "[]", true, State::Waiting, "asked", true},
        StepRow{"WaitsForOurs", "status: {operationState: {phase: Running, message: 'waiting for hooks', " + kOurs + "}}", "[]", true, State::Waiting, "waiting for hooks", false},
        StepRow{"WaitsForOursThatIsNotTakenUp", kOurs, "[]", true, State::Waiting, "is syncing 5555555", false},
        StepRow{"OursIsDone", "status: {operationState: {phase: Succeeded, " + kOurs + "}}", "[]", true, State::Done, "has synced 5555555", false},
        StepRow{"OursFailed", "status: {operationState: {phase: Failed, message: 'no such CRD', " + kOurs + "}}", "[]", true, State::Failed, "no such CRD", false},
        StepRow{"AnothersResultIsNotOurs", "status: {operationState: {phase: Failed, operation: {info: [{name: driftwarden, value: 'C-6:1'}]}}}", "[]", true, State::Waiting, "asked", true},
        StepRow{"AnotherRuns", "status: {operationState: {phase: Running, startedAt: '2026-11-22T09:58:00Z', operation: {sync: {revision: abcdef0123}}}}", "[]", true, State::Waiting,
                "syncing abcdef0 since 09:58", false},
        StepRow{"AnotherIsPending", "operation: {sync: {revision: x}}", "[]", true, State::Waiting, "busy", false},
        StepRow{"AutoSyncWasFaster", "status: {sync: {status: Synced, revision: " + kNew + "}}", "[]", true, State::Done, "has synced", false},
        StepRow{"ComparedIsNotSynced", "status: {sync: {status: OutOfSync, revision: " + kNew + "}}", "[]", true, State::Waiting, "asked", true},
        StepRow{"AnotherSyncedIt", "status: {sync: {status: OutOfSync}, operationState: {phase: Succeeded, syncResult: {revision: " + kNew + "}}}", "[]", true, State::Done, "has synced", false},
        StepRow{"ItWentOn", "status: {history: [{revision: " + kNew + "}, {revision: 4f2c81aa4f2c81aa4f2c81aa4f2c81aa4f2c81aa}]}", "[]", true, State::Done, "gone on to 4f2c81a", false},
        StepRow{"WithoutAutoSyncAnOldOneIsAskedForAgain", "{spec: {syncPolicy: {automated: null}}, status: {history: [{revision: " + kNew + "}]}}", "[]", true, State::Waiting, "asked", true},
        StepRow{"WaitsForTheWindow", "{}", kDenyAll, true, State::Waiting, "the deny window", false},
        StepRow{"AWindowThatLetsPeople", "{}", "[{kind: deny, schedule: '* * * * *', duration: 1h, applications: ['*'], manualSync: true}]", true, State::Waiting, "asked", true},
        StepRow{"OursRunsWhateverTheWindow", "status: {operationState: {phase: Running, " + kOurs + "}}", kDenyAll, true, State::Waiting, "is syncing", false},
        StepRow{"InItsOwnTime", "{}", "[]", false, State::Waiting, "in its own time", false},
        StepRow{"NobodyWillSync", "spec: {syncPolicy: {automated: null}}", "[]", false, State::Waiting, "somebody has to sync", false},
        StepRow{"PinnedToATag", "spec: {source: {targetRevision: v1.2.3}}", "[]", true, State::Failed, "pinned to v1.2.3", false},
        StepRow{"PinnedToAnotherCommit", "spec: {source: {targetRevision: 4f2c81aa4f2c81aa4f2c81aa4f2c81aa4f2c81aa}}", "[]", true, State::Failed, "pinned", false},
        StepRow{"PinnedToTheCommit", "spec: {source: {targetRevision: '5555555'}}", "[]", true, State::Waiting, "asked", true},
        StepRow{"NotReconciled", "metadata: {annotations: {argocd.argoproj.io/skip-reconcile: 'true'}}", "[]", true, State::Waiting, "skip-reconcile", false},
        StepRow{"YetToHydrate", "spec: {sourceHydrator: {drySource: {repoURL: x, path: y}, syncSource: {targetBranch: env/prod}}}", "[]", true, State::Waiting, "yet to hydrate", false},
        StepRow{"HydratedAndSynced",
                "{spec: {sourceHydrator: {drySource: {repoURL: x, path: y}, syncSource: {targetBranch: env/prod}}}, status: {sourceHydrator: {lastSuccessfulOperation: {drySHA: " + kNew +
                    ", hydratedSHA: 4f2c81aa4f2c81aa4f2c81aa4f2c81aa4f2c81aa}}}}",
                "[]", true, State::Done, "hydrated as 4f2c81a", false}),
    [](const auto& row) { return row.param.name; });

DeployTool::Step step_of(const Manifest& object) {
  const ArgoGround world;
  Deployer deployer{DeployerKind::ArgoCd, "here", object.ref, true};
  DeployTool::Wanted wanted{kNew, "C-7:1", "ann"};
  return make_argo_tool(world.rule)->step(deployer, {object}, wanted, {}).value();
}

TEST(ArgoStepPatch, DeletesWhatTheirPolicyLetsItDelete) {
  const auto prunes = [](const Manifest& object) { return object.body->patch(*step_of(object).patch->body)["operation"]["sync"]["prune"]; };
  EXPECT_EQ(prunes(argo_application()), true);
  EXPECT_EQ(prunes(changed(argo_application(), {{"spec", {{"syncPolicy", {{"automated", {{"prune", false}}}}}}}})), false);
  EXPECT_EQ(prunes(changed(argo_application(), {{"spec", {{"syncPolicy", {{"automated", nullptr}}}}}})), true);
}

TEST(ArgoStepPatch, AskedTwiceItIsAskedOnce) {
  const auto object = argo_application();
  const auto first = step_of(object);
  ASSERT_TRUE(first.patch);
  Manifest after = object;
  after.body = std::make_shared<const json>(object.body->patch(*first.patch->body));
  const auto second = step_of(after);
  EXPECT_FALSE(second.patch);
  EXPECT_EQ(second.progress.state, State::Waiting);
}

struct TargetRow {
  std::string target;
  std::string branch;
  State state;
};

TEST(ArgoStepTarget, OfAnotherBranchIsNeverAskedForTheRevision) {
  const std::vector<TargetRow> rows{{"HEAD", "main", State::Waiting},   {"main", "main", State::Waiting},   {"refs/heads/main", "main", State::Waiting}, {"release", "release", State::Waiting},
                                    {"release", "main", State::Failed}, {"1.*", "main", State::Failed},     {"refs/tags/main", "main", State::Failed},   {"release", "", State::Waiting}};
  const ArgoGround world;
  for (const auto& row : rows) {
    const auto object = changed(argo_application(), {{"spec", {{"source", {{"targetRevision", row.target}}}}}});
    Deployer deployer{DeployerKind::ArgoCd, "here", object.ref, true};
    DeployTool::Wanted wanted{kNew, "C-7:abcdef123456", "ann"};
    wanted.branch = row.branch;
    const auto step = make_argo_tool(world.rule)->step(deployer, {object}, wanted, {}).value();
    EXPECT_EQ(step.progress.state, row.state) << row.target << " " << step.progress.words;
    EXPECT_EQ(step.patch.has_value(), row.state == State::Waiting) << row.target;
    if (row.target != "release" || row.state != State::Failed) continue;
    EXPECT_EQ(step.progress.words, "the targetRevision of Application argocd/checkout is \"release\", and the change went to \"main\": 5555555 comes into force once \"release\" contains it");
    const auto synced = changed(object, {{"status", {{"sync", {{"revision", kNew}}}}}});
    EXPECT_EQ(make_argo_tool(world.rule)->step(deployer, {synced}, wanted, {}).value().progress.state, State::Done) << "it came there by another way";
  }
}

TEST(ArgoStepPatch, AGoneApplicationIsAnError) {
  const ArgoGround world;
  Deployer deployer{DeployerKind::ArgoCd, "here", argo_application().ref, true};
  EXPECT_EQ(make_argo_tool(world.rule)->step(deployer, {}, {kNew, "x", ""}, {}).error().kind, ErrorKind::NotFound);
}

TEST(ArgoBelonging, TheProjectInTheControlNamespace) {
  ArgoGround world;
  const auto object = changed(argo_application(), {{"metadata", {{"namespace", "team-a"}}}});
  Deployer deployer{DeployerKind::ArgoCd, "here", object.ref, true};
  const auto in_rule = make_argo_tool(world.rule)->belonging(deployer, {object});
  ASSERT_EQ(in_rule.size(), 1U);
  EXPECT_EQ(to_string(in_rule.front()), "AppProject argocd/default");
  world.rule.namespace_ = "";
  EXPECT_EQ(make_argo_tool(world.rule)->belonging(deployer, {object}).size(), 2U) << "it is guessed";
}

}  // namespace
}  // namespace driftwarden
