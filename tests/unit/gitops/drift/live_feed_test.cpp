// Which events are looked at, which are passed over, and what is read later.
#include "index_fixture.hpp"

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(Index, AGlimpseIsEnoughForStatus) {
  auto web = deployment("web");
  web["metadata"]["resourceVersion"] = "1";
  web["status"] = {{"replicas", 1}};
  desire({deployment("web")});
  index.on_relist("prod", {"apps", "v1", "Deployment"});
  EXPECT_TRUE(glimpse(web));
  index.on_listed("prod", {"apps", "v1", "Deployment"});
  report();
  index.take_changed();
  web["metadata"]["resourceVersion"] = "2";
  web["status"] = {{"replicas", 2}};
  EXPECT_FALSE(glimpse(web));
  EXPECT_THAT(index.take_changed(), IsEmpty());
  EXPECT_EQ((*index.live("prod", ref_of(web)))["status"]["replicas"], 2);
  web["spec"]["replicas"] = 3;
  web["metadata"]["resourceVersion"] = "3";
  EXPECT_TRUE(glimpse(web));
  EXPECT_THAT(index.take_changed(), ElementsAre("shop"));
}

TEST_F(Index, AnOlderVersionIsNoNews) {
  desire({config_map("a", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "10")});
  see(edited("a", "w", "9"));
  EXPECT_EQ(report().state, AppState::Synced);
  see(edited("a", "w", "11"));
  EXPECT_EQ(report().state, AppState::OutOfSync);
  // What isn't a number can't be older.
  see(live(config_map("a", {{"k", "v"}}), "x"));
  EXPECT_EQ(report().state, AppState::Synced);
}

TEST_F(Index, ForeignObjectsAreNotKept) {
  desire({config_map("a", {{"k", "v"}})});
  const auto foreign = live(config_map("foreign", {{"k", "v"}}), "1");
  EXPECT_FALSE(glimpse(foreign));
  see(foreign);
  EXPECT_EQ(index.live("prod", ref_of(foreign)), nullptr);
  EXPECT_TRUE(glimpse(live(config_map("a", {{"k", "v"}}), "2")));
  EXPECT_NE(index.live("prod", ref_of(config_map("a", {}))), nullptr);
}

TEST_F(Index, ATrackedObjectIsKeptForItsApp) {
  desire({config_map("a", {{"k", "v"}})});
  auto left_over = live(config_map("old", {{"k", "v"}}), "1");
  left_over["metadata"]["annotations"] = {{"driftwarden.io/tracking", tracking_id("shop", ref_of(left_over))}};
  list({live(config_map("a", {{"k", "v"}}), "2")});
  EXPECT_TRUE(glimpse(left_over));
  EXPECT_EQ(report().cause, Cause::Extra);
  // The annotation goes, and with it our interest.
  left_over["metadata"].erase("annotations");
  left_over["metadata"]["resourceVersion"] = "3";
  EXPECT_TRUE(glimpse(left_over));
  EXPECT_EQ(report().state, AppState::Synced);
  EXPECT_FALSE(glimpse(left_over));
}

TEST_F(Index, ACopiedAnnotationIsLookedAtOnce) {
  desire({config_map("a", {})});
  auto copy = live(config_map("copy", {{"k", "v"}}), "1");
  copy["metadata"]["annotations"] = {{"driftwarden.io/tracking", "shop:/ConfigMap:shop/other"}};
  EXPECT_TRUE(glimpse(copy));
  copy["metadata"]["resourceVersion"] = "2";
  EXPECT_FALSE(glimpse(copy));
}

class LookUp : public Index, public testing::WithParamInterface<bool> {
 protected:
  void feed(const json& object) { GetParam() ? static_cast<void>(glimpse(object)) : see(object); }
};

TEST_P(LookUp, WhatBecomesWantedLaterIsReadOnce) {
  desire({config_map("a", {{"k", "v"}})});
  index.on_relist("prod", kMaps);
  feed(live(config_map("a", {{"k", "v"}}), "1"));
  feed(live(config_map("b", {{"k", "v"}}), "2"));
  index.on_listed("prod", kMaps);
  EXPECT_EQ(report().state, AppState::Synced);
  desire({config_map("a", {{"k", "v"}}), config_map("b", {{"k", "v"}}), config_map("c", {{"k", "v"}})});
  ASSERT_EQ(report().objects.size(), 2U);
  EXPECT_EQ(report().objects[0].verdict, Verdict::Unknown);
  EXPECT_THAT(report().objects[0].notes, ElementsAre("not-read-yet"));
  EXPECT_EQ(report().objects[1].verdict, Verdict::Missing);
  EXPECT_TRUE(index.is_settling("shop"));
  EXPECT_THAT(index.take_lookups("prod"), ElementsAre(ref_of(config_map("b", {}))));
  EXPECT_THAT(index.take_lookups("prod"), IsEmpty());
  EXPECT_TRUE(index.is_settling("shop"));
  index.take_changed();
  feed(live(config_map("b", {{"k", "v"}}), "2"));
  EXPECT_THAT(index.take_changed(), ElementsAre("shop"));
  EXPECT_FALSE(index.is_settling("shop"));
  ASSERT_EQ(report().objects.size(), 1U);
}

TEST_P(LookUp, ItMayBeGoneMeanwhile) {
  desire({config_map("a", {{"k", "v"}})});
  index.on_relist("prod", kMaps);
  feed(live(config_map("a", {{"k", "v"}}), "1"));
  feed(live(config_map("b", {{"k", "v"}}), "2"));
  index.on_listed("prod", kMaps);
  desire({config_map("a", {{"k", "v"}}), config_map("b", {{"k", "v"}})});
  EXPECT_EQ(index.take_lookups("prod").size(), 1U);
  index.on_deleted("prod", ref_of(config_map("b", {})));
  EXPECT_FALSE(index.is_settling("shop"));
  EXPECT_EQ(report().objects.at(0).verdict, Verdict::Missing);
}

TEST_P(LookUp, ADeletedOneIsNotLookedUp) {
  desire({config_map("a", {{"k", "v"}})});
  index.on_relist("prod", kMaps);
  feed(live(config_map("a", {{"k", "v"}}), "1"));
  feed(live(config_map("b", {{"k", "v"}}), "2"));
  feed(live(config_map("c", {{"k", "v"}}), "2"));
  index.on_listed("prod", kMaps);
  index.on_deleted("prod", ref_of(config_map("b", {})));
  index.on_relist("prod", kMaps);
  feed(live(config_map("a", {{"k", "v"}}), "1"));
  index.on_listed("prod", kMaps);
  desire({config_map("b", {{"k", "v"}}), config_map("c", {{"k", "v"}})});
  EXPECT_THAT(index.take_lookups("prod"), IsEmpty());
  EXPECT_EQ(report().cause, Cause::Missing);
}

TEST_P(LookUp, WhatIsGivenUpIsForeignAgain) {
  desire({config_map("a", {{"k", "v"}})});
  index.on_relist("prod", kMaps);
  feed(live(config_map("a", {{"k", "v"}}), "1"));
  index.on_listed("prod", kMaps);
  desire({});
  EXPECT_EQ(index.live("prod", ref_of(config_map("a", {}))), nullptr);
  desire({config_map("a", {{"k", "v"}})});
  EXPECT_EQ(index.take_lookups("prod").size(), 1U);
  desire({});
  EXPECT_FALSE(index.is_settling("shop"));
  EXPECT_THAT(index.take_lookups("prod"), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Feeds, LookUp, testing::Bool(), [](const auto& row) { return row.param ? "Glimpses" : "Objects"; });

TEST_F(Index, AListIsTheLastWordAlsoWhenVersionsGoBack) {
  desire({config_map("a", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "900")});
  EXPECT_EQ(report().state, AppState::Synced);
  list({edited("a", "w", "7")});
  EXPECT_EQ(report().state, AppState::OutOfSync) << "a server that was restored from a backup";
}

TEST_F(Index, AWatchEventIsQuickerThanTheLookUp) {
  list({live(config_map("a", {{"k", "v"}}), "1")});
  desire({config_map("a", {{"k", "v"}})});
  report();
  const auto asked = index.take_lookups("prod");
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_TRUE(index.waits_for("prod", asked[0]));
  index.on_deleted("prod", asked[0]);
  EXPECT_FALSE(index.waits_for("prod", asked[0])) << "an answer that comes now is older than the deletion";
}

TEST_F(Index, ALookUpThatIsRefusedHoldsNobodyUp) {
  desire({config_map("a", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "1"), live(config_map("b", {{"k", "v"}}), "1")});
  desire({config_map("a", {{"k", "v"}}), config_map("b", {{"k", "v"}})});
  report();
  const auto asked = index.take_lookups("prod");
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_TRUE(index.is_settling("shop"));
  index.on_look_up_failed("prod", asked[0]);
  EXPECT_FALSE(index.is_settling("shop"));
  EXPECT_EQ(report().state, AppState::Unknown);
  EXPECT_TRUE(index.take_lookups("prod").empty());
}

TEST_F(Index, AKindThatWasNotWatchedForAWhileIsListedAnew) {
  desire({config_map("a", {{"k", "v"}})});
  list({live(config_map("a", {{"k", "v"}}), "1")});
  EXPECT_EQ(report().state, AppState::Synced);
  index.on_unwatched("prod", kMaps);
  EXPECT_EQ(report().state, AppState::Unknown);
  list({edited("a", "w", "5")});
  EXPECT_EQ(report().state, AppState::OutOfSync);
}

}  // namespace
}  // namespace driftwarden
