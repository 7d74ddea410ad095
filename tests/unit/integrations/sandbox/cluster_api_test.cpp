#include "tests/unit/integrations/sandbox/cluster_support.hpp"

#include "integrations/sandbox/cluster/api_server.hpp"

namespace driftwarden::sandbox::cluster {
namespace {

struct RefusalRow {
  const char* name;
  const char* method;
  std::string path;
  Json body;
  unsigned status;
  const char* reason;
  const char* part;  ///< of the message
  friend void PrintTo(const RefusalRow& row, std::ostream* out) { *out << row.name; }
};
Json changed(Json object, const std::string& pointer, Json value) {
  object[Json::json_pointer(pointer)] = std::move(value);
  return object;
}
class Refusals : public testing::TestWithParam<RefusalRow> {};
TEST_P(Refusals, AreStatusObjects) {
  Api api;
  static_cast<void>(api.call("POST", kDeployments, deployment("shop")));
  const auto& row = GetParam();
  const auto answer = api.call(row.method, row.path, row.body, std::string_view(row.method) == "PATCH" ? "application/merge-patch+json" : "application/json");
  EXPECT_EQ(answer.status, row.status) << answer.body.dump();
  EXPECT_EQ(answer.body.value("kind", ""), "Status");
  EXPECT_EQ(answer.body.value("reason", ""), row.reason);
  EXPECT_NE(answer.body.value("message", "").find(row.part), std::string::npos) << answer.body.dump();
  EXPECT_EQ(answer.body.value("code", 0U), row.status);
}
INSTANTIATE_TEST_SUITE_P(
    Table, Refusals,
    testing::Values(
        RefusalRow{"Absent", "GET", kDeployments + "/nope", nullptr, 404, "NotFound", "deployments.apps \"nope\" not found"},
        RefusalRow{"Twice", "POST", kDeployments, deployment("shop"), 409, "AlreadyExists", "deployments.apps \"shop\" already exists"},
        RefusalRow{"BadName", "POST", kDeployments, deployment("Bad_Name"), 422, "Invalid", "a lowercase RFC 1123 subdomain"},
        RefusalRow{"NoNamespace", "POST", "/api/v1/namespaces/nope/configmaps", config_map("c", Json::object()), 404, "NotFound",
                   "namespaces \"nope\" not found"},
        RefusalRow{"OtherNamespace", "POST", kDeployments, changed(deployment("x"), "/metadata/namespace", "other"), 400, "BadRequest",
                   "does not match the namespace"},
        RefusalRow{"UnknownKind", "GET", "/api/v1/namespaces/default/nonsense", nullptr, 404, "NotFound", "could not find the requested resource"},
        RefusalRow{"WrongMethod", "POST", kDeployments + "/shop", Json::object(), 405, "MethodNotAllowed", "does not allow this method"},
        RefusalRow{"WrongType", "POST", kDeployments, changed(deployment("x"), "/spec/replicas", "two"), 400, "BadRequest", "cannot unmarshal string"},
        RefusalRow{"StrictField", "POST", kDeployments + "?fieldValidation=Strict", changed(deployment("x"), "/spec/foo", 1), 400, "BadRequest",
                   "unknown field \"spec.foo\""},
        RefusalRow{"SelectorMismatch", "POST", kDeployments, changed(deployment("x"), "/spec/selector/matchLabels/app", "y"), 422, "Invalid",
                   "does not match template"},
        RefusalRow{"ImmutableSelector", "PATCH", kDeployments + "/shop", Json{{"spec", {{"selector", {{"matchLabels", {{"app", "y"}}}}}}}}, 422, "Invalid",
                   "field is immutable"},
        RefusalRow{"StaleVersion", "PATCH", kDeployments + "/shop", Json{{"metadata", {{"resourceVersion", "1"}}}}, 409, "Conflict",
                   "the object has been modified"},
        RefusalRow{"BadFieldSelector", "GET", kDeployments + "?fieldSelector=spec.x=1", nullptr, 400, "BadRequest", "is not a known field selector"},
        RefusalRow{"BadDryRun", "POST", kConfigMaps + "?dryRun=Some", config_map("c", Json::object()), 422, "Invalid", "dryRun"},
        RefusalRow{"FutureVersion", "GET", kDeployments + "?resourceVersion=999999", nullptr, 504, "Timeout", "Too large resource version"}),
    [](const auto& row) { return row.param.name; });

TEST(Auth, AsksForTheTokenExceptForProbes) {
  Api api("secret");
  ApiRequest request;
  request.path = "/api";
  EXPECT_EQ(api.raw(request).status, 401U);
  request.authorization = "Bearer wrong";
  EXPECT_EQ(api.raw(request).status, 401U);
  request.authorization = "Bearer secret";
  EXPECT_EQ(api.raw(request).status, 200U);
  request.authorization.clear();
  request.path = "/readyz";
  EXPECT_EQ(api.raw(request).body, "ok");
}

TEST(Writes, DryRunChangesNothing) {
  Api api;
  const auto version = api.core.store().version();
  EXPECT_EQ(api.call("POST", kDeployments + "?dryRun=All", deployment("shop")).status, 201U);
  EXPECT_EQ(api.core.store().version(), version);
  EXPECT_EQ(api.call("GET", kDeployments + "/shop").status, 404U);
}

TEST(Writes, WarnAboutUnknownFieldsByDefault) {
  Api api;
  const auto made = api.call("POST", kDeployments, changed(deployment("x"), "/spec/foo", 1));
  EXPECT_EQ(made.status, 201U);
  EXPECT_EQ(made.warnings, std::vector<std::string>{"unknown field \"spec.foo\""});
}

TEST(Writes, GenerationCountsTheSpecOnly) {
  Api api;
  static_cast<void>(api.call("POST", kDeployments, deployment("shop")));
  EXPECT_EQ(api.merge(kDeployments + "/shop", Json{{"metadata", {{"labels", {{"a", "b"}}}}}}).body["metadata"]["generation"], 1);
  EXPECT_EQ(api.merge(kDeployments + "/shop", Json{{"spec", {{"replicas", 3}}}}).body["metadata"]["generation"], 2);
}

TEST(Writes, StatusIsWrittenThroughItsSubresourceOnly) {
  Api api;
  static_cast<void>(api.call("POST", kDeployments, deployment("shop")));
  EXPECT_EQ(api.merge(kDeployments + "/shop", Json{{"status", {{"replicas", 9}}}}).body["status"], Json::object());
  const auto status =
      api.call("PATCH", kDeployments + "/shop/status", Json{{"status", {{"replicas", 9}}}, {"spec", {{"replicas", 1}}}}, "application/merge-patch+json");
  EXPECT_EQ(status.body["status"]["replicas"], 9);
  EXPECT_EQ(status.body["spec"]["replicas"], 2);
}

TEST(Writes, AFinalizerDelaysDeletion) {
  Api api;
  static_cast<void>(api.call("POST", kConfigMaps, changed(config_map("c", Json::object()), "/metadata/finalizers", Json::array({"a.b/c"}))));
  EXPECT_TRUE(api.call("DELETE", kConfigMaps + "/c").body["metadata"].contains("deletionTimestamp"));
  EXPECT_EQ(api.merge(kConfigMaps + "/c", Json{{"metadata", {{"finalizers", nullptr}}}}).status, 200U);
  EXPECT_EQ(api.call("GET", kConfigMaps + "/c").status, 404U);
}

TEST(Writes, CustomKindsAreServedOnceDefined) {
  Api api;
  const Json definition = Json::parse(R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"boats.sea.example"},
    "spec":{"group":"sea.example","names":{"plural":"boats","kind":"Boat"},"scope":"Namespaced","versions":[{"name":"v1","served":true,"storage":true,
    "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}})");
  const std::string boats = "/apis/sea.example/v1/namespaces/default/boats";
  EXPECT_EQ(api.call("GET", boats).status, 404U);
  ASSERT_EQ(api.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition).status, 201U);
  const Json boat = Json::parse(R"({"apiVersion":"sea.example/v1","kind":"Boat","metadata":{"name":"b"},"spec":{"sails":[1,2],"deck":{"size":"1000m"}}})");
  const auto made = api.apply(boats + "/b", boat, "gitops");
  ASSERT_EQ(made.status, 201U) << made.body.dump();
  EXPECT_EQ(made.body["spec"], boat["spec"]);
  EXPECT_EQ(Api::fields_of(made.body, "gitops"), Json::parse(R"({"f:spec":{".":{},"f:sails":{},"f:deck":{".":{},"f:size":{}}}})"));
  EXPECT_EQ(api.call("GET", boats).body["items"].size(), 1U);
}

TEST(Reads, PagesFindEverythingOnce) {
  Api api;
  for (int i = 0; i < 7; ++i) static_cast<void>(api.call("POST", kConfigMaps, config_map("c" + std::to_string(i), Json::object())));
  std::set<std::string> seen;
  std::string next;
  int pages = 0;
  do {
    const auto page = api.call("GET", kConfigMaps + "?limit=3" + (next.empty() ? "" : "&continue=" + next));
    for (const auto& item : page.body["items"]) EXPECT_TRUE(seen.insert(item["metadata"]["name"]).second);
    next = page.body["metadata"].value("continue", "");
    ++pages;
  } while (!next.empty() && pages < 10);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen.size(), 7U);
}

TEST(Reads, TablesHaveTheColumnsOfKubectl) {
  Api api;
  static_cast<void>(api.call("POST", kDeployments, deployment("shop")));
  ApiRequest request;
  request.path = kDeployments;
  request.accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
  api.now += std::chrono::seconds{90};
  const Json table = Json::parse(api.raw(request).body);
  EXPECT_EQ(table["kind"], "Table");
  EXPECT_EQ(table["rows"][0]["cells"], Json::parse(R"(["shop","0/2",0,0,"90s","web","shop:1","app=shop"])"));
  EXPECT_EQ(table["columnDefinitions"].size(), 8U);
}

TEST(Kubeconfig, NamesItsContext) {
  const auto text = make_kubeconfig("sandbox", "http://127.0.0.1:1", "t");
  EXPECT_NE(text.find("current-context: sandbox\n"), std::string::npos);
  EXPECT_NE(text.find("token: \"t\""), std::string::npos);
  EXPECT_EQ(make_kubeconfig("sandbox", "http://127.0.0.1:1", "").find("token"), std::string::npos);
}

}  // namespace
}  // namespace driftwarden::sandbox::cluster
