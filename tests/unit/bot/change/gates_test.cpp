// What gates found keeps a Change from being merged until it is mended, waived by somebody else, or the glass is broken.
#include "bot/change/judge_gates.hpp"
#include "bot/change/waivers.hpp"
#include "bot/gates/built_in.hpp"
#include "bot/policy/findings.hpp"
#include "tests/support/fakes/gates.hpp"
#include "tests/unit/bot/change/walk.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// Gates that judge before the World that they outlive is made.
struct WithGates {
  test::FakeGates fake;
};

struct Gated : WithGates, World {
  explicit Gated(Asked asked = {}, std::function<void(test::FakeGates&)> finds = [](test::FakeGates& gates) { gates.find("built-in", "privileged", "Deployment shop/checkout"); }, bool on_forge = true) {
    with_forge = on_forge;
    finds(fake);
    gates = &fake;
    config.gates.owners = {"carol", "alice"};
    start();
    clock.advance(1s);
    scale_by_hand(5);
    clock.advance(1s);
    EXPECT_TRUE(request(*this, std::move(asked)));
  }
  Waiver waive(const PersonId& owner = "carol", Duration lasting = 24h) {
    Waiver waiver;
    waiver.app = "checkout";
    waiver.gate = "built-in";
    waiver.rule = "privileged";
    waiver.owner = owner;
    waiver.reason = "the vendor";
    waiver.since = clock.wall_now();
    waiver.until = waiver.since + lasting;
    EXPECT_TRUE(transact([&](storage::Transaction& tx) -> Result<void> {
      TRY(waiver, tx.add_waiver(waiver));
      return show_gated_changes(tx, "checkout", clock.wall_now());
    }));
    outbox->wake();
    changes->nudge();
    return waiver;
  }
  std::string card() { return slack.with_key("change:1").front()->now().text; }
  /// The last word of the gates on the Change's commit; nothing when none was said.
  std::optional<forge::CommitStatus> status() {
    std::optional<forge::CommitStatus> last;
    for (const auto& [sha, told] : forge_state.statuses) {
      if (told.context == "driftwarden/gates") last = told;
    }
    return last;
  }
  std::string detail_of(const std::string& action) {
    return look<std::string>([&](storage::Transaction& tx) -> Result<std::string> {
      TRY(const auto rows, tx.audit({"", WallTime{}, 1000, true}));
      for (const auto& row : rows) {
        if (row.entry.action == action) return row.entry.detail;
      }
      return std::string{};
    });
  }
};

TEST(ChangeGates, AreShownBothSidesOfIt) {
  Gated world;
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  ASSERT_THAT(world.fake.shown, SizeIs(1));
  EXPECT_EQ(world.fake.shown[0].app.name, "checkout");
  EXPECT_THAT(world.fake.shown[0].after, SizeIs(1));
  EXPECT_THAT(world.fake.shown[0].before, SizeIs(1));
}

TEST(ChangeGates, WhatTheyFindKeepsItFromBeingMerged) {
  Gated world;
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  world.clock.advance(2s);
  EXPECT_THAT(world.card(), HasSubstr("built-in/privileged"));
  EXPECT_THAT(world.card(), HasSubstr("waive C-1 because"));
  ASSERT_TRUE(world.status());
  EXPECT_EQ(world.status()->state, forge::StatusState::Failure);
  EXPECT_EQ(world.status()->description, "C-1: built-in/privileged");
  ASSERT_THAT(world.forge_state.entries, SizeIs(1));
  EXPECT_THAT(world.forge_state.entries[0].body, HasSubstr("### Gates"));
  EXPECT_THAT(world.detail_of("change.proposed"), HasSubstr(R"("gates":["built-in/privileged Deployment shop/checkout"])"));
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(30min);
  EXPECT_EQ(world.change().state, ChangeState::Approved);
  EXPECT_EQ(world.forge_state.merges, 0);
  EXPECT_THAT(world.change().waiting_for, HasSubstr("built-in/privileged of Deployment shop/checkout"));
}

TEST(ChangeGates, AWaiverLetsItPass) {
  Gated world;
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(5min);
  EXPECT_EQ(world.change().state, ChangeState::Approved);
  world.waive();
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure << world.change().waiting_for;
  world.clock.advance(5s);
  EXPECT_EQ(world.status()->state, forge::StatusState::Success);
  EXPECT_THAT(world.detail_of("waiver.used"), HasSubstr(R"("gate":"built-in","rule":"privileged","object":"","owner":"carol")"));
  EXPECT_THAT(world.detail_of("waiver.used"), HasSubstr(R"("change":"C-1","reason":"the vendor")"));
  EXPECT_THAT(world.card(), HasSubstr("let pass: `built-in/privileged` of `Deployment shop/checkout`, by *carol* until ")) << "it says so to the end";
  EXPECT_THAT(world.forge_state.entries[0].comments.back().body, HasSubstr("let pass: `built-in/privileged`"));
}

TEST(ChangeGates, TheMergeNamesWhoWaived) {
  const auto find_two = [](test::FakeGates& gates) {
    gates.find("built-in", "privileged", "Deployment shop/checkout");
    gates.find("built-in", "privileged", "Deployment shop/web");
  };
  Gated world({}, find_two, false);
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  world.waive();
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure << world.change().waiting_for;
  EXPECT_THAT(world.git("log -1 --format=%B main"), HasSubstr("Approved-by: bob\nWaived-by: carol (built-in/privileged)"));
}

TEST(ChangeGates, WhatLetItPassStaysSaidWhenTheWaiverIsOver) {
  Gated world;
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  const auto waiver = world.waive("carol", 10min);
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure << world.change().waiting_for;
  world.clock.advance(20min);
  const auto used = world.look<std::vector<Waiver>>([&](storage::Transaction& tx) -> Result<std::vector<Waiver>> {
    TRY(const auto change, tx.find_change(1));
    // Said once, however often the merge is tried.
    CHECK_OK(note_used_waivers(tx, *change, {waiver}));
    return used_waivers(tx, *change);
  });
  ASSERT_THAT(used, SizeIs(1));
  EXPECT_EQ(used[0].owner, "carol");
  EXPECT_EQ(used[0].until, waiver.until);
  EXPECT_THAT(world.audit_actions(), Contains("waiver.ended"));
}

TEST(ChangeGates, AWaiverGivenBeforeStandsInThePullRequest) {
  Gated world;
  world.waive();
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  ASSERT_THAT(world.forge_state.entries, SizeIs(1));
  EXPECT_THAT(world.forge_state.entries[0].body, HasSubstr("let pass by **carol** until "));
  EXPECT_THAT(world.forge_state.entries[0].body, Not(HasSubstr("waive C-1")));
}

TEST(ChangeGates, AWaiverCountsWhileItsOwnerOwnsTheGate) {
  Gated world;
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  world.clock.advance(2s);
  world.waive();
  world.clock.advance(5s);
  ASSERT_EQ(world.status()->state, forge::StatusState::Success);
  world.config.gates.owners = {"alice"};
  world.clock.advance(1min);
  EXPECT_EQ(world.status()->state, forge::StatusState::Failure) << "the forge hears of it";
  EXPECT_THAT(world.card(), HasSubstr("*waiver 1* doesn't count: carol isn't an owner of that gate any more"));
  EXPECT_THAT(world.detail_of("waiver.suspended"), HasSubstr(R"("reason":"carol isn't an owner of that gate any more")"));
  ASSERT_TRUE(approve(world, "bob"));
  world.restart();
  world.clock.advance(10min);
  EXPECT_EQ(world.forge_state.merges, 0);
  EXPECT_THAT(world.change().waiting_for, HasSubstr("(waiver 1 doesn't count: carol isn't"));
  EXPECT_EQ(std::ranges::count(world.audit_actions(), "waiver.suspended"), 1) << "said once";
  EXPECT_THAT(world.audit_actions(), Not(Contains("waiver.ended"))) << "who comes back has it back";
  world.config.gates.owners = {"carol"};
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure << world.change().waiting_for;
  const auto actions = world.audit_actions();
  EXPECT_EQ(std::ranges::count(actions, "waiver.resumed"), 1);
  EXPECT_LT(std::ranges::find(actions, "waiver.resumed") - actions.begin(), std::ranges::find(actions, "waiver.used") - actions.begin()) << "before it was used";
}

TEST(ChangeGates, AWaiverIsShownBeforeItIsApproved) {
  Gated world;
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  world.clock.advance(2s);
  world.waive();
  world.clock.advance(5s);
  EXPECT_THAT(world.card(), HasSubstr("let pass by *carol*"));
  EXPECT_THAT(world.card(), Not(HasSubstr("waive C-1")));
  EXPECT_EQ(world.status()->state, forge::StatusState::Success);
  EXPECT_THAT(world.forge_state.entries[0].comments.back().body, HasSubstr("let pass by"));
}

TEST(ChangeGates, AWaiverThatEndedBlocksAgain) {
  Gated world;
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  world.waive("carol", 10min);
  world.clock.advance(2s);
  EXPECT_EQ(world.status()->state, forge::StatusState::Success);
  world.clock.advance(11min);
  EXPECT_EQ(world.status()->state, forge::StatusState::Failure) << "the forge is told, too";
  EXPECT_THAT(world.audit_actions(), Contains("waiver.ended"));
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(10min);
  EXPECT_EQ(world.forge_state.merges, 0);
  EXPECT_EQ(world.change().state, ChangeState::Approved);
}

TEST(ChangeGates, TheRequestersOwnWaiverDoesNotCount) {
  Gated world;
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  world.waive("alice");
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(10min);
  EXPECT_EQ(world.forge_state.merges, 0);
}

TEST(ChangeGates, WhatCouldNotBeJudgedBlocks) {
  Gated world({}, [](test::FakeGates& gates) { gates.answer.push_back({.gate = "built-in", .trouble = "conftest ended with 3"}); });
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(10min);
  EXPECT_EQ(world.forge_state.merges, 0);
  EXPECT_THAT(world.change().waiting_for, HasSubstr("built-in/unjudged"));
  EXPECT_THAT(world.card(), HasSubstr("could not judge it: conftest ended with 3"));
}

TEST(ChangeGates, WhatGaveNoAnswerIsAskedAgain) {
  Gated world({}, [](test::FakeGates& gates) { gates.answer.push_back({.gate = "built-in", .trouble = "it took too long"}); });
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(1min);
  EXPECT_THAT(world.fake.shown, SizeIs(1)) << "not at once";
  world.clock.advance(10min);
  EXPECT_EQ(world.change().state, ChangeState::Approved);
  EXPECT_GT(world.fake.shown.size(), 2U);
  EXPECT_LE(world.fake.shown.size(), 7U) << "nor all the time";
  world.fake.answer.front().trouble.clear();
  ASSERT_TRUE(pass_until(world, [&] { return world.change().state == ChangeState::Done; }) || reaches(world, ChangeState::Done)) << world.change().waiting_for;
  EXPECT_EQ(world.change().approvals.size(), 1U) << "the same content, the same yes";
  EXPECT_EQ(world.status()->state, forge::StatusState::Success);
}

TEST(ChangeGates, WarningsAreToldAndHoldNothing) {
  Gated world({}, [](test::FakeGates& gates) {
    gates.find("built-in", "missing-limits", "Deployment shop/checkout");
    gates.answer.back().findings.back().blocks = false;
  });
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  world.clock.advance(2s);
  EXPECT_THAT(world.card(), HasSubstr("missing-limits"));
  EXPECT_EQ(world.status()->state, forge::StatusState::Success);
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
}

TEST(ChangeGates, ABrokenGlassPassesAndTheLogSaysSo) {
  Gated world({.need = 0, .break_glass = "alice"});
  EXPECT_TRUE(world.transact([&](storage::Transaction& tx) -> Result<void> {
    Hold glass;
    glass.kind = HoldKind::BreakGlass;
    glass.scope = {HoldScope::Kind::App, "checkout"};
    glass.owner = "alice";
    glass.since = world.clock.wall_now();
    glass.until = glass.since + 1h;
    auto added = tx.add_hold(glass);
    if (!added) return added.error();
    return Result<void>{};
  }));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure << world.change().waiting_for;
  EXPECT_THAT(world.detail_of("change.proposed"), HasSubstr(R"("gates_passed":"the glass that alice broke")"));
  ASSERT_TRUE(world.status());
  EXPECT_EQ(world.status()->state, forge::StatusState::Success) << "a forge that requires it lets it pass, too";
  EXPECT_EQ(world.status()->description, "C-1: passed by a broken glass");
}

TEST(ChangeGates, MergedOnTheForgePastAGateItIsNotApplied) {
  Gated world;
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(1min);
  ASSERT_EQ(world.change().state, ChangeState::Approved);
  world.forge_state.merge_by_hand(1);
  world.changes->nudge();
  ASSERT_TRUE(reaches(world, ChangeState::Failed)) << to_string(world.change().state);
  EXPECT_THAT(world.change().failure, HasSubstr("merged on the forge past the gate built-in/privileged"));
  EXPECT_EQ(world.cluster->objects.begin()->second.at("spec").at("replicas"), 5) << "live is as the edit left it";
}

TEST(ChangeGates, MergedOnTheForgeWithAWaiverItIsApplied) {
  Gated world;
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  world.waive();
  world.forge_state.find(1)->reviews = {{"bob", forge::ReviewState::Approved, world.change().content.head_sha, false}};
  world.forge_state.merge_by_hand(1);
  world.changes->nudge();
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_THAT(world.detail_of("waiver.used"), HasSubstr(R"("change":"C-1")"));
}

GateConfig conftest() {
  GateConfig tool;
  tool.name = "conftest";
  tool.tool = GateTool::Conftest;
  return tool;
}

TEST(ChangeGates, AGateThatCameAfterwardsJudgesBeforeTheMerge) {
  Gated world({}, [](test::FakeGates& gates) { gates.answer.push_back({.gate = "built-in"}); });
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  world.config.gates.tools.push_back(conftest());
  world.fake.find("conftest", "deny-latest", "Deployment shop/checkout");
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(10min);
  EXPECT_EQ(world.forge_state.merges, 0);
  EXPECT_THAT(world.change().waiting_for, HasSubstr("conftest/deny-latest"));
  EXPECT_THAT(world.fake.shown, SizeIs(2)) << "once more, and then it has spoken";
}

TEST(ChangeGates, ThoseThatAreSwitchedOnWhileItIsOpenJudgeBeforeTheMerge) {
  Gated world({}, [](test::FakeGates& gates) { gates.answer.clear(); });
  for (const auto& rule : built_in_rules()) world.config.gates.built_in[std::string(rule.name)] = GateEffect::Off;
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  ASSERT_THAT(world.change().gates, IsEmpty());
  world.config.gates.built_in.clear();
  world.fake.find("built-in", "floating-tag", "Deployment shop/checkout");
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(10min);
  EXPECT_EQ(world.forge_state.merges, 0);
  EXPECT_THAT(world.change().waiting_for, HasSubstr("built-in/floating-tag"));
}

TEST(ChangeGates, WhereAGateOfTheConfigSaysNothingItIsNotMerged) {
  Gated world({}, [](test::FakeGates& gates) { gates.answer.push_back({.gate = "built-in"}); });
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  world.config.gates.tools.push_back(conftest());
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(5min);
  EXPECT_EQ(world.forge_state.merges, 0);
  world.fake.answer.push_back({.gate = "conftest"});
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure << world.change().waiting_for;
}

TEST(ChangeGates, WhatWasNotJudgedIsNotJudgedByAnyGate) {
  Config config;
  for (const auto& rule : built_in_rules()) config.gates.built_in[std::string(rule.name)] = GateEffect::Off;
  config.gates.tools = {conftest()};
  App app;
  app.name = "checkout";
  const auto gates = not_judged(config, app);
  EXPECT_THAT(still_blocking(config, "checkout", gates, {}), SizeIs(1)) << "also where the built-in rules are off";
  EXPECT_FALSE(lacks_a_gate(config, app, gates));
  config.gates.tools.front().apps = {"blog"};
  EXPECT_THAT(still_blocking(config, "checkout", not_judged(config, app), {}), IsEmpty()) << "none that concerns the App blocks";
  EXPECT_FALSE(lacks_a_gate(config, app, {}));
}

struct LacksRow {
  std::string name;
  std::vector<GateResult> gates;
  bool lacks = false;
  friend void PrintTo(const LacksRow& row, std::ostream* out) { *out << row.name; }
};
class Lacks : public testing::TestWithParam<LacksRow> {};
TEST_P(Lacks, AGate) {
  Config config;
  config.gates.tools = {conftest()};
  App app;
  app.name = "checkout";
  EXPECT_EQ(lacks_a_gate(config, app, GetParam().gates), GetParam().lacks);
}
GateResult said(const std::string& gate, bool blocks = true, std::vector<Finding> findings = {}) {
  GateResult result;
  result.gate = gate;
  result.blocks = blocks;
  result.findings = std::move(findings);
  return result;
}
INSTANTIATE_TEST_SUITE_P(Rows, Lacks,
                         testing::Values(LacksRow{"None", {said("built-in"), said("conftest")}, false}, LacksRow{"OneThatIsNew", {said("built-in")}, true},
                                         LacksRow{"OneThatWasCalledOtherwise", {said("built-in"), said("policies")}, true}, LacksRow{"OneThatOnlyWarned", {said("built-in"), said("conftest", false)}, true},
                                         LacksRow{"MyOwn", {said("conftest")}, true},
                                         LacksRow{"ARuleThatOnlyWarned", {said("built-in", true, {{.rule = "privileged", .blocks = false}}), said("conftest")}, true},
                                         LacksRow{"NotARuleThatOnlyWarnsStill", {said("built-in", true, {{.rule = "missing-limits", .blocks = false}}), said("conftest")}, false}),
                         [](const auto& row) { return row.param.name; });

TEST(ChangeGates, WithoutAnyNothingIsSaid) {
  Drifted world;
  ASSERT_TRUE(request(world));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  world.clock.advance(2s);
  EXPECT_THAT(world.change().gates, IsEmpty());
  for (const auto& [sha, status] : world.forge_state.statuses) EXPECT_EQ(status.context, "driftwarden/approval");
}

}  // namespace
}  // namespace driftwarden
