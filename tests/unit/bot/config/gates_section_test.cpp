// What `gates` takes, and what it says of mistakes.
#include "bot/config/gate_rules.hpp"
#include "tests/unit/bot/config/fixture.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kPeople = "policy: {rules: []}\npeople: [{name: alice, slack: U0ALICE}, {name: bob, slack: U0BOB}]\nrepositories: [{name: policies, url: \"https://git.acme.example/p.git\"}]\n";

TEST(GatesSection, WithoutItNothingIsJudged) {
  const auto config = good("policy: {rules: []}\n");
  for (const auto rule : kBuiltInRules) EXPECT_EQ(config.gates.built_in.at(std::string(rule)), GateEffect::Off);
  EXPECT_THAT(config.gates.tools, IsEmpty());
}

TEST(GatesSection, TakesAllOfIt) {
  const auto config = good(kPeople + R"(gates:
  owners: [alice]
  longest_waiver: 14d
  built_in: {floating-tag: warn, privileged: off, missing-limits: block}
  tools:
    - {name: policy, tool: conftest, policies: policy, arguments: [--all-namespaces], owners: [bob], apps: ["shop-*"], effect: warn, timeout: 2m}
    - {name: cluster-rules, tool: kyverno, repository: policies, policies: kyverno/prod}
    - {name: schemas, tool: kubeconform}
    - {name: own, command: [/usr/bin/checker, "--in={manifests}", --was, "{before}"], output: json}
)");
  const auto& gates = config.gates;
  EXPECT_THAT(gates.owners, ElementsAre("alice"));
  EXPECT_EQ(gates.longest_waiver, 24h * 14);
  EXPECT_EQ(gates.built_in.at("floating-tag"), GateEffect::Warn);
  EXPECT_EQ(gates.built_in.at("privileged"), GateEffect::Off);
  EXPECT_EQ(gates.built_in.at("missing-limits"), GateEffect::Block);
  EXPECT_FALSE(gates.built_in.contains("host-path")) << "by itself";
  ASSERT_EQ(gates.tools.size(), 4U);
  EXPECT_EQ(gates.tools[0].tool, GateTool::Conftest);
  EXPECT_EQ(gates.tools[0].policies, "/etc/driftwarden/policy") << "beside the config";
  EXPECT_THAT(gates.tools[0].owners, ElementsAre("bob"));
  EXPECT_EQ(gates.tools[0].effect, GateEffect::Warn);
  EXPECT_EQ(gates.tools[0].timeout, 2min);
  EXPECT_EQ(gates.tools[1].policies, "kyverno/prod") << "in the repository";
  EXPECT_EQ(gates.tools[1].repository, "policies");
  EXPECT_EQ(gates.tools[2].tool, GateTool::Kubeconform);
  EXPECT_EQ(gates.tools[3].tool, GateTool::Command);
  EXPECT_EQ(gates.tools[3].output, GateOutput::Json);
}

TEST(GatesSection, KubeconformWithoutSchemasCouldJudgeNothing) {
  const auto warnings = [](const std::string& more) {
    FakeEnvironment environment;
    return texts(load_text(kPeople + "gates: {owners: [alice], tools: [{name: schemas, tool: kubeconform" + more + "}]}\n", environment).warnings);
  };
  EXPECT_THAT(warnings(""), testing::Contains(HasSubstr("kubeconform has no schemas")));
  for (const auto* good : {", policies: schemas", ", arguments: [-schema-location=/srv/schemas]"}) EXPECT_THAT(warnings(good), testing::Not(testing::Contains(HasSubstr("no schemas")))) << good;
}

struct GatesRow {
  std::string name;
  std::string text;
  std::string said;
  friend void PrintTo(const GatesRow& row, std::ostream* out) { *out << row.name; }
};
class GatesMistakes : public testing::TestWithParam<GatesRow> {};
TEST_P(GatesMistakes, NameTheirPlace) {
  const auto loaded = load_text(kPeople + "gates: " + GetParam().text + "\n");
  EXPECT_THAT(texts(loaded.mistakes), Contains(HasSubstr(GetParam().said)));
  EXPECT_FALSE(loaded.config);
}
INSTANTIATE_TEST_SUITE_P(
    All, GatesMistakes,
    testing::Values(GatesRow{"UnknownRule", "{built_in: {floating-tags: warn}}", "unknown rule \"floating-tags\", expected \"floating-tag\""},
                    GatesRow{"UnknownEffect", "{built_in: {floating-tag: maybe}}", "expected block, warn or off"},
                    GatesRow{"UnknownOwner", "{owners: [zoe]}", "\"zoe\""},
                    GatesRow{"TooLong", "{longest_waiver: 900d}", "\"longest_waiver\" is 900d"},
                    GatesRow{"UnknownKey", "{tool: []}", "unknown key \"tool\""},
                    GatesRow{"NoName", "{tools: [{tool: kubeconform}]}", "has no \"name\""},
                    GatesRow{"TakenName", "{tools: [{name: built-in, tool: kubeconform}]}", "another name"},
                    GatesRow{"Twice", "{tools: [{name: a, tool: kubeconform}, {name: a, tool: kubeconform}]}", "c.yaml:4:"},
                    GatesRow{"NeitherToolNorCommand", "{tools: [{name: a}]}", "has no \"tool\""},
                    GatesRow{"Both", "{tools: [{name: a, tool: kubeconform, command: [x, \"{manifests}\"]}]}", "\"command\" is given, but so is \"tool\""},
                    GatesRow{"UnknownTool", "{tools: [{name: a, tool: conftests}]}", "\"conftest\""},
                    GatesRow{"EmptyCommand", "{tools: [{name: a, command: []}]}", "\"command\" is empty"},
                    GatesRow{"RelativeProgram", "{tools: [{name: a, command: [./x, \"{manifests}\"]}]}", "is a relative path"},
                    GatesRow{"NoManifests", "{tools: [{name: a, command: [x]}]}", "isn't told where the manifests are"},
                    GatesRow{"UnknownPlaceholder", "{tools: [{name: a, command: [x, \"{manifest}\"]}]}", "\"{manifest}\" stands for nothing"},
                    GatesRow{"NoPolicies", "{tools: [{name: a, tool: conftest}]}", "has no \"policies\""},
                    GatesRow{"UnknownRepository", "{tools: [{name: a, tool: conftest, repository: nope, policies: p}]}", "nope"},
                    GatesRow{"PathOutOfTheRepository", "{tools: [{name: a, tool: conftest, repository: policies, policies: ../p}]}", "../p"},
                    GatesRow{"TooPatient", "{tools: [{name: a, tool: kubeconform, timeout: 1h}]}", "\"timeout\" is 1h"}),
    [](const auto& row) { return row.param.name; });

TEST(GatesSection, NobodyToWaiveIsWorthAWarning) {
  EXPECT_THAT(texts(load_text(kPeople + "gates: {tools: []}\n").warnings), Contains(HasSubstr("gates have no owners")));
  EXPECT_THAT(texts(load_text(kPeople + "gates: {owners: [alice]}\n").warnings), testing::Not(Contains(HasSubstr("gates have no owners"))));
}

}  // namespace
}  // namespace driftwarden
