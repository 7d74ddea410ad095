#include "integrations/forge/github_gate.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace driftwarden::forge::github {
namespace {

GateInputs inputs() {
  GateInputs made;
  made.pull.pull.number = 3;
  made.pull.pull.base = "main";
  made.pull.pull.mergeable = true;
  made.pull.mergeable_state = "clean";
  made.rules.contexts_known = true;
  return made;
}

ReviewEntry review(const std::string& user, ReviewState state, bool has_a_say = true, bool by_bot = false) {
  ReviewEntry entry;
  entry.review.user = user;
  entry.review.state = state;
  entry.review.by_bot = by_bot;
  entry.has_a_say = has_a_say;
  return entry;
}

TEST(GithubGate, IsOpenWhereNothingIsWanted) { EXPECT_TRUE(decide_gate(inputs()).open()); }

TEST(GithubGate, CountsEachPersonsLastWord) {
  auto given = inputs();
  given.rules.approvals = 3;
  given.reviews = {review("alice", ReviewState::ChangesRequested), review("alice", ReviewState::Approved), review("alice", ReviewState::Commented),
                   review("bob", ReviewState::Approved),           review("bob", ReviewState::Dismissed),  review("cy", ReviewState::Approved, false),
                   review("ci", ReviewState::Approved, true, true)};
  const auto gate = decide_gate(given);
  EXPECT_EQ(gate.waiting_for, (std::vector<std::string>{"2 more approving reviews on the forge"}));
  EXPECT_TRUE(gate.blocked_by.empty());
}

TEST(GithubGate, WithoutRequiredReviewsNobodyBlocks) {
  auto given = inputs();
  given.reviews = {review("alice", ReviewState::ChangesRequested)};
  EXPECT_TRUE(decide_gate(given).open());
}

TEST(GithubGate, AMergeQueueIsForPeople) {
  auto given = inputs();
  given.rules.merge_queue = true;
  EXPECT_EQ(decide_gate(given).blocked_by, (std::vector<std::string>{"main has a merge queue: add it to the queue on GitHub"}));
}

struct BlockedRow {
  std::string name;
  std::vector<std::string> contexts;
  States states;
  bool contexts_known;
  bool code_owners;
  std::size_t waits;
  std::size_t blocks;
  friend void PrintTo(const BlockedRow& row, std::ostream* out) { *out << row.name; }
};
class BlockedTable : public testing::TestWithParam<BlockedRow> {};

TEST_P(BlockedTable, IsExplainedOrSaid) {
  auto given = inputs();
  given.pull.mergeable_state = "blocked";
  given.rules.contexts = GetParam().contexts;
  given.rules.contexts_known = GetParam().contexts_known;
  given.rules.code_owners = GetParam().code_owners;
  given.states = GetParam().states;
  const auto gate = decide_gate(given);
  EXPECT_EQ(gate.waiting_for.size(), GetParam().waits) << testing::PrintToString(gate.waiting_for);
  EXPECT_EQ(gate.blocked_by.size(), GetParam().blocks) << testing::PrintToString(gate.blocked_by);
}

const std::string kOwn = "driftwarden/approval";
INSTANTIATE_TEST_SUITE_P(Blocked, BlockedTable,
                         testing::Values(BlockedRow{"OurOwnStatusExplainsIt", {kOwn}, {{kOwn, "pending"}}, true, false, 0, 0},
                                         BlockedRow{"OurOwnMissesEntirely", {"Driftwarden/Approval"}, {}, true, false, 0, 0},
                                         BlockedRow{"OurOwnIsThere", {kOwn}, {{kOwn, "success"}}, true, false, 0, 1},
                                         BlockedRow{"CodeOwners", {}, {}, true, true, 1, 0},
                                         BlockedRow{"WhatMayNotBeSeenMayBeOurs", {}, {}, false, false, 0, 0},
                                         BlockedRow{"AnotherCheckExplainsIt", {"ci"}, {{"ci", "in_progress"}}, true, false, 1, 0}),
                         [](const auto& row) { return row.param.name; });

TEST(GithubJson, TheWorstOfAllWhoReportUnderAName) {
  States states;
  ASSERT_TRUE(add_statuses(states, R"({"statuses":[{"context":"ci","state":"failure"},{"context":"lint","state":"success"},{"context":"docs","state":"pending"}]})"));
  ASSERT_TRUE(add_check_runs(states, R"({"check_runs":[{"name":"ci","status":"completed","conclusion":"success"},
    {"name":"lint","status":"in_progress","conclusion":null},{"name":"docs","status":"completed","conclusion":"timed_out"},
    {"name":"build","status":"completed","conclusion":"failure"},{"name":"build","status":"completed","conclusion":"success"},
    {"name":"test","status":"completed","conclusion":"skipped"},{"name":"test","status":"queued"}]})"));
  EXPECT_EQ(states, (States{{"build", "failure"}, {"ci", "failure"}, {"docs", "timed_out"}, {"lint", "in_progress"}, {"test", "queued"}}));
}

TEST(GithubGate, ContextsThatDifferInCaseAreOne) {
  auto given = inputs();
  given.rules.contexts = {"CI"};
  given.states = {{"CI", "failure"}, {"ci", "success"}};
  EXPECT_EQ(decide_gate(given).blocked_by, (std::vector<std::string>{"check CI failed"}));
}

TEST(GithubJson, ReadsForksAndListEntries) {
  const auto fork =
      parse_pull(R"({"number":3,"state":"open","head":{"ref":"b","sha":"a","repo":null},"base":{"ref":"main","repo":{"full_name":"acme/config"}}})");
  ASSERT_TRUE(fork);
  EXPECT_TRUE(fork->pull.from_fork);
  EXPECT_EQ(fork->pull.mergeable, std::nullopt);
  const auto list = parse_pulls(
      R"([{"number":3,"state":"closed","merged_at":"2026-11-21T09:00:00Z","merge_commit_sha":"c","head":{"ref":"b","sha":"a","repo":{"full_name":"Acme/config"}},
    "base":{"ref":"main","repo":{"full_name":"acme/config"}}}])");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->front().state, PullRequestState::Merged);
  EXPECT_FALSE(list->front().from_fork);
  EXPECT_FALSE(parse_pull("[]"));
  EXPECT_FALSE(parse_pull("{"));
  EXPECT_FALSE(parse_pulls("{}"));
  EXPECT_FALSE(parse_reviews("null", "a"));
}

}  // namespace
}  // namespace driftwarden::forge::github
