// CI's word in the forges' own JSON.
#include "integrations/forge/checks.hpp"

#include "gitops/base/text.hpp"
#include "integrations/forge/gitea_json.hpp"
#include "integrations/forge/github_json.hpp"
#include "integrations/forge/gitlab_json.hpp"

#include <gmock/gmock.h>

namespace driftwarden::forge {
namespace {

using State = Check::State;
using testing::ElementsAre;
using testing::SizeIs;

Check check(const std::string& name, State state, std::int64_t started = 0) {
  Check made;
  made.name = name;
  made.state = state;
  if (started > 0) made.started = WallTime(std::chrono::seconds(started));
  return made;
}

std::vector<std::string> names(const std::vector<Check>& checks) {
  std::vector<std::string> out;
  for (const auto& one : checks) out.push_back(one.name);
  return out;
}

TEST(Checks, TheNewestOfEachNameSorted) {
  const auto tidy =
      tidy_checks({check("lint", State::Failed, 10), check("build", State::Passed, 5), check("lint", State::Passed, 20), check("build", State::Queued, 30),
                   check("Driftwarden/Approval", State::Queued), check("driftwarden/x", State::Queued), check("", State::Queued), check("\n ", State::Queued)});
  EXPECT_THAT(names(tidy), ElementsAre("build", "lint"));
  EXPECT_EQ(tidy[0].state, State::Queued);
  EXPECT_EQ(tidy[1].state, State::Passed);
}

TEST(Checks, OfTheSameTimeTheWorseCounts) {
  EXPECT_EQ(tidy_checks({check("a", State::Passed, 5), check("a", State::Failed, 5)})[0].state, State::Failed);
  EXPECT_EQ(tidy_checks({check("a", State::Failed, 5), check("a", State::Passed, 5)})[0].state, State::Failed);
}

TEST(Checks, OfTooManyThoseThatMatterStay) {
  std::vector<Check> many;
  for (int at = 0; at < 500; ++at) many.push_back(check("job-" + std::to_string(at), State::Passed));
  many.push_back(check("zz-failed", State::Failed));
  many.push_back(check("zz-required", State::Passed));
  many.back().required = true;
  const auto tidy = tidy_checks(std::move(many));
  EXPECT_THAT(tidy, SizeIs(100));
  EXPECT_EQ(tidy[98].name, "zz-failed");
  EXPECT_EQ(tidy[99].name, "zz-required");
  EXPECT_TRUE(std::ranges::is_sorted(tidy, {}, &Check::name));
}

struct LinkRow {
  std::string name;
  std::string url;
  std::string link;
  friend void PrintTo(const LinkRow& row, std::ostream* out) { *out << row.name; }
};
class CheckLinks : public testing::TestWithParam<LinkRow> {};
TEST_P(CheckLinks, CanBeShown) { EXPECT_EQ(check_link(GetParam().url, "https://git.acme.test"), GetParam().link); }
INSTANTIATE_TEST_SUITE_P(Rows, CheckLinks,
                         testing::Values(LinkRow{"Whole", "https://ci.test/1?a=b#c", "https://ci.test/1?a=b#c"},
                                         LinkRow{"Own", "/acme/config/actions/runs/1", "https://git.acme.test/acme/config/actions/runs/1"},
                                         LinkRow{"None", "", ""}, LinkRow{"Script", "javascript:alert(1)", ""}, LinkRow{"NoScheme", "//evil.test/x", ""},
                                         LinkRow{"SlackLink", "https://x|y>", ""}, LinkRow{"Newline", "https://x\ny", ""}, LinkRow{"Space", "https://x y", ""},
                                         LinkRow{"TooLong", "https://x/" + std::string(3000, 'a'), ""}, LinkRow{"Ftp", "ftp://x", ""}),
                         [](const auto& row) { return row.param.name; });

TEST(Checks, SummariesAreOneShortLine) {
  EXPECT_EQ(check_summary("  12 tests failed\nmore"), "12 tests failed");
  EXPECT_EQ(check_summary("", "timed_out"), "timed out");
  EXPECT_EQ(check_summary("", "failure"), "");
  EXPECT_LE(check_summary(std::string(5000, 'x')).size(), 200U);
  EXPECT_EQ(check_summary("a\x1b[31mb"), "a [31mb");
}

TEST(GiteaChecks, AreRead) {
  const auto read = gitea::parse_checks(R"x({"state":"pending","statuses":[
    {"id":1,"status":"success","target_url":"/acme/config/actions/runs/1/jobs/0","description":"Successful in 5s","context":"ci / build (push)","created_at":"2026-03-01T08:00:00Z","updated_at":"2026-03-01T08:01:00Z"},
    {"id":2,"status":"pending","target_url":"","description":"","context":"lint","created_at":"2026-03-01T08:00:00+01:00","updated_at":"2026-03-01T08:01:00Z"},
    {"id":3,"status":"warning","context":"scan"}, 7, {"context": 5}]})x",
                                        "https://git.acme.test");
  ASSERT_TRUE(read);
  ASSERT_THAT(*read, SizeIs(5));
  EXPECT_EQ(read->at(0).url, "https://git.acme.test/acme/config/actions/runs/1/jobs/0");
  EXPECT_EQ(read->at(0).state, State::Passed);
  EXPECT_EQ(read->at(0).summary, "Successful in 5s");
  EXPECT_EQ(format_time(read->at(0).finished.value()), "2026-03-01T08:01:00Z");
  EXPECT_EQ(read->at(1).state, State::Queued);
  EXPECT_FALSE(read->at(1).finished);
  EXPECT_EQ(format_time(read->at(1).started.value()), "2026-03-01T07:00:00Z");
  EXPECT_EQ(read->at(2).state, State::Failed);
  EXPECT_EQ(read->at(2).summary, "warning");
  EXPECT_THAT(tidy_checks(*read), SizeIs(3));
  EXPECT_THAT(*gitea::parse_checks(R"({"statuses":null})", ""), SizeIs(0));
  EXPECT_FALSE(gitea::parse_checks("[]", ""));
  EXPECT_FALSE(gitea::parse_checks("<html>", ""));
}

TEST(GithubChecks, RunsAndStatusesAreRead) {
  std::vector<Check> all;
  EXPECT_TRUE(github::add_status_checks(
      all,
      R"({"statuses":[{"context":"ci/deploy","state":"error","description":"no runner","target_url":"https://ci.test/1","created_at":"2026-03-01T08:00:00Z","updated_at":"2026-03-01T08:00:01Z"}]})"));
  EXPECT_TRUE(github::add_run_checks(all, R"({"total_count":4,"check_runs":[
    {"name":"build","status":"in_progress","conclusion":null,"html_url":"https://github.com/r/1","started_at":"2026-03-01T08:00:00Z","completed_at":null,"output":{"title":null,"summary":null}},
    {"name":"test","status":"completed","conclusion":"cancelled","details_url":"https://ci.test/2","started_at":"2026-03-01T08:00:00Z","completed_at":"2026-03-01T08:05:00Z","output":{"title":"3 of 9 ran"}},
    {"name":"docs","status":"completed","conclusion":"skipped"}, {"name":"x","status":"waiting"}]})"));
  ASSERT_THAT(all, SizeIs(5));
  EXPECT_EQ(all[0].state, State::Failed);
  EXPECT_EQ(all[0].summary, "no runner");
  EXPECT_EQ(all[1].state, State::Running);
  EXPECT_FALSE(all[1].finished);
  EXPECT_EQ(all[2].state, State::Failed);
  EXPECT_EQ(all[2].summary, "3 of 9 ran");
  EXPECT_EQ(all[2].url, "https://ci.test/2");
  EXPECT_EQ(all[3].state, State::Skipped);
  EXPECT_EQ(all[4].state, State::Queued);
  EXPECT_FALSE(github::add_run_checks(all, "[]"));
  EXPECT_FALSE(github::add_status_checks(all, "no"));
}

TEST(GithubChecks, RequiredAsFarAsItIsKnown) {
  github::BranchRules rules;
  EXPECT_EQ(github::demands(rules, "build"), std::nullopt);
  rules.contexts = {"Build"};
  EXPECT_EQ(github::demands(rules, "build"), true);
  EXPECT_EQ(github::demands(rules, "lint"), std::nullopt);
  rules.contexts_known = true;
  EXPECT_EQ(github::demands(rules, "lint"), false);
}

TEST(GitlabChecks, AreRead) {
  const std::string body =
      R"([{"name":"build","status":"running","allow_failure":false,"target_url":"https://gitlab.test/j/1","started_at":"2026-03-01T08:00:00.123Z","created_at":"2026-03-01T07:59:00Z"},
    {"name":"lint","status":"failed","allow_failure":true,"description":"exit 1","created_at":"2026-03-01T08:00:00Z","finished_at":"2026-03-01T08:02:00Z"},
    {"name":"deploy","status":"manual","allow_failure":false}])";
  const auto read = gitlab::parse_checks(body, true);
  ASSERT_TRUE(read);
  ASSERT_THAT(*read, SizeIs(3));
  EXPECT_EQ(read->at(0).state, State::Running);
  EXPECT_EQ(read->at(0).required, true);
  EXPECT_TRUE(read->at(0).started);
  EXPECT_EQ(read->at(1).state, State::Failed);
  EXPECT_EQ(read->at(1).required, false);
  EXPECT_EQ(read->at(1).summary, "exit 1");
  EXPECT_EQ(read->at(2).state, State::Skipped);
  EXPECT_EQ(read->at(2).required, false);
  EXPECT_EQ(gitlab::parse_checks(body, std::nullopt)->at(0).required, std::nullopt);
  EXPECT_EQ(gitlab::parse_checks(body, false)->at(0).required, false);
  EXPECT_FALSE(gitlab::parse_checks("{}", true));
}

}  // namespace
}  // namespace driftwarden::forge
