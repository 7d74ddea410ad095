// create_github against a fake GitHub: alone by default, and behind the contract driver with run.sh, which holds both ends' JSON against GitHub's
// own description. What the description leaves out (limits, redirects, 401) always goes straight to the fake.
#include "tests/contract/github/fake_github.hpp"

#include "integrations/forge/forge.hpp"
#include "integrations/net/http_client.hpp"
#include "tests/support/run.hpp"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdlib>

namespace driftwarden::forge {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::FakeComment;
using test::FakePull;
using test::FakeReview;

const std::string kHead(40, 'a');
const std::string kOld(40, 'b');

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class GithubContract : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    io = std::make_unique<asio::io_context>();
    const auto port = environment("DRIFTWARDEN_GITHUB_FAKE_PORT");
    hub = std::make_unique<test::FakeGithub>(io->get_executor(), clock, static_cast<std::uint16_t>(port.empty() ? 0 : std::stoul(port)));
    http = net::create_http_client(io->get_executor(), clock);
  }
  static void TearDownTestSuite() {
    http.reset();
    test::run(*io, hub->stop());
    hub.reset();
    io.reset();
  }
  void SetUp() override {
    hub->reset();
    const auto driver = environment("DRIFTWARDEN_GITHUB_URL");
    const auto direct = "http://127.0.0.1:" + std::to_string(hub->port());
    hub->public_url = driver.empty() ? direct : driver;
    forge = make(hub->public_url);
    straight = make(direct);
  }
  static ForgeOptions options(const std::string& url) {
    ForgeOptions made;
    made.api_url = url;
    made.project = "acme/config";
    made.token = Secret<std::string>(hub->token);
    return made;
  }
  static std::unique_ptr<Forge> make(const std::string& url) { return create_github(*http, clock, options(url)); }

  template <class T>
  static T wait(asio::awaitable<T> task) {
    return test::run(*io, std::move(task), 60s);
  }
  static FakePull& add_pull(std::int64_t number, const std::string& branch = "driftwarden/c-1") {
    FakePull pull;
    pull.branch = branch;
    pull.head_sha = kHead;
    hub->branches[branch] = kHead;
    return hub->pulls[number] = pull;
  }

  static SystemClock clock;
  static std::unique_ptr<asio::io_context> io;
  static std::unique_ptr<test::FakeGithub> hub;
  static std::unique_ptr<net::HttpClient> http;
  std::unique_ptr<Forge> forge;
  std::unique_ptr<Forge> straight;
};
SystemClock GithubContract::clock;
std::unique_ptr<asio::io_context> GithubContract::io;
std::unique_ptr<test::FakeGithub> GithubContract::hub;
std::unique_ptr<net::HttpClient> GithubContract::http;

TEST_F(GithubContract, LabelsAPullRequest) {
  hub->branches["driftwarden/c-1"] = kHead;
  PullRequestDraft draft;
  draft.title = "t";
  draft.branch = "driftwarden/c-1";
  draft.base = "main";
  draft.labels = {"driftwarden", "driftwarden/model-draft"};
  const auto opened = wait(forge->open(draft));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(hub->pulls.at(1).labels, draft.labels);
  EXPECT_TRUE(wait(forge->label(1, {"driftwarden", "urgent"})));
  EXPECT_EQ(hub->pulls.at(1).labels.size(), 3U) << "none twice";
  EXPECT_TRUE(wait(forge->label(1, {})));
  EXPECT_EQ(hub->count("POST", "/labels"), 2U) << "nothing to say";
  const auto missing = wait(forge->label(999, {"driftwarden"}));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::NotFound);
}

TEST_F(GithubContract, ALabelThatCantBeSetIsNoFailure) {
  hub->branches["driftwarden/c-1"] = kHead;
  net::ServerReply refused(403, "application/json", R"({"message":"Resource not accessible by personal access token","documentation_url":"https://docs.github.com","status":"403"})");
  hub->answer_next("POST", "/labels", refused);
  PullRequestDraft draft;
  draft.title = "t";
  draft.branch = "driftwarden/c-1";
  draft.base = "main";
  draft.labels = {"driftwarden"};
  const auto opened = wait(forge->open(draft));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->number, 1);
}

TEST_F(GithubContract, OpensAndFindsAPullRequest) {
  hub->branches["driftwarden/c-1"] = kHead;
  PullRequestDraft draft;
  draft.title = "scale the shop";
  draft.body = "why";
  draft.branch = "driftwarden/c-1";
  draft.base = "main";
  const auto opened = wait(forge->open(draft));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->number, 1);
  EXPECT_EQ(opened->state, PullRequestState::Open);
  EXPECT_EQ(opened->title, "scale the shop");
  EXPECT_EQ(opened->branch, "driftwarden/c-1");
  EXPECT_EQ(opened->base, "main");
  EXPECT_EQ(opened->head_sha, kHead);
  EXPECT_EQ(opened->author, "driftwarden");
  EXPECT_EQ(opened->head_ref, "refs/pull/1/head");
  EXPECT_EQ(opened->mergeable, std::nullopt);
  EXPECT_FALSE(opened->from_fork);
  const auto found = wait(forge->find_open("driftwarden/c-1", "main"));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->number, 1);
  const auto none = wait(forge->find_open("driftwarden/none", "main"));
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_FALSE(*none);
}

TEST_F(GithubContract, WhatCantBeOpenedIsToldApart) {
  hub->branches["driftwarden/c-1"] = kHead;
  hub->branches["driftwarden/same"] = hub->branches["main"];
  const auto open = [&](const std::string& branch) {
    PullRequestDraft draft;
    draft.title = "t";
    draft.branch = branch;
    draft.base = "main";
    const auto opened = wait(forge->open(draft));
    return opened ? std::optional<ErrorKind>() : opened.error().kind;
  };
  EXPECT_EQ(open("driftwarden/c-1"), std::nullopt);
  EXPECT_EQ(open("driftwarden/c-1"), ErrorKind::Conflict);
  EXPECT_EQ(open("driftwarden/never-pushed"), ErrorKind::NotFound);
  EXPECT_EQ(open("driftwarden/same"), ErrorKind::InvalidInput);
}

TEST_F(GithubContract, ListsTheOpenOnesNewestFirstOverTwoPages) {
  for (int number = 1; number <= 230; ++number) add_pull(number, "b-" + std::to_string(number));
  hub->pulls[229].state = "closed";
  hub->pulls[228].base = "other";
  hub->pulls[230].fork = true;
  hub->pulls[230].draft = true;
  const auto pulls = wait(forge->open_pull_requests("main"));
  ASSERT_TRUE(pulls) << pulls.error().message;
  ASSERT_EQ(pulls->size(), 200U);
  EXPECT_EQ(pulls->front().number, 230);
  EXPECT_TRUE(pulls->front().from_fork);
  EXPECT_TRUE(pulls->front().draft);
  EXPECT_EQ((*pulls)[1].number, 227);
  EXPECT_EQ(hub->count("GET", "/pulls"), 2U);
}

TEST_F(GithubContract, ReviewsCarryTheirCommitOverAllPages) {
  add_pull(3);
  auto& reviews = hub->reviews[3];
  for (int i = 0; i < 100; ++i) reviews.push_back({"alice", "COMMENTED", kOld});
  reviews.push_back({"alice", "APPROVED", kOld});
  reviews.push_back({"bob", "CHANGES_REQUESTED", kHead});
  reviews.push_back({"cy", "DISMISSED", kHead});
  reviews.push_back({"renovate[bot]", "APPROVED", kHead, "Bot"});
  reviews.push_back({"dan", "PENDING", kHead});
  const auto read = wait(forge->reviews(3));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 104U);
  EXPECT_EQ((*read)[0].state, ReviewState::Commented);
  EXPECT_EQ((*read)[100].state, ReviewState::Approved);
  EXPECT_TRUE((*read)[100].stale);
  EXPECT_EQ((*read)[101].state, ReviewState::ChangesRequested);
  EXPECT_FALSE((*read)[101].stale);
  EXPECT_EQ((*read)[102].state, ReviewState::Dismissed);
  EXPECT_TRUE((*read)[103].by_bot);
  EXPECT_FALSE((*read)[101].by_bot);
}

TEST_F(GithubContract, FindsWhatSomebodyMerged) {
  const auto branch = add_pull(3).branch;
  const auto open = wait(forge->find_merged(branch, "main"));
  ASSERT_TRUE(open) << open.error().message;
  EXPECT_FALSE(*open);
  ASSERT_TRUE(wait(forge->merge(3, kHead, MergeMethod::Squash, "m")));
  const auto found = wait(forge->find_merged(branch, "main"));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->number, 3);
  EXPECT_EQ((*found)->state, PullRequestState::Merged);
}

TEST_F(GithubContract, MergesAndDeletesItsOwnBranch) {
  add_pull(3);
  const auto merged = wait(forge->merge(3, kHead, MergeMethod::Squash, "scale the shop\n\nwhy\n\nChange: C-1\n"));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(merged->state, PullRequestState::Merged);
  EXPECT_EQ(merged->merged_sha, std::string(40, 'c'));
  const auto body = hub->last_body("PUT", "/merge");
  EXPECT_EQ(body.at("merge_method"), "squash");
  EXPECT_EQ(body.at("sha"), kHead);
  EXPECT_EQ(body.at("commit_title"), "scale the shop");
  EXPECT_EQ(body.at("commit_message"), "why\n\nChange: C-1");
  EXPECT_FALSE(hub->branches.contains("driftwarden/c-1"));
}

TEST_F(GithubContract, PeoplesBranchesAreLeftAlone) {
  add_pull(3, "feature/x");
  ASSERT_TRUE(wait(forge->merge(3, kHead, MergeMethod::Merge, "m")));
  EXPECT_TRUE(hub->branches.contains("feature/x"));
}

TEST_F(GithubContract, AMergeThatIsBeingComputedIsWaitedFor) {
  auto& pull = add_pull(3);
  pull.mergeable = nullptr;
  pull.mergeable_state = "unknown";
  hub->answer_next("PUT", "/merge",
                   net::ServerReply(405, "application/json", R"({"message":"Pull Request is not mergeable","documentation_url":"https://docs.github.com"})"));
  pull.mergeable = true;
  pull.computing = 1;
  const auto merged = wait(forge->merge(3, kHead, MergeMethod::Merge, "m"));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(hub->count("PUT", "/merge"), 2U);
}

TEST_F(GithubContract, RefusedMergesAreConflictsInGithubsWords) {
  auto& pull = add_pull(3);
  const auto moved = wait(forge->merge(3, kOld, MergeMethod::Merge, "m"));
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().kind, ErrorKind::Conflict);
  EXPECT_NE(moved.error().message.find(kHead), std::string::npos) << moved.error().message;

  pull.mergeable_state = "blocked";
  const auto blocked = wait(forge->merge(3, kHead, MergeMethod::Merge, "m"));
  ASSERT_FALSE(blocked);
  EXPECT_EQ(blocked.error().kind, ErrorKind::Conflict);
  EXPECT_NE(blocked.error().message.find("At least 1 approving review"), std::string::npos) << blocked.error().message;

  pull.mergeable = false;
  pull.mergeable_state = "dirty";
  const auto conflicting = wait(forge->merge(3, kHead, MergeMethod::Merge, "m"));
  ASSERT_FALSE(conflicting);
  EXPECT_EQ(conflicting.error().kind, ErrorKind::Conflict);
  EXPECT_NE(conflicting.error().message.find("conflicts with main"), std::string::npos) << conflicting.error().message;
}

TEST_F(GithubContract, AMergeThatWasDoneAlreadyIsASuccess) {
  auto& pull = add_pull(3);
  pull.merged = true;
  pull.state = "closed";
  pull.merge_sha = std::string(40, 'd');
  const auto merged = wait(forge->merge(3, kHead, MergeMethod::Merge, "m"));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(merged->merged_sha, std::string(40, 'd'));
}

TEST_F(GithubContract, Closes) {
  add_pull(3);
  ASSERT_TRUE(wait(forge->close(3)));
  const auto read = wait(forge->get(3));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->state, PullRequestState::Closed);
  const auto gone = wait(forge->get(4));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, ErrorKind::NotFound);
}

TEST_F(GithubContract, UpdatesTitleAndBody) {
  add_pull(3);
  for (int times = 0; times < 2; ++times) {
    const auto updated = wait(forge->update(3, std::string(300, 'x'), "because"));
    ASSERT_TRUE(updated) << updated.error().message;
    EXPECT_LE(hub->pulls[3].title.size(), 256U);
    EXPECT_EQ(hub->pulls[3].body, "because");
    EXPECT_EQ(hub->pulls[3].state, "open");
  }
  const auto missing = wait(forge->update(4, "t", "b"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::NotFound);
}

TEST_F(GithubContract, ACommentIsMadeOnceAndEditedAfter) {
  add_pull(3);
  hub->comments.push_back({1, 3, "mallory", "quoting <!-- driftwarden:diff -->", "2026-11-21T08:00:00Z", "2026-11-21T08:00:00Z"});
  const std::string marker = "<!-- driftwarden:diff -->";
  ASSERT_TRUE(wait(forge->upsert_comment(3, marker, "first")));
  ASSERT_EQ(hub->comments.size(), 2U);
  EXPECT_EQ(hub->comments[1].body, marker + "\nfirst");
  ASSERT_TRUE(wait(forge->upsert_comment(3, marker, "first")));
  EXPECT_EQ(hub->count("PATCH", "/issues/comments"), 0U);
  ASSERT_TRUE(wait(forge->upsert_comment(3, marker, "second\n" + marker)));
  ASSERT_EQ(hub->comments.size(), 2U);
  EXPECT_EQ(hub->comments[1].body, "second\n" + marker);
  EXPECT_EQ(hub->comments[0].body, "quoting <!-- driftwarden:diff -->");
}

TEST_F(GithubContract, ALongCommentIsCutWithANote) {
  add_pull(3);
  std::string text = "```diff\n";
  while (text.size() < 200'000) text += "+ replicas: 3 \xc3\xa9\n";
  ASSERT_TRUE(wait(forge->comment(3, text)));
  EXPECT_LE(hub->comments.back().body.size(), 65'536U);
  EXPECT_NE(hub->comments.back().body.find("The rest didn't fit"), std::string::npos);
}

TEST_F(GithubContract, CommentsComeOldestFirst) {
  add_pull(3);
  hub->comments.push_back({1, 3, "alice", "old", "2026-11-20T08:00:00Z", "2026-11-21T08:30:00Z"});
  hub->comments.push_back({3, 3, "alice", "three", "2026-11-21T08:02:00Z", "2026-11-21T08:02:00Z"});
  hub->comments.push_back({2, 9, "bob", "two", "2026-11-21T08:01:00Z", "2026-11-21T08:05:00Z"});
  const auto since = WallTime(std::chrono::sys_days{std::chrono::year{2026} / 11 / 21});
  const auto comments = wait(forge->comments_since(since));
  ASSERT_TRUE(comments) << comments.error().message;
  ASSERT_EQ(comments->size(), 2U);
  EXPECT_EQ((*comments)[0].body, "two");
  EXPECT_TRUE((*comments)[0].edited);
  EXPECT_EQ((*comments)[1].author, "alice");
  EXPECT_FALSE((*comments)[1].edited);
  EXPECT_EQ((*comments)[1].url, "https://github.com/acme/config/issues/3#issuecomment-3");
}

TEST_F(GithubContract, ThoseWhoCantReviewAreLeftOut) {
  add_pull(3);
  ASSERT_TRUE(wait(forge->request_reviewers(3, {"alice", "driftwarden", "stranger", "bob"})));
  EXPECT_EQ(hub->pulls[3].reviewers, (std::vector<std::string>{"alice", "bob"}));
  ASSERT_TRUE(wait(forge->request_reviewers(3, {})));
  EXPECT_FALSE(wait(forge->request_reviewers(99, {"alice"})));
}

TEST_F(GithubContract, SetsAStatusWithAShortDescription) {
  CommitStatus status;
  status.state = StatusState::Failure;
  status.description = std::string(300, 'x');
  const auto set = wait(forge->set_status(kHead, status));
  ASSERT_TRUE(set) << set.error().message;
  const auto body = hub->last_body("POST", "/statuses/");
  EXPECT_EQ(body.at("state"), "failure");
  EXPECT_EQ(body.at("context"), "driftwarden/approval");
  EXPECT_LE(body.at("description").get<std::string>().size(), 140U);
  EXPECT_FALSE(body.contains("target_url"));
  status.target_url = "https://driftwarden.example/c/1";
  ASSERT_TRUE(wait(forge->set_status(kHead, status)));
  const auto missing = wait(straight->set_status(std::string(40, 'e'), status));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::NotFound);
}

json ruleset_checks(const std::vector<std::string>& contexts) {
  json checks = json::array();
  for (const auto& context : contexts) checks.push_back({{"context", context}});
  return {{"type", "required_status_checks"},
          {"ruleset_source_type", "Repository"},
          {"ruleset_source", "acme/config"},
          {"ruleset_id", 42},
          {"parameters", {{"required_status_checks", checks}, {"strict_required_status_checks_policy", false}}}};
}

json ruleset_reviews(int count) {
  return {{"type", "pull_request"},
          {"ruleset_source_type", "Repository"},
          {"ruleset_source", "acme/config"},
          {"ruleset_id", 42},
          {"parameters",
           {{"required_approving_review_count", count},
            {"dismiss_stale_reviews_on_push", true},
            {"require_code_owner_review", false},
            {"require_last_push_approval", false},
            {"required_review_thread_resolution", false}}}};
}

TEST_F(GithubContract, TheGateNamesChecksAndReviews) {
  auto& pull = add_pull(3);
  pull.mergeable_state = "blocked";
  hub->rules = json::array({ruleset_checks({"ci/build", "ci/test", "lint", "never", "driftwarden/approval"}), ruleset_reviews(2)});
  CommitStatus status;
  status.context = "ci/build";
  status.state = StatusState::Pending;
  ASSERT_TRUE(wait(forge->set_status(kHead, status)));
  status.context = "CI/test";
  status.state = StatusState::Failure;
  ASSERT_TRUE(wait(forge->set_status(kHead, status)));
  hub->reviews[3] = {{"alice", "APPROVED", kHead}, {"alice", "COMMENTED", kHead}, {"stranger", "APPROVED", kHead, "User", "NONE"}};
  const auto gate = wait(forge->merge_gate(3));
  ASSERT_TRUE(gate) << gate.error().message;
  EXPECT_EQ(gate->waiting_for, (std::vector<std::string>{"1 more approving review on the forge", "check ci/build is pending", "check lint has not reported",
                                                         "check never has not reported"}));
  EXPECT_EQ(gate->blocked_by, (std::vector<std::string>{"check ci/test failed"}));
}

TEST_F(GithubContract, TheGateIsOpenWhereOnlyOurOwnStatusIsMissing) {
  auto& pull = add_pull(3);
  pull.mergeable_state = "blocked";
  pull.computing = 1;
  hub->rules = json::array({ruleset_checks({"driftwarden/approval"})});
  const auto gate = wait(forge->merge_gate(3));
  ASSERT_TRUE(gate) << gate.error().message;
  EXPECT_TRUE(gate->open()) << testing::PrintToString(gate->waiting_for) << testing::PrintToString(gate->blocked_by);
}

TEST_F(GithubContract, TheGateReadsClassicProtectionAndCheckRuns) {
  add_pull(3);
  hub->is_protected = true;
  hub->branch_contexts = {"build"};
  hub->protection = json::parse(R"({"url":"https://api.github.com/repos/acme/config/branches/main/protection",
    "required_pull_request_reviews":{"url":"https://api.github.com/r","dismiss_stale_reviews":true,"require_code_owner_reviews":true,"required_approving_review_count":1,"require_last_push_approval":false}})");
  auto answers = json::parse(R"({"id":4,"head_sha":"","node_id":"n","external_id":"","url":"https://api.github.com/repos/acme/config/check-runs/4",
    "html_url":"https://github.com/acme/config/runs/4","details_url":"https://example.com","status":"completed","conclusion":"timed_out",
    "started_at":"2018-05-04T01:14:52Z","completed_at":"2018-05-04T01:14:52Z","name":"build","check_suite":{"id":5},"app":null,"pull_requests":[],
    "output":{"title":"t","summary":"s","text":"","annotations_count":0,"annotations_url":"https://api.github.com/repos/acme/config/check-runs/4/annotations"}})");
  answers["head_sha"] = kHead;
  hub->check_runs[kHead] = {answers};
  hub->reviews[3] = {{"bob", "CHANGES_REQUESTED", kHead}};
  const auto gate = wait(forge->merge_gate(3));
  ASSERT_TRUE(gate) << gate.error().message;
  EXPECT_EQ(gate->waiting_for, (std::vector<std::string>{"1 more approving review on the forge"}));
  EXPECT_EQ(gate->blocked_by, (std::vector<std::string>{"bob asked for changes on the forge", "check build ended as timed_out"}));
}

json check_run(const std::string& name, const std::string& status, const json& conclusion, const std::string& started) {
  auto run = json::parse(R"({"id":4,"head_sha":"","node_id":"n","external_id":"","url":"https://api.github.com/repos/acme/config/check-runs/4",
    "html_url":"https://github.com/acme/config/runs/4","details_url":"https://example.com","completed_at":null,"check_suite":{"id":5},"app":null,"pull_requests":[],
    "output":{"title":"9 tests","summary":"s","text":"","annotations_count":0,"annotations_url":"https://api.github.com/repos/acme/config/check-runs/4/annotations"}})");
  run["head_sha"] = kHead;
  run["name"] = name;
  run["status"] = status;
  run["conclusion"] = conclusion;
  run["started_at"] = started;
  if (!conclusion.is_null()) run["completed_at"] = "2026-03-01T09:00:00Z";
  return run;
}

TEST_F(GithubContract, ChecksAreRunsAndStatusesOfTheHead) {
  add_pull(3);
  hub->rules = json::array({ruleset_checks({"Build", "ci/deploy"})});
  CommitStatus status;
  status.state = StatusState::Failure;
  status.description = "no runner";
  status.target_url = "https://ci.example.org/1";
  status.context = "ci/deploy";
  ASSERT_TRUE(wait(forge->set_status(kHead, status)));
  status.context = "driftwarden/approval";
  ASSERT_TRUE(wait(forge->set_status(kHead, status)));
  hub->check_runs[kHead] = {check_run("build", "completed", "failure", "2026-03-01T08:00:00Z"), check_run("build", "in_progress", nullptr, "2026-03-01T08:30:00Z"),
                            check_run("lint", "completed", "success", "2026-03-01T08:00:00Z")};
  const auto read = wait(forge->checks(3));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ(read->at(0).name, "build");
  EXPECT_EQ(read->at(0).state, Check::State::Running) << "the newest counts";
  EXPECT_EQ(read->at(0).required, true);
  EXPECT_EQ(read->at(0).summary, "9 tests");
  EXPECT_EQ(read->at(0).url, "https://github.com/acme/config/runs/4");
  EXPECT_EQ(read->at(1).name, "ci/deploy");
  EXPECT_EQ(read->at(1).state, Check::State::Failed);
  EXPECT_EQ(read->at(1).required, true);
  EXPECT_EQ(read->at(1).summary, "no runner");
  EXPECT_EQ(read->at(2).state, Check::State::Passed);
  EXPECT_EQ(read->at(2).required, false);
  EXPECT_EQ(wait(forge->checks(4711)).error().kind, ErrorKind::NotFound);
}

TEST_F(GithubContract, WhatTheTokenMayNotSeeOfChecksIsLeftOut) {
  add_pull(3);
  hub->check_runs[kHead] = {check_run("build", "completed", "success", "2026-03-01T08:00:00Z")};
  const auto refusal = net::ServerReply(403, "application/json", R"({"message":"Resource not accessible by personal access token"})");
  hub->answer_next("GET", "/status", refusal);
  hub->answer_next("GET", "/branches/main", refusal);
  auto read = wait(straight->checks(3));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(read->front().required, std::nullopt);
  hub->answer_next("GET", "/check-runs", refusal);
  read = wait(straight->checks(3));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read->empty());
}

TEST_F(GithubContract, ARequiredCheckRunKeepsTheMergeWaitingOrStopsIt) {
  auto& pull = add_pull(3);
  pull.mergeable_state = "blocked";
  hub->rules = json::array({ruleset_checks({"build"})});
  hub->check_runs[kHead] = {check_run("build", "queued", nullptr, "2026-03-01T08:00:00Z")};
  auto gate = wait(forge->merge_gate(3));
  ASSERT_TRUE(gate) << gate.error().message;
  EXPECT_EQ(gate->waiting_for, (std::vector<std::string>{"check build is queued"}));
  EXPECT_TRUE(gate->blocked_by.empty()) << testing::PrintToString(gate->blocked_by);
  hub->check_runs[kHead] = {check_run("build", "in_progress", nullptr, "2026-03-01T08:00:00Z")};
  gate = wait(forge->merge_gate(3));
  EXPECT_EQ(gate->waiting_for, (std::vector<std::string>{"check build is running"}));
  hub->check_runs[kHead] = {check_run("build", "completed", "failure", "2026-03-01T08:00:00Z")};
  gate = wait(forge->merge_gate(3));
  EXPECT_TRUE(gate->waiting_for.empty());
  EXPECT_EQ(gate->blocked_by, (std::vector<std::string>{"check build failed"}));
  pull.mergeable_state = "clean";
  hub->check_runs[kHead] = {check_run("build", "completed", "success", "2026-03-01T08:00:00Z")};
  EXPECT_TRUE(wait(forge->merge_gate(3))->open());
}

TEST_F(GithubContract, TheGateTellsConflictsAndDrafts) {
  auto& pull = add_pull(3);
  pull.mergeable = false;
  pull.mergeable_state = "dirty";
  pull.draft = true;
  const auto gate = wait(forge->merge_gate(3));
  ASSERT_TRUE(gate) << gate.error().message;
  EXPECT_EQ(gate->blocked_by, (std::vector<std::string>{"it is a draft", "conflicts with main"}));
}

TEST_F(GithubContract, KnowsWhetherAStatusIsRequired) {
  const std::string context = "driftwarden/approval";
  const auto required = [&] {
    const auto answer = wait(forge->requires_status("main", context));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : std::nullopt;
  };
  EXPECT_EQ(required(), false);
  hub->rules = json::array({ruleset_checks({context})});
  EXPECT_EQ(required(), true);
  hub->rules = json::array();
  hub->is_protected = true;
  hub->branch_contexts = {"Driftwarden/Approval"};
  EXPECT_EQ(required(), true);
}

TEST_F(GithubContract, TheTokensPermissionsAreItsRights) {
  const auto rights = wait(forge->rights());
  ASSERT_TRUE(rights) << rights.error().message;
  EXPECT_TRUE(rights->read);
  EXPECT_EQ(rights->push, true);
  EXPECT_EQ(rights->pull_requests, true);
  hub->permissions["push"] = false;
  EXPECT_EQ(wait(forge->rights())->push, false);
  const auto given = std::exchange(hub->permissions, nullptr);
  EXPECT_EQ(wait(forge->rights())->push, std::nullopt);
  hub->permissions = given;
  hub->permissions["push"] = true;
}

TEST_F(GithubContract, KnowsItself) {
  const auto account = wait(forge->account());
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(account->login, "driftwarden");
  EXPECT_FALSE(account->is_app);
  EXPECT_EQ(wait(forge->git_token())->reveal(), hub->token);
}

// An App.

Secret<std::string> make_key() {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(out);
  EVP_PKEY_free(key);
  return Secret<std::string>(std::move(pem));
}

TEST_F(GithubContract, AnAppWorksWithATokenForTheOneRepository) {
  add_pull(3);
  auto as_app = options(hub->public_url);
  as_app.app.emplace();
  as_app.app->app_id = 4711;
  as_app.app->private_key = make_key();
  const auto app = create_github(*http, clock, as_app);
  const auto read = wait(app->get(3));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(hub->last_body("POST", "/access_tokens"), json::parse(R"({"repositories":["config"]})"));
  EXPECT_EQ(hub->last("POST", "/access_tokens").raw_path, "/app/installations/77/access_tokens");
  EXPECT_EQ(hub->last("GET", "/pulls/3").headers.find("Authorization"), "Bearer ghs_installation1");
  const auto account = wait(app->account());
  ASSERT_TRUE(account) << account.error().message;
  EXPECT_EQ(account->login, "octoapp[bot]");
  EXPECT_TRUE(account->is_app);
  EXPECT_EQ(wait(app->git_token())->reveal(), "ghs_installation1");
  EXPECT_EQ(hub->minted, 1);
}

TEST_F(GithubContract, AnAppsTokenThatIsRefusedIsRenewedOnce) {
  add_pull(3);
  auto as_app = options("http://127.0.0.1:" + std::to_string(hub->port()));
  as_app.app.emplace();
  as_app.app->app_id = 4711;
  as_app.app->installation_id = 5;
  as_app.app->private_key = make_key();
  const auto app = create_github(*http, clock, as_app);
  ASSERT_TRUE(wait(app->get(3)));
  hub->accepted_tokens.clear();
  ASSERT_TRUE(wait(app->get(3)));
  EXPECT_EQ(hub->minted, 2);
  for (int i = 0; i < 2; ++i) hub->answer_next("GET", "/pulls/3", net::ServerReply(401, "application/json", R"({"message":"Bad credentials"})"));
  const auto refused = wait(app->get(3));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Denied);
  EXPECT_EQ(hub->minted, 3);
}

// What no description states.

TEST_F(GithubContract, AWrongTokenIsDeniedWithoutShowingIt) {
  hub->accepted_tokens.clear();
  const auto read = wait(straight->get(3));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::Denied);
  EXPECT_NE(read.error().message.find("Bad credentials"), std::string::npos);
  EXPECT_EQ(read.error().message.find(hub->token), std::string::npos);
}

net::ServerReply limited(unsigned status, const std::string& message) {
  return net::ServerReply(status, "application/json", json{{"message", message}}.dump());
}

TEST_F(GithubContract, ThePrimaryLimitStopsFurtherRequests) {
  add_pull(3);
  auto reply = limited(403, "API rate limit exceeded for user ID 1.");
  reply.headers.set("X-RateLimit-Remaining", "0");
  reply.headers.set("X-RateLimit-Reset", std::to_string(std::chrono::floor<std::chrono::seconds>(clock.wall_now()).time_since_epoch().count() + 1800));
  hub->answer_next("GET", "/pulls/3", reply);
  const auto first = wait(straight->get(3));
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().kind, ErrorKind::RateLimited) << first.error().message;
  const auto second = wait(straight->get(3));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::RateLimited) << second.error().message;
  EXPECT_EQ(hub->requests.size(), 1U);
}

TEST_F(GithubContract, TheSecondaryLimitIsWaitedOutWhereItIsShort) {
  add_pull(3);
  auto reply = limited(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.");
  reply.headers.set("Retry-After", "1");
  hub->answer_next("POST", "/comments", reply);
  const auto said = wait(straight->comment(3, "hello"));
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(hub->comments.size(), 1U);
  hub->answer_next("GET", "/pulls/3", limited(403, "You have exceeded a secondary rate limit."));
  const auto read = wait(straight->get(3));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::RateLimited) << read.error().message;
}

TEST_F(GithubContract, AnOrdinary403IsNoLimit) {
  hub->answer_next("GET", "/pulls/3", limited(403, "Resource not accessible by personal access token"));
  const auto read = wait(straight->get(3));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::Denied);
}

TEST_F(GithubContract, ARenamedRepositoryIsFollowedOnTheSameServerOnly) {
  add_pull(3);
  auto moved = limited(301, "Moved Permanently");
  moved.headers.set("Location", "/repos/acme/config/pulls/3");
  hub->answer_next("GET", "/pulls/3", moved);
  ASSERT_TRUE(wait(straight->get(3)));
  moved.headers.set("Location", "http://127.0.0.1:1/repos/acme/config/pulls/3");
  hub->answer_next("GET", "/pulls/3", moved);
  const auto read = wait(straight->get(3));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::InvalidInput);
  EXPECT_NE(read.error().message.find("the token isn't sent to another server"), std::string::npos) << read.error().message;
}

TEST_F(GithubContract, AnAnswerThatIsNoGithubsIsCorrupt) {
  hub->answer_next("GET", "/pulls/3", net::ServerReply(200, "text/html", "<html>sign in</html>"));
  const auto read = wait(straight->get(3));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::Corrupt);
}

}  // namespace
}  // namespace driftwarden::forge
