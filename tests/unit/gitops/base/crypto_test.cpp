#include "gitops/base/crypto.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace driftwarden {
namespace {

// Vectors: FIPS 180-2 appendix B.1; GitHub's webhook documentation.
TEST(Crypto, KnownVectors) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hmac_sha256_hex("It's a Secret to Everybody", "Hello, World!"), "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
}

TEST(Crypto, Base64RoundTripsAndRefusesNonsense) {
  const std::vector<std::string> texts{"", "a", "ab", "abc", std::string("\0\xff\x10", 3)};
  for (const auto& text : texts) EXPECT_EQ(*base64_decode(base64_encode(text)), text);
  EXPECT_EQ(*base64_decode("aGVs\nbG8="), "hello");
  EXPECT_FALSE(base64_decode("abc"));
  EXPECT_FALSE(base64_decode("a!c="));
}

TEST(Crypto, ConstantTimeEqualIsEqual) {
  EXPECT_TRUE(constant_time_equal("same", "same"));
  EXPECT_FALSE(constant_time_equal("same", "sane"));
  EXPECT_FALSE(constant_time_equal("same", "same "));
}

}  // namespace
}  // namespace driftwarden
