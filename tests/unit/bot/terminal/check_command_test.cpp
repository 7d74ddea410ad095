#include "bot/terminal/check_command.hpp"

#include "tests/unit/bot/config/fixture.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
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

/// Of which a part is in Git, and a checkout of that.
class CheckOfGit : public CheckCommand {
 protected:
  CheckOfGit() {
    std::string pattern = (std::filesystem::temp_directory_path() / "driftwarden-check-XXXXXX").string();
    checkout = mkdtemp(pattern.data());
  }
  ~CheckOfGit() override { std::filesystem::remove_all(checkout); }
  int run_with(const std::string& text, const std::string& in_git) {
    environment.files["c.yaml"] = text;
    std::ofstream(checkout + "/apps.yaml") << in_git;
    out.str("");
    return run_check({.config = "c.yaml", .output = "text", .from_git = checkout}, environment, out, err);
  }
  std::string checkout;
};

constexpr const char* kFromGit =
    "clusters: [{name: a, in_cluster: true}]\nrepositories: [{name: config, url: 'file:///srv/c.git'}]\nconfig_from: {repository: config, path: d}\n";
constexpr const char* kAppInGit = "apps: [{name: shop, repository: config, path: shop, cluster: a, namespace: shop}]\n";

TEST_F(CheckOfGit, SaysWhenThatPartIsNotChecked) {
  EXPECT_EQ(run(kFromGit), 0);
  EXPECT_THAT(out.str(), HasSubstr("c.yaml:1:1: what config_from names in Git isn't checked, expected --from-git DIRECTORY with a checkout of it (warning)"));
}

TEST_F(CheckOfGit, ChecksTheCheckout) {
  EXPECT_EQ(run_with(kFromGit, kAppInGit), 0);
  EXPECT_THAT(out.str(), HasSubstr("1 repository, 1 app"));
  EXPECT_THAT(out.str(), testing::Not(HasSubstr("isn't checked")));
}

TEST_F(CheckOfGit, TellsItsMistakesByItsFiles) {
  EXPECT_EQ(run_with(kFromGit, "storage: {}\n"), 1);
  EXPECT_THAT(out.str(), HasSubstr(checkout + "/apps.yaml:1:1: a config in Git may not say \"storage\", expected it in the main file only\n"));
}

TEST_F(CheckOfGit, NeedsAFileThatSaysSo) {
  EXPECT_EQ(run_with(kGood, kAppInGit), 2);
  EXPECT_THAT(err.str(), HasSubstr("c.yaml has no config_from"));
}

}  // namespace
}  // namespace driftwarden
