// People who decide on the forge instead of in chat.
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::e2e {
namespace {

class ForgePage : public testing::Test {
 protected:
  void SetUp() override {
    alert_ = scale_and_await_alert(world_.stage(), 5).message;
    world_.chat().press("alice", alert_, "Sync");
    card_ = await_card(world_.stage(), "sync", "checkout");
    number_ = world_.forge().pulls("open").at(0).at("number").get<int>();
  }
  World world_;
  ChatMessage alert_;
  ChatMessage card_;
  int number_ = 0;
};

TEST_F(ForgePage, AnApprovalThereCounts) {
  world_.forge().click("bob", number_, "approve");
  world_.chat().await_edit(card_, "in sync and healthy");
  EXPECT_EQ(world_.prod().replicas("checkout"), 2);
  EXPECT_TRUE(world_.forge().pulls("open").empty());
  world_.chat().await_edit(alert_, "is in sync again");
}

TEST_F(ForgePage, TheRequestersOwnApprovalThereCountsForNothing) {
  world_.forge().click("alice", number_, "approve");
  be_quiet();
  EXPECT_TRUE(world_.chat().read("#shop-prod", card_.ts()).has_button("Approve"));
  EXPECT_EQ(world_.prod().replicas("checkout"), 5);
}

TEST_F(ForgePage, ClosingThereCancelsTheChange) {
  world_.forge().click("carol", number_, "close");
  const auto over = world_.chat().await_edit(card_, "cancelled by");
  EXPECT_FALSE(over.has_button("Approve"));
  EXPECT_EQ(world_.prod().replicas("checkout"), 5);
}

TEST_F(ForgePage, AMergePastTheApprovalsIsNotCarriedOut) {
  world_.forge().click("alice", number_, "merge");
  world_.chat().await_edit(card_, "without the approvals");
  EXPECT_EQ(world_.prod().replicas("checkout"), 5);
}

}  // namespace
}  // namespace driftwarden::e2e
