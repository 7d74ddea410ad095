// One suite for every forge: what holds for the sandbox's holds for a real Gitea.
#include "tests/contract/forge/forge_contract.hpp"

#include <algorithm>

namespace driftwarden::test {

using forge::MergeMethod;
using forge::PullRequestState;
using forge::ReviewState;

namespace {

const std::string kMessage = "scale the shop to 3\n\nBecause of the sale.\n\nRequested-by: alice\nChange: C-12\nDriftwarden-Audit: 7:ab12";

TEST_P(ForgeContract, OpensAndFindsAPullRequest) {
  const auto sha = push("driftwarden/c-1", 3);
  const auto opened = open("driftwarden/c-1");
  EXPECT_GT(opened.number, 0);
  EXPECT_EQ(opened.state, PullRequestState::Open);
  EXPECT_EQ(opened.title, "scale the shop");
  EXPECT_EQ(opened.branch, "driftwarden/c-1");
  EXPECT_EQ(opened.base, "main");
  EXPECT_EQ(opened.head_sha, sha);
  EXPECT_TRUE(opened.url.ends_with("/pulls/" + std::to_string(opened.number))) << opened.url;

  const auto found = wait(bot->find_open("driftwarden/c-1", "main"));
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->number, opened.number);
  const auto read = wait(bot->get(opened.number));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->head_sha, sha);
}

TEST_P(ForgeContract, UpdatesTitleAndBody) {
  push("driftwarden/c-1", 3);
  const auto number = open("driftwarden/c-1").number;
  for (int times = 0; times < 2; ++times) {
    const auto updated = wait(bot->update(number, "scale the shop to 4", "because"));
    ASSERT_TRUE(updated) << updated.error().message;
    const auto read = wait(bot->get(number));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->title, "scale the shop to 4");
    EXPECT_EQ(read->state, PullRequestState::Open);
    EXPECT_EQ(get_json("/pulls/" + std::to_string(number)).at("body"), "because");
  }
  const auto missing = wait(bot->update(999'999, "t", "b"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::NotFound) << missing.error().message;
}

TEST_P(ForgeContract, LabelsAPullRequestAndMakesWhatIsMissing) {
  push("driftwarden/c-1", 3);
  forge::PullRequestDraft draft;
  draft.title = "scale the shop";
  draft.branch = "driftwarden/c-1";
  draft.base = "main";
  draft.labels = {"driftwarden", "driftwarden/model-draft"};
  const auto opened = wait(bot->open(draft));
  ASSERT_TRUE(opened) << opened.error().message;
  const auto names = [&] {
    std::vector<std::string> all;
    const auto pull = get_json("/pulls/" + std::to_string(opened->number));
    for (const auto& label : pull.at("labels")) all.push_back(label.at("name"));
    std::ranges::sort(all);
    return all;
  };
  EXPECT_EQ(names(), draft.labels);
  ASSERT_TRUE(wait(bot->label(opened->number, {"driftwarden", "urgent"})));
  EXPECT_EQ(names().size(), 3U) << "those that it had stay, and none is there twice";
  std::size_t known = 0;
  const auto labels = get_json("/labels?limit=50");
  for (const auto& label : labels) known += label.at("name") == "driftwarden" ? 1 : 0;
  EXPECT_EQ(known, 1U) << "made once";
  EXPECT_FALSE(wait(bot->label(999'999, {"driftwarden"})));
}

TEST_P(ForgeContract, FindsNothingWhereNothingIsOpen) {
  const auto found = wait(bot->find_open("driftwarden/none", "main"));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_FALSE(*found);
}

TEST_P(ForgeContract, OpeningTheSameBranchTwiceIsAConflict) {
  push("driftwarden/c-2", 3);
  open("driftwarden/c-2");
  forge::PullRequestDraft again;
  again.title = "again";
  again.branch = "driftwarden/c-2";
  again.base = "main";
  const auto second = wait(bot->open(again));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::Conflict) << second.error().message;
}

TEST_P(ForgeContract, ABranchThatIsNotThereIsNotFound) {
  forge::PullRequestDraft draft;
  draft.title = "t";
  draft.branch = "driftwarden/never-pushed";
  draft.base = "main";
  const auto opened = wait(bot->open(draft));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::NotFound) << opened.error().message;
}

TEST_P(ForgeContract, ABranchWithoutChangesIsInvalid) {
  forge::PullRequestDraft draft;
  draft.title = "t";
  draft.branch = "main";
  draft.base = "main";
  const auto opened = wait(bot->open(draft));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::InvalidInput) << opened.error().message;
}

TEST_P(ForgeContract, ReviewsCarryTheCommitAndGoStaleWithAPush) {
  const auto first = push("driftwarden/c-3", 3);
  const auto pull = open("driftwarden/c-3");
  EXPECT_EQ(review(pull.number, "COMMENT"), 200U);
  EXPECT_EQ(review(pull.number, "APPROVED"), 200U);
  EXPECT_EQ(review(pull.number, "APPROVE"), 200U);  // another forge's word: a draft that counts for nothing

  auto reviews = wait(bot->reviews(pull.number));
  ASSERT_TRUE(reviews) << reviews.error().message;
  ASSERT_EQ(reviews->size(), 2U);
  EXPECT_EQ((*reviews)[0].state, ReviewState::Commented);
  EXPECT_EQ((*reviews)[1].state, ReviewState::Approved);
  EXPECT_EQ((*reviews)[1].user, "alice");
  EXPECT_EQ((*reviews)[1].commit_sha, first);
  EXPECT_FALSE((*reviews)[1].stale);

  const auto second = push("driftwarden/c-3", 4);
  ASSERT_NE(first, second);
  for (int tries = 0; tries < 600; ++tries) {
    reviews = wait(bot->reviews(pull.number));
    ASSERT_TRUE(reviews) << reviews.error().message;
    if (reviews->back().stale) break;
    ASSERT_TRUE(wait(clock.sleep_for(Duration{100})));
  }
  EXPECT_TRUE(reviews->back().stale);
  EXPECT_EQ(reviews->back().commit_sha, first);
  EXPECT_EQ(review(pull.number, "REQUEST_CHANGES", "no"), 200U);
  reviews = wait(bot->reviews(pull.number));
  ASSERT_TRUE(reviews) << reviews.error().message;
  EXPECT_EQ(reviews->back().state, ReviewState::ChangesRequested);
  EXPECT_EQ(reviews->back().commit_sha, second);
  const auto now = wait(bot->get(pull.number));
  ASSERT_TRUE(now) << now.error().message;
  EXPECT_EQ(now->head_sha, second);
}

TEST_P(ForgeContract, TheAuthorCannotApprove) {
  push("driftwarden/c-4", 3);
  const auto pull = open("driftwarden/c-4");
  net::HttpRequest request("POST", server->api_url() + "/repos/" + server->project() + "/pulls/" + std::to_string(pull.number) + "/reviews");
  request.headers.set("Authorization", "token " + server->bot_token());
  request.headers.set("Content-Type", "application/json");
  request.body = R"({"event":"APPROVED"})";
  const auto response = wait(http->send(std::move(request)));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 422U);
  EXPECT_NE(response->body.find("approve your own pull is not allowed"), std::string::npos);
}

TEST_P(ForgeContract, StatusesAreShownOnTheCommit) {
  const auto sha = push("driftwarden/c-5", 3);
  open("driftwarden/c-5");
  forge::CommitStatus status;
  status.description = "waiting for one more person";
  ASSERT_TRUE(wait(bot->set_status(sha, status)));
  EXPECT_EQ(get_json("/commits/" + sha + "/status").value("state", ""), "pending");
  status.state = forge::StatusState::Success;
  status.target_url = "https://chat.example/x";
  ASSERT_TRUE(wait(bot->set_status(sha, status)));
  const auto combined = get_json("/commits/" + sha + "/status");
  EXPECT_EQ(combined.value("state", ""), "success");
  ASSERT_EQ(combined.at("statuses").size(), 1U);
  EXPECT_EQ(combined.at("statuses")[0].at("context"), "driftwarden/approval");
  EXPECT_EQ(combined.at("statuses")[0].at("creator").at("login"), server->bot());
}

TEST_P(ForgeContract, AStatusForAnUnknownCommitIsNotFound) {
  const auto set = wait(bot->set_status(std::string(40, '0'), forge::CommitStatus{}));
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().kind, ErrorKind::NotFound) << set.error().message;
}

TEST_P(ForgeContract, AMergeIsGuardedByTheHead) {
  const auto first = push("driftwarden/c-6", 3);
  const auto pull = open("driftwarden/c-6");
  const auto second = push("driftwarden/c-6", 4);
  const auto merged = wait(bot->merge(pull.number, first, MergeMethod::Squash, kMessage));
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().kind, ErrorKind::Conflict) << merged.error().message;
  EXPECT_NE(merged.error().message.find(second), std::string::npos) << merged.error().message;
  const auto now = wait(bot->get(pull.number));
  ASSERT_TRUE(now) << now.error().message;
  EXPECT_EQ(now->state, PullRequestState::Open);
}

TEST_P(ForgeContract, ASquashKeepsTheMessageWithItsTrailers) {
  const auto before = blocking([this] { return mirror->fetch(); });
  ASSERT_TRUE(before) << before.error().message;
  const auto sha = push("driftwarden/c-7", 3);
  const auto pull = open("driftwarden/c-7");
  const auto merged = wait(bot->merge(pull.number, sha, MergeMethod::Squash, kMessage));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(merged->state, PullRequestState::Merged);
  ASSERT_FALSE(merged->merged_sha.empty());

  const auto head = blocking([this] { return mirror->fetch(); });
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(*head, merged->merged_sha);
  const auto info = blocking([this, &head] { return mirror->commit_info(*head); });
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->message.substr(0, kMessage.size()), kMessage);
  const auto content = blocking([this, &head] { return mirror->read_file(*head, "apps/shop/app.yaml"); });
  ASSERT_TRUE(content) << content.error().message;
  EXPECT_EQ(*content, "replicas: 3\n");
  const auto on_top = blocking([this, &before, &head] { return mirror->is_ancestor(*before, *head); });
  EXPECT_TRUE(on_top && *on_top);

  const auto again = wait(bot->merge(pull.number, sha, MergeMethod::Squash, kMessage));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->state, PullRequestState::Merged);
  EXPECT_EQ(again->merged_sha, merged->merged_sha);
  EXPECT_TRUE(get_json("/branches/driftwarden%2Fc-7").contains("message")) << "the branch is still there";
  EXPECT_FALSE(wait(bot->find_open("driftwarden/c-7", "main")).value());
}

TEST_P(ForgeContract, WhatSomebodyMergedByHandIsFoundByItsBranch) {
  const auto sha = push("driftwarden/c-17", 5);
  EXPECT_FALSE(wait(bot->find_merged("driftwarden/c-17", "main")).value()) << "there is no pull request";
  const auto pull = open("driftwarden/c-17");
  EXPECT_FALSE(wait(bot->find_merged("driftwarden/c-17", "main")).value()) << "it is open";
  const auto settled = until([&] { return wait(bot->get(pull.number)); }, [](const auto& read) { return read && read->mergeable.value_or(false); });
  ASSERT_TRUE(settled) << settled.error().message;
  const auto merged = send("POST", "/pulls/" + std::to_string(pull.number) + "/merge", {{"Do", "squash"}, {"head_commit_id", sha}}, server->alice_token());
  ASSERT_TRUE(merged.ok()) << merged.body;
  const auto found = wait(bot->find_merged("driftwarden/c-17", "main"));
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->number, pull.number);
  EXPECT_EQ((*found)->state, PullRequestState::Merged);
  EXPECT_FALSE((*found)->merged_sha.empty());
}

TEST_P(ForgeContract, EveryMethodPutsTheChangeOnTheBase) {
  int replicas = 10;
  for (const auto method : {MergeMethod::Merge, MergeMethod::Rebase, MergeMethod::Squash}) {
    const std::string branch = "driftwarden/m-" + std::to_string(++replicas);
    const auto sha = push(branch, replicas);
    const auto pull = open(branch);
    const auto merged = wait(bot->merge(pull.number, sha, method, kMessage));
    ASSERT_TRUE(merged) << merged.error().message;
    const auto head = blocking([this] { return mirror->fetch(); });
    ASSERT_TRUE(head) << head.error().message;
    EXPECT_EQ(*head, merged->merged_sha);
    const auto content = blocking([this, &head] { return mirror->read_file(*head, "apps/shop/app.yaml"); });
    ASSERT_TRUE(content) << content.error().message;
    EXPECT_EQ(*content, "replicas: " + std::to_string(replicas) + "\n");
  }
}

TEST_P(ForgeContract, RebasesOntoABaseThatHasMovedOn) {
  const auto theirs = push("driftwarden/r-1", 5);
  const auto pull = open("driftwarden/r-1");
  auto moved = blocking([this]() -> Result<std::string> {
    CommitRequest request;
    TRY(request.base, mirror->fetch());
    request.branch = "colleague";
    request.edits = {{"apps/other/app.yaml", "replicas: 9\n"}};
    request.author = request.committer = {"bob", "bob@acme.test"};
    request.at = WallTime(std::chrono::seconds(1'763'700'100));
    request.message = "another app";
    TRY(auto sha, mirror->commit(request));
    CHECK_OK(mirror->push("colleague", "main", request.base));
    return sha;
  });
  ASSERT_TRUE(moved) << moved.error().message;
  const auto merged = wait(bot->merge(pull.number, theirs, MergeMethod::Rebase, kMessage));
  ASSERT_TRUE(merged) << merged.error().message;
  const auto head = blocking([this] { return mirror->fetch(); });
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(*head, merged->merged_sha);
  const auto log = blocking([this, &head] { return mirror->history(*head, "", 3); });
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ((*log)[0].summary, "scale the shop");
  EXPECT_EQ((*log)[0].author.name, "alice");
  EXPECT_EQ((*log)[1].sha, *moved);
}

TEST_P(ForgeContract, ClosesAndIsThenNotFoundAsOpen) {
  push("driftwarden/c-8", 3);
  const auto pull = open("driftwarden/c-8");
  ASSERT_TRUE(wait(bot->close(pull.number)));
  ASSERT_TRUE(wait(bot->close(pull.number))) << "closing twice does no harm";
  const auto closed = wait(bot->get(pull.number));
  ASSERT_TRUE(closed) << closed.error().message;
  EXPECT_EQ(closed->state, PullRequestState::Closed);
  const auto found = wait(bot->find_open("driftwarden/c-8", "main"));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_FALSE(*found);
  const auto merged = wait(bot->merge(pull.number, closed->head_sha, MergeMethod::Squash, kMessage));
  EXPECT_FALSE(merged);
}

TEST_P(ForgeContract, AfterClosingTheBranchCanHaveANewOne) {
  push("driftwarden/c-9", 3);
  const auto first = open("driftwarden/c-9");
  ASSERT_TRUE(wait(bot->close(first.number)));
  const auto second = open("driftwarden/c-9");
  EXPECT_GT(second.number, first.number);
  const auto found = wait(bot->find_open("driftwarden/c-9", "main"));
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->number, second.number);
}

TEST_P(ForgeContract, Comments) {
  push("driftwarden/c-10", 3);
  const auto pull = open("driftwarden/c-10");
  ASSERT_TRUE(wait(bot->comment(pull.number, "bob approved in chat & said <b>yes</b>")));
  const auto comments = get_json("/issues/" + std::to_string(pull.number) + "/comments");
  ASSERT_EQ(comments.size(), 1U);
  EXPECT_EQ(comments[0].at("body"), "bob approved in chat & said <b>yes</b>");
  EXPECT_EQ(comments[0].at("user").at("login"), server->bot());
  const auto missing = wait(bot->comment(4711, "hello"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::NotFound) << missing.error().message;
}

TEST_P(ForgeContract, AWrongTokenIsDeniedAndNeverShown) {
  const std::string token = "0123456789abcdef0123456789abcdef01234567";
  const auto stranger = make_forge(token, server->project());
  const auto read = wait(stranger->get(1));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::Denied) << read.error().message;
  EXPECT_EQ(read.error().message.find(token), std::string::npos);
  forge::PullRequestDraft draft;
  draft.title = "t";
  draft.branch = "b";
  draft.base = "main";
  const auto opened = wait(stranger->open(draft));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::Denied) << opened.error().message;
}

TEST_P(ForgeContract, AnUnknownProjectIsNotFound) {
  const auto elsewhere = make_forge(server->bot_token(), "nobody/nothing");
  const auto found = wait(elsewhere->find_open("b", "main"));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::NotFound);
  EXPECT_NE(found.error().message.find("nobody/nothing"), std::string::npos) << found.error().message;
  const auto pull = wait(bot->get(4711));
  ASSERT_FALSE(pull);
  EXPECT_EQ(pull.error().kind, ErrorKind::NotFound);
}

TEST_P(ForgeContract, APushOverAnotherHeadIsAConflict) {
  push("driftwarden/c-11", 3);
  auto refused = blocking([this]() -> Result<void> {
    CommitRequest request;
    TRY(request.base, mirror->fetch());
    request.branch = "driftwarden/c-11";
    request.edits = {{"apps/shop/app.yaml", "replicas: 8\n"}};
    request.author = request.committer = {"bob", "bob@acme.test"};
    request.at = WallTime(std::chrono::seconds(1'763'700'200));
    request.message = "another";
    CHECK_OK(mirror->commit(request));
    return mirror->push(request.branch, request.branch, std::string(40, '1'));
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict) << refused.error().message;
}

INSTANTIATE_TEST_SUITE_P(Backends, ForgeContract, testing::Values(sandbox_forge(), live_gitea()), [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden::test
