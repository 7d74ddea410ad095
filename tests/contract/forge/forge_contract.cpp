#include "tests/contract/forge/forge_contract.hpp"

#include "integrations/git/transports.hpp"

#include <cstdlib>
#include <filesystem>

#include <unistd.h>

namespace driftwarden::test {

using nlohmann::json;

void ForgeContract::SetUp() {
  if (const auto why = GetParam().unavailable(); !why.empty()) {
    const char* required = std::getenv("DRIFTWARDEN_REQUIRE_LIVE");
    if (required != nullptr && std::string(required) == "1") FAIL() << "no " << GetParam().name << ": " << why;
    GTEST_SKIP() << "no " << GetParam().name << ": " << why;
  }
  http = net::create_http_client(io.get_executor(), clock);
  server = GetParam().start(io, clock, *random, *http);
  bot = make_forge(server->bot_token(), server->project());
  directory = (std::filesystem::temp_directory_path() / ("driftwarden-contract-" + std::to_string(::getpid()) + "-" + random->hex(8))).string();
  MirrorOptions options;
  options.directory = directory;
  options.url = server->clone_url();
  options.credentials.username = "x-access-token";
  options.credentials.password = Secret<std::string>(server->bot_token());
  options.transport = git::make_transport_factory(io.get_executor(), clock, *http);
  auto opened = Mirror::open(options);
  ASSERT_TRUE(opened) << opened.error().message;
  mirror = std::move(*opened);
}

void ForgeContract::TearDown() {
  mirror.reset();
  bot.reset();
  if (server) server->stop(io);
  pool.join();
  std::error_code ignored;
  if (!directory.empty()) std::filesystem::remove_all(directory, ignored);
}

std::unique_ptr<forge::Forge> ForgeContract::make_forge(const std::string& token, const std::string& project) {
  forge::ForgeOptions options;
  options.api_url = server->api_url();
  options.project = project;
  options.token = Secret<std::string>(token);
  return forge::create_gitea(*http, clock, std::move(options));
}

std::string ForgeContract::push(const std::string& branch, int replicas, const std::string& message) {
  auto pushed = blocking([this, branch, replicas, message]() -> Result<std::string> {
    CommitRequest request;
    TRY(request.base, mirror->fetch());
    request.branch = branch;
    request.edits = {{"apps/shop/app.yaml", "replicas: " + std::to_string(replicas) + "\n"}};
    request.author = {"alice", "alice@acme.test"};
    request.committer = {"driftwarden", "driftwarden@acme.test"};
    request.at = WallTime(std::chrono::seconds(1'763'700'000 + replicas));
    request.message = message;
    TRY(auto sha, mirror->commit(request));
    CHECK_OK(mirror->push(branch, branch, last_pushed[branch]));
    last_pushed[branch] = sha;
    return sha;
  });
  EXPECT_TRUE(pushed) << pushed.error().message;
  return pushed ? *pushed : "";
}

forge::PullRequest ForgeContract::open(const std::string& branch, const std::string& body) {
  forge::PullRequestDraft draft;
  draft.title = "scale the shop";
  draft.body = body;
  draft.branch = branch;
  draft.base = "main";
  auto opened = wait(bot->open(draft));
  EXPECT_TRUE(opened) << opened.error().message;
  return opened ? *opened : forge::PullRequest{};
}

unsigned ForgeContract::review(std::int64_t number, const std::string& event, const std::string& body) {
  return send("POST", "/pulls/" + std::to_string(number) + "/reviews", {{"event", event}, {"body", body}}, server->alice_token()).status;
}

json ForgeContract::get_json(const std::string& path) { return json::parse(send("GET", path, {}, server->bot_token()).body, nullptr, false); }

net::HttpResponse ForgeContract::send(const std::string& method, const std::string& path, const json& body, const std::string& token) {
  net::HttpRequest request(method, server->api_url() + "/repos/" + server->project() + path);
  request.headers.set("Authorization", "token " + token);
  request.headers.set("Content-Type", "application/json");
  if (!body.is_null()) request.body = body.dump();
  auto response = wait(http->send(std::move(request)));
  EXPECT_TRUE(response) << response.error().message;
  return response ? *response : net::HttpResponse{};
}

void ForgeContract::set_check(const std::string& sha, const std::string& context, const std::string& state) {
  EXPECT_EQ(send("POST", "/statuses/" + sha, {{"state", state}, {"context", context}}, server->alice_token()).status, 201U);
}

void ForgeContract::protect(const json& rule) { EXPECT_EQ(send("POST", "/branch_protections", rule, server->admin_token()).status, 201U); }

forge::MergeGate ForgeContract::gate(std::int64_t number) {
  auto read = wait(bot->merge_gate(number));
  EXPECT_TRUE(read) << read.error().message;
  return read ? *read : forge::MergeGate{};
}

}  // namespace driftwarden::test
