#include "bot/view/alert_buttons.hpp"
#include "tests/unit/bot/view/samples.hpp"

namespace driftwarden::view {
namespace {

using namespace sample;
using testing::HasSubstr;
using testing::Not;

struct AlertRow {
  std::string name;
  Incident incident;
  AlertContext context;
  friend void PrintTo(const AlertRow& row, std::ostream* out) { *out << row.name; }
};
class AlertGolden : public testing::TestWithParam<AlertRow> {};
TEST_P(AlertGolden, Looks) { expect_view("alert_" + GetParam().name, alert_message(GetParam().incident, app(), GetParam().context)); }

Incident several() {
  auto image = field(".spec.template.spec.containers[name=app].image", "\"shop/checkout:1.4\"", "\"shop/checkout:1.5-hotfix\"");
  image.by = "kubectl-set";
  auto added = field(".metadata.labels.debug", std::nullopt, "\"true\"", FieldOp::Added);
  added.by = "kubectl-label";
  auto removed = field(".spec.template.spec.containers[name=app].resources.limits.memory", "\"512Mi\"", std::nullopt, FieldOp::Removed);
  auto order = field(".spec.template.spec.initContainers", "[]", "[]", FieldOp::Order);
  return incident(report({{{"", "v1", "ConfigMap", "shop", "flags"}, Verdict::Unknown, {}, {"forbidden: configmaps is forbidden"}},
                          {{"", "v1", "Service", "shop", "checkout"}, Verdict::Missing, {}, {}},
                          {deployment(), Verdict::OutOfSync, {scaled(), image, added, removed, order}, {}}}, Cause::Both));
}

Incident git_ahead() {
  auto replicas = field(".spec.replicas", "5", "2");
  replicas.cause = FieldCause::Git;
  return incident(report({{deployment(), Verdict::OutOfSync, {replicas}, {}}}, Cause::GitAhead));
}

Incident unknown() {
  DriftReport failed;
  failed.app = "checkout";
  failed.state = AppState::Unknown;
  failed.cause = Cause::Unknown;
  failed.reason = "rendering apps/checkout at 4f2c81a: kustomization.yaml: no such file <overlay>";
  failed.revision = kSha;
  return incident(failed);
}

Incident acknowledged() {
  auto made = incident(edited_live(), IncidentState::Acknowledged);
  made.acknowledged_by = "bob";
  return made;
}

Incident snoozed() {
  auto made = incident(edited_live(), IncidentState::Snoozed);
  made.snoozed_until = kNine + 2h;
  return made;
}

Incident resolved() {
  auto made = incident(edited_live(), IncidentState::Resolved);
  made.resolved_at = kNine + 5min;
  made.resolved_by = "C-12 by alice";
  return made;
}

Incident hostile() {
  auto made = field(".data.<!here>`x`", kHostile, kHostile);
  made.by = kHostile;
  return incident(report({{{"", "v1", "ConfigMap", "shop", kHostile}, Verdict::OutOfSync, {made}, {}}}));
}

Incident with_notes(std::vector<std::string> notes, Cause cause = Cause::LiveEdited, bool with_field = true) {
  auto fields = with_field ? std::vector<FieldDrift>{scaled()} : std::vector<FieldDrift>{};
  return incident(report({{deployment(), Verdict::OutOfSync, std::move(fields), std::move(notes)}}, cause));
}

Incident rolled_back() {
  auto image = field(".spec.template.spec.containers[name=\"app\"].image", "\"shop/checkout:1.4.2\"", "\"shop/checkout:1.4.0\"");
  image.by = "kubectl-edit";
  image.time = kNine;
  return incident(report({{deployment(), Verdict::OutOfSync, {image}, {"rolled-back"}}}));
}

Incident fight() {
  auto drift = report({{deployment(), Verdict::OutOfSync, {scaled()}, {}}}, Cause::Fight);
  drift.fights = {{deployment(), ".spec.replicas", {"argocd-controller", "kubectl-patch"}, 4, kNine + 20s}};
  return incident(drift);
}

Incident stuck() {
  auto replicas = field(".spec.replicas", "5", "2");
  replicas.cause = FieldCause::Git;
  auto drift = report({{deployment(), Verdict::OutOfSync, {replicas}, {}}}, Cause::Stuck);
  drift.reason = "C-12 failed: it was applied, but after 10 min it is still progressing: 1 of 5 replicas available";
  return incident(drift);
}

Incident both() {
  auto image = field(".spec.template.spec.containers[name=\"app\"].image", "\"shop/checkout:1.5\"", "\"shop/checkout:1.4\"");
  image.cause = FieldCause::Git;
  return incident(report({{deployment(), Verdict::OutOfSync, {image, scaled()}, {}}}, Cause::Both));
}

Incident extra() { return incident(report({{{"", "v1", "Service", "shop", "old"}, Verdict::Extra, {}, {}}, {{"", "v1", "Service", "shop", "older"}, Verdict::Extra, {}, {}}}, Cause::Extra)); }

Incident with_concerns() {
  auto drift = everything_at_once();
  drift.fights.clear();
  drift.cause = Cause::Both;
  return incident(drift);
}

Incident unclear() {
  auto odd = field(".spec.replicas", "2", "5");
  return incident(report({{deployment(), Verdict::OutOfSync, {odd}, {"unconfirmed"}}}, Cause::Unknown));
}

Incident of_orphans(IncidentState state = IncidentState::Open) {
  auto made = incident(orphans(), state);
  made.app = orphans_app().name;
  made.resolved_at = kNine + 1h;
  made.resolved_by = "live is what Git says again";
  return made;
}

INSTANTIATE_TEST_SUITE_P(Causes, AlertGolden,
                         testing::Values(AlertRow{"rolled_back", rolled_back(), {{}, "", "", EarlierRevision{kSha, kNine - 14 * 24h}, kNine}}, AlertRow{"fight", fight(), {}},
                                         AlertRow{"stuck", stuck(), {}}, AlertRow{"both", both(), {}}, AlertRow{"extra", extra(), {}}, AlertRow{"cause_unknown", unclear(), {}},
                                         AlertRow{"terminating", with_notes({"terminating"}, Cause::Stuck, false), {}},
                                         AlertRow{"immutable", with_notes({"dry-run-failed", "immutable"}, Cause::GitAhead), {}}, AlertRow{"derived_edited", with_notes({"derived-edited"}, Cause::LiveEdited, false), {}},
                                         AlertRow{"concerns", with_concerns(), {}}, AlertRow{"stale", incident(), {{}, "", "", {}, kNine + 5min}}),
                         [](const auto& row) { return row.param.name; });

TEST(AlertView, Orphans) {
  expect_view("alert_orphans", alert_message(of_orphans(), orphans_app(), {}));
  expect_view("alert_orphans_resolved", alert_message(of_orphans(IncidentState::Resolved), orphans_app(), {}));
}

TEST(AlertView, SaysWhatNotesMeanAndKeepsQuietOfThoseThatExplainAway) {
  const std::vector<std::pair<std::string, std::string>> rows{{"terminating", "is being deleted"}, {"dry-run-failed", "refused by the server"}, {"immutable", "can't be changed"},
                                                              {"derived-edited", "edited by hand"}, {"rolled-back", "older image"}, {"kind-not-served", "does not serve"},
                                                              {"forbidden", "may not read"}, {"forbidden: <x>", "forbidden: &lt;x&gt;"}};
  for (const auto& [note, words] : rows) EXPECT_THAT(note_words(note), HasSubstr(words)) << note;
  for (const auto* note : {"unconfirmed", "autoscaled", "ca-bundle", "same-quantity", "order-only", "controller-field", "ignored-by-rule"}) EXPECT_EQ(note_words(note), "") << note;
}

TEST(AlertView, WhatTheReasonSaysOfAnObjectIsNotSaidAgain) {
  auto held = with_notes({"terminating"}, Cause::Stuck).report;
  held.reason = "Deployment shop/checkout is being deleted, held by finalizers acme.example/wait";
  EXPECT_EQ(drift_lines(held, 5).front(), "`Deployment shop/checkout`");
  held.reason = "Deployment shop/another is being deleted";
  EXPECT_THAT(drift_lines(held, 5).front(), HasSubstr("is being deleted"));
}

TEST(AlertView, LongValuesAreShownFromWhereTheyDiffer) {
  const std::string same(500, 'x');
  const auto lines = drift_lines(report({{deployment(), Verdict::OutOfSync, {field(".data.a", "\"" + same + "old\"", "\"" + same + "new\""), field(".spec.b", "null", "5")}, {}}}), 5);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[1], testing::AllOf(HasSubstr("xold\"` \u2192 `"), HasSubstr("xnew\"`")));
  EXPECT_LT(lines[1].size(), 150U);
  EXPECT_THAT(lines[2], HasSubstr("_the default_ \u2192 `5`"));
}

TEST(AlertView, UnconfirmedIsSaidOnceWithHowManyItIs) {
  auto two = report({{deployment("a"), Verdict::OutOfSync, {scaled()}, {"unconfirmed"}}, {deployment("b"), Verdict::OutOfSync, {scaled()}, {}}});
  ASSERT_EQ(small_print(two).size(), 1U);
  EXPECT_THAT(small_print(two).front(), HasSubstr("1 of 2 objects not confirmed"));
  two.objects[1].notes = {"unconfirmed"};
  EXPECT_THAT(small_print(two).front(), testing::StartsWith("not confirmed"));
}

TEST(AlertView, TheAgeIsSaidOnceItMatters) {
  EXPECT_EQ(age_words(edited_live(), kNine + 90s), "");
  EXPECT_THAT(age_words(edited_live(), kNine + 91s), HasSubstr("as of <!date^"));
  EXPECT_THAT(age_words(edited_live(), kNine + 91s), HasSubstr("|09:00:30 UTC>"));
  auto never = edited_live();
  never.as_of = {};
  EXPECT_EQ(age_words(never, kNine), "");
}

struct ButtonsRow {
  std::string name;
  Cause cause;
  std::vector<std::string> buttons;
  AppState state = AppState::OutOfSync;
  friend void PrintTo(const ButtonsRow& row, std::ostream* out) { *out << row.name; }
};
class AlertButtons : public testing::TestWithParam<ButtonsRow> {};
TEST_P(AlertButtons, AreThoseThatHelp) {
  auto shown = incident(report({{deployment(), Verdict::OutOfSync, {scaled()}, {}}}, GetParam().cause));
  shown.report.state = GetParam().state;
  std::vector<std::string> names;
  for (const auto& button : alert_buttons(shown, app())) names.push_back(button.command.substr(0, button.command.find(' ')));
  EXPECT_EQ(names, GetParam().buttons);
  shown.state = IncidentState::Resolved;
  EXPECT_TRUE(alert_buttons(shown, app()).empty());
}
INSTANTIATE_TEST_SUITE_P(Causes, AlertButtons,
                         testing::Values(ButtonsRow{"LiveEdited", Cause::LiveEdited, {"diff", "sync", "adopt", "ignore", "snooze", "ack"}},
                                         ButtonsRow{"GitAhead", Cause::GitAhead, {"diff", "sync", "rollback", "snooze", "ack"}}, ButtonsRow{"Both", Cause::Both, {"diff", "sync", "adopt", "snooze", "ack"}},
                                         ButtonsRow{"Missing", Cause::Missing, {"diff", "sync", "snooze", "ack"}}, ButtonsRow{"Extra", Cause::Extra, {"diff", "sync", "snooze", "ack"}},
                                         ButtonsRow{"Fight", Cause::Fight, {"diff", "ignore", "snooze", "ack"}}, ButtonsRow{"Stuck", Cause::Stuck, {"diff", "snooze", "ack"}},
                                         ButtonsRow{"CauseUnknown", Cause::Unknown, {"diff", "sync", "snooze", "ack"}},
                                         ButtonsRow{"StateUnknown", Cause::Unknown, {"snooze", "ack"}, AppState::Unknown}),
                         [](const auto& row) { return row.param.name; });

TEST(AlertButtons, OfAPinnedAppAndOfOrphans) {
  auto pinned = app();
  pinned.track = Track::Pin;
  EXPECT_EQ(acts_for(edited_live(), pinned), (std::vector{Act::Diff, Act::Sync, Act::Ignore, Act::Snooze, Act::Ack}));
  EXPECT_EQ(acts_for(orphans(), orphans_app()), (std::vector{Act::Diff, Act::Snooze, Act::Ack}));
}

TEST(AlertButtons, SyncSaysWhatItDeletes) {
  EXPECT_THAT(button_of(Act::Sync, app(), extra().report).confirm, HasSubstr("deletes the 2 objects that are gone from Git"));
  EXPECT_THAT(button_of(Act::Sync, app(), edited_live()).confirm, Not(HasSubstr("deletes")));
}

INSTANTIATE_TEST_SUITE_P(Alerts, AlertGolden,
                         testing::Values(AlertRow{"edited_live", incident(), {{}, "Scale for the sale", "Ann"}}, AlertRow{"several_objects", several(), {}},
                                         AlertRow{"missing_object", incident(report({{deployment(), Verdict::Missing, {}, {}}}, Cause::Missing)), {}},
                                         AlertRow{"git_ahead", git_ahead(), {}}, AlertRow{"unknown", unknown(), {}}, AlertRow{"acknowledged", acknowledged(), {}},
                                         AlertRow{"snoozed", snoozed(), {}}, AlertRow{"resolved", resolved(), {}}, AlertRow{"with_change", incident(), {change(), "", ""}},
                                         AlertRow{"hostile", hostile(), {{}, kHostile, kHostile}}),
                         [](const auto& row) { return row.param.name; });

TEST(AlertView, NothingFromOutsideCanPingOrLeaveItsCodeSpan) {
  const auto message = alert_message(hostile(), app(), {{}, kHostile, kHostile});
  const auto all = test::message_text(message);
  EXPECT_THAT(all, Not(HasSubstr("<!channel>")));
  EXPECT_THAT(all, Not(HasSubstr("<!here>")));
  EXPECT_THAT(all, Not(HasSubstr("<@U1>")));
  EXPECT_THAT(test::message_text(alert_message(hostile(), app(), {})), Not(HasSubstr("`rm -rf`")));
  EXPECT_THAT(all, Not(HasSubstr("\\u001b")));
}

TEST(AlertView, TheFallbackSaysWhatTheBlocksSay) {
  auto taken = acknowledged();
  const auto message = alert_message(taken, app(), {change(), "", ""});
  EXPECT_THAT(message.text, HasSubstr("checkout is OutOfSync on prod-eu (prod): edited live"));
  EXPECT_THAT(message.text, HasSubstr("`.spec.replicas` `2` \u2192 `5` by *kubectl-client-side-apply*"));
  EXPECT_THAT(message.text, HasSubstr("bob is on it"));
  EXPECT_THAT(message.text, HasSubstr("C-12"));
  EXPECT_THAT(alert_message(unknown(), app(), {}).text, HasSubstr("kustomization.yaml: no such file &lt;overlay&gt;"));
}

TEST(AlertView, CountsWhatItDoesNotShow) {
  std::vector<FieldDrift> fields;
  for (int i = 0; i < 8; ++i) fields.push_back(field(fmt::format(".data.k{}", i), "1", "2"));
  const auto lines = drift_lines(report({{deployment(), Verdict::OutOfSync, fields, {}}}), 5);
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_EQ(lines.front(), "`Deployment shop/checkout`");
  EXPECT_EQ(lines.back(), "\u2026 and 3 more");
}

TEST(AlertView, NoObjectIsNamedWithoutAFieldBelowIt) {
  const auto lines = drift_lines(report({{deployment("a"), Verdict::OutOfSync, {scaled(), scaled()}, {}}, {deployment("b"), Verdict::OutOfSync, {scaled()}, {}}}), 2);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines.back(), "\u2026 and 1 more");
}

TEST(AlertView, AButtonKeepsItsActionWhateverIsBesideIt) {
  const auto actions = [](const slack::Message& message) {
    std::vector<std::string> ids;
    for (const auto& block : *message.blocks) {
      if (block.at("type") != "actions") continue;
      for (const auto& element : block.at("elements")) ids.push_back(element.at("action_id"));
    }
    return ids;
  };
  EXPECT_THAT(actions(alert_message(incident(), app(), {})), testing::ElementsAre("diff", "sync", "adopt", "ignore", "snooze", "ack"));
  EXPECT_THAT(actions(alert_message(acknowledged(), app(), {})), testing::ElementsAre("diff", "sync", "adopt", "ignore", "snooze"));
  EXPECT_THAT(actions(alert_message(git_ahead(), app(), {})), testing::ElementsAre("diff", "sync", "rollback", "snooze", "ack"));
  EXPECT_THAT(actions(alert_message(resolved(), app(), {})), testing::IsEmpty());
}

Incident critical() {
  auto made = incident();
  made.severity = Severity::Critical;
  return made;
}

Incident flapping() {
  auto made = incident();
  made.flaps = 4;
  made.updated_at = kNine + 35min;
  return made;
}

Incident calming_down() {
  auto made = flapping();
  made.calm_since = kNine + 35min;
  return made;
}

Incident calmed_down() {
  auto made = flapping();
  made.state = IncidentState::Resolved;
  made.resolved_at = kNine + 45min;
  made.resolved_by = "live is what Git says again";
  return made;
}

/// Opened in the night, told in the morning.
Incident told_late() {
  auto made = incident();
  made.opened_at = kNine - 9h;
  return made;
}

AlertContext mentioning() {
  AlertContext context;
  context.mentions = "cc <@U0ALICE> <!subteam^S0SRE>";
  context.now = kNine + 1min;
  return context;
}

INSTANTIATE_TEST_SUITE_P(Quiet, AlertGolden,
                         testing::Values(AlertRow{"critical", critical(), mentioning()}, AlertRow{"flapping", flapping(), mentioning()}, AlertRow{"calming_down", calming_down(), {}},
                                         AlertRow{"calmed_down", calmed_down(), mentioning()}, AlertRow{"told_late", told_late(), mentioning()}),
                         [](const auto& row) { return row.param.name; });

TEST(AlertView, ACriticalOneSaysSoFirst) {
  EXPECT_TRUE(alert_message(critical(), app(), {}).text.starts_with("Critical: checkout is OutOfSync"));
  EXPECT_THAT(test::message_text(alert_message(critical(), app(), {})), HasSubstr(":fire: *checkout*"));
}

TEST(AlertView, PeopleAreNamedWhileItIsOpen) {
  EXPECT_THAT(alert_message(incident(), app(), mentioning()).text, HasSubstr("cc <@U0ALICE>"));
  EXPECT_THAT(alert_message(resolved(), app(), mentioning()).text, Not(HasSubstr("cc <@U0ALICE>")));
}

}  // namespace
}  // namespace driftwarden::view
