// What is asked for in sentences, what it costs, and what the gates say of it.
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kProd = "#shop-prod";
constexpr const char* kFile = "apps/checkout/prod/deployment.yaml";

class WordsStory : public testing::Test {
 protected:
  ChatMessage await_open_card(const std::string& words) {
    auto card = await_card_saying(world.stage(), "checkout", words);
    number = world.forge().pulls("open").at(0).at("number").get<int>();
    return card;
  }
  std::vector<std::string> labels() {
    std::vector<std::string> names;
    const auto pull = world.forge().pull(number);
    for (const auto& label : pull.at("labels")) names.push_back(label.at("name").get<std::string>());
    return names;
  }

  World world;
  int number = 0;
};

TEST_F(WordsStory, ASentenceBecomesALabelledPullRequestThatSomebodyElseApproves) {
  world.chat().say("alice", kProd, "@warden propose \"give checkout 1 GiB and a PodDisruptionBudget\"");
  const auto card = await_open_card("do \"give checkout 1 GiB");
  EXPECT_THAT(card.words(), AllOf(HasSubstr("kind: PodDisruptionBudget"), HasSubstr("drafted by sandbox-brain")));
  EXPECT_THAT(labels(), testing::Contains("driftwarden/model-draft"));
  const auto body = world.forge().pull(number).at("body").get<std::string>();
  EXPECT_THAT(body, HasSubstr("give checkout 1 GiB"));
  EXPECT_THAT(world.forge().file(kFile), Not(HasSubstr("1Gi"))) << "nothing may happen before the approval";

  world.chat().press("alice", card, "Approve");
  world.chat().await_answer(kProd, card.ts(), "somebody else must approve it");
  world.chat().press("bob", card, "Approve");
  world.chat().await_edit(card, "in sync and healthy");
  const auto checkout = world.prod().deployment("checkout");
  const auto& container = checkout.at("spec").at("template").at("spec").at("containers").at(0);
  EXPECT_EQ(container.at("resources").at("limits").at("memory"), "1Gi");
  EXPECT_FALSE(world.prod().get_at("/apis/policy/v1/namespaces/shop/poddisruptionbudgets/checkout").is_null());
  expect_audit_verifies(world.database());
}

TEST_F(WordsStory, AQuestionIsAnsweredWithWhatItRestsOn) {
  world.prod().scale("checkout", 7);
  world.chat().await_message("the alert", kProd, [](const ChatMessage& message) { return message.says("checkout") && message.has_button("Sync"); });
  const auto asked = world.chat().say("alice", "#gitops", "@warden ask \"why is checkout out of sync?\"");
  const auto answer = world.chat().await_answer("#gitops", asked, "replicas");
  EXPECT_THAT(answer.words(), HasSubstr("checkout"));
}

TEST_F(WordsStory, APlainSentenceBecomesOneCommandThatIsConfirmed) {
  const auto asked = world.chat().say("alice", kProd, "@warden could you please scale checkout up to 4 replicas");
  const auto answer = world.chat().await_answer(kProd, asked, "scale checkout to 4");
  be_quiet();
  EXPECT_TRUE(world.forge().pulls("open").empty()) << "nothing happens before it is confirmed";
  world.chat().press("alice", answer, "Run it");
  const auto card = await_open_card("scale it to 4 replicas");
  world.chat().press("bob", card, "Approve");
  world.chat().await_edit(card, "in sync and healthy");
  EXPECT_EQ(world.prod().replicas("checkout"), 4);
}

TEST_F(WordsStory, TheCardAndTheAlertSayWhatItCosts) {
  world.chat().say("alice", kProd, "@warden scale checkout to 6");
  const auto card = await_open_card("scale it to 6 replicas");
  EXPECT_THAT(card.words(), HasSubstr("EUR"));
  EXPECT_THAT(world.forge().pull(number).at("body").get<std::string>(), HasSubstr("EUR"));
  world.chat().say("alice", kProd, "@warden cancel " + change_of(card));
  world.chat().await_edit(card, "ancelled");

  const auto alerted = scale_and_await_alert(world.stage(), 9);
  EXPECT_THAT(alerted.message.words(), HasSubstr("EUR"));
  const auto asked = world.chat().say("alice", "#gitops", "@warden cost checkout");
  world.chat().await_answer("#gitops", asked, "EUR");
}

TEST_F(WordsStory, ARiseInCostNeedsWhoLooksAfterTheMoney) {
  world.chat().say("alice", kProd, "@warden scale checkout to 50");
  const auto card = await_open_card("scale it to 50 replicas");
  EXPECT_THAT(card.words(), AllOf(HasSubstr("more a month"), HasSubstr("carol")));
  world.chat().press("bob", card, "Approve");
  const auto waits = world.chat().await_edit(card, "1 of 2 approvals: bob; waiting for one of carol for its cost");
  be_quiet();
  EXPECT_EQ(world.prod().replicas("checkout"), 2) << "bob isn't asked about money";
  world.chat().press("carol", waits, "Approve");
  await_that("the scaling", [&] { return world.prod().replicas("checkout") == 50; });
}

TEST_F(WordsStory, AGateBlocksTheMergeUntilItsOwnerWaivesIt) {
  world.chat().say("alice", kProd, "@warden set-image checkout checkout:latest because I want to see");
  const auto card = await_open_card("set image");
  EXPECT_THAT(card.words(), HasSubstr("floating-tag"));
  const auto head = world.forge().head_of(number);
  await_that("the gates' status", [&] { return world.forge().check(head, "driftwarden/gates").starts_with("failure"); });
  world.chat().press("bob", card, "Approve");
  be_quiet();
  EXPECT_THAT(world.prod().image("checkout"), HasSubstr("1.4.2")) << "approved, but not past the gate";

  const auto own = world.chat().say("alice", kProd, "@warden waive " + change_of(card) + " floating-tag for 1d because I am in a hurry");
  world.chat().await_answer(kProd, own, "own");
  EXPECT_THAT(world.prod().image("checkout"), HasSubstr("1.4.2"));
  world.chat().say("carol", kProd, "@warden waive " + change_of(card) + " floating-tag for 1d because the demo needs it");
  world.chat().await_edit(card, "in sync and healthy");
  EXPECT_THAT(world.prod().image("checkout"), HasSubstr(":latest"));
  await_that("the gates' status", [&] { return world.forge().check(head, "driftwarden/gates").starts_with("success"); });
  const auto listed = world.chat().say("bob", "#gitops", "@warden waivers");
  world.chat().await_answer("#gitops", listed, "the demo needs it");
  expect_audit_verifies(world.database());
}

}  // namespace
}  // namespace driftwarden::e2e
