// People's pull requests, with everything real but Slack, forge and cluster.
#include "bot/pulls/pull_watch.hpp"
#include "tests/support/fakes/gates.hpp"
#include "tests/support/fakes/planned_app.hpp"
#include "tests/support/fakes/world.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using test::WatchedStore;
using test::World;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct Watching : World {
  /// Beside "checkout" so many Apps of one ConfigMap, each in a channel of its own.
  explicit Watching(int more = 0) {
    for (int i = 0; i < more; ++i) {
      auto app = config.apps.front();
      app.name = fmt::format("more-{:02}", i);
      app.path = "apps/" + app.name;
      app.channel = "#" + app.name;
      put("main", app.path + "/cm.yaml", config_map(i, "1"));
      config.apps.push_back(app);
    }
    before_start = [this] {
      PullWatch::Parts parts;
      parts.executor = io.get_executor();
      parts.clock = &clock;
      parts.config = &config;
      parts.redactor = &redactor;
      parts.store = &async;
      parts.outbox = outbox.get();
      parts.messenger = messenger.get();
      parts.fleet = fleet.get();
      parts.forges["config"] = &forge_state;
      parts.gates = gates;
      parts.price_files = [this](App app, std::string before, std::string after) { return price(std::move(app), std::move(before), std::move(after)); };
      pulls = std::make_unique<PullWatch>(std::move(parts));
    };
    begin();
  }
  ~Watching() { end(); }
  void begin() {
    start();
    pulls->start();
    clock.advance(5s);
  }
  void end() {
    test::run(io, pulls->stop());
    stop();
    pulls.reset();
  }
  void again() {
    end();
    store.revive();
    begin();
  }
  /// Somebody's branch with so many replicas, and its pull request.
  std::int64_t open(int replicas, const std::string& branch = "topic", const std::string& login = "bob") {
    (void)git("branch -f " + branch + " main");
    (void)commit(replicas, branch);
    const auto number = forge_state.open_by_hand(login, branch, "More replicas");
    point(number, branch);
    return number;
  }
  void point(std::int64_t number, const std::string& branch) const { (void)git("update-ref refs/pull/" + std::to_string(number) + "/head " + branch); }
  static std::string config_map(int i, const std::string& value) {
    return fmt::format("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: more-{}, namespace: shop}}\ndata: {{key: \"{}\"}}\n", i, value);
  }
  /// Somebody commits this file to a branch.
  void put(const std::string& branch, const std::string& path, const std::string& text) const {
    const auto file = (directory.path / "put.yaml").string();
    std::ofstream(file) << text;
    (void)test::run_shell(fmt::format("cd {0} && export GIT_INDEX_FILE={1} && git read-tree {2} && git update-index --add --cacheinfo 100644,$(git hash-object -w {3}),{4} && "
                                      "git update-ref refs/heads/{2} $(git -c user.name=Ann -c user.email=ann@example.org commit-tree $(git write-tree) -p {2} -m Put)",
                                      remote(), (directory.path / "put").string(), branch, file, path));
  }
  /// A pull request that changes "checkout" and so many of the others.
  std::int64_t open_wide(int more) {
    (void)git("branch -f topic main");
    for (int i = 0; i < more; ++i) put("topic", fmt::format("apps/more-{:02}/cm.yaml", i), config_map(i, "2"));
    (void)commit(5, "topic");
    const auto number = forge_state.open_by_hand("bob", "topic", "Wide");
    point(number, "topic");
    return number;
  }
  void look() {
    pulls->nudge();
    clock.advance(1s);
  }
  asio::awaitable<Result<CostChange>> price(App app, std::string before, std::string after) {
    priced.push_back(fmt::format("{} {} {}", app.name, before.substr(0, 7), after.substr(0, 7)));
    if (pricing_takes > Duration{0}) CO_CHECK_OK(co_await clock.sleep_for(pricing_takes));
    co_return price_of_files;
  }
  /// "network", which tofu plans, and somebody's pull request that touches it.
  void open_planned() {
    end();
    config.apps.push_back(test::planned_app());
    config.cost.infracost = InfracostConfig{};
    put("main", "live/network/main.tf", "a\n");
    (void)git("branch -f topic main");
    put("topic", "live/network/main.tf", "b\n");
    point(forge_state.open_by_hand("bob", "topic", "A larger machine"), "topic");
    begin();
    look();
  }
  std::vector<forge::Comment>& comments(std::int64_t number = 1) { return forge_state.find(number)->comments; }
  std::string message_now() const {
    const auto found = slack.with_key("pull:");
    return found.empty() ? "" : found.front()->now().text;
  }

  std::unique_ptr<PullWatch> pulls;
  Result<CostChange> price_of_files = CostChange{};
  std::vector<std::string> priced;
  Duration pricing_takes{0};
};

TEST(PullWatch, SaysOnceWhatAPullRequestWouldDo) {
  Watching world;
  world.open(5);
  world.clock.advance(31s);
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("replicas: 5"));
  EXPECT_THAT(world.comments().front().body, HasSubstr("Live is what the base says"));
  ASSERT_THAT(world.slack.with_key("pull:"), SizeIs(1));
  EXPECT_THAT(world.message_now(), HasSubstr("More replicas"));
  world.clock.advance(10min);
  world.look();
  EXPECT_THAT(world.comments(), SizeIs(1));
  EXPECT_EQ(world.forge_state.find(1)->edits, 0);
  EXPECT_THAT(world.slack.with_key("pull:").front()->versions, SizeIs(1));
}

std::vector<forge::CommitStatus> gate_statuses(const Watching& world) {
  std::vector<forge::CommitStatus> told;
  for (const auto& [sha, status] : world.forge_state.statuses) {
    if (status.context == "driftwarden/gates") told.push_back(status);
  }
  return told;
}

TEST(PullWatch, TheGatesJudgeItAndTheForgeIsTold) {
  Watching world;
  test::FakeGates gates;
  gates.find("built-in", "privileged", "Deployment shop/checkout");
  world.config.gates.owners = {"carol"};
  world.end();
  world.gates = &gates;
  world.begin();
  world.open(5);
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("built-in/privileged"));
  ASSERT_THAT(gate_statuses(world), SizeIs(1));
  EXPECT_EQ(gate_statuses(world)[0].state, forge::StatusState::Failure);
  EXPECT_EQ(gate_statuses(world)[0].description, "checkout: built-in/privileged");
  ASSERT_THAT(gates.shown, SizeIs(1));
  Waiver waiver;
  waiver.app = "checkout";
  waiver.gate = "built-in";
  waiver.rule = "privileged";
  waiver.owner = "carol";
  waiver.reason = "vendor";
  waiver.since = world.clock.wall_now();
  waiver.until = waiver.since + 10min;
  ASSERT_TRUE(world.transact([&](storage::Transaction& tx) -> Result<void> {
    auto added = tx.add_waiver(waiver);
    if (!added) return added.error();
    return Result<void>{};
  }));
  world.look();
  ASSERT_THAT(gate_statuses(world), SizeIs(2));
  EXPECT_EQ(gate_statuses(world)[1].state, forge::StatusState::Success);
  EXPECT_THAT(world.comments().front().body, HasSubstr("let pass by **carol**"));
  world.config.gates.owners = {"bob"};
  world.look();
  ASSERT_THAT(gate_statuses(world), SizeIs(3));
  EXPECT_EQ(gate_statuses(world)[2].state, forge::StatusState::Failure) << "carol owns the gate no more";
  EXPECT_THAT(world.comments().front().body, HasSubstr("doesn't count: carol isn't an owner of that gate any more"));
  world.config.gates.owners = {"carol"};
  world.look();
  ASSERT_THAT(gate_statuses(world), SizeIs(4));
  world.clock.advance(11min);
  world.look();
  ASSERT_THAT(gate_statuses(world), SizeIs(5));
  EXPECT_EQ(gate_statuses(world)[4].state, forge::StatusState::Failure) << "its time is up";
  EXPECT_THAT(gates.shown, SizeIs(1)) << "what it would make of the App is the same";
  world.end();
  world.gates = nullptr;
  world.begin();
}

TEST(PullWatch, AGateThatGaveNoAnswerIsAskedAgain) {
  Watching world;
  test::FakeGates gates;
  gates.answer.push_back({.gate = "policy", .trouble = "it took too long"});
  world.end();
  world.gates = &gates;
  world.begin();
  world.open(5);
  world.look();
  ASSERT_THAT(gate_statuses(world), SizeIs(1));
  EXPECT_EQ(gate_statuses(world)[0].state, forge::StatusState::Failure);
  world.clock.advance(5min);
  EXPECT_THAT(gates.shown, SizeIs(1)) << "but not all the time";
  gates.answer.clear();
  world.clock.advance(6min);
  EXPECT_THAT(gates.shown, SizeIs(2));
  ASSERT_THAT(gate_statuses(world), SizeIs(2));
  EXPECT_EQ(gate_statuses(world)[1].state, forge::StatusState::Success);
  world.end();
  world.gates = nullptr;
  world.begin();
}

TEST(PullWatch, SaysWhatItCosts) {
  Watching world;
  PriceTable table;
  table.cpu = 20'000'000;
  table.memory = 4'000'000;
  world.config.cost.prices = {table};
  (void)world.git("branch -f topic main");
  world.put("topic", "apps/checkout/deployment.yaml", test::deployment_yaml(5) + "          resources: {requests: {cpu: 500m, memory: 1Gi}}\n");
  world.point(world.forge_state.open_by_hand("bob", "topic", "More replicas"), "topic");
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("**70 EUR** a month, **+70 EUR** (0 EUR before"));
  EXPECT_THAT(world.message_now(), HasSubstr("*70 EUR* a month"));
  world.config.cost.prices.front().cpu = 40'000'000;
  world.config.digests["cost"] = "another";
  world.look();
  EXPECT_THAT(world.comments().front().body, HasSubstr("**120 EUR** a month")) << "new prices are told, too";
}

TEST(PullWatch, OfWhatAToolPlansTheFilesAreNamedAndPriced) {
  Watching world;
  CostThreshold threshold;
  threshold.above = 200'000'000;
  threshold.from = {"carol"};
  world.config.cost.thresholds = {threshold};
  world.price_of_files->currency = "EUR";
  world.price_of_files->source = "Infracost";
  world.price_of_files->before.micros = 70'080'000;
  world.price_of_files->after.micros = 282'480'000;
  world.open_planned();
  ASSERT_THAT(world.comments(), SizeIs(1));
  const auto& comment = world.comments().front().body;
  EXPECT_THAT(comment, HasSubstr("#### **network** planned by **tofu** (prod)"));
  EXPECT_THAT(comment, HasSubstr("`live/network/main.tf`"));
  EXPECT_THAT(comment, HasSubstr("`apply network`"));
  EXPECT_THAT(comment, HasSubstr("**282.48 EUR** a month, **+212.40 EUR** (70.08 EUR before; Infracost)"));
  EXPECT_THAT(comment, HasSubstr("carol for its cost, 212.40 EUR more a month"));
  EXPECT_THAT(comment, HasSubstr("Driftwarden compared"));
  EXPECT_THAT(world.message_now(), HasSubstr("*282.48 EUR* a month"));
  ASSERT_THAT(world.priced, SizeIs(1));
  world.clock.advance(1h);
  EXPECT_THAT(world.priced, SizeIs(1)) << "once";
}

TEST(PullWatch, APriceThatNobodyCanTellIsSaidAndAskedForAgain) {
  Watching world;
  CostThreshold threshold;
  threshold.from = {"carol"};
  world.config.cost.thresholds = {threshold};
  world.price_of_files = Error{ErrorKind::InvalidInput, "Infracost ended with 1: no key"};
  world.open_planned();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("what it costs isn't known: Infracost ended with 1: no key"));
  EXPECT_THAT(world.comments().front().body, HasSubstr("carol for its cost, which isn't known"));
  world.clock.advance(5min);
  EXPECT_THAT(world.priced, SizeIs(1)) << "but not all the time";
  CostChange cost;
  cost.currency = "EUR";
  cost.after.micros = 1'000'000;
  world.price_of_files = cost;
  world.clock.advance(6min);
  EXPECT_THAT(world.comments().front().body, HasSubstr("**1 EUR** a month"));
  EXPECT_THAT(world.comments().front().body, Not(HasSubstr("isn't known")));
}

TEST(PullWatch, ASlowPriceKeepsNothingElseBack) {
  Watching world;
  world.pricing_takes = 10min;
  world.open_planned();
  world.clock.advance(80s);
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("what it costs isn't known: Infracost took too long"));
  world.pricing_takes = Duration{0};
  world.price_of_files->currency = "EUR";
  world.price_of_files->after.micros = 1'000'000;
  world.clock.advance(11min);
  EXPECT_THAT(world.comments().front().body, HasSubstr("**1 EUR** a month"));
}

TEST(PullWatch, NothingRunsOnAForksTerraform) {
  Watching world;
  world.open_planned();
  world.forge_state.find(1)->pull_request.from_fork = true;
  world.put("topic", "live/network/main.tf", "c\n");
  world.point(1, "topic");
  world.priced.clear();
  world.look();
  world.clock.advance(31s);
  EXPECT_THAT(world.priced, IsEmpty());
  EXPECT_THAT(world.comments().front().body, HasSubstr("it comes from a fork"));
}

TEST(PullWatch, ANewHeadEditsBoth) {
  Watching world;
  world.open(5);
  world.look();
  (void)world.commit(7, "topic");
  world.point(1, "topic");
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("replicas: 7"));
  ASSERT_THAT(world.slack.with_key("pull:"), SizeIs(1));
  EXPECT_THAT(world.slack.with_key("pull:").front()->versions, SizeIs(2));
}

TEST(PullWatch, LiveThatDriftsIsSaid) {
  Watching world;
  world.open(5);
  world.look();
  world.scale_by_hand(9);
  world.clock.advance(5s);
  world.look();
  EXPECT_THAT(world.comments().front().body, HasSubstr("-  replicas: 9"));
  EXPECT_THAT(world.comments().front().body, HasSubstr("as it is now"));
}

TEST(PullWatch, OursAndThoseThatTouchNoAppGetNothing) {
  Watching world;
  world.open(5, "driftwarden/c-1-sync");
  ASSERT_TRUE(world.transact([](storage::Transaction& tx) -> Result<void> {
    Change ours;
    ours.app = "checkout";
    ours.branch = "driftwarden/c-1-sync";
    TRY(const auto added, tx.add_change(ours));
    return added.id == 1 ? Result<void>{} : Result<void>(Error{ErrorKind::Corrupt, "not the first"});
  }));
  world.open(6, "mine", "driftwarden");
  (void)world.git("branch empty main");
  const auto empty = world.forge_state.open_by_hand("bob", "empty", "Nothing");
  world.point(empty, "empty");
  world.look();
  for (const auto& entry : world.forge_state.entries) EXPECT_THAT(entry.comments, IsEmpty()) << entry.pull_request.branch;
  EXPECT_THAT(world.slack.with_key("pull:"), IsEmpty());
}

TEST(PullWatch, ABranchThatIsOnlyNamedAsOursIsLookedAt) {
  Watching world;
  world.open(5, "driftwarden/x");
  world.look();
  EXPECT_THAT(world.comments(), SizeIs(1));
}

TEST(PullWatch, BeyondThirtyAppsTheOthersAreNamed) {
  Watching world(33);
  world.open_wide(33);
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("34 Apps"));
  EXPECT_THAT(world.comments().front().body, HasSubstr("and 4 more Apps, not rendered here: more-29, more-30, more-31, more-32"));
  EXPECT_THAT(world.slack.with_key("pull:"), SizeIs(5)) << "a channel each would be a flood";
}

TEST(PullWatch, OnlyWhatMovedIsRenderedAgain) {
  Watching world(2);
  world.open_wide(2);
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  const auto renders = world.fleet->renders();
  world.scale_by_hand(9);
  world.clock.advance(5s);
  world.look();
  EXPECT_THAT(world.comments().front().body, HasSubstr("-  replicas: 9"));
  EXPECT_THAT(world.comments().front().body, HasSubstr("more-01"));
  EXPECT_EQ(world.fleet->renders() - renders, 2U) << "checkout's head and base";
}

TEST(PullWatch, AForksIsSaidInOneChannelOnly) {
  Watching world(2);
  world.open_wide(2);
  world.forge_state.find(1)->pull_request.from_fork = true;
  world.look();
  ASSERT_THAT(world.slack.with_key("pull:"), SizeIs(1));
  EXPECT_THAT(world.message_now(), HasSubstr("*more-01*")) << "there all of it is said";
}

TEST(PullWatch, OneOfAnUnknownAuthorIsSaidInOneChannelOnly) {
  Watching world(2);
  world.open_wide(2);
  world.forge_state.find(1)->pull_request.author = "mallory";
  world.look();
  EXPECT_THAT(world.slack.with_key("pull:"), SizeIs(1));
}

TEST(PullWatch, OneBeyondAFullListIsAskedForSeldom) {
  Watching world;
  world.open(5);
  world.look();
  // They have no branch: that needs no git to be told, 200 times a round.
  world.forge_state.head_of = [ask = world.forge_state.head_of](const std::string& branch) { return branch.starts_with("no-branch-") ? std::string() : ask(branch); };
  for (int i = 0; i < 200; ++i) (void)world.forge_state.open_by_hand("bob", fmt::format("no-branch-{}", i), "Another");
  world.forge_state.listed_at_most = 200;
  const auto before = world.forge_state.gets;
  for (int i = 0; i < 20; ++i) world.clock.advance(31s);
  EXPECT_EQ(world.forge_state.gets - before, 1);
  world.clock.advance(25min);
  EXPECT_EQ(world.forge_state.gets - before, 2);
  world.forge_state.find(1)->pull_request.state = forge::PullRequestState::Closed;
  world.clock.advance(31min);
  EXPECT_THAT(world.message_now(), HasSubstr("closed without a merge"));
}

TEST(PullWatch, AMergedOneGetsALastEdit) {
  Watching world;
  world.open(5);
  world.look();
  world.forge_state.merge_by_hand(1);
  world.look();
  EXPECT_THAT(world.message_now(), HasSubstr("is merged"));
  const auto versions = world.slack.with_key("pull:").front()->versions.size();
  world.clock.advance(5min);
  EXPECT_EQ(world.slack.with_key("pull:").front()->versions.size(), versions);
}

TEST(PullWatch, AClosedOneGetsALastEditAfterARestartToo) {
  Watching world;
  world.open(5);
  world.look();
  world.forge_state.find(1)->pull_request.state = forge::PullRequestState::Closed;
  world.again();
  world.look();
  ASSERT_THAT(world.slack.with_key("pull:"), SizeIs(1));
  EXPECT_THAT(world.message_now(), HasSubstr("closed without a merge"));
}

TEST(PullWatch, ARestartSaysNothingTwice) {
  Watching world;
  world.open(5);
  world.look();
  world.again();
  world.look();
  EXPECT_THAT(world.comments(), SizeIs(1));
  EXPECT_EQ(world.forge_state.find(1)->edits, 0);
  ASSERT_THAT(world.slack.with_key("pull:"), SizeIs(1));
  EXPECT_THAT(world.slack.with_key("pull:").front()->versions, SizeIs(1));
}

TEST(PullWatch, ACrashAtAnyWriteLosesAndDoublesNothing) {
  for (const auto when : {WatchedStore::Crash::BeforeCommit, WatchedStore::Crash::AfterCommit}) {
    bool crashed = true;
    for (int n = 1; crashed && n < 30; ++n) {
      SCOPED_TRACE(n);
      Watching world;
      world.open(5);
      world.store.crash_at(n, when);
      for (int i = 0; i < 20; ++i) {
        world.look();
        if (world.store.crashed()) world.again();
      }
      crashed = world.store.ever_crashed();
      ASSERT_THAT(world.comments(), SizeIs(1));
      EXPECT_EQ(world.forge_state.find(1)->edits, 0);
      ASSERT_THAT(world.slack.with_key("pull:"), SizeIs(1));
    }
    EXPECT_FALSE(crashed) << "every write was tried";
  }
}

TEST(PullWatch, AnAnswerThatIsLostDoublesNothing) {
  Watching world;
  world.forge_state.lose_next_answer = true;
  world.slack.lose_next_answer = true;
  world.open(5);
  world.look();
  world.clock.advance(5min);
  EXPECT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.slack.with_key("pull:"), SizeIs(1));
}

TEST(PullWatch, WhatCannotBeRenderedIsSaid) {
  Watching world;
  (void)world.git("branch broken main");
  const auto tree = test::run_shell("cd " + world.remote() + " && export GIT_INDEX_FILE=" + (world.directory.path / "broken").string() +
                                    " && git read-tree main && git update-index --add --cacheinfo 100644,$(printf 'kind: [' | git hash-object -w --stdin),apps/checkout/deployment.yaml && git write-tree");
  const auto sha = world.git("-c user.name=Ann -c user.email=ann@example.org commit-tree " + tree + " -p main -m Broken");
  (void)world.git("update-ref refs/heads/broken " + sha);
  world.point(world.forge_state.open_by_hand("bob", "broken", "Broken"), "broken");
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("can't be rendered"));
}

TEST(PullWatch, ASecretsValueIsNeverShown) {
  Watching world;
  (void)world.git("branch secret main");
  const auto file = (world.directory.path / "secret.yaml").string();
  std::ofstream(file) << "apiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: shop}\nstringData: {password: hunter2hunter2}\n";
  const auto tree = test::run_shell("cd " + world.remote() + " && export GIT_INDEX_FILE=" + (world.directory.path / "secret").string() +
                                    " && git read-tree main && git update-index --add --cacheinfo 100644,$(git hash-object -w " + file + "),apps/checkout/secret.yaml && git write-tree");
  (void)world.git("update-ref refs/heads/secret " + world.git("-c user.name=Ann -c user.email=ann@example.org commit-tree " + tree + " -p main -m Secret"));
  world.point(world.forge_state.open_by_hand("bob", "secret", "A key"), "secret");
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("Secret shop/key"));
  EXPECT_THAT(world.comments().front().body, Not(HasSubstr("hunter2")));
  EXPECT_THAT(world.comments().front().body, Not(HasSubstr("aHVudGVyMmh1bnRlcjI")));
  EXPECT_THAT(world.comments().front().body, HasSubstr("risk **high**"));
  EXPECT_THAT(world.message_now(), Not(HasSubstr("hunter2")));
}

TEST(PullWatch, AForkIsRenderedWhereNoToolIsNeeded) {
  Watching world;
  world.open(5);
  world.forge_state.find(1)->pull_request.from_fork = true;
  world.look();
  EXPECT_THAT(world.comments().front().body, HasSubstr("replicas: 5"));
}

TEST(PullWatch, WhatItSaysOfAFailureQuotesNoValue) {
  Watching world;
  const auto tree = test::run_shell("cd " + world.remote() + " && export GIT_INDEX_FILE=" + (world.directory.path / "broken").string() +
                                    " && git read-tree main && git update-index --add --cacheinfo 100644,$(printf 'kind: [' | git hash-object -w --stdin),"
                                    "'apps/checkout/a Invalid value: \"hunter2\": b.yaml' && git write-tree");
  (void)world.git("update-ref refs/heads/broken " + world.git("-c user.name=Ann -c user.email=ann@example.org commit-tree " + tree + " -p main -m Broken"));
  world.point(world.forge_state.open_by_hand("bob", "broken", "Broken"), "broken");
  world.look();
  ASSERT_THAT(world.comments(), SizeIs(1));
  EXPECT_THAT(world.comments().front().body, HasSubstr("can't be rendered"));
  EXPECT_THAT(world.comments().front().body, Not(HasSubstr("hunter2")));
}

TEST(PullWatch, AnExceptionEndsNeitherTheRoundNorIsTriedAgainAtOnce) {
  Watching world;
  world.open(5);
  const auto head_of = world.forge_state.head_of;
  int asked = 0;
  world.forge_state.head_of = [&](const std::string& branch) {
    if (++asked > 20) return head_of(branch);
    throw std::runtime_error("no such field");
  };
  world.look();
  world.clock.advance(25s);
  EXPECT_EQ(asked, 1);
  world.forge_state.head_of = head_of;
  world.clock.advance(2min);
  EXPECT_THAT(world.comments(), SizeIs(1));
}

TEST(PullWatch, AForgeThatIsDownIsAskedAgainMoreAndMoreSeldom) {
  Watching world;
  world.forge_state.unreachable = true;
  world.open(5);
  world.clock.advance(2min);
  world.forge_state.unreachable = false;
  world.clock.advance(10min);
  EXPECT_THAT(world.comments(), SizeIs(1));
}

}  // namespace
}  // namespace driftwarden
