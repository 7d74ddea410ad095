// What tools print: the forms they have, and everything that is no answer.
#include "integrations/gates/answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ostream>

namespace driftwarden::gates {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

Manifest manifest(const std::string& kind, const std::string& namespace_, const std::string& name) {
  Manifest one;
  one.ref.version = "v1";
  one.ref.kind = kind;
  one.ref.namespace_ = namespace_;
  one.ref.name = name;
  one.body = std::make_shared<const nlohmann::json>(nlohmann::json::object());
  return one;
}

constexpr const char* kRoot = "/tmp/driftwarden-gate-AbCdEf";

Subjects shop() { return Subjects({manifest("Deployment", "shop", "web"), manifest("Service", "shop", "web"), manifest("Namespace", "", "shop")}, kRoot); }

Result<std::vector<Finding>> read(Format format, std::string out, int exit_code = 0, std::string err = "") {
  return read_answer(format, {exit_code, std::move(out), std::move(err)}, shop());
}
std::vector<Finding> good(Format format, std::string out, int exit_code = 0) {
  const auto findings = read(format, std::move(out), exit_code);
  EXPECT_TRUE(findings) << findings.error().message;
  return findings ? *findings : std::vector<Finding>{};
}
std::string refused(Format format, std::string out, int exit_code = 0, std::string err = "") {
  const auto findings = read(format, std::move(out), exit_code, std::move(err));
  EXPECT_FALSE(findings) << "read as " << (findings ? findings->size() : 0) << " findings";
  return findings ? std::string() : findings.error().message;
}

TEST(Subjects, AreNamedByFileAndByWords) {
  const auto subjects = shop();
  ASSERT_EQ(subjects.size(), 3U);
  EXPECT_EQ(subjects.file(0), "0000-deployment-shop-web.yaml");
  EXPECT_EQ(subjects.file(2), "0002-namespace-shop.yaml");
  EXPECT_EQ(subjects.of_file("/tmp/x/manifests/0001-service-shop-web.yaml"), "Service shop/web");
  EXPECT_EQ(subjects.of_file("file:///x/0001-service-shop-web.yaml?doc=1"), "Service shop/web");
  EXPECT_EQ(subjects.of_file("0001-service-shop-other.yaml"), "");
  EXPECT_EQ(subjects.of_words("Deployment shop/web"), "Deployment shop/web");
  EXPECT_EQ(subjects.of_words("deployment/web"), "Deployment shop/web");
  EXPECT_EQ(subjects.of_words("shop"), "");
  EXPECT_EQ(subjects.of("deployment", "shop", "web"), "Deployment shop/web");
  EXPECT_EQ(subjects.of("Deployment", "other", "web"), "");
  EXPECT_EQ(subjects.of("Namespace", "default", "shop"), "Namespace shop") << "a tool may add a namespace to what has none";
}

TEST(Subjects, AFileInAMessageIsItsObjectWhateverStandsBeforeIt) {
  const auto words = [](const std::string& file, const Subjects& subjects) { return subjects.without_places(std::string("Artifact: ") + kRoot + "/manifests/" + file + ", see values.yaml"); };
  const Subjects alone({manifest("Service", "shop", "web")}, kRoot);
  EXPECT_EQ(words(alone.file(0), alone), "Artifact: Service shop/web, see values.yaml");
  EXPECT_EQ(words(shop().file(1), shop()), words(alone.file(0), alone));
}

TEST(Subjects, TwoOfOneNameAreToldApart) {
  const Subjects subjects({manifest("Job", "a", "x"), manifest("Job", "b", "x")});
  EXPECT_EQ(subjects.of("Job", "", "x"), "");
  EXPECT_EQ(subjects.of("Job", "b", "x"), "Job b/x");
}

TEST(Sarif, TellsRuleObjectLevelAndHelp) {
  const auto findings = good(Format::Sarif, R"({"version": "2.1.0", "runs": [{
    "tool": {"driver": {"name": "x", "rules": [{"id": "R1", "helpUri": "https://rules.example.com/r1", "messageStrings": {"default": {"text": "{0} is {1}"}}},
                                               {"id": "R2", "defaultConfiguration": {"level": "note"}}]}},
    "invocations": [{"executionSuccessful": true}],
    "results": [
      {"ruleId": "R1", "level": "error", "message": {"id": "default", "arguments": ["image", "latest"]},
       "locations": [{"physicalLocation": {"artifactLocation": {"uri": "manifests/0000-deployment-shop-web.yaml"}, "region": {"startLine": 3}},
                      "logicalLocations": [{"fullyQualifiedName": "/spec/template/spec/containers/0/image"}]}]},
      {"ruleIndex": 1, "message": {"text": "small"}},
      {"ruleId": "R3", "kind": "pass", "message": {"text": "good"}},
      {"ruleId": "R4", "message": {"text": "no level at all"}}]}]})");
  ASSERT_THAT(findings, SizeIs(3));
  EXPECT_EQ(findings[0], (Finding{"R1", "Deployment shop/web", ".spec.template.spec.containers[0].image", "image is latest", true, "https://rules.example.com/r1"}));
  EXPECT_EQ(findings[1], (Finding{"R2", "", "", "small", false, ""}));
  EXPECT_EQ(findings[2], (Finding{"R4", "", "", "no level at all", true, ""}));
}

TEST(Sarif, WhatTheJudgedObjectSaysOfItselfLetsNothingPass) {
  const std::string head = R"({"version": "2.1.0", "runs": [{"results": [{"ruleId": "R", "level": "error", "message": {"text": "m"}, "suppressions": [)";
  EXPECT_THAT(good(Format::Sarif, head + R"({"kind": "inSource"}]}]}]})", 1), SizeIs(1));
  EXPECT_THAT(good(Format::Sarif, head + R"({"kind": "external", "status": "underReview"}]}]}]})", 1), SizeIs(1));
  EXPECT_THAT(good(Format::Sarif, head + R"({"kind": "external"}]}]}]})"), IsEmpty());
}

TEST(Sarif, WhatDidNotComeToItsEndIsNoAnswer) {
  EXPECT_THAT(refused(Format::Sarif, R"({"version": "2.1.0", "runs": []})"), HasSubstr("nothing was looked at"));
  EXPECT_THAT(refused(Format::Sarif, R"({"version": "2.1.0", "runs": [{"tool": {}}]})"), HasSubstr("no results"));
  EXPECT_THAT(refused(Format::Sarif, R"({"version": "2.1.0", "runs": [{"results": [], "invocations": [{"executionSuccessful": false, "toolExecutionNotifications": [{"message": {"text": "lost"}}]}]}]})"),
              HasSubstr("didn't come to its end: lost"));
  EXPECT_THAT(refused(Format::Sarif, R"({"findings": []})"), HasSubstr("no SARIF"));
  EXPECT_THAT(good(Format::Sarif, R"({"version": "2.1.0", "runs": [{"results": []}]})"), IsEmpty());
}

TEST(Plain, TheSameTwiceIsTwo) { EXPECT_THAT(good(Format::Json, R"([{"rule":"r","message":"m"},{"rule":"r","message":"m"}])"), SizeIs(2)); }

TEST(Plain, TakesAListOrFindings) {
  const auto findings = good(Format::Json, R"([
    {"rule": "no latest", "object": "Deployment shop/web", "message": "image is latest", "path": ".spec", "link": "https://x.example.com/a"},
    {"rule": "r2", "object": {"kind": "Service", "namespace": "shop", "name": "web"}, "message": "m", "level": "warning"},
    {"rule": "r3", "file": "manifests/0002-namespace-shop.yaml", "message": "m"},
    {"rule": "r4", "object": "ClusterRole admin", "message": "not ours"}])", 3);
  ASSERT_THAT(findings, SizeIs(4));
  EXPECT_EQ(findings[0], (Finding{"no-latest", "Deployment shop/web", ".spec", "image is latest", true, "https://x.example.com/a"}));
  EXPECT_EQ(findings[1], (Finding{"r2", "Service shop/web", "", "m", false, ""}));
  EXPECT_EQ(findings[2].object, "Namespace shop");
  EXPECT_EQ(findings[3].object, "") << "no object that wasn't given to be judged";
  EXPECT_EQ(findings[3].message, "ClusterRole admin: not ours");
  EXPECT_THAT(good(Format::Json, R"({"findings": []})"), IsEmpty());
  EXPECT_THAT(refused(Format::Json, R"([{"rule": "x"}])"), HasSubstr("without a rule or a message"));
  EXPECT_THAT(refused(Format::Json, R"({"ok": true})"), HasSubstr("no list"));
}

std::string conftest(const std::string& of_web, const std::string& rest = R"("successes": 1)") {
  return R"([{"filename": "/r/manifests/0000-deployment-shop-web.yaml", "namespace": "main", )" + of_web +
         R"(}, {"filename": "/r/manifests/0001-service-shop-web.yaml", "namespace": "main", )" + rest +
         R"(}, {"filename": "/r/manifests/0002-namespace-shop.yaml", "namespace": "main", )" + rest + "}]";
}

TEST(Conftest, TellsFailuresAndWarningsByRule) {
  const auto findings = good(Format::Conftest, conftest(R"("successes": 0,
    "failures": [{"msg": "no latest", "metadata": {"query": "data.main.deny_latest"}}, {"msg": "plain", "metadata": {"query": "data.main.deny"}},
                 {"msg": "named", "metadata": {"query": "data.main.violation", "id": "K8S/1", "url": "https://r.example.com/K8S1", "path": ".spec"}}],
    "warnings": [{"msg": "w", "metadata": {"query": "data.main.warn_old"}}])"), 1);
  ASSERT_THAT(findings, SizeIs(4));
  EXPECT_EQ(findings[0], (Finding{"deny_latest", "Deployment shop/web", "", "no latest", true, ""}));
  EXPECT_THAT(findings[1].rule, AllOf(HasSubstr("deny-"), Not(HasSubstr("/")))) << "rules without a name are told apart by what they say";
  EXPECT_EQ(findings[2], (Finding{"K8S.1", "Deployment shop/web", ".spec", "named", true, "https://r.example.com/K8S1"}));
  EXPECT_EQ(findings[3].blocks, false);
}

TEST(Conftest, NothingThatWasLookedAtIsNoAnswer) {
  EXPECT_THAT(refused(Format::Conftest, conftest(R"("successes": 0)", R"("successes": 0)")), HasSubstr("--all-namespaces"));
  EXPECT_THAT(refused(Format::Conftest, R"([{"filename": "0000-deployment-shop-web.yaml", "namespace": "main", "successes": 4}])"), HasSubstr("didn't look at Service shop/web"));
  EXPECT_THAT(good(Format::Conftest, R"([{"filename": "Combined", "namespace": "main", "successes": 4}])"), IsEmpty());
  EXPECT_THAT(refused(Format::Conftest, "", 1, "Error: running test: load: loading policies: no policies found in [/p]"), HasSubstr("it ended with 1 and gave no answer: Error: running test"));
}

std::string kubeconform(const std::string& of_web) {
  return R"({"resources": [{"filename": "/r/0000-deployment-shop-web.yaml", "kind": "Deployment", "name": "web", )" + of_web +
         R"(}, {"filename": "/r/0001-service-shop-web.yaml", "status": "statusValid"}, {"filename": "/r/0002-namespace-shop.yaml", "status": "statusSkipped"}]})";
}

TEST(Kubeconform, TellsEachPlaceThatIsWrong) {
  const auto findings = good(Format::Kubeconform,
                             kubeconform(R"("status": "statusInvalid", "msg": "problem", "validationErrors": [{"path": "/spec/replicas", "msg": "got string, want null or integer"}, {"path": "/spec", "msg": "missing selector"}])"), 1);
  EXPECT_THAT(findings, ElementsAre(Finding{"schema", "Deployment shop/web", ".spec.replicas", "got string, want null or integer", true, ""},
                                    Finding{"schema", "Deployment shop/web", ".spec", "missing selector", true, ""}));
  EXPECT_THAT(good(Format::Kubeconform, kubeconform(R"("status": "statusError", "msg": "could not find schema for Deployment")"), 1), ElementsAre(Field(&Finding::rule, "missing-schema")));
  EXPECT_THAT(good(Format::Kubeconform, kubeconform(R"("status": "statusValid")")), IsEmpty());
}

TEST(Kubeconform, SchemasThatCanNotBeHadAreNoAnswer) {
  EXPECT_THAT(refused(Format::Kubeconform, kubeconform(R"("status": "statusError", "msg": "failed downloading schema at https://x: proxyconnect")"), 1), HasSubstr("can't be validated: failed downloading"));
  EXPECT_THAT(refused(Format::Kubeconform, R"({"resources": [{"filename": "/r/0000-deployment-shop-web.yaml", "status": "statusValid"}]})"), HasSubstr("didn't look at Service shop/web"));
  const Subjects alone({manifest("Deployment", "shop", "web")});
  const auto none = read_answer(Format::Kubeconform, {1, R"({"resources": [{"filename": "0000-deployment-shop-web.yaml", "status": "statusError", "msg": "could not find schema for Deployment"}]})", ""}, alone);
  ASSERT_FALSE(none) << "else every object would be known as one without a schema, for good";
  EXPECT_THAT(none.error().message, HasSubstr("a schema for none"));
}

constexpr const char* kReport = R"(
{"apiVersion":"openreports.io/v1alpha1","kind":"ClusterReport","metadata":{"name":"merged"},"results":[RESULTS],"summary":{}}
)";

std::string kyverno(const std::string& results) {
  std::string text = kReport;
  return text.replace(text.find("RESULTS"), 7, results);
}

TEST(Kyverno, TellsPolicyAndRuleOfEachObject) {
  const auto web = std::string(R"("resources":[{"apiVersion":"apps/v1","kind":"Deployment","namespace":"shop","name":"web"}])");
  const auto findings = good(Format::Kyverno,
                             kyverno(R"({"policy":"disallow-latest","rule":"autogen-require-tag","result":"fail","message":"no latest",)" + web + R"(},{"policy":"labels","rule":"labels","result":"warn","message":"none",)" + web +
                                     R"(},{"policy":"labels","rule":"x","result":"pass",)" + web + R"(},{"policy":"labels","rule":"y","result":"skip",)" + web + "}"), 1);
  EXPECT_THAT(findings, ElementsAre(Finding{"disallow-latest.require-tag", "Deployment shop/web", "", "no latest", true, ""}, Finding{"labels", "Deployment shop/web", "", "none", false, ""}));
}

TEST(Kyverno, PoliciesThatCouldNotBeTriedAreNoAnswer) {
  EXPECT_THAT(refused(Format::Kyverno, kyverno(R"({"policy":"p","rule":"r","result":"error","message":"no such variable"})"), 1), HasSubstr("p.r couldn't be tried: no such variable"));
  EXPECT_THAT(refused(Format::Kyverno, "-----\nInvalid Policies:\n1. broken: variable\n-----\n" + kyverno("")), HasSubstr("left a policy out: 1. broken: variable"));
  EXPECT_THAT(refused(Format::Kyverno, "-----\nPolicies Skipped:\n"), HasSubstr("left a policy out"));
  EXPECT_THAT(refused(Format::Kyverno, "{\"results\":"), HasSubstr("no JSON"));
  EXPECT_THAT(refused(Format::Kyverno, kyverno(""), 0, "2026-11-22T18:00:00Z TRC apply/command.go:1188 > skipping invalid YAML file error=\"spec.rulez\" logger=x path=/p\n"),
              testing::EndsWith("nothing else): skipping invalid YAML file error=\"spec.rulez\""));
  EXPECT_THAT(refused(Format::Kyverno, "", 1, "Error: failed to load policies"), HasSubstr("named no finding: Error: failed to load policies"));
}

TEST(Masks, NothingOfAToolReachesAMessageUnclean) {
  const auto findings = good(Format::Json, nlohmann::json::array({{{"rule", "a `b` <@U1> /c\n:fire:"}, {"message", "token ghp_0123456789abcdefghijABCDEFGHIJ012345 in /tmp/driftwarden-gate-AbCdEf/manifests/0000-deployment-shop-web.yaml\x1b[31m\nsecond\tline"}, {"link", "javascript:alert(1)"}}}).dump());
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "a-b-U1-.c-fire");
  EXPECT_THAT(findings[0].message, AllOf(Not(HasSubstr("ghp_")), Not(HasSubstr("/tmp/")), Not(HasSubstr("\n")), Not(HasSubstr("\x1b")), HasSubstr("in Deployment shop/web second line")));
  EXPECT_EQ(findings[0].link, "");
}

struct NoAnswer {
  std::string name;
  std::string out;
  int exit_code;
  std::string why;
  friend void PrintTo(const NoAnswer& row, std::ostream* out) { *out << row.name; }
};
class NoAnswers : public testing::TestWithParam<NoAnswer> {};
TEST_P(NoAnswers, FailClosed) {
  const auto& row = GetParam();
  for (const auto format : {Format::Sarif, Format::Json, Format::Conftest, Format::Kubeconform}) EXPECT_THAT(refused(format, row.out, row.exit_code, "some words"), HasSubstr(row.why));
}
INSTANTIATE_TEST_SUITE_P(Tools, NoAnswers,
                         testing::Values(NoAnswer{"Nothing", "", 0, "printed nothing: some words"}, NoAnswer{"NoJson", "all fine\n", 0, "no JSON"},
                                         NoAnswer{"Cut", R"({"version": "2.1.0", "runs": [{"results": [)", 0, "no JSON"}, NoAnswer{"AnotherForm", R"({"hello": 1})", 0, "some words"},
                                         NoAnswer{"Killed", "[]", 137, "ended by signal 9"}, NoAnswer{"Deep", std::string(200, '[') + std::string(200, ']'), 0, "nested too deeply"},
                                         NoAnswer{"NullAndAFailure", "null", 2, "what it printed"}, NoAnswer{"TwoDocuments", "[] []", 0, "no JSON"}),
                         [](const auto& row) { return row.param.name; });

TEST(Exit, AFailureWithoutAFindingIsNoAnswer) {
  EXPECT_THAT(refused(Format::Json, "[]", 1, "Error: boom"), HasSubstr("ended with 1 and named no finding: Error: boom"));
  EXPECT_THAT(refused(Format::Sarif, R"({"version": "2.1.0", "runs": [{"results": []}]})", 2), HasSubstr("named no finding"));
  EXPECT_THAT(refused(Format::Conftest, conftest(R"("successes": 1)"), 1), HasSubstr("named no finding"));
}

TEST(Exit, TooManyFindingsAreNoAnswer) {
  auto many = nlohmann::json::array();
  for (int i = 0; i < 6000; ++i) many.push_back({{"rule", "r"}, {"message", std::to_string(i)}});
  EXPECT_THAT(refused(Format::Json, many.dump()), HasSubstr("more than 5000"));
}

}  // namespace
}  // namespace driftwarden::gates
