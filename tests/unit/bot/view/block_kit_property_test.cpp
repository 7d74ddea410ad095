// Whatever the input: every message, modal and home tab is one that Slack takes, and nothing from outside pings anybody.
#include "bot/view/alert_group.hpp"
#include "bot/view/ask_view.hpp"
#include "bot/view/digest_view.hpp"
#include "bot/view/group_view.hpp"
#include "bot/view/help_view.hpp"
#include "bot/view/home_view.hpp"
#include "bot/view/modals.hpp"
#include "bot/view/pull_view.hpp"
#include "bot/view/sentence_view.hpp"
#include "bot/view/spent_view.hpp"
#include "bot/view/together_view.hpp"
#include "tests/unit/bot/view/chaos.hpp"

namespace driftwarden::view {
namespace {

using namespace sample;
using testing::IsEmpty;

const std::vector<std::string> kMarkers{"<!channel>", "<!here>", "<@U0EVE>", "<https://evil.example", "<#C0EVE>"};

void fine(const slack::Message& message) {
  EXPECT_THAT(test::block_kit_faults(message), IsEmpty());
  EXPECT_THAT(test::live_markup(message, kMarkers), IsEmpty());
}

void fine(const slack::JsonPtr& view) {
  EXPECT_THAT(test::view_faults(view), IsEmpty());
  slack::Message as_message;
  as_message.text = "x";
  as_message.blocks = std::make_shared<const nlohmann::json>(view->at("blocks"));
  EXPECT_THAT(test::live_markup(as_message, kMarkers), IsEmpty());
}

StatusRow any_row(Chaos& chaos) {
  StatusRow row{chaos.app(), chaos.report(), chaos.text(), chaos.incident(), chaos.change()};
  if (chaos.below(2) == 0) row.incident.reset();
  if (chaos.below(2) == 0) row.health = "healthy";
  return row;
}

std::vector<StatusRow> any_rows(Chaos& chaos, std::size_t most) {
  std::vector<StatusRow> rows;
  for (std::size_t i = chaos.below(most); i > 0; --i) rows.push_back(any_row(chaos));
  return rows;
}

std::vector<Change> any_changes(Chaos& chaos, std::size_t most) {
  std::vector<Change> changes;
  for (std::size_t i = chaos.below(most); i > 0; --i) changes.push_back(chaos.change());
  return changes;
}

std::vector<Incident> any_incidents(Chaos& chaos, std::size_t most) {
  std::vector<Incident> incidents;
  for (std::size_t i = chaos.below(most); i > 0; --i) incidents.push_back(chaos.incident());
  return incidents;
}

class AnyInput : public testing::TestWithParam<int> {
 protected:
  Chaos chaos{static_cast<std::uint64_t>(GetParam())};
  App app = chaos.app();
};

TEST_P(AnyInput, Alerts) {
  fine(alert_message(chaos.incident(), app, {chaos.change(), chaos.text(), chaos.text()}));
  AlertContext context;
  context.rolled_back_to = EarlierRevision{chaos.text(), kNine};
  fine(alert_message(chaos.incident(), app, context));
  std::vector<GroupRow> rows;
  for (std::size_t i = chaos.below(120); i > 0; --i) rows.push_back({chaos.incident(), chaos.app(), chaos.below(3) == 0});
  auto leader = chaos.incident();
  leader.grouping = chaos.below(2) == 0 ? Grouping::RootCause : Grouping::Storm;
  fine(group_message(leader, rows, {"", kNine}));
}

TEST_P(AnyInput, Cards) {
  fine(card_message(chaos.change(), app, std::vector<PersonId>(chaos.below(4), chaos.text())));
  fine(card_message(chaos.change(), app, {}, std::vector<PersonId>(chaos.below(12), chaos.text())));
  fine(reminder_message(chaos.change(), app, std::vector<std::string>(chaos.below(30), chaos.text())));
  fine(approve_modal(chaos.change(), app, chaos.text(), "C1", "18.1"));
  fine(reject_modal(chaos.change(), "C1", "18.1"));
  EXPECT_LE(pull_request_body(chaos.change(), app, chaos.text(), chaos.text(), chaos.text()).size(), kPullRequestLimit);
}

TEST_P(AnyInput, Status) {
  fine(status_message(any_rows(chaos, 120), kNine));
  fine(status_message(any_rows(chaos, 120), kNine, {chaos.text(), static_cast<int>(chaos.below(5)), chaos.below(2) == 0}));
  fine(app_status_message(any_row(chaos), kNine));
  fine(apps_message(std::vector<App>(chaos.below(200), app), static_cast<int>(chaos.below(7))));
}

TEST_P(AnyInput, Answers) {
  fine(diff_message(app, chaos.report(), std::vector<ObjectDiff>(chaos.below(9), {chaos.text(), chaos.text()}), chaos.below(2) == 0, kNine));
  const auto incidents = any_incidents(chaos, 6);
  fine(history_message(app, std::vector<HistoryRow>(chaos.below(40), {chaos.text(), chaos.text(), kNine, chaos.text(), false}), incidents, kNine, 2, true));
  fine(why_message(app, chaos.report(), chaos.incident(), HistoryRow{chaos.text(), chaos.text(), kNine, chaos.text(), true}, kNine));
  AuditPage page;
  page.title = chaos.text();
  page.lines = std::vector<AuditLine>(chaos.below(40), {1, kNine, chaos.text(), chaos.text(), "https://acme.slack.com/archives/C1/p" + chaos.text()});
  page.command = "audit " + chaos.text();
  page.more = true;
  page.head = chaos.text();
  fine(audit_message(page));
  fine(audit_report_message("x" + chaos.text(), chaos.text()));
  fine(whoami_message(chaos.text(), chaos.maybe(), {chaos.text()}, {chaos.text()}));
  fine(not_understood_message({"x" + chaos.text(), std::vector<std::string>(chaos.below(9), chaos.text())}));
  fine(text_message("x" + slack::escape(chaos.text())));
  std::vector<DriftReport> reports;
  for (std::size_t i = chaos.below(60); i > 0; --i) reports.push_back(chaos.report());
  fine(group_diff(7, reports, kNine).message);
}

TEST_P(AnyInput, PlainWords) {
  ReadAs read;
  read.command.verb = verbs()[chaos.below(verbs().size())].verb;
  read.command.app = chaos.text();
  read.command.sentence = chaos.text();
  read.command.reason = chaos.text();
  read.button = {chaos.text(), kNine, to_text(read.command)};
  read.model = chaos.maybe().value_or("");
  fine(read_as_message(read));
  fine(spent_message(*read_as_message(read).blocks, read.button, kNine));
  std::vector<TogetherRow> together(1 + chaos.below(120));
  for (auto& row : together) {
    row.change = chaos.change();
    row.counted = std::vector<PersonId>(chaos.below(3), chaos.text());
  }
  fine(together_message(together, "incident 7"));
  AskShown shown;
  shown.headline = "x" + slack::escape(chaos.text());
  for (std::size_t i = chaos.below(40); i > 0; --i) shown.facts.push_back({chaos.text(), chaos.below(2) == 0 ? "" : "https://acme.slack.com/archives/C1/p1"});
  for (std::size_t i = chaos.below(9); i > 0; --i) shown.lines.push_back({chaos.text(), {chaos.below(50), chaos.below(50)}});
  shown.notes = std::vector<std::string>(chaos.below(4), chaos.text());
  shown.looks = std::vector<std::string>(chaos.below(9), "x" + chaos.text());
  shown.model = chaos.text();
  shown.trouble = chaos.below(3) == 0 ? chaos.text() : "";
  shown.waits = chaos.below(2) == 0;
  shown.dropped = chaos.below(3);
  shown.now = kNine;
  fine(ask_message(shown));
}

TEST_P(AnyInput, Records) {
  fine(stats_message({std::vector<TimeInDrift>(chaos.below(20), {chaos.text(), 1, 1, 1h, 1h, 1}), {}, {}}, chaos.text(), kNine));
  std::vector<RuleRow> listed;
  for (std::size_t i = chaos.below(20); i > 0; --i) {
    for (const auto& use : chaos.report().rules) listed.push_back({chaos.text(), use});
  }
  fine(ignores_message(listed, chaos.text(), static_cast<int>(chaos.below(4))));
}

TEST_P(AnyInput, Help) {
  HelpContent content;
  for (const auto& info : verbs()) {
    if (chaos.below(3) > 0) content.allowed.push_back(info.verb);
  }
  content.bot_name = chaos.text();
  for (std::size_t i = chaos.below(6); i > 0; --i) content.aliases["a" + chaos.text()] = chaos.text();
  fine(help_page(content));
  fine(help_of_verb(verbs()[chaos.below(verbs().size())].verb, chaos.below(2) == 0, content));
  fine(help_of_alias("a" + chaos.text(), "x" + chaos.text()));
}

TEST_P(AnyInput, HomeAndDigest) {
  HomeContent home;
  home.person = chaos.text();
  home.slack_id = chaos.text();
  home.mine = any_rows(chaos, 60);
  home.others = any_rows(chaos, 60);
  home.for_me = any_changes(chaos, 30);
  home.by_me = any_changes(chaos, 30);
  home.verbs.assign(chaos.below(40), chaos.text());
  fine(home_view(home, kNine));
  DigestContent digest;
  digest.open = any_incidents(chaos, 60);
  digest.pending = any_changes(chaos, 40);
  for (std::size_t i = chaos.below(60); i > 0; --i) digest.rules.push_back({chaos.text(), chaos.text(), chaos.text(), kNine, chaos.below(2) == 0});
  for (std::size_t i = chaos.below(60); i > 0; --i) digest.pauses.push_back({chaos.text(), chaos.text(), chaos.text(), chaos.text(), kNine, chaos.text()});
  Hold hold;
  hold.owner = chaos.text();
  hold.reason = chaos.text();
  hold.scope.name = chaos.text();
  digest.holds.assign(chaos.below(30), hold);
  digest.broken_glass.assign(chaos.below(30), hold);
  Silence silence;
  silence.owner = chaos.text();
  silence.reason = chaos.text();
  silence.match.app = chaos.text();
  digest.silences.assign(chaos.below(30), silence);
  fine(digest_message(digest, kNine));
}

TEST_P(AnyInput, Forms) {
  CreateAppForm form;
  for (std::size_t i = chaos.below(130); i > 0; --i) form.apps.push_back(chaos.app());
  form.clusters.assign(chaos.below(120), "c" + chaos.text());
  form.repositories.assign(chaos.below(5), "r" + chaos.text());
  for (std::size_t i = chaos.below(120); i > 0; --i) form.templates.push_back({"t" + chaos.text(), chaos.text()});
  for (std::size_t i = chaos.below(40); i > 0; --i) {
    form.fields.push_back({fmt::format("f{}", i), chaos.text(), chaos.text(), chaos.text(), "", std::vector<std::string>(chaos.below(120), chaos.text()), false});
  }
  for (const auto* name : {"name", "image", "port", "cluster", "namespace", "path", "channel", "like"}) form.values[name] = chaos.text();
  fine(create_app_modal(form));
}

TEST_P(AnyInput, PullRequests) {
  PullSummary pull;
  pull.repository = chaos.text();
  pull.url = chaos.text();
  pull.title = chaos.text();
  pull.author = chaos.text();
  pull.person = chaos.text();
  pull.state = "open";
  for (std::size_t i = chaos.below(30); i > 0; --i) {
    PullEffect effect;
    effect.app = chaos.app();
    effect.rendered_diff = chaos.text();
    effect.live_diff = chaos.text();
    effect.failure = chaos.text();
    effect.policy = chaos.text();
    effect.obstacles.assign(chaos.below(4), chaos.text());
    effect.risk = chaos.change().risk;
    pull.effects.push_back(std::move(effect));
  }
  pull.not_rendered.assign(chaos.below(30), chaos.text());
  fine(pull_message(pull));
}

TEST_P(AnyInput, BlocksThemselves) {
  Blocks blocks;
  for (std::size_t i = chaos.below(70); i > 0; --i) {
    switch (chaos.below(7)) {
      case 0: blocks.header("x" + chaos.text()); break;
      case 1: blocks.section(slack::escape(chaos.text())); break;
      case 2: blocks.code(chaos.text(), "diff"); break;
      case 3: blocks.context(std::vector<std::string>(chaos.below(14), slack::escape(chaos.text()))); break;
      case 4: blocks.actions(std::vector<Button>(chaos.below(30), {chaos.text(), chaos.text(), Button::Style::Danger, slack::escape(chaos.text())})); break;
      case 5: blocks.select("x" + chaos.text(), std::vector<Option>(chaos.below(130), {chaos.text(), chaos.text()})); break;
      default: blocks.app_picker("x" + chaos.text(), "diff", chaos.text()); break;
    }
  }
  blocks.section("end");
  fine(message_of(blocks, "text"));
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnyInput, testing::Range(0, 30));

TEST(PickerId, GoesThereAndBack) {
  const auto id = picker_id("set-image", "web:1.4|x because y");
  EXPECT_EQ(id, "pick:set-image|web:1.4|x because y");
  const auto read = read_picker_id(id);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->verb, "set-image");
  EXPECT_EQ(read->rest, "web:1.4|x because y");
  for (const auto* other : {"", "approve", "select", "pick:", "pick:|x", "pick:diff"}) EXPECT_FALSE(read_picker_id(other)) << other;
}

}  // namespace
}  // namespace driftwarden::view
