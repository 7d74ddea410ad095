#include "integrations/sandbox/forge/forge_state.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace driftwarden::sandbox::forge {
namespace {

Pull some_pull() {
  Pull pull;
  pull.id = 3;
  pull.number = 1;
  pull.title = "sync \"checkout\" \xc3\xa9";
  pull.head = "driftwarden/c-1";
  pull.base = "main";
  pull.head_sha = "aaaa";
  pull.author = "warden";
  return pull;
}

struct ReviewRow {
  std::string name;
  std::string user;
  std::string event;
  std::string body;
  unsigned status;  ///< 200 = made
  std::string state;
  friend void PrintTo(const ReviewRow& row, std::ostream* out) { *out << row.name; }
};
class ReviewRules : public testing::TestWithParam<ReviewRow> {};

TEST_P(ReviewRules, AreGiteas) {
  const auto& row = GetParam();
  const auto made = make_review(some_pull(), row.user, row.event, row.body, "");
  if (row.status == 200) {
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->state, row.state);
    EXPECT_EQ(made->commit_id, "aaaa");
  } else {
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().status, row.status);
  }
}

INSTANTIATE_TEST_SUITE_P(Words, ReviewRules,
                         testing::Values(ReviewRow{"ApprovedCounts", "alice", "APPROVED", "", 200, "APPROVED"},
                                         ReviewRow{"RequestChanges", "alice", "REQUEST_CHANGES", "no", 200, "REQUEST_CHANGES"},
                                         ReviewRow{"RejectingNeedsWords", "alice", "REQUEST_CHANGES", "", 422, ""},
                                         ReviewRow{"CommentNeedsWords", "alice", "COMMENT", "", 422, ""},
                                         ReviewRow{"Comment", "alice", "COMMENT", "hm", 200, "COMMENT"},
                                         ReviewRow{"GitHubsWordIsADraft", "alice", "APPROVE", "yes", 200, "PENDING"},
                                         ReviewRow{"GitHubsWordWithoutBody", "alice", "APPROVE", "", 422, ""},
                                         ReviewRow{"NobodyApprovesTheirOwn", "warden", "APPROVED", "", 422, ""},
                                         ReviewRow{"NobodyRejectsTheirOwn", "warden", "REQUEST_CHANGES", "x", 422, ""},
                                         ReviewRow{"CommentingOnOnesOwn", "warden", "COMMENT", "x", 200, "COMMENT"}),
                         [](const auto& row) { return row.param.name; });

TEST(Review, IsStaleOnceTheHeadHasMoved) {
  auto pull = some_pull();
  const auto made = make_review(pull, "alice", "APPROVED", "", "");
  ASSERT_TRUE(made);
  EXPECT_FALSE(is_stale(pull, *made));
  pull.head_sha = "bbbb";
  EXPECT_TRUE(is_stale(pull, *made));
}

StatusEntry status(std::string context, std::string state) {
  StatusEntry entry;
  entry.context = std::move(context);
  entry.state = std::move(state);
  return entry;
}

TEST(Statuses, TheNewestOfEachContextCounts) {
  const auto newest = newest_statuses({status("a", "pending"), status("b", "success"), status("a", "success")});
  ASSERT_EQ(newest.size(), 2U);
  EXPECT_EQ(newest[0].state, "success");
  EXPECT_EQ(combined_state(newest), "success");
  EXPECT_EQ(combined_state({status("a", "pending"), status("b", "success")}), "pending");
  EXPECT_EQ(combined_state({status("a", "pending"), status("b", "failure")}), "failure");
  EXPECT_EQ(combined_state({}), "");
}

State some_state() {
  State state;
  state.last_id = 9;
  Repository repository;
  repository.id = 1;
  repository.owner = "acme";
  repository.name = "config";
  auto pull = some_pull();
  pull.state = PullState::Merged;
  pull.merged_sha = "cccc";
  pull.ended = WallTime(Duration{1234});
  pull.comments.push_back({4, "bob", "<b>&\n", WallTime(Duration{5}), WallTime(Duration{6})});
  pull.reviews.push_back(*make_review(pull, "alice", "APPROVED", "ok", ""));
  repository.pulls.push_back(pull);
  Protection rule;
  rule.name = "main";
  rule.status_check_contexts = {"ci/build"};
  rule.required_approvals = 2;
  rule.dismiss_stale_approvals = true;
  repository.protections.push_back(rule);
  repository.statuses["aaaa"] = {status("driftwarden/approval", "pending")};
  state.repositories.emplace("acme/config", repository);
  return state;
}

TEST(StateFile, ComesBackAsItWas) {
  const auto text = render_state(some_state());
  const auto read = parse_state(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(render_state(*read), text);
  const auto& pull = read->repositories.at("acme/config").pulls.front();
  EXPECT_EQ(pull.state, PullState::Merged);
  EXPECT_EQ(pull.reviews.front().user, "alice");
  EXPECT_EQ(pull.comments.front().body, "<b>&\n");
  EXPECT_EQ(pull.comments.front().updated, WallTime(Duration{6}));
  EXPECT_EQ(read->repositories.at("acme/config").protections.front().required_approvals, 2);
}

TEST(StateFile, ABrokenOneIsToldAndNotOverwritten) {
  for (const char* text : {"", "{", "[]", R"({"last_id":1})", R"({"last_id":"x","repositories":[]})"}) {
    const auto read = parse_state(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::Corrupt);
  }
}

TEST(StateFile, AMissingOneIsNotFound) {
  const auto read = load_state("/nonexistent/forge.json");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::NotFound);
  EXPECT_FALSE(save_state("/nonexistent/forge.json", State{}));
}

}  // namespace
}  // namespace driftwarden::sandbox::forge
