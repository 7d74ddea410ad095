#include "tests/unit/integrations/forge/fake_http.hpp"

#include "integrations/forge/forge.hpp"
#include "tests/support/manual_clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <optional>

namespace driftwarden::forge {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::FakeHttp;

const std::string kToken = "0123456789abcdef0123456789abcdef01234567";

std::string pull(const std::string& state, bool merged = false, const std::string& head = "aaaa") {
  json body{{"number", 3}, {"html_url", "https://git.example/acme/config/pulls/3"}, {"title", "t"}, {"state", state}, {"merged", merged}, {"mergeable", true}};
  body["merge_commit_sha"] = merged ? json("cccc") : json(nullptr);
  body["head"] = {{"ref", "driftwarden/c-1"}, {"sha", head}};
  body["base"] = {{"ref", "main"}, {"sha", "bbbb"}};
  return body.dump();
}

std::string words(const std::string& message) { return json{{"message", message}, {"url", "https://git.example/api/swagger"}}.dump(); }

class Gitea : public testing::Test {
 protected:
  Gitea() {
    ForgeOptions options;
    options.api_url = "https://git.example/api/v1";
    options.project = "acme/config";
    options.token = Secret<std::string>(kToken);
    forge = create_gitea(http, clock, std::move(options));
  }

  /// What `task` ended with after `pass` went by; Timeout when it goes on.
  template <class T>
  Result<T> in(Duration pass, asio::awaitable<Result<T>> task) {
    auto done = std::make_shared<std::optional<Result<T>>>();
    asio::co_spawn(io, std::move(task), [done](const std::exception_ptr& thrown, Result<T> result) {
      if (!thrown) done->emplace(std::move(result));
    });
    clock.advance(pass);
    if (!*done) return Error{ErrorKind::Timeout, "the call goes on"};
    return std::move(**done);
  }
  json sent(std::size_t at) { return json::parse(http.requests.at(at).body); }

  asio::io_context io;
  test::ManualClock clock{io};
  FakeHttp http;
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
  http.add(200);
  http.add(200, pull("open"));
  http.add(200, pull("closed", true));
  const auto merged = in(5s, forge->merge(3, "aaaa", MergeMethod::Squash, "scale it\n\nwhy\n\nChange: C-1\n"));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(merged->state, PullRequestState::Merged);
  EXPECT_EQ(merged->merged_sha, "cccc");
  const auto body = sent(0);
  EXPECT_EQ(body.at("Do"), "squash");
  EXPECT_EQ(body.at("head_commit_id"), "aaaa");
  EXPECT_EQ(body.at("MergeTitleField"), "scale it");
  EXPECT_EQ(body.at("MergeMessageField"), "why\n\nChange: C-1");
  EXPECT_EQ(body.at("delete_branch_after_merge"), true);
}

TEST_F(Gitea, TryAgainLaterIsWaitedOut) {
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
  http.add(405, words("Does not have enough approvals"));
  http.add(200, pull("open"));
  const auto merged = in(0ms, forge->merge(3, "aaaa", MergeMethod::Merge, "m"));
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().kind, ErrorKind::Conflict);
  EXPECT_NE(merged.error().message.find("Does not have enough approvals"), std::string::npos);
}

TEST_F(Gitea, AMovedHeadIsAConflictThatNamesTheNewOne) {
  http.add(409, words("head out of date"));
  http.add(200, pull("open", false, "dddd"));
  const auto merged = in(0ms, forge->merge(3, "aaaa", MergeMethod::Merge, "m"));
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().kind, ErrorKind::Conflict);
  EXPECT_NE(merged.error().message.find("dddd"), std::string::npos);
}

TEST_F(Gitea, AMergeWhoseAnswerWasLostIsFoundToBeDone) {
  http.add_failure(ErrorKind::Timeout, "no answer");
  http.add(200, pull("closed", true));
  http.add(200, pull("closed", true));
  const auto merged = in(5s, forge->merge(3, "aaaa", MergeMethod::Merge, "m"));
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(merged->merged_sha, "cccc");
}

TEST_F(Gitea, AMergedOneOfAnotherHeadIsNoSuccess) {
  http.add(405, words("The PR is already merged"));
  http.add(200, pull("closed", true, "dddd"));
  const auto merged = in(0ms, forge->merge(3, "aaaa", MergeMethod::Merge, "m"));
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().kind, ErrorKind::Conflict);
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

}  // namespace
}  // namespace driftwarden::forge
