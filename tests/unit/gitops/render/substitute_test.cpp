// Flux's own tables of what its envsubst makes of a text, in our words.
#include "gitops/render/substitute.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct TextRow {
  std::string name;
  std::string text;
  std::string result;
  friend void PrintTo(const TextRow& row, std::ostream* out) { *out << row.name; }
};
class SubstituteTable : public testing::TestWithParam<TextRow> {};
TEST_P(SubstituteTable, Gives) {
  const auto made = substitute(GetParam().text, {{"word", "abcDEF"}, {"file", "bash.string.txt"}, {"path", "/path/to/file"}, {"empty", ""}, {"lines", "a\nb\n"}, {"abc", "abcABCabc"}});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(*made, GetParam().result);
}
INSTANTIATE_TEST_SUITE_P(Flux, SubstituteTable,
                         testing::Values(TextRow{"NoVariable", "a $word {word} $", "a $word {word} $"}, TextRow{"AValue", "<${word}>", "<abcDEF>"}, TextRow{"AnUnsetOneIsEmpty", "<${none}>", "<>"},
                                         TextRow{"WithoutLineEnds", "${lines}", "ab"}, TextRow{"Escaped", "$${word} $$word $$$${word}", "${word} $word $${word}"},
                                         TextRow{"EscapedAmongOthers", "${word}$${x$${word}$word${word}", "abcDEF${x${word}$wordabcDEF"}, TextRow{"ADefault", "${none:-x y}${word:-z}", "x yabcDEF"},
                                         TextRow{"ADefaultOfAnEmptyOne", "${empty:-x}", "x"}, TextRow{"AssignedDefaults", "${none:=x}${none=y}", "xy"}, TextRow{"NoDefault", "${none:-}", ""},
                                         TextRow{"NestedDefaults", "${none:=pre-${word}-${other:-post}}", "pre-abcDEF-post"}, TextRow{"TheLength", "${#word}", "6"},
                                         TextRow{"UpperCase", "${word^} ${word^^}", "AbcDEF ABCDEF"}, TextRow{"LowerCase", "${word,} ${word,,}", "abcDEF abcdef"},
                                         TextRow{"APart", "${word:2} ${word:1:2} ${word:1:-1} ${word:9}", "cDEF bc bcDE "}, TextRow{"NoNumber", "${word:x}", "abcDEF"},
                                         TextRow{"Prefixes", "${file#*.} ${file##*.} ${path#*/}", "string.txt txt path/to/file"}, TextRow{"Suffixes", "${file%.*} ${file%%.*}", "bash.string bash"},
                                         TextRow{"Replacements", "${abc/abc/x} ${abc//abc/x} ${abc/#abc/x} ${abc/%abc/x} ${abc/abc/}", "xABCabc xABCx xABCabc abcABCx ABCabc"},
                                         TextRow{"EscapesInReplacements", "${path//\\//-}", "-path-to-file"}, TextRow{"PutBeforeAndBehind", "${word/#/<}${word/%/>}", "<abcDEFabcDEF>"}),
                         [](const auto& row) { return row.param.name; });

TEST(Substitute, WhatFluxRefusesIsRefused) {
  for (const auto* text : {"${", "${}", "${word", "${array[@]}", "${word-x}", "${a b}", "${word:-x", "${#word", "${word/a}"}) {
    const auto made = substitute(text, {});
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().kind, ErrorKind::InvalidInput);
    EXPECT_THAT(made.error().message, HasSubstr("write $${"));
  }
  EXPECT_FALSE(substitute(std::string(1000, '$') + "x" + [] {
    std::string deep;
    for (int i = 0; i < 100; ++i) deep += "${a:-";
    return deep;
  }(), {}));
}

std::vector<Manifest> objects(const std::string& text) {
  auto manifests = parse_manifests(text, "x.yaml");
  EXPECT_TRUE(manifests) << manifests.error().message;
  return manifests ? std::move(*manifests) : std::vector<Manifest>();
}

TEST(SubstituteInObjects, ReadsAWholeValueAsYaml) {
  auto all = objects(
      "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${app}\n  labels:\n    ${key}: v\nspec:\n  replicas: ${count}\n  paused: ${flag:-true}\n  list: ${list}\n"
      "  quoted: \"${count}\"\n  gone: ${none}\n  text: 'a: ${count}'\n  mixed: x-${count}\n  script: |\n    echo ${count} $${HOME}\n");
  ASSERT_TRUE(substitute_in(all, {{"app", "web"}, {"key", "team"}, {"count", "3"}, {"list", "[a, b]"}}));
  EXPECT_EQ(all[0].ref.name, "web");
  EXPECT_EQ(all[0].body->at("metadata").at("labels"), json({{"team", "v"}}));
  EXPECT_EQ(all[0].body->at("spec"), json::parse(R"({"replicas": 3, "paused": true, "list": ["a", "b"], "quoted": 3, "gone": null, "text": "a: 3", "mixed": "x-3",
                                                     "script": "echo 3 ${HOME}\n"})"))
      << "as Flux, for whom quotes go when kustomize writes the object";
}

TEST(SubstituteInObjects, LeavesAloneWhatSaysSo) {
  auto all = objects(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}\ndata: {x: '${count}'}\n---\n"
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, labels: {kustomize.toolkit.fluxcd.io/substitute: disabled}}\ndata: {x: '${array[@]}'}\n---\n"
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {x: 'v${count}'}\n");
  ASSERT_TRUE(substitute_in(all, {{"count", "3"}}));
  EXPECT_EQ(all[0].body->at("data").at("x"), "${count}");
  EXPECT_EQ(all[1].body->at("data").at("x"), "${array[@]}");
  EXPECT_EQ(all[2].body->at("data").at("x"), "v3");
}

TEST(SubstituteInObjects, WithoutVariablesNothingIsDone) {
  auto all = objects("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '${count:-3}', y: '${array[@]}'}\n");
  ASSERT_TRUE(substitute_in(all, {}));
  EXPECT_EQ(all[0].body->at("data").at("x"), "${count:-3}");
}

TEST(SubstituteInObjects, AMistakeNamesTheObject) {
  auto all = objects("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {y: '${array[@]}'}\n");
  EXPECT_THAT(substitute_in(all, {{"x", "1"}}).error().message, HasSubstr("ConfigMap a: \"${array[@]}\" is no substitution"));
  EXPECT_THAT(substitute_in(all, {{"1x", "1"}}).error().message, HasSubstr("\"1x\" is no name of a variable"));
  all = objects("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '${none}'}\n");
  EXPECT_THAT(substitute_in(all, {{"x", "1"}}).error().message, HasSubstr("no kind or name"));
  all = objects("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {y: '${x}'}\n");
  EXPECT_THAT(substitute_in(all, {{"x", "[a"}}).error().message, HasSubstr("is no YAML"));
}

}  // namespace
}  // namespace driftwarden
