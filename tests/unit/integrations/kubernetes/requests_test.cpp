// The pure parts around one request: discovery, paths, bodies, refusals, plugin answers.
#include "gitops/base/text.hpp"
#include "integrations/kubernetes/discovery.hpp"
#include "integrations/kubernetes/exec_credential.hpp"
#include "integrations/kubernetes/object_requests.hpp"
#include "integrations/kubernetes/openapi.hpp"
#include "integrations/kubernetes/status_error.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden::kubernetes {
namespace {

using nlohmann::json;

ApiResource resource(const std::string& group, const std::string& kind, const std::string& plural, bool namespaced) {
  ApiResource out;
  out.kind.group = group;
  out.kind.version = "v1";
  out.kind.kind = kind;
  out.plural = plural;
  out.namespaced = namespaced;
  return out;
}

TEST(Discovery, ReadsTheAggregatedForm) {
  const auto found = parse_aggregated_discovery(json::parse(R"({"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"apps"},"versions":[
    {"version":"v1","resources":[{"resource":"deployments","responseKind":{"group":"apps","version":"v1","kind":"Deployment"},"scope":"Namespaced",
      "verbs":["list","watch"],"subresources":[{"subresource":"scale"}]},{"resource":"noKind"}]},
    {"version":"v1beta1","freshness":"Stale","resources":[{"resource":"deployments","responseKind":{"kind":"Deployment"},"scope":"Namespaced"}]}]},
    {"versions":[{"version":"v1","resources":[{"resource":"namespaces","responseKind":{"kind":"Namespace"},"scope":"Cluster","verbs":["list"]}]}]}]})"));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].plural, "deployments");
  EXPECT_TRUE(found[0].namespaced);
  EXPECT_EQ(found[0].verbs, (std::set<std::string>{"list", "watch"}));
  EXPECT_EQ(found[1].kind.group, "");
  EXPECT_FALSE(found[1].namespaced);
}

TEST(Discovery, ReadsTheOldForm) {
  const auto found = parse_resource_list(json::parse(R"({"groupVersion":"apps/v1","resources":[
    {"name":"deployments","namespaced":true,"kind":"Deployment","verbs":["list"]},{"name":"deployments/scale","kind":"Scale"},{"kind":"Nameless"}]})"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind.group, "apps");
  EXPECT_EQ(found[0].kind.version, "v1");
}

TEST(Discovery, NonsenseIsNothing) {
  for (const char* text : {"[]", "{}", "7", R"({"items":7})", R"({"items":[7,{"versions":[{"resources":[[]]}]}]})", R"({"resources":[1,"a",{"name":5}]})"}) {
    EXPECT_TRUE(parse_aggregated_discovery(json::parse(text)).empty()) << text;
    EXPECT_TRUE(parse_resource_list(json::parse(text)).empty()) << text;
  }
}

TEST(Paths, AreBuiltByScope) {
  const auto deployments = resource("apps", "Deployment", "deployments", true);
  EXPECT_EQ(resource_path(deployments, "shop", "web"), "/apis/apps/v1/namespaces/shop/deployments/web");
  EXPECT_EQ(resource_path(deployments, "", ""), "/apis/apps/v1/deployments");
  EXPECT_EQ(resource_path(resource("", "Namespace", "namespaces", false), "ignored", "shop"), "/api/v1/namespaces/shop");
  EXPECT_EQ(resource_path(resource("rbac.authorization.k8s.io", "ClusterRole", "clusterroles", false), "", "system:a/b"),
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aa%2Fb");
}

TEST(Apply, SendsTheObjectWithoutWhatTheServerOwns) {
  const auto object = json::parse(R"({"kind":"ConfigMap","metadata":{"name":"c","namespace":"shop","managedFields":[{}]},"data":{"a":"1"}})");
  const auto request = make_apply(resource("", "ConfigMap", "configmaps", true), object, {}, "");
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.path, "/api/v1/namespaces/shop/configmaps/c?fieldManager=driftwarden&fieldValidation=Warn&force=true");
  EXPECT_EQ(request.content_type, "application/apply-patch+yaml");
  EXPECT_EQ(json::parse(request.body), json::parse(R"({"kind":"ConfigMap","metadata":{"name":"c","namespace":"shop"},"data":{"a":"1"}})"));
}

TEST(Apply, NamespacesFollowTheScope) {
  const auto bare = json::parse(R"({"metadata":{"name":"c"}})");
  ApplyOptions options;
  options.dry_run = true;
  options.force = false;
  options.field_manager = "a b";
  EXPECT_EQ(make_apply(resource("", "ConfigMap", "configmaps", true), bare, options, "team").path,
            "/api/v1/namespaces/team/configmaps/c?fieldManager=a%20b&fieldValidation=Warn&force=false&dryRun=All");
  EXPECT_EQ(make_apply(resource("", "ConfigMap", "configmaps", true), bare, {}, "").path.rfind("/api/v1/namespaces/default/configmaps/c?", 0), 0U);
  const auto wide = make_apply(resource("", "Namespace", "namespaces", false), json::parse(R"({"metadata":{"name":"c","namespace":"wrong"}})"), {}, "team");
  EXPECT_EQ(wide.path.rfind("/api/v1/namespaces/c?", 0), 0U);
  EXPECT_FALSE(json::parse(wide.body)["metadata"].contains("namespace"));
}

net::HttpResponse response(unsigned status, const std::string& body) {
  net::HttpResponse out;
  out.status = status;
  out.body = body;
  return out;
}

TEST(Apply, RefusalsOfADryRunAreOutcomes) {
  ApplyOptions dry;
  dry.dry_run = true;
  const auto invalid = response(422, R"({"kind":"Status","message":"spec.replicas: Invalid value: \"-1\": no"})");
  const auto outcome = read_apply("prod: apply", invalid, dry, false);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->status, 422U);
  EXPECT_EQ(outcome->message, "spec.replicas: Invalid value: \"-1\": no");
  EXPECT_EQ(read_apply("prod: apply", invalid, {}, false).error().kind, ErrorKind::InvalidInput);
  EXPECT_EQ(read_apply("prod: apply", response(403, "{}"), dry, false).error().kind, ErrorKind::Denied);
  EXPECT_EQ(read_apply("prod: apply", response(503, ""), dry, false).error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(read_apply("prod: apply", response(200, "nonsense"), dry, false).error().kind, ErrorKind::Corrupt);
}

TEST(Apply, ASecretsValuesStayOutOfErrors) {
  const auto refused = read_apply("prod: apply", response(422, R"({"message":"data[p]: Invalid value: \"hunter\\\"2\": bad, type: Invalid value: \"x\": y"})"), {}, true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message.find("hunter"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find("data[p]: Invalid value: (hidden): bad, type: Invalid value: (hidden): y"), std::string::npos) << refused.error().message;
  EXPECT_EQ(without_quoted_values(".data.a: expected string, got &value{Value:hunter2}"), ".data.a: expected string");
}

TEST(StatusError, MapsTheServersWords) {
  const auto kind = [](unsigned status, const std::string& body = "{}") { return status_error("s", status, body).kind; };
  EXPECT_EQ(kind(400), ErrorKind::InvalidInput);
  EXPECT_EQ(kind(401), ErrorKind::Denied);
  EXPECT_EQ(kind(403), ErrorKind::Denied);
  EXPECT_EQ(kind(404), ErrorKind::NotFound);
  EXPECT_EQ(kind(409), ErrorKind::Conflict);
  EXPECT_EQ(kind(422), ErrorKind::InvalidInput);
  EXPECT_EQ(kind(429), ErrorKind::RateLimited);
  EXPECT_EQ(kind(500), ErrorKind::Unavailable);
  EXPECT_EQ(kind(504), ErrorKind::Timeout);
  EXPECT_EQ(kind(302), ErrorKind::Corrupt);
  const std::string typed = R"({"message":"failed to create typed patch object (/a; apps/v1, Kind=Deployment): .spec.b: field not declared in schema"})";
  EXPECT_EQ(kind(500, typed), ErrorKind::InvalidInput);
  EXPECT_FALSE(is_worth_repeating(500, typed));
  EXPECT_TRUE(is_worth_repeating(500, "{}"));
  EXPECT_TRUE(is_worth_repeating(429, ""));
  EXPECT_FALSE(is_worth_repeating(409, ""));
  EXPECT_EQ(status_error("prod: get", 404, R"({"message":"pods \"a\" not found"})").message, "prod: get: pods \"a\" not found (404)");
  EXPECT_EQ(status_message(502, "<html>bad\ngateway"), "<html>bad gateway");
  EXPECT_EQ(status_message(502, ""), "HTTP 502");
}

TEST(ExecCredential, IsReadWithItsExpiry) {
  const std::string version = "client.authentication.k8s.io/v1";
  const auto parsed = parse_exec_credential(
      R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t","expirationTimestamp":"2026-11-21T10:00:00Z"}})", version);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->token, "t");
  EXPECT_EQ(parsed->expires, *parse_time("2026-11-21T10:00:00Z"));
  for (const char* bad : {"", "[]", R"({"kind":"ExecCredential"})", R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential"})",
                          R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}})",
                          R"({"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"t"}})",
                          R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"clientKeyData":"k"}})",
                          R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t","expirationTimestamp":"soon"}})"}) {
    const auto refused = parse_exec_credential(bad, version);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().kind, ErrorKind::Corrupt);
  }
}

TEST(ExecCredential, ThePluginHearsAboutTheClusterWhenAsked) {
  Connection connection;
  connection.server = "https://s";
  connection.tls.ca_pem = "CA";
  connection.exec.emplace();
  connection.exec->api_version = "client.authentication.k8s.io/v1";
  EXPECT_EQ(json::parse(make_exec_info(connection)),
            json::parse(R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}})"));
  connection.exec->provide_cluster_info = true;
  connection.exec->cluster_config = R"({"audience":"x"})";
  EXPECT_EQ(json::parse(make_exec_info(connection))["spec"]["cluster"],
            json::parse(R"({"server":"https://s","certificate-authority-data":"Q0E=","config":{"audience":"x"}})"));
}

TEST(OpenApiIndex, FindsTheDocumentsOfOurGroups) {
  const auto index = json::parse(R"({"paths":{"api/v1":{"serverRelativeURL":"/openapi/v3/api/v1?hash=A"},"apis/apps/v1":{"serverRelativeURL":"https://evil/"},
    "apis/batch/v1":{"serverRelativeURL":"/openapi/v3/apis/batch/v1?hash=B"}}})");
  const auto urls = parse_openapi_index(index, {"api/v1", "apis/apps/v1"});
  EXPECT_EQ(urls, (std::map<std::string, std::string>{{"api/v1", "/openapi/v3/api/v1?hash=A"}}));
  EXPECT_TRUE(parse_openapi_index(json::array(), {"api/v1"}).empty());
}

TEST(OpenApiDocument, KeepsWhatTheKindsNeed) {
  const std::string text = R"({"openapi":"3.0.0","paths":{"/a":{"$ref":"#/components/schemas/No"}},"components":{"securitySchemes":{},"schemas":{
    "Pod":{"description":"d","x-kubernetes-group-version-kind":[{"group":"","kind":"Pod","version":"v1"}],"properties":{"description":{"type":"string"},"spec":{"allOf":[{"$ref":"#/components/schemas/Spec"}]}}},
    "Spec":{"properties":{"list":{"items":{"$ref":"#/components/schemas/Item"}},"self":{"$ref":"#/components/schemas/Spec"},"gone":{"$ref":"#/components/schemas/Gone"}}},
    "Item":{"type":"object"},"No":{"type":"object"},
    "Node":{"x-kubernetes-group-version-kind":[{"group":"","kind":"Node","version":"v1"}]}}}})";
  const auto reduced = reduce_openapi(text, {"Pod"});
  ASSERT_TRUE(reduced) << reduced.error().message;
  const auto& schemas = (**reduced)["components"]["schemas"];
  std::set<std::string> names;
  for (const auto& [name, schema] : schemas.items()) names.insert(name);
  EXPECT_EQ(names, (std::set<std::string>{"Item", "Pod", "Spec"}));
  EXPECT_FALSE(schemas["Pod"].contains("description"));
  EXPECT_TRUE(schemas["Pod"]["properties"].contains("description")) << "a property of that name";
  EXPECT_FALSE(reduce_openapi("<html>", {"Pod"}));
  EXPECT_TRUE((**reduce_openapi("{}", {"Pod"}))["components"]["schemas"].empty());
}

}  // namespace
}  // namespace driftwarden::kubernetes
