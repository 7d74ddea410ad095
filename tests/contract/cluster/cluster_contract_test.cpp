// One suite, every API server: what the sandbox answers must be what the real one answers.
#include "tests/contract/cluster/cluster_contract.hpp"
#include "integrations/kubernetes/watch_event.hpp"
#include "tests/support/run.hpp"

namespace driftwarden::test {

using nlohmann::json;

INSTANTIATE_TEST_SUITE_P(Backends, ClusterContract, testing::Values(sandbox_backend(), live_backend()),
                         [](const auto& row) { return row.param.name; });

namespace {

WatchedKind kind_named(const std::string& group, const std::string& kind) {
  WatchedKind out;
  out.group = group;
  out.version = "v1";
  out.kind = kind;
  return out;
}

}  // namespace

TEST_P(ClusterContract, TellsItsVersion) {
  const auto version = run(io, cluster->server_version());
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_TRUE(version->starts_with("v1.")) << *version;
  EXPECT_EQ(call("GET", "/readyz").status, 200U);
}

TEST_P(ClusterContract, KnowsScopesAndRefusesUnknownKinds) {
  EXPECT_EQ(*run(io, cluster->is_namespaced(kind_named("", "ConfigMap"))), true);
  EXPECT_EQ(*run(io, cluster->is_namespaced(kind_named("apps", "Deployment"))), true);
  EXPECT_EQ(*run(io, cluster->is_namespaced(kind_named("", "Namespace"))), false);
  EXPECT_EQ(*run(io, cluster->is_namespaced(kind_named("rbac.authorization.k8s.io", "ClusterRole"))), false);
  const auto unknown = run(io, cluster->is_namespaced(kind_named("apps", "Nonsense")));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::NotFound);
}

TEST_P(ClusterContract, DiscoveryIsServedInBothForms) {
  const auto legacy = call("GET", "/apis/apps/v1");
  EXPECT_EQ(legacy.body["kind"], "APIResourceList");
  const auto resources = kubernetes::ApiRequest("GET", "/apis");
  auto aggregated = resources;
  aggregated.accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const auto response = run(io, api->send(aggregated));
  ASSERT_TRUE(response);
  EXPECT_EQ(json::parse(response->body)["kind"], "APIGroupDiscoveryList");
  EXPECT_EQ(call("GET", "/apis/nope.example/v1").status, 404U);
  EXPECT_EQ(call("GET", "/apis/apps/v1/nonsenses").status, 404U);
}

TEST_P(ClusterContract, RefusesAWrongToken) {
  auto connection = server->connection();
  connection.tls.client_certificate_pem.clear();
  connection.tls.client_key_pem = {};
  connection.token = Secret<std::string>("wrong");
  kubernetes::ApiClient stranger(io.get_executor(), clock, *random, connection);
  kubernetes::ApiRequest request("GET", "/api/v1/namespaces");
  const auto response = run(io, stranger.send(std::move(request)));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 401U);
  EXPECT_EQ(json::parse(response->body)["reason"], "Unauthorized");
}

TEST_P(ClusterContract, WatchSeesAddModifyDelete) {
  ASSERT_TRUE(apply(config_map("before", {{"a", "1"}})));
  const auto kind = kind_named("", "ConfigMap");
  cluster->watch({kind}, sink);
  ASSERT_TRUE(eventually([&] { return sink.count("listed ConfigMap") == 1 && sink.find("before"); }));
  EXPECT_EQ((*sink.find("before"))["kind"], "ConfigMap");
  EXPECT_EQ((*sink.find("before"))["apiVersion"], "v1");
  EXPECT_EQ(sink.count("reachable"), 1U);

  ASSERT_TRUE(apply(config_map("fresh", {{"a", "1"}})));
  ASSERT_TRUE(eventually([&] { return sink.find("fresh") != nullptr; }));
  const auto first_version = (*sink.find("fresh"))["metadata"]["resourceVersion"];
  ASSERT_TRUE(apply(config_map("fresh", {{"a", "2"}})));
  ASSERT_TRUE(eventually([&] { return (*sink.find("fresh"))["data"]["a"] == "2"; }));
  EXPECT_NE((*sink.find("fresh"))["metadata"]["resourceVersion"], first_version);
  EXPECT_TRUE((*sink.find("fresh"))["metadata"].contains("managedFields"));

  ObjectRef ref;
  ref.version = "v1";
  ref.kind = "ConfigMap";
  ref.namespace_ = ns;
  ref.name = "fresh";
  ASSERT_TRUE(run(io, cluster->remove(ref)));
  ASSERT_TRUE(eventually([&] { return sink.count("deleted fresh") == 1; }));
  EXPECT_TRUE(run(io, cluster->remove(ref))) << "an absent object is a success";
  EXPECT_EQ(sink.count("relist ConfigMap"), 1U);
}

TEST_P(ClusterContract, CompactionMakesARelist) {
  const auto kind = kind_named("", "ConfigMap");
  cluster->watch({kind}, sink);
  ASSERT_TRUE(eventually([&] { return sink.count("listed ConfigMap") == 1; }));
  if (!server->compact()) GTEST_SKIP() << "this server can't be compacted from here";
  const auto old = call("GET", "/api/v1/configmaps?watch=true&resourceVersion=1&timeoutSeconds=1");
  const bool gone = old.status == 410 || (old.body.is_object() && old.body["object"]["code"] == 410);
  EXPECT_TRUE(gone) << old.status << old.body;
}

TEST_P(ClusterContract, AWatchStartsAfterTheVersionThatIsGiven) {
  const auto list = call("GET", path("v1", "configmaps"));
  const std::string version = list.body["metadata"]["resourceVersion"];
  ASSERT_EQ(apply_as("one", config_map("a", {{"k", "1"}})).status, 201U);
  ASSERT_EQ(apply_as("one", config_map("a", {{"k", "2"}})).status, 200U);
  kubernetes::ApiRequest request("GET", path("v1", "configmaps") + "?watch=true&timeoutSeconds=1&resourceVersion=" + version);
  const auto response = run(io, api->send(std::move(request)));
  ASSERT_TRUE(response) << response.error().message;
  kubernetes::LineBuffer lines;
  ASSERT_TRUE(lines.append(response->body));
  std::vector<std::string> seen;
  while (const auto line = lines.next_line()) {
    const auto event = json::parse(*line);
    seen.push_back(event["type"].get<std::string>() + " " + event["object"]["data"].value("k", ""));
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"ADDED 1", "MODIFIED 2"}));
}

TEST_P(ClusterContract, AWatchWithoutAVersionBeginsWithWhatIsThere) {
  ASSERT_EQ(apply_as("one", config_map("a", {{"k", "1"}})).status, 201U);
  kubernetes::ApiRequest request("GET", path("v1", "configmaps") + "?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Da");
  const auto response = run(io, api->send(std::move(request)));
  ASSERT_TRUE(response) << response.error().message;
  const auto event = json::parse(response->body.substr(0, response->body.find('\n')));
  EXPECT_EQ(event["type"], "ADDED");
  EXPECT_EQ(event["object"]["kind"], "ConfigMap");
}

TEST_P(ClusterContract, BookmarksComeBeforeAWatchEnds) {
  const std::string version = call("GET", path("v1", "configmaps")).body["metadata"]["resourceVersion"];
  kubernetes::ApiRequest request("GET", path("v1", "configmaps") + "?watch=true&allowWatchBookmarks=true&timeoutSeconds=5&resourceVersion=" + version);
  std::optional<Result<net::HttpResponse>> response;
  asio::co_spawn(io, api->send(std::move(request)), [&](std::exception_ptr, Result<net::HttpResponse> done) { response = std::move(done); });
  EXPECT_FALSE(eventually([&] { return response.has_value(); }, std::chrono::milliseconds{500}));
  // Something happens to the kind, but nothing that this watch is to see.
  const auto elsewhere = "/api/v1/namespaces/default/configmaps/" + ns;
  json other = config_map(ns, {{"k", "1"}});
  other["metadata"]["namespace"] = "default";
  ASSERT_EQ(call("PATCH", elsewhere + "?fieldManager=one", other, "apply").status, 201U);
  ASSERT_TRUE(eventually([&] { return response.has_value(); }));
  EXPECT_EQ(call("DELETE", elsewhere).status, 200U);
  ASSERT_TRUE(*response) << response->error().message;
  const auto& text = (**response).body;
  ASSERT_FALSE(text.empty());
  // The last one: a controller may just be writing its own into the new namespace.
  const auto event = json::parse(text.substr(text.rfind('\n', text.size() - 2) + 1), nullptr, false);
  ASSERT_TRUE(event.is_object()) << text;
  EXPECT_EQ(event["type"], "BOOKMARK");
  EXPECT_EQ(event["object"]["kind"], "ConfigMap");
  EXPECT_NE(event["object"]["metadata"]["resourceVersion"], version);
}

TEST_P(ClusterContract, ListsByLabelAndPageByPage) {
  for (int i = 0; i < 5; ++i) {
    auto object = config_map("page-" + std::to_string(i), {{"k", "v"}});
    object["metadata"]["labels"] = {{"half", i % 2 == 0 ? "even" : "odd"}};
    ASSERT_EQ(apply_as("one", object).status, 201U);
  }
  const auto even = call("GET", path("v1", "configmaps") + "?labelSelector=half%3Deven");
  EXPECT_EQ(even.body["items"].size(), 3U);
  EXPECT_EQ(even.body["kind"], "ConfigMapList");
  EXPECT_EQ(call("GET", path("v1", "configmaps") + "?labelSelector=half%20in%20(odd)").body["items"].size(), 2U);
  EXPECT_EQ(call("GET", path("v1", "configmaps") + "?labelSelector=half%21%3Dodd,half").body["items"].size(), 3U);
  EXPECT_EQ(call("GET", path("v1", "configmaps") + "?fieldSelector=metadata.name%3Dpage-1").body["items"].size(), 1U);

  std::vector<std::string> names;
  std::string more;
  int pages = 0;
  do {
    const auto page = call("GET", path("v1", "configmaps") + "?labelSelector=half&limit=2" + (more.empty() ? "" : "&continue=" + more));
    ASSERT_EQ(page.status, 200U) << page.body;
    for (const auto& item : page.body["items"]) names.push_back(item["metadata"]["name"]);
    more = page.body["metadata"].value("continue", "");
    ++pages;
  } while (!more.empty() && pages < 10);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(names, (std::vector<std::string>{"page-0", "page-1", "page-2", "page-3", "page-4"}));
  EXPECT_EQ(call("GET", path("v1", "configmaps") + "?limit=2&continue=garbage").status, 400U);
}

TEST_P(ClusterContract, OurPagedListFindsAll) {
  for (int i = 0; i < 7; ++i) ASSERT_EQ(apply_as("one", config_map("many-" + std::to_string(i), {{"k", "v"}})).status, 201U);
  cluster->watch({kind_named("", "ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return sink.count("listed ConfigMap") == 1; }));
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(sink.find("many-" + std::to_string(i)));
}

TEST_P(ClusterContract, AKindThatIsNotServedFailsAlone) {
  cluster->watch({kind_named("", "ConfigMap"), kind_named("nope.example", "Nonsense")}, sink);
  ASSERT_TRUE(eventually([&] { return sink.count("listed ConfigMap") == 1 && sink.count("failed Nonsense not found") == 1; }));
}

TEST_P(ClusterContract, SchemasOfTheWatchedKindsAreServed) {
  const auto index = call("GET", "/openapi/v3");
  ASSERT_EQ(index.status, 200U);
  ASSERT_TRUE(index.body["paths"].contains("apis/apps/v1")) << index.body;
  const auto document = call("GET", index.body["paths"]["apis/apps/v1"]["serverRelativeURL"]);
  const auto text = document.body.dump();
  EXPECT_NE(text.find(R"("x-kubernetes-list-map-keys":["containerPort","protocol"],"x-kubernetes-list-type":"map")"), std::string::npos);
  EXPECT_NE(text.find(R"({"group":"apps","kind":"Deployment","version":"v1"})"), std::string::npos);

  cluster->watch({kind_named("apps", "Deployment"), kind_named("", "ConfigMap")}, sink);
  const auto ours = run(io, cluster->schemas(), std::chrono::seconds{20});
  ASSERT_TRUE(ours) << ours.error().message;
  EXPECT_NE((*ours)->find("apps/v1", "Deployment"), nullptr);
  EXPECT_EQ(*run(io, cluster->schemas(), std::chrono::seconds{20}), *ours) << "unchanged documents aren't read twice";
}

}  // namespace driftwarden::test
