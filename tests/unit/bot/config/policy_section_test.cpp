#include "tests/unit/bot/config/fixture.hpp"

#include "bot/config/policy.hpp"
#include "bot/config/syntax.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kBase =
    "clusters: [{name: prod, in_cluster: true, environment: production}]\n"
    "repositories: [{name: config, url: 'https://git.example.com/c.git'}]\n"
    "people: [{name: alice, slack: U0ALICE}]\n"
    "apps: [{name: shop, repository: config, path: a, cluster: prod, namespace: shop}]\n";

Config policy_of(const std::string& text) { return good(std::string(kBase) + text); }

TEST(PolicySection, ReadsTheGates) {
  const auto config = policy_of(
      "policy:\n"
      "  approvals:\n"
      "    - {environment: production, risk: [high, destructive], apps: ['sho*'], verbs: [sync], need: 2, from: [owners, codeowners, alice], step_up: totp, expires: 4h}\n"
      "    - {need: 1, step_up: forge}\n"
      "  destructive: {need: 3, share: 45%, typed_name: false}\n"
      "  rate_limit: {changes: 5, per: 30m}\n"
      "  break_glass: {who: [alice], longest: 45m, page: [owners, alice]}\n");
  const auto& policy = config.policy;
  ASSERT_EQ(policy.approvals.size(), 2U);
  EXPECT_THAT(policy.approvals[0].risk, ElementsAre(RiskTier::High, RiskTier::Destructive));
  EXPECT_THAT(policy.approvals[0].apps, ElementsAre("sho*"));
  EXPECT_THAT(policy.approvals[0].from, ElementsAre("owners", "codeowners", "alice"));
  EXPECT_EQ(policy.approvals[0].step_up, StepUp::Totp);
  EXPECT_EQ(policy.approvals[1].step_up, StepUp::Forge);
  EXPECT_EQ(policy.destructive.need, 3);
  EXPECT_EQ(policy.destructive.share_percent, 45);
  EXPECT_FALSE(policy.destructive.typed_name);
  EXPECT_EQ(policy.rate_limit.changes, 5);
  EXPECT_EQ(policy.rate_limit.per, 30min);
  EXPECT_THAT(policy.break_glass.who, ElementsAre("alice"));
  EXPECT_EQ(policy.break_glass.longest, 45min);
  EXPECT_THAT(policy.break_glass.page, ElementsAre("owners", "alice"));
}

TEST(PolicySection, HasDefaults) {
  const auto policy = policy_of("policy: {}\n").policy;
  EXPECT_EQ(policy.destructive.need, 2);
  EXPECT_EQ(policy.destructive.share_percent, 30);
  EXPECT_TRUE(policy.destructive.typed_name);
  EXPECT_EQ(policy.rate_limit.changes, 20);
  EXPECT_EQ(policy.rate_limit.per, 1h);
  EXPECT_THAT(policy.break_glass.who, IsEmpty());
  EXPECT_EQ(policy.break_glass.longest, 1h);
}

struct GateMistake {
  std::string name;
  std::string text;  ///< from line 5 on
  std::string said;
  friend void PrintTo(const GateMistake& row, std::ostream* out) { *out << row.name; }
};
class GateMistakes : public testing::TestWithParam<GateMistake> {};
TEST_P(GateMistakes, AreFoundWhereTheyAre) {
  EXPECT_THAT(texts(load_text(std::string(kBase) + GetParam().text).mistakes), ElementsAre(GetParam().said));
}
INSTANTIATE_TEST_SUITE_P(
    Policy, GateMistakes,
    testing::Values(
        GateMistake{"UnknownRisk", "policy: {approvals: [{need: 1, risk: [hihg]}]}\n", "c.yaml:5:39: unknown risk \"hihg\", expected \"high\""},
        GateMistake{"RiskIsNoList", "policy: {approvals: [{need: 1, risk: high}]}\n", "c.yaml:5:38: \"risk\" is \"high\", expected a list of texts"},
        GateMistake{"UnknownStepUp", "policy: {approvals: [{need: 1, step_up: sms}]}\n", "c.yaml:5:41: unknown word \"sms\", expected none | totp | forge"},
        GateMistake{"CodeownersInARule", "policy: {rules: [{who: [codeowners], may: [sync]}]}\n",
                    "c.yaml:5:25: unknown person or group \"codeowners\", expected a name from people or groups (owners, alice)"},
        GateMistake{"AGroupOfThatName", "groups: [{name: codeowners, members: [alice]}]\n", "c.yaml:5:17: \"codeowners\" is a word of the policy, expected another name"},
        GateMistake{"TooBigAShare", "policy: {destructive: {share: 130%}}\n", "c.yaml:5:31: \"130%\" isn't a share, expected a share from 1% to 100%"},
        GateMistake{"NoShare", "policy: {destructive: {share: half}}\n", "c.yaml:5:31: \"half\" isn't a share, expected a share from 1% to 100%"},
        GateMistake{"NobodyForWhatDestroys", "policy: {destructive: {need: 0}}\n", "c.yaml:5:30: \"need\" is \"0\", expected a whole number from 1"},
        GateMistake{"ARateOfNoTime", "policy: {rate_limit: {changes: 3, per: 0s}}\n", "c.yaml:5:40: \"per\" is 0s, expected at least 1s"},
        GateMistake{"UnknownRateKey", "policy: {rate_limit: {change: 3}}\n", "c.yaml:5:23: unknown key \"change\", expected \"changes\""},
        GateMistake{"AStrangerBreaksGlass", "policy: {break_glass: {who: [alcie]}}\n", "c.yaml:5:30: unknown person or group \"alcie\", expected \"alice\""},
        GateMistake{"UnknownVerb", "policy: {rules: [{who: [alice], may: [promot]}]}\n", "c.yaml:5:39: unknown verb \"promot\", expected \"promote\""},
        GateMistake{"DatesTheWrongWay", "policy: {freezes: [{name: x, from: 2026-12-20, until: 2026-12-18}]}\n",
                    "c.yaml:5:55: \"2026-12-18\" isn't after \"2026-12-20\", expected the end of the freeze"},
        GateMistake{"NoDate", "policy: {freezes: [{name: x, from: 2026-13-20, until: 2027-01-02}]}\n",
                    "c.yaml:5:36: \"2026-13-20\" isn't a date, expected a date such as 2026-12-20 or a time such as 2026-12-20 18:00"},
        GateMistake{"NoEnd", "policy: {freezes: [{name: x, from: 2026-12-20}]}\n",
                    "c.yaml:5:20: policy.freezes[0] has no \"until\", expected a date such as 2026-12-20 or a time such as 2026-12-20 18:00"},
        GateMistake{"BothKindsOfFreeze", "policy: {freezes: [{name: x, when: 'Sat - Sun', from: 2026-12-20, until: 2027-01-02}]}\n",
                    "c.yaml:5:36: both when and from are given, expected one of them"}),
    [](const auto& row) { return row.param.name; });

TEST(PolicySection, AOneTimeSecretIsChecked) {
  FakeEnvironment environment;
  environment.files["/etc/driftwarden/a.totp"] = "JBSW Y3DP EHPK 3PXP\n";
  environment.files["/etc/driftwarden/b.totp"] = "JBSWY3DP\n";
  environment.variables["C_TOTP"] = "0NotBase32";
  const auto config = good("people: [{name: alice, totp: {file: a.totp}}, {name: bob}]\n", environment);
  ASSERT_TRUE(config.people[0].totp);
  EXPECT_EQ(config.people[0].totp->value.reveal(), "JBSW Y3DP EHPK 3PXP");
  EXPECT_FALSE(config.people[1].totp);
  const auto said = texts(load_text("people: [{name: bob, totp: {file: b.totp}}, {name: carol, totp: {env: C_TOTP}}, {name: dan, totp: GEZDGNBVGY3TQOJQ}]\n", environment).mistakes);
  EXPECT_THAT(said, ElementsAre(HasSubstr("c.yaml:1:28: the one-time secret has 5 bytes only, expected base32"), HasSubstr("c.yaml:1:65: the one-time secret isn't base32"),
                                HasSubstr("a secret is never written here")));
  for (const auto& line : said) EXPECT_THAT(line, Not(testing::AnyOf(HasSubstr("0NotBase32"), HasSubstr("JBSWY3DP"), HasSubstr("GEZDG"))));
}

TEST(PolicySection, SigningKeys) {
  const auto base = [](const std::string& sign) { return "repositories: [{name: c, url: 'file:///c.git', sign: " + sign + "}]\n"; };
  FakeEnvironment environment;
  environment.files["/etc/driftwarden/key"] = "KEY\n";
  EXPECT_EQ(good(base("{gpg_key: 0xDEADBEEFDEADBEEF}")).repositories[0].sign_gpg, "0xDEADBEEFDEADBEEF");
  EXPECT_EQ(good(base("{gpg_key: bot@example.org}")).repositories[0].sign_gpg, "bot@example.org");
  EXPECT_EQ(good(base("{ssh_key: {file: key}}"), environment).repositories[0].sign->value.reveal(), "KEY\n");
  EXPECT_THAT(texts(load_text(base("{gpg_key: '--homedir=/tmp'}")).mistakes), ElementsAre(HasSubstr("isn't a GPG key")));
  EXPECT_THAT(texts(load_text(base("{gpg_key: '-a@b'}")).mistakes), ElementsAre(HasSubstr("isn't a GPG key")));
  EXPECT_THAT(texts(load_text(base("{}")).mistakes), ElementsAre(HasSubstr("expected ssh_key: {file: PATH} or gpg_key: ID")));
  EXPECT_THAT(texts(load_text(base("{gpg_key: DEADBEEF, ssh_key: {file: key}}"), environment).mistakes), ElementsAre(HasSubstr("both ssh_key and gpg_key are given")));
}

TEST(PolicySection, ForgesHaveWhatTheyNeed) {
  FakeEnvironment environment;
  environment.variables["TOKEN"] = "t";
  environment.files["/etc/driftwarden/app.pem"] = "PEM\n";
  const auto forge = [&](const std::string& rest) { return "repositories: [{name: c, url: 'https://example.org/c.git', forge: {" + rest + "}}]\n"; };
  const auto github = good(forge("kind: github, project: acme/config, token: {app_id: 1, installation_id: 2, private_key: {file: app.pem}}"), environment).repositories[0].forge;
  EXPECT_EQ(github.api_url, "https://api.github.com");
  EXPECT_EQ(github.github_app->app_id, 1);
  EXPECT_EQ(github.github_app->installation_id, 2);
  EXPECT_EQ(github.github_app->private_key.reveal(), "PEM\n");
  const auto enterprise = good(forge("kind: github, api_url: 'https://ghe.example.org/api/v3/', project: a/b, token: {env: TOKEN}"), environment).repositories[0].forge;
  EXPECT_EQ(enterprise.api_url, "https://ghe.example.org/api/v3");
  EXPECT_EQ(good(forge("kind: gitlab, project: acme/platform/config, token: {env: TOKEN}"), environment).repositories[0].forge.api_url, "https://gitlab.com/api/v4");
  const auto said = [&](const std::string& rest) { return texts(load_text(forge(rest), environment).mistakes); };
  EXPECT_THAT(said("kind: github, project: acme/config, token: {app_id: 1, private_key: {file: app.pem}}"), ElementsAre(HasSubstr("has no \"installation_id\"")));
  EXPECT_THAT(said("kind: github, project: acme/config, token: {app_id: 1, installation_id: 2}"), ElementsAre(HasSubstr("has no \"private_key\"")));
  EXPECT_THAT(said("kind: gitlab, project: acme/config, token: {app_id: 1, installation_id: 2, private_key: {file: app.pem}}"),
              ElementsAre(HasSubstr("a GitHub app's token on another kind of forge")));
  EXPECT_THAT(said("kind: gitlab, token: {env: TOKEN}"), ElementsAre(HasSubstr("has no \"project\"")));
  EXPECT_THAT(said("kind: gitea, project: a/b, token: {env: TOKEN}"), ElementsAre(HasSubstr("has no \"api_url\"")));
}

TEST(PolicySection, WarnsOfApprovalsThatNobodyCanGive) {
  EXPECT_THAT(texts(load_text(std::string(kBase) + "policy: {approvals: [{need: 1, step_up: forge}]}\n").warnings),
              Contains(HasSubstr("a review on the forge, but no repository has one")));
  EXPECT_THAT(texts(load_text(std::string(kBase) + "policy: {approvals: [{need: 1, step_up: totp}]}\n").warnings), Contains(HasSubstr("a one-time code, but nobody has one")));
}

TEST(PolicySection, AFreezeOfDates) {
  const auto config = policy_of(
      "policy:\n"
      "  freezes:\n"
      "    - {name: holidays, from: 2026-12-20, until: 2027-01-02, zone: Europe/Berlin}\n"
      "    - {name: sale, from: '2026-11-27 18:00', until: 2026-11-30T06:00, zone: America/New_York, override: 2}\n");
  const auto& app = config.apps[0];
  const auto freeze = [&](const std::string& time) { return active_freeze(config, app, *parse_time(time)).value_or("none"); };
  EXPECT_EQ(freeze("2026-12-19T22:59:59Z"), "none");
  EXPECT_EQ(freeze("2026-12-19T23:00:00Z"), "holidays, until 2027-01-03 00:00 Europe/Berlin") << "the last day is frozen, too";
  EXPECT_EQ(freeze("2027-01-02T22:59:59Z"), "holidays, until 2027-01-03 00:00 Europe/Berlin");
  EXPECT_EQ(freeze("2027-01-02T23:00:00Z"), "none");
  EXPECT_EQ(freeze("2026-11-27T22:59:59Z"), "none");
  EXPECT_EQ(freeze("2026-11-27T23:00:00Z"), "sale, until 2026-11-30 06:00 America/New_York");
  EXPECT_EQ(freeze("2026-11-30T11:00:00Z"), "none");
  EXPECT_EQ(freeze("2027-12-25T12:00:00Z"), "none") << "once, not every year";
}

TEST(PolicySection, DaylightSavingIsReckonedWith) {
  const auto config = policy_of("policy: {freezes: [{name: spring, from: '2027-03-28 02:30', until: '2027-10-31 02:30', zone: Europe/Berlin}]}\n");
  EXPECT_EQ(format_time(*config.policy.freezes[0].begins), "2027-03-28T00:30:00Z") << "a time that the clocks skip";
  EXPECT_EQ(format_time(*config.policy.freezes[0].ends), "2027-10-31T00:30:00Z") << "the first of two";
}

TEST(Base32, IsReadAsWritten) {
  EXPECT_EQ(decode_base32("MZXW6YTBOI======"), "foobar");
  EXPECT_EQ(decode_base32("mzxw 6ytb oi"), "foobar");
  EXPECT_EQ(decode_base32("MY"), "f");
  EXPECT_EQ(decode_base32(""), "");
  EXPECT_EQ(decode_base32("MZXW1"), std::nullopt);
  EXPECT_EQ(decode_base32("MZ-W"), std::nullopt);
}

}  // namespace
}  // namespace driftwarden
