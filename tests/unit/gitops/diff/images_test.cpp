#include "gitops/diff/images.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::ElementsAre;

TEST(Images, AreTakenApart) {
  const auto parts = [](const char* text) {
    const auto image = parse_image(text);
    return std::vector<std::string>{image.repository, image.tag, image.digest};
  };
  EXPECT_THAT(parts("nginx"), ElementsAre("nginx", "", ""));
  EXPECT_THAT(parts("nginx:1.25"), ElementsAre("nginx", "1.25", ""));
  EXPECT_THAT(parts("registry.local:5000/shop/checkout"), ElementsAre("registry.local:5000/shop/checkout", "", ""));
  EXPECT_THAT(parts("registry.local:5000/shop/checkout:v1@sha256:ab"), ElementsAre("registry.local:5000/shop/checkout", "v1", "sha256:ab"));
  EXPECT_THAT(parts("a@sha256:ab"), ElementsAre("a", "", "sha256:ab"));
  EXPECT_THAT(parts(""), ElementsAre("", "", ""));
}

TEST(Images, FloatWhenTheirNameMayMove) {
  for (const auto* image : {"a", "r:5000/a", "a:latest", "a:main", "a:Stable", "a:nightly", "a:stable-alpine"}) EXPECT_TRUE(is_floating(image)) << image;
  for (const auto* image : {"a:1.2", "a:latest@sha256:ab", "a@sha256:ab", "a:main-123", "a:nightly-2026-11-02", "a:v1", "a:maintenance"}) {
    EXPECT_FALSE(is_floating(image)) << image;
  }
}

TEST(Images, AreFoundWhereverAPodTemplateIs) {
  const auto object = json::parse(R"({"kind":"X","metadata":{"containers":[{"image":"no"}]},"status":{"containers":[{"image":"no"}]},
    "spec":{"a":{"podTemplate":{"spec":{"containers":[{"name":"1","image":"one:1"},{"image":"two:2"},{"image":"one:1"},{"image":7},"x",{}],
    "initContainers":[{"image":"init:1"}],"ephemeralContainers":[{"image":"debug"}]}}},"list":[{"containers":[{"image":"three"}]}],"containers":"x"}})");
  EXPECT_THAT(images_of(object), ElementsAre("one:1", "two:2", "debug", "init:1", "three"));
  EXPECT_TRUE(images_of(json("x")).empty());
}

struct AgeRow {
  std::string image;
  std::string than;
  std::optional<bool> older;
  friend void PrintTo(const AgeRow& row, std::ostream* out) { *out << row.image << " against " << row.than; }
};
class AgeTable : public testing::TestWithParam<AgeRow> {};

TEST_P(AgeTable, IsTold) {
  const auto& row = GetParam();
  EXPECT_EQ(is_older_image("r.test/app:" + row.image, "r.test/app:" + row.than), row.older);
  // The other way round it is the other way round.
  const auto reverse = is_older_image("r.test/app:" + row.than, "r.test/app:" + row.image);
  if (!row.older || row.image == row.than) {
    EXPECT_EQ(reverse, row.older);
  } else {
    EXPECT_EQ(reverse, !*row.older);
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, AgeTable,
                         testing::Values(AgeRow{"1.2.3", "1.2.4", true}, AgeRow{"1.9.0", "1.10.0", true}, AgeRow{"v1.2.3", "v2.0.0", true},
                                         AgeRow{"v1.2.3", "1.2.4", true}, AgeRow{"1.2.3", "1.2.3", false}, AgeRow{"1.2", "1.3", true},
                                         AgeRow{"1.2", "1.2.5", std::nullopt}, AgeRow{"1.2.3-rc.1", "1.2.3", true}, AgeRow{"1.2.3-rc1", "1.2.3-rc10", true},
                                         AgeRow{"1.2.3-alpha.2", "1.2.3-beta.1", true}, AgeRow{"1.2.3-rc.1", "1.2.4", true},
                                         AgeRow{"1.2.3-alpine", "1.2.4-alpine", true}, AgeRow{"1.2.3-alpine", "1.2.3", std::nullopt},
                                         AgeRow{"1.2.3-alpine", "1.2.3-slim", std::nullopt}, AgeRow{"1.2.3-alpine3.18", "1.2.3-alpine3.19", true},
                                         AgeRow{"1.2.3-4", "1.2.3-12", true}, AgeRow{"1.2.3-4-gabc1234", "1.2.3-12-gdef5678", true},
                                         AgeRow{"1.2.3-4f2c81a", "1.2.3-5f2c81a", std::nullopt}, AgeRow{"1.2.3.4", "1.2.3.5", true},
                                         AgeRow{"release-1.2", "release-1.3", true}, AgeRow{"2026.10", "2026.11", true},
                                         AgeRow{"1.2.3", "2026.11.2", std::nullopt}, AgeRow{"v12", "v13", true}));
INSTANTIATE_TEST_SUITE_P(Dates, AgeTable,
                         testing::Values(AgeRow{"2026-11-02", "2026-11-10", true}, AgeRow{"20261102", "20261103", true},
                                         AgeRow{"20261102-abc1234", "20261103-0001234", true}, AgeRow{"20261102-abc", "20261102-def", std::nullopt},
                                         AgeRow{"20261102.1", "20261102.2", true}, AgeRow{"20261102-1530", "20261102-1645", true},
                                         AgeRow{"20261102T153000Z", "20261102T164500Z", true}, AgeRow{"202611021530", "202611021531", true},
                                         AgeRow{"nightly-2026-11-02", "nightly-2026-11-03", true}, AgeRow{"main-20261102-abc", "main-20261103-abc", true},
                                         AgeRow{"2026-11-02", "1234", std::nullopt}, AgeRow{"2026-13-02", "2026-11-10", std::nullopt},
                                         AgeRow{"2026-11-02", "2026-11-02", false}));
INSTANTIATE_TEST_SUITE_P(Builds, AgeTable,
                         testing::Values(AgeRow{"1234", "1235", true}, AgeRow{"999", "1000", true}, AgeRow{"main-123-abc", "main-124-def", true},
                                         AgeRow{"main-123-abc", "main-123-def", std::nullopt}, AgeRow{"main-123", "dev-124", std::nullopt},
                                         AgeRow{"build.7", "build.12", true}, AgeRow{"b7", "b12", true}, AgeRow{"abc123", "abd124", std::nullopt},
                                         AgeRow{"4f2c81a", "5f2c81a", std::nullopt}, AgeRow{"deadbee1", "deadbee2", std::nullopt},
                                         AgeRow{"latest", "stable", std::nullopt}, AgeRow{"latest", "latest", false}, AgeRow{"1", "1.2.3", std::nullopt}));

TEST(Images, OfDifferentRepositoriesHaveNoAge) {
  EXPECT_EQ(is_older_image("a:1.0", "b:1.1"), std::nullopt);
  EXPECT_EQ(is_older_image("a", "a:1"), std::nullopt);
  EXPECT_EQ(is_older_image("a:1@sha256:x", "a:2@sha256:x"), false) << "the same bytes";
  EXPECT_EQ(is_older_image("a:1@sha256:x", "a:1@sha256:y"), std::nullopt);
  EXPECT_EQ(is_older_image("docker.io/library/nginx:1.25", "nginx:1.26"), true);
  EXPECT_EQ(is_older_image("", ""), std::nullopt);
}

}  // namespace
}  // namespace driftwarden
