// Secrets that a controller makes, and people who touch them.
#include "gitops/drift/derived.hpp"

#include "index_fixture.hpp"

namespace driftwarden {
namespace {

using testing::Contains;
using testing::ElementsAre;

const WatchedKind kSealed{"bitnami.com", "v1alpha1", "SealedSecret"};

json sealed() {
  return {{"apiVersion", "bitnami.com/v1alpha1"},
          {"kind", "SealedSecret"},
          {"metadata", {{"name", "db"}, {"namespace", "shop"}}},
          {"spec", {{"encryptedData", {{"p", "AgB"}}}}}};
}

std::shared_ptr<const Schemas> sealed_schema() {
  std::vector<json> documents;
  documents.push_back(json::parse(R"({"components":{"schemas":{"SealedSecret":{"type":"object",
    "x-kubernetes-group-version-kind":[{"group":"bitnami.com","version":"v1alpha1","kind":"SealedSecret"}],
    "properties":{"metadata":{"type":"object"},"spec":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}}}})"));
  return std::move(*schemas_from_openapi(documents));
}

json made(const std::string& kind, const std::string& manager, const std::string& version = "1") {
  return {{"apiVersion", kind == "Secret" ? "v1" : "meta.k8s.io/v1"},
          {"kind", kind},
          {"metadata",
           {{"name", "db"},
            {"namespace", "shop"},
            {"resourceVersion", version},
            {"ownerReferences", json::array({json{{"apiVersion", "bitnami.com/v1alpha1"}, {"kind", "SealedSecret"}, {"name", "db"}, {"controller", true}}})},
            {"managedFields", json::array({json{{"manager", "controller"}, {"operation", "Update"}}, json{{"manager", manager}, {"operation", "Update"}}})}}}};
}

class Derived : public Index, public testing::WithParamInterface<bool> {
 protected:
  /// Full, or metadata only.
  json secret(const std::string& manager, const std::string& version = "1") {
    auto object = made(GetParam() ? "Secret" : "PartialObjectMetadata", manager, version);
    if (GetParam()) object["type"] = "Opaque";
    return object;
  }
  void feed(const json& object) { index.on_object("prod", {{"", "v1", "Secret", "shop", "db"}, std::make_shared<const json>(object)}); }
  WatchedKind kind() const { return {"", "v1", "Secret", !GetParam()}; }
};

TEST_P(Derived, APersonsEditIsTheParentsDrift) {
  index.set_schemas("prod", sealed_schema());
  desire({sealed()});
  list({sealed()}, kSealed);
  index.on_relist("prod", kind());
  feed(secret("controller-two"));
  index.on_listed("prod", kind());
  EXPECT_EQ(report().state, AppState::Synced);
  index.take_changed();
  feed(secret("kubectl-edit", "2"));
  EXPECT_THAT(index.take_changed(), ElementsAre("shop"));
  auto edited = report();
  EXPECT_EQ(edited.state, AppState::OutOfSync);
  EXPECT_EQ(edited.cause, Cause::LiveEdited);
  ASSERT_EQ(edited.objects.size(), 1U);
  EXPECT_EQ(edited.objects[0].object.kind, "SealedSecret");
  EXPECT_THAT(edited.objects[0].notes, Contains("derived-edited"));
  EXPECT_TRUE(edited.objects[0].fields.empty());
  EXPECT_EQ(index.live("prod", {"", "v1", "Secret", "shop", "db"}), nullptr);
  index.on_deleted("prod", {"", "v1", "Secret", "shop", "db"});
  EXPECT_EQ(report().state, AppState::Synced);
  feed(secret("kubectl-edit", "3"));
  EXPECT_EQ(report().state, AppState::OutOfSync);
  index.on_relist("prod", kind());
  index.on_listed("prod", kind());
  EXPECT_EQ(report().state, AppState::Synced);
}

INSTANTIATE_TEST_SUITE_P(Watches, Derived, testing::Bool(), [](const auto& row) { return row.param ? "Full" : "MetadataOnly"; });

TEST_F(Index, SecretsAreWatchedAsFarAsNeeded) {
  index.set_schemas("prod", sealed_schema());
  desire({sealed()});
  EXPECT_TRUE(index.kinds_of("prod").contains({"", "v1", "Secret", true}));
  json secret{{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", {{"name", "x"}, {"namespace", "shop"}}}};
  desire({sealed(), secret});
  EXPECT_FALSE(index.kinds_of("prod").contains({"", "v1", "Secret", true}));
  EXPECT_TRUE(index.kinds_of("prod").contains({"", "v1", "Secret", false}));
  desire({config_map("a", {})});
  EXPECT_THAT(index.kinds_of("prod"), ElementsAre(kMaps));
}

TEST_F(Index, MetadataIsNeverTakenForTheObject) {
  json secret{{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", {{"name", "db"}, {"namespace", "shop"}}}, {"data", {{"p", "eA=="}}}};
  const ObjectRef ref = ref_of(secret);
  desire({secret});
  index.on_object("prod", {ref, std::make_shared<const json>(made("PartialObjectMetadata", "kubectl"))});
  EXPECT_EQ(index.live("prod", ref), nullptr);
}

TEST_F(Index, AGlimpseOfAMadeSecretIsLookedAt) {
  index.set_schemas("prod", sealed_schema());
  desire({sealed()});
  auto secret = made("Secret", "kubectl-edit");
  secret["type"] = "Opaque";
  EXPECT_TRUE(glimpse(secret));
  EXPECT_FALSE(glimpse(secret));
  list({sealed()}, kSealed);
  EXPECT_EQ(report().state, AppState::OutOfSync);
}

TEST(DerivedEdits, TellsWhichParentsMoved) {
  DerivedEdits edits;
  const ObjectRef secret{"", "v1", "Secret", "shop", "db"};
  const ObjectRef parent{"bitnami.com", "", "SealedSecret", "shop", "db"};
  EXPECT_THAT(edits.put(secret, DerivedEdit{parent, "kubectl"}), ElementsAre(parent));
  EXPECT_THAT(edits.put(secret, DerivedEdit{parent, "kubectl"}), testing::IsEmpty());
  EXPECT_TRUE(edits.has(object_id(parent)));
  edits.begin_list();
  EXPECT_TRUE(edits.seen(secret));
  EXPECT_THAT(edits.end_list(), testing::IsEmpty());
  EXPECT_THAT(edits.put(secret, std::nullopt), ElementsAre(parent));
  EXPECT_FALSE(edits.has(object_id(parent)));
}

}  // namespace
}  // namespace driftwarden
