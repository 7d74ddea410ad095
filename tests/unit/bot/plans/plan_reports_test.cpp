#include "bot/plans/plan_reports.hpp"
#include "tests/unit/bot/plans/plans_fixture.hpp"

#include <gmock/gmock.h>

namespace driftwarden {
namespace {

using terraform::PlanOutcome;
using State = PlanOutcome::State;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

App app(AppKind kind = AppKind::Terraform) {
  App made;
  made.name = "net";
  made.kind = kind;
  return made;
}
PlanMoment context() {
  PlanMoment made;
  made.revision = "abc";
  return made;
}
PlanOutcome differing(bool drifted, bool pending) {
  PlanOutcome outcome;
  outcome.state = State::Differs;
  outcome.plan.drifted = drifted;
  outcome.plan.pending = pending;
  outcome.plan.resources = 7;
  outcome.plan.objects.push_back(test::planned_row("web"));
  return outcome;
}

TEST(PlanReport, SaysWhoIsAhead) {
  EXPECT_EQ(report_of(app(), differing(true, false), context()).cause, Cause::LiveEdited);
  EXPECT_EQ(report_of(app(), differing(false, true), context()).cause, Cause::GitAhead);
  EXPECT_EQ(report_of(app(), differing(true, true), context()).cause, Cause::Both);
  const auto report = report_of(app(), differing(true, false), context());
  EXPECT_EQ(report.state, AppState::OutOfSync);
  EXPECT_EQ(report.objects_total, 7U);
  EXPECT_EQ(report.revision, "abc");
  EXPECT_EQ(to_string(report.objects.front().object), "aws_instance web");
}

TEST(PlanReport, OutputsAreRowsOfTheirOwn) {
  auto outcome = differing(false, true);
  outcome.plan.objects.clear();
  outcome.plan.outputs = {"url"};
  const auto report = report_of(app(), outcome, context());
  ASSERT_EQ(report.objects.size(), 1U);
  EXPECT_EQ(to_string(report.objects.front().object), "output url");
}

TEST(PlanReport, AnErrorIsUnknownAndNeverDrift) {
  PlanOutcome outcome;
  outcome.error = "main.tf:3: no";
  outcome.plan.objects.push_back(test::planned_row("web"));
  const auto report = report_of(app(), outcome, context());
  EXPECT_EQ(report.state, AppState::Unknown);
  EXPECT_EQ(report.reason, "plan failed: main.tf:3: no");
  EXPECT_THAT(report.objects, IsEmpty());
}

TEST(PlanReport, ABrokenUnitMakesItUnknownUnlessAnotherDiffers) {
  auto outcome = differing(true, false);
  outcome.units = {{"vpc", State::Differs, ""}, {"web", State::Failed, "no region"}};
  auto report = report_of(app(), outcome, context());
  EXPECT_EQ(report.state, AppState::OutOfSync);
  EXPECT_THAT(report.warnings, ElementsAre("unit web can't be planned: no region"));
  EXPECT_EQ(report.reason, "") << "the warning says it";
  outcome.state = State::InSync;
  outcome.plan.objects.clear();
  report = report_of(app(), outcome, context());
  EXPECT_EQ(report.state, AppState::Unknown);
  EXPECT_THAT(report.reason, HasSubstr("web"));
}

TEST(CheckReport, HostsOutOfReachAreNoHostsInSync) {
  ansible::Check check;
  check.tasks = 3;
  EXPECT_EQ(report_of(app(AppKind::Ansible), check, context()).state, AppState::Synced);
  check.unreachable = {"web3"};
  const auto report = report_of(app(AppKind::Ansible), check, context());
  EXPECT_EQ(report.state, AppState::Unknown);
  EXPECT_THAT(report.reason, HasSubstr("web3"));
  check.objects.push_back(test::planned_row("motd"));
  EXPECT_EQ(report_of(app(AppKind::Ansible), check, context()).state, AppState::OutOfSync);
  EXPECT_THAT(report_of(app(AppKind::Ansible), check, context()).warnings, ElementsAre(HasSubstr("web3")));
  EXPECT_EQ(report_of(app(AppKind::Ansible), ansible::Check{}, context()).state, AppState::Unknown) << "no host at all";
}

TEST(CheckReport, WhoIsAheadIsWhetherGitMoved) {
  ansible::Check check;
  check.tasks = 1;
  check.objects.push_back(test::planned_row("motd"));
  auto known = context();
  EXPECT_EQ(report_of(app(AppKind::Ansible), check, known).cause, Cause::Unknown);
  known.git_moved = true;
  EXPECT_EQ(report_of(app(AppKind::Ansible), check, known).cause, Cause::GitAhead);
  known.git_moved = false;
  EXPECT_EQ(report_of(app(AppKind::Ansible), check, known).cause, Cause::LiveEdited);
}

}  // namespace
}  // namespace driftwarden
