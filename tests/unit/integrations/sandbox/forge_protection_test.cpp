#include "integrations/sandbox/forge/protection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::sandbox::forge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Repository some_repository() {
  Repository repository;
  repository.owner = "acme";
  repository.name = "config";
  Protection rule;
  rule.name = "main";
  repository.protections.push_back(rule);
  return repository;
}

Pull some_pull() {
  Pull pull;
  pull.title = "scale the shop";
  pull.base = "main";
  pull.head = "topic";
  pull.head_sha = "aaaa";
  pull.base_sha = pull.merge_base = "0000";
  pull.author = "warden";
  return pull;
}

StatusEntry status(const std::string& context, const std::string& state) {
  StatusEntry entry;
  entry.context = context;
  entry.state = state;
  return entry;
}

PullReview review(const std::string& user, const std::string& state, const std::string& commit = "aaaa") {
  PullReview made;
  made.user = user;
  made.state = state;
  made.commit_id = commit;
  return made;
}

std::vector<std::string> words(const std::vector<Obstacle>& obstacles) {
  std::vector<std::string> out;
  for (const auto& obstacle : obstacles) out.push_back(obstacle.words);
  return out;
}

TEST(Protection, ABranchWithoutARuleIsFree) {
  auto repository = some_repository();
  auto pull = some_pull();
  pull.base = "release";
  repository.protections.front().required_approvals = 2;
  EXPECT_THAT(find_obstacles(repository, pull), IsEmpty());
}

TEST(Protection, EachNamedCheckMustBeGreen) {
  auto repository = some_repository();
  repository.protections.front().enable_status_check = true;
  repository.protections.front().status_check_contexts = {"driftwarden/approval", "ci/*"};
  EXPECT_THAT(words(find_obstacles(repository, some_pull())), ElementsAre("the check driftwarden/approval has not reported yet", "the check ci/* has not reported yet"));
  repository.statuses["aaaa"] = {status("driftwarden/approval", "pending"), status("ci/a", "success"), status("ci/b", "failure"), status("other", "failure")};
  const auto obstacles = find_obstacles(repository, some_pull());
  EXPECT_THAT(words(obstacles), ElementsAre("the check driftwarden/approval is pending", "the check ci/b failed"));
  EXPECT_TRUE(obstacles[0].may_pass);
  EXPECT_FALSE(obstacles[1].may_pass);
  EXPECT_EQ(obstacles[0].refusal, "Not all required status checks successful");
  repository.statuses["aaaa"].push_back(status("ci/b", "success"));
  repository.statuses["aaaa"].push_back(status("driftwarden/approval", "success"));
  EXPECT_THAT(find_obstacles(repository, some_pull()), IsEmpty());
}

TEST(Protection, ApprovalsThatWereReplacedOrDismissedDontCount) {
  auto repository = some_repository();
  repository.protections.front().required_approvals = 1;
  repository.protections.front().block_on_rejected_reviews = true;
  auto pull = some_pull();
  EXPECT_THAT(words(find_obstacles(repository, pull)), ElementsAre("1 more approval is needed here on the forge"));
  add_review(pull, review("alice", "APPROVED", "older"));
  EXPECT_THAT(find_obstacles(repository, pull), IsEmpty()) << "Gitea counts an older approval unless told otherwise";
  repository.protections.front().ignore_stale_approvals = true;
  EXPECT_EQ(find_obstacles(repository, pull).size(), 1U);
  repository.protections.front().ignore_stale_approvals = false;
  add_review(pull, review("alice", "REQUEST_CHANGES"));
  EXPECT_THAT(words(find_obstacles(repository, pull)), ElementsAre("1 more approval is needed here on the forge", "alice asked for changes"));
  add_review(pull, review("alice", "COMMENT"));
  EXPECT_EQ(find_obstacles(repository, pull).size(), 2U) << "a comment takes nothing back";
  add_review(pull, review("alice", "APPROVED"));
  EXPECT_THAT(find_obstacles(repository, pull), IsEmpty());
}

TEST(Protection, WhoAnsweredIsNoLongerAsked) {
  auto repository = some_repository();
  repository.protections.front().block_on_official_review_requests = true;
  auto pull = some_pull();
  pull.reviews = {review("alice", "REQUEST_REVIEW", ""), review("bob", "REQUEST_REVIEW", "")};
  EXPECT_EQ(find_obstacles(repository, pull).size(), 2U);
  add_review(pull, review("alice", "PENDING"));
  EXPECT_EQ(find_obstacles(repository, pull).size(), 2U);
  add_review(pull, review("alice", "COMMENT"));
  EXPECT_THAT(words(find_obstacles(repository, pull)), ElementsAre("bob was asked for a review"));
}

TEST(Protection, ABranchBehindItsBaseCanBeRefused) {
  auto repository = some_repository();
  repository.protections.front().block_on_outdated_branch = true;
  auto pull = some_pull();
  EXPECT_THAT(find_obstacles(repository, pull), IsEmpty());
  pull.base_sha = "0001";
  EXPECT_THAT(words(find_obstacles(repository, pull)), ElementsAre("topic is behind main"));
}

struct PatternRow {
  std::string pattern;
  std::string text;
  bool matches;
};
class Patterns : public testing::TestWithParam<PatternRow> {};
TEST_P(Patterns, Match) { EXPECT_EQ(matches_pattern(GetParam().pattern, GetParam().text), GetParam().matches) << GetParam().pattern << " " << GetParam().text; }
INSTANTIATE_TEST_SUITE_P(Rows, Patterns,
                         testing::Values(PatternRow{"main", "main", true}, PatternRow{"main", "main2", false}, PatternRow{"release/*", "release/1", true},
                                         PatternRow{"*", "", true}, PatternRow{"*-ok", "a-ok", true}, PatternRow{"*-ok", "a-ko", false}, PatternRow{"a*b*c", "a1b2c", true}));

TEST(Owners, AreAskedByGiteasRules) {
  const auto* rules = "# who\n/apps/shop/.* @alice @bob\napps/cart/.*  carol # trailing\n!apps/.* @dave\napps/[ @broken\nlonely\n";
  EXPECT_THAT(find_owners(rules, {"apps/shop/a.yaml"}), ElementsAre("alice", "bob"));
  EXPECT_THAT(find_owners(rules, {"apps/cart/a.yaml"}), ElementsAre("carol"));
  EXPECT_THAT(find_owners(rules, {"README.md"}), ElementsAre("dave"));
  EXPECT_THAT(find_owners(rules, {"other/apps/shop/a.yaml"}), ElementsAre("dave")) << "a pattern speaks of the whole path";
  EXPECT_THAT(find_owners("", {"a"}), IsEmpty());
}

}  // namespace
}  // namespace driftwarden::sandbox::forge
