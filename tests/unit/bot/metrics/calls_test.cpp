#include "bot/metrics/calls.hpp"

#include "tests/support/prometheus.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

/// Answers with this status; 0 = no answer.
class Answering final : public net::HttpClient {
 public:
  explicit Answering(unsigned status, ErrorKind otherwise = ErrorKind::Unavailable) : status_(status), otherwise_(otherwise) {}
  asio::awaitable<Result<net::HttpResponse>> send(net::HttpRequest) override {
    if (status_ == 0) co_return Error{otherwise_, "no connection"};
    net::HttpResponse response;
    response.status = status_;
    co_return response;
  }
  asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> open_stream(net::HttpRequest) override { co_return Error{otherwise_, "no connection"}; }

 private:
  unsigned status_;
  ErrorKind otherwise_;
};

CallTargets targets() {
  CallTargets all;
  all.add("https://slack.com/api/", "slack");
  all.add("https://git.acme.example:3000/api/v1", "forge");
  all.add("https://git.acme.example:3000", "registry");
  return all;
}

TEST(CallTargetsTest, KnowsThemByTheirHostAndGitByItsPaths) {
  const auto all = targets();
  EXPECT_EQ(all.of("https://slack.com/api/chat.postMessage"), "slack");
  EXPECT_EQ(all.of("https://git.acme.example:3000/api/v1/repos/a/b"), "forge");
  EXPECT_EQ(all.of("https://git.acme.example:3000/a/b.git/info/refs?service=git-upload-pack"), "git");
  EXPECT_EQ(all.of("https://git.acme.example:3000/a/b.git/git-receive-pack"), "git");
  EXPECT_EQ(all.of("https://files.slack.com/upload/x"), "other");
  EXPECT_EQ(all.of("nonsense"), "other");
}

TEST(CallCountsTest, CountsByOutcome) {
  asio::io_context io;
  CallCounts counts;
  for (const unsigned status : {200U, 302U, 404U, 429U, 503U, 0U}) {
    const auto client = counted(std::make_unique<Answering>(status), counts, targets());
    net::HttpRequest request("GET", "https://slack.com/api/x");
    (void)test::run(io, client->send(std::move(request)));
  }
  EXPECT_EQ(counts.of("slack", "ok"), 2U);
  EXPECT_EQ(counts.of("slack", "refused"), 1U);
  EXPECT_EQ(counts.of("slack", "limited"), 1U);
  EXPECT_EQ(counts.of("slack", "failed"), 1U);
  EXPECT_EQ(counts.of("slack", "unreachable"), 1U);
  MetricText text;
  counts.write(text);
  const auto read = test::read_prometheus(text.text());
  EXPECT_THAT(read.faults, testing::IsEmpty());
  EXPECT_EQ(read.at(R"(driftwarden_calls_total{target="slack",outcome="ok"})"), 2);
}

TEST(CallCountsTest, WhatWeCancelIsNobodysFault) {
  asio::io_context io;
  CallCounts counts;
  const auto client = counted(std::make_unique<Answering>(0, ErrorKind::Cancelled), counts, targets());
  net::HttpRequest request("GET", "https://slack.com/api/x");
  (void)test::run(io, client->open_stream(std::move(request)));
  EXPECT_EQ(counts.of("slack", "unreachable"), 0U);
}

}  // namespace
}  // namespace driftwarden
