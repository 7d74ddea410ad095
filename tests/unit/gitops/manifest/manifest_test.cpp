#include "gitops/manifest/manifest.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr std::string_view kMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n";

TEST(Manifests, HaveIdentityFileAndLine) {
  const auto manifests =
      parse_manifests(std::string("# c\n---\n") + std::string(kMap) + "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\n", "x/a.yaml");
  ASSERT_TRUE(manifests) << manifests.error().message;
  ASSERT_EQ(manifests->size(), 2U);
  EXPECT_EQ(manifests->at(0).ref, (ObjectRef{"", "v1", "ConfigMap", "shop", "a"}));
  EXPECT_EQ(manifests->at(0).file, "x/a.yaml");
  EXPECT_EQ(manifests->at(0).line, 3);
  EXPECT_EQ(manifests->at(1).ref, (ObjectRef{"apps", "v1", "Deployment", "", "w"}));
  EXPECT_EQ(manifests->at(1).line, 7);
}

TEST(Manifests, FoldListsAndSkipHooks) {
  const auto manifests = parse_manifests(
      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n"
      "- {apiVersion: v1, kind: ConfigMapList, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}]}\n"
      "- {apiVersion: batch/v1, kind: Job, metadata: {name: h, annotations: {helm.sh/hook: pre-install}}}\n",
      "l.yaml");
  ASSERT_TRUE(manifests) << manifests.error().message;
  ASSERT_EQ(manifests->size(), 2U);
  EXPECT_EQ(manifests->at(1).ref.name, "b");
}

struct MissingRow {
  std::string name;
  std::string text;
  std::string message;
  friend void PrintTo(const MissingRow& row, std::ostream* out) { *out << row.name; }
};
class MissingTable : public testing::TestWithParam<MissingRow> {};

TEST_P(MissingTable, SaysWhatIsMissingAndWhere) {
  const auto manifests = parse_manifests(GetParam().text, "a/f.yaml");
  ASSERT_FALSE(manifests);
  EXPECT_EQ(manifests.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(Objects, MissingTable,
                         testing::Values(MissingRow{"Kind", "\nimage: x\n", "a/f.yaml:2: no Kubernetes object: kind is missing"},
                                         MissingRow{"ApiVersion", "kind: Pod\n", "a/f.yaml:1: Pod: apiVersion is missing"},
                                         MissingRow{"Metadata", "kind: Pod\napiVersion: v1\n", "a/f.yaml:1: Pod: metadata is missing"},
                                         MissingRow{"Name", "kind: Pod\napiVersion: v1\nmetadata: {}\n", "a/f.yaml:1: Pod: metadata.name is missing"},
                                         MissingRow{"NumericName", "kind: Pod\napiVersion: v1\nmetadata: {name: 12}\n",
                                                    "a/f.yaml:1: Pod: metadata.name must be text, found number; quote it"},
                                         MissingRow{"GenerateName", "kind: Job\napiVersion: batch/v1\nmetadata: {generateName: a-}\n",
                                                    "a/f.yaml:1: Job: generateName makes a new object each time; give it a metadata.name"},
                                         MissingRow{"AList", "- 1\n", "a/f.yaml:1: expected an object with apiVersion and kind, found array"}),
                         [](const auto& row) { return row.param.name; });

TEST(ApplyOrder, NamespacesFirstWebhooksLast) {
  std::vector<Manifest> manifests;
  for (const auto* kind : {"ValidatingWebhookConfiguration", "Foo", "Deployment", "Service", "ConfigMap", "CustomResourceDefinition", "Namespace", "Ingress"}) {
    manifests.push_back({ObjectRef{"", "v1", kind, "", "x"}, nullptr, "", 0});
  }
  sort_for_apply(manifests);
  std::vector<std::string> kinds;
  for (const auto& manifest : manifests) kinds.push_back(manifest.ref.kind);
  EXPECT_THAT(kinds, testing::ElementsAre("Namespace", "CustomResourceDefinition", "ConfigMap", "Service", "Deployment", "Ingress", "Foo",
                                          "ValidatingWebhookConfiguration"));
}

TEST(RedactorTest, HidesSecretsAndSensitiveNames) {
  const Redactor redactor("key");
  const auto secret = redactor.redact(json::parse(
      R"({"kind":"Secret","data":{"a":"Z2VoZWlt"},"stringData":{"b":"geheim"},"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{geheim}"}}})"));
  EXPECT_THAT(secret.dump(), testing::Not(HasSubstr("geheim")));
  EXPECT_EQ(secret["data"]["a"], secret["stringData"]["b"]);
  EXPECT_THAT(secret["data"]["a"].get<std::string>(), testing::MatchesRegex("hmac:[0-9a-f]{10}"));
  const auto pod =
      redactor.redact(json::parse(R"({"kind":"Pod","spec":{"containers":[{"env":[{"name":"DB_PASSWORD","value":"x1y2"},{"name":"MODE","value":"on"}]}]}})"));
  EXPECT_THAT(pod.dump(), testing::AllOf(testing::Not(HasSubstr("x1y2")), HasSubstr("\"on\"")));
  const auto map = redactor.redact(json::parse(R"({"kind":"ConfigMap","data":{"api_token":"t0p","mode":"on"}})"));
  EXPECT_THAT(map.dump(), testing::AllOf(testing::Not(HasSubstr("t0p")), HasSubstr("\"on\"")));
  EXPECT_NE(redactor.digest("a"), Redactor("other").digest("a"));
  EXPECT_EQ(redactor.redact(secret), secret);
}

TEST(ToYaml, IsReadableAndInCustomaryOrder) {
  const auto object = json::parse(
      R"({"spec":{"ports":[{"port":80,"name":"http"}],"on":"yes","text":"a\nb\n"},"metadata":{"labels":{"a":"1"},"name":"x"},"kind":"Foo","apiVersion":"v1","empty":{},"none":[]})");
  EXPECT_EQ(
      to_yaml(object),
      "apiVersion: v1\nkind: Foo\nmetadata:\n  name: x\n  labels:\n    a: \"1\"\nempty: {}\nnone: []\nspec:\n  \"on\": \"yes\"\n  ports:\n  - name: http\n"
      "    port: 80\n  text: |\n    a\n    b\n");
}

TEST(ToYaml, NeverShowsASecret) {
  const auto text = to_yaml(json::parse(R"({"kind":"Secret","apiVersion":"v1","metadata":{"name":"s"},"data":{"a":"Z2VoZWlt","b":"hmac:0123456789"}})"));
  EXPECT_THAT(text, testing::AllOf(testing::Not(HasSubstr("Z2VoZWlt")), HasSubstr("hmac:0123456789")));
}

/// Strings made of everything that YAML could trip over.
json random_value(unsigned& seed, int depth) {
  const auto next = [&seed](unsigned bound) { return (seed = seed * 1664525U + 1013904223U) / 65536U % bound; };
  static const std::vector<std::string> kPieces{"yes",
                                                "n",
                                                "~",
                                                "null",
                                                "0x1F",
                                                "1e3",
                                                "010",
                                                "12:30",
                                                "2024-01-01",
                                                " ",
                                                "\n",
                                                "\t",
                                                "#",
                                                ": ",
                                                "- ",
                                                "'",
                                                "\"",
                                                "\\",
                                                "{",
                                                "]",
                                                ",",
                                                "&a",
                                                "*b",
                                                "!",
                                                "%",
                                                "@",
                                                "`",
                                                "|",
                                                ">",
                                                "é",
                                                "\xF0\x9F\x98\x80",
                                                "a",
                                                "b c",
                                                "<<",
                                                "---",
                                                "...",
                                                ".5",
                                                "-1",
                                                "=",
                                                "?",
                                                "\x7f",
                                                "\x01"};
  switch (next(depth > 3 ? 5U : 8U)) {
    case 0: return next(2) == 0;
    case 1: return static_cast<int>(next(2000)) - 1000;
    case 2: return static_cast<double>(next(1000)) / 8.0 + 0.125;
    case 3: return nullptr;
    case 4:
    case 5: {
      std::string text;
      for (unsigned i = next(5); i > 0; --i) text += kPieces[next(static_cast<unsigned>(kPieces.size()))];
      return text;
    }
    case 6: {
      auto list = json::array();
      for (unsigned i = next(4); i > 0; --i) list.push_back(random_value(seed, depth + 1));
      return list;
    }
    default: {
      auto map = json::object();
      for (unsigned i = next(4); i > 0; --i) {
        std::string key;
        for (unsigned k = next(3); k > 0; --k) key += kPieces[next(static_cast<unsigned>(kPieces.size()))];
        map[key] = random_value(seed, depth + 1);
      }
      return map;
    }
  }
}

TEST(ToYaml, ComesBackAsItWas) {
  unsigned seed = 42;
  for (int round = 0; round < 3000; ++round) {
    const json value{{"v", random_value(seed, 0)}};
    const auto text = to_yaml(value);
    const auto back = parse_yaml(text, "f.yaml");
    // \x01 and \x7f are escaped when written, so the text itself is always clean.
    ASSERT_TRUE(back) << back.error().message << "\n" << text;
    ASSERT_EQ(back->at(0), value) << text;
  }
}

TEST(ParseYaml, AnEmptyBlockScalarTakesNoneOfTheKeysBelowIt) {
  const auto values = parse_yaml("m:\n  a: |\n  b: x\n  c: >-  # nothing\n\n  d: |\n    text\nlast: |\n", "m.yaml");
  ASSERT_TRUE(values) << values.error().message;
  EXPECT_EQ(values->at(0), nlohmann::json::parse(R"({"m": {"a": "", "b": "x", "c": "", "d": "text\n"}, "last": ""})"));
}

TEST(ParseYaml, ABlockScalarCutOffByTheEndHasNoFinalNewline) {
  EXPECT_EQ(parse_yaml("a: |\n  y", "m.yaml")->at(0)["a"], "y");
  EXPECT_EQ(parse_yaml("a: |\n  y\n", "m.yaml")->at(0)["a"], "y\n");
  EXPECT_EQ(parse_yaml("a: |\n  y\nb: |-\n  z", "m.yaml")->at(0), nlohmann::json::parse(R"({"a": "y\n", "b": "z"})"));
}

}  // namespace
}  // namespace driftwarden
