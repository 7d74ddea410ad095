// The whole examination, in a world that is well and in one that isn't.
#include "bot/doctor/doctor.hpp"

#include "bot/config/gate_rules.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"
#include "tests/unit/bot/doctor/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class DoctorTest : public testing::Test {
 protected:
  DoctorTest() : clock(io) {
    config.file = "/etc/driftwarden/driftwarden.yaml";
    config.storage.path = "/var/lib/driftwarden/driftwarden.db";
    for (const auto rule : kBuiltInRules) config.gates.built_in[std::string(rule)] = GateEffect::Off;
    RepositoryConfig repository;
    repository.name = "config";
    repository.url = "https://git.acme.example/acme/config.git";
    config.repositories.push_back(repository);
    App app;
    app.name = "checkout";
    app.render = RenderKind::Helm;
    app.channel = "#shop-prod";
    config.apps.push_back(app);
    storage.directory = "/var/lib/driftwarden";
    storage.exists = true;
    storage.free_bytes = 8ULL << 30U;
    storage.database = true;
    storage.in_use = true;
    rights.cluster = "prod-eu";
    rights.everywhere.read = {{"apps", {"deployments"}, {}, {"list", "watch"}}};
    rights.namespaces["shop"].write = {{"apps", {"deployments"}, {"checkout"}, {"create", "patch"}}};
    rights.namespaces["shop"].read = {{"", {"pods/log"}, {}, {"get"}}};
  }

  DoctorFindings look() {
    DoctorParts parts;
    parts.executor = io.get_executor();
    parts.clock = &clock;
    parts.config = &config;
    parts.slack = &slack;
    ClusterCheck check;
    check.name = "prod-eu";
    check.config_file = "driftwarden.yaml";
    check.probe = &cluster;
    check.rights = rights;
    parts.clusters.push_back(check);
    RepositoryCheck repository;
    repository.repository = &config.repositories.front();
    repository.forge = &forge;
    repository.git = [this](bool push) { return git(push); };
    parts.repositories.push_back(repository);
    parts.ask_tool = [this](std::string program, std::vector<std::string>) { return tool(std::move(program)); };
    parts.look_at_storage = [this] { return facts(); };
    parts.missing_for_fence = missing_for_fence;
    return test::run(io, examine(std::move(parts)));
  }

  asio::awaitable<Result<void>> git(bool push) {
    if (push && push_fails) co_return *push_fails;
    co_return Result<void>{};
  }
  asio::awaitable<Result<std::string>> tool(std::string program) {
    const auto found = tools.find(program);
    if (found == tools.end()) co_return Error{ErrorKind::NotFound, program};
    co_return found->second;
  }
  asio::awaitable<StorageFacts> facts() { co_return storage; }

  asio::io_context io;
  test::ManualClock clock;
  Config config;
  ClusterRights rights;
  StorageFacts storage;
  test::DoctorSlack slack;
  test::DoctorForge forge;
  test::DoctorCluster cluster;
  std::optional<Error> push_fails;
  std::map<std::string, std::string> tools{{"helm", "v3.19.0+g3d8990f\nmore"}};
  std::string missing_for_fence;
};

TEST_F(DoctorTest, AllIsWell) {
  const auto findings = look();
  EXPECT_EQ(exit_code_of(findings), 0);
  test::expect_golden("doctor/well.txt", findings_text(findings));
  test::expect_golden("doctor/well.json", findings_json(findings));
}

TEST_F(DoctorTest, EachRightIsAskedForOnce) {
  look();
  EXPECT_THAT(cluster.asked, testing::ElementsAre("list deployments.apps", "watch deployments.apps", "get pods/log in namespace shop", "create deployments.apps in namespace shop",
                                                  "patch deployments.apps checkout in namespace shop"));
}

TEST_F(DoctorTest, EverythingThatCanBeWrongIsToldWithItsFix) {
  slack.scopes = {"chat:write", "app_mentions:read", "channels:history", "channels:read", "commands", "files:write", "groups:history", "im:history", "im:write", "users:read", "admin"};
  slack.clock_ahead = -90s;
  slack.socket_fails = Error{ErrorKind::Denied, "Slack's apps.connections.open: missing_scope"};
  slack.unknown = {"#shop-prod"};
  slack.strange = {"#gitops"};
  slack.archived = {"#driftwarden"};
  cluster.clock_ahead = 20s;
  cluster.refused = {"watch deployments.apps", "patch deployments.apps checkout in namespace shop"};
  forge.may.push = false;
  forge.may.pull_requests = false;
  forge.required = std::optional<bool>(false);
  push_fails = Error{ErrorKind::Denied, "https://git.acme.example/acme/config.git does not allow this with the credentials given"};
  tools.clear();
  storage.exists = false;
  storage.why_not_writable = "it isn't there, and / can't be written: Permission denied";
  storage.free_bytes = 10ULL << 20U;
  storage.trouble = "the database /var/lib/driftwarden/driftwarden.db is damaged (row 7 missing)";
  missing_for_fence = "this kernel has no Landlock";
  config.tools.fence = FenceMode::Required;
  const auto findings = look();
  EXPECT_EQ(exit_code_of(findings), 1);
  test::expect_golden("doctor/broken.txt", findings_text(findings));
}

TEST_F(DoctorTest, WhatCannotBeAskedIsSkipped) {
  slack.auth_fails = Error{ErrorKind::Denied, "Slack's auth.test: invalid_auth: check the token"};
  cluster.hello_fails = Error{ErrorKind::Unavailable, "can't connect to 10.0.0.1:6443: connection refused"};
  forge.token_fails = Error{ErrorKind::Denied, "Gitea: GET /user: 401"};
  const auto findings = look();
  EXPECT_EQ(exit_code_of(findings), 1);
  test::expect_golden("doctor/unreachable.txt", findings_text(findings));
}

TEST_F(DoctorTest, AConfigWithMistakesEndsIt) {
  const auto findings = findings_of_mistakes({{"c.yaml", 3, 5, "unknown key \"branhc\"", "\"branch\""}});
  EXPECT_EQ(exit_code_of(findings), 1);
  EXPECT_THAT(findings_text(findings), HasSubstr("problem  c.yaml:3:5: unknown key \"branhc\"\n           -> expected \"branch\""));
}

TEST_F(DoctorTest, NothingFromOutsideForgesALine) {
  cluster.hello_fails = Error{ErrorKind::Unavailable, "no\n  ok       all is well"};
  EXPECT_THAT(findings_text(look()), testing::Not(HasSubstr("\n  ok       all is well")));
}

TEST_F(DoctorTest, SilenceHasABound) {
  struct Silent final : ClusterProbe {
    explicit Silent(Clock& given) : clock(given) {}
    Clock& clock;
    asio::awaitable<Result<ServerFacts>> hello() override {
      auto slept = co_await clock.sleep_for(1h);
      if (!slept) co_return slept.error();
      co_return ServerFacts{};
    }
    asio::awaitable<Result<bool>> may(AccessQuestion) override { co_return false; }
  } silent(clock);
  ClusterCheck check;
  check.name = "prod-eu";
  check.probe = &silent;
  std::optional<DoctorFindings> found;
  asio::co_spawn(io, check_cluster(clock, check), [&](std::exception_ptr, DoctorFindings findings) { found = std::move(findings); });
  clock.advance(9s);
  EXPECT_FALSE(found);
  clock.advance(2s);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->front().what, "no answer within 10 s");
}

}  // namespace
}  // namespace driftwarden
