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

TEST(Webhook, GitlabsTokenIsTheSecretItself) {
  EXPECT_TRUE(verify_webhook_token("s3cret", "s3cret"));
  EXPECT_FALSE(verify_webhook_token("s3cret", "s3cret "));
  EXPECT_FALSE(verify_webhook_token("s3cret", ""));
  EXPECT_FALSE(verify_webhook_token("", ""));
}

/// The vector of the Standard Webhooks libraries.
const std::string kStandardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const std::string kStandardBody = R"({"test": 2432232314})";
const std::string kStandardSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const SignedHook kHook{"msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", kStandardSignature};
const WallTime kSent{std::chrono::seconds(1614265330)};

TEST(StandardWebhook, TakesTheRightSignatureAmongSeveral) {
  EXPECT_TRUE(verify_standard_webhook(kStandardSecret, kStandardBody, kHook, kSent));
  const auto several = "v1,AAAA v1a,BBBB " + kStandardSignature;
  auto hook = kHook;
  hook.signatures = several;
  EXPECT_TRUE(verify_standard_webhook(kStandardSecret, kStandardBody, hook, kSent));
}

TEST(StandardWebhook, RefusesOldAndFutureTimes) {
  using namespace std::chrono_literals;
  EXPECT_TRUE(verify_standard_webhook(kStandardSecret, kStandardBody, kHook, kSent + 5min));
  EXPECT_FALSE(verify_standard_webhook(kStandardSecret, kStandardBody, kHook, kSent + 5min + 1s));
  EXPECT_FALSE(verify_standard_webhook(kStandardSecret, kStandardBody, kHook, kSent - 5min - 1s));
  auto hook = kHook;
  for (const char* timestamp : {"", "x", "1614265330x", "-1", "99999999999999999999", "9223372036854775807", "1614265331"}) {
    hook.timestamp = timestamp;
    EXPECT_FALSE(verify_standard_webhook(kStandardSecret, kStandardBody, hook, kSent)) << timestamp;
  }
}

TEST(StandardWebhook, RefusesTheRest) {
  EXPECT_FALSE(verify_standard_webhook("whsec_AAAA", kStandardBody, kHook, kSent));
  EXPECT_FALSE(verify_standard_webhook("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", kStandardBody, kHook, kSent));
  EXPECT_FALSE(verify_standard_webhook("whsec_", kStandardBody, kHook, kSent));
  EXPECT_FALSE(verify_standard_webhook("whsec_!!!!", kStandardBody, kHook, kSent));
  EXPECT_FALSE(verify_standard_webhook("", kStandardBody, kHook, kSent));
  EXPECT_FALSE(verify_standard_webhook(kStandardSecret, kStandardBody + " ", kHook, kSent));
  auto hook = kHook;
  hook.id = "msg_other";
  EXPECT_FALSE(verify_standard_webhook(kStandardSecret, kStandardBody, hook, kSent));
  const auto unversioned = kStandardSignature.substr(3);
  hook = kHook;
  hook.signatures = unversioned;
  EXPECT_FALSE(verify_standard_webhook(kStandardSecret, kStandardBody, hook, kSent));
  hook.signatures = "";
  EXPECT_FALSE(verify_standard_webhook(kStandardSecret, kStandardBody, hook, kSent));
}

}  // namespace
}  // namespace driftwarden::forge
