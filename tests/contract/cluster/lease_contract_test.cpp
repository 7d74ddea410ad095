// One Lease: whoever saw its newest version writes it, and nobody else.
#include "integrations/kubernetes/lease.hpp"
#include "tests/contract/cluster/cluster_contract.hpp"
#include "tests/support/run.hpp"

namespace driftwarden::test {

using kubernetes::Lease;
using namespace std::chrono_literals;

namespace {

constexpr Duration kPatience = 5s;

Lease held_by(const std::string& holder) {
  Lease lease;
  lease.holder = holder;
  lease.duration = 9s;
  lease.acquired_at = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 9h + 7ms;
  lease.renewed_at = lease.acquired_at;
  return lease;
}

}  // namespace

class LeaseContract : public ClusterContract {
 protected:
  std::unique_ptr<kubernetes::LeaseApi> make(const kubernetes::Connection& connection) {
    kubernetes::LeasePlace place{"contract", ns, "warden"};
    return kubernetes::create_lease_api(io.get_executor(), clock, *random, connection, place);
  }
  std::unique_ptr<kubernetes::LeaseApi> make() { return make(server->connection()); }
};

TEST_P(LeaseContract, NoneIsNoError) {
  const auto leases = make();
  const auto read = run(io, leases->read(kPatience));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_FALSE(read->has_value());
}

TEST_P(LeaseContract, IsMadeOnceAndReadAsItWasMade) {
  const auto leases = make();
  const auto made = run(io, leases->create(held_by("a"), kPatience));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_FALSE(made->version.empty());
  const auto read = run(io, leases->read(kPatience));
  ASSERT_TRUE(read && read->has_value());
  EXPECT_EQ(**read, *made);
  EXPECT_EQ((*read)->acquired_at, held_by("a").acquired_at);
  const auto again = run(io, leases->create(held_by("b"), kPatience));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::Conflict);
}

TEST_P(LeaseContract, IsWrittenOnlyOverTheVersionThatWasRead) {
  const auto leases = make();
  const auto made = run(io, leases->create(held_by("a"), kPatience));
  ASSERT_TRUE(made) << made.error().message;
  auto renewed = *made;
  renewed.renewed_at = *made->renewed_at + 2s;
  const auto written = run(io, leases->update(renewed, kPatience));
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_NE(written->version, made->version);
  auto taken = *made;
  taken.holder = "b";
  const auto refused = run(io, leases->update(taken, kPatience));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict) << refused.error().message;
  const auto read = run(io, leases->read(kPatience));
  ASSERT_TRUE(read && read->has_value());
  EXPECT_EQ((*read)->holder, "a");
}

TEST_P(LeaseContract, IsGivenBackWithoutTimes) {
  const auto leases = make();
  const auto made = run(io, leases->create(held_by("a"), kPatience));
  ASSERT_TRUE(made) << made.error().message;
  auto released = *made;
  released.holder.clear();
  released.acquired_at.reset();
  released.renewed_at.reset();
  const auto written = run(io, leases->update(released, kPatience));
  ASSERT_TRUE(written) << written.error().message;
  const auto read = run(io, leases->read(kPatience));
  ASSERT_TRUE(read && read->has_value());
  EXPECT_EQ((*read)->holder, "");
  EXPECT_FALSE((*read)->renewed_at);
}

TEST_P(LeaseContract, KeepsTheLabelsOfOthers) {
  const auto leases = make();
  const auto made = run(io, leases->create(held_by("a"), kPatience));
  ASSERT_TRUE(made) << made.error().message;
  const auto target = path("coordination.k8s.io/v1", "leases", "warden");
  ASSERT_EQ(call("PATCH", target, nlohmann::json::parse(R"({"metadata":{"labels":{"team":"sre"}}})"), "merge").status, 200U);
  auto read = run(io, leases->read(kPatience));
  ASSERT_TRUE(read && read->has_value());
  const auto written = run(io, leases->update(**read, kPatience));
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(call("GET", target).body["metadata"]["labels"]["team"], "sre");
}

TEST_P(LeaseContract, OneThatWasDeletedIsNotFound) {
  const auto leases = make();
  const auto made = run(io, leases->create(held_by("a"), kPatience));
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_EQ(call("DELETE", path("coordination.k8s.io/v1", "leases", "warden")).status, 200U);
  const auto written = run(io, leases->update(*made, kPatience));
  ASSERT_FALSE(written);
  EXPECT_TRUE(written.error().kind == ErrorKind::NotFound || written.error().kind == ErrorKind::Conflict) << written.error().message;
  const auto read = run(io, leases->read(kPatience));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->has_value());
}

TEST_P(LeaseContract, WithoutRightsTheMessageSaysWhich) {
  const auto plain = server->plain_connection();
  if (!plain) GTEST_SKIP() << "there is no such user here";
  const auto leases = make(*plain);
  const auto read = run(io, leases->read(kPatience));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::Denied);
  EXPECT_NE(read.error().message.find("get, create and update"), std::string::npos) << read.error().message;
}

TEST_P(LeaseContract, AServerThatHangsIsNotWaitedFor) {
  const auto leases = make();
  if (!server->freeze(true)) GTEST_SKIP() << "the server can't be frozen from here";
  const auto before = std::chrono::steady_clock::now();
  const auto read = run(io, leases->read(1s), 10s);
  const auto took = std::chrono::steady_clock::now() - before;
  server->freeze(false);
  if (!read) {
    EXPECT_EQ(read.error().kind, ErrorKind::Timeout);
  }
  EXPECT_LT(took, 5s);
}

INSTANTIATE_TEST_SUITE_P(Backends, LeaseContract, testing::Values(sandbox_backend(), live_backend()), [](const auto& row) { return row.param.name; });

}  // namespace driftwarden::test
