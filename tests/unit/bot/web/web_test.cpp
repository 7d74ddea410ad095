#include "bot/web/web.hpp"

#include "gitops/base/crypto.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::HasSubstr;

class WebTest : public testing::Test {
 protected:
  net::ServerReply ask(const std::string& method, const std::string& path, const std::string& body = "", const std::string& header = "", const std::string& value = "") {
    WebParts parts;
    parts.webhook_secret = Secret<std::string>(secret);
    parts.on_git_webhook = [this](const std::vector<std::string>& urls) {
      ++nudges;
      pushed = urls;
    };
    parts.not_ready = [this] { return missing; };
    parts.gauges = [] { return std::map<std::string, double>{{"apps", 6}, {"apps_out_of_sync", 2}, {"renders_total", 7}}; };
    net::ServerRequest request;
    request.method = method;
    request.path = path;
    request.body = body;
    if (!header.empty()) request.headers.set(header, value);
    const auto handler = make_web_handler(std::move(parts));
    return test::run(io, handler(std::move(request)));
  }
  asio::io_context io;
  std::string secret = "s3cret";
  std::string missing;
  int nudges = 0;
  std::vector<std::string> pushed;
};

TEST_F(WebTest, LivesWhileItRuns) {
  EXPECT_EQ(ask("GET", "/healthz").status, 200U);
  EXPECT_EQ(ask("HEAD", "/healthz").status, 200U);
  EXPECT_EQ(ask("POST", "/healthz").status, 405U);
}

TEST_F(WebTest, SaysWhatIsMissing) {
  EXPECT_EQ(ask("GET", "/readyz").status, 200U);
  missing = "Slack's socket is not open";
  const auto reply = ask("GET", "/readyz");
  EXPECT_EQ(reply.status, 503U);
  EXPECT_EQ(reply.body, "Slack's socket is not open\n");
}

TEST_F(WebTest, MetricsAreInPrometheusForm) {
  const auto reply = ask("GET", "/metrics");
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.body, "# TYPE driftwarden_apps gauge\ndriftwarden_apps 6\n# TYPE driftwarden_apps_out_of_sync gauge\ndriftwarden_apps_out_of_sync 2\n"
            "# TYPE driftwarden_renders_total counter\ndriftwarden_renders_total 7\n");
}

TEST_F(WebTest, NothingElseIsThere) { EXPECT_EQ(ask("GET", "/").status, 404U); }

struct WebhookRow {
  std::string name;
  std::string header;
  std::string value;
  unsigned status;
  friend void PrintTo(const WebhookRow& row, std::ostream* out) { *out << row.name; }
};
class Webhook : public WebTest, public testing::WithParamInterface<WebhookRow> {};
constexpr const char* kBody = R"({"ref":"refs/heads/main"})";

TEST_P(Webhook, NudgesOnlyWhenSigned) {
  const auto& row = GetParam();
  auto value = row.value;
  if (value == "right") value = hmac_sha256_hex(secret, kBody);
  if (value == "sha256=right") value = "sha256=" + hmac_sha256_hex(secret, kBody);
  if (value == "of another secret") value = hmac_sha256_hex("other", kBody);
  EXPECT_EQ(ask("POST", "/webhooks/git", kBody, row.header, value).status, row.status);
  EXPECT_EQ(nudges, row.status == 202 ? 1 : 0);
}
INSTANTIATE_TEST_SUITE_P(Signatures, Webhook,
                         testing::Values(WebhookRow{"Gitea", "X-Gitea-Signature", "right", 202}, WebhookRow{"Forgejo", "X-Forgejo-Signature", "right", 202},
                                         WebhookRow{"GitHub", "X-Hub-Signature-256", "sha256=right", 202}, WebhookRow{"GitLab", "X-Gitlab-Token", "s3cret", 202},
                                         WebhookRow{"AnotherGitLab", "X-Gitlab-Token", "s3cre", 401}, WebhookRow{"AnotherSecret", "X-Gitea-Signature", "of another secret", 401},
                                         WebhookRow{"Nonsense", "X-Hub-Signature-256", "sha256=zz", 401}, WebhookRow{"Empty", "X-Gitea-Signature", "", 401},
                                         WebhookRow{"Missing", "", "", 401}),
                         [](const auto& row) { return row.param.name; });

struct PushRow {
  std::string name;
  std::string body;
  std::vector<std::string> urls;
  friend void PrintTo(const PushRow& row, std::ostream* out) { *out << row.name; }
};
class Pushes : public WebTest, public testing::WithParamInterface<PushRow> {};
TEST_P(Pushes, NameTheRepository) {
  secret.clear();
  EXPECT_EQ(ask("POST", "/webhooks/git", GetParam().body).status, 202U);
  EXPECT_EQ(nudges, 1);
  EXPECT_EQ(pushed, GetParam().urls);
}
INSTANTIATE_TEST_SUITE_P(
    Payloads, Pushes,
    testing::Values(PushRow{"Gitea", R"({"ref":"refs/heads/main","repository":{"full_name":"a/c","html_url":"https://g/a/c","ssh_url":"git@g:a/c.git","clone_url":"https://g/a/c.git"}})",
                            {"https://g/a/c.git", "git@g:a/c.git", "https://g/a/c"}},
                    PushRow{"GitHubForm", "payload=%7B%22repository%22%3A%7B%22clone_url%22%3A%22https%3A%2F%2Fg%2Fa%2Fc.git%22%7D%7D", {"https://g/a/c.git"}},
                    PushRow{"GitLab", R"({"project":{"git_http_url":"https://g/a/c.git","web_url":"https://g/a/c"},"repository":{"homepage":"https://g/a/c"}})",
                            {"https://g/a/c", "https://g/a/c.git", "https://g/a/c"}},
                    PushRow{"NoJson", "hello", {}}, PushRow{"AList", "[1]", {}}, PushRow{"OddTypes", R"({"repository":{"clone_url":7},"project":"x"})", {}}),
    [](const auto& row) { return row.param.name; });

TEST_F(WebTest, AChangedBodyDoesNotMatch) {
  EXPECT_EQ(ask("POST", "/webhooks/git", "{}", "X-Gitea-Signature", hmac_sha256_hex(secret, kBody)).status, 401U);
  EXPECT_EQ(nudges, 0);
}

TEST_F(WebTest, WithoutASecretANudgeIsTakenUnsigned) {
  secret.clear();
  EXPECT_EQ(ask("POST", "/webhooks/git", kBody).status, 202U);
  EXPECT_EQ(ask("GET", "/webhooks/git").status, 405U);
  EXPECT_EQ(nudges, 1);
}

}  // namespace
}  // namespace driftwarden
