// What gates found, wherever it is shown.
#include "bot/view/gate_words.hpp"

#include "bot/view/digest_view.hpp"
#include "bot/view/markdown.hpp"
#include "bot/view/pull_view.hpp"
#include "tests/unit/bot/view/samples.hpp"

namespace driftwarden::view {
namespace {

using namespace sample;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

Finding finding(const std::string& rule, bool blocks = true) {
  Finding made;
  made.rule = rule;
  made.object = "Deployment shop/checkout";
  made.path = ".spec.template.spec.containers[app].image";
  made.message = "shop/checkout has the tag latest, which moves: name a version or a digest";
  made.blocks = blocks;
  return made;
}

std::vector<GateResult> found() {
  GateResult built_in;
  built_in.gate = "built-in";
  built_in.findings = {finding("floating-tag"), finding("missing-limits", false)};
  built_in.known = 2;
  GateResult policy;
  policy.gate = "policy";
  policy.findings = {finding("deny-latest")};
  policy.findings.front().link = "https://policies.example/deny-latest";
  GateResult schemas;
  schemas.gate = "schemas";
  schemas.trouble = "kubeconform ended with 2: no such schema";
  return {built_in, policy, schemas};
}

std::vector<GateResult> hostile() {
  auto gates = found();
  gates[0].findings = {finding(kHostile)};
  gates[0].findings.front().object = kHostile;
  gates[0].findings.front().path = kHostile;
  gates[0].findings.front().message = kHostile + " @bob closes #1 ![x](https://evil.example/p.png)";
  gates[2].trouble = kHostile + " ![x](https://evil.example/p.png)";
  return gates;
}

Waiver waiver() {
  Waiver made;
  made.id = 3;
  made.app = "checkout";
  made.gate = "policy";
  made.rule = "deny-latest";
  made.owner = "carol";
  made.reason = "the vendor has no other tag";
  made.since = kNine;
  made.until = kNine + 24h;
  made.change = 12;
  return made;
}

IdleWaiver idle_waiver() {
  auto made = waiver();
  made.id = 4;
  made.gate = "built-in";
  made.rule = "floating-tag";
  made.owner = "dave";
  return {made, "dave isn't an owner of that gate any more"};
}

TEST(GateWords, OnTheCardAndThePullRequest) {
  auto shown = change();
  shown.gates = found();
  const WaiversHere waivers{{waiver()}, {idle_waiver()}};
  expect_view("card_gates", card_message(shown, app(), {}, {}, waivers));
  test::expect_golden("view/pull_request_gates.md", pull_request_body(shown, app(), shown.diff, "41:ab12", "", kPullRequestLimit, waivers));
  test::expect_golden("view/sticky_comment_gates.md", sticky_comment(shown, app(), {}, {}, waivers));
}

TEST(GateWords, WhatWasLetPassIsToldToTheEnd) {
  auto shown = change(ChangeState::Approved);
  shown.gates = found();
  shown.gates.pop_back();
  shown.gates.front().findings.erase(shown.gates.front().findings.begin());
  const WaiversHere waivers{{waiver()}, {}};
  EXPECT_THAT(card_message(shown, app(), {}, {}, waivers).text, AllOf(HasSubstr(":white_check_mark: let pass: `policy/deny-latest` of `Deployment shop/checkout`, by *carol* until "),
                                                                     HasSubstr(": the vendor has no other tag"), Not(HasSubstr("missing-limits"))))
      << "approved: nothing is left to decide, so only that";
  shown.state = ChangeState::Done;
  shown.merged_sha.clear();
  EXPECT_THAT(card_message(shown, app(), {}, {}, waivers).text, Not(HasSubstr("let pass"))) << "it was never merged";
  shown.merged_sha = kSha;
  expect_view("card_gates_done", card_message(shown, app(), {"bob"}, {}, waivers));
  test::expect_golden("view/sticky_comment_gates_done.md", sticky_comment(shown, app(), {"bob"}, {}, waivers));
  EXPECT_THAT(card_message(shown, app(), {"bob"}, {}, {}).text, Not(HasSubstr("let pass")));
  shown.break_glass = "alice";
  EXPECT_THAT(card_message(shown, app(), {"bob"}, {}, waivers).text, Not(HasSubstr("let pass: "))) << "the glass was what let it pass";
}

TEST(GateWords, WhatWasLetPassIsBound) {
  GateResult many;
  many.gate = "policy";
  for (int i = 0; i < 9; ++i) {
    many.findings.push_back(finding("deny-latest"));
    many.findings.back().object = "Deployment shop/w" + std::to_string(i / 2 * 2);
  }
  EXPECT_THAT(passed_lines({many}, "checkout", {waiver()}, 6, slack_dialect()), SizeIs(5)) << "each object once";
  for (int i = 0; i < 9; ++i) many.findings[static_cast<std::size_t>(i)].object = "Deployment shop/w" + std::to_string(i);
  const auto lines = passed_lines({many}, "checkout", {waiver()}, 6, slack_dialect());
  ASSERT_THAT(lines, SizeIs(7));
  EXPECT_EQ(lines.back(), "\u2026 and 3 more let pass");
  EXPECT_THAT(passed_lines({many}, "checkout", {}, 6, slack_dialect()), IsEmpty());
}

TEST(GateWords, NothingNewIsOneLine) {
  GateResult clean;
  clean.gate = "built-in";
  clean.known = 3;
  EXPECT_THAT(gate_lines({clean}, "checkout", {}, 6, slack_dialect()), ElementsAre(":white_check_mark: the gate built-in found nothing new (3 findings stood there before)"));
  EXPECT_THAT(gate_lines({}, "checkout", {}, 6, slack_dialect()), IsEmpty());
}

TEST(GateWords, WhatBlocksComesFirstAndWhatIsLetPassLast) {
  const auto lines = gate_lines(found(), "checkout", {{waiver()}, {}}, 6, slack_dialect());
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines[0], StartsWith(":no_entry: `built-in/floating-tag`"));
  EXPECT_THAT(lines[1], AllOf(StartsWith(":no_entry: the gate *schemas* could not judge it"), HasSubstr("no such schema")));
  EXPECT_THAT(lines[2], StartsWith(":warning: `built-in/missing-limits`"));
  EXPECT_THAT(lines[3], AllOf(StartsWith(":white_check_mark: `policy/deny-latest`"), HasSubstr("<https://policies.example/deny-latest|about this rule>"), HasSubstr("let pass by *carol*")));
  EXPECT_EQ(blocking_words(found(), "checkout", {waiver()}), "built-in/floating-tag and 1 more");
  EXPECT_EQ(blocking_words(found(), "checkout", {}), "built-in/floating-tag and 2 more");
}

TEST(GateWords, AreBound) {
  GateResult many;
  many.gate = "policy";
  for (int i = 0; i < 60; ++i) many.findings.push_back(finding("rule-" + std::to_string(i)));
  many.left_out = 40;
  const auto lines = gate_lines({many}, "checkout", {}, 6, slack_dialect());
  ASSERT_THAT(lines, SizeIs(7));
  EXPECT_EQ(lines.back(), "\u2026 and 94 more of what the gates found");
  EXPECT_EQ(blocking_words({many}, "checkout", {}), "policy/rule-0 and 99 more");
}

TEST(GateWords, AGateThatOnlyWarnsBlocksNothing) {
  auto gates = found();
  for (auto& gate : gates) gate.blocks = false;
  EXPECT_EQ(blocking_words(gates, "checkout", {}), "");
  for (const auto& line : gate_lines(gates, "checkout", {}, 6, slack_dialect())) EXPECT_THAT(line, StartsWith(":warning:"));
}

TEST(GateWords, NoTextOfAToolTakesEffect) {
  auto shown = change();
  shown.gates = hostile();
  expect_view("card_gates_hostile", card_message(shown, app(), {}, {}, {}));
  const auto body = pull_request_body(shown, app(), shown.diff, "41:ab12");
  EXPECT_THAT(body, AllOf(Not(HasSubstr("![x](https")), Not(HasSubstr("@bob ")), Not(HasSubstr("closes #1"))));
  auto given = waiver();
  given.reason = kHostile;
  given.owner = kHostile;
  EXPECT_THAT(waiver_line(given, slack_dialect()), Not(HasSubstr("<!channel>")));
}

TEST(GateWords, ABrokenGlassIsNoPlaceForAHint) {
  auto shown = change();
  shown.gates = found();
  EXPECT_THAT(waive_hint(shown, {}, slack_dialect()), HasSubstr("`waive C-12 because ...`"));
  shown.break_glass = "alice";
  EXPECT_THAT(waive_hint(shown, {}, slack_dialect()), HasSubstr("broken glass lets it pass"));
}

TEST(GateWords, OnPeoplesPullRequests) {
  PullSummary pull;
  pull.repository = "config";
  pull.number = 7;
  pull.url = "https://git.acme.example/shop/config/pulls/7";
  pull.title = "More replicas";
  pull.author = "bob";
  pull.head_sha = kSha;
  pull.base_sha = kSha;
  pull.state = "open";
  PullEffect effect;
  effect.app = app();
  effect.rendered_diff = "Deployment shop/checkout\n-  image: a:1\n+  image: a:latest";
  effect.live_diff = effect.rendered_diff;
  effect.risk.tier = RiskTier::Medium;
  effect.gates = found();
  effect.waivers.counting = {waiver()};
  pull.effects = {effect};
  test::expect_golden("view/pull_gates.md", pull_comment(pull, kPullRequestLimit));
  expect_view("pull_gates", pull_message(pull));
}

TEST(GateWords, InTheDigest) {
  DigestContent content;
  content.apps = 3;
  content.in_sync = 3;
  EXPECT_TRUE(is_quiet(content));
  content.waivers = {waiver()};
  EXPECT_FALSE(is_quiet(content));
  EXPECT_THAT(digest_message(content, kNine).text, AllOf(HasSubstr("What gates let pass, and soon no more"), HasSubstr("*waiver 3*: `policy/deny-latest` on *checkout* (C-12), by carol")));
}

}  // namespace
}  // namespace driftwarden::view
