// Changes whose deed is somebody else's: Argo CD syncs, Terraform applies.
#include "tests/support/fakes/hands.hpp"
#include "tests/support/fakes/planned_app.hpp"
#include "tests/unit/bot/change/walk.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using State = DeployProgress::State;

const ObjectRef kApplication{"argoproj.io", "v1alpha1", "Application", "argocd", "checkout"};

/// Live was scaled by hand, and Argo CD deploys.
struct Deployed : World {
  explicit Deployed(bool may_sync = true) {
    config.clusters.front().apply = false;
    config.apps.front().deployer = {DeployerKind::ArgoCd, "prod-eu", kApplication, may_sync};
    hands = fake.hands();
    start();
    clock.advance(1s);
    scale_by_hand(5);
    clock.advance(1s);
    EXPECT_TRUE(request(*this));
    EXPECT_TRUE(reaches(*this, ChangeState::Proposed)) << change().failure;
  }
  test::FakeHands fake;
};

TEST(Deploy, ArgoCdIsAskedForTheMergedRevisionAndWaitedFor) {
  Deployed world;
  world.fake.deploys = [] { return DeployProgress{State::Waiting, "the sync window \"0 8 * * *\" is closed until 08:00 UTC", 2s}; };
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(1min);
  EXPECT_EQ(world.change().state, ChangeState::Merged);
  EXPECT_THAT(world.change().waiting_for, HasSubstr("is closed until 08:00"));
  EXPECT_THAT(world.slack.with_key("change:1").front()->now().text, HasSubstr("waits for the sync window"));
  EXPECT_EQ(world.cluster->applies, 0);
  const auto sha = world.change().merged_sha;
  EXPECT_THAT(world.fake.asked, Contains("checkout " + sha.substr(0, 7) + " C-1:" + sha.substr(0, 12) + " alice"));
  world.fake.deploys = [&world] {
    world.live->put(test::live_deployment(2));
    return DeployProgress{State::Done, "", 2s};
  };
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_EQ(world.cluster->applies, 0) << "never by us";
}

TEST(Deploy, WhatWasMergedButNotApprovedIsNotDeployed) {
  Deployed world;
  world.forge_state.merge_in_repository = [&world](const forge::PullRequest&) { return world.commit(9); };
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Failed)) << to_string(world.change().state);
  EXPECT_THAT(world.change().failure, HasSubstr("is not what was approved"));
  EXPECT_THAT(world.fake.asked, IsEmpty());
}

TEST(Deploy, AnOperationThatDoesNotMoveIsLookedAtLessAndLessAndThenLeftToItself) {
  Deployed world;
  world.fake.deploys = [] { return DeployProgress{State::Waiting, "Argo CD is syncing 4f2c81a", 2s}; };
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(50min);
  EXPECT_EQ(world.change().state, ChangeState::Merged);
  EXPECT_LT(world.fake.asked.size(), 160U);
  world.clock.advance(13min);
  EXPECT_EQ(world.change().state, ChangeState::Verifying) << world.change().failure;
  EXPECT_THAT(world.change().notes, Contains(HasSubstr("without getting any further (Argo CD is syncing 4f2c81a)")));
  ASSERT_TRUE(pass_until(world, [&] { world.clock.advance(10s); return world.change().state == ChangeState::Failed; }));
}

TEST(Deploy, AClosedWindowAndASuspensionAreWaitedFor) {
  for (const bool window : {true, false}) {
    Deployed world;
    world.fake.deploys = [window] { return DeployProgress{State::Waiting, window ? "the window is closed" : "Flux's Kustomization apps/checkout is suspended", window ? 60s : 2s}; };
    ASSERT_TRUE(approve(world, "bob"));
    world.clock.advance(3h);
    EXPECT_EQ(world.change().state, ChangeState::Merged) << world.change().failure;
    EXPECT_LT(world.fake.asked.size(), 200U);
  }
}

/// checkout is Argo CD's, which says so when it is told to.
struct Found : World {
  Found() {
    app = config.apps.front();
    app.found_by = rule.id;
    app.deployer = {DeployerKind::ArgoCd, "prod-eu", kApplication, true};
    config.apps.clear();
    config.discover.push_back(rule);
    hands = fake.hands();
    start();
    tell();
    clock.advance(2s);
    scale_by_hand(5);
    clock.advance(2s);
    EXPECT_TRUE(request(*this));
    EXPECT_TRUE(reaches(*this, ChangeState::Proposed)) << change().failure;
  }
  void tell() { fleet->set_found_apps(rule.id, {app}); }
  static DiscoverRule argo() {
    DiscoverRule made;
    made.kind = DiscoverKind::ArgoCd;
    made.cluster = "prod-eu";
    made.id = "argocd prod-eu argocd";
    return made;
  }
  DiscoverRule rule = argo();
  App app;
  test::FakeHands fake;
};

TEST(Deploy, AfterARestartNothingIsDecidedBeforeArgoCdSaidWhatItDeploys) {
  Found world;
  world.fake.deploys = [] { return DeployProgress{State::Waiting, "Argo CD is syncing", 2s}; };
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Merged));
  world.clock.advance(10s);
  world.restart();
  const auto asked = world.fake.asked.size();
  world.clock.advance(30min);
  EXPECT_EQ(world.change().state, ChangeState::Merged) << world.change().failure;
  EXPECT_EQ(world.fake.asked.size(), asked);
  EXPECT_EQ(world.cluster->applies, 0);
  EXPECT_THAT(world.change().waiting_for, HasSubstr("who deploys them"));
  world.fake.deploys = [&world] {
    world.live->put(test::live_deployment(2));
    return DeployProgress{State::Done, "", 2s};
  };
  world.tell();
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_EQ(world.cluster->applies, 0) << "never by us";
}

TEST(Deploy, AFailedSyncFailsTheChangeWithItsWords) {
  Deployed world;
  world.fake.deploys = [] { return DeployProgress{State::Failed, "Argo CD could not sync it: one or more objects failed to apply", 2s}; };
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Failed));
  EXPECT_THAT(world.change().failure, HasSubstr("one or more objects failed"));
}

TEST(Deploy, WhoMayNotBeAskedSyncsInItsOwnTime) {
  for (const bool may_sync : {true, false}) {
    Deployed world(may_sync);
    world.fake.deploys = [] { return Error{ErrorKind::Denied, "applications.argoproj.io is forbidden"}; };
    ASSERT_TRUE(approve(world, "bob"));
    ASSERT_TRUE(reaches(world, ChangeState::Verifying));
    EXPECT_THAT(world.change().notes, Contains(HasSubstr("in its own time")));
    EXPECT_THAT(world.fake.asked, SizeIs(may_sync ? 1 : 0));
    world.clock.advance(12min);
    EXPECT_EQ(world.change().state, ChangeState::Verifying) << "others get more time";
    world.live->put(test::live_deployment(2));
    ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  }
}

TEST(Deploy, WhatWasAddedByHandIsNamedWhereArgoCdLeavesIt) {
  Deployed world;
  world.fake.deploys = [&world] {
    auto object = test::live_deployment(2);
    object["spec"]["template"]["spec"]["hostNetwork"] = true;
    object["metadata"]["managedFields"] = nlohmann::json::parse(R"([{"manager":"kubectl-edit","operation":"Update","apiVersion":"apps/v1","fieldsType":"FieldsV1",
      "fieldsV1":{"f:spec":{"f:template":{"f:spec":{"f:hostNetwork":{}}}}}}])");
    world.live->put(object);
    Opinion opinion;
    opinion.by = "Argo CD";
    opinion.state = AppState::Synced;
    world.fleet->set_opinion("checkout", opinion);
    return DeployProgress{State::Done, "", 2s};
  };
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Failed)) << to_string(world.change().state) << " " << world.fleet->report("checkout").objects.size() << to_string(world.fleet->report("checkout").state) << world.fleet->health("checkout").why;
  EXPECT_THAT(world.change().failure, HasSubstr("Argo CD has synced it"));
  EXPECT_THAT(world.change().failure, HasSubstr("hostNetwork"));
  EXPECT_THAT(world.change().failure, HasSubstr("Adopt it, or remove it"));
}

TEST(Deploy, BrokenGlassHelpsNobodyWhereGitIsTakenByOthers) {
  World world;
  world.config.apps.front().deployer = {DeployerKind::ArgoCd, "prod-eu", kApplication, true};
  test::FakeHands fake;
  world.hands = fake.hands();
  world.start();
  world.clock.advance(1s);
  world.scale_by_hand(5);
  world.clock.advance(1s);
  ASSERT_TRUE(world.transact([&](storage::Transaction& tx) -> Result<void> {
    Hold glass;
    glass.kind = HoldKind::BreakGlass;
    glass.scope = {HoldScope::Kind::App, "checkout"};
    glass.owner = "alice";
    glass.since = world.clock.wall_now();
    glass.until = world.clock.wall_now() + 1h;
    auto added = tx.add_hold(std::move(glass));
    if (!added) return added.error();
    return Result<void>{};
  }));
  world.forge_state.unreachable = true;
  ASSERT_TRUE(request(world, {.need = 0, .break_glass = "alice"}));
  world.clock.advance(1min);
  EXPECT_EQ(world.cluster->applies, 0);
  EXPECT_EQ(world.change().state, ChangeState::Requested) << "it is tried again";
}

/// An App that Terraform plans.
struct Planned : World {
  Planned() {
    config.apps.push_back(test::planned_app());
    hands = fake.hands();
    commit_file("live/network/main.tf", "resource \"aws_instance\" \"web\" { size = 1 }\n");
    old = git("rev-parse main");
    commit_file("live/network/main.tf", "resource \"aws_instance\" \"web\" { size = 2 }\n");
    start();
    clock.advance(1s);
  }
  void carol_decides_on_money() {
    CostThreshold threshold;
    threshold.above = 200'000'000;
    threshold.from = {"carol"};
    config.cost.thresholds = {threshold};
  }
  void ask(ChangeVerb verb, const std::string& target = "", int need = 1) {
    config.policy.approvals.front().need = need;
    const auto now = clock.wall_now();
    ASSERT_TRUE(transact([&](storage::Transaction& tx) -> Result<void> {
      Change draft;
      draft.app = "network";
      draft.verb = verb;
      draft.review = verb == ChangeVerb::Apply ? ReviewMode::Chat : ReviewMode::PullRequest;
      draft.requester = "alice";
      draft.target_revision = target;
      draft.quorum.need = need;
      draft.channel = "Cshop-prod";
      draft.requested_at = now;
      draft.expires_at = now + 4h;
      TRY(draft, tx.add_change(std::move(draft)));
      auto committed = commit_step(tx, on_requested(std::move(draft), now), now);
      if (!committed) return committed.error();
      return Result<void>{};
    }));
    outbox->wake();
  }
  std::string old;
  test::FakeHands fake;
};

TEST(Apply, TheSavedPlanIsAppliedWhenSomebodyElseApprovedExactlyThat) {
  Planned world;
  world.ask(ChangeVerb::Apply);
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  EXPECT_EQ(world.change().diff, world.fake.next.text);
  EXPECT_EQ(world.change().content.diff_digest, "digest-1");
  EXPECT_EQ(world.change().risk.tier, RiskTier::Medium);
  EXPECT_THAT(world.fake.applied, IsEmpty());
  EXPECT_THAT(world.forge_state.entries, IsEmpty()) << "Git knows it already";
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_THAT(world.fake.applied, ElementsAre("c-1 digest-1"));
  EXPECT_THAT(world.fake.saved, IsEmpty()) << "it is forgotten";
  EXPECT_THAT(world.change().notes, Contains("tofu has nothing to change"));
}

TEST(Apply, WhatDestroysNeedsMore) {
  Planned world;
  world.fake.next.destructive = true;
  world.fake.next.deletes = {"aws_db_instance.main"};
  world.ask(ChangeVerb::Apply);
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  EXPECT_EQ(world.change().risk.tier, RiskTier::Destructive);
  EXPECT_EQ(world.change().quorum.need, 2);
  EXPECT_TRUE(world.change().quorum.typed_name);
  EXPECT_THAT(world.slack.with_key("change:1").front()->now().blocks->dump(), HasSubstr("aws_db_instance.main"));
}

/// Bob's yes alone puts nothing in force.
void waits_for_carol_after_bob(Planned& world) {
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(1min);
  EXPECT_EQ(world.change().state, ChangeState::Proposed);
  EXPECT_THAT(world.fake.applied, IsEmpty());
  ASSERT_TRUE(approve(world, "carol"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
}

TEST(Apply, ADearPlanWaitsForWhoeverDecidesOnMoney) {
  Planned world;
  world.carol_decides_on_money();
  CostChange cost;
  cost.currency = "EUR";
  cost.before.micros = 70'080'000;
  cost.after.micros = 282'480'000;
  cost.lines = {{"aws_instance.web", 70'080'000, 282'480'000}};
  cost.source = "Infracost";
  world.fake.next.cost = cost;
  world.ask(ChangeVerb::Apply);
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  EXPECT_EQ(world.change().cost, cost);
  EXPECT_EQ(world.change().quorum.extra.need, 1);
  EXPECT_THAT(world.change().quorum.extra.from, ElementsAre("carol"));
  EXPECT_THAT(world.slack.with_key("change:1").front()->now().text, HasSubstr("must agree, too: 212.40 EUR more a month"));
  ASSERT_NO_FATAL_FAILURE(waits_for_carol_after_bob(world));
  EXPECT_THAT(world.fake.applied, ElementsAre("c-1 digest-1"));
}

TEST(Apply, WhereNobodyKnowsWhatItCostsTheThresholdsPeopleAreAsked) {
  Planned world;
  world.carol_decides_on_money();
  world.fake.next.cost_trouble = "Infracost ended with 1: no key";
  world.ask(ChangeVerb::Apply);
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  EXPECT_FALSE(world.change().cost);
  EXPECT_EQ(world.change().quorum.extra.need, 1);
  EXPECT_THAT(world.slack.with_key("change:1").front()->now().text, HasSubstr("must agree, too: its cost isn't known: Infracost ended with 1: no key (cost.thresholds[0])"));
  ASSERT_NO_FATAL_FAILURE(waits_for_carol_after_bob(world));
}

TEST(Apply, WithoutAThresholdThatTheCostIsNotKnownHoldsNothingUp) {
  Planned world;
  world.fake.next.cost_trouble = "infracost isn't installed where Driftwarden runs";
  world.ask(ChangeVerb::Apply);
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  EXPECT_THAT(world.change().notes, Contains("What it costs isn't known: infracost isn't installed where Driftwarden runs"));
  EXPECT_EQ(world.change().quorum.extra.need, 0);
}

TEST(Apply, AnotherPlanByNowIsNotApplied) {
  Planned world;
  world.ask(ChangeVerb::Apply);
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  world.fake.saved["c-1"].digest = "digest-2";
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Failed));
  EXPECT_THAT(world.change().failure, HasSubstr("nothing was applied"));
  EXPECT_THAT(world.fake.saved, IsEmpty());
}

TEST(Apply, WhatIsLeftAfterItIsTold) {
  Planned world;
  world.ask(ChangeVerb::Apply);
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  world.fake.plan = [](const std::string& app) {
    DriftReport report;
    report.app = app;
    report.state = AppState::OutOfSync;
    report.objects.emplace_back();
    return report;
  };
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Failed));
  EXPECT_THAT(world.change().failure, HasSubstr("it was applied, but tofu now plans to change 1 resource"));
}

TEST(Apply, ARejectedPlanIsForgotten) {
  Planned world;
  world.ask(ChangeVerb::Apply);
  ASSERT_TRUE(reaches(world, ChangeState::Proposed));
  EXPECT_THAT(world.fake.saved, SizeIs(1));
  const auto now = world.clock.wall_now();
  auto stepping = world.changes->step(1, [now](Change change) { return on_rejected(std::move(change), "bob", "too much", now); });
  ASSERT_TRUE(test::run(world.io, std::move(stepping)));
  world.clock.advance(5s);
  EXPECT_THAT(world.fake.saved, IsEmpty());
}

TEST(Planned, ARollbackIsGitsAloneAndPlannedAfterwards) {
  Planned world;
  world.ask(ChangeVerb::Rollback, world.old);
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  EXPECT_THAT(world.change().diff, HasSubstr("plans what comes of it after the merge"));
  EXPECT_THAT(world.change().git_diff, HasSubstr("size = 1"));
  EXPECT_EQ(world.change().risk.tier, RiskTier::Medium);
  world.fake.plan = [](const std::string& app) {
    DriftReport report;
    report.app = app;
    report.state = AppState::OutOfSync;
    report.objects.resize(2);
    return report;
  };
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_THAT(world.fake.applied, IsEmpty());
  EXPECT_THAT(world.change().notes, Contains("tofu now plans to change 2 resources"));
  EXPECT_THAT(world.git("show main:live/network/main.tf"), HasSubstr("size = 1"));
}

TEST(Planned, NoSecretOfARollbacksFilesLeavesGit) {
  Planned world;
  const auto files = [](const std::string& what, int size) {
    return "variable \"token\" {\n  sensitive = true\n  default   = \"hunter2\"\n}\n# " + what + "\nresource \"aws_instance\" \"web\" {\n  size      = " + std::to_string(size) +
           "\n  user_data = \"Zx8Kq2Lm9Rt4Vw7Y" + std::to_string(size) + "\"\n}\n";
  };
  world.commit_file("live/network/main.tf", files("the password was hunter2", 1));
  const auto old = world.git("rev-parse main");
  world.commit_file("live/network/main.tf", files("the password isn't hunter2 any more", 2));
  world.clock.advance(1min);
  world.ask(ChangeVerb::Rollback, old);
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  const auto change = world.change();
  EXPECT_THAT(change.git_diff, testing::AllOf(HasSubstr("+  size      = 1"), HasSubstr("(hidden)")));
  EXPECT_THAT(change.notes, Contains(HasSubstr("`apply network` carries out exactly that plan")));
  std::string told = change.git_diff + change.diff;
  for (const auto& note : change.notes) told += note;
  for (const auto& entry : world.forge_state.entries) told += entry.pull_request.title + entry.body;
  for (const auto* message : world.slack.with_key("change:1")) told += message->now().text + message->now().blocks->dump();
  EXPECT_THAT(told, testing::AllOf(testing::Not(HasSubstr("hunter2")), testing::Not(HasSubstr("Zx8Kq"))));
}

TEST(Planned, ARollbackThatWouldChangeAnothersPlanIsRefused) {
  Planned world;
  auto dev = test::planned_app();
  dev.name = "network-dev";
  dev.plan.workspace = "dev";
  world.config.apps.push_back(dev);
  world.fleet->config_changed();
  world.clock.advance(1s);
  world.ask(ChangeVerb::Rollback, world.old);
  ASSERT_TRUE(reaches(world, ChangeState::Failed));
  EXPECT_THAT(world.change().failure, testing::AllOf(HasSubstr("this would change network-dev as well"), HasSubstr("a pull request of your own")));
  EXPECT_THAT(world.forge_state.entries, IsEmpty());
}

TEST(Planned, WhatARollbacksFilesCostIsToldBeforeTheMerge) {
  Planned world;
  world.carol_decides_on_money();
  world.config.cost.infracost = InfracostConfig{};
  world.fake.price->currency = "EUR";
  world.fake.price->after.micros = 212'400'000;
  world.ask(ChangeVerb::Rollback, world.old);
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  ASSERT_TRUE(world.change().cost);
  EXPECT_EQ(world.change().cost->rise_micros(), 212'400'000);
  EXPECT_THAT(world.change().quorum.extra.from, ElementsAre("carol"));
  EXPECT_THAT(world.fake.priced, ElementsAre("network " + world.change().base_sha.substr(0, 7) + " " + world.change().content.head_sha.substr(0, 7)));
}

TEST(Planned, ThatNobodyKnowsWhatARollbacksFilesCostIsSaid) {
  Planned world;
  world.config.cost.infracost = InfracostConfig{};
  world.fake.price = Error{ErrorKind::Timeout, "Infracost took too long"};
  world.ask(ChangeVerb::Rollback, world.old);
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  EXPECT_FALSE(world.change().cost);
  EXPECT_THAT(world.change().notes, Contains("What it costs isn't known: Infracost took too long"));
  EXPECT_EQ(world.change().quorum.extra.need, 0) << "no threshold speaks of it";
}

}  // namespace
}  // namespace driftwarden
