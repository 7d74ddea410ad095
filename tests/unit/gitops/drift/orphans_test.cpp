#include "gitops/drift/orphans.hpp"

#include "index_fixture.hpp"

namespace driftwarden {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

json made_by_hand(const std::string& name) {
  auto object = config_map(name, {{"k", "v"}});
  object["metadata"]["creationTimestamp"] = "2026-03-01T10:00:00Z";
  object["metadata"]["managedFields"] = json::array({json{{"manager", "kubectl-edit"}, {"time", "2026-03-02T00:00:00Z"}},
                                                     json{{"manager", "kubectl-create"}, {"time", "2026-03-01T10:00:00Z"}}});
  return object;
}

struct OrphanRow {
  std::string name;
  std::function<void(json&)> change;
  bool orphan;
  friend void PrintTo(const OrphanRow& row, std::ostream* out) { *out << row.name; }
};
class OrphanTable : public testing::TestWithParam<OrphanRow> {};

TEST_P(OrphanTable, IsNobodys) {
  auto object = made_by_hand("x");
  GetParam().change(object);
  EXPECT_EQ(as_orphan(object, ref_of(object)).has_value(), GetParam().orphan);
}

INSTANTIATE_TEST_SUITE_P(
    Objects, OrphanTable,
    testing::Values(OrphanRow{"Plain", [](json&) {}, true},
                    OrphanRow{"Owned", [](json& o) { o["metadata"]["ownerReferences"] = json::array({json{{"uid", "1"}}}); }, false},
                    OrphanRow{"Tracked", [](json& o) { o["metadata"]["annotations"]["driftwarden.io/tracking"] = "x:y"; }, false},
                    OrphanRow{"ClusterWide", [](json& o) { o["metadata"].erase("namespace"); }, false},
                    OrphanRow{"RootCa", [](json& o) { o["metadata"]["name"] = "kube-root-ca.crt"; }, false},
                    OrphanRow{"DefaultAccount", [](json& o) { o.update({{"kind", "ServiceAccount"}}), o["metadata"]["name"] = "default"; }, false},
                    OrphanRow{"OtherAccount", [](json& o) { o["kind"] = "ServiceAccount"; }, true}, OrphanRow{"Lease", [](json& o) { o["kind"] = "Lease"; }, false},
                    OrphanRow{"TokenSecret", [](json& o) { o["kind"] = "Secret", o["type"] = "kubernetes.io/service-account-token"; }, false},
                    OrphanRow{"OpaqueSecret", [](json& o) { o["kind"] = "Secret", o["type"] = "Opaque"; }, true}),
    [](const auto& row) { return row.param.name; });

class Orphans : public Index {
 protected:
  Orphans() {
    orphans.name = "orphans-shop";
    orphans.cluster = "prod";
    orphans.namespace_ = "shop";
    orphans.orphans = true;
    index.set_app(orphans);
    for (const auto& kind : orphan_kinds()) {
      if (kind != kMaps) list({}, kind);
    }
  }
  DriftReport found(WallTime now = kNow) { return index.report("orphans-shop", now); }
  App orphans;
};

TEST_F(Orphans, AreToldWithTheirMaker) {
  EXPECT_EQ(found().state, AppState::Unknown);
  desire({config_map("a", {{"k", "v"}})});
  auto elsewhere = made_by_hand("elsewhere");
  elsewhere["metadata"]["namespace"] = "pay";
  list({live(config_map("a", {{"k", "v"}}), "1"), made_by_hand("x"), made_by_hand("kube-root-ca.crt"), elsewhere});
  const auto all = found();
  EXPECT_EQ(all.state, AppState::OutOfSync);
  EXPECT_EQ(all.cause, Cause::Extra);
  EXPECT_EQ(all.objects_total, 1U);
  ASSERT_THAT(all.objects, SizeIs(1));
  EXPECT_EQ(all.objects[0].verdict, Verdict::Untracked);
  EXPECT_EQ(all.objects[0].object.name, "x");
  EXPECT_THAT(all.objects[0].notes, ElementsAre("created by kubectl-create 2026-03-01T10:00:00Z"));
  EXPECT_EQ(report().state, AppState::Synced);
}

TEST_F(Orphans, ComeAndGo) {
  list({});
  EXPECT_EQ(found().state, AppState::Synced);
  index.take_changed();
  EXPECT_TRUE(glimpse(made_by_hand("x")));
  EXPECT_THAT(index.take_changed(), Contains("orphans-shop"));
  EXPECT_THAT(found().objects, SizeIs(1));
  EXPECT_FALSE(glimpse(made_by_hand("x")));
  index.on_deleted("prod", ref_of(made_by_hand("x")));
  EXPECT_THAT(index.take_changed(), Contains("orphans-shop"));
  EXPECT_THAT(found().objects, IsEmpty());
  see(made_by_hand("x"));
  EXPECT_THAT(found().objects, SizeIs(1));
  list({});
  EXPECT_THAT(found().objects, IsEmpty());
}

TEST_F(Orphans, AreAdoptedByGitAndGivenUpAgain) {
  list({made_by_hand("x")});
  EXPECT_THAT(found().objects, SizeIs(1));
  index.take_changed();
  desire({config_map("x", {{"k", "v"}})});
  EXPECT_THAT(index.take_changed(), Contains("orphans-shop"));
  EXPECT_THAT(found().objects, IsEmpty());
  EXPECT_THAT(index.take_lookups("prod"), SizeIs(1));
  see(made_by_hand("x"));
  EXPECT_THAT(found().objects, IsEmpty());
  desire({});
  EXPECT_THAT(found().objects, SizeIs(1));
}

TEST_F(Orphans, RulesForWholeObjectsHideThem) {
  IgnoreRule rule;
  rule.match.kind = "ConfigMap";
  rule.match.name = "x*";
  rule.paths = {".**"};
  rule.reason = "made by the installer";
  rule.until = kNow + std::chrono::hours(1);
  orphans.ignore = {rule};
  index.set_app(orphans);
  list({made_by_hand("x1"), made_by_hand("y")});
  ASSERT_THAT(found().objects, SizeIs(1));
  EXPECT_EQ(found().objects[0].object.name, "y");
  ASSERT_THAT(found().rules, SizeIs(1));
  EXPECT_EQ(found().rules[0].rule, ".** of ConfigMap x*");
  EXPECT_EQ(index.next_due(), *rule.until);
  EXPECT_THAT(found(*rule.until).objects, SizeIs(2));
  EXPECT_TRUE(found(*rule.until).rules.at(0).expired);
}

TEST_F(Orphans, TheirKindsAreWatchedWhereTheyAreAskedFor) {
  EXPECT_TRUE(index.kinds_of("prod").contains({"apps", "v1", "StatefulSet"}));
  EXPECT_THAT(index.kinds_of("elsewhere"), IsEmpty());
  index.remove_app("orphans-shop");
  EXPECT_THAT(index.kinds_of("prod"), IsEmpty());
}

TEST_F(Orphans, AKindThatMayNotBeListedIsAWarning) {
  index.on_kind_failed("prod", kMaps, Error{ErrorKind::Denied, "may not list configmaps", {}});
  EXPECT_EQ(found().state, AppState::Synced);
  EXPECT_THAT(found().warnings, ElementsAre(HasSubstr("may not list configmaps")));
}

}  // namespace
}  // namespace driftwarden
