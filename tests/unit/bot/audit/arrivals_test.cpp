#include "bot/audit/arrivals.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

struct MessageRow {
  std::string name;
  std::string message;
  std::optional<std::int64_t> number;
  friend void PrintTo(const MessageRow& row, std::ostream* out) { *out << row.name; }
};
class PullRequestIn : public testing::TestWithParam<MessageRow> {};

TEST_P(PullRequestIn, TheMessage) { EXPECT_EQ(pull_request_in(GetParam().message), GetParam().number); }

INSTANTIATE_TEST_SUITE_P(Messages, PullRequestIn,
                         testing::Values(MessageRow{"AMergeOnGitHub", "Merge pull request #7 from ann/topic\n\nA fix", 7}, MessageRow{"ASquash", "A fix (#12)\n\n* one", 12},
                                         MessageRow{"AMergeOnGitea", "Merge pull request 'A fix' (#3) from topic into main", 3},
                                         MessageRow{"AMergeOnGitLab", "Merge branch 'topic' into 'main'\n\nA fix\n\nSee merge request acme/config!41", 41},
                                         MessageRow{"ATitleThatNamesTwo", "Revert \"A fix (#12)\" (#13)", 13}, MessageRow{"AnIssueInTheText", "A fix\n\nCloses (#5)", std::nullopt},
                                         MessageRow{"NoNumber", "A fix (#x)", std::nullopt}, MessageRow{"TooLong", "A fix (#1234567890123456789012)", std::nullopt},
                                         MessageRow{"Nothing", "", std::nullopt}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
