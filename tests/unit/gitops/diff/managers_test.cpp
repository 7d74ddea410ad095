#include "gitops/diff/compare.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

TEST(ManagerClasses, AreAsTheReferenceLists) {
  for (const auto* manager : {"driftwarden", "argocd-controller", "kustomize-controller", "helm-controller", "helm", "fleetagent", "kapp-controller"}) {
    EXPECT_EQ(classify_manager(manager), ManagerClass::Applier) << manager;
  }
  for (const auto* manager : {"kubectl", "kubectl-edit", "oc", "oc-patch", "k9s", "node-fetch", "Lens 6", "OpenLens", "headlamp-x", "Mozilla", "dashboard",
                              "curl", "python-requests"}) {
    EXPECT_EQ(classify_manager(manager), ManagerClass::Person) << manager;
  }
  for (const auto* manager : {"kube-controller-manager", "cainjector", "k9s-operator", "", "kubectlx", "helmfile", "ocx", "lens"}) {
    EXPECT_EQ(classify_manager(manager), ManagerClass::Controller) << manager;
  }
}

TEST(ManagerClasses, AreGlobsThatCanBeConfigured) {
  auto classes = ManagerClasses::defaults();
  classes.appliers.emplace_back("deploy-?");
  classes.people.emplace_back("*-console");
  classes.people.emplace_back("");
  EXPECT_EQ(classes.of("deploy-1"), ManagerClass::Applier);
  EXPECT_EQ(classes.of("deploy-12"), ManagerClass::Controller);
  EXPECT_EQ(classes.of("web-console"), ManagerClass::Person);
  EXPECT_EQ(classes.of("kubectl-edit"), ManagerClass::Person);
  EXPECT_EQ(classes.of(""), ManagerClass::Controller);
}

/// The same edit is drift or a note, depending on whose tool it was.
TEST(ManagerClasses, DecideWhatAnAdditionIs) {
  const auto desired = json::parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1"}})");
  const auto live = json::parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","managedFields":[
    {"manager":"web-console","operation":"Update","apiVersion":"v1","fieldsV1":{"f:data":{"f:y":{}}}}]},"data":{"x":"1","y":"2"}})");
  const Redactor redactor("key");
  CompareContext context;
  context.redactor = &redactor;
  EXPECT_EQ(compare(&desired, &live, nullptr, nullptr, context).verdict, Verdict::Synced);
  auto classes = ManagerClasses::defaults();
  classes.people.emplace_back("*-console");
  context.managers = &classes;
  const auto drift = compare(&desired, &live, nullptr, nullptr, context);
  ASSERT_EQ(drift.fields.size(), 1U);
  EXPECT_EQ(drift.fields[0].by, "web-console");
  EXPECT_TRUE(drifted(desired, live, context));
  classes.appliers.emplace_back("web-*");
  EXPECT_EQ(compare(&desired, &live, nullptr, nullptr, context).verdict, Verdict::Synced) << "an applier by Update says by last-applied what it wants";
}

class ManagerAt : public testing::Test {
 protected:
  std::string at(const std::string& path) const { return manager_at(live_, path, ManagerClasses::defaults()); }
  static json entry(const std::string& manager, const std::string& time, const std::string& fields) {
    return {{"manager", manager}, {"operation", "Update"}, {"apiVersion", "v1"}, {"time", time}, {"fieldsV1", json::parse(fields)}};
  }
  json live_ = {
      {"apiVersion", "v1"},
      {"kind", "Secret"},
      {"metadata",
       {{"name", "a"},
        {"managedFields",
         {entry("driftwarden", "2026-01-05T00:00:00Z", R"({"f:data":{".":{},"f:x":{}},"f:stringData":{"f:s":{}},"f:spec":{"f:command":{}}})"),
          entry("some-controller", "2026-01-03T00:00:00Z", R"({"f:data":{"f:x":{},"f:y":{}},"f:metadata":{"f:labels":{"f:a.b/c":{}}}})"),
          entry("other-controller", "2026-01-04T00:00:00Z", R"({"f:data":{"f:y":{}}})"),
          entry(
              "kubectl-edit", "2026-01-01T00:00:00Z",
              R"({"f:data":{"f:x":{}},"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{}}},"f:finalizers":{"v:\"hold\"":{}}}})")}}}}};
};

TEST_F(ManagerAt, PeopleBeforeControllersBeforeAppliers) {
  EXPECT_EQ(at(".data.x"), "kubectl-edit");
  EXPECT_EQ(at(".data.y"), "other-controller") << "the latest of two";
  EXPECT_EQ(at(".data.s"), "driftwarden") << "owned as stringData";
  EXPECT_EQ(at(".data.none"), "");
}

TEST_F(ManagerAt, ReadsEveryKindOfStep) {
  EXPECT_EQ(at(R"(.metadata.labels["a.b/c"])"), "some-controller");
  EXPECT_EQ(at(R"(.spec.ports[port=80,protocol="TCP"].name)"), "kubectl-edit");
  EXPECT_EQ(at(R"(.spec.ports[port=81,protocol="TCP"].name)"), "");
  EXPECT_EQ(at(R"(.spec.finalizers[="hold"])"), "kubectl-edit");
  EXPECT_EQ(at(".spec.command[1]"), "driftwarden") << "whoever owns a list as a whole owns its elements";
}

TEST_F(ManagerAt, SurvivesNonsense) {
  for (const auto* path : {"", "data", ".data[", ".spec.ports[port=]", "..", R"(["x)"}) EXPECT_EQ(at(path), "") << path;
  EXPECT_EQ(manager_at(json(), ".a", ManagerClasses::defaults()), "");
  EXPECT_EQ(manager_at(json{{"metadata", 1}}, ".a", ManagerClasses::defaults()), "");
}

}  // namespace
}  // namespace driftwarden
