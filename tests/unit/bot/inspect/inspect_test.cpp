// What an App runs, read from a cluster in memory by the whole bot.
#include "bot/conversation/handlers.hpp"
#include "bot/inspect/app_objects.hpp"
#include "tests/support/fakes/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Inspect : public testing::Test {
 protected:
  Inspect() {
    world.start();
    world.clock.advance(2s);
  }
  App app() { return *world.fleet->app("checkout"); }

  static json owned_by(const std::string& kind, const std::string& name) {
    auto owners = json::array();
    owners.push_back({{"apiVersion", "apps/v1"}, {"kind", kind}, {"name", name}, {"controller", true}});
    return owners;
  }
  json pod(const std::string& name, const std::string& status) {
    json object{{"apiVersion", "v1"}, {"kind", "Pod"}};
    object["metadata"] = {{"name", name}, {"namespace", "shop"}, {"labels", {{"app", "checkout"}}}};
    object["metadata"]["ownerReferences"] = owned_by("ReplicaSet", name.substr(0, name.rfind('-')));
    object["spec"] = json::parse(R"({"containers":[{"name":"app","image":"shop/checkout:1.4"}]})");
    object["status"] = json::parse(status);
    return object;
  }
  void add(const json& object) {
    ObjectRef ref;
    ref.set_api_version(object.at("apiVersion").get<std::string>());
    ref.kind = object.at("kind").get<std::string>();
    ref.namespace_ = object.at("metadata").at("namespace").get<std::string>();
    ref.name = object.at("metadata").at("name").get<std::string>();
    world.cluster->objects[object_id(ref)] = object;
  }
  void add_running(const std::string& name) {
    add(pod(name, R"({"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"app","ready":true,"state":{"running":{}}}]})"));
  }
  void add_crashing(const std::string& name) {
    add(pod(name, R"({"phase":"Running","conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[{"name":"app","ready":false,"restartCount":5,
      "state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":1,"reason":"Error"}}}]})"));
  }
  void add_event(const std::string& object, const std::string& type, const std::string& message) {
    json event{{"apiVersion", "v1"}, {"kind", "Event"}};
    event["metadata"] = {{"name", fmt::format("e{}", ++events)}, {"namespace", "shop"}};
    const auto slash = object.find('/');
    event["involvedObject"] = {{"kind", object.substr(0, slash)}, {"name", object.substr(slash + 1)}};
    event["type"] = type;
    event["reason"] = "BackOff";
    event["message"] = message;
    event["lastTimestamp"] = format_time(std::chrono::floor<std::chrono::seconds>(world.clock.wall_now()));
    add(event);
  }
  /// Of sixty the last one is behind.
  static json live_deployment_of(int i) {
    auto object = test::live_deployment(2);
    object["metadata"]["generation"] = 1;
    object["status"] = {{"observedGeneration", 1}, {"replicas", 2}, {"updatedReplicas", 2}, {"readyReplicas", 2}, {"availableReplicas", i == 59 ? 1 : 2}};
    return object;
  }
  Result<LogText> logs(LogsAsked asked = {}) { return test::run(world.io, read_logs(*world.fleet, app(), std::move(asked))); }

  test::World world;
  int events = 0;
};

TEST_F(Inspect, PodsInTroubleComeFirst) {
  add_running("checkout-6d5f9c7b8d-bbbbb");
  add_crashing("checkout-6d5f9c7b8d-zzzzz");
  auto stranger = pod("other", R"({"phase":"Running"})");
  stranger["metadata"]["labels"]["app"] = "other";
  add(stranger);
  const auto rows = test::run(world.io, find_pods(*world.fleet, app()));
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].phase, "CrashLoopBackOff");
  EXPECT_EQ((*rows)[0].workload, "Deployment/checkout");
  EXPECT_EQ((*rows)[1].phase, "Running");
  EXPECT_EQ(world.live->lists.back().label_selector, "app=checkout");
  EXPECT_EQ(world.live->lists.back().namespace_, "shop");
}

TEST_F(Inspect, ARefusalNamesWhatLacks) {
  world.live->list_fails = Error{ErrorKind::Denied, "prod-eu: list Pod: forbidden: my service account lacks the right to list pods in namespace shop"};
  const auto rows = test::run(world.io, find_pods(*world.fleet, app()));
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind, ErrorKind::Denied);
  EXPECT_THAT(rows.error().message, HasSubstr("list pods in namespace shop"));
}

TEST_F(Inspect, OrphansHaveNoPods) {
  auto orphans = app();
  orphans.orphans = true;
  const auto rows = test::run(world.io, find_pods(*world.fleet, orphans));
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().kind, ErrorKind::InvalidInput);
}

TEST_F(Inspect, EventsAreThoseOfTheApp) {
  add_running("checkout-6d5f9c7b8d-bbbbb");
  add_event("Pod/checkout-6d5f9c7b8d-bbbbb", "Normal", "Started");
  add_event("Pod/checkout-6d5f9c7b8d-ggggg", "Warning", "gone pod, password=hunter2");
  add_event("Deployment/checkout", "Normal", "Scaled up");
  add_event("Pod/other-6d5f9c7b8d-bbbbb", "Warning", "not ours");
  const auto rows = test::run(world.io, find_events(*world.fleet, app(), 10));
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_EQ((*rows)[0].message, "gone pod, password=***");
}

TEST_F(Inspect, LogsOfOnePodAreRedacted) {
  add_running("checkout-6d5f9c7b8d-bbbbb");
  world.cluster->logs["checkout-6d5f9c7b8d-bbbbb"] = "one\npassword=hunter2\nthree\n";
  const auto log = logs();
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ(log->text, "one\npassword=***\nthree\n");
  EXPECT_THAT(log->sources, ElementsAre("checkout-6d5f9c7b8d-bbbbb/app"));
  EXPECT_EQ(log->lines, 3U);
  EXPECT_FALSE(log->cut);
}

TEST_F(Inspect, LogsOfSeveralPodsAreOneInTime) {
  add_running("checkout-6d5f9c7b8d-bbbbb");
  add_running("checkout-6d5f9c7b8d-ccccc");
  world.cluster->logs["checkout-6d5f9c7b8d-bbbbb"] = "2026-11-21T09:00:01.000000000Z b1\n2026-11-21T09:00:03.000000000Z b3\n";
  world.cluster->logs["checkout-6d5f9c7b8d-ccccc"] = "2026-11-21T09:00:02.000000000Z c2\n2026-11-21T09:00:04.000000000Z c4\n";
  LogsAsked asked;
  asked.tail = 3;
  const auto log = logs(asked);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->text, "checkout-6d5f9c7b8d-ccccc c2\ncheckout-6d5f9c7b8d-bbbbb b3\ncheckout-6d5f9c7b8d-ccccc c4\n");
  EXPECT_TRUE(log->cut);
  EXPECT_EQ(log->newest.at("checkout-6d5f9c7b8d-ccccc"), "2026-11-21T09:00:04.000000000Z");
  asked.after = log->newest;
  EXPECT_EQ(logs(asked)->lines, 0U) << "nothing is younger";
}

TEST_F(Inspect, AWordIsLookedForInWhatIsShown) {
  add_running("checkout-6d5f9c7b8d-bbbbb");
  world.cluster->logs["checkout-6d5f9c7b8d-bbbbb"] = "Alpha password=hunter2\nbeta\nALPHA again\n";
  LogsAsked asked;
  asked.grep = "alpha";
  EXPECT_EQ(logs(asked)->text, "Alpha password=***\nALPHA again\n");
  asked.grep = "hunter2";
  EXPECT_EQ(logs(asked)->lines, 0U) << "or it could be guessed";
}

TEST_F(Inspect, AContainerThatWaitsIsTold) {
  add_running("checkout-6d5f9c7b8d-bbbbb");
  add_crashing("checkout-6d5f9c7b8d-zzzzz");
  world.cluster->logs["checkout-6d5f9c7b8d-bbbbb"] = "fine\n";
  world.live->log_fails = [](const kubernetes::LogQuery& query) -> std::optional<Error> {
    if (query.pod.ends_with("zzzzz")) return Error{ErrorKind::Conflict, "is waiting to start"};
    return std::nullopt;
  };
  const auto log = logs();
  ASSERT_TRUE(log);
  EXPECT_THAT(log->troubles, ElementsAre("checkout-6d5f9c7b8d-zzzzz: container app isn't started: waiting: CrashLoopBackOff"));
  EXPECT_EQ(log->text, "checkout-6d5f9c7b8d-bbbbb fine\n");
}

TEST_F(Inspect, APodOrAWorkloadIsChosen) {
  add_running("checkout-6d5f9c7b8d-bbbbb");
  add_running("checkout-6d5f9c7b8d-ccccc");
  world.cluster->logs["checkout-6d5f9c7b8d-bbbbb"] = "b\n";
  world.cluster->logs["checkout-6d5f9c7b8d-ccccc"] = "c\n";
  LogsAsked asked;
  asked.workload = "pod/checkout-6d5f9c7b8d-ccccc";
  EXPECT_EQ(logs(asked)->text, "c\n");
  asked.workload = "deploy/checkout";
  EXPECT_EQ(logs(asked)->lines, 2U);
  asked.workload = "deployment/nobody";
  const auto nobody = logs(asked);
  ASSERT_FALSE(nobody);
  EXPECT_THAT(nobody.error().message, HasSubstr("Deployment/checkout"));
  asked.workload.clear();
  asked.container = "sidecar";
  const auto none = logs(asked);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("there are app"));
}

TEST_F(Inspect, NoMoreThanTenPodsAreRead) {
  for (char c = 'b'; c < 'p'; ++c) add_running(fmt::format("checkout-6d5f9c7b8d-{}", std::string(5, c)));
  const auto log = logs();
  ASSERT_TRUE(log);
  EXPECT_EQ(world.live->log_queries.size(), 10U);
  EXPECT_THAT(log->troubles.front(), HasSubstr("only 10 of 14 pods"));
}

TEST_F(Inspect, AServerThatCutsTheEndIsAskedForLess) {
  add_running("checkout-6d5f9c7b8d-bbbbb");
  std::string text;
  for (int i = 0; i < 3000; ++i) text += std::to_string(i) + std::string(1000, 'x') + "\n";
  world.cluster->logs["checkout-6d5f9c7b8d-bbbbb"] = text;
  LogsAsked asked;
  asked.tail = 3000;
  const auto log = logs(asked);
  ASSERT_TRUE(log);
  EXPECT_TRUE(log->cut);
  EXPECT_THAT(log->text, HasSubstr("\n2999x")) << "the newest line is what people look for";
}

TEST_F(Inspect, AnObjectIsDescribed) {
  add_running("checkout-6d5f9c7b8d-bbbbb");
  add_event("Deployment/checkout", "Normal", "Scaled up replica set");
  const auto text = test::run(world.io, describe(*world.fleet, world.redactor, app(), "", world.clock.wall_now()));
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_THAT(*text, HasSubstr("apps/v1 Deployment"));
  EXPECT_THAT(*text, HasSubstr("Replicas:     2 desired"));
  EXPECT_THAT(*text, HasSubstr("image     shop/checkout:1.4"));
  EXPECT_THAT(*text, HasSubstr("Scaled up replica set"));
  const auto pod = test::run(world.io, describe(*world.fleet, world.redactor, app(), "pod/checkout-6d5f9c7b8d-bbbbb", world.clock.wall_now()));
  ASSERT_TRUE(pod) << pod.error().message;
  EXPECT_THAT(*pod, HasSubstr("Status:       Running"));
}

TEST_F(Inspect, WhatIsNotTheAppsIsNotDescribed) {
  add(json::parse(R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"db","namespace":"shop"},"data":{"p":"aHVudGVyMg=="}})"));
  for (const char* object : {"secret/db", "pod/other", "checkou", "configmap/kube-root-ca.crt"}) {
    const auto text = test::run(world.io, describe(*world.fleet, world.redactor, app(), object, world.clock.wall_now()));
    ASSERT_FALSE(text) << object;
    EXPECT_EQ(text.error().kind, ErrorKind::NotFound) << text.error().message;
    EXPECT_THAT(text.error().message, HasSubstr("Deployment/checkout"));
  }
}

TEST_F(Inspect, PodsThatOnlyFitTheSelectorAreNotItsOwn) {
  add_running("checkout-6d5f9c7b8d-bbbbb");
  auto theirs = pod("payments-6d5f9c7b8d-ccccc", R"({"phase":"Running"})");
  add(theirs);
  auto nobodys = pod("checkout-6d5f9c7b8d-ddddd", R"({"phase":"Running"})");
  nobodys["metadata"].erase("ownerReferences");
  add(nobodys);
  const auto rows = test::run(world.io, find_pods(*world.fleet, app()));
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front().name, "checkout-6d5f9c7b8d-bbbbb");
  for (const char* name : {"payments-6d5f9c7b8d-ccccc", "checkout-6d5f9c7b8d-ddddd"}) {
    EXPECT_FALSE(test::run(world.io, describe(*world.fleet, world.redactor, app(), std::string("pod/") + name, world.clock.wall_now()))) << name;
  }
}

TEST_F(Inspect, AReplicaSetIsDescribedWhenTheWorkloadMadeIt) {
  json set{{"apiVersion", "apps/v1"}, {"kind", "ReplicaSet"}, {"metadata", {{"name", "checkout-6d5f9c7b8d"}, {"namespace", "shop"}}}, {"spec", {{"replicas", 2}}}};
  const auto ask = [&] { return test::run(world.io, describe(*world.fleet, world.redactor, app(), "rs/checkout-6d5f9c7b8d", world.clock.wall_now())); };
  add(set);
  EXPECT_FALSE(ask()) << "its name alone says nothing";
  set["metadata"]["ownerReferences"] = owned_by("Deployment", "checkout");
  add(set);
  const auto text = ask();
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_THAT(*text, HasSubstr("ReplicaSet"));
}

TEST_F(Inspect, EventsOfAnotherNamespaceAreNotItsOwn) {
  add_event("Deployment/checkout", "Warning", "of ours");
  auto other = world.cluster->objects.at("/Event:shop/e1");
  other["metadata"]["name"] = "e2";
  other["involvedObject"]["namespace"] = "payments";
  other["message"] = "of theirs";
  add(other);
  const auto rows = test::run(world.io, find_events(*world.fleet, app(), 10));
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front().message, "of ours");
}

TEST_F(Inspect, WithoutAnAnnotationTheNamespaceDecides) {
  ObjectRef ref{"apps", "v1", "Deployment", "shop", "checkout"};
  const auto live = [&](const std::string& tracking) {
    json object{{"metadata", {{"name", ref.name}, {"namespace", ref.namespace_}}}};
    if (!tracking.empty()) object["metadata"]["annotations"] = {{"driftwarden.io/tracking", tracking}};
    return object;
  };
  EXPECT_TRUE(inspect::is_own(app(), ref, live("")));
  EXPECT_TRUE(inspect::is_own(app(), ref, live("checkout:apps/Deployment:shop/checkout")));
  EXPECT_FALSE(inspect::is_own(app(), ref, live("cart:apps/Deployment:shop/checkout")));
  ref.namespace_ = "payments";
  EXPECT_FALSE(inspect::is_own(app(), ref, live("")));
  EXPECT_FALSE(inspect::is_own(app(), ref, live("checkout:apps/Deployment:shop/checkout"))) << "a mark of another object";
  EXPECT_TRUE(inspect::is_own(app(), ref, live("checkout:apps/Deployment:payments/checkout")));
}

TEST_F(Inspect, AManifestThatNamesAnotherTeamsWorkloadShowsNothing) {
  auto object = world.cluster->objects.at("apps/Deployment:shop/checkout");
  object["metadata"]["annotations"]["driftwarden.io/tracking"] = "payments:apps/Deployment:shop/checkout";
  world.live->put(object);
  add_running("checkout-6d5f9c7b8d-bbbbb");
  const auto rows = test::run(world.io, find_pods(*world.fleet, app()));
  ASSERT_TRUE(rows);
  EXPECT_TRUE(rows->empty());
  EXPECT_TRUE(world.live->lists.empty());
  const auto text = test::run(world.io, describe(*world.fleet, world.redactor, app(), "deployment/checkout", world.clock.wall_now()));
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().message, HasSubstr("isn't checkout's own"));
}

TEST_F(Inspect, AtMostFortyWorkloadsAreLookedAt) {
  std::vector<inspect::Workload> many;
  for (int i = 0; i < 60; ++i) {
    auto object = live_deployment_of(i);
    many.push_back({{"apps", "v1", "Deployment", "shop", fmt::format("web-{}", i)}, std::make_shared<const json>(object)});
  }
  const auto some = inspect::looked_at(many);
  ASSERT_EQ(some.size(), 40U);
  EXPECT_EQ(some.front().ref.name, "web-59") << "the one that isn't healthy";
  const auto named = inspect::looked_at(many, "deploy/web-50");
  ASSERT_EQ(named.size(), 1U);
  EXPECT_EQ(named.front().ref.name, "web-50");
}

TEST_F(Inspect, ValuesOfVariablesAreHidden) {
  auto object = world.cluster->objects.at("apps/Deployment:shop/checkout");
  object["spec"]["template"]["spec"]["containers"][0]["env"] = json::parse(R"([{"name":"DB_PASSWORD","value":"hunter2"},{"name":"LEVEL","value":"info"},{"name":"URL","value":"postgres://a:hunter3@db/x"}])");
  world.live->put(object);
  const auto text = test::run(world.io, describe(*world.fleet, world.redactor, app(), "checkout", world.clock.wall_now()));
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, Not(HasSubstr("hunter")));
  EXPECT_THAT(*text, HasSubstr("LEVEL=info"));
}

TEST_F(Inspect, HealthIsExplainedByWhatFails) {
  add_crashing("checkout-6d5f9c7b8d-zzzzz");
  add_event("Pod/checkout-6d5f9c7b8d-zzzzz", "Warning", "Back-off restarting failed container");
  world.cluster->logs["checkout-6d5f9c7b8d-zzzzz"] = "starting\npanic: no route to db, token=abc\n\n";
  world.live->stuck = true;
  auto object = world.cluster->objects.at("apps/Deployment:shop/checkout");
  object["status"] = json::parse(R"({"observedGeneration":999,"replicas":2,"updatedReplicas":2,"conditions":[{"type":"Available","status":"False","message":"Deployment does not have minimum availability."}]})");
  world.live->put(object);
  const auto explained = test::run(world.io, explain_health(*world.fleet, app(), world.clock.wall_now(), true));
  ASSERT_TRUE(explained) << explained.error().message;
  const auto* lines = &explained->lines;
  EXPECT_THAT(explained->logs_read, ElementsAre("checkout-6d5f9c7b8d-zzzzz/app"));
  ASSERT_EQ(lines->size(), 3U);
  EXPECT_THAT((*lines)[0], HasSubstr("Deployment/checkout progressing: 0 of 2 replicas available; Available: Deployment does not have minimum availability."));
  EXPECT_THAT((*lines)[1], HasSubstr("Pod/checkout-6d5f9c7b8d-zzzzz CrashLoopBackOff, 5 restarts: container app keeps crashing: Error (1); its last words: panic: no route to db, token=***"));
  EXPECT_THAT((*lines)[2], HasSubstr("Back-off restarting failed container"));
  world.live->log_queries.clear();
  const auto without = test::run(world.io, explain_health(*world.fleet, app(), world.clock.wall_now(), false));
  ASSERT_TRUE(without);
  EXPECT_TRUE(without->logs_read.empty());
  EXPECT_TRUE(world.live->log_queries.empty());
  EXPECT_THAT(without->lines[1], Not(HasSubstr("last words")));
}

TEST_F(Inspect, AHealthyAppNeedsNoExplanation) {
  world.scale_by_hand(2);
  add_running("checkout-6d5f9c7b8d-bbbbb");
  add_event("Deployment/checkout", "Normal", "Scaled up");
  const auto explained = test::run(world.io, explain_health(*world.fleet, app(), world.clock.wall_now(), true));
  ASSERT_TRUE(explained) << explained.error().message;
  EXPECT_TRUE(explained->lines.empty()) << explained->lines.front();
}

}  // namespace
}  // namespace driftwarden
