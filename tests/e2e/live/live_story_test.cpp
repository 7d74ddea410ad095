// The main job against a real kube-apiserver and a real Gitea. tests/live/run starts both.
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"
#include "tests/e2e/live/live_world.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace driftwarden::e2e {
namespace {

class LiveStory : public testing::Test {
 protected:
  void SetUp() override {
    const auto missing = read_live_servers(servers_);
    if (missing.empty()) return;
    if (std::getenv("DRIFTWARDEN_REQUIRE_LIVE") != nullptr) FAIL() << missing;
    GTEST_SKIP() << missing << ": tests/live/run starts the servers";
  }
  LiveServers servers_;
};

TEST_F(LiveStory, AlertDiffSyncRollbackAudit) {
  LiveWorld world(servers_);
  tell_alert_and_diff(world.stage());
  tell_sync_with_two_people(world.stage());
  tell_rollback(world.stage());
  EXPECT_EQ(world.stop_bot(), 0);
  expect_audit_verifies(world.database());
  print_change_latencies(world.database());
}

TEST_F(LiveStory, AKilledBotCompletesItsChangeOnce) {
  LiveWorld world(servers_);
  const auto alert = scale_and_await_alert(world.stage(), 5).message;
  world.stage().chat.press("alice", alert, "Sync");
  const auto card = await_card(world.stage(), "sync", "checkout");
  world.stage().chat.press("bob", card, "Approve");
  world.kill_bot();
  world.start_bot();
  world.stage().chat.await_edit(card, "in sync and healthy");
  EXPECT_EQ(world.stage().prod.replicas("checkout"), 2);
  EXPECT_EQ(world.stage().forge.pulls("all").size(), 1U);
  expect_audit_verifies(world.database());
}

}  // namespace
}  // namespace driftwarden::e2e
