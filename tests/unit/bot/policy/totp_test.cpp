#include "bot/policy/totp.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

/// "12345678901234567890", as in RFC 6238's appendix B.
const Secret<std::string> kSecret{"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"};

WallTime at(std::int64_t seconds) { return WallTime{std::chrono::seconds{seconds}}; }

struct TotpRow {
  std::int64_t seconds;
  std::string code;  ///< the last six of the eight digits given there
};
class TotpVectors : public testing::TestWithParam<TotpRow> {};
TEST_P(TotpVectors, AreThoseOfTheRfc) { EXPECT_EQ(match_totp(kSecret, GetParam().code, at(GetParam().seconds), 0), GetParam().seconds / 30); }
INSTANTIATE_TEST_SUITE_P(Rfc6238, TotpVectors,
                         testing::Values(TotpRow{59, "287082"}, TotpRow{1111111109, "081804"}, TotpRow{1111111111, "050471"}, TotpRow{1234567890, "005924"},
                                         TotpRow{2000000000, "279037"}, TotpRow{20000000000, "353130"}));

TEST(Totp, TheStepBeforeAndAfterWillDo) {
  EXPECT_EQ(match_totp(kSecret, "081804", at(1111111109), 0), 37037036);
  EXPECT_EQ(match_totp(kSecret, "081804", at(1111111109 + 30), 0), 37037036);
  EXPECT_EQ(match_totp(kSecret, "081804", at(1111111109 - 30), 0), 37037036);
  EXPECT_EQ(match_totp(kSecret, "081804", at(1111111109 + 61), 0), std::nullopt);
  EXPECT_EQ(match_totp(kSecret, "081804", at(1111111109 - 61), 0), std::nullopt);
}

TEST(Totp, ACodeIsGoodOnce) {
  const auto step = match_totp(kSecret, "081804", at(1111111109), 0);
  ASSERT_TRUE(step);
  EXPECT_EQ(match_totp(kSecret, "081804", at(1111111109), *step), std::nullopt);
  EXPECT_EQ(match_totp(kSecret, "081804", at(1111111109), *step - 1), step);
  EXPECT_EQ(match_totp(kSecret, "081804", at(1111111109), *step + 1), std::nullopt) << "an older one than the last isn't either";
}

TEST(Totp, OtherTextsAreNoCodes) {
  for (const auto* code : {"", "81804", "0081804", "08180a", "287083", "-81804", "٢٨٧٠٨٢"}) EXPECT_EQ(match_totp(kSecret, code, at(1111111109), 0), std::nullopt) << code;
  EXPECT_TRUE(match_totp(kSecret, " 081 804 ", at(1111111109), 0)) << "as apps show it";
}

TEST(Totp, SecretsAreReadAsAppsGiveThem) {
  EXPECT_TRUE(match_totp(Secret<std::string>{"gezd gnbv gy3t qojq gezd gnbv gy3t qojq"}, "081804", at(1111111109), 0));
  EXPECT_FALSE(match_totp(Secret<std::string>{"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1"}, "081804", at(1111111109), 0));
  EXPECT_FALSE(match_totp(Secret<std::string>{""}, "081804", at(1111111109), 0));
}

TEST(Totp, BadSecretsAreToldWithoutThem) {
  EXPECT_TRUE(check_totp_secret(kSecret));
  EXPECT_TRUE(check_totp_secret(Secret<std::string>{"JBSWY3DPEHPK3PXP"})) << "ten bytes";
  const auto wrong = check_totp_secret(Secret<std::string>{"not-base32!"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::InvalidInput);
  EXPECT_EQ(wrong.error().message.find("not-base32"), std::string::npos);
  EXPECT_FALSE(check_totp_secret(Secret<std::string>{"JBSWY3DP"}));
}

}  // namespace
}  // namespace driftwarden
