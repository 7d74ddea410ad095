#include "integrations/forge/forge.hpp"

#include <gtest/gtest.h>

namespace driftwarden::forge {
namespace {

/// GitHub's published vector; Gitea signs the same way.
const std::string kSecret = "It's a Secret to Everybody";
const std::string kBody = "Hello, World!";
const std::string kSignature = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

TEST(Webhook, TakesTheRightSignatureInBothForms) {
  EXPECT_TRUE(verify_webhook(kSecret, kBody, kSignature));
  EXPECT_TRUE(verify_webhook(kSecret, kBody, "sha256=" + kSignature));
}

TEST(Webhook, RefusesTheRest) {
  EXPECT_FALSE(verify_webhook(kSecret, "Hello, World", kSignature));
  EXPECT_FALSE(verify_webhook("another", kBody, kSignature));
  EXPECT_FALSE(verify_webhook(kSecret, kBody, ""));
  EXPECT_FALSE(verify_webhook(kSecret, kBody, "sha256="));
  EXPECT_FALSE(verify_webhook(kSecret, kBody, "sha1=" + kSignature));
  EXPECT_FALSE(verify_webhook(kSecret, kBody, kSignature.substr(1)));
}

TEST(Webhook, WithoutASecretNothingIsSigned) {
  EXPECT_FALSE(verify_webhook("", kBody, "f2b62d9a2ef3a2a17a1a9a5a3a4f4f0f4e4f0d3b2f6a0bb2d8b5a4ec3ffb1e9a"));
  EXPECT_FALSE(verify_webhook("", "", ""));
}

}  // namespace
}  // namespace driftwarden::forge
