// What a person does on the forge's pages.
#include "integrations/net/url.hpp"
#include "integrations/sandbox/forge/forge_server.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>

#include <unistd.h>

namespace driftwarden::sandbox {
namespace {

using nlohmann::json;
using test::run;
using testing::HasSubstr;
using testing::Not;

class ForgePages : public testing::Test {
 protected:
  ForgePages() {
    options.directory = (std::filesystem::temp_directory_path() / ("driftwarden-forge-pages-" + std::to_string(::getpid()))).string();
    options.prefix = "/forge";
    options.base_url = "http://127.0.0.1:1/forge";
    options.users = {{"alice", "alice@acme.test", "token-a"}, {"bob", "bob@acme.test", "token-b"}, {"warden", "warden@acme.test", "token-w"}};
    std::filesystem::remove_all(options.directory);
    forge = std::move(*create_forge_server(io.get_executor(), clock, *random, options));
    auto made = forge->create_repository("acme/config", {{"apps/a.yaml", "replicas: 1\n"}, {"crlf.txt", "one\r\n"}}, options.users[0]);
    EXPECT_TRUE(made) << made.error().message;
  }
  ~ForgePages() override {
    run(io, forge->stop());
    std::filesystem::remove_all(options.directory);
  }
  net::ServerReply send(const std::string& method, const std::string& path, const std::string& body = {}, const std::string& token = {}) {
    net::ServerRequest request;
    request.method = method;
    const auto question = path.find('?');
    request.raw_path = request.path = path.substr(0, question);
    if (question != std::string::npos) request.query = net::parse_query(path.substr(question + 1));
    request.body = body;
    request.headers.set("Host", "127.0.0.1:1");
    if (!token.empty()) request.headers.set("Authorization", "token " + token);
    return run(io, forge->handle(std::move(request)));
  }
  std::string page(const std::string& path, const std::string& person = "alice") {
    return send("GET", "/forge/acme/config" + path + (path.find('?') == std::string::npos ? "?" : "&") + "person=" + person).body;
  }
  static std::string field(const std::string& html, const std::string& name) {
    const auto mark = "name=\"" + name + "\" value=\"";
    const auto at = html.find(mark);
    return at == std::string::npos ? "" : html.substr(at + mark.size(), html.find('"', at + mark.size()) - at - mark.size());
  }
  /// Fills the form that `html` shows.
  net::ServerReply post(const std::string& path, const std::string& html, std::map<std::string, std::string> fields) {
    for (const auto* name : {"token", "person", "head", "branch", "path", "pull"}) fields.emplace(name, field(html, name));
    return send("POST", "/forge/acme/config" + path, net::make_query(fields));
  }
  json api(const std::string& method, const std::string& path, const json& body, const std::string& token) {
    return json::parse(send(method, "/forge/api/v1/repos/acme/config" + path, body.is_null() ? "" : body.dump(), token).body, nullptr, false);
  }
  /// The bot's pull request from a branch of its own; its head.
  std::string propose() {
    const auto made = api("PUT", "/contents/apps/a.yaml", {{"content", "cmVwbGljYXM6IDIK"}, {"sha", api("GET", "/contents/apps/a.yaml", {}, "token-w").at("sha")}, {"branch", "main"}, {"new_branch", "bot/c-1"}, {"message", "scale"}}, "token-w");
    api("POST", "/pulls", {{"title", "scale"}, {"body", "why"}, {"head", "bot/c-1"}, {"base", "main"}}, "token-w");
    return made.at("commit").at("sha").get<std::string>();
  }

  asio::io_context io;
  SystemClock clock;
  std::unique_ptr<Random> random = create_seeded_random(1);
  ForgeServerOptions options;
  std::unique_ptr<ForgeServer> forge;
};

TEST_F(ForgePages, AColleaguePushesToTheBranchByAForm) {
  const auto head = propose();
  EXPECT_THAT(page("/pulls/1"), HasSubstr("/edit?branch=bot%2Fc-1&amp;pull=1&amp;path=apps%2Fa.yaml"));
  const auto form = page("/edit?branch=bot%2Fc-1&pull=1&path=apps%2Fa.yaml", "bob");
  EXPECT_THAT(form, HasSubstr("replicas: 2"));
  const auto done = post("/edit", form, {{"content", "replicas: 3\r\n"}, {"message", "three"}, {"action", "commit"}});
  EXPECT_EQ(done.status, 303U) << done.body;
  EXPECT_EQ(done.headers.find("Location"), "/forge/acme/config/pulls/1");
  const auto pull = api("GET", "/pulls/1", {}, "token-w");
  EXPECT_NE(pull.at("head").at("sha"), head);
  const auto raw = send("GET", "/forge/api/v1/repos/acme/config/raw/apps/a.yaml?ref=bot/c-1");
  EXPECT_EQ(raw.body, "replicas: 3\n") << "a form's line ends are not the file's";
  EXPECT_THAT(page("/pulls/1"), HasSubstr("three"));
  EXPECT_EQ(post("/edit", form, {{"content", "replicas: 4\n"}, {"action", "commit"}}).status, 409U) << "somebody was faster";
}

TEST_F(ForgePages, AnEditOfMainCanBecomeAPullRequest) {
  const auto source = page("/src/branch/main/apps/a.yaml");
  EXPECT_THAT(source, HasSubstr("/edit?branch=main&amp;pull=0&amp;path=apps%2Fa.yaml"));
  const auto form = page("/edit?branch=main&path=apps%2Fa.yaml", "bob");
  const auto done = post("/edit", form, {{"content", "replicas: 7\n"}, {"message", "bob wants seven"}, {"action", "propose"}});
  EXPECT_EQ(done.status, 303U) << done.body;
  const auto pull = api("GET", "/pulls/1", {}, "token-w");
  EXPECT_EQ(pull.at("title"), "bob wants seven");
  EXPECT_EQ(pull.at("user").at("login"), "bob");
  EXPECT_EQ(forge->read_file("acme/config", "apps/a.yaml").value(), "replicas: 1\n");
}

TEST_F(ForgePages, FormsFromElsewhereAreRefused) {
  propose();
  const auto form = page("/edit?branch=bot%2Fc-1&path=apps%2Fa.yaml", "bob");
  EXPECT_EQ(post("/edit", form, {{"token", "guessed"}, {"content", "x"}, {"action", "commit"}}).status, 403U);
  EXPECT_EQ(post("/edit", form, {{"path", "../x"}, {"content", "x"}, {"action", "commit"}}).status, 409U);
  EXPECT_EQ(post("/edit", form, {{"path", ".git/config"}, {"content", "x"}, {"action", "commit"}}).status, 409U);
  EXPECT_EQ(post("/edit", form, {{"branch", "a b"}, {"content", "x"}, {"action", "commit"}}).status, 404U);
  EXPECT_EQ(post("/protection", "", {{"action", "approval-on"}}).status, 403U);
}

TEST_F(ForgePages, ProtectionIsSwitchedAndShown) {
  const auto head = propose();
  EXPECT_THAT(page("/pulls/1"), Not(HasSubstr("Not yet to be merged")));
  EXPECT_EQ(post("/protection", page(""), {{"action", "approval-on"}}).status, 303U);
  EXPECT_EQ(post("/protection", page(""), {{"action", "build-on"}}).status, 303U);
  auto html = page("/pulls/1", "bob");
  EXPECT_THAT(html, HasSubstr("Not yet to be merged"));
  EXPECT_THAT(html, HasSubstr("the check driftwarden/approval has not reported yet"));
  EXPECT_EQ(post("/pulls/1", html, {{"action", "merge"}, {"method", "squash"}}).status, 409U);
  EXPECT_EQ(post("/pulls/1", html, {{"action", "build-green"}}).status, 303U);
  api("POST", "/statuses/" + head, {{"state", "success"}, {"context", "driftwarden/approval"}, {"description", "approved by bob"}}, "token-w");
  html = page("/pulls/1", "bob");
  EXPECT_THAT(html, HasSubstr("approved by bob"));
  EXPECT_THAT(html, HasSubstr("Everything that the protection of"));
  EXPECT_EQ(post("/pulls/1", html, {{"action", "merge"}, {"method", "squash"}}).status, 303U);
  EXPECT_EQ(forge->read_file("acme/config", "apps/a.yaml").value(), "replicas: 2\n");
  EXPECT_EQ(post("/protection", page(""), {{"action", "build-off"}}).status, 303U);
  EXPECT_EQ(api("GET", "/branches/main", {}, "token-w").at("status_check_contexts"), json({"driftwarden/approval"}));
}

TEST_F(ForgePages, TheStickyCommentShowsWithoutItsMark) {
  propose();
  const auto said = api("POST", "/issues/1/comments", {{"body", "<!-- driftwarden -->\nwaits for **one** more"}}, "token-w");
  api("PATCH", "/issues/comments/" + said.at("id").dump(), {{"body", "<!-- driftwarden -->\nready"}}, "token-w");
  api("POST", "/pulls/1/requested_reviewers", {{"reviewers", {"bob"}}}, "token-w");
  const auto html = page("/pulls/1");
  EXPECT_THAT(html, HasSubstr("<p>ready</p>"));
  EXPECT_THAT(html, Not(HasSubstr("&lt;!--")));
  EXPECT_THAT(html, HasSubstr("was asked for a review"));
}

TEST_F(ForgePages, FilesAreWrittenByTheApi) {
  const auto sha = api("GET", "/contents/apps/a.yaml", {}, "token-a").at("sha");
  EXPECT_EQ(send("POST", "/forge/api/v1/repos/acme/config/contents/apps/a.yaml", R"({"content":"eA=="})", "token-a").status, 422U);
  EXPECT_EQ(send("PUT", "/forge/api/v1/repos/acme/config/contents/apps/a.yaml", R"({"content":"eA=="})", "token-a").status, 422U);
  EXPECT_EQ(send("PUT", "/forge/api/v1/repos/acme/config/contents/apps/a.yaml", R"({"content":"eA==","sha":"0"})", "token-a").status, 422U);
  EXPECT_EQ(send("POST", "/forge/api/v1/repos/acme/config/contents/new.txt", R"({"content":"eA=="})").status, 401U);
  EXPECT_EQ(send("POST", "/forge/api/v1/repos/acme/config/contents/new.txt", R"({"content":"eA==","branch":"none"})", "token-a").status, 404U);
  EXPECT_EQ(send("PUT", "/forge/api/v1/repos/acme/config/contents/apps/a.yaml", json{{"content", "eA=="}, {"sha", sha}}.dump(), "token-a").status, 200U);
  EXPECT_EQ(forge->read_file("acme/config", "apps/a.yaml").value(), "x");
  EXPECT_EQ(send("POST", "/forge/api/v1/repos/acme/config/branch_protections", R"({"rule_name":"main"})", "token-a").status, 403U);
  ASSERT_TRUE(forge->protect("acme/config", {"main", {"ci"}, 1, false}));
  EXPECT_EQ(send("POST", "/forge/api/v1/repos/acme/config/contents/new.txt", R"({"content":"eA=="})", "token-a").status, 403U);
}

}  // namespace
}  // namespace driftwarden::sandbox
