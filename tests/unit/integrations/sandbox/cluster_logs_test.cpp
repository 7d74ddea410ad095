// GET pods/NAME/log of pods that the controllers made.
#include "tests/unit/integrations/sandbox/cluster_support.hpp"

#include <algorithm>

namespace driftwarden::sandbox::cluster {
namespace {

class Logs : public testing::Test {
 protected:
  Logs() : rollouts(api.core, RolloutOptions{}) {
    api.core.on_change = [this](const std::string& storage, const StoreChange& change) { rollouts.observe(storage, change); };
    advance(Duration{0});
  }
  void advance(Duration by) {
    const auto until = api.now + by;
    while (true) {
      const auto due = rollouts.tick(api.now);
      if (!due || *due > until) break;
      api.now = *due;
    }
    api.now = until;
    rollouts.tick(api.now);
  }
  std::string run(const std::string& image) {
    auto object = deployment("shop");
    object["spec"]["replicas"] = 1;
    object["spec"]["template"]["spec"]["containers"][0]["image"] = image;
    EXPECT_EQ(api.call("POST", kDeployments, object).status, 201U);
    advance(std::chrono::seconds{30});
    const auto pods = api.call("GET", "/api/v1/namespaces/default/pods").body;
    return pods["items"].empty() ? std::string() : pods["items"][0]["metadata"]["name"].get<std::string>();
  }
  ApiReply log(const std::string& pod, const std::string& query = "") {
    ApiRequest request;
    request.path = "/api/v1/namespaces/default/pods/" + pod + "/log" + query;
    return api.raw(std::move(request));
  }
  static long lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

  Api api;
  Rollouts rollouts;
};

TEST_F(Logs, AreTheSameWheneverTheyAreAsked) {
  const auto pod = run("shop:1");
  const auto first = log(pod);
  EXPECT_EQ(first.content_type, "text/plain");
  EXPECT_GT(lines(first.body), 8);
  EXPECT_EQ(log(pod).body, first.body);
  advance(std::chrono::seconds{30});
  const auto later = log(pod).body;
  EXPECT_EQ(later.substr(0, first.body.size()), first.body) << "more came, and nothing changed";
  EXPECT_EQ(lines(later), lines(first.body) + 10);
}

TEST_F(Logs, HoldWhatNobodyShouldLog) {
  const auto text = log(run("shop:1")).body;
  EXPECT_NE(text.find("password=changeme-"), std::string::npos);
  EXPECT_NE(text.find("postgres://web:s3cr3t-"), std::string::npos);
}

TEST_F(Logs, ObeyTheirParameters) {
  const auto pod = run("shop:1");
  EXPECT_EQ(lines(log(pod, "?tailLines=3").body), 3);
  EXPECT_EQ(lines(log(pod, "?sinceSeconds=10").body), 3);
  EXPECT_EQ(log(pod, "?limitBytes=10").body.size(), 10U);
  EXPECT_EQ(log(pod, "?container=web").status, 200U);
  const auto stamped = log(pod, "?timestamps=true&tailLines=1").body;
  EXPECT_EQ(stamped.find("2026-11-21T09:00:"), 0U) << stamped;
  EXPECT_EQ(stamped.find("Z "), 29U) << "nine digits, as the kubelet writes them";
}

TEST_F(Logs, OfAnImageThatCantBePulledWait) {
  const auto pod = run("shop:broken");
  const auto refused = log(pod);
  EXPECT_EQ(refused.status, 400U);
  EXPECT_NE(refused.body.find("is waiting to start: trying and failing to pull image"), std::string::npos) << refused.body;
}

TEST_F(Logs, OfACrashTellWhy) {
  const auto pod = run("shop:2-crash");
  const auto status = api.call("GET", "/api/v1/namespaces/default/pods/" + pod).body["status"];
  EXPECT_EQ(status["containerStatuses"][0]["state"]["waiting"]["reason"], "CrashLoopBackOff");
  EXPECT_EQ(status["containerStatuses"][0]["restartCount"], 5);
  EXPECT_EQ(lines(log(pod).body), 5);
  EXPECT_NE(log(pod, "?previous=true").body.find("panic: cannot reach"), std::string::npos);
  const auto set = api.call("GET", kDeployments + "/shop").body["status"];
  EXPECT_FALSE(set.contains("availableReplicas"));
}

TEST_F(Logs, OfAnEarlierRunNeedOne) {
  const auto refused = log(run("shop:1"), "?previous=true");
  EXPECT_EQ(refused.status, 400U);
  EXPECT_NE(refused.body.find("previous terminated container \\\"web\\\" in pod"), std::string::npos) << refused.body;
}

TEST_F(Logs, AnEventTellsOfEachFailure) {
  const auto pod = run("shop:2-crash");
  const auto events = api.call("GET", "/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=" + pod).body;
  std::vector<std::string> reasons;
  for (const auto& one : events["items"]) reasons.push_back(one["reason"].get<std::string>());
  EXPECT_NE(std::find(reasons.begin(), reasons.end(), "BackOff"), reasons.end());
  EXPECT_NE(std::find(reasons.begin(), reasons.end(), "Scheduled"), reasons.end());
}

}  // namespace
}  // namespace driftwarden::sandbox::cluster
