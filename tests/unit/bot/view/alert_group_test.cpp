#include "bot/view/alert_group.hpp"
#include "gitops/base/text.hpp"
#include "tests/unit/bot/view/samples.hpp"

#include <fmt/core.h>

namespace driftwarden::view {
namespace {

using namespace sample;
using testing::HasSubstr;
using testing::Not;

GroupRow row(std::int64_t id, const std::string& name, const std::string& cluster, IncidentState state = IncidentState::Open) {
  GroupRow made{incident(), app(), false};
  made.app.name = name;
  made.app.cluster = cluster;
  made.incident.id = id;
  made.incident.app = name;
  made.incident.report.app = name;
  made.incident.report.objects.front().object.name = name;
  made.incident.state = state;
  made.incident.group = 7;
  made.incident.opened_at = kNine + std::chrono::seconds{id};
  if (state == IncidentState::Resolved) {
    made.incident.resolved_at = kNine + 5min;
    made.incident.resolved_by = "C-12 by alice";
  }
  return made;
}

Incident leader(Grouping grouping = Grouping::RootCause) {
  auto made = row(7, "checkout", "prod-eu").incident;
  made.grouping = grouping;
  return made;
}

std::vector<GroupRow> three() {
  auto taken = row(8, "cart", "prod-us", IncidentState::Acknowledged);
  taken.incident.acknowledged_by = "bob";
  auto moved = row(9, "search", "prod-us");
  moved.differs = true;
  return {row(7, "checkout", "prod-eu"), taken, moved};
}

std::vector<GroupRow> crowd(int size) {
  std::vector<GroupRow> rows;
  for (int i = 0; i < size; ++i) {
    rows.push_back(row(7 + i, fmt::format("service-with-a-rather-long-name-{}", i), i % 3 == 0 ? "prod-us" : "prod-eu"));
    if (i % 4 == 0) rows.back().incident.report.cause = Cause::GitAhead;
    if (i % 5 == 0) rows.back().app.environment = "staging";
  }
  return rows;
}

TEST(AlertGroup, ARootCauseIsOneStoryWithARowPerApp) {
  expect_view("alert_group", group_message(leader(), three(), {"cc <@U0ALICE>", kNine + 10min}));
}

TEST(AlertGroup, CriticalIsMarkedAndHealedOnesAreCounted) {
  auto rows = three();
  rows[0] = row(7, "checkout", "prod-eu", IncidentState::Resolved);
  rows[1].incident.severity = Severity::Critical;
  rows[2].incident.snoozed_until = kNine + 2h;
  rows[2].incident.state = IncidentState::Snoozed;
  const auto message = group_message(leader(), rows, {"", kNine + 10min});
  expect_view("alert_group_critical", message);
  EXPECT_TRUE(message.text.starts_with("Critical: 3 Apps are OutOfSync"));
  EXPECT_THAT(message.text, HasSubstr("1 of them in sync again"));
}

TEST(AlertGroup, ClosesGreenWithHowLongAndHow) {
  auto rows = three();
  for (auto& each : rows) each = row(each.incident.id, each.app.name, each.app.cluster, IncidentState::Resolved);
  rows[1].incident.resolved_by = "live is what Git says again";
  const auto message = group_message(leader(), rows, {"cc <@U0ALICE>", kNine + 10min});
  expect_view("alert_group_resolved", message);
  EXPECT_THAT(message.text, HasSubstr("how: C-12 by alice (2), live is what Git says again (1)"));
  EXPECT_THAT(message.text, Not(HasSubstr("U0ALICE"))) << "nobody is called for what is over";
}

TEST(AlertGroup, AStormIsCountedAndItsWorstAreNamed) {
  auto rows = crowd(40);
  rows[30].incident.severity = Severity::Critical;
  const auto message = group_message(leader(Grouping::Storm), rows, {"cc <@U0ALICE>", kNine + 10min});
  expect_view("alert_storm", message);
  EXPECT_THAT(message.text, HasSubstr("Cause: edited live 30, Git is ahead 10"));
  EXPECT_THAT(message.text, HasSubstr("\u2026 and 30 more"));
  EXPECT_LT(message.text.find("name-30"), message.text.find("name-0")) << "the worst first";
}

TEST(AlertGroup, AStormThatIsOver) {
  auto rows = crowd(12);
  for (auto& each : rows) each.incident = row(each.incident.id, each.app.name, each.app.cluster, IncidentState::Resolved).incident;
  expect_view("alert_storm_resolved", group_message(leader(Grouping::Storm), rows, {"", kNine + 10min}));
}

TEST(AlertGroup, SaysWhatAllOfItCosts) {
  CostChange cost;
  cost.currency = "EUR";
  cost.after.micros = 212'400'000;
  cost.after.uncounted = {"2 Apps without prices"};
  const auto said = [&](Grouping grouping, const std::vector<GroupRow>& rows) { return group_message(leader(grouping), rows, {"", kNine + 10min, cost}).text; };
  EXPECT_THAT(said(Grouping::Storm, crowd(12)), HasSubstr(":moneybag: What is live costs *212.40 EUR* a month more than Git says, in all.\nnot counted: 2 Apps without prices"));
  auto ahead = three();
  for (auto& each : ahead) each.incident.report.cause = Cause::GitAhead;
  cost.before.micros = 312'400'000;
  EXPECT_THAT(said(Grouping::RootCause, ahead), HasSubstr(":moneybag: What Git says costs *100 EUR* a month more than what is live, in all."));
  auto over = three();
  for (auto& each : over) each = row(each.incident.id, each.app.name, each.app.cluster, IncidentState::Resolved);
  EXPECT_THAT(said(Grouping::RootCause, over), Not(HasSubstr(":moneybag:")));
}

TEST(AlertGroup, AThousandAppsKeepSlacksLimits) {
  for (const auto grouping : {Grouping::RootCause, Grouping::Storm}) {
    const auto message = group_message(leader(grouping), crowd(1000), {"cc <@U0ALICE>", kNine + 10min});
    EXPECT_THAT(test::block_kit_faults(message), testing::IsEmpty());
    EXPECT_LT(message.text.size(), 4000U);
  }
}

TEST(AlertGroup, LinesAreShortEnoughForAPhone) {
  const auto message = group_message(leader(), three(), {"cc <@U0ALICE>", kNine + 10min});
  for (const auto& line : split(message.text, '\n')) {
    if (line.starts_with("\u2022 *")) {
      EXPECT_LE(line.size(), 60U) << line;
    }
  }
}

TEST(AlertGroup, ThereIsNoSyncForAllWhereOneCannotBe) {
  auto rows = three();
  EXPECT_THAT(test::message_text(group_message(leader(), rows, {"", kNine})), HasSubstr("sync incident 7"));
  rows[1].incident.report.cause = Cause::Stuck;
  EXPECT_THAT(test::message_text(group_message(leader(), rows, {"", kNine})), Not(HasSubstr("sync incident 7")));
}

TEST(AlertGroup, NamesFromOutsideStayHarmless) {
  auto rows = three();
  rows[1].app.name = "<!channel> *x*";
  rows[1].app.cluster = "<@U1>";
  rows[1].incident.acknowledged_by = "<!here>";
  const auto text = test::message_text(group_message(leader(), rows, {"", kNine}));
  for (const auto* ping : {"<!channel>", "<@U1>", "<!here>"}) EXPECT_THAT(text, Not(HasSubstr(ping)));
}

TEST(CommonPaths, NameNoOnesContainer) {
  const auto report = [](const std::string& app) {
    DriftReport made;
    made.app = app;
    FieldDrift field;
    field.path = fmt::format(".spec.template.spec.containers[name=\"{}\"].image", app);
    made.objects.push_back({{"apps", "v1", "Deployment", "shop", app}, Verdict::OutOfSync, {field}, {}});
    return made;
  };
  EXPECT_EQ(with_common_paths({report("checkout"), report("cart")}).back().objects.front().fields.front().path, ".spec.template.spec.containers[*].image");
  EXPECT_EQ(with_common_paths({report("checkout"), report("checkout")}).front().objects.front().fields.front().path, ".spec.template.spec.containers[name=\"checkout\"].image");
}

}  // namespace
}  // namespace driftwarden::view
