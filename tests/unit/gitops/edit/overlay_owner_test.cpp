// What Argo CD's and Flux's objects decide isn't edited in the files, and several directories make one App.
#include "tests/unit/gitops/edit/fake_renderers.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using test::FakeSource;
using testing::AllOf;
using testing::HasSubstr;

const std::string kWeb =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels: {team: a}\nspec:\n  replicas: 2\n  template:\n    spec:\n      containers:\n"
    "      - name: app\n        image: ghcr.io/acme/web:1\n      - name: side\n        image: envoy:1\n";
const ObjectRef kDeployment{"apps", "v1", "Deployment", "", "web"};

AppSource plain() { return FakeSource({{"shop/web.yaml", kWeb}}, "shop", RenderKind::Plain).source(); }

AppSource owned(const KustomizeOverlay& overlay) {
  auto source = FakeSource({{"shop/kustomization.yaml", "resources: [web.yaml]\n"}, {"shop/web.yaml", kWeb}}, "shop", RenderKind::Kustomize).source();
  source.kustomize = overlay;
  source.overlay_owner = "Application argocd/checkout";
  return source;
}

KustomizeOverlay images(std::vector<std::string> texts) {
  KustomizeOverlay overlay;
  overlay.images = std::move(texts);
  return overlay;
}

TEST(OverlayOwner, DecidesAnImage) {
  for (const auto* text : {"ghcr.io/acme/web:1", "web=ghcr.io/acme/web:1", "ghcr.io/acme/web@sha256:ab"}) {
    const auto refused = set_image(owned(images({"other:3", text})), {"web", "2", ""});
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().kind, ErrorKind::InvalidInput);
    EXPECT_THAT(refused.error().message, HasSubstr("Application argocd/checkout sets the image ghcr.io/acme/web (kustomize.images)"));
  }
  EXPECT_TRUE(set_image(owned(images({"ghcr.io/acme/web:1"})), {"side", "2", ""})) << "another image is the files'";
  EXPECT_TRUE(set_image(owned(images({"web=ghcr.io/acme/web"})), {"web", "2", ""})) << "the version is the files'";
  auto by_config = owned(images({"ghcr.io/acme/web:1"}));
  by_config.overlay_owner.clear();
  EXPECT_THAT(set_image(by_config, {"web", "2", ""}).error().message, HasSubstr("Driftwarden's config sets"));
}

TEST(OverlayOwner, DecidesReplicasAndMetadata) {
  KustomizeOverlay overlay;
  overlay.replicas = {{"web", 2}};
  overlay.labels = {{"team", "a"}};
  EXPECT_THAT(edit_source(owned(overlay), {{kDeployment, {{".spec.replicas", "3"}}}}).error().message, HasSubstr("sets the replicas of web (kustomize.replicas)"));
  EXPECT_THAT(edit_source(owned(overlay), {{kDeployment, {{".metadata.labels.team", "\"b\""}}}}).error().message, HasSubstr("sets the labels team (kustomize.labels)"));
  EXPECT_TRUE(edit_source(owned(overlay), {{kDeployment, {{".metadata.labels.other", "\"b\""}}}}));
}

TEST(OverlayOwner, DecidesHelmValues) {
  const std::map<std::string, std::string> files{{"c/Chart.yaml", "name: web\n"}, {"c/values.yaml", "image: {tag: \"1\"}\n"},
                                                 {"c/templates/web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n"
                                                                          "      - {name: app, image: \"web:{{ .Values.image.tag }}\"}\n"}};
  auto source = FakeSource(files, "c", RenderKind::Helm, {"web", {}, {{"image.tag", "1"}}}).source();
  source.overlay_owner = "Application argocd/checkout";
  EXPECT_THAT(set_image(source, {"app", "2", ""}).error().message, HasSubstr("image.tag is set in Application argocd/checkout, which wins"));
  source.helm = {"web", {}, {}, {}, "image:\n  tag: \"1\"\n"};
  EXPECT_THAT(set_image(source, {"app", "2", ""}).error().message, HasSubstr("image.tag is set in Application argocd/checkout, which wins"));
  source.helm = {"web", {}, {}, {{"image.tag", "1"}}};
  EXPECT_THAT(set_image(source, {"app", "2", ""}).error().message, HasSubstr("image.tag is set in Application argocd/checkout, which wins"));
}

TEST(OverlayOwner, ValuesElsewhereThatAreTheAppsAloneAreEdited) {
  const FakeSource fake({{"c/Chart.yaml", "name: web\n"},
                         {"c/values.yaml", "image: {tag: \"1\"}\n"},
                         {"envs/prod.yaml", "image:\n  tag: \"2\"\n"},
                         {"c/templates/web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n"
                                                  "      - {name: app, image: \"web:{{ .Values.image.tag }}\"}\n"}},
                        "c", RenderKind::Helm, {"web", {"../envs/prod.yaml"}, {}});
  auto source = fake.source();
  EXPECT_THAT(set_image(source, {"app", "3", ""}).error().message, HasSubstr("outside of its path"));
  source.own_files = {"envs/prod.yaml"};
  const auto edits = set_image(source, {"app", "3", ""});
  ASSERT_TRUE(edits) << edits.error().message;
  EXPECT_EQ(edits->front().file, (FileEdit{"envs/prod.yaml", "image:\n  tag: \"3\"\n"}));
}

TEST(OverlayOwner, AVariableIsFilledInElsewhere) {
  auto text = kWeb;
  text.replace(text.find("replicas: 2"), 11, "replicas: ${COUNT:-2}");
  auto source = FakeSource({{"shop/web.yaml", text}}, "shop", RenderKind::Plain).source();
  source.overlay_owner = "Kustomization flux-system/shop";
  source.kustomize.substitute = std::map<std::string, std::string>{{"COUNT", "2"}};
  EXPECT_THAT(edit_source(source, {{kDeployment, {{".spec.replicas", "3"}}}}).error().message,
              AllOf(HasSubstr("shop/web.yaml says ${COUNT:-2} at spec.replicas"), HasSubstr("Kustomization flux-system/shop fills in")));
  EXPECT_TRUE(set_image(source, {"app", "2", ""}));
}

TEST(OverlayOwner, PatchesThatMayDecideAreNamed) {
  KustomizeOverlay overlay;
  overlay.patches = {R"({"patch": "[]"})"};
  auto source = owned(overlay);
  source.render_with = [rendered = source.rendered](const std::vector<FileEdit>&) -> Result<std::vector<Manifest>> { return rendered; };
  EXPECT_THAT(edit_source(source, {{kDeployment, {{".spec.replicas", "3"}}}}).error().message, HasSubstr("Application argocd/checkout lays patches over the files"));
}

TEST(OverlayOwner, PlainFilesUnderAPrefixAreEditedByTheirOwnName) {
  auto source = plain();
  source.kustomize.name_prefix = "eu-";
  source.overlay_owner = "Kustomization flux-system/shop";
  const auto built = [](Result<std::vector<Manifest>> manifests) {
    for (auto& manifest : *manifests) {
      auto body = *manifest.body;
      body["metadata"]["name"] = "eu-" + manifest.ref.name;
      manifest = {ref_of(body), std::make_shared<const nlohmann::json>(std::move(body)), "", 0};
    }
    return manifests;
  };
  source.render_with = [built, inner = source.render_with](const std::vector<FileEdit>& edits) { return built(inner(edits)); };
  source.rendered = *source.render_with({});
  EXPECT_EQ(resolve_kind(source), RenderKind::Kustomize);
  const auto edits = edit_source(source, {{{"apps", "v1", "Deployment", "", "eu-web"}, {{".spec.replicas", "3"}}}});
  ASSERT_TRUE(edits) << edits.error().message;
  EXPECT_EQ(edits->front().file.path, "shop/web.yaml");
  EXPECT_THAT(*edits->front().file.content, HasSubstr("replicas: 3"));
}

TEST(OverlayOwner, APluginsFilesAreForPeople) {
  auto source = plain();
  source.kind = RenderKind::Plugin;
  EXPECT_THAT(edit_source(source, {{kDeployment, {{".spec.replicas", "3"}}}}).error().message, HasSubstr("a plugin makes the objects of shop"));
}

class ManyDirectories : public testing::Test {
 protected:
  static AppSource source() {
    const FakeSource extra({{"apps/extra/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {a: b}\n"},
                            {"apps/web/web.yaml", kWeb},
                            {"apps/kust/kustomization.yaml", "resources: [job.yaml]\n"},
                            {"apps/kust/job.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: job}\nspec: {replicas: 1}\n"}},
                           "apps/kust", RenderKind::Kustomize);
    auto made = extra.source();
    made.path = "apps/web";
    made.kind = RenderKind::Plain;
    SourcePart plain;
    plain.path = "apps/extra";
    SourcePart built;
    built.path = "apps/kust";
    made.more = {plain, built};
    const auto base = made.rendered;
    const auto all = [](std::vector<Manifest> manifests) {
      auto add = [&](const std::string& text, const std::string& file) {
        auto parsed = *parse_manifests(text, file);
        parsed.front().file = file;
        manifests.push_back(parsed.front());
      };
      add(kWeb, "web.yaml");
      add("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {a: b}\n", "../extra/cm.yaml");
      return manifests;
    };
    made.rendered = all(base);
    made.render_with = [all, inner = made.render_with](const std::vector<FileEdit>& edits) -> Result<std::vector<Manifest>> {
      TRY(auto manifests, inner(edits));
      return all(std::move(manifests));
    };
    return made;
  }
};

TEST_F(ManyDirectories, EachObjectIsEditedWhereItIs) {
  const auto edits = edit_source(source(), {{kDeployment, {{".spec.replicas", "3"}}}, {{"", "v1", "ConfigMap", "", "cm"}, {{".data.a", "\"c\""}}},
                                            {{"apps", "v1", "Deployment", "", "job"}, {{".spec.replicas", "5"}}}});
  ASSERT_TRUE(edits) << edits.error().message;
  std::vector<std::string> paths;
  for (const auto& edit : *edits) paths.push_back(edit.file.path);
  EXPECT_THAT(paths, testing::ElementsAre("apps/extra/cm.yaml", "apps/web/web.yaml", "apps/kust/job.yaml"));
}

TEST_F(ManyDirectories, WhatNoneHoldsIsSaid) {
  EXPECT_FALSE(edit_source(source(), {{{"apps", "v1", "Deployment", "", "gone"}, {{".spec.replicas", "5"}}}}));
}

TEST(ImageUpdater, ItsFileOfParametersAndOfImages) {
  const FakeSource fake({{"a/kustomization.yaml", "resources: [web.yaml]\n"}, {"a/web.yaml", kWeb}, {"a/.argocd-source-checkout.yaml", "kustomize:\n  images:\n  - web=ghcr.io/acme/web:1\n"}}, "a",
                        RenderKind::Kustomize);
  EXPECT_THAT(set_image(fake.source(), {"web", "2", ""}).error().message, HasSubstr("a/.argocd-source-checkout.yaml sets the image ghcr.io/acme/web"));
  EXPECT_TRUE(set_image(fake.source(), {"side", "2", ""}));
}

}  // namespace
}  // namespace driftwarden
