// Money wherever it is shown.
#include "bot/view/cost_view.hpp"
#include "bot/view/cost_words.hpp"
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

constexpr std::int64_t kEuro = 1'000'000;

CostChange dearer() {
  CostChange cost;
  cost.currency = "EUR";
  cost.before.micros = 106'200'000;
  cost.after.micros = 318'600'000;
  cost.after.uncounted = {"DaemonSet shop/agent: nobody says how many nodes there are", "CronJob shop/report: it runs now and then"};
  cost.lines = {{"Deployment shop/checkout", 100 * kEuro, 300 * kEuro}, {"PersistentVolumeClaim shop/data", 0, 12'400'000}};
  cost.source = "the prices of prod-eu";
  return cost;
}

CostChange same() {
  CostChange cost;
  cost.currency = "EUR";
  cost.before.micros = 106'200'000;
  cost.after.micros = 106'200'000;
  cost.source = "the prices of prod-eu";
  return cost;
}

CostChange hostile() {
  auto cost = dearer();
  cost.lines.front().what = "Deployment " + kHostile;
  cost.after.uncounted = {kHostile + ": @bob closes #1 ![x](https://evil.example/p.png)"};
  cost.source = kHostile;
  return cost;
}

TEST(CostView, OnTheCardAndThePullRequest) {
  auto shown = change();
  shown.cost = dearer();
  expect_view("card_cost", card_message(shown, app(), {}));
  test::expect_golden("view/pull_request_cost.md", pull_request_body(shown, app(), shown.diff, "41:ab12"));
  EXPECT_THAT(sticky_comment(shown, app(), {}, {}), HasSubstr("**318.60 EUR** a month, **+212.40 EUR** (106.20 EUR before; the prices of prod-eu)"));
}

TEST(CostView, WhatStaysTheSameIsSaidInOneLine) {
  EXPECT_THAT(cost_lines(same(), slack_dialect()), ElementsAre(":moneybag: *106.20 EUR* a month, as before (the prices of prod-eu)"));
}

TEST(CostView, OneThingThatDiffersNeedsNoList) {
  auto cost = dearer();
  cost.lines.resize(1);
  cost.after.uncounted.clear();
  EXPECT_THAT(cost_lines(cost, slack_dialect()), ElementsAre(":moneybag: *318.60 EUR* a month, *+212.40 EUR* (106.20 EUR before; the prices of prod-eu)"));
}

TEST(CostView, ManyAreCounted) {
  auto cost = dearer();
  for (int i = 0; i < 30; ++i) cost.lines.push_back({fmt::format("Deployment shop/web-{}", i), 0, kEuro});
  for (int i = 0; i < 30; ++i) cost.after.uncounted.push_back(fmt::format("Job shop/j-{}: it runs now and then", i));
  const auto lines = cost_lines(cost, slack_dialect());
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[1], HasSubstr(", 29 more"));
  EXPECT_THAT(lines[2], HasSubstr("; 29 more"));
  EXPECT_EQ(cost_bullets(cost, markdown_dialect()).size(), 1U + 10U + 1U + 10U + 1U);
}

TEST(CostView, NamesFromOutsideDoNothing) {
  auto shown = change();
  shown.cost = hostile();
  EXPECT_THAT(test::message_text(card_message(shown, app(), {})), AllOf(Not(HasSubstr("<!channel>")), Not(HasSubstr("<@U1>"))));
  const auto body = pull_request_body(shown, app(), shown.diff, "41:ab12");
  EXPECT_THAT(body, AllOf(Not(HasSubstr("![x](")), Not(HasSubstr("@bob")), Not(HasSubstr("closes #1"))));
}

TEST(CostView, OnSomebodysPullRequest) {
  PullSummary pull;
  pull.repository = "config";
  pull.number = 7;
  pull.url = "https://forge.example.org/acme/config/pulls/7";
  pull.title = "More replicas for the sale";
  pull.author = "bobby";
  pull.person = "bob";
  pull.head_sha = "9e8d7c6b5a493827160594837261504f3e2d1c0b";
  pull.base_sha = kSha;
  pull.state = "open";
  PullEffect effect;
  effect.app = app();
  effect.rendered_diff = "Deployment shop/checkout\n spec:\n-  replicas: 2\n+  replicas: 5";
  effect.live_diff = effect.rendered_diff;
  effect.risk = {RiskTier::Low, {"replicas of Deployment checkout"}, {}, {}};
  effect.cost = dearer();
  pull.effects = {effect};
  test::expect_golden("view/pull_cost.md", pull_comment(pull, kPullRequestLimit));
  expect_view("pull_cost", pull_message(pull));
}

TEST(CostView, OfDrift) {
  AlertContext context;
  context.drift_cost = dearer();
  expect_view("alert_cost", alert_message(incident(edited_live()), app(), context));
}

struct DriftCostRow {
  std::string name;
  DriftReport report;
  std::int64_t rise;
  std::string words;
  friend void PrintTo(const DriftCostRow& row, std::ostream* out) { *out << row.name; }
};
DriftReport other_field(Cause cause) { return report({{deployment(), Verdict::OutOfSync, {field(".spec.template.spec.containers[name=app].resources.requests.cpu", "1", "4")}, {}}}, cause); }
DriftReport scaled_by_hand(Cause cause) { return report({{deployment(), Verdict::OutOfSync, {scaled()}, {}}}, cause); }

class DriftCost : public testing::TestWithParam<DriftCostRow> {};
TEST_P(DriftCost, InWords) {
  CostChange cost;
  cost.currency = "EUR";
  cost.before.micros = 500 * kEuro;
  cost.after.micros = 500 * kEuro + GetParam().rise;
  EXPECT_EQ(drift_cost_line(GetParam().report, cost, slack_dialect()), GetParam().words);
}
INSTANTIATE_TEST_SUITE_P(Drifts, DriftCost,
                         testing::Values(DriftCostRow{"ScaledByHand", scaled_by_hand(Cause::LiveEdited), 212 * kEuro, ":moneybag: This scaling by hand costs *212 EUR* a month more than Git says."},
                                         DriftCostRow{"ScaledDown", scaled_by_hand(Cause::LiveEdited), -212 * kEuro, ":moneybag: This scaling by hand costs *212 EUR* a month less than Git says."},
                                         DriftCostRow{"AnotherEdit", other_field(Cause::LiveEdited), 212 * kEuro, ":moneybag: What is live costs *212 EUR* a month more than Git says."},
                                         DriftCostRow{"GitIsAhead", scaled_by_hand(Cause::GitAhead), -212 * kEuro, ":moneybag: What Git says costs *212 EUR* a month more than what is live."},
                                         DriftCostRow{"GitIsAheadAndCheaper", scaled_by_hand(Cause::GitAhead), 212 * kEuro, ":moneybag: What Git says costs *212 EUR* a month less than what is live."},
                                         DriftCostRow{"Nothing", other_field(Cause::LiveEdited), 0, ""}),
                         [](const auto& row) { return row.param.name; });

CostRow row(const std::string& name, std::int64_t micros, const std::string& cluster = "prod-eu") {
  CostRow made;
  made.app = app(name);
  made.app.cluster = cluster;
  made.app.environment = cluster == "staging" ? "staging" : "prod";
  made.cost.micros = micros;
  return made;
}

TEST(CostAnswer, OfAnApp) {
  auto one = row("checkout", 318'600'000);
  one.lines = {{"Deployment shop/checkout", 0, 300 * kEuro}, {"PersistentVolumeClaim shop/data", 0, 18'600'000}};
  one.cost.uncounted = dearer().after.uncounted;
  expect_view("cost_app", app_cost_message(one, edited_live(), dearer(), "EUR"));
}

TEST(CostAnswer, OfAnAppWithoutPrices) {
  auto one = row("checkout", 0, "lab");
  one.why_not = "nobody gave prices for lab";
  EXPECT_EQ(app_cost_message(one, {}, {}, "EUR").text, ":information_source: *checkout* has no price: nobody gave prices for lab.");
}

TEST(CostAnswer, OfATeam) {
  auto drifting = row("search", 40 * kEuro);
  drifting.drift_micros = 212'400'000;
  auto partly = row("cart", 12 * kEuro, "staging");
  partly.cost.uncounted = {"CronJob shop/report: it runs now and then"};
  auto lab = row("lab-thing", 0, "lab");
  lab.why_not = "nobody gave prices for lab";
  expect_view("cost_team", costs_message({drifting, partly, row("checkout", 318'600'000), lab}, "team shop", "EUR"));
}

TEST(CostAnswer, OfAFleetIsBoundedAndSumsAll) {
  std::vector<CostRow> rows;
  for (int i = 0; i < 300; ++i) rows.push_back(row(fmt::format("app-{:03}", i), (i + 1) * kEuro));
  const auto message = costs_message(rows, "", "EUR");
  EXPECT_THAT(test::block_kit_faults(message), IsEmpty());
  EXPECT_THAT(message.text, AllOf(HasSubstr("*45,150 EUR*"), HasSubstr("*300 EUR* app-299"), HasSubstr("and 280 more, all in the file")));
}

}  // namespace
}  // namespace driftwarden::view
