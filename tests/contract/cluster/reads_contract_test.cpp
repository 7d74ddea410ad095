// Lists with selectors and logs: what people's questions are answered from.
#include "tests/contract/cluster/cluster_contract.hpp"
#include "tests/support/run.hpp"

namespace driftwarden::test {

using nlohmann::json;

namespace {

kubernetes::ListQuery config_maps_in(const std::string& ns) {
  kubernetes::ListQuery query;
  query.kind.version = "v1";
  query.kind.kind = "ConfigMap";
  query.namespace_ = ns;
  return query;
}

json labelled(json object, const std::string& tier) {
  object["metadata"]["labels"] = {{"tier", tier}, {"made-by", "contract"}};
  return object;
}

std::vector<std::string> names_of(const Result<JsonPtr>& listed) {
  std::vector<std::string> names;
  if (listed) {
    for (const auto& one : **listed) names.push_back(one["metadata"]["name"].get<std::string>());
  }
  std::sort(names.begin(), names.end());
  return names;
}

json pod(const std::string& name, const std::string& ns, int containers) {
  json object{{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", {{"name", name}, {"namespace", ns}}}, {"spec", {{"containers", json::array()}}}};
  for (int i = 0; i < containers; ++i) object["spec"]["containers"].push_back({{"name", "c" + std::to_string(i)}, {"image", "shop/web:1"}});
  return object;
}

kubernetes::LogQuery log_of(const std::string& ns, const std::string& name, const std::string& container = "") {
  kubernetes::LogQuery query;
  query.namespace_ = ns;
  query.pod = name;
  query.container = container;
  return query;
}

}  // namespace

TEST_P(ClusterContract, AListObeysItsSelectors) {
  ASSERT_TRUE(apply(labelled(config_map("a", {{"k", "1"}}), "front")));
  ASSERT_TRUE(apply(labelled(config_map("b", {{"k", "1"}}), "back")));
  ASSERT_TRUE(apply(labelled(config_map("c", {{"k", "1"}}), "none")));
  auto query = config_maps_in(ns);
  query.label_selector = "made-by=contract,tier in (front,back)";
  const auto listed = run(io, cluster->list(query));
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_EQ(names_of(listed), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ((**listed)[0]["kind"], "ConfigMap") << "a list's own items don't say";
  EXPECT_EQ((**listed)[0]["apiVersion"], "v1");
  query.label_selector.clear();
  query.field_selector = "metadata.name=c";
  EXPECT_EQ(names_of(run(io, cluster->list(query))), std::vector<std::string>{"c"});
  query.field_selector = "metadata.name=nobody";
  const auto none = run(io, cluster->list(query));
  ASSERT_TRUE(none);
  EXPECT_TRUE((*none)->is_array());
  EXPECT_TRUE((*none)->empty());
}

TEST_P(ClusterContract, AListIsBounded) {
  for (const auto* name : {"a", "b", "c"}) ASSERT_TRUE(apply(labelled(config_map(name, {{"k", "1"}}), "x")));
  auto query = config_maps_in(ns);
  query.label_selector = "made-by=contract";
  query.limit = 2;
  const auto listed = run(io, cluster->list(query));
  ASSERT_TRUE(listed);
  EXPECT_EQ((*listed)->size(), 2U);
}

TEST_P(ClusterContract, AListOfAnyGroupIsFound) {
  ASSERT_TRUE(apply(deployment("web")));
  kubernetes::ListQuery query;
  query.kind.group = "apps";
  query.kind.version = "v1";
  query.kind.kind = "Deployment";
  query.namespace_ = ns;
  const auto listed = run(io, cluster->list(query));
  ASSERT_TRUE(listed) << listed.error().message;
  ASSERT_EQ(names_of(listed), std::vector<std::string>{"web"});
  EXPECT_EQ((**listed)[0]["apiVersion"], "apps/v1");
  query.kind.kind = "Nonsense";
  const auto unknown = run(io, cluster->list(query));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::NotFound);
}

TEST_P(ClusterContract, ASelectorThatIsNoneIsRefused) {
  auto query = config_maps_in(ns);
  query.label_selector = "tier in front";
  const auto listed = run(io, cluster->list(query));
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().kind, ErrorKind::InvalidInput) << listed.error().message;
}

TEST_P(ClusterContract, TheRightThatLacksIsNamed) {
  auto connection = server->plain_connection();
  if (!connection) GTEST_SKIP() << "the server has no plain user";
  const auto plain = make_cluster(*connection);
  const auto listed = run(io, plain->list(config_maps_in(ns)));
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().kind, ErrorKind::Denied);
  EXPECT_NE(listed.error().message.find("list configmaps in namespace " + ns), std::string::npos) << listed.error().message;
  const auto log = run(io, plain->logs(log_of(ns, "web")));
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().kind, ErrorKind::Denied);
  EXPECT_NE(log.error().message.find("get pods/log in namespace " + ns), std::string::npos) << log.error().message;
  run(io, plain->close());
}

TEST_P(ClusterContract, ALogOfNoPodIsNotFound) {
  const auto log = run(io, cluster->logs(log_of(ns, "nobody")));
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().kind, ErrorKind::NotFound) << log.error().message;
  EXPECT_NE(log.error().message.find("pods \"nobody\" not found"), std::string::npos) << log.error().message;
}

TEST_P(ClusterContract, ALogNeedsItsContainersName) {
  const auto made = apply(pod("two", ns, 2));
  ASSERT_TRUE(made) << made.error().message;
  const auto which = run(io, cluster->logs(log_of(ns, "two")));
  ASSERT_FALSE(which);
  EXPECT_EQ(which.error().kind, ErrorKind::InvalidInput);
  EXPECT_NE(which.error().message.find("a container name must be specified for pod two, choose one of: [c0 c1]"), std::string::npos) << which.error().message;
  const auto wrong = run(io, cluster->logs(log_of(ns, "two", "c7")));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::NotFound) << wrong.error().message;
  EXPECT_NE(wrong.error().message.find("container c7 is not valid for pod two"), std::string::npos) << wrong.error().message;
}

TEST_P(ClusterContract, ALogOfAPodThatNoNodeTookIsEmpty) {
  const auto made = apply(pod("waits", ns, 1));
  ASSERT_TRUE(made) << made.error().message;
  const auto log = run(io, cluster->logs(log_of(ns, "waits")));
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ(*log, "");
}

TEST_P(ClusterContract, ALogOfANodeThatIsNotThereIsAnError) {
  auto object = pod("lost", ns, 1);
  object["spec"]["nodeName"] = "no-such-node";
  const auto made = apply(object);
  ASSERT_TRUE(made) << made.error().message;
  if (GetParam().name == "sandbox") GTEST_SKIP() << "the sandbox's pods need no node to speak";
  const auto log = run(io, cluster->logs(log_of(ns, "lost")));
  ASSERT_FALSE(log);
  EXPECT_TRUE(log.error().kind == ErrorKind::NotFound || log.error().kind == ErrorKind::Unavailable) << log.error().message;
  EXPECT_NE(log.error().message.find("no-such-node"), std::string::npos) << log.error().message;
}

}  // namespace driftwarden::test
