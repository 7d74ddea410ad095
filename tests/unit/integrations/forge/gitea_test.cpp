#include "tests/unit/integrations/forge/forge_test.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::forge {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

const std::string kToken = "0123456789abcdef0123456789abcdef01234567";

std::string pull(const std::string& state, bool merged = false, const std::string& head = "aaaa") {
  json body{{"number", 3}, {"html_url", "https://git.example/acme/config/pulls/3"}, {"title", "t"}, {"state", state}, {"merged", merged}, {"mergeable", true}};
  body["merge_commit_sha"] = merged ? json("cccc") : json(nullptr);
  body["head"] = {{"ref", "driftwarden/c-1"}, {"sha", head}};
  body["base"] = {{"ref", "main"}, {"sha", "bbbb"}};
  return body.dump();
}

std::string words(const std::string& message) { return json{{"message", message}, {"url", "https://git.example/api/swagger"}}.dump(); }

class Gitea : public test::ForgeTest {
 protected:
  Gitea() {
    ForgeOptions options;
    options.api_url = "https://git.example/api/v1";
    options.project = "acme/config";
    options.token = Secret<std::string>(kToken);
    forge = create_gitea(http, clock, std::move(options));
  }

  json sent(std::size_t at) { return json::parse(http.requests.at(at).body); }

  std::unique_ptr<Forge> forge;
};

TEST_F(Gitea, SendsItsTokenAndReadsThePullRequest) {
  http.add(200, pull("open"));
  const auto read = in(0ms, forge->get(3));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->number, 3);
  EXPECT_EQ(read->branch, "driftwarden/c-1");
  EXPECT_EQ(read->head_sha, "aaaa");
  EXPECT_EQ(read->state, PullRequestState::Open);
  EXPECT_EQ(read->mergeable, true);
  EXPECT_EQ(http.requests[0].method, "GET");
  EXPECT_EQ(http.requests[0].url, "https://git.example/api/v1/repos/acme/config/pulls/3");
  EXPECT_EQ(http.requests[0].headers.find("Authorization"), "token " + kToken);
}

struct StatusRow {
  std::string name;
  unsigned status;
  ErrorKind kind;
  friend void PrintTo(const StatusRow& row, std::ostream* out) { *out << row.name; }
};
class GiteaStatus : public Gitea, public testing::WithParamInterface<StatusRow> {};

TEST_P(GiteaStatus, BecomesAnErrorThatNamesTheCallAndNeverTheToken) {
  http.add(GetParam().status, words("no, " + kToken));
  PullRequestDraft draft;
  draft.title = "t";
  const auto opened = in(0ms, forge->open(draft));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, GetParam().kind) << opened.error().message;
  EXPECT_NE(opened.error().message.find("POST https://git.example/api/v1/repos/acme/config/pulls"), std::string::npos) << opened.error().message;
  EXPECT_NE(opened.error().message.find("no, ***"), std::string::npos) << opened.error().message;
  EXPECT_EQ(opened.error().message.find(kToken), std::string::npos);
  EXPECT_EQ(http.requests.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Kinds, GiteaStatus,
                         testing::Values(StatusRow{"BadRequest", 400, ErrorKind::InvalidInput}, StatusRow{"WrongToken", 401, ErrorKind::Denied},
                                         StatusRow{"MissingScope", 403, ErrorKind::Denied}, StatusRow{"NotFound", 404, ErrorKind::NotFound},
                                         StatusRow{"NotNow", 405, ErrorKind::Conflict}, StatusRow{"Exists", 409, ErrorKind::Conflict},
                                         StatusRow{"NoChanges", 422, ErrorKind::InvalidInput}, StatusRow{"Moved", 301, ErrorKind::InvalidInput},
                                         StatusRow{"Broken", 500, ErrorKind::Unavailable}, StatusRow{"Away", 503, ErrorKind::Unavailable}),
                         [](const auto& row) { return row.param.name; });

TEST_F(Gitea, ReadsAreTriedThreeTimes) {
  http.add(503);
  http.add_failure(ErrorKind::Unavailable, "the connection broke");
  http.add(200, pull("open"));
  const auto read = in(5s, forge->get(3));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(http.requests.size(), 3U);
}

TEST_F(Gitea, AndNoMoreThanThat) {
  for (int i = 0; i < 4; ++i) http.add(502);
  const auto read = in(30s, forge->get(3));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(http.requests.size(), 3U);
}

TEST_F(Gitea, RetryAfterIsObeyed) {
  auto limited = test::reply(429, words("slow down"));
  limited.headers.set("Retry-After", "7");
  http.answers.emplace_back(limited);
  http.add(201, pull("open"));
  PullRequestDraft draft;
  draft.title = "t";
  EXPECT_FALSE(in(6s, forge->open(draft)));
  EXPECT_EQ(http.requests.size(), 1U);
  clock.advance(2s);
  EXPECT_EQ(http.requests.size(), 2U);
}

TEST_F(Gitea, ALongRetryAfterIsToldInsteadOfWaitedFor) {
  auto limited = test::reply(429, words("slow down"));
  limited.headers.set("Retry-After", "3600");
  http.answers.emplace_back(limited);
  const auto read = in(1s, forge->get(3));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::RateLimited);
}

TEST_F(Gitea, AnAnswerThatIsNoGiteasIsCorrupt) {
  for (const char* body : {"<html>login</html>", "[]", "{}", "{\"number\":\"x\"}"}) {
    http.add(200, body);
    const auto read = in(0ms, forge->get(3));
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().kind, ErrorKind::Corrupt);
  }
}

TEST_F(Gitea, FindsByBothBranchesWithTheSlashEncoded) {
  http.add(200, pull("open"));
  const auto found = in(0ms, forge->find_open("driftwarden/c-1", "main"));
  ASSERT_TRUE(found && *found);
  EXPECT_TRUE(http.requests[0].url.ends_with("/pulls/main/driftwarden%2Fc-1")) << http.requests[0].url;
}

TEST_F(Gitea, NothingOpenIsToldApartFromNoProject) {
  http.add(404, words("not found"));
  http.add(200, "{}");
  const auto none = in(0ms, forge->find_open("driftwarden/c-1", "main"));
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_FALSE(*none);
  http.add(404, words("not found"));
  http.add(404, words("not found"));
  const auto gone = in(0ms, forge->find_open("driftwarden/c-1", "main"));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, ErrorKind::NotFound);
}

TEST_F(Gitea, AClosedOneOfTheSameBranchesIsPassedOver) {
  http.add(200, pull("closed"));
  http.add(200, "[" + pull("open") + "]");
  const auto found = in(0ms, forge->find_open("driftwarden/c-1", "main"));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->state, PullRequestState::Open);
}

TEST_F(Gitea, ReadsAllPagesOfReviews) {
  const auto review = [](const char* state, bool dismissed) {
    return json{{"user", {{"login", "alice"}}}, {"state", state}, {"commit_id", "aaaa"}, {"stale", true}, {"dismissed", dismissed}};
  };
  http.add(200, json::array({review("APPROVED", false), review("PENDING", false), review("REQUEST_REVIEW", false)}).dump());
  http.add(200, json::array({review("APPROVED", true), review("REQUEST_CHANGES", false), review("COMMENT", false)}).dump());
  http.add(200, "[]");
  const auto read = in(0ms, forge->reviews(3));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 4U);
  EXPECT_EQ((*read)[0].state, ReviewState::Approved);
  EXPECT_TRUE((*read)[0].stale);
  EXPECT_EQ((*read)[1].state, ReviewState::Dismissed);
  EXPECT_EQ((*read)[2].state, ReviewState::ChangesRequested);
  EXPECT_EQ((*read)[3].state, ReviewState::Commented);
  EXPECT_TRUE(http.requests[1].url.ends_with("page=2"));
}

TEST_F(Gitea, MergesWithTheOldSpellingAndWaitsUntilItShows) {
  http.add(200, pull("open"));
  http.add(200);
  http.add(200, pull("open"));
  http.add(200, pull("closed", true));
  const auto merged = in(5s, forge->merge(3, "aaaa", MergeMethod::Squash, "scale it\n\nwhy\n\nChange: C-1\n"));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(merged->state, PullRequestState::Merged);
  EXPECT_EQ(merged->merged_sha, "cccc");
  const auto body = sent(1);
  EXPECT_EQ(body.at("Do"), "squash");
  EXPECT_EQ(body.at("head_commit_id"), "aaaa");
  EXPECT_EQ(body.at("MergeTitleField"), "scale it");
  EXPECT_EQ(body.at("MergeMessageField"), "why\n\nChange: C-1");
  EXPECT_EQ(body.at("delete_branch_after_merge"), true);
}

TEST_F(Gitea, TryAgainLaterIsWaitedOut) {
  http.add(200, pull("open"));
  for (int i = 0; i < 3; ++i) {
    http.add(405, words("Please try again later"));
    http.add(200, pull("open"));
  }
  http.add(200);
  http.add(200, pull("closed", true));
  const auto merged = in(19s, forge->merge(3, "aaaa", MergeMethod::Merge, "m"));
  ASSERT_TRUE(merged) << merged.error().message;
}

TEST_F(Gitea, ButNotForEver) {
  http.add(200, pull("open"));
  for (int i = 0; i < 100; ++i) {
    http.add(405, words("Please try again later"));
    http.add(200, pull("open"));
  }
  const auto merged = in(25s, forge->merge(3, "aaaa", MergeMethod::Merge, "m"));
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().kind, ErrorKind::Conflict);
  EXPECT_NE(merged.error().message.find("conflict with its base"), std::string::npos) << merged.error().message;
}

TEST_F(Gitea, MissingApprovalsAreAConflictInTheForgesWords) {
  http.add(200, pull("open"));
  http.add(405, words("Does not have enough approvals"));
  http.add(200, pull("open"));
  const auto merged = in(0ms, forge->merge(3, "aaaa", MergeMethod::Merge, "m"));
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().kind, ErrorKind::Conflict);
  EXPECT_NE(merged.error().message.find("Does not have enough approvals"), std::string::npos);
}

TEST_F(Gitea, AMovedHeadIsAConflictThatNamesTheNewOne) {
  http.add(200, pull("open"));
  http.add(409, words("head out of date"));
  http.add(200, pull("open", false, "dddd"));
  const auto merged = in(0ms, forge->merge(3, "aaaa", MergeMethod::Merge, "m"));
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().kind, ErrorKind::Conflict);
  EXPECT_NE(merged.error().message.find("dddd"), std::string::npos);
}

TEST_F(Gitea, AMergeWhoseAnswerWasLostIsFoundToBeDone) {
  http.add(200, pull("open"));
  http.add_failure(ErrorKind::Timeout, "no answer");
  http.add(200, pull("closed", true));
  http.add(200, pull("closed", true));
  const auto merged = in(5s, forge->merge(3, "aaaa", MergeMethod::Merge, "m"));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(merged->merged_sha, "cccc");
}

TEST_F(Gitea, AMergedOneOfAnotherHeadIsNoSuccess) {
  http.add(200, pull("open"));
  http.add(405, words("The PR is already merged"));
  http.add(200, pull("closed", true, "dddd"));
  const auto merged = in(0ms, forge->merge(3, "aaaa", MergeMethod::Merge, "m"));
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().kind, ErrorKind::Conflict);
}

TEST_F(Gitea, PeoplesBranchesOutliveTheirMerge) {
  auto body = json::parse(pull("open"));
  body["head"]["ref"] = "feature/x";
  http.add(200, body.dump());
  http.add(200);
  http.add(200, pull("closed", true));
  ASSERT_TRUE(in(5s, forge->merge(3, "aaaa", MergeMethod::Merge, "m")));
  EXPECT_EQ(sent(1).at("delete_branch_after_merge"), false);
}

TEST_F(Gitea, CommentsAreNotSentTwice) {
  http.add_failure(ErrorKind::Timeout, "no answer");
  const auto said = in(5s, forge->comment(3, "hello"));
  ASSERT_FALSE(said);
  EXPECT_EQ(http.requests.size(), 1U);
}

TEST_F(Gitea, AWordless500ForAMissingCommitIsNotFound) {
  http.add(500, words(""));
  http.add(404, words("not found"));
  const auto set = in(10s, forge->set_status("eeee", CommitStatus{}));
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().kind, ErrorKind::NotFound) << set.error().message;
  EXPECT_TRUE(http.requests[1].url.ends_with("/git/commits/eeee"));
}

TEST_F(Gitea, ALongDescriptionIsCutAtACharacter) {
  http.add(201, "{}");
  CommitStatus status;
  for (int i = 0; i < 200; ++i) status.description += "\xc3\xa9";
  ASSERT_TRUE(in(0ms, forge->set_status("aaaa", status)));
  EXPECT_LE(sent(0).at("description").get<std::string>().size(), 255U);
  EXPECT_EQ(sent(0).at("context"), "driftwarden/approval");
}

std::string comment_json(std::int64_t id, const std::string& login, const std::string& body, const std::string& created, const std::string& updated) {
  return json{{"id", id}, {"user", {{"login", login}}}, {"body", body}, {"html_url", "https://git.example/c"}, {"created_at", created}, {"updated_at", updated}}
      .dump();
}

TEST_F(Gitea, TheGateReadsWhatAWriterMaySee) {
  http.add(200, pull("open"));
  http.add(
      200,
      R"({"protected":true,"required_approvals":2,"enable_status_check":true,"status_check_contexts":["ci/*","lint","driftwarden/approval"],"user_can_merge":true})");
  http.add(
      200,
      R"([{"user":{"login":"alice"},"state":"APPROVED","official":true,"commit_id":"aaaa"},{"user":{"login":"eve"},"state":"APPROVED","official":false}])");
  http.add(200, "[]");
  http.add(
      200,
      R"({"state":"failure","statuses":[{"context":"ci/build","status":"failure"},{"context":"ci/test","status":"pending"},{"context":"driftwarden/approval","status":"pending"},
    {"context":"ci/docs","status":"success"},{"context":"other","status":"failure"}]})");
  http.add(200, R"({"statuses":null})");
  const auto gate = in(0ms, forge->merge_gate(3));
  ASSERT_TRUE(gate) << gate.error().message;
  EXPECT_EQ(gate->waiting_for, (std::vector<std::string>{"1 more approving review on the forge", "check ci/test is pending", "check lint has not reported"}));
  EXPECT_EQ(gate->blocked_by, (std::vector<std::string>{"check ci/build failed"}));
  EXPECT_TRUE(http.requests[1].url.ends_with("/branches/main"));
}

TEST_F(Gitea, AnUnprotectedBranchWantsNothing) {
  http.add(200, pull("open"));
  http.add(200, R"({"protected":false,"enable_status_check":false,"status_check_contexts":[]})");
  EXPECT_TRUE(in(0ms, forge->merge_gate(3))->open());
}

TEST_F(Gitea, KnowsWhetherItsStatusIsRequired) {
  http.add(200, R"({"protected":true,"enable_status_check":true,"status_check_contexts":["driftwarden/*"]})");
  EXPECT_EQ(in(0ms, forge->requires_status("main", "driftwarden/approval")).value(), std::optional<bool>(true));
  http.add(200, R"({"protected":true,"enable_status_check":false,"status_check_contexts":["driftwarden/*"]})");
  EXPECT_EQ(in(0ms, forge->requires_status("main", "driftwarden/approval")).value(), std::optional<bool>(false));
  http.add(403, words("no"));
  EXPECT_EQ(in(0ms, forge->requires_status("main", "driftwarden/approval")).value(), std::nullopt);
}

TEST_F(Gitea, OnlyItsOwnMarkedCommentIsEdited) {
  http.add(200, R"({"login":"driftwarden"})");
  http.add(200, "[" + comment_json(1, "eve", "<!-- m --> mine", "2026-11-21T08:00:00Z", "2026-11-21T08:00:00Z") + "," +
                    comment_json(2, "driftwarden", "<!-- m -->\r\nold", "2026-11-21T08:00:00Z", "2026-11-21T08:00:00Z") + "]");
  http.add(200, "{}");
  ASSERT_TRUE(in(0ms, forge->upsert_comment(3, "<!-- m -->", "new")));
  EXPECT_EQ(http.requests[2].method, "PATCH");
  EXPECT_TRUE(http.requests[2].url.ends_with("/issues/comments/2"));
  EXPECT_EQ(sent(2).at("body"), "<!-- m -->\nnew");
  http.add(200, "[" + comment_json(2, "driftwarden", "<!-- m -->\r\nnew", "2026-11-21T08:00:00Z", "2026-11-21T08:00:00Z") + "]");
  ASSERT_TRUE(in(0ms, forge->upsert_comment(3, "<!-- m -->", "new")));
  EXPECT_EQ(http.requests.size(), 4U);
}

TEST_F(Gitea, ThoseItCantAskAreLeftOut) {
  http.add(422, words("user can't be requested"));
  http.add(200, pull("open"));
  http.add(201, "[]");
  http.add(404, words("user does not exist"));
  ASSERT_TRUE(in(0ms, forge->request_reviewers(3, {"alice", "stranger"})));
  EXPECT_EQ(sent(2).at("reviewers"), json::parse(R"(["alice"])"));
  http.add(404, words("no"));
  http.add(404, words("no"));
  EXPECT_FALSE(in(0ms, forge->request_reviewers(4, {"alice"})));
}

TEST_F(Gitea, CommentsSinceAreInOrderAndSayWhetherTheyWereEdited) {
  http.add(200, "[" + comment_json(7, "bob", "b", "2026-11-21T08:00:01Z", "2026-11-21T08:05:00Z") + "," +
                    comment_json(6, "alice", "a", "2026-11-21T08:00:00Z", "2026-11-21T08:00:00Z") + "," +
                    comment_json(5, "old", "o", "2026-11-20T08:00:00Z", "2026-11-21T08:00:00Z") + "]");
  http.add(200, "[]");
  const WallTime since = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 8h + 500ms;
  const auto comments = in(0ms, forge->comments_since(since));
  ASSERT_TRUE(comments) << comments.error().message;
  ASSERT_EQ(comments->size(), 2U);
  EXPECT_EQ((*comments)[0].author, "alice");
  EXPECT_FALSE((*comments)[0].edited);
  EXPECT_TRUE((*comments)[1].edited);
  EXPECT_NE(http.requests[0].url.find("since=2026-11-21T08%3A00%3A00Z"), std::string::npos) << http.requests[0].url;
}

TEST_F(Gitea, AHeadThatIsNoBranchIsAStrangers) {
  auto body = json::parse(pull("open"));
  body["head"] = {{"ref", "refs/pull/3/head"}, {"label", ""}, {"sha", "aaaa"}, {"repo", {{"full_name", "acme/config"}}}};
  body["base"]["repo"] = {{"full_name", "acme/config"}};
  http.add(200, body.dump());
  const auto read = in(0ms, forge->get(3));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read->from_fork);
}

/// A server whose MAX_RESPONSE_ITEMS is 30 gives no more to a page, whatever was asked for.
class GiteaPages : public Gitea, public testing::WithParamInterface<bool> {
 protected:
  /// `total` items in pages of 30, and with a header that says how many there are or an empty page at the end.
  template <class Item, class Wrap>
  void add_pages(int total, Item item, Wrap wrap) {
    for (int at = 0; at < total; at += 30) {
      json page = json::array();
      for (int one = at; one < std::min(at + 30, total); ++one) page.push_back(item(one));
      auto reply = test::reply(200, wrap(page).dump());
      if (GetParam()) reply.headers.set("X-Total-Count", std::to_string(total));
      http.answers.emplace_back(std::move(reply));
    }
    if (!GetParam()) http.add(200, wrap(json::array()).dump());
  }
};
const auto kAsItIs = [](const json& page) { return page; };

TEST_P(GiteaPages, AShortPageOfPullRequestsIsNotTheLast) {
  const auto item = [](int at) {
    auto body = json::parse(pull("open"));
    body["number"] = 100 - at;
    return body;
  };
  add_pages(70, item, kAsItIs);
  const auto open = in(0ms, forge->open_pull_requests("main"));
  ASSERT_TRUE(open) << open.error().message;
  EXPECT_EQ(open->size(), 70U);
  EXPECT_TRUE(http.answers.empty());
}

TEST_P(GiteaPages, NorOneOfComments) {
  const auto item = [](int at) { return json::parse(comment_json(at + 1, "alice", "a", "2026-11-21T08:00:00Z", "2026-11-21T08:00:00Z")); };
  add_pages(70, item, kAsItIs);
  const auto comments = in(0ms, forge->comments_since(WallTime{}));
  ASSERT_TRUE(comments) << comments.error().message;
  EXPECT_EQ(comments->size(), 70U);
  EXPECT_TRUE(http.answers.empty());
}

TEST_P(GiteaPages, NorOneOfStatuses) {
  http.add(200, pull("open"));
  http.add(200, R"({"protected":true,"enable_status_check":true,"status_check_contexts":["ci/64"]})");
  const auto item = [](int at) { return json{{"context", "ci/" + std::to_string(at)}, {"status", at == 64 ? "failure" : "success"}}; };
  add_pages(70, item, [](const json& page) { return json{{"statuses", page}}; });
  const auto gate = in(0ms, forge->merge_gate(3));
  ASSERT_TRUE(gate) << gate.error().message;
  EXPECT_EQ(gate->blocked_by, (std::vector<std::string>{"check ci/64 failed"}));
  EXPECT_TRUE(http.answers.empty());
}

INSTANTIATE_TEST_SUITE_P(SaidHowMany, GiteaPages, testing::Bool());

TEST_F(Gitea, TheFirstTwoHundredAreEnough) {
  json page = json::array();
  for (int at = 0; at < 50; ++at) page.push_back(json::parse(pull("open")));
  for (int at = 0; at < 5; ++at) http.add(200, page.dump());
  const auto open = in(0ms, forge->open_pull_requests("main"));
  ASSERT_TRUE(open) << open.error().message;
  EXPECT_EQ(http.requests.size(), 4U);
}

TEST_F(Gitea, AForksBranchOfTheSameNameIsNotOurs) {
  auto body = json::parse(pull("open"));
  body["head"]["repo"] = {{"full_name", "eve/config"}};
  body["base"]["repo"] = {{"full_name", "acme/config"}};
  body["user"] = {{"login", "eve"}};
  http.add(200, body.dump());
  http.add(200, json::array({body}).dump());
  http.add(200, "[]");
  const auto found = in(0ms, forge->find_open("driftwarden/c-1", "main"));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_FALSE(*found);
  http.add(200, json::array({body}).dump());
  http.add(200, "[]");
  const auto open = in(0ms, forge->open_pull_requests("main"));
  ASSERT_TRUE(open) << open.error().message;
  ASSERT_EQ(open->size(), 1U);
  EXPECT_TRUE(open->front().from_fork);
  EXPECT_EQ(open->front().author, "eve");
  EXPECT_EQ(open->front().head_ref, "refs/pull/3/head");
}

}  // namespace
}  // namespace driftwarden::forge
