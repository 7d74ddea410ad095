#include "bot/view/pull_view.hpp"
#include "tests/unit/bot/view/samples.hpp"

namespace driftwarden::view {
namespace {

using namespace sample;
using testing::HasSubstr;
using testing::Not;

PullEffect scaled_up(const std::string& name = "checkout") {
  PullEffect effect;
  effect.app = app(name);
  effect.rendered_diff = "Deployment shop/" + name + "\n spec:\n-  replicas: 2\n+  replicas: 5";
  effect.live_diff = effect.rendered_diff;
  effect.risk = {RiskTier::Low, {"replicas of Deployment " + name}, {}, {}};
  effect.policy = "a Change like this needs 2 approvals by sre (policy.approvals[1])";
  return effect;
}

PullSummary pull() {
  PullSummary made;
  made.repository = "config";
  made.number = 7;
  made.url = "https://forge.example.org/acme/config/pulls/7";
  made.title = "More replicas for the sale";
  made.author = "bobby";
  made.person = "bob";
  made.head_sha = "9e8d7c6b5a493827160594837261504f3e2d1c0b";
  made.base_sha = kSha;
  made.state = "open";
  made.effects = {scaled_up()};
  return made;
}

void expect_both(const std::string& name, const PullSummary& summary) {
  test::expect_golden("view/" + name + ".md", pull_comment(summary, kPullRequestLimit));
  expect_view(name, pull_message(summary));
}

TEST(PullView, SaysWhatMergingDoes) { expect_both("pull", pull()); }

TEST(PullView, SaysWhereLiveIsNotWhatTheBaseSays) {
  auto shown = pull();
  auto& effect = shown.effects.front();
  effect.live_diff = "Deployment shop/checkout\n spec:\n-  replicas: 9\n+  replicas: 5";
  effect.obstacles = {"frozen: weekend, until Mon 08:00 Europe/Berlin"};
  effect.risk = {RiskTier::Destructive, {"Secret shop/key: goes"}, {"Secret shop/key"}, {"Job migrate runs again"}};
  expect_both("pull_drifted", shown);
}

TEST(PullView, SaysWhatIsNotRendered) {
  auto shown = pull();
  auto broken = scaled_up("cart");
  broken.rendered_diff.clear();
  broken.failure = "the head can't be rendered: apps/cart/a.yaml:3:1: <!channel> @everyone";
  auto same = scaled_up("same");
  same.rendered_diff.clear();
  same.live_diff.clear();
  same.risk = {};
  same.policy.clear();
  auto unknown = scaled_up("unknown");
  unknown.live_known = false;
  shown.effects = {broken, same, unknown};
  expect_both("pull_troubled", shown);
}

TEST(PullView, OfWhatAToolPlansSaysWhichFilesAndWhatTheyCost) {
  auto shown = pull();
  PullEffect effect;
  effect.app.name = "network";
  effect.app.kind = AppKind::Terraform;
  effect.app.environment = "production";
  effect.app.plan.apply = true;
  effect.files = {"live/network/main.tf", "modules/vpc/main.tf"};
  effect.more_files = 3;
  effect.risk = {RiskTier::Medium, {"what tofu makes of it is only planned after the merge"}, {}, {}};
  effect.policy = "apply network needs 2 approvals by sre (policy.approvals[1])";
  auto priced = effect;
  priced.cost.emplace();
  priced.cost->currency = "EUR";
  priced.cost->before.micros = 70'080'000;
  priced.cost->after.micros = 282'480'000;
  priced.cost->after.uncounted = {"aws_lambda_function.resize: by its use (Requests)"};
  priced.cost->source = "Infracost";
  auto unknown = effect;
  unknown.app.name = "dns";
  unknown.app.plan.apply = false;
  unknown.app.plan.tool = PlanTool::Terragrunt;
  unknown.files = {"live/dns/terragrunt.hcl"};
  unknown.more_files = 0;
  unknown.risk.reasons = {"what terragrunt makes of it is only planned after the merge"};
  unknown.policy = "a Change like this needs an approval by fay for its cost, which isn't known: Infracost ended with 1 (cost.thresholds[0])";
  unknown.cost_trouble = "Infracost ended with 1: <!channel> @everyone";
  shown.effects = {priced, unknown};
  expect_both("pull_planned", shown);
  shown.state = "merged";
  EXPECT_THAT(pull_message(shown).text, HasSubstr("*network* by tofu"));
}

TEST(PullView, EndsWithWhatBecameOfIt) {
  auto shown = pull();
  shown.state = "merged";
  EXPECT_THAT(pull_message(shown).text, HasSubstr("is merged"));
  EXPECT_THAT(pull_message(shown).text, HasSubstr("*checkout* on prod-eu"));
  shown.state = "closed";
  shown.effects.clear();
  EXPECT_THAT(pull_message(shown).text, HasSubstr("was closed without a merge"));
  EXPECT_THAT(test::block_kit_faults(pull_message(shown)), testing::IsEmpty());
  shown.state = "open";
  EXPECT_THAT(pull_message(shown).text, HasSubstr("touches no App any more"));
  EXPECT_THAT(pull_comment(shown, 1000), HasSubstr("nothing any more"));
}

TEST(PullView, CutsTheLongestDiffsFirst) {
  auto shown = pull();
  auto longest = scaled_up("long");
  for (int i = 0; i < 20'000; ++i) longest.rendered_diff += fmt::format("\n+ line {}", i);
  longest.live_diff = longest.rendered_diff;
  shown.effects.push_back(longest);
  const auto text = pull_comment(shown, kPullRequestLimit);
  EXPECT_LE(text.size(), kPullRequestLimit);
  EXPECT_GT(text.size(), kPullRequestLimit - 2000) << "as much as fits";
  EXPECT_THAT(text, HasSubstr("+  replicas: 5\n```"));
  EXPECT_THAT(text, HasSubstr("bytes are left out here"));
  EXPECT_THAT(text, HasSubstr("<details>"));
  EXPECT_LE(pull_comment(shown, 300).size(), 300U);
}

TEST(PullView, NothingOfAPersonTakesEffect) {
  auto shown = pull();
  shown.title = "closes #1 <!channel> *bold* <@U1> |x>";
  shown.author = "<!here>";
  shown.person.clear();
  shown.effects.front().obstacles = {kHostile};
  shown.effects.front().rendered_diff = "ConfigMap shop/x\n+ ```\n+ </details> @everyone";
  const auto message = pull_message(shown);
  EXPECT_THAT(test::block_kit_faults(message), testing::IsEmpty());
  for (const auto* ping : {"<!channel>", "<!here>", "<@U1>"}) EXPECT_THAT(test::message_text(message), Not(HasSubstr(ping)));
  EXPECT_THAT(pull_comment(shown, kPullRequestLimit), HasSubstr("````diff\n"));
  shown.effects.assign(60, scaled_up());
  EXPECT_THAT(test::block_kit_faults(pull_message(shown)), testing::IsEmpty());
}

}  // namespace
}  // namespace driftwarden::view
