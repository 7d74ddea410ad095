// The verbs that make Changes, and the lanes in which what people say is answered.
#include "bot/command/intents.hpp"
#include "tests/support/block_kit.hpp"
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct Requests : testing::Test {
  Requests() { talk.clock.advance(2s); }
  Talk talk;
};

TEST_F(Requests, AnImageWithoutANameIsTheOnlyOne) {
  talk.say("U0alice", "bump checkout to 1.5 because OPS-1");
  ASSERT_EQ(talk.all_changes().size(), 1U);
  EXPECT_EQ(talk.change().verb, ChangeVerb::SetImage);
  EXPECT_EQ(talk.change().reason, "OPS-1");
  EXPECT_EQ(set_image_request_from(talk.change().argument), (SetImageRequest{"shop/checkout", "1.5", ""}));
}

TEST_F(Requests, AnImageThatIsThereAlreadyIsNoChange) {
  talk.say("U0alice", "set-image checkout checkout:1.4");
  EXPECT_THAT(talk.answers().back(), HasSubstr("at `1.4` already"));
  EXPECT_TRUE(talk.all_changes().empty());
}

TEST_F(Requests, TheSameTwiceIsOneChangeAndAnotherWaits) {
  talk.say("U0alice", "scale checkout to 3");
  talk.say("U0bob", "scale checkout to 3");
  EXPECT_THAT(talk.answers().back(), HasSubstr("C-1 asks for the same"));
  talk.say("U0bob", "scale checkout to 4");
  EXPECT_THAT(talk.answers().back(), HasSubstr("decide that one first"));
  EXPECT_EQ(talk.all_changes().size(), 1U);
}

TEST_F(Requests, ASecretIsRefusedBeforeItIsKept) {
  for (const auto* text : {"set checkout Secret/db .stringData.password=hunter2", "set checkout Secret/db .data.plain=hunter2", "set checkout secrets/db .stringData.plain=hunter2",
                           "set checkout db .data.plain=hunter2", "set checkout .data.plain=hunter2", "set checkout Deployment/checkout .spec.template.metadata.annotations.token=hunter2",
                           "set checkout deployment.yaml .spec.password=hunter2", "set checkout gone.yaml .spec.plain=hunter2"}) {
    SCOPED_TRACE(text);
    const auto before = talk.refusals().size();
    talk.say("U0alice", text);
    EXPECT_TRUE(talk.all_changes().empty());
    EXPECT_THAT(talk.answers().back(), testing::Not(HasSubstr("hunter2")));
    ASSERT_EQ(talk.refusals().size(), before + 1) << talk.answers().back();
    for (const auto& row : talk.refusals()) EXPECT_THAT(row.entry.detail, testing::Not(HasSubstr("hunter2")));
  }
  talk.say("U0alice", "set checkout Deployment/checkout .spec.minReadySeconds=5");
  EXPECT_EQ(talk.all_changes().size(), 1U) << talk.answers().back();
}

TEST_F(Requests, ARollbackNeedNotWaitForWhatIsUnderWay) {
  talk.commit(3);
  talk.commit(4);
  talk.fleet->nudge();
  talk.clock.advance(35s);
  talk.say("U0alice", "scale checkout to 7");
  talk.clock.advance(5s);
  auto under_way = talk.change();
  under_way.state = ChangeState::Verifying;
  ASSERT_TRUE(talk.transact([&](storage::Transaction& tx) { return tx.save_change(under_way); }));
  talk.say("U0bob", "scale checkout to 8");
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("wait until it is done or failed"), HasSubstr("at the latest")));
  ASSERT_EQ(talk.all_changes().size(), 1U);
  talk.say("U0bob", "rollback checkout to before Ann's last");
  ASSERT_EQ(talk.all_changes().size(), 2U) << talk.answers().back();
  EXPECT_EQ(talk.change(1).state, ChangeState::Superseded);
  EXPECT_EQ(talk.change(1).failure, "superseded by C-2");
  EXPECT_THAT(talk.answers().back(), HasSubstr("goes before C-1"));
  EXPECT_THAT(talk.audit_actions(), Contains("change.superseded"));
}

TEST_F(Requests, ABrokenGlassNeedNotWaitForWhatIsUnderWay) {
  talk.say("U0alice", "scale checkout to 7");
  talk.clock.advance(5s);
  auto under_way = talk.change();
  under_way.state = ChangeState::Merged;
  ASSERT_TRUE(talk.transact([&](storage::Transaction& tx) -> Result<void> {
    Hold glass;
    glass.kind = HoldKind::BreakGlass;
    glass.scope = {HoldScope::Kind::App, "checkout"};
    glass.owner = "bob";
    glass.since = talk.clock.wall_now();
    auto added = tx.add_hold(glass);
    if (!added) return added.error();
    return tx.save_change(under_way);
  }));
  talk.say("U0bob", "scale checkout to 8");
  ASSERT_EQ(talk.all_changes().size(), 2U) << talk.answers().back();
  EXPECT_EQ(talk.change(1).state, ChangeState::Superseded);
}

TEST_F(Requests, APatternThatOneMayNotReadIsNone) {
  talk.close();
  talk.config.policy.rules = {{{"alice"}, {"create-app"}, {}}, {{"bob"}, {"diff"}, {"checkout"}}};
  talk.open();
  talk.clock.advance(2s);
  talk.say("U0alice", "create-app web2 like checkout namespace web2");
  EXPECT_THAT(talk.answers().back(), HasSubstr("it is no pattern for you"));
  EXPECT_TRUE(talk.all_changes().empty());
}

TEST_F(Requests, AStrangerChangesNothingByAnyVerb) {
  for (const auto* text : {"set-image checkout web:2", "scale checkout to 3", "set checkout .spec.replicas=3", "restart checkout", "lock checkout", "freeze prod", "unfreeze prod", "halt", "resume", "rollback checkout to HEAD",
                           "break-glass checkout for 30m because x", "delegate to bob", "unlock checkout", "create-app web2 like checkout path apps/web2"}) {
    for (const auto* user : {"U0EVE", "U0carol"}) {
      talk.say(user, text);
    }
  }
  EXPECT_TRUE(talk.all_changes().empty());
  EXPECT_TRUE(talk.holds().empty());
  EXPECT_GE(talk.refusals().size(), 14U);
}

TEST_F(Requests, RollbackFindsTheCommitThatIsMeant) {
  talk.clock.advance(1s);
  const auto first = talk.git("rev-parse main");
  talk.commit(3);
  const auto last = talk.commit(4);
  talk.fleet->nudge();
  talk.clock.advance(35s);
  talk.say("U0alice", "rollback checkout to before Ann's last");
  ASSERT_EQ(talk.all_changes().size(), 1U) << talk.answers().back();
  EXPECT_EQ(talk.change().target_revision, talk.git("rev-parse main~1"));
  talk.say("U0alice", "cancel C-1");
  talk.clock.advance(5s);
  talk.say("U0alice", "rollback checkout undo " + last.substr(0, 10));
  ASSERT_EQ(talk.all_changes().size(), 2U) << talk.answers().back();
  EXPECT_EQ(rollback_request_from(talk.change(2).argument).undo, last);
  talk.say("U0alice", "rollback checkout to 1.4");
  EXPECT_THAT(talk.answers().back(), HasSubstr("already")) << "the newest commit with that tag is in force";
  talk.say("U0alice", "rollback checkout to 9.9.9");
  EXPECT_THAT(talk.answers().back(), HasSubstr("has an image of that tag"));
  talk.say("U0alice", "rollback checkout to before nobody's last");
  EXPECT_THAT(talk.answers().back(), HasSubstr("is by nobody"));
  talk.say("U0alice", "rollback checkout to 2001-01-01");
  EXPECT_THAT(talk.answers().back(), HasSubstr("from before 2001-01-01"));
  EXPECT_EQ(talk.all_changes().size(), 2U);
  (void)first;
}

TEST_F(Requests, PromotingWhatStandsAloneIsExplained) {
  talk.say("U0alice", "promote checkout");
  EXPECT_THAT(talk.answers().back(), HasSubstr("in one environment only"));
  talk.say("U0alice", "promote checkout to moon");
  EXPECT_THAT(talk.answers().back(), HasSubstr("has nothing in"));
  EXPECT_TRUE(talk.all_changes().empty());
}

TEST_F(Requests, WhatIsNotWellIsNotPromoted) {
  talk.close();
  auto dev = talk.config.apps.front();
  dev.name = "checkout-dev";
  dev.environment = "dev";
  dev.namespace_ = "shop-dev";
  talk.config.apps.push_back(dev);
  talk.open();
  talk.clock.advance(2s);
  talk.say("U0alice", "promote checkout");
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("*checkout-dev* is not fit to be promoted to *checkout*"), HasSubstr("progressing")));
  talk.say("U0carol", "promote checkout from dev");
  EXPECT_THAT(talk.answers().back(), HasSubstr("You may not promote checkout"));
  EXPECT_TRUE(talk.all_changes().empty());
}

TEST_F(Requests, HistoryNamesTheTagsAndHowItDidThen) {
  const auto tree = talk.fleet->desired_tree("checkout");
  ASSERT_FALSE(tree.empty());
  ASSERT_TRUE(talk.transact([&](storage::Transaction& tx) { return tx.save_rollout({"checkout", tree, talk.clock.wall_now(), talk.clock.wall_now(), "Degraded", "0 of 2 replicas available"}); }));
  talk.say("U0alice", "history checkout");
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("`1.4`"), HasSubstr("degraded: 0 of 2 replicas available")));
}

TEST_F(Requests, ANewAppIsAskedForByFormOrInWords) {
  talk.slash("U0alice", "create app");
  ASSERT_EQ(talk.slack.views.size(), 1U);
  EXPECT_EQ(talk.slack.views.back().at("type"), "modal");
  // What is wrong is told in the form, before it is taken.
  auto wrong = talk.submit("U0alice", {{"name", "../etc"}, {"image", "acme/web:1"}, {"cluster", "prod-eu"}, {"namespace", "shop"}});
  EXPECT_THAT(wrong["name"], HasSubstr("lower-case letters"));
  wrong = talk.submit("U0alice", {{"name", "web2"}, {"image", "acme/web:1"}, {"cluster", "prod-eu"}, {"namespace", "shop"}, {"path", "apps/../../etc"}});
  EXPECT_THAT(wrong["path"], HasSubstr("inside the repository"));
  wrong = talk.submit("U0alice", {{"name", "web2"}, {"image", "acme/web:1"}, {"cluster", "prod-eu"}, {"namespace", "shop"}, {"path", "apps/checkout/sub"}});
  EXPECT_THAT(wrong["path"], HasSubstr("Another App"));
  EXPECT_TRUE(talk.all_changes().empty());
  talk.submit("U0alice", {{"name", "web2"}, {"like", "checkout"}, {"cluster", "prod-eu"}, {"namespace", "shop"}, {"reason", "because\nwe can"}});
  ASSERT_EQ(talk.all_changes().size(), 1U) << talk.answers().back();
  const auto request = create_app_request_from(talk.change().argument);
  EXPECT_EQ(request.name, "web2");
  EXPECT_EQ(request.path, "apps/web2");
  EXPECT_EQ(request.repository, "config");
  EXPECT_EQ(talk.change().app, "web2");
  EXPECT_EQ(talk.change().reason, "because we can");
}

TEST_F(Requests, PendingSaysWhatWaitsForWhom) {
  talk.say("U0bob", "pending");
  EXPECT_THAT(talk.answers().back(), HasSubstr("Nothing waits"));
  talk.scale_by_hand(5);
  talk.clock.advance(2s);
  talk.say("U0alice", "sync checkout");
  talk.clock.advance(5s);
  talk.say("U0bob", "pending");
  EXPECT_THAT(talk.answers().back(), AllOf(HasSubstr("*1 waits for you*"), HasSubstr("waits for 1 approval by bob"), HasSubstr("asked by alice")));
  talk.say("U0alice", "pending");
  EXPECT_THAT(talk.answers().back(), HasSubstr("none waits for you"));
  EXPECT_THAT(test::block_kit_faults(talk.slack.with_key("reply:").back()->now()), IsEmpty());
}

TEST_F(Requests, WhoamiSaysWhoOneIsOnTheForge) {
  talk.say("U0alice", "whoami");
  EXPECT_THAT(talk.answers().back(), HasSubstr("On the forge you are *alice*, by the configuration"));
  talk.say("U0EVE", "whoami");
  EXPECT_THAT(talk.answers().back(), HasSubstr("`link LOGIN` proves it"));
}

/// Slack takes its time over one person's dialog.
struct Lanes : Requests {
  Lanes() {
    talk.slack.before_view = [this]() -> asio::awaitable<void> { co_await slow(); };
  }
  asio::awaitable<void> slow() {
    ++opened;
    auto slept = co_await talk.clock.sleep_for(std::chrono::seconds{30});
    if (!slept) throw boost::system::system_error(asio::error::operation_aborted);
  }
  int opened = 0;
};

TEST_F(Lanes, ASlowRemoteHoldsUpNobodyElse) {
  talk.slash("U0alice", "create-app");
  talk.say("U0alice", "apps");
  talk.say("U0bob", "status");
  EXPECT_EQ(opened, 1);
  EXPECT_THAT(talk.answers(), ElementsAre(HasSubstr("*1 App*"))) << "bob's, and not what alice said second";
  talk.clock.advance(40s);
  EXPECT_EQ(talk.slack.views.size(), 1U);
  ASSERT_THAT(talk.answers(), SizeIs(2));
  EXPECT_THAT(talk.answers().back(), HasSubstr("apps/checkout"));
}

TEST_F(Lanes, EachIsAnsweredOnceAcrossACrash) {
  talk.slash("U0alice", "create-app");
  talk.say("U0alice", "apps");
  talk.say("U0bob", "status");
  talk.reopen();
  talk.clock.advance(2min);
  EXPECT_EQ(talk.slack.views.size(), 1U);
  EXPECT_THAT(talk.answers(), SizeIs(2));
}

TEST_F(Lanes, ABurstOfOnePersonHidesNobody) {
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(talk.accept(talk.mention("U0alice", "status")));
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(talk.accept(talk.mention(fmt::format("U0X{}", i), "status")));
  talk.clock.advance(60s);
  EXPECT_THAT(talk.answers(), SizeIs(52));
}

}  // namespace
}  // namespace driftwarden
