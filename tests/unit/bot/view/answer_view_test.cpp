#include "tests/unit/bot/view/samples.hpp"

namespace driftwarden::view {
namespace {

using namespace sample;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

StatusRow row(const std::string& name, AppState state = AppState::Synced, const std::string& health = "healthy") {
  StatusRow made;
  made.app = app(name);
  made.report = report({});
  made.report.app = name;
  made.report.state = state;
  if (state == AppState::Synced) made.report.cause = Cause::None;
  if (state == AppState::OutOfSync) made.report.objects = edited_live().objects;
  if (state == AppState::Unknown) made.report.reason = "cluster prod-eu can't be reached: <timeout>";
  made.health = health;
  return made;
}

std::vector<StatusRow> six() {
  std::vector<StatusRow> rows{row("cart"), row("checkout", AppState::OutOfSync), row("search", AppState::Unknown), row("mail", AppState::Synced, "progressing: 1 of 2 replicas available"),
                              row("web"), row("worker")};
  rows[1].open_change = change();
  return rows;
}

TEST(AnswerView, Status) {
  expect_view("status_one", status_message({row("checkout", AppState::OutOfSync)}, kNine));
  expect_view("status_six", status_message(six(), kNine));
  auto one = row("checkout", AppState::OutOfSync);
  one.incident = incident();
  expect_view("status_app", app_status_message(one, kNine));
  EXPECT_THAT(test::block_kit_faults(status_message({}, kNine)), IsEmpty());
}

TEST(AnswerView, Apps) {
  auto pinned = app("web");
  pinned.track = Track::Pin;
  expect_view("apps", apps_message({app(), pinned}));
  expect_view("apps_none", apps_message({}));
}

TEST(AnswerView, Diff) {
  const ObjectDiff one{"Deployment shop/checkout", "@@ -5 +5 @@\n-  replicas: 5\n+  replicas: 2\n"};
  expect_view("diff", diff_message(app(), edited_live(), {one}, false, kNine + 30s));
  auto in_sync = edited_live();
  in_sync.state = AppState::Synced;
  in_sync.cause = Cause::None;
  in_sync.objects.clear();
  expect_view("diff_none", diff_message(app(), in_sync, {}, false, kNine + 30s));
  ObjectDiff large = one;
  for (int i = 0; i < 400; ++i) large.text += fmt::format("-  key{}: ```\n", i);
  const auto message = diff_message(app(), edited_live(), std::vector<ObjectDiff>(9, large), true, kNine);
  EXPECT_THAT(test::block_kit_faults(message), IsEmpty());
  EXPECT_THAT(test::message_text(message), HasSubstr("more lines"));
  EXPECT_THAT(test::message_text(message), HasSubstr("the whole diff is in the file"));
}

TEST(AnswerView, History) {
  auto over = incident(edited_live(), IncidentState::Resolved);
  over.resolved_at = kNine + 5min;
  over.resolved_by = "C-12 by <!here>";
  const HistoryRow now{kSha, "Ann", kNine, "Scale for the sale", true, true, {"1.4.2"}, "healthy"};
  const HistoryRow before{"0123456789abcdef", "Bob <!here>", kNine - 24h, "Start <!channel>", false, false, {"1.4.1", "<!here>"}, "degraded: 0 of 2 <!here>"};
  expect_view("history", history_message(app(), {now, before}, {incident(), over}, kNine + 1h));
  EXPECT_THAT(test::block_kit_faults(history_message(app(), {}, {}, kNine)), IsEmpty());
  expect_view("history_orphans", history_message(orphans_app(), {}, {over}, kNine));
  EXPECT_THAT(history_message(orphans_app(), {}, {}, kNine).text, Not(HasSubstr("rollback")));
}

TEST(AnswerView, Why) {
  const HistoryRow last{kSha, "Ann", kNine, "Scale for the sale", true};
  expect_view("why", why_message(app(), edited_live(), incident(), last, kNine + 1h));
  expect_view("why_synced", why_message(app(), row("checkout").report, {}, last, kNine));
  expect_view("why_unknown", why_message(app(), row("checkout", AppState::Unknown).report, {}, {}, kNine));
}

TEST(AnswerView, TheSameFactsWhereverAnAppIsAskedFor) {
  const auto full = everything_at_once();
  auto asked = row("checkout", AppState::OutOfSync);
  asked.report = full;
  expect_view("status_app_everything", app_status_message(asked, kNine + 5min));
  expect_view("why_everything", why_message(app(), full, incident(), {}, kNine + 5min));
  expect_view("diff_everything", diff_message(app(), full, {}, false, kNine + 5min));
  for (const auto& text : {test::message_text(app_status_message(asked, kNine + 5min)), test::message_text(why_message(app(), full, incident(), {}, kNine + 5min)),
                           test::message_text(diff_message(app(), full, {}, false, kNine + 5min))}) {
    EXPECT_THAT(text, HasSubstr("*argocd-controller* and *kubectl-patch* fight over `.spec.replicas`"));
    EXPECT_THAT(text, HasSubstr("2 fields hidden by `.data.motd of ConfigMap shop/*`"));
    EXPECT_THAT(text, HasSubstr("ran out on 2026-06-30"));
    EXPECT_THAT(text, HasSubstr("`nginx:latest` may change under its name"));
    EXPECT_THAT(text, HasSubstr("not confirmed by the server"));
  }
}

TEST(AnswerView, OrphansAreAnsweredForWithoutGit) {
  StatusRow asked;
  asked.app = orphans_app();
  asked.report = orphans();
  expect_view("status_orphans", app_status_message(asked, kNine));
  expect_view("why_orphans", why_message(orphans_app(), orphans(), {}, {}, kNine));
  expect_view("diff_orphans", diff_message(orphans_app(), orphans(), {}, false, kNine));
  EXPECT_THAT(status_message({asked}, kNine).text, HasSubstr("5 objects that no Git knows"));
  EXPECT_THAT(apps_message({orphans_app()}).text, HasSubstr("what no Git knows"));
}

TEST(AnswerView, Stats) {
  const TimesInDrift times{{{"checkout", 3, 1, 5h, 40min, 2}, {"<!here>", 1, 0, 30s, 30s, 1}}, {{"shop-team", 4, 1, 5h, 30min, 3}}, {{"prod-eu", 4, 1, 5h, 30min, 3}}};
  expect_view("stats", stats_message(times, "", kNine));
  expect_view("stats_app", stats_message({{times.apps[0]}, times.teams, times.clusters}, "checkout", kNine));
  expect_view("stats_none", stats_message({}, "", kNine));
  EXPECT_THAT(test::block_kit_faults(stats_message({std::vector<TimeInDrift>(500, times.apps[0]), {}, {}}, "", kNine)), IsEmpty());
}

TEST(AnswerView, Ignores) {
  const RuleUse hiding{".spec.replicas of Deployment shop/checkout", "alice", "scaled by KEDA, OPS-12", kNine + 720h, 1, false};
  const RuleUse idle{".data.motd of ConfigMap shop/*", "", "", {}, 0, false};
  const RuleUse expired{".spec.paused of Deployment *", "bob", "<!channel>", kNine - 24h, 2, true};
  expect_view("ignores", ignores_message({{"checkout", hiding}, {"cart", idle}, {"cart", expired}}, ""));
  expect_view("ignores_app", ignores_message({{"checkout", hiding}}, "checkout"));
  expect_view("ignores_none", ignores_message({}, "checkout"));
  EXPECT_THAT(test::block_kit_faults(ignores_message(std::vector<RuleRow>(500, {"cart", expired}), "")), IsEmpty());
}

TEST(AnswerView, Audit) {
  AuditPage all;
  all.lines = {{41, kNine, "alice", "asked for C-12 of checkout: sync", ""}};
  all.command = "audit";
  all.head = "41:0123456789ab";
  expect_view("audit", audit_message(all));
  auto one_app = all;
  one_app.title = "of checkout";
  one_app.command = "audit checkout";
  one_app.head = "";
  one_app.more = true;
  one_app.lines.front().url = "https://acme.slack.com/archives/C123/p1700000000000100";
  expect_view("audit_app", audit_message(one_app));
  one_app.lines.clear();
  one_app.more = false;
  expect_view("audit_none", audit_message(one_app));
}

TEST(AnswerView, AuditReport) { expect_view("audit_report", audit_report_message("From the beginning, 3 rows\n\nSelf-approvals (must be 0)  0\n  <!here>\n", "Only the newest 3 rows.")); }

TEST(AnswerView, Whoami) {
  expect_view("whoami", whoami_message("U0ALICE", "alice", {"shop-team"}, {"status", "sync"}));
  expect_view("whoami_unknown", whoami_message("U0EVE", std::nullopt, {}, {"status"}));
}

TEST(AnswerView, NotUnderstood) {
  expect_view("not_understood", not_understood_message({"There is no App \"<!channel>\".", {"sync checkout", "sync cart", "status checkout"}}));
  expect_view("not_understood_alone", not_understood_message({"Say what?", {}}));
}

TEST(Blocks, ACommandThatIsTooLongForAButtonIsLeftOutRatherThanCut) {
  const auto message = not_understood_message({"There is no App.", {"sync checkout because " + std::string(3000, 'x'), "sync checkout"}});
  EXPECT_THAT(test::block_kit_faults(message), IsEmpty());
  EXPECT_EQ(message.blocks->back().at("elements").size(), 1U);
}

TEST(Blocks, TextIsCutNeitherInAnEntityNorInALinkNorInCode) {
  for (std::size_t limit = 20; limit < 60; ++limit) {
    const auto cut = cut_mrkdwn("a &amp; b <https://example.org|x> `code` &lt; c &gt; d <https://example.org/long/path|y>", limit);
    EXPECT_LE(cut.size(), limit);
    EXPECT_EQ(std::ranges::count(cut, '<'), std::ranges::count(cut, '>')) << cut;
    EXPECT_EQ(std::ranges::count(cut, '&'), std::ranges::count(cut, ';')) << cut;
    EXPECT_EQ(std::ranges::count(cut, '`') % 2, 0) << cut;
  }
}

}  // namespace
}  // namespace driftwarden::view
