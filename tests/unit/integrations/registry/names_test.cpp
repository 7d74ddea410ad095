// How images are spelled, and which tag is newer.
#include "integrations/registry/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace driftwarden::registry {
namespace {

struct NameRow {
  std::string name;
  std::string image;
  ImageName is;
  friend void PrintTo(const NameRow& row, std::ostream* out) { *out << row.name; }
};
class ImageNames : public testing::TestWithParam<NameRow> {};
TEST_P(ImageNames, AreTakenApart) {
  const auto is = image_name(GetParam().image);
  EXPECT_EQ(is.host, GetParam().is.host);
  EXPECT_EQ(is.name, GetParam().is.name);
  EXPECT_EQ(is.tag, GetParam().is.tag);
  EXPECT_EQ(is.digest, GetParam().is.digest);
}
INSTANTIATE_TEST_SUITE_P(Images, ImageNames,
                         testing::Values(NameRow{"Whole", "ghcr.io/acme/web:1.2@sha256:ab", {"ghcr.io", "acme/web", "1.2", "sha256:ab"}},
                                         NameRow{"HubsOwn", "nginx", {"docker.io", "library/nginx", "", ""}}, NameRow{"HubsOwnWithTag", "nginx:1.27", {"docker.io", "library/nginx", "1.27", ""}},
                                         NameRow{"OnTheHub", "acme/web:2", {"docker.io", "acme/web", "2", ""}}, NameRow{"HubByName", "docker.io/nginx:1", {"docker.io", "library/nginx", "1", ""}},
                                         NameRow{"HubsOldName", "index.docker.io/acme/web", {"docker.io", "acme/web", "", ""}},
                                         NameRow{"APort", "registry.local:5000/web", {"registry.local:5000", "web", "", ""}}, NameRow{"APortAndATag", "localhost:5000/a/b:c", {"localhost:5000", "a/b", "c", ""}},
                                         NameRow{"DigestOnly", "quay.io/x/y@sha256:12", {"quay.io", "x/y", "", "sha256:12"}}, NameRow{"Deep", "reg.acme.example/a/b/c/d:1", {"reg.acme.example", "a/b/c/d", "1", ""}},
                                         NameRow{"Nothing", "", {"docker.io", "", "", ""}}),
                         [](const auto& row) { return row.param.name; });

struct OrderRow {
  std::string name;
  std::vector<std::string> newest_first;
  friend void PrintTo(const OrderRow& row, std::ostream* out) { *out << row.name; }
};
class TagOrder : public testing::TestWithParam<OrderRow> {};
TEST_P(TagOrder, IsFoundFromAnyOrder) {
  auto tags = GetParam().newest_first;
  std::ranges::sort(tags);
  EXPECT_THAT(by_version(tags), testing::ElementsAreArray(GetParam().newest_first));
  std::ranges::reverse(tags);
  EXPECT_THAT(by_version(tags), testing::ElementsAreArray(GetParam().newest_first));
}
INSTANTIATE_TEST_SUITE_P(
    Tags, TagOrder,
    testing::Values(OrderRow{"Numbers", {"1.10.0", "1.9.12", "1.9.2", "1.9", "1"}}, OrderRow{"WithAV", {"v2.0.0", "v1.10.1", "v1.9.0"}}, OrderRow{"MixedMarks", {"v1.5.0", "1.4.2", "v1.4.1"}},
                    OrderRow{"PreReleasesAreBelow", {"1.5.0", "1.5.0-rc10", "1.5.0-rc9", "1.5.0-beta.2", "1.5.0-alpha", "1.4.9"}},
                    OrderRow{"GluedPreReleases", {"1.4", "1.4rc2", "1.4rc1", "1.4b1", "1.3"}}, OrderRow{"CommitsAfterARelease", {"1.5.0", "1.4.2-12-g4f2c81a", "1.4.2-3-gabc1234", "1.4.2", "1.4.2-rc1"}},
                    OrderRow{"VariantsAreBelowTheirRelease", {"3.1.0", "3.1.0-slim", "3.1.0-alpine", "3.0.9"}}, OrderRow{"Dates", {"2026-11-21", "20261120", "2026-03-01", "20251231-4f2c81a"}},
                    OrderRow{"CalendarVersions", {"2026.11.2", "2026.11.1", "2026.9.30"}}, OrderRow{"VersionsBeforeDatesBeforeWords", {"1.0.0", "0.9.0-rc1", "20261121", "main"}},
                    OrderRow{"BuildNumbers", {"1.0", "1234567890", "1234567"}}, OrderRow{"HugeNumbersAreNoOverflow", {"99999999999999999999999.0", "99999999999999999999998.9", "1.0"}},
                    OrderRow{"LeadingZeros", {"1.02", "1.1"}}, OrderRow{"BuildMetadata", {"1.4.3", "1.4.2+b2", "1.4.2+b1", "1.4.2"}}),
    [](const auto& row) { return row.param.name; });

TEST(TagOrder, WordsComeLastInTheOrderTheyHad) {
  EXPECT_THAT(by_version({"latest", "3f2c81a", "1.0", "main", "sha-4f2c81a", "2.0", ""}), testing::ElementsAre("2.0", "1.0", "latest", "3f2c81a", "main", "sha-4f2c81a", ""));
}

TEST(TagOrder, OddTagsDoNoHarm) {
  for (const char* tag : {"v", "-", ".", "1.", "1..2", "1-", "v1.2.", "99999999999999999999", "2026-99-99", "00000000", "1.4.2-3-g", "\xff\xfe", "1_2_3"}) {
    EXPECT_EQ(by_version({tag, "1.0"}).size(), 2U) << tag;
  }
}

}  // namespace
}  // namespace driftwarden::registry
