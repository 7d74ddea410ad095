// What the forge wants before a merge, who is asked, and what is said: for the sandbox's forge and a real Gitea alike.
#include "gitops/base/crypto.hpp"
#include "tests/contract/forge/forge_contract.hpp"

#include <gmock/gmock.h>

namespace driftwarden::test {

using forge::MergeMethod;
using forge::ReviewState;
using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

const std::string kMark = "<!-- driftwarden change C-1 -->";

TEST_P(ForgeContract, ProtectionSaysWhatTheMergeWaitsFor) {
  protect({{"rule_name", "main"}, {"required_approvals", 1}, {"enable_status_check", true}, {"status_check_contexts", {"driftwarden/approval", "ci/build"}}});
  EXPECT_EQ(wait(bot->requires_status("main", "driftwarden/approval")).value(), true);
  EXPECT_EQ(wait(bot->requires_status("main", "ci/other")).value(), false);
  const auto sha = push("driftwarden/g-1", 3);
  const auto pull = open("driftwarden/g-1");
  EXPECT_EQ(wait(bot->requires_status("driftwarden/g-1", "driftwarden/approval")).value(), false);

  auto now = gate(pull.number);
  EXPECT_THAT(now.waiting_for, Contains(HasSubstr("ci/build")));
  EXPECT_THAT(now.waiting_for, Contains(HasSubstr("1 more approving review")));
  EXPECT_THAT(now.waiting_for, Not(Contains(HasSubstr("driftwarden/approval")))) << "ours isn't waited for";
  EXPECT_THAT(now.blocked_by, IsEmpty());
  const auto refused = wait(bot->merge(pull.number, sha, MergeMethod::Squash, "scale"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict) << refused.error().message;
  EXPECT_THAT(refused.error().message, HasSubstr("Not all required status checks successful"));

  set_check(sha, "ci/build", "failure");
  EXPECT_THAT(gate(pull.number).blocked_by, Contains(HasSubstr("ci/build")));
  set_check(sha, "ci/build", "pending");
  now = gate(pull.number);
  EXPECT_THAT(now.waiting_for, Contains(HasSubstr("ci/build")));
  EXPECT_THAT(now.blocked_by, IsEmpty());
  set_check(sha, "ci/build", "success");
  forge::CommitStatus ours;
  ours.state = forge::StatusState::Success;
  ASSERT_TRUE(wait(bot->set_status(sha, ours)));
  const auto lonely = wait(bot->merge(pull.number, sha, MergeMethod::Squash, "scale"));
  ASSERT_FALSE(lonely);
  EXPECT_THAT(lonely.error().message, HasSubstr("Does not have enough approvals"));

  EXPECT_EQ(review(pull.number, "APPROVED"), 200U);
  EXPECT_TRUE(gate(pull.number).open());
  const auto merged = wait(bot->merge(pull.number, sha, MergeMethod::Squash, "scale"));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_FALSE(gate(pull.number).open()) << "what is merged can't be merged";
}

TEST_P(ForgeContract, ChecksAreCisWord) {
  protect({{"rule_name", "main"}, {"enable_status_check", true}, {"status_check_contexts", {"driftwarden/approval", "ci/*"}}, {"enable_push", true}});
  const auto old = push("driftwarden/g-30", 3);
  const auto pull = open("driftwarden/g-30");
  const auto ask = [&] {
    const auto read = wait(bot->checks(pull.number));
    EXPECT_TRUE(read) << read.error().message;
    return read ? *read : std::vector<forge::Check>{};
  };
  EXPECT_THAT(ask(), IsEmpty());
  set_check(old, "ci/build", "failure");
  const auto sha = push("driftwarden/g-30", 4);
  until(ask, [](const auto& all) { return all.empty(); });
  forge::CommitStatus ours;
  ASSERT_TRUE(wait(bot->set_status(sha, ours)));
  EXPECT_THAT(ask(), IsEmpty()) << "neither an older head's nor the bot's own";

  const json lint{{"state", "success"}, {"context", "lint"}, {"description", "all is well"}, {"target_url", "https://ci.example.org/7"}};
  EXPECT_EQ(send("POST", "/statuses/" + sha, lint, server->alice_token()).status, 201U);
  set_check(sha, "ci/build", "pending");
  auto all = ask();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "ci/build");
  EXPECT_EQ(all[0].state, forge::Check::State::Queued);
  EXPECT_EQ(all[0].required, true);
  EXPECT_TRUE(all[0].started);
  EXPECT_FALSE(all[0].finished);
  EXPECT_EQ(all[1].name, "lint");
  EXPECT_EQ(all[1].state, forge::Check::State::Passed);
  EXPECT_EQ(all[1].summary, "all is well");
  EXPECT_EQ(all[1].url, "https://ci.example.org/7");
  EXPECT_EQ(all[1].required, false);
  EXPECT_TRUE(all[1].finished);
  set_check(sha, "ci/build", "error");
  set_check(sha, "ci/build", "success");
  set_check(sha, "ci/build", "failure");
  all = ask();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].state, forge::Check::State::Failed) << "the newest counts";
  for (int at = 0; at < 60; ++at) set_check(sha, "many/" + std::to_string(100 + at), "success");
  EXPECT_EQ(ask().size(), 62U) << "more than one page";
  EXPECT_EQ(wait(bot->checks(4711)).error().kind, ErrorKind::NotFound);
}

TEST_P(ForgeContract, WithoutNamesEveryCheckIsRequired) {
  protect({{"rule_name", "main"}, {"enable_status_check", true}, {"enable_push", true}});
  const auto sha = push("driftwarden/g-31", 3);
  const auto pull = open("driftwarden/g-31");
  set_check(sha, "ci/build", "success");
  const auto read = wait(bot->checks(pull.number));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(read->front().required, true);
  EXPECT_TRUE(gate(pull.number).open());
  set_check(sha, "ci/build", "pending");
  EXPECT_THAT(gate(pull.number).waiting_for, Contains(HasSubstr("ci/build is pending")));
  auto refused = wait(bot->merge(pull.number, sha, MergeMethod::Squash, "scale"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict) << refused.error().message;
  set_check(sha, "ci/build", "failure");
  EXPECT_THAT(gate(pull.number).blocked_by, Contains(HasSubstr("ci/build failed")));
  refused = wait(bot->merge(pull.number, sha, MergeMethod::Squash, "scale"));
  EXPECT_FALSE(refused);
}

TEST_P(ForgeContract, ChangesThatWereAskedForStopTheMerge) {
  protect({{"rule_name", "main"}, {"block_on_rejected_reviews", true}, {"enable_push", true}});
  const auto sha = push("driftwarden/g-2", 3);
  const auto pull = open("driftwarden/g-2");
  EXPECT_EQ(review(pull.number, "REQUEST_CHANGES", "no"), 200U);
  const auto refused = wait(bot->merge(pull.number, sha, MergeMethod::Squash, "scale"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("There are requested changes"));
  // A newer verdict of the same person takes the older one's place.
  EXPECT_EQ(review(pull.number, "APPROVED"), 200U);
  const auto reviews = wait(bot->reviews(pull.number));
  ASSERT_TRUE(reviews) << reviews.error().message;
  ASSERT_EQ(reviews->size(), 2U);
  EXPECT_EQ(reviews->front().state, ReviewState::Dismissed);
  EXPECT_EQ(reviews->back().state, ReviewState::Approved);
  EXPECT_EQ(reviews->back().user, "alice");
  EXPECT_FALSE(reviews->back().by_bot);
  const auto merged = wait(bot->merge(pull.number, sha, MergeMethod::Squash, "scale"));
  EXPECT_TRUE(merged) << merged.error().message;
}

TEST_P(ForgeContract, AnApprovalCanDieWithAPush) {
  protect({{"rule_name", "main"}, {"required_approvals", 1}, {"dismiss_stale_approvals", true}, {"enable_push", true}});
  push("driftwarden/g-3", 3);
  const auto pull = open("driftwarden/g-3");
  EXPECT_EQ(review(pull.number, "APPROVED"), 200U);
  EXPECT_TRUE(gate(pull.number).open());
  push("driftwarden/g-3", 4);
  const auto reviews = until([&] { return wait(bot->reviews(pull.number)).value(); }, [](const auto& all) { return all.back().state == ReviewState::Dismissed; });
  EXPECT_EQ(reviews.back().state, ReviewState::Dismissed);
  EXPECT_THAT(gate(pull.number).waiting_for, Contains(HasSubstr("1 more approving review")));
}

TEST_P(ForgeContract, AnUnprotectedBranchIsOpen) {
  push("driftwarden/g-4", 3);
  const auto pull = open("driftwarden/g-4");
  EXPECT_TRUE(gate(pull.number).open());
  EXPECT_EQ(wait(bot->requires_status("main", "driftwarden/approval")).value(), false);
  EXPECT_EQ(wait(bot->merge_gate(4711)).error().kind, ErrorKind::NotFound);
}

TEST_P(ForgeContract, WorkInProgressIsADraft) {
  const auto sha = push("driftwarden/g-5", 3);
  forge::PullRequestDraft draft;
  draft.title = "WIP: not yet";
  draft.branch = "driftwarden/g-5";
  draft.base = "main";
  const auto pull = wait(bot->open(draft));
  ASSERT_TRUE(pull) << pull.error().message;
  EXPECT_TRUE(pull->draft);
  EXPECT_FALSE(gate(pull->number).blocked_by.empty());
  const auto refused = wait(bot->merge(pull->number, sha, MergeMethod::Squash, "scale"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict) << refused.error().message;
}

TEST_P(ForgeContract, AConflictIsNotSaidToBeMergeable) {
  push("driftwarden/g-6", 3);
  const auto pull = open("driftwarden/g-6");
  auto moved = blocking([this]() -> Result<std::string> {
    CommitRequest request;
    TRY(request.base, mirror->fetch());
    request.branch = "colleague";
    request.edits = {{"apps/shop/app.yaml", "replicas: 9\n"}};
    request.author = request.committer = {"bob", "bob@acme.test"};
    request.at = WallTime(std::chrono::seconds(1'763'700'100));
    request.message = "another number";
    TRY(auto sha, mirror->commit(request));
    CHECK_OK(mirror->push("colleague", "main", request.base));
    return sha;
  });
  ASSERT_TRUE(moved) << moved.error().message;
  // Gitea's answer while it computes and its answer for a conflict are the same, so never "yes" is all there is to see.
  const auto fits = until([&] { return wait(bot->get(pull.number)).value().mergeable.value_or(false); }, [](bool yes) { return !yes; });
  EXPECT_FALSE(fits);
}

TEST_P(ForgeContract, OneCommentIsKeptUpToDate) {
  push("driftwarden/s-1", 3);
  const auto pull = open("driftwarden/s-1");
  const auto path = "/issues/" + std::to_string(pull.number) + "/comments";
  EXPECT_EQ(send("POST", path, {{"body", kMark + "\nnot the bot's"}}, server->alice_token()).status, 201U);
  ASSERT_TRUE(wait(bot->upsert_comment(pull.number, kMark, kMark + "\nwaiting for one more person")));
  ASSERT_TRUE(wait(bot->upsert_comment(pull.number, kMark, kMark + "\napproved by **bob** & <b>merged</b>")));
  ASSERT_TRUE(wait(bot->upsert_comment(pull.number, kMark, kMark + "\napproved by **bob** & <b>merged</b>")));
  ASSERT_TRUE(wait(bot->upsert_comment(pull.number, "<!-- another -->", "<!-- another -->\nelse")));
  const auto comments = get_json(path);
  ASSERT_EQ(comments.size(), 3U) << comments.dump();
  EXPECT_EQ(comments[0].at("body"), kMark + "\nnot the bot's");
  EXPECT_THAT(comments[1].at("body").get<std::string>(), HasSubstr("approved by **bob** & <b>merged</b>"));
  EXPECT_EQ(comments[1].at("user").at("login"), server->bot());
  const auto missing = wait(bot->upsert_comment(4711, kMark, kMark));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::NotFound) << missing.error().message;
}

TEST_P(ForgeContract, ALongCommentIsCut) {
  push("driftwarden/s-2", 3);
  const auto pull = open("driftwarden/s-2");
  const std::string text = kMark + "\n" + std::string(300'000, 'x');
  ASSERT_TRUE(wait(bot->upsert_comment(pull.number, kMark, text)));
  ASSERT_TRUE(wait(bot->upsert_comment(pull.number, kMark, text)));
  const auto comments = get_json("/issues/" + std::to_string(pull.number) + "/comments");
  ASSERT_EQ(comments.size(), 1U);
  const auto body = comments[0].at("body").get<std::string>();
  EXPECT_THAT(body, HasSubstr(kMark));
  EXPECT_LE(body.size(), 65'536U);
}

TEST_P(ForgeContract, CommentsComeWithWhoAndWhen) {
  push("driftwarden/s-3", 3);
  const auto pull = open("driftwarden/s-3");
  const auto before = clock.wall_now();
  ASSERT_TRUE(wait(bot->comment(pull.number, "hello")));
  EXPECT_EQ(send("POST", "/issues/" + std::to_string(pull.number) + "/comments", {{"body", "driftwarden link ABC-123"}}, server->alice_token()).status, 201U);
  const auto said = wait(bot->comments_since(before - std::chrono::minutes(5)));
  ASSERT_TRUE(said) << said.error().message;
  ASSERT_EQ(said->size(), 2U);
  EXPECT_EQ(said->front().author, server->bot());
  EXPECT_EQ(said->back().author, "alice");
  EXPECT_EQ(said->back().body, "driftwarden link ABC-123");
  EXPECT_THAT(said->back().url, HasSubstr("/pulls/" + std::to_string(pull.number)));
  EXPECT_GT(said->back().at, before - std::chrono::minutes(1));
  EXPECT_LT(said->back().at, before + std::chrono::minutes(1));
  const auto none = wait(bot->comments_since(before + std::chrono::hours(1)));
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_THAT(*none, IsEmpty());
}

TEST_P(ForgeContract, WhoCannotBeAskedForAReviewIsLeftOut) {
  push("driftwarden/q-1", 3);
  const auto pull = open("driftwarden/q-1");
  for (int times = 0; times < 2; ++times) {
    const auto asked = wait(bot->request_reviewers(pull.number, {"nobody-of-this-name", server->bot(), "alice"}));
    ASSERT_TRUE(asked) << asked.error().message;
  }
  const auto reviewers = get_json("/pulls/" + std::to_string(pull.number)).at("requested_reviewers");
  ASSERT_EQ(reviewers.size(), 1U) << reviewers.dump();
  EXPECT_EQ(reviewers[0].at("login"), "alice");
  const auto reviews = wait(bot->reviews(pull.number));
  ASSERT_TRUE(reviews) << reviews.error().message;
  EXPECT_THAT(*reviews, IsEmpty()) << "having been asked is no review";
  EXPECT_TRUE(wait(bot->request_reviewers(pull.number, {})));
}

TEST_P(ForgeContract, OwnersOfTheTouchedPathsAreAsked) {
  const auto made = send("POST", "/contents/CODEOWNERS", {{"content", base64_encode("/apps/shop/.* @alice\n/apps/other/.* @" + server->bot() + "\n")}, {"message", "owners"}, {"branch", "main"}},
                         server->admin_token());
  ASSERT_EQ(made.status, 201U) << made.body;
  push("driftwarden/q-2", 3);
  const auto pull = open("driftwarden/q-2");
  const auto asked = until([&] { return get_json("/pulls/" + std::to_string(pull.number)); }, [](const auto& body) { return !body.at("requested_reviewers").empty(); });
  ASSERT_EQ(asked.at("requested_reviewers").size(), 1U);
  EXPECT_EQ(asked.at("requested_reviewers")[0].at("login"), "alice");
}

TEST_P(ForgeContract, TheTokenHasRights) {
  const auto rights = wait(bot->rights());
  ASSERT_TRUE(rights) << rights.error().message;
  EXPECT_TRUE(rights->read);
  EXPECT_EQ(rights->push, true);
  EXPECT_EQ(rights->pull_requests, true);
  ASSERT_TRUE(rights->clock_ahead);
  EXPECT_LT(std::chrono::abs(*rights->clock_ahead), std::chrono::seconds{30});
}

TEST_P(ForgeContract, TheTokenHasAName) {
  const auto account = wait(bot->account());
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(account->login, server->bot());
  EXPECT_FALSE(account->is_app);
  const auto token = wait(bot->git_token());
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->reveal(), server->bot_token());
}

TEST_P(ForgeContract, OpenOnesAreListedNewestFirst) {
  const int wanted = server->slow() ? 2 : 52;
  for (int at = 1; at <= wanted; ++at) {
    push("topic/" + std::to_string(at), at + 1);
    open("topic/" + std::to_string(at));
  }
  ASSERT_TRUE(wait(bot->close(1)));
  const auto listed = wait(bot->open_pull_requests("main"));
  ASSERT_TRUE(listed) << listed.error().message;
  ASSERT_EQ(listed->size(), static_cast<std::size_t>(wanted - 1));
  EXPECT_EQ(listed->front().number, wanted);
  EXPECT_EQ(listed->back().number, 2);
  EXPECT_EQ(listed->front().author, server->bot());
  EXPECT_FALSE(listed->front().from_fork);
  EXPECT_FALSE(listed->front().draft);
  const auto elsewhere = wait(bot->open_pull_requests("release"));
  ASSERT_TRUE(elsewhere) << elsewhere.error().message;
  EXPECT_THAT(*elsewhere, IsEmpty());
}

TEST_P(ForgeContract, TheHeadCanBeFetchedByItsRef) {
  const auto sha = push("driftwarden/f-1", 7);
  const auto pull = open("driftwarden/f-1");
  EXPECT_EQ(pull.head_ref, "refs/pull/" + std::to_string(pull.number) + "/head");
  const auto fetched = blocking([&] { return mirror->fetch_ref(pull.head_ref); });
  ASSERT_TRUE(fetched) << fetched.error().message;
  EXPECT_EQ(*fetched, sha);
  const auto content = blocking([&] { return mirror->read_file(*fetched, "apps/shop/app.yaml"); });
  ASSERT_TRUE(content) << content.error().message;
  EXPECT_EQ(*content, "replicas: 7\n");
  const auto missing = blocking([&] { return mirror->fetch_ref("refs/pull/4711/head"); });
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::NotFound) << missing.error().message;
}

TEST_P(ForgeContract, AProtectedBranchTakesNoPush) {
  protect({{"rule_name", "ma*"}, {"enable_push", false}});
  push("driftwarden/p-1", 3);
  auto refused = blocking([this]() -> Result<void> {
    CommitRequest request;
    TRY(request.base, mirror->fetch());
    request.branch = "straight";
    request.edits = {{"apps/shop/app.yaml", "replicas: 8\n"}};
    request.author = request.committer = {"bob", "bob@acme.test"};
    request.at = WallTime(std::chrono::seconds(1'763'700'300));
    request.message = "straight to main";
    CHECK_OK(mirror->commit(request));
    return mirror->push("straight", "main", request.base);
  });
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("Not allowed to push to protected branch main"));
}

}  // namespace
}  // namespace driftwarden::test
