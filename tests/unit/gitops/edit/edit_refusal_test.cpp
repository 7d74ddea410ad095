// What is not edited, and which document is.
#include "gitops/edit/edit.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace driftwarden {
namespace {

const ObjectRef kC{"", "v1", "ConfigMap", "shop", "c"};
const std::string kHead = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";

struct RefusalRow {
  std::string name;
  std::string text;
  ValueEdit edit;
  std::string says;
  friend void PrintTo(const RefusalRow& row, std::ostream* out) { *out << row.name; }
};

class EditRefusal : public testing::TestWithParam<RefusalRow> {};

TEST_P(EditRefusal, SaysWhereAndWhy) {
  const auto edited = edit_manifest(kHead + GetParam().text, "c.yaml", kC, {GetParam().edit});
  ASSERT_FALSE(edited) << *edited;
  EXPECT_EQ(edited.error().kind, ErrorKind::InvalidInput);
  EXPECT_NE(edited.error().message.find(GetParam().says), std::string::npos) << edited.error().message;
}

INSTANTIATE_TEST_SUITE_P(Rules, EditRefusal, testing::Values(
    RefusalRow{"AnAlias", "data: {a: &x 1, b: *x}\n", {".data.b", "2"}, "c.yaml:4: the value is an alias (*x)"},
    RefusalRow{"InsideAnAlias", "data:\n  a: &x {k: 1}\n  b: *x\n", {".data.b.k", "2"}, "c.yaml:6: the value is an alias"},
    RefusalRow{"AnAnchorThatIsUsed", "data:\n  a: &x 1\n  b: *x\n", {".data.a", "2"}, "c.yaml:5: the value has an anchor that line 6 uses"},
    RefusalRow{"InsideAnAnchorThatIsUsed", "data:\n  a: &x\n    k: 1\n  b: *x\n", {".data.a.k", "2"}, "anchor that line 7 uses"},
    RefusalRow{"AddedInsideAnAnchorThatIsUsed", "data:\n  a: &x\n    k: 1\n  b: *x\n", {".data.a.new", "2"}, "anchor that line 7 uses"},
    RefusalRow{"RemovedAroundAnAnchorThatIsUsed", "data:\n  a:\n    k: &x 1\n  b: *x\n", {".data.a", {}}, "an anchor inside the value is used by line 7"},
    RefusalRow{"BehindAMergeKey", "base: &x {k: 1}\ndata:\n  <<: *x\n  l: 2\n", {".data.k", "3"}, "c.yaml:6: k comes from a merge key"},
    RefusalRow{"ADoubledKey", "data:\n  a: 1\n  a: 2\n", {".data.a", "3"}, "c.yaml:6: the key a is there twice"},
    RefusalRow{"AKeyWithAQuestionMark", "data:\n  ? a\n  : 1\n", {".data.a", "3"}, "can't be edited"},
    RefusalRow{"ATemplate", "data:\n  a: x\n  b: foo-{{ .Values.x }}\n", {".data.a", "3"}, "c.yaml:6: the file is a template"},
    RefusalRow{"ATemplateThatIsNoYaml", "data:\n  a: x\n{{- if .b }}\n  b: 1\n{{- end }}\n", {".data.a", "3"}, "template"},
    RefusalRow{"AnEmptyBlockThatTheParserMisreads", "data:\n  a: |\n  b: x\n", {".data.c", "3"}, "c.yaml:5: an empty block scalar"},
    RefusalRow{"ThroughAPlainValue", "data:\n  a: x\n", {".data.a.b", "3"}, "leads through a plain value"},
    RefusalRow{"NoPath", "data: {}\n", {"data", "3"}, "path"},
    RefusalRow{"NoJson", "data: {}\n", {".data.a", "{"}, "is not JSON"}),
    [](const auto& row) { return row.param.name; });

TEST(EditTemplate, BracesInQuotesCommentsAndBlocksAreText) {
  const auto text = kHead + "data:\n  # {{ x }}\n  a: x\n  b: \"{{ y }}\"\n  c: |\n    {{ z }}\n";
  const auto edited = edit_manifest(text, "c.yaml", kC, {{".data.a", "\"{{ w }}\""}});
  ASSERT_TRUE(edited) << edited.error().message;
  EXPECT_EQ(*edited, kHead + "data:\n  # {{ x }}\n  a: \"{{ w }}\"\n  b: \"{{ y }}\"\n  c: |\n    {{ z }}\n");
}

TEST(EditChoosesTheDocument, ByNamespaceWhenItIsStated) {
  const std::string one = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: other}\ndata: {a: 1}\n";
  const std::string two = "--- # second\n# about it\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: 1}\n";
  const auto edited = edit_manifest(one + two, "c.yaml", kC, {{".data.a", "2"}});
  ASSERT_TRUE(edited) << edited.error().message;
  EXPECT_EQ(*edited, one + "--- # second\n# about it\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: 2}\n");
}

TEST(EditChoosesTheDocument, InsideAList) {
  const std::string text = "---\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: c}\n- apiVersion: v1\n  kind: ConfigMap\n"
                           "  metadata:\n    name: c\n";
  const auto edited = edit_manifest(text, "c.yaml", kC, {{".data.a", "\"2\""}});
  ASSERT_TRUE(edited) << edited.error().message;
  EXPECT_EQ(*edited, text + "  data:\n    a: \"2\"\n");
}

TEST(EditChoosesTheDocument, NotFoundWhenNoneIsIt) {
  const auto edited = edit_manifest(kHead, "c.yaml", {"", "v1", "ConfigMap", "", "d"}, {});
  ASSERT_FALSE(edited);
  EXPECT_EQ(edited.error().kind, ErrorKind::NotFound);
}

TEST(EditChoosesTheDocument, RefusesWhenItIsThereTwice) {
  const auto edited = edit_manifest(kHead + "---\n" + kHead, "c.yaml", kC, {});
  ASSERT_FALSE(edited);
  EXPECT_EQ(edited.error().kind, ErrorKind::InvalidInput);
}

}  // namespace
}  // namespace driftwarden
