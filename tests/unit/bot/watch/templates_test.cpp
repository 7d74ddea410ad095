// Templates of new Apps: what is read, what is refused with its file and line, and what a value becomes in YAML.
#include "bot/watch/templates.hpp"

#include "bot/watch/template_pattern.hpp"
#include "gitops/manifest/manifest.hpp"
#include "tests/unit/gitops/repository/fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kGood = R"(title: Web service
description: A Deployment
path: apps/{{name}}/prod
namespace: shop
parameters:
  - {name: team, title: Team, choices: [shop, pay], required: true}
  - {name: replicas, default: "2", pattern: "[1-9]"}
)";

std::vector<TreeEntry> files(const std::string& description = kGood, const std::string& manifest = "metadata:\n  name: {{name}}\n  team: {{team}}\nspec:\n  replicas: {{replicas}}\n") {
  return {{"deployment.yaml", manifest}, {"template.yaml", description}};
}

std::map<std::string, std::string> values(const std::string& name, const std::string& value) { return {{"name", "cart"}, {name, value}}; }

TEST(Template, IsReadWhole) {
  const auto read = parse_template("web", files());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->title, "Web service");
  EXPECT_EQ(read->path, "apps/{{name}}/prod");
  ASSERT_EQ(read->parameters.size(), 2U);
  EXPECT_EQ(read->parameters[0].title, "Team");
  EXPECT_EQ(read->parameters[1].title, "replicas") << "its name without a title";
  EXPECT_EQ(read->files.size(), 1U);
  EXPECT_TRUE(read->uses("team"));
  EXPECT_FALSE(read->uses("image"));
}

struct BadRow {
  std::string name;
  std::vector<TreeEntry> files;
  std::string says;
  friend void PrintTo(const BadRow& row, std::ostream* out) { *out << row.name; }
};
class BadTemplates : public testing::TestWithParam<BadRow> {};
TEST_P(BadTemplates, SayWhereAndWhatIsExpected) {
  const auto read = parse_template("web", GetParam().files);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(read.error().message, HasSubstr(GetParam().says));
  EXPECT_THAT(read.error().message, StartsWith(".driftwarden/templates/web/"));
}
std::vector<TreeEntry> described(const std::string& more) { return files("title: Web\n" + more, "name: {{name}}\n"); }
const std::vector<BadRow> kBad{
    {"NoDescription", {{"deployment.yaml", "a: b\n"}}, "web/template.yaml:1:"},
    {"NoTitle", files("description: x\n", "a: {{name}}\n"), "template.yaml:1"},
    {"NoOtherFile", {{"template.yaml", "title: x\n"}}, "no files beside it"},
    {"BrokenYaml", files("title: [x\n"), "template.yaml:"},
    {"AList", files("- a\n"), "template.yaml:1"},
    {"UnknownKey", described("nmae: x\n"), "template.yaml:2"},
    {"UnknownPlaceholder", files(kGood, "a: b\nc: {{temm}}\n"), "deployment.yaml:2: unknown placeholder {{temm}}, expected \"team\""},
    {"UnknownInThePath", described("path: apps/{{nam}}\n"), "template.yaml:2: unknown placeholder {{nam}}"},
    {"UnknownInAFileName", {{"template.yaml", "title: x\n"}, {"{{what}}.yaml", "a: {{name}}\n"}}, "unknown placeholder {{what}}"},
    {"NoEnd", files(kGood, "a: 1\nb: {{team\n}}"), "deployment.yaml:2: \"{{\" has no end"},
    {"HelmsBraces", files(kGood, "a: {{ .Values.x }}\n"), "deployment.yaml:1: \"{{.Values.x}}\" is no placeholder"},
    {"ParameterWithoutName", described("parameters:\n  - {title: x}\n"), "template.yaml:3"},
    {"ParameterOfABadName", described("parameters:\n  - {name: Team}\n"), "template.yaml:3"},
    {"ParameterTwice", described("parameters:\n  - {name: team}\n  - {name: team}\n"), "template.yaml:4"},
    {"ParameterCalledName", described("parameters:\n  - {name: name}\n"), "known to every template"},
    {"ParameterThatNothingSays", described("parameters:\n  - {name: team}\n"), "the parameter team stands nowhere"},
    {"BadPattern", described("parameters:\n  - name: team\n    pattern: \"[a-\"\n"), "template.yaml:4"},
    {"DefaultThatDoesNotMatch", described("parameters:\n  - name: team\n    pattern: \"[a-z]+\"\n    default: \"7\"\n"), "template.yaml:5"},
    {"DefaultThatIsNoChoice", described("parameters:\n  - name: team\n    choices: [a, b]\n    default: c\n"), "is none of a, b"},
    {"QuoteInAChoice", described("parameters:\n  - name: team\n    choices: ['a\"b']\n"), "which a value can't have"},
};
INSTANTIATE_TEST_SUITE_P(Files, BadTemplates, testing::ValuesIn(kBad), [](const auto& row) { return row.param.name; });

TEST(TemplateValues, DefaultsAreFilledIn) {
  const auto from = parse_template("web", files());
  ASSERT_TRUE(from);
  TemplateInputs inputs;
  inputs.name = "cart";
  inputs.parameters = {{"team", "pay"}};
  const auto made = template_values(*from, inputs);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->at("replicas"), "2");
  EXPECT_EQ(made->at("team"), "pay");
}

struct ValueRow {
  std::string name;
  std::map<std::string, std::string> parameters;
  std::string says;
  friend void PrintTo(const ValueRow& row, std::ostream* out) { *out << row.name; }
};
class BadValues : public testing::TestWithParam<ValueRow> {};
TEST_P(BadValues, AreRefusedByName) {
  const auto from = parse_template("web", files());
  ASSERT_TRUE(from);
  TemplateInputs inputs;
  inputs.name = "cart";
  inputs.parameters = GetParam().parameters;
  const auto made = template_values(*from, inputs);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(made.error().message, HasSubstr(GetParam().says));
}
INSTANTIATE_TEST_SUITE_P(Values, BadValues,
                         testing::Values(ValueRow{"Missing", {}, "team is needed"}, ValueRow{"NoChoice", {{"team", "x"}}, "none of shop, pay"},
                                         ValueRow{"NoMatch", {{"team", "pay"}, {"replicas", "0"}}, "isn't of the form [1-9]"}, ValueRow{"Unknown", {{"team", "pay"}, {"replica", "2"}}, "expected \"replicas\""},
                                         ValueRow{"Newline", {{"team", "pay\nkind: Secret"}}, "a control character"}, ValueRow{"NextLine", {{"team", "pay\xc2\x85kind: Secret"}}, "a control character"},
                                         ValueRow{"LineSeparator", {{"team", "pay\xe2\x80\xa8x"}}, "a line separator"}, ValueRow{"ParagraphSeparator", {{"team", "pay\xe2\x80\xa9x"}}, "a line separator"},
                                         ValueRow{"ByteOrderMark", {{"team", "\xef\xbb\xbfpay"}}, "a mark that is no letter"}, ValueRow{"NoUtf8", {{"team", "pay\xff"}}, "isn't UTF-8"},
                                         ValueRow{"CutUtf8", {{"team", "pay\xe2\x80"}}, "isn't UTF-8"}, ValueRow{"Overlong", {{"team", "pay\xc0\x8ax"}}, "isn't UTF-8"}, ValueRow{"Surrogate", {{"team", "\xed\xa0\x80"}}, "isn't UTF-8"},
                                         ValueRow{"TurnsAround", {{"team", "\xe2\x80\xaeyap"}}, "turns the writing around"},
                                         ValueRow{"Quote", {{"team", "pay\""}}, "the character \""},
                                         ValueRow{"Apostrophe", {{"team", "o'pay"}}, "the character '"}, ValueRow{"Braces", {{"team", "{{name}}"}}, "double braces"},
                                         ValueRow{"Long", {{"team", std::string(300, 'a')}}, "longer than"}),
                         [](const auto& row) { return row.param.name; });

TEST(TemplateValues, WhatTheFilesUseIsNeeded) {
  const auto from = parse_template("web", files("title: x\n", "image: {{image}}\nname: {{name}}\n"));
  ASSERT_TRUE(from);
  TemplateInputs inputs;
  inputs.name = "cart";
  EXPECT_THAT(template_values(*from, inputs).error().message, HasSubstr("needs an image"));
  inputs.image = "web:1";
  EXPECT_TRUE(template_values(*from, inputs));
}

struct YamlRow {
  std::string name;
  std::string line;     ///< of the template, with {{team}}
  std::string value;
  std::string becomes;  ///< "" = refused
  friend void PrintTo(const YamlRow& row, std::ostream* out) { *out << row.name; }
};
class InYaml : public testing::TestWithParam<YamlRow> {};
TEST_P(InYaml, AValueStaysOneScalar) {
  AppTemplate from;
  from.name = "web";
  from.files = {{"a.yaml", GetParam().line + "\n"}};
  const auto made = fill_template(from, values("team", GetParam().value), "apps/cart");
  if (GetParam().becomes.empty()) {
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message, HasSubstr(".driftwarden/templates/web/a.yaml:1: {{team}}"));
    return;
  }
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->front().path, "apps/cart/a.yaml");
  EXPECT_EQ(*made->front().content, GetParam().becomes + "\n");
  const auto read = parse_yaml(*made->front().content, "a.yaml");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->size(), 1U);
}
INSTANTIATE_TEST_SUITE_P(
    Lines, InYaml,
    testing::Values(YamlRow{"Plain", "team: {{team}}", "shop", "team: shop"}, YamlRow{"Spaces", "team: {{ team }}", "shop", "team: shop"}, YamlRow{"NumbersStayNumbers", "replicas: {{team}}", "3", "replicas: 3"},
                    YamlRow{"NumbersInQuotesAreText", "team: \"{{team}}\"", "3", "team: \"3\""}, YamlRow{"ColonIsQuoted", "team: {{team}}", "a: b", "team: \"a: b\""},
                    YamlRow{"CommentIsQuoted", "team: {{team}}", "a #b", "team: \"a #b\""}, YamlRow{"ListIsQuoted", "team: {{team}}", "[a, b]", "team: \"[a, b]\""},
                    YamlRow{"AnchorIsQuoted", "team: {{team}}", "*x", "team: \"*x\""}, YamlRow{"TagIsQuoted", "team: {{team}}", "!!binary x", "team: \"!!binary x\""}, YamlRow{"NullIsQuoted", "team: {{team}}", "null", "team: \"null\""},
                    YamlRow{"NothingIsText", "team: {{team}}", "", "team: \"\""}, YamlRow{"InAList", "- {{team}}", "a: b", "- \"a: b\""}, YamlRow{"KeyInAList", "- name: {{team}}", "- x", "- name: \"- x\""},
                    YamlRow{"InsideQuotes", "team: 'the {{team}}: all'", "a: #b", "team: 'the a: #b: all'"}, YamlRow{"InsidePlain", "host: {{team}}.acme.example", "shop", "host: shop.acme.example"},
                    YamlRow{"InsidePlainOnlyPlain", "host: x-{{team}}.acme.example", "a: b", ""}, YamlRow{"InAFlow", "labels: {team: {{team}}, x: y}", "a, b: c", ""},
                    YamlRow{"InAFlowPlain", "labels: {team: {{team}}, x: y}", "shop", "labels: {team: shop, x: y}"}, YamlRow{"InAComment", "a: 1 # of {{team}}", "a: b", "a: 1 # of a: b"},
                    YamlRow{"BeforeAComment", "team: {{team}} # who", "a: b", "team: \"a: b\" # who"}, YamlRow{"AsAKey", "{{team}}: x", "a: b", ""}, YamlRow{"AnImage", "image: {{team}}", "reg.acme.example:5000/a/b:1.2@sha256:ab", "image: reg.acme.example:5000/a/b:1.2@sha256:ab"}),
    [](const auto& row) { return row.param.name; });

TEST(TemplateFill, AnAppCalledTrueIsText) {
  AppTemplate from;
  from.name = "web";
  from.files = {{"a.yaml", "name: {{name}}\nport: {{port}}\n"}};
  const auto made = fill_template(from, {{"name", "true"}, {"port", "8080"}}, "apps/true");
  ASSERT_TRUE(made);
  EXPECT_EQ(*made->front().content, "name: \"true\"\nport: 8080\n");
}

TEST(TemplateFill, NamesOfFilesAndWhatIsVerbatim) {
  const auto from = parse_template("web", {{"template.yaml", "title: x\nverbatim: [\"chart/*\"]\n"}, {"{{name}}.yaml", "a: {{name}}\n"}, {"chart/templates/a.yaml", "a: {{ .Values.x }}\n"}, {"notes.txt", "of {{name}}: x\n"}});
  ASSERT_TRUE(from) << from.error().message;
  const auto made = fill_template(*from, {{"name", "cart"}}, "apps/cart");
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_EQ(made->size(), 3U);
  EXPECT_EQ((*made)[0].path, "apps/cart/cart.yaml");
  EXPECT_EQ(*(*made)[1].content, "a: {{ .Values.x }}\n");
  EXPECT_EQ(*(*made)[2].content, "of cart: x\n");
}

struct PatternRow {
  std::string pattern;
  std::vector<std::string> yes;
  std::vector<std::string> no;
};
TEST(TemplatePatterns, MatchWhole) {
  const std::vector<PatternRow> rows{
      {"[a-z0-9-]+", {"a", "web-1"}, {"", "Web", "a b"}},
      {"^v?\\d+(\\.\\d+){2}$", {"1.2.3", "v10.0.1"}, {"1.2", "1.2.3.4", "v1.2.x"}},
      {"shop|pay(ment)?s?", {"shop", "pay", "payments", "pays"}, {"", "shops"}},
      {"[1-9]\\d{0,2}", {"1", "99", "999"}, {"0", "1000"}},
      {"a{2,}", {"aa", "aaaa"}, {"a"}},
      {"[^/]*", {"", "a.b"}, {"a/b"}},
      {"", {""}, {"a"}},
      {".*", {"", "anything: at all"}, {}},
      {"(a|aa)+b", {"aab"}, {std::string(199, 'a')}},
      {"((a*)*)*c", {"c", "aac"}, {std::string(199, 'a')}},  // would not end by backtracking
  };
  for (const auto& row : rows) {
    const auto pattern = TemplatePattern::parse(row.pattern);
    ASSERT_TRUE(pattern) << row.pattern << ": " << pattern.error().message;
    for (const auto& text : row.yes) EXPECT_TRUE(pattern->matches(text)) << row.pattern << " and " << text;
    for (const auto& text : row.no) EXPECT_FALSE(pattern->matches(text)) << row.pattern << " and " << text;
  }
  for (const char* bad : {"(", ")", "[", "a**b(", "*", "a{3,1}", "a{x}", "a{1000}", "\\", "\\q", "[z-a]", "((((((((((((a))))))))))))"}) EXPECT_FALSE(TemplatePattern::parse(bad)) << bad;
}

TEST(TemplatePatterns, HostileOnesAreRefusedOrAnsweredAtOnce) {
  for (const char* bad : {"a?{100}{100}{100}{100}", "a**", "a+?", "((a{100}){100}){100}", "(((){100}){100}){100}", "((a?){100}){99}"}) EXPECT_FALSE(TemplatePattern::parse(bad)) << bad;
  const std::string text(200, 'a');
  for (const char* slow : {"(a?){100}(a?){100}(a?){100}(a?){100}b", "((((a*)*)*)*)*b", "(a|aa)*(a|aa)*(a|aa)*b", "(.*a){20}b", "((a{0,9}){0,9}){0,9}b", "(|a|)*b"}) {
    const auto pattern = TemplatePattern::parse(slow);
    ASSERT_TRUE(pattern) << slow << ": " << pattern.error().message;
    EXPECT_FALSE(pattern->matches(text)) << slow << ": backtracking would not end";
    EXPECT_TRUE(pattern->matches(std::string(20, 'a') + "b")) << slow;
  }
  const auto name = TemplatePattern::parse("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){0,5}");
  ASSERT_TRUE(name) << name.error().message;
  EXPECT_TRUE(name->matches("shop.acme.example"));
  EXPECT_FALSE(name->matches("shop..example"));
}

class TemplatesInGit : public test::RepositoryTest {};

TEST_F(TemplatesInGit, AreReadAtTheHeadAndBrokenOnesAreTold) {
  test::write_file(work() / ".driftwarden/templates/web/template.yaml", "title: Web\n");
  test::write_file(work() / ".driftwarden/templates/web/a/b.yaml", "name: {{name}}\n");
  test::write_file(work() / ".driftwarden/templates/bad/template.yaml", "title: Bad\n");
  test::write_file(work() / ".driftwarden/templates/bad/a.yaml", "x: y\nname: {{nmae}}\n");
  test::write_file(work() / ".driftwarden/templates/README.md", "about {{these}}\n");
  publish_all("templates");
  const auto mirror = fetched();
  const auto head = mirror->head().value();
  const auto list = read_templates(*mirror, head);
  ASSERT_TRUE(list) << list.error().message;
  ASSERT_EQ(list->templates.size(), 1U);
  EXPECT_EQ(list->templates[0].name, "web");
  EXPECT_EQ(list->templates[0].files[0].path, "a/b.yaml");
  EXPECT_THAT(list->warnings, ElementsAre(HasSubstr(".driftwarden/templates/bad/a.yaml:2: unknown placeholder {{nmae}}")));
  EXPECT_TRUE(read_template(*mirror, head, "web"));
  EXPECT_THAT(read_template(*mirror, head, "wed").error().message, HasSubstr("did you mean web?"));
  EXPECT_EQ(read_template(*mirror, head, "../apps").error().kind, ErrorKind::NotFound);
}

TEST_F(TemplatesInGit, ARepositoryWithoutAnyHasNone) {
  publish("README", "x");
  const auto mirror = fetched();
  const auto list = read_templates(*mirror, mirror->head().value());
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->templates.empty());
  EXPECT_EQ(read_template(*mirror, mirror->head().value(), "web").error().kind, ErrorKind::NotFound);
}

}  // namespace
}  // namespace driftwarden
