#include "bot/app/check_command.hpp"

#include "tests/unit/bot/config/fixture.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace driftwarden {
namespace {

using testing::HasSubstr;

class CheckCommand : public testing::Test {
 protected:
  int run(const std::string& text, const std::string& output = "text") {
    environment.files["c.yaml"] = text;
    out.str("");
    return run_check({.config = "c.yaml", .output = output}, environment, out, err);
  }
  FakeEnvironment environment;
  std::ostringstream out;
  std::ostringstream err;
};

constexpr const char* kGood = "clusters:\n- {name: a, in_cluster: true}\n";
constexpr const char* kBad = "clusters:\n- {name: a, in_cluster: true, aply: true}\nhtttp: {}\n";

TEST_F(CheckCommand, AGoodFileIsZeroAlsoWithWarnings) {
  EXPECT_EQ(run(kGood), 0);
  EXPECT_THAT(out.str(), HasSubstr("(warning)"));
  EXPECT_THAT(out.str(), HasSubstr("c.yaml: good: 1 cluster, 0 repositories"));
}

TEST_F(CheckCommand, EveryMistakeIsALine) {
  EXPECT_EQ(run(kBad), 1);
  EXPECT_THAT(out.str(), HasSubstr("c.yaml:2:31: unknown key \"aply\", expected \"apply\"\nc.yaml:3:1: unknown key \"htttp\", expected \"http\"\n"));
  EXPECT_THAT(out.str(), HasSubstr("c.yaml: 2 mistakes\n"));
}

TEST_F(CheckCommand, SaysItAsJson) {
  EXPECT_EQ(run(kBad, "json"), 1);
  const auto document = nlohmann::json::parse(out.str());
  EXPECT_EQ(document["ok"], false);
  EXPECT_EQ(document["mistakes"][0]["line"], 2);
  EXPECT_EQ(document["mistakes"][0]["column"], 31);
  EXPECT_EQ(run(kGood, "json"), 0);
  EXPECT_EQ(nlohmann::json::parse(out.str())["ok"], true);
}

TEST_F(CheckCommand, WrongUseIsTwo) {
  EXPECT_EQ(run_check({.config = "no.yaml", .output = "text"}, environment, out, err), 2);
  EXPECT_THAT(err.str(), HasSubstr("no.yaml can't be read: no such file"));
  EXPECT_EQ(run(kGood, "xml"), 2);
}

}  // namespace
}  // namespace driftwarden
