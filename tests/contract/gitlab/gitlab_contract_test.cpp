// create_gitlab against a fake GitLab that takes nothing but what GitLab's documentation lists.
#include "tests/contract/gitlab/fake_gitlab.hpp"

#include "integrations/forge/forge.hpp"
#include "integrations/net/http_client.hpp"
#include "tests/support/run.hpp"

#include <gtest/gtest.h>

namespace driftwarden::forge {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::FakeMergeRequest;

const std::string kHead(40, 'a');
const std::string kNext(40, 'b');

class GitlabContract : public testing::Test {
 protected:
  GitlabContract() {
    http = net::create_http_client(io.get_executor(), clock);
    ForgeOptions options;
    options.api_url = lab.url();  // with or without /api/v4
    options.project = "acme/platform/config";
    options.token = Secret<std::string>(lab.token);
    forge = create_gitlab(*http, clock, std::move(options));
  }
  void TearDown() override {
    EXPECT_TRUE(lab.violations.empty()) << testing::PrintToString(lab.violations);
    http.reset();
    test::run(io, lab.stop());
  }
  template <class T>
  T wait(asio::awaitable<T> task) {
    return test::run(io, std::move(task), 60s);
  }
  FakeMergeRequest& add_request(std::int64_t number, const std::string& branch = "driftwarden/c-1") {
    FakeMergeRequest made;
    made.source = branch;
    made.sha = kHead;
    made.versions = {{kHead, "2026-11-21T08:00:00.000Z"}};
    lab.branches[branch] = kHead;
    return lab.requests[number] = made;
  }

  asio::io_context io;
  SystemClock clock;
  test::FakeGitlab lab{io.get_executor(), clock};
  std::unique_ptr<net::HttpClient> http;
  std::unique_ptr<Forge> forge;
};

TEST_F(GitlabContract, OpensAndWaitsForTheHead) {
  lab.branches["driftwarden/c-1"] = kHead;
  PullRequestDraft draft;
  draft.title = "scale the shop";
  draft.body = "why";
  draft.branch = "driftwarden/c-1";
  draft.base = "main";
  const auto opened = wait(forge->open(draft));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->head_sha, kHead);
  EXPECT_EQ(opened->head_ref, "refs/merge-requests/1/head");
  EXPECT_EQ(opened->author, "driftwarden");
  EXPECT_TRUE(opened->url.ends_with("/-/merge_requests/1"));
  const auto found = wait(forge->find_open("driftwarden/c-1", "main"));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->number, 1);
  const auto none = wait(forge->find_open("driftwarden/none", "main"));
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
}

TEST_F(GitlabContract, LabelsAMergeRequest) {
  lab.branches["driftwarden/c-1"] = kHead;
  PullRequestDraft draft;
  draft.title = "t";
  draft.branch = "driftwarden/c-1";
  draft.base = "main";
  draft.labels = {"driftwarden", "driftwarden/model-draft"};
  ASSERT_TRUE(wait(forge->open(draft)));
  EXPECT_EQ(lab.requests.at(1).labels, draft.labels);
  EXPECT_TRUE(wait(forge->label(1, {"driftwarden", "urgent"})));
  EXPECT_EQ(lab.requests.at(1).labels.size(), 3U) << "those that it had stay";
  EXPECT_TRUE(wait(forge->label(1, {})));
}

TEST_F(GitlabContract, WhatCantBeOpenedIsToldApart) {
  add_request(1);
  const auto open = [&](const std::string& branch) {
    PullRequestDraft draft;
    draft.title = "t";
    draft.branch = branch;
    draft.base = "main";
    const auto opened = wait(forge->open(draft));
    return opened ? std::optional<ErrorKind>() : opened.error().kind;
  };
  EXPECT_EQ(open("driftwarden/c-1"), ErrorKind::Conflict);
  EXPECT_EQ(open("driftwarden/never-pushed"), ErrorKind::NotFound);
  EXPECT_EQ(open("main"), ErrorKind::InvalidInput);
}

TEST_F(GitlabContract, ListsTwoPagesOfTheOpenOnes) {
  for (int number = 1; number <= 220; ++number) add_request(number, "b-" + std::to_string(number));
  lab.requests[220].fork = true;
  lab.requests[219].state = "merged";
  const auto pulls = wait(forge->open_pull_requests("main"));
  ASSERT_TRUE(pulls) << pulls.error().message;
  ASSERT_EQ(pulls->size(), 200U);
  EXPECT_TRUE(pulls->front().from_fork);
  EXPECT_EQ((*pulls)[1].number, 218);
}

TEST_F(GitlabContract, ApprovalsBelongToAHeadThatStays) {
  auto& request = add_request(3);
  lab.approve(3, "alice", "2026-11-21T08:30:00.000Z");
  lab.approve(3, "project_5_bot_abc", "2026-11-21T08:31:00.000Z");
  request.reviewers = {{"bob", "requested_changes"}, {"cy", "unreviewed"}};
  request.statuses = {"approvals_syncing", "mergeable"};
  const auto read = wait(forge->reviews(3));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ((*read)[0].user, "alice");
  EXPECT_EQ((*read)[0].state, ReviewState::Approved);
  EXPECT_EQ((*read)[0].commit_sha, kHead);
  EXPECT_FALSE((*read)[0].stale);
  EXPECT_TRUE((*read)[1].by_bot);
  EXPECT_EQ((*read)[2].state, ReviewState::ChangesRequested);
  EXPECT_EQ(lab.count("GET", "/approvals"), 2U);
}

TEST_F(GitlabContract, ApprovalsThatAreBeingResetAreStale) {
  auto& request = add_request(3);
  lab.approve(3, "alice", "2026-11-21T08:30:00.000Z");
  request.statuses = {"approvals_syncing"};
  const auto read = wait(forge->reviews(3));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 1U);
  EXPECT_TRUE((*read)[0].stale);
  EXPECT_EQ((*read)[0].commit_sha, "");
}

class GitlabApprovals : public GitlabContract, public testing::WithParamInterface<bool> {
 protected:
  std::map<std::string, bool> counting() {
    const auto read = wait(forge->reviews(3));
    EXPECT_TRUE(read);
    std::map<std::string, bool> found;
    if (!read) return found;
    for (const auto& review : *read) {
      found[review.user] = !review.stale;
      EXPECT_EQ(review.commit_sha, review.stale ? "" : lab.requests[3].sha);
    }
    return found;
  }
};

TEST_P(GitlabApprovals, ThatTheProjectKeepsOverAPushDontCountForTheNewHead) {
  lab.says_when_approved = GetParam();
  add_request(3);
  lab.approve(3, "alice", "2026-11-21T08:10:00.000Z");
  lab.approve(3, "bob", "2026-11-21T08:11:00.000Z");
  using Counting = std::map<std::string, bool>;
  EXPECT_EQ(counting(), (Counting{{"alice", true}, {"bob", true}}));
  lab.push(3, kNext, "2026-11-21T08:20:00.000Z");
  EXPECT_EQ(counting(), (Counting{{"alice", false}, {"bob", false}}));
  lab.approve(3, "alice", "2026-11-21T08:21:00.500Z");
  EXPECT_EQ(counting(), (Counting{{"alice", true}, {"bob", false}}));
  // Back to the first head: that it was approved once, before what came between, is no approval now.
  lab.push(3, kHead, "2026-11-21T08:30:00.000Z");
  EXPECT_EQ(counting(), (Counting{{"alice", false}, {"bob", false}}));
}

TEST_P(GitlabApprovals, CountForNoHeadThatGitlabHasNoVersionOf) {
  lab.says_when_approved = GetParam();
  add_request(3).versions.clear();
  lab.approve(3, "alice", "2026-11-21T08:10:00.000Z");
  EXPECT_EQ(counting(), (std::map<std::string, bool>{{"alice", false}}));
}

INSTANTIATE_TEST_SUITE_P(SaidWhen, GitlabApprovals, testing::Bool());

TEST_F(GitlabContract, APersonsNoteIsNoApproval) {
  auto& request = add_request(3);
  lab.says_when_approved = false;
  request.approved_by = {"alice"};
  lab.notes.push_back({1, 3, "alice", "approved this merge request", "2026-11-21T08:30:00.000Z", "2026-11-21T08:30:00.000Z", false});
  const auto read = wait(forge->reviews(3));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 1U);
  EXPECT_TRUE((*read)[0].stale);
}

TEST_F(GitlabContract, OursIsFoundBehindManyOfForks) {
  add_request(1);
  for (int number = 2; number <= 130; ++number) add_request(number).fork = true;
  const auto found = wait(forge->find_open("driftwarden/c-1", "main"));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->number, 1);
  EXPECT_EQ(lab.count("GET", "/merge_requests"), 2U);
}

TEST_F(GitlabContract, UpdatesTitleAndDescription) {
  add_request(3);
  for (int times = 0; times < 2; ++times) {
    ASSERT_TRUE(wait(forge->update(3, "scale the shop to 4", "because")));
    EXPECT_EQ(lab.requests[3].title, "scale the shop to 4");
    EXPECT_EQ(lab.requests[3].description, "because");
  }
  const auto missing = wait(forge->update(4, "t", "b"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::NotFound);
}

TEST_F(GitlabContract, FindsWhatSomebodyMerged) {
  const auto branch = add_request(3).source;
  const auto open = wait(forge->find_merged(branch, "main"));
  ASSERT_TRUE(open) << open.error().message;
  EXPECT_FALSE(*open);
  ASSERT_TRUE(wait(forge->merge(3, kHead, MergeMethod::Squash, "m")));
  const auto found = wait(forge->find_merged(branch, "main"));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->number, 3);
  EXPECT_EQ((*found)->state, PullRequestState::Merged);
}

TEST_F(GitlabContract, MergesTheHeadThatWasShown) {
  add_request(3);
  const auto merged = wait(forge->merge(3, kHead, MergeMethod::Squash, "scale\n\nChange: C-1"));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(merged->state, PullRequestState::Merged);
  EXPECT_EQ(merged->merged_sha, std::string(40, 'c'));
  const auto body = lab.last_body("PUT", "/merge");
  EXPECT_EQ(body.at("sha"), kHead);
  EXPECT_EQ(body.at("squash"), true);
  EXPECT_EQ(body.at("should_remove_source_branch"), true);
  EXPECT_EQ(body.at("squash_commit_message"), "scale\n\nChange: C-1");
  EXPECT_FALSE(lab.branches.contains("driftwarden/c-1"));
  EXPECT_TRUE(wait(forge->merge(3, kHead, MergeMethod::Squash, "again")));
  EXPECT_EQ(lab.count("PUT", "/merge"), 1U);
}

TEST_F(GitlabContract, PeoplesBranchesAreLeftAlone) {
  add_request(3, "feature/x");
  ASSERT_TRUE(wait(forge->merge(3, kHead, MergeMethod::Merge, "m")));
  EXPECT_TRUE(lab.branches.contains("feature/x"));
}

TEST_F(GitlabContract, WhatGitlabIsCheckingIsWaitedFor) {
  add_request(3).statuses = {"checking", "checking", "mergeable"};
  const auto merged = wait(forge->merge(3, kHead, MergeMethod::Merge, "m"));
  ASSERT_TRUE(merged) << merged.error().message;
}

TEST_F(GitlabContract, RefusedMergesAreConflictsWithTheirCause) {
  auto& request = add_request(3);
  const auto moved = wait(forge->merge(3, kNext, MergeMethod::Merge, "m"));
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().kind, ErrorKind::Conflict);
  EXPECT_NE(moved.error().message.find(kHead), std::string::npos);
  request.statuses = {"not_approved"};
  const auto blocked = wait(forge->merge(3, kHead, MergeMethod::Merge, "m"));
  ASSERT_FALSE(blocked);
  EXPECT_EQ(blocked.error().kind, ErrorKind::Conflict);
  EXPECT_NE(blocked.error().message.find("not_approved"), std::string::npos) << blocked.error().message;
  lab.answer_next("PUT", "/merge", net::ServerReply(401, "application/json", R"({"message":"401 Unauthorized"})"));
  const auto denied = wait(forge->merge(3, kHead, MergeMethod::Merge, "m"));
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, ErrorKind::Denied);
}

TEST_F(GitlabContract, Closes) {
  add_request(3);
  ASSERT_TRUE(wait(forge->close(3)));
  EXPECT_EQ(wait(forge->get(3))->state, PullRequestState::Closed);
}

TEST_F(GitlabContract, ANoteIsMadeOnceAndEditedAfter) {
  add_request(3);
  const std::string marker = "<!-- driftwarden:diff -->";
  lab.notes.push_back({1, 3, "mallory", marker, "2026-11-21T08:00:00.000Z", "2026-11-21T08:00:00.000Z"});
  ASSERT_TRUE(wait(forge->upsert_comment(3, marker, "first")));
  ASSERT_TRUE(wait(forge->upsert_comment(3, marker, "first")));
  EXPECT_EQ(lab.count("PUT", "/notes/"), 0U);
  ASSERT_TRUE(wait(forge->upsert_comment(3, marker, "second")));
  ASSERT_EQ(lab.notes.size(), 2U);
  EXPECT_EQ(lab.notes[1].body, marker + "\nsecond");
}

TEST_F(GitlabContract, CommentsComeFromTheEvents) {
  add_request(3);
  lab.notes.push_back({1, 3, "alice", "yesterday", "2026-11-20T23:00:00.000Z", "2026-11-20T23:00:00.000Z"});
  lab.notes.push_back({2, 3, "alice", "early", "2026-11-21T07:00:00.000Z", "2026-11-21T07:00:00.000Z"});
  lab.notes.push_back({3, 3, "bob", "link 1234", "2026-11-21T08:00:00.500Z", "2026-11-21T08:00:00.500Z"});
  lab.notes.push_back({4, 3, "bob", "changed", "2026-11-21T08:01:00.000Z", "2026-11-21T08:09:00.000Z"});
  lab.notes.push_back({5, 3, "bob", "added 1 commit", "2026-11-21T08:02:00.000Z", "2026-11-21T08:02:00.000Z", true});
  const WallTime since = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 8h;
  const auto comments = wait(forge->comments_since(since));
  ASSERT_TRUE(comments) << comments.error().message;
  ASSERT_EQ(comments->size(), 2U);
  EXPECT_EQ((*comments)[0].author, "bob");
  EXPECT_EQ((*comments)[0].body, "link 1234");
  EXPECT_EQ((*comments)[0].url, lab.url() + "/acme/platform/config/-/merge_requests/3#note_3");
  EXPECT_TRUE((*comments)[1].edited);
}

TEST_F(GitlabContract, ReviewersAreAddedByTheirIds) {
  add_request(3).reviewers = {{"bob", "unreviewed"}};
  ASSERT_TRUE(wait(forge->request_reviewers(3, {"alice", "stranger", "bob"})));
  EXPECT_EQ(lab.last_body("PUT", "/merge_requests/3").at("reviewer_ids"), json::parse("[3,2]"));
  ASSERT_TRUE(wait(forge->request_reviewers(3, {"alice"})));
  EXPECT_EQ(lab.count("PUT", "/merge_requests/3"), 1U);
}

TEST_F(GitlabContract, TheSameStatusTwiceIsASuccess) {
  CommitStatus status;
  ASSERT_TRUE(wait(forge->set_status(kHead, status)));
  const auto again = wait(forge->set_status(kHead, status));
  ASSERT_TRUE(again) << again.error().message;
  status.state = StatusState::Failure;
  ASSERT_TRUE(wait(forge->set_status(kHead, status)));
  EXPECT_EQ(lab.statuses[0].at("status"), "failed");
  lab.answer_next("POST", "/statuses/", net::ServerReply(400, "application/json", R"({"message":"Cannot transition status via :run from :failed"})"));
  status.state = StatusState::Pending;
  EXPECT_FALSE(wait(forge->set_status(kHead, status)));
}

TEST_F(GitlabContract, TheGateNamesApprovalsAndPipelines) {
  auto& request = add_request(3);
  request.statuses = {"ci_must_pass"};
  request.approvals_left = 1;
  CommitStatus status;
  ASSERT_TRUE(wait(forge->set_status(kHead, status)));
  auto gate = wait(forge->merge_gate(3));
  ASSERT_TRUE(gate) << gate.error().message;
  EXPECT_EQ(gate->waiting_for, (std::vector<std::string>{"1 more approving review on the forge"}));
  EXPECT_TRUE(gate->blocked_by.empty());
  request.approvals_left = 0;
  EXPECT_TRUE(wait(forge->merge_gate(3))->open());
  status.context = "build";
  status.state = StatusState::Failure;
  ASSERT_TRUE(wait(forge->set_status(kHead, status)));
  EXPECT_EQ(wait(forge->merge_gate(3))->blocked_by, (std::vector<std::string>{"check build failed"}));
}

TEST_F(GitlabContract, ChecksAreJobsAndStatusesOfTheHead) {
  add_request(3);
  lab.pipelines_must_succeed = true;
  CommitStatus ours;
  ASSERT_TRUE(wait(forge->set_status(kHead, ours)));
  const auto job = [&](int id, const std::string& name, const std::string& status, const std::string& created) {
    const json made{{"id", id}, {"sha", kHead}, {"ref", "b"}, {"name", name}, {"status", status}, {"allow_failure", name == "lint"}, {"created_at", created},
                                               {"target_url", "https://gitlab.example.org/j/" + std::to_string(id)}, {"description", nullptr}};
    lab.statuses.insert(lab.statuses.begin(), made);
  };
  job(11, "build", "failed", "2026-03-01T08:00:00.000Z");
  job(12, "lint", "failed", "2026-03-01T08:00:00.000Z");
  job(13, "build", "running", "2026-03-01T08:30:00.000Z");
  job(14, "deploy", "manual", "2026-03-01T08:00:00.000Z");
  auto read = wait(forge->checks(3));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ(read->at(0).name, "build");
  EXPECT_EQ(read->at(0).state, Check::State::Running) << "the newest counts";
  EXPECT_EQ(read->at(0).required, true);
  EXPECT_EQ(read->at(0).url, "https://gitlab.example.org/j/13");
  EXPECT_EQ(read->at(1).name, "deploy");
  EXPECT_EQ(read->at(1).state, Check::State::Skipped);
  EXPECT_EQ(read->at(2).state, Check::State::Failed);
  EXPECT_EQ(read->at(2).required, false) << "it may fail";
  lab.pipelines_must_succeed = false;
  EXPECT_EQ(wait(forge->checks(3))->at(0).required, false);
  lab.answer_next("GET", "/statuses", net::ServerReply(403, "application/json", R"({"message":"403 Forbidden"})"));
  read = wait(forge->checks(3));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read->empty());
  EXPECT_EQ(wait(forge->checks(4711)).error().kind, ErrorKind::NotFound);
}

struct CauseRow {
  std::string status;
  std::string waits;
  std::string blocks;
  friend void PrintTo(const CauseRow& row, std::ostream* out) { *out << row.status; }
};
class GitlabCause : public GitlabContract, public testing::WithParamInterface<CauseRow> {};

TEST_P(GitlabCause, IsTheGate) {
  auto& request = add_request(3);
  request.statuses = {GetParam().status};
  request.draft = GetParam().status == "draft_status";
  const auto gate = wait(forge->merge_gate(3));
  ASSERT_TRUE(gate) << gate.error().message;
  const auto first = [](const std::vector<std::string>& all) { return all.empty() ? std::string() : all.front(); };
  EXPECT_EQ(first(gate->waiting_for), GetParam().waits);
  EXPECT_EQ(first(gate->blocked_by), GetParam().blocks);
  EXPECT_LE(gate->waiting_for.size() + gate->blocked_by.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Statuses, GitlabCause,
                         testing::Values(CauseRow{"mergeable", "", ""}, CauseRow{"checking", "GitLab is still checking whether it can be merged", ""},
                                         CauseRow{"not_approved", "an approval that one of GitLab's rules asks for", ""},
                                         CauseRow{"ci_still_running", "the pipeline", ""}, CauseRow{"conflict", "", "conflicts with main"},
                                         CauseRow{"need_rebase", "", "needs a rebase on its base"}, CauseRow{"draft_status", "", "it is a draft"},
                                         CauseRow{"discussions_not_resolved", "", "threads that aren't resolved"},
                                         CauseRow{"requested_changes", "", "a reviewer asked for changes on the forge"},
                                         CauseRow{"moon_is_full", "", "GitLab says \"moon_is_full\""}),
                         [](const auto& row) { return row.param.status; });

TEST_F(GitlabContract, ARoleIsARight) {
  const auto rights = wait(forge->rights());
  ASSERT_TRUE(rights) << rights.error().message;
  EXPECT_EQ(rights->push, true);
  EXPECT_EQ(rights->pull_requests, true);
  lab.role = 20;
  EXPECT_EQ(wait(forge->rights())->push, false) << "a reporter";
  lab.role = 0;
  EXPECT_EQ(wait(forge->rights())->push, std::nullopt) << "the project doesn't say";
}

TEST_F(GitlabContract, KnowsItselfAndTheProjectsRule) {
  const auto account = wait(forge->account());
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(account->login, "driftwarden");
  EXPECT_EQ(wait(forge->requires_status("main", "driftwarden/approval")).value(), std::optional<bool>(false));
  lab.pipelines_must_succeed = true;
  EXPECT_EQ(wait(forge->requires_status("main", "driftwarden/approval")).value(), std::optional<bool>(true));
  EXPECT_EQ(wait(forge->git_token())->reveal(), lab.token);
}

TEST_F(GitlabContract, ALimitInPlainTextIsObeyed) {
  add_request(3);
  net::ServerReply limited(429, "text/plain", "Retry later\n");
  limited.headers.set("Retry-After", "1");
  lab.answer_next("GET", "/merge_requests/3", limited);
  EXPECT_TRUE(wait(forge->get(3)));
  limited.headers.set("Retry-After", "600");
  lab.answer_next("GET", "/merge_requests/3", limited);
  const auto read = wait(forge->get(3));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::RateLimited);
  EXPECT_NE(read.error().message.find("Retry later"), std::string::npos);
}

}  // namespace
}  // namespace driftwarden::forge
