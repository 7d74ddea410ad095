#include "bot/web/web.hpp"

#include "tests/support/run.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

class WebTest : public testing::Test {
 protected:
  net::ServerReply ask(const std::string& method, const std::string& path) {
    WebParts parts;
    parts.not_ready = [this] { return missing; };
    parts.trouble = [this] { return trouble; };
    parts.more_metrics = [this] { return more; };
    parts.gauges = [] { return std::map<std::string, double>{{"apps", 6}, {"apps_out_of_sync", 2}, {"renders_total", 7}}; };
    net::ServerRequest request;
    request.method = method;
    request.path = path;
    const auto handler = make_web_handler(std::move(parts));
    return test::run(io, handler(std::move(request)));
  }
  asio::io_context io;
  std::string missing;
  std::string trouble;
  std::string more;
};

TEST_F(WebTest, LivesWhileItRuns) {
  EXPECT_EQ(ask("GET", "/healthz").status, 200U);
  EXPECT_EQ(ask("HEAD", "/healthz").status, 200U);
  EXPECT_EQ(ask("POST", "/healthz").status, 405U);
}

TEST_F(WebTest, SaysWhyARestartWouldHelp) {
  trouble = "the database is damaged: put a backup in its place";
  const auto reply = ask("GET", "/healthz");
  EXPECT_EQ(reply.status, 503U);
  EXPECT_EQ(reply.body, "the database is damaged: put a backup in its place\n");
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

TEST_F(WebTest, MoreMetricsFollow) {
  more = "# HELP x X.\n# TYPE x gauge\nx 1\n";
  const auto reply = ask("GET", "/metrics");
  EXPECT_TRUE(reply.body.ends_with("driftwarden_renders_total 7\n# HELP x X.\n# TYPE x gauge\nx 1\n"));
  EXPECT_EQ(reply.headers.find("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
}

TEST_F(WebTest, NothingElseIsThere) { EXPECT_EQ(ask("GET", "/").status, 404U); }

}  // namespace
}  // namespace driftwarden
