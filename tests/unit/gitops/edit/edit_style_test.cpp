// What an edit looks like: the text before, the edits, the text after.
#include "gitops/edit/edit.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace driftwarden {
namespace {

struct StyleRow {
  std::string name;
  std::string before;
  std::vector<ValueEdit> edits;
  std::string after;
  friend void PrintTo(const StyleRow& row, std::ostream* out) { *out << row.name; }
};

const std::string kHead = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n";
const ObjectRef kWeb{"apps", "v1", "Deployment", "shop", "web"};

class EditStyle : public testing::TestWithParam<StyleRow> {};

TEST_P(EditStyle, Keeps) {
  const auto edited = edit_manifest(kHead + GetParam().before, "web.yaml", kWeb, GetParam().edits);
  ASSERT_TRUE(edited) << edited.error().message;
  EXPECT_EQ(*edited, kHead + GetParam().after);
}

const std::string kPods =
    "spec:\n"
    "  replicas: 2  # two are enough\n"
    "  template:\n"
    "    spec:\n"
    "      containers:\n"
    "      # the app\n"
    "      - name: app\n"
    "        image: 'shop/web:1'  # from CI\n"
    "        env:\n"
    "        - name: A\n"
    "          value: \"1\"  # one\n"
    "        # about B\n"
    "        - {name: B, value: two}\n"
    "        args: [run, \"--fast\"]\n";
const std::string kApp = R"(.spec.template.spec.containers[name="app"])";

std::string changed(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  return at == std::string::npos ? "no '" + from + "' in the sample" : text.replace(at, from.size(), to);
}

INSTANTIATE_TEST_SUITE_P(Common, EditStyle, testing::Values(
    StyleRow{"ReplicasKeepTheirComment", kPods, {{".spec.replicas", "7"}}, changed(kPods, "replicas: 2  #", "replicas: 7  #")},
    StyleRow{"AnImageKeepsItsQuotes", kPods, {{kApp + ".image", R"("shop/web:2")"}}, changed(kPods, "'shop/web:1'", "'shop/web:2'")},
    StyleRow{"AnEnvValueStaysQuoted", kPods, {{kApp + R"(.env[name="A"].value)", R"("2")"}}, changed(kPods, "\"1\"", "\"2\"")},
    StyleRow{"AValueInFlowStyle", kPods, {{kApp + R"(.env[name="B"].value)", R"("a, b")"}}, changed(kPods, "value: two", "value: \"a, b\"")},
    StyleRow{"AnEnvIsAppended", kPods, {{kApp + R"(.env[name="C"])", R"({"name":"C","value":"true"})"}},
             changed(kPods, "value: two}\n", "value: two}\n        - name: C\n          value: \"true\"\n")},
    StyleRow{"AnEnvIsMadeOfItsPath", kPods, {{kApp + R"(.env[name="C"].value)", R"("x")"}},
             changed(kPods, "value: two}\n", "value: two}\n        - name: C\n          value: x\n")},
    StyleRow{"AnEnvIsRemovedAndTheCommentOfTheNextStays", kPods, {{kApp + R"(.env[name="A"])", {}}},
             changed(kPods, "        - name: A\n          value: \"1\"  # one\n", "")},
    StyleRow{"TheLastEnvLeavesAnEmptyList", kPods, {{kApp + R"(.env[name="A"])", {}}, {kApp + R"(.env[name="B"])", {}}},
             changed(kPods, "env:\n        - name: A\n          value: \"1\"  # one\n        # about B\n        - {name: B, value: two}\n", "env: []\n")},
    StyleRow{"AnArgumentIsAppendedInFlow", kPods, {{kApp + ".args", R"(["run","--fast","--level=debug"])"}},
             changed(kPods, "\"--fast\"]", "\"--fast\", \"--level=debug\"]")},
    StyleRow{"AnArgumentIsRemovedInFlow", kPods, {{kApp + ".args[0]", {}}}, changed(kPods, "[run, ", "[")},
    StyleRow{"NewStructureIsBlock", kPods, {{kApp + ".resources.limits.cpu", R"("500m")"}},
             kPods + "        resources:\n          limits:\n            cpu: 500m\n"},
    StyleRow{"TheFirstKeyOfAnElementIsRemoved", kPods, {{kApp + ".name", {}}},
             changed(kPods, "- name: app\n        image", "- image")},
    StyleRow{"OrderMovesLines", kPods, {{kApp + ".env", R"([{"name":"B","value":"two"},{"name":"A","value":"1"}])"}},
             changed(kPods, "        - name: A\n          value: \"1\"  # one\n        # about B\n        - {name: B, value: two}\n",
                     "        - {name: B, value: two}\n        # about B\n        - name: A\n          value: \"1\"  # one\n")},
    StyleRow{"ALabelIsAdded", "spec: {}\n", {{".metadata.labels.tier", R"("web")"}}, "  labels:\n    tier: web\nspec: {}\n"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(Labels, EditStyle, testing::Values(
    StyleRow{"AddedAfterTheLast", "  labels:\n    a: b\n    # c: d\nspec: {}\n", {{".metadata.labels.tier", R"("web")"}},
             "  labels:\n    a: b\n    tier: web\n    # c: d\nspec: {}\n"},
    StyleRow{"AddedWithANameThatNeedsNoQuotes", "  labels:\n    a: b\n", {{R"(.metadata.labels["app.kubernetes.io/name"])", R"("web")"}},
             "  labels:\n    a: b\n    app.kubernetes.io/name: web\n"},
    StyleRow{"RemovedWithItsComment", "  labels:\n    a: b # old\n    # about c\n    c: d\n", {{".metadata.labels.a", {}}},
             "  labels:\n    # about c\n    c: d\n"},
    StyleRow{"TheLastOneLeavesAnEmptyMap", "  labels:  # none\n    a: b\nspec: {}\n", {{".metadata.labels.a", {}}}, "  labels: {}  # none\nspec: {}\n"},
    StyleRow{"AddedToAnEmptyMap", "  labels: {}  # none\nspec: {}\n", {{".metadata.labels.a", R"("b")"}}, "  labels:  # none\n    a: b\nspec: {}\n"},
    StyleRow{"AddedToNull", "  labels:\nspec: {}\n", {{".metadata.labels.a", R"("b")"}}, "  labels:\n    a: b\nspec: {}\n"},
    StyleRow{"AddedInFlow", "  labels: { a: b }\n", {{".metadata.labels.c", R"("true")"}}, "  labels: { a: b, c: \"true\" }\n"},
    StyleRow{"RemovedInFlow", "  labels: {a: b, c: d, e: f}\n", {{".metadata.labels.e", {}}, {".metadata.labels.a", {}}}, "  labels: {c: d}\n"},
    StyleRow{"TheLastInFlow", "  labels: { a: b } # x\n", {{".metadata.labels.a", {}}}, "  labels: {} # x\n"},
    StyleRow{"AddedToFlowOverManyLines", "  labels: {\n    a: b, # one\n    c: d # two\n  }\n", {{".metadata.labels.e", R"("f")"}},
             "  labels: {\n    a: b, # one\n    c: d, # two\n    e: f\n  }\n"},
    StyleRow{"RemovedFromFlowOverManyLines", "  labels: {\n    a: b, # one\n    c: d # two\n  }\n", {{".metadata.labels.c", {}}},
             "  labels: {\n    a: b # one\n  }\n"},
    StyleRow{"RemovingWhatIsNotThereChangesNothing", "  labels: {a: b}\n", {{".metadata.annotations.x", {}}}, "  labels: {a: b}\n"},
    StyleRow{"SettingTheSameValueChangesNothing", "spec: {mode: 0644, on: yes}\n", {{".spec.mode", "420"}}, "spec: {mode: 0644, on: yes}\n"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(Scalars, EditStyle, testing::Values(
    StyleRow{"TextThatReadsAsANumberIsQuoted", "spec:\n  a: x\n", {{".spec.a", R"("010")"}}, "spec:\n  a: \"010\"\n"},
    StyleRow{"TextThatReadsAsABooleanIsQuoted", "spec:\n  a: x\n", {{".spec.a", R"("off")"}}, "spec:\n  a: \"off\"\n"},
    StyleRow{"NumbersLoseTheQuotes", "spec:\n  a: \"1\"\n", {{".spec.a", "2"}}, "spec:\n  a: 2\n"},
    StyleRow{"TheFilesQuoteIsUsed", "spec:\n  a: x\n  b: 'y'\n", {{".spec.a", R"("yes")"}}, "spec:\n  a: 'yes'\n  b: 'y'\n"},
    StyleRow{"SingleQuotesAreDoubled", "spec:\n  b: 'y'\n", {{".spec.b", R"("it's")"}}, "spec:\n  b: 'it''s'\n"},
    StyleRow{"PlainTextWithACommaStaysPlain", "spec:\n  a: x\n", {{".spec.a", R"("--to=a,b")"}}, "spec:\n  a: --to=a,b\n"},
    StyleRow{"OtherScriptsStayPlain", "spec:\n  a: x\n", {{".spec.a", R"("größer")"}}, "spec:\n  a: größer\n"},
    StyleRow{"NullIsWritten", "spec:\n  a: x # c\n", {{".spec.a", "null"}}, "spec:\n  a: null # c\n"},
    StyleRow{"NothingBecomesSomething", "spec:\n  a: # c\n  b: 1\n", {{".spec.a", "true"}}, "spec:\n  a: true # c\n  b: 1\n"},
    StyleRow{"ALongTextOverTwoLines", "spec:\n  a: one\n    two # c\n  b: 1\n", {{".spec.a", R"("three")"}}, "spec:\n  a: three # c\n  b: 1\n"},
    StyleRow{"AScalarBecomesAMap", "spec:\n  a: x # c\n  b: 1\n", {{".spec.a", R"({"k":[1,"2"]})"}},
             "spec:\n  a: # c\n    k:\n    - 1\n    - \"2\"\n  b: 1\n"},
    StyleRow{"AMapBecomesAScalar", "spec:\n  a: # c\n    k: 1 # d\n  b: 1\n", {{".spec.a", "5"}}, "spec:\n  a: 5 # c\n  b: 1\n"},
    StyleRow{"AnElementBecomesAMap", "spec:\n  l:\n    - x # c\n    - y\n", {{".spec.l[0]", R"({"a":1,"b":2})"}},
             "spec:\n  l:\n    - a: 1 # c\n      b: 2\n    - y\n"},
    StyleRow{"AnElementBecomesAScalar", "spec:\n  l:\n    - a: 1\n      b: 2\n    - y\n", {{".spec.l[0]", R"("x")"}}, "spec:\n  l:\n    - x\n    - y\n"},
    StyleRow{"TheWidthOfDashesIsKept", "spec:\n  l:\n    -   a: 1\n", {{".spec.l[1]", R"({"a":2,"b":3})"}},
             "spec:\n  l:\n    -   a: 1\n    -   a: 2\n        b: 3\n"},
    StyleRow{"AnUnusedAnchorStays", "spec:\n  a: &x 1 # c\n", {{".spec.a", "2"}}, "spec:\n  a: &x 2 # c\n"},
    StyleRow{"ATagGoesWithItsValue", "spec:\n  a: !!str 1 # c\n", {{".spec.a", "2"}}, "spec:\n  a: 2 # c\n"},
    StyleRow{"AnAnchorWithATagStays", "spec:\n  a: &x !!map # c\n    k: 1\n", {{".spec.a", "2"}}, "spec:\n  a: &x 2 # c\n"},
    StyleRow{"AnAnchorOfAnElementStays", "spec:\n  l:\n  - &x\n    k: 1\n", {{".spec.l[0]", "[1]"}}, "spec:\n  l:\n  - &x\n    - 1\n"},
    StyleRow{"NoFinalLineEnd", "spec:\n  a: 1", {{".spec.b", "2"}}, "spec:\n  a: 1\n  b: 2"},
    StyleRow{"RemovedBeforeNoFinalLineEnd", "spec:\n  a: 1\n  b: 2", {{".spec.b", {}}}, "spec:\n  a: 1\n"},
    StyleRow{"FourSpacesAreTheFilesStep", "spec:\n    deep:\n        a: 1\n", {{".spec.new.map.b", "2"}},
             "spec:\n    deep:\n        a: 1\n    new:\n      map:\n        b: 2\n"}),
    [](const auto& row) { return row.param.name; });

const std::string kConfig = "data:\n  a.conf: |  # mine\n    one\n\n    two\n\n  b: x\n";

INSTANTIATE_TEST_SUITE_P(Blocks, EditStyle, testing::Values(
    StyleRow{"AChangedLine", kConfig, {{R"(.data["a.conf"])", R"("one\n\nthree\n")"}}, changed(kConfig, "two", "three")},
    StyleRow{"WithoutAFinalLineEnd", kConfig, {{R"(.data["a.conf"])", R"("one")"}}, "data:\n  a.conf: |-  # mine\n    one\n\n  b: x\n"},
    StyleRow{"WithTwoFinalLineEnds", kConfig, {{R"(.data["a.conf"])", R"("one\n\n")"}}, "data:\n  a.conf: |+  # mine\n    one\n\n  b: x\n"},
    StyleRow{"FirstLineIndented", kConfig, {{R"(.data["a.conf"])", R"("  one\ntwo\n")"}},
             "data:\n  a.conf: |2  # mine\n      one\n    two\n\n  b: x\n"},
    StyleRow{"WhatNoBlockHoldsIsQuoted", kConfig, {{R"(.data["a.conf"])", R"("\none\r\n")"}}, "data:\n  a.conf: \"\\none\\r\\n\"\n\n  b: x\n"},
    StyleRow{"ManyLinesForOneAreQuoted", kConfig, {{".data.b", R"("x\ny\n")"}}, changed(kConfig, "b: x", "b: \"x\\ny\\n\"")},
    StyleRow{"ANewKeyWithManyLinesIsABlock", kConfig, {{R"(.data["c.conf"])", R"("x\ny\n")"}}, kConfig + "  c.conf: |\n    x\n    y\n"},
    StyleRow{"ANewBlockAtTheEndWithoutLineEnd", "data:\n  b: x", {{".data.c", R"("x\ny\n")"}}, "data:\n  b: x\n  c: |\n    x\n    y\n"},
    StyleRow{"ANewKeyWithBlankLinesAtTheEndIsQuoted", kConfig, {{".data.c", R"("x\n\n")"}}, kConfig + "  c: \"x\\n\\n\"\n"},
    StyleRow{"RemovedBlock", kConfig, {{R"(.data["a.conf"])", {}}}, "data:\n\n  b: x\n"},
    StyleRow{"FoldedStaysFolded", "data:\n  a: >-\n    one\n    two\n", {{".data.a", R"("one three")"}}, "data:\n  a: >-\n    one three\n"},
    StyleRow{"ABlockBecomesANumber", kConfig, {{R"(.data["a.conf"])", "1"}}, "data:\n  a.conf: 1\n\n  b: x\n"},
    StyleRow{"ABlockAtTheEndWithoutLineEnd", "data:\n  a: |-\n    one", {{".data.a", R"("two\n")"}}, "data:\n  a: |\n    two\n"}),
    [](const auto& row) { return row.param.name; });

TEST(EditLineEnds, AreThoseOfTheFile) {
  const std::string before = "\xEF\xBB\xBF" "apiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: c\r\ndata:\r\n  a: 'x'  # c\r\n  b: |\r\n    one\r\n    two\r\n";
  const auto edited = edit_manifest(before, "c.yaml", {"", "v1", "ConfigMap", "", "c"}, {{".data.a", R"("y")"}, {".data.b", R"("one\n2\n")"}, {".data.c", "\"z\""}});
  ASSERT_TRUE(edited) << edited.error().message;
  EXPECT_EQ(*edited, "\xEF\xBB\xBF" "apiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: c\r\ndata:\r\n  a: 'y'  # c\r\n  b: |\r\n    one\r\n    2\r\n  c: z\r\n");
}

TEST(EditJson, StaysJson) {
  const std::string before = "{\n  \"apiVersion\": \"v1\", \"kind\": \"ConfigMap\",\n  \"metadata\": {\"name\": \"c\"},\n  \"data\": {\n    \"a\": \"x\"\n  }\n}\n";
  const auto edited = edit_manifest(before, "c.json", {"", "v1", "ConfigMap", "", "c"}, {{".data.a", "\"y\""}, {".data.b", "\"z\""}, {".metadata.labels.l", "\"1\""}});
  ASSERT_TRUE(edited) << edited.error().message;
  EXPECT_EQ(*edited, "{\n  \"apiVersion\": \"v1\", \"kind\": \"ConfigMap\",\n  \"metadata\": {\"name\": \"c\", \"labels\": {\"l\": \"1\"}},\n"
                     "  \"data\": {\n    \"a\": \"y\",\n    \"b\": \"z\"\n  }\n}\n");
}

}  // namespace
}  // namespace driftwarden
