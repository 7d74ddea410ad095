#include "bot/terminal/audit_trailers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Hashes = std::map<std::int64_t, std::string>;

TEST(AuditTrailers, AreReadFromTheMessage) {
  EXPECT_THAT(audit_trailers("c1", "sync checkout\n\nRequested-by: alice\nDriftwarden-Audit: 7:abc:i1\r\n"), ElementsAre(AuditTrailer{"c1", {7, "abc", "i1"}}));
  EXPECT_THAT(audit_trailers("c1", "a squash\n\nDriftwarden-Audit: 7:abc\n\nDriftwarden-Audit: 9:def\n"),
              ElementsAre(AuditTrailer{"c1", {7, "abc", ""}}, AuditTrailer{"c1", {9, "def", ""}}));
  EXPECT_THAT(audit_trailers("c1", "somebody wrote of Driftwarden-Audit: 7:abc\n"), IsEmpty());
  EXPECT_EQ(audit_trailers("c1", "Driftwarden-Audit: seven\n").front().mark.seq, 0);
}

TEST(AuditTrailers, AgreeWithTheLog) {
  const auto verdict = compare_trailers({{"c1", {1, "a", ""}}, {"c2", {2, "b", "mine"}}, {"c3", {7, "z", "theirs"}}}, Hashes{{2, "b"}, {1, "a"}}, "mine");
  EXPECT_THAT(verdict.faults, IsEmpty());
  EXPECT_EQ(verdict.compared, 2U);
  EXPECT_EQ(verdict.others.at("theirs"), 1U) << "another instance's commits prove nothing of this log";
}

TEST(AuditTrailers, TellARewrittenLog) {
  const auto faults = compare_trailers({{"4f2c81a99", {1, "a", "mine"}}, {"c2", {5, "b", "mine"}}, {"c3", {0, "", ""}}}, Hashes{{1, "x"}}, "mine").faults;
  ASSERT_EQ(faults.size(), 3U);
  EXPECT_EQ(faults[0].seq, 1);
  EXPECT_THAT(faults[0].what, HasSubstr("commit 4f2c81a names another hash"));
  EXPECT_THAT(faults[1].what, HasSubstr("isn't in the log"));
}

TEST(AuditTrailers, TellAReplacedLog) {
  const auto faults = compare_trailers({{"c1", {1, "a", "theirs"}}}, Hashes{{1, "a"}}, "mine").faults;
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_THAT(faults[0].what, HasSubstr("it was replaced"));
  const std::vector<AuditTrailer> both{{"c1", {1, "a", "theirs"}}, {"c2", {1, "a", "mine"}}};
  EXPECT_THAT(compare_trailers(both, Hashes{{1, "a"}}, "mine").faults, IsEmpty()) << "instances may share a repository";
  EXPECT_THAT(compare_trailers(both, Hashes{{1, "a"}}, "mine", true).faults, testing::SizeIs(1)) << "unless one knows that they don't";
}

TEST(AuditTrailers, ADirectoryThatIsNoRepositoryIsAnError) { EXPECT_FALSE(read_audit_trailers("/proc/nowhere", "main")); }

}  // namespace
}  // namespace driftwarden
