// Programs that stand in for tools, run for real in their fence.
#include "integrations/gates/run_gate.hpp"

#include "gitops/base/crypto.hpp"
#include "integrations/process/process.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <boost/asio/thread_pool.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace driftwarden::gates {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

Manifest manifest(const json& body) {
  Manifest one;
  one.ref = ref_of(body);
  one.body = std::make_shared<const json>(body);
  return one;
}
json deployment(const std::string& image = "web:1") {
  return {{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"metadata", {{"name", "web"}, {"namespace", "shop"}}}, {"spec", {{"image", image}}}};
}

class RunGate : public testing::Test {
 protected:
  RunGate() {
    auto pattern = (std::filesystem::temp_directory_path() / "driftwarden-gatetest-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
    input.manifests = {manifest(deployment())};
  }
  ~RunGate() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }

  /// A script in the test's own directory.
  GateProgram script(const std::string& text, Format format = Format::Json) {
    const auto path = directory + "/tool";
    std::ofstream(path) << "#!/bin/sh\n" << text;
    ::chmod(path.c_str(), 0755);
    GateProgram program;
    program.argv = {path, "{manifests}", "{before}", "{policies}"};
    program.format = format;
    program.timeout = std::chrono::seconds{20};
    return program;
  }
  Result<std::vector<Finding>> run(GateProgram program) {
    auto running = run_gate(clock, pool.get_executor(), std::move(program), input);
    return test::run(io, std::move(running), std::chrono::seconds{30});
  }
  /// What the script prints as the message of a finding.
  std::string said(const std::string& text) {
    const auto findings = run(script("m=$(" + text + " 2>&1 | tr '\\n\"\\\\' ' ..'); printf '[{\"rule\":\"r\",\"message\":\"%s.\"}]' \"$m\""));
    return findings ? findings->at(0).message : "no answer: " + findings.error().message;
  }

  asio::io_context io;
  asio::thread_pool pool{1};
  SystemClock clock;
  std::string directory;
  GateInput input{Redactor("key")};
};

TEST_F(RunGate, GivesOneFileForEachObject) {
  input.manifests.push_back(manifest({{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", "shop"}}}}));
  input.before = {manifest(deployment("web:0"))};
  EXPECT_EQ(said("ls $1 | tr . _"), "0000-deployment-shop-web_yaml 0001-namespace-shop_yaml .");
  EXPECT_EQ(said("ls $1"), "Deployment shop/web Namespace shop .") << "in a message the objects stand for their files";
  EXPECT_THAT(said("cat $1/0000*"), AllOf(HasSubstr("kind: Deployment"), HasSubstr("image: web:1")));
  EXPECT_THAT(said("cat $2/*"), HasSubstr("image: web:0"));
}

TEST_F(RunGate, NoSecretIsGivenToATool) {
  input.manifests = {manifest({{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", {{"name", "db"}, {"namespace", "shop"}}}, {"data", {{"password", "aHVudGVyMg=="}}}, {"stringData", {{"other", "hunter3"}}}}),
                     manifest({{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", "c"}}}, {"data", {{"api_token", "hunter4"}, {"plain", "shown"}}}})};
  const auto all = said("cat $1/*");
  EXPECT_THAT(all, AllOf(Not(HasSubstr("aHVudGVyMg")), Not(HasSubstr("hunter")), HasSubstr("shown")));
  const auto secret = masked(*input.manifests[0].body, Redactor("key"));
  EXPECT_EQ(base64_decode(secret["data"]["password"].get<std::string>())->substr(0, 5), "hmac:") << "what is base64 stays so";
}

TEST_F(RunGate, ReadsItsPoliciesAndNothingElse) {
  if (!process::missing_for_fence().empty()) GTEST_SKIP() << "no fence on this kernel: " << process::missing_for_fence();
  const auto policies = directory + "/policies";
  std::filesystem::create_directory(policies);
  std::ofstream(policies + "/a.rego") << "package main";
  std::ofstream(directory + "/private") << "hunter2";
  input.policies = policies;
  EXPECT_EQ(said("cat $3/a.rego"), "package main.");
  EXPECT_THAT(said("cat " + directory + "/private"), Not(HasSubstr("hunter2")));
  EXPECT_THAT(said("cat /etc/passwd"), Not(HasSubstr("root:")));
  EXPECT_THAT(said("echo x > $1/new; ls $1"), Not(HasSubstr(" new ")));
  EXPECT_THAT(said("echo x > $3/new; ls $3"), Not(HasSubstr("new ")));
}

TEST_F(RunGate, PoliciesOfGitAreWrittenBesideTheObjects) {
  input.policy_files = {{"a.rego", "package main"}, {"lib/b.rego", "package lib"}};
  EXPECT_EQ(said("cat $3/a.rego $3/lib/b.rego"), "package mainpackage lib.");
  input.policy_files = {{"../a.rego", "package main"}};
  EXPECT_THAT(run(script("echo []")).error().message, HasSubstr("isn't a path of a policy"));
}

TEST_F(RunGate, CallsNobodyAndKnowsNoSecretOfOurs) {
  ::setenv("DRIFTWARDEN_TEST_SECRET", "hunter2", 1);
  const auto environment = said("env | grep -e SECRET -e KUBECONFIG");
  ::unsetenv("DRIFTWARDEN_TEST_SECRET");
  EXPECT_THAT(environment, AllOf(Not(HasSubstr("hunter2")), HasSubstr("KUBECONFIG=/dev/null")));
  if (!process::missing_for_fence().empty()) GTEST_SKIP() << "no fence on this kernel";
  EXPECT_THAT(said("python3 -c 'import socket; socket.socket()'"), HasSubstr("PermissionError"));
}

TEST_F(RunGate, AFileThatItsCommandNamesMayBeRead) {
  std::ofstream(directory + "/rules.txt") << "r1";
  auto program = script("printf '[{\"rule\":\"%s\",\"message\":\"m\"}]' \"$(cat $4)\"");
  program.argv.push_back(directory + "/rules.txt");
  const auto findings = run(std::move(program));
  ASSERT_TRUE(findings) << findings.error().message;
  EXPECT_EQ(findings->at(0).rule, "r1");
}

TEST_F(RunGate, AProgramIsRunWithWhatItWasInstalledWith) {
  std::filesystem::create_directories(directory + "/venv/bin");
  std::filesystem::create_directories(directory + "/venv/lib");
  std::ofstream(directory + "/venv/lib/rules") << "r7";
  const auto inner = directory + "/venv/bin/check";
  std::ofstream(inner) << "#!/bin/sh\nprintf '[{\"rule\":\"%s\",\"message\":\"m\"}]' \"$(cat " << directory << "/venv/lib/rules)\"";
  ::chmod(inner.c_str(), 0755);
  std::filesystem::create_symlink(inner, directory + "/check");
  GateProgram program;
  program.argv = {directory + "/check", "{manifests}"};
  program.format = Format::Json;
  const auto findings = run(program);
  ASSERT_TRUE(findings) << findings.error().message;
  EXPECT_EQ(findings->at(0).rule, "r7");
}

TEST_F(RunGate, WhateverKeepsItFromJudgingIsAnError) {
  EXPECT_THAT(run(script("exit 3")).error().message, HasSubstr("it ended with 3 and gave no answer"));
  EXPECT_THAT(run(script("echo oops")).error().message, HasSubstr("what it printed is no JSON: oops"));
  EXPECT_THAT(run(script("kill -9 $$")).error().message, HasSubstr("signal 9"));
  auto slow = script("sleep 60");
  slow.timeout = Duration{100};
  EXPECT_THAT(run(std::move(slow)).error().message, HasSubstr("gave no answer within 100ms"));
  EXPECT_THAT(run(script("yes")).error().message, HasSubstr("printed more than 16 MiB"));
  GateProgram missing;
  missing.argv = {"no-such-tool-anywhere", "{manifests}"};
  EXPECT_EQ(run(missing).error().message, "no-such-tool-anywhere isn't installed where Driftwarden runs");
  missing.argv = {directory + "/none", "{manifests}"};
  EXPECT_FALSE(run(missing));
  missing.argv.clear();
  EXPECT_FALSE(run(missing));
}

TEST_F(RunGate, KyvernoIsNotAskedWithoutAPolicy) {
  const auto policies = directory + "/policies";
  std::filesystem::create_directory(policies);
  std::ofstream(policies + "/kustomization.yaml") << "resources: []";
  input.policies = policies;
  std::ofstream(policies + "/notes.yaml") << "# kind: ClusterPolicy\n";
  EXPECT_THAT(run(script("exit 0", Format::Kyverno)).error().message, HasSubstr("no policy of Kyverno"));
  std::ofstream(policies + "/a.yaml") << "kind: ClusterPolicy";
  EXPECT_TRUE(run(script("exit 0", Format::Kyverno)));
}

TEST_F(RunGate, NothingOfARunIsLeft) {
  const auto place = said("cd $1/..; pwd");
  EXPECT_FALSE(std::filesystem::exists(place.substr(0, place.size() - 1)));
}

TEST_F(RunGate, TheIdentityFollowsTheProgramAndItsPolicies) {
  auto program = script("echo []");
  const auto policies = directory + "/policies";
  EXPECT_THAT(identity_of(program, policies).error().message, HasSubstr("policies isn't there"));
  std::filesystem::create_directory(policies);
  const auto first = identity_of(program, policies);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(*identity_of(program, policies), *first);
  std::ofstream(policies + "/a.rego") << "package main";
  const auto second = identity_of(program, policies);
  EXPECT_NE(*second, *first);
  std::ofstream(directory + "/tool") << "#!/bin/sh\necho '[ ]'";
  EXPECT_NE(*identity_of(program, policies), *second);
  program.argv.emplace_back("--strict");
  EXPECT_NE(*identity_of(program, ""), *first);
}

TEST(ArgvOf, PutsTheObjectsLast) {
  EXPECT_THAT(argv_of(Format::Kubeconform, {"-strict"}, true), ElementsAre("kubeconform", "-output", "json", "-verbose", "-schema-location", "{policies}", "-strict", "{manifests}"));
  EXPECT_THAT(argv_of(Format::Kubeconform, {"-schema-location", "{policies}/{{.ResourceKind}}.json"}, true),
              ElementsAre("kubeconform", "-output", "json", "-verbose", "-schema-location", "{policies}/{{.ResourceKind}}.json", "{manifests}"));
  EXPECT_THAT(argv_of(Format::Conftest, {"--all-namespaces"}, true),
              ElementsAre("conftest", "test", "--output", "json", "--no-color", "--show-builtin-errors", "--policy", "{policies}", "--all-namespaces", "{manifests}"));
  EXPECT_THAT(argv_of(Format::Kyverno, {"--audit-warn"}, true),
              ElementsAre("kyverno", "apply", "{policies}", "--resource", "{manifests}", "--policy-report", "--output-format", "json", "--remove-color", "-v=3", "--audit-warn"));
}

}  // namespace
}  // namespace driftwarden::gates
