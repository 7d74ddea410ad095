#include "gitops/render/render.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using testing::HasSubstr;

SourceFile config_map(std::string path, const std::string& name, const std::string& space = {}) {
  return {std::move(path), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + (space.empty() ? "" : ", namespace: " + space) + "}\n"};
}

TEST(Render, FillsNamespacesAndOrders) {
  const std::vector<SourceFile> files{config_map("b.yaml", "b", "other"),
                                      config_map("sub/a.yml", "a"),
                                      {"ns.json", R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop","namespace":"wrong"}})"},
                                      {"README.md", "no manifest"},
                                      {".driftwarden/pins/shop.yaml", "revision: x"}};
  const auto rendered = render(files, RenderKind::Auto, "shop");
  ASSERT_TRUE(rendered) << rendered.error().message;
  ASSERT_EQ(rendered->manifests.size(), 3U);
  EXPECT_EQ(to_string(rendered->manifests[0].ref), "Namespace shop");
  EXPECT_EQ(rendered->manifests[1].ref.namespace_, "other");
  EXPECT_EQ(rendered->manifests[2].ref.namespace_, "shop");
  EXPECT_EQ((*rendered->manifests[2].body)["metadata"]["namespace"], "shop");
  EXPECT_FALSE((*rendered->manifests[0].body)["metadata"].contains("namespace"));
}

TEST(Render, DigestIsOfTheObjectsNotOfTheFiles) {
  const auto one = render({config_map("a.yaml", "a"), config_map("b.yaml", "b")}, RenderKind::Plain, "shop");
  const auto other = render({config_map("y/x.yaml", "b"), config_map("z.yaml", "a")}, RenderKind::Plain, "shop");
  const auto third = render({config_map("a.yaml", "a"), config_map("b.yaml", "c")}, RenderKind::Plain, "shop");
  EXPECT_EQ(one->digest, other->digest);
  EXPECT_NE(one->digest, third->digest);
}

TEST(Render, SameObjectTwiceNamesBothFiles) {
  const auto rendered = render({config_map("a.yaml", "a"), config_map("b.yaml", "a", "shop")}, RenderKind::Plain, "shop");
  ASSERT_FALSE(rendered);
  EXPECT_THAT(rendered.error().message, testing::AllOf(HasSubstr("a.yaml:1"), HasSubstr("b.yaml:1"), HasSubstr("ConfigMap shop/a")));
}

TEST(Render, RefusesWhatNeedsATool) {
  EXPECT_THAT(render({{"kustomization.yaml", "resources: []"}}, RenderKind::Auto, "").error().message, HasSubstr("kustomize"));
  EXPECT_THAT(render({{"Chart.yaml", "name: x"}}, RenderKind::Auto, "").error().message, HasSubstr("Helm"));
  EXPECT_THAT(render({}, RenderKind::Helm, "").error().message, HasSubstr("helm"));
  EXPECT_THAT(render({{"values.yaml", "image: x"}}, RenderKind::Plain, "").error().message, HasSubstr("values.yaml:1: no Kubernetes object"));
}

TEST(Render, DefinitionsSayWhichKindsHaveNoNamespace) {
  const auto rendered = render({{"a.yaml", "apiVersion: x.io/v1\nkind: Wide\nmetadata: {name: w}\n"},
                                {"b.yaml",
                                 "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: wides.x.io}\n"
                                 "spec: {group: x.io, scope: Cluster, names: {kind: Wide}}\n"}},
                               RenderKind::Plain, "shop");
  ASSERT_TRUE(rendered) << rendered.error().message;
  EXPECT_EQ(to_string(rendered->manifests.back().ref), "Wide w");
}

TEST(Render, NothingIsNothing) {
  const auto rendered = render({}, RenderKind::Auto, "shop");
  ASSERT_TRUE(rendered);
  EXPECT_TRUE(rendered->manifests.empty());
}

}  // namespace
}  // namespace driftwarden
