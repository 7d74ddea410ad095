// Which tools are asked about what, what of their answers is new, and what happens when there is none.
#include "bot/gates/tool_gates.hpp"

#include "bot/policy/findings.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <boost/asio/thread_pool.hpp>

#include <map>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Manifest deployment(const std::string& name, const std::string& image) {
  const json body{{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"metadata", {{"name", name}, {"namespace", "shop"}}}, {"spec", {{"image", image}}}};
  Manifest one;
  one.ref = ref_of(body);
  one.body = std::make_shared<const json>(body);
  return one;
}

Finding latest(const std::string& name) { return {"latest", "Deployment shop/" + name, ".spec.image", "the tag is latest", true, ""}; }

/// Objects to the image "latest"; keeps what it was asked.
struct FakeTool {
  std::vector<gates::GateInput> asked;
  std::vector<gates::GateProgram> programs;
  std::optional<Error> fails;
  bool fails_of_before = false;

  asio::awaitable<Result<std::vector<Finding>>> run(gates::GateProgram program, gates::GateInput input) {
    asked.push_back(input);
    programs.push_back(program);
    if (fails) co_return *fails;
    if (fails_of_before && asked.size() > 1) co_return Error{ErrorKind::Timeout, "slow"};
    std::vector<Finding> findings;
    for (const auto& manifest : input.manifests) {
      if (manifest.body->at("spec").at("image") == "latest") findings.push_back(latest(manifest.ref.name));
    }
    co_return findings;
  }
};

struct FakePolicies final : PolicySource {
  std::map<std::string, std::string> ids{{"policies", "tree-1"}};
  std::size_t reads = 0;
  asio::awaitable<Result<Found>> find(std::string repository, std::string path) override {
    static_cast<void>(path);
    const auto known = ids.find(repository);
    if (known == ids.end()) co_return Error{ErrorKind::NotFound, "no such repository"};
    co_return Found{"head", known->second};
  }
  asio::awaitable<Result<std::vector<gates::PolicyFile>>> read(std::string repository, std::string head, std::string path) override {
    ++reads;
    std::vector<gates::PolicyFile> files;
    files.push_back({"a.rego", repository + "@" + head + ":" + path});
    co_return files;
  }
};

class ToolGates : public testing::Test {
 protected:
  ToolGates() {
    config.gates.built_in = {};
    judged.app.name = "checkout";
    judged.app.environment = "prod";
    GatesParts parts;
    parts.pool = pool.get_executor();
    parts.clock = &clock;
    parts.config = &config;
    parts.redactor = &redactor;
    parts.policies = &policies;
    parts.run = [this](gates::GateProgram program, gates::GateInput input) { return tool.run(std::move(program), std::move(input)); };
    parts.on_judged = [this](const GateResult& result, Duration took) { told.push_back(result.gate + (took >= Duration{0} ? "" : " before it began")); };
    gates = create_gates(std::move(parts));
  }

  GateConfig& add_tool(const std::string& name) {
    GateConfig gate;
    gate.name = name;
    gate.command = {"sh", "{manifests}"};
    config.gates.tools.push_back(gate);
    return config.gates.tools.back();
  }
  /// Of the tool; what is built in is tested elsewhere.
  GateResult judge() {
    auto judging = gates->judge(judged);
    auto all = test::run(io, std::move(judging));
    EXPECT_THAT(all, SizeIs(testing::Ge(2U)));
    return all.size() < 2 ? GateResult{} : all[1];
  }
  std::vector<std::string> names() {
    std::vector<std::string> found;
    auto judging = gates->judge(judged);
    for (const auto& result : test::run(io, std::move(judging))) found.push_back(result.gate);
    return found;
  }

  asio::io_context io;
  asio::thread_pool pool{1};
  test::ManualClock clock{io};
  Config config;
  Redactor redactor{"key"};
  FakePolicies policies;
  FakeTool tool;
  ManifestsToJudge judged;
  std::vector<std::string> told;
  std::unique_ptr<Gates> gates;
};

TEST_F(ToolGates, EachIsToldOfOnce) {
  add_tool("policy");
  add_tool("broken");
  tool.fails = Error{ErrorKind::NotFound, "it isn't installed"};
  judged.after = {deployment("web", "1.0")};
  judge();
  EXPECT_THAT(told, ElementsAre("built-in", "policy", "broken"));
}

TEST_F(ToolGates, OnlyWhatIsNewIsToldAndTheRestIsCounted) {
  add_tool("policy");
  judged.before = {deployment("web", "latest"), deployment("api", "1.0")};
  judged.after = {deployment("web", "latest"), deployment("api", "latest")};
  const auto result = judge();
  EXPECT_EQ(result.gate, "policy");
  EXPECT_THAT(result.findings, ElementsAre(latest("api")));
  EXPECT_EQ(result.known, 1U);
  EXPECT_TRUE(result.blocks);
  EXPECT_THAT(tool.asked, SizeIs(2));
}

TEST_F(ToolGates, WhatWasBeforeIsAskedOnlyWhenItMatters) {
  add_tool("policy");
  judged.before = {deployment("web", "latest")};
  judged.after = {deployment("web", "1.0")};
  EXPECT_THAT(judge().findings, IsEmpty());
  EXPECT_THAT(tool.asked, SizeIs(1));
}

TEST_F(ToolGates, WithoutAnAnswerOfBeforeNothingCountsAsKnown) {
  add_tool("policy");
  tool.fails_of_before = true;
  judged.before = {deployment("web", "latest"), deployment("api", "1.0")};
  judged.after = {deployment("web", "latest")};
  EXPECT_THAT(judge().findings, ElementsAre(latest("web")));
}

TEST_F(ToolGates, AToolThatFailsIsTroubleAndIsAskedAgain) {
  add_tool("policy");
  tool.fails = Error{ErrorKind::Timeout, "conftest gave no answer within 1m"};
  judged.after = {deployment("web", "1.0")};
  const auto result = judge();
  EXPECT_EQ(result.trouble, "conftest gave no answer within 1m");
  EXPECT_TRUE(result.blocks);
  tool.fails.reset();
  EXPECT_EQ(judge().trouble, "") << "trouble isn't kept";
}

TEST_F(ToolGates, TheSameIsNotJudgedTwice) {
  add_tool("policy");
  judged.after = {deployment("web", "latest")};
  judge();
  judge();
  EXPECT_THAT(tool.asked, SizeIs(1));
  judged.after = {deployment("web", "1.0")};
  judge();
  EXPECT_THAT(tool.asked, SizeIs(2));
  config.gates.tools.front().arguments = {"--strict"};
  config.gates.tools.front().command = {"sh", "--strict", "{manifests}"};
  judge();
  EXPECT_THAT(tool.asked, SizeIs(3)) << "another command is another question";
}

TEST_F(ToolGates, PoliciesInGitAreThoseOfTheirBranch) {
  auto& gate = add_tool("policy");
  gate.repository = "policies";
  gate.policies = "rego";
  judged.after = {deployment("web", "latest")};
  judge();
  ASSERT_THAT(tool.asked, SizeIs(1));
  ASSERT_THAT(tool.asked[0].policy_files, SizeIs(1));
  EXPECT_EQ(tool.asked[0].policy_files[0].content, "policies@head:rego");
  EXPECT_EQ(tool.asked[0].policies, "") << "no path of this machine";
  judge();
  EXPECT_EQ(policies.reads, 1U);
  policies.ids["policies"] = "tree-2";
  judge();
  EXPECT_EQ(policies.reads, 2U) << "the policies moved on";
  config.gates.tools.front().repository = "gone";
  EXPECT_THAT(judge().trouble, HasSubstr("no such repository"));
}

TEST_F(ToolGates, AGateJudgesTheAppsThatItIsFor) {
  add_tool("all");
  add_tool("others").apps = {"pay*"};
  add_tool("prod").environments = {"prod"};
  add_tool("staging").environments = {"staging*"};
  add_tool("off").effect = GateEffect::Off;
  judged.after = {deployment("web", "1.0")};
  EXPECT_THAT(names(), ElementsAre("built-in", "all", "prod"));
}

TEST_F(ToolGates, AGateThatWarnsSaysSo) {
  add_tool("policy").effect = GateEffect::Warn;
  judged.after = {deployment("web", "latest")};
  const auto result = judge();
  EXPECT_FALSE(result.blocks);
  EXPECT_THAT(result.findings, SizeIs(1));
}

TEST_F(ToolGates, WhatGoesAwayIsOnlyForThoseThatReadWhatWas) {
  add_tool("policy");
  judged.before = {deployment("web", "latest")};
  EXPECT_THAT(judge().findings, IsEmpty());
  EXPECT_THAT(tool.asked, IsEmpty());
  config.gates.tools.front().command = {"sh", "{manifests}", "{before}"};
  judge();
  ASSERT_THAT(tool.asked, SizeIs(1));
  EXPECT_THAT(tool.asked[0].before, SizeIs(1));
  EXPECT_THAT(tool.asked[0].manifests, IsEmpty());
}

TEST_F(ToolGates, AProgramThatIsNotThereIsTrouble) {
  add_tool("policy").command = {"no-such-tool-anywhere", "{manifests}"};
  judged.after = {deployment("web", "1.0")};
  EXPECT_THAT(judge().trouble, HasSubstr("isn't installed"));
  EXPECT_THAT(tool.asked, IsEmpty());
}

TEST_F(ToolGates, ATerraformAppIsNotJudged) {
  add_tool("policy");
  judged.app.kind = AppKind::Terraform;
  EXPECT_THAT(names(), IsEmpty());
}

TEST(ProgramOf, FollowsTheConfig) {
  GateConfig gate;
  gate.tool = GateTool::Conftest;
  gate.policies = "/etc/policies";
  gate.arguments = {"--all-namespaces"};
  gate.timeout = std::chrono::seconds{5};
  ToolsConfig tools;
  tools.memory_mib = 512;
  tools.fence = FenceMode::Required;
  const auto program = program_of(gate, tools);
  EXPECT_EQ(program.format, gates::Format::Conftest);
  EXPECT_EQ(program.argv.front(), "conftest");
  EXPECT_EQ(program.timeout, std::chrono::seconds{5});
  EXPECT_EQ(program.memory_bytes, 512ULL << 20U);
  EXPECT_TRUE(program.fence_required);
  gate.tool = GateTool::Command;
  gate.output = GateOutput::Json;
  EXPECT_EQ(program_of(gate, tools).format, gates::Format::Json);
}

}  // namespace
}  // namespace driftwarden
