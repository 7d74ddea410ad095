// What the rules without a tool find: one row for each sentence, each seen from both sides.
#include "bot/gates/built_in.hpp"

#include "bot/config/gate_rules.hpp"
#include "bot/policy/findings.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

std::vector<Manifest> objects(const std::string& yaml) {
  auto parsed = parse_manifests(yaml, "app.yaml");
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  return parsed ? std::move(*parsed) : std::vector<Manifest>{};
}

/// A Deployment whose pods have this spec, with the rest as it should be.
std::string deployment(const std::string& pod, const std::string& name = "web", int replicas = 2) {
  return fmt::format("---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {0}, namespace: shop}}\nspec:\n  replicas: {1}\n  template:\n    metadata: {{labels: {{app: {0}, tier: front}}}}\n    spec: {2}\n", name, replicas, pod);
}
const std::string kResources = "resources: {requests: {cpu: 100m}, limits: {memory: 128Mi}}";
std::string container(const std::string& more, const std::string& image = "shop/web:1.4") { return fmt::format("{{containers: [{{name: web, image: \"{}\", {}{}{}}}]}}", image, kResources, more.empty() ? "" : ", ", more); }

std::vector<std::string> found(const std::string& yaml) {
  std::vector<std::string> lines;
  for (const auto& finding : built_in_findings({}, objects(yaml))) lines.push_back(finding.rule + " " + finding.object + " " + finding.path);
  return lines;
}

struct StateRow {
  std::string name;
  std::string yaml;
  std::vector<std::string> expected;
  friend void PrintTo(const StateRow& row, std::ostream* out) { *out << row.name; }
};
class StateRules : public testing::TestWithParam<StateRow> {};
TEST_P(StateRules, FindExactlyThis) { EXPECT_EQ(found(GetParam().yaml), GetParam().expected); }

const std::string kWeb = " Deployment shop/web .spec.template.spec.containers[web]";
const std::string kPod = " Deployment shop/web .spec.template.spec";

INSTANTIATE_TEST_SUITE_P(
    Pods, StateRules,
    testing::Values(
        StateRow{"AGoodOneHasNothing", deployment(container("")), {}},
        StateRow{"Latest", deployment(container("", "shop/web:latest")), {"floating-tag" + kWeb + ".image"}},
        StateRow{"NoTagIsLatest", deployment(container("", "registry:5000/shop/web")), {"floating-tag" + kWeb + ".image"}},
        StateRow{"ADigestPinsIt", deployment(container("", "shop/web:latest@sha256:" + std::string(64, 'a'))), {}},
        StateRow{"Privileged", deployment(container("securityContext: {privileged: true}")), {"privileged" + kWeb + ".securityContext.privileged"}},
        StateRow{"NotPrivileged", deployment(container("securityContext: {privileged: false}")), {}},
        StateRow{"EveryCapability", deployment(container("securityContext: {capabilities: {add: [ALL]}}")), {"privileged" + kWeb + ".securityContext.capabilities.add"}},
        StateRow{"CapSysAdminWithItsPrefix", deployment(container("securityContext: {capabilities: {add: [CAP_SYS_ADMIN]}}")), {"privileged" + kWeb + ".securityContext.capabilities.add"}},
        StateRow{"AnotherCapabilityIsFine", deployment(container("securityContext: {capabilities: {add: [NET_BIND_SERVICE], drop: [ALL]}}")), {}},
        StateRow{"HostNetwork", deployment("{hostNetwork: true, containers: [{name: web, image: \"a:1\", " + kResources + "}]}"), {"host-namespaces" + kPod + ".hostNetwork"}},
        StateRow{"HostPidAndIpc", deployment("{hostPID: true, hostIPC: true, containers: [{name: web, image: \"a:1\", " + kResources + "}]}"),
                 {"host-namespaces" + kPod + ".hostPID", "host-namespaces" + kPod + ".hostIPC"}},
        StateRow{"HostPath", deployment("{volumes: [{name: logs, hostPath: {path: /var/log}}], containers: [{name: web, image: \"a:1\", " + kResources + "}]}"), {"host-path" + kPod + ".volumes[logs].hostPath"}},
        StateRow{"EmptyDirIsFine", deployment("{volumes: [{name: logs, emptyDir: {}}], containers: [{name: web, image: \"a:1\", " + kResources + "}]}"), {}},
        StateRow{"APersistentVolumeOfANode", "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: data}\nspec: {hostPath: {path: /data}}\n", {"host-path PersistentVolume data .spec.hostPath"}},
        StateRow{"NoLimits", deployment("{containers: [{name: web, image: \"a:1\"}]}"), {"missing-limits" + kWeb + ".resources"}},
        StateRow{"LimitsStandInForRequests", deployment("{containers: [{name: web, image: \"a:1\", resources: {limits: {cpu: 1, memory: 1Gi}}}]}"), {}},
        StateRow{"ThePodsOwnResourcesCount", deployment("{resources: {limits: {cpu: 1, memory: 1Gi}}, containers: [{name: web, image: \"a:1\"}]}"), {}},
        StateRow{"AnInitContainerThatEndsNeedsNone", deployment("{initContainers: [{name: init, image: \"a:1\"}], containers: [{name: web, image: \"a:1\", " + kResources + "}]}"), {}},
        StateRow{"ASidecarDoes", deployment("{initContainers: [{name: side, image: \"a:1\", restartPolicy: Always}], containers: [{name: web, image: \"a:1\", " + kResources + "}]}"),
                 {"missing-limits" + kPod + ".initContainers[side].resources"}},
        StateRow{"AnInitContainersImageCounts", deployment("{initContainers: [{name: init, image: a}], containers: [{name: web, image: \"a:1\", " + kResources + "}]}"),
                 {"floating-tag" + kPod + ".initContainers[init].image"}},
        StateRow{"ALimitRangeGivesThem",
                 "apiVersion: v1\nkind: LimitRange\nmetadata: {name: usual, namespace: shop}\nspec: {limits: [{type: Container, default: {memory: 1Gi, cpu: 1}}]}\n" + deployment("{containers: [{name: web, image: \"a:1\"}]}"), {}},
        StateRow{"ALimitRangeElsewhereDoesNot",
                 "apiVersion: v1\nkind: LimitRange\nmetadata: {name: usual, namespace: cart}\nspec: {limits: [{type: Container, default: {memory: 1Gi, cpu: 1}}]}\n" + deployment("{containers: [{name: web, image: \"a:1\"}]}"),
                 {"missing-limits" + kWeb + ".resources"}},
        StateRow{"ACronJobsPods", "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: report, namespace: shop}\nspec: {jobTemplate: {spec: {template: {spec: {hostPID: true, containers: [{name: r, image: \"a:1\", " + kResources + "}]}}}}}\n",
                 {"host-namespaces CronJob shop/report .spec.jobTemplate.spec.template.spec.hostPID"}},
        StateRow{"ACustomKindWithAPodTemplate", "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web, namespace: shop}\nspec: {template: {spec: {containers: [{name: w, image: a, " + kResources + "}]}}}\n",
                 {"floating-tag Rollout shop/web .spec.template.spec.containers[w].image"}}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Secrets, StateRules,
    testing::Values(
        StateRow{"ASecretsData", "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: shop}\ndata: {token: aHVudGVyMg==}\n", {"plaintext-secret Secret shop/keys .data[token]"}},
        StateRow{"ASecretsText", "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: shop}\nstringData: {token: hunter2, empty: \"\"}\n", {"plaintext-secret Secret shop/keys .stringData[token]"}},
        StateRow{"EncryptedBySops", "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: shop}\ndata: {token: \"ENC[AES256_GCM,data:x]\"}\nsops: {mac: x}\n", {}},
        StateRow{"APlaceholderOfAVault", "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: shop}\nstringData: {token: \"<path:kv/data/shop#token>\"}\n", {}},
        StateRow{"APlaceholderThatIsEncoded", "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: shop}\ndata: {token: PHBhdGg6a3YvZGF0YS9zaG9wI3Rva2VuPg==}\n", {}},
        StateRow{"ASealedSecretIsNone", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: keys, namespace: shop}\nspec: {encryptedData: {token: AgBy}}\n", {}},
        StateRow{"AnEnvironmentsPassword", deployment(container("env: [{name: DB_PASSWORD, value: hunter2}]")), {"plaintext-secret" + kWeb + ".env[DB_PASSWORD].value"}},
        StateRow{"AReferenceIsNone", deployment(container("env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}, {name: TOKEN, value: $(OTHER)}]")), {}},
        StateRow{"ASwitchOrAPathIsNone", deployment(container("env: [{name: API_TOKEN, value: \"true\"}, {name: DB_PASSWORD, value: /run/secrets/db}]")), {}},
        StateRow{"AnArgument", deployment(container("args: [--port=80, --api-token=hunter2]")), {"plaintext-secret" + kWeb + ".args[1]"}},
        StateRow{"AnArgumentBehindItsFlag", deployment(container("args: [--password, hunter2, --password, --verbose]")), {"plaintext-secret" + kWeb + ".args[1]"}},
        StateRow{"AnAddressWithAPassword", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\ndata: {url: \"postgres://shop:hunter2@db/shop\", note: hello}\n", {"plaintext-secret ConfigMap shop/c .data[url]"}},
        StateRow{"AnAddressWithoutOne", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\ndata: {url: \"postgres://db/shop\"}\n", {}}),
    [](const auto& row) { return row.param.name; });

TEST(BuiltInRules, NoMessageHoldsAValue) {
  const auto all = built_in_findings({}, objects("apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: shop}\nstringData: {token: hunter2}\n" +
                                                 deployment(container("env: [{name: DB_PASSWORD, value: hunter2}], args: [--token=hunter2]"))));
  ASSERT_THAT(all, SizeIs(3));
  for (const auto& finding : all) {
    EXPECT_THAT(finding.message + finding.path, Not(HasSubstr("hunter2")));
    EXPECT_THAT(finding.message, HasSubstr("seal it")) << "says what to do";
  }
}

TEST(BuiltInRules, AreThoseThatTheConfigMayName) {
  std::vector<std::string_view> names;
  for (const auto& rule : built_in_rules()) names.push_back(rule.name);
  EXPECT_TRUE(std::ranges::equal(names, kBuiltInRules));
}

TEST(BuiltInRules, BlockWarnOrAreOffAsTheConfigHasIt) {
  const auto yaml = deployment("{containers: [{name: web, image: web}]}");
  GatesConfig config;
  auto all = built_in_findings(config, objects(yaml));
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_TRUE(all[0].blocks) << "floating-tag blocks by itself";
  EXPECT_FALSE(all[1].blocks) << "missing-limits is worth a word";
  config.built_in = {{"floating-tag", GateEffect::Warn}, {"missing-limits", GateEffect::Off}};
  all = built_in_findings(config, objects(yaml));
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_FALSE(all[0].blocks);
}

TEST(BuiltInRules, JudgeNothingWhenAllOfThemAreOff) {
  GatesConfig config;
  EXPECT_TRUE(judges_anything(config));
  for (const auto& rule : built_in_rules()) config.built_in[std::string(rule.name)] = GateEffect::Off;
  EXPECT_FALSE(judges_anything(config));
  config.tools.emplace_back();
  EXPECT_TRUE(judges_anything(config));
}

TEST(BuiltInRules, WhatWasThereBeforeIsCounted) {
  const auto before = objects(deployment(container("securityContext: {privileged: true}")));
  const auto after = objects(deployment(container("securityContext: {privileged: true}", "shop/web:1.5")) + deployment(container("securityContext: {privileged: true}"), "cart"));
  const auto result = judge_built_in({}, before, after);
  EXPECT_EQ(result.gate, "built-in");
  EXPECT_EQ(result.known, 1U);
  ASSERT_THAT(result.findings, SizeIs(1));
  EXPECT_EQ(result.findings[0].object, "Deployment shop/cart");
}

TEST(BuiltInRules, AnotherFloatingImageIsNew) {
  const auto result = judge_built_in({}, objects(deployment(container("", "shop/web:latest"))), objects(deployment(container("", "evil/web:latest"))));
  ASSERT_THAT(result.findings, SizeIs(1));
  EXPECT_THAT(result.findings[0].message, HasSubstr("evil/web has the tag latest"));
}

std::string budget(const std::string& spec, const std::string& name = "web") {
  return fmt::format("---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: {}, namespace: shop}}\nspec: {}\n", name, spec);
}
const std::string kKeeps = "{minAvailable: 1, selector: {matchLabels: {app: web}}}";

struct BudgetRow {
  std::string name;
  std::string before;
  std::string after;
  bool lost;
  friend void PrintTo(const BudgetRow& row, std::ostream* out) { *out << row.name; }
};
class RemovedBudgets : public testing::TestWithParam<BudgetRow> {};
TEST_P(RemovedBudgets, AreFound) {
  const auto result = judge_built_in({}, objects(GetParam().before), objects(GetParam().after));
  ASSERT_THAT(result.findings, SizeIs(GetParam().lost ? 1 : 0));
  if (!GetParam().lost) return;
  EXPECT_EQ(result.findings[0].rule, "removed-pdb");
  EXPECT_EQ(result.findings[0].object, "Deployment shop/web");
  EXPECT_THAT(result.findings[0].message, HasSubstr("PodDisruptionBudget shop/web"));
}
const std::string kWorkload = deployment(container(""));
INSTANTIATE_TEST_SUITE_P(
    All, RemovedBudgets,
    testing::Values(BudgetRow{"Gone", kWorkload + budget(kKeeps), kWorkload, true}, BudgetRow{"Kept", kWorkload + budget(kKeeps), kWorkload + budget(kKeeps), false},
                    BudgetRow{"GoneWithItsWorkload", kWorkload + budget(kKeeps), "", false}, BudgetRow{"NeverThere", kWorkload, kWorkload, false},
                    BudgetRow{"AnotherNameThatMatches", kWorkload + budget(kKeeps), kWorkload + budget(kKeeps, "other"), false},
                    BudgetRow{"MatchesOthersNow", kWorkload + budget(kKeeps), kWorkload + budget("{minAvailable: 1, selector: {matchLabels: {app: cart}}}"), true},
                    BudgetRow{"ThePodsAreLabelledOtherwise", kWorkload + budget("{minAvailable: 1, selector: {matchLabels: {tier: front}}}"), deployment(container("")) + budget("{minAvailable: 1, selector: {matchLabels: {tier: back}}}"), true},
                    BudgetRow{"ByExpressions", kWorkload + budget(kKeeps), kWorkload + budget("{maxUnavailable: 1, selector: {matchExpressions: [{key: app, operator: In, values: [web, cart]}, {key: x, operator: DoesNotExist}]}}"), false},
                    BudgetRow{"KeepsNothingAnyMore", kWorkload + budget(kKeeps), kWorkload + budget("{minAvailable: 0, selector: {matchLabels: {app: web}}}"), true},
                    BudgetRow{"LetsAllGo", kWorkload + budget(kKeeps), kWorkload + budget("{maxUnavailable: 100%, selector: {matchLabels: {app: web}}}"), true},
                    BudgetRow{"OfAllPods", kWorkload + budget(kKeeps), kWorkload + budget("{maxUnavailable: 1, selector: {}}"), false},
                    BudgetRow{"ScaledToNothing", kWorkload + budget(kKeeps), deployment(container(""), "web", 0), false}),
    [](const auto& row) { return row.param.name; });

TEST(BuiltInRules, OddObjectsAreNoTrouble) {
  EXPECT_THAT(found("apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec: {containers: [null, 3, {image: 7}], volumes: {a: b}}\n"), ElementsAre("missing-limits Pod shop/p .spec.containers[2].resources"));
  EXPECT_THAT(found("apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\ndata: [1]\nstringData: text\n"), IsEmpty());
}

}  // namespace
}  // namespace driftwarden
