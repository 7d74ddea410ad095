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

// Test case 14 of the GCM specification.
TEST(Crypto, AesGcmIsWhatTheSpecificationSays) {
  const std::string key(32, '\0');
  const std::string nonce(12, '\0');
  const std::string plain(16, '\0');
  const std::string expected("\xce\xa7\x40\x3d\x4d\x60\x6b\x6e\x07\x4e\xc5\xd3\xba\xf3\x9d\x18\xd0\xd1\xc8\xa7\x99\x99\x6b\xf0\x26\x5b\x98\xb5\xd4\x8a\xb9\x19", 32);
  EXPECT_EQ(*aes_gcm_seal(key, nonce, "", plain), expected);
  EXPECT_EQ(*aes_gcm_open(key, nonce, "", expected), plain);
}

TEST(Crypto, AesGcmOpensOnlyWhatWasSealed) {
  const auto key = derive_key("secret", "test");
  const std::string nonce(12, 'n');
  for (const auto& plain : {std::string(), std::string("text"), std::string(100'000, 'x')}) {
    const auto sealed = *aes_gcm_seal(key, nonce, "header", plain);
    EXPECT_EQ(*aes_gcm_open(key, nonce, "header", sealed), plain);
    EXPECT_FALSE(aes_gcm_open(derive_key("secret", "other"), nonce, "header", sealed));
    EXPECT_FALSE(aes_gcm_open(key, std::string(12, 'm'), "header", sealed));
    EXPECT_FALSE(aes_gcm_open(key, nonce, "another", sealed));
    EXPECT_FALSE(aes_gcm_open(key, nonce, "header", std::string_view(sealed).substr(0, sealed.size() - 1)));
    for (const auto at : {std::size_t{0}, sealed.size() / 2, sealed.size() - 1}) {
      auto flipped = sealed;
      flipped[at] = static_cast<char>(flipped[at] ^ 1);
      EXPECT_FALSE(aes_gcm_open(key, nonce, "header", flipped));
    }
  }
  EXPECT_FALSE(aes_gcm_seal("short", nonce, "", "x"));
  EXPECT_FALSE(aes_gcm_open(key, nonce, "", "short"));
}

TEST(Crypto, ConstantTimeEqualIsEqual) {
  EXPECT_TRUE(constant_time_equal("same", "same"));
  EXPECT_FALSE(constant_time_equal("same", "sane"));
  EXPECT_FALSE(constant_time_equal("same", "same "));
}

}  // namespace
}  // namespace driftwarden
