#include "gitops/diff/compare.hpp"
#include "gitops/diff/inputs.hpp"
#include "tests/support/golden.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

json yaml(const std::string& text) { return parse_yaml(text, "test.yaml")->at(0); }

json managed(const std::string& manager, const std::string& operation, const std::string& api_version, const std::string& fields) {
  return {{"manager", manager}, {"operation", operation}, {"apiVersion", api_version}, {"time", "2026-05-01T10:00:00Z"}, {"fieldsV1", json::parse(fields)}};
}

class Compare : public testing::Test {
 protected:
  Compare() : redactor("key") { context.redactor = &redactor; }
  ObjectDrift run(const json& desired, const json& live) {
    return compare(desired.is_null() ? nullptr : &desired, live.is_null() ? nullptr : &live, last.is_null() ? nullptr : &last, nullptr, context);
  }
  static std::vector<std::string> paths(const ObjectDrift& drift) {
    std::vector<std::string> all;
    for (const auto& field : drift.fields) all.push_back(fmt::format("{} {}", to_string(field.op), field.path));
    return all;
  }
  Redactor redactor;
  CompareContext context;
  json last;
};

json config_map(const std::string& data) { return yaml("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: shop}, data: " + data + "}"); }

TEST_F(Compare, ShowsValuesOwnerAndTime) {
  auto live = config_map("{a: \"2\"}");
  live["metadata"]["managedFields"] = json::array({managed("kubectl-edit", "Update", "v1", R"({"f:data":{"f:a":{}}})")});
  const auto drift = run(config_map("{a: \"1\"}"), live);
  ASSERT_EQ(drift.fields.size(), 1U);
  EXPECT_EQ(drift.fields[0].desired, "\"1\"");
  EXPECT_EQ(drift.fields[0].live, "\"2\"");
  EXPECT_EQ(drift.fields[0].by, "kubectl-edit");
  EXPECT_TRUE(drift.fields[0].time);
}

TEST_F(Compare, ValuesOfSensitiveKeysAreDigests) {
  const auto drift = run(config_map("{api_token: one, mode: on_}"), config_map("{api_token: two, mode: off_}"));
  ASSERT_EQ(drift.fields.size(), 2U);
  EXPECT_THAT(*drift.fields[0].live, HasSubstr("hmac:"));
  EXPECT_EQ(*drift.fields[1].live, "\"off_\"");
}

TEST_F(Compare, NothingOfASecretIsShown) {
  const auto desired = yaml("{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {p: geheim, q: hidden}}");
  auto live = yaml("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {p: ZWRpdGVk, r: bW9yZQ==}}");
  live["metadata"]["managedFields"] = json::array({managed("kubectl-edit", "Update", "v1", R"({"f:data":{"f:p":{},"f:r":{}}})")});
  std::string all;
  for (const auto& field : run(desired, live).fields) all += field.path + " " + field.desired.value_or("") + " " + field.live.value_or("") + "\n";
  EXPECT_THAT(all, Not(testing::AnyOf(HasSubstr("geheim"), HasSubstr("Z2VoZWlt"), HasSubstr("edited"), HasSubstr("ZWRpdGVk"), HasSubstr("bW9yZQ"))));
  EXPECT_THAT(all, testing::AllOf(HasSubstr(".data.p \"hmac"), HasSubstr(".data.q"), HasSubstr(".data.r"))) << all;
}

TEST_F(Compare, EnvironmentVariablesWithSensitiveNamesAreDigests) {
  const auto pod = [](const std::string& value) {
    return yaml("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, env: [{name: DB_PASSWORD, value: " + value + "}]}]}}");
  };
  const auto drift = run(pod("one1"), pod("two2"));
  ASSERT_EQ(drift.fields.size(), 1U);
  EXPECT_THAT(*drift.fields[0].live, testing::AllOf(HasSubstr("hmac:"), Not(HasSubstr("two2"))));
  const auto missing = run(pod("one1"), yaml("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a}]}}"));
  ASSERT_EQ(missing.fields.size(), 1U);
  EXPECT_THAT(*missing.fields[0].desired, Not(HasSubstr("one1")));
}

TEST_F(Compare, VerdictsWithoutOneSide) {
  EXPECT_EQ(run(config_map("{}"), nullptr).verdict, Verdict::Missing);
  EXPECT_EQ(run(nullptr, config_map("{}")).verdict, Verdict::Untracked);
  EXPECT_EQ(run(nullptr, nullptr).verdict, Verdict::Unknown);
  auto tracked = config_map("{}");
  tracked["metadata"]["annotations"] = {{"driftwarden.io/tracking", "shop:/ConfigMap:shop/a"}};
  EXPECT_EQ(run(nullptr, tracked).verdict, Verdict::Extra);
  context.app = "other";
  EXPECT_EQ(run(nullptr, tracked).verdict, Verdict::Untracked);
  context.app = "shop";
  tracked["metadata"]["ownerReferences"] = json::array({json{{"controller", true}}});
  EXPECT_EQ(run(nullptr, tracked).verdict, Verdict::Untracked);
  context.kind_served = false;
  EXPECT_EQ(run(config_map("{}"), config_map("{}")).verdict, Verdict::Unknown);
}

TEST_F(Compare, AnotherVersionOrNoSchemaIsNeverSynced) {
  auto live = config_map("{}");
  live["apiVersion"] = "v2";
  EXPECT_THAT(run(config_map("{}"), live).notes, ElementsAre("other-version"));
  const auto custom = yaml("{apiVersion: x.io/v1, kind: Thing, metadata: {name: a}, spec: {a: 1, list: [{b: 1}]}}");
  EXPECT_EQ(run(custom, custom).verdict, Verdict::Unknown);
  auto edited = custom;
  edited["spec"]["a"] = 2;
  EXPECT_EQ(run(custom, edited).verdict, Verdict::OutOfSync);
}

TEST_F(Compare, LastSyncedTellsCausesApart) {
  const auto desired = config_map("{a: new}");
  const auto live = config_map("{a: old}");
  EXPECT_EQ(run(desired, live).fields.at(0).cause, FieldCause::Unknown);
  last = config_map("{a: old}");
  EXPECT_EQ(run(desired, live).fields.at(0).cause, FieldCause::Git);
  last = config_map("{a: new}");
  EXPECT_EQ(run(desired, live).fields.at(0).cause, FieldCause::Live);
}

TEST_F(Compare, KeyedListsByKeyWhateverTheirPlace) {
  const auto service = [](const std::string& ports) { return yaml("{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: " + ports + "}}"); };
  EXPECT_THAT(paths(run(service("[{port: 1, name: a}, {port: 2, name: b}]"), service("[{port: 9}, {port: 1, name: a}, {port: 2, name: x}]"))),
              ElementsAre("changed .spec.ports[port=2,protocol=\"TCP\"].name"));
  EXPECT_THAT(paths(run(service("[{port: 1}, {port: 2}]"), service("[{port: 2}, {port: 1}]"))), ElementsAre("order .spec.ports"));
  EXPECT_THAT(paths(run(service("[{port: 1}, {port: 2}, {port: 3}]"), service("[{port: 1, protocol: TCP}]"))),
              ElementsAre("removed .spec.ports[port=2,protocol=\"TCP\"]", "removed .spec.ports[port=3,protocol=\"TCP\"]"));
  EXPECT_THAT(paths(run(service("[{port: 1, name: a}, {port: 1, name: b}]"), service("[{port: 1, name: a}, {port: 1, name: c}]"))),
              ElementsAre("changed .spec.ports[1].name"));
  EXPECT_THAT(paths(run(service("[{port: 1}, {port: 1}]"), service("[{port: 1}]"))), ElementsAre("changed .spec.ports"));
}

TEST_F(Compare, FreeAtomicMapsAreEqualAsAWhole) {
  const auto service = [](const std::string& selector) {
    return yaml("{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {selector: " + selector + "}}");
  };
  EXPECT_THAT(paths(run(service("{a: b}"), service("{a: b, c: d}"))), ElementsAre("changed .spec.selector"));
  EXPECT_THAT(paths(run(service("{a: b}"), service("{a: c}"))), ElementsAre("changed .spec.selector.a"));
}

TEST_F(Compare, EmptyMapValuesAreKeptByTheServer) {
  auto live = config_map("{b: x}");
  live["metadata"]["managedFields"] = json::array({managed("driftwarden", "Apply", "v1", R"({"f:data":{"f:b":{}}})")});
  EXPECT_THAT(paths(run(config_map("{a: \"\", b: x}"), live)), ElementsAre("removed .data.a"));
}

TEST_F(Compare, IgnoreRules) {
  const auto desired = config_map("{a: \"1\", b: \"1\"}");
  const auto live = config_map("{a: \"2\", b: \"2\"}");
  IgnoreRule rule;
  rule.paths = {".data.a"};
  context.ignore = {rule};
  EXPECT_THAT(paths(run(desired, live)), ElementsAre("changed .data.b"));
  EXPECT_THAT(run(desired, live).notes, ElementsAre("ignored-by-rule"));
  context.ignore[0].match.name = "other-*";
  EXPECT_EQ(run(desired, live).fields.size(), 2U);
  context.ignore[0].match.name = "a*";
  context.ignore[0].ops = {"added"};
  EXPECT_EQ(run(desired, live).fields.size(), 2U);
  context.ignore[0].ops = {};
  context.ignore[0].until = WallTime{std::chrono::hours(10)};
  context.now = WallTime{std::chrono::hours(11)};
  EXPECT_EQ(run(desired, live).fields.size(), 2U);
  EXPECT_THAT(run(desired, live).notes, ElementsAre("ignore-rule-expired"));
  context.ignore.clear();
  auto own = desired;
  own["metadata"]["annotations"] = {{"driftwarden.io/ignore", ".data.a,.data.b,.metadata.annotations"}};
  EXPECT_EQ(run(own, live).verdict, Verdict::Synced);
  own["metadata"]["annotations"] = {{"driftwarden.io/compare", "disabled"}};
  EXPECT_THAT(run(own, live).notes, ElementsAre("compare-disabled"));
  auto edited = live;
  edited["metadata"]["annotations"] = {{"driftwarden.io/ignore", ".data"}};
  EXPECT_EQ(run(desired, edited).fields.size(), 2U) << "only Git may say what is ignored";
}

TEST_F(Compare, ARuleForPartOfAnAddedMapCoversItWhenThatIsAll) {
  auto live = config_map("{a: \"1\"}");
  live["metadata"]["annotations"] = {{"x.io/a", "1"}, {"x.io/b", "2"}};
  live["metadata"]["managedFields"] =
      json::array({managed("kubectl-annotate", "Update", "v1", R"({"f:metadata":{"f:annotations":{".":{},"f:x.io/a":{},"f:x.io/b":{}}}})")});
  const auto desired = config_map("{a: \"1\"}");
  EXPECT_THAT(paths(run(desired, live)), ElementsAre("added .metadata.annotations"));
  IgnoreRule rule;
  rule.paths = {R"(.metadata.annotations["x.io/*"])"};
  context.ignore = {rule};
  EXPECT_THAT(paths(run(desired, live)), IsEmpty());
  live["metadata"]["annotations"]["other"] = "3";
  EXPECT_THAT(paths(run(desired, live)), ElementsAre("added .metadata.annotations"));
}

TEST_F(Compare, RulesCanBeSwitchedOff) {
  const auto desired = yaml("{apiVersion: apps/v1, kind: Deployment, metadata: {name: w}, spec: {replicas: 2}}");
  auto live = desired;
  live["spec"]["replicas"] = 7;
  auto entry = managed("kube-controller-manager", "Update", "apps/v1", R"({"f:spec":{"f:replicas":{}}})");
  entry["subresource"] = "scale";
  live["metadata"]["managedFields"] = json::array({entry});
  EXPECT_THAT(run(desired, live).notes, ElementsAre("autoscaled"));
  context.disabled_rules = {"autoscaled"};
  EXPECT_THAT(paths(run(desired, live)), ElementsAre("changed .spec.replicas"));
}

TEST_F(Compare, ReorderedMetricsOfAControllerAreNoDrift) {
  const auto scaler = [](const std::string& metrics) {
    return yaml("{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h}, spec: {metrics: [" + metrics + "]}}");
  };
  const std::string cpu = "{type: Resource, resource: {name: cpu}}";
  const std::string memory = "{type: Resource, resource: {name: memory}}";
  auto live = scaler(memory + ", " + cpu);
  live["metadata"]["managedFields"] = json::array({managed("some-controller", "Update", "autoscaling/v2", R"({"f:spec":{"f:metrics":{}}})")});
  EXPECT_THAT(run(scaler(cpu + ", " + memory), live).notes, ElementsAre("order-only"));
  live["metadata"]["managedFields"][0]["manager"] = "kubectl-edit";
  EXPECT_EQ(run(scaler(cpu + ", " + memory), live).verdict, Verdict::OutOfSync);
}

TEST_F(Compare, EncryptedInGitComparesNamesOnly) {
  auto desired = yaml("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: \"ENC[x]\", b: \"ENC[y]\"}, sops: {mac: m}}");
  const auto live = yaml("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: YWJj}}");
  const auto drift = run(desired, live);
  EXPECT_THAT(paths(drift), ElementsAre("removed .data.b"));
  EXPECT_THAT(drift.notes, testing::Contains("encrypted"));
}

TEST_F(Compare, TheDryRunHasTheLastWordOnWhatGitHolds) {
  const auto desired = config_map("{a: \"1\", b: \"1\"}");
  const auto live = config_map("{a: \"2\", b: \"2\"}");
  DryRun planned;
  planned.object = std::make_shared<const json>(config_map("{a: \"1\", b: \"2\"}"));
  EXPECT_THAT(paths(compare(&desired, &live, nullptr, &planned, context)), ElementsAre("changed .data.a"));
  const DryRun forbidden{403, nullptr, "may not patch"};
  EXPECT_THAT(compare(&desired, &live, nullptr, &forbidden, context).notes, ElementsAre("unconfirmed"));
  const DryRun failed{500, nullptr, "no"};
  EXPECT_EQ(compare(&desired, &live, nullptr, &failed, context).fields.size(), 2U);
  EXPECT_THAT(compare(&desired, &live, nullptr, &failed, context).notes, ElementsAre("dry-run-failed"));
}

TEST_F(Compare, DriftedSaysTheSameAsCompare) {
  const auto desired = config_map("{a: \"1\"}");
  EXPECT_FALSE(drifted(desired, desired, context));
  EXPECT_TRUE(drifted(desired, config_map("{a: \"2\"}"), context));
}

TEST(Inputs, AnswersAreChecked) {
  EXPECT_FALSE(read_dry_run(json::parse(R"({"object":{}})")));
  EXPECT_EQ(read_dry_run(json::parse(R"({"status":422,"error":{"message":"m"}})"))->message, "m");
  EXPECT_FALSE(load_openapi_directory("/nonexistent"));
}

/// Whatever stands where something else is expected: an answer, and no exception.
TEST_F(Compare, SurvivesNonsense) {
  unsigned seed = 7;
  const auto next = [&seed](std::size_t bound) { return (seed = seed * 1664525U + 1013904223U) / 65536U % static_cast<unsigned>(bound); };
  const std::vector<json> junk{nullptr, 1, "x", true, json::array(), json::object(), json::array({1, "a", nullptr}), json{{"name", 1}}};
  const auto mutate = [&](json& value) {
    auto* at = &value;
    for (int depth = 0; depth < 8 && at->is_structured() && !at->empty() && next(6) != 0; ++depth) {
      auto it = at->begin();
      std::advance(it, static_cast<std::ptrdiff_t>(next(at->size())));
      at = &*it;
    }
    *at = junk[next(junk.size())];
  };
  for (int number = 1; number <= 82; ++number) {
    const auto folder = fmt::format("tests/golden/drift-cases/case-{:02}/", number);
    const auto desired = parse_yaml(test::read_source_file(folder + "desired.yaml"), "d");
    const auto live = parse_yaml(test::read_source_file(folder + "live.json"), "l");
    if (desired->empty() || live->empty()) continue;
    for (int round = 0; round < 40; ++round) {
      auto d = desired->front();
      auto l = live->front();
      mutate(round % 2 == 0 ? d : l);
      mutate(round % 3 == 0 ? d : l);
      EXPECT_NO_THROW(run(d, l)) << d << l;
    }
  }
}

}  // namespace
}  // namespace driftwarden
