#include "bot/command/intents.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const std::string kHex = std::string(60, 'a') + "0123";

struct ImageRow {
  std::string name;
  std::string text;
  SetImageRequest read;
  friend void PrintTo(const ImageRow& row, std::ostream* out) { *out << row.name; }
};
class ImageTable : public testing::TestWithParam<ImageRow> {};
TEST_P(ImageTable, IsRead) {
  const auto read = parse_image(GetParam().text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, GetParam().read) << read->image << " | " << read->tag << " | " << read->digest;
}
INSTANTIATE_TEST_SUITE_P(Texts, ImageTable,
                         testing::Values(ImageRow{"NameAndTag", "web:1.4.2", {"web", "1.4.2", ""}}, ImageRow{"Registry", "ghcr.io/acme/web:v1", {"ghcr.io/acme/web", "v1", ""}},
                                         ImageRow{"Port", "reg.example:5000/web:1", {"reg.example:5000/web", "1", ""}},
                                         ImageRow{"PortAndDigest", "reg.example:5000/web@sha256:" + kHex, {"reg.example:5000/web", "", "sha256:" + kHex}},
                                         ImageRow{"TagAndDigest", " web:1.4@sha256:" + kHex + "\n", {"web", "1.4", "sha256:" + kHex}},
                                         ImageRow{"OddTag", "web:_1.0-RC.2_x", {"web", "_1.0-RC.2_x", ""}}, ImageRow{"UpperCaseContainer", "Web:1", {"Web", "1", ""}},
                                         ImageRow{"LongestTag", "web:" + std::string(128, 'x'), {"web", std::string(128, 'x'), ""}}),
                         [](const auto& row) { return row.param.name; });

struct BadImageRow {
  std::string name;
  std::string text;
  std::string says;
  friend void PrintTo(const BadImageRow& row, std::ostream* out) { *out << row.name; }
};
class BadImage : public testing::TestWithParam<BadImageRow> {};
TEST_P(BadImage, IsRefusedWithTheReason) {
  const auto read = parse_image(GetParam().text);
  ASSERT_FALSE(read) << read->image << " | " << read->tag << " | " << read->digest;
  EXPECT_EQ(read.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(read.error().message, HasSubstr(GetParam().says));
}
INSTANTIATE_TEST_SUITE_P(Texts, BadImage,
                         testing::Values(BadImageRow{"Nothing", "", "names no image"}, BadImageRow{"NameOnly", "web", "has no tag: give web:TAG"},
                                         BadImageRow{"PortOnly", "reg.example:5000/web", "has no tag"}, BadImageRow{"TagOnly", ":1.4", "names no image"},
                                         BadImageRow{"EmptyTag", "web:", "is no tag"}, BadImageRow{"TagBeginsWithADot", "web:.1", "is no tag"},
                                         BadImageRow{"TagBeginsWithADash", "web:-1", "is no tag"}, BadImageRow{"LongTag", "web:" + std::string(129, 'x'), "is no tag"},
                                         BadImageRow{"SpaceInTag", "web:1 2", "is no tag"}, BadImageRow{"NewlineInTag", "web:1\nimage: evil", "no"},
                                         BadImageRow{"QuoteInTag", "web:1\"", "is no tag"}, BadImageRow{"TwoTags", "web:1:2", "is no image"},
                                         BadImageRow{"ShortDigest", "web@sha256:abc", "is no digest"}, BadImageRow{"UpperDigest", "web@sha256:" + std::string(64, 'A'), "is no digest"},
                                         BadImageRow{"OtherDigest", "web@md5:" + std::string(64, 'a'), "is no digest"}, BadImageRow{"TwoDigests", "web@sha256:" + kHex + "@x", "is no digest"},
                                         BadImageRow{"DotDot", "../web:1", "is no image"}, BadImageRow{"InnerDotDot", "a/../web:1", "is no image"},
                                         BadImageRow{"Absolute", "/web:1", "is no image"}, BadImageRow{"Scheme", "https://ghcr.io/web:1", "is no image"},
                                         BadImageRow{"BadPort", "reg:port/web:1", "is no image"}, BadImageRow{"Mrkdwn", "*web*:1", "is no image"},
                                         BadImageRow{"Option", "-web:1", "is no image"}, BadImageRow{"ZeroByte", std::string("we\0b:1", 6), "is no image"}),
                         [](const auto& row) { return row.param.name; });

TEST(Intents, ComeBackAsTheyWere) {
  const SetImageRequest image{"ghcr.io/acme/web", "1", "sha256:x"};
  EXPECT_EQ(set_image_request_from(to_json_text(image)), image);
  const ScaleRequest scale{"deployment/web", 0};
  EXPECT_EQ(scale_request_from(to_json_text(scale)), scale);
  const SetRequest set{"Deployment/web", ".spec.x", "\"a\\\"b\""};
  EXPECT_EQ(set_request_from(to_json_text(set)), set);
  const PromoteRequest promote{"shop-dev"};
  EXPECT_EQ(promote_request_from(to_json_text(promote)), promote);
  const CreateAppRequest create{"blog", "config", "apps/blog", "shop", "web:1", 8080, "prod", "blog", "#blog", {"alice", "sre"}, "web-service", {{"team", "the shop"}}};
  EXPECT_EQ(create_app_request_from(to_json_text(create)), create);
  const RestartRequest restart{{"Deployment/web", "Deployment/\"quoted\""}};
  EXPECT_EQ(restart_request_from(to_json_text(restart)), restart);
  const RollbackRequest rollback{"4f2c"};
  EXPECT_EQ(rollback_request_from(to_json_text(rollback)), rollback);
  const MoveRequest move{"prod-us", "shop"};
  EXPECT_EQ(move_request_from(to_json_text(move)), move);
}

TEST(Intents, ThatAreNoneAreNoText) {
  EXPECT_EQ(to_json_text(Intent{}), "");
  EXPECT_EQ(to_json_text(Intent{ScaleRequest{"web", 3}}), to_json_text(ScaleRequest{"web", 3}));
}

TEST(Intents, ThatCannotBeReadAskForNothing) {
  for (const std::string text : {"", "null", "[]", "{", "\"x\"", R"({"image":3,"workload":[],"replicas":"3","path":null,"from":{},"name":1,"owners":"x","workloads":[1],"undo":true,"port":1.5})"}) {
    EXPECT_EQ(set_image_request_from(text), SetImageRequest{}) << text;
    EXPECT_EQ(scale_request_from(text).workload, "") << text;
    EXPECT_EQ(scale_request_from(text).replicas, -1) << "never \"to none\": " << text;
    EXPECT_EQ(set_request_from(text), SetRequest{}) << text;
    EXPECT_EQ(promote_request_from(text), PromoteRequest{}) << text;
    EXPECT_EQ(create_app_request_from(text), CreateAppRequest{}) << text;
    EXPECT_THAT(restart_request_from(text).workloads, IsEmpty()) << text;
    EXPECT_EQ(rollback_request_from(text), RollbackRequest{}) << text;
    EXPECT_EQ(move_request_from(text), MoveRequest{}) << text;
  }
}

TEST(Intents, AbsurdCountsAreNoCounts) {
  for (const std::string count : {"-1", "99999999999", "18446744073709551615", "1e300", "2.5"}) {
    EXPECT_EQ(scale_request_from("{\"replicas\":" + count + "}").replicas, -1) << count;
    EXPECT_EQ(create_app_request_from("{\"port\":" + count + "}").port, 0) << count;
  }
}

TEST(Intents, BytesThatAreNoUtf8DoNotThrow) { EXPECT_NO_THROW(to_json_text(SetRequest{"\xff\xfe", ".x", "\xc3"})); }

}  // namespace
}  // namespace driftwarden
