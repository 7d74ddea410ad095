// A tree of Terragrunt's units, as it leaves its files.
#include "integrations/terraform/units.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <cstdlib>
namespace driftwarden::terraform {
namespace {

using State = PlanOutcome::State;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

constexpr const char* kSame = R"({"format_version":"1.2","resource_changes":[{"address":"a.b","mode":"managed","type":"a","name":"b","change":{"actions":["no-op"],"before":{},"after":{}}}]})";
constexpr const char* kDiffers =
    R"({"format_version":"1.2","resource_changes":[{"address":"module.m.a.b","module_address":"module.m","mode":"managed","type":"a","name":"b","change":{"actions":["create"],"before":null,"after":{}}}]})";

class Units : public testing::Test {
 protected:
  Units() {
    auto pattern = (fs::temp_directory_path() / "driftwarden-units-XXXXXX").string();
    root = ::mkdtemp(pattern.data());
    run.directory = root + "/live";
    run.json_directory = root + "/shown";
    fs::create_directories(run.json_directory);
  }
  ~Units() override { fs::remove_all(root); }

  void unit(const std::string& path, const char* plan) {
    write(run.directory + "/" + path + "/terragrunt.hcl", "");
    if (plan != nullptr) write(run.json_directory + "/" + path + "/tfplan.json", plan);
  }
  static void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::vector<std::string> states(const PlanOutcome& outcome) {
    std::vector<std::string> told;
    for (const auto& one : outcome.units) told.push_back(one.path + (one.state == State::Failed ? " failed" : one.state == State::Differs ? " differs" : " same"));
    return told;
  }

  std::string root;
  UnitRun run;
};

TEST_F(Units, OneBrokenUnitHidesNoOther) {
  unit("vpc", kSame);
  unit("db", kDiffers);
  unit("web", nullptr);
  unit("cdn", nullptr);
  run.report = R"([{"Name":"vpc","Result":"succeeded"},{"Name":"db","Result":"succeeded"},{"Name":"web","Result":"failed","Reason":"run error","Cause":"exit status 1"},
    {"Name":"cdn","Result":"early exit","Reason":"ancestor error","Cause":"web"},{"Name":"off","Result":"excluded"}])";
  run.output = "12:00:00.000 ERROR  [web] tofu: \u2577\n12:00:00.000 ERROR  [web] tofu: \u2502 Error: No such region\n12:00 STDERR [db] tofu: fine\n";
  run.exit_code = 1;
  const auto outcome = outcome_of(run);
  EXPECT_EQ(outcome.state, State::Differs);
  EXPECT_THAT(states(outcome), ElementsAre("cdn failed", "db differs", "vpc same", "web failed"));
  EXPECT_EQ(outcome.units[3].error, "Error: No such region");
  EXPECT_THAT(outcome.units[0].error, HasSubstr("web"));
  ASSERT_EQ(outcome.plan.objects.size(), 1U);
  EXPECT_EQ(outcome.plan.objects.front().object.namespace_, "db/module.m");
  EXPECT_EQ(outcome.plan.resources, 2U);
}

TEST_F(Units, OnlyBrokenAndSameUnitsAreAFailure) {
  unit("vpc", kSame);
  unit("web", nullptr);
  run.report = R"([{"name":"./vpc","result":"succeeded"},{"name":"web","result":"failed","cause":"exit status 1 with token=abcdefgh"}])";
  run.exit_code = 1;
  const auto outcome = outcome_of(run);
  EXPECT_EQ(outcome.state, State::Failed);
  EXPECT_THAT(outcome.error, HasSubstr("1 of 2 units"));
  EXPECT_THAT(outcome.error, HasSubstr("web"));
  EXPECT_THAT(outcome.error, Not(HasSubstr("abcdefgh")));
}

TEST_F(Units, AbsoluteNamesInTheReportAreTheSameUnits) {
  unit("a/vpc", kSame);
  run.report = R"([{"Name":")" + run.directory + R"(/a/vpc","Result":"succeeded"}])";
  EXPECT_THAT(states(outcome_of(run)), ElementsAre("a/vpc same"));
}

TEST_F(Units, WithoutAReportAUnitThatLeftNoPlanFailed) {
  unit("vpc", kDiffers);
  unit("web", nullptr);
  write(run.directory + "/terragrunt.hcl", "");
  run.exit_code = 1;
  EXPECT_THAT(states(outcome_of(run)), ElementsAre("vpc differs", "web failed"));
}

TEST_F(Units, NothingAtAllIsTheWholeRunsError) {
  run.exit_code = 1;
  run.output = "ERROR: Error: Missing expression; on root.hcl line 1";
  const auto outcome = outcome_of(run);
  EXPECT_EQ(outcome.state, State::Failed);
  EXPECT_THAT(outcome.error, HasSubstr("Missing expression"));
}

TEST_F(Units, APlanThatCannotBeReadIsABrokenUnit) {
  unit("vpc", "{");
  unit("db", R"({"format_version":"9.0"})");
  EXPECT_THAT(states(outcome_of(run)), ElementsAre("db failed", "vpc failed"));
}

TEST(States, EachUnitsMustLast) {
  namespace fs = std::filesystem;
  auto pattern = (fs::temp_directory_path() / "driftwarden-states-XXXXXX").string();
  const std::string root = ::mkdtemp(pattern.data());
  const auto write = [&](const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(root + "/" + path).parent_path());
    std::ofstream(root + "/" + path) << text;
  };
  ToolPlace place;
  place.checkout = root + "/checkout";
  place.directory = root + "/checkout/live";
  place.data_directory = root + "/data";
  const std::string lasting = R"({"backend":{"type":"s3","config":{}}})";
  write("checkout/live/web/.terraform/terraform.tfstate", lasting);
  write("checkout/live/db/terragrunt.hcl", "");
  EXPECT_EQ(why_a_state_would_be_lost(place, {"web"}), "");
  EXPECT_NE(why_a_state_would_be_lost(place, {"db", "web"}).find("unit db: it has no backend"), std::string::npos) << "nothing tells of one";
  write("data/units/some-name/hash/module/.terraform/terraform.tfstate", lasting);
  EXPECT_EQ(why_a_state_would_be_lost(place, {"db", "web"}), "");
  write("checkout/live/web/.terraform/terraform.tfstate", R"({"backend":{"type":"local","config":{"path":")" + root + R"(/checkout/live/web/s.tfstate"}}})");
  EXPECT_NE(why_a_state_would_be_lost(place, {"db", "web"}).find("unit web: its backend is a file"), std::string::npos);
  write("checkout/live/web/.terraform/terraform.tfstate", R"({"backend":{"type":"local","config":{"path":")" + root + R"(/states/s.tfstate"}}})");
  EXPECT_EQ(why_a_state_would_be_lost(place, {"web"}), "");
  fs::remove(root + "/checkout/live/web/.terraform/terraform.tfstate");
  EXPECT_NE(why_a_state_would_be_lost(place, {"web"}).find("unit web"), std::string::npos);
  fs::remove_all(root);
}

TEST(Stale, OnlyWhenNothingElseFailed) {
  const std::string stale = "[web] tofu: Error: Saved plan is stale\n";
  EXPECT_TRUE(only_stale(stale + stale));
  EXPECT_FALSE(only_stale(stale + "[db] tofu: Error: AccessDenied\n"));
  EXPECT_FALSE(only_stale("nothing failed"));
}

}  // namespace
}  // namespace driftwarden::terraform
