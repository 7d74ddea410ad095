#include "bot/app/audit_trailers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

AuditRow row(std::int64_t seq, std::string hash) { return {.seq = seq, .at = {}, .entry = {}, .previous = {}, .hash = std::move(hash)}; }

TEST(AuditTrailers, AreReadFromTheMessage) {
  EXPECT_THAT(audit_trailers("c1", "sync checkout\n\nRequested-by: alice\nDriftwarden-Audit: 7:abc\r\n"), ElementsAre(AuditTrailer{"c1", 7, "abc"}));
  EXPECT_THAT(audit_trailers("c1", "a squash\n\nDriftwarden-Audit: 7:abc\n\nDriftwarden-Audit: 9:def\n"),
              ElementsAre(AuditTrailer{"c1", 7, "abc"}, AuditTrailer{"c1", 9, "def"}));
  EXPECT_THAT(audit_trailers("c1", "somebody wrote of Driftwarden-Audit: 7:abc\n"), IsEmpty());
  EXPECT_THAT(audit_trailers("c1", "Driftwarden-Audit: seven\n"), ElementsAre(AuditTrailer{"c1", 0, ""}));
}

TEST(AuditTrailers, AgreeWithTheLog) { EXPECT_THAT(compare_trailers({{"c1", 1, "a"}, {"c2", 2, "b"}}, {row(2, "b"), row(1, "a")}), IsEmpty()); }

TEST(AuditTrailers, TellARewrittenLog) {
  const auto faults = compare_trailers({{"4f2c81a99", 1, "a"}, {"c2", 5, "b"}, {"c3", 0, ""}}, {row(1, "x")});
  ASSERT_EQ(faults.size(), 3U);
  EXPECT_EQ(faults[0].seq, 1);
  EXPECT_THAT(faults[0].what, HasSubstr("commit 4f2c81a names another hash"));
  EXPECT_THAT(faults[1].what, HasSubstr("isn't in the log"));
}

TEST(AuditTrailers, ADirectoryThatIsNoRepositoryIsAnError) { EXPECT_FALSE(read_audit_trailers("/proc/nowhere", "main")); }

}  // namespace
}  // namespace driftwarden
