// What takes findings away again: ignore rules, unstable renders; what a dry-run could still say; older images.
#include "gitops/diff/compare.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

json yaml(const std::string& text) { return parse_yaml(text, "test.yaml")->at(0); }
json config_map(const std::string& data) { return yaml("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: shop}, data: " + data + "}"); }

json managed(const std::string& manager, const std::string& operation, const std::string& fields) {
  return {{"manager", manager}, {"operation", operation}, {"apiVersion", "v1"}, {"time", "2026-05-01T10:00:00Z"}, {"fieldsV1", json::parse(fields)}};
}

IgnoreRule rule_for(const std::string& path) {
  IgnoreRule rule;
  rule.paths = {path};
  return rule;
}

class Rules : public testing::Test {
 protected:
  Rules() : redactor("key") { context.redactor = &redactor; }
  ObjectDrift run(const json& desired, const json& live) {
    const auto drift = compare(&desired, &live, nullptr, nullptr, context);
    const CompiledRules compiled(context.ignore);
    context.compiled = &compiled;
    EXPECT_EQ(compare(&desired, &live, nullptr, nullptr, context), drift) << "compiled rules differ";
    context.compiled = nullptr;
    return drift;
  }
  static std::vector<std::string> paths(const ObjectDrift& drift) {
    std::vector<std::string> all;
    for (const auto& field : drift.fields) all.push_back(fmt::format("{} {}", to_string(field.op), field.path));
    return all;
  }
  Redactor redactor;
  CompareContext context;
};

TEST_F(Rules, HitsAreCountedByRule) {
  const auto desired = config_map("{a: \"1\", b: \"1\", c: \"1\", d: \"1\"}");
  const auto live = config_map("{a: \"2\", b: \"2\", c: \"2\", d: \"2\"}");
  context.ignore = {rule_for(".other"), rule_for(".data.a"), rule_for(".data.*")};
  const auto drift = run(desired, live);
  EXPECT_EQ(drift.verdict, Verdict::Synced);
  EXPECT_THAT(drift.hits, ElementsAre(RuleHit{1, 1, false}, RuleHit{2, 3, false}));
  EXPECT_THAT(drift.notes, ElementsAre("ignored-by-rule"));
  EXPECT_FALSE(drifted(desired, live, context));
}

TEST_F(Rules, ARuleThatRanOutHidesNothingAndSaysWhatItHid) {
  const auto desired = config_map("{a: \"1\", b: \"1\"}");
  const auto live = config_map("{a: \"2\", b: \"2\"}");
  context.ignore = {rule_for(".data"), rule_for(".data.a")};
  context.ignore[0].until = WallTime{std::chrono::hours(10)};
  context.now = WallTime{std::chrono::hours(10)};
  const auto drift = run(desired, live);
  EXPECT_THAT(paths(drift), ElementsAre("changed .data.b"));
  EXPECT_THAT(drift.hits, ElementsAre(RuleHit{0, 2, true}, RuleHit{1, 1, false}));
  EXPECT_THAT(drift.notes, ElementsAre("ignore-rule-expired", "ignored-by-rule"));
  context.now -= std::chrono::seconds(1);
  EXPECT_THAT(run(desired, live).hits, ElementsAre(RuleHit{0, 2, false}));
}

TEST_F(Rules, TheAnnotationCountsAsARuleOfItsOwn) {
  auto desired = config_map("{a: \"1\"}");
  desired["metadata"]["annotations"] = {{"driftwarden.io/ignore", ".data, .metadata.annotations"}};
  EXPECT_THAT(run(desired, config_map("{a: \"2\"}")).hits, Contains(RuleHit{kAnnotationRule, 2, false}));
}

TEST_F(Rules, WithoutPathsTheManagersSayWhatIsIgnored) {
  auto live = config_map("{a: \"2\", b: \"2\"}");
  live["metadata"]["managedFields"] =
      json::array({managed("keda-operator", "Update", R"({"f:data":{"f:a":{}}})"), managed("kubectl-edit", "Update", R"({"f:data":{"f:b":{}}})")});
  IgnoreRule rule;
  rule.managers = {"keda-*"};
  context.ignore = {rule};
  EXPECT_THAT(paths(run(config_map("{a: \"1\", b: \"1\"}"), live)), ElementsAre("changed .data.b"));
  context.ignore[0].managers.clear();
  EXPECT_EQ(run(config_map("{a: \"1\", b: \"1\"}"), live).fields.size(), 2U) << "a rule that says nothing hides nothing";
}

TEST_F(Rules, StringDataIsFoundUnderItsOwnName) {
  const auto desired = yaml("{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: one, b: two}}");
  const auto live = yaml("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: eA==, b: eA==}}");
  context.ignore = {rule_for(".stringData.a")};
  EXPECT_THAT(paths(run(desired, live)), ElementsAre("changed .data.b"));
}

TEST_F(Rules, UnstablePathsAreNoDrift) {
  const auto desired = config_map("{a: \"1\", b: \"1\"}");
  const auto live = config_map("{a: \"2\", b: \"2\"}");
  const std::vector<std::string> unstable{".data.a"};
  context.unstable = &unstable;
  EXPECT_THAT(paths(run(desired, live)), ElementsAre("changed .data.b"));
  EXPECT_THAT(run(desired, live).notes, ElementsAre("render-unstable"));
  EXPECT_THAT(run(desired, desired).notes, IsEmpty()) << "nothing differs";
  const std::vector<std::string> whole{""};
  context.unstable = &whole;
  EXPECT_EQ(run(desired, live).verdict, Verdict::Synced);
  EXPECT_FALSE(drifted(desired, live, context));
  const auto missing = compare(&desired, nullptr, nullptr, nullptr, context);
  EXPECT_EQ(missing.verdict, Verdict::Synced);
  EXPECT_THAT(missing.notes, ElementsAre("render-unstable"));
  const std::vector<std::string> none;
  context.unstable = &none;
  EXPECT_EQ(compare(&desired, nullptr, nullptr, nullptr, context).verdict, Verdict::Missing);
}

TEST_F(Rules, UnstablePathsNameElementsOfAnyList) {
  const auto pod = [](const std::string& port, const std::string& value) {
    return yaml("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, ports: [{containerPort: 1, hostPort: " + port +
                "}], env: [{name: X, value: " + value + "}]}]}}");
  };
  const std::vector<std::string> unstable{R"(.spec.containers[name="a"].env[name="X"].value)", R"(.spec.containers[name="a"].ports[0].hostPort)"};
  EXPECT_EQ(run(pod("7", "one1"), pod("8", "two2")).fields.size(), 2U);
  context.unstable = &unstable;
  EXPECT_THAT(paths(run(pod("7", "one1"), pod("8", "two2"))), IsEmpty());
}

TEST_F(Rules, ADryRunIsWantedForWhatItCanTakeBackOnly) {
  EXPECT_EQ(run(config_map("{a: \"1\"}"), config_map("{a: \"1\"}")).confirmation, Confirmation::NotNeeded);
  EXPECT_EQ(run(config_map("{a: \"1\"}"), config_map("{a: \"2\"}")).confirmation, Confirmation::Wanted);
  auto added = config_map("{a: \"1\", b: \"2\"}");
  added["metadata"]["managedFields"] = json::array({managed("kubectl-edit", "Update", R"({"f:data":{"f:b":{}}})")});
  const auto drift = run(config_map("{a: \"1\"}"), added);
  EXPECT_EQ(drift.verdict, Verdict::OutOfSync);
  EXPECT_EQ(drift.confirmation, Confirmation::NotNeeded);
  context.ignore = {rule_for(".data.a")};
  EXPECT_EQ(run(config_map("{a: \"1\"}"), config_map("{a: \"2\"}")).confirmation, Confirmation::NotNeeded) << "hidden: nothing left to ask";
}

class Doubt : public Rules {
 protected:
  /// Helm 3 writes by Update: a zero that live lacks may have been dropped by the server, or by somebody.
  Doubt() : desired(yaml("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {automountServiceAccountToken: false}}")) {
    live = desired;
    live["spec"].erase("automountServiceAccountToken");
    live["metadata"]["managedFields"] = json::array({managed("helm", "Update", R"({"f:spec":{}})")});
  }
  json desired;
  json live;
};

TEST_F(Doubt, OnlyTheServerKnows) {
  const auto drift = run(desired, live);
  EXPECT_EQ(drift.verdict, Verdict::Synced);
  EXPECT_EQ(drift.confirmation, Confirmation::Doubtful);
  DryRun planned{200, std::make_shared<const json>(live), ""};
  EXPECT_EQ(compare(&desired, &live, nullptr, &planned, context).verdict, Verdict::Synced);
  planned.object = std::make_shared<const json>(desired);
  EXPECT_THAT(paths(compare(&desired, &live, nullptr, &planned, context)), ElementsAre("removed .spec.automountServiceAccountToken"));
}

TEST_F(Doubt, IsNotedWhenTheServerCannotTell) {
  const DryRun forbidden{403, nullptr, ""};
  EXPECT_THAT(compare(&desired, &live, nullptr, &forbidden, context).notes, ElementsAre("unconfirmed"));
  const DryRun failed{500, nullptr, ""};
  EXPECT_THAT(compare(&desired, &live, nullptr, &failed, context).notes, ElementsAre("dry-run-failed"));
}

TEST_F(Doubt, IsCoveredByRulesToo) {
  context.ignore = {rule_for(".spec.automountServiceAccountToken")};
  const auto drift = run(desired, live);
  EXPECT_EQ(drift.confirmation, Confirmation::NotNeeded);
  EXPECT_THAT(drift.hits, IsEmpty()) << "whether it hid anything, nobody knows";
  const DryRun planned{200, std::make_shared<const json>(desired), ""};
  EXPECT_EQ(compare(&desired, &live, nullptr, &planned, context).verdict, Verdict::Synced);
}

TEST_F(Rules, WithoutASchemaOnlyAnAnswerOfTheServerMakesItSynced) {
  const auto thing = yaml("{apiVersion: x.io/v1, kind: Thing, metadata: {name: a}, spec: {a: 1}}");
  const auto local = run(thing, thing);
  EXPECT_EQ(local.verdict, Verdict::Unknown);
  EXPECT_EQ(local.confirmation, Confirmation::Doubtful);
  const DryRun planned{200, std::make_shared<const json>(thing), ""};
  EXPECT_EQ(compare(&thing, &thing, nullptr, &planned, context).verdict, Verdict::Synced);
  for (const unsigned status : {403U, 422U, 500U}) {
    const DryRun failed{status, nullptr, ""};
    EXPECT_EQ(compare(&thing, &thing, nullptr, &failed, context).verdict, Verdict::Unknown) << "a failed call is never Synced";
  }
}

json pod_with(const std::string& image, const std::string& manager) {
  auto pod = yaml("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, image: \"" + image + "\"}]}}");
  pod["metadata"]["managedFields"] =
      json::array({managed(manager, manager == "driftwarden" ? "Apply" : "Update", R"({"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{"f:image":{}}}}})")});
  return pod;
}

TEST_F(Rules, AnOlderImagePutThereByHandIsARollback) {
  EXPECT_THAT(run(pod_with("r/a:1.3.0", "driftwarden"), pod_with("r/a:1.2.0", "kubectl-set")).notes, ElementsAre("rolled-back"));
  EXPECT_THAT(run(pod_with("r/a:1.3.0", "driftwarden"), pod_with("r/a:1.4.0", "kubectl-set")).notes, IsEmpty()) << "newer";
  EXPECT_THAT(run(pod_with("r/a:1.3.0", "driftwarden"), pod_with("r/a:1.2.0", "driftwarden")).notes, IsEmpty()) << "Git moved on";
  EXPECT_THAT(run(pod_with("r/a:1.3.0", "driftwarden"), pod_with("r/b:1.2.0", "kubectl-set")).notes, IsEmpty()) << "another image";
  EXPECT_THAT(run(pod_with("r/a:x", "driftwarden"), pod_with("r/a:y", "kubectl-set")).notes, IsEmpty()) << "can't be told";
}

TEST_F(Rules, OnlyContainersHaveImages) {
  const auto map = [](const std::string& image) { return config_map("{image: \"" + image + "\"}"); };
  auto live = map("r/a:1.2.0");
  live["metadata"]["managedFields"] = json::array({managed("kubectl-edit", "Update", R"({"f:data":{"f:image":{}}})")});
  const auto drift = run(map("r/a:1.3.0"), live);
  EXPECT_EQ(drift.fields.size(), 1U);
  EXPECT_THAT(drift.notes, Not(Contains("rolled-back")));
}

}  // namespace
}  // namespace driftwarden
