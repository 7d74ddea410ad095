#include "index_fixture.hpp"

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(Index, IsUnknownUntilBothSidesAreThere) {
  EXPECT_EQ(report().state, AppState::Unknown);
  EXPECT_THAT(report().reason, HasSubstr("not read from Git yet"));
  desire({config_map("a", {{"k", "v"}})});
  EXPECT_THAT(report().reason, HasSubstr("list ConfigMap"));
  see(live(config_map("a", {{"k", "v"}}), "1"));
  EXPECT_EQ(report().state, AppState::Unknown);
  list({live(config_map("a", {{"k", "v"}}), "1")});
  EXPECT_EQ(report().state, AppState::Synced);
  EXPECT_EQ(report().objects_total, 1U);
  EXPECT_EQ(report().revision, "rev1");
}

TEST_F(Index, ALiveEditIsSeenAndUndone) {
  desire({config_map("a", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "1")});
  EXPECT_EQ(report().state, AppState::Synced);
  index.take_changed();
  see(live(config_map("a", {{"k", "w"}}), "2", {{"f:k", json::object()}}));
  EXPECT_THAT(index.take_changed(), ElementsAre("shop"));
  const auto drift = report();
  EXPECT_EQ(drift.state, AppState::OutOfSync);
  EXPECT_EQ(drift.cause, Cause::LiveEdited);
  ASSERT_EQ(drift.objects.size(), 1U);
  ASSERT_EQ(drift.objects[0].fields.size(), 1U);
  EXPECT_EQ(drift.objects[0].fields[0].path, ".data.k");
  EXPECT_EQ(drift.objects[0].fields[0].by, "kubectl-edit");
  EXPECT_TRUE(drift.objects[0].fields[0].time);
  see(live(config_map("a", {{"k", "v"}}), "3"));
  EXPECT_EQ(report().state, AppState::Synced);
}

TEST_F(Index, StatusChurnChangesNothing) {
  desire({config_map("a", {{"k", "v"}})});
  auto object = live(config_map("a", {{"k", "v"}}), "1");
  list({object});
  report();
  index.take_changed();
  object["metadata"]["resourceVersion"] = "2";
  object["status"] = {{"x", 1}};
  object["metadata"]["managedFields"].push_back(
      {{"manager", "c"}, {"operation", "Update"}, {"subresource", "status"}, {"apiVersion", "v1"}, {"fieldsV1", {{"f:status", {{"f:x", json::object()}}}}}});
  see(object);
  EXPECT_THAT(index.take_changed(), IsEmpty());
  object["metadata"]["labels"] = {{"a", "b"}};
  object["metadata"]["resourceVersion"] = "3";
  see(object);
  EXPECT_THAT(index.take_changed(), ElementsAre("shop"));
}

TEST_F(Index, MissingOnceTheListIsComplete) {
  desire({config_map("a", {{"k", "v"}}), config_map("b", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "1")});
  auto drift = report();
  EXPECT_EQ(drift.state, AppState::OutOfSync);
  EXPECT_EQ(drift.cause, Cause::Missing);
  ASSERT_EQ(drift.objects.size(), 1U);
  EXPECT_EQ(drift.objects[0].verdict, Verdict::Missing);
  index.set_last_synced("shop", {manifest(config_map("a", {{"k", "v"}}))});
  EXPECT_EQ(report().cause, Cause::GitAhead);
  index.set_last_synced("shop", {manifest(config_map("a", {{"k", "v"}})), manifest(config_map("b", {{"k", "v"}}))});
  EXPECT_EQ(report().cause, Cause::Missing);
}

TEST_F(Index, DeletedByAnEventOrByARelist) {
  const auto a = live(config_map("a", {{"k", "v"}}), "1");
  const auto b = live(config_map("b", {{"k", "v"}}), "2");
  desire({config_map("a", {{"k", "v"}}), config_map("b", {{"k", "v"}})});
  list({a, b});
  EXPECT_EQ(report().state, AppState::Synced);
  index.on_deleted("prod", ref_of(b));
  EXPECT_EQ(report().objects.size(), 1U);
  see(b);
  EXPECT_EQ(report().state, AppState::Synced);
  list({b});
  ASSERT_EQ(report().objects.size(), 1U);
  EXPECT_EQ(report().objects[0].object.name, "a");
}

TEST_F(Index, ExtraIsTrackedByUsAndNotInGit) {
  auto left_over = config_map("old", {{"k", "v"}});
  left_over["metadata"]["annotations"] = {{"driftwarden.io/tracking", tracking_id("shop", ref_of(left_over))}};
  auto copied = config_map("copy", {{"k", "v"}});
  copied["metadata"]["annotations"] = left_over["metadata"]["annotations"];
  auto owned = config_map("owned", {{"k", "v"}});
  owned["metadata"]["annotations"] = {{"driftwarden.io/tracking", tracking_id("shop", ref_of(owned))}};
  owned["metadata"]["ownerReferences"] = json::array({json{{"uid", "1"}, {"controller", true}}});
  desire({config_map("a", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "1"), live(left_over, "2"), live(copied, "3"), live(owned, "4")});
  auto drift = report();
  ASSERT_EQ(drift.objects.size(), 1U);
  EXPECT_EQ(drift.objects[0].verdict, Verdict::Extra);
  EXPECT_EQ(drift.cause, Cause::Extra);
  index.set_last_synced("shop", {manifest(config_map("old", {{"k", "v"}}))});
  EXPECT_EQ(report().cause, Cause::GitAhead);
  index.on_deleted("prod", ref_of(left_over));
  EXPECT_EQ(report().state, AppState::Synced);
}

TEST_F(Index, GitMovingIsGitAheadAndBothIsBoth) {
  desire({config_map("a", {{"k", "new"}, {"l", "v"}})});
  list({live(config_map("a", {{"k", "old"}, {"l", "v"}}), "1")});
  EXPECT_EQ(report().cause, Cause::GitAhead);
  see(live(config_map("a", {{"k", "old"}, {"l", "x"}}), "2", {{"f:l", json::object()}}));
  EXPECT_EQ(report().cause, Cause::Both);
}

TEST_F(Index, UnreachableAndFailedKindsAreUnknownWithAReason) {
  desire({config_map("a", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "1")});
  index.on_reachable("prod", false, "connection refused");
  EXPECT_EQ(report().state, AppState::Unknown);
  EXPECT_THAT(report().reason, HasSubstr("cluster prod unreachable: connection refused"));
  index.on_reachable("prod", true, "");
  EXPECT_EQ(report().state, AppState::Synced);
  index.on_kind_failed("prod", kMaps, Error{ErrorKind::Denied, "may not list configmaps", {}});
  EXPECT_EQ(report().state, AppState::Unknown);
  EXPECT_THAT(report().reason, HasSubstr("may not list configmaps"));
  list({live(config_map("a", {{"k", "v"}}), "1")});
  EXPECT_EQ(report().state, AppState::Synced);
}

TEST_F(Index, AFailedRenderIsUnknownUntilTheNextOne) {
  desire({config_map("a", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "1")});
  index.set_desired_failed("shop", "a.yaml:3:1: broken");
  EXPECT_EQ(report().reason, "a.yaml:3:1: broken");
  desire({config_map("a", {{"k", "v"}})});
  EXPECT_EQ(report().state, AppState::Synced);
}

TEST_F(Index, SharedObjectsMoveBothApps) {
  App other = app;
  other.name = "other";
  index.set_app(other);
  desire({config_map("a", {{"k", "v"}})});
  index.set_desired("other", "r", {manifest(config_map("a", {{"k", "v"}}))});
  list({live(config_map("a", {{"k", "v"}}), "1")});
  index.take_changed();
  see(live(config_map("a", {{"k", "w"}}), "2", {{"f:k", json::object()}}));
  EXPECT_THAT(index.take_changed(), ElementsAre("other", "shop"));
  index.remove_app("other");
  see(live(config_map("a", {{"k", "x"}}), "3", {{"f:k", json::object()}}));
  EXPECT_THAT(index.take_changed(), ElementsAre("shop"));
}

TEST_F(Index, AnIgnoreRuleRunsOut) {
  IgnoreRule rule;
  rule.paths = {".data.k"};
  rule.until = kNow + std::chrono::hours(1);
  app.ignore = {rule};
  index.set_app(app);
  desire({config_map("a", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "w"}}), "1", {{"f:k", json::object()}})});
  EXPECT_EQ(report().state, AppState::Synced);
  EXPECT_EQ(index.report("shop", kNow + std::chrono::hours(2)).state, AppState::OutOfSync);
}

TEST_F(Index, KindsComeFromGitAndFromWhatWasSynced) {
  EXPECT_THAT(index.kinds_of("prod"), IsEmpty());
  desire({config_map("a", {})});
  index.set_last_synced("shop", {manifest({{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"metadata", {{"name", "x"}}}})});
  EXPECT_THAT(index.kinds_of("prod"), ElementsAre(kMaps, WatchedKind{"apps", "v1", "Deployment"}));
  EXPECT_THAT(index.kinds_of("elsewhere"), IsEmpty());
}

TEST_F(Index, AClusterWideKindIsFoundThoughGitPutItIntoANamespace) {
  const WatchedKind issuers{"cert-manager.io", "v1", "ClusterIssuer"};
  json issuer{{"apiVersion", "cert-manager.io/v1"}, {"kind", "ClusterIssuer"}, {"metadata", {{"name", "le"}, {"namespace", "shop"}}}, {"spec", {{"a", 1}}}};
  desire({issuer});
  issuer["metadata"].erase("namespace");
  index.on_relist("prod", issuers);
  see(issuer);
  index.on_listed("prod", issuers);
  EXPECT_NE(report().objects.at(0).verdict, Verdict::Missing);
  index.take_changed();
  issuer["spec"]["a"] = 2;
  see(issuer);
  EXPECT_THAT(index.take_changed(), ElementsAre("shop"));
  EXPECT_EQ(report().objects.at(0).verdict, Verdict::OutOfSync);
}

TEST_F(Index, SettingTheAppAgainKeepsItsDesired) {
  desire({config_map("a", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "1")});
  app.channel = "#other";
  index.set_app(app);
  EXPECT_EQ(report().state, AppState::Synced);
  ASSERT_TRUE(index.desired("shop"));
  EXPECT_EQ(index.desired("shop")->size(), 1U);
}

TEST_F(Index, AnAppMovesToAnotherCluster) {
  desire({config_map("a", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "1")});
  EXPECT_EQ(report().state, AppState::Synced);
  index.mark_synced("shop");
  app.cluster = "other";
  index.set_app(app);
  EXPECT_THAT(report().reason, HasSubstr("waiting for cluster other"));
  EXPECT_THAT(index.kinds_of("prod"), IsEmpty());
  EXPECT_THAT(index.kinds_of("other"), ElementsAre(kMaps));
  EXPECT_EQ(index.live("prod", ref_of(config_map("a", {}))), nullptr);
}

TEST_F(Index, KindsThatWereSyncedStayInViewUntilTheNextSync) {
  desire({config_map("a", {}), deployment("web")});
  index.mark_synced("shop");
  desire({config_map("a", {})});
  EXPECT_THAT(index.kinds_of("prod"), ElementsAre(kMaps, WatchedKind{"apps", "v1", "Deployment"}));
  index.mark_synced("shop");
  EXPECT_THAT(index.kinds_of("prod"), ElementsAre(kMaps));
  index.remove_app("shop");
  EXPECT_THAT(index.kinds_of("prod"), IsEmpty());
}

TEST_F(Index, TerminatingIsStuckWhileSomethingHoldsIt) {
  desire({config_map("a", {{"k", "v"}})});
  auto going = live(config_map("a", {{"k", "v"}}), "1");
  going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  list({going});
  EXPECT_EQ(report().cause, Cause::LiveEdited);
  going["metadata"]["finalizers"] = {"shop.io/backup"};
  going["metadata"]["resourceVersion"] = "2";
  see(going);
  EXPECT_EQ(report().cause, Cause::Stuck);
  EXPECT_THAT(report().reason, HasSubstr("held by finalizers shop.io/backup"));
}

TEST_F(Index, WhatOneAppGivesUpAndAnotherTakesIsNoLeftOver) {
  auto other = app;
  other.name = "other";
  index.set_app(other);
  auto moved = config_map("a", {{"k", "v"}});
  auto tracked = moved;
  tracked["metadata"]["annotations"] = {{"driftwarden.io/tracking", tracking_id("shop", ref_of(moved))}};
  desire({moved, config_map("b", {})});
  desire_of("other", {});
  list({live(tracked, "1"), live(config_map("b", {}), "2")});
  EXPECT_EQ(report().state, AppState::Synced);
  desire({config_map("b", {})});
  ASSERT_EQ(report().objects.size(), 1U);
  EXPECT_EQ(report().objects[0].verdict, Verdict::Extra);
  index.take_changed();
  desire_of("other", {moved});
  EXPECT_THAT(index.take_changed(), ElementsAre("other", "shop"));
  EXPECT_EQ(report().state, AppState::Synced);
}

TEST_F(Index, OnlyWhatMovedInGitIsComparedAgain) {
  desire({config_map("a", {{"k", "v"}}), config_map("b", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "1"), edited("b", "w", "2")});
  EXPECT_EQ(report().objects.size(), 1U);
  desire({config_map("a", {{"k", "new"}}), config_map("b", {{"k", "v"}})});
  EXPECT_EQ(report().objects.size(), 2U);
  desire({config_map("a", {{"k", "v"}}), config_map("b", {{"k", "w"}})});
  EXPECT_EQ(report().state, AppState::Synced);
}

TEST_F(Index, MarkSyncedTellsCausesApart) {
  desire({config_map("a", {{"k", "v"}}), config_map("b", {{"k", "v"}})});
  list({});
  EXPECT_EQ(report().cause, Cause::Missing);
  index.set_last_synced("shop", {});
  EXPECT_EQ(report().cause, Cause::GitAhead);
  index.mark_synced("shop");
  EXPECT_EQ(report().cause, Cause::Missing);
}

TEST_F(Index, DesiredIsUnpackedInTheOrderOfGit) {
  desire({config_map("b", {{"k", 1}}), config_map("a", {{"k", 2}})});
  ASSERT_TRUE(index.desired("shop"));
  EXPECT_EQ((*index.desired("shop"))[0].ref.name, "b");
  EXPECT_EQ(*(*index.desired("shop"))[1].body, config_map("a", {{"k", 2}}));
  EXPECT_EQ(index.objects("shop").size(), 2U);
  const auto one = index.desired("shop", ref_of(config_map("a", {})));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->file, "a.yaml");
  EXPECT_EQ(one->line, 1);
  EXPECT_FALSE(index.desired("shop", ref_of(config_map("c", {}))));
  EXPECT_FALSE(index.desired("nobody"));
}

TEST_F(Index, UnstableFieldsNeverAlert) {
  desire({config_map("a", {{"k", "random-1"}})}, {{object_id(ref_of(config_map("a", {}))), {".data.k"}}});
  list({live(config_map("a", {{"k", "random-0"}}), "1")});
  EXPECT_EQ(report().state, AppState::Synced);
  EXPECT_EQ(report().cause, Cause::RenderUnstable);
  desire({config_map("a", {{"k", "random-1"}})});
  EXPECT_EQ(report().state, AppState::OutOfSync);
}

TEST_F(Index, FloatingImagesAreNamed) {
  desire({deployment("web", "r.test/app:latest"), deployment("db", "r.test/db:1.2.3")});
  ASSERT_EQ(report().floating.size(), 1U);
  EXPECT_EQ(report().floating[0].object.name, "web");
  EXPECT_EQ(report().floating[0].image, "r.test/app:latest");
  desire({deployment("web", "r.test/app:2")});
  EXPECT_THAT(report().floating, IsEmpty());
}

TEST_F(Index, ListingAKindTouchesOnlyThoseWhoWantIt) {
  auto other = app;
  other.name = "other";
  index.set_app(other);
  desire({config_map("a", {})});
  desire_of("other", {deployment("web")});
  index.take_changed();
  list({});
  EXPECT_THAT(index.take_changed(), ElementsAre("shop"));
}

TEST_F(Index, LiveIsHandedOut) {
  const auto a = live(config_map("a", {{"k", "v"}}), "1");
  desire({config_map("a", {{"k", "v"}})});
  see(a);
  ASSERT_NE(index.live("prod", ref_of(a)), nullptr);
  EXPECT_EQ((*index.live("prod", ref_of(a)))["data"]["k"], "v");
  EXPECT_EQ(index.live("elsewhere", ref_of(a)), nullptr);
  EXPECT_EQ(index.report("nobody", kNow).state, AppState::Unknown);
}

}  // namespace
}  // namespace driftwarden
