#include "bot/audit/report.hpp"

#include "bot/audit/words.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/bot/audit/fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr const char* kMerged =
    R"({"requester":"alice","needed":1,"approvals":[{"by":"bob","head":"h"}],"before":{"state":"approved"},"after":{"state":"merged","merged":"m"}})";

AuditReport report_of(const Log& log) { return make_report(log.rows, kMorning, kMorning + 24h); }

TEST(AuditReport, OfNothingIsAllZero) {
  const auto report = report_of({});
  EXPECT_EQ(report.requested, 0U);
  EXPECT_THAT(report.self_approvals, IsEmpty());
  EXPECT_EQ(report.mean_drift, 0ms);
}

TEST(AuditReport, CountsEachChangeByItsLastOutcome) {
  Log log;
  log.add("alice", "change.requested", "checkout", "C-1").add("driftwarden", "change.done", "checkout", "C-1", R"({"outcome":"done"})");
  log.add("alice", "change.requested", "cart", "C-2").add("bob", "change.rejected", "cart", "C-2", R"({"outcome":"rejected"})");
  log.add("alice", "change.requested", "cart", "C-3");
  const auto report = report_of(log);
  EXPECT_EQ(report.requested, 3U);
  EXPECT_THAT(report.outcomes, ElementsAre(Pair("done", 1U), Pair("open", 1U), Pair("rejected", 1U)));
}

struct FindingRow {
  std::string name;
  Log log;
  std::size_t self_approvals = 0;
  std::size_t unapproved = 0;
  std::size_t outside = 0;
  std::size_t overridden = 0;
  std::size_t pushes = 0;
  friend void PrintTo(const FindingRow& row, std::ostream* out) { *out << row.name; }
};
class Findings : public testing::TestWithParam<FindingRow> {};

TEST_P(Findings, AreNamed) {
  const auto& row = GetParam();
  const auto report = report_of(row.log);
  EXPECT_THAT(report.self_approvals, SizeIs(row.self_approvals));
  EXPECT_THAT(report.unapproved, SizeIs(row.unapproved));
  EXPECT_THAT(report.outside, SizeIs(row.outside));
  EXPECT_THAT(report.overridden, SizeIs(row.overridden));
  EXPECT_THAT(report.pushes, SizeIs(row.pushes));
}

Log one(std::string action, std::string detail, std::string actor = "driftwarden") {
  Log log;
  log.add(std::move(actor), std::move(action), "checkout", "C-1", std::move(detail));
  return log;
}

Log alias_approval() {
  Log log;
  log.add("alice", "change.requested", "checkout", "C-1", R"({"requester":"alice","identities":{"forge":"alice-gh"}})");
  log.add("U0ALICE2", "change.approved", "checkout", "C-1", R"({"requester":"alice","identities":{"slack":"T/U0ALICE2","forge":"alice-gh"}})");
  return log;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Findings,
    testing::Values(FindingRow{"AnApprovalByAnotherIsFine", one("change.approved", R"({"requester":"alice"})", "bob")},
                    FindingRow{"OnesOwnIsFound", one("change.approved", R"({"requester":"alice"})", "alice"), 1},
                    FindingRow{"AlsoByAnotherAccountOfTheSamePerson", alias_approval(), 1},
                    FindingRow{"MergedWithItsApproval", one("change.merged", kMerged)},
                    FindingRow{"MergedWithTooFew", one("change.merged", R"({"requester":"alice","needed":2,"approvals":[{"by":"bob"}]})"), 0, 1},
                    FindingRow{"AVoidApprovalIsNone", one("change.merged", R"({"requester":"alice","needed":1,"approvals":[{"by":"bob","void":true}]})"), 0, 1},
                    FindingRow{"TheRequestersIsNone", one("change.merged", R"({"requester":"alice","needed":1,"approvals":[{"by":"alice"}]})"), 0, 1},
                    FindingRow{"BehindABrokenGlassNoneIsNeeded", one("change.merged", R"({"requester":"alice","needed":1,"break_glass":"alice"})")},
                    FindingRow{"MergedOnTheForgePastThePolicy", one("change.failed", R"({"before":{"state":"proposed"},"after":{"state":"failed","merged":"m"}})"), 0, 1},
                    FindingRow{"AFailureAfterTheMergeIsAnother", one("change.failed", R"({"before":{"merged":"m"},"after":{"merged":"m"}})")},
                    FindingRow{"MergedInAFreeze", one("change.merged", R"({"outside":"freeze weekend"})"), 0, 0, 1},
                    FindingRow{"AFreezeBrokenByApprovals", one("change.merged", R"({"quorum_rule":"prod; freeze weekend is broken by 2 approvals"})"), 0, 0, 0, 1},
                    FindingRow{"ARestartWithoutItsApproval", one("change.applied", R"({"needed":1,"before":{"state":"approved"}})"), 0, 1},
                    FindingRow{"APushToTheBranch", one("change.content-moved", "{}"), 0, 0, 0, 0, 1}),
    [](const auto& row) { return row.param.name; });

TEST(AuditReport, AgesOfDriftAreFromOpenedToResolved) {
  Log log;
  for (int i = 1; i <= 20; ++i) log.add("driftwarden", "incident.opened", "checkout", "incident " + std::to_string(i));
  for (int i = 1; i <= 19; ++i) log.add("driftwarden", "incident.resolved", "checkout", "incident " + std::to_string(i));
  log.rows.back().at += 10h;  // the 19th took long
  const auto report = report_of(log);
  EXPECT_EQ(report.incidents, 19U);
  EXPECT_EQ(report.incidents_open, 1U);
  EXPECT_EQ(report.p95_drift, 10h + 20min);
  EXPECT_EQ(report.mean_drift, Duration(20min * 19 + 10h) / 19);
}

Log whole_story() {
  Log log;
  log.add("alice", "change.requested", "checkout", "C-1", R"({"verb":"sync","target":"4f2c81a","reason":"hotfix","requester":"alice"})");
  log.add("driftwarden", "change.proposed", "checkout", "C-1", R"({"head":"4f2c81a94f2c81a9","pull_request":"#41"})");
  log.add("bob", "change.approved", "checkout", "C-1", R"({"via":"chat","stepped_up":true,"requester":"alice"})");
  log.add("driftwarden", "change.merged", "checkout", "C-1", kMerged);
  log.add("driftwarden", "change.done", "checkout", "C-1", R"({"outcome":"done","approvals":[{"by":"bob"}]})");
  log.add("eve", "command.refused", "checkout", "sync", R"({"command":"sync checkout","rule":"policy.rules"})");
  log.add("eve", "action.refused", "checkout", "C-1", R"({"command":"approve C-1","rule":"policy.rules"})");
  log.add("carol", "hold.break-glass", "cart", "hold 7", R"({"scope":"cart","until":"2026-11-21T09:30:00Z","reason":"everything is on fire\u001b[31m"})");
  log.add("carol", "change.break-glass", "cart", "C-2", R"({"break_glass":"carol"})");
  log.add("driftwarden", "hold.break-glass-ended", "cart", "hold 7", R"({"why":"its time is up"})");
  log.add("carol", "change.requested", "cart", "C-3", R"({"verb":"adopt","reason":"follow-up of break-glass 7: everything is on fire"})");
  log.add("driftwarden", "incident.opened", "cart", "incident 3", R"({"cause":"live-edited"})");
  log.add("driftwarden", "incident.resolved", "cart", "incident 3", R"({"by":"C-1 by alice"})");
  log.add("driftwarden", "effect.given-up", "", "", R"({"kind":"slack.message","why":"channel_not_found"})");
  log.add("alice", "change.requested", "checkout", "C-4", R"({"verb":"propose","requester":"alice"})");
  log.add("alice", "model.asked", "checkout", "C-4", R"({"purpose":"propose","model":"qwen at 127.0.0.1","digest":"d","prompt":[{"role":"user","text":"the whole of it"}]})");
  log.add("alice", "model.failed", "checkout", "C-4", R"({"question":"16:9f2c","why":"the model can't be reached","ms":20})");
  log.add("alice", "model.asked", "checkout", "C-4", R"({"purpose":"propose","model":"qwen at 127.0.0.1","digest":"d","prompt":[]})");
  log.add("alice", "model.answered", "checkout", "C-4", R"({"question":"18:41aa","model":"qwen","digest":"d","bytes":80,"prompt_tokens":900,"answer_tokens":40,"cut":true,"ms":1200})");
  log.add("driftwarden", "change.drafted", "checkout", "C-4", R"({"model":"qwen","asked":"18:41aa","steps":2,"tries":1,"summary_digest":"d"})");
  log.add("carol", "waiver.begun", "checkout", "waiver 3",
          R"({"gate":"built-in","rule":"floating-tag","object":"Deployment shop/web","owner":"carol","until":"2026-11-28T09:00:00Z","change":"C-4","reason":"OPS-12"})");
  log.add("driftwarden", "waiver.ended", "checkout", "waiver 3", R"({"gate":"built-in","rule":"floating-tag","object":"","owner":"carol","until":"2026-11-28T09:00:00Z","change":"","reason":"its time is up"})");
  log.add("bob", "model.asked", "", "", R"({"purpose":"sentence","model":"qwen at 127.0.0.1"})");
  log.add("driftwarden", "commit.landed", "checkout", "commit 4f2c81a",
          R"({"repository":"config","branch":"main","by":"dave","author":"Dave <d@x.example>","committer":"GitHub <noreply@github.example>","pull_request":"#7","brought":["a","b"],"apps":["checkout"]})");
  log.add("driftwarden", "commit.landed", "", "commit 4f2c81b",
          R"({"repository":"config","branch":"main","by":"Eve <e@x.example>","author":"Eve <e@x.example>","says_pull_request":"#8","apps":["cart","checkout"],"more_apps":3})");
  log.add("driftwarden", "commit.caught-up", "", "61 commits", R"({"repository":"config","branch":"main","count":61,"people":["dave","Bob <b@x.example>"],"more_people":2,"apps":[]})");
  log.add("driftwarden", "commit.rewritten", "", "main of config",
          R"({"repository":"config","branch":"main","before":"4f2c81a94f2c81a9","after":"beef1234beef1234","lost":["a"],"apps":["cart"]})");
  return log;
}

TEST(AuditReport, ReadsLikeThis) { test::expect_golden("audit/report.txt", to_text(report_of(whole_story()))); }

TEST(AuditReport, AsJsonHasTheSame) {
  const auto json = to_json(report_of(whole_story()));
  EXPECT_EQ(json.at("break_glass")[0].at("follow_up"), "C-3");
  EXPECT_EQ(json.at("break_glass")[0].at("changes"), nlohmann::json::array({"C-2"}));
  EXPECT_EQ(json.at("refused").at("policy.rules"), 2);
  EXPECT_EQ(json.at("mean_drift_ms"), 60'000);
  EXPECT_EQ(json.at("waived")[0].at("who"), "carol");
  EXPECT_EQ(json.at("drafted_by_model"), (nlohmann::json{{"open", 1}}));
  EXPECT_EQ(json.at("model_questions"), 3);
  EXPECT_EQ(json.at("model_questions_unanswered"), 1);
  EXPECT_EQ(json.at("model_tokens"), 940);
  EXPECT_EQ(json.at("past_the_bot_commits"), 63);
  EXPECT_EQ(json.at("past_the_bot_people"), 5) << "dave, Eve, Bob and two that aren't named";
  EXPECT_EQ(json.at("past_the_bot")[0].at("who"), "dave");
  EXPECT_EQ(json.at("force_pushes").size(), 1U);
}

TEST(RowWords, ReadLikeThis) {
  std::string text;
  auto log = whole_story();
  log.rows[2].entry.where = "C123/1700000000.000100";
  log.rows[2].entry.on = "4f2c81a94f2c81a94f2c81a94f2c81a94f2c81a9";
  log.add("bob", "sentence.run", "checkout", "", R"({"command":"scale checkout to 5"})");
  log.add("\x1b]0;x", "some.new-thing", "\x1b[2J", "what\never", "no json");
  for (const auto& row : log.rows) text += row_words(row) + "\n";
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "a terminal obeys escapes";
  test::expect_golden("audit/rows.txt", text);
}

}  // namespace
}  // namespace driftwarden
