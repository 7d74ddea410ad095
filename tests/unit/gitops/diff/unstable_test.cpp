#include "gitops/diff/unstable.hpp"

#include "gitops/diff/path.hpp"
#include "tests/support/golden.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Manifest manifest(json body, const std::string& name = "a") {
  body["apiVersion"] = "v1";
  body["kind"] = "ConfigMap";
  body["metadata"]["name"] = name;
  auto ref = ref_of(body);
  return {std::move(ref), std::make_shared<const json>(std::move(body)), "", 0};
}

std::vector<std::string> differences(const std::string& first, const std::string& again) {
  const auto found = unstable_paths({manifest(json::parse(first))}, {manifest(json::parse(again))});
  return found.empty() ? std::vector<std::string>() : found.begin()->second;
}

TEST(Unstable, PathsAreThoseOfIgnoreRules) {
  EXPECT_THAT(differences(R"({"data":{"a":"1","b":"2"}})", R"({"data":{"a":"1","b":"2"}})"), IsEmpty());
  EXPECT_THAT(differences(R"({"data":{"a":"1","x.io/b":"2"}})", R"({"data":{"a":"2","x.io/b":"3"}})"), ElementsAre(".data.a", R"(.data["x.io/b"])"));
  EXPECT_THAT(differences(R"({"data":{"a":"1"}})", R"({"data":{"b":"1"}})"), ElementsAre(".data.a", ".data.b"));
  EXPECT_THAT(differences(R"({"a":{"b":1}})", R"({"a":[1]})"), ElementsAre(".a"));
  EXPECT_THAT(differences(R"({"a":null})", R"({})"), ElementsAre(".a"));
}

TEST(Unstable, ListsByNameOrByPlace) {
  EXPECT_THAT(differences(R"({"env":[{"name":"A","value":"1"},{"name":"B","value":"1"}]})", R"({"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]})"),
              ElementsAre(R"(.env[name="B"].value)"));
  EXPECT_THAT(differences(R"({"args":["a","b"]})", R"({"args":["a","c"]})"), ElementsAre(".args[1]"));
  EXPECT_THAT(differences(R"({"args":["a","b"]})", R"({"args":["a"]})"), ElementsAre(".args")) << "another length: the list";
  EXPECT_THAT(differences(R"({"env":[{"name":"A"},{"name":"B"}]})", R"({"env":[{"name":"B"},{"name":"A"}]})"), ElementsAre(".env")) << "another order";
  EXPECT_THAT(differences(R"({"l":[{"name":"A","v":1},{"name":"A","v":1}]})", R"({"l":[{"name":"A","v":1},{"name":"A","v":2}]})"), ElementsAre(".l[1].v"))
      << "doubled names name nothing";
  EXPECT_THAT(differences(R"({"l":[{"port":1,"v":1}]})", R"({"l":[{"port":1,"v":2}]})"), ElementsAre(".l[0].v"));
}

TEST(Unstable, AnObjectOfOneRenderIsUnstableAsAWhole) {
  const auto found =
      unstable_paths({manifest(json::object(), "a"), manifest(json::object(), "job-x1")}, {manifest(json::object(), "job-x2"), manifest(json::object(), "a")});
  EXPECT_THAT(found, ElementsAre(Pair("/ConfigMap:/job-x1", ElementsAre("")), Pair("/ConfigMap:/job-x2", ElementsAre(""))));
  EXPECT_THAT(unstable_paths({}, {}), IsEmpty());
}

/// Every path that comes out can be read as a pattern.
TEST(Unstable, PathsCanBeReadBack) {
  unsigned seed = 5;
  const auto next = [&seed](std::size_t bound) { return (seed = seed * 1664525U + 1013904223U) / 65536U % static_cast<unsigned>(bound); };
  const std::vector<std::string> names{"a", "b-c", "x.io/y", "quote\"", "back\\slash", "sp ace", "[", "]", "*", "1", "\u00e4", "", "new\nline"};
  for (int round = 0; round < 300; ++round) {
    json first = json::object();
    for (int i = 0; i < 4; ++i)
      first[names[next(names.size())]][names[next(names.size())]] = json::array({json{{"name", names[next(names.size())]}, {"v", 1}}, 7});
    auto again = first;
    for (auto& member : again) {
      for (auto& list : member) {
        if (next(2) == 0) list[next(2)] = 8;
      }
    }
    for (const auto& path : differences(first.dump(), again.dump())) EXPECT_TRUE(PathPattern::parse(path)) << path;
  }
}

}  // namespace
}  // namespace driftwarden
