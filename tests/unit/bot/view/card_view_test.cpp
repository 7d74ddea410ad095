#include "tests/unit/bot/view/samples.hpp"

namespace driftwarden::view {
namespace {

using namespace sample;
using testing::HasSubstr;
using testing::Not;

class CardGolden : public testing::TestWithParam<ChangeState> {};
TEST_P(CardGolden, Looks) {
  auto shown = change(GetParam());
  if (GetParam() == ChangeState::Rejected || GetParam() == ChangeState::Cancelled) shown.closed_by = "bob";
  if (GetParam() == ChangeState::Rejected) shown.failure = "not <!channel> today";
  if (GetParam() == ChangeState::Failed) shown.failure = "merging C-12: the forge says: conflict";
  const bool approved = GetParam() != ChangeState::Requested && GetParam() != ChangeState::Proposed;
  expect_view(fmt::format("card_{}", to_string(GetParam())), card_message(shown, app(), approved ? std::vector<PersonId>{"bob"} : std::vector<PersonId>{}));
}
INSTANTIATE_TEST_SUITE_P(States, CardGolden,
                         testing::Values(ChangeState::Requested, ChangeState::Proposed, ChangeState::Approved, ChangeState::Merged, ChangeState::Applying, ChangeState::Verifying,
                                         ChangeState::Done, ChangeState::Rejected, ChangeState::Expired, ChangeState::Superseded, ChangeState::Failed, ChangeState::Cancelled));

TEST(CardView, CountsHalfAQuorum) {
  auto shown = change();
  shown.quorum.need = 2;
  EXPECT_THAT(card_message(shown, app(), {"bob"}).text, HasSubstr("waiting for 1 of 2 approvals, approved by bob"));
}

TEST(CardView, ApproveNamesTheHeadThatWasShown) {
  const auto text = test::message_text(card_message(change(), app(), {}));
  EXPECT_THAT(text, HasSubstr("\"approve C-12 9e8d7c6\""));
}

TEST(CardView, ALongDiffIsCutAtALineAndSaysSo) {
  auto shown = change();
  shown.diff.clear();
  for (int i = 0; i < 500; ++i) shown.diff += fmt::format("- line {}\n", i);
  const auto message = card_message(shown, app(), {});
  EXPECT_THAT(test::block_kit_faults(message), testing::IsEmpty());
  EXPECT_THAT(test::message_text(message), HasSubstr("more lines"));
}

TEST(CardView, AReasonCannotPing) {
  auto shown = change();
  shown.reason = kHostile;
  expect_view("card_hostile", card_message(shown, app(), {}));
  EXPECT_THAT(test::message_text(card_message(shown, app(), {})), Not(HasSubstr("<!channel>")));
}

TEST(CardView, OfAnIgnoreSaysWhatIsHiddenAndUntilWhen) {
  for (const auto state : {ChangeState::Proposed, ChangeState::Merged, ChangeState::Done}) {
    auto shown = change(state);
    shown.verb = ChangeVerb::Ignore;
    shown.argument = R"({"paths":[{"group":"apps","kind":"Deployment","namespace":"shop","name":"checkout","path":".spec.replicas"}],"until":"2026-12-21T09:00:00Z"})";
    shown.reason = "scaled by KEDA";
    shown.diff = "+ignore:\n+  - match: {kind: Deployment}\n";
    expect_view(fmt::format("card_ignore_{}", to_string(state)), card_message(shown, app(), {}));
    if (state == ChangeState::Proposed) test::expect_golden("view/pull_request_ignore.md", pull_request_body(shown, app(), shown.diff, "41:ab12"));
  }
}

TEST(PullRequestBody, Looks) {
  test::expect_golden("view/pull_request_sync.md", pull_request_body(change(), app(), change().diff, "41:ab12"));
  auto rollback = change();
  rollback.verb = ChangeVerb::Rollback;
  rollback.reason = "closes #1 @everyone `x` ``y``";
  test::expect_golden("view/pull_request_rollback.md", pull_request_body(rollback, app(), "+ ```\n+ ````\n+ <b>\n", "41:ab12"));
  EXPECT_EQ(pull_request_title(rollback), "C-12: rollback checkout to 4f2c81a");
}

TEST(PullRequestBody, NoDiffCanEndItsFence) {
  const auto body = pull_request_body(change(), app(), "a\n````\n# injected\n", "1:a");
  EXPECT_THAT(body, HasSubstr("`````diff\na\n````\n# injected\n`````\n"));
}

TEST(PullRequestBody, StaysBelowWhatForgesTake) { EXPECT_LT(pull_request_body(change(), app(), std::string(500'000, 'x'), "1:a").size(), 65'536U); }

}  // namespace
}  // namespace driftwarden::view
