// What a Change costs, and what the gates say of it.
#include "tests/e2e/driver/files.hpp"
#include "tests/e2e/driver/main_job.hpp"
#include "tests/e2e/driver/waiting.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kProd = "#shop-prod";

class MoneyStory : public testing::Test {
 protected:
  ChatMessage await_open_card(const std::string& words) {
    auto card = await_card_saying(world.stage(), "checkout", words);
    number = world.forge().pulls("open").at(0).at("number").get<int>();
    return card;
  }

  World world;
  int number = 0;
};

TEST_F(MoneyStory, TheCardAndTheAlertSayWhatItCosts) {
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

TEST_F(MoneyStory, ARiseInCostNeedsWhoLooksAfterTheMoney) {
  world.chat().say("alice", kProd, "@warden scale checkout to 50");
  const auto card = await_open_card("scale it to 50 replicas");
  EXPECT_THAT(card.words(), AllOf(HasSubstr("more a month"), HasSubstr("carol")));
  world.chat().press("bob", card, "Approve");
  const auto waits = world.chat().await_edit(card, "1 of 2 approvals: bob; waiting for carol for its cost");
  be_quiet();
  EXPECT_EQ(world.prod().replicas("checkout"), 2) << "bob isn't asked about money";
  world.chat().press("carol", waits, "Approve");
  await_that("the scaling", [&] { return world.prod().replicas("checkout") == 50; });
}

TEST_F(MoneyStory, AGateBlocksTheMergeUntilItsOwnerWaivesIt) {
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
  const auto done = world.chat().await_edit(card, "in sync and healthy");
  EXPECT_THAT(done.words(), AllOf(HasSubstr("let pass"), HasSubstr("carol"), HasSubstr("the demo needs it")));
  EXPECT_THAT(world.prod().image("checkout"), HasSubstr(":latest"));
  await_that("the gates' status", [&] { return world.forge().check(head, "driftwarden/gates").starts_with("success"); });
  const auto listed = world.chat().say("bob", "#gitops", "@warden waivers");
  world.chat().await_answer("#gitops", listed, "the demo needs it");
  expect_audit_verifies(world.database());
}

/// A program of the user's own, for which every App has at most five replicas.
constexpr const char* kGate = R"PERL(use strict;
my @found;
for my $file (glob("$ARGV[0]/*")) {
  open(my $in, '<', $file) or die "$file: $!";
  local $/;
  my $text = <$in>;
  next unless $text =~ /"?replicas"?: *(\d+)/ && $1 > 5;
  push @found, qq({"rule":"few-replicas","file":"$file","path":".spec.replicas","message":"$1 replicas are more than five"});
}
print "[", join(",", @found), "]";
exit(@found ? 1 : 0);
)PERL";

TEST(OwnGate, AProgramOfTheUsersJudgesInItsFence) {
  World world(World::Bot::Beside);
  world.stop_bot();
  write_text(world.data() + "/gate.pl", kGate);
  const std::string gates = "gates:\n  owners: [shop-team]\n";
  replace_in(world.config(), gates, gates + "  tools:\n    - {name: ours, command: [perl, \"" + world.data() + "/gate.pl\", \"{manifests}\"], output: json}\n");
  world.start_bot();

  world.chat().say("alice", kProd, "@warden scale checkout to 4");
  const auto fine = await_card_saying(world.stage(), "checkout", "scale it to 4 replicas");
  EXPECT_THAT(fine.words(), AllOf(HasSubstr("ours"), Not(HasSubstr("few-replicas"))));
  world.chat().press("bob", fine, "Approve");
  world.chat().await_edit(fine, "in sync and healthy");

  world.chat().say("alice", kProd, "@warden scale checkout to 6");
  const auto card = await_card_saying(world.stage(), "checkout", "scale it to 6 replicas");
  EXPECT_THAT(card.words(), AllOf(HasSubstr("ours/few-replicas"), HasSubstr("6 replicas are more than five"), HasSubstr(".spec.replicas")));
  world.chat().press("bob", card, "Approve");
  be_quiet();
  EXPECT_EQ(world.prod().replicas("checkout"), 4) << "approved, but not past the gate";
  world.chat().say("carol", kProd, "@warden waive " + change_of(card) + " ours/few-replicas because of the sale");
  world.chat().await_edit(card, "in sync and healthy");
  EXPECT_EQ(world.prod().replicas("checkout"), 6);
}

}  // namespace
}  // namespace driftwarden::e2e
