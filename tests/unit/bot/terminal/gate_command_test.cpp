// What CI asks: a directory, the gates of a config, and an exit code.
#include "bot/terminal/gate_command.hpp"

#include "gitops/base/temporary_directory.hpp"
#include "bot/terminal/gate_print.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/bot/config/fixture.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <fstream>
#include <filesystem>
#include <sstream>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kDeployment = R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      containers:
        - {name: web, image: "web:IMAGE", resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}}
)";

class GateCommand : public testing::Test {
 protected:
  GateCommand() {
    write("good/web.yaml", "1.4");
    write("bad/web.yaml", "latest");
    std::ofstream(path("tool")) << "#!/bin/sh\nexit 3\n";
    ::chmod(path("tool").c_str(), 0755);
    configure("");
    arguments.config = "d.yaml";
  }
  void write(const std::string& file, const std::string& tag) {
    std::filesystem::create_directories(std::filesystem::path(path(file)).parent_path());
    std::string text = kDeployment;
    std::ofstream(path(file)) << text.replace(text.find("IMAGE"), 5, tag);
  }
  void configure(const std::string& tools) {
    environment.files["d.yaml"] =
        "slack: {app_token: {env: NOT_HERE}, bot_token: {env: NOR_THIS}}\nclusters: [{name: here, in_cluster: true}]\npeople: [{name: alice, slack: U0ALICE}]\n"
        "repositories: [{name: config, url: 'https://git.example/c.git'}]\napps: [{name: checkout, repository: config, path: bad, cluster: here, namespace: shop}]\n"
        "gates:\n  owners: [alice]\n" + tools;
  }
  std::string path(const std::string& name) const { return directory->path() + "/" + name; }
  int run(const std::string& target) {
    arguments.target = path(target);
    out.str("");
    err.str("");
    return run_gate_command(arguments, environment, out, err);
  }

  std::unique_ptr<TemporaryDirectory> directory = std::move(*TemporaryDirectory::make());
  FakeEnvironment environment;
  GateArguments arguments;
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(GateCommand, NothingThatBlocksIsZero) {
  EXPECT_EQ(run("good"), 0) << out.str() << err.str();
  EXPECT_THAT(out.str(), HasSubstr("built-in: passes\n"));
}

TEST_F(GateCommand, AFindingThatBlocksIsOne) {
  EXPECT_EQ(run("bad"), 1) << out.str() << err.str();
  EXPECT_THAT(out.str(), AllOf(HasSubstr("built-in: blocks\n"), HasSubstr("block   floating-tag  Deployment shop/web")));
}

TEST_F(GateCommand, WhatIsInForceAlreadyIsCounted) {
  arguments.base = path("bad");
  EXPECT_EQ(run("bad"), 0) << out.str() << err.str();
  EXPECT_THAT(out.str(), HasSubstr("1 finding in force already"));
}

TEST_F(GateCommand, AGateThatCanNotJudgeIsTwo) {
  configure("  tools: [{name: own, command: [\"" + path("tool") + "\", \"{manifests}\"]}]\n");
  EXPECT_EQ(run("good"), 2);
  EXPECT_THAT(out.str(), HasSubstr("own: could not judge: it ended with 3 and gave no answer"));
  configure("  tools: [{name: own, command: [\"" + path("tool") + "\", \"{manifests}\"], effect: warn}]\n");
  EXPECT_EQ(run("good"), 0) << "a gate that only warns stops nothing";
  configure("  tools: [{name: own, command: [\"" + path("tool") + "\", \"{manifests}\"], apps: [pay*]}]\n");
  arguments.app = "checkout";
  EXPECT_EQ(run("good"), 0) << "it isn't for this App";
}

TEST_F(GateCommand, JsonIsForPrograms) {
  arguments.output = "json";
  EXPECT_EQ(run("bad"), 1);
  const auto document = json::parse(out.str());
  EXPECT_EQ(document.at("ok"), false);
  EXPECT_EQ(document.at("app"), "bad");
  EXPECT_EQ(document.at("gates").at(0).at("findings").at(0).at("rule"), "floating-tag");
}

TEST_F(GateCommand, WrongUseIsTwo) {
  arguments.output = "xml";
  EXPECT_EQ(run("good"), 2);
  arguments.output = "text";
  EXPECT_EQ(run("nowhere"), 2);
  EXPECT_THAT(err.str(), HasSubstr("nowhere"));
  arguments.app = "chekout";
  EXPECT_EQ(run("good"), 2);
  EXPECT_THAT(err.str(), HasSubstr("did you mean \"checkout\"?"));
  environment.files["d.yaml"] = "gates: {owners: 3}\n";
  EXPECT_EQ(run("good"), 2);
}

Judgement judgement() {
  Judgement one;
  one.app = "checkout";
  one.directory = "apps/checkout";
  Manifest web;
  web.ref.group = "apps";
  web.ref.version = "v1";
  web.ref.kind = "Deployment";
  web.ref.namespace_ = "shop";
  web.ref.name = "web";
  web.file = "web.yaml";
  web.line = 3;
  one.manifests = {web};
  GateResult built_in;
  built_in.gate = "built-in";
  built_in.findings = {{"floating-tag", "Deployment shop/web", ".spec.template.spec.containers[web].image", "the tag latest moves: name a version", true, ""},
                       {"missing-limits", "Deployment shop/web", "", "no memory limit", false, ""}};
  built_in.known = 2;
  GateResult policy;
  policy.gate = "policy";
  policy.findings = {{"deny_team", "", "", "no team", true, "https://rules.example.com/team"}};
  policy.left_out = 4;
  policy.blocks = false;
  GateResult schemas;
  schemas.gate = "schemas";
  schemas.trouble = "kubeconform isn't installed where Driftwarden runs";
  one.gates = {built_in, policy, schemas, GateResult{.gate = "calm"}};
  return one;
}

TEST(GatePrint, IsReadByPeopleAndByCodeScanning) {
  test::expect_golden("gates/terminal.txt", judgement_text(judgement()));
  test::expect_golden("gates/terminal.sarif", judgement_sarif(judgement()));
}

TEST(GatePrint, TheExitCodeIsThatOfTheWorst) {
  auto all = judgement();
  EXPECT_EQ(judgement_exit_code(all), 2);
  all.gates.erase(all.gates.begin() + 2);
  EXPECT_EQ(judgement_exit_code(all), 1);
  all.gates.erase(all.gates.begin());
  EXPECT_EQ(judgement_exit_code(all), 0) << "findings of a gate that warns";
}

}  // namespace
}  // namespace driftwarden
