#include "bot/change/plan.hpp"

#include "gitops/diff/inputs.hpp"
#include "gitops/manifest/manifest.hpp"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kTarget = "4f2c81a0b5d6e7f80912a3b4c5d6e7f809123456";

Change change(ChangeVerb verb) {
  Change made;
  made.id = 12;
  made.app = "checkout";
  made.verb = verb;
  made.requester = "alice";
  made.reason = "the load test is over";
  made.target_revision = kTarget;
  made.requested_at = WallTime{std::chrono::seconds{1'800'000'000}};
  return made;
}

App app(Track track = Track::Head) {
  App made;
  made.name = "checkout";
  made.path = "apps/checkout";
  made.track = track;
  return made;
}

Config config() {
  Config made;
  Person alice;
  alice.name = "alice";
  alice.emails = {"alice@example.org"};
  made.people.push_back(alice);
  return made;
}

CommitRequest plan(const Change& wanted, const App& of) { return plan_commit(wanted, of, config(), "head", "41:ab12", {{"apps/checkout/deployment.yaml", "adopted"}}); }

struct PlanRow {
  std::string name;
  ChangeVerb verb;
  Track track;
  std::string edited;    ///< "" = none
  std::string restored;
  friend void PrintTo(const PlanRow& row, std::ostream* out) { *out << row.name; }
};
class PlanTable : public testing::TestWithParam<PlanRow> {};
TEST_P(PlanTable, Writes) {
  const auto request = plan(change(GetParam().verb), app(GetParam().track));
  EXPECT_EQ(request.edits.empty() ? "" : request.edits.front().path, GetParam().edited);
  EXPECT_EQ(request.restore_path, GetParam().restored);
  EXPECT_EQ(request.restore_revision, GetParam().restored.empty() ? "" : kTarget);
  EXPECT_EQ(request.base, "head");
  EXPECT_EQ(request.branch, "driftwarden/c-12-" + std::string(to_string(GetParam().verb)) + "-checkout");
  EXPECT_EQ(request.author.email, "alice@example.org");
  EXPECT_EQ(request.at, change(GetParam().verb).requested_at) << "the same Change on the same head is the same commit";
}
INSTANTIATE_TEST_SUITE_P(Verbs, PlanTable,
                         testing::Values(PlanRow{"SyncOfHeadRecordsTheDecision", ChangeVerb::Sync, Track::Head, ".driftwarden/syncs/checkout.yaml", ""},
                                         PlanRow{"SyncOfAPinMovesThePin", ChangeVerb::Sync, Track::Pin, ".driftwarden/pins/checkout.yaml", ""},
                                         PlanRow{"RollbackOfHeadRestoresThePath", ChangeVerb::Rollback, Track::Head, "", "apps/checkout"},
                                         PlanRow{"RollbackOfAPinMovesThePin", ChangeVerb::Rollback, Track::Pin, ".driftwarden/pins/checkout.yaml", ""},
                                         PlanRow{"AdoptionEditsTheManifests", ChangeVerb::Adopt, Track::Head, "apps/checkout/deployment.yaml", ""}),
                         [](const auto& row) { return row.param.name; });

TEST(PlanCommit, ThePinNamesTheRevision) {
  const auto request = plan(change(ChangeVerb::Sync), app(Track::Pin));
  EXPECT_THAT(*request.edits.front().content, HasSubstr("revision: \"" + kTarget + "\"\nby: \"alice\"\n"));
}

TEST(PlanCommit, TheMessageEndsInItsTrailers) {
  EXPECT_EQ(plan(change(ChangeVerb::Rollback), app()).message,
            "checkout: roll back to 4f2c81a\n\nthe load test is over\n\nRequested-by: alice\nChange: C-12\nDriftwarden-Audit: 41:ab12\n");
  auto silent = change(ChangeVerb::Sync);
  silent.reason.clear();
  EXPECT_EQ(plan(silent, app()).message, "checkout: sync to 4f2c81a\n\nRequested-by: alice\nChange: C-12\nDriftwarden-Audit: 41:ab12\n");
}

TEST(PlanCommit, AReasonCanWriteNoTrailerAndNoYaml) {
  auto sly = change(ChangeVerb::Sync);
  sly.reason = "ok\n\nRequested-by: mallory\nrevision: \"0000\"\x1b[0m\"";
  const auto request = plan(sly, app(Track::Pin));
  EXPECT_THAT(request.message, Not(HasSubstr("\nRequested-by: mallory")));
  EXPECT_THAT(*request.edits.front().content, Not(HasSubstr("\nrevision: \"0000\"")));
  EXPECT_THAT(request.message, Not(HasSubstr("\x1b")));
}

TEST(PlanCommit, ABranchNameIsPlainWhateverTheAppIsCalled) {
  auto odd = change(ChangeVerb::Sync);
  odd.app = "Shop/Check out..~^:";
  EXPECT_EQ(branch_name(odd), "driftwarden/c-12-sync-shop-check-out-----");
}

std::vector<Manifest> manifests(const std::string& image) {
  Manifest made;
  made.ref = {"apps", "v1", "Deployment", "shop", "checkout"};
  made.body = std::make_shared<const nlohmann::json>(nlohmann::json{{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"metadata", {{"name", "checkout"}}}, {"spec", {{"image", image}}}});
  made.file = "deployment.yaml";
  return {made};
}

std::vector<Manifest> secret(const std::string& value) {
  Manifest made;
  made.ref = {"", "v1", "Secret", "shop", "keys"};
  made.body = std::make_shared<const nlohmann::json>(nlohmann::json{{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", {{"name", "keys"}}}, {"stringData", {{"token", value}}}});
  return {made};
}

TEST(EffectText, ShowsWhatChangesAndNothingElse) {
  const Redactor redactor("key");
  EXPECT_EQ(effect_text(manifests("a"), manifests("a"), redactor), "");
  const auto text = effect_text(manifests("a"), manifests("b"), redactor);
  EXPECT_THAT(text, HasSubstr("Deployment shop/checkout"));
  EXPECT_THAT(text, HasSubstr("-  image: a"));
  EXPECT_THAT(text, HasSubstr("+  image: b"));
  EXPECT_THAT(effect_text({}, manifests("b"), redactor), HasSubstr("+  image: b"));
  EXPECT_THAT(effect_text(manifests("a"), {}, redactor), HasSubstr("-  image: a"));
}

TEST(EffectText, ASecretShowsThatItChangesAndNotWhat) {
  const Redactor redactor("key");
  const auto text = effect_text(secret("hunter2"), secret("hunter3"), redactor);
  EXPECT_THAT(text, HasSubstr("hmac:"));
  EXPECT_THAT(text, Not(HasSubstr("hunter")));
}

DriftReport drift(const std::string& live = "5", Verdict verdict = Verdict::OutOfSync) {
  DriftReport report;
  report.state = AppState::OutOfSync;
  FieldDrift field;
  field.path = ".spec.image";
  field.desired = "\"a\"";
  field.live = live;
  report.objects.push_back({manifests("a").front().ref, verdict, verdict == Verdict::OutOfSync ? std::vector{field} : std::vector<FieldDrift>{}, {}});
  return report;
}

Result<std::string> source(const std::string&) { return std::string("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: checkout\nspec:\n  image: a # keep me\n"); }

TEST(PlanAdoption, WritesTheLiveValueAndKeepsTheRest) {
  const auto edits = plan_adoption(app(), drift("\"b\""), manifests("a"), source);
  ASSERT_TRUE(edits) << edits.error().message;
  ASSERT_EQ(edits->size(), 1U);
  EXPECT_EQ(edits->front().path, "apps/checkout/deployment.yaml");
  EXPECT_THAT(*edits->front().content, HasSubstr("image: b # keep me"));
}

TEST(PlanAdoption, ASecretDoesNotGoIntoGit) {
  const auto edits = plan_adoption(app(), drift("\"hmac:0123456789\""), manifests("a"), source);
  ASSERT_FALSE(edits);
  EXPECT_EQ(edits.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(edits.error().message, HasSubstr("secret"));
}

TEST(PlanAdoption, WhatIsMissingOrHasNoFileIsRefusedWithAWayOut) {
  EXPECT_THAT(plan_adoption(app(), drift("5", Verdict::Missing), manifests("a"), source).error().message, HasSubstr("sync it, or change Git by hand"));
  EXPECT_EQ(plan_adoption(app(), drift(), {}, source).error().kind, ErrorKind::NotFound);
}

TEST(IgnorePlan, WritesTheFileOfTheAppWithOldRulesFirst) {
  auto wanted = change(ChangeVerb::Ignore);
  wanted.argument = R"({"paths":[{"group":"apps","kind":"Deployment","namespace":"shop","name":"checkout","path":".spec.replicas"}],"until":"2026-12-21T09:00:00Z"})";
  IgnoreRule old;
  old.match.kind = "ConfigMap";
  old.paths = {".data.motd"};
  const auto edit = plan_ignore(wanted, app(), {old});
  EXPECT_EQ(edit.path, ".driftwarden/ignore/checkout.yaml");
  ASSERT_TRUE(edit.content);
  const auto documents = parse_yaml(*edit.content, edit.path);
  ASSERT_TRUE(documents) << *edit.content;
  const auto rules = read_ignore_rules(documents->front());
  ASSERT_TRUE(rules) << rules.error().message;
  ASSERT_EQ(rules->size(), 2U);
  EXPECT_EQ(rules->front(), old);
  EXPECT_EQ(rules->back().match, (IgnoreRule::Match{"apps", "Deployment", "shop", "checkout"}));
  EXPECT_EQ(rules->back().owner, "alice");
  EXPECT_EQ(rules->back().reason, "the load test is over");
  EXPECT_EQ(commit_message(wanted, app(), "1:a").substr(0, commit_message(wanted, app(), "1:a").find('\n')), "checkout: ignore .spec.replicas until 2026-12-21");
}

}  // namespace
}  // namespace driftwarden
