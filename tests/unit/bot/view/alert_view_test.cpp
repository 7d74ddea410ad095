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
  EXPECT_THAT(message.text, HasSubstr("checkout is OutOfSync on prod-eu: edited live"));
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
  EXPECT_THAT(actions(alert_message(incident(), app(), {})), testing::ElementsAre("diff", "sync", "adopt", "snooze", "ack"));
  EXPECT_THAT(actions(alert_message(acknowledged(), app(), {})), testing::ElementsAre("diff", "sync", "adopt", "snooze"));
  EXPECT_THAT(actions(alert_message(git_ahead(), app(), {})), testing::ElementsAre("diff", "sync", "snooze", "ack"));
  EXPECT_THAT(actions(alert_message(resolved(), app(), {})), testing::IsEmpty());
}

}  // namespace
}  // namespace driftwarden::view
