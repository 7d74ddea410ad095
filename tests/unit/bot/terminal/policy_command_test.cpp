#include "bot/terminal/policy_command.hpp"

#include "tests/support/golden.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/bot/config/fixture.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;

class PolicyCommandTest : public testing::Test {
 protected:
  PolicyCommandTest() {
    // No secret of the config is at hand: what CI has.
    environment.files["/etc/driftwarden.yaml"] = test::read_source_file("deploy/examples/driftwarden.yaml");
    environment.files["cases.yaml"] = test::read_source_file("deploy/examples/policy-cases.yaml");
  }
  int run_cases(const std::string& output = "text") { return run_policy_test({.file = "cases.yaml", .config = "/etc/driftwarden.yaml", .output = output}, environment, clock, out, err); }
  int explain(const std::string& who, const std::string& verb, const std::string& app, const std::string& at = "2026-11-19T12:00:00Z", const std::string& output = "text") {
    return run_policy_explain({.who = who, .verb = verb, .app = app, .config = "/etc/driftwarden.yaml", .at = at, .output = output}, environment, clock, out, err);
  }
  FakeEnvironment environment;
  asio::io_context io;
  test::ManualClock clock{io};
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(PolicyCommandTest, TheExamplesFitTogether) {
  EXPECT_EQ(run_cases(), 0) << out.str() << err.str();
  EXPECT_EQ(err.str(), "");
  EXPECT_THAT(out.str(), EndsWith("24 of 24 cases hold\n"));
}

TEST_F(PolicyCommandTest, ACaseThatDoesNotHoldIsToldWithWhatIs) {
  environment.files["cases.yaml"] = "cases:\n  - {who: alice, may: halt, app: checkout, expect: allowed}\n";
  EXPECT_EQ(run_cases(), 1);
  EXPECT_EQ(out.str(), "FAIL cases.yaml:2: alice may halt checkout: allowed\n     got refused: no rule of the policy allows halt on checkout\n0 of 1 cases hold\n");
}

TEST_F(PolicyCommandTest, TestsAsJson) {
  EXPECT_EQ(run_cases("json"), 0);
  const auto document = json::parse(out.str());
  EXPECT_EQ(document["ok"], true);
  EXPECT_EQ(document["failed"], 0);
  EXPECT_EQ(document["cases"][0]["case"], "alice may sync checkout: allowed");
  EXPECT_EQ(document["cases"][0]["passed"], true);
}

TEST_F(PolicyCommandTest, WrongUseIsTwo) {
  EXPECT_EQ(run_cases("xml"), 2);
  environment.files["cases.yaml"] = "cases:\n  - {who: alice}\n";
  EXPECT_EQ(run_cases(), 2);
  EXPECT_THAT(err.str(), HasSubstr("cases.yaml:2:5: the case has no verb"));
  environment.files.erase("cases.yaml");
  EXPECT_EQ(run_cases(), 2);
  environment.files["/etc/driftwarden.yaml"] = "polcy: {}\n";
  EXPECT_EQ(run_cases(), 2);
  EXPECT_THAT(err.str(), HasSubstr("/etc/driftwarden.yaml:1:1: unknown key"));
  environment.files.erase("/etc/driftwarden.yaml");
  EXPECT_EQ(run_cases(), 2);
}

TEST_F(PolicyCommandTest, ExplainsInSentences) {
  EXPECT_EQ(explain("alice", "sync", "checkout"), 0);
  EXPECT_THAT(out.str(), HasSubstr("alice may sync checkout: teams[0]"));
  EXPECT_THAT(out.str(), HasSubstr("At risk none, low, medium: 1 approval is needed (policy.approvals[0]"));
  EXPECT_THAT(out.str(), HasSubstr("At risk destructive: 2 approvals are needed (policy.approvals[1]"));
}

TEST_F(PolicyCommandTest, ExplainsARefusal) {
  EXPECT_EQ(explain("alice", "halt", "checkout", "", "json"), 0);
  const auto document = json::parse(out.str());
  EXPECT_EQ(document["allowed"], false);
  EXPECT_EQ(document["rule"], "no rule of the policy allows halt on checkout");
  EXPECT_EQ(document["explanation"].size(), 1U);
}

TEST_F(PolicyCommandTest, ExplainsWhatExists) {
  EXPECT_EQ(explain("alice", "synk", "checkout"), 2);
  EXPECT_THAT(err.str(), HasSubstr("unknown verb \"synk\", expected \"sync\""));
  EXPECT_EQ(explain("alice", "sync", "chekout"), 2);
  EXPECT_THAT(err.str(), HasSubstr("unknown App \"chekout\", expected \"checkout\""));
  EXPECT_EQ(explain("alice", "sync", "checkout", "noon"), 2);
  EXPECT_THAT(err.str(), HasSubstr("\"noon\" isn't a time"));
}

}  // namespace
}  // namespace driftwarden
