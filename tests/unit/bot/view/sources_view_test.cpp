// What Argo CD, Flux, Terraform and CI say, in messages.
#include "bot/view/alert_buttons.hpp"
#include "bot/view/alert_view.hpp"
#include "bot/view/answer_view.hpp"
#include "bot/view/card_view.hpp"
#include "bot/view/change_words.hpp"
#include "bot/view/checks_view.hpp"
#include "tests/unit/bot/view/samples.hpp"

namespace driftwarden::view {
namespace {

using sample::expect_view;
using sample::kNine;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

App network(bool apply = true) {
  App app;
  app.name = "network";
  app.repository = "infra";
  app.path = "live/prod/network";
  app.environment = "prod";
  app.channel = "#infra";
  app.owners = {"sre"};
  app.kind = AppKind::Terraform;
  app.plan.apply = apply;
  return app;
}

DriftReport planned() {
  DriftReport report;
  report.app = "network";
  report.state = AppState::OutOfSync;
  report.cause = Cause::Both;
  report.revision = "4f2c81a9d0b7e6c5a4938271605f4e3d2c1b0a99";
  report.objects_total = 12;
  report.as_of = kNine;
  const auto object = [](const std::string& module, const std::string& kind, const std::string& name, std::vector<std::string> notes) {
    return ObjectDrift{{"terraform", "", kind, module, name}, Verdict::OutOfSync, {}, std::move(notes)};
  };
  report.objects = {object("", "aws_instance", "web", {"replace"}), object("module.db", "aws_db_instance", "main", {"delete"}), object("", "aws_s3_bucket", "logs", {"create", "gone"}), object("", "aws_vpc", "main", {})};
  FieldDrift field;
  field.path = ".tags.team";
  field.desired = "\"shop\"";
  field.live = "\"cart\"";
  field.cause = FieldCause::Live;
  report.objects.back().fields.push_back(field);
  return report;
}

Opinion argo(AppState state = AppState::Synced) {
  Opinion opinion;
  opinion.by = "Argo CD";
  opinion.state = state;
  opinion.revision = "4f2c81a9d0b7e6c5a4938271605f4e3d2c1b0a99";
  opinion.health = "Degraded";
  opinion.paused = true;
  return opinion;
}

TEST(SourcesView, AnAlertOfWhatTerraformPlansReadsWell) {
  auto incident = sample::incident(planned());
  incident.app = "network";
  AlertContext context;
  context.now = kNine;
  const auto message = alert_message(incident, network(), context);
  EXPECT_THAT(message.text, HasSubstr("network is OutOfSync in prod: changed outside of Git, and Git is ahead, 1 to destroy, 1 to replace, 1 to change, 1 to create"));
  EXPECT_THAT(message.text, HasSubstr("`aws_instance.web` would be replaced"));
  EXPECT_THAT(message.text, HasSubstr("`module.db.aws_db_instance.main` would be destroyed"));
  EXPECT_THAT(message.text, HasSubstr("`aws_s3_bucket.logs` would be created; was deleted outside of Git"));
  expect_view("alert_planned", message);
}

TEST(SourcesView, WhatCanBePressedMakesSense) {
  EXPECT_THAT(acts_for(planned(), network()), ElementsAre(Act::Diff, Act::PlanAgain, Act::Apply, Act::Snooze, Act::Ack));
  EXPECT_THAT(acts_for(planned(), network(false)), ElementsAre(Act::Diff, Act::PlanAgain, Act::Snooze, Act::Ack));
  auto ahead = planned();
  ahead.cause = Cause::GitAhead;
  EXPECT_THAT(acts_for(ahead, network(false)), ElementsAre(Act::Diff, Act::PlanAgain, Act::Rollback, Act::Snooze, Act::Ack));
  ahead.state = AppState::Unknown;
  EXPECT_THAT(acts_for(ahead, network()), ElementsAre(Act::PlanAgain, Act::Snooze, Act::Ack));
}

TEST(SourcesView, StatusAndWhyOfAPlannedApp) {
  StatusRow row;
  row.app = network();
  row.report = planned();
  expect_view("status_planned", app_status_message(row, kNine));
  expect_view("why_planned", why_message(network(), planned(), std::nullopt, std::nullopt, kNine));
  EXPECT_THAT(apps_message({network()}).text, HasSubstr("tofu"));
}

TEST(SourcesView, AnOpinionIsOneLine) {
  EXPECT_EQ(opinion_line(argo()), "Argo CD says Synced at `4f2c81a`, Degraded, auto-sync off");
  auto flux = argo(AppState::OutOfSync);
  flux.by = "Flux";
  flux.health = "Ready";
  flux.operation = "reconciling since 12:01";
  flux.message = "<!here> no such path";
  EXPECT_EQ(opinion_line(flux), "Flux says OutOfSync at `4f2c81a`, suspended, reconciling since 12:01: &lt;!here&gt; no such path");
  EXPECT_EQ(opinion_line({}), "");
}

struct DisagreementRow {
  std::string name;
  AppState says;
  AppState is;
  FieldOp op;
  std::string revision;
  std::string words;
  friend void PrintTo(const DisagreementRow& row, std::ostream* out) { *out << row.name; }
};
class DisagreementTable : public testing::TestWithParam<DisagreementRow> {};
TEST_P(DisagreementTable, IsExplained) {
  const auto& row = GetParam();
  auto report = sample::edited_live();
  report.state = row.is;
  report.revision = row.revision;
  for (auto& drift : report.objects) {
    for (auto& field : drift.fields) field.op = row.op;
  }
  report.opinion = argo(row.says);
  report.opinion->paused = false;
  report.opinion->revision = "4f2c81a";
  if (row.words.empty()) {
    EXPECT_EQ(disagreement(report), "");
  } else {
    EXPECT_THAT(disagreement(report), HasSubstr(row.words));
  }
}
INSTANTIATE_TEST_SUITE_P(Opinions, DisagreementTable,
                         testing::Values(DisagreementRow{"AddedByHand", AppState::Synced, AppState::OutOfSync, FieldOp::Added, "4f2c81a", "can't see it"},
                                         DisagreementRow{"AnotherRevision", AppState::Synced, AppState::OutOfSync, FieldOp::Changed, "77aa88b", "Git is at `77aa88b`"},
                                         DisagreementRow{"NotLookedYet", AppState::Synced, AppState::OutOfSync, FieldOp::Changed, "4f2c81a", "my own watch is the newer word"},
                                         DisagreementRow{"Ignored", AppState::OutOfSync, AppState::Synced, FieldOp::Changed, "4f2c81a", "told to ignore"},
                                         DisagreementRow{"OfOneMind", AppState::OutOfSync, AppState::OutOfSync, FieldOp::Changed, "4f2c81a", ""}),
                         [](const auto& row) { return row.param.name; });

TEST(SourcesView, WhyTellsTheDisagreement) {
  auto report = sample::edited_live();
  for (auto& field : report.objects.front().fields) field.op = FieldOp::Added;
  report.opinion = argo();
  auto app = sample::app();
  app.deployer = {DeployerKind::ArgoCd, "here", {"argoproj.io", "v1alpha1", "Application", "argocd", "checkout"}, true};
  expect_view("why_argocd", why_message(app, report, std::nullopt, std::nullopt, kNine));
  StatusRow row;
  row.app = app;
  row.app.found_by = "argocd argocd/checkout in here";
  row.report = report;
  expect_view("status_argocd", app_status_message(row, kNine));
}

TEST(SourcesView, CardsOfMoveAndApply) {
  auto move = sample::change();
  move.verb = ChangeVerb::Move;
  move.argument = R"({"cluster":"prod-us","namespace":"","from":{"cluster":"prod-eu","namespace":"shop","path":"apps/checkout"}})";
  move.diff = "First, made on prod-us\n+ Deployment shop/checkout\nThen, deleted on prod-eu\n- Deployment shop/checkout\n";
  expect_view("card_move", card_message(move, sample::app(), {}));
  auto apply = sample::change();
  apply.verb = ChangeVerb::Apply;
  apply.app = "network";
  apply.pull_request = 0;
  apply.pull_request_url.clear();
  apply.diff = "~ aws_instance.web\n    size: 1 -> 2\n";
  apply.risk = {RiskTier::Destructive, {"it destroys or replaces what is there"}, {"aws_db_instance.main"}, {}};
  expect_view("card_apply", card_message(apply, network(), {}));
  auto later = sample::change(ChangeState::Done);
  later.verb = ChangeVerb::Rollback;
  later.diff = planned_later(network());
  later.notes = {"tofu now plans to change 2 resources"};
  expect_view("card_planned_rollback", card_message(later, network(), {}));
}

TEST(SourcesView, ChecksAreOneMessage) {
  using State = CheckRow::State;
  const std::vector<CheckRow> rows{{"build", State::Passed, "https://ci.example.org/1", "", true, Duration{65'000}},
                                   {"lint <!here>", State::Failed, "javascript:alert(1)", "3 errors in *main*", false, {}},
                                   {"e2e", State::Running, "https://ci.example.org/3", "", true, {}},
                                   {"docs", State::Skipped, "", "", false, {}}};
  const auto message = checks_message(sample::change(), rows);
  EXPECT_THAT(message.text, HasSubstr("1 failed, 1 running, 1 passed, 1 skipped"));
  EXPECT_THAT(message.text, Not(HasSubstr("javascript")));
  expect_view("checks", message);
}

}  // namespace
}  // namespace driftwarden::view
