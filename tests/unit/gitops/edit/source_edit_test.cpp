// What is common to all kinds of sources, and plain manifests.
#include "tests/unit/gitops/edit/fake_renderers.hpp"

#include <gmock/gmock.h>

namespace driftwarden {
namespace {

using test::FakeSource;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kWeb = "# web\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  template:\n    spec:\n      initContainers:\n"
                         "      - {name: migrate, image: \"reg.local:5000/shop/web:v1\"}\n      containers:\n      - name: app\n        image: reg.local:5000/shop/web:v1 # ci\n"
                         "      - name: proxy\n        image: envoy@sha256:0000000000000000000000000000000000000000000000000000000000000000\n";
const std::string kJob = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: job}\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n"
                         "          - name: job\n            image: shop/job:7\n";
const ObjectRef kDeployment{"apps", "v1", "Deployment", "", "web"};

FakeSource plain(const std::string& web = kWeb) { return {{{"shop/web.yaml", web}, {"shop/jobs/job.yaml", kJob}, {"README.md", "x"}}, "shop", RenderKind::Plain}; }

std::string changed(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

TEST(ResolveKind, IsToldByTheFilesAtTheTop) {
  const auto kind = [](const std::string& file) {
    auto source = FakeSource({{"a/" + file, "x: y\n"}}, "a", RenderKind::Plain).source();
    source.kind = RenderKind::Auto;
    return resolve_kind(source);
  };
  EXPECT_EQ(kind("kustomization.yml"), RenderKind::Kustomize);
  EXPECT_EQ(kind("Kustomization"), RenderKind::Kustomize);
  EXPECT_EQ(kind("Chart.yaml"), RenderKind::Helm);
  EXPECT_EQ(kind("deep/Chart.yaml"), RenderKind::Plain);
}

TEST(ImagesOf, AreThoseOfAllContainers) {
  std::vector<std::string> shown;
  for (const auto& use : images_of(plain().source().rendered)) shown.push_back(use.container + " " + use.image + " " + use.path);
  EXPECT_THAT(shown, ElementsAre(R"(job shop/job:7 .spec.jobTemplate.spec.template.spec.containers[name="job"].image)",
                                 R"(app reg.local:5000/shop/web:v1 .spec.template.spec.containers[name="app"].image)",
                                 R"(proxy envoy@sha256:0000000000000000000000000000000000000000000000000000000000000000 .spec.template.spec.containers[name="proxy"].image)",
                                 R"(migrate reg.local:5000/shop/web:v1 .spec.template.spec.initContainers[name="migrate"].image)"));
}

TEST(PlainSource, ChangesTheFileOfTheObject) {
  const auto edits = edit_source(plain().source(), {{kDeployment, {{".spec.replicas", "4"}}}});
  ASSERT_TRUE(edits) << edits.error().message;
  ASSERT_EQ(edits->size(), 1U);
  EXPECT_EQ(edits->front().file, (FileEdit{"shop/web.yaml", changed(kWeb, "replicas: 2", "replicas: 4")}));
  EXPECT_THAT(edits->front().places, ElementsAre("shop/web.yaml: .spec.replicas"));
}

TEST(PlainSource, RefusesAMarkedLine) {
  const auto edits = set_image(plain(changed(kWeb, "# ci", "# {\"$imagepolicy\": \"flux-system:web\"}")).source(), {"app", "v2", ""});
  ASSERT_FALSE(edits);
  EXPECT_EQ(edits.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(edits.error().message, HasSubstr("shop/web.yaml:13 is owned by Flux's image automation (policy flux-system:web)"));
}

TEST(PlainSource, AMarkedLineBesideStays) {
  const auto edits = edit_source(plain(changed(kWeb, "# ci", "# {\"$imagepolicy\": \"flux-system:web\"}")).source(), {{kDeployment, {{".spec.replicas", "4"}}}});
  EXPECT_TRUE(edits) << edits.error().message;
}

class SetImageName : public testing::TestWithParam<std::string> {};
TEST_P(SetImageName, FindsTheRepository) {
  const auto edits = set_image(plain().source(), {GetParam(), "v2", ""});
  ASSERT_TRUE(edits) << edits.error().message;
  ASSERT_EQ(edits->size(), 1U);
  EXPECT_EQ(*edits->front().file.content, changed(kWeb, "web:v1", "web:v2"));
}
INSTANTIATE_TEST_SUITE_P(Names, SetImageName, testing::Values("app", "migrate", "web", "shop/web", "reg.local:5000/shop/web"));

TEST(SetImage, ReplacesADigest) {
  const auto edits = set_image(plain().source(), {"proxy", "v2", ""});
  ASSERT_TRUE(edits) << edits.error().message;
  EXPECT_THAT(*edits->front().file.content, HasSubstr("image: envoy:v2\n"));
}

TEST(SetImage, WritesADigest) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  const auto edits = set_image(plain().source(), {"job", "8", digest});
  ASSERT_TRUE(edits) << edits.error().message;
  EXPECT_THAT(*edits->front().file.content, HasSubstr("image: shop/job:8@" + digest + "\n"));
}

TEST(SetImage, TheSameTagIsNoEdit) {
  const auto edits = set_image(plain().source(), {"job", "7", ""});
  ASSERT_TRUE(edits);
  EXPECT_TRUE(edits->empty());
}

struct BadImage {
  WantedImage wanted;
  std::string says;
};
class SetImageRefusal : public testing::TestWithParam<BadImage> {};
TEST_P(SetImageRefusal, SaysWhy) {
  const auto edits = set_image(plain().source(), GetParam().wanted);
  ASSERT_FALSE(edits);
  EXPECT_EQ(edits.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(edits.error().message, HasSubstr(GetParam().says));
}
INSTANTIATE_TEST_SUITE_P(Rules, SetImageRefusal, testing::Values(
    BadImage{{"nginx", "1", ""}, "no container or image is named nginx; there are: shop/job:7 (job of CronJob job)"}, BadImage{{"app", "", ""}, "needs a tag or a digest"},
    BadImage{{"app", "v1 ; rm", ""}, "is no tag"}, BadImage{{"app", "a\nb: c", ""}, "is no tag"}, BadImage{{"app", "", "sha256:xyz"}, "is no digest"}));

TEST(PromoteImages, TakesWhatBothHave) {
  const auto stage = plain(changed(changed(kWeb, "web:v1", "web:v5"), "reg.local:5000", "stage.local"));
  const auto edits = promote_images(stage.source(), plain().source());
  ASSERT_TRUE(edits) << edits.error().message;
  ASSERT_EQ(edits->size(), 1U);
  EXPECT_EQ(*edits->front().file.content, changed(kWeb, "web:v1", "web:v5"));
}

TEST(PromoteImages, NothingInCommonIsSaid) {
  FakeSource other({{"o/x.yaml", changed(kJob, "shop/job", "other")}}, "o", RenderKind::Plain);
  const auto edits = promote_images(other.source(), plain().source());
  ASSERT_FALSE(edits);
  EXPECT_THAT(edits.error().message, HasSubstr("no image in common"));
}

TEST(PromoteImages, EqualIsNoEdit) {
  const auto edits = promote_images(plain().source(), plain().source());
  ASSERT_TRUE(edits) << edits.error().message;
  EXPECT_TRUE(edits->empty());
}

TEST(EditYaml, MakesAFile) {
  EXPECT_EQ(*edit_yaml("", "v.yaml", 0, {{".image.tag", "\"1\""}, {".list[name=\"a\"].count", "2"}}), "image:\n  tag: \"1\"\nlist:\n- name: a\n  count: 2\n");
  EXPECT_EQ(*edit_yaml("", "v.json", 0, {{".image.tag", "\"1\""}}), "{\n  \"image\": {\n    \"tag\": \"1\"\n  }\n}\n");
  EXPECT_EQ(*edit_yaml("# only\r\n# words", "v.yaml", 0, {{".a", "1"}}), "# only\r\n# words\r\na: 1\r\n");
  EXPECT_EQ(*edit_yaml("---\n# c\n", "v.yaml", 0, {{".a", "\"x\\ny\\n\""}}), "---\n# c\na: |\n  x\n  y\n");
  EXPECT_EQ(edit_yaml("a: 1\n", "v.yaml", 1, {{".a", "2"}}).error().kind, ErrorKind::NotFound);
}

}  // namespace
}  // namespace driftwarden
