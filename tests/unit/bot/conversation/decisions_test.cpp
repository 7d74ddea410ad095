// Who may say yes, to what, and with what in hand: the refusals first.
#include "tests/support/block_kit.hpp"
#include "tests/support/fakes/talk.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";  // RFC 6238's "12345678901234567890"

std::string code_at(WallTime when) {
  const std::string key = "12345678901234567890";
  auto step = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count() / 30);
  std::array<unsigned char, 8> counter{};
  for (std::size_t i = 8; i-- > 0; step >>= 8U) counter[i] = static_cast<unsigned char>(step & 0xffU);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), counter.data(), counter.size(), digest.data(), &size);
  const auto at = digest[size - 1] & 0xfU;
  const auto number = ((digest[at] & 0x7fU) << 24U) | (digest[at + 1] << 16U) | (digest[at + 2] << 8U) | digest[at + 3];
  return fmt::format("{:06}", number % 1'000'000);
}

struct Decisions : testing::Test {
  Decisions() {
    for (auto& person : talk.config.people) {
      if (person.name != "carol") person.totp = SecretValue{Secret<std::string>(kSecret), ""};
    }
  }
  /// Two may approve alice's: bob and dave; only bob has a code.
  Change with_totp() {
    return talk.proposed([](Quorum& quorum) { quorum.step_up = StepUp::Totp; });
  }
  std::string code() const { return code_at(talk.clock.wall_now()); }
  void try_code(const std::string& user, const std::string& given) { talk.submit(user, {{"code", given}}); }

  Talk talk;
};

TEST_F(Decisions, TheRequesterApprovesNothingOfTheirOwnHoweverTheySayIt) {
  with_totp();
  talk.press("U0alice", talk.card(), "approve");
  talk.say("U0alice", "approve C-1");
  EXPECT_TRUE(talk.slack.views.empty()) << "whose yes can't count isn't asked for a code";
  EXPECT_EQ(talk.change().state, ChangeState::Proposed);
  EXPECT_TRUE(talk.change().approvals.empty());
  ASSERT_EQ(talk.refusals().size(), 2U);
  EXPECT_EQ(talk.refusals().front().entry.actor, "alice");
}

TEST_F(Decisions, AForgedSubmissionOfTheRequesterIsRefusedAndCostsNoCode) {
  with_totp();
  talk.press("U0bob", talk.card(), "approve");
  try_code("U0alice", code());
  EXPECT_TRUE(talk.change().approvals.empty());
  EXPECT_THAT(talk.last_ephemeral("U0alice"), HasSubstr("somebody else"));
  try_code("U0bob", code());
  EXPECT_EQ(talk.change().approvals.size(), 1U);
}

TEST_F(Decisions, AReplayedButtonIsRefused) {
  talk.proposed([](Quorum& quorum) { quorum.need = 2; });
  const auto card = talk.card();
  talk.press("U0bob", card, "approve");
  talk.press("U0bob", card, "approve");
  EXPECT_THAT(talk.answers().back(), HasSubstr("already"));
  EXPECT_EQ(talk.change().approvals.size(), 1U);
  EXPECT_EQ(talk.change().state, ChangeState::Proposed);
  talk.say("U0bob", "reject C-1 on second thought");
  talk.clock.advance(5s);
  talk.press("U0bob", card, "approve");
  EXPECT_EQ(talk.change().state, ChangeState::Rejected);
  EXPECT_THAT(talk.answers().back(), HasSubstr("rejected"));
}

TEST_F(Decisions, AnExpiredChangeIsNotApproved) {
  auto change = talk.proposed();
  change.expires_at = talk.clock.wall_now() - 1s;
  ASSERT_TRUE(talk.transact([&](storage::Transaction& tx) { return tx.save_change(change); }));
  talk.press("U0bob", talk.card(), "approve");
  EXPECT_TRUE(talk.change().approvals.empty());
  EXPECT_THAT(talk.answers().back(), HasSubstr("expired"));
}

TEST_F(Decisions, AnotherWorkspaceCannotSubmitOrPress) {
  with_totp();
  talk.press("U0bob", talk.card(), "approve");
  const auto said = talk.slack.posts();
  talk.submit("U0bob", {{"code", code()}}, "T2");
  EXPECT_TRUE(talk.change().approvals.empty());
  EXPECT_EQ(talk.slack.posts(), said) << "nobody there is answered";
  const auto rows = talk.look<std::vector<AuditRow>>([](storage::Transaction& tx) { return tx.audit({"", {}, 1000, false}); });
  EXPECT_TRUE(std::ranges::any_of(rows, [](const AuditRow& row) { return row.entry.action == "envelope.refused"; }));
}

TEST_F(Decisions, WhoMayNotApproveIsNotAskedForACode) {
  with_totp();
  talk.press("U0carol", talk.card(), "approve");
  EXPECT_TRUE(talk.slack.views.empty());
  EXPECT_THAT(talk.answers().back(), HasSubstr("can't count"));
  ASSERT_EQ(talk.refusals().size(), 1U);
  EXPECT_EQ(talk.refusals().front().entry.actor, "carol");
}

TEST_F(Decisions, AnExcludedAuthorIsRefusedThoughTheyMayApproveOtherwise) {
  talk.proposed([](Quorum& quorum) { quorum.excluded = {"bob"}; });
  talk.press("U0bob", talk.card(), "approve");
  EXPECT_TRUE(talk.change().approvals.empty());
  EXPECT_THAT(talk.answers().back(), HasSubstr("commits of bob"));
}

TEST_F(Decisions, AOneTimeCodeIsAskedForAndSpent) {
  with_totp();
  talk.press("U0bob", talk.card(), "approve");
  ASSERT_EQ(talk.slack.views.size(), 1U);
  EXPECT_TRUE(talk.change().approvals.empty()) << "the click alone is no yes";
  const auto good = code();
  try_code("U0bob", good == "000000" ? "000001" : "000000");
  EXPECT_TRUE(talk.change().approvals.empty());
  EXPECT_THAT(talk.last_ephemeral("U0bob"), HasSubstr("wrong"));
  ASSERT_EQ(talk.refusals().size(), 1U);
  EXPECT_THAT(talk.refusals().front().entry.detail, AllOf(HasSubstr("wrong code"), Not(HasSubstr("000000"))));
  const auto spent = code();
  try_code("U0bob", spent);
  ASSERT_EQ(talk.change().approvals.size(), 1U);
  EXPECT_TRUE(talk.change().approvals.front().stepped_up);
  EXPECT_EQ(talk.look<std::optional<std::string>>([](storage::Transaction& tx) { return tx.setting("totp:bob"); }).value_or(""),
            std::to_string(std::chrono::duration_cast<std::chrono::seconds>((talk.clock.wall_now() - 2s).time_since_epoch()).count() / 30));
}

TEST_F(Decisions, ASpentCodeIsGoodForNothingElse) {
  auto change = talk.proposed([](Quorum& quorum) {
    quorum.step_up = StepUp::Totp;
    quorum.need = 2;
  });
  talk.press("U0bob", talk.card(), "approve");
  const auto spent = code();
  try_code("U0bob", spent);
  ASSERT_EQ(talk.change().approvals.size(), 1U);
  change = talk.change();
  change.approvals.clear();  // as for another Change
  ASSERT_TRUE(talk.transact([&](storage::Transaction& tx) { return tx.save_change(change); }));
  try_code("U0bob", spent);
  EXPECT_TRUE(talk.change().approvals.empty());
  EXPECT_THAT(talk.last_ephemeral("U0bob"), HasSubstr("used already"));
}

TEST_F(Decisions, FiveWrongCodesAndThenNoneForAWhile) {
  with_totp();
  talk.press("U0bob", talk.card(), "approve");
  EXPECT_THAT(talk.submit("U0bob", {{"code", "abcdef"}}), testing::Contains(testing::Key("code"))) << "no code at all: said in the form, and counted as no try";
  for (int i = 0; i < 5; ++i) try_code("U0bob", code() == "000000" ? "000001" : "000000");
  try_code("U0bob", code());
  EXPECT_TRUE(talk.change().approvals.empty());
  EXPECT_THAT(talk.last_ephemeral("U0bob"), HasSubstr("wait a little"));
  talk.clock.advance(15min);
  try_code("U0bob", code());
  EXPECT_EQ(talk.change().approvals.size(), 1U);
}

TEST_F(Decisions, ACodeForAHeadThatHasMovedIsRefused) {
  with_totp();
  talk.press("U0bob", talk.card(), "approve");
  auto change = talk.change();
  change.content = {"f00df00df00df00df00df00df00df00df00df00d", "other"};
  ASSERT_TRUE(talk.transact([&](storage::Transaction& tx) { return tx.save_change(change); }));
  try_code("U0bob", code());
  EXPECT_TRUE(talk.change().approvals.empty());
  EXPECT_THAT(talk.last_ephemeral("U0bob"), HasSubstr("moved"));
}

TEST_F(Decisions, WithoutADialogAButtonOffersOne) {
  with_totp();
  talk.say("U0bob", "approve C-1");
  EXPECT_TRUE(talk.change().approvals.empty());
  EXPECT_THAT(talk.answers().back(), HasSubstr("needs a one-time code"));
  const auto offer = *talk.slack.with_key("reply:").back();
  EXPECT_THAT(test::block_kit_faults(offer.now()), IsEmpty());
  talk.press("U0bob", offer, "approve");
  ASSERT_EQ(talk.slack.views.size(), 1U);
  try_code("U0bob", code());
  EXPECT_EQ(talk.change().approvals.size(), 1U);
}

TEST_F(Decisions, ADialogThatComesTooLateIsOfferedAgain) {
  with_totp();
  talk.slack.triggers_expired = true;
  talk.press("U0bob", talk.card(), "approve");
  EXPECT_THAT(talk.answers().back(), HasSubstr("needs a one-time code"));
  EXPECT_TRUE(talk.change().approvals.empty());
}

TEST_F(Decisions, WithoutASecretOneIsSentToTheForge) {
  for (auto& person : talk.config.people) person.totp.reset();
  with_totp();
  talk.press("U0bob", talk.card(), "approve");
  EXPECT_TRUE(talk.slack.views.empty());
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("none is set up for you"), HasSubstr("https://forge.example.org/acme/config/pulls/1")));
}

TEST_F(Decisions, WhereOnlyTheForgeCountsChatIsRefused) {
  talk.proposed([](Quorum& quorum) { quorum.step_up = StepUp::Forge; });
  talk.press("U0bob", talk.card(), "approve");
  EXPECT_TRUE(talk.change().approvals.empty());
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("only reviews on the forge"), HasSubstr("pulls/1")));
}

TEST_F(Decisions, WhatDestroysIsApprovedByTypingTheName) {
  talk.proposed([](Quorum& quorum) { quorum.typed_name = true; });
  talk.press("U0bob", talk.card(), "approve");
  ASSERT_EQ(talk.slack.views.size(), 1U);
  EXPECT_THAT(talk.submit("U0bob", {{"name", "chekout"}}), testing::Contains(testing::Key("name")));
  EXPECT_TRUE(talk.change().approvals.empty());
  talk.submit("U0bob", {{"name", " checkout "}});
  EXPECT_EQ(talk.change().approvals.size(), 1U);
}

TEST_F(Decisions, WhoApprovesInSomebodysPlaceIsRecordedSo) {
  talk.proposed();
  talk.say("U0carol", "approve C-1");
  EXPECT_TRUE(talk.change().approvals.empty());
  talk.say("U0bob", "delegate to @U0CAROL for 4h");
  EXPECT_THAT(talk.answers().back(), HasSubstr("nobody called"));
  talk.say("U0bob", "delegate to carol for 4h");
  EXPECT_THAT(talk.answers().back(), HasSubstr("*carol* approves in place of *bob*"));
  talk.say("U0carol", "pending");
  EXPECT_THAT(talk.answers().back(), HasSubstr("waits for you"));
  talk.say("U0carol", "approve C-1");
  ASSERT_EQ(talk.change().approvals.size(), 1U);
  EXPECT_EQ(talk.change().approvals.front().by, "carol");
  EXPECT_EQ(talk.change().approvals.front().in_place_of, "bob");
  EXPECT_THAT(talk.audit_actions(), Contains("delegation.added"));
}

TEST_F(Decisions, WhatCostsMoreWaitsForWhoeverDecidesOnMoney) {
  CostThreshold threshold;
  threshold.above = 200'000'000;
  threshold.from = {"carol"};
  talk.config.cost.thresholds = {threshold};
  talk.proposed([](Quorum& quorum) { quorum.extra = {1, {"carol"}, "212.40 EUR more a month (cost.thresholds[0]: above 200 EUR)"}; });
  talk.say("U0carol", "pending");
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("*1 waits for you*"), HasSubstr("waits for 2 approvals by bob, carol, 1 of them for its cost (212.40 EUR more a month")));
  talk.say("U0bob", "approve C-1");
  EXPECT_EQ(talk.change().state, ChangeState::Proposed);
  EXPECT_THAT(talk.card().now().text, AllOf(HasSubstr("1 of 2 approvals: bob; waiting for carol for its cost"), HasSubstr(":moneybag: carol must agree, too: 212.40 EUR more a month")));
  talk.say("U0carol", "pending");
  EXPECT_THAT(talk.answers().back(), HasSubstr("waits for 1 approval by carol for its cost (212.40 EUR more a month"));
  talk.clock.advance(5s);
  EXPECT_EQ(talk.forge_state.statuses.back().second.state, forge::StatusState::Pending);
  EXPECT_THAT(talk.forge_state.statuses.back().second.description, HasSubstr("1 of 2 approvals by somebody other than alice; 1 missing for its cost"));
  talk.say("U0bob", "pending");
  EXPECT_THAT(talk.answers().back(), HasSubstr("none waits for you"));
  talk.say("U0carol", "sync checkout");
  EXPECT_EQ(talk.all_changes().size(), 1U) << "the money is all they have a say in";
  talk.say("U0carol", "approve C-1");
  ASSERT_EQ(talk.change().approvals.size(), 2U) << talk.answers().back();
  EXPECT_TRUE(talk.change().approvals.back().extra_only);
  EXPECT_NE(talk.change().state, ChangeState::Proposed);
}

TEST_F(Decisions, WhoeverDecidesOnMoneyMayRefuse) {
  CostThreshold threshold;
  threshold.from = {"carol"};
  talk.config.cost.thresholds = {threshold};
  talk.proposed([](Quorum& quorum) { quorum.extra = {1, {"carol"}, "212.40 EUR more a month"}; });
  talk.say("U0carol", "reject C-1 not this quarter");
  EXPECT_EQ(talk.change().state, ChangeState::Rejected);
  EXPECT_EQ(talk.change().closed_by, "carol");
}

TEST_F(Decisions, TheRequestersDelegateApprovesNothing) {
  talk.proposed();
  talk.say("U0alice", "delegate to carol");
  talk.say("U0carol", "approve C-1");
  EXPECT_TRUE(talk.change().approvals.empty());
  talk.say("U0alice", "delegate end");
  EXPECT_THAT(talk.answers().back(), HasSubstr("for yourself again"));
  EXPECT_TRUE(talk.look<std::vector<Delegation>>([&](storage::Transaction& tx) { return tx.active_delegations(talk.clock.wall_now()); }).empty());
}

TEST_F(Decisions, RejectingByButtonAsksWhy) {
  talk.proposed();
  talk.press("U0bob", talk.card(), "reject");
  ASSERT_EQ(talk.slack.views.size(), 1U);
  EXPECT_EQ(talk.change().state, ChangeState::Proposed);
  talk.submit("U0bob", {{"reason", "not before\nthe weekend"}});
  EXPECT_EQ(talk.change().state, ChangeState::Rejected);
  EXPECT_EQ(talk.change().failure, "not before the weekend");
}

}  // namespace
}  // namespace driftwarden
