#include "gitops/diff/compare.hpp"
#include "tests/support/golden.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

const Schemas& server_schemas() {
  static const auto schemas = load_openapi_directory(std::string(DRIFTWARDEN_SOURCE_DIR) + "/tests/golden/drift-cases/openapi");
  return **schemas;
}

json yaml(const std::string& text) { return parse_yaml(text, "test.yaml")->at(0); }

TEST(ForDryRun, FieldsThatTheServerDoesNotKnowAreLeftOut) {
  const auto desired = yaml(R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {a: b}}
spec:
  replicas: 2
  repilcas: 3
  template:
    metadata: {creationTimestamp: null, labels: {any: name}}
    spec:
      nodeSelector: {any: name}
      containers:
      - name: app
        image: a:1
        imagePulPolicy: Always
        resources: {limits: {cpu: 1, any.io/name: 2}}
extra: {a: 1}
status: {replicas: 1}
)");
  EXPECT_EQ(for_dry_run(desired, &server_schemas()), yaml(R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {a: b}}
spec:
  replicas: 2
  template:
    metadata: {labels: {any: name}}
    spec:
      nodeSelector: {any: name}
      containers:
      - name: app
        image: a:1
        resources: {limits: {cpu: 1, any.io/name: 2}}
)"));
}

TEST(ForDryRun, CustomKindsByTheirOwnSchema) {
  const auto desired =
      yaml("{apiVersion: net.example.test/v1, kind: MeshGateway, metadata: {name: g}, spec: {bogus: 1, idle: 24h, listeners: [{port: 80, bogus: 1}]}}");
  EXPECT_EQ(for_dry_run(desired, &server_schemas())["spec"], yaml("{idle: 24h, listeners: [{port: 80}]}"));
}

TEST(ForDryRun, TheBuiltInTableProvesNothing) {
  const auto desired = yaml("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {aFieldOfTomorrow: 1}}");
  EXPECT_EQ(for_dry_run(desired, &built_in_schemas()), desired);
  EXPECT_EQ(for_dry_run(desired, nullptr), desired);
  const auto custom = yaml("{apiVersion: unknown.io/v1, kind: Thing, metadata: {name: p}, spec: {a: 1}}");
  EXPECT_EQ(for_dry_run(custom, &server_schemas()), custom);
}

TEST(ForDryRun, MetadataOfTheServerIsLeftOut) {
  const auto desired = yaml(
      "{apiVersion: v1, kind: Namespace, metadata: {name: n, namespace: wrong, creationTimestamp: null, uid: x, resourceVersion: '7', "
      "generation: 3, managedFields: [], labels: null, annotations: {a: b}}}");
  EXPECT_EQ(for_dry_run(desired, nullptr), yaml("{apiVersion: v1, kind: Namespace, metadata: {name: n, annotations: {a: b}}}"));
}

TEST(ForDryRun, SurvivesNonsense) {
  for (const auto* text :
       {"null", "1", "[]", "{}", R"({"metadata":1})", R"({"apiVersion":1,"kind":[],"spec":"x"})", R"({"apiVersion":"v1","kind":"Pod","spec":[1]})"}) {
    EXPECT_NO_THROW(for_dry_run(json::parse(text), &server_schemas())) << text;
  }
}

}  // namespace
}  // namespace driftwarden
