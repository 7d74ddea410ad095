#include "tests/unit/bot/plans/plans_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using terraform::PlanOutcome;
using test::FakeTool;
using test::PlansWorld;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;

class PlanWatchTest : public testing::Test, public PlansWorld {
 protected:
  std::size_t plans_of(const std::string& name) const { return static_cast<std::size_t>(std::ranges::count(tool->planned, name)); }
  App app(const std::string& name) const { return *fleet->app(name); }
  void with_saved_plan(std::vector<std::string> shown_files = {}) {
    add_app("net").plan.apply = true;
    commit({{"live/net/main.tf", "a"}});
    tool->outcomes["net"] = FakeTool::differing("web");
    tool->outcomes["net"].plan.objects.push_back(test::planned_row("old", Verdict::Extra));
    tool->outcomes["net"].shown_files = std::move(shown_files);
    start();
    clock.advance(5s);
    auto kept = wait(plans->save_plan(app("net"), "c-12"));
    ASSERT_TRUE(kept) << kept.error().message;
    saved = *kept;
  }
  SavedPlan saved;
};

TEST_F(PlanWatchTest, AnAppIsPlannedAndTold) {
  add_app("net");
  SecretValue secret;
  secret.value = Secret<std::string>("s3cr3t");
  config.tool_environments["app:net"]["AWS_SECRET_ACCESS_KEY"] = secret;
  const auto head = commit({{"live/net/main.tf", "a"}});
  tool->outcomes["net"] = FakeTool::differing("web");
  std::string content;
  tool->on_plan = [&](const terraform::ToolPlace& place) {
    std::ifstream file(place.directory + "/main.tf");
    content.assign(std::istreambuf_iterator<char>(file), {});
  };
  start();
  clock.advance(5s);
  ASSERT_FALSE(told.empty());
  const auto& report = told.back();
  EXPECT_EQ(report.app, "net");
  EXPECT_EQ(report.state, AppState::OutOfSync);
  EXPECT_EQ(report.cause, Cause::LiveEdited);
  EXPECT_EQ(report.revision, head);
  EXPECT_EQ(fleet->report("net").state, AppState::OutOfSync);
  EXPECT_EQ(content, "a");
  EXPECT_EQ(tool->places["net"].environment.at("AWS_SECRET_ACCESS_KEY"), "s3cr3t");
  EXPECT_THAT(tool->places["net"].data_directory, Not(HasSubstr("checkouts"))) << "kept between runs";
  EXPECT_THAT(plans->text("net"), HasSubstr("aws_instance.web"));
  EXPECT_EQ(plans_of("net"), 1U);
}

TEST_F(PlanWatchTest, ItIsPlannedAgainInItsTimeAndNoSooner) {
  add_app("net");
  commit({{"live/net/main.tf", "a"}});
  start();
  clock.advance(5h);
  EXPECT_EQ(plans_of("net"), 1U);
  clock.advance(2h);
  EXPECT_EQ(plans_of("net"), 2U);
}

TEST_F(PlanWatchTest, ACommitPlansOnlyWhatItTouches) {
  add_app("net");
  add_app("db");
  commit({{"live/net/main.tf", "module \"m\" {\n source = \"../../modules/m\"\n}\n"}, {"live/db/main.tf", "a"}, {"modules/m/main.tf", "m"}});
  start();
  clock.advance(10s);
  ASSERT_EQ(tool->planned.size(), 2U);
  commit({{"live/db/main.tf", "b"}});
  clock.advance(1min);
  EXPECT_EQ(plans_of("db"), 2U);
  EXPECT_EQ(plans_of("net"), 1U);
  commit({{"modules/m/main.tf", "n"}});
  clock.advance(1min);
  EXPECT_EQ(plans_of("net"), 2U) << "a module beside it";
  commit({{"README.md", "n"}});
  clock.advance(1min);
  EXPECT_EQ(tool->planned.size(), 4U);
}

TEST_F(PlanWatchTest, NoMoreThanTwoAtOnce) {
  std::map<std::string, std::string> files;
  for (int i = 0; i < 12; ++i) {
    add_app("app-" + std::to_string(i));
    files["live/app-" + std::to_string(i) + "/main.tf"] = "a";
  }
  commit(files);
  tool->takes = 30s;
  start();
  clock.advance(10min);
  EXPECT_EQ(tool->planned.size(), 12U);
  EXPECT_EQ(tool->busiest, 2U);
  const auto checkouts = fs::directory_iterator(root + "/plans/checkouts/infra");
  EXPECT_EQ(std::distance(begin(checkouts), end(checkouts)), 1) << "one for all of them";
}

TEST_F(PlanWatchTest, AnErrorIsUnknownAndTriedAgainSooner) {
  add_app("net");
  commit({{"live/net/main.tf", "a"}});
  PlanOutcome failed;
  failed.error = "main.tf:1: no";
  tool->outcomes["net"] = failed;
  start();
  clock.advance(5s);
  EXPECT_EQ(fleet->report("net").state, AppState::Unknown);
  EXPECT_EQ(fleet->report("net").reason, "plan failed: main.tf:1: no");
  tool->outcomes["net"] = FakeTool::in_sync();
  clock.advance(2min);
  EXPECT_EQ(fleet->report("net").state, AppState::Synced);
}

TEST_F(PlanWatchTest, AMissingToolIsSaid) {
  add_app("net");
  commit({{"live/net/main.tf", "a"}});
  tool->errors.emplace("net", Error{ErrorKind::NotFound, "tofu isn't installed where Driftwarden runs"});
  start();
  clock.advance(5s);
  EXPECT_THAT(fleet->report("net").reason, HasSubstr("tofu isn't installed"));
}

TEST_F(PlanWatchTest, ADirectoryThatIsNotThereIsSaid) {
  add_app("gone");
  commit({{"live/net/main.tf", "a"}});
  start();
  clock.advance(5s);
  EXPECT_EQ(fleet->report("gone").state, AppState::Unknown);
  EXPECT_THAT(fleet->report("gone").reason, HasSubstr("live/gone isn't in repository infra"));
}

TEST_F(PlanWatchTest, AskedTwiceAtOnceIsPlannedOnce) {
  add_app("net");
  commit({{"live/net/main.tf", "a"}});
  start();
  clock.advance(5s);
  tool->takes = 10s;
  int answers = 0;
  for (int i = 0; i < 3; ++i) {
    asio::co_spawn(io, plans->plan_now("net"), [&](std::exception_ptr, Result<DriftReport> report) {
      EXPECT_TRUE(report);
      ++answers;
    });
  }
  clock.advance(30s);
  EXPECT_EQ(answers, 3);
  EXPECT_EQ(plans_of("net"), 2U);
  EXPECT_EQ(wait(plans->plan_now("nobody")).error().kind, ErrorKind::NotFound);
}

TEST_F(PlanWatchTest, AnsibleIsCheckedAndGitIsToldFromHands) {
  auto& hosts = add_app("hosts", AppKind::Ansible);
  hosts.path = "ansible/site.yml";
  hosts.plan.inventory = "hosts.ini";
  commit({{"ansible/site.yml", "- hosts: all\n"}, {"ansible/hosts.ini", "a\n"}, {"ansible.cfg", "[defaults]\n"}});
  runner->answer.tasks = 4;
  start();
  clock.advance(5s);
  EXPECT_EQ(fleet->report("hosts").state, AppState::Synced);
  EXPECT_EQ(runner->place.playbook, "site.yml");
  EXPECT_EQ(runner->place.inventory, "hosts.ini");
  EXPECT_TRUE(runner->place.directory.ends_with("/ansible"));
  EXPECT_THAT(runner->place.environment.at("ANSIBLE_CONFIG"), HasSubstr("/ansible.cfg"));
  runner->answer.objects.push_back(test::planned_row("motd"));
  EXPECT_EQ(wait(plans->plan_now("hosts"))->cause, Cause::LiveEdited);
  commit({{"ansible/site.yml", "- hosts: web\n"}});
  clock.advance(1min);
  EXPECT_EQ(fleet->report("hosts").cause, Cause::GitAhead);
}

TEST_F(PlanWatchTest, AnOlderCheckoutGoesWhenNobodyNeedsIt) {
  add_app("net");
  const auto first = commit({{"live/net/main.tf", "a"}});
  start();
  clock.advance(5s);
  EXPECT_TRUE(fs::exists(root + "/plans/checkouts/infra/" + first));
  const auto second = commit({{"live/net/main.tf", "b"}});
  clock.advance(1min);
  EXPECT_TRUE(fs::exists(root + "/plans/checkouts/infra/" + second));
  EXPECT_FALSE(fs::exists(root + "/plans/checkouts/infra/" + first));
}

TEST_F(PlanWatchTest, OnlyWhatMayBeAppliedIsKept) {
  add_app("net");
  add_app("db").plan.apply = true;
  commit({{"live/net/main.tf", "a"}, {"live/db/main.tf", "a"}});
  tool->outcomes["net"] = FakeTool::differing("web");
  start();
  clock.advance(5s);
  const auto refused = wait(plans->save_plan(app("net"), "c-1"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::InvalidInput);
  const auto nothing = wait(plans->save_plan(app("db"), "c-2"));
  ASSERT_FALSE(nothing);
  EXPECT_THAT(nothing.error().message, HasSubstr("nothing of db would change"));
}

TEST_F(PlanWatchTest, ASavedPlanIsAppliedOnce) {
  with_saved_plan();
  EXPECT_THAT(saved.deletes, ElementsAre("aws_instance.old"));
  EXPECT_THAT(saved.text, HasSubstr("aws_instance.web"));
  EXPECT_EQ(fs::status(root + "/plans/saved/c-12").permissions(), fs::perms::owner_all);
  const auto before = plans_of("net");
  const auto applied = wait(plans->apply_saved(app("net"), "c-12", saved.digest));
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(*applied, "Apply complete!");
  EXPECT_FALSE(fs::exists(root + "/plans/saved/c-12/plan")) << "it holds secrets and is of no use now";
  clock.advance(5s);
  EXPECT_GT(plans_of("net"), before) << "how it stands now is told";
  EXPECT_EQ(*wait(plans->apply_saved(app("net"), "c-12", saved.digest)), "Apply complete!") << "said again, not done again";
  EXPECT_EQ(tool->applied.size(), 1U);
}

TEST_F(PlanWatchTest, ThatAPlanCannotBePricedIsSaidAndNothingIsLeft) {
  config.cost.infracost.emplace().program = "driftwarden-no-such-infracost";
  std::ofstream(root + "/plan.json") << "{}";
  with_saved_plan({root + "/plan.json"});
  EXPECT_FALSE(saved.cost);
  EXPECT_THAT(saved.cost_trouble, HasSubstr("driftwarden-no-such-infracost isn't installed"));
  EXPECT_FALSE(fs::exists(root + "/plan.json"));
}

TEST_F(PlanWatchTest, WithoutInfracostNothingIsPriced) {
  std::ofstream(root + "/plan.json") << "{}";
  with_saved_plan({root + "/plan.json"});
  EXPECT_FALSE(saved.cost);
  EXPECT_EQ(saved.cost_trouble, "");
  EXPECT_FALSE(fs::exists(root + "/plan.json")) << "it tells much";
}

TEST_F(PlanWatchTest, AnotherPlanThanTheApprovedIsNotApplied) {
  with_saved_plan();
  EXPECT_EQ(wait(plans->apply_saved(app("net"), "c-12", "other")).error().kind, ErrorKind::Conflict);
  std::ofstream(root + "/plans/saved/c-12/plan") << "tampered";
  EXPECT_EQ(wait(plans->apply_saved(app("net"), "c-12", saved.digest)).error().kind, ErrorKind::Conflict);
  plans->drop_saved("c-12");
  EXPECT_EQ(wait(plans->apply_saved(app("net"), "c-12", saved.digest)).error().kind, ErrorKind::Conflict);
  EXPECT_THAT(tool->applied, IsEmpty());
}

TEST_F(PlanWatchTest, FilesThatMovedSinceAreAConflict) {
  with_saved_plan();
  commit({{"README.md", "x"}});
  commit({{"live/net/main.tf", "b"}});
  clock.advance(1min);
  const auto applied = wait(plans->apply_saved(app("net"), "c-12", saved.digest));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind, ErrorKind::Conflict);
  EXPECT_THAT(applied.error().message, HasSubstr("files of net have changed"));
}

TEST_F(PlanWatchTest, AnotherAppsCommitIsNone) {
  with_saved_plan();
  commit({{"README.md", "x"}});
  clock.advance(1min);
  EXPECT_TRUE(wait(plans->apply_saved(app("net"), "c-12", saved.digest)));
}

TEST_F(PlanWatchTest, AStateThatMovedMayBePlannedAnew) {
  with_saved_plan();
  tool->refusal = Error{ErrorKind::Conflict, "the state has moved"};
  EXPECT_EQ(wait(plans->apply_saved(app("net"), "c-12", saved.digest)).error().kind, ErrorKind::Conflict);
  EXPECT_TRUE(wait(plans->save_plan(app("net"), "c-12"))) << "nothing was applied";
}

TEST_F(PlanWatchTest, AFailureInTheMiddleIsSaidEachTime) {
  with_saved_plan();
  tool->refusal = Error{ErrorKind::Corrupt, "it failed in part"};
  EXPECT_EQ(wait(plans->apply_saved(app("net"), "c-12", saved.digest)).error().kind, ErrorKind::Corrupt);
  tool->refusal.reset();
  const auto again = wait(plans->apply_saved(app("net"), "c-12", saved.digest));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(again.error().message, HasSubstr("it failed in part"));
  EXPECT_EQ(tool->applied.size(), 1U);
}

TEST_F(PlanWatchTest, ARestartInTheMiddleDoesNotApplyTwice) {
  with_saved_plan();
  tool->takes = 1h;
  asio::cancellation_signal stop;
  bool ended = false;
  asio::co_spawn(io, plans->apply_saved(app("net"), "c-12", saved.digest), asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr, Result<std::string>) { ended = true; }));
  clock.advance(10s);
  ASSERT_EQ(tool->applied.size(), 1U);
  stop.emit(asio::cancellation_type::terminal);
  clock.settle();
  EXPECT_TRUE(ended);
  test::run(io, plans->stop());
  tool->takes = 0s;
  make_plans();
  plans->start();
  clock.advance(10s);
  const auto applied = wait(plans->apply_saved(app("net"), "c-12", saved.digest));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(applied.error().message, HasSubstr("it was interrupted while applying"));
  EXPECT_EQ(tool->applied.size(), 1U);
}

TEST_F(PlanWatchTest, NoCheckoutIsLeftWhenItEnds) {
  with_saved_plan();
  const auto checkouts = [&] { return std::distance(fs::directory_iterator(root + "/plans/checkouts/infra"), fs::directory_iterator()); };
  ASSERT_EQ(checkouts(), 1);
  test::run(io, plans->stop());
  clock.settle();
  EXPECT_EQ(checkouts(), 0);
  // What is still at work then has one of its own.
  const auto applied = wait(plans->apply_saved(app("net"), "c-12", saved.digest));
  ASSERT_TRUE(applied) << applied.error().message;
  clock.settle();
  EXPECT_EQ(checkouts(), 0);
}

TEST_F(PlanWatchTest, AnAppThatIsGoneIsPlannedNoMore) {
  add_app("net");
  commit({{"live/net/main.tf", "a"}});
  start();
  clock.advance(5s);
  config.apps.clear();
  fleet->config_changed();
  clock.advance(24h);
  EXPECT_EQ(plans_of("net"), 1U);
  EXPECT_EQ(wait(plans->plan_now("net")).error().kind, ErrorKind::NotFound);
}

TEST_F(PlanWatchTest, WhoeverWaitsForAnAppThatGoesIsTold) {
  add_app("net");
  commit({{"live/net/main.tf", "a"}});
  start();
  clock.advance(5s);
  tool->takes = 1h;
  int answers = 0;
  for (int i = 0; i < 2; ++i) asio::co_spawn(io, plans->plan_now("net"), [&](std::exception_ptr, Result<DriftReport>) { ++answers; });
  clock.advance(10s);
  EXPECT_EQ(answers, 0);
  config.apps.clear();
  fleet->config_changed();
  plans->look_again();
  clock.advance(2h);
  EXPECT_EQ(answers, 2);
}

TEST_F(PlanWatchTest, AnAppThatComesBackIsNotPlannedBesideItsApply) {
  with_saved_plan();
  const auto apps = config.apps;
  tool->takes = 1h;
  bool applied = false;
  asio::co_spawn(io, plans->apply_saved(app("net"), "c-12", saved.digest), [&](std::exception_ptr, Result<std::string> result) { applied = result.has_value(); });
  clock.advance(10s);
  const auto before = plans_of("net");
  for (const auto& now : {std::vector<App>{}, apps}) {
    config.apps = now;
    fleet->config_changed();
    plans->look_again();
    clock.advance(10s);
  }
  EXPECT_EQ(plans_of("net"), before);
  clock.advance(2h);
  EXPECT_TRUE(applied);
  EXPECT_GT(plans_of("net"), before);
}

TEST_F(PlanWatchTest, ASavedPlanThatNobodyAskedForInAMonthIsGone) {
  with_saved_plan();
  for (const auto days : {29, 2}) {
    test::run(io, plans->stop());
    clock.advance(24h * days);
    make_plans();
    plans->start();
    clock.advance(5s);
    EXPECT_EQ(fs::exists(root + "/plans/saved/c-12"), days == 29);
  }
}

TEST_F(PlanWatchTest, ARequiredFenceIsToldToTheTools) {
  config.tools.fence = FenceMode::Required;
  add_app("net");
  add_app("hosts", AppKind::Ansible);
  commit({{"live/net/main.tf", "a"}, {"live/hosts/site.yml", "- hosts: all\n"}});
  start();
  clock.advance(10s);
  EXPECT_TRUE(tool->places["net"].fence_required);
  EXPECT_TRUE(runner->place.fence_required);
  EXPECT_FALSE(runner->place.checkout.empty());
}

}  // namespace
}  // namespace driftwarden
