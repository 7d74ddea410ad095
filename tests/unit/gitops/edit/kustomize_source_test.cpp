// What is edited where an App is built with kustomize; every result is built and compared.
#include "tests/unit/gitops/edit/fake_renderers.hpp"

#include <gmock/gmock.h>

#include <ostream>

namespace driftwarden {
namespace {

using test::FakeSource;
using testing::HasSubstr;

const ObjectRef kWeb{"apps", "v1", "Deployment", "shop", "web"};
const std::string kApp = R"(.spec.template.spec.containers[name="app"])";

const std::string kBase =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels: {tier: front}\nspec:\n  replicas: 1\n  template:\n    spec:\n      containers:\n"
    "      - name: app\n        image: registry.local:5000/shop/web:1.0\n        args: [run]\n        env:\n        - name: A\n          value: \"1\"\n"
    "      - name: proxy\n        image: envoy:1\n";
const std::string kCache = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cache\ndata:\n  size: \"5\" # MB\n";

struct Row {
  std::string name;
  std::string kustomization;                  ///< of the overlay, below `resources`
  std::map<std::string, std::string> files;   ///< more files of the overlay
  ObjectRef object;
  std::vector<ValueEdit> edits;
  std::map<std::string, std::string> after;   ///< the edited files: the whole text, the kustomization's below its head
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};

const std::string kHead = "# prod\nresources:\n- ../../base\n- cache.yaml\nnamespace: shop\n";

FakeSource overlay(const Row& row) {
  std::map<std::string, std::string> files{{"shop/base/kustomization.yaml", "resources: [web.yaml]\n"}, {"shop/base/web.yaml", kBase}, {"shop/overlays/prod/cache.yaml", kCache}};
  files["shop/overlays/prod/kustomization.yaml"] = kHead + row.kustomization;
  for (const auto& [path, text] : row.files) files[path.starts_with("../../") ? "shop/" + path.substr(6) : "shop/overlays/prod/" + path] = text;
  return {files, "shop/overlays/prod", RenderKind::Kustomize};
}

class KustomizeSource : public testing::TestWithParam<Row> {};

TEST_P(KustomizeSource, IsEditedInTheOverlay) {
  const auto edits = edit_source(overlay(GetParam()).source(), {{GetParam().object, GetParam().edits}});
  ASSERT_TRUE(edits) << edits.error().message;
  std::map<std::string, std::string> after;
  for (const auto& edit : *edits) {
    const std::string prefix = "shop/overlays/prod/";
    ASSERT_TRUE(edit.file.path.starts_with(prefix)) << edit.file.path;
    const auto name = edit.file.path.substr(prefix.size());
    after[name] = name == "kustomization.yaml" && edit.file.content->starts_with(kHead) ? edit.file.content->substr(kHead.size()) : *edit.file.content;
    EXPECT_FALSE(edit.places.empty());
  }
  EXPECT_EQ(after, GetParam().after);
}

const std::string kPatch = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  return at == std::string::npos ? "no '" + from + "'" : text.replace(at, from.size(), to);
}

const std::string kImages = "images:\n# set by CI\n- name: registry.local:5000/shop/web\n  newTag: \"1.1\" # now\n- name: envoy\n  newTag: v2\n";
const std::string kInline = "patches:\n- target: {kind: Deployment, name: web}\n  patch: |-\n    # why\n    - op: replace\n      path: /spec/replicas # n\n      value: 4\n";
const std::string kInlineMerge = "patches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n    spec:\n      replicas: 4 # four\n";

INSTANTIATE_TEST_SUITE_P(Places, KustomizeSource, testing::Values(
    Row{"AnImageInItsEntry", kImages, {}, kWeb, {{kApp + ".image", R"("registry.local:5000/shop/web:1.2")"}},
        {{"kustomization.yaml", replaced(kImages, "\"1.1\"", "\"1.2\"")}}},
    Row{"ADigestInTheEntry", kImages, {}, kWeb, {{R"(.spec.template.spec.containers[name="proxy"].image)", R"("envoy@sha256:00")"}},
        {{"kustomization.yaml", replaced(kImages, "  newTag: v2\n", "  digest: sha256:00\n")}}},
    Row{"ATagTakesTheDigestAway", "images:\n- name: envoy\n  digest: sha256:00\n", {}, kWeb, {{R"(.spec.template.spec.containers[name="proxy"].image)", R"("envoy:3")"}},
        {{"kustomization.yaml", "images:\n- name: envoy\n  newTag: \"3\"\n"}}},
    Row{"AnEntryWithAnotherName", "images:\n- name: envoy\n  newName: mirror/envoy\n  newTag: v2\n", {}, kWeb,
        {{R"(.spec.template.spec.containers[name="proxy"].image)", R"("mirror/envoy:v3")"}}, {{"kustomization.yaml", "images:\n- name: envoy\n  newName: mirror/envoy\n  newTag: v3\n"}}},
    Row{"ANewImageEntryKeepsTheStyle", "patches: []\n", {}, kWeb, {{kApp + ".image", R"("registry.local:5000/shop/web:010")"}},
        {{"kustomization.yaml", "patches: []\nimages:\n- name: registry.local:5000/shop/web\n  newTag: \"010\"\n"}}},
    Row{"ReplicasInTheirEntry", "replicas:\n  - name: web\n    count: 3 # three\n", {}, kWeb, {{".spec.replicas", "5"}}, {{"kustomization.yaml", "replicas:\n  - name: web\n    count: 5 # three\n"}}},
    Row{"ReplicasAsANewEntry", "", {}, kWeb, {{".spec.replicas", "5"}}, {{"kustomization.yaml", "replicas:\n- name: web\n  count: 5\n"}}},
    Row{"TheOverlaysOwnManifest", "", {}, {"", "v1", "ConfigMap", "shop", "cache"}, {{".data.size", R"("6")"}}, {{"cache.yaml", replaced(kCache, "\"5\"", "\"6\"")}}},
    Row{"APatchFileThatSaysIt", "patches:\n- path: p.yaml\n", {{"p.yaml", kPatch + "spec:\n  replicas: 2 # two\n"}}, kWeb, {{".spec.replicas", "5"}},
        {{"p.yaml", kPatch + "spec:\n  replicas: 5 # two\n"}}},
    Row{"AnOldStylePatchFile", "patchesStrategicMerge:\n- p.yaml\n", {{"p.yaml", kPatch + "spec:\n  replicas: 2 # two\n"}}, kWeb, {{".spec.replicas", "5"}},
        {{"p.yaml", kPatch + "spec:\n  replicas: 5 # two\n"}}},
    Row{"AnInlineMergePatch", kInlineMerge, {}, kWeb, {{".spec.replicas", "5"}}, {{"kustomization.yaml", replaced(kInlineMerge, "replicas: 4", "replicas: 5")}}},
    Row{"AnInlineJsonPatch", kInline, {}, kWeb, {{".spec.replicas", "5"}}, {{"kustomization.yaml", replaced(kInline, "value: 4", "value: 5")}}},
    Row{"APatchOfTheObjectTakesMore", "patches:\n- path: p.yaml\n", {{"p.yaml", kPatch + "spec:\n  replicas: 2\n"}}, kWeb, {{".metadata.labels.tier", R"("back")"}},
        {{"p.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n    tier: back\nspec:\n  replicas: 2\n"}}},
    Row{"ANewPatchFile", "", {}, kWeb, {{kApp + R"(.env[name="A"].value)", R"("2")"}},
        {{"kustomization.yaml", "patches:\n- path: patch-deployment-web.yaml\n"},
         {"patch-deployment-web.yaml", kPatch + "spec:\n  template:\n    spec:\n      containers:\n      - name: app\n        env:\n        - name: A\n          value: \"2\"\n"}}},
    Row{"ANewPatchOfAListAsAWhole", "", {}, kWeb, {{kApp + ".args[0]", R"("go")"}},
        {{"kustomization.yaml", "patches:\n- path: patch-deployment-web.yaml\n"},
         {"patch-deployment-web.yaml", kPatch + "spec:\n  template:\n    spec:\n      containers:\n      - name: app\n        args:\n        - go\n"}}},
    Row{"ARemovedElement", "", {}, kWeb, {{kApp + R"(.env[name="A"])", {}}},
        {{"kustomization.yaml", "patches:\n- path: patch-deployment-web.yaml\n"},
         {"patch-deployment-web.yaml", kPatch + "spec:\n  template:\n    spec:\n      containers:\n      - name: app\n        env:\n        - name: A\n          $patch: delete\n"}}},
    Row{"AnAddedElement", "", {}, kWeb, {{kApp + R"(.env[name="B"])", R"({"name":"B","value":"2"})"}},
        {{"kustomization.yaml", "patches:\n- path: patch-deployment-web.yaml\n"},
         {"patch-deployment-web.yaml", kPatch + "spec:\n  template:\n    spec:\n      containers:\n      - name: app\n        env:\n        - name: B\n          value: \"2\"\n"}}},
    Row{"AWholeListThatLosesAnElement", "", {}, kWeb, {{kApp + ".env", R"([{"name":"B","value":"2"}])"}},
        {{"kustomization.yaml", "patches:\n- path: patch-deployment-web.yaml\n"},
         {"patch-deployment-web.yaml",
          kPatch + "spec:\n  template:\n    spec:\n      containers:\n      - name: app\n        env:\n        - $patch: replace\n        - name: B\n          value: \"2\"\n"}}},
    Row{"TheNameOfAnElement", "", {}, kWeb, {{kApp + R"(.env[name="A"].name)", R"("B")"}},
        {{"kustomization.yaml", "patches:\n- path: patch-deployment-web.yaml\n"},
         {"patch-deployment-web.yaml",
          kPatch + "spec:\n  template:\n    spec:\n      containers:\n      - name: app\n        env:\n        - $patch: replace\n        - name: B\n          value: \"1\"\n"}}},
    Row{"ARemovedValue", "", {}, kWeb, {{".metadata.labels.tier", {}}},
        {{"kustomization.yaml", "patches:\n- path: patch-deployment-web.yaml\n"},
         {"patch-deployment-web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n    tier: null\n"}}},
    Row{"AJsonPatchFile", "patches:\n- {path: ops.yaml, target: {kind: Deployment, name: web}}\n", {{"ops.yaml", "- {op: replace, path: /spec/template/spec/containers/0/args, value: [a, b]} # ab\n"}}, kWeb,
        {{kApp + ".args[1]", R"("c")"}}, {{"ops.yaml", "- {op: replace, path: /spec/template/spec/containers/0/args, value: [a, c]} # ab\n"}}},
    Row{"APatchOutsideOfTheOverlayIsOverruledNotEdited", "patches:\n- path: ../../common.yaml # shared\n", {{"../../common.yaml", kPatch + "spec:\n  replicas: 7\n"}}, kWeb,
        {{".metadata.labels.tier", R"("back")"}, {".spec.replicas", "8"}},
        {{"kustomization.yaml", "patches:\n- path: ../../common.yaml # shared\n- path: patch-deployment-web.yaml\nreplicas:\n- name: web\n  count: 8\n"},
         {"patch-deployment-web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n    tier: back\n"}}},
    Row{"TwoValuesInOneNewPatch", "", {}, kWeb, {{".metadata.labels.tier", R"("back")"}, {".metadata.labels.more", R"("yes")"}},
        {{"kustomization.yaml", "patches:\n- path: patch-deployment-web.yaml\n"},
         {"patch-deployment-web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n    tier: back\n    more: \"yes\"\n"}}},
    Row{"APrefixedName", "namePrefix: prod-\n", {}, {"apps", "v1", "Deployment", "shop", "prod-web"}, {{".metadata.labels.tier", R"("back")"}},
        {{"kustomization.yaml", "namePrefix: prod-\npatches:\n- path: patch-deployment-prod-web.yaml\n"},
         {"patch-deployment-prod-web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n    tier: back\n"}}}),
    [](const auto& row) { return row.param.name; });

FakeSource plain_overlay(const std::string& kustomization, const std::map<std::string, std::string>& files = {}) { return overlay({"", kustomization, files, kWeb, {}, {}}); }

TEST(KustomizeRefusal, NamesTheLineThatFluxOwns) {
  const std::string marked = "images:\n- name: envoy\n  newTag: v2 # {\"$imagepolicy\": \"flux-system:envoy:tag\"}\n";
  const auto edits = set_image(plain_overlay(marked).source(), {"proxy", "v3", ""});
  ASSERT_FALSE(edits);
  EXPECT_EQ(edits.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(edits.error().message, HasSubstr("kustomization.yaml:8 is owned by Flux's image automation (policy flux-system:envoy)"));
  EXPECT_EQ(edits.error().message.find("patch"), std::string::npos);
}

TEST(KustomizeRefusal, OffersThePatchWithoutARenderer) {
  auto source = plain_overlay("").source();
  source.render_with = nullptr;
  auto edits = edit_source(source, {{kWeb, {{".spec.replicas", "5"}}}});
  ASSERT_FALSE(edits);
  EXPECT_EQ(edits.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(edits.error().message, HasSubstr("can't be rendered here"));
  EXPECT_THAT(edits.error().message, HasSubstr(kPatch + "spec:\n  replicas: 5\n"));
  source.render_with = [](const auto&) -> Result<std::vector<Manifest>> { return Error{ErrorKind::NotFound, "no kustomize in PATH"}; };
  edits = edit_source(source, {{kWeb, {{".spec.replicas", "5"}}}});
  ASSERT_FALSE(edits);
  EXPECT_EQ(edits.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(edits.error().message, HasSubstr("no kustomize in PATH"));
}

TEST(KustomizeRefusal, SaysWhatElseWouldChange) {
  // The entry serves both containers; one of them alone can't be changed by it, nor behind it by a patch.
  const auto two = replaced(kBase, "envoy:1", "registry.local:5000/shop/web:1.0");
  FakeSource fake({{"a/kustomization.yaml", "resources: [web.yaml]\nimages:\n- name: registry.local:5000/shop/web\n  newTag: v2\n"}, {"a/web.yaml", two}}, "a", RenderKind::Kustomize);
  const auto edits = edit_source(fake.source(), {{{"apps", "v1", "Deployment", "", "web"}, {{kApp + ".image", R"("registry.local:5000/shop/web:v3")"}}}});
  ASSERT_FALSE(edits);
  EXPECT_THAT(edits.error().message, HasSubstr("would also change at /spec/template/spec/containers/1/image"));
}

TEST(KustomizeRefusal, ASecretIsNotShown) {
  FakeSource fake({{"a/kustomization.yaml", "resources: [s.yaml]\n"}, {"a/s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {k: dg==}\n"}}, "a", RenderKind::Kustomize);
  auto source = fake.source();
  source.render_with = nullptr;
  const auto edits = edit_source(source, {{{"", "v1", "Secret", "", "s"}, {{".data.k", "\"aGlkZGVu\""}}}});
  ASSERT_FALSE(edits);
  EXPECT_EQ(edits.error().message.find("aGlkZGVu"), std::string::npos);
}

TEST(KustomizeRefusal, TheArgoFileThatDecidesTheImage) {
  const auto fake = plain_overlay("", {{".argocd-source-shop.yaml", "kustomize:\n  images:\n  - envoy:9\n"}});
  const auto image = set_image(fake.source(), {"envoy", "2", ""});
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message, HasSubstr(".argocd-source-shop.yaml sets the image envoy"));
  const auto other = edit_source(fake.source(), {{kWeb, {{".spec.replicas", "2"}}}});
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_THAT(other->front().places.back(), HasSubstr("note: shop/overlays/prod/.argocd-source-shop.yaml"));
}

TEST(KustomizeRefusal, TheOfferedPatchHasTheNameOfTheBase) {
  auto source = plain_overlay("namePrefix: prod-\n").source();
  source.render_with = nullptr;
  const auto edits = edit_source(source, {{{"apps", "v1", "Deployment", "shop", "prod-web"}, {{".spec.replicas", "5"}}}});
  ASSERT_FALSE(edits);
  EXPECT_THAT(edits.error().message, HasSubstr(kPatch));
}

TEST(KustomizeRefusal, AFailingRendererIsNoRefusal) {
  auto source = plain_overlay("").source();
  source.render_with = [](const auto&) -> Result<std::vector<Manifest>> { return Error{ErrorKind::Timeout, "too slow"}; };
  const auto edits = edit_source(source, {{kWeb, {{".spec.replicas", "5"}}}});
  ASSERT_FALSE(edits);
  EXPECT_EQ(edits.error().kind, ErrorKind::Timeout);
}

TEST(KustomizePromote, TagsGoFromOverlayToOverlay) {
  const auto stage = plain_overlay("images:\n- name: registry.local:5000/shop/web\n  newTag: \"2.0\"\n- name: envoy\n  newTag: v2\n");
  const auto prod = plain_overlay("images:\n  - name: envoy # proxy\n    newTag: v1\n");
  const auto edits = promote_images(stage.source(), prod.source());
  ASSERT_TRUE(edits) << edits.error().message;
  ASSERT_EQ(edits->size(), 1U);
  EXPECT_EQ(*edits->front().file.content, kHead + "images:\n  - name: envoy # proxy\n    newTag: v2\n  - name: registry.local:5000/shop/web\n    newTag: \"2.0\"\n");
}

TEST(KustomizeSourceCost, ManyValuesTakeOneRendering) {
  const auto fake = plain_overlay("");
  const auto source = fake.source();
  const auto edits = edit_source(source, {{kWeb, {{".spec.replicas", "2"}, {".metadata.labels.a", R"("1")"}, {".metadata.labels.b", R"("2")"}}}});
  ASSERT_TRUE(edits) << edits.error().message;
  EXPECT_EQ(fake.renders(), 1);
}

TEST(KustomizeImages, AllContainersOfOneImageMoveByOneEntry) {
  const auto two = replaced(kBase, "envoy:1", "registry.local:5000/shop/web:1.0");
  FakeSource fake({{"a/kustomization.yaml", "resources: [web.yaml]\nimages:\n- name: registry.local:5000/shop/web\n  newTag: v2\n"}, {"a/web.yaml", two}}, "a", RenderKind::Kustomize);
  const auto edits = set_image(fake.source(), {"app", "v3", ""});
  ASSERT_TRUE(edits) << edits.error().message;
  ASSERT_EQ(edits->size(), 1U);
  EXPECT_EQ(*edits->front().file.content, "resources: [web.yaml]\nimages:\n- name: registry.local:5000/shop/web\n  newTag: v3\n");
  EXPECT_EQ(edits->front().places, std::vector<std::string>{"a/kustomization.yaml: images[registry.local:5000/shop/web].newTag"});
}

}  // namespace
}  // namespace driftwarden
