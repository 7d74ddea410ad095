#include "bot/change/likely_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace driftwarden {
namespace {

class LikelyKey : public testing::TestWithParam<const char*> {};
TEST_P(LikelyKey, IsHiddenWithoutWhatStandsAround) {
  const std::string text = std::string("before ") + GetParam() + " after";
  EXPECT_TRUE(has_likely_key(text));
  EXPECT_THAT(without_likely_keys(text, "#"), testing::AllOf(testing::StartsWith("before "), testing::EndsWith(" after"), testing::Not(testing::HasSubstr(GetParam()))));
}
INSTANTIATE_TEST_SUITE_P(Table, LikelyKey,
                         testing::Values("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "9f86d081884c7d659a2feaa0c55ad015", "550e8400-e29b-41d4-a716-446655440000", "aB3dE5fG", "x7f9k2m1q8w3",
                                         "dGhpcyBpcyBhIHNlY3JldCB2YWx1ZSE5OTk=", "Zx8Kq2Lm9Rt4Vw7Y", "prod-9f86d081884c7d659a2feaa0c55ad015"));

class NoKey : public testing::TestWithParam<const char*> {};
TEST_P(NoKey, IsShownAsItIs) {
  EXPECT_FALSE(has_likely_key(GetParam()));
  EXPECT_EQ(without_likely_keys(GetParam(), "#"), GetParam());
}
INSTANTIATE_TEST_SUITE_P(Table, NoKey,
                         testing::Values("", "t3.large", "eu-central-1a", "10.0.0.0/16", "arn:aws:iam::123456789012:role/deploy-network", "ami-0abcd1234ef567890", "subnet-1a2b3c4d",
                                         "ghcr.io/acme/checkout:1.5.0", "web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                                         "git::https://github.com/acme/modules.git//vpc?ref=4f2c81a0d3b5e6f708192a3b4c5d6e7f80910a2b", "../../modules/network/v2", "checkout-production-database",
                                         "2026-11-23T01:25:00Z", "AmazonEKSWorkerNodePolicy", "resource \"aws_db_instance\" \"main\" {"));

TEST(LikelyPassword, HasLettersDigitsAndSigns) {
  EXPECT_TRUE(is_likely_password("Xk9!vQ2#pL"));
  for (const auto* text : {"t3.large", "Hello, World 2!", "${var.a}-B2!", "ab1!", "aws:SourceVpc"}) EXPECT_FALSE(is_likely_password(text)) << text;
}

}  // namespace
}  // namespace driftwarden
