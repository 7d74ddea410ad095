// Suspected drift is put to the server, once, and its answer is remembered.
#include "gitops/drift/dry_runs.hpp"

#include "index_fixture.hpp"

namespace driftwarden {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class DryRuns : public Index {
 protected:
  void start(const json& git, const json& cluster) {
    index.set_confirmation("prod", true);
    desire({git});
    list({cluster});
    first = report();
  }
  std::vector<DryRunWanted> take(bool urgent_only = true) { return index.take_dry_runs("prod", 10, urgent_only); }
  void answer(const DryRunWanted& wanted, const json& planned) { index.on_dry_run(wanted, DryRun{200, std::make_shared<const json>(planned), {}}); }
  void refuse(const DryRunWanted& wanted, unsigned status, const std::string& message) { index.on_dry_run(wanted, DryRun{status, nullptr, message}); }
  DriftReport first;
};

const json kGit = config_map("a", {{"k", "v"}});

TEST_F(DryRuns, WithoutTheRightTheVerdictSaysSo) {
  desire({kGit});
  list({edited("a", "w", "2")});
  EXPECT_THAT(report().objects.at(0).notes, ElementsAre("unconfirmed"));
  EXPECT_THAT(take(false), IsEmpty());
  EXPECT_FALSE(index.is_settling("shop"));
  index.set_confirmation("prod", true);
  EXPECT_THAT(report().objects.at(0).notes, IsEmpty());
  EXPECT_TRUE(index.is_settling("shop"));
  index.set_confirmation("prod", false);
  EXPECT_THAT(report().objects.at(0).notes, ElementsAre("unconfirmed"));
  EXPECT_FALSE(index.is_settling("shop"));
}

TEST_F(DryRuns, AnEditWaitsOnceAndLaterOnesAreCheckedInQuiet) {
  start(kGit, edited("a", "w", "2"));
  EXPECT_EQ(first.state, AppState::OutOfSync);
  EXPECT_TRUE(index.is_settling("shop"));
  const auto wanted = take();
  ASSERT_THAT(wanted, SizeIs(1));
  EXPECT_TRUE(wanted[0].urgent);
  EXPECT_EQ(wanted[0].live_version, "2");
  EXPECT_EQ(*wanted[0].body, kGit);
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_TRUE(index.is_settling("shop"));
  index.take_changed();
  answer(wanted[0], live(kGit, "2"));
  EXPECT_FALSE(index.is_settling("shop"));
  EXPECT_THAT(index.take_changed(), ElementsAre("shop"));
  EXPECT_EQ(report().state, AppState::OutOfSync);
  EXPECT_THAT(report().objects.at(0).notes, Not(Contains("unconfirmed")));
  see(edited("a", "x", "3"));
  EXPECT_EQ(report().state, AppState::OutOfSync);
  EXPECT_FALSE(index.is_settling("shop"));
  const auto quiet = take(false);
  ASSERT_THAT(quiet, SizeIs(1));
  EXPECT_FALSE(quiet[0].urgent);
  answer(quiet[0], live(config_map("a", {{"k", "x"}}), "3"));
  EXPECT_EQ(report().state, AppState::Synced) << "a webhook was installed meanwhile, and it is who wants x";
}

TEST_F(DryRuns, WhatAdmissionChangesIsExpected) {
  start(kGit, edited("a", "w", "2"));
  answer(take().at(0), live(config_map("a", {{"k", "w"}}), "2"));
  EXPECT_EQ(report().state, AppState::Synced);
  see(edited("a", "x", "3"));
  EXPECT_EQ(report().state, AppState::OutOfSync);
  EXPECT_FALSE(index.is_settling("shop"));
  see(edited("a", "w", "4"));
  EXPECT_EQ(report().state, AppState::Synced);
}

TEST_F(DryRuns, AStaleAnswerIsDropped) {
  start(kGit, edited("a", "w", "2"));
  const auto wanted = take().at(0);
  desire({config_map("a", {{"k", "x"}})});
  report();
  answer(wanted, live(config_map("a", {{"k", "w"}}), "2"));
  EXPECT_EQ(report().state, AppState::OutOfSync);
  EXPECT_TRUE(index.is_settling("shop"));
  const auto again = take();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_NE(again[0].desired_digest, wanted.desired_digest);
  index.remove_app("shop");
  answer(again[0], live(kGit, "2"));
}

struct RefusalRow {
  std::string name;
  unsigned status;  ///< 0: no answer at all
  std::string message;
  std::vector<std::string> notes;
  friend void PrintTo(const RefusalRow& row, std::ostream* out) { *out << row.name; }
};
class Refusals : public DryRuns, public testing::WithParamInterface<RefusalRow> {};

TEST_P(Refusals, HoldForThisPairOnly) {
  const auto& row = GetParam();
  start(kGit, edited("a", "w", "2"));
  const auto wanted = take().at(0);
  if (row.status == 0) {
    index.on_dry_run(wanted, Error{ErrorKind::Timeout, "no answer", {}});
  } else {
    refuse(wanted, row.status, row.message);
  }
  EXPECT_FALSE(index.is_settling("shop"));
  EXPECT_THAT(report().objects.at(0).notes, testing::UnorderedElementsAreArray(row.notes));
  EXPECT_THAT(take(false), IsEmpty());
  see(edited("a", "x", "3"));
  report();
  EXPECT_THAT(take(), SizeIs(1));
}

INSTANTIATE_TEST_SUITE_P(Answers, Refusals,
                         testing::Values(RefusalRow{"NoAnswer", 0, "", {"unconfirmed"}}, RefusalRow{"Forbidden", 403, "no", {"unconfirmed"}},
                                         RefusalRow{"Conflict", 409, "conflict", {"dry-run-failed"}}, RefusalRow{"Broken", 500, "oops", {"dry-run-failed"}},
                                         RefusalRow{"Immutable", 422, "data: field is immutable", {"dry-run-failed", "immutable"}}),
                         [](const auto& row) { return row.param.name; });

TEST_F(DryRuns, WhatGitCannotSetIsStuck) {
  start(config_map("a", {{"k", "new"}}), live(kGit, "1"));
  EXPECT_EQ(first.cause, Cause::GitAhead);
  refuse(take().at(0), 422, R"(ConfigMap "a" is invalid: data: Invalid value: "s3cret": field is immutable when `immutable` is set)");
  const auto stuck = report();
  EXPECT_EQ(stuck.cause, Cause::Stuck);
  EXPECT_THAT(stuck.reason, testing::HasSubstr("field is immutable"));
  EXPECT_THAT(stuck.reason, Not(testing::HasSubstr("s3cret")));
}

TEST_F(DryRuns, SyncedObjectsAreAskedEarlyWhenThereIsTime) {
  start(kGit, live(kGit, "1"));
  EXPECT_FALSE(index.is_settling("shop"));
  EXPECT_THAT(take(), IsEmpty());
  const auto early = take(false);
  ASSERT_THAT(early, SizeIs(1));
  EXPECT_FALSE(early[0].urgent);
  answer(early[0], live(kGit, "1"));
  see(edited("a", "w", "2"));
  EXPECT_EQ(report().state, AppState::OutOfSync);
  EXPECT_FALSE(index.is_settling("shop"));
  EXPECT_THAT(take(), IsEmpty());
}

TEST_F(DryRuns, AnEarlyQuestionThatIsOutServesTheEdit) {
  start(kGit, live(kGit, "1"));
  const auto early = take(false).at(0);
  see(edited("a", "w", "2"));
  report();
  EXPECT_TRUE(index.is_settling("shop"));
  EXPECT_THAT(take(), IsEmpty());
  answer(early, live(kGit, "1"));
  EXPECT_FALSE(index.is_settling("shop"));
  EXPECT_EQ(report().state, AppState::OutOfSync);
}

TEST_F(DryRuns, AHealedEditNeedsNoAnswer) {
  start(kGit, edited("a", "w", "2"));
  EXPECT_TRUE(index.is_settling("shop"));
  see(live(kGit, "3"));
  EXPECT_EQ(report().state, AppState::Synced);
  EXPECT_FALSE(index.is_settling("shop"));
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_THAT(take(false), SizeIs(1));
}

TEST_F(DryRuns, ADeletedObjectNeedsNoAnswer) {
  start(kGit, edited("a", "w", "2"));
  index.on_deleted("prod", ref_of(kGit));
  EXPECT_EQ(report().cause, Cause::Missing);
  EXPECT_FALSE(index.is_settling("shop"));
  EXPECT_THAT(take(false), IsEmpty());
}

TEST_F(DryRuns, UrgentOnesComeFirstAndNoMoreThanTheLimit) {
  index.set_confirmation("prod", true);
  desire({config_map("a", {{"k", "v"}}), config_map("b", {{"k", "v"}}), config_map("c", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "1"), live(config_map("c", {{"k", "v"}}), "2"), edited("b", "w", "3")});
  report();
  const auto taken = index.take_dry_runs("prod", 2, false);
  ASSERT_THAT(taken, SizeIs(2));
  EXPECT_EQ(taken[0].object.name, "b");
  EXPECT_THAT(index.take_dry_runs("prod", 2, false), SizeIs(1));
  EXPECT_THAT(index.take_dry_runs("elsewhere", 2, false), IsEmpty());
}

/// A zero that nobody's Apply entry can vouch for.
json zero_in_doubt(const std::string& version) {
  auto object = deployment("web");
  object["metadata"]["resourceVersion"] = version;
  object["metadata"]["managedFields"] = json::array({json{{"manager", "helm"},
                                                          {"operation", "Update"},
                                                          {"apiVersion", "apps/v1"},
                                                          {"fieldsV1", {{"f:spec", {{"f:replicas", json::object()}}}}}}});
  return object;
}

class Doubts : public DryRuns {
 protected:
  void start_in_doubt() {
    git = deployment("web");
    git["spec"]["template"]["spec"]["automountServiceAccountToken"] = false;
    index.set_confirmation("prod", true);
    desire({git});
    list({zero_in_doubt("1")}, {"apps", "v1", "Deployment"});
  }
  json git;
};

TEST_F(Doubts, AreAskedOnceWithoutHaste) {
  start_in_doubt();
  EXPECT_EQ(report().state, AppState::Synced);
  EXPECT_FALSE(index.is_settling("shop"));
  const auto doubt = take(false);
  ASSERT_THAT(doubt, SizeIs(1));
  EXPECT_FALSE(doubt[0].urgent);
  index.on_dry_run(doubt[0], Error{ErrorKind::Timeout, "no answer", {}});
  auto moved = zero_in_doubt("2");
  moved["metadata"]["labels"]["x"] = "y";
  see(moved);
  EXPECT_EQ(report().state, AppState::Synced);
  EXPECT_THAT(take(false), SizeIs(1)) << "what got no answer is asked again";
}

TEST_F(Doubts, TheServerWouldSetIt) {
  start_in_doubt();
  report();
  answer(take(false).at(0), git);
  ASSERT_EQ(report().state, AppState::OutOfSync);
  EXPECT_EQ(report().objects[0].fields.at(0).op, FieldOp::Removed);
}

TEST_F(Doubts, TheServerWouldDropIt) {
  start_in_doubt();
  report();
  answer(take(false).at(0), zero_in_doubt("1"));
  EXPECT_EQ(report().state, AppState::Synced);
  see(zero_in_doubt("3"));
  EXPECT_EQ(report().state, AppState::Synced);
  EXPECT_THAT(take(false), IsEmpty());
}

TEST(PlanBook, ForgetsWithDesired) {
  PlanBook book;
  auto& plan = book.of(1, 10);
  EXPECT_TRUE(book.ask(1, plan, Urgency::Early, 5));
  EXPECT_FALSE(book.ask(1, plan, Urgency::Early, 6));
  EXPECT_TRUE(book.ask(1, plan, Urgency::Urgent, 6));
  EXPECT_TRUE(book.has_urgent());
  EXPECT_EQ(book.of(1, 11).ask, Plan::Ask::None);
  EXPECT_FALSE(book.has_urgent());
}

}  // namespace
}  // namespace driftwarden
