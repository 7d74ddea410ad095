// What is asked of Apps that a tool plans or Argo CD deploys: refresh, apply, move, pin-image.
#include "tests/support/fakes/hands.hpp"
#include "tests/support/fakes/planned_app.hpp"
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Sources : Talk, testing::Test {
  Sources() {
    config.apps.push_back(test::planned_app());
    hands = fake.hands();
    commit_file("live/network/main.tf", "x = 1\n");
    reopen();
    clock.advance(2s);
  }
  /// "" where nothing was said: a card may be the whole answer.
  std::string last() const {
    const auto replies = slack.with_key("reply:");
    return replies.empty() ? std::string() : replies.back()->now().text;
  }
  std::string ask(const std::string& text, const std::string& who = "U0alice") {
    say(who, text);
    clock.advance(4s);
    return last();
  }
  DriftReport drifted() {
    DriftReport report;
    report.app = "network";
    report.state = AppState::OutOfSync;
    report.cause = Cause::GitAhead;
    report.objects.push_back({{"terraform", "", "aws_instance", "", "web"}, Verdict::OutOfSync, {}, {"replace"}});
    return report;
  }
  test::FakeHands fake;
};

TEST_F(Sources, WhatMakesNoSenseForAPlannedAppSaysWhatDoes) {
  EXPECT_THAT(ask("sync network"), HasSubstr("`apply network`"));
  EXPECT_THAT(ask("adopt network"), HasSubstr("can't be written into its files by me"));
  EXPECT_THAT(ask("logs network"), HasSubstr("runs in no cluster"));
  EXPECT_THAT(ask("scale network 3"), HasSubstr("planned by tofu"));
  EXPECT_THAT(ask("apply checkout"), HasSubstr("`sync checkout`"));
  config.apps.back().plan.apply = false;
  fleet->config_changed();
  clock.advance(2s);
  EXPECT_THAT(ask("apply network"), HasSubstr("`apply: true`"));
  EXPECT_THAT(all_changes(), IsEmpty());
}

TEST_F(Sources, RefreshPlansAgainAndSaysHowItStands) {
  fake.plan = [this](const std::string&) { return drifted(); };
  EXPECT_THAT(ask("refresh network"), HasSubstr("1 to replace"));
  EXPECT_EQ(fake.plans, 1);
  fake.plan = [](const std::string&) { return Result<DriftReport>(Error{ErrorKind::Unavailable, "no credentials"}); };
  EXPECT_THAT(ask("refresh network"), HasSubstr("could not be planned: no credentials"));
}

TEST_F(Sources, RefreshAsksArgoCdToo) {
  config.apps.front().deployer = {DeployerKind::ArgoCd, "prod-eu", {"argoproj.io", "v1alpha1", "Application", "argocd", "checkout"}, true};
  reopen();
  clock.advance(2s);
  const auto answer = ask("refresh checkout");
  EXPECT_THAT(answer, HasSubstr("Argo CD looks at Git again"));
  EXPECT_THAT(answer, HasSubstr("Git is at"));
  EXPECT_THAT(fake.refreshed, ElementsAre("checkout"));
}

TEST_F(Sources, ApplyIsAChangeThatSomebodyElseApproves) {
  fleet->put_report(drifted());
  clock.advance(2s);
  ask("apply network because prod needs it");
  clock.advance(5s);
  ASSERT_EQ(change().verb, ChangeVerb::Apply);
  EXPECT_EQ(change().state, ChangeState::Proposed) << change().failure;
  EXPECT_EQ(change().review, ReviewMode::Chat);
  ask("approve C-1", "U0bob");
  clock.advance(10s);
  EXPECT_THAT(fake.applied, ElementsAre("c-1 digest-1"));
  EXPECT_EQ(change().state, ChangeState::Done) << change().failure;
}

TEST_F(Sources, DiffOfAPlannedAppIsItsPlan) {
  fleet->put_report(drifted());
  clock.advance(2s);
  ask("diff network");
  EXPECT_THAT(slack.with_key("reply:").back()->now().blocks->dump(), HasSubstr("size: 1 -> 2"));
}

TEST_F(Sources, MoveIsAChangeOfItsOwn) {
  ClusterConfig there;
  there.name = "dev-eu";
  there.environment = "dev";
  config.clusters.push_back(there);
  EXPECT_THAT(ask("move checkout to mars"), HasSubstr("which cluster?"));
  EXPECT_THAT(ask("move checkout to prod-eu"), HasSubstr("already"));
  ask("move checkout to dev-eu because tests");
  clock.advance(5s);
  ASSERT_EQ(change().verb, ChangeVerb::Move);
  EXPECT_THAT(change().failure, HasSubstr("I may not apply to dev-eu"));
}

TEST_F(Sources, WhatIsInForceFromElsewhereIsNotWrittenToTheBranch) {
  config.apps.front().revision = "v1.2.3";
  config.apps.front().deployer = {DeployerKind::ArgoCd, "prod-eu", {"argoproj.io", "v1alpha1", "Application", "argocd", "checkout"}, true};
  reopen();
  clock.advance(2s);
  for (const auto* text : {"sync checkout", "scale checkout 3", "set-image checkout checkout:2", "pin-image checkout", "adopt checkout", "rollback checkout", "move checkout to prod-us"}) {
    EXPECT_THAT(ask(text), testing::AllOf(HasSubstr("v1.2.3"), HasSubstr("Argo CD's Application argocd/checkout"))) << text;
  }
  EXPECT_THAT(all_changes(), IsEmpty());
}

TEST_F(Sources, RollbackOfAPlannedAppIsAChangeOfItsFiles) {
  EXPECT_THAT(ask("rollback network"), HasSubstr("no earlier commit"));
  const auto first = git("rev-parse main");
  EXPECT_THAT(ask("rollback network to " + first.substr(0, 10)), HasSubstr("is what it was"));
  EXPECT_THAT(ask("rollback network to " + first.substr(0, 10) + "~1"), HasSubstr("weren't there yet"));
  EXPECT_THAT(ask("rollback network to nosuch"), HasSubstr("There is no revision"));
  EXPECT_THAT(all_changes(), IsEmpty());
  commit_file("live/network/main.tf", "x = 2\n");
  clock.advance(1min);
  ask("rollback network because the load test is over");
  clock.advance(5s);
  ASSERT_EQ(change().verb, ChangeVerb::Rollback) << last();
  EXPECT_EQ(change().target_revision, first);
  EXPECT_EQ(change().state, ChangeState::Proposed) << change().failure;
  EXPECT_THAT(change().git_diff, testing::AllOf(HasSubstr("-x = 2"), HasSubstr("+x = 1")));
  EXPECT_THAT(change().notes, Contains(HasSubstr("`apply network`")));
  EXPECT_THAT(fake.applied, IsEmpty());
}

TEST_F(Sources, ASecondRollbackOfAPlannedAppGoesOnBack) {
  const auto first = git("rev-parse main");
  commit_file("live/network/main.tf", "x = 2\n");
  commit_file("live/network/main.tf", "x = 3\n");
  commit_file("live/network/main.tf", "x = 2\n");
  clock.advance(1min);
  ask("rollback network");
  clock.advance(5s);
  EXPECT_EQ(change().target_revision, first);
}

class PinRegistry final : public registry::Registry {
 public:
  asio::awaitable<Result<std::vector<std::string>>> tags(std::string) override { co_return std::vector<std::string>{"1.4"}; }
  asio::awaitable<Result<std::string>> digest(std::string image, std::string tag) override {
    asked.push_back(image + ":" + tag);
    co_return "sha256:" + std::string(64, 'a');
  }
  std::vector<std::string> asked;
};

TEST_F(Sources, PinImageNamesItByItsDigest) {
  EXPECT_THAT(ask("pin-image checkout"), HasSubstr("add `{host: docker.io}` to `registries`"));
  PinRegistry hub;
  registries["docker.io"] = &hub;
  reopen();
  clock.advance(2s);
  ask("pin-image checkout");
  clock.advance(5s);
  EXPECT_THAT(hub.asked, Contains("shop/checkout:1.4"));
  ASSERT_EQ(change().verb, ChangeVerb::SetImage);
  EXPECT_THAT(change().git_diff, HasSubstr("shop/checkout:1.4@sha256:" + std::string(64, 'a')));
  EXPECT_THAT(ask("pin-image checkout no-such"), HasSubstr("has no image"));
}

TEST_F(Sources, WhoMayOnlyPinKeepsTheTag) {
  PinRegistry hub;
  registries["docker.io"] = &hub;
  config.policy.rules.push_back({{"carol"}, {"pin-image"}, {}});
  reopen();
  clock.advance(2s);
  EXPECT_THAT(ask("pin-image checkout checkout:9.9", "U0carol"), HasSubstr("`pin-image` keeps the tag"));
  EXPECT_THAT(hub.asked, IsEmpty());
  EXPECT_THAT(all_changes(), IsEmpty());
  ask("pin-image checkout checkout:1.4", "U0carol");
  clock.advance(5s);
  EXPECT_THAT(hub.asked, Contains("shop/checkout:1.4"));
}

}  // namespace
}  // namespace driftwarden
