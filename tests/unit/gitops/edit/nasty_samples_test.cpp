#include "tests/unit/gitops/edit/nasty_samples.hpp"

namespace driftwarden::test {
namespace {

std::string windows(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

const std::string kHead = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n";
const std::string kPods =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 2 # two\n  template:\n    spec:\n      containers:\n"
    "      - name: app # main\n        image: a:1\n        ports:\n        - containerPort: 80\n        env:\n        - name: A\n          value: \"1\"\n"
    "        - {name: B, value: two}\n        args: [run, '--x']\n      - name: side\n        image: \"b:1\"\n";

}  // namespace

std::vector<NastySample> nasty_samples() {
  return {
      {"Plain", kPods},
      {"Windows", windows(kPods)},
      {"NoFinalLineEnd", kPods.substr(0, kPods.size() - 1)},
      {"WindowsNoFinalLineEnd", windows(kPods.substr(0, kPods.size() - 1))},
      {"ByteOrderMark", "\xEF\xBB\xBF" + kPods},
      {"CommentsEverywhere",
       "# top\n\n# more\napiVersion: v1 # v\n# between\nkind: ConfigMap # k\n  # odd\nmetadata: # m\n# out\n  # in\n  name: c # n\n  # after\n\n"
       "data: # d\n\n  # one\n  a: x # a\n  # two\n\n  b: y # b\n  # end\n# last\n"},
      {"CommentsInLists", kHead + "l: # l\n# out\n- a # a\n# b above\n- b # b\n  # inner\n-   # empty\n    x: 1 # x\n# tail\nz: 1\n"},
      {"DashAtTheKey", kHead + "a:\n- x\n- k: v\n  w: u\nb:\n- y\n"},
      {"DashIndented", kHead + "a:\n    - x\n    - k: v\n      w: u\nb:\n    - y\n"},
      {"WideDashes", kHead + "a:\n  -    k: v\n       w: u\n  -    k: 2\n       w: 3\n"},
      {"DashOnItsOwnLine", kHead + "a:\n-\n  k: v\n  w: u\n-\n  k: 2\n-\n    - 1\n    - 2\n"},
      {"NestedDashes", kHead + "a:\n- - 1\n  - 2\n- - - x\n    - y\n  - z\n"},
      {"OddIndentation", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n       name: c\n       labels:\n        x: 1\n        y: 2\ndata:\n a: 1\n b:\n    c: 2\n"},
      {"FlowInBlock", kHead + "a: {x: 1, y: [a, b, {z: 2}], e: {}, n: []}\nb: [1, 2]\n"},
      {"FlowManyLines", kHead + "a: {\n  x: 1, # one\n  y: [\n    a,\n    b # last\n  ],\n  z: {q: 1}\n}\nb: 1\n"},
      {"FlowTrailingCommas", kHead + "a: {x: 1, y: 2,}\nb: [1, 2,]\nc: [\n  1,\n  2,\n]\n"},
      {"FlowTight", kHead + "a: {\"x\":1,\"y\":[1,2],\"z\":{\"k\":\"v\"}}\n"},
      {"FlowRoomy", kHead + "a: {  x : 1 ,  y : 2  }\nb: [  1 ,  2  ]\n"},
      {"FlowLeadingCommas", kHead + "a: [ one\n   , two\n   , three\n   ]\nb: 1\n"},
      {"FlowHangingIndent", kHead + "a: [one,\n    two,\n    three]\nb: {k: 1,\n    l: 2}\n"},
      {"QuotedKeys", "\"apiVersion\": v1\n'kind': ConfigMap\n\"metadata\":\n  'name': c\n\"data\":\n  \"a.b/c\": 'x'\n  'it''s': \"y\"\n  \"q\\\"q\": z\n"},
      {"KeysThatAreNoText", kHead + "data:\n  1: a\n  yes: b\n  0x10: c\n  1.5: d\n  ~x: e\n"},
      {"Anchors", kHead + "a: &a 1\nb: &b\n  x: 1\n  y: &c [1, 2]\nc: *a\nd: *b\ne: &unused {k: v}\nf: &free\n  k: 1\n  l: 2\ng: &g text # t\n", true},
      {"Merges", kHead + "base: &base\n  x: 1\n  y: 2\na:\n  <<: *base\n  z: 3\nb: {<<: *base, w: 4}\nc: 1\n", true},
      {"Tags", kHead + "a: !!str 1\nb: !!int \"2\"\nc: !!map {x: 1}\nd: !!seq\n- 1\ne: !custom x\nf: !!binary aGVsbG8=\ng: !!null\n"},
      {"ManyDocuments",
       "# first\n---\n# c\n" + kHead + "data: {a: 1}\n# end one\n---\n# nothing here\n---\n" + kHead + "  namespace: n2\ndata: {a: 1}\n...\n# between\n--- # third\n" + kPods +
           "---\n"},
      {"DocumentsThatLookAlike", kHead + "  namespace: n1\ndata:\n  a: 1\n---\n" + kHead + "  namespace: n2\ndata:\n  a: 1\n---\n" + kHead + "  namespace: n3\ndata:\n  a: 1\n"},
      {"AList", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: c\n  data:\n    a: 1\n# next\n-  apiVersion: v1\n   kind: Secret\n"
                "   metadata: {name: s}\n   data: {k: dg==}\n"},
      {"Json", "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"ConfigMap\",\n  \"metadata\": {\"name\": \"c\"},\n  \"data\": {\n    \"a\": \"x\",\n    \"b\": [1, 2, {\"k\": null}]\n  }\n}\n"},
      {"JsonOnOneLine", "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"},\"data\":{\"a\":\"x\",\"b\":[1,2]}}"},
      {"Unicode", kHead + "data:\n  größe: ünï # kömmentar\n  日本: \"語\"\n  emoji: 😀 # 😀\n  mix: {ключ: значение}\n  after: 1\n"},
      {"LongPlain", kHead + "data:\n  a: one two\n    three four\n    five # end\n  b: 'one\n\n    two'\n  c: \"one \\\n    two\n    three\" # c\n  d: 1\n"},
      {"PlainOnTheNextLine", kHead + "data:\n  a:\n    text on its own line # c\n  b:\n    \"quoted\"\n  c:\n    {x: 1}\n  d:\n\n    # far\n    7\n"},
      {"BlockScalars", kHead + "data:\n  a: |\n    one\n     two\n\n    three\n\n  b: |-\n    x\n  c: |+\n    y\n\n\n  d: >\n    f1\n    f2\n\n    f3\n  e: >-\n    g\n# c\n  f: 1\n"},
      {"BlockIndicators", kHead + "data:\n  a: |2\n      two deep\n    none\n  b: |1-\n   x\n  c: >+1\n   y\n\n  d: |-4 # c\n        z\n      w\n  e: 1\n"},
      {"BlockAtTheEnd", kHead + "data:\n  a: 1\n  b: |\n    x\n    y", true},
      {"BlockKeptAtTheEnd", kHead + "data:\n  a: 1\n  b: |+\n    x\n\n\n"},
      {"BlockInLists", kHead + "l:\n- |\n  one\n  two\n- >-\n  three\n-   k: |\n      deep\n    m: 1\n- x\n"},
      {"BlockThatLooksLikeYaml", kHead + "data:\n  a.yaml: |\n    # not a comment\n    key: value\n    - dash\n    ---\n    {{ template }}\n  b: 1\n"},
      {"BlockEmpty", kHead + "data:\n  d: \"\"\n  e: ''\ng: |-\n"},
      {"BlockThenComment", kHead + "data:\n  a: |\n    x\n  # comment\n  b: |\n    y\n\n# root comment\n\n  # c\n  c: 1\n"},
      {"TabsAfterValues", kHead + "data:\n  a:\tx\t# c\n  b: y\t \n  c: [1,\t2]\t# d\n  d: |\t\n    e\t\n  f: 1\n"},
      {"SpacesAtTheEnd", kHead + "data:   \n  a: x   \n  b:    y  \n  c:   \n  d: {}   \n   \n  e: 1  \n"},
      {"Nothing", kHead + "a:\nb: ~\nc: null # n\nd:   # e\ne: {}\nf: []\ng: [~, null]\nl:\n  -\n  - x\n  -   # d\n"},
      {"NothingAtTheEnd", kHead + "a:"},
      {"OnOneLineWithTheMarker", "--- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: 1}}\n--- # x\n" + kPods},
      {"Directives", "%YAML 1.1\n---\n" + kHead + "data:\n  a: 1\n"},
      {"StrangeText", kHead + "data:\n  url: http://x:80/a?b=c#d\n  hash: a#b\n  colon: a:b\n  date: 2024-01-01\n  time: 12:30:45\n  oct: 0644\n  exp: 1e3\n  q: 'a: b # c'\n  "
                               "dash: -x\n  star: \"*x\"\n  pct: 50%\n  at: \"@x\"\n  neg: -1\n"},
      {"BlankLines", "\n\n" + kHead + "\n\ndata:\n\n  a: 1\n\n\n  b:\n\n    c: 2\n\n\n\nz: 1\n\n\n"},
      {"TwoSpaceDashInFourSpaceMaps", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n    name: c\nspec:\n    l:\n      - a: 1\n        b:\n            c: 2\n      - a: 2\n    m:\n        n: 1\n"},
      {"ColonSpaces", kHead + "data:\n  a : x\n  \"b\" : y\n  c :\n    d : 1\n"},
      {"AnchorsBeforeBlocks", kHead + "a: &a\n  x: 1\n  y: 2\nb: &b # c\n- 1\n- 2\nc: &c |\n  text\nd: &d !!map\n  k: v\n"},
      {"AnchoredElements", kHead + "l:\n- &one\n  a: 1\n- &two {a: 2}\n- &three x\n- *three\n", true},
  };
}

}  // namespace driftwarden::test
