#include "integrations/kubernetes/lease.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden::kubernetes {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

const WallTime kWall = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 9h + 5ms;
const LeasePlace kPlace{"prod", "driftwarden", "warden"};

TEST(LeaseText, IsWhatTheServerKeeps) {
  Lease lease;
  lease.holder = "pod-1";
  lease.duration = 8500ms;
  lease.acquired_at = kWall;
  lease.renewed_at = kWall + 1s;
  lease.transitions = 2;
  lease.version = "12";
  const auto object = json::parse(lease_text(kPlace, lease));
  EXPECT_EQ(object["metadata"], json::parse(R"({"name":"warden","namespace":"driftwarden","resourceVersion":"12"})"));
  EXPECT_EQ(object["spec"], json::parse(R"({"holderIdentity":"pod-1","leaseDurationSeconds":9,"leaseTransitions":2,
    "acquireTime":"2026-11-22T09:00:00.005000Z","renewTime":"2026-11-22T09:00:01.005000Z"})"));
}

TEST(LeaseText, KeepsWhatItKnowsNothingOf) {
  const auto read = parse_lease(R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"warden","uid":"u","labels":{"team":"sre"},"resourceVersion":"3",
    "managedFields":[{}]},"spec":{"holderIdentity":"x","renewTime":"2026-11-22T09:00:00.000000Z","strategy":"OldestEmulationVersion"}})");
  ASSERT_TRUE(read);
  auto lease = *read;
  lease.holder = "";
  lease.renewed_at.reset();
  const auto object = json::parse(lease_text(kPlace, lease));
  EXPECT_EQ(object["metadata"]["labels"], json::parse(R"({"team":"sre"})"));
  EXPECT_EQ(object["spec"]["strategy"], "OldestEmulationVersion");
  EXPECT_FALSE(object["metadata"].contains("managedFields"));
  EXPECT_FALSE(object["spec"].contains("renewTime"));
  EXPECT_EQ(object["spec"]["holderIdentity"], "");
}

TEST(ParseLease, ReadsWhatItWrote) {
  Lease lease;
  lease.holder = "pod-1";
  lease.duration = 9s;
  lease.acquired_at = kWall;
  lease.renewed_at = kWall + 1s;
  lease.transitions = 2;
  lease.version = "12";
  const auto read = parse_lease(lease_text(kPlace, lease));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, lease);
}

TEST(ParseLease, TakesAnEmptyOne) {
  const auto read = parse_lease(R"({"metadata":{"name":"warden","resourceVersion":"1"}})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->holder, "");
  EXPECT_FALSE(read->renewed_at);
  EXPECT_EQ(read->transitions, 0);
}

TEST(ParseLease, RefusesWhatIsNone) {
  EXPECT_FALSE(parse_lease("nonsense"));
  EXPECT_FALSE(parse_lease("[]"));
  EXPECT_FALSE(parse_lease("{}"));
}

}  // namespace
}  // namespace driftwarden::kubernetes
