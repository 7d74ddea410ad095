#include "tests/unit/integrations/sandbox/cluster_support.hpp"

namespace driftwarden::sandbox::cluster {
namespace {

class Played : public testing::Test {
 protected:
  Played() : rollouts(api.core, RolloutOptions{}) {
    api.core.on_change = [this](const std::string& storage, const StoreChange& change) { rollouts.observe(storage, change); };
    static_cast<void>(rollouts.tick(api.now));
  }
  /// Lets the time pass from step to step.
  void advance(Duration duration) {
    const auto end = api.now + duration;
    while (true) {
      const auto due = rollouts.tick(api.now);
      if (!due || *due > end) break;
      api.now = std::max(*due, api.now + Duration{1});
    }
    api.now = end;
    static_cast<void>(rollouts.tick(api.now));
  }
  Json get(const std::string& path) { return api.call("GET", path).body; }
  std::size_t pods() { return get("/api/v1/namespaces/default/pods")["items"].size(); }
  std::string progressing(const std::string& name) {
    const Json object = get(kDeployments + "/" + name);
    for (const auto& one : array_at(object, {"status", "conditions"})) {
      if (text_at(one, {"type"}) == "Progressing") return text_at(one, {"status"}) + " " + text_at(one, {"reason"});
    }
    return {};
  }

  Api api;
  Rollouts rollouts;
};

TEST_F(Played, ADeploymentBecomesAvailableAfterAMoment) {
  static_cast<void>(api.call("POST", kDeployments, deployment("shop")));
  static_cast<void>(rollouts.tick(api.now));
  EXPECT_EQ(pods(), 2U);
  EXPECT_EQ(progressing("shop"), "True ReplicaSetUpdated");
  advance(std::chrono::seconds{1});
  const Json object = get(kDeployments + "/shop");
  EXPECT_EQ(object["status"]["availableReplicas"], 2);
  EXPECT_EQ(object["status"]["observedGeneration"], object["metadata"]["generation"]);
  EXPECT_EQ(object["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "1");
  EXPECT_EQ(object["metadata"]["generation"], 1);
  EXPECT_EQ(progressing("shop"), "True NewReplicaSetAvailable");
  for (const auto& entry : object["metadata"]["managedFields"]) {
    if (entry["manager"] != "kube-controller-manager") continue;
    EXPECT_EQ(entry["subresource"], "status");
  }
}

TEST_F(Played, ANewImageReplacesThePodsAndAScaleKeepsThem) {
  static_cast<void>(api.call("POST", kDeployments, deployment("shop")));
  advance(std::chrono::seconds{1});
  static_cast<void>(api.strategic(kDeployments + "/shop", Json::parse(R"({"spec":{"template":{"spec":{"containers":[{"name":"web","image":"shop:2"}]}}}})")));
  advance(std::chrono::seconds{1});
  EXPECT_EQ(get(kDeployments + "/shop")["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "2");
  EXPECT_EQ(pods(), 2U);
  static_cast<void>(api.merge(kDeployments + "/shop", Json{{"spec", {{"replicas", 4}}}}));
  advance(std::chrono::seconds{1});
  EXPECT_EQ(pods(), 4U);
  EXPECT_EQ(get("/apis/apps/v1/namespaces/default/replicasets")["items"].size(), 2U);
}

TEST_F(Played, ABrokenImageNeverGetsReadyAndKeepsTheOldPods) {
  static_cast<void>(api.call("POST", kDeployments, deployment("shop")));
  advance(std::chrono::seconds{1});
  static_cast<void>(
      api.strategic(kDeployments + "/shop", Json::parse(R"({"spec":{"template":{"spec":{"containers":[{"name":"web","image":"shop:broken"}]}}}})")));
  advance(std::chrono::seconds{1});
  EXPECT_EQ(get(kDeployments + "/shop")["status"]["availableReplicas"], 2);
  EXPECT_EQ(progressing("shop"), "True ReplicaSetUpdated");
  advance(std::chrono::minutes{1});
  EXPECT_EQ(progressing("shop"), "False ProgressDeadlineExceeded");
  bool waiting = false;
  const Json pods = get("/api/v1/namespaces/default/pods");
  for (const auto& pod : pods["items"]) {
    for (const auto& one : array_at(pod, {"status", "containerStatuses"}))
      waiting = waiting || text_at(one, {"state", "waiting", "reason"}) == "ImagePullBackOff";
  }
  EXPECT_TRUE(waiting);
}

TEST_F(Played, DeletingTheOwnerCollectsItsDependents) {
  static_cast<void>(api.call("POST", kDeployments, deployment("shop")));
  advance(std::chrono::seconds{1});
  static_cast<void>(api.call("DELETE", kDeployments + "/shop"));
  advance(std::chrono::seconds{1});
  EXPECT_EQ(pods(), 0U);
  EXPECT_EQ(get("/apis/apps/v1/namespaces/default/replicasets")["items"].size(), 0U);
}

TEST_F(Played, OrphansStay) {
  static_cast<void>(api.call("POST", kDeployments, deployment("shop")));
  advance(std::chrono::seconds{1});
  static_cast<void>(api.call("DELETE", kDeployments + "/shop?propagationPolicy=Orphan"));
  advance(std::chrono::seconds{1});
  EXPECT_EQ(api.call("GET", kDeployments + "/shop").status, 404U);
  EXPECT_EQ(pods(), 2U);
}

TEST_F(Played, ANamespaceTakesItsContentsAlong) {
  static_cast<void>(api.call("POST", "/api/v1/namespaces", Json{{"metadata", {{"name", "x"}}}}));
  static_cast<void>(api.call("POST", "/api/v1/namespaces/x/configmaps", config_map("c", Json::object())));
  EXPECT_EQ(api.call("DELETE", "/api/v1/namespaces/x").body["status"]["phase"], "Terminating");
  EXPECT_EQ(api.call("POST", "/api/v1/namespaces/x/configmaps", config_map("d", Json::object())).status, 403U);
  advance(std::chrono::seconds{1});
  EXPECT_EQ(api.call("GET", "/api/v1/namespaces/x").status, 404U);
  EXPECT_EQ(api.call("GET", "/api/v1/namespaces/x/configmaps/c").status, 404U);
}

TEST_F(Played, OtherWorkloadsConvergeToo) {
  const Json pod = Json::parse(R"({"metadata":{"labels":{"app":"w"}},"spec":{"containers":[{"name":"c","image":"i:1"}]}})");
  const auto workload = [&](const char* kind, Json spec) {
    spec["selector"] = Json{{"matchLabels", {{"app", "w"}}}};
    spec["template"] = pod;
    return Json{{"apiVersion", "apps/v1"}, {"kind", kind}, {"metadata", {{"name", "w"}}}, {"spec", std::move(spec)}};
  };
  static_cast<void>(api.call("POST", "/apis/apps/v1/namespaces/default/statefulsets", workload("StatefulSet", Json{{"serviceName", "w"}, {"replicas", 2}})));
  static_cast<void>(api.call("POST", "/apis/apps/v1/namespaces/default/daemonsets", workload("DaemonSet", Json::object())));
  Json job{{"apiVersion", "batch/v1"}, {"kind", "Job"}, {"metadata", {{"name", "j"}}}, {"spec", {{"template", pod}}}};
  job["spec"]["template"]["spec"]["restartPolicy"] = "Never";
  ASSERT_EQ(api.call("POST", "/apis/batch/v1/namespaces/default/jobs", job).status, 201U);
  advance(std::chrono::seconds{3});
  EXPECT_EQ(get("/apis/apps/v1/namespaces/default/statefulsets/w")["status"]["readyReplicas"], 2);
  EXPECT_EQ(api.call("GET", "/api/v1/namespaces/default/pods/w-1").status, 200U);
  EXPECT_EQ(get("/apis/apps/v1/namespaces/default/daemonsets/w")["status"]["numberReady"], 1);
  EXPECT_EQ(get("/apis/batch/v1/namespaces/default/jobs/j")["status"]["succeeded"], 1);
}

TEST_F(Played, NothingIsDueOnceAllIsWell) {
  static_cast<void>(api.call("POST", kDeployments, deployment("shop")));
  advance(std::chrono::minutes{2});
  const auto version = api.core.store().version();
  EXPECT_FALSE(rollouts.tick(api.now).has_value());
  EXPECT_EQ(api.core.store().version(), version);
}

}  // namespace
}  // namespace driftwarden::sandbox::cluster
