// The forge as its embedder uses it; what clients see is in tests/contract/forge.
#include "integrations/sandbox/forge/forge_server.hpp"
#include "tests/support/run.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace driftwarden::sandbox {
namespace {

using nlohmann::json;
using test::run;

const ForgeUser kAlice{"alice", "alice@acme.test", "token-a"};
const ForgeUser kWarden{"warden", "warden@acme.test", "token-w"};

class ForgeServerTest : public testing::Test {
 protected:
  ForgeServerTest() {
    options.directory = (std::filesystem::temp_directory_path() / ("driftwarden-forge-unit-" + std::to_string(::getpid()))).string();
    options.prefix = "/forge";
    options.base_url = "http://127.0.0.1:1/forge";
    options.users = {kAlice, kWarden};
    std::filesystem::remove_all(options.directory);
    forge = start();
  }
  ~ForgeServerTest() override {
    if (forge) run(io, forge->stop());
    std::filesystem::remove_all(options.directory);
  }
  std::unique_ptr<ForgeServer> start() {
    auto made = create_forge_server(io.get_executor(), clock, *random, options);
    EXPECT_TRUE(made) << made.error().message;
    return made ? std::move(*made) : nullptr;
  }
  void create() {
    auto made = forge->create_repository("acme/config", {{"a.txt", "one\n"}, {"dir/b.txt", ""}}, kAlice);
    ASSERT_TRUE(made) << made.error().message;
  }
  net::ServerReply call(const std::string& method, const std::string& path, const std::string& body = {}, const std::string& token = {}) {
    net::ServerRequest request;
    request.method = method;
    request.raw_path = request.path = path;
    request.body = body;
    request.headers.set("Host", "127.0.0.1:1");
    if (!token.empty()) request.headers.set("Authorization", "token " + token);
    return run(io, forge->handle(std::move(request)));
  }
  json get(const std::string& path) { return json::parse(call("GET", "/forge/api/v1" + path).body); }

  asio::io_context io;
  SystemClock clock;
  std::unique_ptr<Random> random = create_seeded_random(1);
  ForgeServerOptions options;
  std::unique_ptr<ForgeServer> forge;
};

TEST_F(ForgeServerTest, HoldsWhatWasPutIn) {
  create();
  EXPECT_EQ(forge->read_file("acme/config", "a.txt").value(), "one\n");
  EXPECT_EQ(forge->read_file("acme/config", "dir/b.txt").value(), "");
  const auto pushed = forge->push_file("acme/config", "dir/c.txt", "three\n", kWarden, "Add c\n\nwhy");
  ASSERT_TRUE(pushed) << pushed.error().message;
  EXPECT_EQ(forge->read_file("acme/config", "dir/c.txt").value(), "three\n");
  const auto commits = get("/repos/acme/config/commits");
  ASSERT_EQ(commits.size(), 2U);
  EXPECT_EQ(commits[0].at("sha"), *pushed);
  EXPECT_EQ(commits[0].at("author").at("login"), "warden");
  EXPECT_EQ(commits[0].at("commit").at("message"), "Add c\n\nwhy\n");
}

TEST_F(ForgeServerTest, AfterARestartAllIsThere) {
  create();
  run(io, forge->stop());
  forge = start();
  ASSERT_TRUE(forge);
  EXPECT_EQ(forge->read_file("acme/config", "a.txt").value(), "one\n");
  const auto again = forge->create_repository("acme/config", {{"a.txt", "x"}}, kAlice);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::Conflict);
}

TEST_F(ForgeServerTest, ABrokenStateFileStopsItInsteadOfBeingOverwritten) {
  create();
  std::ofstream(options.directory + "/forge.json") << "{\"half\":";
  const auto made = create_forge_server(io.get_executor(), clock, *random, options);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::Corrupt);
}

TEST_F(ForgeServerTest, BadNamesAreRefused) {
  for (const char* project : {"", "acme", "acme/", "/config", "a/b/c", "../x", "acme/..", "acme/.git", "a b/c", "acme/x\ny"}) {
    const auto made = forge->create_repository(project, {{"a.txt", "x"}}, kAlice);
    ASSERT_FALSE(made) << project;
    EXPECT_EQ(made.error().kind, ErrorKind::InvalidInput) << project;
  }
  create();
  for (const char* path : {"", "/etc/passwd", "../x", "a//b", ".git/config", "a\nb", "\"x\""}) {
    EXPECT_FALSE(forge->push_file("acme/config", path, "x", kAlice, "m")) << path;
  }
  EXPECT_EQ(forge->push_file("acme/config", "a.txt", "one\n", kAlice, "nothing").error().kind, ErrorKind::InvalidInput);
  EXPECT_EQ(forge->push_file("acme/other", "a.txt", "x", kAlice, "m").error().kind, ErrorKind::NotFound);
  EXPECT_EQ(forge->read_file("acme/config", "none").error().kind, ErrorKind::NotFound);
}

TEST_F(ForgeServerTest, AuthorsCannotForgeCommitHeaders) {
  create();
  const ForgeUser odd{"eve\ncommitter x <y> 1 +0000", "e@x>\n", "token-e"};
  const auto pushed = forge->push_file("acme/config", "a.txt", "two\n", odd, "m");
  ASSERT_TRUE(pushed) << pushed.error().message;
  EXPECT_EQ(get("/repos/acme/config/commits")[0].at("commit").at("author").at("name"), "eve committer x y 1 +0000");
}

TEST_F(ForgeServerTest, TellsWhoMayWhat) {
  create();
  EXPECT_EQ(call("GET", "/forge/api/v1/repos/acme/config").status, 200U);
  EXPECT_EQ(call("GET", "/forge/api/v1/repos/acme/config", "", "nonsense").status, 401U);
  EXPECT_EQ(call("POST", "/forge/api/v1/repos/acme/config/pulls", "{}").status, 401U);
  EXPECT_EQ(call("POST", "/forge/api/v1/repos/acme/config/pulls", "{}", "token-a").status, 404U);
  EXPECT_EQ(call("GET", "/forge/api/v1/user").status, 401U);
  EXPECT_EQ(json::parse(call("GET", "/forge/api/v1/user", "", "token-w").body).at("login"), "warden");
  const auto push = call("POST", "/forge/acme/config.git/git-receive-pack");
  EXPECT_EQ(push.status, 401U);
  EXPECT_TRUE(push.headers.find("WWW-Authenticate"));
  EXPECT_EQ(call("GET", "/elsewhere").status, 404U);
}

TEST_F(ForgeServerTest, PagesAreLockedDown) {
  create();
  const auto page = call("GET", "/forge/acme/config");
  EXPECT_EQ(page.status, 200U);
  const auto policy = page.headers.find("Content-Security-Policy").value_or("");
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_EQ(page.body.find("<script"), std::string::npos);
  EXPECT_EQ(call("GET", "/forge/acme/none").status, 404U);
  EXPECT_EQ(call("POST", "/forge/acme/config").status, 404U);
}

}  // namespace
}  // namespace driftwarden::sandbox
