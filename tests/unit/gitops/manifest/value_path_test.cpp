#include "gitops/manifest/value_path.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

const nlohmann::json kObject = nlohmann::json::parse(R"({
  "metadata": {"annotations": {"a.b/c": "x"}, "finalizers": ["one", "two"]},
  "spec": {"ports": [{"port": 53}, {"port": 53, "protocol": "UDP"}],
           "containers": [{"name": "side"}, {"name": "app", "command": ["run", "--fast"], "env": [{"name": "A]\"", "value": "1"}]}]}})");

struct Row {
  std::string name;
  std::string path;
  std::string pointer;  ///< "" when there is none
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};
class Pointers : public testing::TestWithParam<Row> {};

TEST_P(Pointers, AreFound) {
  const auto pointer = json_pointer(kObject, GetParam().path);
  if (GetParam().pointer.empty()) {
    EXPECT_FALSE(pointer);
  } else {
    ASSERT_TRUE(pointer) << pointer.error().message;
    EXPECT_EQ(*pointer, GetParam().pointer);
  }
}

INSTANTIATE_TEST_SUITE_P(Paths, Pointers,
                         testing::Values(Row{"Field", ".spec.containers", "/spec/containers"}, Row{"QuotedField", R"(.metadata.annotations["a.b/c"])", "/metadata/annotations/a.b~1c"},
                                         Row{"Element", R"(.spec.containers[name="app"].command[1])", "/spec/containers/1/command/1"},
                                         Row{"ElementWithOddKey", R"(.spec.containers[name="app"].env[name="A]\""].value)", "/spec/containers/1/env/0/value"},
                                         Row{"KeyCompletedByADefault", R"(.spec.ports[port=53,protocol="TCP"])", "/spec/ports/0"},
                                         Row{"TwoKeys", R"(.spec.ports[port=53,protocol="UDP"])", "/spec/ports/1"}, Row{"SetValue", R"(.metadata.finalizers[="two"])", "/metadata/finalizers/1"},
                                         Row{"NotThere", ".spec.replicas", ""}, Row{"NoSuchElement", R"(.spec.containers[name="db"])", ""}, Row{"PastTheEnd", ".metadata.finalizers[7]", ""},
                                         Row{"Broken", ".spec..x", ""}, Row{"Unclosed", R"(.spec[name="a)", ""}, Row{"Empty", "", ""}),
                         [](const auto& row) { return row.param.name; });

TEST(SetValue, ChangesAddsAndRemoves) {
  auto object = kObject;
  const nlohmann::json five = 5;
  ASSERT_TRUE(set_value(object, ".spec.replicas", &five));
  EXPECT_EQ(object["spec"]["replicas"], 5);
  const nlohmann::json variable = {{"name", "B"}, {"value", "2"}};
  ASSERT_TRUE(set_value(object, R"(.spec.containers[name="app"].env[name="B"])", &variable));
  EXPECT_EQ(object["spec"]["containers"][1]["env"].size(), 2);
  ASSERT_TRUE(set_value(object, R"(.spec.containers[name="side"])", nullptr));
  EXPECT_EQ(object["spec"]["containers"].size(), 1);
  EXPECT_FALSE(set_value(object, ".spec.replicas.deeper", &five));
}

}  // namespace
}  // namespace driftwarden
