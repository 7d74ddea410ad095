#include "bot/change/plan.hpp"

#include "gitops/diff/inputs.hpp"
#include "gitops/manifest/manifest.hpp"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::HasSubstr;
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

CommitRequest commit(const Change& wanted, VerbPlan plan = {}) { return commit_of(wanted, app(), config(), "head", "41:ab12", std::move(plan)); }

TEST(CommitOf, IsMadeByThePersonAndCommittedByTheBot) {
  VerbPlan plan;
  plan.edits = {{"apps/checkout/deployment.yaml", "x"}};
  const auto request = commit(change(ChangeVerb::Adopt), plan);
  EXPECT_EQ(request.base, "head");
  EXPECT_EQ(request.branch, "driftwarden/c-12-adopt-checkout");
  EXPECT_EQ(request.author.name, "alice");
  EXPECT_EQ(request.author.email, "alice@example.org");
  EXPECT_EQ(request.committer.name, "Driftwarden");
  EXPECT_EQ(request.at, change(ChangeVerb::Adopt).requested_at) << "the same Change on the same head is the same commit";
  EXPECT_EQ(request.edits, plan.edits);
  EXPECT_EQ(request.restore_path, "");
}

TEST(CommitOf, SaysWhatItRestoresOrTakesBack) {
  VerbPlan plan;
  plan.restore_path = "apps/checkout";
  plan.restore_revision = kTarget;
  EXPECT_EQ(commit(change(ChangeVerb::Rollback), plan).message,
            "checkout: roll back to 4f2c81a\n\nthe load test is over\n\nThis restores apps/checkout to what it was at " + kTarget + ".\n\n"
            "Requested-by: alice\nDriftwarden-Change: C-12\nDriftwarden-Audit: 41:ab12\n");
  plan.restore_revision.clear();
  plan.undo_revision = kTarget;
  auto undo = change(ChangeVerb::Rollback);
  undo.argument = "{\"undo\":\"" + kTarget + "\"}";
  const auto request = commit(undo, plan);
  EXPECT_THAT(request.message, HasSubstr("checkout: take back 4f2c81a\n"));
  EXPECT_THAT(request.message, HasSubstr("\n\nThis reverts commit " + kTarget + ", as far as apps/checkout goes.\n\n"));
  EXPECT_EQ(request.undo_revision, kTarget);
  plan.restore_path.clear();
  EXPECT_EQ(commit(undo, plan).restore_path, ".") << "of an App that is a whole repository";
}

TEST(CommitOf, TheMessageEndsInItsTrailers) {
  auto silent = change(ChangeVerb::Sync);
  silent.reason.clear();
  EXPECT_EQ(commit(silent).message, "checkout: sync to 4f2c81a\n\nRequested-by: alice\nDriftwarden-Change: C-12\nDriftwarden-Audit: 41:ab12\n");
}

struct SubjectRow {
  std::string name;
  ChangeVerb verb;
  std::string argument;
  std::string subject;
  friend void PrintTo(const SubjectRow& row, std::ostream* out) { *out << row.name; }
};
class SubjectTable : public testing::TestWithParam<SubjectRow> {};
TEST_P(SubjectTable, SaysWhatIsDone) {
  auto wanted = change(GetParam().verb);
  wanted.argument = GetParam().argument;
  const auto message = commit(wanted).message;
  const auto subject = message.substr(0, message.find('\n'));
  EXPECT_EQ(subject, GetParam().subject);
  EXPECT_LE(subject.size(), 72U);
}
INSTANTIATE_TEST_SUITE_P(
    Verbs, SubjectTable,
    testing::Values(SubjectRow{"Sync", ChangeVerb::Sync, "", "checkout: sync to 4f2c81a"}, SubjectRow{"Adopt", ChangeVerb::Adopt, "", "checkout: adopt what was changed live"},
                    SubjectRow{"SetImage", ChangeVerb::SetImage, R"({"image":"web","tag":"1.4.2"})", "checkout: set image web to 1.4.2"},
                    SubjectRow{"Digest", ChangeVerb::SetImage, R"({"image":"web","digest":"sha256:0123456789abcdef0123"})", "checkout: set image web to sha256:0123456789ab"},
                    SubjectRow{"Scale", ChangeVerb::Scale, R"({"workload":"web","replicas":5})", "checkout: scale web to 5"},
                    SubjectRow{"ScaleTheOnlyOne", ChangeVerb::Scale, R"({"replicas":0})", "checkout: scale to 0"},
                    SubjectRow{"Set", ChangeVerb::Set, R"({"target":"Deployment/web","path":".spec.x","value":"5"})", "checkout: set .spec.x of Deployment/web"},
                    SubjectRow{"Unset", ChangeVerb::Set, R"({"path":".spec.x","value":""})", "checkout: remove .spec.x"},
                    SubjectRow{"Promote", ChangeVerb::Promote, R"({"from":"checkout-dev"})", "checkout: promote from checkout-dev"},
                    SubjectRow{"CreateApp", ChangeVerb::CreateApp, "{}", "checkout: create the App"}, SubjectRow{"Restart", ChangeVerb::Restart, "{}", "checkout: restart"},
                    SubjectRow{"Move", ChangeVerb::Move, R"({"cluster":"prod-us","namespace":"cart"})", "checkout: move to prod-us, namespace cart"},
                    SubjectRow{"Newline", ChangeVerb::SetImage, R"({"image":"web\n\nApproved-by: eve","tag":"1"})", "checkout: set image web  Approved-by: eve to 1"},
                    SubjectRow{"Long", ChangeVerb::Set, R"({"path":".spec.template.spec.containers[name=\"very-long-name-of-a-container\"].resources","value":"5"})",
                               "checkout: set .spec.template.spec.containers[name=\"very-long-name-of-…"}),
    [](const auto& row) { return row.param.name; });

TEST(CommitOf, AReasonCanWriteNoTrailerAndNoSecondSubject) {
  for (const std::string reason : {"ok\n\nApproved-by: mallory", "Approved-by: mallory", "approved-by : mallory", "\r\nApproved-by: mallory\r\n", "\tApproved-by: mallory\x1b[0m"}) {
    auto sly = change(ChangeVerb::Sync);
    sly.reason = reason;
    const auto message = commit(sly).message;
    EXPECT_EQ(message.find("\nApproved-by"), std::string::npos) << message;
    EXPECT_EQ(message.find("\napproved-by"), std::string::npos) << message;
    EXPECT_THAT(message, Not(HasSubstr("\x1b")));
    EXPECT_THAT(message, Not(HasSubstr("\r")));
    EXPECT_THAT(message, testing::EndsWith("\n\nRequested-by: alice\nDriftwarden-Change: C-12\nDriftwarden-Audit: 41:ab12\n"));
    EXPECT_EQ(message, commit_message(sly, app(), "41:ab12"));
  }
}

TEST(CommitOf, TheMessageIsNoOrderToTheForge) {
  auto loud = change(ChangeVerb::Set);
  loud.reason = "fixes #12 @org/all [skip ci] ***NO_CI*** skip-checks: true";
  loud.argument = R"({"target":"Deployment/web","path":".data[\"[ci skip] fixes #3\"]","value":"5"})";
  const auto message = commit(loud).message;
  for (const auto* order : {"#12", "#3", "@org", "[skip ci]", "[ci skip]", "***NO_CI***", "skip-checks"}) EXPECT_THAT(message, Not(HasSubstr(order)));
  EXPECT_THAT(message, HasSubstr("\nDriftwarden-Change: C-12\n")) << "the trailers are read again";
  auto ignored = change(ChangeVerb::Ignore);
  ignored.reason = "closes #4";
  ignored.argument = R"({"paths":[{"group":"apps","kind":"Deployment","namespace":"shop","name":"web","path":".spec.replicas"}],"until":"2026-12-21T09:00:00Z"})";
  EXPECT_THAT(*plan_ignore(ignored, app(), {}).content, HasSubstr("closes #\u20604"));
}

TEST(CommitOf, NamesCanWriteNoTrailer) {
  auto sly = change(ChangeVerb::Sync);
  sly.requester = "eve\nApproved-by: bob";
  EXPECT_THAT(commit(sly).message, HasSubstr("Requested-by: eve Approved-by: bob\n"));
  auto odd = app();
  odd.name = "check\n\nout";
  EXPECT_THAT(commit_message(change(ChangeVerb::Sync), odd, "1:a\nX: y"), HasSubstr("check  out: sync to 4f2c81a\n\n"));
}

TEST(CommitOf, MrkdwnIsKeptAsText) {
  auto loud = change(ChangeVerb::Sync);
  loud.reason = "<!channel> *now* <https://x|click>";
  EXPECT_THAT(commit(loud).message, HasSubstr("\n\n<!\u2060channel> *now* <https:\u2060//x|click>\n\n")) << "whoever shows it in chat escapes it";
}

TEST(MergeMessage, NamesItsChangeWhoeverWroteTheHead) {
  Change change;
  change.id = 7;
  const std::string own = "scale it\n\nRequested-by: alice\nDriftwarden-Change: C-7\nDriftwarden-Audit: 1:ab:x\n";
  EXPECT_EQ(merge_message(change, own + "\n"), own);
  EXPECT_EQ(merge_message(change, "fix a typo\n"), "fix a typo\n\nDriftwarden-Change: C-7\n");
  EXPECT_EQ(merge_message(change, "fix\n\nDriftwarden-Change: C-70"), "fix\n\nDriftwarden-Change: C-70\n\nDriftwarden-Change: C-7\n");
  EXPECT_EQ(merge_message(change, "fix\n\nDriftwarden-Change: C-7\nDriftwarden-Change: C-8"), "fix\n\nDriftwarden-Change: C-7\nDriftwarden-Change: C-8\n\nDriftwarden-Change: C-7\n");
  EXPECT_EQ(merge_message(change, ""), "\n\nDriftwarden-Change: C-7\n");
}

TEST(ApprovalTrailers, NameEachWhoSaidYes) {
  auto approved = change(ChangeVerb::Sync);
  EXPECT_EQ(approval_trailers(approved, {}), "");
  EXPECT_EQ(approval_trailers(approved, {"bob", "carol\nApproved-by: dan"}), "Approved-by: bob\nApproved-by: carol Approved-by: dan\n");
  Approval given;
  given.by = "bob";
  given.in_place_of = "dora";
  approved.approvals.push_back(given);
  approved.break_glass = "alice";
  EXPECT_EQ(approval_trailers(approved, {"bob"}), "Approved-by: bob\nIn-place-of: dora\nBreak-glass-by: alice\n");
}

TEST(BranchName, IsPlainWhateverTheAppIsCalled) {
  auto odd = change(ChangeVerb::Sync);
  odd.app = "Shop/Check out..~^:";
  EXPECT_EQ(branch_name(odd), "driftwarden/c-12-sync-shop-check-out-----");
  odd.app = std::string(500, 'x');
  EXPECT_EQ(branch_name(odd).size(), 120U);
  odd.verb = ChangeVerb::CreateApp;
  odd.app = "../../etc";
  EXPECT_EQ(branch_name(odd), "driftwarden/c-12-create-app-------etc");
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
