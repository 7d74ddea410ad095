#include "bot/terminal/drift_print.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::HasSubstr;

WallTime nine() { return WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + std::chrono::hours{9}}; }

DriftReport scaled() {
  DriftReport report;
  report.app = "checkout";
  report.state = AppState::OutOfSync;
  report.cause = Cause::LiveEdited;
  report.revision = "4f2c81a0b5d6e7f80912a3b4c5d6e7f809123456";
  report.as_of = nine();
  ObjectDrift drift;
  drift.object = {"apps", "v1", "Deployment", "shop", "checkout"};
  drift.verdict = Verdict::OutOfSync;
  FieldDrift field;
  field.path = ".spec.replicas";
  field.by = "kubectl";
  field.cause = FieldCause::Live;
  field.desired = "2";
  field.live = "5";
  drift.fields.push_back(field);
  report.objects.push_back(drift);
  report.rules.push_back({".spec.paused of Deployment *", "alice", "OPS-12", nine(), 1, true});
  report.floating.push_back({drift.object, "shop/checkout:latest"});
  report.fights.push_back({drift.object, ".spec.replicas", {"argocd-controller", "kubectl"}, 4, nine()});
  report.warnings.push_back("something to look at");
  return report;
}

DriftReport of_state(AppState state, const std::string& reason = "") {
  DriftReport report;
  report.app = "a";
  report.state = state;
  report.reason = reason;
  return report;
}

TEST(DriftPrint, TheDocumentHasEverything) {
  const auto document = drift_document({scaled()});
  const auto& app = document.at("apps").at(0);
  EXPECT_EQ(app.at("app"), "checkout");
  EXPECT_EQ(app.at("state"), "OutOfSync");
  EXPECT_EQ(app.at("cause"), "live-edited");
  EXPECT_EQ(app.at("as_of"), "2026-11-21T09:00:00Z");
  EXPECT_EQ(app.at("objects").at(0).at("fields").at(0).at("live"), 5);
  EXPECT_EQ(app.at("rules").at(0), json::parse(R"({"rule":".spec.paused of Deployment *","owner":"alice","reason":"OPS-12","until":"2026-11-21T09:00:00Z","fields":1,"expired":true})"));
  EXPECT_EQ(app.at("floating").at(0).at("image"), "shop/checkout:latest");
  EXPECT_EQ(app.at("fights").at(0).at("flips"), 4);
  EXPECT_EQ(app.at("warnings"), json::parse(R"(["something to look at"])"));
}

TEST(DriftPrint, BeforeTheClustersFirstWordThereIsNoTime) { EXPECT_TRUE(drift_document({of_state(AppState::Unknown)}).at("apps").at(0).at("as_of").is_null()); }

TEST(DriftPrint, TheTextNamesTheCauseTheFieldAndWho) {
  const auto text = drift_text({scaled(), of_state(AppState::Unknown, "cluster prod unreachable")});
  EXPECT_THAT(text, HasSubstr("checkout: OutOfSync, live-edited (Git 4f2c81a, as of 2026-11-21T09:00:00Z)\n"));
  EXPECT_THAT(text, HasSubstr(".spec.replicas"));
  EXPECT_THAT(text, HasSubstr("kubectl"));
  EXPECT_THAT(text, HasSubstr("  rule ran out: .spec.paused of Deployment *, 1 field: OPS-12\n"));
  EXPECT_THAT(text, HasSubstr("  warning: something to look at\n"));
  EXPECT_THAT(text, HasSubstr("a: Unknown: cluster prod unreachable\n"));
}

struct ExitRow {
  std::string name;
  std::vector<AppState> states;
  int code;
  friend void PrintTo(const ExitRow& row, std::ostream* out) { *out << row.name; }
};
class ExitCodes : public testing::TestWithParam<ExitRow> {};
TEST_P(ExitCodes, TellTheWorst) {
  std::vector<DriftReport> reports;
  for (const auto state : GetParam().states) reports.push_back(of_state(state));
  EXPECT_EQ(drift_exit_code(reports), GetParam().code);
}
INSTANTIATE_TEST_SUITE_P(AllOf, ExitCodes,
                         testing::Values(ExitRow{"NoApps", {}, 0}, ExitRow{"AllSynced", {AppState::Synced, AppState::Synced}, 0},
                                         ExitRow{"OneDrifted", {AppState::Synced, AppState::OutOfSync}, 1}, ExitRow{"OneUnknown", {AppState::Synced, AppState::Unknown}, 2},
                                         ExitRow{"DriftedAndUnknown", {AppState::OutOfSync, AppState::Unknown}, 2}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
