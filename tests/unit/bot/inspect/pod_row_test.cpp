#include "bot/inspect/app_objects.hpp"
#include "bot/inspect/inspect.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

/// A pod of one container `app`, whose status is laid over.
json pod(const std::string& status, const std::string& more = "{}") {
  auto object = json::parse(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-1","namespace":"shop","creationTimestamp":"2026-11-21T09:00:00Z"},
    "spec":{"nodeName":"n1","containers":[{"name":"app","image":"shop/web:1"}]}})");
  object["status"] = json::parse(status);
  object.merge_patch(json::parse(more));
  return object;
}

struct PhaseRow {
  std::string name;
  json object;
  std::string phase;
  std::string why;
  bool ready = false;
  bool trouble = false;
  friend void PrintTo(const PhaseRow& row, std::ostream* out) { *out << row.name; }
};
class Phases : public testing::TestWithParam<PhaseRow> {};
TEST_P(Phases, AreAsKubectlPrintsThem) {
  const auto row = pod_row(GetParam().object, "Deployment/web");
  EXPECT_EQ(row.phase, GetParam().phase);
  EXPECT_EQ(row.why, GetParam().why);
  EXPECT_EQ(row.ready, GetParam().ready);
  EXPECT_EQ(inspect::is_in_trouble(row), GetParam().trouble);
}

const char* const kInit = R"({"spec":{"initContainers":[{"name":"migrate","image":"m:1"}]}})";
const char* const kDeleted = R"({"metadata":{"deletionTimestamp":"2026-11-21T09:00:00Z"}})";

INSTANTIATE_TEST_SUITE_P(
    Rows, Phases,
    testing::Values(
        PhaseRow{"Running", pod(R"({"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"app","ready":true,"state":{"running":{}}}]})"), "Running", "", true, false},
        PhaseRow{"NotReadyYet", pod(R"({"phase":"Running","conditions":[{"type":"Ready","status":"False","reason":"ContainersNotReady","message":"containers with unready status: [app]"}],
            "containerStatuses":[{"name":"app","ready":false,"state":{"running":{}}}]})"), "Running", "containers with unready status: [app]", false, false},
        PhaseRow{"Creating", pod(R"({"phase":"Pending","containerStatuses":[{"name":"app","ready":false,"state":{"waiting":{"reason":"ContainerCreating"}}}]})"), "ContainerCreating", "", false, false},
        PhaseRow{"ImagePull", pod(R"({"phase":"Pending","containerStatuses":[{"name":"app","ready":false,"state":{"waiting":{"reason":"ImagePullBackOff","message":"Back-off pulling image"}}}]})"),
                 "ImagePullBackOff", "container app: ImagePullBackOff: Back-off pulling image", false, true},
        PhaseRow{"CrashLoop", pod(R"({"phase":"Running","conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[{"name":"app","ready":false,"restartCount":5,
            "state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off"}},"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]})"),
                 "CrashLoopBackOff", "container app keeps crashing: OOMKilled (137)", false, true},
        PhaseRow{"Ended", pod(R"({"phase":"Running","containerStatuses":[{"name":"app","ready":false,"state":{"terminated":{"exitCode":3}}}]})"), "ExitCode:3", "container app ended: exit code 3", false, true},
        PhaseRow{"Signal", pod(R"({"phase":"Running","containerStatuses":[{"name":"app","ready":false,"state":{"terminated":{"exitCode":137,"signal":9}}}]})"), "Signal:9", "container app ended: exit code 137", false, true},
        PhaseRow{"Completed", pod(R"({"phase":"Succeeded","containerStatuses":[{"name":"app","ready":false,"state":{"terminated":{"exitCode":0,"reason":"Completed"}}}]})"), "Completed", "", true, false},
        PhaseRow{"Evicted", pod(R"({"phase":"Failed","reason":"Evicted","message":"The node was low on resource: memory."})"), "Evicted", "The node was low on resource: memory.", false, true},
        PhaseRow{"Unschedulable", pod(R"({"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/3 nodes are available: 3 Insufficient cpu."}]})"),
                 "Pending", "0/3 nodes are available: 3 Insufficient cpu.", false, true},
        PhaseRow{"Gated", pod(R"({"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]})"), "SchedulingGated", "SchedulingGated", false, true},
        PhaseRow{"InitRuns", pod(R"({"phase":"Pending","initContainerStatuses":[{"name":"migrate","state":{"running":{}}}],"containerStatuses":[{"name":"app","state":{"waiting":{"reason":"PodInitializing"}}}]})", kInit),
                 "Init:0/1", "", false, false},
        PhaseRow{"InitFails", pod(R"({"phase":"Pending","initContainerStatuses":[{"name":"migrate","restartCount":2,"state":{"waiting":{"reason":"CrashLoopBackOff"}},
            "lastState":{"terminated":{"exitCode":1,"reason":"Error"}}}]})", kInit), "Init:CrashLoopBackOff", "container migrate keeps crashing: Error (1)", false, true},
        PhaseRow{"InitDone", pod(R"({"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"initContainerStatuses":[{"name":"migrate","state":{"terminated":{"exitCode":0}}}],
            "containerStatuses":[{"name":"app","ready":true,"state":{"running":{}}}]})", kInit), "Running", "", true, false},
        PhaseRow{"Terminating", pod(R"({"phase":"Running","conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[{"name":"app","ready":true,"state":{"running":{}}}]})", kDeleted), "Terminating", "", false, false},
        PhaseRow{"Unknown", pod("{}"), "Unknown", "", false, true},
        PhaseRow{"SecretInAMessage", pod(R"({"phase":"Failed","reason":"Error","message":"connect with password=hunter2 failed"})"), "Error", "connect with password=*** failed", false, true}),
    [](const auto& row) { return row.param.name; });

TEST(PodRow, PutsTheMainContainerFirst) {
  auto object = pod(R"({"phase":"Running"})");
  object["spec"]["containers"] = json::parse(R"([{"name":"proxy","image":"p:1"},{"name":"app","image":"a:1"}])");
  object["spec"]["initContainers"] = json::parse(R"([{"name":"migrate","image":"m:1"}])");
  object["metadata"]["annotations"]["kubectl.kubernetes.io/default-container"] = "app";
  const auto row = pod_row(object, "Deployment/web");
  ASSERT_EQ(row.containers.size(), 3U);
  EXPECT_EQ(row.containers[0].name, "app");
  EXPECT_EQ(row.containers[2].name, "migrate");
  EXPECT_TRUE(row.containers[2].init);
  EXPECT_EQ(row.containers[0].state, "waiting");
}

TEST(PodRow, BearsNonsense) {
  for (const char* text : {"{}", "[]", "7", R"({"status":7,"spec":[],"metadata":"x"})", R"({"status":{"containerStatuses":[7,"a",{}]},"spec":{"containers":{"a":1}}})"}) {
    EXPECT_NO_THROW(static_cast<void>(pod_row(json::parse(text), ""))) << text;
  }
}

EventRow event(const std::string& object, const std::string& type, const std::string& message, int minute) {
  EventRow row;
  row.object = object;
  row.type = type;
  row.reason = "R";
  row.message = message;
  row.last = WallTime{} + std::chrono::minutes{minute};
  return row;
}

TEST(Events, AreSortedWarningsFirstNewestFirst) {
  const auto rows = sorted_events({event("Pod/a", "Normal", "n", 9), event("Pod/a", "Warning", "old", 1), event("Pod/a", "Warning", "new", 5)}, 10);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].message, "new");
  EXPECT_EQ(rows[1].message, "old");
  EXPECT_EQ(rows[2].type, "Normal");
  EXPECT_EQ(sorted_events(rows, 1).size(), 1U);
}

TEST(Events, ThatRepeatAreOne) {
  const auto rows = sorted_events({event("Pod/web-1", "Warning", "Back-off in pod web-1", 1), event("Pod/web-2", "Warning", "Back-off in pod web-2", 3), event("Pod/web-2", "Warning", "Back-off in pod web-2", 2)}, 10);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].count, 3);
  EXPECT_EQ(rows[0].object, "Pod/web-2 and 1 more");
  EXPECT_EQ(rows[0].message, "Back-off in pod web-2");
}

TEST(Events, AreReadFromEitherForm) {
  const auto old = event_row(json::parse(R"({"involvedObject":{"kind":"Pod","name":"web-1"},"type":"Warning","reason":"BackOff","message":" token=abc gone\n","count":7,
    "firstTimestamp":"2026-11-21T09:00:00Z","lastTimestamp":"2026-11-21T09:05:00Z"})"));
  EXPECT_EQ(old.object, "Pod/web-1");
  EXPECT_EQ(old.count, 7);
  EXPECT_EQ(old.message, "token=*** gone");
  EXPECT_EQ(format_time(*old.last), "2026-11-21T09:05:00Z");
  const auto series = event_row(json::parse(R"({"involvedObject":{"kind":"Pod","name":"web-1"},"eventTime":"2026-11-21T09:00:00.123456Z","series":{"count":3,"lastObservedTime":"2026-11-21T09:09:00.000000Z"}})"));
  EXPECT_EQ(series.count, 3);
  ASSERT_TRUE(series.last);
  EXPECT_EQ(format_time(*series.last), "2026-11-21T09:09:00Z");
  EXPECT_NO_THROW(static_cast<void>(event_row(json::parse("[]"))));
}

ObjectRef ref(const std::string& kind, const std::string& name) {
  ObjectRef out;
  out.kind = kind;
  out.name = name;
  return out;
}

TEST(Names, ThatControllersGive) {
  EXPECT_TRUE(inspect::is_made_for(ref("Deployment", "web"), "ReplicaSet", "web-5d4f7c9b8d"));
  EXPECT_TRUE(inspect::is_made_for(ref("Deployment", "web"), "Pod", "web-5d4f7c9b8d-x2x7k"));
  EXPECT_TRUE(inspect::is_made_for(ref("StatefulSet", "db"), "Pod", "db-0"));
  EXPECT_TRUE(inspect::is_made_for(ref("DaemonSet", "agent"), "Pod", "agent-x2x7k"));
  EXPECT_TRUE(inspect::is_made_for(ref("CronJob", "nightly"), "Job", "nightly-29381234"));
  EXPECT_TRUE(inspect::is_made_for(ref("CronJob", "nightly"), "Pod", "nightly-29381234-x2x7k"));
  EXPECT_FALSE(inspect::is_made_for(ref("Deployment", "web"), "Pod", "web-api-5d4f7c9b8d-x2x7k")) << "another Deployment's";
  EXPECT_FALSE(inspect::is_made_for(ref("Deployment", "web"), "Pod", "web-db-0"));
  EXPECT_FALSE(inspect::is_made_for(ref("Deployment", "web"), "Pod", "web"));
  EXPECT_FALSE(inspect::is_made_for(ref("Service", "web"), "Pod", "web-5d4f7c9b8d-x2x7k"));
}

TEST(Selectors, AreWrittenAsTheApiTakesThem) {
  EXPECT_EQ(inspect::selector_text(json::parse(R"({"matchLabels":{"app":"web","tier":"a"},"matchExpressions":[{"key":"x","operator":"In","values":["1","2"]},{"key":"y","operator":"Exists"},
    {"key":"z","operator":"DoesNotExist"},{"key":"w","operator":"NotIn","values":["3"]}]})")), "app=web,tier=a,x in (1,2),y,!z,w notin (3)");
  EXPECT_FALSE(inspect::selector_text(json::parse("{}"))) << "it would select everything";
}

}  // namespace
}  // namespace driftwarden
