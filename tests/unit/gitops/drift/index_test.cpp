#include "gitops/drift/index.hpp"

#include "gitops/drift/live_store.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const WatchedKind kMaps{"", "v1", "ConfigMap"};
const WallTime kNow{std::chrono::hours(24 * 365 * 56)};

json config_map(const std::string& name, const json& data) {
  return {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}, {"namespace", "shop"}}}, {"data", data}};
}

Manifest manifest(const json& object) { return {ref_of(object), std::make_shared<const json>(object), "a.yaml", 1}; }

/// As a server would hold it: applied by us, then perhaps edited by a person.
json live(json object, const std::string& version, const json& edited = nullptr) {
  object["metadata"]["resourceVersion"] = version;
  auto fields = json::object();
  for (const auto& [key, value] : object["data"].items()) {
    if (edited.is_null() || !edited.contains("f:" + key)) fields["f:" + key] = json::object();
  }
  object["metadata"]["managedFields"] =
      json::array({json{{"manager", "driftwarden"}, {"operation", "Apply"}, {"apiVersion", "v1"}, {"fieldsV1", {{"f:data", fields}}}}});
  if (!edited.is_null()) {
    object["metadata"]["managedFields"].push_back(
        {{"manager", "kubectl-edit"}, {"operation", "Update"}, {"apiVersion", "v1"}, {"time", "2026-01-01T00:00:00Z"}, {"fieldsV1", {{"f:data", edited}}}});
  }
  return object;
}

class Index : public testing::Test {
 protected:
  Index() : redactor("key"), index(redactor) {
    app.name = "shop";
    app.cluster = "prod";
    index.set_app(app);
  }
  void desire(const std::vector<json>& objects) {
    std::vector<Manifest> manifests;
    for (const auto& object : objects) manifests.push_back(manifest(object));
    index.set_desired("shop", "rev1", std::move(manifests));
  }
  void see(const json& object) { index.on_object("prod", {ref_of(object), std::make_shared<const json>(object)}); }
  void list(const std::vector<json>& objects) {
    index.on_relist("prod", kMaps);
    for (const auto& object : objects) see(object);
    index.on_listed("prod", kMaps);
  }
  DriftReport report() { return index.report("shop", kNow); }

  App app;
  Redactor redactor;
  DriftIndex index;
};

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
  ASSERT_NE(index.desired("shop"), nullptr);
  EXPECT_EQ(index.desired("shop")->size(), 1U);
}

TEST_F(Index, LiveIsHandedOut) {
  const auto a = live(config_map("a", {{"k", "v"}}), "1");
  see(a);
  ASSERT_NE(index.live("prod", ref_of(a)), nullptr);
  EXPECT_EQ((*index.live("prod", ref_of(a)))["data"]["k"], "v");
  EXPECT_EQ(index.live("elsewhere", ref_of(a)), nullptr);
  EXPECT_EQ(index.report("nobody", kNow).state, AppState::Unknown);
}

TEST(Packed, KeepsWhatComparingAndHealthNeed) {
  auto object = live(config_map("a", {{"k", "v"}}), "1");
  object["status"] = {{"x", 1}};
  object["metadata"]["managedFields"].push_back({{"manager", "c"}, {"subresource", "status"}, {"fieldsV1", {{"f:status", json::object()}}}});
  const auto bytes = packed(object);
  auto back = json::from_cbor(bytes);
  EXPECT_FALSE(back.contains("status"));
  EXPECT_FALSE(back["metadata"]["managedFields"][1].contains("fieldsV1"));
  EXPECT_EQ(back["metadata"]["managedFields"][0], object["metadata"]["managedFields"][0]);
  object["kind"] = "Deployment";
  EXPECT_EQ(json::from_cbor(packed(object))["status"]["x"], 1);
}

}  // namespace
}  // namespace driftwarden
