// Who may nudge us, and with what; vectors from each forge's own documentation.
#include "bot/web/webhook.hpp"

#include "bot/web/hook_event.hpp"
#include "gitops/base/crypto.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

/// Standard Webhooks' own example: secret, id, time, body and signature.
constexpr const char* kSigningSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr const char* kSigned = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
constexpr const char* kSignedBody = R"({"test": 2432232314})";
constexpr std::int64_t kSignedAt = 1'614'265'330;

class FixedClock final : public Clock {
 public:
  WallTime wall_now() const override { return now; }
  MonoTime mono_now() const override { return {}; }
  asio::awaitable<Result<void>> sleep_until(MonoTime) override { co_return Result<void>{}; }
  WallTime now{std::chrono::seconds(kSignedAt + 60)};
};

using Headers = std::vector<std::pair<std::string, std::string>>;

class WebhookTest : public testing::Test {
 protected:
  WebhookTest() { use("It's a Secret to Everybody"); }
  void use(const std::string& secret) {
    WebParts parts;
    parts.webhook_secret = Secret<std::string>(secret);
    parts.clock = &clock;
    parts.on_git_webhook = [this](const std::vector<std::string>& urls) {
      ++pushes;
      seen_urls = urls;
    };
    parts.on_pull_request = [this](const std::vector<std::string>& urls, std::int64_t number) {
      ++pulls;
      seen_urls = urls;
      seen_number = number;
    };
    parts.on_activity = [this](const std::vector<std::string>& urls, std::int64_t number) {
      ++activities;
      seen_urls = urls;
      seen_number = number;
    };
    handler = make_web_handler(std::move(parts));
  }
  unsigned post(const std::string& body, const Headers& headers) {
    net::ServerRequest request;
    request.method = "POST";
    request.path = "/webhooks/git";
    request.body = body;
    for (const auto& [name, value] : headers) request.headers.set(name, value);
    return test::run(io, handler(std::move(request))).status;
  }

  asio::io_context io;
  FixedClock clock;
  net::ServerHandler handler;
  int pushes = 0;
  int pulls = 0;
  int activities = 0;
  std::vector<std::string> seen_urls;
  std::int64_t seen_number = -1;
};

struct SignatureRow {
  std::string name;
  std::string secret;
  std::string body;
  Headers headers;
  unsigned status;
  friend void PrintTo(const SignatureRow& row, std::ostream* out) { *out << row.name; }
};
class Signatures : public WebhookTest, public testing::WithParamInterface<SignatureRow> {};

TEST_P(Signatures, Decide) {
  const auto& row = GetParam();
  use(row.secret);
  EXPECT_EQ(post(row.body, row.headers), row.status);
  EXPECT_EQ(pushes, row.status == 202 ? 1 : 0);
  EXPECT_EQ(pulls, 0);
}

const std::string kSecret = "It's a Secret to Everybody";
const std::string kHello = "Hello, World!";
const std::string kHelloHmac = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
const Headers kStandard{{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"}, {"webhook-timestamp", std::to_string(kSignedAt)}, {"webhook-signature", kSigned}};

Headers with(Headers headers, const std::string& name, const std::string& value) {
  headers.emplace_back(name, value);
  return headers;
}

INSTANTIATE_TEST_SUITE_P(
    Forges, Signatures,
    testing::Values(
        SignatureRow{"GitHubsVector", kSecret, kHello, {{"X-Hub-Signature-256", "sha256=" + kHelloHmac}}, 202},
        SignatureRow{"GitHubsBodyChanged", kSecret, "Hello, World?", {{"X-Hub-Signature-256", "sha256=" + kHelloHmac}}, 401},
        SignatureRow{"GitHubsOldSha1IsNotEnough", kSecret, kHello, {{"X-Hub-Signature", "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"}}, 401},
        SignatureRow{"Gitea", kSecret, kHello, {{"X-Gitea-Signature", kHelloHmac}}, 202},
        SignatureRow{"GiteaOfAnotherSecret", "another", kHello, {{"X-Gitea-Signature", kHelloHmac}}, 401},
        SignatureRow{"Forgejo", kSecret, kHello, {{"X-Forgejo-Signature", kHelloHmac}}, 202},
        SignatureRow{"ForgejosOwnHeaderIsTheOneThatCounts", kSecret, kHello, {{"X-Forgejo-Signature", "00"}, {"X-Hub-Signature-256", "sha256=" + kHelloHmac}}, 401},
        SignatureRow{"Nonsense", kSecret, kHello, {{"X-Hub-Signature-256", "sha256=zz"}}, 401},
        SignatureRow{"EmptySignature", kSecret, kHello, {{"X-Gitea-Signature", ""}}, 401},
        SignatureRow{"NoHeader", kSecret, kHello, {}, 401},
        SignatureRow{"GitLabsToken", kSecret, kHello, {{"X-Gitlab-Token", kSecret}}, 202},
        SignatureRow{"GitLabsTokenCutShort", kSecret, kHello, {{"X-Gitlab-Token", "It's a Secret to Everybod"}}, 401},
        SignatureRow{"ATokenBesideAWrongHmac", kSecret, kHello, {{"X-Gitea-Signature", "00"}, {"X-Gitlab-Token", kSecret}}, 401},
        SignatureRow{"StandardWebhooksVector", kSigningSecret, kSignedBody, kStandard, 202},
        SignatureRow{"StandardBodyChanged", kSigningSecret, R"({"test": 2432232315})", kStandard, 401},
        SignatureRow{"StandardIdChanged", kSigningSecret, kSignedBody,
                     {{"webhook-id", "msg_other"}, {"webhook-timestamp", std::to_string(kSignedAt)}, {"webhook-signature", kSigned}}, 401},
        SignatureRow{"TheTokenNeverStandsInForTheSignature", kSigningSecret, kSignedBody, {{"X-Gitlab-Token", kSigningSecret}}, 401},
        SignatureRow{"NorBesideAWrongOne", kSigningSecret, "{}", with(kStandard, "X-Gitlab-Token", kSigningSecret), 401},
        SignatureRow{"SeveralSignaturesWhileTheSecretIsRotated", kSigningSecret, kSignedBody,
                     {{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"}, {"webhook-timestamp", std::to_string(kSignedAt)}, {"webhook-signature", std::string("v1,AAAA ") + kSigned}},
                     202},
        SignatureRow{"WithoutASecretAnybodyMayNudge", "", kHello, {}, 202}),
    [](const auto& row) { return row.param.name; });

TEST_F(WebhookTest, AnOldSignatureIsRefused) {
  use(kSigningSecret);
  clock.now += std::chrono::minutes(10);
  EXPECT_EQ(post(kSignedBody, kStandard), 401U);
  EXPECT_EQ(pushes, 0);
}

Headers signed_by(const std::string& body, const std::string& event, const std::string& delivery) {
  return {{"X-Gitea-Signature", hmac_sha256_hex(kSecret, body)}, {"X-Gitea-Event", event}, {"X-Gitea-Delivery", delivery}};
}

TEST_F(WebhookTest, ADeliveryCountsOnce) {
  EXPECT_EQ(post("{}", signed_by("{}", "push", "d-1")), 202U);
  EXPECT_EQ(post("{}", signed_by("{}", "push", "d-1")), 200U);
  EXPECT_EQ(post("{}", signed_by("{}", "push", "d-2")), 200U) << "the id isn't signed: the same bytes under another one are a replay";
  EXPECT_EQ(post("[]", signed_by("[]", "push", "d-1")), 200U);
  EXPECT_EQ(post("[1]", signed_by("[1]", "push", "d-3")), 202U);
  EXPECT_EQ(pushes, 2);
}

TEST_F(WebhookTest, ARefusedDeliveryIsNotRemembered) {
  auto forged = signed_by("{}", "push", "d-1");
  forged.front().second = "00";
  EXPECT_EQ(post("{}", forged), 401U);
  EXPECT_EQ(post("{}", signed_by("{}", "push", "d-1")), 202U);
  EXPECT_EQ(pushes, 1);
}

TEST_F(WebhookTest, WhatIsSignedIsAnsweredWell) {
  EXPECT_EQ(post("{}", signed_by("{}", "ping", "d-1")), 200U);
  EXPECT_EQ(post("no json", signed_by("no json", "wiki", "d-2")), 200U);
  EXPECT_EQ(post("[7]", signed_by("[7]", "pull_request", "d-3")), 202U);
  EXPECT_EQ(pushes, 0);
  EXPECT_EQ(pulls, 1);
}

TEST_F(WebhookTest, EachKindIsToldApart) {
  const std::string body = R"({"pull_request":{"number":7},"repository":{"clone_url":"https://g/a/c.git"}})";
  EXPECT_EQ(post(body, signed_by(body, "pull_request", "d-1")), 202U);
  EXPECT_EQ(seen_number, 7);
  EXPECT_EQ(seen_urls, (std::vector<std::string>{"https://g/a/c.git"}));
  EXPECT_EQ(post("{}", signed_by("{}", "status", "d-2")), 202U);
  EXPECT_EQ(seen_number, 0);
  EXPECT_EQ(pushes, 0);
  EXPECT_EQ(pulls, 1);
  EXPECT_EQ(activities, 1);
}

TEST_F(WebhookTest, WithoutASecretOnlyPushesAreTaken) {
  use("");
  for (const char* event : {"pull_request", "status", "issue_comment", "check_run"}) EXPECT_EQ(post("{}", {{"X-GitHub-Event", event}}), 200U) << event;
  EXPECT_EQ(pulls + activities, 0);
  EXPECT_EQ(post("{}", {{"X-GitHub-Event", "push"}}), 202U);
  EXPECT_EQ(pushes, 1);
}

TEST_F(WebhookTest, TooMuchIsRefusedBeforeItIsLookedAt) {
  const std::string large((25U << 20U) + 1, ' ');
  EXPECT_EQ(post(large, {{"X-Gitea-Signature", "00"}}), 413U);
  EXPECT_EQ(pushes, 0);
}

TEST_F(WebhookTest, OnlyPosts) {
  net::ServerRequest request;
  request.method = "GET";
  request.path = "/webhooks/git";
  EXPECT_EQ(test::run(io, handler(std::move(request))).status, 405U);
}

TEST(SeenDeliveries, ForgetsTheOldest) {
  SeenDeliveries seen(2);
  EXPECT_TRUE(seen.add("a"));
  EXPECT_TRUE(seen.add("b"));
  EXPECT_FALSE(seen.add("a"));
  EXPECT_TRUE(seen.add("c"));
  EXPECT_TRUE(seen.add("a"));
  EXPECT_FALSE(seen.add("c"));
}

struct EventRow {
  std::string name;
  std::string header;
  std::string event;
  std::string body;
  HookEvent::Kind kind;
  std::int64_t number;
  std::vector<std::string> urls;
  friend void PrintTo(const EventRow& row, std::ostream* out) { *out << row.name; }
};
class Events : public testing::TestWithParam<EventRow> {};

TEST_P(Events, AreRead) {
  const auto& row = GetParam();
  net::Headers headers;
  if (!row.header.empty()) headers.set(row.header, row.event);
  const auto event = read_hook_event(headers, row.body);
  EXPECT_EQ(event.kind, row.kind);
  EXPECT_EQ(event.number, row.number);
  EXPECT_EQ(event.urls, row.urls);
}

using Kind = HookEvent::Kind;
const std::string kRepository = R"("repository":{"full_name":"a/c","html_url":"https://g/a/c","ssh_url":"git@g:a/c.git","clone_url":"https://g/a/c.git"})";
const std::vector<std::string> kUrls{"https://g/a/c.git", "git@g:a/c.git", "https://g/a/c"};

INSTANTIATE_TEST_SUITE_P(
    Payloads, Events,
    testing::Values(
        EventRow{"GiteaPush", "X-Gitea-Event", "push", R"({"ref":"refs/heads/main",)" + kRepository + "}", Kind::Push, 0, kUrls},
        EventRow{"GitHubForm", "X-GitHub-Event", "push", "payload=%7B%22repository%22%3A%7B%22clone_url%22%3A%22https%3A%2F%2Fg%2Fa%2Fc.git%22%7D%7D", Kind::Push, 0, {"https://g/a/c.git"}},
        EventRow{"GitLabPush", "X-Gitlab-Event", "Push Hook",
                 R"({"project":{"git_http_url":"https://g/a/c.git","web_url":"https://g/a/c"},"repository":{"homepage":"https://g/a/c"}})", Kind::Push, 0,
                 {"https://g/a/c", "https://g/a/c.git", "https://g/a/c"}},
        EventRow{"NoHeaderIsAPush", "", "", "{" + kRepository + "}", Kind::Push, 0, kUrls},
        EventRow{"GiteaPull", "X-Gitea-Event", "pull_request", R"({"action":"opened","number":7,"pull_request":{"number":7},)" + kRepository + "}", Kind::PullRequest, 7, kUrls},
        EventRow{"GiteaApproval", "X-Gitea-Event", "pull_request_approved", R"({"action":"reviewed","pull_request":{"number":8}})", Kind::PullRequest, 8, {}},
        EventRow{"GiteaComment", "X-Gitea-Event", "issue_comment", R"({"is_pull":true,"issue":{"number":9}})", Kind::Around, 9, {}},
        EventRow{"CommentOnAnIssue", "X-GitHub-Event", "issue_comment", R"({"issue":{"number":9}})", Kind::Around, 0, {}},
        EventRow{"GitHubComment", "X-GitHub-Event", "issue_comment", R"({"issue":{"number":10,"pull_request":{"url":"x"}}})", Kind::Around, 10, {}},
        EventRow{"GitHubReview", "X-GitHub-Event", "pull_request_review", R"({"action":"submitted","review":{"state":"approved"},"pull_request":{"number":11}})", Kind::PullRequest, 11, {}},
        EventRow{"GitHubCheck", "X-GitHub-Event", "check_suite", R"({"check_suite":{"pull_requests":[{"number":12}]}})", Kind::Around, 12, {}},
        EventRow{"GitHubCheckOfAFork", "X-GitHub-Event", "check_suite", R"({"check_suite":{"pull_requests":[]}})", Kind::Around, 0, {}},
        EventRow{"GitHubStatus", "X-GitHub-Event", "status", R"({"sha":"ab"})", Kind::Around, 0, {}},
        EventRow{"GitLabMergeRequest", "X-Gitlab-Event", "Merge Request Hook", R"({"object_kind":"merge_request","object_attributes":{"iid":13,"id":99}})", Kind::PullRequest, 13, {}},
        EventRow{"GitLabNote", "X-Gitlab-Event", "Note Hook", R"({"object_kind":"note","object_attributes":{"id":5},"merge_request":{"iid":14}})", Kind::Around, 14, {}},
        EventRow{"GitLabPipeline", "X-Gitlab-Event", "Pipeline Hook", R"({"object_kind":"pipeline","object_attributes":{"iid":3},"merge_request":{"iid":15}})", Kind::Around, 15, {}},
        EventRow{"Ping", "X-GitHub-Event", "ping", R"({"zen":"x"})", Kind::Other, 0, {}},
        EventRow{"NoJson", "X-Gitea-Event", "push", "hello", Kind::Push, 0, {}}, EventRow{"AList", "", "", "[1]", Kind::Push, 0, {}},
        EventRow{"OddTypes", "X-Gitea-Event", "pull_request", R"({"repository":{"clone_url":7},"project":"x","pull_request":[],"issue":3,"is_pull":"yes","object_kind":4})",
                 Kind::PullRequest, 0, {}}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
