#include "bot/command/intents.hpp"
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
  EXPECT_THAT(card_message(shown, app(), {"bob"}).text, HasSubstr("1 of 2 approvals: bob; waiting for one more of sre, bob, but not alice"));
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

/// Two approvals of sre for a new image, with something of everything to say.
Change new_image(ChangeState state = ChangeState::Proposed) {
  auto made = change(state);
  made.verb = ChangeVerb::SetImage;
  made.argument = to_json_text(SetImageRequest{"web", "1.4.2", ""});
  made.target_revision.clear();
  made.base_sha = kSha;
  made.reason = "fixes the basket";
  made.diff = "Deployment shop/web\n     containers:\n-    - image: ghcr.io/acme/web:1.4.1\n+    - image: ghcr.io/acme/web:1.4.2\n";
  made.git_diff = "diff --git a/apps/checkout/web.yaml b/apps/checkout/web.yaml\nindex 1..2 100644\n--- a/apps/checkout/web.yaml\n+++ b/apps/checkout/web.yaml\n@@ -8,3 +8,3 @@\n"
                  "   containers:\n-    - image: ghcr.io/acme/web:1.4.1  # basket\n+    - image: ghcr.io/acme/web:1.4.2  # basket\n     name: web\n";
  made.notes = {"apps/checkout/web.yaml says it, line 9"};
  made.risk = {RiskTier::Low, {"image of Deployment web"}, {}, {}};
  made.quorum = {2, {"sre"}};
  made.approvals = {{"bob", made.content, kNine + 90s, "forge"}};
  return made;
}

TEST(CardView, ShowsThePlanInTwoPartsTheRiskAndTheLiveQuorum) {
  const auto shown = new_image();
  const auto message = card_message(shown, app(), {"bob"}, {"bob", "carol", "dave"});
  expect_view("card_set_image", message);
  EXPECT_LE(message.blocks->size(), 12U);
  EXPECT_THAT(message.text, HasSubstr("set image of `web` to `1.4.2` (was `1.4.1`)"));
  EXPECT_THAT(message.text, HasSubstr("1 of 2 approvals: bob (on the forge); waiting for one more"));
}

TEST(CardView, NamesWhomItWaitsForOnlyOnce) {
  const auto shown = new_image();
  EXPECT_THAT(card_message(shown, app(), {"bob"}).text, HasSubstr("waiting for one more of sre, but not alice"));
  const auto named = test::message_text(card_message(shown, app(), {"bob"}, {"bob", "carol", "dave"}));
  EXPECT_THAT(named, HasSubstr("may approve: carol, dave"));
  EXPECT_THAT(named, Not(HasSubstr("of sre")));
}

TEST(CardView, OfWhatDestroysSaysWhatGoesAndWhatAYesNeeds) {
  auto shown = new_image();
  shown.verb = ChangeVerb::Rollback;
  shown.argument.clear();
  shown.target_revision = kSha;
  shown.risk = {RiskTier::Destructive, {"PersistentVolumeClaim shop/data: goes, perhaps with its data", "Role shop/admin: rules"}, {"PersistentVolumeClaim shop/data"}, {"StatefulSet db keeps its data: a rollback doesn't bring back its schema"}};
  shown.quorum.step_up = StepUp::Totp;
  shown.quorum.typed_name = true;
  shown.quorum.rule = "policy.approvals[1]: 2 of sre; freeze weekend is broken by 2; x";
  shown.waiting_for = "check ci/build";
  expect_view("card_destructive", card_message(shown, app(), {}));
}

Change dear_image() {
  auto shown = new_image();
  shown.quorum = {1, {"sre"}};
  shown.quorum.extra = {1, {"fin", "fay"}, "212.40 EUR more a month (cost.thresholds[0]: above 200 EUR)"};
  return shown;
}

TEST(CardView, OfWhatCostsMoreSaysWhoElseMustAgree) {
  const auto shown = dear_image();
  expect_view("card_money", card_message(shown, app(), {"bob"}, {"fin", "fay"}));
  EXPECT_THAT(card_message(shown, app(), {"bob"}).text, HasSubstr("1 of 2 approvals: bob (on the forge); waiting for one of fin, fay for its cost"));
  auto nobody = shown;
  nobody.approvals.clear();
  EXPECT_THAT(card_message(nobody, app(), {}).text, HasSubstr("0 of 2 approvals; waiting for one of sre, but not alice, and one of fin, fay for its cost"));
  nobody.quorum.need = 0;
  EXPECT_THAT(card_message(nobody, app(), {}).text, HasSubstr("0 of 1 approvals; waiting for one of fin, fay for its cost"));
}

TEST(CardView, TheReminderSaysWhatTheMoneyWaitsFor) {
  EXPECT_THAT(reminder_message(dear_image(), app(), {}).text, HasSubstr(", also for an approval for its cost (212.40 EUR more a month"));
  EXPECT_THAT(reminder_message(new_image(), app(), {}).text, Not(HasSubstr("for its cost")));
}

TEST(CardView, OfBreakGlassSaysSoInEveryState) {
  auto shown = new_image(ChangeState::Applying);
  shown.break_glass = "carol";
  shown.quorum.need = 0;
  EXPECT_THAT(test::message_text(card_message(shown, app(), {})), HasSubstr("break-glass"));
  shown.state = ChangeState::Proposed;
  EXPECT_THAT(card_message(shown, app(), {}).text, HasSubstr("*BREAK-GLASS* by carol"));
}

TEST(CardView, BreakGlassIsNoMerge) {
  auto shown = new_image(ChangeState::Merged);
  shown.break_glass = "carol";
  EXPECT_THAT(card_message(shown, app(), {}).text, HasSubstr("`77aa88b` goes straight to the cluster, Git follows"));
  shown.state = ChangeState::Done;
  shown.merged_at = kNine + 100s;
  EXPECT_THAT(card_message(shown, app(), {}).text, Not(HasSubstr("after the merge")));
}

TEST(CardView, SaysWhyItIsAskedAgain) {
  auto shown = new_image();
  shown.waiting_for = "Made again: main has moved. The approval of bob no longer counts.";
  EXPECT_THAT(card_message(shown, app(), {}).text, HasSubstr("\n:repeat: Made again: main has moved."));
  shown.state = ChangeState::Requested;
  EXPECT_THAT(card_message(shown, app(), {}).text, HasSubstr("\n:repeat: Made again: main has moved."));
}

TEST(CardView, SaysWhatTheForgeWaitsFor) {
  auto shown = new_image(ChangeState::Approved);
  shown.waiting_for = "check ci/build is pending, 1 more approving review on the forge";
  EXPECT_THAT(card_message(shown, app(), {"bob", "carol"}).text, HasSubstr("approved by bob (on the forge), carol; it waits for check ci/build is pending"));
}

TEST(CardView, EndsInOneVerdictWithItsDuration) {
  auto shown = new_image(ChangeState::Done);
  shown.requested_at = kNine;
  shown.merged_at = kNine + 29s;
  shown.updated_at = kNine + 41s;
  const auto message = card_message(shown, app(), {"bob", "carol"});
  expect_view("card_set_image_done", message);
  EXPECT_THAT(message.text, HasSubstr("in sync and healthy after 41 s, 12 s of them after the merge"));
}

TEST(CardView, AFailedRolloutOffersTheWayBack) {
  auto shown = new_image(ChangeState::Failed);
  shown.failure = "not healthy after 10 min: Deployment shop/web: 0 of 2 replicas available";
  expect_view("card_rollout_failed", card_message(shown, app(), {"bob", "carol"}));
  EXPECT_THAT(test::message_text(card_message(shown, app(), {})), HasSubstr("\"rollback checkout to 4f2c81a\""));
  shown.merged_sha.clear();
  EXPECT_THAT(test::message_text(card_message(shown, app(), {})), Not(HasSubstr("rollback checkout"))) << "nothing was merged";
}

TEST(CardView, OfARestartCountsTheWorkloads) {
  auto shown = change(ChangeState::Done);
  shown.verb = ChangeVerb::Restart;
  shown.merged_sha.clear();
  shown.argument = to_json_text(RestartRequest{{"Deployment/web", "Deployment/worker"}});
  EXPECT_THAT(card_message(shown, app(), {"bob"}).text, HasSubstr("restarted 2 workloads after 90 s"));
}

struct WordsRow {
  std::string name;
  ChangeVerb verb;
  std::string argument;
  std::string words;
  friend void PrintTo(const WordsRow& row, std::ostream* out) { *out << row.name; }
};
class IntentWords : public testing::TestWithParam<WordsRow> {};
TEST_P(IntentWords, Says) {
  auto shown = change();
  shown.verb = GetParam().verb;
  shown.argument = GetParam().argument;
  shown.diff = "Deployment shop/checkout\n-  replicas: 2\n+  replicas: 5\n-        image: reg.example.org:5000/acme/web:1.0@sha256:aa\n+        image: x\n";
  EXPECT_EQ(intent_words(shown), GetParam().words);
  EXPECT_FALSE(pull_request_title(shown).empty());
}
INSTANTIATE_TEST_SUITE_P(Verbs, IntentWords,
    testing::Values(WordsRow{"ImageByTag", ChangeVerb::SetImage, to_json_text(SetImageRequest{"web", "1.4", ""}), "set image of `web` to `1.4` (was `1.0`)"},
                    WordsRow{"ImageByDigest", ChangeVerb::SetImage, to_json_text(SetImageRequest{"web", "", "sha256:" + std::string(64, 'b')}),
                             "set image of `web` to `sha256:bbbbbbbbb\u2026` (was `1.0@sha256:aa`)"},
                    WordsRow{"Scale", ChangeVerb::Scale, to_json_text(ScaleRequest{"deployment/web", 5}), "scale `deployment/web` to 5 replicas (was `2`)"},
                    WordsRow{"ScaleTheOnlyOne", ChangeVerb::Scale, to_json_text(ScaleRequest{"", 1}), "scale it to 1 replica (was `2`)"},
                    WordsRow{"Set", ChangeVerb::Set, to_json_text(SetRequest{"Deployment/web", ".spec.replicas", "5"}), "set `.spec.replicas` of `Deployment/web` to `5` (was `2`)"},
                    WordsRow{"Remove", ChangeVerb::Set, to_json_text(SetRequest{"", ".spec.paused", ""}), "remove `.spec.paused`"},
                    WordsRow{"Promote", ChangeVerb::Promote, to_json_text(PromoteRequest{"checkout-dev"}), "promote what `checkout-dev` runs"},
                    WordsRow{"RestartAll", ChangeVerb::Restart, "", "restart all its workloads"},
                    WordsRow{"RestartOne", ChangeVerb::Restart, to_json_text(RestartRequest{{"Deployment/web"}}), "restart `Deployment/web`"},
                    WordsRow{"Undo", ChangeVerb::Rollback, to_json_text(RollbackRequest{"abcdef0123"}), "take back what `abcdef0` did"},
                    WordsRow{"Unreadable", ChangeVerb::SetImage, "no JSON", "set image of `-` to `-` (was `1.0@sha256:aa`)"}),
    [](const auto& row) { return row.param.name; });

TEST(Reminder, MentionsThoseWhoMayApprove) {
  const auto message = reminder_message(new_image(), app(), {"U0BOB", "U0CAROL", "<!channel>"});
  expect_view("reminder", message);
  EXPECT_THAT(message.text, HasSubstr("<@U0BOB>, <@U0CAROL>"));
  EXPECT_THAT(message.text, Not(HasSubstr("channel")));
}

TEST(PullRequestBody, IsWhatAReviewerLikesToRead) {
  auto shown = new_image();
  shown.risk.warnings = {"Job migrate runs again"};
  test::expect_golden("view/pull_request_set_image.md", pull_request_body(shown, app(), shown.diff, "41:ab12", "https://acme.slack.com/archives/C1/p18"));
  EXPECT_EQ(pull_request_title(shown), "C-12: checkout: set image of web to 1.4.2 (was 1.4.1)");
}

TEST(PullRequestBody, FoldsAndCutsTheLongestDiffsAndKeepsTheRest) {
  auto shown = new_image();
  std::string diff = "Deployment shop/short\n- a\n+ b\nConfigMap shop/long\n";
  for (int i = 0; i < 9000; ++i) diff += fmt::format("+ line {}\n", i);
  const auto body = pull_request_body(shown, app(), diff, "41:ab12");
  EXPECT_LE(body.size(), kPullRequestLimit);
  EXPECT_THAT(body, HasSubstr("<details><summary>ConfigMap shop/long</summary>"));
  EXPECT_THAT(body, HasSubstr("- a\n+ b\n"));
  EXPECT_THAT(body, HasSubstr("are left out here"));
  EXPECT_THAT(body, HasSubstr("audit `41:ab12`"));
}

TEST(PullRequestBody, NothingOfAPersonTakesEffect) {
  auto shown = new_image();
  shown.requester = "<!-- @bob -->[x](http://evil)";
  shown.reason = "closes #1 ``` @everyone </details> <!-- driftwarden -->";
  shown.notes = {"fixes #2 @team <script> https://evil.example.org | GH-3"};
  shown.risk.reasons = {"Role `x` @all"};
  const auto body = pull_request_body(shown, app(), shown.diff, "41:ab12", "javascript:alert(1)");
  for (const auto* broken : {"#1", "#2", "@everyone", "@team", "@all", "@bob", "<script>", "https://evil", "http://evil", "GH-3", "javascript:", "fixes #2"}) EXPECT_THAT(body, Not(HasSubstr(broken)));
  EXPECT_THAT(body, Not(HasSubstr("<!--")));
}

TEST(StickyComment, FollowsTheChange) {
  auto shown = new_image();
  auto text = sticky_comment(shown, app(), {"bob"}, {"carol"});
  shown.state = ChangeState::Approved;
  shown.waiting_for = "check ci/build";
  text += "=====\n" + sticky_comment(shown, app(), {"bob", "carol"}, {});
  shown.state = ChangeState::Done;
  shown.merged_sha = kSha;
  shown.merged_at = kNine + 100s;
  text += "=====\n" + sticky_comment(shown, app(), {"bob", "carol"}, {});
  test::expect_golden("view/sticky_comment.md", text);
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
