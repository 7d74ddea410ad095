// What `tls` takes, and what clients are made with; and the workspace and the app of `slack`.
#include "bot/config/tls.hpp"
#include "tests/unit/bot/config/fixture.hpp"

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kPem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

FakeEnvironment machine() {
  FakeEnvironment environment;
  environment.files = {{"/etc/driftwarden/ca.pem", kPem}, {"/etc/driftwarden/me.pem", std::string(kPem) + "me"}, {"/etc/driftwarden/me.key", "the key\n"}, {"/etc/driftwarden/empty.pem", "nothing"}};
  return environment;
}

const std::string kAll = "policy: {rules: []}\ntls: {ca: ca.pem, certificates: [{host: Git.Acme.Example, certificate: me.pem, key: {file: me.key}}]}\n";

TEST(TlsSection, TrustsNobodyElseByItself) {
  const auto config = good("policy: {rules: []}\n");
  const auto tls = tls_options(config.tls, machine());
  ASSERT_TRUE(tls);
  EXPECT_THAT(tls->more_ca_pem, IsEmpty());
  EXPECT_THAT(tls->ca_pem, IsEmpty()) << "the system's roots stay";
  EXPECT_THAT(tls->clients, IsEmpty());
}

TEST(TlsSection, AddsAnAuthorityAndACertificateForOneHost) {
  const auto config = good(kAll, machine());
  EXPECT_EQ(config.tls.ca, "/etc/driftwarden/ca.pem");
  const auto tls = tls_options(config.tls, machine());
  ASSERT_TRUE(tls) << tls.error().message;
  EXPECT_EQ(tls->more_ca_pem, kPem);
  ASSERT_TRUE(tls->clients.contains("git.acme.example"));
  EXPECT_EQ(tls->clients.at("git.acme.example").certificate_pem, std::string(kPem) + "me");
  EXPECT_EQ(tls->clients.at("git.acme.example").key_pem.reveal(), "the key\n");
  EXPECT_FALSE(tls->insecure_skip_verify);
}

TEST(TlsSection, ANewFileUnderTheSameNameIsNoticed) {
  auto renewed = machine();
  renewed.files["/etc/driftwarden/me.pem"] += "renewed";
  EXPECT_NE(good(kAll, machine()).digests.at("tls"), good(kAll, renewed).digests.at("tls"));
}

struct TlsRow {
  std::string name;
  std::string text;
  std::string said;
  friend void PrintTo(const TlsRow& row, std::ostream* out) { *out << row.name; }
};
class TlsMistakes : public testing::TestWithParam<TlsRow> {};
TEST_P(TlsMistakes, NameTheirPlace) {
  const auto loaded = load_text("policy: {rules: []}\ntls: " + GetParam().text + "\n", machine());
  EXPECT_THAT(texts(loaded.mistakes), testing::Contains(HasSubstr(GetParam().said)));
}
INSTANTIATE_TEST_SUITE_P(
    AllOf, TlsMistakes,
    testing::Values(TlsRow{"NoSuchFile", "{ca: gone.pem}", "tls.ca: /etc/driftwarden/gone.pem can't be read"}, TlsRow{"NoPem", "{ca: empty.pem}", "holds no certificate in PEM"},
                    TlsRow{"NoHost", "{certificates: [{certificate: me.pem, key: {file: me.key}}]}", "has no \"host\""},
                    TlsRow{"AUrl", "{certificates: [{host: 'https://git.acme.example', certificate: me.pem, key: {file: me.key}}]}", "isn't a host"},
                    TlsRow{"APort", "{certificates: [{host: 'git.acme.example:443', certificate: me.pem, key: {file: me.key}}]}", "isn't a host"},
                    TlsRow{"NoKey", "{certificates: [{host: a.example, certificate: me.pem}]}", "has no \"key\""},
                    TlsRow{"Twice", "{certificates: [{host: a.example, certificate: me.pem, key: {file: me.key}}, {host: A.example, certificate: me.pem, key: {file: me.key}}]}", "has a certificate already"},
                    TlsRow{"VerificationStaysOn", "{verify: false}", "unknown key \"verify\""}),
    [](const auto& row) { return row.param.name; });

TEST(SlackSection, TheWorkspaceAndTheAppMayBeSaid) {
  FakeEnvironment environment;
  environment.variables = {{"SLACK_APP_TOKEN", "xapp-1-A0WARDEN-1-a"}, {"SLACK_BOT_TOKEN", "xoxb-1"}};
  const auto config = good("policy: {rules: []}\nslack: {team: T0ACME, app: A0WARDEN}\n", environment);
  EXPECT_EQ(config.slack.team, "T0ACME");
  EXPECT_EQ(config.slack.app, "A0WARDEN");
  const auto wrong = load_text("policy: {rules: []}\nslack: {team: acme, app: T0ACME}\n", environment);
  EXPECT_THAT(texts(wrong.mistakes), ElementsAre(HasSubstr("isn't a workspace's id"), HasSubstr("isn't an app's id")));
}

}  // namespace
}  // namespace driftwarden
