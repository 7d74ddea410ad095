#include "bot/deploy/argo_opinion.hpp"
#include "gitops/base/text.hpp"
#include "tests/unit/bot/deploy/argo_fixture.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

FoundApp found_of(const std::string& change, const std::string& windows = "[]") {
  const ArgoGround world;
  const auto found = world.find({changed(argo_application(), parse_yaml(change, "x").value().front()), argo_project(windows)}, parse_time("2026-11-22T10:00:00Z").value());
  return found.empty() ? FoundApp{} : found.front();
}

TEST(ArgoOpinion, OfASyncedOne) {
  const auto opinion = found_of("{}").opinion;
  EXPECT_EQ(opinion.by, "Argo CD");
  EXPECT_EQ(opinion.state, AppState::Synced);
  EXPECT_EQ(opinion.health, "Healthy");
  EXPECT_EQ(opinion.revision, kArgoCommit);
  EXPECT_EQ(opinion.message + opinion.operation + opinion.waits_for, "");
  EXPECT_FALSE(opinion.paused);
}

TEST(ArgoOpinion, WhatIsComparedWithIsNotInForce) {
  EXPECT_EQ(found_of("status: {sync: {status: OutOfSync}}").opinion.revision, "");
  const auto opinion = found_of("status: {sync: {status: OutOfSync}, operationState: {phase: Succeeded, syncResult: {revision: '1111111'}}}").opinion;
  EXPECT_EQ(opinion.revision, "1111111");
  EXPECT_EQ(opinion.state, AppState::OutOfSync);
  EXPECT_EQ(found_of("status: {sync: {status: Unknown}}").opinion.state, AppState::Unknown);
  EXPECT_EQ(found_of("status: null").opinion.state, AppState::Unknown);
}

TEST(ArgoOpinion, WhatItComplainsOf) {
  EXPECT_EQ(found_of("status: {conditions: [{type: ComparisonError, message: 'no such path'}, {type: SyncError, message: \"b\\nc\"}]}").opinion.message, "no such path; b c");
  EXPECT_EQ(found_of("status: {operationState: {phase: Failed, message: 'immutable field'}}").opinion.message, "immutable field");
  EXPECT_EQ(found_of("status: {health: {status: Degraded, message: '1 of 3'}}").opinion.message, "1 of 3");
  EXPECT_LE(found_of("status: {health: {status: Degraded, message: '" + std::string(5'000, 'x') + "'}}").opinion.message.size(), 600U);
}

TEST(ArgoOpinion, WhatItDoesAndWaitsFor) {
  EXPECT_EQ(found_of("status: {operationState: {phase: Running, startedAt: '2026-11-22T12:01:02Z', operation: {sync: {revision: 4f2c81aa}}}}").opinion.operation, "syncing 4f2c81a since 12:01");
  EXPECT_EQ(found_of("operation: {sync: {}}").opinion.operation, "waiting to be synced");
  EXPECT_EQ(found_of("{}", "[{kind: deny, schedule: '0 8 * * *', duration: 4h, applications: ['*']}]").opinion.waits_for,
            "the deny window \"0 8 * * *\" (4h, UTC) is active; it opens at 2026-11-22T12:00:00Z");
  const std::string lets_people = "[{kind: deny, schedule: '0 8 * * *', duration: 4h, applications: ['*'], manualSync: true}]";
  EXPECT_NE(found_of("{}", lets_people).opinion.waits_for, "") << "it syncs by itself, and may not";
  EXPECT_EQ(found_of("spec: {syncPolicy: {automated: null}}", lets_people).opinion.waits_for, "") << "people sync it, and may";
}

TEST(ArgoOpinion, AWindowInAZone) {
  const auto berlin = found_of("{}", "[{kind: deny, schedule: '0 10 * * *', duration: 2h, timeZone: Europe/Berlin, applications: ['*']}]").opinion.waits_for;
  const auto offset = system_zone_offset();
  if (!offset("Europe/Berlin", parse_time("2026-11-22T10:00:00Z").value())) GTEST_SKIP() << "no time zones here";
  EXPECT_NE(berlin.find("opens at 2026-11-22T11:00:00Z"), std::string::npos) << berlin;
  EXPECT_FALSE(offset("../../etc/passwd", {}));
  EXPECT_FALSE(offset("/etc/passwd", {}));
  EXPECT_FALSE(offset("Mars/Olympus", {}));
}

TEST(ArgoPause, IsWhatSomebodySwitchedOff) {
  EXPECT_FALSE(found_of("{}").pause);
  const auto never = found_of("spec: {syncPolicy: {automated: null}}");
  EXPECT_FALSE(never.pause) << "it was never automated";
  EXPECT_TRUE(never.opinion.paused);
  const auto off = found_of(R"(
spec: {syncPolicy: {automated: {enabled: false}}}
metadata:
  managedFields:
    - {manager: argocd-application-controller, time: "2026-11-01T00:00:00Z", fieldsV1: {"f:status": {}}}
    - {manager: kubectl-edit, time: "2026-11-20T08:00:00Z", fieldsV1: {"f:spec": {"f:syncPolicy": {"f:automated": {"f:enabled": {}}}}}}
)").pause;
  ASSERT_TRUE(off);
  EXPECT_EQ(off->what, "Argo CD's Application argocd/checkout has its auto-sync switched off");
  EXPECT_EQ(off->who, "kubectl-edit");
  EXPECT_EQ(off->since, parse_time("2026-11-20T08:00:00Z").value());
  const auto skipped = found_of("metadata: {annotations: {argocd.argoproj.io/skip-reconcile: 'true'}}").pause;
  ASSERT_TRUE(skipped);
  EXPECT_EQ(skipped->who, "");
  EXPECT_FALSE(skipped->since);
}

}  // namespace
}  // namespace driftwarden
