#include "gitops/manifest/manifest.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct ScalarRow {
  std::string yaml;
  std::string as_json;
  friend void PrintTo(const ScalarRow& row, std::ostream* out) { *out << row.yaml; }
};

class ScalarTable : public testing::TestWithParam<ScalarRow> {};

TEST_P(ScalarTable, ReadsAsKubectlDoes) {
  const auto documents = parse_yaml("v: " + GetParam().yaml, "f.yaml");
  ASSERT_TRUE(documents) << documents.error().message;
  ASSERT_EQ(documents->size(), 1U);
  EXPECT_EQ(documents->front()["v"].dump(), GetParam().as_json);
}

INSTANTIATE_TEST_SUITE_P(Booleans, ScalarTable,
                         testing::Values(ScalarRow{"y", "true"}, ScalarRow{"n", "false"}, ScalarRow{"yes", "true"}, ScalarRow{"No", "false"},
                                         ScalarRow{"on", "true"}, ScalarRow{"OFF", "false"}, ScalarRow{"True", "true"}, ScalarRow{"yEs", R"("yEs")"},
                                         ScalarRow{"'yes'", R"("yes")"}, ScalarRow{"\"n\"", R"("n")"}, ScalarRow{"!!str yes", R"("yes")"}));
INSTANTIATE_TEST_SUITE_P(Numbers, ScalarTable,
                         testing::Values(ScalarRow{"010", "8"}, ScalarRow{"0o10", "8"}, ScalarRow{"0644", "420"}, ScalarRow{"08", "8"},
                                         ScalarRow{"1e3", "1000"}, ScalarRow{"1_000", "1000"}, ScalarRow{"0x1F", "31"}, ScalarRow{"0b11", "3"},
                                         ScalarRow{"-0b11", "-3"}, ScalarRow{"+12", "12"}, ScalarRow{"-5", "-5"}, ScalarRow{"0.5", "0.5"},
                                         ScalarRow{".5", "0.5"}, ScalarRow{"5.", "5"}, ScalarRow{"1.0", "1"}, ScalarRow{"0", "0"}, ScalarRow{"00", "0"},
                                         ScalarRow{"9223372036854775807", "9223372036854775807"}, ScalarRow{"18446744073709551615", "18446744073709551615"},
                                         ScalarRow{"-9223372036854775808", "-9223372036854775808"}, ScalarRow{"1e400", R"("1e400")"}, ScalarRow{"!!int 7", "7"},
                                         ScalarRow{"100m", R"("100m")"}, ScalarRow{"1Gi", R"("1Gi")"}));
INSTANTIATE_TEST_SUITE_P(Strings, ScalarTable,
                         testing::Values(ScalarRow{"2024-01-01", R"("2024-01-01")"}, ScalarRow{"2024-01-01T10:00:00Z", R"("2024-01-01T10:00:00Z")"},
                                         ScalarRow{"12:30:45", R"("12:30:45")"}, ScalarRow{"1.2.3", R"("1.2.3")"},
                                         ScalarRow{"--level=info", R"("--level=info")"}, ScalarRow{"\"a\\nb\"", R"("a\nb")"}, ScalarRow{"'it''s'", R"("it's")"},
                                         ScalarRow{"x # c", R"("x")"}, ScalarRow{"|\n  a\n  b\n", R"("a\nb\n")"}, ScalarRow{"|-\n  a\n", R"("a")"},
                                         ScalarRow{">\n  a\n  b\n", R"("a b\n")"}, ScalarRow{"!custom x", R"("x")"}, ScalarRow{"\"0x1F\"", R"("0x1F")"}));
INSTANTIATE_TEST_SUITE_P(Nulls, ScalarTable,
                         testing::Values(ScalarRow{"~", "null"}, ScalarRow{"null", "null"}, ScalarRow{"", "null"}, ScalarRow{"''", R"("")"}));

struct TextRow {
  std::string name;
  std::string text;
  std::string as_json;
  friend void PrintTo(const TextRow& row, std::ostream* out) { *out << row.name; }
};

class TextTable : public testing::TestWithParam<TextRow> {};

TEST_P(TextTable, Reads) {
  const auto documents = parse_yaml(GetParam().text, "f.yaml");
  ASSERT_TRUE(documents) << documents.error().message;
  EXPECT_EQ(json(*documents).dump(), GetParam().as_json);
}

INSTANTIATE_TEST_SUITE_P(Shapes, TextTable,
                         testing::Values(TextRow{"BooleanKeys", "n: 1\nyes: 2\n", R"([{"false":1,"true":2}])"},
                                         TextRow{"NumberKeys", "1: a\n010: b\n1.5: c\n", R"([{"1":"a","1.5":"c","8":"b"}])"},
                                         TextRow{"LastDoubleWins", "a: 1\na: 2\n", R"([{"a":2}])"},
                                         TextRow{"LastDoubleWinsInFlow", "{a: 1, a: 2}", R"([{"a":2}])"},
                                         TextRow{"Anchors", "a: &x {b: 1}\nc: *x\n", R"([{"a":{"b":1},"c":{"b":1}}])"},
                                         TextRow{"Merge", "b: &x {k: 1, l: 2}\nm:\n  <<: *x\n  k: 9\n", R"([{"b":{"k":1,"l":2},"m":{"k":9,"l":2}}])"},
                                         TextRow{"MergeListFirstWins", "a: &a {k: 1}\nb: &b {k: 2, l: 3}\nm: {<<: [*a, *b]}\n",
                                                 R"([{"a":{"k":1},"b":{"k":2,"l":3},"m":{"k":1,"l":3}}])"},
                                         TextRow{"QuotedMergeKeyIsAKey", "'<<': {k: 1}\n", R"([{"<<":{"k":1}}])"},
                                         TextRow{"Documents", "---\na: 1\n---\n# nothing\n---\nb: 2\n...\n---\nc: 3\n", R"([{"a":1},{"b":2},{"c":3}])"},
                                         TextRow{"Empty", "", "[]"}, TextRow{"CommentsOnly", "# hello\n\n", "[]"},
                                         TextRow{"ByteOrderMark",
                                                 "\xEF\xBB\xBF"
                                                 "a: 1\n",
                                                 R"([{"a":1}])"},
                                         TextRow{"WindowsLines", "a: 1\r\nb: |\r\n  x\r\n  y\r\n", R"([{"a":1,"b":"x\ny\n"}])"},
                                         TextRow{"Json", "{\"a\": [1, 2.5, \"x\\u00e9\"], \"b\": null}", "[{\"a\":[1,2.5,\"x\xC3\xA9\"],\"b\":null}]"},
                                         TextRow{"FlowOverLines", "a: {\n  b: 1,\n  c: [x,\n  z]\n}\n", R"([{"a":{"b":1,"c":["x","z"]}}])"},
                                         TextRow{"ListAtParentIndent", "a:\n- 1\n- b: 2\n  c: 3\n", R"([{"a":[1,{"b":2,"c":3}]}])"},
                                         TextRow{"EmptyCollections", "a: {}\nb: []\n", R"([{"a":{},"b":[]}])"},
                                         TextRow{"TwoAnchorsSameName", "a: &x 1\nb: &x 2\nc: *x\n", R"([{"a":1,"b":2,"c":2}])"}),
                         [](const auto& row) { return row.param.name; });

struct BadRow {
  std::string name;
  std::string text;
  std::string where;
  std::string what;
  friend void PrintTo(const BadRow& row, std::ostream* out) { *out << row.name; }
};

class BadTextTable : public testing::TestWithParam<BadRow> {};

TEST_P(BadTextTable, IsRefusedWithItsPlace) {
  const auto documents = parse_yaml(GetParam().text, "dir/f.yaml");
  ASSERT_FALSE(documents);
  EXPECT_EQ(documents.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(documents.error().message, testing::StartsWith("dir/f.yaml:" + GetParam().where));
  EXPECT_THAT(documents.error().message, HasSubstr(GetParam().what));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, BadTextTable,
    testing::Values(BadRow{"NotUtf8", "a: 1\nb: \xFF\n", "2:4:", "UTF-8"}, BadRow{"ControlCharacter", std::string("a: \x01\n"), "1:4:", "control"},
                    BadRow{"Tab", "a:\n\tb: 1\n", "2:", ""}, BadRow{"Unclosed", "a: [1, 2\n", "", ""}, BadRow{"BadIndent", "a: 1\n  b: 2\n", "", ""},
                    BadRow{"UnknownAnchor", "a: *x\n", "1:4:", "unknown anchor 'x'"}, BadRow{"AnchorInItself", "a: &x\n  b: *x\n", "2:6:", "contains itself"},
                    BadRow{"Infinity", "a: .inf\n", "1:4:", "infinity"}, BadRow{"NotANumber", "a: .nan\n", "1:4:", "infinity"},
                    BadRow{"NullKey", "~: 1\n", "1:1:", "null can't be a key"}, BadRow{"MapKey", "? {a: 1}\n: 2\n", "1:3:", "can't be a key"},
                    BadRow{"MergeOfScalar", "<<: 1\n", "1:1:", "'<<' needs a map"}, BadRow{"BadBinary", "a: !!binary '*'\n", "1:", "base64"}),
    [](const auto& row) { return row.param.name; });

TEST(Limits, AliasBombIsRefused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const auto before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) text += ", " + before;
    text += "]\n";
  }
  const auto documents = parse_yaml(text, "bomb.yaml");
  ASSERT_FALSE(documents);
  EXPECT_THAT(documents.error().message, HasSubstr("once aliases are followed"));
}

TEST(Limits, DepthBytesAndNodes) {
  const std::string deep(300, '[');
  EXPECT_FALSE(parse_yaml(deep + std::string(300, ']'), "deep.yaml"));
  EXPECT_TRUE(parse_yaml(std::string(100, '[') + std::string(100, ']'), "deep.yaml"));
  EXPECT_FALSE(parse_yaml(std::string(100000, '{'), "deep.yaml"));
  EXPECT_FALSE(parse_yaml("a: bcdefgh", "f.yaml", ParseLimits{.max_bytes = 4}));
  EXPECT_FALSE(parse_yaml("[1, 2, 3, 4]", "f.yaml", ParseLimits{.max_nodes = 3}));
  std::string nested;
  for (std::size_t i = 0; i < 200; ++i) nested += std::string(i, ' ') + "a:\n";
  EXPECT_FALSE(parse_yaml(nested, "deep.yaml"));
}

}  // namespace
}  // namespace driftwarden
