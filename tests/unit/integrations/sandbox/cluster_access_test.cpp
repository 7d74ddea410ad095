#include "tests/unit/integrations/sandbox/cluster_support.hpp"

namespace driftwarden::sandbox::cluster {
namespace {

const std::string kReview = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

Json review_of(const std::string& verb, const std::string& resource, const std::string& space) {
  return Json{{"apiVersion", "authorization.k8s.io/v1"},
              {"kind", "SelfSubjectAccessReview"},
              {"spec", {{"resourceAttributes", {{"verb", verb}, {"group", "apps"}, {"resource", resource}, {"namespace", space}}}}}};
}

TEST(ClusterAccess, EverythingIsAllowedUntilSomebodySaysOtherwise) {
  Api api;
  const auto answer = api.call("POST", kReview, review_of("patch", "deployments", "default"));
  EXPECT_EQ(answer.status, 201U);
  EXPECT_EQ(answer.body["status"], (Json{{"allowed", true}}));
  EXPECT_EQ(answer.body["spec"]["resourceAttributes"]["verb"], "patch");
  EXPECT_EQ(api.call("GET", kReview).status, 405U);
  EXPECT_EQ(api.call("POST", kReview, Json::object()).status, 400U);
}

TEST(ClusterAccess, WhatIsDeniedIsRefusedAndSaidToBe) {
  Api api;
  api.core.allows = [](const Access& access) { return access.verb != "patch" || access.resource == "deployments/scale" || access.namespace_ != "default"; };
  EXPECT_EQ(api.call("POST", kReview, review_of("patch", "deployments", "default")).body["status"]["allowed"], false);
  EXPECT_EQ(api.call("POST", kReview, review_of("patch", "deployments", "other")).body["status"]["allowed"], true);
  EXPECT_EQ(api.call("POST", kReview, review_of("get", "deployments", "default")).body["status"]["allowed"], true);
  const auto refused = api.apply(kDeployments + "/web", deployment("web"), "driftwarden");
  EXPECT_EQ(refused.status, 403U);
  EXPECT_EQ(refused.body["reason"], "Forbidden");
  EXPECT_EQ(refused.body["message"],
            R"(deployments.apps "web" is forbidden: User "sandbox" cannot patch resource "deployments" in API group "apps" in the namespace "default")");
  EXPECT_EQ(api.call("POST", kDeployments, deployment("web")).status, 201U);
  EXPECT_EQ(api.merge(kDeployments + "/web/scale", Json{{"spec", {{"replicas", 3}}}}).status, 200U);
  EXPECT_EQ(api.call("GET", kDeployments).status, 200U);
}

TEST(ClusterAccess, VerbsAreThoseOfTheApi) {
  Api api;
  std::vector<std::string> verbs;
  api.core.allows = [&](const Access& access) {
    verbs.push_back(access.verb + " " + access.group + "/" + access.resource + " " + access.namespace_);
    return false;
  };
  for (const auto* method : {"GET", "POST", "DELETE"}) static_cast<void>(api.call(method, kDeployments, method == std::string("POST") ? deployment("a") : Json()));
  for (const auto* method : {"GET", "PUT", "PATCH", "DELETE"}) static_cast<void>(api.call(method, kConfigMaps + "/c"));
  static_cast<void>(api.call("GET", "/api/v1/configmaps?watch=true"));
  EXPECT_EQ(verbs, (std::vector<std::string>{"list apps/deployments default", "create apps/deployments default", "deletecollection apps/deployments default",
                                             "get /configmaps default", "update /configmaps default", "patch /configmaps default", "delete /configmaps default",
                                             "watch /configmaps "}));
}

TEST(ClusterAccess, ThePlainUserMayOnlyAsk) {
  auto random = create_seeded_random(7);
  ApiCore core(*random, "boss", "plain");
  const auto call = [&](const std::string& method, const std::string& path, const std::string& token, const Json& body = nullptr) {
    ApiRequest request;
    request.method = method;
    request.path = path;
    request.authorization = "Bearer " + token;
    if (!body.is_null()) request.body = body.dump();
    const auto reply = core.handle(request, WallTime{});
    return std::pair{reply.status, Json::parse(reply.body, nullptr, false)};
  };
  EXPECT_EQ(call("GET", kConfigMaps, "boss").first, 200U);
  EXPECT_EQ(call("GET", kConfigMaps, "plain").first, 403U);
  EXPECT_EQ(call("GET", kConfigMaps, "other").first, 401U);
  EXPECT_EQ(call("GET", "/apis/apps/v1", "plain").first, 200U);
  EXPECT_EQ(call("POST", kReview, "plain", review_of("get", "deployments", "default")).second["status"]["allowed"], false);
  EXPECT_EQ(call("POST", kReview, "boss", review_of("get", "deployments", "default")).second["status"]["allowed"], true);
}

}  // namespace
}  // namespace driftwarden::sandbox::cluster
