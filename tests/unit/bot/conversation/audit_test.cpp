// What the audit log says of what people said, and what they may ask of it.
#include "bot/audit/details.hpp"
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

struct Audited : Talk {
  std::vector<AuditRow> rows(const std::string& action) {
    auto all = look<std::vector<AuditRow>>([](storage::Transaction& tx) { return tx.audit({"", {}, 1000, false}); });
    std::erase_if(all, [&](const AuditRow& row) { return row.entry.action != action; });
    return all;
  }
  json detail(const std::string& action) { return json::parse(rows(action).front().entry.detail); }
  std::string told(const std::string& user, const std::string& text) {
    say(user, text);
    return slack.messages.back().now().text;
  }
  void approve_and_finish() {
    say("U0bob", "approve C-1");
    clock.advance(1min);
  }
};

TEST(Audit, EachStepOfAChangeSaysWhereWhatAndWhoAgreed) {
  Audited talk;
  const auto change = talk.proposed();
  talk.approve_and_finish();
  ASSERT_EQ(talk.change().state, ChangeState::Done);
  const auto requested = talk.rows("change.requested").front();
  EXPECT_THAT(requested.entry.where, StartsWith("Cshop-prod/1900000000.")) << "the message in which it was asked for";
  const auto approved = talk.rows("change.approved").front();
  EXPECT_THAT(approved.entry.where, StartsWith("Cshop-prod/1900000000."));
  EXPECT_EQ(approved.entry.on, change.content.head_sha);
  EXPECT_EQ(talk.detail("change.approved").at("before").at("state"), "proposed");
  const auto merged = talk.rows("change.merged").front();
  const auto now = talk.change();
  EXPECT_EQ(merged.entry.where, where_of(*now.card)) << "nobody said it: its card tells it";
  EXPECT_EQ(merged.entry.on, now.merged_sha);
  const auto detail = talk.detail("change.merged");
  EXPECT_EQ(detail.at("approvals")[0].at("by"), "bob");
  EXPECT_EQ(detail.at("approvals")[0].at("head"), change.content.head_sha);
  EXPECT_EQ(detail.at("approvals")[0].at("diff_digest"), change.content.diff_digest);
  EXPECT_EQ(detail.at("pull_request"), "#1");
  EXPECT_EQ(talk.detail("change.done").at("outcome"), "done");
}

TEST(Audit, AnyNameOfAChangeLeadsToItsWholeStory) {
  Audited talk;
  const auto change = talk.proposed();
  talk.approve_and_finish();
  const auto said = talk.rows("change.requested").front().entry.where;
  const auto card = *talk.change().card;
  for (const auto& key : {std::string("C-1"), change.content.head_sha, change.content.head_sha.substr(0, 8), talk.change().merged_sha, std::string("#1"), said, where_of(card)}) {
    const auto answer = talk.told("U0alice", "audit " + key);
    EXPECT_THAT(answer, AllOf(HasSubstr("asked for C-1"), HasSubstr("approved C-1"), HasSubstr("merged C-1"), HasSubstr("saw in force C-1"))) << key << "\n" << answer;
    EXPECT_LT(answer.find("asked for C-1"), answer.find("merged C-1")) << "oldest first";
  }
  EXPECT_THAT(talk.told("U0alice", "audit C-99"), HasSubstr("nothing yet"));
}

TEST(Audit, ItsIdIsInTheCommitThePullRequestAndTheObjects) {
  Audited talk;
  const auto change = talk.proposed();
  talk.approve_and_finish();
  EXPECT_THAT(talk.git("log -1 --format=%B " + change.content.head_sha), HasSubstr("Driftwarden-Change: C-1\n"));
  EXPECT_THAT(talk.forge_state.entries.front().body, HasSubstr("C-1"));
  const auto& live = talk.cluster->objects.at(object_id({"apps", "v1", "Deployment", "shop", "checkout"}));
  EXPECT_EQ(live.at("metadata").at("annotations").at("driftwarden.io/change"), "C-1");
}

TEST(Audit, RefusedButtonsAndFormsAreActionsWithTheirRule) {
  Audited talk;
  talk.proposed();
  talk.press("U0carol", talk.card(), "approve");
  const auto actions = talk.rows("action.refused");
  ASSERT_THAT(actions, SizeIs(1));
  EXPECT_EQ(actions.front().entry.actor, "carol");
  EXPECT_EQ(actions.front().entry.subject, "C-1");
  EXPECT_EQ(actions.front().entry.where, where_of(talk.card().at)) << "the message whose button it was";
  EXPECT_THAT(json::parse(actions.front().entry.detail).at("command"), HasSubstr("C-1"));
  EXPECT_EQ(json::parse(actions.front().entry.detail).at("rule"), "policy.approvals");
  EXPECT_THAT(talk.rows("command.refused"), IsEmpty());
}

TEST(Audit, AFormThatIsSentBackLeavesARowWithoutWhatWasTyped) {
  Audited talk;
  talk.proposed([](Quorum& quorum) { quorum.typed_name = true; });
  talk.press("U0bob", talk.card(), "approve");
  EXPECT_THAT(talk.submit("U0bob", {{"name", "hunter2"}}), Not(IsEmpty()));
  const auto rows = talk.rows("action.refused");
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(json::parse(rows.front().entry.detail).at("rule"), "form: name");
  EXPECT_THAT(rows.front().entry.detail, Not(HasSubstr("hunter2")));
}

TEST(Audit, ReviewsThatDontCountAreRowsOnceEach) {
  Audited talk;
  talk.proposed();
  talk.forge_state.review(1, "mallory", forge::ReviewState::Approved);
  talk.forge_state.review(1, "carol", forge::ReviewState::Approved);
  talk.clock.advance(3min);
  const auto rows = talk.rows("review.refused");
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].entry.actor, "mallory@forge");
  EXPECT_THAT(rows[0].entry.detail, HasSubstr("nobody is known"));
  EXPECT_EQ(rows[1].entry.actor, "carol");
  EXPECT_EQ(rows[1].entry.on, talk.change().content.head_sha);
  EXPECT_EQ(talk.change().state, ChangeState::Proposed);
}

TEST(Audit, AnswersWhoDidWhatSinceWhenAndWhatWasRefused) {
  Audited talk;
  talk.say("U0carol", "sync checkout");
  talk.clock.advance(48h);
  talk.proposed();
  EXPECT_THAT(talk.told("U0alice", "audit by carol"), AllOf(HasSubstr("*Audit log* by carol"), HasSubstr("was refused sync of checkout: sync checkout"), Not(HasSubstr("C-1"))));
  EXPECT_THAT(talk.told("U0bob", "audit by @U0carol"), HasSubstr("was refused sync"));
  EXPECT_THAT(talk.told("U0alice", "audit since 1h"), AllOf(HasSubstr("C-1"), Not(HasSubstr("refused"))));
  EXPECT_THAT(talk.told("U0alice", "audit refused"), AllOf(HasSubstr("carol"), Not(HasSubstr("C-1"))));
  EXPECT_THAT(talk.told("U0alice", "audit checkout since 1h"), HasSubstr("*Audit log* of checkout since 1h"));
}

TEST(Audit, TheReportIsOneMessage) {
  Audited talk;
  talk.say("U0carol", "sync checkout");
  talk.proposed();
  talk.approve_and_finish();
  const auto report = talk.told("U0alice", "audit report");
  EXPECT_THAT(report, AllOf(HasSubstr("Self-approvals (must be 0)        0"), HasSubstr("Refused attempts                  1"), HasSubstr("done")));
}

TEST(Audit, WhoMayNotSeeAnAppSeesNoneOfItsRows) {
  Audited talk;
  talk.proposed();
  talk.say("U0alice", "freeze checkout for 1h because checkout burns");
  Team team;
  team.name = "shop";
  team.members = {"alice", "bob"};
  team.apps = {"checkout"};
  team.is_private = true;
  talk.config.teams.push_back(team);
  talk.config.policy.rules.clear();
  talk.config.policy.rules.push_back({{"carol"}, {"*"}, {"other*"}});
  const auto head = talk.change().content.head_sha;
  for (const auto& text : {std::string("audit"), std::string("audit C-1"), "audit " + head, std::string("audit #1"), std::string("audit report"), std::string("audit by alice"), std::string("audit refused")}) {
    EXPECT_THAT(talk.told("U0carol", text), AllOf(Not(HasSubstr("checkout")), Not(HasSubstr("asked for C-1")))) << text;
  }
  EXPECT_THAT(talk.told("U0alice", "audit C-1"), HasSubstr("asked for C-1"));
}

TEST(Audit, WhatIsNeverDoneIsARow) {
  Audited talk;
  storage::OutboxRow row;
  row.key = "nobody";
  row.kind = "no.such.kind";
  row.lane = "nobody";
  row.payload = R"({"channel":"C7"})";
  row.created_at = talk.clock.wall_now();
  row.not_before = row.created_at;
  ASSERT_TRUE(talk.transact([&](storage::Transaction& tx) -> Result<void> {
    CHECK_OK(tx.enqueue(row));
    return {};
  }));
  talk.outbox->wake();
  talk.clock.advance(1s);
  const auto rows = talk.rows("effect.given-up");
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows.front().entry.where, "C7");
  EXPECT_THAT(rows.front().entry.detail, HasSubstr("nothing here carries out"));
}

TEST(Audit, HoldsAndSilencesSayWhere) {
  Audited talk;
  talk.say("U0alice", "freeze prod for 1h because x");
  talk.say("U0alice", "silence checkout for 1h because y");
  EXPECT_THAT(talk.rows("hold.freeze").front().entry.where, StartsWith("Cshop-prod/"));
  EXPECT_THAT(talk.rows("silence.begun").front().entry.where, StartsWith("Cshop-prod/"));
  talk.clock.advance(2h);
  EXPECT_EQ(talk.rows("hold.freeze-ended").front().entry.where, "Cshop-prod") << "nobody said it: where it was asked for";
}

}  // namespace
}  // namespace driftwarden
