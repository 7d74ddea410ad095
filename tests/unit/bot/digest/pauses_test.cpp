// What doesn't work by itself now: in Git, or because somebody did it live.
#include "bot/digest/digest.hpp"
#include "gitops/base/text.hpp"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const WallTime kSince = *parse_time("2026-11-18T09:00:00Z");

struct PauseRow {
  std::string name;
  std::string object;              ///< JSON of Git
  std::vector<FieldDrift> fields;  ///< how live differs
  std::vector<std::string> pauses; ///< "what|who|command"
  Verdict verdict = Verdict::OutOfSync;
  friend void PrintTo(const PauseRow& row, std::ostream* out) { *out << row.name; }
};

FieldDrift drifted(const std::string& path, std::optional<std::string> desired, std::optional<std::string> live, FieldCause cause = FieldCause::Live) {
  FieldDrift field;
  field.path = path;
  field.desired = std::move(desired);
  field.live = std::move(live);
  field.op = !field.live ? FieldOp::Removed : !field.desired ? FieldOp::Added : FieldOp::Changed;
  field.cause = cause;
  if (cause == FieldCause::Live) field.by = "kubectl-edit";
  field.time = kSince;
  return field;
}

class PauseTable : public testing::TestWithParam<PauseRow> {};
TEST_P(PauseTable, Sees) {
  const auto& row = GetParam();
  Manifest manifest;
  manifest.body = std::make_shared<const nlohmann::json>(nlohmann::json::parse(row.object));
  manifest.ref = ref_of(*manifest.body);
  DriftReport report;
  if (!row.fields.empty() || row.verdict == Verdict::Missing) {
    ObjectDrift drift;
    drift.object = manifest.ref;
    drift.verdict = row.verdict;
    drift.fields = row.fields;
    report.objects.push_back(drift);
  }
  App app;
  app.name = "shop";
  app.repository = "config";
  std::vector<std::string> seen;
  for (const auto& pause : pauses_in(app, report, {manifest})) {
    EXPECT_EQ(pause.app, "shop");
    EXPECT_EQ(pause.since.has_value(), !pause.command.empty());
    seen.push_back(pause.what + "|" + pause.who + "|" + pause.command);
  }
  EXPECT_EQ(seen, row.pauses);
}

const char* const kCron = R"({"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"report","namespace":"shop"},"spec":{"schedule":"* * * * *"}})";
const char* const kCronOff = R"({"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"report","namespace":"shop"},"spec":{"suspend":true}})";
const char* const kFlux = R"({"apiVersion":"kustomize.toolkit.fluxcd.io/v1","kind":"Kustomization","metadata":{"name":"apps","namespace":"flux"},"spec":{"suspend":true}})";
const char* const kRelease = R"({"apiVersion":"helm.toolkit.fluxcd.io/v2","kind":"HelmRelease","metadata":{"name":"db","namespace":"flux"},"spec":{"suspend":false}})";
const char* const kWeb = R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop"},"spec":{"replicas":2}})";
const char* const kWebPaused = R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop"},"spec":{"paused":true,"replicas":0}})";
const char* const kArgo = R"({"apiVersion":"argoproj.io/v1alpha1","kind":"Application","metadata":{"name":"shop","namespace":"argocd"},"spec":{"syncPolicy":{"automated":{"prune":true,"selfHeal":true}}}})";
const char* const kArgoManual = R"({"apiVersion":"argoproj.io/v1alpha1","kind":"Application","metadata":{"name":"shop","namespace":"argocd"},"spec":{}})";
const char* const kArgoOff = R"({"apiVersion":"argoproj.io/v1alpha1","kind":"Application","metadata":{"name":"shop","namespace":"argocd"},"spec":{"syncPolicy":{"automated":{"enabled":false}}}})";
const char* const kOtherApplication = R"({"apiVersion":"app.k8s.io/v1beta1","kind":"Application","metadata":{"name":"shop","namespace":"shop"},"spec":{}})";
const std::string kSyncOff = "automatic sync of Application argocd/shop is off";

INSTANTIATE_TEST_SUITE_P(
    AllOf, PauseTable,
    testing::Values(
        PauseRow{"ACronJobThatRuns", kCron, {}, {}}, PauseRow{"SuspendedInGit", kCronOff, {}, {"CronJob shop/report is suspended||"}},
        PauseRow{"SuspendedByHand", kCron, {drifted(".spec.suspend", std::nullopt, "true")}, {"CronJob shop/report is suspended|kubectl-edit|sync shop"}},
        PauseRow{"SuspendedByHandAgainstGit", kCron, {drifted(".spec.suspend", "false", "true")}, {"CronJob shop/report is suspended|kubectl-edit|sync shop"}},
        PauseRow{"SuspendedInGitButRunning", kCronOff, {drifted(".spec.suspend", "true", "false")}, {}}, PauseRow{"SuspendedInGitNotAppliedYet", kCronOff, {drifted(".spec.suspend", "true", std::nullopt)}, {}},
        PauseRow{"SuspendedInGitAndMissing", kCronOff, {}, {}, Verdict::Missing}, PauseRow{"FluxKustomization", kFlux, {}, {"Kustomization flux/apps is suspended||"}},
        PauseRow{"FluxReleaseThatRuns", kRelease, {}, {}}, PauseRow{"FluxReleaseByHand", kRelease, {drifted(".spec.suspend", "false", "true")}, {"HelmRelease flux/db is suspended|kubectl-edit|sync shop"}},
        PauseRow{"PausedInGitAndZeroIsReviewed", kWebPaused, {}, {"rollouts of Deployment shop/web are paused||"}},
        PauseRow{"PausedByHand", kWeb, {drifted(".spec.paused", std::nullopt, "true")}, {"rollouts of Deployment shop/web are paused|kubectl-edit|sync shop"}},
        PauseRow{"ScaledToZeroByHand", kWeb, {drifted(".spec.replicas", "2", "0")}, {"Deployment shop/web is scaled to 0 by hand|kubectl-edit|sync shop"}},
        PauseRow{"ScaledByHandElsewhere", kWeb, {drifted(".spec.replicas", "2", "5")}, {}}, PauseRow{"ZeroThatGitLeavesBehind", kWeb, {drifted(".spec.replicas", "2", "0", FieldCause::Git)}, {}},
        PauseRow{"ArgoSyncs", kArgo, {}, {}}, PauseRow{"ArgoSyncsByHandOnly", kArgoManual, {}, {kSyncOff + "||"}}, PauseRow{"ArgoSwitchedOffInGit", kArgoOff, {}, {kSyncOff + "||"}},
        PauseRow{"ArgoTakenAwayLive", kArgo, {drifted(".spec.syncPolicy.automated", "{}", std::nullopt)}, {kSyncOff + "|kubectl-edit|sync shop"}},
        PauseRow{"ArgoTakenAwayLeafByLeaf", kArgo, {drifted(".spec.syncPolicy.automated.prune", "true", std::nullopt), drifted(".spec.syncPolicy.automated.selfHeal", "true", std::nullopt)},
                 {kSyncOff + "|kubectl-edit|sync shop"}},
        PauseRow{"ArgoWithoutSelfHealSyncsStill", kArgo, {drifted(".spec.syncPolicy.automated.selfHeal", "true", std::nullopt)}, {}},
        PauseRow{"ArgoSwitchedOffLive", kArgo, {drifted(".spec.syncPolicy.automated.enabled", std::nullopt, "false")}, {kSyncOff + "|kubectl-edit|sync shop"}},
        PauseRow{"ArgoOnLiveOnly", kArgoManual, {drifted(".spec.syncPolicy.automated", std::nullopt, "{}")}, {}}, PauseRow{"AnotherApplication", kOtherApplication, {}, {}}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
