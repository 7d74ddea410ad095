// The judging halves, and what reads this machine.
#include "bot/config/gate_rules.hpp"
#include "bot/doctor/clock_check.hpp"
#include "bot/doctor/gate_checks.hpp"
#include "bot/doctor/git_probe.hpp"
#include "bot/doctor/machine_checks.hpp"
#include "bot/doctor/slack_checks.hpp"
#include "bot/doctor/storage_probe.hpp"
#include "bot/setup/slack_scopes.hpp"
#include "storage/store.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/core.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> needed_scopes() {
  std::vector<std::string> scopes;
  for (const auto& scope : kSlackScopes) scopes.emplace_back(scope.scope);
  return scopes;
}

TEST(ScopesTest, WhatLacksIsNamedWithItsReason) {
  auto scopes = needed_scopes();
  EXPECT_EQ(lacking_scopes(scopes), "");
  EXPECT_EQ(excess_scopes(scopes), "");
  EXPECT_EQ(lacking_scopes(std::nullopt), "") << "an old proxy may drop the header: that is no reason not to start";
  std::erase(scopes, "commands");
  scopes.push_back("admin.users:write");
  EXPECT_EQ(lacking_scopes(scopes), "the bot token lacks commands (/warden)");
  EXPECT_EQ(excess_scopes(scopes), "the bot token may more than is needed: admin.users:write");
}

TEST(ChannelsTest, EachThatIsNamedAnywhereOnce) {
  Config config;
  App app;
  app.channel = "#shop";
  config.apps = {app, app};
  AlertRoute child;
  child.channel = "#pager";
  AlertRoute route;
  route.routes.push_back(child);
  config.alerts.routes.push_back(route);
  config.alerts.digest->channel = "#daily";
  Team team;
  team.channels = {"#team"};
  config.teams.push_back(team);
  EXPECT_THAT(channels_of(config), ElementsAre("#daily", "#driftwarden", "#gitops", "#pager", "#shop", "#team"));
}

TEST(ClockCheckTest, HowFarOffIsBearable) {
  EXPECT_EQ(judge_clock("x", std::nullopt).state, FindingState::Skipped);
  EXPECT_EQ(judge_clock("x", 0s).state, FindingState::Ok);
  EXPECT_EQ(judge_clock("x", -5s).state, FindingState::Ok);
  EXPECT_EQ(judge_clock("x", 6s).state, FindingState::Warning);
  EXPECT_EQ(judge_clock("x", -61s).state, FindingState::Problem);
  EXPECT_EQ(judge_clock("x", -61s).what, "our clock is 61 s behind theirs");
  EXPECT_EQ(judge_clock("x", 2h).what, "our clock is 2 h ahead of theirs");
}

TEST(NeededToolsTest, ByWhatTheConfigSays) {
  Config config;
  App chart;
  chart.name = "checkout";
  chart.render = RenderKind::Helm;
  App plain;
  plain.render = RenderKind::Plain;
  App infra;
  infra.name = "network";
  infra.kind = AppKind::Terraform;
  infra.plan.tool = PlanTool::Terragrunt;
  App hosts;
  hosts.name = "hosts";
  hosts.kind = AppKind::Ansible;
  App plugin;
  plugin.name = "jsonnet";
  plugin.render = RenderKind::Plugin;
  plugin.plugin.command = {"jsonnet", "main.jsonnet"};
  auto second = chart;
  second.name = "payments";
  config.apps = {chart, plain, infra, hosts, plugin, second};
  RepositoryConfig repository;
  repository.name = "config";
  repository.url = "git@git.acme.example:acme/config.git";
  config.repositories.push_back(repository);
  std::vector<std::string> words;
  for (const auto& tool : needed_tools(config)) words.push_back(tool.program + " by " + tool.by + (tool.instead.empty() ? "" : " or " + tool.instead));
  EXPECT_THAT(words, ElementsAre("ansible-playbook by the App hosts", "helm by the App checkout and 1 more", "jsonnet by the App jsonnet", "ssh by the repository config",
                                 "terragrunt by the App network", "tofu by the App network or terraform"));
}

TEST(NeededToolsTest, AGateNeedsItsToolAndPlansTheirPrice) {
  Config config;
  GateConfig policy;
  policy.name = "policy";
  policy.tool = GateTool::Conftest;
  GateConfig own;
  own.name = "own";
  own.command = {"check-manifests", "{manifests}"};
  auto off = own;
  off.name = "off";
  off.command = {"never-run", "{manifests}"};
  off.effect = GateEffect::Off;
  config.gates.tools = {policy, own, off};
  config.cost.infracost = InfracostConfig{};
  std::vector<std::string> words;
  for (const auto& tool : needed_tools(config)) words.push_back(tool.program + " by " + tool.by);
  EXPECT_THAT(words, ElementsAre("check-manifests by the gate own", "conftest by the gate policy", "infracost by the price of Terraform's plans"));
}

/// "warning gates owners of policy", all that isn't well.
std::vector<std::string> complaints(const Config& config) {
  std::vector<std::string> words;
  for (const auto& finding : check_gates(config)) {
    if (finding.state == FindingState::Ok) continue;
    EXPECT_FALSE(finding.fix.empty());
    words.push_back(fmt::format("{} {} {}", to_string(finding.state), finding.about, finding.check));
  }
  return words;
}

Config gated_config() {
  Config config;
  for (const auto rule : kBuiltInRules) config.gates.built_in[std::string(rule)] = GateEffect::Off;
  Person carol;
  carol.name = "carol";
  config.people = {carol};
  config.groups = {{"sre", {"carol"}, ""}, {"empty", {}, ""}, {"of-slack", {}, "S0SRE"}, {"around", {"of-slack"}, ""}};
  return config;
}

TEST(GateChecks, WhereNothingIsGatedNothingIsSaid) { EXPECT_THAT(check_gates(gated_config()), IsEmpty()); }

TEST(GateChecks, SomebodyMustBeThereToWaive) {
  auto config = gated_config();
  GateConfig gate;
  gate.name = "policy";
  gate.command = {"x", "{manifests}"};
  config.gates.tools = {gate};
  EXPECT_THAT(complaints(config), ElementsAre("warning gates owners of policy"));
  for (const auto* good : {"carol", "sre", "of-slack", "around", "owners", "*"}) {
    config.gates.owners = {"empty", good};
    EXPECT_THAT(complaints(config), IsEmpty()) << good;
  }
  config.gates.owners = {"empty"};
  EXPECT_THAT(complaints(config), ElementsAre("warning gates owners of policy"));
  config.gates.tools[0].owners = {"sre"};
  EXPECT_THAT(complaints(config), IsEmpty()) << "its own win";
  config.gates.built_in["privileged"] = GateEffect::Block;
  EXPECT_THAT(complaints(config), ElementsAre("warning gates owners of built-in"));
  config.gates.built_in["privileged"] = GateEffect::Warn;
  config.gates.tools[0].owners.clear();
  config.gates.tools[0].effect = GateEffect::Warn;
  EXPECT_THAT(complaints(config), IsEmpty()) << "what only warns needs no waiver";
}

TEST(GateChecks, PoliciesMustBeThere) {
  auto config = gated_config();
  GateConfig gate;
  gate.name = "policy";
  gate.tool = GateTool::Conftest;
  gate.effect = GateEffect::Warn;
  gate.policies = "/nonexistent/policies";
  config.gates.tools = {gate};
  EXPECT_THAT(complaints(config), ElementsAre("problem gates policy"));
  config.gates.tools[0].policies = "/";
  EXPECT_THAT(complaints(config), IsEmpty());
  config.gates.tools[0].policies = "policies";
  config.gates.tools[0].repository = "config";
  EXPECT_THAT(complaints(config), IsEmpty()) << "its repository's checks tell";
}

TEST(GateChecks, SomebodyMustBeThereToAgreeToARise) {
  auto config = gated_config();
  CostThreshold threshold;
  threshold.from = {"empty"};
  config.cost.thresholds = {threshold};
  config.cost.infracost = InfracostConfig{};
  EXPECT_THAT(complaints(config), ElementsAre("warning cost thresholds[0]", "warning cost infracost"));
  config.cost.thresholds[0].from = {"sre"};
  config.cost.infracost->key = Secret<std::string>("ico-1");
  EXPECT_THAT(complaints(config), IsEmpty());
}

TEST(GateChecks, WhereAThresholdCouldNeverAskIsSaid) {
  auto config = gated_config();
  CostThreshold threshold;
  threshold.from = {"sre"};
  threshold.environments = {"prod*"};
  ClusterConfig eu;
  eu.name = "prod-eu";
  eu.environment = "production";
  auto us = eu;
  us.name = "prod-us";
  auto lab = eu;
  lab.name = "lab";
  lab.environment = "lab";
  config.clusters = {eu, us, lab};
  PriceTable table;
  table.clusters = {"prod-eu"};
  config.cost.prices = {table};
  EXPECT_THAT(complaints(config), IsEmpty()) << "nothing asks anybody anyway";
  config.cost.thresholds = {threshold};
  EXPECT_THAT(complaints(config), ElementsAre("warning cost prices"));
  config.cost.prices.front().clusters = {"prod-*"};
  EXPECT_THAT(complaints(config), IsEmpty());
  App app;
  app.name = "net";
  app.kind = AppKind::Terraform;
  config.apps = {app};
  EXPECT_THAT(complaints(config), ElementsAre("warning cost infracost"));
}

TEST(FenceTest, MattersAsMuchAsTheConfigSays) {
  EXPECT_EQ(judge_fence(FenceMode::Required, "").state, FindingState::Ok);
  EXPECT_EQ(judge_fence(FenceMode::BestEffort, "no Landlock").state, FindingState::Warning);
  EXPECT_EQ(judge_fence(FenceMode::Required, "no Landlock").state, FindingState::Problem);
}

class InDirectory : public testing::Test {
 protected:
  InDirectory() {
    auto pattern = (std::filesystem::temp_directory_path() / "driftwarden-doctor-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
  }
  ~InDirectory() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  std::filesystem::path directory;
  SystemClock clock;
};

TEST_F(InDirectory, ADatabaseIsLookedAtBesideItsBot) {
  const auto path = (directory / "driftwarden.db").string();
  const auto until = clock.mono_now() + 10s;
  auto facts = look_at_storage(path, clock, until);
  EXPECT_TRUE(facts.exists);
  EXPECT_FALSE(facts.database);
  EXPECT_GT(facts.free_bytes, 0U);
  {
    const auto store = storage::Store::open(path, clock);
    ASSERT_TRUE(store);
    facts = look_at_storage(path, clock, until);
    EXPECT_TRUE(facts.database);
    EXPECT_TRUE(facts.in_use);
    EXPECT_EQ(facts.trouble, "");
  }
  EXPECT_FALSE(look_at_storage(path, clock, until).in_use);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(4096, 'x');
  file.close();
  EXPECT_THAT(look_at_storage(path, clock, until).trouble, HasSubstr(path));
}

TEST_F(InDirectory, ADirectoryThatIsStillToBeMadeCanBe) {
  const auto facts = look_at_storage((directory / "a/b/driftwarden.db").string(), clock, clock.mono_now() + 10s);
  EXPECT_FALSE(facts.exists);
  EXPECT_EQ(facts.why_not_writable, "");
}

TEST(FlockTest, IsSeenByItsInode) {
  const std::string locks = "1: POSIX  ADVISORY  WRITE 1 08:01:77 0 EOF\n2: FLOCK  ADVISORY  WRITE 4711 fd:00:5678 0 EOF\n";
  EXPECT_TRUE(is_flocked(locks, 5678));
  EXPECT_FALSE(is_flocked(locks, 678));
  EXPECT_FALSE(is_flocked(locks, 77));
  EXPECT_FALSE(is_flocked("", 1));
}

/// A server's first words, whatever is asked.
class Speaking final : public GitTransport {
 public:
  explicit Speaking(std::string words) : words_(std::move(words)) {}
  bool stateless() const override { return false; }
  Result<std::unique_ptr<GitStream>> open(GitService, const std::string&) override { return std::unique_ptr<GitStream>(std::make_unique<Words>(words_)); }

 private:
  struct Words final : GitStream {
    explicit Words(std::string given) : words(std::move(given)) {}
    std::string words;
    Result<void> write(std::string_view) override { return Result<void>{}; }
    Result<std::size_t> read(char* buffer, std::size_t size) override {
      const auto count = std::min(size, words.size());
      std::copy_n(words.data(), count, buffer);
      return count;
    }
  };
  std::string words_;
};

Result<void> hear(const std::string& words) {
  const TransportFactory factory = [words](const std::string&, const GitCredentials&) { return std::make_unique<Speaking>(words); };
  return try_git(factory, GitService::ReceivePackRefs, "git@git.acme.example:a/b", {});
}

TEST(GitProbeTest, TheFirstPacketDecides) {
  EXPECT_TRUE(hear("001f# service=git-receive-pack\n0000"));
  EXPECT_TRUE(hear("00b195f1a5c0 refs/heads/main"));
  EXPECT_TRUE(hear("0000"));
  EXPECT_EQ(hear("").error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(hear("ERROR: The key you are authenticating with has been marked as read only.\n").error().message, "it says: ERROR: The key you are authenticating with has been marked as read only.");
  EXPECT_EQ(hear("0030ERR access denied or repository not exported\n").error().message, "it says: ERR access denied or repository not exported");
}

TEST_F(InDirectory, ALocalRepositoryIsLookedAtInTheFileSystem) {
  const auto bare = directory / "bare.git";
  std::filesystem::create_directories(bare / "objects");
  const TransportFactory none = [](const std::string&, const GitCredentials&) { return nullptr; };
  EXPECT_TRUE(try_git(none, GitService::UploadPackRefs, "file://" + bare.string(), {}));
  EXPECT_TRUE(try_git(none, GitService::ReceivePackRefs, bare.string(), {}));
  EXPECT_EQ(try_git(none, GitService::UploadPackRefs, (directory / "nothing").string(), {}).error().kind, ErrorKind::NotFound);
}

}  // namespace
}  // namespace driftwarden
