#include "integrations/argocd/operation.hpp"

#include "tests/unit/integrations/argocd/fixtures.hpp"

#include <gtest/gtest.h>

namespace driftwarden::argocd {
namespace {

using nlohmann::json;

const std::string kWanted = "5555555555555555555555555555555555555555";

SyncRequest request() {
  SyncRequest asked;
  asked.revision = kWanted;
  asked.id = "C-7:1";
  asked.requested_by = "ann";
  return asked;
}

/// What a server makes of the patch.
Result<json> patched(const json& object) {
  const auto patch = sync_patch(parse_application(object).value(), object, request());
  if (!patch) return patch.error();
  return Result<json>(boost::system::in_place_value, object.patch(*patch));
}

TEST(ArgoSync, IsAnOperationLikeTheApisOwn) {
  const auto after = patched(guestbook());
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->at("operation"), json::parse(R"({"initiatedBy": {"username": "ann"}, "info": [{"name": "driftwarden", "value": "C-7:1"}],
    "sync": {"revision": "5555555555555555555555555555555555555555", "prune": true, "syncOptions": ["CreateNamespace=true", "ServerSideApply=true"]},
    "retry": {"limit": 5, "backoff": {"duration": "5s", "factor": 2, "maxDuration": "3m"}}})"));
}

TEST(ArgoSync, IsGuardedByTheResourceVersion) {
  const auto object = guestbook();
  const auto patch = sync_patch(parse_application(object).value(), object, request()).value();
  auto moved = object;
  moved["metadata"]["resourceVersion"] = "4712";
  EXPECT_THROW(static_cast<void>(moved.patch(patch)), json::exception);
}

TEST(ArgoSync, ChangesOneRepositorysSourcesAlone) {
  auto object = guestbook();
  object["spec"]["sources"] = json::parse(R"([{"repoURL": "https://charts.example.org", "chart": "redis", "targetRevision": "17.0.1"}, {"repoURL": "https://github.com/acme/config", "path": "charts/web"},
    {"repoURL": "https://github.com/acme/config", "ref": "values"}, {"repoURL": "https://github.com/acme/other", "path": "x", "targetRevision": "main"}])");
  object["status"]["sync"] = json::parse(R"({"status": "Synced", "revisions": ["17.0.1", "a", "a"]})");
  const auto after = patched(object).value();
  EXPECT_EQ(after["operation"]["sync"]["revisions"], json::parse(R"(["17.0.1", "5555555555555555555555555555555555555555", "5555555555555555555555555555555555555555", "main"])"));
  EXPECT_FALSE(after["operation"]["sync"].contains("revision"));
}

TEST(ArgoSync, IsRefusedWhileAnotherOneIsThere) {
  auto object = guestbook();
  object["operation"] = json::parse(R"({"sync": {"revision": "x"}})");
  EXPECT_EQ(patched(object).error().kind, ErrorKind::Conflict);
  object.erase("operation");
  for (const auto* phase : {"Running", "Terminating"}) {
    object["status"]["operationState"]["phase"] = phase;
    EXPECT_EQ(patched(object).error().kind, ErrorKind::Conflict) << phase;
  }
}

TEST(ArgoSync, NeedsARevisionAndAnId) {
  const auto object = guestbook();
  EXPECT_EQ(sync_patch(parse_application(object).value(), object, {}).error().kind, ErrorKind::InvalidInput);
}

TEST(ArgoRefresh, SetsTheAnnotationWhateverWasThere) {
  auto object = guestbook();
  EXPECT_EQ(object.patch(refresh_patch(object, false))["metadata"]["annotations"]["argocd.argoproj.io/refresh"], "normal");
  EXPECT_EQ(object.patch(refresh_patch(object, false))["metadata"]["annotations"].size(), 2U);
  object["metadata"].erase("annotations");
  EXPECT_EQ(object.patch(refresh_patch(object, true))["metadata"]["annotations"]["argocd.argoproj.io/refresh"], "hard");
}

struct OutcomeRow {
  std::string name;
  std::string state;      ///< status.operationState
  std::string operation;  ///< "" = none
  SyncState outcome;
  friend void PrintTo(const OutcomeRow& row, std::ostream* out) { *out << row.name; }
};
class ArgoOutcome : public testing::TestWithParam<OutcomeRow> {};
TEST_P(ArgoOutcome, IsOursOrNone) {
  auto object = guestbook();
  object["status"]["operationState"] = json::parse(GetParam().state);
  if (!GetParam().operation.empty()) object["operation"] = json::parse(GetParam().operation);
  EXPECT_EQ(outcome_of(parse_application(object).value(), "C-7:1").state, GetParam().outcome);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, ArgoOutcome,
    testing::Values(OutcomeRow{"Nothing", "null", "", SyncState::NotAsked},
                    OutcomeRow{"Others", R"({"phase": "Succeeded", "operation": {"info": [{"name": "driftwarden", "value": "C-6:1"}]}})", "", SyncState::NotAsked},
                    OutcomeRow{"AnotherName", R"({"phase": "Succeeded", "operation": {"info": [{"name": "Reason", "value": "C-7:1"}]}})", "", SyncState::NotAsked},
                    OutcomeRow{"Waiting", R"({"phase": "Succeeded"})", R"({"info": [{"name": "driftwarden", "value": "C-7:1"}]})", SyncState::Running},
                    OutcomeRow{"AnotherWaits", R"({"phase": "Succeeded"})", R"({"info": [{"name": "driftwarden", "value": "C-8:1"}]})", SyncState::NotAsked},
                    OutcomeRow{"Runs", R"({"phase": "Running", "operation": {"info": [{"name": "driftwarden", "value": "C-7:1"}]}})", R"({"info": []})", SyncState::Running},
                    OutcomeRow{"Succeeded", R"({"phase": "Succeeded", "operation": {"info": [{"name": "driftwarden", "value": "C-7:1"}]}})", "", SyncState::Succeeded},
                    OutcomeRow{"Failed", R"({"phase": "Failed", "operation": {"info": [{"name": "driftwarden", "value": "C-7:1"}]}})", "", SyncState::Failed},
                    OutcomeRow{"Error", R"({"phase": "Error", "operation": {"info": [{"name": "driftwarden", "value": "C-7:1"}]}})", "", SyncState::Failed}),
    [](const auto& row) { return row.param.name; });

TEST(ArgoOutcome, IsOfTheWantedRevision) {
  auto object = guestbook();
  object["status"]["operationState"] = json::parse(R"({"phase": "Succeeded", "syncResult": {"revisions": ["17.0.1", "abc"]}, "operation": {"info": [{"name": "driftwarden", "value": "C-12:abcdef123456"}]}})");
  const auto state = [&](const std::string& revision) { return outcome_of(parse_application(object).value(), "C-12:abcdef123456", revision).state; };
  EXPECT_EQ(state("abc"), SyncState::Succeeded);
  EXPECT_EQ(state(""), SyncState::Succeeded);
  EXPECT_EQ(state("def"), SyncState::NotAsked);
  object["status"]["operationState"].erase("syncResult");
  EXPECT_EQ(state("def"), SyncState::Succeeded) << "it isn't known";
  object["operation"] = json::parse(R"({"info": [{"name": "driftwarden", "value": "C-12:abcdef123456"}], "sync": {"revision": "abc"}})");
  object["status"].erase("operationState");
  EXPECT_EQ(state("abc"), SyncState::Running);
  EXPECT_EQ(state("def"), SyncState::NotAsked);
}

TEST(ArgoSync, LeavesSourcesThatFollowSomethingElse) {
  auto object = guestbook();
  object["spec"]["sources"] = json::parse(R"([{"repoURL": "https://github.com/acme/config", "path": "a", "targetRevision": "main"}, {"repoURL": "https://github.com/acme/config", "path": "b", "targetRevision": "v2"}])");
  object["status"]["sync"] = json::parse(R"({"status": "Synced", "revisions": ["x", "y"]})");
  EXPECT_EQ(patched(object).value()["operation"]["sync"]["revisions"], json::parse(R"(["5555555555555555555555555555555555555555", "y"])"));
}

TEST(ArgoOutcome, NothingWithoutAnId) { EXPECT_EQ(outcome_of(parse_application(guestbook()).value(), "").state, SyncState::NotAsked); }

}  // namespace
}  // namespace driftwarden::argocd
