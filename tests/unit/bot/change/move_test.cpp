// From one cluster to another: where Git says it, and how it is carried out.
#include "bot/change/move.hpp"
#include "bot/watch/app_files.hpp"
#include "tests/support/fakes/hands.hpp"
#include "tests/unit/bot/change/plan_fixture.hpp"
#include "tests/unit/bot/change/walk.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class PlanMove : public test::PlanTest {
 protected:
  void SetUp() override {
    PlanTest::SetUp();
    for (auto& cluster : config.clusters) cluster.apply = true;
  }
  Result<VerbPlan> move(const std::string& name, const std::string& cluster, const std::string& namespace_ = "") {
    return plan(change(ChangeVerb::Move, name, to_json_text(move_record(app(name), {cluster, namespace_}))));
  }
  static std::string text_of(const VerbPlan& made, const std::string& path) {
    const auto found = std::ranges::find(made.edits, path, &FileEdit::path);
    return found == made.edits.end() ? "(no edit)" : found->content.value_or("(deleted)");
  }
};

TEST_F(PlanMove, ADeclaredAppsFileSaysTheNewPlace) {
  publish_as("bob", ".driftwarden/apps/blog.yaml", "# ours\nname: blog\npath: apps/blog\ncluster: prod  # the big one\nnamespace: blog\nenvironment: prod\n");
  const auto made = move("blog", "dev");
  ASSERT_TRUE(made) << why_not(made);
  EXPECT_EQ(text_of(*made, ".driftwarden/apps/blog.yaml"), "# ours\nname: blog\npath: apps/blog\ncluster: dev  # the big one\nnamespace: blog\nenvironment: dev\n");
  EXPECT_EQ(made->edits.size(), 1U);
  EXPECT_THAT(notes(*made), HasSubstr("when it is in sync and healthy there, its objects on prod, namespace blog are deleted"));
}

TEST_F(PlanMove, AnotherNamespaceIsWrittenIntoItsManifestsToo) {
  publish_as("bob", "apps/blog/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: blog\n  namespace: blog\ndata: {motd: in blog}\n");
  publish_as("bob", ".driftwarden/apps/blog.yaml", "name: blog\npath: apps/blog\ncluster: prod\nnamespace: blog\n");
  const auto made = move("blog", "prod", "press");
  ASSERT_TRUE(made) << why_not(made);
  EXPECT_THAT(text_of(*made, "apps/blog/config.yaml"), HasSubstr("  namespace: press\ndata: {motd: in blog}"));
  EXPECT_THAT(text_of(*made, ".driftwarden/apps/blog.yaml"), HasSubstr("namespace: press"));
}

TEST_F(PlanMove, FilesFoundByTheirPlaceAreMoved) {
  publish_as("bob", "clusters/prod/blog/web/deployment.yaml", test::deployment("web", "ghcr.io/acme/web:1.0"));
  publish_as("bob", "clusters/prod/blog/web/sub/config.yaml", test::config_map("web"));
  DiscoverRule rule;
  rule.paths = "clusters/{cluster}/{namespace}/{app}";
  rule.repository = "config";
  config.discover.push_back(rule);
  auto web = app("blog");
  web.name = "web";
  web.path = "clusters/prod/blog/web";
  web.found_by = "paths clusters/{cluster}/{namespace}/{app}";
  apps.push_back(web);
  const auto made = move("web", "dev");
  ASSERT_TRUE(made) << why_not(made);
  EXPECT_EQ(text_of(*made, "clusters/prod/blog/web/deployment.yaml"), "(deleted)");
  EXPECT_EQ(text_of(*made, "clusters/dev/blog/web/deployment.yaml"), test::deployment("web", "ghcr.io/acme/web:1.0"));
  EXPECT_EQ(text_of(*made, "clusters/dev/blog/web/sub/config.yaml"), test::config_map("web"));
  EXPECT_EQ(moved_app(web, {"dev", ""}, config).value().path, "clusters/dev/blog/web");
  EXPECT_EQ(app_before(moved_app(web, {"dev", ""}, config).value(), move_record(web, {"dev", ""}), config).path, web.path);
}

TEST_F(PlanMove, AnAppThatWouldGetAnotherNameStays) {
  DiscoverRule rule;
  rule.paths = "clusters/{cluster}/{namespace}/{app}";
  rule.repository = "config";
  config.discover.push_back(rule);
  auto web = app("blog");
  web.name = "web-prod";
  web.path = "clusters/prod/blog/web";
  web.found_by = "paths clusters/{cluster}/{namespace}/{app}";
  const auto there = moved_app(web, {"dev", ""}, config);
  ASSERT_FALSE(there);
  EXPECT_THAT(there.error().message, HasSubstr("more than one \"web\""));
}

TEST_F(PlanMove, AnApplicationInGitIsGivenAnotherDestination) {
  const std::string text = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: blog\n  namespace: argocd\nspec:\n  destination:\n    server: https://10.0.0.1:6443  # prod\n    namespace: blog\n";
  publish_as("bob", "argo/blog.yaml", text);
  App parent = app("shop-dev");
  parent.name = "root";
  parent.path = "argo";
  apps.push_back(parent);
  app("blog").deployer = {DeployerKind::ArgoCd, "dev", {"argoproj.io", "v1alpha1", "Application", "argocd", "blog"}, true};
  auto made = move("blog", "dev");
  EXPECT_THAT(why_not(made), HasSubstr("stands in no Git that I watch"));
  const auto manifests = parse_manifests(text, "blog.yaml").value();
  application = PlanContext::Held{parent, manifests.front()};
  made = move("blog", "dev");
  EXPECT_THAT(why_not(made), HasSubstr("add it to `aliases` of that cluster"));
  config.clusters.back().aliases = {"dev-cluster", "https://10.0.0.2:6443"};
  made = move("blog", "dev");
  ASSERT_TRUE(made) << why_not(made);
  EXPECT_THAT(text_of(*made, "argo/blog.yaml"), HasSubstr("    server: https://10.0.0.2:6443  # prod\n"));
  application->app.deployer = {DeployerKind::ArgoCd, "dev", {"argoproj.io", "v1alpha1", "Application", "argocd", "root"}, true};
  application->report.state = AppState::OutOfSync;
  EXPECT_THAT(why_not(move("blog", "dev")), HasSubstr("it has other differences at this moment"));
}

TEST_F(PlanMove, RefusesWhatCantBe) {
  EXPECT_THAT(why_not(move("blog", "mars")), HasSubstr("which cluster?"));
  EXPECT_THAT(why_not(move("blog", "prod")), HasSubstr("is on prod in blog already"));
  EXPECT_THAT(why_not(move("blog", "dev", "No Such")), HasSubstr("can't be a namespace"));
  EXPECT_THAT(why_not(move("blog", "dev")), HasSubstr("is said in my configuration"));
  config.clusters.back().apply = false;
  EXPECT_THAT(why_not(move("blog", "dev")), HasSubstr("I may not apply to dev"));
  config.clusters.back().apply = true;
  app("blog").track = Track::Pin;
  EXPECT_THAT(why_not(move("blog", "dev")), HasSubstr("is pinned"));
  app("blog").track = Track::Head;
  app("blog").deployer.kind = DeployerKind::Flux;
  EXPECT_THAT(why_not(move("blog", "dev")), HasSubstr("deployed by"));
}

TEST_F(PlanMove, TheConfigurationInGitIsEdited) {
  config.from_git = ConfigFromGit{"config", "driftwarden"};
  publish_as("bob", "driftwarden/apps.yaml", "apps:\n  - name: shop\n    cluster: prod\n  - name: blog\n    cluster: prod  # for now\n    namespace: blog\n");
  const auto made = move("blog", "dev");
  ASSERT_TRUE(made) << why_not(made);
  EXPECT_EQ(text_of(*made, "driftwarden/apps.yaml"), "apps:\n  - name: shop\n    cluster: prod\n  - name: blog\n    cluster: dev  # for now\n    namespace: blog\n");
}

TEST_F(PlanMove, ASealedSecretCantGoToAnotherNamespace) {
  publish_as("bob", "apps/blog/sealed.yaml", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: db, namespace: blog}\nspec:\n  encryptedData: {password: AgBy}\n");
  publish_as("bob", ".driftwarden/apps/blog.yaml", "name: blog\npath: apps/blog\ncluster: prod\nnamespace: blog\n");
  EXPECT_THAT(why_not(move("blog", "prod", "press")), testing::AnyOf(HasSubstr("is sealed for exactly blog/db"), HasSubstr("would stay in blog")));
  const auto made = move("blog", "dev");
  ASSERT_TRUE(made) << why_not(made);
  EXPECT_THAT(notes(*made), HasSubstr("only if its controller has the key"));
}

/// checkout is declared in Git, and there is a second cluster.
struct Moving : World {
  explicit Moving(bool stuck = false, MoveRequest to = {"prod-us", ""}, const std::string& environment = "prod") {
    config.apps.clear();
    commit_file(".driftwarden/apps/checkout.yaml", "name: checkout\npath: apps/checkout\ncluster: prod-eu\nnamespace: shop\nchannel: \"#shop-prod\"\n");
    ClusterConfig there;
    there.name = "prod-us";
    there.environment = environment;
    there.apply = true;
    config.clusters.push_back(there);
    other_clusters["prod-us"] = std::make_shared<test::FakeCluster::State>();
    if (stuck) stuck_clusters.insert("prod-us");
    start();
    clock.advance(2s);
    App app;
    app.name = "checkout";
    app.cluster = "prod-eu";
    app.namespace_ = "shop";
    app.path = "apps/checkout";
    argument = to_json_text(move_record(app, std::move(to)));
  }
  bool runs_here() const { return !cluster->objects.empty(); }
  bool runs_there() const { return !other_clusters.at("prod-us")->objects.empty(); }
  std::string argument;
};

TEST(Move, ThereFirstAndGoneHereWhenItIsHealthy) {
  Moving world;
  ASSERT_TRUE(request(world, {.verb = ChangeVerb::Move, .argument = world.argument}));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  EXPECT_THAT(world.change().diff, HasSubstr("First, made on prod-us\n+ Deployment shop/checkout\nThen, deleted on prod-eu\n- Deployment shop/checkout"));
  EXPECT_EQ(world.change().risk.tier, RiskTier::High);
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << to_string(world.change().state) << " " << world.change().failure << " " << world.change().waiting_for;
  EXPECT_TRUE(world.runs_there());
  EXPECT_FALSE(world.runs_here());
  EXPECT_EQ(world.fleet->app("checkout")->cluster, "prod-us");
  EXPECT_THAT(world.change().notes, Contains("On prod-eu 1 object was deleted"));
}

TEST(Move, NothingIsTakenAwayWhileItIsNotHealthyThere) {
  Moving world(true);
  ASSERT_TRUE(request(world, {.verb = ChangeVerb::Move, .argument = world.argument}));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(20min);
  EXPECT_EQ(world.change().state, ChangeState::Failed);
  EXPECT_THAT(world.change().failure, HasSubstr("nothing was taken away from prod-eu"));
  EXPECT_TRUE(world.runs_here());
  EXPECT_TRUE(world.runs_there());
}

TEST(Move, ToAnotherNamespaceTheOldPlaceStaysUntilTheNewOneIsHealthy) {
  for (const bool stuck : {true, false}) {
    Moving world(false, {"prod-eu", "press"});
    ASSERT_TRUE(request(world, {.verb = ChangeVerb::Move, .argument = world.argument}));
    ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
    world.live->stuck = stuck;
    ASSERT_TRUE(approve(world, "bob"));
    world.clock.advance(20min);
    const auto& objects = world.cluster->objects;
    EXPECT_TRUE(objects.contains(object_id({"apps", "v1", "Deployment", "press", "checkout"})));
    EXPECT_EQ(objects.contains(object_id({"apps", "v1", "Deployment", "shop", "checkout"})), stuck);
    EXPECT_EQ(world.change().state, stuck ? ChangeState::Failed : ChangeState::Done) << world.change().failure;
  }
}

TEST(Move, TimeInAHaltIsNoTimeOfItsOwn) {
  Moving world;
  ASSERT_TRUE(request(world, {.verb = ChangeVerb::Move, .argument = world.argument}));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  world.forge_state.unreachable = true;
  ASSERT_TRUE(approve(world, "bob"));
  world.forge_state.unreachable = false;
  world.forge_state.merge_by_hand(1);
  Hold halt;
  halt.kind = HoldKind::Halt;
  halt.owner = "carol";
  halt.since = world.clock.wall_now();
  halt.until = world.clock.wall_now() + 2h;
  ASSERT_TRUE(world.transact([&](storage::Transaction& tx) -> Result<void> {
    auto added = tx.add_hold(halt);
    if (!added) return added.error();
    return Result<void>{};
  }));
  world.changes->nudge();
  world.clock.advance(1h);
  ASSERT_EQ(world.change().state, ChangeState::Merged) << world.change().failure;
  world.clock.advance(61min);
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
}

TEST(Move, WhoMayApproveInOnePlaceOnlyDoesNotApproveIt) {
  for (const bool in_common : {true, false}) {
    Moving world(false, {"prod-us", ""}, "staging");
    auto& here = world.config.policy.approvals.front();
    here.environment = "prod";
    here.from = {"bob"};
    ApprovalRule there;
    there.environment = "staging";
    there.from = {"carol"};
    if (in_common) there.from.emplace_back("bob");
    world.config.policy.approvals.push_back(there);
    ASSERT_TRUE(request(world, {.verb = ChangeVerb::Move, .argument = world.argument}));
    if (in_common) {
      ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
      EXPECT_THAT(world.change().quorum.from, testing::ElementsAre("bob"));
    } else {
      ASSERT_TRUE(reaches(world, ChangeState::Failed));
      EXPECT_THAT(world.change().failure, HasSubstr("nobody could approve this move"));
    }
  }
}

TEST(Move, WhatIsNotItsOwnStays) {
  Moving world;
  auto object = test::live_deployment(2);
  object["metadata"].erase("annotations");
  world.live->put(object);
  ASSERT_TRUE(request(world, {.verb = ChangeVerb::Move, .argument = world.argument}));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  ASSERT_TRUE(approve(world, "bob"));
  ASSERT_TRUE(reaches(world, ChangeState::Done)) << world.change().failure;
  EXPECT_TRUE(world.runs_here());
  EXPECT_THAT(world.change().notes, Contains(HasSubstr("don't say that they are this App's")));
}

TEST(Move, AFreezeOfTheNewPlaceHoldsItUp) {
  Moving world;
  ASSERT_TRUE(request(world, {.verb = ChangeVerb::Move, .argument = world.argument}));
  ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
  ASSERT_TRUE(world.transact([&](storage::Transaction& tx) -> Result<void> {
    Hold freeze;
    freeze.kind = HoldKind::Freeze;
    freeze.scope = {HoldScope::Kind::Cluster, "prod-us"};
    freeze.owner = "carol";
    freeze.since = world.clock.wall_now();
    auto added = tx.add_hold(std::move(freeze));
    if (!added) return added.error();
    return Result<void>{};
  }));
  ASSERT_TRUE(approve(world, "bob"));
  world.clock.advance(2min);
  EXPECT_EQ(world.change().state, ChangeState::Approved);
  EXPECT_THAT(world.change().waiting_for, HasSubstr("frozen"));
}

class MoveCrash : public testing::TestWithParam<WatchedStore::Crash> {};

TEST_P(MoveCrash, ItIsSomewhereAllTheTime) {
  for (int n = 1;; n += 2) {
    SCOPED_TRACE(fmt::format("crash at writing transaction {}", n));
    Moving world;
    world.store.crash_at(n, GetParam());
    ASSERT_TRUE(pass_until(world, [&] { return request(world, {.verb = ChangeVerb::Move, .argument = world.argument}).has_value(); }));
    ASSERT_TRUE(reaches(world, ChangeState::Proposed)) << world.change().failure;
    EXPECT_FALSE(world.runs_there());
    ASSERT_TRUE(pass_until(world, [&] { return approve(world, "bob") && !world.store.crashed(); }));
    ASSERT_TRUE(pass_until(world, [&] {
      EXPECT_TRUE(world.runs_here() || world.runs_there());
      return world.change().state == ChangeState::Done;
    })) << to_string(world.change().state) << world.change().failure;
    EXPECT_TRUE(world.runs_there());
    EXPECT_FALSE(world.runs_here());
    EXPECT_EQ(world.forge_state.merges, 1);
    EXPECT_THAT(*world.store.verify_audit(), IsEmpty());
    if (HasFailure() || !world.store.ever_crashed()) break;
    ASSERT_LT(n, 300);
  }
}

INSTANTIATE_TEST_SUITE_P(When, MoveCrash, testing::Values(WatchedStore::Crash::BeforeCommit, WatchedStore::Crash::AfterCommit),
                         [](const auto& row) { return row.param == WatchedStore::Crash::BeforeCommit ? "BeforeCommit" : "AfterCommit"; });

}  // namespace
}  // namespace driftwarden
