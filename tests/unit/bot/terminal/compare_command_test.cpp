#include "bot/terminal/compare_command.hpp"
#include "bot/terminal/render_command.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kCases = std::string(DRIFTWARDEN_SOURCE_DIR) + "/tests/golden/drift-cases/";

class OneShot : public testing::Test {
 protected:
  OneShot() : directory(fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(directory);
    fs::create_directories(directory);
  }
  ~OneShot() override { fs::remove_all(directory); }
  std::string file(const std::string& name, const std::string& text) {
    fs::create_directories((directory / name).parent_path());
    std::ofstream(directory / name) << text;
    return (directory / name).string();
  }
  int compare(const CompareArguments& arguments) {
    out.str("");
    err.str("");
    return run_compare(arguments, out, err);
  }
  static CompareArguments case_of(const std::string& number) {
    CompareArguments arguments;
    arguments.desired = kCases + "case-" + number + "/desired.yaml";
    arguments.live = kCases + "case-" + number + "/live.json";
    return arguments;
  }
  fs::path directory;
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(OneShot, CompareAnswersInTheContractsWords) {
  EXPECT_EQ(compare(case_of("01")), 0);
  EXPECT_EQ(json::parse(out.str())["verdict"], "Synced");
  EXPECT_EQ(compare(case_of("10")), 1);
  const auto drift = json::parse(out.str());
  EXPECT_EQ(drift["object"], json::parse(R"({"apiVersion":"apps/v1","kind":"Deployment","namespace":"shop","name":"web-10"})"));
  EXPECT_EQ(drift["fields"], json::parse(R"([{"path":".spec.replicas","op":"changed","by":"kubectl","cause":"live","desired":2,"live":7}])"));
  EXPECT_EQ(err.str(), "");
}

TEST_F(OneShot, CompareTakesEverythingThatComesBeside) {
  auto arguments = case_of("50");
  arguments.last_synced = kCases + "case-50/prev.yaml";
  arguments.dry_run = kCases + "case-50/dryrun.json";
  arguments.openapi = kCases + "openapi";
  arguments.discovery = kCases + "discovery.json";
  EXPECT_EQ(compare(arguments), 1);
  EXPECT_EQ(json::parse(out.str())["notes"], json::parse(R"(["dry-run-failed","immutable"])"));
  arguments = case_of("75");
  arguments.rules = kCases + "case-74/rules.json";
  arguments.output = "text";
  EXPECT_EQ(compare(arguments), 0);
  EXPECT_EQ(out.str(), "Deployment shop/web-75: Synced\n  ignored-by-rule: ignore rule 1 hides 1 field\n");
}

TEST_F(OneShot, CompareWithoutOneSide) {
  EXPECT_EQ(compare(case_of("77")), 1);
  EXPECT_EQ(json::parse(out.str())["verdict"], "Missing");
  auto arguments = case_of("83");
  arguments.app = "shop";
  EXPECT_EQ(compare(arguments), 1);
  EXPECT_EQ(json::parse(out.str())["verdict"], "Extra");
  EXPECT_EQ(compare(case_of("84")), 0);
}

TEST_F(OneShot, CompareRefusesWrongUseWithTwo) {
  EXPECT_EQ(compare({}), 2);
  auto arguments = case_of("01");
  arguments.live = directory / "nowhere.json";
  EXPECT_EQ(compare(arguments), 2);
  EXPECT_THAT(err.str(), HasSubstr("nowhere.json"));
  arguments.live = file("broken.json", "a: [1");
  EXPECT_EQ(compare(arguments), 2);
  EXPECT_THAT(err.str(), HasSubstr("broken.json:"));
  arguments.live = file("empty.json", "");
  EXPECT_EQ(compare(arguments), 2);
  arguments.live = file("two.yaml", "a: 1\n---\nb: 2\n");
  EXPECT_EQ(compare(arguments), 2);
  arguments = case_of("01");
  arguments.output = "xml";
  EXPECT_EQ(compare(arguments), 2);
  EXPECT_EQ(out.str(), "");
}

TEST_F(OneShot, PairsAreCountedAndTimed) {
  const auto object = [](int replicas) {
    return json{{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"metadata", {{"name", "w"}}}, {"spec", {{"replicas", replicas}}}}.dump();
  };
  file("000000.desired.json", object(1));
  file("000000.live.json", object(1));
  file("000001.desired.json", object(1));
  file("000001.live.json", object(2));
  CompareArguments arguments;
  arguments.pairs = directory.string();
  arguments.repeat = 3;
  arguments.threads = 2;
  EXPECT_EQ(compare(arguments), 1);
  const auto figures = json::parse(out.str());
  EXPECT_EQ(figures["pairs"], 2);
  EXPECT_EQ(figures["drifted"], 1);
  EXPECT_GT(figures["compares_per_s"].get<double>(), 0);
  EXPECT_GT(figures["end_to_end_per_s"].get<double>(), 0);
  file("000001.live.json", "{");
  EXPECT_EQ(compare(arguments), 2);
  arguments.repeat = 0;
  EXPECT_EQ(compare(arguments), 2);
}

TEST_F(OneShot, RenderPrintsOneArrayInApplyOrder) {
  file("b.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: yes}}");
  file("sub/a.yml", "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
  file(".hidden/x.yaml", "nonsense: true");
  file("notes.txt", "not yaml: [");
  RenderArguments arguments;
  arguments.path = directory.string();
  EXPECT_EQ(run_render(arguments, out, err), 0) << err.str();
  const auto objects = json::parse(out.str());
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0]["kind"], "Namespace");
  EXPECT_EQ(objects[1]["data"]["k"], true);
  out.str("");
  arguments.output = "yaml";
  EXPECT_EQ(run_render(arguments, out, err), 0);
  EXPECT_THAT(out.str(), HasSubstr("---\napiVersion: v1\nkind: ConfigMap\n"));
}

TEST_F(OneShot, RenderSaysWhatItCannot) {
  RenderArguments arguments;
  arguments.path = (directory / "nowhere").string();
  EXPECT_EQ(run_render(arguments, out, err), 2);
  file("kustomization.yaml", "resources: [https://example.org/base.yaml]");
  arguments.path = directory.string();
  EXPECT_EQ(run_render(arguments, out, err), 2);
  EXPECT_THAT(err.str(), HasSubstr("kustomization.yaml"));
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace driftwarden
