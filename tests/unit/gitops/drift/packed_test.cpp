#include "gitops/drift/packed.hpp"

#include "gitops/drift/cbor.hpp"
#include "gitops/drift/desired_store.hpp"
#include "gitops/drift/digest.hpp"
#include "gitops/drift/object_table.hpp"
#include "index_fixture.hpp"

namespace driftwarden {
namespace {

TEST(Packed, ComesBackAsItWas) {
  Packer packer;
  std::vector<std::pair<json, Packed>> all;
  for (int i = 0; i < 400; ++i) {
    auto object = live(config_map("map-" + std::to_string(i), {{"k", std::string(200, 'x')}, {"n", std::to_string(i * i)}}), std::to_string(i));
    auto packed = packer.pack(object, i % 2 == 0 ? "a" : "b");
    all.emplace_back(std::move(object), std::move(packed));
  }
  for (const auto& [object, packed] : all) ASSERT_EQ(packer.unpack(packed), object);
  // By then there is a dictionary, and what all have in common costs nothing.
  EXPECT_LT(all.back().second.size(), all.front().second.size() / 2);
}

TEST(Packed, TheEmptyOneIsNothing) {
  Packer packer;
  EXPECT_TRUE(packer.unpack({}).is_null());
  EXPECT_EQ(packer.unpack_shared({}), nullptr);
  EXPECT_EQ(packer.unpack(packer.pack(json::object(), "a")), json::object());
}

TEST(Packed, LiveObjectsGoWithoutStatusAndWhoWritesIt) {
  Packer packer;
  auto object = live(config_map("a", {{"k", "v"}}), "1");
  object["status"] = {{"x", 1}};
  object["metadata"]["managedFields"].push_back({{"manager", "c"}, {"subresource", "status"}, {"fieldsV1", {{"f:status", json::object()}}}});
  const auto kept = packer.unpack(packer.pack_live(object, "a"));
  EXPECT_FALSE(kept.contains("status"));
  EXPECT_FALSE(kept["metadata"]["managedFields"][1].contains("fieldsV1"));
  EXPECT_EQ(kept["metadata"]["managedFields"][0], object["metadata"]["managedFields"][0]);
}

TEST(Cbor, KeepsEveryKindOfValue) {
  const json values = json::array({0, 23, 24, 255, 256, 65535, 65536, 4294967295U, 4294967296, 18446744073709551615U, -1, -24, -25, -4294967297, INT64_MIN, 0.5,
                                   -1e300, true, false, nullptr, "", "\u00e4\n", std::string(70000, 'x'), json::array(), json::object(),
                                   json{{"a", {{"b", json::array({1, json{{"c", nullptr}}})}}}, {std::string(300, 'k'), 1}}});
  std::string bytes;
  write_cbor(values, bytes);
  EXPECT_EQ(read_cbor(bytes), values);
  // As everybody else writes and reads it.
  EXPECT_EQ(json::from_cbor(bytes), values);
}

TEST(Cbor, RefusesWhatItDidNotWrite) {
  std::string bytes;
  write_cbor(config_map("a", {{"k", {1, 2.5, "x"}}}), bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_TRUE(read_cbor(std::string_view(bytes).substr(0, size)).is_discarded()) << size;
  EXPECT_TRUE(read_cbor(bytes + "x").is_discarded());
  EXPECT_TRUE(read_cbor("\x9f").is_discarded());
  EXPECT_TRUE(read_cbor("\x9b\xff\xff\xff\xff\xff\xff\xff\xff").is_discarded());
}

struct DigestRow {
  std::string name;
  std::function<void(json&)> change;
  bool same;
  friend void PrintTo(const DigestRow& row, std::ostream* out) { *out << row.name; }
};
class DigestTable : public testing::TestWithParam<DigestRow> {};

TEST_P(DigestTable, SeesWhatAComparisonSees) {
  auto object = live(config_map("a", {{"k", "v"}}), "1");
  const auto before = content_hash(object);
  GetParam().change(object);
  EXPECT_EQ(content_hash(object) == before, GetParam().same);
  EXPECT_NE(content_hash(object), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Changes, DigestTable,
    testing::Values(DigestRow{"Status", [](json& o) { o["status"] = 1; }, true},
                    DigestRow{"ResourceVersion", [](json& o) { o["metadata"]["resourceVersion"] = "2"; }, true},
                    DigestRow{"Generation", [](json& o) { o["metadata"]["generation"] = 7; }, true},
                    DigestRow{"StatusWriter", [](json& o) { o["metadata"]["managedFields"].push_back({{"manager", "c"}, {"subresource", "status"}}); }, true},
                    DigestRow{"ManagerTime", [](json& o) { o["metadata"]["managedFields"][0]["time"] = "2026"; }, true},
                    DigestRow{"Data", [](json& o) { o["data"]["k"] = "w"; }, false}, DigestRow{"Type", [](json& o) { o["data"]["k"] = 1; }, false},
                    DigestRow{"Label", [](json& o) { o["metadata"]["labels"]["a"] = "b"; }, false},
                    DigestRow{"Deletion", [](json& o) { o["metadata"]["deletionTimestamp"] = "2026"; }, false},
                    DigestRow{"Owner", [](json& o) { o["metadata"]["managedFields"][0]["manager"] = "kubectl"; }, false}),
    [](const auto& row) { return row.param.name; });

TEST(ObjectTable, KnowsAnObjectOnceWhateverTheVersion) {
  ObjectTable table;
  ObjectRef ref{"apps", "v1", "Deployment", "shop", "web"};
  EXPECT_EQ(table.find(ref), kNoKey);
  const auto key = table.intern(ref);
  auto beta = ref;
  beta.version = "v1beta1";
  EXPECT_EQ(table.intern(beta), key);
  auto elsewhere = ref;
  elsewhere.namespace_ = "pay";
  EXPECT_NE(table.intern(elsewhere), key);
  EXPECT_EQ(table.ref(key, "v1"), ref);
  EXPECT_EQ(table.id(key), object_id(ref));
  EXPECT_TRUE(table.has_namespace(key));
  EXPECT_FALSE(table.has_namespace(table.intern_bare(key)));
  for (int i = 0; i < 1000; ++i) table.intern({"apps", "v1", "Deployment", "shop", "web-" + std::to_string(i)});
  EXPECT_EQ(table.find(ref), key);
}

TEST(KindTable, FindsWhatIsWatchedInFull) {
  KindTable table;
  const auto part = table.intern(WatchedKind{"", "v1", "Secret", true});
  EXPECT_EQ(table.find({"", "v1", "Secret", "shop", "x"}), kNoKey);
  const auto full = table.intern(WatchedKind{"", "v1", "Secret"});
  EXPECT_NE(part, full);
  EXPECT_EQ(table.find({"", "v1", "Secret", "shop", "x"}), full);
  EXPECT_TRUE(table.at(part).metadata_only);
}

TEST(DesiredStore, TheFirstOfTwoDocumentsCounts) {
  DesiredStore store;
  const auto body = std::make_shared<const DesiredBody>();
  store.add({7, 1, body, 0, 10}, "a.yaml");
  store.add({3, 1, body, 0, 20}, "b.yaml");
  store.add({7, 2, body, 0, 30}, "b.yaml");
  store.close();
  EXPECT_EQ(store.items().size(), 3U);
  ASSERT_NE(store.find(7), nullptr);
  EXPECT_EQ(store.find(7)->line, 10);
  EXPECT_EQ(store.file(*store.find(3)), "b.yaml");
  EXPECT_EQ(store.find(5), nullptr);
  std::vector<ObjectKey> seen;
  store.each([&](const DesiredItem& item) { seen.push_back(item.object); });
  EXPECT_THAT(seen, testing::ElementsAre(3, 7));
}

}  // namespace
}  // namespace driftwarden
