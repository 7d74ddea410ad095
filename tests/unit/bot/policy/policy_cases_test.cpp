#include "bot/policy/policy_cases.hpp"

#include "tests/unit/bot/policy/fixture.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

using testing::HasSubstr;

class CasesTest : public GateTest {
 protected:
  CasesTest() { config.policy.freezes = {freeze("weekend", 2)}; }

  PolicyCaseResult one(const std::string& fields) const {
    const auto results = run_policy_cases(config, "cases:\n  - {" + fields + "}\n", "cases.yaml", kNow);
    if (!results || results->size() != 1) {
      ADD_FAILURE() << fields << ": " << (results ? "not one result" : results.error().message);
      return {};
    }
    EXPECT_EQ(results->front().line, 2);
    return results->front();
  }
  std::string mistakes(const std::string& text) const {
    const auto results = run_policy_cases(config, text, "cases.yaml", kNow);
    return results ? "none" : results.error().message;
  }
};

struct CaseRow {
  std::string fields;
  bool passed;
  std::string got;
  friend void PrintTo(const CaseRow& row, std::ostream* out) { *out << row.fields; }
};
class CasesTable : public CasesTest, public testing::WithParamInterface<CaseRow> {};
TEST_P(CasesTable, AreJudged) {
  const auto result = one(GetParam().fields);
  EXPECT_EQ(result.passed, GetParam().passed) << result.got;
  EXPECT_THAT(result.got, HasSubstr(GetParam().got));
}
INSTANTIATE_TEST_SUITE_P(
    AllOf, CasesTable,
    testing::Values(CaseRow{"who: alice, may: sync, app: checkout, expect: allowed", true, "allowed: policy.rules[0]"},
                    CaseRow{"who: alice, may: sync, app: checkout, expect: refused", false, "allowed: policy.rules[0]"},
                    CaseRow{"who: alice, may: scale, app: checkout, expect: refused", true, "refused: no rule"},
                    CaseRow{"who: alice, may: scale, app: checkout, expect: refused, rule: link", false, "refused: no rule"},
                    CaseRow{"who: alice, may: scale, app: checkout, expect: allowed", false, "refused: no rule"},
                    CaseRow{"who: eve, may: sync, app: checkout, expect: refused, rule: link", true, "`link LOGIN`"},
                    CaseRow{"who: alice, may: sync, app: checkout, at: 2026-11-21T22:00:00Z, expect: frozen, rule: weekend", true, "frozen: weekend"},
                    CaseRow{"who: alice, may: sync, app: checkout, at: 2026-11-21T22:00:00Z, expect: allowed", false, "frozen: weekend"},
                    CaseRow{"who: alice, may: sync, app: checkout, at: 2026-11-19T22:00:00Z, expect: frozen", false, "allowed"},
                    CaseRow{"who: alice, may: sync, app: checkout, expect: frozen", true, "frozen"},
                    CaseRow{"who: carol, may: ignore, app: checkout, at: 2026-11-21T22:00:00Z, expect: allowed", true, "allowed"},
                    CaseRow{"who: carol, may: halt, app: checkout, at: 2026-11-21T22:00:00Z, expect: allowed", true, "allowed"},
                    CaseRow{"who: alice, may: sync, app: checkout, expect: {need: 1, from: [sre, owners, eve]}", true, "need 1 from owners, sre, eve (policy.approvals[0]"},
                    CaseRow{"who: alice, may: sync, app: checkout, expect: {need: 2}", false, "need 1"},
                    CaseRow{"who: alice, may: sync, app: checkout, expect: {from: [sre]}", false, "need 1"},
                    CaseRow{"who: alice, may: sync, app: checkout, expect: {step_up: totp}", false, "need 1"},
                    CaseRow{"who: alice, may: sync, app: checkout, risk: destructive, expect: {need: 2, typed_name: true}", true, "typed_name"},
                    CaseRow{"who: alice, may: sync, app: checkout, at: 2026-11-21T22:00:00Z, expect: {need: 2}, rule: freeze weekend", true, "freeze weekend is broken by 2"},
                    CaseRow{"who: carol, may: delete, app: new, environment: staging, repository: config, expect: {need: 1}", true, "no approval rule"},
                    CaseRow{"who: bob, approves: sync, app: checkout, by: alice, expect: counts", true, "counts"},
                    CaseRow{"who: alice, approves: sync, app: checkout, by: alice, expect: counts", false, "refused: alice asked for it"},
                    CaseRow{"who: alice, approves: sync, app: checkout, by: alice, expect: refused", true, "refused"},
                    CaseRow{"who: bob, approves: sync, app: checkout, by: alice, authors: bob, expect: refused, rule: commits of bob", true, "refused"},
                    CaseRow{"who: driftwarden, approves: sync, app: checkout, by: alice, expect: refused, rule: bot", true, "refused"}));

TEST_F(CasesTest, AreSaidInWords) {
  EXPECT_EQ(one("who: alice, may: sync, app: checkout, risk: high, at: 2026-11-19T22:00:00Z, expect: {need: 2, from: [sre], step_up: totp, typed_name: true}").said,
            "alice may sync checkout at risk high at 2026-11-19T22:00:00Z: need 2, from sre, step_up totp, typed_name");
  EXPECT_EQ(one("who: bob, approves: sync, app: checkout, by: alice, expect: counts").said, "bob approves sync of checkout by alice: counts");
}

TEST_F(CasesTest, MistakesAreToldWithTheirPlace) {
  const auto in_case = [&](const std::string& fields) { return mistakes("cases:\n  - {" + fields + "}\n"); };
  EXPECT_EQ(mistakes("[]\n"), "cases.yaml:1:1: there are no cases, expected a list under \"cases\"");
  EXPECT_EQ(mistakes("cases: yes\n"), "cases.yaml:1:8: \"cases\" is \"yes\", expected a list under \"cases\"");
  EXPECT_EQ(mistakes("cases: [x]\n"), "cases.yaml:1:9: a case is \"x\", expected a mapping");
  EXPECT_EQ(mistakes("cases: []\nmore: 1\n"), "cases.yaml:2:1: unknown key \"more\", expected \"cases\"");
  EXPECT_THAT(mistakes("cases: [\n"), HasSubstr("cases.yaml:"));
  EXPECT_EQ(mistakes("cases: []\n"), "none");
  EXPECT_EQ(in_case("who: alice, may: synk, app: checkout, expect: allowed"), "cases.yaml:2:23: unknown verb \"synk\", expected \"sync\"");
  EXPECT_EQ(in_case("who: alice, app: checkout, expect: allowed"), "cases.yaml:2:5: the case has no verb, or two, expected one of may and approves");
  EXPECT_THAT(in_case("who: alice, may: sync, app: chekout, expect: allowed"), HasSubstr("cases.yaml:2:34: unknown App \"chekout\", expected \"checkout\""));
  EXPECT_THAT(in_case("who: alice, may: sync, app: checkout, expect: perhaps"), HasSubstr("\"expect\" is \"perhaps\", expected allowed, refused, frozen"));
  EXPECT_THAT(in_case("who: alice, may: sync, app: checkout"), HasSubstr("the case has no \"expect\""));
  EXPECT_THAT(in_case("who: alice, may: sync, app: checkout, risk: huge, expect: allowed"), HasSubstr("\"risk\" is \"huge\""));
  EXPECT_THAT(in_case("who: alice, may: sync, app: checkout, at: noon, expect: allowed"), HasSubstr("\"at\" is \"noon\", expected a time"));
  EXPECT_THAT(in_case("who: alice, may: sync, app: checkout, expect: {ned: 2}"), HasSubstr("unknown key \"ned\", expected \"need\""));
  EXPECT_THAT(in_case("who: alice, may: sync, app: checkout, expct: allowed, expect: allowed"), HasSubstr("unknown key \"expct\""));
  EXPECT_THAT(in_case("who: bob, approves: halt, app: checkout, by: alice, expect: counts"), HasSubstr("unknown verb \"halt\""));
  EXPECT_THAT(in_case("who: bob, approves: sync, app: checkout, expect: counts"), HasSubstr("the case has no \"by\""));
  EXPECT_THAT(in_case("who: bob, approves: sync, app: checkout, by: alice, expect: frozen"), HasSubstr("expected counts or refused"));
}

}  // namespace
}  // namespace driftwarden
