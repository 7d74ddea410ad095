#include "integrations/kubernetes/cluster.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden::kubernetes {
namespace {

struct Row {
  std::string name;
  std::string object;
  Health health;
  std::string why;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }
};

class HealthOf : public testing::TestWithParam<Row> {};

TEST_P(HealthOf, FollowsTheObjectsOwnStatus) {
  const auto report = health_of(nlohmann::json::parse(GetParam().object));
  EXPECT_EQ(to_string(report.health), to_string(GetParam().health));
  EXPECT_EQ(report.why, GetParam().why);
}

std::string deployment(const std::string& spec, const std::string& status, int generation = 2) {
  return R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"generation":)" + std::to_string(generation) + R"(},"spec":)" + spec + R"(,"status":)" + status + "}";
}
std::string object(const std::string& api_version, const std::string& kind, const std::string& rest) {
  return R"({"apiVersion":")" + api_version + R"(","kind":")" + kind + R"(",)" + rest + "}";
}

INSTANTIATE_TEST_SUITE_P(
    Deployments, HealthOf,
    testing::Values(
        Row{"Done", deployment(R"({"replicas":3})", R"({"observedGeneration":2,"replicas":3,"updatedReplicas":3,"availableReplicas":3})"), Health::Healthy, ""},
        Row{"NotSeenYet", deployment(R"({"replicas":3})", R"({"observedGeneration":1,"replicas":3,"updatedReplicas":3,"availableReplicas":3})"), Health::Progressing,
            "waiting for its controller to see the latest spec"},
        Row{"NoStatus", deployment(R"({"replicas":3})", "{}"), Health::Progressing, "waiting for its controller to see the latest spec"},
        Row{"Updating", deployment(R"({"replicas":3})", R"({"observedGeneration":2,"replicas":3,"updatedReplicas":1,"availableReplicas":3})"), Health::Progressing,
            "1 of 3 replicas updated"},
        Row{"OldOnes", deployment(R"({"replicas":3})", R"({"observedGeneration":2,"replicas":4,"updatedReplicas":3,"availableReplicas":3})"), Health::Progressing,
            "1 old replicas pending termination"},
        Row{"NotAvailable", deployment(R"({"replicas":3})", R"({"observedGeneration":2,"replicas":3,"updatedReplicas":3,"availableReplicas":2})"),
            Health::Progressing, "2 of 3 replicas available"},
        Row{"DefaultIsOneReplica", deployment("{}", R"({"observedGeneration":2,"replicas":1,"updatedReplicas":1})"), Health::Progressing, "0 of 1 replicas available"},
        Row{"ScaledToNothing", deployment(R"({"replicas":0})", R"({"observedGeneration":2})"), Health::Healthy, ""},
        Row{"Deadline",
            deployment(R"({"replicas":1})",
                       R"({"observedGeneration":2,"conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded","message":"timed out"}]})"),
            Health::Degraded, "its rollout exceeded the progress deadline: timed out"},
        Row{"CantMakePods",
            deployment(R"({"replicas":1})", R"({"observedGeneration":2,"conditions":[{"type":"ReplicaFailure","status":"True","message":"quota exceeded"}]})"),
            Health::Degraded, "can't make pods: quota exceeded"},
        Row{"Paused", deployment(R"({"paused":true})", R"({"observedGeneration":2})"), Health::Unknown, "paused: its rollout is on hold"},
        Row{"Leaving", object("apps/v1", "Deployment", R"("metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"})"), Health::Progressing, "being deleted"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    OtherWorkloads, HealthOf,
    testing::Values(
        Row{"SetReady", object("apps/v1", "StatefulSet", R"("spec":{"replicas":2},"status":{"readyReplicas":2,"updatedReplicas":2,"currentRevision":"a","updateRevision":"a"})"),
            Health::Healthy, ""},
        Row{"SetWaits", object("apps/v1", "StatefulSet", R"("spec":{"replicas":2},"status":{"readyReplicas":1})"), Health::Progressing, "1 of 2 replicas ready"},
        Row{"SetRolls",
            object("apps/v1", "StatefulSet", R"("spec":{"replicas":2},"status":{"readyReplicas":2,"updatedReplicas":1,"currentRevision":"a","updateRevision":"b"})"),
            Health::Progressing, "1 of 2 replicas updated"},
        Row{"SetPartition",
            object("apps/v1", "StatefulSet",
                   R"("spec":{"replicas":3,"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":2}}},"status":{"readyReplicas":3,"updatedReplicas":1,"currentRevision":"a","updateRevision":"b"})"),
            Health::Healthy, ""},
        Row{"SetOnDelete",
            object("apps/v1", "StatefulSet", R"("spec":{"replicas":1,"updateStrategy":{"type":"OnDelete"}},"status":{"readyReplicas":1,"currentRevision":"a","updateRevision":"b"})"),
            Health::Healthy, ""},
        Row{"DaemonReady", object("apps/v1", "DaemonSet", R"("status":{"desiredNumberScheduled":2,"updatedNumberScheduled":2,"numberAvailable":2})"), Health::Healthy, ""},
        Row{"DaemonRolls", object("apps/v1", "DaemonSet", R"("status":{"desiredNumberScheduled":2,"updatedNumberScheduled":1,"numberAvailable":2})"), Health::Progressing,
            "1 of 2 pods updated"},
        Row{"DaemonWaits", object("apps/v1", "DaemonSet", R"("status":{"desiredNumberScheduled":2,"updatedNumberScheduled":2,"numberAvailable":1})"), Health::Progressing,
            "1 of 2 pods available"},
        Row{"ReplicaSetWaits", object("apps/v1", "ReplicaSet", R"("spec":{"replicas":2},"status":{"availableReplicas":1})"), Health::Progressing,
            "1 of 2 replicas available"},
        Row{"JobDone", object("batch/v1", "Job", R"("status":{"conditions":[{"type":"Complete","status":"True"}]})"), Health::Healthy, ""},
        Row{"JobFailed", object("batch/v1", "Job", R"("status":{"conditions":[{"type":"Failed","status":"True","reason":"BackoffLimitExceeded"}]})"), Health::Degraded,
            "failed: BackoffLimitExceeded"},
        Row{"JobRuns", object("batch/v1", "Job", R"("status":{"active":1})"), Health::Progressing, "1 pods active, 0 succeeded"},
        Row{"JobSuspended", object("batch/v1", "Job", R"("spec":{"suspend":true},"status":{})"), Health::Unknown, "suspended"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Others, HealthOf,
    testing::Values(
        Row{"PodReady", object("v1", "Pod", R"("status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]})"), Health::Healthy, ""},
        Row{"PodStarts", object("v1", "Pod", R"("status":{"phase":"Running"})"), Health::Progressing, "running, not ready yet"},
        Row{"PodDone", object("v1", "Pod", R"("status":{"phase":"Succeeded"})"), Health::Healthy, ""},
        Row{"PodFailed", object("v1", "Pod", R"("status":{"phase":"Failed","reason":"Evicted"})"), Health::Degraded, "failed: Evicted"},
        Row{"PodCantPull",
            object("v1", "Pod", R"("status":{"phase":"Pending","containerStatuses":[{"name":"app","state":{"waiting":{"reason":"ImagePullBackOff","message":"no such image"}}}]})"),
            Health::Degraded, "container app: ImagePullBackOff: no such image"},
        Row{"PodUnscheduled", object("v1", "Pod", R"("status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","message":"0/3 nodes fit"}]})"),
            Health::Progressing, "not scheduled: 0/3 nodes fit"},
        Row{"ClaimBound", object("v1", "PersistentVolumeClaim", R"("status":{"phase":"Bound"})"), Health::Healthy, ""},
        Row{"ClaimWaits", object("v1", "PersistentVolumeClaim", R"("status":{"phase":"Pending"})"), Health::Progressing, "waiting for a volume"},
        Row{"ClaimLost", object("v1", "PersistentVolumeClaim", R"("status":{"phase":"Lost"})"), Health::Degraded, "its volume is lost"},
        Row{"PlainService", object("v1", "Service", R"("spec":{"type":"ClusterIP"})"), Health::Healthy, ""},
        Row{"BalancerWaits", object("v1", "Service", R"("spec":{"type":"LoadBalancer"},"status":{"loadBalancer":{}})"), Health::Progressing,
            "waiting for a load balancer address"},
        Row{"BalancerReady", object("v1", "Service", R"("spec":{"type":"LoadBalancer"},"status":{"loadBalancer":{"ingress":[{"ip":"1.2.3.4"}]}})"), Health::Healthy, ""},
        Row{"ConfigMap", object("v1", "ConfigMap", R"("data":{})"), Health::Healthy, ""},
        Row{"ForeignDeployment", object("example.test/v1", "Deployment", R"("metadata":{"generation":3})"), Health::Healthy, ""},
        Row{"OddShapes", object("apps/v1", "Deployment", R"("metadata":[],"spec":7,"status":{"conditions":{"a":1},"replicas":"x"})"), Health::Progressing,
            "0 of 1 replicas updated"},
        Row{"NoObject", "[]", Health::Unknown, "not an object"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden::kubernetes
