// An object goes: its document or its file, the line that reads the file, and no other byte.
#include "gitops/edit/cut_document.hpp"
#include "gitops/edit/remove_object.hpp"
#include "tests/unit/gitops/edit/fake_renderers.hpp"

#include <gmock/gmock.h>

#include <ostream>

namespace driftwarden {
namespace {

using test::FakeSource;
using testing::AllOf;
using testing::HasSubstr;

ObjectRef config_map(const std::string& name, const std::string& name_space = "") { return {"", "v1", "ConfigMap", name_space, name}; }
std::string document(const std::string& name, const std::string& more = "") { return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n" + more; }

struct Row {
  std::string name;
  std::string text;
  std::string after;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};

class CutDocument : public testing::TestWithParam<Row> {};

TEST_P(CutDocument, LeavesEveryOtherByte) {
  const auto left = cut_document(GetParam().text, "x.yaml", config_map("b"));
  ASSERT_TRUE(left) << left.error().message;
  ASSERT_TRUE(left->has_value());
  EXPECT_EQ(**left, GetParam().after);
}

const std::string kA = document("a");
const std::string kB = document("b", "data:\n  x: |\n    --- no mark\n    y\n");
const std::string kC = document("c", "data: {k: v} # kept\n");

INSTANTIATE_TEST_SUITE_P(Places, CutDocument, testing::Values(
    Row{"TheFirst", kB + "---\n" + kA, kA},
    Row{"TheFirstWithItsMark", "---\n" + kB + "---\n" + kA, "---\n" + kA},
    Row{"TheFirstBeforeAMarkThatSaysMore", kB + "--- # the rest\n" + kA, "--- # the rest\n" + kA},
    Row{"OneInTheMiddle", kA + "---\n# of b\n" + kB + "# more of b\n---\n# of c\n" + kC, kA + "---\n# of c\n" + kC},
    Row{"TheLast", kA + "---\n" + kB, kA},
    Row{"TheLastWithoutALineEnd", kA + "---\n" + document("b").substr(0, document("b").size() - 1), kA},
    Row{"AHeadOfTheFileStays", "# about all\n---\n" + kB + "---\n" + kA, "# about all\n---\n" + kA},
    Row{"EmptyDocumentsStay", "---\n---\n" + kB + "---\n---\n" + kA + "---\n", "---\n---\n---\n" + kA + "---\n"},
    Row{"WindowsLineEnds", "apiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: b}\r\n---\r\napiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: a}\r\n",
        "apiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: a}\r\n"}),
    [](const auto& row) { return row.param.name; });

TEST(CutDocumentRefused, SaysWhy) {
  EXPECT_EQ(cut_document(kA, "x.yaml", config_map("b")).error().kind, ErrorKind::NotFound);
  EXPECT_THAT(cut_document(kB + "---\n" + kB, "x.yaml", config_map("b")).error().message, HasSubstr("more than once"));
  EXPECT_THAT(cut_document("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n", "x.yaml", config_map("b")).error().message, HasSubstr("in a list"));
  EXPECT_FALSE(cut_document("a: [\n", "x.yaml", config_map("b")));
  EXPECT_FALSE(cut_document(kB, "x.yaml", config_map("b"))->has_value()) << "nothing else is in the file";
  EXPECT_EQ(cut_document("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: other}\n", "x.yaml", config_map("b", "shop")).error().kind, ErrorKind::NotFound);
}

const std::map<std::string, std::string> kOverlay{
    {"shop/base/kustomization.yaml", "resources: [cm.yaml]\n"},
    {"shop/base/cm.yaml", document("shared")},
    {"shop/prod/kustomization.yaml", "namePrefix: p-\nresources:\n- ../base\n# the first\n- one.yaml # b alone\n- ./two.yaml\n- sub\n"},
    {"shop/prod/one.yaml", document("b")},
    {"shop/prod/two.yaml", kA + "---\n" + kC},
    {"shop/prod/sub/kustomization.yaml", "nameSuffix: -s\nresources:\n- deep.yaml\n- deeper.yaml\n"},
    {"shop/prod/sub/deep.yaml", document("deep")},
    {"shop/prod/sub/deeper.yaml", document("deeper")}};

std::map<std::string, std::optional<std::string>> edits_of(const Result<Removal>& removal) {
  std::map<std::string, std::optional<std::string>> edits;
  if (!removal) return {{removal.error().message, std::nullopt}};
  for (const auto& edit : removal->edits) edits[edit.path] = edit.content;
  return edits;
}

TEST(RemoveObject, OfAnOverlayGoesWithItsFileAndTheLine) {
  const auto source = FakeSource(kOverlay, "shop/prod", RenderKind::Kustomize).source();
  const auto removal = remove_objects(source, {config_map("p-b")});
  EXPECT_EQ(edits_of(removal), (std::map<std::string, std::optional<std::string>>{{"shop/prod/one.yaml", std::nullopt},
                                                                                  {"shop/prod/kustomization.yaml", "namePrefix: p-\nresources:\n- ../base\n# the first\n- ./two.yaml\n- sub\n"}}));
  ASSERT_EQ(removal->objects.size(), 1U);
  EXPECT_EQ(removal->objects.front().file, "shop/prod/one.yaml");
  EXPECT_TRUE(removal->objects.front().alone);
}

TEST(RemoveObject, TwoOfOneFileTakeTheFileWithThem) {
  const auto source = FakeSource(kOverlay, "shop/prod", RenderKind::Kustomize).source();
  EXPECT_EQ(edits_of(remove_objects(source, {config_map("p-c")})), (std::map<std::string, std::optional<std::string>>{{"shop/prod/two.yaml", kA}}));
  const auto both = edits_of(remove_objects(source, {config_map("p-a"), config_map("p-c")}));
  EXPECT_EQ(both.at("shop/prod/two.yaml"), std::nullopt);
  EXPECT_EQ(both.at("shop/prod/kustomization.yaml"), "namePrefix: p-\nresources:\n- ../base\n# the first\n- one.yaml # b alone\n- sub\n");
}

TEST(RemoveObject, BelowTheOverlayTheKustomizationThereLosesTheLine) {
  const auto source = FakeSource(kOverlay, "shop/prod", RenderKind::Kustomize).source();
  EXPECT_EQ(edits_of(remove_objects(source, {config_map("p-deeper-s")})),
            (std::map<std::string, std::optional<std::string>>{{"shop/prod/sub/deeper.yaml", std::nullopt}, {"shop/prod/sub/kustomization.yaml", "nameSuffix: -s\nresources:\n- deep.yaml\n"}}));
}

TEST(RemoveObject, WhatComesFromElsewhereStays) {
  const auto source = FakeSource(kOverlay, "shop/prod", RenderKind::Kustomize).source();
  for (const auto* name : {"p-shared", "p-nothing"}) EXPECT_THAT(remove_objects(source, {config_map(name)}).error().message, AllOf(HasSubstr("no file of shop/prod itself holds"), HasSubstr("from a base"))) << name;
}

TEST(RemoveObject, OfPlainFilesGoesFromItsFile) {
  const auto source = FakeSource({{"apps/a.yaml", kA + "---\n" + kB}, {"apps/deep/c.yaml", kC}}, "apps", RenderKind::Plain).source();
  EXPECT_EQ(edits_of(remove_objects(source, {config_map("b"), config_map("c")})), (std::map<std::string, std::optional<std::string>>{{"apps/a.yaml", kA}, {"apps/deep/c.yaml", std::nullopt}}));
  EXPECT_FALSE(remove_objects(source, {config_map("d")}));
}

TEST(RemoveObject, OfAChartIsForItsValuesOrForPeople) {
  const std::string made = "{{- if and .Values.scaling.enabled true }}\n" + document("site") + "{{- end }}\n";
  const auto source = FakeSource({{"chart/values.yaml", "scaling: {enabled: true}\n"}, {"chart/templates/a.yaml", made}, {"chart/templates/c.yaml", "# {{ .Release.Name }}\nkind: Job\n"}},
                                 "chart", RenderKind::Helm)
                          .source();
  const auto plain = FakeSource({{"chart/values.yaml", "{}\n"}, {"chart/templates/b.yaml", document("b")}, {"chart/templates/c.yaml", "# {{ .Release.Name }}\n" + kC}}, "chart", RenderKind::Helm).source();
  EXPECT_EQ(edits_of(remove_objects(plain, {config_map("b")})), (std::map<std::string, std::optional<std::string>>{{"chart/templates/b.yaml", std::nullopt}})) << "a manifest as it is, like those that a draft makes";
  EXPECT_THAT(remove_objects(source, {config_map("site")}).error().message, HasSubstr("chart/templates/a.yaml makes ConfigMap site where the chart's value scaling.enabled says so"));
  EXPECT_THAT(remove_objects(source, {{"batch", "v1", "Job", "", "j"}}).error().message, HasSubstr("a template of the chart in chart makes Job j"));
  const auto plugin = FakeSource({{"x/a.yaml", kA}}, "x", RenderKind::Plugin).source();
  EXPECT_THAT(remove_objects(plugin, {config_map("a")}).error().message, HasSubstr("a plugin makes"));
}

}  // namespace
}  // namespace driftwarden
